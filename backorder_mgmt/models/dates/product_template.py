"""*Who Holds It?* of a product with variants."""

from odoo import models

from ..base.named import of_many


class ProductTemplate(models.Model):
    _inherit = "product.template"

    @of_many
    def action_view_backorder_stuck(self):
        """*Who Holds It?*: which orders hold stock of it that they cannot ship."""
        return self.product_variant_ids.action_view_backorder_stuck()
