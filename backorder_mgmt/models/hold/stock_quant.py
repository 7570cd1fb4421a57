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
        """While many move lines are made or deleted at once, add their reservations up; see
        ``stock.move._backorder_bulk_assign`` and ``_backorder_unreserve_whole``, which write the
        sums."""
        given_back = private_value(self.env, "backorder_given_back")
        if given_back is not None and quantity < 0:
            key = (
                product_id,
                location_id,
                *(own or None for own in (lot_id, package_id, owner_id)),
            )
            given_back[key] = given_back.get(key, 0.0) + quantity
            return None
        collected = private_value(self.env, "backorder_collected")
        if collected is not None and quantity > 0 and not (package_id or owner_id):
            key = (product_id.id, location_id.id, lot_id.id if lot_id else False)
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
