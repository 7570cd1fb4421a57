"""Odoo reserves: each attempt is bound to what is not held, set aside or owed to others."""

from odoo import api, fields, models

from ...engine import Guard, reservable
from ..base.token import private, private_value
from .facts import OPEN_STATES, UNRESERVED_STATES
from .settling import (
    door,
    freed,
    freed_taken,
    odoo_takes,
    put_back,
    put_back_taken,
    wishes,
)
from .stock_quant import collecting


class StockMove(models.Model):
    _inherit = "stock.move"

    backorder_qty = fields.Float(
        string="On Backorder",
        digits="Product Unit",
        compute="_compute_backorder_qty",
        help="Demand of this move that is held: nothing but a fill reserves it.",
    )

    @api.depends("sale_line_id.backorder_qty", "product_uom_qty", "quantity", "state")
    def _compute_backorder_qty(self):
        lines = self.sudo().sale_line_id.filtered("backorder_qty")
        on_backorder = lines._backorder_moves()
        held = {}
        for line, own in on_backorder.grouped("sale_line_id").items():
            if line._backorder_kits({line: own}):
                for part in line._backorder_components(own):
                    key = (line, *part.moves[0]._backorder_recipe_key())
                    held[key] = line.backorder_qty * part.ratio
            else:
                key = (line, *own[0]._backorder_recipe_key())
                held[key] = line.backorder_qty * line._backorder_per_unit()
        for move in self:
            move.backorder_qty = 0.0
            key = (move.sudo().sale_line_id, *move._backorder_recipe_key())
            left = held.get(key, 0.0)
            if not left or move not in on_backorder:
                continue
            loose = move.product_qty - move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id, round=False
            )
            here = max(0.0, min(left, loose))
            held[key] = left - here
            move.backorder_qty = move.product_id.uom_id._compute_quantity(
                here, move.product_uom, rounding_method="HALF-UP"
            )

    def _compute_forecast_information(self):
        """A held quantity is not available to its delivery, whatever is in the warehouse."""
        res = super()._compute_forecast_information()
        for move in self:
            if move.backorder_qty:
                free = move.product_uom_qty - move.backorder_qty
                move.forecast_availability = min(
                    move.forecast_availability,
                    move.product_uom._compute_quantity(free, move.product_id.uom_id),
                )
        return res

    # -- which moves ------------------------------------------------------------------------------

    def _backorder_open_deliveries(self):
        """The open moves of ``self`` that bring goods of a sale line towards the customer.

        What a location and a product say is asked once for all moves.
        """
        outgoing, bypass = {}, {}
        subcontracting = "is_subcontract" in self._fields

        def takes(move):
            if not move.sale_line_id or move.state not in OPEN_STATES:
                return False
            if move.product_uom.compare(move.product_uom_qty, 0.0) <= 0:
                return False
            final = move.location_final_id or move.location_dest_id
            if final.id not in outgoing:
                outgoing[final.id] = final._backorder_is_outgoing()
            if not outgoing[final.id]:
                return False
            # A subcontractor's place holds what is made there, and stock that waits there.
            made = subcontracting and move.is_subcontract
            key = (move.product_id.id, move.location_id.id, move.company_id.id, made)
            if key not in bypass:
                bypass[key] = move._should_bypass_reservation()
            return not bypass[key]

        return self.filtered(takes)

    def _backorder_recipe_key(self):
        """(product id, recipe line id): what the move is of its order line; 0 where its product
        was ordered itself."""
        recipe_line = 0
        if "bom_line_id" in self._fields and self.product_id != self.sudo().sale_line_id.product_id:
            recipe_line = self.sudo().bom_line_id.id or 0
        return self.product_id.id, recipe_line

    def _backorder_budget_key(self):
        """The key of the move's budget, see :class:`..engine.Guard`."""
        product, recipe_line = self._backorder_recipe_key()
        key = (self.sudo().sale_line_id.id, product)
        return (*key, recipe_line) if recipe_line else key

    def _backorder_still_counts(self):
        """The move brings, or brought, back from a customer what still counts as delivered."""
        return bool(
            self.origin_returned_move_id
            and self.location_id.usage == "customer"
            and (self.state in OPEN_STATES or (self.state == "done" and not self.to_refund))
        )

    def _backorder_is_first_step(self):
        """Not a later step of its own delivery: no move of the same line leads to it.

        Looks at locations too, as Odoo unlinks chained moves when it frees a reservation.
        """
        self.ensure_one()
        if len(self.sale_line_id.move_ids) == 1:
            return True
        if any(orig.sale_line_id == self.sale_line_id for orig in self.move_orig_ids):
            return False
        return not any(
            move.location_dest_id == self.location_id
            and move.state != "cancel"
            and move.location_final_id
            and move.location_final_id._backorder_is_outgoing()
            for move in self.sale_line_id.move_ids - self
        )

    # -- reservation ------------------------------------------------------------------------------

    def _action_assign(self, force_qty=False):
        """Nothing but a fill reserves a held quantity, and the last units are reserved once.

        Before Odoo looks at stock its rows are locked, and what it may reserve is worked out per
        order line. What the attempt could not get goes on hold.
        """
        guard = private_value(self.env, "backorder_guard")
        if guard is not None:
            dealt = self.browse() if force_qty else self._backorder_bulk_assign(guard)
            with guard.settling(dealt.ids):
                return super()._action_assign(force_qty=force_qty)
        taking = self._backorder_taking(force_qty)
        if not taking:
            return super()._action_assign(force_qty=force_qty)
        self.env["backorder.supply"]._lock(taking.product_id, taking.location_id)
        lines = taking.sudo().sale_line_id
        known = lines._backorder_moves()
        tried = known & taking
        if wishes := tried._backorder_wished():
            wishes._backorder_fulfil()
            known = lines._backorder_moves()
        facts = lines.filtered("backorder_hold_qty")._backorder_facts(known)
        guard = tried._backorder_guard_of(taking - tried, facts, known)
        blocked = tried.filtered(
            lambda move: guard.budgets.get(move._backorder_budget_key(), 1.0) <= 0
            and not freed(move)
        )
        waiting = {
            line.id
            for line in blocked.sale_line_id & facts.lines
            if not line._backorder_compare(line.backorder_hold_qty, facts.figures[line].unreserved)
        }
        moves = self.with_context(**private(backorder_guard=guard))
        dealt = blocked
        if not force_qty:
            dealt |= (moves & (taking - blocked))._backorder_bulk_assign(guard)
        # Odoo and other modules see all moves, as they do more with them than to reserve.
        with guard.settling(dealt.ids):
            res = super(StockMove, moves)._action_assign(force_qty=force_qty)
        put_back_taken(self.env, guard.budgets)
        # Who waits for all that is open got and lost nothing: thousands may, for one receipt.
        short = (tried - blocked._backorder_held_whole(tried, waiting)).filtered(
            lambda move: move.state in OPEN_STATES and move.state != "assigned"
        )
        if short:
            with door(self.env) as doors:
                if doors is not None:
                    doors.note_lines(short.sale_line_id, tried=short)
                else:
                    short.sale_line_id._backorder_settle(tried=short)
        taking.product_id._backorder_stock_changed()
        return res

    def _backorder_held_whole(self, tried, waiting):
        """Those of ``self``, which nothing is reserved for, whose lines (ids ``waiting``) hold all
        that is open, and of which no other move was ``tried``."""
        others = {move.sale_line_id.id for move in tried - self}
        return self.filtered(
            lambda move: move.sale_line_id.id in waiting and move.sale_line_id.id not in others
        )

    def _do_unreserve(self):
        """Also a button of the forecast report: what is not reserved any more is needed."""
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(self)
            with odoo_takes(doors):
                res = super()._do_unreserve()
            if typed := self.filtered("backorder_put_back_qty"):
                typed._backorder_write({"backorder_put_back_qty": 0.0})
        self.product_id._backorder_stock_changed()
        return res

    def _set_quantity(self):
        """What a person types on a delivery, others do not get any more."""
        res = super()._set_quantity()
        self.product_id._backorder_stock_changed()
        return res

    def _backorder_taking(self, force_qty):
        """The moves of ``self`` that Odoo will try to reserve from stock."""
        return self.filtered(
            lambda move: (
                force_qty
                or (
                    not move.picked
                    and move.state in UNRESERVED_STATES
                    and move.product_uom.compare(move.product_uom_qty, move.quantity) > 0
                )
            )
            and not move._should_bypass_reservation()
        )

    def _backorder_guard(self, others):
        """As :meth:`_backorder_guard_of`, gathered for it."""
        lines = self.sudo().sale_line_id
        facts = lines.filtered("backorder_hold_qty")._backorder_facts()
        return self._backorder_guard_of(others, facts, lines._backorder_moves())

    def _backorder_guard_of(self, others, facts, known):
        """The limits of an attempt to reserve ``self`` (open first-step moves of sale lines)
        together with ``others`` (any other moves): what is held, set aside and owed.

        :param facts: :class:`LineFacts` of the lines that hold something
        :param known: all open first-step moves of these lines
        """
        lines = self.sudo().sale_line_id
        budgets = {}
        holding = lines.filtered("backorder_hold_qty")
        figures, parts = facts.figures, facts.parts
        for line in holding:
            free = reservable(line.backorder_hold_qty, figures[line])
            held = min(line.backorder_hold_qty, figures[line].unreserved)
            moves = facts.moves.get(line, self.browse())
            limits = {}
            if line in facts.kits:
                kits = figures[line].demand - held
                for part, most in line._backorder_kit_limits(moves, parts[line], kits):
                    limits[part.moves[0]] = most - part.reserved
            else:
                limits = {
                    move: free * parts[line][move.product_id]
                    for move in moves[:1]
                    if move.product_id in parts[line]
                }
            for move, budget in limits.items():
                # Less than the product's unit can tell from nothing is noise of conversion.
                some = move.product_id.uom_id.compare(budget, 0.0) > 0
                budgets[move._backorder_budget_key()] = budget if some else 0.0
        budgets.update(self._backorder_shared_budgets(lines, budgets, known))
        put_back(self.env, budgets)
        leaving = self | others.filtered(
            lambda move: not move.location_dest_id._child_of(move.location_id)
        )
        supply = None
        if leaving:
            supply = self.env["backorder.supply"]._gather(
                leaving.product_id,
                leaving.location_id,
                orders=lines.order_id,
                claims_only=True,
                asking=lines,
            )
            if not supply.claims:
                supply = None
        return Guard(budgets=budgets, supply=supply)

    def _update_reserved_quantity_vals(
        self, need, location_id, lot_id=None, package_id=None, owner_id=None, strict=True
    ):
        """The one method that every automatic reservation of Odoo passes."""
        attempt = guard = private_value(self.env, "backorder_guard")
        if guard is None:
            own = self.sudo().sale_line_id._backorder_moves() & self
            guard = own._backorder_guard(self - own)
        elif self.id in guard.settled:
            return [], 0
        line = self.sudo().sale_line_id
        limits = {"order": line.order_id.id, "line": line.id} if line else {"order": 0, "line": 0}
        bound = not (not line and location_id and self.location_dest_id._child_of(self.location_id))
        if bound:
            part = self._backorder_recipe_key()[1]
            allowed = guard.allow(
                self.product_id.id, self.location_id.id, need, part=part, **limits
            )
            # Of what it had a moment ago nobody's claim takes anything.
            allowed = max(allowed, min(need, freed(self)))
            if self.product_id.uom_id.compare(allowed, 0.0) <= 0:
                return [], 0
            need = min(need, allowed)
        vals_list, taken = super(
            StockMove, self._backorder_fresh() if line else self
        )._update_reserved_quantity_vals(need, location_id, lot_id, package_id, owner_id, strict)
        if bound:
            guard.taken(
                self.product_id.id, self.location_id.id, taken, line=limits["line"], part=part
            )
            freed_taken(self, taken)
            if attempt is None:
                put_back_taken(self.env, guard.budgets)
        return vals_list, taken

    def _backorder_fresh(self):
        """Lots that are to leave stock by now are not for customers, however late the delivery is:
        `product_expiry` asks for those of the day that it was planned for."""
        asked = self.env.context.get("with_expiration")
        now = fields.Datetime.now()
        return self.with_context(with_expiration=now) if asked and asked < now else self

    def _update_orderpoints(self):
        """Odoo looks for reordering rules with a term per move: of thousands of moves at once,
        those of products that have none are left out before."""
        bulk = collecting.now(self.env) is not None
        moves = self._backorder_with_orderpoints() if bulk else self
        return super(StockMove, moves)._update_orderpoints()

    # -- what ends demand -------------------------------------------------------------------------

    def _action_cancel(self):
        with door(self.env) as doors:
            if doors is not None:
                doors.touch_moves(self)
            return super()._action_cancel()

    def _action_done(self, cancel_backorder=False):
        lines = self.sudo().sale_line_id
        waiting = {line: line.backorder_qty for line in lines if line.backorder_qty}
        event = "cancel" if cancel_backorder else "adjust"
        # What stays open after a partial delivery is tried by Odoo on the way; the hold is brought
        # in step when everything is done.
        with door(self.env, event) as doors:
            if doors is not None:
                doors.note_lines(lines)
                doors.put_back = self._backorder_typed_down()
            with odoo_takes(doors), wishes(doors, "arriving"):
                res = super()._action_done(cancel_backorder=cancel_backorder)
            if doors is not None:
                doors.put_back = {}
        # Not of ``self``: a kit that somebody added by hand is gone, its components have left.
        leaving = res.filtered(lambda move: move.location_id.usage == "internal")
        if leaving:
            self.env["backorder.supply"]._shrink_set_aside(leaving.product_id)
        if cancel_backorder and waiting:
            self._backorder_note_closed(waiting)
        res._backorder_received()
        res.product_id._backorder_stock_changed()
        return res

    def _backorder_received(self):
        """Hook: these moves are done: goods may have come in."""

    @api.model
    def _get_backorder_waiting_domain(self, company, products, warehouses):
        """Open demand for ``products`` that is on backorder, kits' components too."""
        return [
            ("company_id", "=", company.id),
            ("product_id", "in", products.ids),
            ("state", "in", UNRESERVED_STATES),
            ("sale_line_id.backorder_qty", ">", 0),
            ("sale_line_id.warehouse_id", "in", warehouses.ids),
        ]
