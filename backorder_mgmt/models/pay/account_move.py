"""Invoices of a family: settled by its money, and never asked for beyond what it owes."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountMove(models.Model):
    _inherit = "account.move"

    backorder_payable_amount = fields.Monetary(
        string="Payable Online",
        compute="_compute_backorder_payable_amount",
        compute_sudo=True,
        help="What a payment page of this invoice asks for now: what is open on it, and no more "
        "than its orders and their families still owe.",
    )

    def _post(self, soft=True):
        """Odoo settles an invoice with the online payments of its order. In a family, a payment or
        a credit note of one order settles the invoices of the others, too."""
        posted = super()._post(soft)
        documents = posted.filtered(lambda move: move.move_type in ("out_invoice", "out_refund"))
        documents.line_ids.sale_line_ids.order_id._backorder_settle_invoices()
        return posted

    # -- what its payment page may ask for --------------------------------------------------------

    def _backorder_payable_amount(self, currency=None, date=None):
        """The most that a payment page of these customer invoices may ask for now, together.

        What is open on them, and of that no more than the families of their orders owe, or are
        invoiced, less what is paid and asked for. What no order stands behind is open as it is.

        :param currency: that of the payment; None: that of the invoices, which is one
        :param date: the day whose rates count; None: today
        """
        return self._backorder_payable_amounts([self], currency, date)[0]

    @api.model
    def _backorder_payable_amounts(self, papers, currency=None, date=None):
        """[the most that a payment page of each of these ``papers`` may ask for now], by as many
        queries for many as for one; see :meth:`_backorder_payable_amount`.

        :param papers: customer invoices that are paid together each
        """
        # sudo: a customer need not see the orders and payments of the family; sums only
        invoices = self.env["account.move"].sudo().union(*papers)
        orders = invoices.invoice_line_ids.sale_line_ids.order_id
        families = orders._backorder_families()
        # Read for all of them at once.
        for field in ("transaction_ids", "invoice_ids"):
            families.mapped(field)
        invoices.mapped("transaction_ids")
        invoices.invoice_line_ids.mapped("is_downpayment")
        date = date or fields.Date.today()
        result, looked = [], {}
        for position, paper in enumerate(papers):
            own = invoices & paper.sudo()
            of_paper = own.invoice_line_ids.sale_line_ids.order_id
            to = currency or own.currency_id
            payable = sum(
                move.currency_id._convert(
                    move.amount_residual, to, move.company_id, date, round=False
                )
                for move in own
            )
            result.append(max(0.0, to.round(payable)))
            # Most have orders that nobody paid or asked for otherwise, which owe what is open.
            if own._backorder_has_other_money(of_paper):
                looked[position] = (own, of_paper, to, payable)
        if not looked:
            return result
        settled = orders._backorder_settled_amounts(
            invoices.browse().union(*(own for own, *_paid in looked.values()))
        )
        roots = families.filtered(lambda order: not order.backorder_parent_id)
        moneys = roots._backorder_families_money("page")
        families.mapped("backorder_authorized_amount")
        for position, (own, of_paper, to, payable) in looked.items():
            beside = own._backorder_open_beside(of_paper, settled, to, date)
            seen, cap = orders.browse(), 0.0
            for order in of_paper:
                if order not in seen:
                    family = order._backorder_family()
                    seen |= family
                    cap += family._backorder_billable_amount(
                        of_paper & family, moneys[family[:1]], to, date
                    )
            # What each order paid is rounded: of an invoice of many orders a cent would stay.
            cents = to.rounding / 2 * len(of_paper) if cap > 0 else 0.0
            cap += max(0.0, beside)
            result[position] = max(0.0, to.round(payable if payable - cap <= cents else cap))
        return result

    def _backorder_has_other_money(self, orders):
        """Whether more than what is open on these invoices of ``orders`` tells what may be asked
        for: somebody paid, was asked or was invoiced otherwise, or the orders have a family."""
        return bool(
            orders.transaction_ids
            or self.transaction_ids
            or orders.invoice_ids - self
            or orders.backorder_parent_id
            or orders.backorder_child_ids
            or any(self.invoice_line_ids.mapped("is_downpayment"))
        )

    def _backorder_open_beside(self, orders, settled, currency, date):
        """What these invoices ask for that is of none of ``orders``, in ``currency``.

        :param settled: {invoice id: what settles it beside transactions}
        """
        return sum(
            move.currency_id._convert(
                (1.0 - move._backorder_share(orders))
                * max(0.0, move.amount_total - settled.get(move.id, 0.0)),
                currency,
                move.company_id,
                date,
                round=False,
            )
            for move in self
        )

    @api.depends(
        "state",
        "amount_residual",
        "transaction_ids.state",
        "invoice_line_ids.sale_line_ids.order_id.backorder_amount_due",
        "invoice_line_ids.sale_line_ids.order_id.transaction_ids.state",
        "invoice_line_ids.sale_line_ids.order_id.invoice_ids.transaction_ids.state",
        "invoice_line_ids.sale_line_ids.order_id.backorder_child_ids.transaction_ids.state",
        "invoice_line_ids.sale_line_ids.order_id.backorder_parent_id.transaction_ids.state",
        "invoice_line_ids.sale_line_ids.order_id.backorder_parent_id.backorder_child_ids"
        ".transaction_ids.state",
    )
    def _compute_backorder_payable_amount(self):
        invoices = self.filtered(lambda move: move.move_type == "out_invoice" and move.id)
        papers = [invoice._origin for invoice in invoices]
        amounts = self._backorder_payable_amounts(papers)
        (self - invoices).backorder_payable_amount = 0.0
        for invoice, amount in zip(invoices, amounts, strict=True):
            invoice.backorder_payable_amount = amount

    def _backorder_share(self, orders):
        """Which part of an invoice is of these orders, by value: 0 to 1."""
        lines = self.invoice_line_ids
        total = sum(lines.mapped("price_total"))
        own = lines.filtered(lambda line: line.sale_line_ids.order_id & orders)
        return sum(own.mapped("price_total")) / total if total else float(bool(own))

    def _backorder_check_payment(self, amount, currency=None, date=None):
        """Refuse a payment of more than can be asked for on these invoices now.

        :param currency: of the payment; None: that of the invoices
        :param date: the day of the payment; None: today
        :raise ValidationError: more than that
        """
        # sudo: as for the amount
        orders = self.sudo().invoice_line_ids.sale_line_ids.order_id
        if not orders:
            return
        orders._backorder_touch_family()
        currency = currency or self.currency_id
        payable = self._backorder_payable_amount(currency, date)
        if currency.compare_amounts(amount, payable) > 0:
            names = ", ".join(self.mapped("name"))
            raise ValidationError(
                orders._backorder_payment_refusal(amount, payable, currency, names)
            )

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self.currency_id.is_zero(
            self.backorder_payable_amount
        )

    def _get_online_payment_error(self):
        """Also where the order, or its family, is paid or being paid at this moment."""
        errors = super()._get_online_payment_error()
        if errors or not self.currency_id.is_zero(self.backorder_payable_amount):
            return errors
        return self.env._("What is open of this invoice is paid, or is being paid, by its orders.")

    def _get_default_payment_link_values(self):
        """As Odoo proposes, and no more than its payment page will ask for."""
        values = super()._get_default_payment_link_values()
        payable = self._backorder_payable_amount()
        for name in ("amount", "amount_max"):
            if values.get(name):
                values[name] = min(values[name], payable)
        return values
