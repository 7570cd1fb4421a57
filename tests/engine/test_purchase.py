"""What is to be bought: the arithmetic of a row, by hand and as properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorder_mgmt.engine import (
    Batch,
    OnOrder,
    PurchaseFacts,
    Waiting,
    round_up,
    vendor_quantity,
    work_out,
)


def waits(*needs, older=()):
    return [
        *(Waiting(f"old{n}", need, inside=False) for n, need in enumerate(older)),
        *(Waiting(f"new{n}", need) for n, need in enumerate(needs)),
    ]


@pytest.mark.parametrize(
    ("facts", "short", "refill"),
    [
        (PurchaseFacts(waits(10)), 10, 0),
        (PurchaseFacts(waits(10), on_hand=4), 6, 0),
        (PurchaseFacts(waits(10), on_hand=4, reserved=4), 10, 0),
        (PurchaseFacts(waits(10), on_hand=4, promised=1), 7, 0),
        (PurchaseFacts(waits(10), on_order=[OnOrder(7)]), 3, 0),
        (PurchaseFacts(waits(10), on_order=[OnOrder(4), OnOrder(9, request=True)]), 0, 0),
        # what others wait for is not bought, and takes what is free first
        (PurchaseFacts(waits(10), on_hand=4, demand=3), 9, 0),
        (PurchaseFacts(waits(10), demand=3), 10, 0),
        # a backorder that the window leaves out
        (PurchaseFacts(waits(5, older=[10])), 5, 0),
        (PurchaseFacts(waits(5, older=[10]), on_order=[OnOrder(10, frozenset({"old0"}))]), 5, 0),
        (PurchaseFacts(waits(5, older=[10]), on_order=[OnOrder(12, frozenset({"old0"}))]), 3, 0),
        (PurchaseFacts(waits(5, older=[10]), on_order=[OnOrder(5, frozenset({"new0"}))]), 0, 0),
        (PurchaseFacts(waits(older=[10])), 0, 0),
        # minimum and maximum
        (PurchaseFacts(minimum=5, maximum=20), 0, 20),
        (PurchaseFacts(on_hand=5, minimum=5, maximum=20), 0, 0),
        (PurchaseFacts(waits(10), on_hand=12, minimum=5, maximum=20), 0, 18),
        (PurchaseFacts(waits(10), minimum=5, maximum=20), 10, 20),
        (PurchaseFacts(waits(10), minimum=0, maximum=0), 10, 0),
        (PurchaseFacts(minimum=5, maximum=3), 0, 5),
        (PurchaseFacts(demand=4, minimum=0, maximum=0), 0, 4),
        (PurchaseFacts(waits(2), on_order=[OnOrder(2)], minimum=5, maximum=20), 0, 20),
        (PurchaseFacts(waits(2), on_order=[OnOrder(8)], minimum=5, maximum=20), 0, 0),
        # stock below zero is made good only where a minimum asks for it
        (PurchaseFacts(waits(10), on_hand=-2), 10, 0),
        (PurchaseFacts(waits(10), on_hand=-2, minimum=0, maximum=0), 10, 2),
    ],
)
def test_table(facts, short, refill):
    needed = work_out(facts)
    assert (needed.short, needed.refill) == (short, refill)
    assert needed.quantity == short + refill
    assert sum(needed.lines.values()) == short


def test_the_lines_bought_for_are_those_that_nothing_covers_yet():
    facts = PurchaseFacts(waits(5, 5, 5), on_hand=2, on_order=[OnOrder(5, frozenset({"new1"}))])
    assert work_out(facts).lines == {"new0": 3, "new2": 5}


def test_receipt_of_a_row():
    facts = PurchaseFacts(
        waits(8, older=[3]),
        on_hand=6,
        reserved=4,
        on_order=[OnOrder(1), OnOrder(2, request=True)],
        minimum=0,
        maximum=10,
    )
    needed = work_out(facts)
    assert (needed.backorders, needed.older, needed.free) == (8, 3, 2)
    assert (needed.ordered, needed.requested, needed.on_order) == (1, 2, 3)
    assert (needed.covered, needed.short) == (5, 3)


@pytest.mark.parametrize(
    ("quantity", "per_unit", "minimum", "step", "asked"),
    [
        (30, 12, 0, 1, 3),
        (24, 12, 0, 1, 2),
        (24.000001, 12, 0, 1, 2),
        (1, 12, 5, 1, 5),
        (3, 1, 20, 0.01, 20),
        (0, 12, 5, 1, 0),
        (-3, 12, 5, 1, 0),
        (2.345, 1, 0, 0.01, 2.35),
        (3, 1, 2.5, 1, 3),
    ],
)
def test_vendor_quantity(quantity, per_unit, minimum, step, asked):
    assert vendor_quantity(quantity, per_unit, minimum, step) == pytest.approx(asked)


quantities = st.integers(0, 50).map(float)


@st.composite
def purchase_facts(draw):
    waiting = [
        Waiting(number, draw(st.integers(1, 20).map(float)), draw(st.booleans()))
        for number in range(draw(st.integers(0, 5)))
    ]
    orders = [
        OnOrder(
            draw(quantities),
            frozenset(draw(st.sets(st.integers(0, 4), max_size=3))),
            request=draw(st.booleans()),
        )
        for _number in range(draw(st.integers(0, 3)))
    ]
    return PurchaseFacts(
        waiting,
        on_hand=draw(st.integers(-10, 50).map(float)),
        reserved=draw(st.integers(0, 10).map(float)),
        promised=draw(st.integers(0, 10).map(float)),
        demand=draw(quantities),
        on_order=orders,
        minimum=draw(st.none() | quantities),
        maximum=draw(quantities),
    )


def with_order(facts, needed, quantity):
    bought = OnOrder(quantity, frozenset(needed.lines), request=True)
    return PurchaseFacts(
        facts.waiting,
        facts.on_hand,
        facts.reserved,
        facts.promised,
        facts.demand,
        [*facts.on_order, bought],
        facts.minimum,
        facts.maximum,
    )


@given(purchase_facts(), st.booleans(), st.integers(1, 12))
def test_a_second_run_proposes_nothing_more(facts, refill, pack):
    needed = work_out(facts, refill)
    bought = round_up(needed.quantity, pack)
    again = work_out(with_order(facts, needed, bought), refill)
    assert again.quantity == 0
    assert again.lines == {}


@given(purchase_facts())
def test_never_more_than_is_missing_and_never_less(facts):
    needed = work_out(facts, refill=False)
    assert 0 <= needed.short <= needed.backorders
    there = needed.free - facts.demand + needed.on_order
    assert needed.short >= needed.backorders - max(0.0, needed.free) - needed.on_order
    assert needed.short <= max(0.0, needed.backorders + needed.older - there)


@given(purchase_facts(), quantities)
def test_more_on_order_never_makes_it_more(facts, more):
    other = PurchaseFacts(
        facts.waiting,
        facts.on_hand,
        facts.reserved,
        facts.promised,
        facts.demand,
        [*facts.on_order, OnOrder(more)],
        facts.minimum,
        facts.maximum,
    )
    assert work_out(other).quantity <= work_out(facts).quantity


def lots(*batches):
    return [Batch(float(quantity), float(until)) for quantity, until in batches]


@pytest.mark.parametrize(
    ("waiting", "on_hand", "there", "on_order", "short", "leaving"),
    [
        # (needed, the day it is served), on hand by (quantity, the day it leaves), on order so
        ([(3, 10)], 1, [(1, 5)], [], {0: 3}, 1),
        ([(3, 5)], 1, [(1, 5)], [], {0: 2}, 0),
        ([(3, 10), (1, 2)], 1, [(1, 5)], [], {0: 3}, 0),
        ([(2, 2), (2, 10)], 4, [(2, 5), (2, 30)], [], {}, 0),
        # taken in the order of the lots: the first in stock stays for nobody who is late
        ([(2, 2), (2, 10)], 4, [(2, 30), (2, 5)], [], {1: 2}, 2),
        ([(2, 10), (2, 2)], 4, [(2, 30), (2, 5)], [], {}, 0),
        # two of three lots
        ([(6, 10)], 9, [(3, 5), (3, 15), (3, 20)], [], {}, 0),
        ([(6, 18)], 9, [(3, 5), (3, 15), (3, 20)], [], {0: 3}, 6),
        # on order, of which a lot is known
        ([(3, 10)], 0, [], [OnOrder(3, lots=lots((3, 5)))], {0: 3}, 0),
        ([(3, 10)], 0, [], [OnOrder(3, lots=lots((2, 5)))], {0: 2}, 0),
        ([(3, 4)], 0, [], [OnOrder(3, lots=lots((2, 5)))], {}, 0),
        ([(3, 10)], 0, [], [OnOrder(3, frozenset({0}), lots=lots((3, 5)))], {0: 3}, 0),
        ([(3, 10), (3, 4)], 0, [], [OnOrder(3, frozenset({0}), lots=lots((3, 5)))], {0: 3}, 0),
    ],
)
def test_what_leaves_stock_before_it_is_sent_serves_nobody(
    waiting, on_hand, there, on_order, short, leaving
):
    facts = PurchaseFacts(
        [Waiting(n, float(q), moment=float(day)) for n, (q, day) in enumerate(waiting)],
        on_hand=float(on_hand),
        on_order=on_order,
        lots=lots(*there),
    )
    needed = work_out(facts)
    assert (needed.lines, needed.leaving) == (short, leaving)


def test_what_others_claim_may_be_what_stays_longest():
    there = lots((4, 5), (4, 30))
    late = [Waiting(0, 4.0, moment=10.0)]
    for claimed in ({"promised": 4.0}, {"demand": 4.0}):
        needed = work_out(PurchaseFacts(late, on_hand=8.0, lots=there, **claimed))
        assert (needed.short, needed.leaving) == (4, 4)
    early = [Waiting(0, 4.0, moment=3.0)]
    assert not work_out(PurchaseFacts(early, on_hand=8.0, lots=there, promised=4.0)).short


def test_for_the_minimum_counts_what_leaves_later():
    late = [Waiting(0, 3.0, moment=10.0)]
    facts = PurchaseFacts(late, on_hand=4.0, lots=lots((4, 5)), minimum=2.0, maximum=6.0)
    needed = work_out(facts)
    assert (needed.short, needed.refill) == (3, 0)
    assert work_out(facts, refill=False).short == 3
