"""What documents say of backorders: how many of a line, and when they are expected."""

from odoo import models
from odoo.tools import format_date


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_document_words(self):
        """*On backorder: 4 Units, expected on 12/01/2026*, for the customer; False: nothing is, or
        the company's documents say nothing of it. A date that is not known, or is over, is not
        said."""
        self.ensure_one()
        # sudo: a setting of the company, for whoever prints its documents
        if self.backorder_qty <= 0 or not self.sudo().company_id.backorder_on_documents:
            return False
        quantity = self._backorder_quantity_label(self.backorder_qty)
        day = self._backorder_day_to_tell()
        if not day:
            return self.env._("On backorder: %s", quantity)
        return self.env._(
            "On backorder: %(quantity)s, expected on %(date)s",
            quantity=quantity,
            date=format_date(self.env, day),
        )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_portal_family(self):
        """The other orders of the family that the customer of this one may open: theirs, and sent
        to them or confirmed.

        :return: [(order, *original order* or *new order* or nothing)]
        """
        self.ensure_one()
        # sudo: the customer's page shows the order by its token; theirs are picked here
        order = self.sudo()
        customer = order.partner_id.commercial_partner_id
        family = (order._backorder_family() - order).filtered(
            lambda other: other.state in ("sent", "sale")
            and other.partner_id.commercial_partner_id == customer
        )
        return [
            (
                other,
                self.env._("original order")
                if other == order.backorder_parent_id
                else self.env._("new order")
                if other in order.backorder_child_ids
                else "",
            )
            for other in family.sorted("id")
        ]


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _backorder_to_follow(self):
        """The order lines of which something is on backorder, for a delivery slip."""
        self.ensure_one()
        if self.picking_type_code != "outgoing":
            return self.env["sale.order.line"]
        # sudo: who prints a delivery may not read its order
        lines = self.sudo().sale_id.order_line
        return lines.filtered(lambda line: line._backorder_document_words())
