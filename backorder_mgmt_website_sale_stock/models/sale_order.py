from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_free_qty(self, product):
        """Of a cart, by the warehouse that it is delivered from."""
        free = super()._get_free_qty(product)
        warehouse = self.env["stock.warehouse"].browse(self._get_shop_warehouse_id() or ())
        return free - self.website_id._backorder_kept_qty(product, warehouse, self.company_id)
