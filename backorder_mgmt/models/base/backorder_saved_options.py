from odoo import Command, api, models

from .batch import linked_ids
from .named import of_one


class BackorderSavedOptions(models.AbstractModel):
    """A screen whose options a user can keep: they win over the company's."""

    _name = "backorder.saved.options"
    _description = "Backorders: Options Kept by a User"

    def _saved_option_names(self):
        """The fields whose values are kept."""
        return []

    @api.model
    def default_get(self, fields):
        """What was kept may be gone meanwhile: records that were deleted are left out."""
        values = super().default_get(fields)
        for name in self._saved_option_names():
            field = self._fields[name]
            if field.type == "many2many" and values.get(name):
                kept = self.env[field.comodel_name].browse(linked_ids(values[name]))
                values[name] = [Command.set(kept.exists().ids)]
        return values

    @of_one
    def action_save_default(self):
        """*Save as my default*: these options are proposed to this user from now on."""
        self.check_access("read")
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
