"""Invoices of a family: settled by its money, and never asked for beyond what it owes."""

from odoo import fields, models
from odoo.exceptions import ValidationError


class AccountMove(models.Model):
    _inherit = "account.move"

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
        # sudo: a customer need not see the orders and payments of the family; a sum only
        invoices = self.sudo()
        currency = currency or invoices.currency_id
        date = date or fields.Date.today()
        payable, shares = 0.0, {}
        orders = invoices.env["sale.order"]
        for invoice in invoices:
            own = invoice.invoice_line_ids.sale_line_ids.order_id
            orders |= own
            residual = invoice.currency_id._convert(
                invoice.amount_residual, currency, invoice.company_id, date, round=False
            )
            payable += residual
            shares[invoice] = 1.0 - invoice._backorder_share(own)
        # A list of invoices asks this for each of them: most have orders that nobody paid or asked
        # for otherwise, which owe what is open.
        if not (
            orders.transaction_ids
            or invoices.transaction_ids
            or orders.invoice_ids - invoices
            or orders.backorder_parent_id
            or orders.backorder_child_ids
        ):
            return max(0.0, currency.round(payable))
        settled = orders._backorder_settled_amounts(invoices)
        beside = sum(
            invoice.currency_id._convert(
                share * max(0.0, invoice.amount_total - settled.get(invoice.id, 0.0)),
                currency,
                invoice.company_id,
                date,
                round=False,
            )
            for invoice, share in shares.items()
        )
        seen, cap = orders.browse(), 0.0
        for order in orders:
            if order in seen:
                continue
            family = order._backorder_family()
            seen |= family
            cap += family._backorder_billable_amount(orders & family, currency, date)
        # What each order paid is rounded: of an invoice of many orders a cent would stay for ever.
        cents = currency.rounding / 2 * len(orders) if cap > 0 else 0.0
        cap += max(0.0, beside)
        return max(0.0, currency.round(payable if payable - cap <= cents else cap))

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
        for order in orders:
            order._backorder_touch_family()
        currency = currency or self.currency_id
        payable = self._backorder_payable_amount(currency, date)
        if currency.compare_amounts(amount, payable) > 0:
            names = ", ".join(self.mapped("name"))
            raise ValidationError(
                orders._backorder_payment_refusal(amount, payable, currency, names)
            )

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self.currency_id.is_zero(
            self._backorder_payable_amount()
        )

    def _get_online_payment_error(self):
        """Also where the order, or its family, is paid or being paid at this moment."""
        errors = super()._get_online_payment_error()
        if errors or not self.currency_id.is_zero(self._backorder_payable_amount()):
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
