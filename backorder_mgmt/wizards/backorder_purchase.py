from odoo import api, fields, models

from ..models.base.named import of_one
from ..models.base.res_company import CHOOSE_SELECTION, CREATE_SELECTION, SCOPE_SELECTION


class BackorderPurchase(models.TransientModel):
    """*Create Purchase Orders*: the filter, the rows, and what was made of them."""

    _name = "backorder.purchase"
    _inherit = ["backorder.saved.options"]
    _description = "Create Purchase Orders"

    display_name = fields.Char(compute="_compute_display_name")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    create_mode = fields.Selection(
        CREATE_SELECTION,
        string="Create PO",
        required=True,
        default=lambda self: self.env.company.backorder_po_mode,
        help="Automatically: “Add to Order” finds the SKUs. Manually: you pick them.",
    )
    choose = fields.Selection(
        CHOOSE_SELECTION,
        required=True,
        default=lambda self: self.env.company.backorder_po_choose,
        help="Needed SKUs: on backorder, or below the minimum of their reordering rule.",
    )
    vendor_scope = fields.Selection(
        SCOPE_SELECTION,
        string="From",
        required=True,
        default=lambda self: self.env.company.backorder_po_vendor_scope,
        help="Propose the SKUs of all vendors, or only of those that are selected.",
    )
    vendor_ids = fields.Many2many("res.partner", string="Vendors", help="Whose SKUs are proposed.")
    product_ids = fields.Many2many(
        "product.product", string="SKUs", help="Only these; empty: all that are chosen above."
    )
    backorder_days = fields.Integer(
        string="Include Backorders from the Last … Days",
        required=True,
        default=lambda self: self.env.company.backorder_po_days,
        help="By the day the backorder began; 0: only today's.",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        domain="[('company_id', '=', company_id)]",
        help="Empty: all warehouses of the company, an order for each.",
    )
    include_quotations = fields.Boolean(
        default=lambda self: self.env.company.backorder_po_quotations,
        help="Also buy for quotations of customers who have not confirmed yet.",
    )
    add_to_rfq = fields.Boolean(
        string="Add to Open Requests for Quotation",
        default=lambda self: self.env.company.backorder_po_add_to_rfq,
        help="The newest open request of a vendor gets the lines; who has none gets a new one.",
    )
    line_ids = fields.One2many("backorder.purchase.line", "purchase_id", string="Rows")
    left_out = fields.Text(readonly=True)
    never_bought = fields.Text(readonly=True)
    nothing_needed = fields.Boolean(readonly=True)
    purchase_order_ids = fields.Many2many("purchase.order", readonly=True)
    state = fields.Selection(
        [("draft", "New"), ("queued", "In the Background"), ("done", "Done")],
        default="draft",
        required=True,
        readonly=True,
    )
    progress = fields.Integer(compute="_compute_progress", help="Share of the rows done, in %.")
    failures = fields.Text(compute="_compute_progress")
    problems = fields.Text(compute="_compute_notes")
    hints = fields.Text(compute="_compute_notes")
    created = fields.Boolean(compute="_compute_created", compute_sudo=True)
    order_count = fields.Integer(string="Purchase Orders", compute="_compute_summary")
    vendor_count = fields.Integer(string="Ordered From", compute="_compute_summary")
    sku_count = fields.Integer(string="Ordered SKUs", compute="_compute_summary")
    created_links = fields.Html(
        string="Links to Purchase Orders", compute="_compute_summary", sanitize=False
    )
    may_open_created = fields.Boolean(compute="_compute_summary")
    several_units = fields.Boolean(compute="_compute_notes")

    def _compute_display_name(self):
        self.display_name = self.env._("Create Purchase Orders")

    @api.depends("purchase_order_ids", "state")
    def _compute_created(self):
        for screen in self:
            screen.created = bool(screen.purchase_order_ids) or screen.state != "draft"

    @api.depends("line_ids.done", "line_ids.failed")
    def _compute_progress(self):
        for screen in self:
            screen.update(self.env["backorder.purchase.plan"]._progress_of(screen))

    @api.depends("purchase_order_ids.order_line")
    @api.depends_context("uid")
    def _compute_summary(self):
        for screen in self:
            screen.update(self.env["backorder.purchase.plan"]._summary_of(screen))

    @api.depends(
        "line_ids.problem", "line_ids.vendor_hint", "line_ids.product_uom_id", "line_ids.uom_id"
    )
    def _compute_notes(self):
        for screen in self:
            screen.update(self.env["backorder.purchase.plan"]._notes_of_rows(screen.line_ids))

    def _saved_option_names(self):
        return self.env["backorder.purchase.plan"]._saved_names()

    # Before the database says it in its own words: the number may be too large for it.
    @api.model_create_multi
    def create(self, vals_list):
        self.env["backorder.purchase.plan"]._check_typed_days(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self.env["backorder.purchase.plan"]._check_typed_days([vals])
        return super().write(vals)

    @api.onchange("company_id")
    def _onchange_company_id(self):
        if self.warehouse_id.company_id != self.company_id:
            self.warehouse_id = False

    @api.model
    def _open_for(self, products, **options):
        """The screen with the rows of ``products``, opened from a selection."""
        self.env["backorder.purchase.plan"]._check_may_buy()
        screen = self.create({"product_ids": [fields.Command.set(products.ids)], **options})
        screen.action_add()
        return screen._get_records_action(name=screen.display_name, context={})

    @api.model
    def _open_for_lines(self, lines):
        """The screen for what these order lines need, however old they are."""
        return self._open_for(**self.env["backorder.purchase.plan"]._options_of_lines(lines))

    @of_one
    def action_add(self):
        """*Add to Order*: rows of what is needed; again, it adds and brings up to date.

        :raise UserError: the rows are ordered already, or a job orders them
        """
        self.env["backorder.purchase.plan"]._add_rows(self)
        return True

    @of_one
    def action_include_older(self):
        """Every backorder counts, however old."""
        self.backorder_days = self.env["backorder.purchase.plan"]._most_days()
        return self.action_add()

    @of_one
    def action_create(self):
        """*Create*: one order for each vendor, currency and warehouse. Pressed twice: the same.

        Above the company's threshold of rows a scheduled job does it, and the screen shows how far
        it is.

        :return: the action that opens the summary of what was created; True while the job does it
        """
        self.env["backorder.purchase.plan"]._make_orders(self)
        return self.env["backorder.purchase.plan"]._created_action(self)

    @of_one
    def action_stop(self):
        """*Stop*: the job orders no more rows of this screen; what it has created stays.

        :raise AccessError: the screen is somebody else's
        """
        self.check_access("write")
        self.env["backorder.purchase.plan"]._stop(self)
        return True

    def _created_orders(self):
        """What was created, with the user's own rights.

        :raise AccessError: the screen is somebody else's
        """
        self.check_access("read")
        # sudo: who created it may not be who may read it; each use asks for that right
        return self.sudo().purchase_order_ids.with_env(self.env)

    @of_one
    def action_view_created(self):
        """Open what was created; who may not read purchase orders is told the numbers."""
        return self._created_orders()._backorder_open_action()

    @of_one
    def action_print_created(self):
        """One PDF with the requests for quotation that were created."""
        return self._created_orders()._backorder_print_requests()

    @api.model
    def _transient_clean_rows_older_than(self, seconds):
        self.env["backorder.purchase.plan"]._keep_queued()
        return super()._transient_clean_rows_older_than(seconds)
