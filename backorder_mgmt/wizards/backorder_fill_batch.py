from odoo import fields, models

from ..models.base.named import of_one


class BackorderFillBatch(models.TransientModel):
    """*Fill Backorders*: the options of a fill of many orders."""

    _name = "backorder.fill.batch"
    _inherit = ["backorder.run.options", "backorder.saved.options"]
    _description = "Fill Backorders of Many Orders"

    fill_approved = fields.Selection(related="company_id.backorder_fill_approved")
    display_name = fields.Char(compute="_compute_display_name")

    def _compute_display_name(self):
        self.display_name = self.env._("Fill Backorders")

    @of_one
    def action_preview(self):
        """Show what would be filled, and why the rest would not."""
        return self._make_run().action_preview()

    @of_one
    def action_start(self):
        """Fill now; the plan and what became of it are kept.

        :raise UserError: nothing can be filled; no run is made of it
        """
        self.env["backorder.run"]._check_fills(self._run_vals())
        return self._make_run().action_start()

    def _saved_option_names(self):
        own = ("company_id", "order_ids", "ship_date")
        return [name for name in self._backorder_option_names() if name not in own]

    def _make_run(self):
        return self.env["backorder.run"].create(self._run_vals())

    def _run_vals(self):
        self.check_access("read")
        return self._prepare_run_vals(self._backorder_option_names())
