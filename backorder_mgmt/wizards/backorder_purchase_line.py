from odoo import api, fields, models

from ..engine import work_out


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
            plan = self.env["backorder.purchase.plan"]
            row.problem = " ".join(plan._row_problems(row)) or False
            row.vendor_hint = plan._vendor_hint(row)
            row.note = row.problem or row.vendor_hint

    def _compute_receipt(self):
        plan = self.env["backorder.purchase.plan"]
        for row in self:
            lines = plan._receipt_lines(row) if row.product_id else []
            row.receipt = "\n".join(
                f"{text}: {figure}" if figure else text for text, figure in lines
            )
            row.receipt_table = self.env["ir.qweb"]._render(
                "backorder_mgmt.backorder_purchase_receipt", {"lines": lines}
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Rows that were picked by hand get their figures here: a form sends only what it shows."""
        plan = self.env["backorder.purchase.plan"]
        return super().create(plan._complete_rows(vals_list))

    def write(self, vals):
        res = super().write(vals)
        if "vendor_id" in vals and "currency_id" not in vals:
            for row in self.filtered("vendor_id"):
                own = self.env["backorder.purchase.plan"]._offer_of(row)
                row.write(
                    {name: own[name] for name in own if name not in vals}
                    | {"vendor_id": row.vendor_id.id, "currency_id": own["currency_id"]}
                )
        return res

    def action_how(self):
        """The arithmetic of the row, in a window of its own."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("How? %s", self.product_id.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }

    def _merge_rows(self, purchase, rows):
        """Add ``rows`` to those that are there: one row for a SKU, vendor and warehouse.

        Figures are brought up to date; a quantity, price or date that was typed stays.
        """
        known = {(row.product_id.id, row.vendor_id.id, row.warehouse_id.id): row for row in self}
        chosen = {(row.product_id.id, row.warehouse_id.id): row for row in self}
        fresh, seen = [], self.browse()
        for vals in rows:
            place = (vals["product_id"], vals["warehouse_id"])
            row = known.get((vals["product_id"], vals["vendor_id"], vals["warehouse_id"]))
            # Another vendor was typed there: that row is the one of this need.
            row = row or chosen.get(place)
            if row:
                row._bring_up_to_date(vals)
                seen |= row
            else:
                fresh.append({**vals, "purchase_id": purchase.id})
        self.create(fresh)
        (self - seen)._look_again()

    def _bring_up_to_date(self, vals):
        self.ensure_one()
        plan = self.env["backorder.purchase.plan"]
        vals = dict(vals)
        other = vals["vendor_id"] != self.vendor_id.id or vals["product_uom_id"] != (
            self.product_uom_id.id
        )
        if other or self.product_uom_id.compare(self.quantity, self.suggested_qty):
            vals.pop("quantity")
        if other or plan._price_is_typed(self):
            vals.pop("price_unit")
        if other or plan._date_is_typed(self):
            vals.pop("date_planned")
        if other:
            for name in (
                "vendor_id",
                "product_uom_id",
                "currency_id",
                "discount",
                "lead_days",
                "proposed_price",
                "proposed_date",
                "suggested_qty",
                "vendor_min_qty",
            ):
                vals.pop(name)
        self.write(vals)

    def _look_again(self):
        """Bring rows up to date that are not asked for any more: nothing of them is needed now,
        or they were picked by hand."""
        plan = self.env["backorder.purchase.plan"]
        for warehouse, rows in self.grouped("warehouse_id").items():
            purchase = rows.purchase_id
            facts = plan._gather(
                rows.product_id, warehouse, purchase.backorder_days, purchase.include_quotations
            )
            for row in rows:
                own = facts[row.product_id.id, warehouse.id]
                needed = work_out(own, refill=purchase.choose != "backordered")
                vals = plan._prepare_row_vals(
                    row.product_id, warehouse, own, needed, vendors=row.vendor_id or None
                )
                row._bring_up_to_date(vals)

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
