"""Whom a receipt affects."""

from odoo import models


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "backorder.affected"]

    def _backorder_arriving_moves(self):
        return self.move_ids
