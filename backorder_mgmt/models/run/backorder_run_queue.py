"""Fills that want the same stock, one after another: who is ahead, and how far."""

from odoo import api, fields, models
from odoo.fields import Domain


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    waiting_for = fields.Char(string="Waits For", compute="_compute_waiting_for")

    @api.depends("state")
    def _compute_waiting_for(self):
        for run in self:
            run.waiting_for = run._waiting_for() if run.state == "queued" else False

    def _get_ahead_domain(self):
        """Fills in the background that still look at stock which this run wants."""
        rows = self.env["backorder.run.line"]._read_group(
            [("run_id", "in", self.ids)], ["product_id"]
        )
        products = [product.id for (product,) in rows] or self._chosen("product_ids").ids
        pending = Domain(
            "line_ids", "any", [("product_id", "in", products), ("result", "=", "pending")]
        )
        # On receipt: not planned yet, so all that is known of it are its items.
        received = Domain([("line_ids", "=", False), ("product_ids", "in", products)])
        ahead = Domain(
            [("company_id", "=", self.company_id.id), ("state", "in", ("queued", "running"))]
        )
        if self.state == "queued":
            ahead &= Domain("id", "<", self.id) | Domain("state", "=", "running")
        return ahead & Domain("id", "!=", self.id) & (pending | received)

    def _ahead(self):
        """The fills that go before this one."""
        self.ensure_one()
        # sudo: who starts a fill is told of those of others
        return self.sudo().search(self._get_ahead_domain(), order="id")

    def _waiting_for(self):
        """Who fills the same stock, and how far that is; an empty text: nobody."""
        return "; ".join(
            self.env._(
                "%(run)s of %(user)s is filling the same items and is %(progress)s %% done",
                run=run.name,
                user=run.user_id.name,
                progress=int(run.progress),
            )
            for run in self._ahead()
        )

    def _queued_notification(self, then):
        """What the starter of a fill is told that waits for another one."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "%s. This fill waits for it and then goes on by itself.", self.waiting_for
                ),
                "next": then,
            },
        }
