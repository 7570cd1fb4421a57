"""Rows of a fill name what was bought for their lines."""

from odoo import fields, models


class BackorderRunLine(models.Model):
    _inherit = "backorder.run.line"

    purchase_label = fields.Char(
        related="sale_line_id.backorder_purchase_label", string="Bought With"
    )
