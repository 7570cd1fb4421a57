"""When waiting customers may expect their goods."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from .numbers import is_positive

Key = TypeVar("Key", bound=Hashable)

#: The date of a need that stock on hand covers: before every arrival.
ON_HAND = datetime.min


@dataclass(slots=True)
class Share:
    """A part of a need: ``quantity`` that comes on ``date`` with ``source``.

    On hand already: ``date`` is ``ON_HAND`` and ``source`` None.
    """

    quantity: float
    date: datetime
    source: Any = None


@dataclass(slots=True)
class Dealt:
    """What a need was dealt, and what of it no supply covers."""

    shares: list[Share] = field(default_factory=list)
    missing: float = 0.0

    @property
    def date(self) -> datetime | None:
        """The arrival that completes the need; None: not known, as something is missing."""
        if is_positive(self.missing):
            return None
        return max((share.date for share in self.shares), default=ON_HAND)


def deal(
    queue: Sequence[tuple[Key, float]],
    incoming: Iterable[tuple[datetime, float, Any]],
    on_hand: float = 0.0,
) -> dict[Key, Dealt]:
    """Deal what is on hand, then what comes, earliest first, to a queue of needs.

    Who cannot be served completely takes what comes all the same: nobody overtakes.

    :param queue: (key, needed quantity) in the order in which they are served; a key that comes
        twice has two parts in the queue (the forced part of a line waits further back)
    :param incoming: (arrival, quantity, source), in any order
    :param on_hand: free now; below zero it is made good by the first arrivals
    :return: for each key what it gets
    """
    supply = [(ON_HAND, on_hand, None)] if is_positive(on_hand) else []
    supply += sorted(
        ((date, qty, source) for date, qty, source in incoming if is_positive(qty)),
        key=lambda arrival: arrival[0],
    )
    position, left = 0, supply[0][1] if supply else 0.0
    dealt: dict[Any, Dealt] = {}
    hole = object()
    for key, need in [(hole, max(0.0, -on_hand)), *queue]:
        own = dealt.setdefault(key, Dealt())
        while is_positive(need) and position < len(supply):
            date, _quantity, source = supply[position]
            taken = min(need, left)
            own.shares.append(Share(taken, date, source))
            need -= taken
            left -= taken
            if not is_positive(left):
                position += 1
                left = supply[position][1] if position < len(supply) else 0.0
        own.missing += max(0.0, need)
    del dealt[hole]
    return dealt


def deal_dates(
    queue: Sequence[tuple[Key, float]],
    incoming: Iterable[tuple[datetime, float]],
    on_hand: float = 0.0,
) -> dict[Key, datetime | None]:
    """As :func:`deal`: for each key only the date that completes it."""
    arrivals = [(date, quantity, None) for date, quantity in incoming]
    return {key: own.date for key, own in deal(queue, arrivals, on_hand).items()}
