from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """Odoo settles an invoice with the online payments of its order. Where credit was carried,
        the payment belongs to several orders: what is left of it settles their invoices too."""
        posted = super()._post(soft)
        for invoice in posted.filtered(lambda move: move.move_type == "out_invoice"):
            for order in invoice.line_ids.sale_line_ids.order_id:
                for line in order._backorder_open_payment_lines():
                    if not invoice.currency_id.is_zero(invoice.amount_residual):
                        invoice.js_assign_outstanding_line(line.id)
        return posted
