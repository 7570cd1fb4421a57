"""Of *Check Backorders*: nothing is bought twice for the same cause (invariant 5)."""

from odoo import fields, models


class BackorderCheck(models.Model):
    _inherit = "backorder.check"

    code = fields.Selection(
        selection_add=[("bought", "Bought twice")], ondelete={"bought": "cascade"}
    )

    def _more_findings(self, companies):
        return super()._more_findings(companies) + self._check_bought(companies)

    def _check_bought(self, companies):
        """Purchase lines for the same backorders and of the same quantity, none of them received:
        one is too many where these backorders do not even need what the others bring."""
        lines = self.env["purchase.order.line"].search(
            [
                ("backorder_line_ids", "!=", False),
                ("qty_received", "=", 0),
                ("state", "!=", "cancel"),
                ("company_id", "in", companies.ids),
            ],
            order="id",
        )
        alike = lines.grouped(
            lambda line: (
                line.product_id,
                line.product_uom_qty,
                line.order_id.picking_type_id.warehouse_id,
                frozenset(line.backorder_line_ids.ids),
            )
        )
        findings = []
        for (product, quantity, _warehouse, _ids), same in alike.items():
            needed = sum(same.backorder_line_ids.mapped("backorder_hold_product_qty"))
            spare = sum(same[1:].mapped("product_uom_qty"))
            if not spare or not needed or product.uom_id.compare(spare, needed) < 0:
                continue
            message = self.env._(
                "%(product)s: %(purchases)s each bring %(quantity)s %(unit)s for %(orders)s: "
                "cancel what is too much.",
                product=product.display_name,
                purchases=", ".join(same.order_id.mapped("name")),
                quantity=f"{quantity:g}",
                unit=product.uom_id.name,
                orders=", ".join(same.backorder_line_ids.order_id.mapped("name")),
            )
            findings.append(self._finding("bought", same[-1], message, same[-1].company_id))
        return findings
