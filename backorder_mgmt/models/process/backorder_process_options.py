from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.res_company import CARD_MODE_SELECTION, EXPIRED_SELECTION, IF_BACKORDERS_SELECTION


class BackorderProcessOptions(models.AbstractModel):
    """The options of the Multi-Order Processor: of the run that keeps them, and of its dialog.

    Orders, policy and ship date are those of ``backorder.run.options``.
    """

    _name = "backorder.process.options"
    _description = "Multi-Order Processor: Options"

    if_backorders = fields.Selection(
        IF_BACKORDERS_SELECTION,
        string="If an Order Has Any Backorders",
        required=True,
        default="leave",
        help="Try to fill: stock on hand is set aside for the order, as far as it goes. Only if it "
        "can be filled completely: everything or nothing.",
    )
    credit_card_mode = fields.Selection(
        CARD_MODE_SELECTION,
        required=True,
        default="none",
        help="For orders that still need payment. Whose payment fails is not approved and keeps "
        "what was set aside.",
    )
    expired_orders = fields.Selection(
        EXPIRED_SELECTION,
        string="Expired Quotations",
        required=True,
        default="skip",
        help="What is done with quotations whose validity date is over.",
    )
    include_backordered = fields.Boolean(
        string="Include Orders That Still Have Backorders",
        help="Off: they are not approved, charged, invoiced, mailed or printed, and are reported. "
        "What was filled stays set aside for them.",
    )
    approve = fields.Boolean(help="Confirm the quotations.")
    email_template_id = fields.Many2one(
        "mail.template",
        string="E-Mail to the Customer",
        domain=[("model", "=", "sale.order")],
        help="Empty: no e-mail.",
    )
    create_invoice = fields.Boolean(help="For approved orders that have something to invoice.")
    post_invoice = fields.Boolean(
        string="Post the Invoices", help="Off: they stay drafts for somebody to look at."
    )
    print_documents = fields.Boolean(
        string="Print Delivery Slips and Invoices",
        help="One PDF, in the order of the list. It stays attached to the run.",
    )
    order_ranks = fields.Json(
        string="Order of the List", help="Ids of the orders as the list had them."
    )

    @api.constrains("email_template_id")
    def _check_email_template(self):
        for options in self:
            template = options.email_template_id.sudo()
            if template and template.model != "sale.order":
                raise ValidationError(
                    self.env._(
                        "The e-mail template “%s” is not made for sales orders. Choose one "
                        "that is.",
                        template.name,
                    )
                )

    def _process_option_names(self):
        """The options that the dialog hands to its run."""
        return [
            *self._process_saved_names(),
            "company_id",
            "order_ids",
            "order_ranks",
            "ship_date",
        ]

    def _process_saved_names(self):
        """The options that a user can keep as their default."""
        return [
            "if_backorders",
            "credit_card_mode",
            "expired_orders",
            "include_backordered",
            "policy",
            "approve",
            "set_ship_date",
            "email_template_id",
            "create_invoice",
            "post_invoice",
            "print_documents",
        ]
