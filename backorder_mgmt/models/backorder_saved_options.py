from odoo import models


class BackorderSavedOptions(models.AbstractModel):
    """A screen whose options a user can keep: they win over the company's."""

    _name = "backorder.saved.options"
    _description = "Backorders: Options Kept by a User"

    def _saved_option_names(self):
        """The fields whose values are kept."""
        return []

    def action_save_default(self):
        """*Save as my default*: these options are proposed to this user from now on."""
        self.ensure_one()
        defaults = self.env["ir.default"]
        values = self.read(self._saved_option_names(), load=False)[0]
        values.pop("id")
        for name, value in values.items():
            defaults.set(self._name, name, value, user_id=True, company_id=True)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": self.env._("Saved as your default.")},
        }
