"""Detailed operations are doors: what a person books, deletes, or loses to an inventory."""

from odoo import api, models

from .settling import door, odoo_takes

#: Who writes one of these changes what is reserved, or for whom.
_DOORS = frozenset(
    {
        "quantity",
        "product_uom_id",
        "move_id",
        "location_id",
        "lot_id",
        "package_id",
        "owner_id",
        "quant_id",
    }
)


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        """What a person enters in the detailed operations of a held delivery is their fill."""
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(self._backorder_moves_to_be(vals_list))
            rows = super().create(vals_list)
            if doors is not None and doors.lines:
                for row in rows:
                    move = row.move_id
                    # typed down by this call, or by one before
                    if move.id in doors.typed or move.backorder_put_back_qty > 0:
                        typed = doors.typed.get(move.id, 0.0)
                        doors.typed[move.id] = typed - row.quantity_product_uom
            return rows

    def _backorder_moves_to_be(self, vals_list):
        """The moves that move lines with these values will belong to, as far as there are any."""
        moves = self.env["stock.move"].browse(
            {vals["move_id"] for vals in vals_list if vals.get("move_id")}
        )
        loose = {
            vals["picking_id"]
            for vals in vals_list
            if vals.get("picking_id") and not vals.get("move_id")
        }
        return moves | self.env["stock.picking"].browse(loose).move_ids if loose else moves

    def write(self, vals):
        if _DOORS.isdisjoint(vals):
            return super().write(vals)
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(
                    self.move_id | self.env["stock.move"].browse(vals.get("move_id") or ())
                )
                if "quantity" in vals:
                    self._backorder_note_lost(doors, vals["quantity"])
            return super().write(vals)

    def unlink(self):
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(self.move_id)
                self._backorder_note_lost(doors)
            return super().unlink()

    # -- Odoo moves goods about -------------------------------------------------------------------

    def _free_reservation(self, *args, **kwargs):
        """Where goods went that were reserved, Odoo takes them from the latest deliveries and
        tries to reserve others for these: who had goods a moment ago comes before all who wait."""
        with door(self.env) as doors:
            if doors is None:
                return super()._free_reservation(*args, **kwargs)
            outer, doors.freed = doors.freed, {}
            try:
                with odoo_takes(doors):
                    return super()._free_reservation(*args, **kwargs)
            finally:
                doors.freed = outer

    def _backorder_note_lost(self, doors, quantity=0.0):
        """Remember what the moves of ``self`` lose: to Odoo, which frees a reservation, or to a
        person, who types less."""
        if doors.freed is None and doors.by_odoo:
            return
        lost_by = doors.typed if doors.freed is None else doors.freed
        for line in self:
            lost = line.quantity_product_uom - line.product_uom_id._compute_quantity(
                quantity, line.product_id.uom_id, round=False
            )
            if line.move_id and lost:
                lost_by[line.move_id.id] = lost_by.get(line.move_id.id, 0.0) + lost
