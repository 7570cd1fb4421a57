"""Plain Python: what is decided about backorders, without Odoo.

Nothing in this package imports ``odoo``, reads a record or looks at the clock: models gather the
facts, ask here, and apply the answer. Quantities are floats in one unit, named by each docstring.
"""

from .charge import (
    CAPTURE,
    CARD,
    PAID,
    REFUSED,
    Authorized,
    ChargeStep,
    FamilyMoney,
    next_charge,
)
from .facts import TREATMENTS, Allocation, Demand, Donor, OrderFacts, Plan, Rule
from .goods import Batch, Goods
from .guard import Guard
from .hold import Figures, clamp_needed, reservable, short_of, split_forced, state_of
from .lanes import make_lanes
from .plan import FILL_KINDS, make_plan
from .policies import POLICIES, SORT_KEYS
from .process import GO, PAY, STAY, Decision, OrderMoney, decide, decide_payment
from .purchase import Needed, OnOrder, PurchaseFacts, Waiting, round_up, vendor_quantity, work_out
from .supply import Claim, Reach, Source, Supply
from .dates import ON_HAND, Dealt, deal, deal_dates
from .numbers import EPSILON, exact, floor_whole, is_more, is_positive, nearest_whole, trim

__all__ = [
    "CAPTURE",
    "CARD",
    "EPSILON",
    "FILL_KINDS",
    "GO",
    "ON_HAND",
    "PAID",
    "PAY",
    "POLICIES",
    "REFUSED",
    "SORT_KEYS",
    "STAY",
    "TREATMENTS",
    "Allocation",
    "Authorized",
    "ChargeStep",
    "Batch",
    "Claim",
    "Dealt",
    "Decision",
    "Demand",
    "Donor",
    "FamilyMoney",
    "Figures",
    "Goods",
    "Guard",
    "Needed",
    "OnOrder",
    "OrderFacts",
    "OrderMoney",
    "Plan",
    "PurchaseFacts",
    "Reach",
    "Rule",
    "Source",
    "Supply",
    "Waiting",
    "clamp_needed",
    "deal",
    "deal_dates",
    "decide",
    "decide_payment",
    "exact",
    "floor_whole",
    "is_more",
    "is_positive",
    "make_lanes",
    "make_plan",
    "nearest_whole",
    "next_charge",
    "reservable",
    "round_up",
    "short_of",
    "split_forced",
    "state_of",
    "trim",
    "vendor_quantity",
    "work_out",
]
