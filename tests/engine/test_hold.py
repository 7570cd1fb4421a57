"""The arithmetic of one held line."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backorder_mgmt.engine import (
    Figures,
    clamp_needed,
    exact,
    floor_whole,
    nearest_whole,
    reservable,
    short_of,
    split_forced,
    state_of,
    trim,
)

# Hundredths, as Odoo keeps quantities.
quantity = st.integers(0, 5000).map(lambda hundredths: hundredths / 100)


@st.composite
def figures(draw):
    """Any line that Odoo could have: open demand may be more or less than what is owed."""
    open_qty = draw(quantity)
    reserved = draw(quantity)
    assume(reserved <= open_qty + 10)
    return Figures(
        ordered=draw(quantity),
        delivered=draw(quantity),
        open_qty=open_qty,
        reserved=reserved,
        picked=draw(st.sampled_from([0.0, reserved / 2, reserved])),
    )


@pytest.mark.parametrize(
    ("story", "hold", "line", "needed"),
    [
        ("six of ten are reserved", 4, Figures(10, 0, 10, 6), 4),
        ("a person typed nine", 4, Figures(10, 0, 10, 9), 1),
        ("unreserved again, the hold stays what it was", 4, Figures(10, 0, 10, 0), 4),
        ("six delivered, the rest open", 4, Figures(10, 6, 4, 0), 4),
        ("delivered more than ordered", 4, Figures(10, 12, 0, 0), 0),
        ("no delivery is open any more", 4, Figures(10, 6, 0, 0), 0),
        ("lowered to six, its printed delivery still says ten", 8, Figures(6, 0, 10, 2), 4),
    ],
)
def test_needed_of_a_confirmed_line(story, hold, line, needed):
    assert clamp_needed(hold, line, quotation=False) == needed, story


def test_needed_of_quotations_and_cancelled_lines():
    assert clamp_needed(12, Figures(10), quotation=True) == 10
    assert clamp_needed(4, Figures(10), quotation=True) == 4
    assert clamp_needed(4, Figures(10, 0, 10, 0), quotation=False, cancelled=True) == 0


@given(quantity, figures())
def test_needed_is_never_below_zero_nor_above_what_is_owed(hold, line):
    needed = clamp_needed(hold, line, quotation=False)
    assert 0 <= needed <= hold
    assert needed <= max(0, line.ordered - line.delivered)


@given(quantity, figures())
def test_what_odoo_may_reserve_leaves_the_held_part_alone(hold, line):
    """Invariant 2: reserved + held never exceed the open demand by our doing."""
    free = reservable(hold, line)
    assert free >= 0
    assert line.reserved + free <= max(line.demand, line.reserved) + 1e-9
    after = Figures(line.ordered, line.delivered, line.open_qty, line.reserved + free, line.picked)
    before = clamp_needed(hold, line, quotation=False)
    assert clamp_needed(hold, after, quotation=False) == pytest.approx(before)
    assert reservable(hold, after) == pytest.approx(0)


@given(quantity, figures())
def test_after_a_short_attempt_nothing_open_is_silent(hold, line):
    """Held plus reserved cover all that is owed, and holding it again adds nothing."""
    more = short_of(hold, line)
    held = min(hold, line.unreserved) + more
    assert held == pytest.approx(line.unreserved)
    assert short_of(held, line) == pytest.approx(0)


@given(quantity, figures(), quantity)
def test_only_what_was_tried_is_held(hold, line, attempted):
    assert 0 <= short_of(hold, line, attempted) <= min(attempted, short_of(hold, line)) + 1e-9


@given(figures())
def test_nothing_picked_or_delivered_can_be_forced(line):
    assert line.forceable >= 0
    assert line.forceable <= max(0, line.open_qty - line.picked)
    assert line.forceable <= max(0, line.ordered - line.delivered)


@pytest.mark.parametrize(
    ("story", "hold", "forced", "new", "by_force", "expected"),
    [
        ("four wait, nine are asked for: five are forced", 4, 0, 9, True, 5),
        ("forced again to ten", 9, 5, 10, True, 6),
        ("a fill of four takes the unforced first", 9, 5, 5, False, 5),
        ("a fill of six takes one of the forced", 9, 5, 3, False, 3),
        ("raised by a line that was raised: unforced", 4, 4, 6, False, 4),
        ("all filled", 9, 5, 0, False, 0),
    ],
)
def test_the_forced_part(story, hold, forced, new, by_force, expected):
    assert split_forced(hold, forced, new, by_force=by_force) == expected, story


@given(quantity, quantity, quantity, st.booleans())
def test_the_forced_part_is_a_part(hold, forced, new, by_force):
    assert 0 <= split_forced(hold, forced, new, by_force=by_force) <= new + 1e-9


@pytest.mark.parametrize(
    ("needed", "filled", "cancelled", "state"),
    [
        (0, 0, 0, "no"),
        (3, 0, 0, "backordered"),
        (3, 0, 2, "backordered"),
        (3, 1, 0, "partial"),
        (0, 4, 0, "filled"),
        (0, 4, 2, "filled"),
        (0, 0, 2, "cancelled"),
        (1e-9, 0, 0, "no"),
    ],
)
def test_states(needed, filled, cancelled, state):
    assert state_of(needed, filled, cancelled) == state


@pytest.mark.parametrize(
    ("quantity", "per_unit", "pieces"),
    [(0.58, 12, 7), (0.5, 12, 6), (1.49, 1, 1), (2, 1, 2), (0.99, 1, 0), (1.83, 12, 22)],
)
def test_whole_pieces_of_a_rounded_quantity(quantity, per_unit, pieces):
    assert floor_whole(quantity, per_unit, 2) * per_unit == pytest.approx(pieces)


@given(st.integers(0, 500), st.sampled_from([1, 2, 6, 12, 24, 50]))
def test_pieces_survive_the_way_through_the_line(pieces, per_unit):
    """A number of pieces, known to the line as a rounded quantity of packs, is found again."""
    assert floor_whole(round(pieces / per_unit, 2), per_unit, 2) == pytest.approx(pieces / per_unit)


@pytest.mark.parametrize(
    ("quantity", "per_unit", "pieces"),
    [
        (1.92, 12.0, 23.0),
        (0.58, 12.0, 7.0),
        (0.08, 12.0, 1.0),
        (2.0, 12.0, 24.0),
        (0.004, 1000.0, 4.0),
        (0.01, 12.0, 0.12),
        (-1.0, 12.0, -12.0),
    ],
)
def test_pieces_of_a_typed_quantity(quantity, per_unit, pieces):
    assert nearest_whole(quantity, per_unit) == pytest.approx(pieces)


@given(st.integers(0, 5000), st.integers(1, 1000))
def test_pieces_survive_conversion(pieces, per_unit):
    assert exact(pieces / per_unit * per_unit) == pieces


def test_pieces_of_a_big_box_are_not_rounded_up():
    assert floor_whole(0.0049, 1000, 2) * 1000 == pytest.approx(4)


def test_quantities_as_people_read_them():
    assert [trim(q, 2) for q in (12.0, 1.5, 0.25, 100.0, 0.0)] == ["12", "1.5", "0.25", "100", "0"]
    assert trim(100.0, 0) == "100"
