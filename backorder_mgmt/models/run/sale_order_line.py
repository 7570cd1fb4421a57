from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def action_fill_backorders_selected(self):
        """Fill the selected lines as far as there is stock, first come first served."""
        lines = self.filtered(lambda line: line.backorder_qty > 0)
        lines.order_id._backorder_check_access()
        runs = self.env["backorder.run"]
        for company, own in lines.grouped("company_id").items():
            runs |= runs._fill_now(own.order_id.with_company(company), None, lines=own)
        return runs._filled_notification()
