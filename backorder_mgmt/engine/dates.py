"""When waiting customers may expect their goods."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from .goods import Batch, Goods
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
    lots: Mapping[Any, Sequence[Batch]] | None = None,
    moments: Mapping[Key, float] | None = None,
) -> dict[Key, Dealt]:
    """Deal what is on hand, then what comes, earliest first, to a queue of needs.

    Who cannot be served completely takes what comes all the same: nobody overtakes, but with what
    leaves stock before those in front are served.

    :param queue: (key, needed quantity) in the order in which they are served; a key that comes
        twice has two parts in the queue (the forced part of a line waits further back)
    :param incoming: (arrival, quantity, source), in any order
    :param on_hand: free now; below zero it is made good by the first arrivals
    :param lots: {source: what of it must leave stock}, of what is on hand under None
    :param moments: {key: when it is served}, as ``Batch.until``
    :return: for each key what it gets
    """
    lots, moments = lots or {}, moments or {}
    coming = [(ON_HAND, on_hand, None)] if is_positive(on_hand) else []
    coming += sorted(
        ((date, qty, source) for date, qty, source in incoming if is_positive(qty)),
        key=lambda arrival: arrival[0],
    )
    supply = [(date, Goods(qty, lots.get(source, ())), source) for date, qty, source in coming]
    position = 0
    dealt: dict[Any, Dealt] = {}
    hole = object()
    for key, need in [(hole, max(0.0, -on_hand)), *queue]:
        own = dealt.setdefault(key, Dealt())
        moment = moments.get(key, -math.inf)
        for date, goods, source in islice(supply, position, None):
            if not is_positive(need):
                break
            taken = goods.take(need, moment)
            if is_positive(taken):
                own.shares.append(Share(taken, date, source))
                need -= taken
        while position < len(supply) and not is_positive(supply[position][1].quantity):
            position += 1
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
