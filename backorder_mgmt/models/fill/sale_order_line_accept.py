"""A line that is added or raised where the customer takes no backorders."""

from odoo import api, fields, models

from ..hold.sale_order_line_quotation import figured


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_cancel_told_product_qty = fields.Float(
        string="Told of the Cancellation",
        digits=None,
        copy=False,
        readonly=True,
        help="How much of it the salesperson and the customer were told will be cancelled, in the "
        "product's unit.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._backorder_refuse_more(dict.fromkeys(lines._backorder_taking_none(), 0.0))
        return lines

    def write(self, vals):
        """What is ordered beyond stock after the confirmation is missing as well."""
        if "product_uom_qty" not in vals or figured.now(self.env):
            return super().write(vals)
        before = {line: line.backorder_qty for line in self._backorder_taking_none()}
        res = super().write(vals)
        self._backorder_refuse_more(before)
        return res

    def _backorder_taking_none(self):
        """Lines of confirmed orders whose customers take no backorders."""
        return self.filtered(
            lambda line: line.state == "sale" and line.order_id.backorder_accept == "no"
        )

    def _backorder_refuse_more(self, before):
        """Cancel what these lines need beyond ``{line: what it needed}``; what waits stays."""
        for order, lines in self.browse().union(*before).grouped("order_id").items():
            order._backorder_cancel_missing(
                lines, {line: line.backorder_qty - before[line] for line in lines}
            )

    def _backorder_told_missing(self):
        """What of this line's backorder its people were told will be cancelled, in its unit."""
        told = self.backorder_cancel_told_product_qty / self._backorder_per_unit()
        return min(self.backorder_qty, told)
