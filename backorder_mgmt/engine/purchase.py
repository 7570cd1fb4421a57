"""What is to be bought of a product for a warehouse, and the arithmetic behind it.

All quantities are in the product's unit, but for those named ``vendor_…``.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from .goods import Batch, Goods
from .numbers import EPSILON, is_more, is_positive


@dataclass(slots=True, frozen=True)
class Waiting:
    """A backorder: ``inside`` the window of days that the buyer asked for, or older.

    Where its delivery takes from one place only: ``there``: what lies at that place for it;
    ``apart``: what free stock at other places cannot serve. ``moment``: when it is served, of what
    must leave stock (as ``Batch.until``).
    """

    key: Hashable
    needed: float
    inside: bool = True
    there: float = 0.0
    apart: float = 0.0
    moment: float = -math.inf


@dataclass(slots=True, frozen=True)
class OnOrder:
    """Goods that are on order, whatever their date, with the backorders they were bought for.

    ``lots``: what of it is known to leave stock on a day.
    """

    quantity: float
    lines: frozenset = frozenset()
    document: str = ""
    request: bool = False  # a request for quotation, not confirmed yet
    lots: Sequence[Batch] = ()


@dataclass(slots=True, frozen=True)
class PurchaseFacts:
    """One product in one warehouse.

    ``waiting`` in the order of the queue; ``demand``: what others still have to reserve (deliveries
    not on backorder, production, transfers); ``promised``: set aside for quotations; ``minimum``
    None: no reordering rule; ``elsewhere``: (place, quantity) of what lies where no delivery takes
    from, which is not counted; ``multiple``: the reordering rule's own unit, 0 for none; ``lots``:
    what is on hand, neither reserved nor ``there`` for anybody, where lots must leave stock.
    """

    waiting: Sequence[Waiting] = ()
    on_hand: float = 0.0
    reserved: float = 0.0
    promised: float = 0.0
    demand: float = 0.0
    on_order: Sequence[OnOrder] = ()
    minimum: float | None = None
    maximum: float = 0.0
    multiple: float = 0.0
    elsewhere: Sequence[tuple[str, float]] = ()
    lots: Sequence[Batch] = ()


@dataclass(slots=True)
class Needed:
    """The arithmetic of a row, before a vendor rounds it.

    ``short``: backorders in the window that nothing covers; ``refill``: on top of it, to reach the
    maximum; ``lines``: the backorders that are to be bought for, with the quantity of each;
    ``out_of_reach``: free, but not where the deliveries that lack it take from; ``leaving`` and
    ``leaving_on_order``: free, and on order, but it leaves stock before they are served.
    """

    backorders: float = 0.0
    older: float = 0.0
    free: float = 0.0
    ordered: float = 0.0
    requested: float = 0.0
    kept_for_older: float = 0.0
    covered: float = 0.0
    short: float = 0.0
    refill: float = 0.0
    out_of_reach: float = 0.0
    leaving: float = 0.0
    leaving_on_order: float = 0.0
    lines: dict = field(default_factory=dict)

    @property
    def on_order(self) -> float:
        return self.ordered + self.requested - self.leaving_on_order

    @property
    def not_for_these(self) -> float:
        """What is free, but no good to those who lack it."""
        return self.out_of_reach + self.leaving

    @property
    def below_minimum(self) -> bool:
        return is_positive(self.refill)

    @property
    def quantity(self) -> float:
        return self.short + self.refill


def _sum_up(facts: PurchaseFacts) -> Needed:
    result = Needed(free=facts.on_hand - facts.reserved - facts.promised)
    for goods in facts.on_order:
        if goods.request:
            result.requested += goods.quantity
        else:
            result.ordered += goods.quantity
    for waiting in facts.waiting:
        if waiting.inside:
            result.backorders += waiting.needed
        else:
            result.older += waiting.needed
    return result


def _give_bought(facts: PurchaseFacts, result: Needed, left: dict, apart: dict) -> Goods:
    """Give goods on order to the backorders that they were bought for.

    :param left: {key of a backorder: what it still lacks}, which falls
    :param apart: {key: what of that lacks at a place of its own}, which falls first
    :return: what nobody gets of the goods
    """
    nobodys: list[Batch] = []
    for goods in facts.on_order:
        own = Goods(goods.quantity, goods.lots)
        for waiting in facts.waiting:
            if waiting.key not in goods.lines:
                continue
            taken = own.take(left[waiting.key], waiting.moment)
            left[waiting.key] -= taken
            apart[waiting.key] = max(0.0, apart[waiting.key] - taken)
            if not waiting.inside:
                result.kept_for_older += taken
        nobodys += own.batches
    return Goods(batches=nobodys)


def work_out(facts: PurchaseFacts, refill: bool = True) -> Needed:
    """What is needed of a product, so that nothing is bought twice.

    Goods on order serve first the backorders that they were bought for. What is left of them, and
    what is free, serves the backorders of the window in their order, then the minimum. Older ones
    that the buyer left out take nothing but what was bought for them. Nobody is served by what
    leaves stock before; for the minimum it counts until then.

    :param refill: whether the minimum counts
    """
    result = _sum_up(facts)
    left, apart = {}, {}
    there = facts.on_hand - facts.reserved
    for waiting in facts.waiting:
        left[waiting.key] = waiting.needed - waiting.there
        apart[waiting.key] = waiting.apart
        there -= waiting.there
        if not waiting.inside:
            result.kept_for_older += waiting.there
    coming = _give_bought(facts, result, left, apart)
    room = Goods(max(0.0, there), facts.lots)
    # What others lack now, the first goods on order make good.
    others = room.keep_back(facts.promised + facts.demand) + max(0.0, -there)
    others -= coming.take(others)
    lacking, latest = 0.0, -math.inf
    for waiting in facts.waiting:
        if not waiting.inside:
            continue
        key = waiting.key
        taken = room.take(max(0.0, left[key] - apart[key]), waiting.moment)
        later = coming.take(left[key] - taken, waiting.moment)
        short = left[key] - taken - later
        if is_positive(short):
            result.lines[key] = short
            result.short += short
            lacking += min(short, apart[key])
            latest = max(latest, waiting.moment)
    result.covered = result.backorders - result.short
    result.leaving = room.leaving(latest)
    result.leaving_on_order = coming.leaving(latest)
    result.out_of_reach = room.quantity - result.leaving if is_positive(lacking) else 0.0
    # What is there once everybody in the window has got theirs; below zero: others are short.
    position = room.quantity + coming.quantity - others
    if refill and facts.minimum is not None and is_more(facts.minimum, position):
        result.refill = max(facts.minimum, facts.maximum) - position
    return result


def round_up(quantity: float, step: float) -> float:
    """``quantity`` rounded up to whole steps; float noise is none."""
    if step <= 0 or not is_positive(quantity):
        return max(0.0, quantity)
    return math.ceil(quantity / step - EPSILON) * step


def vendor_quantity(
    quantity: float, per_unit: float = 1.0, minimum: float = 0.0, step: float = 0.0
) -> float:
    """What a vendor is asked for, in the vendor's unit.

    :param quantity: needed, in the product's unit; nothing is asked where nothing is needed
    :param per_unit: product units in one unit of the vendor
    :param minimum: the least the vendor sells, in the vendor's unit
    :param step: whole steps of the vendor's unit (1 for packs)
    """
    if not is_positive(quantity):
        return 0.0
    return round_up(max(quantity / per_unit, minimum), step)
