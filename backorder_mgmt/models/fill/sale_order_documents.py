"""Documents of an original order: what a fill moved is told apart, and not as "0.00 Units"."""

from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_order_lines_to_report(self):
        return super()._get_order_lines_to_report() - self._backorder_moved_lines()

    def _backorder_moved_lines(self):
        """The lines of which nothing is left here, as all of it is on new orders; with their notes.

        Documents, and the customer's page, fold them away below the others.
        """
        self.ensure_one()
        moved, gone = self.order_line.browse(), False
        if not self.sudo().backorder_child_ids:
            return moved
        for line in self.order_line.sorted(lambda line: (line.sequence, line.id)):
            if line.display_type != "line_note":
                gone = bool(
                    not line.display_type
                    and not line.product_uom_qty
                    and not line.qty_delivered
                    and line._backorder_moved_words()
                )
            if gone:
                moved |= line
        return moved


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_moved_words(self):
        """*4 Units moved to S00038*, for the documents of the original order; False: nothing was.

        Customers read it, and clerks who may not read the new order: it is told its name only.
        """
        self.ensure_one()
        words = []
        for line in self.sudo().backorder_new_line_ids:
            order = line.order_id
            if order.state == "cancel" or not line.backorder_moved_qty:
                continue
            quantity = self.product_uom_id.round(
                self.product_id.uom_id._compute_quantity(
                    line.backorder_moved_qty, self.product_uom_id, round=False
                )
            )
            words.append(
                self.env._(
                    "%(quantity)s moved to %(order)s",
                    quantity=self._backorder_quantity_label(quantity),
                    order=order.name,
                )
            )
        return ", ".join(words) or False
