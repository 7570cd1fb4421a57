"""What was bought for a backorder."""

from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_purchase_line_ids = fields.Many2many(
        "purchase.order.line",
        "backorder_purchase_line_rel",
        "sale_line_id",
        "purchase_line_id",
        string="Bought For It",
        copy=False,
        readonly=True,
        groups="purchase.group_purchase_user,backorder_mgmt.group_backorder_manager",
    )
    backorder_purchase_label = fields.Char(
        string="Purchase Order",
        compute="_compute_backorder_purchase_label",
        compute_sudo=True,
        groups="base.group_user",
        help="What was ordered from vendors for this item, and when it should arrive.",
    )

    # Computed as superuser: a salesman tells their customer the order and the date without reading
    # purchase orders.
    @api.depends(
        "backorder_purchase_line_ids.order_id.state",
        "backorder_purchase_line_ids.date_planned",
        "backorder_purchase_line_ids.qty_received",
        "backorder_purchase_line_ids.move_ids.date",
        "backorder_purchase_line_ids.move_ids.state",
    )
    def _compute_backorder_purchase_label(self):
        for line in self:
            line.backorder_purchase_label = (
                ", ".join(
                    bought._backorder_label()
                    for bought in line.backorder_purchase_line_ids
                    if bought.order_id.state != "cancel"
                )
                or False
            )

    def _backorder_purchases_by_order(self):
        result = super()._backorder_purchases_by_order()
        # sudo: a salesman is told of purchase orders that they may not read
        for order, of_order in self.sudo().grouped("order_id").items():
            bought = of_order.backorder_purchase_line_ids.order_id.filtered(
                lambda purchase: purchase.state in ("draft", "sent", "to approve", "purchase")
            )
            if bought:
                order = order.with_env(self.env)
                result[order] = result.get(order, bought.browse()) | bought
        return result
