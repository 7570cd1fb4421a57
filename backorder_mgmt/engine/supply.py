"""What stock may be given away, and to whom. All quantities are in the product's unit.

A location is known by its *path*: the ids from the root of the location tree down to itself.
Stock below a location serves demand at it; a claim made at a location binds the stock of that
whole subtree.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .goods import Batch
from .numbers import EPSILON, is_positive

Path = tuple[int, ...]


@dataclass(slots=True)
class Claim:
    """Stock of ``product`` that is spoken for at ``location``.

    ``kind`` is ``promised`` (set aside for a quotation), ``owed`` (first come, first served: to an
    older backorder) or ``open`` (demand of a delivery that Odoo has yet to reserve). ``owner`` is
    the order, ``line`` the order line: a claim never counts against its own order (``owed``) or
    line (``promised``, ``open``). ``key``: since when it waits; what is ``owed`` binds nobody who
    waits longer; None: it binds everybody.
    """

    product: int
    location: int
    quantity: float
    kind: str
    owner: int = 0
    line: int = 0
    key: Any = None


@dataclass(slots=True)
class Source:
    """One of several places that a line's goods are taken from, at most ``limit`` of them."""

    location: int
    limit: float


@dataclass(slots=True)
class Reach:
    """What of the free stock the lines that ask can reach: what is not named here is usual.

    ``moments``: {line: when it is served}, anything that ``Batch.until`` is compared with, and
    what counts for everybody else under 0. ``steps``: {(line, product): whole packs only, of so
    many}. ``sources``: {(line, product): the places}, of lines that are taken from several.
    ``keys``: {line: since when it waits}, anything that ``Claim.key`` is compared with.
    ``ahead``: {(line, product): what a kit has of it, reserved or sent before its other parts}.
    """

    moments: dict[int, float] = field(default_factory=dict)
    steps: dict[tuple[int, int], float] = field(default_factory=dict)
    sources: dict[tuple[int, int], list[Source]] = field(default_factory=dict)
    keys: dict[int, Any] = field(default_factory=dict)
    ahead: dict[tuple[int, int], Source] = field(default_factory=dict)


#: What :meth:`Supply.take` booked: whose quantity is how much less.
Booked = list[tuple["Claim | Batch | Source | tuple[int, int]", float]]


@dataclass
class Supply:
    """Free stock by (product, location) with the claims on it; ``take`` keeps it true.

    ``batches``: of products whose lots must leave stock, what ``free`` is made of, in the order in
    which it is taken.
    """

    free: dict[tuple[int, int], float]
    paths: Mapping[int, Path]
    claims: list[Claim] = field(default_factory=list)
    batches: dict[tuple[int, int], list[Batch]] = field(default_factory=dict)
    reach: Reach = field(default_factory=Reach)

    def __post_init__(self) -> None:
        self._by_product: dict[int, list[Claim]] = {}
        for claim in self.claims:
            self._by_product.setdefault(claim.product, []).append(claim)
        self._places: dict[int, list[int]] = {}
        for product, location in self.free:
            self._places.setdefault(product, []).append(location)
        # Where something was taken: nobody knows from which shelf below, so the whole tree binds.
        self._taken_at: dict[int, set[int]] = {}

    def duplicate(self) -> "Supply":
        """An independent copy, for trying something out."""
        return self.copy_for({*self._places, *self._by_product})

    def copy_for(self, products: Iterable[int]) -> "Supply":
        """The same stock of ``products``, to be taken from without touching this one."""
        wanted = set(products)
        copy = Supply(
            {
                (product, location): self.free[product, location]
                for product in wanted
                for location in self._places.get(product, ())
            },
            self.paths,
            [replace(claim) for product in wanted for claim in self._by_product.get(product, ())],
            {
                key: [replace(batch) for batch in own]
                for key, own in self.batches.items()
                if key[0] in wanted
            },
            Reach(
                self.reach.moments,
                self.reach.steps,
                {
                    key: [replace(source) for source in own]
                    for key, own in self.reach.sources.items()
                    if key[1] in wanted
                },
                self.reach.keys,
                {key: replace(own) for key, own in self.reach.ahead.items()},
            ),
        )
        copy._taken_at = {
            product: set(self._taken_at[product]) for product in wanted & self._taken_at.keys()
        }
        return copy

    def has_claims(self, product: int) -> bool:
        """True when something beside free stock limits ``product``."""
        return any(is_positive(c.quantity) for c in self._by_product.get(product, ()))

    def _below(self, location: int, top: int) -> bool:
        return top in self.paths.get(location, (location,))

    def uncovered(self) -> list[tuple[Claim, float]]:
        """What of the promises is not there any more: (claim, quantity).

        Within a tree that lacks stock the later claims give way first.
        """
        lost: dict[int, float] = {}
        gone = []
        for (product, top), free in self.free.items():
            inside = [
                (number, claim)
                for number, claim in enumerate(self._by_product.get(product, ()))
                if claim.kind == "promised" and self._below(claim.location, top)
            ]
            kept = sum(claim.quantity - lost.get(id(claim), 0.0) for _number, claim in inside)
            excess = kept - max(0.0, free)
            for _number, claim in sorted(inside, reverse=True, key=lambda entry: entry[0]):
                if not is_positive(excess):
                    break
                part = min(excess, claim.quantity - lost.get(id(claim), 0.0))
                if is_positive(part):
                    lost[id(claim)] = lost.get(id(claim), 0.0) + part
                    gone.append((claim, part))
                    excess -= part
        return gone

    @property
    def _usual(self) -> bool:
        """Nobody has more or less of anything than others but by claims. So it is with most stock
        of most shops: what is asked for each line of a plan has a short way then."""
        reach = self.reach
        return not (self.batches or reach.steps or reach.sources or reach.ahead)

    def is_same_for_all(self, product: int) -> bool:
        """True when nobody who asks for ``product`` has more or less of it than others."""
        return self._usual and product not in self._by_product

    def own_promise(self, product: int, line: int) -> float:
        """What is still set aside for ``line`` itself."""
        return sum(
            c.quantity
            for c in self._by_product.get(product, ())
            if c.kind == "promised" and c.line == line and line
        )

    def available(
        self,
        product: int,
        location: int,
        *,
        order: int = 0,
        line: int = 0,
        kinds: Iterable[str] = ("promised", "owed", "open"),
    ) -> float:
        """What demand of ``line`` at ``location`` may get now.

        The free stock of the location's tree, less the claims of others in that tree and in every
        tree around it; the line's own promise comes before anything owed to others. A line that is
        taken from several places gets at each what is asked there. What it has ahead is its own.
        """
        if self._usual and product not in self._by_product:
            return self._available_to_all(product, location)
        kinds = tuple(kinds)
        ahead = self.reach.ahead.get((line, product))
        total = ahead.limit if ahead else 0.0
        sources = self.reach.sources.get((line, product))
        if not sources:
            return total + self._available_at(product, location, order, line, kinds)
        booked: Booked = []
        for source in sources:
            got = min(
                source.limit, self._available_at(product, source.location, order, line, kinds)
            )
            total += max(0.0, got)
            # One place may lie in another: the same goods are had once.
            booked += self._take_at(product, source.location, got, line)
        self.undo(booked)
        return total

    def _available_to_all(self, product: int, location: int) -> float:
        """What anybody may get of what nobody claims, see :meth:`is_same_for_all`."""
        free = self.free.get((product, location), 0.0)
        taken_at = self._taken_at.get(product)
        if taken_at and (len(taken_at) > 1 or location not in taken_at):
            for top in self._taken_around(product, location):
                free = min(free, self.free.get((product, top), 0.0))
        return max(0.0, free)

    def lots(self, product: int, location: int) -> list[Batch]:
        """Of what is free now what must leave stock later, whoever claims it; nothing where no lot
        of ``product`` must."""
        now = self.reach.moments.get(0, -math.inf)
        return [b for b in self.batches.get((product, location), ()) if b.until >= now]

    def _free(self, product: int, location: int, line: int) -> float:
        """What is free below ``location`` when ``line`` is served, whoever claims it."""
        batches = self.batches.get((product, location))
        if batches is None:
            return self.free.get((product, location), 0.0)
        moments = self.reach.moments
        moment = moments.get(line, moments.get(0, -math.inf))
        return sum(batch.quantity for batch in batches if batch.until >= moment)

    def _taken_around(self, product: int, location: int) -> set[int]:
        """The other places around ``location`` where something of ``product`` was taken."""
        return {
            place
            for place in self._taken_at.get(product, ())
            if place != location and self._below(location, place)
        }

    def _available_at(
        self, product: int, location: int, order: int, line: int, kinds: tuple[str, ...]
    ) -> float:
        claims = self._by_product.get(product, ())
        if claims:
            claims = [c for c in claims if c.kind in kinds]
        key = self.reach.keys.get(line)
        if claims and key is not None:
            claims = [c for c in claims if c.kind != "owed" or c.key is None or c.key <= key]
        room = free = self._free(product, location, line)
        step = self.reach.steps.get((line, product))
        if step:
            free = math.floor(free / step + EPSILON) * step
        tops = self._taken_around(product, location)
        if not claims:
            return max(0.0, min(free, room, *(self._free(product, top, line) for top in tops)))
        tops.add(location)
        own = self.own_promise(product, line)
        for claim in claims:
            if self._below(location, claim.location):
                tops.add(claim.location)
        best = None
        for top in tops:
            around = self._free(product, top, line)
            promised = owed = 0.0
            for claim in claims:
                if not self._below(claim.location, top):
                    continue
                if claim.kind == "promised":
                    if not line or claim.line != line:
                        promised += claim.quantity
                elif claim.kind == "owed":
                    if not order or claim.owner != order:
                        owed += claim.quantity
                elif not line or claim.line != line:
                    owed += claim.quantity
            after_promises = around - promised
            room = max(min(own, after_promises), after_promises - owed)
            best = room if best is None else min(best, room)
        return max(0.0, min(free, best if best is not None else free))

    def take(self, product: int, location: int, quantity: float, *, line: int = 0) -> Booked:
        """Book ``quantity`` as given to ``line``: it uses up the line's own promise first.

        :return: what :meth:`undo` needs to take it back
        """
        if self._usual:
            return self._take_at(product, location, quantity, line)
        booked = self.take_ahead(product, quantity, line=line)
        quantity -= sum(part for _what, part in booked)
        for source in self.reach.sources.get((line, product), ()):
            part = min(
                source.limit,
                quantity,
                max(0.0, self._available_at(product, source.location, 0, line, ("promised",))),
            )
            if is_positive(part):
                booked += self._take_at(product, source.location, part, line)
                source.limit -= part
                booked.append((source, part))
                quantity -= part
        return booked + self._take_at(product, location, quantity, line)

    def take_ahead(self, product: int, quantity: float, *, line: int) -> Booked:
        """Book what of ``quantity`` the line has ahead of the rest of its kits."""
        own = self.reach.ahead.get((line, product))
        if own is None:
            return []
        part = min(quantity, own.limit)
        own.limit -= part
        return [(own, part)] if is_positive(part) else []

    def _take_at(self, product: int, location: int, quantity: float, line: int) -> Booked:
        booked: Booked = []
        if not is_positive(quantity):
            return booked
        if (product, location) in self.free:
            self._taken_at.setdefault(product, set()).add(location)
        path = self.paths.get(location, (location,))
        for place in self._places.get(product, ()):
            if place in path:
                self.free[product, place] -= quantity
                booked.append(((product, place), quantity))
                if self.batches:
                    booked += self._take_batches(product, place, quantity, line)
        if product not in self._by_product:
            return booked
        left = quantity
        own = [
            claim
            for claim in self._by_product.get(product, ())
            if line and claim.line == line and claim.kind in ("promised", "open")
        ]
        if not own:
            return booked
        # What is claimed nearest to where it is taken goes first: it cannot be had elsewhere.
        rank = {place: number for number, place in enumerate(sorted(path, key=self._depth), 1)}
        # A promise goes before what is only asked for: it would bind what is not there any more.
        for claim in sorted(
            own,
            key=lambda claim: (claim.kind != "promised", -rank.get(claim.location, 0)),
        ):
            used = min(left, claim.quantity)
            claim.quantity -= used
            left -= used
            booked.append((claim, used))
        return booked

    def _take_batches(self, product: int, place: int, quantity: float, line: int) -> Booked:
        """The lots that ``line`` gets of what is free at ``place``, in their order."""
        moments, booked = self.reach.moments, []
        moment = moments.get(line, moments.get(0, -math.inf))
        for batch in self.batches.get((product, place), ()):
            part = min(quantity, batch.quantity) if batch.until >= moment else 0.0
            if is_positive(part):
                batch.quantity -= part
                quantity -= part
                booked.append((batch, part))
        return booked

    def _depth(self, location: int) -> int:
        return len(self.paths.get(location, (location,)))

    def give(self, product: int, path: Path, quantity: float) -> None:
        """Add ``quantity`` to what is free at the location of ``path``."""
        for place in self._places.get(product, ()):
            if place in path:
                self.free[product, place] += quantity
                if (product, place) in self.batches:
                    self.batches[product, place].append(Batch(quantity))

    def undo(self, booked: Booked) -> None:
        """Take back what :meth:`take` booked."""
        for what, quantity in booked:
            if isinstance(what, Claim | Batch):
                what.quantity += quantity
            elif isinstance(what, Source):
                what.limit += quantity
            else:
                self.free[what] += quantity
