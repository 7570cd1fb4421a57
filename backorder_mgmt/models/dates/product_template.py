from odoo import models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def action_view_backorder_stuck(self):
        return self.product_variant_ids.action_view_backorder_stuck()
