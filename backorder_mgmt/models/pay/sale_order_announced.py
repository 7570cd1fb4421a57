"""What an order waits for before more is asked for, in words; and transfers that came."""

from odoo import models
from odoo.tools import format_date


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_booked_since(self, moment, currency, day):
        """What was booked on the invoices of these orders since ``moment``, in ``currency`` at the
        rate of ``day``: by the bank, in cash, by hand; not what was paid online."""
        total = 0.0
        for invoice in self.invoice_ids.filtered(
            lambda move: move.state == "posted" and move.move_type == "out_invoice"
        ):
            amount = sum(
                partial.debit_amount_currency
                for partial in invoice.line_ids.matched_credit_ids
                if partial.create_date >= moment
                and partial.credit_move_id.move_id.move_type == "entry"
                and not partial.credit_move_id.move_id.origin_payment_id.payment_transaction_id
            )
            # Without an entry of their own, until the bank confirms.
            amount += min(
                invoice.amount_residual,
                sum(
                    payment.currency_id._convert(
                        payment.amount, invoice.currency_id, invoice.company_id, payment.date
                    )
                    for payment in invoice.matched_payment_ids
                    if payment.create_date >= moment
                    and payment.payment_type == "inbound"
                    and payment.state in ("in_process", "paid")
                    and not payment.move_id
                    and not payment.payment_transaction_id
                ),
            )
            share = invoice._backorder_share(self)
            total += invoice.currency_id._convert(
                amount * share, currency, invoice.company_id, day, round=False
            )
        return total

    def _backorder_under_way_words(self, asked):
        """What of the payments that are ``asked`` for is waited for, and how that ends."""
        announced = asked._backorder_announced().sorted("id")
        transaction = (asked - announced)[:1] or announced[:1]
        words = {
            "amount": transaction.currency_id.format(transaction.amount),
            "provider": transaction.provider_id.name,
        }
        if transaction._backorder_begun_until():
            return self.env._(
                "The customer began a payment of %(amount)s by %(provider)s a moment ago. This "
                "goes on when it is decided, or given up.",
                **words,
            )
        if transaction not in announced:
            return self.env._(
                "A payment of %(amount)s is pending at %(provider)s already. This goes on when it "
                "is decided.",
                **words,
            )
        papers = transaction.sale_order_ids or transaction.invoice_ids
        return self.env._(
            "The customer announced %(amount)s by %(provider)s for %(papers)s on %(day)s "
            "(%(reference)s), of which %(open)s did not come yet. This goes on when it is booked "
            "on an invoice of %(papers)s. If it will not come, press It Will Not Come under "
            "Payment Problems.",
            **words,
            papers=", ".join(papers.mapped("name")),
            day=format_date(self.env, transaction.create_date),
            reference=transaction.reference,
            open=transaction.currency_id.format(transaction._backorder_to_come()),
        )
