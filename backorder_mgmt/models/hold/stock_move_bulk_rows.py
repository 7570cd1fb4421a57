"""Which stock rows reserving in bulk takes from, in which order (Odoo's removal strategies), and
the move lines that come of them."""

from datetime import datetime

from odoo import fields, models

#: {removal strategy: (key that rows are sorted by, backwards)}, each as in `stock.quant._gather`.
_ORDERS = {
    "fifo": (lambda quant: (quant.in_date, quant.id), False),
    "lifo": (lambda quant: (quant.in_date, quant.id), True),
    # First expired, of `product_expiry`: what has no date last.
    "fefo": (lambda quant: (quant.removal_date or datetime.max, quant.in_date, quant.id), False),
    "closest": (lambda quant: (quant.location_id.complete_name, -quant.id), False),
}


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_bulk_quants(self):
        """{(product id, location id): rows in the order of the removal strategy}, without those
        products whose reservation takes more than free quantities: packages, owners, rows below
        zero, and goods without a lot among those that have one.
        """
        quants = self.env["stock.quant"].sudo()
        in_stock = quants.search(
            [
                ("product_id", "in", self.product_id.ids),
                ("location_id", "child_of", self.location_id.ids),
            ]
        )
        special, seen = set(), set()
        for quant in in_stock:
            product, lot = quant.product_id, quant.lot_id
            key = (quant.location_id, lot)
            if (
                bool(lot) != (product.tracking == "lot")
                or quant.package_id
                or quant.owner_id
                or quant.quantity < quant.reserved_quantity
                # Two rows of one lot: Odoo writes both reservations on one of them.
                or (lot and key in seen)
            ):
                special.add(product.id)
            seen.add(key)
        rows = in_stock.grouped(lambda quant: quant.product_id.id)
        dated = "removal_date" in quants._fields
        result = {}
        for move in self:
            product, top = move.product_id, move.location_id
            key = (product.id, top.id)
            if key in result or product.id in special:
                continue
            strategy = quants._get_removal_strategy(product, top)
            if strategy not in _ORDERS or (strategy == "fefo" and not dated):
                continue
            by, backwards = _ORDERS[strategy]
            inside = rows.get(product.id, quants).filtered(
                lambda quant, top=top: quant.location_id._child_of(top)
            )
            result[key] = inside.sorted(by, reverse=backwards)
        return result

    def _backorder_bulk_fresh(self, quants):
        """Of ``quants`` those that are not to leave stock before the day of the move; what goes to
        customers not before now either, see `_backorder_fresh`."""
        if "use_expiration_date" not in self._fields or not self.product_id.use_expiration_date:
            return quants
        day = max(self.date, fields.Datetime.now()) if self.sudo().sale_line_id else self.date
        return quants.filtered(lambda quant: not quant.removal_date or quant.removal_date >= day)

    def _backorder_merge_vals(self, vals_list):
        """One move line per move, location and lot, as Odoo makes, also from several stock rows."""
        merged = {}
        for vals in vals_list:
            key = (
                vals["move_id"],
                vals["location_id"],
                vals.get("lot_id"),
                vals["product_uom_id"],
            )
            if key in merged:
                for name in ("quantity", "quantity_product_uom"):
                    if name in vals:
                        merged[key][name] += vals[name]
            else:
                merged[key] = vals
        return list(merged.values())
