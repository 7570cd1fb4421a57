"""Whom to ask for the money of one order, and for how much: one request at a time.

Amounts are in the order's currency and rounded to its cents by the caller.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .numbers import is_more, is_positive

#: What a step is: nothing more to ask for, capture what is authorised, use the saved card, give up.
PAID, CAPTURE, CARD, REFUSED = "paid", "capture", "card", "refused"


@dataclass(slots=True, frozen=True)
class Authorized:
    """An authorised payment that can still be captured.

    ``left``: what was neither captured nor voided of it; ``partial``: a part can be captured.
    """

    key: int
    left: float
    partial: bool = True


@dataclass(slots=True, frozen=True)
class ChargeStep:
    """``kind`` is ``paid`` | ``capture`` | ``card`` | ``refused``.

    ``key``: what to capture; ``amount``: how much; ``reason`` of a refusal: ``not_authorized``,
    ``whole_only`` (the authorised payment can only be captured whole, and is more than is due),
    ``no_card``.
    """

    kind: str
    amount: float = 0.0
    key: int | None = None
    reason: str = ""


@dataclass(slots=True, frozen=True)
class FamilyMoney:
    """The money of an order and all that were made of it, or it of them.

    ``owed``: what they cost; ``paid``; ``asked``: requests that are not decided yet.
    """

    owed: float
    paid: float = 0.0
    asked: float = 0.0

    @property
    def cap(self) -> float:
        """The most that may be asked for now."""
        return max(0.0, self.owed - self.paid - self.asked)

    @property
    def settled(self) -> bool:
        """Nothing is owed any more, whatever one order of the family still shows as due."""
        return not is_more(self.owed, self.paid)

    def paid_of(self, due: float) -> float:
        """How much of what is ``due`` on one order is paid on others of its family."""
        return max(0.0, due - max(0.0, self.owed - self.paid))


def next_charge(
    mode: str, due: float, authorized: Iterable[Authorized], has_card: bool
) -> ChargeStep:
    """The next request for an order that is still to be paid.

    ``capture``: only what is authorised. ``charge``: that first, and the saved card for the rest.
    ``authorize``: the saved card, without taking the money. Never more than is due, and never more
    than is left of an authorised payment. A payment that can only be captured whole, and is more
    than is due, is not taken; nor is the card charged on top of it: the customer would be asked
    for both.

    :param due: what is to be paid; of ``authorize``: what is not authorised either
    :param authorized: what may be captured, in the order of use; ``authorize`` uses none
    """
    if not is_positive(due):
        return ChargeStep(PAID)
    too_big = False
    if mode in ("capture", "charge"):
        for payment in authorized:
            if not is_positive(payment.left):
                continue
            if payment.partial or not is_more(payment.left, due):
                return ChargeStep(CAPTURE, min(payment.left, due), payment.key)
            too_big = True
    if too_big:
        return ChargeStep(REFUSED, due, reason="whole_only")
    if mode == "capture":
        return ChargeStep(REFUSED, due, reason="not_authorized")
    if not has_card:
        return ChargeStep(REFUSED, due, reason="no_card")
    return ChargeStep(CARD, due)
