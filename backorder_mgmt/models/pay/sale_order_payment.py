"""Quotations by their money: paid, authorised or due, and who has a saved card."""

from odoo import api, fields, models
from odoo.fields import Domain

from ..base.once import once


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

    @api.depends("backorder_owed_amount", "backorder_amount_due", "backorder_carried_amount")
    def _compute_backorder_payment(self):
        figures = self._backorder_paid_figures()
        for order in self:
            order.backorder_payment = order._backorder_payment_of(
                *figures.get(order._origin.id, (0.0, 0.0))
            )

    def _backorder_payment_of(self, paid, captured):
        """``authorized`` covers the rest, but nobody has that money yet."""
        if self._backorder_due_of(captured) <= 0:
            return "paid"
        if self._backorder_due_of(paid) <= 0:
            return "authorized"
        return "due"

    def _search_backorder_payment(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = sorted(state for state in value if state)
        key = ("backorder_payment", *states, repr(self._backorder_searched()))
        return once(self.env, key, lambda: self._backorder_of_payment(states))

    def _backorder_of_payment(self, states):
        """The domain of the quotations whose *Payment* is one of ``states``."""
        quotations = Domain("state", "in", ("draft", "sent"))
        touched = self._backorder_among_query(quotations & self._backorder_money_domain())
        matching = []
        for orders in self._backorder_among(quotations & Domain("id", "in", touched)):
            figures = orders._backorder_paid_figures()
            matching += [
                order.id
                for order in orders
                if order._backorder_payment_of(*figures.get(order.id, (0.0, 0.0))) in states
            ]
        # Of very many quotations mostly few: all others are due, or cost nothing.
        others = quotations & Domain("id", "not in", touched)
        return Domain("id", "in", matching) | Domain.OR(
            others & Domain("amount_total", compared, 0)
            for state, compared in (("due", ">"), ("paid", "<="))
            if state in states
        )

    @api.model
    def _backorder_money_domain(self):
        """Orders of which something else than their total may be due."""
        return Domain.OR(
            Domain(name, "!=", False)
            for name in (
                "transaction_ids",
                "order_line.invoice_lines",
                "backorder_carry_in_ids",
                "backorder_carry_out_ids",
            )
        )

    @api.model
    def _backorder_worked_out(self):
        return super()._backorder_worked_out() | {"backorder_payment", "backorder_has_card"}

    def _backorder_cards_domain(self):
        """Saved cards that could be charged now, whosever they are."""
        return Domain("provider_id.state", "in", ("enabled", "test")) & Domain("active", "=", True)

    def _backorder_payers(self):
        """Whose saved cards pay for these orders: the invoice partner's, the customer's, and those
        of the commercial partner of either. Never another contact's of the same company."""
        partners = self.partner_invoice_id | self.partner_id
        return partners | partners.commercial_partner_id

    def _backorder_cards(self):
        """{order: the saved cards that may be charged for it, newest first}: of its payers, by a
        payment provider of its company (or of the company that it is a branch of, as in Odoo)."""
        # sudo: which cards there are; callers tell no more of them than their name
        orders = self.sudo()
        tokens = orders.env["payment.token"].search(
            self._backorder_cards_domain()
            & Domain("partner_id", "in", orders._backorder_payers().ids),
            order="id desc",
        )
        by_payer = tokens.grouped(lambda token: token.partner_id.id)
        cards = {}
        for order, sudo_order in zip(self, orders, strict=True):
            payers = by_payer.keys() & sudo_order._backorder_payers().ids
            own = tokens.browse().union(*(by_payer[payer] for payer in payers))
            companies = sudo_order.company_id.parent_ids
            cards[order] = own.filtered(
                lambda token, companies=companies: token.company_id in companies
            ).sorted("id", reverse=True)
        return cards

    def _backorder_with_card(self):
        """The orders for which a saved card may be charged."""
        cards = self._backorder_cards()
        return self.filtered(lambda order: cards[order])

    @api.depends("partner_id", "partner_invoice_id", "company_id")
    def _compute_backorder_has_card(self):
        having = self._backorder_with_card()
        for order in self:
            order.backorder_has_card = order in having

    def _search_backorder_has_card(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: whose cards there are; which orders are found, the search itself decides
        tokens = self.env["payment.token"].sudo().search(self._backorder_cards_domain())
        payers = (
            "partner_id",
            "partner_id.commercial_partner_id",
            "partner_invoice_id",
            "partner_invoice_id.commercial_partner_id",
        )
        # As _backorder_cards says it of each order.
        held = Domain.OR(
            Domain("company_id", "child_of", company.id)
            & Domain.OR(Domain(payer, "in", own.partner_id.ids) for payer in payers)
            for company, own in tokens.grouped("company_id").items()
        )
        having = self._backorder_among_query(held)
        wanted = True in value
        if wanted and False in value:
            return Domain.TRUE
        return Domain("id", "in" if wanted else "not in", having)
