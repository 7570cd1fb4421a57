"""Kits that have a component on two recipe lines: what each of them may reserve."""

from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_shared_budgets(self, lines, budgets, known):
        """Budgets of kits that have a component on two recipe lines: Odoo would give all that is
        there to the first of them, and no kit would be complete."""
        if "bom_line_id" not in self._fields:
            return {}
        shared = {}
        for line, own in known.grouped("sale_line_id").items():
            keys = {move._backorder_recipe_key() for move in own}
            if len(keys) > len(own.product_id):
                shared[line] = own
        if not shared:
            return {}
        lines = lines.browse([line.id for line in shared])
        facts = lines._backorder_facts()
        supply = self.env["backorder.supply"]._gather(
            lines._backorder_part_products(facts.parts),
            facts.places(lines),
            orders=lines.order_id,
            asking=lines,
        )
        result = {}
        for line, own in shared.items():
            figure = facts.figures[line]
            held = min(line.backorder_hold_qty, figure.unreserved)
            wanted = max(0.0, figure.demand - held - figure.reserved)
            got = line._backorder_take(supply, facts, wanted)
            kits = figure.reserved + got
            for part, most in line._backorder_kit_limits(own, facts.parts[line], kits):
                key = part.moves[0]._backorder_budget_key()
                budget = max(0.0, most - part.reserved)
                result[key] = min(budget, budgets.get(key, budget))
        return result
