"""Who comes first: each policy is one function that gives an order's or a demand's place.

A policy is a function ``(demand, order, tie) -> sortable key``; smaller comes first. ``tie`` is the
common tie-break: order date, order id, demand id. ``fair``, ``most_complete`` and ``rules`` also
deal stock their own way (see ``plan``); their key only orders what is left over.
"""

from collections.abc import Callable
from typing import Any

from .facts import Demand, OrderFacts

Key = tuple[Any, ...]


class _Last:
    """Sorts after everything: a date that is not known."""

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return not isinstance(other, _Last)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Last)

    def __hash__(self) -> int:
        return 0


LAST = _Last()


def _or_last(value: Any) -> Any:
    return LAST if value is None or value is False else value


def fifo(demand: Demand, order: OrderFacts, tie: Key) -> Key:
    """Waiting since, then order date."""
    return (_or_last(demand.since), *tie)


def priority(demand: Demand, order: OrderFacts, tie: Key) -> Key:
    """Urgent orders first, then as ``fifo``."""
    return (-order.priority, _or_last(demand.since), *tie)


def customer_priority(demand: Demand, order: OrderFacts, tie: Key) -> Key:
    """By the priority of the order's customer, those without one last, then as ``fifo``."""
    return (_or_last(order.rank), _or_last(demand.since), *tie)


def deadline(demand: Demand, order: OrderFacts, tie: Key) -> Key:
    """Earliest promised date first, orders without one last, then as ``fifo``."""
    return (_or_last(order.deadline), _or_last(demand.since), *tie)


def value(demand: Demand, order: OrderFacts, tie: Key) -> Key:
    """Largest value of what is needed first."""
    return (-demand.unit_value * demand.needed, *tie)


#: By what a fill rule sorts its demands: functions of (demand, order, completes), the last one says
#: whether what is there would complete the order.
SORT_KEYS: dict[str, Callable[[Demand, OrderFacts, bool], Any]] = {
    "priority": lambda demand, order, completes: _or_last(order.rank),
    "since": lambda demand, order, completes: _or_last(demand.since),
    "deadline": lambda demand, order, completes: _or_last(order.deadline),
    "value": lambda demand, order, completes: -demand.unit_value * demand.needed,
    "completes": lambda demand, order, completes: not completes,
}

POLICIES: dict[str, Callable[[Demand, OrderFacts, Key], Key]] = {
    "fifo": fifo,
    "customer_priority": customer_priority,
    "priority": priority,
    "deadline": deadline,
    "value": value,
    "fair": fifo,
    "most_complete": fifo,
    "rules": fifo,
}
