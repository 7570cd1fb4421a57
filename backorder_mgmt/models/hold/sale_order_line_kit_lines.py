"""Kits with a component on several lines of their recipe: pieces that the wrong line asks for."""

from odoo import models

from ...engine import EPSILON, Guard
from ..base.token import private
from .settling import no_door


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_misplaced(self):
        """What open deliveries of these kits ask for by the wrong line of the recipe.

        Odoo takes the first line of a component for all that is exchanged or ordered later, and
        makes one move of it. With the automatic rule on that is prevented (`stock_rule.py`); what
        was merged before, or with the rule off, would be sent in part.

        :return: {line: [(open moves that ask for too much, recipe line id that lacks it, how much
            in the component's unit)]}
        """
        found = {}
        for line in self._backorder_recipes():
            sent, back, _closed = line._backorder_recipe_sums()
            of_product = {}
            for product, recipe_line in sent:
                of_product.setdefault(product, []).append(recipe_line)
            twice = {product: lines for product, lines in of_product.items() if len(lines) > 1}
            today = line._backorder_recipe_today() if twice else {}
            for product, recipe_lines in twice.items():
                if not all(today.get(recipe_line) for recipe_line in recipe_lines):
                    continue  # another recipe since: nobody knows what is right
                more = {
                    recipe_line: sent[product, recipe_line]
                    - back.get((product, recipe_line), 0.0)
                    - today[recipe_line] * line.product_uom_qty
                    for recipe_line in recipe_lines
                }
                most, least = max(more, key=more.get), min(more, key=more.get)
                moves = line._backorder_moves().filtered(
                    lambda move, key=(product.id, most): move._backorder_recipe_key() == key
                )
                pieces = min(more[most], -more[least], moves._backorder_pieces())
                if product.uom_id.compare(pieces, 0.0) > 0:
                    found.setdefault(line, []).append((moves, least, pieces))
        return found

    def _backorder_put_in_place(self, misplaced):
        """Let the recipe line that lacks them ask for these pieces: those of one-step deliveries
        that nothing is reserved of.

        :param misplaced: as :meth:`_backorder_misplaced` gives it for ``self``
        :return: whether nothing is left of it
        """
        whole = True
        for moves, recipe_line, pieces in misplaced:
            for move in moves.sorted("id", reverse=True):
                unit = move.product_id.uom_id
                reserved = move.product_uom._compute_quantity(move.quantity, unit, round=False)
                part = min(pieces, move.product_qty - reserved)
                if part <= EPSILON or move.move_orig_ids or move.move_dest_ids or move.picked:
                    continue
                pieces -= part
                if unit.compare(part, move.product_qty) == 0:
                    with no_door.so(self.env):
                        move.write({"bom_line_id": recipe_line})
                    continue
                with no_door.so(self.env):
                    split = move.create(
                        [{**vals, "bom_line_id": recipe_line} for vals in move._split(part)]
                    )
                    guard = Guard(budgets={split._backorder_budget_key(): 0.0})
                    guarded = split.with_context(**private(backorder_guard=guard))
                    guarded._action_confirm(merge=False)
            whole = whole and pieces <= EPSILON
        return whole
