from odoo import models

from odoo.addons.backorder_mgmt_website_sale_stock.models.product_product import in_shop


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _get_additionnal_combination_info(self, product_or_template, *args, **kwargs):
        return super()._get_additionnal_combination_info(
            in_shop(product_or_template), *args, **kwargs
        )
