"""Odoo's shop asks for what is free: on hand and not reserved. What is left to those who wait, and
what is set aside for quotations, is both, and is not for who orders now."""

from odoo import api, models

from odoo.addons.backorder_mgmt.models.base.token import private, private_value

SHOP = "backorder_shop"


def in_shop(records):
    """``records`` by which the shop asks: what is free of products is what it may offer."""
    return records.with_context(**private(**{SHOP: True}))


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.depends_context(SHOP)
    def _compute_quantities(self):
        return super()._compute_quantities()

    def _compute_quantities_dict(
        self, lot_id, owner_id, package_id, from_date=False, to_date=False
    ):
        quantities = super()._compute_quantities_dict(
            lot_id, owner_id, package_id, from_date=from_date, to_date=to_date
        )
        if private_value(self.env, SHOP):
            self._backorder_leave_to_others(quantities)
        return quantities

    def _backorder_leave_to_others(self, quantities):
        """Lower what is free by what is somebody's already, never below zero by that.

        :param quantities: {product id: {"free_qty": …}} in the products' units, which is changed
        """
        parts = self._backorder_parts()
        kits = self.filtered(lambda product: parts[product] and product not in parts[product])
        # sudo: of others' orders only this sum is told, to visitors too
        supply = self.env["backorder.supply"].sudo()
        spoken = supply._spoken_for(self - kits, self._backorder_shop_warehouses())
        for product in self - kits:
            free = quantities[product.id]["free_qty"]
            left = max(0.0, free - spoken.get(product._origin.id, 0.0))
            quantities[product.id]["free_qty"] = min(free, left)
        for kit in kits:
            whole = min(part.free_qty / per_kit for part, per_kit in parts[kit].items())
            whole = kit.uom_id.round(whole, rounding_method="DOWN")
            quantities[kit.id]["free_qty"] = min(quantities[kit.id]["free_qty"], whole)

    def _backorder_shop_warehouses(self):
        """Where Odoo counts: the warehouse of the context, or all of the companies."""
        # sudo: a visitor sees no warehouse
        warehouses = self.env["stock.warehouse"].sudo()
        if warehouse_id := self.env.context.get("warehouse_id"):
            return warehouses.browse(warehouse_id)
        return warehouses.search([("company_id", "in", self.env.companies.ids)])
