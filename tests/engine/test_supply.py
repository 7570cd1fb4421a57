"""What may be given away. The stock of a small warehouse:

1 warehouse ── 2 stock ─┬─ 4 shelf A
              3 output  └─ 5 shelf B
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backorder_mgmt.engine import Claim, Guard, Reach, Source, Supply

PATHS = {1: (1,), 2: (1, 2), 3: (1, 3), 4: (1, 2, 4), 5: (1, 2, 5)}
STOCK, SHELF_A, SHELF_B = 2, 4, 5
ANVIL = 7


def supply(claims=(), **at):
    """Stock ``s2``, ``s4`` … lying directly at a location; a tree has what lies below it."""
    lying = {int(name[1:]): float(quantity) for name, quantity in at.items()}
    free = {
        (ANVIL, top): sum((q for place, q in lying.items() if top in PATHS[place]), 0.0)
        for top in PATHS
    }
    return Supply(free, PATHS, list(claims))


def promised(quantity, order=90, line=900, location=STOCK):
    return Claim(ANVIL, location, quantity, "promised", order, line)


def owed(quantity, order=0, location=STOCK):
    return Claim(ANVIL, location, quantity, "owed", order)


def unreserved(quantity, line, location=STOCK):
    return Claim(ANVIL, location, quantity, "open", 0, line)


@pytest.mark.parametrize(
    ("story", "stock", "who", "may_have"),
    [
        ("nothing is claimed", supply(s2=5), {}, 5),
        ("nothing is there", supply(), {}, 0),
        ("below zero is nothing", supply(s2=-3), {}, 0),
        ("set aside for another", supply([promised(3)], s2=5), {"order": 1, "line": 10}, 2),
        ("set aside for this line", supply([promised(3)], s2=5), {"order": 90, "line": 900}, 5),
        (
            "set aside for another line of the same order",
            supply([promised(3)], s2=5),
            {"order": 90, "line": 901},
            2,
        ),
        ("nobody in particular gets nothing promised", supply([promised(3)], s2=5), {}, 2),
        ("owed to an older order", supply([owed(4)], s2=5), {"order": 1, "line": 10}, 1),
        ("owed to this order", supply([owed(4, order=1)], s2=5), {"order": 1, "line": 10}, 5),
        (
            "the own promise comes before what is owed to others",
            supply([promised(3, 1, 10), owed(9)], s2=5),
            {"order": 1, "line": 10},
            3,
        ),
        (
            "and the promises of others come before the own",
            supply([promised(3, 1, 10), promised(4)], s2=5),
            {"order": 1, "line": 10},
            1,
        ),
        (
            "demand that Odoo has yet to reserve",
            supply([unreserved(2, 11), unreserved(1, 10)], s2=5),
            {"order": 1, "line": 10},
            3,
        ),
        (
            "a fill by hand may take what is owed, never what is promised",
            supply([owed(4), promised(1)], s2=5),
            {"order": 1, "line": 10, "kinds": ("promised", "open")},
            4,
        ),
    ],
)
def test_what_a_line_may_have(story, stock, who, may_have):
    assert stock.available(ANVIL, STOCK, **who) == may_have, story


def test_a_promise_in_the_tree_binds_its_shelves_and_the_other_way_round():
    stock = supply([promised(6)], s4=5, s5=3)
    assert stock.available(ANVIL, SHELF_A, line=1) == 2
    assert stock.available(ANVIL, SHELF_B, line=1) == 2
    stock = supply([promised(4, location=SHELF_A)], s4=5, s5=3)
    assert stock.available(ANVIL, STOCK, line=1) == 4
    assert stock.available(ANVIL, SHELF_A, line=1) == 1
    assert stock.available(ANVIL, SHELF_B, line=1) == 3


def test_what_was_taken_from_the_tree_is_missing_on_the_shelves():
    stock = supply(s4=5, s5=3)
    stock.take(ANVIL, STOCK, 6)
    assert stock.available(ANVIL, SHELF_A) == 2
    stock.take(ANVIL, SHELF_A, 2)
    assert stock.available(ANVIL, SHELF_B) == 0
    assert stock.available(ANVIL, STOCK) == 0


def test_a_promise_is_used_up_by_its_line():
    stock = supply([promised(3, 1, 10)], s2=5)
    stock.take(ANVIL, STOCK, 2, line=10)
    assert stock.own_promise(ANVIL, 10) == 1
    assert stock.available(ANVIL, STOCK, line=11) == 2
    stock.take(ANVIL, STOCK, 2, line=10)
    assert stock.own_promise(ANVIL, 10) == 0
    assert stock.available(ANVIL, STOCK, line=11) == 1


def test_a_promise_is_used_up_before_what_its_line_only_asks_for():
    """Else 10 pieces would be promised 11 times, when line 2 has had one of its own."""
    claims = [unreserved(1, line=2), promised(2, line=2), promised(9, line=1)]
    stock = supply(claims, s5=11)
    stock.take(ANVIL, STOCK, 1.0, line=2)
    assert [claim.quantity for claim in claims] == [1, 1, 9]


def test_copies_are_taken_from_without_touching_the_original():
    stock = supply([promised(3, 1, 10)], s2=5)
    for copy in (stock.duplicate(), stock.copy_for([ANVIL])):
        assert copy.available(ANVIL, STOCK, line=11) == 2
        copy.take(ANVIL, STOCK, 3, line=10)
        assert copy.own_promise(ANVIL, 10) == 0
    assert stock.own_promise(ANVIL, 10) == 3
    assert stock.available(ANVIL, STOCK, line=11) == 2
    assert not stock.copy_for([8]).has_claims(ANVIL)


def test_what_was_taken_can_be_taken_back():
    stock = supply([promised(3, 1, 10)], s4=5)
    done = stock.take(ANVIL, SHELF_A, 4, line=10)
    assert stock.available(ANVIL, STOCK, line=11) == 1
    stock.undo(done)
    assert stock.available(ANVIL, STOCK, line=11) == 2
    assert stock.own_promise(ANVIL, 10) == 3


def test_promises_without_stock_give_way_the_later_ones_first():
    older, newer = promised(4, 1, 10), promised(4, 2, 20)
    assert supply([older, newer], s2=8).uncovered() == []
    assert supply([older, newer], s2=5).uncovered() == [(newer, 3)]
    assert supply([older, newer], s2=1).uncovered() == [(newer, 4), (older, 3)]
    assert supply([older, newer], s2=-2).uncovered() == [(newer, 4), (older, 4)]
    assert supply([owed(9), older], s2=4).uncovered() == []


class TestGuard:
    """The limits of one attempt of Odoo to reserve."""

    def test_only_what_is_not_held(self):
        guard = Guard(budgets={(10, ANVIL): 4.0})
        assert guard.allow(ANVIL, STOCK, 9, order=1, line=10) == 4
        guard.taken(ANVIL, STOCK, 3, line=10)
        assert guard.allow(ANVIL, STOCK, 9, order=1, line=10) == 1
        guard.taken(ANVIL, STOCK, 1, line=10)
        assert guard.allow(ANVIL, STOCK, 9, order=1, line=10) == 0

    def test_a_line_without_a_hold_has_no_limit_of_its_own(self):
        assert Guard(budgets={(10, ANVIL): 0.0}).allow(ANVIL, STOCK, 9, order=1, line=11) == 9

    def test_moves_of_no_order_leave_promises_alone_and_may_take_what_is_owed(self):
        guard = Guard(supply=supply([promised(3), owed(2)], s2=5))
        assert guard.allow(ANVIL, STOCK, 9, order=0, line=0) == 2

    def test_the_next_demand_of_the_same_attempt_sees_what_was_taken(self):
        guard = Guard(supply=supply([promised(1)], s2=5))
        assert guard.allow(ANVIL, STOCK, 3, order=1, line=10) == 3
        guard.taken(ANVIL, STOCK, 3, line=10)
        assert guard.allow(ANVIL, STOCK, 3, order=2, line=20) == 1


places = st.sampled_from(sorted(PATHS))
amounts = st.integers(0, 12).map(float)
claims = st.lists(
    st.builds(
        Claim,
        st.just(ANVIL),
        places,
        amounts,
        st.sampled_from(["promised", "owed", "open"]),
        st.integers(1, 4),
        st.integers(1, 4),
    ),
    max_size=5,
)
demands = st.lists(st.tuples(places, amounts, st.integers(1, 5)), max_size=8)


def inside(top, location):
    return top in PATHS[location]


def fits(lying, uses):
    """Stock serves ``uses`` (location, quantity): in no tree more is used than lies there."""
    return all(
        sum(quantity for location, quantity in uses if inside(top, location))
        <= sum(quantity for place, quantity in lying.items() if inside(top, place)) + 1e-6
        for top in PATHS
    )


# Found by chance: a line's promise in the outer tree was used up before the one where it took.
@example(
    {1: 0.0, 2: 0.0, 3: 0.0, 4: 1.0, 5: 1.0},
    [Claim(ANVIL, 1, 1.0, "promised", 1, 3), Claim(ANVIL, 4, 1.0, "promised", 1, 3)],
    [(4, 1.0, 3)],
)
@given(st.fixed_dictionaries(dict.fromkeys(PATHS, amounts)), claims, demands)
def test_never_more_than_the_supply_and_never_what_is_promised_to_others(lying, claims, demands):
    """Whoever asks, in whatever order: what was given and what stays promised is all there."""
    stock = supply(claims, **{f"s{place}": quantity for place, quantity in lying.items()})
    promises = [claim for claim in claims if claim.kind == "promised"]
    if not fits(lying, [(claim.location, claim.quantity) for claim in promises]):
        return  # stock was lost before: there is nothing to keep
    given_away = []
    for place, wanted, number in demands:
        got = min(wanted, stock.available(ANVIL, place, order=number, line=number))
        assert got >= 0
        stock.take(ANVIL, place, got, line=number)
        given_away.append((place, got))
    still = [(claim.location, claim.quantity) for claim in promises]
    assert fits(lying, given_away + still)


@given(st.fixed_dictionaries(dict.fromkeys(PATHS, amounts)), claims)
def test_what_stays_promised_after_a_loss_is_all_there(lying, claims):
    stock = supply(claims, **{f"s{place}": quantity for place, quantity in lying.items()})
    gone = stock.uncovered()
    for claim, quantity in gone:
        assert claim.kind == "promised"
        assert 0 < quantity <= claim.quantity
        claim.quantity -= quantity
    kept = [(claim.location, claim.quantity) for claim in claims if claim.kind == "promised"]
    assert fits(lying, kept)
    assert stock.uncovered() == []


@given(st.fixed_dictionaries(dict.fromkeys(PATHS, amounts)), claims, claims, places)
def test_more_claims_leave_no_more_to_others(lying, claims, more, place):
    at = {f"s{place}": quantity for place, quantity in lying.items()}
    before = supply(claims, **at).available(ANVIL, place, order=9, line=9)
    after = supply(claims + more, **at).available(ANVIL, place, order=9, line=9)
    assert 0 <= after <= before


@given(st.fixed_dictionaries(dict.fromkeys(PATHS, amounts)), claims, places)
def test_nothing_is_owed_or_promised_against_oneself(lying, claims, place):
    at = {f"s{place}": quantity for place, quantity in lying.items()}
    own = [Claim(c.product, c.location, c.quantity, c.kind, 9, 9) for c in claims]
    assert supply(own, **at).available(ANVIL, place, order=9, line=9) == supply(**at).available(
        ANVIL, place
    )


@given(st.fixed_dictionaries(dict.fromkeys(PATHS, amounts)), claims, demands)
def test_taking_back_restores_everything(lying, claims, demands):
    stock = supply(claims, **{f"s{place}": quantity for place, quantity in lying.items()})
    before = (dict(stock.free), [claim.quantity for claim in stock.claims])
    booked = [stock.take(ANVIL, place, qty, line=line) for place, qty, line in demands]
    for done in reversed(booked):
        stock.undo(done)
    assert (stock.free, [claim.quantity for claim in stock.claims]) == before


class TestKeys:
    """What is owed binds only those who came later."""

    def _supply(self, *claims, **keys):
        reach = Reach(keys={int(name[1:]): key for name, key in keys.items()})
        return Supply({(ANVIL, STOCK): 10.0}, PATHS, list(claims), reach=reach)

    def _owed(self, quantity, order, key):
        return Claim(ANVIL, STOCK, quantity, "owed", order, key=key)

    def test_a_later_claim_binds_nobody_before_it(self):
        there = self._supply(self._owed(4, 0, (2, 2)), l10=(1, 1), l30=(3, 3))
        assert there.available(ANVIL, STOCK, order=1, line=10) == 10
        assert there.available(ANVIL, STOCK, order=3, line=30) == 6

    def test_who_has_no_place_is_bound_by_all(self):
        there = self._supply(self._owed(4, 0, (2, 2)), l10=(1, 1))
        assert there.available(ANVIL, STOCK, order=5, line=50) == 6

    def test_a_claim_without_key_binds_all(self):
        there = self._supply(self._owed(4, 0, None), l10=(1, 1))
        assert there.available(ANVIL, STOCK, order=1, line=10) == 6

    def test_a_copy_knows_the_places(self):
        there = self._supply(self._owed(4, 0, (2, 2)), l10=(1, 1)).duplicate()
        assert there.available(ANVIL, STOCK, order=1, line=10) == 10

    def test_a_promise_binds_whoever_came_before(self):
        there = self._supply(Claim(ANVIL, STOCK, 4.0, "promised", 9, 99, key=(9, 9)), l10=(1, 1))
        assert there.available(ANVIL, STOCK, order=1, line=10) == 6


def test_what_a_line_has_ahead_is_its_own_and_is_taken_first():
    there = supply(s2=4)
    there.reach = Reach(ahead={(900, ANVIL): Source(0, 3.0)})
    copy = there.duplicate()
    assert there.available(ANVIL, STOCK, line=900) == 7
    assert there.available(ANVIL, STOCK, line=901) == 4
    done = there.take(ANVIL, STOCK, 5, line=900)
    assert there.available(ANVIL, STOCK, line=900) == 2
    assert there.available(ANVIL, STOCK, line=901) == 2
    there.undo(done)
    assert there.available(ANVIL, STOCK, line=900) == 7
    assert there.available(ANVIL, STOCK, line=901) == 4
    assert copy.available(ANVIL, STOCK, line=900) == 7
