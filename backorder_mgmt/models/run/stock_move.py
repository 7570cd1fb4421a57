"""What was received starts the fill on receipt."""

from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_received(self):
        """Goods that came into a warehouse are offered to the backorders that wait for them."""
        res = super()._backorder_received()
        received = self.filtered(
            lambda move: move.state == "done"
            and move.location_dest_id.usage == "internal"
            and move.company_id.backorder_fill_on_receipt != "none"
        )
        for company, moves in received.grouped("company_id").items():
            self.env["backorder.run"]._queue_for_receipt(company, moves)
        return res
