"""What the processor's card modes make of an order, mode by mode (design 7 and 9)."""

import pytest

from backorder_mgmt.engine import Decision, OrderMoney, decide, decide_payment

PAID = OrderMoney()
DUE = OrderMoney(due=100)
CARD = OrderMoney(due=100, card=True)
AUTHORIZED = OrderMoney(authorized=100)
PARTLY = OrderMoney(due=40, authorized=60)
PARTLY_CARD = OrderMoney(due=40, authorized=60, card=True)

GO, PAY = Decision("go"), Decision("pay")


def stays(reason):
    return Decision("stay", reason)


@pytest.mark.parametrize(
    ("mode", "money", "expected"),
    [
        ("none", DUE, GO),
        ("none", AUTHORIZED, GO),
        ("paid_only", PAID, GO),
        ("paid_only", AUTHORIZED, GO),
        ("paid_only", DUE, stays("unpaid")),
        ("paid_only", CARD, stays("unpaid")),
        ("paid_only", PARTLY, stays("unpaid")),
        ("authorize", PAID, GO),
        ("authorize", AUTHORIZED, GO),
        ("authorize", CARD, PAY),
        ("authorize", DUE, stays("no_card")),
        ("capture", PAID, GO),
        ("capture", AUTHORIZED, PAY),
        ("capture", CARD, stays("not_authorized")),
        ("capture", PARTLY, stays("not_authorized")),
        ("charge", PAID, GO),
        ("charge", AUTHORIZED, PAY),
        ("charge", CARD, PAY),
        ("charge", PARTLY_CARD, PAY),
        ("charge", PARTLY, stays("no_card")),
        ("charge", DUE, stays("no_card")),
        ("charge", OrderMoney(due=-5, card=True), GO),
        ("paid_only", OrderMoney(due=1e-9), GO),
    ],
)
def test_card_modes(mode, money, expected):
    assert decide_payment(mode, money) == expected


@pytest.mark.parametrize("mode", ["none", "paid_only", "authorize", "capture", "charge"])
def test_backorders_come_before_money(mode):
    assert decide(True, False, mode, CARD) == stays("backorders")
    assert decide(True, True, mode, CARD) == decide(False, False, mode, CARD)
    assert decide(False, True, mode, CARD) == decide_payment(mode, CARD)
