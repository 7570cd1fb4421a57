"""What goes back to the shelf from a later step of its delivery is picked again."""

from odoo import Command, models

from ...engine import EPSILON, Guard
from ..base.token import private
from .facts import OPEN_STATES
from .settling import no_door


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_pick_again(self):
        """Ask for what somebody returned from a later step to an earlier one, of lines under the
        rule: the later step waits for it, and Odoo asks for it only where that return is returned.

        What is asked of the shelf is needed, as after *Unreserve*; who put it there had a reason.
        """
        lines = self.filtered(
            lambda line: any(move._backorder_is_put_back() for move in line.sudo().move_ids)
            and (line._backorder_is_automatic() or line.backorder_event_ids)
        )
        lost = {}
        for line in lines:
            before = line._backorder_figures()[line].unreserved
            made = line._backorder_step_back()
            if not made:
                continue
            line._backorder_note_put_back(made)
            after = line._backorder_figures()[line].unreserved
            needed = min(after - before, after - line.backorder_hold_qty)
            if line._backorder_compare(needed, 0.0) > 0:
                lost[line] = needed
        if lost:
            self._backorder_book_taken_away(lost)

    def _backorder_step_back(self):
        """Bring what is brought to each later step, and what leaves it, in step.

        :return: the moves that were made to bring something once more
        """
        moves = self.sudo().move_ids.filtered(lambda move: move.state != "cancel")
        back = moves.filtered(lambda move: move._backorder_is_put_back())
        made = moves.browse()
        facts = self._backorder_facts()
        ratios = self._backorder_recipes().get(self)
        if ratios is None:
            ratios = {(product, 0): ratio for product, ratio in facts.parts[self].items()}
        kits = self._backorder_owed() + self._backorder_returned(facts)
        # The last step first: what it asks for again, those before it bring.
        steps = back.grouped(lambda move: (*move._backorder_recipe_key(), move.location_id))
        for (product, recipe_line, place), returned in sorted(
            steps.items(), key=lambda step: -max(step[1].origin_returned_move_id.ids)
        ):
            own = (moves | made).filtered(
                lambda move, key=(product, recipe_line): move._backorder_recipe_key() == key
            )
            owed = kits * ratios.get((own.product_id.with_env(self.env), recipe_line), 0.0)
            made |= self._backorder_step_back_to(place, own, returned, owed)
        return made

    def _backorder_step_back_to(self, place, own, returned, owed):
        """As :meth:`_backorder_step_back`, for one item and the place that it went back from.

        :param owed: how many of it the customer has not got yet, in its unit
        """
        ahead = own.filtered(
            lambda move: move.location_id == place and move._backorder_is_forward()
        )
        coming = own.filtered(
            lambda move: move.location_dest_id == place
            and (move.state == "done" or move.move_dest_ids & ahead)
        )
        again = coming.filtered(lambda move: move.origin_returned_move_id in returned)
        missing = ahead._backorder_pieces() - coming._backorder_pieces()
        missing += returned._backorder_pieces()
        unit = own.product_id.uom_id
        if unit.compare(missing, 0.0) < 0:
            # that return was returned meanwhile
            again.filtered(lambda move: not move.quantity)._backorder_take_off(-missing)
            return own.browse()
        waiting = ahead.filtered(lambda move: move.state in OPEN_STATES)
        more = max(0.0, min(missing, waiting._backorder_pieces() - owed))
        if unit.compare(more, 0.0) > 0:
            # the customer ordered less since
            waiting._backorder_take_off(more)
            missing -= more
        # What a person cancelled or closed is not asked for once more.
        given_up = returned.returned_move_ids.filtered(
            lambda move: move.state == "cancel" and move._backorder_is_again()
        )
        # "No backorder" leaves the demand as it was.
        brought = sum(max(move.product_qty, move._backorder_pieces()) for move in again | given_up)
        missing = min(missing, returned._backorder_pieces() - brought)
        waiting = waiting.filtered(lambda move: move.state in OPEN_STATES)
        if unit.compare(missing, 0.0) <= 0 or not waiting:
            return own.browse()
        return returned[-1]._backorder_bring_again(missing, waiting)

    def _backorder_note_put_back(self, made):
        """Say on the order what was put back, and what brings it again."""
        for picking, moves in made.grouped("picking_id").items():
            items = ", ".join(
                f"{move.product_id.display_name}"
                f" ({move.product_uom._backorder_label(move.product_uom_qty)})"
                for move in moves
            )
            self.order_id._message_log(
                body=self.env._(
                    "Put back by a return: %(items)s. %(picking)s brings it again.",
                    items=items,
                    picking=picking.name,
                )
            )


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_is_forward(self):
        """The move brings goods towards a customer."""
        return (self.location_final_id or self.location_dest_id)._backorder_is_outgoing()

    def _backorder_is_put_back(self):
        """The move brought goods from a later step of their delivery back to an earlier one."""
        origin = self.origin_returned_move_id
        return (
            bool(origin)
            and self.state == "done"
            and origin.sale_line_id == self.sale_line_id
            and self.location_id.usage == "internal"
            and not self._backorder_is_forward()
            and origin._backorder_is_forward()
        )

    def _backorder_is_again(self):
        """The move brings once more what was put back."""
        origin = self.origin_returned_move_id
        return bool(origin) and origin._backorder_is_put_back() and self._backorder_is_forward()

    def _backorder_pieces(self):
        """What these moves ask for, or brought, in their product's unit."""
        return sum(
            move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id, round=False)
            if move.state == "done"
            else move.product_qty
            for move in self
        )

    def _backorder_take_off(self, pieces):
        """Lower the demand of these open moves, the newest first, by
        ``pieces`` (product's unit)."""
        lowered = {}
        for move in self.sorted("id", reverse=True):
            if pieces <= EPSILON or move.state not in OPEN_STATES:
                continue
            off = min(pieces, move.product_qty)
            pieces -= off
            lowered[move] = move.product_id.uom_id._compute_quantity(
                off, move.product_uom, rounding_method="HALF-UP"
            )
        for move, off in lowered.items():
            left = move.product_uom.round(move.product_uom_qty - off)
            with no_door.so(self.env):
                if move.product_uom.compare(left, 0.0) > 0:
                    move.product_uom_qty = left
                else:
                    # what it would have brought comes by another way, or is not asked for any more
                    move.write({"propagate_cancel": False, "origin_returned_move_id": False})
                    move._action_cancel()

    def _backorder_bring_again(self, pieces, waiting):
        """Make the move that brings ``pieces`` (product's unit), put back by ``self``, once more
        to ``waiting``. From the shelf it reserves nothing: nothing but a fill does.

        Odoo's own figures see a return that is returned.
        """
        with no_door.so(self.env):
            move = self._backorder_make_again(pieces, waiting)
            waiting._recompute_state()
        return move.with_env(self.env)

    def _backorder_make_again(self, pieces, waiting):
        origin = self.origin_returned_move_id
        first = origin._backorder_is_first_step()
        move = origin.sudo().copy(
            {
                "product_uom_qty": origin.product_id.uom_id._compute_quantity(
                    pieces, origin.product_uom, rounding_method="HALF-UP"
                ),
                "picking_id": False,
                "date_deadline": origin.date_deadline,
                "state": "draft",
                "procure_method": "make_to_stock",
                "origin_returned_move_id": self.id,
                "to_refund": self.to_refund,
                "location_final_id": (origin.location_final_id or origin.location_dest_id).id,
                "move_dest_ids": [Command.set(waiting.ids)],
                "move_orig_ids": [Command.set(() if first else (origin.move_orig_ids | self).ids)],
            }
        )
        if first:
            guard = Guard(budgets={move._backorder_budget_key(): 0.0})
            move.with_context(**private(backorder_guard=guard))._action_confirm(merge=False)
        else:
            move._action_confirm(merge=False)
            move._action_assign()
        return move

    def _prepare_merge_negative_moves_excluded_distinct_fields(self):
        """Who orders less asks less of what is brought again, too."""
        names = super()._prepare_merge_negative_moves_excluded_distinct_fields()
        if any(move.product_uom_qty < 0 for move in self) and any(
            move._backorder_is_again() for move in self.sudo().sale_line_id.move_ids
        ):
            return [*names, "origin_returned_move_id"]
        return names
