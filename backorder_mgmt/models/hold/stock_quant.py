from odoo import api, models

from ..base.token import private_value


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _update_reserved_quantity(
        self,
        product_id,
        location_id,
        quantity,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=True,
    ):
        """While many move lines are made at once, add their reservations up; see
        ``stock.move._backorder_bulk_assign``, which writes the sums."""
        collected = private_value(self.env, "backorder_collected")
        if collected is not None and quantity > 0 and not (lot_id or package_id or owner_id):
            key = (product_id.id, location_id.id)
            collected[key] = collected.get(key, 0.0) + quantity
            return None
        return super()._update_reserved_quantity(
            product_id,
            location_id,
            quantity,
            lot_id=lot_id,
            package_id=package_id,
            owner_id=owner_id,
            strict=strict,
        )
