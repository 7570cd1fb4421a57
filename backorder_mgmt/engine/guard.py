"""The limits of one attempt of Odoo to reserve."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .supply import Supply


@dataclass
class Guard:
    """The limits of one attempt of Odoo to reserve.

    ``budgets``: per (order line, product), of kits per (order line, product, recipe line), what is
    not held; a line that is absent has no limit of its own. ``supply`` (None: nothing is claimed)
    limits every demand that takes goods away. ``kinds`` are the claims that bind: a fill by hand
    may take what is owed, never what is promised.
    """

    budgets: dict[tuple[int, ...], float] = field(default_factory=dict)
    supply: Supply | None = None
    kinds: tuple[str, ...] = ("promised", "owed", "open")
    #: Ids of demands that have had their turn in this attempt.
    settled: frozenset[int] = frozenset()

    @contextmanager
    def settling(self, demands: Iterable[int]) -> Iterator[None]:
        """While these demands are looked at once more, they get nothing."""
        before, self.settled = self.settled, frozenset(demands)
        try:
            yield
        finally:
            self.settled = before

    @staticmethod
    def _key(line: int, product: int, part: int) -> tuple[int, ...]:
        return (line, product, part) if part else (line, product)

    def allow(
        self, product: int, location: int, need: float, *, order: int, line: int, part: int = 0
    ) -> float:
        """How much of ``need`` may be reserved now; ``part``: the recipe line of a kit."""
        need = min(need, self.budgets.get(self._key(line, product, part), need))
        if self.supply is not None and self.supply.has_claims(product):
            kinds = self.kinds if line else ("promised",)
            need = min(
                need,
                self.supply.available(product, location, order=order, line=line, kinds=kinds),
            )
        return max(0.0, need)

    def taken(
        self, product: int, location: int, quantity: float, *, line: int, part: int = 0
    ) -> None:
        """Book what was reserved, so that the next demand of the same attempt sees it."""
        key = self._key(line, product, part)
        if key in self.budgets:
            self.budgets[key] -= quantity
        if self.supply is not None:
            self.supply.take(product, location, quantity, line=line)
