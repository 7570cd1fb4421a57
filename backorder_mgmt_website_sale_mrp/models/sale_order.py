from odoo import models

from odoo.addons.backorder_mgmt_website_sale_stock.models.product_product import in_shop


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_unavailable_quantity_from_kits(self, product):
        """What the page takes off is counted by what the shop offers, as the figure it is taken
        off."""
        cart = in_shop(self)
        return super(SaleOrder, cart)._get_unavailable_quantity_from_kits(in_shop(product))
