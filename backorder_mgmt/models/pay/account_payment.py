"""*Pay* of an invoice with a saved card: a clerk, too, asks for no more than is owed."""

from odoo import models

from ..base.batch import linked_ids


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _prepare_payment_transaction_vals(self, **extra_create_values):
        """:raise ValidationError: more than the orders of the invoices owe now"""
        vals = super()._prepare_payment_transaction_vals(**extra_create_values)
        if self.payment_type == "inbound":
            invoices = self.env["account.move"].browse(linked_ids(vals.get("invoice_ids")))
            # Odoo lets the clerk pay in another currency than that of the invoices.
            invoices._backorder_check_payment(vals["amount"], self.currency_id, self.date)
        return vals
