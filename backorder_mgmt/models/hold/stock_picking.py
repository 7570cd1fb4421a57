"""Deliveries say what of them is on backorder."""

from odoo import api, fields, models

from .facts import UNRESERVED_STATES
from .settling import door

_OPERATIONS = frozenset({"move_ids", "move_line_ids"})


class StockPicking(models.Model):
    _inherit = "stock.picking"

    backorder_held = fields.Boolean(
        string="On Backorder", compute="_compute_backorder_message", search="_search_backorder_held"
    )
    backorder_message = fields.Char(
        string="Held on Backorder", compute="_compute_backorder_message"
    )

    @api.depends("move_ids.backorder_qty")
    def _compute_backorder_message(self):
        for picking in self:
            held = picking.move_ids.filtered("backorder_qty")
            picking.backorder_held = bool(held)
            picking.backorder_message = (
                ", ".join(
                    f"{move.product_id.display_name} "
                    f"({move.sale_line_id.sudo()._backorder_move_label(move)})"
                    for move in held
                )
                or False
            )

    def _search_backorder_held(self, operator, value):
        if operator not in ("=", "!=", "in"):
            return NotImplemented
        # sudo: what is held is said of each delivery to whoever sees it, of whosever order; which
        # deliveries they see, the search itself decides
        held = (
            self.env["stock.move"]
            .sudo()
            .search(
                [
                    ("sale_line_id.backorder_qty", ">", 0),
                    ("state", "in", UNRESERVED_STATES),
                ]
            )
        )
        wanted = (operator == "=" and value) or (operator == "!=" and not value)
        if operator == "in":
            wanted = True in value
        return [("id", "in" if wanted else "not in", held.filtered("backorder_qty").picking_id.ids)]

    def _compute_products_availability(self):
        """A delivery with held items does not look available."""
        res = super()._compute_products_availability()
        for picking in self:
            if picking.products_availability_state and picking.backorder_held:
                picking.products_availability = self.env._("On Backorder")
                picking.products_availability_state = "late"
        return res

    def action_cancel(self):
        with door(self.env, "cancel"):
            return super().action_cancel()

    def write(self, vals):
        """Operations edited on the form are one change."""
        if _OPERATIONS.isdisjoint(vals):
            return super().write(vals)
        with door(self.env):
            return super().write(vals)
