"""Less is asked of deliveries: as the order line asks for less, or as "No backorder" closed it."""

from odoo import models

from .settling import no_door


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_lower_demand(self, quantities):
        """Lower the demand of these moves by ``{move: unreserved quantity}`` (moves' units), on
        later steps too."""
        later = {}
        for move in self:
            for following in move.move_dest_ids.filtered(
                lambda m, move=move: m.sale_line_id == move.sale_line_id
                and m.state not in ("done", "cancel")
            ):
                later[following] = later.get(following, 0.0) + move.product_uom._compute_quantity(
                    quantities[move], following.product_uom, round=False
                )
        if later:
            self.browse().union(*later)._backorder_lower_demand(later)
        with no_door.so(self.env):
            self._backorder_take_demand(quantities)

    def _backorder_take_demand(self, quantities):
        """As :meth:`_backorder_lower_demand`, of this step."""
        gone = self.browse()
        for move in self:
            left = move.product_uom.round(move.product_uom_qty - quantities[move])
            if move.product_uom.compare(left, 0.0) <= 0:
                gone |= move
            else:
                # Only unreserved demand goes: what is reserved stays as it is.
                move.with_context(do_not_unreserve=True).write({"product_uom_qty": left})
                move._recompute_state()
        if gone:
            # Nobody asks for it here any more: a slip that says "30 ordered, 0 delivered" would.
            # Past Odoo's own `write`, which works moves off one by one: nothing is reserved here,
            # and the cancellation that follows tells everybody but automation rules.
            write = type(gone).write if "write" in vars(type(gone)) else models.BaseModel.write
            write(gone.with_context(do_not_unreserve=True), {"product_uom_qty": 0.0})
            gone._action_cancel()

    def _backorder_note_closed(self, waiting):
        """Say on the order that "No backorder" closed what was waiting."""
        closed = {}
        for line, before in waiting.items():
            gone = before - line.backorder_qty
            if line._backorder_compare(gone, 0.0) > 0 and line.state == "sale":
                closed.setdefault(line.order_id, []).append(
                    f"{line.product_id.display_name} ({line._backorder_quantity_label(gone)})"
                )
        for order, names in closed.items():
            order._message_log(
                body=self.env._(
                    "Delivered without backorder: the rest was closed and is not needed any more: "
                    "%s.",
                    ", ".join(names),
                )
            )
