"""Of goods that came in, the lines that they were bought for are offered first."""

from odoo import models


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _in_order_of_offer(self, lines):
        """Of goods that came in, the lines that they were bought for are the first to be offered;
        who gets them is decided by the policy all the same."""
        lines = super()._in_order_of_offer(lines)
        if not self.receipt_mode:
            return lines
        bought = lines.sudo().filtered(
            lambda line: (
                "purchase"
                in line.backorder_purchase_line_ids.filtered("qty_received").mapped("state")
            )
        )
        return lines.filtered(lambda line: line in bought) + (lines - bought)
