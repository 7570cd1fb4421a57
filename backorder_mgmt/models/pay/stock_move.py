"""Whether goods go to the customer."""

from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_leads_to_customer(self):
        """Whether goods of this open move are sent out by it, or by a step that it will make
        itself when it is done (its own next step counts for itself)."""
        if self.state in ("done", "cancel") or self.location_dest_usage == "inventory":
            return False
        if self.location_dest_id._backorder_is_outgoing():
            return True
        # A return has no place where it ends but its own destination.
        final = self.location_final_id
        return bool(final) and final._backorder_is_outgoing() and not self.move_dest_ids
