from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """Odoo settles an invoice with the online payments of its order. Where something was
        carried, a payment belongs to several orders, and settles their invoices too."""
        posted = super()._post(soft)
        for invoice in posted.filtered(lambda move: move.move_type == "out_invoice"):
            for order in invoice.line_ids.sale_line_ids.order_id:
                order._backorder_settle_invoice(invoice)
                for origin, invoices in order._backorder_handed_on_invoices().items():
                    for handed_on in invoices:
                        origin._backorder_settle_invoice(handed_on)
        return posted
