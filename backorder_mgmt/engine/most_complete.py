"""As many completed orders as can be found, and how many there can be at most."""

import math
from collections.abc import Callable, Iterable
from operator import mul

from .dealing import Dealer
from .numbers import EPSILON, is_more
from .turns import FILL_KINDS

#: Most alternatives that are looked at: the time budget, counted and not clocked, so that the same
#: facts give the same plan on every machine.
MOST_COMPLETE_TRIES = 20_000
#: Up to so many orders that compete every choice is looked at, and the best is found.
_EXACT_UP_TO = 14
#: How often prices of what is scarce are tried, at most, and how many needs are looked at for it.
_PRICINGS, _PRICED = 400, 2_000_000
#: How many needs are dealt to find the best of several sequences of orders.
_DEALT = 200_000

#: A product at a location.
Place = tuple[int, int]


def deal_most_complete(dealer: Dealer) -> int:
    """Complete as many orders as can be found within the tries; never fewer than ``fifo``.

    :return: a number of completed orders that no plan is above
    """
    candidates = [
        order
        for order, demands in dealer.by_order.items()
        if order not in dealer.refusing
        and all(
            demand.selected and not demand.blocked and not dealer.is_limited(demand)
            for demand in demands
        )
    ]
    needs = {order: _needs(dealer, order) for order in candidates}
    capacity = _capacity(dealer, candidates)
    # What cannot be completed even alone is none; what needs nothing scarce is completed anyway.
    possible = [
        order
        for order in candidates
        if not any(is_more(need, capacity[place]) for place, need in needs[order].items())
    ]
    asked: dict[Place, float] = {}
    for order in possible:
        for place, need in needs[order].items():
            asked[place] = asked.get(place, 0.0) + need
    scarce = {place for place, total in asked.items() if is_more(total, capacity[place])}
    tight = {
        order: {place: need for place, need in needs[order].items() if place in scarce}
        for order in possible
    }
    competing = [order for order in possible if tight[order]]
    calm = [order for order in possible if not tight[order]]
    prices, bound = _best_prices(competing, tight, capacity)
    if len(competing) <= _EXACT_UP_TO:
        best = _best_of_all(dealer, calm, competing)
        bound = len(best) - len(calm)
    else:
        there = capacity if _is_apart(dealer) else None
        best = _found(dealer, calm, competing, tight, prices, there)
    for order in best:
        dealer.deal_complete(order)
    return len(calm) + bound


def _needs(dealer: Dealer, order: int) -> dict[Place, float]:
    """What the order lacks, beside what people decided for it."""
    needs: dict[Place, float] = {}
    for demand in dealer.by_order[order]:
        lacking = demand.needed - dealer.got.get(demand.key, 0.0)
        for product, per_unit in demand.parts:
            place = (product, demand.location)
            needs[place] = needs.get(place, 0.0) + lacking * per_unit
    return needs


def _capacity(dealer: Dealer, candidates: Iterable[int]) -> dict[Place, float]:
    """The most that these orders together can have at each place, with what is set aside for
    themselves."""
    alone: dict[Place, float] = {}
    own: dict[Place, float] = {}
    for order in candidates:
        for demand in dealer.by_order[order]:
            for product, _per_unit in demand.parts:
                place = (product, demand.location)
                if place in alone and dealer.supply.is_same_for_all(product):
                    continue
                promise = dealer.supply.own_promise(product, demand.key)
                there = dealer.supply.available(
                    product,
                    demand.location,
                    order=demand.order,
                    line=demand.key,
                    kinds=FILL_KINDS,
                )
                alone[place] = max(alone.get(place, 0.0), there - promise)
                own[place] = own.get(place, 0.0) + promise
    return {place: there + own[place] for place, there in alone.items()}


def _is_apart(dealer: Dealer) -> bool:
    """Whether what one order takes at a place is all that it changes for the others: nobody has
    more or less of an item than others, and no place lies in another one."""
    places = {demand.location for demand in dealer.demands}
    paths = dealer.supply.paths
    return (
        not any(places.intersection(paths.get(place, ())) - {place} for place in places)
        and not any(demand.covered for demand in dealer.demands)
        and all(
            dealer.supply.is_same_for_all(product)
            for product in {product for demand in dealer.demands for product, _per in demand.parts}
        )
    )


def _asked_at(
    prices: list[float], parts: list[list[tuple[int, float]]], there: list[float]
) -> tuple[list[float], float, int]:
    """What orders ask for at these prices beyond what is ``there``, by place; the bound that the
    prices prove; and how many orders are worth more than what they take.

    :param parts: of each order [(number of a place, what it takes there)]
    """
    over = [-own for own in there]
    value = sum(map(mul, prices, there))
    chosen = 0
    for own in parts:
        price = 0.0
        for number, part in own:
            price += prices[number] * part
        margin = 1.0 - price
        if margin > 0:
            chosen += 1
            value += margin
            for number, part in own:
                over[number] += part
    return over, value, chosen


def _best_prices(
    competing: list[int], tight: dict[int, dict[Place, float]], capacity: dict[Place, float]
) -> tuple[list[dict[Place, float]], int]:
    """Prices of what is scarce, the last ones tried and the best ones, and the bound they prove.

    With any prices, no plan completes more orders than the sum of what each order is worth (1)
    above the price of what it takes, where that is positive, plus the price of all stock
    (a Lagrangian bound). The prices follow what is asked for at them beyond what is there.
    """
    # Each place in its own measure, a part of all that is asked of it: screws are no engines.
    total: dict[Place, float] = {}
    for order in competing:
        for place, need in tight[order].items():
            total[place] = total.get(place, 0.0) + need
    places = sorted(total)
    # Prices and what is there by the number of the place: they are looked up for each need, often.
    number_of = {place: number for number, place in enumerate(places)}
    parts = [
        [(number_of[place], need / total[place]) for place, need in tight[order].items()]
        for order in competing
    ]
    there = [capacity[place] / total[place] for place in places]
    prices = [0.0] * len(places)
    best, best_prices, aim, pace, idle = math.inf, prices, 0.0, 1.0, 0
    tried = []
    needs = sum(map(len, parts))
    for _round in range(min(_PRICINGS, _PRICED // needs) if needs else 0):
        over, value, chosen = _asked_at(prices, parts, there)
        if not any(is_more(excess, 0.0) for excess in over):
            aim = max(aim, chosen)
        if value < best - 1e-9:
            best, best_prices, idle = value, prices, 0
        else:
            idle += 1
            if idle >= 5:
                pace, idle = pace / 2, 0
        tried.append(prices)
        length = sum(map(mul, over, over))
        if length < 1e-12 or pace < 1e-3:
            break
        move = pace * max(value - max(aim, 0.8 * best), 0.1) / length
        prices = [
            max(0.0, price + move * excess) for price, excess in zip(prices, over, strict=True)
        ]
    bound = len(competing) if best == math.inf else min(len(competing), math.floor(best + 1e-6))
    pricings = [best_prices, *tried[-200::25]][: max(1, _DEALT // max(1, needs))]
    return [
        {place: price / total[place] for place, price in zip(places, prices, strict=True)}
        for prices in pricings
    ], bound


def _best_of_all(dealer: Dealer, calm: list[int], competing: list[int]) -> list[int]:
    """Of few orders every choice: the most that can be completed together.

    Among equals those who come first.
    """
    best: list[int] = []
    chosen: list[int] = []

    def look(number: int) -> None:
        nonlocal best
        if len(chosen) > len(best):
            best = list(chosen)
        if number == len(competing) or len(chosen) + len(competing) - number <= len(best):
            return
        order = competing[number]
        if dealer.deal_complete(order):
            chosen.append(order)
            look(number + 1)
            chosen.pop()
            dealer.forget(order)
        look(number + 1)

    with dealer.trying():
        kept = [order for order in calm if dealer.deal_complete(order)]
        look(0)
    return [*kept, *best]


def _found(
    dealer: Dealer,
    calm: list[int],
    competing: list[int],
    tight: dict[int, dict[Place, float]],
    pricings: list[dict[Place, float]],
    there: dict[Place, float] | None,
) -> list[int]:
    """The best of some sequences, made better where one order given up makes room for two.

    ``there``: what can be had at each place, where places are apart, see :func:`_is_apart`.
    """

    def complete(sequence: Iterable[int]) -> list[int]:
        if there is None:
            return _complete_in(dealer, [*calm, *sequence])
        return [*calm, *_complete_apart(tight, there, sequence)]

    scarce = _scarcity(dealer)

    def weight(order: int) -> float:
        return sum(
            demand.needed * per_unit * max(0.0, scarce[product, demand.location] - 1.0)
            for demand in dealer.by_order[order]
            for product, per_unit in demand.parts
        )

    costs = [{order: weight(order) for order in competing}]
    costs += [
        {
            order: sum(prices[place] * need for place, need in tight[order].items())
            for order in competing
        }
        for prices in pricings
    ]
    sequences = [sorted(competing, key=lambda order, own=own: (own[order], order)) for own in costs]
    sequences += [_completed_by_fifo(dealer, competing), competing]
    # Of very many the two best ones known: by price, and what nobody may fall behind.
    if sum(map(len, tight.values())) > _DEALT // 8:
        sequences, costs = [sequences[1], sequences[-2]], costs[1:2]
    best: list[int] = []
    best_cost = costs[-1]
    for number, sequence in enumerate(sequences):
        completed = complete(sequence)
        if len(completed) > len(best):
            best, best_cost = completed, costs[min(number, len(costs) - 1)]
    return _improve(complete, best, calm, competing, best_cost)


def _completed_by_fifo(dealer: Dealer, candidates: list[int]) -> list[int]:
    """The orders that plain ``fifo`` completes, then the others."""
    fifo = dealer.anew("fifo")
    fifo.deal_fixed()
    fifo.deal()
    return sorted(candidates, key=lambda order: not fifo.is_completed(order))


def _scarcity(dealer: Dealer) -> dict[Place, float]:
    """How much each unit of a product weighs: asked for, per unit that is there."""
    asked: dict[Place, float] = {}
    for demand in dealer.demands:
        for product, per_unit in demand.parts:
            place = (product, demand.location)
            asked[place] = asked.get(place, 0.0) + demand.needed * per_unit
    return {
        place: total / max(EPSILON, dealer.supply.available(*place, kinds=FILL_KINDS))
        for place, total in asked.items()
    }


def _complete_in(dealer: Dealer, sequence: Iterable[int]) -> list[int]:
    """The orders that ``sequence`` completes, tried on a copy of the supply."""
    with dealer.trying():
        return [order for order in sequence if dealer.deal_complete(order)]


def _complete_apart(
    needs: dict[int, dict[Place, float]], capacity: dict[Place, float], sequence: Iterable[int]
) -> list[int]:
    """The orders that ``sequence`` completes, where places are apart: plain sums tell."""
    left, completed = dict(capacity), []
    for order in sequence:
        own = needs[order].items()
        if any(need - left[place] > EPSILON for place, need in own):
            continue
        for place, need in own:
            left[place] -= need
        completed.append(order)
    return completed


def _improve(
    complete: Callable[[Iterable[int]], list[int]],
    best: list[int],
    calm: list[int],
    competing: list[int],
    costs: dict[int, float],
) -> list[int]:
    """Give up one completed order where two others then fit."""
    tries = MOST_COMPLETE_TRIES // max(1, len(calm) + len(competing))
    settled = set(calm)
    by_cost = sorted(
        (order for order in best if order not in settled),
        key=lambda order: (-costs[order], order),
    )
    for order in by_cost[: max(0, tries)]:
        rest = [other for other in best if other != order and other not in settled]
        chosen = set(rest)
        others = sorted(
            (other for other in competing if other not in chosen and other != order),
            key=lambda other: (costs[other], other),
        )
        completed = complete([*rest, *others, order])
        if len(completed) > len(best):
            best = completed
    return best
