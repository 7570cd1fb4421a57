"""Who has a turn when: by the policy, and by the fill rules that demands meet."""

import math
from collections.abc import Mapping
from typing import Any

from .facts import Demand, OrderFacts, Rule
from .numbers import EPSILON, is_more
from .policies import POLICIES, SORT_KEYS
from .supply import Booked, Supply

#: Claims that bind a fill: promises, and demand that Odoo has yet to reserve.
FILL_KINDS = ("promised", "open")
#: The turn of each treatment of a rule, and of demands that meet none.
_TIERS = {"first": 0, "share": 1, None: 2, "rest": 3, "donor": 4}


class Turns:
    """The part of a deal that says in which order demands are served."""

    policy: str
    orders: Mapping[int, OrderFacts]
    rules: dict[Any, tuple[int, Rule]]
    supply: Supply
    demands: list[Demand]
    rank: dict[int, Any]
    got: dict[int, float]
    takers: dict[int, list[str]]

    def _ranks(self, demands: list[Demand]) -> dict[int, Any]:
        key = POLICIES[self.policy]
        ranks = {}
        for demand in demands:
            order = self.orders[demand.order]
            ranks[demand.key] = key(demand, order, (order.date, demand.order, demand.key))
        if self.policy != "rules":
            return ranks
        completes = self._completed_alone(demands)
        for demand in demands:
            number, rule = self.rules.get(demand.rule, (0, None))
            order = self.orders[demand.order]
            keys = tuple(
                SORT_KEYS[name](demand, order, demand.order in completes)
                for name in (rule.sort_keys if rule else ())
            )
            tier = _TIERS[rule.treatment if rule else None]
            # Lengths differ from rule to rule, and rules are never equal.
            ranks[demand.key] = (tier, number, keys, ranks[demand.key])
        return ranks

    def _completed_alone(self, demands: list[Demand]) -> set[int]:
        """Orders that what is free would complete if nobody else asked for it."""
        if not any("completes" in rule.sort_keys for _number, rule in self.rules.values()):
            return set()
        by_order: dict[int, list[Demand]] = {}
        for demand in demands:
            by_order.setdefault(demand.order, []).append(demand)
        completed = set()
        for order, own in by_order.items():
            self.got, booked = {}, []
            for demand in own:
                if not demand.selected or is_more(
                    demand.needed, self._room_in(self.supply, demand)
                ):
                    break
                booked += self._take_from(self.supply, demand, demand.needed)
            else:
                completed.add(order)
            self.supply.undo(booked)
        return completed

    def _treatment(self, demand: Demand) -> str | None:
        _number, rule = self.rules.get(demand.rule, (0, None))
        return rule.treatment if rule else None

    def _groups(self) -> list[tuple[list[Demand], bool]]:
        """[(demands in the order of their turns, whether they share what is there)]"""
        if self.policy != "rules":
            groups = [(self.demands, self.policy == "fair")]
        else:
            by_rule: dict[Any, list[Demand]] = {}
            for demand in self.demands:
                by_rule.setdefault(self.rank[demand.key][:2], []).append(demand)
            groups = [
                (own, self._treatment(own[0]) == "share") for _key, own in sorted(by_rule.items())
            ]
        return [
            # Who takes all or nothing has no share: they come when the others have theirs.
            (sorted(own, key=self._has_term) if share else own, share)
            for own, share in groups
        ]

    def _has_term(self, demand: Demand) -> bool:
        order = self.orders[demand.order]
        return order.whole_lines or (order.complete and order.patient)

    @staticmethod
    def _unforced(demand: Demand) -> float:
        return max(0.0, demand.needed - demand.forced)

    @staticmethod
    def _steps(demand: Demand, quantity: float, wanted: float) -> float:
        """Round down to whole steps; the whole wanted quantity is always allowed."""
        if quantity >= wanted - EPSILON:
            return max(0.0, wanted)
        return max(0.0, math.floor(quantity / demand.step + EPSILON) * demand.step)

    def _room_in(self, supply: Supply, demand: Demand) -> float:
        if demand.blocked or not demand.parts:
            return 0.0
        covered = 0.0 if demand.key in self.got else demand.covered
        room = math.inf
        for product, per_unit in demand.parts:
            there = supply.available(
                product,
                demand.location,
                order=demand.order,
                line=demand.key,
                kinds=FILL_KINDS,
            )
            room = min(room, there / per_unit)
        return max(0.0, room - covered)

    def _take_from(self, supply: Supply, demand: Demand, quantity: float) -> Booked:
        if demand.key not in self.got:
            quantity += demand.covered
        booked: Booked = []
        for product, per_unit in demand.parts:
            booked += supply.take(product, demand.location, quantity * per_unit, line=demand.key)
        return booked

    def _winners(self, demand: Demand) -> tuple[str, ...]:
        """The first five orders that had of what the demand asks for."""
        label = self.orders[demand.order].label
        winners: dict[str, None] = {}
        for product, _per_unit in demand.parts:
            for taker in self.takers.get(product, ()):
                if taker != label:
                    winners[taker] = None
                    if len(winners) == 5:
                        return tuple(winners)
        return tuple(winners)
