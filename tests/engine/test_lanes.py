"""Orders that are worked on side by side have nothing in common."""

from hypothesis import given
from hypothesis import strategies as st

from backorder_mgmt.engine import make_lanes

WANTS = st.dictionaries(st.integers(1, 40), st.sets(st.integers(1, 30), max_size=4), max_size=40)


@given(WANTS, st.integers(1, 5))
def test_no_two_lanes_want_the_same(wants, most):
    lanes = make_lanes(wants, most)
    assert lanes.keys() == wants.keys()
    assert set(lanes.values()) <= set(range(most))
    for order, things in wants.items():
        for other, others in wants.items():
            if things & others:
                assert lanes[order] == lanes[other]


@given(WANTS, st.integers(1, 5))
def test_the_same_wants_give_the_same_lanes(wants, most):
    assert make_lanes(wants, most) == make_lanes(dict(wants), most)


@given(st.integers(0, 60), st.integers(1, 6))
def test_orders_apart_are_spread_evenly(count, most):
    lanes = list(make_lanes({number: [number] for number in range(count)}, most).values())
    sizes = [lanes.count(lane) for lane in range(most)]
    assert max(sizes) - min(sizes) <= 1


def test_a_chain_is_one_lane():
    wants = {1: "ab", 2: "cd", 3: "bc", 4: "x", 5: ""}
    lanes = make_lanes(wants, 3)
    assert lanes[1] == lanes[2] == lanes[3]
    assert len({lanes[1], lanes[4], lanes[5]}) == 3
