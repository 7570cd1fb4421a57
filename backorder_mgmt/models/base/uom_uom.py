"""Quantities as sentences say them."""

from odoo import models

from ...engine import trim


class UomUom(models.Model):
    _inherit = "uom.uom"

    def _backorder_label(self, quantity):
        """``12 Units``, ``1 Unit``: ``quantity`` of this unit, without zeros that say nothing.

        Odoo names its units in the plural; a unit that people have named keeps its name.
        """
        number = trim(quantity, self.env["decimal.precision"].precision_get("Product Unit"))
        name = self.name or ""
        if number == "1":
            one = {
                self.env._("Units"): self.env._("Unit"),
                self.env._("Dozens"): self.env._("Dozen"),
            }
            name = one.get(name, name)
        return f"{number} {name}".strip()
