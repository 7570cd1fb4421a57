from odoo import models

from .product_product import in_shop


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_free_qty(self, product):
        return super()._get_free_qty(in_shop(product))
