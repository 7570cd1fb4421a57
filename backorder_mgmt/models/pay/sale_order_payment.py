"""Quotations by their money: paid, authorised or due, and who has a saved card."""

from odoo import api, fields, models
from odoo.fields import Domain


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_payment = fields.Selection(
        [
            ("paid", "Paid"),
            ("authorized", "Authorized"),
            ("due", "Waiting for Payment"),
        ],
        string="Payment",
        compute="_compute_backorder_payment",
        compute_sudo=True,
        search="_search_backorder_payment",
    )
    backorder_has_card = fields.Boolean(
        string="Saved Card",
        compute="_compute_backorder_has_card",
        compute_sudo=True,
        search="_search_backorder_has_card",
    )

    @api.depends("amount_total", "backorder_amount_due", "backorder_carried_amount")
    def _compute_backorder_payment(self):
        figures = self._backorder_paid_figures()
        for order in self:
            order.backorder_payment = order._backorder_payment_of(
                *figures.get(order._origin.id, (0.0, 0.0))
            )

    def _backorder_payment_of(self, paid, captured):
        """``authorized`` covers the rest, but nobody has that money yet."""
        total = self.amount_total - self.backorder_carried_amount
        if self.currency_id.compare_amounts(total, captured) <= 0:
            return "paid"
        if self.currency_id.compare_amounts(total, paid) <= 0:
            return "authorized"
        return "due"

    def _search_backorder_payment(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: as for stock
        orders = self.sudo().search(Domain("state", "in", ("draft", "sent")))
        figures = orders._backorder_paid_figures()
        return Domain(
            "id",
            "in",
            [
                order.id
                for order in orders
                if order._backorder_payment_of(*figures.get(order.id, (0.0, 0.0))) in value
            ],
        )

    def _backorder_cards_domain(self):
        """Saved cards that could be charged now."""
        return Domain("provider_id.state", "in", ("enabled", "test")) & Domain("active", "=", True)

    def _backorder_with_card(self):
        """The orders whose customer, or his company, has a saved card."""
        customers = (self.partner_id | self.partner_invoice_id).commercial_partner_id
        # sudo: nothing of a card is shown, only that there is one
        tokens = (
            self.env["payment.token"]
            .sudo()
            .search(
                self._backorder_cards_domain()
                & Domain("partner_id.commercial_partner_id", "in", customers.ids)
            )
        )
        having = {
            (token.partner_id.commercial_partner_id.id, token.company_id.id) for token in tokens
        }
        return self.filtered(
            lambda order: any(
                (customer.commercial_partner_id.id, order.company_id.id) in having
                for customer in (order.partner_id, order.partner_invoice_id)
            )
        )

    @api.depends("partner_id", "partner_invoice_id", "company_id")
    def _compute_backorder_has_card(self):
        having = self._backorder_with_card()
        for order in self:
            order.backorder_has_card = order in having

    def _search_backorder_has_card(self, operator, value):
        if operator != "in":
            return NotImplemented
        tokens = self.env["payment.token"].sudo().search(self._backorder_cards_domain())
        customers = tokens.partner_id.commercial_partner_id
        orders = self.sudo().search(
            Domain("partner_id.commercial_partner_id", "in", customers.ids)
            | Domain("partner_invoice_id.commercial_partner_id", "in", customers.ids)
        )
        wanted = True in value
        if wanted and False in value:
            return Domain.TRUE
        return Domain("id", "in" if wanted else "not in", orders._backorder_with_card().ids)
