"""What a run does about orders that are done: the actual ship date, the customers' e-mails."""

from odoo import models


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _after_approve(self, rows):
        res = super()._after_approve(rows)
        if self.set_ship_date:
            rows._set_ship_date(self.ship_date or self._default_ship_date())
        if self.kind == "fill":
            rows._queue_mails()
        return res
