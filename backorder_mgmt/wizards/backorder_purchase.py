from odoo import api, fields, models
from odoo.exceptions import UserError

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
    problems = fields.Text(compute="_compute_problems")
    hints = fields.Text(compute="_compute_problems")
    created = fields.Boolean(compute="_compute_created", compute_sudo=True)
    order_count = fields.Integer(string="Purchase Orders", compute="_compute_summary")
    vendor_count = fields.Integer(string="Ordered From", compute="_compute_summary")
    sku_count = fields.Integer(string="Ordered SKUs", compute="_compute_summary")
    created_links = fields.Html(
        string="Links to Purchase Orders", compute="_compute_summary", sanitize=False
    )
    may_open_created = fields.Boolean(compute="_compute_summary")
    several_units = fields.Boolean(compute="_compute_several_units")

    def _compute_display_name(self):
        self.display_name = self.env._("Create Purchase Orders")

    @api.depends("purchase_order_ids", "state")
    def _compute_created(self):
        for screen in self:
            screen.created = bool(screen.purchase_order_ids) or screen.state != "draft"

    @api.depends("line_ids.product_uom_id", "line_ids.uom_id")
    def _compute_several_units(self):
        """Some row is bought in another unit than its backorders are counted in: both are named."""
        for screen in self:
            screen.several_units = any(
                row.product_uom_id and row.product_uom_id != row.uom_id for row in screen.line_ids
            )

    @api.depends("line_ids.done", "line_ids.failed")
    def _compute_progress(self):
        plan = self.env["backorder.purchase.plan"]
        for screen in self:
            todo, done, failed = plan._count_rows(screen)
            screen.progress = 100 * done // (todo + done) if done else 0
            lost = screen.line_ids.filtered("failed") if failed else screen.line_ids.browse()
            screen.failures = plan._list_sentences(lost.mapped("failed"))

    @api.depends("purchase_order_ids.order_line")
    @api.depends_context("uid")
    def _compute_summary(self):
        may_open = self.env["purchase.order"].has_access("read")
        for screen in self:
            # sudo: numbers and amounts of what the user created on this very screen
            orders = screen.sudo().purchase_order_ids
            # What was added to an open request is its own part of it.
            ordered = screen.line_ids.filtered(lambda row: row.quantity and not row.failed)
            skus = ordered.product_id
            screen.order_count = len(orders)
            screen.vendor_count = len(orders.partner_id)
            screen.sku_count = len(skus)
            screen.may_open_created = may_open
            screen.created_links = (
                self.env["ir.qweb"]._render(
                    "backorder_mgmt.backorder_purchase_created",
                    {"orders": orders, "skus": skus, "may_open": may_open},
                )
                if orders
                else False
            )

    @api.depends("line_ids.problem", "line_ids.vendor_hint")
    def _compute_problems(self):
        """What stands above the rows: what keeps them from being ordered, and what to know."""
        plan = self.env["backorder.purchase.plan"]
        for screen in self:
            rows = screen.line_ids
            screen.problems = plan._list_sentences(rows.mapped("problem"))
            screen.hints = plan._list_sentences(rows.filtered("quantity").mapped("vendor_hint"))

    def _saved_option_names(self):
        return [
            "create_mode",
            "choose",
            "vendor_scope",
            "vendor_ids",
            "backorder_days",
            "warehouse_id",
            "include_quotations",
            "add_to_rfq",
        ]

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self.env["backorder.purchase.plan"]._check_days(vals.get("backorder_days") or 0)
        return super().create(vals_list)

    def write(self, vals):
        # Before the database says it in its own words: the number may be too large for it.
        self.env["backorder.purchase.plan"]._check_days(vals.get("backorder_days") or 0)
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
        return screen._reopen()

    @api.model
    def _open_for_lines(self, lines):
        """The screen for what these order lines need, however old they are."""
        return self._open_for(**self.env["backorder.purchase.plan"]._options_of_lines(lines))

    @of_one
    def action_add(self):
        """*Add to Order*: rows of what is needed; again, it adds and brings up to date.

        :raise UserError: the rows are ordered already, or a job orders them
        """
        if self.created:
            raise UserError(
                self.env._(
                    "The rows of this screen are ordered already, or just being ordered. Open "
                    "Create Purchase Orders anew."
                )
            )
        plan = self.env["backorder.purchase.plan"]
        rows, left_out, never_bought = plan._propose(self)
        plan._merge_rows(self, rows)
        self.left_out = plan._describe_left_out(left_out)
        self.never_bought = plan._describe_never_bought(never_bought)
        asked = self.create_mode == "auto" or self.product_ids
        self.nothing_needed = bool(asked) and not self.line_ids
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
        # sudo: a Backorders manager need not read purchase orders
        made = self.sudo()
        plan = self.env["backorder.purchase.plan"]
        if not self.created and plan._is_large(self):
            plan._queue(self)
        if self.state == "queued":
            return True
        if not self.created:
            made.purchase_order_ids = plan._create_orders(self, self.line_ids)
        view = self.env.ref("backorder_mgmt.backorder_purchase_view_form_summary")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Purchase Orders Created"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(view.id, "form")],
            "target": "new",
            "context": {"dialog_size": "medium"},
        }

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
        orders = self._created_orders()
        orders.check_access("read")
        if not orders:
            return {"type": "ir.actions.act_window_close"}
        return self.env.ref("purchase.report_purchase_quotation").report_action(orders)

    @api.model
    def _transient_clean_rows_older_than(self, seconds):
        self.env["backorder.purchase.plan"]._keep_queued()
        return super()._transient_clean_rows_older_than(seconds)

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Create Purchase Orders"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "current",
        }
