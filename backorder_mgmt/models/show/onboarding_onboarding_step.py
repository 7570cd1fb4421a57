"""Where the first steps of Odoo's onboarding panel lead."""

from odoo import api, models


class OnboardingStep(models.Model):
    _inherit = "onboarding.onboarding.step"

    @api.model
    def action_open_step_backorder_order(self):
        """First step: an order of something that is not in stock."""
        return self._open_backorder_step("sale.action_quotations_with_onboarding")

    @api.model
    def action_open_step_backorder_purchase(self):
        """Second step: buy what is missing."""
        return self._open_backorder_step("backorder_mgmt.backorder_purchase_action")

    @api.model
    def action_open_step_backorder_receipt(self):
        """Third step: receive it."""
        return self._open_backorder_step("stock.action_picking_tree_incoming")

    @api.model
    def action_open_step_backorder_fill(self):
        """Last step: fill the backorders."""
        return self._open_backorder_step("backorder_mgmt.backorder_fill_batch_action")

    @api.model
    def _open_backorder_step(self, action_ref):
        """
        :raise AccessError: the user has nothing to do with backorders
        """
        self.env["backorder.report"].check_access("read")
        return self.env["ir.actions.actions"]._for_xml_id(action_ref)
