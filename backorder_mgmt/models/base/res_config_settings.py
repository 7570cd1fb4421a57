"""*Settings > Backorders*: the fields of the company on the screen."""

from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    backorder_auto = fields.Boolean(related="company_id.backorder_auto", readonly=False)
    backorder_on_documents = fields.Boolean(
        related="company_id.backorder_on_documents", readonly=False
    )
    backorder_highlight = fields.Selection(
        related="company_id.backorder_highlight", readonly=False, required=True
    )
    backorder_fifo = fields.Boolean(related="company_id.backorder_fifo", readonly=False)
    backorder_claim_days = fields.Integer(related="company_id.backorder_claim_days", readonly=False)
    backorder_fill_approved = fields.Selection(
        related="company_id.backorder_fill_approved", readonly=False, required=True
    )
    backorder_approve_new_order = fields.Boolean(
        related="company_id.backorder_approve_new_order", readonly=False
    )
    backorder_charge_shipping = fields.Boolean(
        related="company_id.backorder_charge_shipping", readonly=False
    )
    backorder_carry_balance = fields.Boolean(
        related="company_id.backorder_carry_balance", readonly=False
    )
    backorder_carry_credit = fields.Selection(
        related="company_id.backorder_carry_credit", readonly=False, required=True
    )
    backorder_charge_cards = fields.Boolean(
        related="company_id.backorder_charge_cards", readonly=False
    )
    backorder_authorization_days = fields.Integer(
        related="company_id.backorder_authorization_days", readonly=False
    )
    backorder_require_last_po = fields.Boolean(
        related="company_id.backorder_require_last_po", readonly=False
    )
    backorder_policy = fields.Selection(
        related="company_id.backorder_policy", readonly=False, required=True
    )
    backorder_terms_accept = fields.Selection(
        related="company_id.backorder_terms_accept", readonly=False, required=True
    )
    backorder_terms_policy = fields.Selection(
        related="company_id.backorder_terms_policy", readonly=False, required=True
    )
    backorder_terms_max_shipments = fields.Integer(
        related="company_id.backorder_terms_max_shipments", readonly=False
    )
    backorder_terms_min_value = fields.Monetary(
        related="company_id.backorder_terms_min_value",
        readonly=False,
        currency_field="company_currency_id",
    )
    backorder_terms_cancel_days = fields.Integer(
        related="company_id.backorder_terms_cancel_days", readonly=False
    )
    backorder_terms_warn_days = fields.Integer(
        related="company_id.backorder_terms_warn_days", readonly=False
    )
    backorder_rules_nightly = fields.Boolean(
        related="company_id.backorder_rules_nightly", readonly=False
    )
    backorder_run_threshold = fields.Integer(
        related="company_id.backorder_run_threshold", readonly=False
    )
    backorder_email_complete_template_id = fields.Many2one(
        related="company_id.backorder_email_complete_template_id", readonly=False
    )
    backorder_email_partial_template_id = fields.Many2one(
        related="company_id.backorder_email_partial_template_id", readonly=False
    )
    backorder_fill_on_receipt = fields.Selection(
        related="company_id.backorder_fill_on_receipt", readonly=False, required=True
    )
    backorder_nightly_find = fields.Boolean(
        related="company_id.backorder_nightly_find", readonly=False
    )
    backorder_nightly_fill = fields.Boolean(
        related="company_id.backorder_nightly_fill", readonly=False
    )
    backorder_po_choose = fields.Selection(
        related="company_id.backorder_po_choose", readonly=False, required=True
    )
    backorder_po_mode = fields.Selection(
        related="company_id.backorder_po_mode", readonly=False, required=True
    )
    backorder_po_vendor_scope = fields.Selection(
        related="company_id.backorder_po_vendor_scope", readonly=False, required=True
    )
    backorder_po_days = fields.Integer(related="company_id.backorder_po_days", readonly=False)
    backorder_po_quotations = fields.Boolean(
        related="company_id.backorder_po_quotations", readonly=False
    )
    backorder_po_add_to_rfq = fields.Boolean(
        related="company_id.backorder_po_add_to_rfq", readonly=False
    )
    backorder_delay_notice = fields.Selection(
        related="company_id.backorder_delay_notice", readonly=False, required=True
    )
    backorder_tz = fields.Selection(related="company_id.backorder_tz", readonly=False)
    backorder_delay_tolerance = fields.Integer(
        related="company_id.backorder_delay_tolerance", readonly=False
    )
    backorder_delay_template_id = fields.Many2one(
        related="company_id.backorder_delay_template_id", readonly=False
    )
    backorder_process_if_backorders = fields.Selection(
        related="company_id.backorder_process_if_backorders", readonly=False, required=True
    )
    backorder_process_card_mode = fields.Selection(
        related="company_id.backorder_process_card_mode", readonly=False, required=True
    )
    backorder_process_expired = fields.Selection(
        related="company_id.backorder_process_expired", readonly=False, required=True
    )
    backorder_process_approve = fields.Boolean(
        related="company_id.backorder_process_approve", readonly=False
    )
    backorder_process_include_backordered = fields.Boolean(
        related="company_id.backorder_process_include_backordered", readonly=False
    )
    backorder_process_set_ship_date = fields.Boolean(
        related="company_id.backorder_process_set_ship_date", readonly=False
    )
    backorder_process_create_invoice = fields.Boolean(
        related="company_id.backorder_process_create_invoice", readonly=False
    )
    backorder_process_post_invoice = fields.Boolean(
        related="company_id.backorder_process_post_invoice", readonly=False
    )
    backorder_process_print_documents = fields.Boolean(
        related="company_id.backorder_process_print_documents", readonly=False
    )
    backorder_process_email_template_id = fields.Many2one(
        related="company_id.backorder_process_email_template_id", readonly=False
    )

    @api.onchange("backorder_charge_cards")
    def _onchange_backorder_charge_cards(self):
        """Who paid in advance is not charged again for the items that become a new order."""
        if self.backorder_charge_cards and self.backorder_carry_credit == "none":
            self.backorder_carry_credit = "needed"
