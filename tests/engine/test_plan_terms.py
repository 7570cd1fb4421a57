"""Terms of customers, fill rules, and how good *Most Orders Completed* is."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_plan import PLACE, facts, quantities, reasons

from backorder_mgmt.engine import POLICIES, Donor, Rule, make_plan

TERMS = {
    "lines": {"whole_lines": True},
    "complete": {"complete": True, "complete_reason": "customer_complete", "patient": True},
    "value": {"min_value": 40.0},
}
# All lines of an order are as old as it is, as their confirmation makes them.
rows_of = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(1, 3),
        st.integers(1, 9),
        st.fixed_dictionaries({"unit_value": st.integers(1, 20), "since": st.integers(1, 4)}),
    ),
    min_size=1,
    max_size=14,
)
stock_of = st.fixed_dictionaries({product: st.integers(0, 25) for product in (1, 2, 3)})
terms_of = st.dictionaries(
    st.integers(1, 6), st.sets(st.sampled_from(sorted(TERMS)), min_size=1), max_size=6
)


def with_terms(terms):
    return {
        order: {key: value for name in sorted(names) for key, value in TERMS[name].items()}
        for order, names in terms.items()
    }


def obeyed(demands, orders, plan):
    for order, its in orders.items():
        own = [demand for demand in demands if demand.order == order]
        got = {demand.key: plan[demand.key].quantity for demand in own}
        whole = all(abs(got[demand.key] - demand.needed) < 1e-6 for demand in own)
        if its.complete:
            assert whole or not any(got.values())
        if its.whole_lines:
            assert all(
                not got[demand.key] or abs(got[demand.key] - demand.needed) < 1e-6 for demand in own
            )
        if any(got.values()) and not whole:
            value = sum(got[demand.key] * demand.unit_value for demand in own)
            assert value + its.waiting_value >= its.min_value - 1e-6


@given(rows_of, stock_of, st.sampled_from(sorted(POLICIES)), terms_of, st.data())
def test_what_people_decide_is_within_the_terms(rows, stock, policy, terms, data):
    demands, orders, supply = facts(rows, stock, with_terms(terms))
    chosen = data.draw(st.sets(st.sampled_from([demand.key for demand in demands])))
    fixed = {
        demand.key: float(data.draw(st.integers(0, demand.needed)))
        for demand in demands
        if demand.key in chosen
    }
    plan = make_plan(demands, orders, supply, policy, fixed)
    obeyed(demands, orders, plan)
    for key, quantity in fixed.items():
        assert plan[key].quantity <= quantity + 1e-6


@given(rows_of, stock_of, st.sampled_from(sorted(POLICIES)), terms_of)
def test_terms_are_obeyed_by_every_policy(rows, stock, policy, terms):
    demands, orders, supply = facts(rows, stock, with_terms(terms))
    plan = make_plan(demands, orders, supply, policy)
    obeyed(demands, orders, plan)
    for product, there in stock.items():
        assert sum(plan[d.key].quantity for d in demands if d.parts[0][0] == product) <= there


@pytest.mark.parametrize("term", [*TERMS, "all"])
@given(
    rows_of,
    stock_of,
    st.sampled_from(sorted(POLICIES)),
    st.integers(1, 6),
)
def test_a_term_never_gives_a_line_more_than_without_it(term, rows, stock, policy, order):
    never_more(term, rows, stock, policy, order)


@pytest.mark.parametrize("seed", range(6))
def test_a_term_never_gives_more_where_many_orders_compete(seed):
    """The search does not look at every choice there, and chooses the same orders all the same."""
    dice = random.Random(seed)
    since = {order: dice.randint(1, 4) for order in range(1, 31)}
    rows = [
        (
            order,
            dice.randint(1, 4),
            dice.randint(1, 9),
            {"unit_value": dice.randint(1, 20), "since": since[order]},
        )
        for order in since
        for _line in range(dice.randint(1, 3))
    ]
    stock = {product: dice.randint(0, 60) for product in range(1, 5)}
    for order in dice.sample(sorted(since), 6):
        never_more("all", rows, stock, "most_complete", order)


def never_more(term, rows, stock, policy, order):
    names = set(TERMS) if term == "all" else {term}
    without = make_plan(*facts(rows, stock), policy)
    demands, orders, supply = facts(rows, stock, with_terms({order: names}))
    plan = make_plan(demands, orders, supply, policy)
    for product in stock:
        # Lines of one item in one order are as one: what one of them cannot have whole, is there
        # for the next.
        own = [d.key for d in demands if d.order == order and d.parts[0][0] == product]
        given = sum(plan[key].quantity for key in own)
        assert given <= sum(without[key].quantity for key in own) + 1e-6


@given(rows_of, stock_of, st.sampled_from(sorted(POLICIES)), terms_of, st.integers(1, 6))
def test_a_smallest_value_among_other_terms_never_gives_more(rows, stock, policy, terms, order):
    terms.pop(order, None)
    without = make_plan(*facts(rows, stock, with_terms(terms)), policy)
    demands, orders, supply = facts(rows, stock, with_terms({**terms, order: {"value"}}))
    plan = make_plan(demands, orders, supply, policy)
    for demand in demands:
        if demand.order == order:
            assert plan[demand.key].quantity <= without[demand.key].quantity + 1e-6


def test_whole_lines_leave_a_part_to_others():
    demands, orders, supply = facts(
        [(1, 1, 5), (1, 2, 2), (2, 1, 3)], {1: 4, 2: 2}, with_terms({1: {"lines"}})
    )
    plan = make_plan(demands, orders, supply)
    assert quantities(plan) == [0, 2, 3]
    assert reasons(plan) == ["customer_lines", "filled", "filled"]


def test_a_line_without_any_stock_says_so_whatever_the_terms():
    demands, orders, supply = facts([(1, 1, 5)], {1: 0}, with_terms({1: {"lines", "value"}}))
    assert reasons(make_plan(demands, orders, supply)) == ["no_stock"]


def test_too_little_for_a_parcel_goes_to_others():
    rows = [(1, 1, 5, {"unit_value": 10}), (2, 1, 3, {"unit_value": 10})]
    demands, orders, supply = facts(rows, {1: 3}, with_terms({1: {"value"}}))
    plan = make_plan(demands, orders, supply)
    assert quantities(plan) == [0, 3]
    assert reasons(plan) == ["min_value", "filled"]


def test_the_last_parcel_of_an_order_goes_whatever_it_is_worth():
    rows = [(1, 1, 1, {"unit_value": 10})]
    demands, orders, supply = facts(rows, {1: 3}, with_terms({1: {"value"}}))
    assert quantities(make_plan(demands, orders, supply)) == [1]


def test_what_leaves_in_the_same_parcel_counts():
    rows = [(1, 1, 5, {"unit_value": 10})]
    terms = {1: {"min_value": 40.0, "waiting_value": 20.0}}
    demands, orders, supply = facts(rows, {1: 2}, terms)
    assert quantities(make_plan(demands, orders, supply)) == [2]


def test_what_one_gives_up_makes_a_parcel_of_another():
    # 5 pieces: the first is worth 30 and gives way; the second then has 50.
    rows = [(1, 1, 9, {"unit_value": 6}), (2, 1, 9, {"unit_value": 10})]
    demands, orders, supply = facts(rows, {1: 5}, with_terms({1: {"value"}, 2: {"value"}}))
    assert quantities(make_plan(demands, orders, supply)) == [0, 5]


# -- fill rules ------------------------------------------------------------------------------------

RULES = [
    Rule("rest", "Web shop", "rest"),
    Rule("share", "Dealers", "share"),
    Rule("first", "Hospitals", "first", ("value",)),
]


def by_rules(rows, stock, rules=RULES, donors=(), of_order=None):
    demands, orders, supply = facts(rows, stock, of_order)
    return make_plan(demands, orders, supply, "rules", rules=rules, donors=donors)


def test_first_then_shares_then_others_then_what_is_left():
    rows = [
        (1, 1, 4, {"rule": "rest"}),
        (2, 1, 4),
        (3, 1, 4, {"rule": "share"}),
        (4, 1, 4, {"rule": "share"}),
        (5, 1, 4, {"rule": "first"}),
    ]
    assert quantities(by_rules(rows, {1: 8})) == [0, 0, 2, 2, 4]
    assert quantities(by_rules(rows, {1: 14})) == [0, 2, 4, 4, 4]
    assert quantities(by_rules(rows, {1: 17})) == [1, 4, 4, 4, 4]


@pytest.mark.parametrize(
    "key, expected",
    [
        ("priority", [0, 0, 4, 0]),
        ("since", [4, 0, 0, 0]),
        ("deadline", [0, 4, 0, 0]),
        ("value", [0, 0, 0, 4]),
        ("completes", [0, 0, 4, 0]),
    ],
)
def test_what_rules_sort_by(key, expected):
    rows = [
        (1, 1, 4, {"rule": 1, "since": 0}),
        (1, 2, 1, {"rule": 1, "since": 0}),  # not there: 1 cannot be completed
        (2, 1, 4, {"rule": 1, "since": 5}),
        (2, 2, 1, {"rule": 1, "since": 5}),
        (3, 1, 4, {"rule": 1, "since": 6}),
        (4, 1, 4, {"rule": 1, "since": 7, "unit_value": 9}),
    ]
    of_order = {2: {"deadline": 1}, 3: {"rank": (1, 1)}}
    plan = by_rules(rows, {1: 4, 2: 0}, [Rule(1, "All", "first", (key,))], (), of_order)
    assert [plan[number].quantity for number in (0, 2, 4, 5)] == expected


def test_donors_give_only_what_others_lack_and_never_to_those_who_get_the_rest():
    rules = [Rule("donor", "Stock orders", "donor"), *RULES]
    rows = [
        (1, 1, 6, {"rule": "first"}),
        (2, 1, 3, {"rule": "rest"}),
        (3, 1, 5, {"rule": "donor"}),
    ]
    donors = [Donor(90, 9, 1, (PLACE,), 4.0), Donor(91, 8, 1, (PLACE,), 4.0)]
    plan = by_rules(rows, {1: 1}, rules, donors)
    assert quantities(plan) == [6, 0, 0]
    assert plan[0].gifts == ((90, 4.0), (91, 1.0))
    # Without anybody who lacks something nothing changes hands.
    plan = by_rules(rows, {1: 20}, rules, donors)
    assert not any(allocation.gifts for allocation in plan.values())
    assert [donor.quantity for donor in donors] == [4.0, 4.0]


def test_nobody_takes_from_a_line_of_their_own():
    rules = [Rule("donor", "Stock orders", "donor")]
    plan = by_rules([(9, 1, 3)], {1: 0}, rules, [Donor(90, 9, 1, (PLACE,), 4.0)])
    assert quantities(plan) == [0]


def test_an_order_that_is_not_completed_leaves_donors_what_they_have():
    rules = [Rule("donor", "Stock orders", "donor")]
    rows = [(1, 1, 3), (1, 2, 1), (2, 1, 2)]
    donors = [Donor(90, 9, 1, (PLACE,), 4.0)]
    plan = by_rules(rows, {1: 0, 2: 0}, rules, donors, {1: {"complete": True}})
    assert quantities(plan) == [0, 0, 2]
    assert plan[2].gifts == ((90, 2.0),)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 6),
            st.integers(1, 2),
            st.integers(1, 9),
            st.fixed_dictionaries(
                {"rule": st.sampled_from([None, "first", "share", "rest", "donor"])}
            ),
        ),
        min_size=1,
        max_size=12,
    ),
    st.fixed_dictionaries({product: st.integers(0, 12) for product in (1, 2)}),
    st.lists(st.tuples(st.integers(7, 9), st.integers(1, 2), st.integers(1, 6)), max_size=4),
    terms_of,
)
def test_stock_changes_hands_only_by_a_donor_rule(rows, stock, given_up, terms):
    rules = [*RULES, Rule("donor", "Stock orders", "donor")]
    donors = [
        Donor(100 + number, order, product, (PLACE,), float(quantity))
        for number, (order, product, quantity) in enumerate(given_up)
    ]
    demands, orders, supply = facts(rows, stock, with_terms(terms))
    plan = make_plan(demands, orders, supply, "rules", rules=rules, donors=donors)
    obeyed(demands, orders, plan)
    taken = {donor.key: 0.0 for donor in donors}
    for demand in demands:
        for key, quantity in plan[demand.key].gifts:
            assert demand.rule not in ("rest", "donor")
            taken[key] += quantity
    for donor in donors:
        assert taken[donor.key] <= donor.quantity + 1e-6
    for product, there in stock.items():
        dealt = sum(plan[d.key].quantity for d in demands if d.parts[0][0] == product)
        gifts = sum(taken[donor.key] for donor in donors if donor.product == product)
        # Every piece is free stock or a gift, and nothing is asked of donors before free stock.
        assert abs(dealt - min(dealt, there) - gifts) < 1e-6
    assert make_plan(demands, orders, supply, "rules", rules=rules) is not None


# -- most orders completed -------------------------------------------------------------------------


def most_possible(demands, stock):
    """By looking at every choice of orders."""
    orders = sorted({demand.order for demand in demands})
    for size in range(len(orders), 0, -1):
        for chosen in itertools.combinations(orders, size):
            needs = dict.fromkeys(stock, 0.0)
            for demand in demands:
                if demand.order in chosen:
                    needs[demand.parts[0][0]] += demand.needed
            if all(needs[product] <= stock[product] for product in stock):
                return size
    return 0


@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(1, 4), st.integers(1, 9)),
        min_size=1,
        max_size=30,
    ),
    st.fixed_dictionaries({product: st.integers(0, 30) for product in (1, 2, 3, 4)}),
)
def test_of_up_to_twelve_orders_the_most_are_completed(rows, stock):
    demands, orders, supply = facts(rows, stock)
    plan = make_plan(demands, orders, supply, "most_complete")
    assert plan.completed == plan.bound == most_possible(demands, stock)


@pytest.mark.parametrize("seed", range(3))
def test_of_many_orders_the_bound_is_close_and_true(seed):
    dice = random.Random(seed)
    rows = [
        (order, dice.randint(1, 30), dice.randint(1, 9))
        for order in range(1, 301)
        for _line in range(dice.randint(1, 4))
    ]
    stock = {product: dice.randint(20, 120) for product in range(1, 31)}
    demands, orders, supply = facts(rows, stock)
    plan = make_plan(demands, orders, supply, "most_complete")
    completed = sum(
        all(plan[d.key].quantity >= d.needed - 1e-6 for d in demands if d.order == order)
        for order in orders
    )
    assert completed == plan.completed <= plan.bound
    assert plan.completed >= 0.97 * plan.bound - 1


def test_facts_are_left_as_they_were():
    demands, orders, supply = facts([(1, 1, 5), (2, 1, 5)], {1: 6})
    before = [replace(demand) for demand in demands]
    make_plan(demands, orders, supply, "most_complete")
    assert demands == before


@given(
    st.lists(
        st.tuples(
            st.integers(1, 40),
            st.integers(1, 6),
            st.integers(1, 9),
            st.fixed_dictionaries({"forced": st.sampled_from([0.0, 0.0, 0.0, 1.0])}),
        ),
        min_size=20,
        max_size=80,
    ),
    st.fixed_dictionaries({product: st.integers(0, 60) for product in range(1, 7)}),
    st.dictionaries(st.integers(1, 40), st.sets(st.sampled_from(sorted(TERMS)), min_size=1)),
)
def test_sums_of_what_is_there_choose_what_dealing_chooses(rows, stock, terms):
    """Where nobody has more of an item than others, the search counts and does not deal."""
    demands, orders, supply = facts(rows, stock, with_terms(terms))
    counted = make_plan(demands, orders, supply, "most_complete")
    # Packs of an item that nobody asks for: supply is not the usual one, and everything is dealt.
    supply.reach.steps[0, 999] = 1.0
    dealt = make_plan(demands, orders, supply, "most_complete")
    assert quantities(counted) == quantities(dealt)
    assert reasons(counted) == reasons(dealt)
    assert (counted.completed, counted.bound) == (dealt.completed, dealt.bound)
