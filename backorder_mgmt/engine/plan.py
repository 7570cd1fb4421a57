"""Deal stock to backorders: facts in, a plan with a reason for every line out.

The plan is the same whatever order the facts come in. It takes from a copy of the supply that it
is given; every rule of who may have what (promises, location trees) is the supply's.
"""

import math
from collections.abc import Iterable, Mapping

from .facts import Allocation, Demand, OrderFacts
from .numbers import EPSILON, is_more, is_positive
from .policies import POLICIES
from .supply import Supply

#: Claims that bind a fill: promises, and demand that Odoo has yet to reserve.
FILL_KINDS = ("promised", "open")
#: Most alternatives that ``most_complete`` looks at: its time budget, counted and not clocked, so
#: that the same facts give the same plan on every machine.
MOST_COMPLETE_TRIES = 20_000


def make_plan(
    demands: Iterable[Demand],
    orders: Mapping[int, OrderFacts],
    supply: Supply,
    policy: str = "fifo",
    fixed: Mapping[int, float] | None = None,
) -> dict[int, Allocation]:
    """The plan: {demand key: :class:`Allocation`}.

    ``fixed``: {demand key: quantity} that people decided. They are served first, in this order, as
    far as there is stock, and get nothing more; the policy deals out the rest. Of an order that
    must be complete only everything or nothing can be decided.

    - never more than the supply allows, never more than a demand needs, in whole steps
    - a demand's forced part is served after the unforced parts of all others
    - an order that must be complete gets everything it needs (also outside ``selected``) or
      nothing, and blocks nobody
    - ties are broken by order date, order id and demand id
    """
    dealer = _Dealer(list(demands), orders, supply, policy, fixed)
    dealer.deal()
    return dealer.result()


class _Dealer:
    def __init__(
        self,
        demands: list[Demand],
        orders: Mapping[int, OrderFacts],
        supply: Supply,
        policy: str,
        fixed: Mapping[int, float] | None = None,
    ) -> None:
        if policy not in POLICIES:
            raise ValueError(f"unknown policy {policy!r}")
        self.orders = orders
        self.policy = policy
        self.fixed = dict(fixed or {})
        self.original = supply
        self.supply = supply.duplicate()
        key = POLICIES[policy]
        self.rank = {
            demand.key: key(
                demand,
                orders[demand.order],
                (orders[demand.order].date, demand.order, demand.key),
            )
            for demand in demands
        }
        self.demands = sorted(demands, key=lambda demand: self.rank[demand.key])
        self.by_order: dict[int, list[Demand]] = {}
        for demand in self.demands:
            self.by_order.setdefault(demand.order, []).append(demand)
        self.got: dict[int, float] = {}
        self.seen: dict[int, float] = {}
        self.takers: dict[int, list[str]] = {}
        self.refused: dict[int, str] = {}

    # -- dealing ----------------------------------------------------------------------------------

    def deal(self) -> None:
        """What people decided, then all unforced parts in the policy's order, then the forced."""
        self._deal_fixed()
        if self.policy == "most_complete":
            self._deal_most_complete()
        elif self.policy == "fair":
            self._deal_fair()
        self._deal_in_order()

    def _deal_fixed(self) -> None:
        by_key = {demand.key: demand for demand in self.demands}
        for key, quantity in self.fixed.items():
            demand = by_key[key]
            if not demand.selected:
                continue
            if not self.orders[demand.order].complete:
                room = self._room(demand)
                self.seen[key] = room
                self._book(demand, min(quantity, room, demand.needed))
            elif is_positive(quantity):
                self._deal_complete(demand.order)

    def _is_limited(self, demand: Demand) -> bool:
        """Somebody decided that it gets less than it needs."""
        return is_more(demand.needed, self.fixed.get(demand.key, demand.needed))

    def _deal_in_order(self) -> None:
        done: set[int] = set()
        for demand in self.demands:
            order = self.orders[demand.order]
            if order.complete:
                if demand.order not in done and not self._has_forced(demand.order):
                    done.add(demand.order)
                    self._deal_complete(demand.order)
            else:
                self._give(demand, self._unforced(demand))
        for demand in self.demands:
            order = self.orders[demand.order]
            if order.complete:
                if demand.order not in done:
                    done.add(demand.order)
                    self._deal_complete(demand.order)
            elif is_positive(demand.forced):
                self._give(demand, demand.needed)

    def _has_forced(self, order: int) -> bool:
        return any(is_positive(demand.forced) for demand in self.by_order[order])

    @staticmethod
    def _unforced(demand: Demand) -> float:
        return max(0.0, demand.needed - demand.forced)

    def _room(self, demand: Demand) -> float:
        """What the demand could get now, in whole steps of its unit."""
        if demand.blocked or not demand.parts:
            return 0.0
        covered = 0.0 if demand.key in self.got else demand.covered
        room = min(
            self.supply.available(
                product,
                demand.location,
                order=demand.order,
                line=demand.key,
                kinds=FILL_KINDS,
            )
            / per_unit
            for product, per_unit in demand.parts
        )
        return max(0.0, room - covered)

    def _give(self, demand: Demand, up_to: float) -> None:
        """Raise what the demand has to ``up_to``, as far as there is stock."""
        if not demand.selected or demand.key in self.fixed:
            return
        has = self.got.get(demand.key, 0.0)
        room = self._room(demand)
        self.seen[demand.key] = max(self.seen.get(demand.key, 0.0), room + has)
        self._book(demand, self._steps(demand, min(up_to - has, room), up_to - has))

    @staticmethod
    def _steps(demand: Demand, quantity: float, wanted: float) -> float:
        """Round down to whole steps; the whole wanted quantity is always allowed."""
        if quantity >= wanted - EPSILON:
            return max(0.0, wanted)
        return max(0.0, math.floor(quantity / demand.step + EPSILON) * demand.step)

    def _book(self, demand: Demand, quantity: float) -> None:
        if not is_positive(quantity):
            return
        self._take(demand, quantity)
        self.got[demand.key] = self.got.get(demand.key, 0.0) + quantity
        label = self.orders[demand.order].label
        for product, _per_unit in demand.parts:
            takers = self.takers.setdefault(product, [])
            if label and label not in takers[-5:]:
                takers.append(label)

    def _take(self, demand: Demand, quantity: float) -> list:
        """Take ``quantity`` from the supply; the first time with what a quotation counts on."""
        if demand.key not in self.got:
            quantity += demand.covered
        done = []
        for product, per_unit in demand.parts:
            done += self.supply.take(product, demand.location, quantity * per_unit, line=demand.key)
        return done

    def _deal_complete(self, order: int) -> bool:
        """Everything the order needs, or nothing."""
        demands = self.by_order[order]
        reason = self.orders[order].complete_reason
        wanted = {demand.key: demand.needed - self.got.get(demand.key, 0.0) for demand in demands}
        if not any(is_positive(quantity) for quantity in wanted.values()):
            return True
        done: list = []
        possible = all(
            demand.selected and not demand.blocked and not self._is_limited(demand)
            for demand in demands
        )
        for demand in demands if possible else ():
            room = self._room(demand)
            self.seen[demand.key] = max(self.seen.get(demand.key, 0.0), room)
            if is_more(wanted[demand.key], room):
                possible = False
                break
            done += self._take(demand, wanted[demand.key])
        if not possible:
            self.supply.undo(done)
            for demand in demands:
                self.refused[demand.key] = reason
                if demand.key not in self.seen:
                    self.seen[demand.key] = self._room(demand)
            return False
        label = self.orders[order].label
        for demand in demands:
            self.got[demand.key] = demand.needed
            self.refused.pop(demand.key, None)
            for product, _per_unit in demand.parts:
                self.takers.setdefault(product, []).append(label)
        return True

    # -- fair -------------------------------------------------------------------------------------

    def _deal_fair(self) -> None:
        """Everybody the same share of what they need, in whole steps; the rest of the division
        goes out in the policy's order. Kits and orders that must be complete take their turn."""
        groups: dict[tuple[int, int], list[Demand]] = {}
        for demand in self.demands:
            free = demand.selected and not demand.blocked and demand.key not in self.fixed
            if free and len(demand.parts) == 1:
                product, _per_unit = demand.parts[0]
                if not self.orders[demand.order].complete:
                    groups.setdefault((product, demand.location), []).append(demand)
        for (product, location), members in groups.items():
            asked = sum(self._unforced(demand) * demand.parts[0][1] for demand in members)
            there = self.supply.available(product, location, kinds=FILL_KINDS)
            if not is_positive(asked) or there >= asked - EPSILON:
                continue
            share = there / asked
            for demand in members:
                wanted = math.floor(self._unforced(demand) * share / demand.share_step + EPSILON)
                self._give(demand, wanted * demand.share_step)
            # One share each of what the division left over: nobody is more than one from fair.
            for demand in members:
                has = self.got.get(demand.key, 0.0)
                more = min(self._unforced(demand), has + demand.share_step)
                if is_more(more, has):
                    self._give(demand, more)

    # -- most complete ----------------------------------------------------------------------------

    def _deal_most_complete(self) -> None:
        """Complete as many orders as can be found within the tries; never fewer than ``fifo``."""
        if len(self.by_order) < 2:
            return
        scarce = self._scarcity()
        candidates = [
            order
            for order, demands in self.by_order.items()
            if all(
                demand.selected and not demand.blocked and not self._is_limited(demand)
                for demand in demands
            )
        ]
        cheapest = sorted(candidates, key=lambda order: (self._cost(order, scarce), order))
        best: list[int] = []
        for sequence in (self._completed_by_fifo(candidates), candidates, cheapest):
            done = self._complete_in(sequence)
            if len(done) > len(best):
                best = done
        best = self._improve(best, candidates, scarce)
        for order in best:
            self._deal_complete(order)

    def _completed_by_fifo(self, candidates: list[int]) -> list[int]:
        """The orders that plain ``fifo`` completes, then the others."""
        dealer = _Dealer(self.demands, self.orders, self.supply, "fifo", self.fixed)
        dealer.got = dict(self.got)
        dealer._deal_in_order()
        done = {
            order
            for order in candidates
            if all(
                not is_more(demand.needed, dealer.got.get(demand.key, 0.0))
                for demand in self.by_order[order]
            )
        }
        return sorted(candidates, key=lambda order: order not in done)

    def _scarcity(self) -> dict[tuple[int, int], float]:
        """How much each unit of a product weighs: asked for, per unit that is there."""
        asked: dict[tuple[int, int], float] = {}
        for demand in self.demands:
            for product, per_unit in demand.parts:
                place = (product, demand.location)
                asked[place] = asked.get(place, 0.0) + demand.needed * per_unit
        return {
            place: total / max(EPSILON, self.supply.available(*place, kinds=FILL_KINDS))
            for place, total in asked.items()
        }

    def _cost(self, order: int, scarce: Mapping[tuple[int, int], float]) -> float:
        return sum(
            demand.needed * per_unit * max(0.0, scarce[product, demand.location] - 1.0)
            for demand in self.by_order[order]
            for product, per_unit in demand.parts
        )

    def _complete_in(self, sequence: Iterable[int]) -> list[int]:
        """The orders that ``sequence`` completes, tried on a copy of the supply."""
        kept, self.supply = self.supply, self.supply.duplicate()
        got, seen, takers, refused = self.got, self.seen, self.takers, self.refused
        self.got, self.seen, self.takers, self.refused = dict(got), {}, {}, {}
        done = [order for order in sequence if self._deal_complete(order)]
        self.supply = kept
        self.got, self.seen, self.takers, self.refused = got, seen, takers, refused
        return done

    def _improve(
        self, best: list[int], candidates: list[int], scarce: Mapping[tuple[int, int], float]
    ) -> list[int]:
        """Give up one completed order where two others then fit."""
        tries = MOST_COMPLETE_TRIES // max(1, len(candidates))
        by_cost = sorted(best, key=lambda order: (-self._cost(order, scarce), order))
        for order in by_cost[: max(0, tries)]:
            rest = [other for other in best if other != order]
            chosen = set(rest)
            others = sorted(
                (other for other in candidates if other not in chosen and other != order),
                key=lambda other: (self._cost(other, scarce), other),
            )
            done = self._complete_in([*rest, *others, order])
            if len(done) > len(best):
                best = done
        return best

    # -- reasons ----------------------------------------------------------------------------------

    def result(self) -> dict[int, Allocation]:
        """Quantity and reason of every demand, also of those that got nothing."""
        return {demand.key: self._allocation(demand) for demand in self.demands}

    def _allocation(self, demand: Demand) -> Allocation:
        quantity = self.got.get(demand.key, 0.0)
        seen = self.seen.get(demand.key, 0.0)
        label = self.orders[demand.order].label
        winners = tuple(
            dict.fromkeys(
                taker
                for product, _per_unit in demand.parts
                for taker in self.takers.get(product, ())
                if taker != label
            )
        )[:5]
        if not is_more(demand.needed, quantity):
            return Allocation(quantity, "filled", seen)
        if demand.blocked:
            return Allocation(quantity, demand.blocked, seen)
        if not demand.selected:
            return Allocation(quantity, "skipped", seen)
        if demand.key in self.refused and not is_positive(quantity):
            return Allocation(quantity, self.refused[demand.key], seen, winners)
        if is_positive(quantity):
            return Allocation(quantity, "partial_stock", seen, winners)
        return Allocation(quantity, self._why_nothing(demand, winners), seen, winners)

    def _why_nothing(self, demand: Demand, winners: tuple[str, ...]) -> str:
        """No stock at all, promised to others, or given to those who come first."""
        there = promised = math.inf
        for product, per_unit in demand.parts:
            free = self.original.available(product, demand.location, kinds=())
            unpromised = self.original.available(
                product, demand.location, order=demand.order, line=demand.key, kinds=FILL_KINDS
            )
            there = min(there, free / per_unit)
            promised = min(promised, unpromised / per_unit)
        if not demand.parts or there < demand.step - EPSILON:
            return "no_stock"
        if promised < demand.step - EPSILON:
            return "promised"
        if winners and not is_positive(self._unforced(demand)):
            return "forced_last"
        return "older_first" if winners else "no_stock"
