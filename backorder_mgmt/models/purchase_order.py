from odoo import fields, models


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    backorder_line_ids = fields.Many2many(
        "sale.order.line",
        "backorder_purchase_line_rel",
        "purchase_line_id",
        "sale_line_id",
        string="Bought for Backorders",
        copy=False,
        readonly=True,
        groups="backorder_mgmt.group_backorder_user",
    )
    backorder_for = fields.Char(
        string="For Backorders",
        compute="_compute_backorder_for",
        compute_sudo=True,
        help="Sales orders that this was bought for.",
    )

    # As superuser: a purchaser sees whose orders wait, as in the origin of the purchase order.
    def _compute_backorder_for(self):
        for line in self:
            names = line.backorder_line_ids.order_id.mapped("name")
            line.backorder_for = ", ".join(names) or False

    def _backorder_label(self):
        """``P00012, 3 Dec 2026``; a request for quotation has no date to tell yet."""
        self.ensure_one()
        order = self.order_id
        if order.state != "purchase":
            return self.env._("%s (request for quotation)", order.name)
        if not self.date_planned:
            return order.name
        day = fields.Datetime.context_timestamp(self, self.date_planned).date()
        return f"{order.name}, {self.env['ir.qweb.field.date'].value_to_html(day, {})}"


class PurchaseOrder(models.Model):
    _name = "purchase.order"
    _inherit = ["purchase.order", "backorder.purchase.delay", "backorder.affected"]

    def button_cancel(self):
        """What was bought for backorders waits again, and their orders say so."""
        open_orders = self.filtered(lambda order: order.state != "cancel")
        res = super().button_cancel()
        for order in open_orders.sudo():  # sudo: a purchaser need not see sales orders
            lines = order.order_line.backorder_line_ids.filtered(lambda line: line.backorder_qty)
            if lines:
                body = self.env._(
                    "%s was cancelled: its goods are to be bought again.", order._get_html_link()
                )
                orders = lines.order_id
                orders._message_log_batch(bodies=dict.fromkeys(orders.ids, body))
        return res

    def _backorder_open_action(self):
        """Open these orders; who may not read purchase orders is told their numbers."""
        names = ", ".join(self.sudo().mapped("name"))
        if not self.has_access("read"):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "sticky": True,
                    "message": self.env._(
                        "Created: %s. Opening them takes the right “Purchase: User”.", names
                    ),
                },
            }
        action = self.env["ir.actions.actions"]._for_xml_id("purchase.purchase_rfq")
        action.update(name=self.env._("Created: %s", names), context={}, domain=[])
        if len(self) == 1:
            action.update(res_id=self.id, view_mode="form", views=[(False, "form")])
        else:
            action["domain"] = [("id", "in", self.ids)]
        return action
