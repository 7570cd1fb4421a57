"""Take Back: a fill undone, as long as nothing of it was touched since."""

from odoo import models
from odoo.exceptions import UserError

from ...engine import is_positive
from ..base.named import of_many


class BackorderRunOrder(models.Model):
    _inherit = "backorder.run.order"

    @of_many
    def action_undo(self):
        """Take back the fills of these orders, all of them or none.

        :raise UserError: names each order that cannot be taken back, and why
        """
        # sudo after the check: moves and the ledger are not a salesman's to write
        self.order_id._backorder_check_access("backorder_mgmt.group_backorder_manager")
        rows = self.sudo().filtered(lambda row: row.outcome in ("complete", "partial"))
        (rows.order_id | rows.new_order_id)._backorder_lock_stock(touch=True)
        refusals = [
            f"{row.order_id.name}: {refusal}" for row in rows if (refusal := row._undo_refusal())
        ]
        if refusals:
            raise UserError(self.env._("These cannot be taken back:\n%s", "\n".join(refusals)))
        for row in rows:
            row._undo()
        for run in rows.run_id:
            if not run.run_order_ids.filtered(lambda row: row.outcome in ("complete", "partial")):
                run._backorder_write({"state": "undone"})
        return True

    def _filled_lines(self):
        return self.run_id.line_ids.filtered(
            lambda line: line.order_id == self.order_id and line.filled_qty > 0
        )

    def _undo_refusal(self):
        """Why this order's fill cannot be taken back; False when it can."""
        self.ensure_one()
        lines = self._filled_lines()
        if lines.filtered(lambda line: not line.sale_line_id):
            return self.env._("a line of it was deleted")
        if self.order_id.state == "cancel":
            return self.env._("the order was cancelled")
        own = self.run_id.line_ids.filtered(lambda line: line.order_id == self.order_id)
        if own.filtered("cancelled_qty"):
            return self.env._("what was missing was cancelled, and the customer was told")
        if self.run_id.kind == "process" and self.order_id.state == "sale":
            return self.env._("it is approved")
        if self.new_order_id:
            refusal = self._undo_refusal_new_order(lines)
            if refusal:
                return refusal
        elif lines.filtered("moved_qty"):
            return self.env._("the new order was deleted, which brought its items back")
        figures = lines.sale_line_id._backorder_figures()
        for line in lines:
            sale_line, placed = line.sale_line_id, line.filled_qty - line.moved_qty
            if sale_line._backorder_compare(placed, 0.0) <= 0:
                continue
            if sale_line.state in ("draft", "sent"):
                wanted = sale_line.backorder_hold_qty + placed
                if (
                    sale_line._backorder_compare(wanted, sale_line._backorder_owed()) > 0
                    # a new life of the line: nothing of it is filled any more
                    or sale_line._backorder_compare(placed, sale_line.backorder_filled_qty) > 0
                ):
                    return self.env._("its quotation was changed since")
                continue
            loose = figures[sale_line].forceable - sale_line.backorder_qty
            if sale_line._backorder_compare(placed, loose) > 0:
                return self.env._(
                    "%s is picked or delivered already", sale_line.product_id.display_name
                )
        return False

    def _undo_refusal_new_order(self, lines):
        order = self.new_order_id
        if order.state == "cancel":
            return self.env._("%s was cancelled", order.name)
        if order.invoice_ids.filtered(lambda invoice: invoice.state != "cancel"):
            return self.env._("%s is invoiced", order.name)
        if refusal := self._undo_refusal_money():
            return refusal
        moves = order.picking_ids.move_ids
        if moves.filtered(lambda move: move.state == "done" or move.picked):
            return self.env._("%s is picked or delivered", order.name)
        if self.mail_queued:
            return self.env._("the customer was told of %s by e-mail", order.name)
        made = {line.sale_line_id for line in lines if line.moved_qty}
        kept = order.order_line.filtered("backorder_moved_qty").backorder_origin_line_id
        if set(kept) != made:
            return self.env._("items were taken off %s", order.name)
        if words := order._backorder_differences().get(order):
            return self.env._(
                "%(order)s was changed since: %(differences)s",
                order=order.name,
                differences=words.rstrip("."),
            )
        return False

    def _undo_refusal_money(self):
        """Hook: why the new order's money keeps it from being taken back; False: it does not."""
        return False

    def _undo(self):
        """Give back what this row's fill took, with its forced part and its place in the queue."""
        self.ensure_one()
        lines = self._filled_lines()
        if self.new_order_id:
            self._undo_new_order(lines)
        self._undo_placed(lines)
        for line in lines:
            sale_line = line.sale_line_id
            # Fills are taken back in any order: a later one, still there, took of the same.
            forced = max(line.forced_before_qty, sale_line.backorder_forced_qty)
            since = [date for date in (line.waiting_since, sale_line.backorder_date) if date]
            sale_line._backorder_write(
                {
                    "backorder_forced_qty": min(forced, sale_line.backorder_hold_qty),
                    "backorder_date": min(since, default=False),
                }
            )
        # Donors have again what they gave up by a fill rule, or nothing is taken back.
        for row in self.run_id.line_ids:
            if row.order_id == self.order_id and row.gifts:
                row._write_gifts(row._bring_back_gifts(strict=True))
        self._note_undone(lines)
        self._backorder_write({"outcome": "undone"})
        for line in lines:
            label = line.sale_line_id._backorder_quantity_label(line.filled_qty)
            words = self.env._("Taken back: %s on backorder again.", label)
            line._backorder_write({"reason": "undone", "message": words})

    def _undo_new_order(self, lines):
        """What moved to the new order is ordered again on this one, which gives up the other."""
        moved = lines.filtered("moved_qty")
        new_lines = self.new_order_id.order_line.filtered("backorder_origin_line_id")
        said = {line.backorder_origin_line_id: line._backorder_said_now() for line in new_lines}
        # Given back here, with its row, and not once more by the cancellation.
        new_lines._backorder_write(
            {
                "backorder_origin_line_id": False,
                "backorder_moved_qty": 0.0,
                "backorder_moved_forced_qty": 0.0,
            }
        )
        self.new_order_id._action_cancel()
        self.new_order_id._backorder_write({"backorder_gave_back": True})
        moved.sale_line_id._backorder_raise_ordered(
            {line.sale_line_id: line.moved_qty for line in moved},
            "undo",
            run=self.run_id,
            said=said,
        )

    def _undo_placed(self, lines):
        """What was filled on the order itself is on backorder again, and not reserved."""
        placed = {
            line.sale_line_id: line.filled_qty - line.moved_qty
            for line in lines
            if line.sale_line_id._backorder_compare(line.filled_qty, line.moved_qty) > 0
        }
        if placed:
            sale_lines = self.order_id.order_line.browse([line.id for line in placed])
            sale_lines._backorder_set_holds(
                {line: line.backorder_hold_qty + qty for line, qty in placed.items()},
                "undo",
                run=self.run_id,
                extra={line: self._prepare_undone_vals(line, qty) for line, qty in placed.items()},
            )
            confirmed = sale_lines.filtered(lambda line: line.state == "sale")
            confirmed._backorder_unreserve_held(confirmed._backorder_facts())

    def _prepare_undone_vals(self, line, quantity):
        """Guarded values of an order line of which ``quantity`` is not filled any more.

        What other fills set aside for a quotation stays set aside; without any, nothing is.
        """
        filled = line._backorder_noiseless(line.backorder_filled_qty - quantity)
        kept = line.backorder_promised_qty - quantity
        if line.state == "sale" or not is_positive(filled):
            kept = 0.0
        return {"backorder_filled_qty": filled, **line._prepare_backorder_set_aside_vals(kept)}

    def _note_undone(self, lines):
        items = "; ".join(
            f"{line.product_id.display_name}: "
            f"{line.sale_line_id._backorder_quantity_label(line.filled_qty)}"
            for line in lines
        )
        self.order_id._message_log(
            body=self.env._(
                "Taken back (%(run)s): on backorder again are %(items)s.",
                run=self.run_id.name,
                items=items,
            )
        )
        if self.new_order_id:
            self.new_order_id._message_log(
                body=self.env._(
                    "Taken back (%(run)s): the items are on backorder again on %(order)s.",
                    run=self.run_id.name,
                    order=self.order_id.name,
                )
            )
