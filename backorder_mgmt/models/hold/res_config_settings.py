"""Settings say which modules keep reserving in bulk off."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    backorder_bulk_strangers = fields.Char(
        string="Modules That Slow Down Fills", compute="_compute_backorder_bulk_strangers"
    )

    def _compute_backorder_bulk_strangers(self):
        names = self.env["stock.move"]._backorder_bulk_strangers()
        # Who sees the settings need not see the list of apps.
        modules = self.env["ir.module.module"].sudo().search([("name", "in", names)])
        titles = {module.name: f"{module.shortdesc} ({module.name})" for module in modules}
        self.backorder_bulk_strangers = ", ".join(titles.get(name, name) for name in names)
