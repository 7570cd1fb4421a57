"""What the plan is made from. Quantities of a demand are in the unit of its order line."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Demand:
    """A backordered order line that asks to be filled.

    ``parts``: (product, quantity of it per unit of the line) — one for a plain product, several for
    a kit. ``location``: where its goods are taken from. ``covered``: what a quotation counts on
    beside its needed quantity; a fill promises it along. ``step``: the smallest quantity that can
    be filled (1 piece, 1 kit, 0.01 kg); ``share_step``: the smallest share that people would deal
    out (1 piece, 0.01 kg). ``blocked``: a reason code when the line can take nothing.
    """

    key: int
    order: int
    location: int
    parts: tuple[tuple[int, float], ...]
    needed: float
    forced: float = 0.0
    covered: float = 0.0
    step: float = 0.01
    share_step: float = 0.01
    since: Any = None
    unit_value: float = 0.0
    selected: bool = True
    blocked: str = ""


@dataclass(slots=True)
class OrderFacts:
    """What the plan has to know of an order. ``date``, ``deadline`` and ``rank`` (the customer's
    priority, the smaller the sooner; None: no priority) are anything sortable;
    ``complete``: only if nothing of it would still be needed (``complete_reason`` says whose
    wish that is); ``label`` is how others are told who got the stock."""

    key: int
    date: Any
    label: str = ""
    priority: int = 0
    deadline: Any = None
    rank: Any = None
    complete: bool = False
    complete_reason: str = "not_complete"


@dataclass(slots=True)
class Allocation:
    """The plan for one demand: how much it gets, and why not more.

    ``reason`` is a code of ``backorder.run.line``; ``winners`` are the labels of orders that got
    stock which this demand asked for; ``seen`` is what was there when its turn came.
    """

    quantity: float
    reason: str
    seen: float = 0.0
    winners: tuple[str, ...] = field(default_factory=tuple)
