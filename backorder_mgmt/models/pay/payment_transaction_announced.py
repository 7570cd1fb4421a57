"""Payments that a customer announced and no payment provider decides about: a wire transfer, cash
on delivery or in the store. Odoo leaves them pending for ever."""

from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _backorder_announced(self):
        """Those of which no payment provider will ever tell that they came: as in Odoo's
        `_has_to_be_paid` of invoices."""
        return self.filtered(
            lambda tx: tx.state == "pending" and tx.provider_code in ("none", "custom")
        )

    def _backorder_to_come(self):
        """How much of this announced payment is still to come, in its currency.

        What was booked since on the invoices of its orders and their families is this payment; of
        several announced ones the newest that was there by then.
        """
        self.ensure_one()
        # sudo: as for the family's money
        own = self.sudo()
        orders = own.sale_order_ids | own.invoice_ids.line_ids.sale_line_ids.order_id
        family = orders._backorder_families()
        announced = (
            own | family.transaction_ids | family.invoice_ids.transaction_ids
        )._backorder_announced()
        spent, day = 0.0, own.create_date.date()
        for tx in announced.sorted(lambda tx: (tx.create_date, tx.id), reverse=True):
            amount = tx.currency_id._convert(tx.amount, own.currency_id, own.company_id, day)
            booked = family._backorder_booked_since(tx.create_date, own.currency_id, day)
            arrived = min(amount, max(0.0, booked - spent))
            if tx == own:
                return own.currency_id.round(amount - arrived)
            spent += arrived
        return 0.0
