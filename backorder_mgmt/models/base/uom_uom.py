"""Quantities as sentences say them."""

from odoo import api, models
from odoo.tools import formatLang

from ...engine import trim


class UomUom(models.Model):
    _inherit = "uom.uom"

    def _backorder_label(self, quantity):
        """``12 Units``, ``1 Unit``: ``quantity`` of this unit, without zeros that say nothing.

        Odoo names its units in the plural; a unit that people have named keeps its name.
        """
        number = self._backorder_number(quantity)
        name = self.name or ""
        if number == "1":
            one = {
                self.env._("Units"): self.env._("Unit"),
                self.env._("Dozens"): self.env._("Dozen"),
            }
            name = one.get(name, name)
        return f"{number} {name}".strip()

    @api.model
    def _backorder_number(self, quantity):
        """``1,234.5``: a quantity as people of the user's language read it, without zeros that say
        nothing."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        number = trim(quantity, digits)
        if number.isdigit() and len(number) < 4:
            return number  # the same in every language, and most are such
        return formatLang(self.env, quantity, digits=len(number.partition(".")[2]))
