"""Moves of kits keep the line of the recipe that they were asked for; what is the same for all
lines of an order is asked once."""

from odoo import api, models

from ..base.batch import listeners
from ..base.meanwhile import Meanwhile

#: In a new move's values: the line of its recipe, which nobody replaces on the way.
RECIPE_LINE = "backorder_recipe_line"
#: {(environment, key): answer} of what was asked in the `run` that is going on.
asked_in_run = Meanwhile()


def _once_in_run(env, key, ask):
    """What ``ask()`` answers; while procurements are run it is called once for each ``key``."""
    asked = asked_in_run.now(env)
    if asked is None:
        return ask()
    # An answer's records belong to the environment that asked.
    if (env, key) not in asked:
        asked[env, key] = ask()
    return asked[env, key]


class StockRule(models.Model):
    _inherit = "stock.rule"

    @api.model
    def run(self, procurements, raise_user_error=True):
        """Odoo looks for the rules of each line, and for the customers' place again and again:
        while procurements are run nobody changes either."""
        with asked_in_run.so(self.env, {}):
            return super().run(procurements, raise_user_error=raise_user_error)

    @api.model
    def _read_group(
        self,
        domain,
        groupby=(),
        aggregates=(),
        having=(),
        offset=0,
        limit=None,
        order=None,
    ):
        """The rules for a place by the routes of a line, see :meth:`run`: most lines of an order
        have the same."""

        def ask():
            # With the domain, so that what it names by its address stays where it is.
            return super(StockRule, self)._read_group(
                domain, groupby, aggregates, having, offset, limit, order
            ), domain

        options = (groupby, aggregates, having, offset, limit, order)
        return list(_once_in_run(self.env, repr((list(domain), options)), ask)[0])

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


class StockMove(models.Model):
    _inherit = "stock.move"

    #: {method: who narrows the search for a delivery to join in it, and never widens it}
    _JOINING = {
        "_search_picking_for_assignation": ("stock",),
        "_search_picking_for_assignation_domain": ("stock", "mrp", "stock_picking_batch"),
    }

    def _search_picking_for_assignation(self):
        """A delivery that this move may join has a move of the same reference. Of an order that is
        confirmed just now there is none, and Odoo need not search, nor write all it has for it."""
        references = self.sudo().reference_ids
        if (
            references
            and not references.move_ids.picking_id
            and not any(listeners(self, name, known) for name, known in self._JOINING.items())
        ):
            return self.env["stock.picking"]
        return super()._search_picking_for_assignation()


class StockReturnPicking(models.TransientModel):
    _inherit = "stock.return.picking"

    def _get_proc_values(self, line):
        """What is exchanged of a kit belongs to the same line of its recipe."""
        values = super()._get_proc_values(line)
        move = line.move_id
        if "bom_line_id" in move._fields and move.bom_line_id and move.company_id.backorder_auto:
            values["bom_line_id"] = move.bom_line_id.id
        return values


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    @api.model
    def _get_partner_locations(self):
        return _once_in_run(self.env, "partner locations", super()._get_partner_locations)
