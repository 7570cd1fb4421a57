"""What a person is told who enters a quantity that cannot be."""

from odoo import models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_enter_words(self, limit):
        """What a person may enter, at most ``limit``; where that is nothing, what is coming."""
        if limit > 0:
            return self.env._("Enter %s or less.", self._backorder_quantity_label(limit))
        coming = self._backorder_coming_words()
        if coming:
            return self.env._(
                "Nothing on hand that is not reserved or set aside; coming: %s.", coming
            )
        return self.env._(
            "Nothing on hand that is not reserved or set aside, and nothing is known to come."
        )

    def _backorder_coming_words(self):
        """Hook: how much of what is needed comes when, and with what; nothing where that is not
        known."""
        return ""
