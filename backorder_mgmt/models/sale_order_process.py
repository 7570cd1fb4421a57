"""Quotations for the Multi-Order Processor: what there is of them, paid and old; its button."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import is_positive

_EMPTY = (False, None)


class BackorderOrderProcess(models.AbstractModel):
    _name = "backorder.order.process"
    _description = "Backorder Order: Multi-Order Processor"

    backorder_stock = fields.Selection(
        [
            ("all", "All in Stock"),
            ("some", "Some on Backorder"),
            ("none", "Nothing in Stock"),
        ],
        string="Stock",
        compute="_compute_backorder_stock",
        compute_sudo=True,
        search="_search_backorder_stock",
        help="What there is now of what the customer has not got yet. Quotations hold no stock: "
        "each counts on all that is free. Forced backorders count as not there.",
    )
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
    backorder_days_open = fields.Integer(
        string="Days Open",
        compute="_compute_backorder_days_open",
        search="_search_backorder_days_open",
        help="Days since the date of the quotation.",
    )

    # -- stock ------------------------------------------------------------------------------------

    @api.depends("state", "order_line.backorder_qty", "order_line.backorder_promised_qty")
    def _compute_backorder_stock(self):
        states = self._backorder_stock_states()
        for order in self:
            order.backorder_stock = states.get(order._origin.id, False)

    def _search_backorder_stock(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: what there is of an order does not depend on who looks; which orders he sees, the
        # search itself decides
        domain = Domain("state", "in", ("draft", "sent")) & Domain(
            "company_id", "in", self.env.companies.ids
        )
        states = self.sudo().search(domain)._backorder_stock_states()
        return Domain("id", "in", [order for order, state in states.items() if state in value])

    def _backorder_stock_states(self):
        """{order id: ``all`` | ``some`` | ``none``} of these orders, each looked at on its own.

        An order without goods that are kept in stock has everything, one without lines nothing
        to have.
        """
        orders = self._origin.filtered(
            lambda order: (
                order.state != "cancel" and any(not line.display_type for line in order.order_line)
            )
        )
        lines = orders.order_line._backorder_kept_in_stock()
        facts = lines._backorder_facts()
        lines = lines.filtered(lambda line: facts.parts.get(line))
        quotations = lines.filtered(lambda line: line.state != "sale")
        supply = self.env["backorder.supply"]._gather(
            quotations._backorder_part_products(facts.parts),
            self.env["stock.location"].browse({facts.locations[line].id for line in quotations}),
            orders=quotations.order_id,
            opened=True,
        )
        states = dict.fromkeys(orders.ids, "all")
        for order, own in lines.grouped("order_id").items():
            if order.state == "sale":
                there = [(line._backorder_owed(), line.backorder_reserved_qty) for line in own]
            else:
                stock = supply.copy_for(own._backorder_part_products(facts.parts).ids)
                there = [
                    (
                        line._backorder_owed(),
                        line._backorder_take(
                            stock,
                            facts.parts[line],
                            facts.locations[line],
                            max(0.0, line._backorder_owed() - line.backorder_forced_qty),
                        ),
                    )
                    for line in own
                ]
            if any(is_positive(owed - got) for owed, got in there):
                some = any(is_positive(got) for _owed, got in there)
                states[order.id] = "some" if some else "none"
        return states

    def _backorder_invoiced_when_approved(self):
        """Whether something of this quotation can be invoiced as soon as it is approved."""
        self.ensure_one()
        return any(
            line.product_id.invoice_policy == "order" and line.product_uom_qty
            for line in self.order_line
            if not line.display_type
        )

    # -- payment ----------------------------------------------------------------------------------

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
        # sudo: as for stock
        tokens = self.env["payment.token"].sudo().search(self._backorder_cards_domain())
        holders = tokens.partner_id.ids
        orders = self.sudo().search(
            Domain.OR(
                Domain(payer, "in", holders)
                for payer in (
                    "partner_id",
                    "partner_id.commercial_partner_id",
                    "partner_invoice_id",
                    "partner_invoice_id.commercial_partner_id",
                )
            )
        )
        wanted = True in value
        if wanted and False in value:
            return Domain.TRUE
        return Domain("id", "in" if wanted else "not in", orders._backorder_with_card().ids)

    # -- age --------------------------------------------------------------------------------------

    @api.depends("date_order")
    def _compute_backorder_days_open(self):
        now = fields.Datetime.now()
        for order in self:
            order.backorder_days_open = (now - order.date_order).days if order.date_order else 0

    def _search_backorder_days_open(self, operator, value):
        turned = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}
        if operator not in turned or isinstance(value, bool):
            return NotImplemented
        days = min(max(int(value), 0), 36500)
        if operator in (">", "<="):
            days += 1
            turned = {**turned, ">": "<=", "<=": ">"}
        moment = fields.Datetime.now() - timedelta(days=days)
        return Domain("date_order", turned[operator], moment)

    # -- screens ----------------------------------------------------------------------------------

    def action_process_orders(self):
        """*Process Orders*: the dialog of the Multi-Order Processor for these orders; when none is
        ticked, for everything that the list's filter shows.

        :raise UserError: no orders
        """
        orders = self
        if not orders and self.env.context.get("active_domain"):
            orders = self.search(self.env.context["active_domain"])
        if not orders:
            raise UserError(
                self.env._("No orders are chosen. Tick quotations in the list, then process them.")
            )
        return self.env["backorder.process"]._open_for(orders)
