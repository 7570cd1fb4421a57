"""The arithmetic of one held order line. All quantities are in the line's unit."""

from dataclasses import dataclass

from .numbers import is_positive


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one order line.

    ``ordered`` and ``delivered`` are the line's own; ``open_qty``, ``reserved`` and ``picked``
    are those of the first step of its delivery: demand still open, the part of it that has stock,
    and the part of *that* which a person has already picked (never taken away again).
    """

    ordered: float
    delivered: float = 0.0
    open_qty: float = 0.0
    reserved: float = 0.0
    picked: float = 0.0
    #: Comes, or came, back without being taken off what was delivered: an exchange is sent for it.
    returned: float = 0.0

    @property
    def owed(self) -> float:
        """What the customer has not got yet: also of an order that was partly delivered, then
        cancelled and taken back to a quotation."""
        return max(0.0, self.ordered - self.delivered)

    @property
    def demand(self) -> float:
        """Open demand, never more than what is still owed to the customer, exchanges included.

        Odoo leaves a printed delivery as it is when the line is lowered, and makes a return.
        """
        return min(max(0.0, self.open_qty), max(0.0, self.ordered - self.delivered + self.returned))

    @property
    def unreserved(self) -> float:
        """The part of the demand that has no stock."""
        return max(0.0, self.demand - self.reserved)

    @property
    def forceable(self) -> float:
        """The most that may be on backorder: everything not picked or delivered."""
        return max(0.0, self.demand - self.picked)


def clamp_needed(
    hold: float, figures: Figures, *, quotation: bool, cancelled: bool = False
) -> float:
    """The *Needed* of a line: its hold, clamped to what can still be waited for (invariant 1)."""
    if cancelled:
        return 0.0
    limit = figures.owed if quotation else figures.unreserved
    return max(0.0, min(hold, limit))


def reservable(hold: float, figures: Figures) -> float:
    """What Odoo may still reserve for the line by itself: the demand that is not held.

    Held demand stays unreserved (invariant 2), so this is ``demand - held - reserved``.
    """
    return max(0.0, figures.unreserved - hold)


def short_of(hold: float, figures: Figures, attempted: float | None = None) -> float:
    """How much more must be held after an attempt to reserve fell short.

    ``attempted`` is the unreserved demand of the deliveries that were tried (None: all of them);
    demand of other deliveries of the same line was not refused and stays as it is.
    """
    missing = max(0.0, figures.unreserved - min(hold, figures.unreserved))
    return missing if attempted is None else max(0.0, min(missing, attempted))


def split_forced(hold: float, forced: float, new_hold: float, *, by_force: bool) -> float:
    """The forced part of ``new_hold``.

    Forced is what was asked beyond what already waited unforced; whatever lowers the hold takes
    the unforced part first. A rise that is not a force is unforced.
    """
    forced = min(forced, hold)
    if by_force:
        return max(0.0, new_hold - (hold - forced))
    return max(0.0, min(forced, new_hold))


def state_of(needed: float, filled: float, cancelled: float) -> str:
    """The line's ``backorder_state`` from its three quantities."""
    if is_positive(needed):
        return "partial" if is_positive(filled) else "backordered"
    if is_positive(filled):
        return "filled"
    return "cancelled" if is_positive(cancelled) else "no"
