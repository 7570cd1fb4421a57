"""What Odoo asks the database of a place each time anew, though it hardly ever changes."""

from odoo import models

_OUTGOING = "backorder_outgoing"


class StockLocation(models.Model):
    _inherit = "stock.location"

    def _backorder_is_outgoing(self):
        """Odoo's ``_is_outgoing`` (what is there has left us), asked once in a transaction for
        each place as it is: for whoever asks it of the moves of many lines."""
        self.ensure_one()
        answers = self.env.cr.cache.setdefault(_OUTGOING, {})
        place = (self.id, self.usage, self.parent_path)
        if place not in answers:
            answers[place] = self._is_outgoing()
        return answers[place]
