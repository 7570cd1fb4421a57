"""Which purchase orders buy for an order: told where its rest is cancelled."""

from odoo import models
from odoo.fields import Domain


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_purchase_orders(self):
        """Open purchase orders that buy the products of these lines for their orders."""
        by_order = self._backorder_purchases_by_order()
        return self.env["purchase.order"].sudo().union(*by_order.values())

    def _backorder_purchases_by_order(self):
        """{order: open purchase orders that buy the products of these lines for it}.

        By the link between the lines, or as their origin names the order: that name, not a part
        of a longer one, and in its company, as another one may count its orders alike.
        """
        # sudo: a salesman is told of purchase orders that they may not read
        lines = self.env["purchase.order.line"].sudo()
        domain = Domain("order_id.origin", "!=", False)
        linked = "sale_line_id" in lines._fields
        if linked:
            domain |= Domain("sale_line_id", "in", self.ids)
        lines = lines.search(
            domain
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("order_id.state", "in", ("draft", "sent", "to approve", "purchase"))
        )
        result = {}
        for order, asking in self.grouped("order_id").items():

            def buys(line, order=order, asking=asking):
                return (linked and line.sale_line_id in asking) or (
                    line.product_id in asking.product_id
                    and line.company_id == order.company_id
                    and order.name in (line.order_id.origin or "").replace(",", " ").split()
                )

            if purchases := lines.filtered(buys).order_id:
                result[order] = purchases
        return result
