"""Odoo's *Allocation* report of a receipt is a door to reservation."""

from odoo import models

from .settling import door, wishes


class ReportStockReception(models.AbstractModel):
    _inherit = "report.stock.report_reception"

    def action_assign(self, move_ids, qtys, in_ids):
        """*Assign*: goods that are there are that person's fill; goods to come are a wish, which
        their receipt fulfils.

        :raise UserError: the goods are kept for others
        """
        moves = self.env["stock.move"].browse(move_ids)
        here = moves.browse(
            move.id
            for move, ins in zip(moves, in_ids, strict=False)
            if any(origin.state == "done" for origin in moves.browse(ins))
        )
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(moves)
                doors.notes.update(
                    dict.fromkeys(
                        here.sudo().sale_line_id.ids, self.env._("Assigned on a reception report")
                    )
                )
            held = here.filtered(lambda move: move.sudo().sale_line_id.backorder_hold_qty)
            had = {move: move._backorder_reserved_with() for move in held}
            with wishes(doors, "assigned"):
                res = super().action_assign(move_ids, qtys, in_ids)
            held._backorder_check_assigned()
            for move, quantity in zip(moves, qtys, strict=False):
                if move in had:
                    # Odoo links what the delivery had reserved before: what it lacks is assigned.
                    move._backorder_assign_more(
                        quantity - move._backorder_reserved_with() + had[move]
                    )
        return res

    def action_unassign(self, move_id, qty, in_ids):
        """*Unassign*: what was reserved is needed again."""
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(self.env["stock.move"].browse(move_id))
            return super().action_unassign(move_id, qty, in_ids)
