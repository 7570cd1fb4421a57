"""The doors of Odoo's to deliveries, and what a person linked to a receipt."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import Guard
from ..base.token import private
from .facts import OPEN_STATES
from .settling import door, no_door, wishes_now
from .stock_rule import RECIPE_LINE

#: Who writes one of these changes what a delivery asks for, or for whom.
_DOORS = frozenset(
    {
        "product_uom_qty",
        "product_uom",
        "quantity",
        "move_line_ids",
        "lot_ids",
        "procure_method",
        "move_orig_ids",
        "location_id",
        "location_dest_id",
        "location_final_id",
        "sale_line_id",
    }
)


class StockMove(models.Model):
    _name = "stock.move"
    _inherit = ["stock.move", "backorder.guarded"]

    backorder_put_back_qty = fields.Float(
        string="Put Back",
        copy=False,
        readonly=True,
        help="In the product's unit: what somebody typed down on this delivery. When it is "
        "validated in part, what is left is reserved for the rest of it again.",
    )

    def _backorder_open_names(self, creating=False):
        return frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        """A delivery that is made open counts at once; a draft waits for its confirmation."""
        for vals in vals_list:
            if RECIPE_LINE in vals:
                vals["bom_line_id"] = vals.pop(RECIPE_LINE)
        if not any(
            vals.get("sale_line_id") and vals.get("state") in OPEN_STATES for vals in vals_list
        ):
            return super().create(vals_list)
        with door(self.env) as doors:
            moves = super().create(vals_list)
            if doors is not None:
                doors.note_lines(moves.sudo().sale_line_id)
        return moves

    def write(self, vals):
        if _DOORS.isdisjoint(vals) and not self._backorder_opens_or_ends(vals):
            return super().write(vals)
        with door(self.env) as doors:
            if doors is not None:
                if _DOORS.isdisjoint(vals):
                    doors.note_lines(self.sudo().sale_line_id)
                else:
                    doors.touch_moves(self)
                if vals.get("sale_line_id"):
                    line = self.env["sale.order.line"].sudo().browse(vals["sale_line_id"])
                    doors.touch_moves(line.move_ids)
                    doors.note_lines(line)
            return super().write(vals)

    def _backorder_opens_or_ends(self, vals):
        """The state that is written makes open moves of others, or others of open moves."""
        if "state" not in vals:
            return False
        opened = vals["state"] in OPEN_STATES
        return any((move.state in OPEN_STATES) != opened for move in self)

    def unlink(self):
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(self)
            return super().unlink()

    def _action_confirm(self, merge=True, merge_into=False, create_proc=True):
        """Moves are merged, lowered and reserved: looked at when all is done."""
        with door(self.env) as doors:
            moves = super()._action_confirm(
                merge=merge, merge_into=merge_into, create_proc=create_proc
            )
            if doors is not None:
                doors.note_lines(moves.sudo().sale_line_id)
        return moves

    def _split(self, qty, restrict_partner_id=False):
        """The rest of the demand comes back as a move that the caller makes: nothing ends here."""
        with no_door.so(self.env):
            return super()._split(qty, restrict_partner_id=restrict_partner_id)

    def _backorder_typed_down(self):
        """{budget key: what was typed down} on deliveries that are sent in part."""
        result = {}
        for move in self.filtered(lambda move: move.picked and move.backorder_put_back_qty > 0):
            line = move.sudo().sale_line_id
            if line.backorder_hold_qty and move.state in OPEN_STATES:
                key = move._backorder_budget_key()
                result[key] = result.get(key, 0.0) + move.backorder_put_back_qty
        return result

    # -- wishes: what a person assigned on a reception report -------------------------------------

    def _backorder_is_to_order(self):
        """Its goods are bought or made for it. That is what its rule says: what a person linked to
        a receipt is a wish. Where that purchase or production was cancelled, Odoo has it taken from
        stock from then on.
        """
        method = self.rule_id.procure_method
        if method == "make_to_order":
            return self.procure_method == "make_to_order" or bool(self.move_orig_ids)
        return method == "mts_else_mto"

    def _backorder_wished(self):
        """The moves of ``self`` that a person linked to goods which come in now, or which a person
        assigns just now to goods that are there."""
        if wishes_now(self.env) is None:
            return self.browse()
        return self.filtered(
            lambda move: any(
                origin.state == "done" and origin.sale_line_id != move.sale_line_id
                for origin in move.move_orig_ids
            )
        )

    def _backorder_fulfil(self):
        """Reserve what came in for these moves: a fill that names where it came from.

        Goods that are there are given away by the rules of everybody's claims; what a receipt
        brings for those who were assigned to it is theirs, as far as it is not set aside.
        """
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(self)
                for move in self:
                    names = move.move_orig_ids.filtered(lambda m: m.state == "done")
                    note = self.env._("Assigned to it: %s", ", ".join(names.mapped("reference")))
                    doors.notes.setdefault(move.sudo().sale_line_id.id, note)
            limits = self._backorder_guard(self.browse())
            arriving = wishes_now(self.env) == "arriving"
            guard = Guard(supply=limits.supply, kinds=("promised",) if arriving else limits.kinds)
            self.with_context(**private(backorder_guard=guard))._action_assign()

    def _backorder_reserved_with(self):
        """What is reserved of this item of its order line, by all open deliveries, in its
        product's unit."""
        moves = self._backorder_alike()
        return sum(
            move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id, round=False)
            for move in moves
        )

    def _backorder_alike(self):
        """The open first-step moves of this item of its order line."""
        key = self._backorder_recipe_key()
        moves = self.sudo().sale_line_id._backorder_moves().with_env(self.env)
        return moves.filtered(lambda move: move._backorder_recipe_key() == key)

    def _backorder_assign_more(self, pieces):
        """Reserve ``pieces`` (product's unit) of free stock for the order line of this move, as
        far as claims allow it."""
        if self.product_id.uom_id.compare(pieces, 0.0) <= 0:
            return
        moves = self._backorder_alike()
        limits = moves._backorder_guard(self.browse())
        guard = Guard(
            budgets={self._backorder_budget_key(): pieces},
            supply=limits.supply,
            kinds=limits.kinds,
        )
        moves.with_context(**private(backorder_guard=guard))._action_assign()

    def _backorder_drop_wishes(self):
        """A fill takes what is free, wherever it came from: the links that people made end."""
        linked = self.filtered(
            lambda move: move.move_orig_ids
            and move.rule_id.procure_method not in ("make_to_order", "mts_else_mto")
            and not any(o.sale_line_id == move.sale_line_id for o in move.move_orig_ids)
        )
        if linked:
            with no_door.so(self.env):
                linked.write({"procure_method": "make_to_stock", "move_orig_ids": [(5, 0, 0)]})

    def _backorder_check_assigned(self):
        """
        :raise UserError: a delivery got nothing of the goods that it was assigned
        """
        for move in self:
            if move.product_uom.is_zero(move.quantity):
                raise UserError(
                    self.env._(
                        "%(product)s cannot be assigned to %(order)s: what came in is reserved, "
                        "set aside, or kept for older backorders. Fill those first, or release "
                        "their claim.",
                        product=move.product_id.display_name,
                        order=move.sudo().sale_line_id.order_id.name,
                    )
                )
