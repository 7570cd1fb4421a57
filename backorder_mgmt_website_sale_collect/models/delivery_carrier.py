from odoo import models

from odoo.addons.backorder_mgmt_website_sale_stock.models.product_product import in_shop


class DeliveryCarrier(models.Model):
    _inherit = "delivery.carrier"

    def _in_store_get_close_locations(self, partner_address, product_id=None):
        return super(DeliveryCarrier, in_shop(self))._in_store_get_close_locations(
            partner_address, product_id=product_id
        )
