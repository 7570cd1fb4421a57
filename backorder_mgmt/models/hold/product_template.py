"""How many lines wait for a product with variants."""

from odoo import fields, models

from ..base.named import of_many


class ProductTemplate(models.Model):
    _inherit = "product.template"

    backorder_line_count = fields.Integer(
        string="On Backorder", compute="_compute_backorder_line_count"
    )

    def _compute_backorder_line_count(self):
        for template in self:
            template.backorder_line_count = sum(
                template.product_variant_ids.mapped("backorder_line_count")
            )

    @of_many
    def action_view_backorder_lines(self):
        """The order lines that wait for this product's variants."""
        return self.product_variant_ids.action_view_backorder_lines()
