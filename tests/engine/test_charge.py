"""Whom to ask for the money of an order: one request at a time, never more than is due or left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorder_mgmt.engine import (
    CAPTURE,
    CARD,
    PAID,
    REFUSED,
    Authorized,
    FamilyMoney,
    next_charge,
)

part, whole = Authorized(1, 30.0), Authorized(2, 30.0, partial=False)

# mode, due, authorized, has a card -> kind, amount, key, reason
CASES = [
    ("charge", 0.0, [part], True, PAID, 0.0, None, ""),
    ("charge", -5.0, [part], True, PAID, 0.0, None, ""),
    ("charge", 40.0, [], True, CARD, 40.0, None, ""),
    ("charge", 40.0, [], False, REFUSED, 40.0, None, "no_card"),
    ("charge", 40.0, [part], False, CAPTURE, 30.0, 1, ""),
    ("charge", 20.0, [part], True, CAPTURE, 20.0, 1, ""),
    # all or nothing: only where all of it is due, and no card is charged on top of it
    ("charge", 40.0, [whole], True, CAPTURE, 30.0, 2, ""),
    ("charge", 30.0, [whole], True, CAPTURE, 30.0, 2, ""),
    ("charge", 20.0, [whole], True, REFUSED, 20.0, None, "whole_only"),
    ("charge", 20.0, [whole, part], True, CAPTURE, 20.0, 1, ""),
    ("charge", 20.0, [Authorized(3, 0.0), part], True, CAPTURE, 20.0, 1, ""),
    ("capture", 40.0, [part], True, CAPTURE, 30.0, 1, ""),
    ("capture", 40.0, [], True, REFUSED, 40.0, None, "not_authorized"),
    ("capture", 20.0, [whole], True, REFUSED, 20.0, None, "whole_only"),
    ("authorize", 40.0, [part, whole], True, CARD, 40.0, None, ""),
    ("authorize", 40.0, [part], False, REFUSED, 40.0, None, "no_card"),
]


@pytest.mark.parametrize("case", CASES)
def test_table(case):
    mode, due, authorized, card, kind, amount, key, reason = case
    step = next_charge(mode, due, authorized, card)
    assert (step.kind, step.amount, step.key, step.reason) == (kind, amount, key, reason)


cents = st.integers(0, 20000).map(lambda number: number / 100)
payments = st.lists(st.tuples(cents, st.booleans()), max_size=5).map(
    lambda rows: [Authorized(key, left, partial) for key, (left, partial) in enumerate(rows)]
)


@given(st.sampled_from(["charge", "capture", "authorize"]), cents, payments, st.booleans())
def test_steps_end_and_never_ask_for_more_than_is_due_or_left(mode, due, authorized, card):
    left, asked, steps = due, 0.0, 0
    remaining = {payment.key: payment for payment in authorized}
    while True:
        step = next_charge(mode, left, remaining.values(), card)
        steps += 1
        assert steps <= len(authorized) + 2, "it does not end"
        if step.kind in (PAID, REFUSED):
            break
        assert 0 < step.amount <= left + 1e-9
        if step.kind == CAPTURE:
            payment = remaining[step.key]
            assert step.amount <= payment.left + 1e-9
            assert payment.partial or step.amount == payment.left, "a part of all or nothing"
            remaining[step.key] = Authorized(
                payment.key, round(payment.left - step.amount, 2), payment.partial
            )
        asked += step.amount
        left = round(due - asked, 2)
    assert asked <= due + 1e-9
    if step.kind == PAID:
        assert abs(asked - due) < 1e-6
    elif step.reason == "no_card":
        assert not card
    elif step.reason == "not_authorized":
        assert mode == "capture" and not any(p.left > 0 for p in remaining.values())


# owed, paid, asked, due on one order -> may be asked for, settled, paid elsewhere
FAMILIES = [
    (100.0, 0.0, 0.0, 40.0, 100.0, False, 0.0),
    (100.0, 60.0, 0.0, 40.0, 40.0, False, 0.0),
    (100.0, 85.0, 0.0, 40.0, 15.0, False, 25.0),
    (100.0, 100.0, 0.0, 40.0, 0.0, True, 40.0),
    (100.0, 130.0, 0.0, 40.0, 0.0, True, 40.0),
    # asked for is not paid: one waits for it
    (100.0, 60.0, 40.0, 40.0, 0.0, False, 0.0),
    (100.0, 60.0, 30.0, 40.0, 10.0, False, 0.0),
    (100.0, 70.0, 60.0, 40.0, 0.0, False, 10.0),
    (-10.0, 0.0, 0.0, 40.0, 0.0, True, 40.0),
]


@pytest.mark.parametrize("case", FAMILIES)
def test_what_a_family_may_be_asked_for(case):
    owed, paid, asked, due, cap, settled, elsewhere = case
    family = FamilyMoney(owed, paid, asked)
    assert (family.cap, family.settled, family.paid_of(due)) == (cap, settled, elsewhere)
