"""The plan of a fill: properties that hold for any facts, and a table of examples per policy."""

from hypothesis import given
from hypothesis import strategies as st

from backorder_mgmt.engine import POLICIES, Claim, Demand, OrderFacts, Supply, make_plan

PLACE = 1


def facts(rows, stock, of_order=None, claims=()):
    """(demands, orders, supply) of rows (order, product, needed[, demand values]); ``of_order``:
    {order: further facts of it}."""
    of_order = of_order or {}
    orders = {}
    demands = []
    for key, row in enumerate(rows):
        order, product, needed, *rest = row
        values = rest[0] if rest else {}
        orders.setdefault(order, OrderFacts(order, order, f"S{order}", **of_order.get(order, {})))
        demands.append(
            Demand(
                key,
                order,
                PLACE,
                ((product, 1.0),),
                needed,
                **{"since": order, "step": 1.0, "share_step": 1.0, **values},
            )
        )
    free = {(product, PLACE): float(quantity) for product, quantity in stock.items()}
    return demands, orders, Supply(free, {PLACE: (PLACE,)}, list(claims))


def quantities(plan):
    return [plan[key].quantity for key in sorted(plan)]


def reasons(plan):
    return [plan[key].reason for key in sorted(plan)]


rows_of = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(1, 3),
        st.integers(1, 9),
        st.fixed_dictionaries(
            {"forced": st.sampled_from([0.0, 0.0, 1.0]), "unit_value": st.integers(0, 50)}
        ),
    ),
    min_size=1,
    max_size=14,
)
stock_of = st.fixed_dictionaries({product: st.integers(0, 25) for product in (1, 2, 3)})
policies = st.sampled_from(sorted(POLICIES))


@given(rows_of, stock_of, policies, st.sets(st.integers(1, 6)))
def test_never_more_than_there_is_nor_than_is_needed(rows, stock, policy, whole):
    demands, orders, supply = facts(rows, stock, {o: {"complete": True} for o in whole})
    plan = make_plan(demands, orders, supply, policy)
    for product, there in stock.items():
        given_out = sum(plan[d.key].quantity for d in demands if d.parts[0][0] == product)
        assert given_out <= there + 1e-6
    for demand in demands:
        assert 0 <= plan[demand.key].quantity <= demand.needed + 1e-6
        assert abs(plan[demand.key].quantity - round(plan[demand.key].quantity)) < 1e-6
    assert supply.free == {(product, PLACE): there for product, there in stock.items()}


@given(rows_of, stock_of, policies, st.sets(st.integers(1, 6)))
def test_complete_means_all_or_nothing(rows, stock, policy, whole):
    demands, orders, supply = facts(rows, stock, {o: {"complete": True} for o in whole})
    plan = make_plan(demands, orders, supply, policy)
    for order in whole:
        own = [d for d in demands if d.order == order]
        full = [abs(plan[d.key].quantity - d.needed) < 1e-6 for d in own]
        none = [plan[d.key].quantity == 0 for d in own]
        assert all(full) or all(none)


@given(rows_of, stock_of, policies, st.randoms())
def test_the_plan_does_not_depend_on_the_order_of_the_facts(rows, stock, policy, random):
    demands, orders, supply = facts(rows, stock)
    plan = make_plan(demands, orders, supply, policy)
    random.shuffle(demands)
    assert make_plan(demands, orders, supply, policy) == plan


@given(rows_of, stock_of)
def test_nothing_is_left_that_somebody_could_have(rows, stock):
    demands, orders, supply = facts(rows, stock)
    for policy in POLICIES:
        plan = make_plan(demands, orders, supply, policy)
        for product, there in stock.items():
            own = [d for d in demands if d.parts[0][0] == product]
            given_out = sum(plan[d.key].quantity for d in own)
            assert abs(given_out - min(there, sum(d.needed for d in own))) < 1e-6


@given(rows_of, stock_of)
def test_first_come_first_served(rows, stock):
    rows = [(order, product, needed) for order, product, needed, _values in rows]
    demands, orders, supply = facts(rows, stock)
    plan = make_plan(demands, orders, supply, "fifo")
    for later in demands:
        if plan[later.key].quantity:
            for earlier in demands:
                if earlier.parts == later.parts and (earlier.order, earlier.key) < (
                    later.order,
                    later.key,
                ):
                    assert abs(plan[earlier.key].quantity - earlier.needed) < 1e-6


@given(st.lists(st.integers(1, 20), min_size=2, max_size=8), st.integers(0, 60))
def test_fair_is_within_one_unit(needs, there):
    demands, orders, supply = facts(
        [(number + 1, 1, need) for number, need in enumerate(needs)], {1: there}
    )
    plan = make_plan(demands, orders, supply, "fair")
    share = min(1.0, there / sum(needs))
    for demand in demands:
        assert abs(plan[demand.key].quantity - demand.needed * share) < 1 + 1e-6


@given(rows_of, stock_of)
def test_most_complete_completes_at_least_as_many_orders_as_fifo(rows, stock):
    demands, orders, supply = facts(rows, stock)

    def completed(policy):
        plan = make_plan(demands, orders, supply, policy)
        return sum(
            all(plan[d.key].quantity >= d.needed - 1e-6 for d in demands if d.order == order)
            for order in orders
        )

    assert completed("most_complete") >= completed("fifo")


@given(rows_of, stock_of, policies)
def test_every_line_has_its_reason(rows, stock, policy):
    demands, orders, supply = facts(rows, stock)
    plan = make_plan(demands, orders, supply, policy)
    for demand in demands:
        allocation = plan[demand.key]
        if allocation.quantity >= demand.needed - 1e-6:
            assert allocation.reason == "filled"
        elif allocation.quantity:
            assert allocation.reason == "partial_stock"
        else:
            assert allocation.reason in ("no_stock", "older_first", "forced_last")
        if allocation.reason == "older_first":
            assert allocation.winners
            assert orders[demand.order].label not in allocation.winners


def test_who_comes_first_by_policy():
    rows = [
        (1, 1, 4, {"unit_value": 1}),
        (2, 1, 6, {"unit_value": 9}),
        (3, 1, 6, {"unit_value": 2}),
        (4, 1, 6, {"unit_value": 3}),
    ]
    demands, orders, supply = facts(
        rows,
        {1: 6},
        {2: {"rank": (20, 2)}, 3: {"priority": 1}, 4: {"deadline": 5, "rank": (10, 1)}},
    )
    for policy, expected in {
        "fifo": [4, 2, 0, 0],
        "customer_priority": [0, 0, 0, 6],
        "priority": [0, 0, 6, 0],
        "deadline": [0, 0, 0, 6],
        "value": [0, 6, 0, 0],
        "fair": [2, 2, 1, 1],
    }.items():
        assert quantities(make_plan(demands, orders, supply, policy)) == expected, policy


def test_most_complete_prefers_two_small_orders_to_one_large():
    demands, orders, supply = facts([(1, 1, 6), (2, 1, 3), (3, 1, 3)], {1: 6})
    plan = make_plan(demands, orders, supply, "most_complete")
    assert quantities(plan) == [0, 3, 3]


def test_an_order_that_cannot_be_completed_blocks_nobody():
    demands, orders, supply = facts(
        [(1, 1, 5), (1, 2, 1), (2, 1, 5)], {1: 5, 2: 0}, {1: {"complete": True}}
    )
    plan = make_plan(demands, orders, supply, "fifo")
    assert quantities(plan) == [0, 0, 5]
    assert reasons(plan) == ["not_complete", "not_complete", "filled"]


def test_complete_looks_at_lines_that_were_not_chosen():
    demands, orders, supply = facts(
        [(1, 1, 5), (1, 2, 1, {"selected": False})], {1: 5, 2: 9}, {1: {"complete": True}}
    )
    assert quantities(make_plan(demands, orders, supply, "fifo")) == [0, 0]


def test_forced_parts_come_last():
    demands, orders, supply = facts([(1, 1, 5, {"forced": 4.0}), (2, 1, 3)], {1: 5})
    plan = make_plan(demands, orders, supply, "fifo")
    assert quantities(plan) == [2, 3]
    demands, orders, supply = facts([(1, 1, 4, {"forced": 4.0}), (2, 1, 5)], {1: 5})
    assert reasons(make_plan(demands, orders, supply, "fifo")) == ["forced_last", "filled"]


def test_promised_stock_is_not_given_away_and_said():
    claims = [Claim(1, PLACE, 5.0, "promised", owner=9, line=99)]
    demands, orders, supply = facts([(1, 1, 3)], {1: 5}, claims=claims)
    plan = make_plan(demands, orders, supply, "fifo")
    assert (quantities(plan), reasons(plan)) == ([0], ["promised"])


def test_kits_take_all_their_parts_in_whole():
    demand = Demand(0, 1, PLACE, ((1, 2.0), (2, 1.0)), 5.0, step=1.0, share_step=1.0)
    supply = Supply({(1, PLACE): 7.0, (2, PLACE): 9.0}, {PLACE: (PLACE,)})
    plan = make_plan([demand], {1: OrderFacts(1, 1, "S1")}, supply, "fifo")
    assert plan[0].quantity == 3.0


def test_a_quotation_is_promised_what_it_counts_on_as_well():
    demand = Demand(0, 1, PLACE, ((1, 1.0),), 4.0, covered=6.0, step=1.0)
    other = Demand(1, 2, PLACE, ((1, 1.0),), 5.0, step=1.0)
    orders = {1: OrderFacts(1, 1, "S1"), 2: OrderFacts(2, 2, "S2")}
    supply = Supply({(1, PLACE): 12.0}, {PLACE: (PLACE,)})
    plan = make_plan([demand, other], orders, supply, "fifo")
    assert quantities(plan) == [4.0, 2.0]


def test_an_unknown_policy_is_refused():
    try:
        make_plan([], {}, Supply({}, {}), "alphabetical")
    except ValueError as error:
        assert "alphabetical" in str(error)
    else:
        raise AssertionError("no error")


@given(rows_of, stock_of, policies, st.data())
def test_what_people_decided_is_given_and_the_rest_is_dealt_out(rows, stock, policy, data):
    demands, orders, supply = facts(rows, stock)
    chosen = data.draw(st.sets(st.sampled_from([d.key for d in demands])))
    fixed, left = {}, dict(stock)
    for demand in demands:
        if demand.key in chosen:
            product = demand.parts[0][0]
            most = int(min(demand.needed, left[product]))
            fixed[demand.key] = float(data.draw(st.integers(0, most)))
            left[product] -= fixed[demand.key]
    plan = make_plan(demands, orders, supply, policy, fixed)
    for key, quantity in fixed.items():
        assert abs(plan[key].quantity - quantity) < 1e-6
    for product, there in stock.items():
        own = [d for d in demands if d.parts[0][0] == product]
        given_out = sum(plan[d.key].quantity for d in own)
        open_needs = sum(d.needed - plan[d.key].quantity for d in own if d.key not in fixed)
        assert given_out <= there + 1e-6
        # Nothing is left that somebody could have who was not decided about.
        assert there - given_out < 1e-6 or open_needs < 1e-6


def test_a_complete_order_that_was_cut_gets_nothing_and_one_decided_comes_first():
    rows = [(1, 1, 5), (2, 1, 4), (2, 2, 1)]
    demands, orders, supply = facts(rows, {1: 6, 2: 1}, {o: {"complete": True} for o in (1, 2)})
    assert quantities(make_plan(demands, orders, supply, "fifo", {0: 0.0})) == [0, 4, 1]
    assert quantities(make_plan(demands, orders, supply, "fifo", {1: 4.0})) == [0, 4, 1]
    assert quantities(make_plan(demands, orders, supply, "most_complete", {0: 5.0})) == [5, 0, 0]
