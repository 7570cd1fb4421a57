"""What doors of Odoo's did to the deliveries of order lines is booked on the lines."""

from odoo import models

from ...engine import is_positive
from .facts import OPEN_STATES


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_settle_doors(self, doors):
        """Bring the holds of what was touched in step, and write who did it.

        What a person reserved of a held quantity is their fill; what was filled and is taken away
        is needed again.

        :param doors: the :class:`..settling.Settling` of the outermost door, which is left now
        """
        lines = self.browse(doors.lines)
        if doors.suspect:
            lines = lines.exists()
        confirmed = lines.filtered(lambda line: line.state == "sale")
        touched = confirmed.filtered(lambda line: line.id in doors.before)
        if touched:
            touched._backorder_book_doors(doors)
        confirmed._backorder_pick_again()
        tried = self.env["stock.move"].sudo().browse(doors.tried)
        if doors.suspect:
            tried = tried.exists()
        if tried:
            tried.sale_line_id._backorder_settle(tried=tried, event_type=doors.event_type)
        if rest := lines - tried.sale_line_id:
            rest._backorder_settle(event_type=doors.event_type)

    def _backorder_book_doors(self, doors):
        """Fills by a door, and what doors took away, by what changed since the first was opened."""
        figures = self._backorder_figures()
        fills, back, notes = {}, {}, {}
        for line in self:
            old, new, hold = doors.before[line.id], figures[line], line.backorder_hold_qty
            compare = line._backorder_compare  # one piece of a box of 1000 is a quantity
            gained = new.reserved - old.reserved
            filled = min(gained, hold - new.unreserved)
            if compare(filled, 0.0) > 0:
                fills[line] = filled
                notes.setdefault(doors.notes.get(line.id), []).append(line)
            lost = min(-gained, new.unreserved - old.unreserved, new.unreserved - hold)
            if compare(lost, 0.0) > 0 and (
                line._backorder_is_automatic()
                or is_positive(hold)
                or is_positive(line.backorder_filled_qty)
            ):
                back[line] = lost
        for note, of_note in notes.items():
            self._backorder_book_door_fills(
                {line: fills[line] for line in of_note},
                note or self.env._("Reserved by hand on the delivery"),
            )
        typed = self.move_ids.filtered(lambda move: move.id in doors.typed).sale_line_id
        moves = typed.move_ids.filtered(lambda move: move.state in OPEN_STATES)
        had = {move: move.quantity for move in moves}
        if back:
            self._backorder_book_taken_away(back)
        for move, quantity in had.items():
            # Of a kit, what is given back along with the component that was typed down.
            given = move.product_uom._compute_quantity(
                quantity - move.quantity, move.product_id.uom_id, round=False
            )
            lost = doors.typed.get(move.id, 0.0) + given
            left = max(0.0, move.backorder_put_back_qty + lost)
            if left != move.backorder_put_back_qty:
                move._backorder_write({"backorder_put_back_qty": left})

    def _backorder_book_door_fills(self, fills, note):
        self._backorder_set_holds(
            {line: line.backorder_hold_qty - quantity for line, quantity in fills.items()},
            "fill",
            note,
            extra={
                line: {"backorder_filled_qty": line.backorder_filled_qty + quantity}
                for line, quantity in fills.items()
            },
        )

    def _backorder_book_taken_away(self, back):
        """``{line: quantity}`` that was reserved is not any more: what was filled of it is not
        filled, and all of it waits."""
        adjusted, extra, raised = {}, {}, {}
        for line, quantity in back.items():
            unfilled = min(quantity, line.backorder_filled_qty)
            if is_positive(unfilled) or not line._backorder_is_automatic():
                counted = unfilled if line._backorder_is_automatic() else quantity
                adjusted[line] = line.backorder_hold_qty + counted
                extra[line] = {
                    "backorder_filled_qty": line._backorder_noiseless(
                        line.backorder_filled_qty - unfilled
                    )
                }
            else:
                counted = 0.0
            if line._backorder_compare(quantity, counted) > 0:
                raised[line] = quantity - counted
        if adjusted:
            note = self.env._("Not reserved any more")
            self._backorder_set_holds(adjusted, "adjust", note, extra=extra)
        if raised:
            self._backorder_set_holds(
                {line: line.backorder_hold_qty + quantity for line, quantity in raised.items()},
                "auto",
            )
        self.browse().union(*back)._backorder_trim_kits()

    def _backorder_forget_typed(self):
        """What these lines have is decided anew, by a fill, a force or *Cancel the Rest*: what was
        typed down on their deliveries before is not put back by itself any more."""
        # sudo: a salesperson need not read deliveries
        typed = self.sudo().move_ids.filtered("backorder_put_back_qty")
        if typed:
            typed._backorder_write({"backorder_put_back_qty": 0.0})
