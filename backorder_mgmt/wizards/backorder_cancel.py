from odoo import api, fields, models

from ..models.base.named import of_one


class BackorderCancel(models.TransientModel):
    _name = "backorder.cancel"
    _inherit = ["backorder.dialog"]
    _description = "Cancel the Rest"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    reason = fields.Char(help="Written on the order and in the backorder history.")
    line_ids = fields.One2many(
        "backorder.cancel.line",
        "cancel_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )

    @api.depends("order_id")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create(
                    {"sale_line_id": line.id, "selected": True, "quantity": line.backorder_qty}
                )
                for line in wizard.order_id.order_line
                if line.backorder_qty > 0
            ]

    @of_one
    def action_confirm(self):
        """Cancel the ticked quantities."""
        ticked = self.line_ids.filtered("selected")
        self.order_id._backorder_check_cancels(ticked.filtered("quantity").sale_line_id)
        self.order_id.cancel_backorders(
            {row.sale_line_id.id: row.quantity for row in ticked}, reason=self.reason
        )
        return {"type": "ir.actions.act_window_close"}


class BackorderCancelLine(models.TransientModel):
    _name = "backorder.cancel.line"
    _inherit = ["backorder.dialog"]
    _description = "Cancel the Rest: Line"

    cancel_id = fields.Many2one("backorder.cancel", required=True, ondelete="cascade")
    selected = fields.Boolean(string="Close", default=True)
    sale_line_id = fields.Many2one("sale.order.line", required=True, ondelete="cascade")
    product_id = fields.Many2one(related="sale_line_id.product_id", related_sudo=False)
    product_uom_id = fields.Many2one(related="sale_line_id.product_uom_id", related_sudo=False)
    backorder_qty = fields.Float(
        related="sale_line_id.backorder_qty",
        related_sudo=False,
        string="Needed",
        digits=None,
        min_display_digits="Product Unit",
    )
    quantity = fields.Float(
        string="Quantity to Cancel", digits=None, min_display_digits="Product Unit"
    )
    purchase_orders = fields.Char(compute="_compute_purchase_orders")

    @api.depends("sale_line_id")
    def _compute_purchase_orders(self):
        self.sale_line_id.check_access("read")
        for row in self:
            # sudo after the check: a salesman need not see purchase orders
            orders = row.sudo().sale_line_id._backorder_purchase_orders()
            row.purchase_orders = ", ".join(orders.mapped("name"))
