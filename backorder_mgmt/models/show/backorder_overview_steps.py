"""First steps on the overview: Odoo's onboarding; what is done is seen by what is there."""

from odoo import api, models
from odoo.exceptions import AccessError


class BackorderOverview(models.AbstractModel):
    _inherit = "backorder.overview"

    @api.model
    def retrieve_overview(self, warehouse_ids=None):
        overview = super().retrieve_overview(warehouse_ids=warehouse_ids)
        return {**overview, "first_steps": self._read_first_steps()}

    @api.model
    def _first_steps(self):
        """The onboarding of backorders, empty where somebody deleted it. sudo: progress is the
        company's, its records are for administrators."""
        panel = self.env.ref("backorder_mgmt.onboarding_backorder", raise_if_not_found=False)
        return (panel or self.env["onboarding.onboarding"]).sudo()

    @api.model
    def _read_first_steps(self):
        """[{``title``, ``description``, ``button``, ``action`` (a method of the step), ``done``}]
        for managers, until all is done or somebody closes the panel; then nothing."""
        panel = self._first_steps()
        manager = self.env.user.has_group("backorder_mgmt.group_backorder_manager")
        if not panel or not manager or panel.is_onboarding_closed:
            return []
        done = self._first_steps_done()
        steps = [
            {
                "title": step.title,
                "description": step.description,
                "button": step.button_text,
                "action": step.panel_step_open_action_name,
                "done": done.get(step.panel_step_open_action_name, False),
            }
            for step in panel.step_ids
        ]
        return [] if all(step["done"] for step in steps) else steps

    @api.model
    def _first_steps_done(self):
        """{opening method of a step: whether that was done in the companies switched on}"""
        companies = [("company_id", "in", self.env.companies.ids)]
        # sudo: whether anything of it is there, and no more, whoever's it is
        events = self.env["backorder.event"].sudo()
        bought = self.env["purchase.order.line"].sudo()
        for_backorders = [*companies, ("backorder_line_ids", "!=", False)]
        return {
            "action_open_step_backorder_order": bool(events.search_count(companies, limit=1)),
            "action_open_step_backorder_purchase": bool(
                bought.search_count(for_backorders, limit=1)
            ),
            "action_open_step_backorder_receipt": bool(
                bought.search_count([*for_backorders, ("qty_received", ">", 0)], limit=1)
            ),
            "action_open_step_backorder_fill": bool(
                events.search_count([*companies, ("type", "=", "fill")], limit=1)
            ),
        }

    @api.model
    def close_first_steps(self):
        """Do not show the first steps again in this company.

        :raise AccessError: the user is no Backorders manager
        """
        if not self.env.user.has_group("backorder_mgmt.group_backorder_manager"):
            raise AccessError(self.env._("The first steps are closed by a Backorders manager."))
        panel = self._first_steps()
        if panel:
            panel._search_or_create_progress().action_close()
        return True
