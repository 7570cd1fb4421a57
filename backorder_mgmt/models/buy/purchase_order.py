"""Purchase lines know for which order lines they buy."""

from odoo import Command, fields, models


class PurchaseOrderLine(models.Model):
    _name = "purchase.order.line"
    _inherit = ["purchase.order.line", "backorder.guarded"]

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

    def _backorder_open_names(self, creating=False):
        return frozenset()

    # As superuser: a purchaser sees whose orders wait, as in the origin of the purchase order.
    def _compute_backorder_for(self):
        for line in self:
            names = line.backorder_line_ids.order_id.mapped("name")
            line.backorder_for = ", ".join(names) or False

    def _merge_po_line(self, rfq_line):
        """What was bought for backorders stays bought when requests are merged into one."""
        merged = super()._merge_po_line(rfq_line)
        rfq_line._backorder_hand_over(self)
        return merged

    def _backorder_hand_over(self, heir):
        """``heir`` is bought for the backorders of these lines from now on."""
        lines = self.sudo()  # a purchaser need not see sales orders
        heir._backorder_bought_for(lines.backorder_line_ids)
        lines._backorder_write({"backorder_line_ids": [Command.clear()]})

    def _backorder_bought_for(self, sale_lines):
        """These lines are bought for ``sale_lines``, too."""
        commands = [Command.link(sale_line.id) for sale_line in sale_lines]
        self._backorder_write({"backorder_line_ids": commands})

    def _backorder_arrival(self):
        """When the last of these goods should come: as its receipt is planned, else as the vendor
        was asked."""
        moves = self.move_ids.filtered(lambda move: move.state not in ("done", "cancel", "draft"))
        dates = [move._backorder_arrival() for move in moves] or [self.date_planned]
        return max((date for date in dates if date), default=None)

    def _backorder_label(self):
        """``P00012, 3 Dec 2026``; a request for quotation has no date to tell yet."""
        self.ensure_one()
        order = self.order_id
        if order.state != "purchase":
            return self.env._("%s (request for quotation)", order.name)
        if self.product_uom_id.compare(self.qty_received, self.product_qty) >= 0:
            return self.env._("%s (received)", order.name)
        date = self._backorder_arrival()
        if not date:
            return order.name
        # as in all words about dates, whoever reads them
        day = self.company_id._backorder_day(date)
        return f"{order.name}, {self.env['ir.qweb.field.date'].value_to_html(day, {})}"


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def action_merge(self):
        """Lines of one request that Odoo makes one of on the way: what they were for stays too."""
        lines = self.order_line.filtered(lambda line: line.sudo().backorder_line_ids)
        before = [(line, line.order_id, line.product_id) for line in lines]
        bought = {line: line.sudo().backorder_line_ids for line in lines}
        merged = super().action_merge()
        for line, order, product in before:
            if not line.exists():
                heir = order.order_line.filtered(lambda line, of=product: line.product_id == of)[:1]
                heir._backorder_bought_for(bought[line])
        return merged

    def button_cancel(self):
        """What was bought for backorders waits again, and their orders say so."""
        open_orders = self.filtered(lambda order: order.state != "cancel")
        cancelled = super().button_cancel()
        for order in open_orders.sudo():  # sudo: a purchaser need not see sales orders
            lines = order.order_line.backorder_line_ids.filtered(lambda line: line.backorder_qty)
            if lines:
                body = self.env._(
                    "%s was cancelled: its goods are to be bought again.", order._get_html_link()
                )
                orders = lines.order_id
                orders._message_log_batch(bodies=dict.fromkeys(orders.ids, body))
        return cancelled

    def _backorder_print_requests(self):
        """One PDF with these requests for quotation.

        :raise AccessError: they are not the user's to read
        """
        self.check_access("read")
        if not self:
            return {"type": "ir.actions.act_window_close"}
        return self.env.ref("purchase.report_purchase_quotation").report_action(self)

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
