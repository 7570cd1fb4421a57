"""The ledger names the fill that wrote a row."""

from odoo import api, fields, models


class BackorderEvent(models.Model):
    _inherit = "backorder.event"

    run_id = fields.Many2one(
        "backorder.run",
        string="Fill",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )

    @api.model
    def _log(self, vals_list):
        events = super()._log(vals_list)
        self.env["backorder.run"].invalidate_model(["event_ids"], flush=False)
        return events
