"""The ordered quantity of a line, lowered and raised by what waits; its deliveries follow."""

from odoo import models

from ...engine import is_positive
from ..base.batch import by_values
from ..hold.facts import OPEN_STATES
from ..hold.sale_order_line import order_noted
from ..hold.sale_order_line_quotation import figured
from ..hold.settling import no_door
from .new_order_said import ANYTHING, said_of_lines


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_lower_ordered(self, quantities, targets=None, hand_over=False):
        """Lower ordered quantities by held demand: ``{line: quantity}`` to take off.

        First the demand is taken out of the open deliveries, then the line is written without
        procurement. Odoo's own lowering would send a return where a delivery is printed already,
        and would price the line anew. The caller has written the hold down before, and notes on
        the order what happened.

        :param targets: {line: line of a new order that gets the demand}
        :param hand_over: it gets the deliveries too, where that can be
        """
        with self._backorder_keeping_recipes():
            self._backorder_lower_deliveries(quantities, targets, hand_over)
            self._backorder_lower_lines(quantities)

    def _backorder_lower_deliveries(self, quantities, targets, hand_over):
        cuts = self._backorder_cuts(quantities)
        if hand_over:
            cuts = self._backorder_hand_over(cuts, targets)
        if targets and cuts:
            self._backorder_remember_said(self.env["stock.move"].union(*cuts), targets)
        untracked = self._backorder_untracked_cuts(quantities)
        cuts.update(untracked)
        self.env["stock.move"].union(*cuts)._backorder_lower_demand(cuts)
        with no_door.so(self.env):
            for move in self.env["stock.move"].union(*untracked):
                if move.product_uom.compare(move.quantity, move.product_uom_qty) > 0:
                    move.quantity = move.product_uom_qty

    def _backorder_lower_lines(self, quantities):
        locked = self.order_id.filtered("locked")
        if locked:
            locked.with_context(tracking_disable=True).locked = False
        # Lines that get the same values are written together.
        vals = {
            line: line._prepare_backorder_quantity_vals(
                max(0.0, line.product_uom_id.round(line.product_uom_qty - quantities[line]))
            )
            for line in self
        }
        for group, same in by_values(vals):
            group._backorder_write_quantities(same, noted=True)
        if locked:
            locked.with_context(tracking_disable=True).locked = True

    def _prepare_backorder_quantity_vals(self, quantity):
        """The ordered quantity, with price and discount, which Odoo would work out again from the
        price list."""
        return {
            "product_uom_qty": quantity,
            "price_unit": self.price_unit,
            "technical_price_unit": self.technical_price_unit,
            "discount": self.discount,
        }

    def _backorder_write_quantities(self, vals, noted=False, skip_procurement=True):
        """Write what :meth:`_prepare_backorder_quantity_vals` gave.

        :param noted: the orders have a note of it already
        """
        with figured.so(self.env), order_noted.so(self.env, noted):
            self.with_context(skip_procurement=skip_procurement).write(vals)

    def _backorder_cuts(self, quantities):
        """{move: quantity in its unit} of ``{line: quantity}`` of unreserved demand of the open
        deliveries, the newest first."""
        lines = self.filtered(lambda line: line.state == "sale")
        facts = lines._backorder_facts()
        cuts = {}
        for line in lines:
            moves = facts.moves.get(line, self.env["stock.move"])
            if line in facts.kits:
                wanted = [
                    (part.moves, quantities[line] * part.ratio)
                    for part in line._backorder_components(moves)
                ]
            else:
                wanted = [(moves, quantities[line] * line._backorder_per_unit())]
            for of_part, left in wanted:
                for move in of_part.sorted("id", reverse=True):
                    unit = move.product_id.uom_id
                    if unit.compare(left, 0.0) <= 0:
                        break
                    loose = move.product_uom._compute_quantity(
                        move.product_uom_qty - move.quantity, unit, round=False
                    )
                    cut = min(left, loose)
                    if unit.compare(cut, 0.0) > 0:
                        cuts[move] = unit._compute_quantity(cut, move.product_uom, round=False)
                        left -= cut
        return cuts

    def _backorder_untracked_cuts(self, quantities):
        """{move: quantity in its unit} of the components that are not tracked in stock, of which
        ``{line: quantity}`` of kits needs no more: Odoo has all of it ready at once."""
        cuts = {}
        for line in self:
            moves = line.sudo().move_ids.filtered(
                lambda move, line=line: move.product_id != line.product_id
                and not move.product_id.is_storable
                and move.state != "cancel"
                and move._backorder_is_first_step()
                and move._backorder_is_forward()
            )
            for same in moves.grouped(lambda move: move._backorder_recipe_key()).values():
                left = same._backorder_pieces() / line.product_uom_qty * quantities[line]
                for move in same.sorted("id", reverse=True):
                    cut = min(left, move.product_qty)
                    if move.state in OPEN_STATES and not move.picked and is_positive(cut):
                        left -= cut
                        cuts[move] = move.product_id.uom_id._compute_quantity(
                            cut, move.product_uom, round=False
                        )
        return cuts

    def _backorder_raise_ordered(self, quantities, event_type, note=None, run=None, said=None):
        """Give ``{line: quantity}`` back to the backorder of confirmed or quotation lines.

        Held first, so that the demand which Odoo makes for it is not reserved on the way.

        :param said: {line: what was said of the delivery that it comes back from}
        """
        said = {line.id: (said or {}).get(line) or ANYTHING for line in quantities}
        extra = {
            line: {"backorder_filled_qty": max(0.0, line.backorder_filled_qty - quantity)}
            for line, quantity in quantities.items()
        }
        self._backorder_set_holds(
            {line: line.backorder_hold_qty + qty for line, qty in quantities.items()},
            event_type,
            note,
            run,
            extra,
        )
        for order, lines in self.grouped("order_id").items():
            locked = order.locked
            if locked:
                order.with_context(tracking_disable=True).locked = False
            with said_of_lines.so(self.env, said):
                for line in lines:
                    total = line.product_uom_id.round(line.product_uom_qty + quantities[line])
                    line._backorder_write_quantities(
                        line._prepare_backorder_quantity_vals(total), skip_procurement=False
                    )
            if locked:
                order.with_context(tracking_disable=True).locked = True
