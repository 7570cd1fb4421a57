from odoo import api, fields, models

from ..models.base.named import of_one


class BackorderPurchaseLine(models.TransientModel):
    """A row of *Create Purchase Orders*: one SKU, vendor and warehouse.

    Quantities in the product's unit, but for ``quantity`` and its neighbours: the vendor's.
    """

    _name = "backorder.purchase.line"
    _description = "Create Purchase Orders: Row"
    _order = "warehouse_id, vendor_id, id"

    purchase_id = fields.Many2one("backorder.purchase", required=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", string="SKU", required=True)
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, default=lambda self: self._default_warehouse()
    )
    company_id = fields.Many2one(related="warehouse_id.company_id")
    vendor_id = fields.Many2one("res.partner", string="Vendor")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Product Unit")
    product_uom_id = fields.Many2one("uom.uom", string="Unit")
    currency_id = fields.Many2one("res.currency")
    on_hand_qty = fields.Float("On Hand", digits="Product Unit", readonly=True)
    reserved_qty = fields.Float("Reserved", digits="Product Unit", readonly=True)
    promised_qty = fields.Float("Set Aside", digits="Product Unit", readonly=True)
    demand_qty = fields.Float("Other Demand", digits="Product Unit", readonly=True)
    free_qty = fields.Float("Free", digits="Product Unit", readonly=True)
    on_order_qty = fields.Float("On Order", digits="Product Unit", readonly=True)
    min_qty = fields.Float("Minimum", digits="Product Unit", readonly=True)
    max_qty = fields.Float("Maximum", digits="Product Unit", readonly=True)
    multiple_qty = fields.Float("Multiple", digits="Product Unit", readonly=True)
    backorder_qty = fields.Float("Backorders", digits="Product Unit", readonly=True)
    older_backorder_qty = fields.Float(
        "Older, Left Out",
        digits="Product Unit",
        readonly=True,
        help="Backorders that began before the days included. They take nothing of this order.",
    )
    older_kept_qty = fields.Float(digits="Product Unit", readonly=True)
    short_qty = fields.Float(digits="Product Unit", readonly=True)
    refill_qty = fields.Float("Below Minimum", digits="Product Unit", readonly=True)
    needed_qty = fields.Float("Needed", digits="Product Unit", readonly=True)
    documents = fields.Text("On Order By", readonly=True)
    elsewhere = fields.Text("Lies Elsewhere", readonly=True)
    vendor_min_qty = fields.Float("Vendor's Minimum", digits="Product Unit", readonly=True)
    suggested_qty = fields.Float(digits="Product Unit", readonly=True)
    quantity = fields.Float(digits="Product Unit", help="To order, in the vendor's unit.")
    price_unit = fields.Float("Unit Price", min_display_digits="Product Price")
    proposed_price = fields.Float(min_display_digits="Product Price", readonly=True)
    discount = fields.Float("Disc.%", digits="Discount", readonly=True)
    lead_days = fields.Integer("Lead Time (days)", readonly=True)
    proposed_date = fields.Datetime(readonly=True)
    date_planned = fields.Datetime("Expected Arrival")
    done = fields.Boolean(readonly=True, help="Ordered, or not to be ordered, in the background.")
    failed = fields.Text("Not Ordered", readonly=True)
    subtotal = fields.Monetary(compute="_compute_subtotal")
    problem = fields.Char(compute="_compute_problem")
    vendor_hint = fields.Char(compute="_compute_problem")
    note = fields.Char(compute="_compute_problem")
    receipt = fields.Text(string="How?", compute="_compute_receipt")
    receipt_table = fields.Html(compute="_compute_receipt", sanitize=False)

    def _default_warehouse(self):
        warehouses = self.env["stock.warehouse"]
        chosen = warehouses.browse(self.env.context.get("backorder_warehouse_id") or ())
        return chosen or warehouses.search([("company_id", "=", self.env.company.id)], limit=1)

    @api.depends("quantity", "price_unit", "discount", "currency_id")
    def _compute_subtotal(self):
        for row in self:
            row.subtotal = row.quantity * row.price_unit * (1 - row.discount / 100)

    @api.depends("product_id", "vendor_id", "quantity", "warehouse_id")
    def _compute_problem(self):
        for row in self:
            row.update(self.env["backorder.purchase.plan"]._notes_of_row(row))

    def _compute_receipt(self):
        plan = self.env["backorder.purchase.plan"]
        for row in self:
            row.receipt, row.receipt_table = plan._render_receipt(row)

    @api.model
    def _transient_clean_rows_older_than(self, seconds):
        self.env["backorder.purchase.plan"]._keep_queued()
        return super()._transient_clean_rows_older_than(seconds)

    @api.model_create_multi
    def create(self, vals_list):
        """Rows that were picked by hand get their figures here: a form sends only what it shows."""
        plan = self.env["backorder.purchase.plan"]
        return super().create(plan._complete_rows(vals_list))

    def write(self, vals):
        written = super().write(vals)
        if "vendor_id" in vals and "currency_id" not in vals:
            self.env["backorder.purchase.plan"]._follow_vendor(self, typed=vals)
        return written

    @of_one
    def action_how(self):
        """The arithmetic of the row, in a window of its own."""
        name = self.env._("How? %s", self.product_id.display_name)
        return self._get_records_action(name=name, target="new", context={})

    @api.onchange("product_id", "warehouse_id")
    def _onchange_product_id(self):
        """A SKU picked by hand gets its figures, vendor and quantity."""
        if self.product_id and self.warehouse_id:
            self.update(self.env["backorder.purchase.plan"]._figures_of(self))

    @api.onchange("vendor_id")
    def _onchange_vendor_id(self):
        """Another vendor: its unit, minimum, price and lead time; a typed quantity stays."""
        if self.product_id and self.vendor_id:
            self.update(self.env["backorder.purchase.plan"]._offer_of(self))
