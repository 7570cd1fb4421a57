from odoo import models

from odoo.addons.backorder_mgmt_website_sale_stock.models.product_product import in_shop


class Website(models.Model):
    _inherit = "website"

    def _get_max_in_store_product_available_qty(self, product):
        return super()._get_max_in_store_product_available_qty(in_shop(product))
