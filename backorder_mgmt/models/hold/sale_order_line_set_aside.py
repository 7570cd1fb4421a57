"""What is set aside for quotations, and the claims of those who wait: given up or lost.

Nobody else writes what is set aside: the others call these methods, or hand their values on to
``_backorder_set_holds`` together with the hold that changes.
"""

from odoo import models

from ..base.batch import by_values
from ..base.named import of_many
from ..base.notice import notice
from .sale_order_line_units import TRUTH


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _prepare_backorder_set_aside_vals(self, quantity):
        """Values of a line for which ``quantity`` (line unit; zero: of any lines) is set aside."""
        pieces = self._backorder_pieces(quantity) if quantity > 0 else 0.0
        return {"backorder_promised_product_qty": pieces}

    def _backorder_set_aside(self, quantities):
        """Set aside ``{line: quantity}``, in the lines' units, where no hold changes with it."""
        vals = {
            line: line._prepare_backorder_set_aside_vals(quantity)
            for line, quantity in quantities.items()
        }
        for lines, values in by_values(vals):
            lines._backorder_write(values)

    def _backorder_set_aside_less(self, quantities):
        """As :meth:`_backorder_set_aside`; what is not ordered any more is not filled either."""
        self._backorder_set_aside(quantities)
        for line, kept in quantities.items():
            if line._backorder_compare(line.backorder_filled_qty, kept) > 0:
                line._backorder_write({"backorder_filled_qty": kept})

    def _backorder_release_set_aside(self, note=None):
        """Nothing is set aside for these quotation lines any more: what was filled waits again."""
        holds, extra = {}, {}
        for line in self.filtered("backorder_promised_qty"):
            back = min(line.backorder_filled_qty, line._backorder_owed() - line.backorder_hold_qty)
            if line.backorder_origin_line_id:
                back = line.backorder_promised_qty
            holds[line] = line.backorder_hold_qty + max(0.0, back)
            extra[line] = {
                **line._prepare_backorder_set_aside_vals(0.0),
                "backorder_filled_qty": max(0.0, line.backorder_filled_qty - back),
            }
        self._backorder_set_holds(holds, "adjust", note, extra=extra)

    def _backorder_lose_set_aside(self, lost, parts):
        """What was set aside is gone from stock: ``{line: quantity}`` of it waits again."""
        holds, extra = {}, {}
        for line, quantity in lost.items():
            left = max(0.0, line.backorder_promised_qty - quantity)
            left = line._backorder_floor(line._backorder_whole(left, parts[line]))
            gone = line.backorder_promised_qty - left
            holds[line] = min(line._backorder_owed(), line.backorder_hold_qty + gone)
            extra[line] = {
                **line._prepare_backorder_set_aside_vals(left),
                "backorder_filled_qty": max(0.0, line.backorder_filled_qty - gone),
            }
        note = self.env._("The stock set aside for it was lost")
        self._backorder_set_holds(holds, "adjust", note, extra=extra)

    def _backorder_start_anew(self, note, event_type="adjust"):
        """A new life: nothing is held, forced, filled, cancelled, released or set aside any more.

        :param note: why, in the ledger
        """
        lines = self.filtered(
            lambda line: line.backorder_claim_released or any(line[name] for name in TRUTH.values())
        )
        if not lines:
            return
        clean = {name: 0.0 for name in TRUTH.values() if name != "backorder_hold_product_qty"}
        clean["backorder_claim_released"] = False
        clean["backorder_date"] = False
        ledgered = lines._backorder_ledgered()
        # A quotation's automatic figure needs no rows, see `_backorder_set_holds`.
        (lines - ledgered)._backorder_write({**clean, "backorder_hold_product_qty": 0.0})
        still = ledgered.filtered(lambda line: not line.backorder_hold_product_qty)
        ledgered._backorder_set_holds(
            dict.fromkeys(ledgered, 0.0), event_type, note, extra=dict.fromkeys(ledgered, clean)
        )
        if still:
            rows = [
                line._prepare_backorder_event_vals(event_type, 0.0, 0.0, note, None)
                for line in still
            ]
            self.env["backorder.event"].with_env(self._backorder_token().env)._log(rows)

    @of_many
    def action_release_promise(self):
        """*Release*: stock set aside for these quotation lines is free again, the lines wait."""
        lines = self.filtered(lambda line: line.backorder_promised_qty and line.state != "sale")
        lines.order_id._backorder_check_access()
        lines.sudo()._backorder_release_set_aside(self.env._("Released by hand"))
        for order, released in lines.grouped("order_id").items():
            order.sudo()._message_log(
                body=self.env._(
                    "Stock set aside was released: %s.",
                    ", ".join(released.product_id.mapped("display_name")),
                )
            )
        return True

    @of_many
    def action_release_claim(self):
        """*Release Claim*: received stock is no longer kept for these backorders.

        :return: the action that says of how many, and names those that had none to release
        """
        waiting = self.filtered(lambda line: line.backorder_qty > 0)
        waiting.order_id._backorder_check_access()
        lines = waiting.filtered(lambda line: not line.backorder_claim_released)
        lines._backorder_write({"backorder_claim_released": True})
        for order, released in lines.grouped("order_id").items():
            # sudo after the check: a note on the order says who let others go first
            order.sudo()._message_log(
                body=self.env._(
                    "Claim released: newer orders may take what is received of %s.",
                    ", ".join(released.product_id.mapped("display_name")),
                )
            )
        if not lines:
            return notice(
                self.env._(
                    "Nothing was released: these items are not on backorder, or their claim is "
                    "released already."
                ),
                "warning",
            )
        return notice(
            self.env._(
                "Claim released of %(count)s of %(all)s items. Newer orders may take what is "
                "received for them.",
                count=len(lines),
                all=len(self),
            )
        )
