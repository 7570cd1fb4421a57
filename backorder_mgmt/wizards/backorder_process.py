from odoo import api, fields, models

from ..models.base.named import of_one


class BackorderProcess(models.TransientModel):
    """*Multi-Order Processor*: the options of a run over many quotations."""

    _name = "backorder.process"
    _inherit = ["backorder.run.options", "backorder.process.options", "backorder.saved.options"]
    _description = "Multi-Order Processor"

    # The options with the company's defaults; what a user saved wins over them.
    order_ids = fields.Many2many(default=lambda self: self._default_orders())
    order_ranks = fields.Json(default=lambda self: self._default_orders().ids)
    company_id = fields.Many2one(default=lambda self: self._default_company())
    if_backorders = fields.Selection(
        default=lambda self: self._default_company().backorder_process_if_backorders
    )
    credit_card_mode = fields.Selection(
        default=lambda self: self._default_company().backorder_process_card_mode
    )
    expired_orders = fields.Selection(
        default=lambda self: self._default_company().backorder_process_expired
    )
    include_backordered = fields.Boolean(
        default=lambda self: self._default_company().backorder_process_include_backordered
    )
    approve = fields.Boolean(default=lambda self: self._default_company().backorder_process_approve)
    set_ship_date = fields.Boolean(
        default=lambda self: self._default_company().backorder_process_set_ship_date
    )
    email_template_id = fields.Many2one(
        default=lambda self: self._default_company().backorder_process_email_template_id
    )
    create_invoice = fields.Boolean(
        default=lambda self: self._default_company().backorder_process_create_invoice
    )
    post_invoice = fields.Boolean(
        default=lambda self: self._default_company().backorder_process_post_invoice
    )
    print_documents = fields.Boolean(
        default=lambda self: self._default_company().backorder_process_print_documents
    )
    display_name = fields.Char(compute="_compute_display_name")

    currency_id = fields.Many2one(related="company_id.currency_id")
    order_count = fields.Integer(string="Orders Chosen", compute="_compute_tallies")
    amount_total = fields.Monetary(string="Value", compute="_compute_tallies")
    amount_due = fields.Monetary(string="Still to Pay", compute="_compute_tallies")
    complete_count = fields.Integer(string="All in Stock", compute="_compute_tallies")
    partial_count = fields.Integer(string="Some on Backorder", compute="_compute_tallies")
    none_count = fields.Integer(string="Nothing in Stock", compute="_compute_tallies")
    skipped_count = fields.Integer(string="Will Be Skipped", compute="_compute_tallies")
    expired_count = fields.Integer(string="Expired", compute="_compute_tallies")
    skipped_note = fields.Text(compute="_compute_tallies")

    @api.model
    def _default_orders(self):
        context = self.env.context
        if context.get("active_model") != "sale.order":
            return self.env["sale.order"]
        return self.env["sale.order"].browse(
            context.get("active_ids") or context.get("active_id") or []
        )

    @api.model
    def _default_company(self):
        """The company of the chosen orders, where they are all of one."""
        companies = self._default_orders().company_id
        return companies if len(companies) == 1 else self.env.company

    def _orders_of_company(self):
        # Of each order of another company the run says that it is skipped.
        return self.env["sale.order"]

    def _compute_display_name(self):
        self.display_name = self.env._("Multi-Order Processor")

    @api.depends(
        "order_ids",
        "if_backorders",
        "policy",
        "company_id",
        "include_backordered",
        "expired_orders",
        "credit_card_mode",
    )
    def _compute_tallies(self):
        for wizard in self:
            # sudo: the dialog is for managers only; stock and payments are read as the run will
            wizard.update(wizard._make_run(new=True).sudo()._process_tallies())

    @api.model
    def _open_for(self, orders):
        """The dialog for ``orders``, in the order of the list.

        The record is made here: thousands of ids do not travel to the browser and back.
        """
        wizard = self.with_context(active_model="sale.order", active_ids=orders.ids).create({})
        return wizard._get_records_action(
            name=wizard.display_name, target="new", context={"dialog_size": "extra-large"}
        )

    @of_one
    def action_preview(self):
        """Show what will happen to each order, and why one is skipped; nothing changes."""
        return self._make_run().action_preview()

    @of_one
    def action_process(self):
        """*Process Orders*: do it; ends in the summary.

        :return: the action that shows the run
        :raise UserError: every option is off
        """
        self.env["backorder.run"]._check_does_something(self)
        return self._make_run().action_start()

    def _saved_option_names(self):
        return self._process_saved_names()

    def _make_run(self, new=False):
        """The run with these options; ``new``: only to plan with, never stored."""
        self.ensure_one()
        if not new:
            self.check_access("read")
        vals = self._prepare_run_vals(self._process_option_names())
        runs = self.env["backorder.run"]
        return runs.new(vals) if new else runs.create(vals)

    def _prepare_run_vals(self, names):
        return {**super()._prepare_run_vals(names), "kind": "process"}
