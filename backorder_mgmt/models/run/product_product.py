"""Rows of fills keep their numbers where the unit of an item is replaced."""

from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _update_uom(self, to_uom_id):
        """Odoo puts the new unit beside the numbers of all documents, of those that are done, too.
        Fills are documents: what is previewed is filled as it is shown, and sums stay what they
        were."""
        # sudo: who changes an item need not see fills
        rows = self.env["backorder.run.line"].sudo()
        for unit, products in self.grouped("uom_id").items():
            rows |= rows.search(
                [("product_id", "in", products.ids), ("product_uom_id", "=", unit.id)]
            )
        if rows:
            rows._backorder_write({"product_uom_id": to_uom_id})
        return super()._update_uom(to_uom_id)
