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
    out (1 piece, 0.01 kg). ``blocked``: a reason code when the line can take nothing. ``rule``: the
    key of the fill rule that it meets, None for none; ``gifted``: it may have what donors give up.
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
    rule: Any = None
    gifted: bool = True


@dataclass(slots=True)
class OrderFacts:
    """What the plan has to know of an order. ``date``, ``deadline`` and ``rank`` (the customer's
    priority, the smaller the sooner; None: no priority) are anything sortable;
    ``complete``: only if nothing of it would still be needed (``complete_reason`` says whose
    wish that is); ``label`` is how others are told who got the stock.

    What the customer agreed to beside: ``patient``: ``complete`` is their term and not this fill's,
    so that the order waits for the turn of its last line, and no line of it gets more than it would
    without the term; ``whole_lines``: each line everything that it needs, or nothing;
    ``min_value``: a fill that does not complete the order gives it at least so much,
    ``waiting_value`` counted that leaves in the same parcel, in the unit of
    ``Demand.unit_value``."""

    key: int
    date: Any
    label: str = ""
    priority: int = 0
    deadline: Any = None
    rank: Any = None
    complete: bool = False
    complete_reason: str = "not_complete"
    patient: bool = False
    whole_lines: bool = False
    min_value: float = 0.0
    waiting_value: float = 0.0


#: What a fill rule does for the lines that meet it, in the order in which they are served; lines
#: that meet no rule come between ``share`` and ``rest``.
TREATMENTS = ("first", "share", "rest", "donor")


@dataclass(slots=True, frozen=True)
class Rule:
    """A fill rule: how the demands that name it are treated among all.

    ``treatment``: ``first`` (before all others), ``share`` (a fair share each), ``rest`` (only what
    is left of free stock), ``donor`` (last, and their reserved stock is there for the others).
    ``sort_keys``: names of ``policies.SORT_KEYS`` that say who of them comes first.
    """

    key: Any
    label: str = ""
    treatment: str = "first"
    sort_keys: tuple[str, ...] = ()


@dataclass(slots=True)
class Donor:
    """Reserved stock that its order line gives up where others need it, in the product's unit.

    ``path``: the ids from the root of the location tree down to where it lies.
    """

    key: int
    order: int
    product: int
    path: tuple[int, ...]
    quantity: float


@dataclass(slots=True)
class Allocation:
    """The plan for one demand: how much it gets, and why not more.

    ``reason`` is a code of ``backorder.run.line``; ``winners`` are the labels of orders that got
    stock which this demand asked for; ``seen`` is what was there when its turn came; ``gifts``:
    (key of a donor, quantity in the product's unit) of what is taken from reserved stock; ``rule``:
    the key of the rule that it was dealt by.
    """

    quantity: float
    reason: str
    seen: float = 0.0
    winners: tuple[str, ...] = field(default_factory=tuple)
    gifts: tuple[tuple[int, float], ...] = ()
    rule: Any = None


class Plan(dict[int, Allocation]):
    """{demand key: :class:`Allocation`}.

    Of ``most_complete``: how many orders it completes, and a ``bound`` that no plan is above.
    """

    completed: int | None = None
    bound: int | None = None
