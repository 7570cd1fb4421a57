"""One deal of stock to backorders: who has a turn when, what they get, and why not more."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import replace

from .facts import Allocation, Demand, Donor, OrderFacts, Plan, Rule
from .numbers import EPSILON, is_more, is_positive
from .policies import POLICIES
from .supply import Booked, Supply
from .turns import FILL_KINDS, Turns

#: Demands of these treatments have only what is free, not what donors give up.
_WITHOUT_GIFTS = ("rest", "donor")


class Dealer(Turns):
    """Deals once, by the turns of a policy. ``refusing``: orders that get nothing, and why."""

    def __init__(
        self,
        demands: Iterable[Demand],
        orders: Mapping[int, OrderFacts],
        supply: Supply,
        policy: str,
        fixed: Mapping[int, float] | None = None,
        rules: Iterable[Rule] = (),
        donors: Iterable[Donor] = (),
        refusing: Mapping[int, str] | None = None,
    ) -> None:
        if policy not in POLICIES:
            raise ValueError(f"unknown policy {policy!r}")
        self.orders = orders
        self.policy = policy
        self.original = supply
        self.fixed = dict(fixed or {})
        self.refusing = refusing or {}
        demands = list(demands)
        self.rules = {rule.key: (number, rule) for number, rule in enumerate(rules)}
        self.giving = list(donors) if policy == "rules" else []
        self._begin()
        self.rank = self._ranks(demands)
        self.demands = sorted(demands, key=lambda demand: self.rank[demand.key])
        self.by_order: dict[int, list[Demand]] = {}
        for demand in self.demands:
            self.by_order.setdefault(demand.order, []).append(demand)

    def _begin(self) -> None:
        """Nothing is dealt yet."""
        self.supply = self.original.duplicate()
        self.donors = [replace(donor) for donor in self.giving]
        self.got: dict[int, float] = {}
        self.seen: dict[int, float] = {}
        self.takers: dict[int, list[str]] = {}
        self.refused: dict[int, str] = {}
        #: [(demand, donor, quantity)] of reserved stock that changes hands
        self.gifts: list[tuple[int, Donor, float]] = []
        #: {order: what its demands had before, and what :meth:`_take` did to complete it}
        self.completed: dict[int, tuple[dict[int, float], list[tuple[Supply, Booked]]]] = {}
        #: Inside :meth:`trying`: only what is given counts, nobody is told why.
        self.is_trial = False
        #: What is free without the donors' stock.
        self.base = self.supply.duplicate() if self.donors else self.supply
        for donor in self.donors:
            self.supply.give(donor.product, donor.path, donor.quantity)

    def anew(self, policy: str) -> "Dealer":
        """Another deal of the same facts, by a policy with the same turns."""
        other = copy(self)
        other.policy = policy
        other._begin()
        return other

    # -- dealing ----------------------------------------------------------------------------------

    def deal_fixed(self) -> None:
        """What people decided, before :meth:`deal`."""
        by_key = {demand.key: demand for demand in self.demands}
        for key, quantity in self.fixed.items():
            demand = by_key[key]
            order = self.orders[demand.order]
            if not demand.selected:
                continue
            if demand.order in self.refusing:
                if is_positive(quantity):
                    self.refused[key] = self.refusing[demand.order]
                continue
            if order.complete:
                if is_positive(quantity):
                    self.deal_complete(demand.order)
                continue
            room = self._room(demand)
            self.seen[key] = room
            quantity = min(quantity, room, demand.needed)
            if not order.whole_lines or not is_more(demand.needed, quantity):
                self._book(demand, quantity)
            elif is_positive(quantity):
                self.refused[key] = "customer_lines"

    def is_limited(self, demand: Demand) -> bool:
        """Somebody decided that it gets less than it needs."""
        return demand.key in self.fixed and is_more(demand.needed, self.fixed[demand.key])

    def deal(self) -> None:
        """All unforced parts in the policy's order, then the forced ones."""
        groups = self._groups()
        turns: dict[int, int] = {}
        for own, _share in groups:
            for demand in own:
                order = self.orders[demand.order]
                if demand.order not in turns or order.patient or self.policy == "rules":
                    turns[demand.order] = demand.key
        done: set[int] = set()
        for own, share in groups:
            if share:
                self._deal_shares(own)
            for demand in own:
                order = self.orders[demand.order]
                if order.complete:
                    if turns[demand.order] == demand.key and not self._has_forced(demand.order):
                        done.add(demand.order)
                        self.deal_complete(demand.order)
                elif not order.whole_lines:
                    self._give(demand, self._unforced(demand))
                elif not is_positive(demand.forced):
                    self._give_whole(demand)
        for demand in (demand for own, _share in groups for demand in own):
            order = self.orders[demand.order]
            if order.complete:
                if turns[demand.order] == demand.key and demand.order not in done:
                    done.add(demand.order)
                    self.deal_complete(demand.order)
            elif is_positive(demand.forced):
                if order.whole_lines:
                    self._give_whole(demand)
                else:
                    self._give(demand, demand.needed)

    def _has_forced(self, order: int) -> bool:
        return any(is_positive(demand.forced) for demand in self.by_order[order])

    def _room(self, demand: Demand) -> float:
        """What the demand could get now, in its unit."""
        if not self.donors:
            return self._room_in(self.supply, demand)
        if not demand.gifted or self._treatment(demand) in _WITHOUT_GIFTS:
            return self._room_in(self.base, demand)
        room = self._room_in(self.supply, demand)
        own = [donor for donor in self.donors if donor.order == demand.order]
        if own:
            # Nobody takes from one of their own lines for another.
            for product, per_unit in demand.parts:
                given = sum(donor.quantity for donor in own if donor.product == product)
                room -= given / per_unit
        return max(0.0, room)

    def _give(self, demand: Demand, up_to: float) -> None:
        """Raise what the demand has to ``up_to``, as far as there is stock."""
        if not demand.selected or demand.key in self.fixed:
            return
        has = self.got.get(demand.key, 0.0)
        if has >= demand.needed and demand.key in self.seen:
            return
        room = self._room(demand)
        self.seen[demand.key] = max(self.seen.get(demand.key, 0.0), room + has)
        if demand.order in self.refusing:
            if is_positive(room):
                self.refused[demand.key] = self.refusing[demand.order]
            return
        self._book(demand, self._steps(demand, min(up_to - has, room), up_to - has))

    def _give_whole(self, demand: Demand) -> None:
        """Everything that the demand needs, or nothing."""
        if not demand.selected or demand.key in self.fixed:
            return
        if not is_more(demand.needed, self.got.get(demand.key, 0.0)):
            return
        room = self._room(demand)
        if demand.order in self.refusing or not is_more(demand.needed, room):
            self._give(demand, demand.needed)
            return
        self.seen[demand.key] = room
        if is_positive(room):
            self.refused[demand.key] = "customer_lines"

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

    def _take(self, demand: Demand, quantity: float) -> list[tuple[Supply, Booked]]:
        """Take ``quantity``; the first time with what a quotation counts on."""
        if self.donors:
            gifts = self._gifts(demand, quantity)
        taken = [(self.supply, self._take_from(self.supply, demand, quantity))]
        if self.donors:
            taken.append((self.base, self._take_from(self.base, demand, quantity)))
            for donor, given in gifts:
                donor.quantity -= given
                self.base.give(donor.product, donor.path, given)
                self.gifts.append((demand.key, donor, given))
        return taken

    def _gifts(self, demand: Demand, quantity: float) -> list[tuple[Donor, float]]:
        """What of ``quantity`` is not free and has to come from donors, and from which."""
        if demand.key not in self.got:
            quantity += demand.covered
        gifts = []
        for product, per_unit in demand.parts:
            free = self.base.available(
                product, demand.location, order=demand.order, line=demand.key, kinds=FILL_KINDS
            )
            lacking = quantity * per_unit - free
            for donor in self.donors:
                if not is_positive(lacking):
                    break
                if donor.product != product or donor.order == demand.order:
                    continue
                if demand.location in donor.path:
                    given = min(lacking, donor.quantity)
                    if is_positive(given):
                        gifts.append((donor, given))
                        lacking -= given
        return gifts

    def _undo(self, taken: list[tuple[Supply, Booked]], demands: set[int], kept: int) -> None:
        """Take back what :meth:`_take` did for ``demands``, and gifts after the first ``kept``."""
        for demand_key, donor, given in self.gifts[kept:]:
            if demand_key in demands:
                donor.quantity += given
                self.base.give(donor.product, donor.path, -given)
        del self.gifts[kept:]
        for supply, booked in taken:
            supply.undo(booked)

    def deal_complete(self, order: int) -> bool:
        """Everything the order needs, or nothing."""
        demands = self.by_order[order]
        reason = self.refusing.get(order) or self.orders[order].complete_reason
        wanted = {demand.key: demand.needed - self.got.get(demand.key, 0.0) for demand in demands}
        if not any(is_positive(quantity) for quantity in wanted.values()):
            return True
        taken: list[tuple[Supply, Booked]] = []
        kept = len(self.gifts)
        possible = order not in self.refusing and all(
            demand.selected and not demand.blocked and not self.is_limited(demand)
            for demand in demands
        )
        for demand in demands if possible else ():
            room = self._room(demand)
            if not self.is_trial:
                self.seen[demand.key] = max(self.seen.get(demand.key, 0.0), room)
            if is_more(wanted[demand.key], room):
                possible = False
                break
            taken += self._take(demand, wanted[demand.key])
        if not possible:
            self._undo(taken, set(wanted), kept)
            for demand in () if self.is_trial else demands:
                self.refused[demand.key] = reason
                if demand.key not in self.seen:
                    self.seen[demand.key] = self._room(demand)
            return False
        label = self.orders[order].label
        before = {d.key: self.got[d.key] for d in demands if d.key in self.got}
        self.completed[order] = before, taken
        self.got.update((demand.key, demand.needed) for demand in demands)
        for demand in () if self.is_trial else demands:
            self.refused.pop(demand.key, None)
            for product, _per_unit in demand.parts:
                self.takers.setdefault(product, []).append(label)
        return True

    @contextmanager
    def trying(self) -> Iterator[None]:
        """What is dealt inside is tried on a copy, and forgotten."""
        kept = (self.supply, self.got, self.completed)
        self.supply = self.base = self.supply.duplicate()
        # What people decided stays given.
        self.got, self.completed, self.is_trial = dict(self.got), {}, True
        yield
        self.supply, self.got, self.completed = kept
        self.base, self.is_trial = self.supply, False

    def forget(self, order: int) -> None:
        """Take back what :meth:`deal_complete` gave the order, inside :meth:`trying`."""
        if order not in self.completed:
            return  # it has everything by what people decided
        before, taken = self.completed.pop(order)
        for supply, booked in taken:
            supply.undo(booked)
        for demand in self.by_order[order]:
            self.got.pop(demand.key, None)
        self.got.update(before)

    def _deal_shares(self, demands: list[Demand]) -> None:
        """Everybody the same share of what they need, in whole steps; the rest of the division
        goes out in the policy's order. Kits, and who takes all or nothing, take their turn."""
        groups: dict[tuple[int, int], list[Demand]] = {}
        for demand in demands:
            order = self.orders[demand.order]
            free = demand.selected and not demand.blocked and demand.key not in self.fixed
            if free and len(demand.parts) == 1:
                product, _per_unit = demand.parts[0]
                if not (order.complete or order.whole_lines or demand.order in self.refusing):
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

    # -- what came of it --------------------------------------------------------------------------

    def is_completed(self, order: int) -> bool:
        """Whether nothing of the order would still be needed."""
        return not any(
            is_more(demand.needed, self.got.get(demand.key, 0.0)) for demand in self.by_order[order]
        )

    def below_minimum(self) -> list[int]:
        """Orders that get less than is worth a parcel and are not completed by it; who has the
        first turn comes first."""
        orders = []
        for order, demands in self.by_order.items():
            facts = self.orders[order]
            if not is_positive(facts.min_value) or order in self.refusing:
                continue
            value = sum(self.got.get(demand.key, 0.0) * demand.unit_value for demand in demands)
            some = any(is_positive(self.got.get(demand.key, 0.0)) for demand in demands)
            little = some and is_more(facts.min_value, value + facts.waiting_value)
            if little and not self.is_completed(order):
                orders.append(order)
        return orders

    def result(self) -> Plan:
        """Quantity and reason of every demand, also of those that got nothing."""
        gifts: dict[int, dict[int, float]] = {}
        for key, donor, given in self.gifts:
            own = gifts.setdefault(key, {})
            own[donor.key] = own.get(donor.key, 0.0) + given
        plan = Plan((demand.key, self._allocation(demand)) for demand in self.demands)
        for key, own in gifts.items():
            plan[key].gifts = tuple(own.items())
        for demand in self.demands if self.rules else ():
            plan[demand.key].rule = demand.rule
        return plan

    def _allocation(self, demand: Demand) -> Allocation:
        quantity = self.got.get(demand.key, 0.0)
        seen = self.seen.get(demand.key, 0.0)
        if not is_more(demand.needed, quantity):
            return Allocation(quantity, "filled", seen)
        if demand.blocked:
            return Allocation(quantity, demand.blocked, seen)
        if not demand.selected:
            return Allocation(quantity, "skipped", seen)
        winners = self._winners(demand)
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
