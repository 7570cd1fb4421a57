"""Dealing what is on its way to the queue of those who wait."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorder_mgmt.engine import ON_HAND, Batch, deal, deal_dates

MONDAY = datetime(2026, 3, 2)


def day(number):
    return MONDAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("story", "queue", "incoming", "expected"),
    [
        ("nothing is on its way", [("a", 3)], [], {"a": None}),
        ("nobody waits", [], [(day(1), 5)], {}),
        ("enough at once", [("a", 3), ("b", 2)], [(day(1), 5)], {"a": day(1), "b": day(1)}),
        (
            "the first takes two arrivals, the next the rest",
            [("a", 7), ("b", 3)],
            [(day(9), 5), (day(1), 5)],
            {"a": day(9), "b": day(9)},
        ),
        (
            "who cannot be served takes what comes all the same: he was first",
            [("a", 9), ("b", 1)],
            [(day(1), 5)],
            {"a": None, "b": None},
        ),
        ("rounding noise is no need", [("a", 5.0000000001)], [(day(1), 5)], {"a": day(1)}),
        ("an empty arrival is none", [("a", 1)], [(day(1), 0), (day(2), 1)], {"a": day(2)}),
    ],
)
def test_stories(story, queue, incoming, expected):
    assert deal_dates(queue, incoming) == expected, story


needs = st.lists(st.integers(1, 20), max_size=8).map(lambda qs: list(enumerate(map(float, qs))))
arrivals = st.lists(
    st.tuples(st.integers(0, 9).map(day), st.integers(1, 20).map(float)), max_size=6
)


def latest(date):
    return date or datetime.max


@given(needs, arrivals)
def test_everyone_gets_an_answer_and_nobody_overtakes(queue, incoming):
    dates = [latest(date) for date in deal_dates(queue, incoming).values()]
    assert len(dates) == len(queue)
    assert dates == sorted(dates)


@given(needs, arrivals)
def test_by_each_date_enough_has_come_for_all_before(queue, incoming):
    """The date is the first by which the queue up to here is covered: not late, not early."""
    dates = deal_dates(queue, incoming)
    total = 0.0
    for key, need in queue:
        total += need
        covering = [
            date
            for date, _qty in sorted(incoming)
            if sum(qty for other, qty in incoming if other <= date) >= total
        ]
        assert dates[key] == (covering[0] if covering else None)


@given(needs, arrivals, st.randoms())
def test_the_order_in_which_arrivals_are_told_does_not_matter(queue, incoming, random):
    shuffled = list(incoming)
    random.shuffle(shuffled)
    assert deal_dates(queue, shuffled) == deal_dates(queue, incoming)


@given(needs, arrivals, st.integers(0, 9).map(day), st.integers(1, 20).map(float))
def test_more_on_its_way_makes_nobody_later(queue, incoming, date, quantity):
    before = deal_dates(queue, incoming)
    after = deal_dates(queue, [*incoming, (date, quantity)])
    assert all(latest(after[key]) <= latest(before[key]) for key in before)


def shares(dealt):
    return [(share.quantity, share.date, share.source) for share in dealt.shares]


def test_a_need_is_split_over_stock_and_arrivals():
    incoming = [(day(9), 6.0, "P2"), (day(1), 4.0, "P1")]
    dealt = deal([("a", 3.0), ("b", 8.0), ("c", 5.0)], incoming, on_hand=2.0)
    assert shares(dealt["a"]) == [(2.0, ON_HAND, None), (1.0, day(1), "P1")]
    assert shares(dealt["b"]) == [(3.0, day(1), "P1"), (5.0, day(9), "P2")]
    assert shares(dealt["c"]) == [(1.0, day(9), "P2")]
    assert dealt["c"].missing == 4.0
    assert [own.date for own in dealt.values()] == [day(1), day(9), None]


def test_stock_below_zero_is_made_good_by_the_first_arrival():
    dates = deal_dates([("a", 2.0)], [(day(1), 4.0), (day(2), 1.0)], on_hand=-3.0)
    assert dates == {"a": day(2)}


def test_who_waits_twice_is_served_when_both_parts_are():
    dealt = deal([("a", 1.0), ("b", 2.0), ("a", 1.0)], [(day(1), 3.0, 1), (day(2), 3.0, 2)])
    assert {key: own.date for key, own in dealt.items()} == {"a": day(2), "b": day(1)}


@given(needs, arrivals, st.integers(-9, 20).map(float))
def test_nothing_is_dealt_twice_and_nothing_is_left_while_somebody_waits(queue, incoming, on_hand):
    named = [(date, quantity, number) for number, (date, quantity) in enumerate(incoming)]
    dealt = deal(queue, named, on_hand)
    used = {}
    for own in dealt.values():
        for share in own.shares:
            used[share.source] = used.get(share.source, 0.0) + share.quantity
    total = max(0.0, on_hand + sum(quantity for _date, quantity, _source in named))
    for _date, quantity, source in named:
        assert used.get(source, 0.0) <= quantity + 1e-9
    assert used.get(None, 0.0) <= max(0.0, on_hand) + 1e-9
    needed = sum(need for _key, need in queue)
    assert sum(used.values()) == pytest.approx(min(needed, total))
    for key, need in queue:
        got = sum(share.quantity for share in dealt[key].shares)
        assert got + dealt[key].missing == pytest.approx(need)


def test_what_leaves_stock_before_it_is_sent_is_for_those_behind():
    """Of three on hand one leaves on the fifth; two more come on the fourth, one of them leaves on
    the sixth."""
    stock = [Batch(1.0, 5.0), Batch(2.0)]
    coming = [(day(4), 2.0, "P1")]
    dealt = deal(
        [("late", 3.0), ("soon", 2.0), ("last", 1.0)],
        coming,
        3.0,
        {None: stock, "P1": [Batch(1.0, 6.0)]},
        {"late": 10.0, "soon": 2.0, "last": 20.0},
    )
    told = {
        key: [(share.quantity, share.date) for share in own.shares] for key, own in dealt.items()
    }
    assert told == {
        "late": [(2, ON_HAND), (1, day(4))],
        "soon": [(1, ON_HAND), (1, day(4))],
        "last": [],
    }
    assert [own.missing for own in dealt.values()] == [0, 0, 1]
