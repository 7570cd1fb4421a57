"""The Multi-Order Processor's decision on one order, once stock was dealt out."""

from dataclasses import dataclass

from .numbers import is_positive

#: What the money of an order asks for: nothing, a request to the payment provider, or it stays.
GO, PAY, STAY = "go", "pay", "stay"


@dataclass(slots=True, frozen=True)
class OrderMoney:
    """The money of an order, in its currency.

    ``due``: neither paid nor authorised; ``authorized``: authorised and not captured yet;
    ``card``: the customer has a saved card.
    """

    due: float = 0.0
    authorized: float = 0.0
    card: bool = False


@dataclass(slots=True, frozen=True)
class Decision:
    """``step`` is ``go`` | ``pay`` | ``stay``; ``reason``: why it stays."""

    step: str
    reason: str = ""


def decide_payment(mode: str, money: OrderMoney) -> Decision:
    """What the card mode makes of an order.

    ``none``: money does not matter. ``paid_only``: what is neither paid nor authorised stays.
    ``authorize``: what is due is authorised on the saved card. ``capture``: what is authorised is
    captured, and has to cover all that is due. ``charge``: captured first, the rest is charged.
    """
    due, authorized = is_positive(money.due), is_positive(money.authorized)
    if mode == "none" or (not due and not authorized):
        return Decision(GO)
    if mode == "paid_only":
        return Decision(STAY, "unpaid") if due else Decision(GO)
    if mode == "capture":
        return Decision(STAY, "not_authorized") if due else Decision(PAY)
    if mode == "authorize" and not due:
        return Decision(GO)
    if due and not money.card:
        return Decision(STAY, "no_card")
    return Decision(PAY)


def decide(still_needed: bool, include: bool, mode: str, money: OrderMoney) -> Decision:
    """Whether an order is gone on with: its backorders first, then its money.

    :param still_needed: something of it is on backorder when stock has been dealt out
    :param include: orders that still have backorders are gone on with
    """
    if still_needed and not include:
        return Decision(STAY, "backorders")
    return decide_payment(mode, money)
