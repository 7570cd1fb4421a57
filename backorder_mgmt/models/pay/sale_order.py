"""What an order still asks for, and how Odoo's own checks see it."""

import operator as comparison

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, float_round

from ..base.meanwhile import Meanwhile

#: Only money that came in on an order counts as paid on it.
not_carried = Meanwhile(default=False)
_OPERATORS = {
    "=": comparison.eq,
    "!=": comparison.ne,
    "<": comparison.lt,
    "<=": comparison.le,
    ">": comparison.gt,
    ">=": comparison.ge,
}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_carry_in_ids = fields.One2many("backorder.carry", "to_order_id", readonly=True)
    backorder_carry_out_ids = fields.One2many("backorder.carry", "from_order_id", readonly=True)
    backorder_carried_amount = fields.Monetary(
        string="Carried",
        compute="_compute_backorder_carried_amount",
        store=True,
        copy=False,
        help="Credit (+) carried to this order from others of its family, or balance (−) that it "
        "took over; the other order has the same amount with the other sign.",
    )
    backorder_rounding_amount = fields.Monetary(
        string="Rounding",
        compute="_compute_backorder_rounding_amount",
        compute_sudo=True,
        help="What this order and its new orders cost more (+) or less (−) than together, as each "
        "is rounded by itself. Nobody is asked for it.",
    )
    backorder_family_ids = fields.Many2many(
        "sale.order", string="Original and New Orders", compute="_compute_backorder_family_ids"
    )
    backorder_family_has_money = fields.Boolean(compute="_compute_backorder_family_has_money")
    backorder_carry_ids = fields.Many2many(
        "backorder.carry",
        string="Carried Amounts",
        compute="_compute_backorder_carry_ids",
        groups="backorder_mgmt.group_backorder_user",
    )
    backorder_carried_label = fields.Char(
        compute="_compute_backorder_carried_label", compute_sudo=True
    )
    backorder_open_total = fields.Monetary(
        string="Open Total",
        compute="_compute_backorder_amount_due",
        compute_sudo=True,
        help="What the customer keeps and what is to come; of a cancelled order what is invoiced.",
    )
    backorder_paid_amount = fields.Monetary(
        string="Paid",
        compute="_compute_backorder_amount_due",
        compute_sudo=True,
        help="Online payments, and payments of this order's invoices that were made otherwise. "
        "What is only authorized is not paid.",
    )
    backorder_authorized_amount = fields.Monetary(
        string="Authorized",
        compute="_compute_backorder_amount_due",
        compute_sudo=True,
        help="Authorized online, and neither captured nor voided.",
    )
    backorder_amount_due = fields.Monetary(
        string="Amount Due",
        compute="_compute_backorder_amount_due",
        compute_sudo=True,
        search="_search_backorder_amount_due",
        help="What is owed, less what was paid, less carried credit, plus carried balance. "
        "Negative: paid more than it costs.",
    )

    # -- figures ----------------------------------------------------------------------------------

    @api.depends("backorder_carry_in_ids.amount", "backorder_carry_out_ids.amount", "currency_id")
    def _compute_backorder_carried_amount(self):
        for order in self:
            incoming, outgoing = (
                rows.filtered(lambda row: row.kind != "rounding")
                for rows in (order.backorder_carry_in_ids, order.backorder_carry_out_ids)
            )
            order.backorder_carried_amount = sum(
                sign
                * row.currency_id._convert(
                    row.amount, order.currency_id, row.company_id, row.date or fields.Date.today()
                )
                for rows, sign in ((incoming, 1), (outgoing, -1))
                for row in rows
            )

    @api.depends("backorder_carry_in_ids.amount", "backorder_carry_in_ids.kind")
    def _compute_backorder_rounding_amount(self):
        for order in self:
            rows = order.backorder_carry_in_ids.filtered(lambda row: row.kind == "rounding")
            order.backorder_rounding_amount = sum(rows.mapped("amount"))

    def _backorder_due_of(self, paid, owed=None):
        """What is due on this order of which ``paid`` came in; negative: that much too much.

        Rounding is nobody's debt: what a split costs more is not due, and what it costs less only
        makes a credit smaller.

        :param owed: another amount than what is owed on it now
        """
        self.ensure_one()
        due = self.backorder_owed_amount if owed is None else owed
        due -= paid + self.backorder_carried_amount
        rounding = self.backorder_rounding_amount
        if rounding > 0:
            due -= rounding
        elif due < 0:
            due = min(0.0, due - rounding)
        return self.currency_id.round(due)

    @api.depends(
        "backorder_owed_amount",
        "backorder_rounding_amount",
        "amount_paid",
        "backorder_carried_amount",
        "transaction_ids.child_transaction_ids.state",
        "order_line.invoice_lines.move_id.amount_residual",
        "order_line.invoice_lines.move_id.payment_state",
    )
    def _compute_backorder_amount_due(self):
        figures = self._backorder_paid_figures()
        for order in self:
            authorized, paid = figures.get(order._origin.id, (0.0, 0.0))
            order.backorder_open_total = order.backorder_owed_amount
            order.backorder_paid_amount = paid
            order.backorder_authorized_amount = order.currency_id.round(authorized - paid)
            order.backorder_amount_due = order._backorder_due_of(paid)

    @api.depends("backorder_carried_amount")
    @api.depends_context("lang")
    def _compute_backorder_carried_label(self):
        """What the carried amount is, in words: of which kind, and with which orders."""
        for order in self:
            incoming = order.backorder_carry_in_ids.filtered(lambda row: row.kind != "rounding")
            taken = incoming.mapped("from_name")
            given = order.backorder_carry_out_ids.mapped("to_name")
            credit = order.backorder_carried_amount > 0
            here = "credit" if credit else "balance"
            if here in incoming.mapped("kind"):
                names = ", ".join(dict.fromkeys(taken))
                label = (
                    self.env._("Credit carried from %s", names)
                    if credit
                    else self.env._("Balance taken over from %s", names)
                )
            else:
                names = ", ".join(dict.fromkeys(given))
                label = (
                    self.env._("Balance carried to %s", names)
                    if credit
                    else self.env._("Credit carried to %s", names)
                )
            order.backorder_carried_label = label if order.backorder_carried_amount else False

    def _search_backorder_amount_due(self, operator, value):
        """By the same query that computes it, for all orders that have an amount at all."""
        if operator in ("in", "not in"):
            values = set(value)
            test = (
                (lambda due: due in values) if operator == "in" else (lambda due: due not in values)
            )
        elif operator in _OPERATORS:
            compare = _OPERATORS[operator]

            def test(due):
                return compare(due, value)

        else:
            return NotImplemented
        self._backorder_flush_paid()
        otherwise = self.sudo()._backorder_due_otherwise()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT so.id,
                       CASE WHEN so.state = 'cancel' THEN 0
                            ELSE COALESCE(so.amount_total, 0) END,
                       figures.captured + COALESCE(so.backorder_carried_amount, 0),
                       COALESCE(currency.decimal_places, 2)
                  FROM sale_order so
                  JOIN (%s) figures (id, paid, captured) ON figures.id = so.id
             LEFT JOIN res_currency currency ON currency.id = so.currency_id
                """,
                self._backorder_paid_sql(SQL("IS NOT NULL")),
            )
        )
        return Domain(
            "id",
            "in",
            [
                order_id
                for order_id, total, paid, digits in rows
                if test(otherwise.get(order_id, float_round(float(total) - float(paid), digits)))
            ],
        )

    @api.depends("backorder_parent_id", "backorder_child_ids")
    def _compute_backorder_family_ids(self):
        for order in self:
            saved = order._origin
            family = saved.browse()
            if saved.backorder_parent_id or saved.backorder_child_ids:
                # sudo to find the family; shown is what the user may read of it
                family = saved.sudo()._backorder_family().with_env(self.env)
            order.backorder_family_ids = family._filtered_access("read")

    @api.depends("backorder_family_ids", "backorder_paid_amount", "backorder_carried_amount")
    def _compute_backorder_family_has_money(self):
        """Where nothing was paid or carried, no column speaks of it."""
        for order in self:
            order.backorder_family_has_money = any(
                member.backorder_paid_amount or member.backorder_carried_amount
                for member in order.backorder_family_ids
            )

    @api.depends("backorder_family_ids", "backorder_carry_in_ids", "backorder_carry_out_ids")
    def _compute_backorder_carry_ids(self):
        for order in self:
            ids = order.backorder_family_ids.ids
            # either end: the other one may be deleted
            domain = Domain("to_order_id", "in", ids) | Domain("from_order_id", "in", ids)
            order.backorder_carry_ids = self.env["backorder.carry"].search(domain, order="id")

    # -- Odoo's own checks ------------------------------------------------------------------------

    @api.depends(
        "backorder_carried_amount",
        "backorder_rounding_amount",
        "transaction_ids.state",
        "transaction_ids.amount",
    )
    def _compute_amount_paid(self):
        """Carried credit counts as paid; a carried balance is still to be paid."""
        super()._compute_amount_paid()
        if not_carried.now(self.env):
            return
        for order in self:
            order.amount_paid += order.backorder_carried_amount
            order.amount_paid += max(0.0, order.backorder_rounding_amount)

    def _is_paid(self):
        self.ensure_one()
        if self.state == "cancel":
            return super()._is_paid()
        # As in Odoo, what is authorised will do here.
        paid = self.backorder_paid_amount + self.backorder_authorized_amount
        return self._backorder_due_of(paid) <= 0 or self._backorder_paid_by_family()

    def _backorder_paid_by_family(self):
        """Whether the orders of this family together are paid, wherever the money stands."""
        self.ensure_one()
        in_family = self.sudo().backorder_parent_id or self.sudo().backorder_child_ids
        return bool(in_family) and self._backorder_family_money().settled

    def _get_prepayment_required_amount(self):
        """What is to be paid here for confirming: carried credit counts, carried balance adds."""
        required = super()._get_prepayment_required_amount()
        if not self.require_payment:
            return required
        return max(0.0, self.currency_id.round(required - self.backorder_carried_amount))

    def _is_confirmation_amount_reached(self):
        self.ensure_one()
        required = self._get_prepayment_required_amount()
        paid = self.backorder_paid_amount + self.backorder_authorized_amount
        if self.currency_id.compare_amounts(required, paid) <= 0:
            return True
        return self._backorder_paid_by_family()

    def _backorder_payable_amount(self):
        """The most that a payment page of this order may ask for now: what is due on it, and no
        more than its family owes less what is paid and asked for; what is authorised on it counts
        as asked for."""
        self.ensure_one()
        due = max(0.0, self.backorder_amount_due)
        if not due:
            return 0.0
        cap = min(due, self._backorder_family_money("page").cap)
        return max(0.0, self.currency_id.round(cap - self.backorder_authorized_amount))

    def _backorder_check_payment(self, amount):
        """Refuse a payment of more than can be asked for on this order now.

        :raise ValidationError: more than that
        """
        self._backorder_touch_family()
        payable = self._backorder_payable_amount()
        if self.currency_id.compare_amounts(amount, payable) > 0:
            raise ValidationError(
                self._backorder_payment_refusal(amount, payable, self.currency_id, self.name)
            )

    def _backorder_payment_refusal(self, amount, payable, currency, document):
        """Why a customer cannot pay ``amount`` of a ``document`` of these orders: a sentence."""
        # sudo: as for the family's money
        asked = self.sudo()._backorder_families()._backorder_asked_transactions()
        begun = asked.filtered(lambda tx: tx._backorder_begun_until())[:1]
        if begun:
            papers = begun.sale_order_ids or begun.invoice_ids
            return self.env._(
                "A payment of %(amount)s for %(order)s was begun a moment ago. End it "
                "there; if you gave it up, reload the page in some minutes.",
                amount=begun.currency_id.format(begun.amount),
                order=", ".join(papers.mapped("name")) or document,
            )
        return self.env._(
            "%(amount)s are more than what is still to be paid for %(order)s: %(payable)s. "
            "Reload the page.",
            amount=currency.format(amount),
            order=document,
            payable=currency.format(payable),
        )

    def _get_default_payment_link_values(self):
        """As Odoo proposes, what confirms the order, else what is due: of that, what its payment
        page will ask for."""
        values = super()._get_default_payment_link_values()
        due = self._backorder_payable_amount()
        # Odoo's rest of the whole order takes what was voided or refunded for paid.
        part = values["amount"] if values["amount"] != values["amount_max"] else 0.0
        return {
            **values,
            "amount": min(part, due) if part else due,
            "amount_max": due,
            "amount_paid": self.backorder_owed_amount - self.backorder_amount_due,
        }

    def _generate_downpayment_invoices(self):
        """A down payment invoices the money that came in on this order, not what was carried."""
        # What is known was worked out with it, or without: it is stored nowhere.
        self.invalidate_model(["amount_paid"], flush=False)
        try:
            with not_carried.so(self.env):
                return super()._generate_downpayment_invoices()
        finally:
            self.invalidate_model(["amount_paid"], flush=False)
