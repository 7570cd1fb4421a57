from odoo import models

from odoo.addons.backorder_mgmt_website_sale_stock.models.product_product import in_shop


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_insufficient_stock_data(self, wh_id):
        short = super(SaleOrder, in_shop(self))._get_insufficient_stock_data(wh_id)
        return {line.with_env(self.env): quantity for line, quantity in short.items()}
