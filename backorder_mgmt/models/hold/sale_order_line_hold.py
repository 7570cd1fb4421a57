"""When an item of a confirmed order goes on backorder (`_backorder_settle`), and the ledger."""

from odoo import fields, models

from ...engine import exact, is_positive, short_of, split_forced
from ..base.batch import by_values
from ..base.meanwhile import Meanwhile
from .facts import OPEN_STATES, UNRESERVED_STATES
from .sale_order_line_units import TRUTH
from .settling import no_door

#: *Find Backorders* is asked for: as if the automatic rule were on.
finding = Meanwhile(default=False)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # -- the ledger -------------------------------------------------------------------------------

    def _backorder_set_holds(self, holds, event_type, note=None, run=None, extra=None):
        """Change held quantities and write the ledger: the only way a hold ever changes.

        :param holds: {line: new held quantity, in the line's unit}
        :param event_type: `backorder.event` type
        :param extra: {line: further guarded values}, written also where the hold stays the same
        """
        extra = extra or {}
        now = fields.Datetime.now()
        lines = self.browse().union(*holds)
        ledgered = set(lines._backorder_ledgered()._ids)
        events, changes = [], {}
        for line, new in holds.items():
            # All of it in the product's unit from here on.
            unit = line.product_id.uom_id or line.product_uom_id
            old, forced = line.backorder_hold_product_qty, line.backorder_forced_product_qty
            new = line._backorder_pieces(max(0.0, new)) if new else 0.0
            if new and unit.is_zero(new):
                new = 0.0
            differs = unit.compare(old, new)
            vals = {
                TRUTH.get(name, name): line._backorder_pieces(value) if name in TRUTH else value
                for name, value in extra.get(line, {}).items()
            }
            if differs:
                vals.setdefault(
                    "backorder_forced_product_qty",
                    split_forced(old, forced, new, by_force=event_type == "force"),
                )
                vals["backorder_hold_product_qty"] = new
                if not new:
                    # The next backorder of the line has a claim of its own.
                    vals["backorder_claim_released"] = False
                    vals["backorder_date"] = False
                elif not line.backorder_date:
                    vals["backorder_date"] = now
            elif event_type == "force" and forced > new:
                vals["backorder_forced_product_qty"] = new
            changes[line] = vals
            silent = line.state in ("draft", "sent") and event_type == "auto"
            if line.id in ledgered or not silent:
                if line.id not in ledgered and unit.compare(old, 0.0):
                    # A quotation's automatic figure needs no rows until somebody acts on it.
                    vals = line._prepare_backorder_event_vals("auto", old, old, None, run)
                    events.append({**vals, "date": now})
                if differs:
                    vals = line._prepare_backorder_event_vals(event_type, new - old, new, note, run)
                    events.append({**vals, "date": now})
        for changed, vals in by_values(changes):
            changed._backorder_write(vals)
        if events:
            self.env["backorder.event"].with_env(self._backorder_token().env)._log(events)
        lines._backorder_queue_changed()

    def _backorder_queue_changed(self):
        """Hook: what these lines wait for, or their place among those who wait, changed."""

    def _prepare_backorder_event_vals(self, event_type, quantity, balance, note, run):
        """Values of a ledger row; ``quantity`` and ``balance`` are in the product's unit."""
        order, per_unit = self.order_id, self._backorder_per_unit()
        return {
            "sale_line_id": self.id,
            "order_id": order.id,
            "order_name": order.name,
            "product_id": self.product_id.id,
            "company_id": self.company_id.id,
            "user_id": self.env.uid,
            "run_id": run.id if run else False,
            "type": event_type,
            "line_uom_id": self.product_uom_id.id,
            "product_qty": exact(quantity),
            "product_balance": balance,
            "quantity": exact(quantity) / per_unit,
            "balance": balance / per_unit,
            "note": note,
        }

    def _backorder_ledgered(self):
        """Lines whose ledger adds up to their hold: confirmed ones, and quotation lines that
        somebody filled, forced or cancelled."""
        confirmed = self.filtered(lambda line: line.state == "sale")
        return confirmed | (self - confirmed)._backorder_with_rows()

    def _backorder_with_rows(self):
        """Lines that have rows in the ledger."""
        if not self:
            return self
        events = self.env["backorder.event"].sudo()
        rows = events._read_group([("sale_line_id", "in", self.ids)], ["sale_line_id"])
        return self.browse(line.id for (line,) in rows)

    # -- the automatic rule -----------------------------------------------------------------------

    def _backorder_is_automatic(self):
        """The automatic rule applies: by the company's setting, or asked for (Find Backorders)."""
        return self.company_id.backorder_auto or finding.now(self.env)

    def _backorder_prepare_confirm(self):
        """Before a confirmation: the quotation's figures give way to what Odoo will reserve.

        Forced quantities stay held: the total that somebody asked for, as long as stock covers no
        more than it did. What follows (reservation, then :meth:`_backorder_settle`) works out the
        rest afresh, with ledger rows.
        """
        holding = self.filtered("backorder_hold_qty")
        # Their state is `sale` already, so it does not tell which have a ledger.
        kept = holding._backorder_with_rows()
        if holding - kept:
            (holding - kept)._backorder_write({"backorder_hold_qty": 0.0, "backorder_date": False})
        if kept:
            holds = {line: line.backorder_forced_qty for line in kept}
            forced = kept.filtered(
                lambda line: line.backorder_forced_product_qty
                and line._backorder_compare(line.backorder_hold_qty, line.backorder_forced_qty) > 0
            )
            for line, uncovered in forced._backorder_uncovered().items():
                holds[line] = line._backorder_with_forced(uncovered)
            kept._backorder_set_holds(
                holds, "adjust", self.env._("Worked out again at confirmation")
            )

    def _backorder_with_forced(self, uncovered):
        """What is on backorder where stock does not cover ``uncovered`` and a part was forced.

        Forced was the total, of which some waited already: it stays, as far as stock has not
        come in for the part that was not forced.
        """
        forced = self.backorder_forced_qty
        return max(forced, min(self.backorder_hold_qty, uncovered + forced))

    def _backorder_settle(self, tried=None, event_type="adjust", note=None):
        """Bring the holds of confirmed lines in step with their deliveries.

        A hold above what can still be waited for is written down (`event_type`); with the
        automatic rule on, demand that an attempt to reserve left without stock is held.

        :param tried: the moves of an attempt to reserve that just ended; None: only write down,
            and hold what deliveries reserved by hand or by date will not get
        """
        # A line whose deliveries have everything is not looked at: confirming stays cheap.
        lines = self.filtered(
            lambda line: line.state in ("sale", "cancel")
            and (
                line.backorder_hold_qty
                or any(move.state in UNRESERVED_STATES for move in line.sudo().move_ids)
            )
        )
        if not lines:
            return
        figures = lines._backorder_figures()
        lowered, raised = {}, {}
        for line in lines:
            hold = line.backorder_hold_qty
            limit = figures[line].unreserved if line.state == "sale" else 0.0
            if line._backorder_compare(hold, limit) > 0:
                lowered[line] = limit
        if lowered:
            self._backorder_set_holds(lowered, event_type, note)
        waiting = lines.filtered(
            lambda line: line.state == "sale"
            and line._backorder_is_automatic()
            and line._backorder_compare(short_of(line.backorder_hold_qty, figures[line]), 0.0) > 0
        )
        if waiting and tried is not None:
            raised = waiting._backorder_short_of_tried(figures, tried)
        elif waiting:
            raised = waiting._backorder_short_of_untried(figures)
        if raised:
            self._backorder_set_holds(
                {line: line.backorder_hold_qty + qty for line, qty in raised.items()}, "auto"
            )
            self.browse().union(*raised)._backorder_trim_kits()

    def _backorder_short_of_tried(self, figures, tried):
        """{line: quantity to hold} of what an attempt on the moves ``tried`` did not get."""
        raised = {}
        by_line = tried.sudo().filtered(lambda m: m.state in OPEN_STATES).grouped("sale_line_id")
        for line in self:
            moves = by_line.get(line.sudo(), self.env["stock.move"])
            if any(move.product_id != line.product_id for move in moves):
                attempted = None  # of a kit all components were tried together
            else:
                open_qty, reserved, _picked = line._backorder_sum_moves(moves)
                attempted = open_qty - reserved
            quantity = short_of(line.backorder_hold_qty, figures[line], attempted)
            if line._backorder_compare(quantity, 0.0) > 0:
                raised[line] = quantity
        return raised

    def _backorder_short_of_untried(self, figures):
        """{line: quantity to hold} where deliveries are reserved by hand or by date.

        Nothing was tried yet, so only what free stock cannot cover, after what is set aside, older
        backorders and the demand of other such deliveries, goes on backorder.
        """
        moves = self._backorder_moves().filtered(lambda m: not m._should_assign_at_confirm())
        lines = moves.sale_line_id.with_env(self.env) & self
        if not lines:
            return {}
        facts = lines._backorder_facts()
        supply = self.env["backorder.supply"]._gather(
            lines._backorder_part_products(facts.parts),
            moves.location_id,
            orders=lines.order_id,
            opened=True,
            lines=lines,
            asking=lines,
        )
        raised = {}
        for line in lines:
            missing = short_of(line.backorder_hold_qty, figures[line])
            covered = line._backorder_take(supply, facts, missing)
            if line._backorder_compare(missing, covered) > 0:
                raised[line] = missing - covered
        return raised

    def _backorder_take(self, supply, facts, wanted):
        """Take up to ``wanted`` (line unit) of the line's parts from ``supply``; what it got."""
        parts, location = facts.parts[self], facts.locations[self]
        if not parts or not location or not is_positive(wanted):
            return 0.0
        room = min(
            supply.available(part.id, location.id, order=self.order_id.id, line=self.id) / per_unit
            for part, per_unit in parts.items()
        )
        got = self._backorder_whole(min(wanted, room), parts)
        if got and self._backorder_compare(got, wanted) < 0:
            got = self._backorder_floor(got)
        for part, per_unit in parts.items():
            supply.take(part.id, location.id, got * per_unit, line=self.id)
        return got

    def _backorder_take_fill(self, supply, facts, quantity):
        """Take from ``supply`` what a fill of ``quantity`` uses up, before the next line is
        looked at. A quotation gets what it counts on already along with it."""
        line_id, location = 0, facts.locations[self]
        if self.state in ("draft", "sent"):
            quantity += max(0.0, self._backorder_owed() - self.backorder_hold_qty)
            line_id = self.id
        for part, per_unit in facts.parts[self].items():
            taken = quantity * per_unit
            if not line_id:
                taken -= sum(got for _what, got in supply.take_ahead(part.id, taken, line=self.id))
            supply.take(part.id, location.id, taken, line=line_id)

    def _backorder_trim_kits(self):
        """Give back components that were reserved for kits which are on backorder."""
        kits = self._backorder_moves().filtered(
            lambda move: move.product_id != move.sale_line_id.product_id
        )
        kits = kits.sale_line_id.with_env(self.env)
        if kits:
            kits._backorder_unreserve_held(kits._backorder_facts())

    def _backorder_unreserve_held(self, facts, kept=None):
        """Lower what deliveries have reserved until nothing held is reserved.

        Newest deliveries first; what a person picked stays.

        :param facts: :class:`LineFacts` of these lines, or of more
        :param kept: {budget key of a kit's component: what of it stays reserved in any case, in its
            unit}
        """
        whole, touched = [], self.env["stock.move"]
        for line in self:
            moves = facts.moves.get(line, touched.browse())
            for part, of_part, excess in line._backorder_excess(moves, facts, kept or {}):
                for move in of_part.sorted("id", reverse=True):
                    if part.uom_id.compare(excess, 0.0) <= 0:
                        break
                    unit = move.product_uom
                    picked = move._get_picked_quantity() if move.picked else 0.0
                    loose = unit._compute_quantity(move.quantity - picked, part.uom_id, round=False)
                    given = min(excess, loose)
                    if part.uom_id.compare(given, 0.0) <= 0:
                        continue
                    left = move.quantity - part.uom_id._compute_quantity(given, unit, round=False)
                    excess -= given
                    if unit.compare(left, 0.0) <= 0 and not move.picked:
                        whole.append(move.id)
                        continue
                    with no_door.so(self.env):
                        move.with_context(unreserve_unpicked_only=True).quantity = max(
                            0.0, unit.round(left)
                        )
                    touched |= move
        touched._recompute_state()
        touched.browse(whole)._backorder_unreserve_whole()

    def _backorder_excess(self, moves, facts, kept):
        """[(product, its moves, quantity in its unit that is reserved beyond what is not held)]"""
        parts = facts.parts[self]
        allowed = max(0.0, facts.figures[self].demand - self.backorder_hold_qty)
        if self in facts.kits:
            return [
                (
                    each.product,
                    each.moves,
                    each.reserved - max(most, kept.get(each.moves[0]._backorder_budget_key(), 0.0)),
                )
                for each, most in self._backorder_kit_limits(moves, parts, allowed)
            ]
        allowed = self._backorder_whole(allowed, parts)
        result = []
        for part, per_unit in parts.items():
            of_part = moves.filtered(lambda move, part=part: move.product_id == part)
            reserved = sum(
                move.product_uom._compute_quantity(move.quantity, part.uom_id, round=False)
                for move in of_part
            )
            result.append((part, of_part, reserved - allowed * per_unit))
        return result
