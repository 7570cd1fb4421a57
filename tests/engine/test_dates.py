"""Dealing what is on its way to the queue of those who wait."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorder_mgmt.engine import deal_dates

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
