"""Customers who take no backorders: what is missing is cancelled, and they are told."""

from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        """What stock did not cover is cancelled, where the customer waits for nothing."""
        res = super()._action_confirm()
        # A new order made by a fill has nothing but what was there.
        refusing = self.filtered(
            lambda order: order.backorder_accept == "no" and not order.backorder_parent_id
        )
        for order in refusing:
            # What a person forced, they want to wait.
            missing = order.order_line.filtered(
                lambda line: line._backorder_compare(line.backorder_qty, line.backorder_forced_qty)
                > 0
            )
            order._backorder_cancel_missing(missing)
        return res

    def _backorder_cancel_missing(self, lines, most=None):
        """Cancel what ``lines`` of this order still need, but for what a person forced, as the
        customer takes no backorders; the ledger, the order and an e-mail say so.

        :param most: {line: no more than this}, of what waits with the customer's consent
        :return: {line: quantity cancelled}
        """
        self.ensure_one()
        quantities = {
            line: line.backorder_qty - min(line.backorder_forced_qty, line.backorder_qty)
            for line in lines
        }
        for line, quantity in (most or {}).items():
            quantities[line] = min(quantities[line], quantity)
        quantities = {
            line: quantity
            for line, quantity in quantities.items()
            if line._backorder_compare(quantity, 0.0) > 0
        }
        reason = self.env._(
            "%s takes no backorders", self.partner_id.commercial_partner_id.display_name
        )
        self._backorder_cancel_by_terms(quantities, reason)
        return quantities

    def _backorder_cancel_by_terms(self, quantities, reason):
        """Cancel ``{line: quantity}`` of this order as agreed with its customer, and tell them."""
        if not quantities:
            return
        # sudo: the customer's terms cancel, whoever confirms or fills the order
        order = self.sudo()
        order.cancel_backorders(
            {line.id: quantity for line, quantity in quantities.items()}, reason=reason
        )
        order._backorder_queue_terms_mail("backorder_mgmt.mail_template_rest_cancelled")

    def _backorder_queue_terms_mail(self, name):
        """Queue an e-mail about the terms; without an address a note on the order says so."""
        self.ensure_one()
        template = self.env.ref(name, raise_if_not_found=False)
        if not template:
            return
        if not self.partner_id.email:
            self._message_log(
                body=self.env._(
                    "No e-mail about it: %s has no address.", self.partner_id.display_name
                )
            )
            return
        template.sudo().send_mail_batch(
            self.ids, force_send=False, email_layout_xmlid="mail.mail_notification_light"
        )

    def _backorder_just_cancelled(self):
        """The last cancellations of the order's lines: rows of the ledger of one moment."""
        events = self.env["backorder.event"].sudo()
        rows = events.search(
            [("order_id", "=", self.id), ("type", "=", "cancel")], order="date desc, id desc"
        )
        return rows.filtered(lambda event: event.date == rows[0].date).sorted("id")
