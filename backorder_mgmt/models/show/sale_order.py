"""What the form of an order has to know of its lines to show them."""

from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_has_sections = fields.Boolean(compute="_compute_backorder_has_sections")

    @api.depends("order_line.display_type", "order_line.product_type")
    def _compute_backorder_has_sections(self):
        """Lines that belong together on the screen: sections add up theirs, combos have items."""
        for order in self:
            order.backorder_has_sections = any(
                line.display_type in ("line_section", "line_subsection")
                or line.product_type == "combo"
                for line in order.order_line
            )
