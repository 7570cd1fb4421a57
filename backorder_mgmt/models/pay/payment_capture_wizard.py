"""Odoo's dialog captures no more than the orders still owe."""

from odoo import api, models


class PaymentCaptureWizard(models.TransientModel):
    _inherit = "payment.capture.wizard"

    @api.depends("available_amount")
    def _compute_amount_to_capture(self):
        """Proposed is no more than the orders of these payments owe still."""
        res = super()._compute_amount_to_capture()
        for wizard in self:
            # Those of the database: opened on a screen, the dialog has copies that have no id.
            transactions = wizard.transaction_ids._origin
            if transactions.sale_order_ids and wizard.support_partial_capture:
                cap = transactions._backorder_capture_cap()
                if cap > 0:
                    wizard.amount_to_capture = min(wizard.amount_to_capture, cap)
        return res
