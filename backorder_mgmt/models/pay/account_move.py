from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """Odoo settles an invoice with the online payments of its order. In a family, a payment or
        a credit note of one order settles the invoices of the others, too."""
        posted = super()._post(soft)
        documents = posted.filtered(lambda move: move.move_type in ("out_invoice", "out_refund"))
        documents.line_ids.sale_line_ids.order_id._backorder_settle_invoices()
        return posted
