"""Moves of kits keep the line of the recipe that they were asked for."""

from odoo import models

#: In a new move's values: the line of its recipe, which nobody replaces on the way.
RECIPE_LINE = "backorder_recipe_line"


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _get_stock_move_values(
        self,
        product_id,
        product_qty,
        product_uom,
        location_dest_id,
        name,
        origin,
        company_id,
        values,
    ):
        """Where a kit has a component on two lines, `sale_mrp` takes the first of them for all
        that is ordered, lowered or exchanged later: both become one move, and Odoo counts no kit
        as delivered of what the other line asks for. With the automatic rule off all is as Odoo
        does it."""
        vals = super()._get_stock_move_values(
            product_id,
            product_qty,
            product_uom,
            location_dest_id,
            name,
            origin,
            company_id,
            values,
        )
        of_kit = values.get("bom_line_id") and values.get("sale_line_id")
        if of_kit and company_id.backorder_auto:
            vals[RECIPE_LINE] = values["bom_line_id"]
        return vals


class StockReturnPicking(models.TransientModel):
    _inherit = "stock.return.picking"

    def _get_proc_values(self, line):
        """What is exchanged of a kit belongs to the same line of its recipe."""
        values = super()._get_proc_values(line)
        move = line.move_id
        if "bom_line_id" in move._fields and move.bom_line_id and move.company_id.backorder_auto:
            values["bom_line_id"] = move.bom_line_id.id
        return values
