"""Which moves of an order ask for a kit: asked once for all of them."""

from odoo import models

from ..base.batch import listeners

#: How `mrp` finds the kit of a move. With another module's own way, each move is asked for.
_FINDS_KITS = {
    "stock.move": ("action_explode",),
    "mrp.bom": ("_bom_find", "_bom_find_domain"),
}


class StockMove(models.Model):
    _inherit = "stock.move"

    def action_explode(self):
        """`mrp` looks for the kit of each move by itself: those whose product is a kit nowhere stay
        as they are, and need not be looked at one by one."""
        if "mrp.bom" not in self.env:
            return self
        if any(
            listeners(self.env[model], name, ("mrp",))
            for model, names in _FINDS_KITS.items()
            for name in names
        ):
            return super().action_explode()
        kits = self.product_id._backorder_kits_somewhere()
        asking = self.filtered(lambda move: move.product_id in kits)
        if not asking:
            return self
        exploded = super(StockMove, asking).action_explode()
        # In Odoo's order: what stays, then the components that are new.
        return (self & ((self - asking) | exploded)) | exploded
