"""A new order that is approved: its stock is looked at, and what the original's approval did once
is not done again."""

from odoo import models
from odoo.exceptions import UserError

from .new_order_deliveries import approved_together


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_approve_together(self):
        """Approve these new orders of a fill, which compares them afterwards."""
        lines = self.order_line
        products = lines.product_id | lines._backorder_part_products(lines._backorder_parts())
        rules = self.env["stock.warehouse.orderpoint"].sudo()
        ruled = rules._read_group([("product_id", "in", products.ids)], ["product_id"])
        ids = frozenset(product.id for (product,) in ruled)
        with approved_together.so(self.env, ids):
            return self._backorder_confirm()

    def action_confirm(self):
        """The pickup point of an order became its delivery address when it was approved, so the new
        order has that already: Odoo's `delivery` would look for the point among the addresses of
        itself, and add it there once more."""
        points = self._backorder_known_pickup_points()
        for order in points:
            order.pickup_location_data = False
        res = super().action_confirm()
        for order, point in points.items():
            order.pickup_location_data = point
        return res

    def _backorder_known_pickup_points(self):
        """{new order: its pickup point} of those that deliver where their original does."""
        if "pickup_location_data" not in self._fields:
            return {}
        points = {}
        for order in self.filtered("backorder_parent_id"):
            # sudo: only compared
            original, point = order.sudo().backorder_parent_id, order.pickup_location_data
            if (
                point
                and point == original.pickup_location_data
                and order.partner_shipping_id == original.partner_shipping_id
            ):
                points[order] = point
        return points

    def _send_order_notification_mail(self, mail_template, *args, **kwargs):
        """What a quotation template mails at its approval went out with the original: fills have
        e-mails of their own. Customers who approve on their page are answered as ever."""
        template = "sale_order_template_id" in self._fields and self.sale_order_template_id
        if (
            self.backorder_parent_id
            and template
            and mail_template == template.mail_template_id
            and not self.env.context.get("send_email")
        ):
            return None
        return super()._send_order_notification_mail(mail_template, *args, **kwargs)

    def _action_confirm(self):
        """A new order that is approved later gets the stock that was set aside for it, or is
        refused: it must not say more than can be shipped."""
        moved = self.filtered("backorder_parent_id").order_line.filtered("backorder_promised_qty")
        promised = {line: line.backorder_promised_qty for line in moved}
        res = super()._action_confirm()
        if not moved:
            return res
        # Deliveries that are reserved by hand or by date, or were handed over: what was filled is
        # reserved now.
        moved._backorder_reserve_set_aside(promised)
        if approved_together.now(self.env) is not None:
            return res  # a fill approves them: it compares all of them afterwards
        differences = {}
        figures = moved._backorder_figures()
        for line, quantity in promised.items():
            wanted = min(quantity, line.product_uom_qty)
            if words := line._backorder_stock_difference(figures[line], wanted):
                differences.setdefault(line.order_id, []).append(words)
        if differences:
            raise UserError(
                "\n".join(
                    self.env._(
                        "%(order)s cannot be approved: %(differences)s. Its items are set aside, "
                        "but cannot be taken: look where they are, or cancel %(order)s.",
                        order=order.name,
                        differences="; ".join(words),
                    )
                    for order, words in differences.items()
                )
            )
        return res
