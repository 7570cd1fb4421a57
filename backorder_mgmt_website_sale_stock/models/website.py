from odoo import models

from .product_product import in_shop


class Website(models.Model):
    _inherit = "website"

    def _get_product_available_qty(self, product, **kwargs):
        return super()._get_product_available_qty(in_shop(product), **kwargs)
