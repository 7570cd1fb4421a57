"""What an order still asks for, and money carried between the orders of a family."""

import operator as comparison

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

_OPERATORS = {
    "=": comparison.eq,
    "!=": comparison.ne,
    "<": comparison.lt,
    "<=": comparison.le,
    ">": comparison.gt,
    ">=": comparison.ge,
}


class BackorderOrderMoney(models.AbstractModel):
    """Comes before Odoo's own class in the inheritance of ``sale.order``: it overrides it."""

    _name = "backorder.order.money"
    _inherit = ["backorder.order.paid"]
    _description = "Backorder Order: Money"

    # -- figures ----------------------------------------------------------------------------------

    @api.depends("backorder_carry_in_ids.amount", "backorder_carry_out_ids.amount", "currency_id")
    def _compute_backorder_carried_amount(self):
        for order in self:
            incoming, outgoing = order.backorder_carry_in_ids, order.backorder_carry_out_ids
            order.backorder_carried_amount = sum(
                sign
                * row.currency_id._convert(
                    row.amount, order.currency_id, row.company_id, row.date or fields.Date.today()
                )
                for rows, sign in ((incoming, 1), (outgoing, -1))
                for row in rows
            )

    @api.depends(
        "amount_total",
        "state",
        "amount_paid",
        "backorder_carried_amount",
        "transaction_ids.child_transaction_ids.state",
        "order_line.invoice_lines.move_id.amount_residual",
        "order_line.invoice_lines.move_id.payment_state",
    )
    def _compute_backorder_amount_due(self):
        figures = self._backorder_paid_figures()
        for order in self:
            paid, _captured = figures.get(order._origin.id, (0.0, 0.0))
            # A cancelled order asks for nothing; what is paid on it is owed to the customer.
            total = 0.0 if order.state == "cancel" else order.amount_total
            order.backorder_open_total = total
            order.backorder_paid_amount = paid
            order.backorder_amount_due = order.currency_id.round(
                total - paid - order.backorder_carried_amount
            )

    @api.depends("backorder_carried_amount")
    @api.depends_context("lang")
    def _compute_backorder_carried_label(self):
        """What the carried amount is, in words: of which kind, and with which orders."""
        for order in self:
            taken = order.backorder_carry_in_ids.mapped("from_name")
            given = order.backorder_carry_out_ids.mapped("to_name")
            credit = order.backorder_carried_amount > 0
            here = "credit" if credit else "balance"
            if here in order.backorder_carry_in_ids.mapped("kind"):
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
        rows = self.env.execute_query(
            SQL(
                """
                SELECT so.id, ROUND(
                           CASE WHEN so.state = 'cancel' THEN 0
                                ELSE COALESCE(so.amount_total, 0) END
                           - figures.paid - COALESCE(so.backorder_carried_amount, 0),
                           COALESCE(currency.decimal_places, 2)
                       )
                  FROM sale_order so
                  JOIN (%s) figures (id, paid, captured) ON figures.id = so.id
             LEFT JOIN res_currency currency ON currency.id = so.currency_id
                """,
                self._backorder_paid_sql(SQL("IS NOT NULL")),
            )
        )
        return Domain("id", "in", [order_id for order_id, due in rows if test(float(due))])

    @api.depends("backorder_parent_id", "backorder_child_ids")
    def _compute_backorder_family_ids(self):
        for order in self:
            saved = order._origin
            family = saved.browse()
            if saved.backorder_parent_id or saved.backorder_child_ids:
                # sudo to find the family; shown is what the user may read of it
                family = saved.sudo()._backorder_family().with_env(self.env)
            order.backorder_family_ids = family._filtered_access("read")

    @api.depends("backorder_family_ids", "backorder_carry_in_ids", "backorder_carry_out_ids")
    def _compute_backorder_carry_ids(self):
        for order in self:
            ids = order.backorder_family_ids.ids
            # either end: the other one may be deleted
            domain = Domain("to_order_id", "in", ids) | Domain("from_order_id", "in", ids)
            order.backorder_carry_ids = self.env["backorder.carry"].search(domain, order="id")

    def _backorder_surplus(self):
        """What was really paid (not only authorised) or carried here beyond the total."""
        self.ensure_one()
        _paid, captured = self._backorder_paid_figures()[self.id]
        total = 0.0 if self.state == "cancel" else self.amount_total
        surplus = self.currency_id.round(captured + self.backorder_carried_amount - total)
        return max(0.0, surplus)

    # -- Odoo's own checks ------------------------------------------------------------------------

    @api.depends("backorder_carried_amount", "transaction_ids.state", "transaction_ids.amount")
    @api.depends_context("backorder_not_carried")
    def _compute_amount_paid(self):
        """Carried credit counts as paid; a carried balance is still to be paid."""
        super()._compute_amount_paid()
        if self.env.context.get("backorder_not_carried"):
            return
        for order in self:
            order.amount_paid += order.backorder_carried_amount

    def _is_paid(self):
        self.ensure_one()
        if self.state == "cancel":
            return super()._is_paid()
        return self.currency_id.compare_amounts(self.backorder_amount_due, 0.0) <= 0

    def _get_prepayment_required_amount(self):
        """What is to be paid here for confirming: carried credit counts, carried balance adds."""
        required = super()._get_prepayment_required_amount()
        if not self.require_payment:
            return required
        return max(0.0, self.currency_id.round(required - self.backorder_carried_amount))

    def _is_confirmation_amount_reached(self):
        self.ensure_one()
        required = self._get_prepayment_required_amount()
        return self.currency_id.compare_amounts(required, self.backorder_paid_amount) <= 0

    def _get_default_payment_link_values(self):
        values = super()._get_default_payment_link_values()
        due = max(0.0, self.backorder_amount_due)
        return {
            **values,
            "amount": min(values["amount"], due) if values["amount"] else due,
            "amount_max": due,
            "amount_paid": self.amount_total - self.backorder_amount_due,
        }

    def _generate_downpayment_invoices(self):
        """A down payment invoices the money that came in on this order, not what was carried."""
        orders = self.with_context(backorder_not_carried=True)
        return super(BackorderOrderMoney, orders)._generate_downpayment_invoices()

    def _backorder_settle_invoice(self, invoice):
        """Match an invoice of this order with what is open of the online payments that pay for it:
        its own, those of an order whose credit was carried here, and those of an order that took
        over its balance.

        Only where something was carried, and all of it is paid: else an invoice of this order
        would take what is meant for another one.
        """
        self.ensure_one()
        # sudo: whoever invoices need not see transactions; nothing of them is shown here
        order = self.sudo()
        if not order.backorder_carried_amount or order.backorder_amount_due > 0:
            return
        givers = order.backorder_carry_in_ids.filtered(lambda row: row.amount > 0).from_order_id
        takers = order.backorder_carry_out_ids.filtered(lambda row: row.amount < 0).to_order_id
        takers = takers.filtered(lambda taker: taker.backorder_amount_due <= 0)
        transactions = (order | givers | takers).transaction_ids
        transactions |= transactions.child_transaction_ids
        payments = transactions.filtered(lambda tx: tx.state == "done").payment_id
        for line in payments.move_id.line_ids:
            if (
                line.account_type == "asset_receivable"
                and not line.reconciled
                and not invoice.currency_id.is_zero(invoice.amount_residual)
            ):
                invoice.js_assign_outstanding_line(line.id)

    def _backorder_handed_on_invoices(self):
        """{order: its open invoices} of the orders whose balance this one took over."""
        rows = self.sudo().backorder_carry_in_ids.filtered(lambda row: row.amount < 0)
        return {
            order: order.invoice_ids.filtered(
                lambda move: (
                    move.state == "posted"
                    and move.move_type == "out_invoice"
                    and not move.currency_id.is_zero(move.amount_residual)
                )
            )
            for order in rows.from_order_id
        }

    # -- carry ------------------------------------------------------------------------------------

    def _backorder_family(self):
        """The order, the orders it was made of, and all that were made of these."""
        self.ensure_one()
        root = self
        while root.backorder_parent_id:
            root = root.backorder_parent_id
        family = level = root
        while level := level.backorder_child_ids:
            family |= level
        return family

    def _backorder_carry_in(self, amount, from_order, run=None, note=None):
        """Move ``amount`` of paid money from ``from_order`` to this order of the same family.

        :param amount: in the orders' currency; + a credit, − a balance: what is owed moves
        :return: the ``backorder.carry`` row; empty when there is nothing to move
        :raise UserError: not of one family, or of different currencies
        """
        self.ensure_one()
        from_order.ensure_one()
        # sudo: called by fills, charges and cancellations, whose right was checked
        target, source = self.sudo(), from_order.sudo()
        amount = target.currency_id.round(amount)
        if target.currency_id.is_zero(amount):
            return self.env["backorder.carry"]
        if source == target or source not in target._backorder_family():
            raise UserError(
                self.env._(
                    "Nothing can be carried from %(origin)s to %(target)s: they are not an order "
                    "and a new order made of it.",
                    origin=source.name,
                    target=target.name,
                )
            )
        if source.currency_id != target.currency_id:
            raise UserError(
                self.env._(
                    "Nothing can be carried from %(origin)s, in %(currency)s, to %(target)s, in "
                    "%(other)s. Settle this by hand.",
                    origin=source.name,
                    target=target.name,
                    currency=source.currency_id.name,
                    other=target.currency_id.name,
                )
            )
        row = (
            self.env["backorder.carry"]
            .with_env(target.order_line._backorder_token().env)
            .sudo()
            .create(target._prepare_backorder_carry_vals(amount, source, run, note))
        )
        target._backorder_note_carry(amount, source, note)
        return row.with_env(self.env)

    def _prepare_backorder_carry_vals(self, amount, source, run, note):
        return {
            "from_order_id": source.id,
            "to_order_id": self.id,
            "from_name": source.name,
            "to_name": self.name,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "kind": "credit" if amount > 0 else "balance",
            "amount": amount,
            "user_id": self.env.uid,
            "run_id": run.id if run else False,
            "note": note,
        }

    def _backorder_note_carry(self, amount, source, note):
        """The same sentence on both orders."""
        text = self.env._("Credit carried") if amount > 0 else self.env._("Balance carried")
        body = self.env._(
            "%(what)s: %(amount)s from %(origin)s to %(target)s.",
            what=f"{text} ({note})" if note else text,
            amount=self.currency_id.format(abs(amount)),
            origin=source._get_html_link(),
            target=self._get_html_link(),
        )
        (source | self)._message_log_batch(bodies=dict.fromkeys((source | self).ids, body))

    def _backorder_carry_filled(self, new_order, run):
        """Carry to the new order what the options of the fill say.

        The items have moved already: a paid original has a surplus now.
        """
        if run.carry_credit in ("needed", "whole"):
            credit = self._backorder_surplus()
            if run.carry_credit == "needed":
                credit = min(credit, max(0.0, new_order.backorder_amount_due))
            new_order._backorder_carry_in(credit, self, run=run)
        if run.carry_balance and self.backorder_amount_due > 0:
            new_order._backorder_carry_in(-self.backorder_amount_due, self, run=run)

    def _backorder_carry_back(self, note=None):
        """Give back what was carried to these orders and not carried on since."""
        for order in self.sudo():
            incoming, outgoing = order.backorder_carry_in_ids, order.backorder_carry_out_ids
            for source in incoming.from_order_id:
                net = sum(
                    incoming.filtered(lambda r, o=source: r.from_order_id == o).mapped("amount")
                )
                net -= sum(
                    outgoing.filtered(lambda r, o=source: r.to_order_id == o).mapped("amount")
                )
                here = order.backorder_carried_amount
                net = min(net, max(0.0, here)) if net > 0 else max(net, min(0.0, here))
                source._backorder_carry_in(net, order, note=note)

    def _action_cancel(self):
        unapproved = self.filtered(lambda order: order.state in ("draft", "sent"))
        res = super()._action_cancel()
        unapproved._backorder_cancel_carries(approved=False)
        (self - unapproved)._backorder_cancel_carries()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_backorder_carry_back(self):
        self._backorder_cancel_carries(approved=False)

    def _backorder_cancel_carries(self, approved=True):
        """Money carried to an order that is given up goes back; so does a balance that a given up
        order had handed on.

        An order that was not approved gives its items back, so always its money too. Of one that
        was approved, what is invoiced or paid already stays, for the accountant.
        """
        carried = self.sudo().filtered(
            lambda order: order.backorder_carry_in_ids or order.backorder_carry_out_ids
        )
        for order in carried:
            if approved and order._backorder_carry_settled():
                continue
            note = self.env._("%s was given up", order.name)
            order._backorder_carry_back(note)
            taken = order.backorder_carry_out_ids.filtered(lambda row: row.amount < 0).to_order_id
            for target in taken.filtered(lambda other: not other._backorder_carry_settled()):
                rows = order.backorder_carry_out_ids.filtered(
                    lambda row, target=target: row.to_order_id == target
                )
                back = order.backorder_carry_in_ids.filtered(
                    lambda row, target=target: row.from_order_id == target
                )
                net = sum(rows.mapped("amount")) - sum(back.mapped("amount"))
                if net < 0:
                    order._backorder_carry_in(net, target, note=note)

    def _backorder_carry_settled(self):
        """Whether the customer paid on this order, or has an invoice of it."""
        self.ensure_one()
        posted = self.invoice_ids.filtered(lambda invoice: invoice.state == "posted")
        return bool(posted) or not self.currency_id.is_zero(self.backorder_paid_amount)
