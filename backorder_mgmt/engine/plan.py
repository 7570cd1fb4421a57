"""Deal stock to backorders: facts in, a plan with a reason for every line out.

The plan is the same whatever order the facts come in. It takes from a copy of the supply that it
is given; every rule of who may have what (promises, location trees) is the supply's.
"""

from collections.abc import Iterable, Mapping

from .dealing import Dealer
from .facts import Demand, Donor, OrderFacts, Plan, Rule
from .most_complete import MOST_COMPLETE_TRIES, deal_most_complete
from .supply import Supply
from .turns import FILL_KINDS

__all__ = ["FILL_KINDS", "MOST_COMPLETE_TRIES", "make_plan"]

#: Demands that are dealt again in all, as orders get less than is worth a parcel: one order after
#: the other gives way within this budget, those that are left then all at once.
_DEALT_AGAIN = 200_000


def make_plan(
    demands: Iterable[Demand],
    orders: Mapping[int, OrderFacts],
    supply: Supply,
    policy: str = "fifo",
    fixed: Mapping[int, float] | None = None,
    rules: Iterable[Rule] = (),
    donors: Iterable[Donor] = (),
) -> Plan:
    """The plan: {demand key: :class:`Allocation`}.

    ``fixed``: {demand key: quantity} that people decided. They are served first, in this order, as
    far as there is stock, and get nothing more; the policy deals out the rest. Of an order that
    must be complete, and of a line that must, only everything or nothing can be decided.

    - never more than the supply allows, never more than a demand needs, in whole steps
    - a demand's forced part is served after the unforced parts of all others
    - an order that must be complete gets everything it needs (also outside ``selected``) or
      nothing, and blocks nobody; so does a line of an order that takes whole lines only
    - an order that gets less than its ``min_value``, and is not completed by it, gets nothing; what
      it would have had is dealt to the others
    - ties are broken by order date, order id and demand id
    - only with the policy ``rules``: ``rules`` in their order, and what ``donors`` give up

    :raise ValueError: no policy of this name
    """
    demands, rules, donors = list(demands), list(rules), list(donors)
    refusing: dict[int, str] = {}
    budget = _DEALT_AGAIN
    while True:
        dealer = Dealer(demands, orders, supply, policy, fixed, rules, donors, refusing)
        dealer.deal_fixed()
        bound = deal_most_complete(dealer) if policy == "most_complete" else None
        dealer.deal()
        below = dealer.below_minimum()
        if not below:
            break
        # Who has the first turn gives way first: what they leave may be enough for the others.
        budget -= len(demands)
        refusing.update(dict.fromkeys(below[:1] if budget > 0 else below, "min_value"))
    plan = dealer.result()
    if bound is not None:
        plan.completed = sum(dealer.is_completed(order) for order in dealer.by_order)
        plan.bound = max(bound, plan.completed)
    return plan
