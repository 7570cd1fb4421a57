"""The one method that reserves on a quant: it adds up what an attempt got."""

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
        """While many move lines are made or deleted at once, their reservations are added up by the
        function that ``stock.move._backorder_bulk_write`` or ``_backorder_unreserve_whole`` left in
        the context; it says whether a reservation is one of those. They write the sums."""
        collect = private_value(self.env, "backorder_collect")
        if collect and collect(product_id, location_id, quantity, lot_id, package_id, owner_id):
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
