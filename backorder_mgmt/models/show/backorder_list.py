"""What waits, on paper: by customer, by order, by item, and as a notice to a customer.

One description of each report's tables, `_sheets`, is read by preview, PDF and workbook.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...reports.backorder_run_xlsx import write_workbook
from ..base.named import of_one

KINDS = [
    ("customer", "Backorders by Customer"),
    ("order", "Backorders by Order"),
    ("product", "Backorders by Product"),
    ("notice", "Backorder Notice"),
]


class BackorderList(models.TransientModel):
    """The options of such a report: of some lines, or of all that a filter finds."""

    _name = "backorder.list"
    _description = "Backorder Report"

    kind = fields.Selection(
        KINDS,
        string="Report",
        required=True,
        default="customer",
        help="The table that is shown, printed or saved.",
    )
    line_ids = fields.Many2many(
        "sale.order.line", string="Selected Items", help="Empty: everything that is on backorder."
    )
    line_count = fields.Integer(string="Items", compute="_compute_line_count")
    partner_ids = fields.Many2many(
        "res.partner", string="Customers", help="With their contacts. Empty: all."
    )
    product_ids = fields.Many2many("product.product", string="Products", help="Empty: all.")
    vendor_ids = fields.Many2many(
        "res.partner",
        "backorder_list_vendor_rel",
        string="Vendors",
        help="First vendor of the product. Empty: all.",
    )
    warehouse_ids = fields.Many2many("stock.warehouse", string="Warehouses", help="Empty: all.")
    late_only = fields.Boolean(
        help="Expected later than the customer was told or than the delivery date of the order, or "
        "overdue, or without a date for longer than usual.",
    )

    @api.depends("line_ids", "partner_ids", "product_ids", "vendor_ids", "warehouse_ids", "kind")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_line_count(self):
        for report in self:
            report.line_count = self.env["sale.order.line"].search_count(report._get_lines_domain())

    # -- which lines ------------------------------------------------------------------------------

    def _get_lines_domain(self):
        self.ensure_one()
        lines = self.env["sale.order.line"]
        domain = Domain("backorder_qty", ">", 0) & lines._get_backorder_not_in_cart_domain()
        domain &= Domain("company_id", "in", self.env.companies.ids)
        for name, ids, operator in (
            ("id", self.line_ids._origin.ids or self.line_ids.ids, "in"),
            ("order_partner_id", self.partner_ids.ids, "child_of"),
            ("product_id", self.product_ids.ids, "in"),
            ("backorder_vendor_id", self.vendor_ids.ids, "in"),
            ("warehouse_id", self.warehouse_ids.ids, "in"),
        ):
            if ids:
                domain &= Domain(name, operator, ids)
        if self.late_only:
            domain &= Domain("backorder_late", "=", True)
        if self.kind == "notice":
            # Nobody is told of what they did not order yet.
            domain &= Domain("state", "=", "sale")
        return domain

    def _lines(self):
        """The lines that the reader may see, longest waiting first.

        :raise UserError: there are none
        """
        lines = self.env["sale.order.line"].search(
            self._get_lines_domain(), order="backorder_date, id"
        )
        if not lines:
            raise UserError(
                self.env._("Nothing of it is on backorder: choose fewer filters, or other items.")
            )
        return lines

    # -- actions ----------------------------------------------------------------------------------

    @api.model
    def _prepare_dialog(self, lines=None, **values):
        """The dialog, for these lines."""
        report = self.create(
            {"line_ids": [fields.Command.set(lines.ids)], **values} if lines else values
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Backorder Reports"),
            "res_model": self._name,
            "res_id": report.id,
            "view_mode": "form",
            "target": "new",
        }

    @of_one
    def action_preview_report(self):
        """Show the report in the client, with its *Print* button."""
        self._lines()
        report = self.env.ref("backorder_mgmt.backorder_list_report_preview")
        return report.report_action(self, config=False)

    @of_one
    def action_print_report(self):
        """The report of this list as a PDF."""
        self._lines()
        report = self.env.ref("backorder_mgmt.backorder_list_report")
        return report.report_action(self, config=False)

    @of_one
    def action_export_xlsx(self):
        """The report of this list as a workbook."""
        self._lines()
        return {
            "type": "ir.actions.act_url",
            "url": f"/backorder_mgmt/list/{self.id}.xlsx",
            "target": "download",
        }

    def _report_title(self):
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]

    def _report_file_name(self):
        self.ensure_one()
        return f"{self._report_title()} - {fields.Date.context_today(self)}"

    def _export_xlsx(self):
        """The workbook, as bytes."""
        self.ensure_one()
        return write_workbook(
            self._sheets(self._lines()),
            digits=self.env["decimal.precision"].precision_get("Product Unit"),
            money_digits=self.env.company.currency_id.decimal_places,
            total_label=self.env._("Total"),
        )

    # -- tables -----------------------------------------------------------------------------------

    def _sheets(self, lines):
        """[(title, [(label, kind, width, value of a row)], rows)], the report's only description.

        Kinds: ``text``, ``date``, ``each`` (a quantity, each in its own unit), ``count`` (of what
        several rows share), ``number`` and ``money`` (summed). A row is a dictionary.
        """
        self.ensure_one()
        tables = {
            "customer": self._tables_by_customer,
            "order": self._tables_by_order,
            "product": self._tables_by_product,
            "notice": self._tables_of_notice,
        }
        return tables[self.kind](lines)

    def _tables_by_customer(self, lines):
        rows = self._line_rows(lines)
        return [
            (
                self.env._("Customers"),
                [
                    (self.env._("Customer"), "text", 40, lambda row: row["customer"]),
                    (self.env._("Orders"), "number", 10, lambda row: row["orders"]),
                    (self.env._("Items"), "number", 10, lambda row: row["lines"]),
                    (self.env._("Late"), "number", 10, lambda row: row["late"]),
                    (self.env._("Waiting Since"), "date", 14, lambda row: row["since"]),
                    self._value_column(),
                ],
                self._summed(rows, "customer"),
            ),
            (
                self.env._("Items"),
                [
                    (self.env._("Customer"), "text", 26, lambda row: row["customer"]),
                    *self._line_columns(),
                ],
                sorted(rows, key=lambda row: row["customer"].lower()),
            ),
        ]

    def _tables_by_order(self, lines):
        rows = self._line_rows(lines)
        return [
            (
                self.env._("Orders"),
                [
                    (self.env._("Order"), "text", 14, lambda row: row["order"]),
                    (self.env._("Customer"), "text", 34, lambda row: row["customer"]),
                    (self.env._("Customer Reference"), "text", 20, lambda row: row["reference"]),
                    (self.env._("Order Date"), "date", 14, lambda row: row["ordered_on"]),
                    (self.env._("Items"), "number", 10, lambda row: row["lines"]),
                    (self.env._("Late"), "number", 10, lambda row: row["late"]),
                    (self.env._("All Expected"), "date", 14, lambda row: row["expected"]),
                    self._value_column(),
                ],
                self._summed(rows, "order"),
            ),
            (
                self.env._("Items"),
                self._line_columns(),
                sorted(rows, key=lambda row: row["order"]),
            ),
        ]

    def _tables_by_product(self, lines):
        return [
            (
                self.env._("Products"),
                [
                    (self.env._("SKU"), "text", 16, lambda row: row["sku"]),
                    (self.env._("Product"), "text", 34, lambda row: row["product"]),
                    (self.env._("Vendor"), "text", 24, lambda row: row["vendor"]),
                    (self.env._("Orders"), "count", 9, lambda row: row["orders"]),
                    (self.env._("Needed"), "each", 11, lambda row: row["needed"]),
                    (self.env._("On Hand"), "each", 11, lambda row: row["on_hand"]),
                    (self.env._("Free"), "each", 11, lambda row: row["free"]),
                    (self.env._("On Order"), "each", 11, lambda row: row["on_order"]),
                    (self.env._("Unit"), "text", 9, lambda row: row["unit"]),
                    (self.env._("Expected"), "date", 13, lambda row: row["expected"]),
                    self._value_column(),
                ],
                self._product_rows(lines),
            )
        ]

    def _tables_of_notice(self, lines):
        """What a customer is told: no stock, no vendor, no value."""
        return [
            (
                self.env._("Items on Backorder"),
                [
                    (self.env._("Order"), "text", 14, lambda row: row["order"]),
                    (self.env._("Your Reference"), "text", 18, lambda row: row["reference"]),
                    (self.env._("Product"), "text", 40, lambda row: row["product"]),
                    (self.env._("Ordered"), "each", 11, lambda row: row["ordered"]),
                    (self.env._("On Backorder"), "each", 13, lambda row: row["needed"]),
                    (self.env._("Unit"), "text", 10, lambda row: row["unit"]),
                    (self.env._("Expected"), "date", 15, lambda row: row["told"]),
                ],
                sorted(self._line_rows(lines), key=lambda row: row["order"]),
            )
        ]

    def _value_column(self):
        label = self.env._("Value (%s)", self.env.company.currency_id.name)
        return (label, "money", 15, lambda row: row["value"])

    def _line_columns(self):
        return [
            (self.env._("Order"), "text", 12, lambda row: row["order"]),
            (self.env._("Product"), "text", 32, lambda row: row["product"]),
            (self.env._("SKU"), "text", 14, lambda row: row["sku"]),
            (self.env._("Waiting Since"), "date", 13, lambda row: row["since"]),
            (self.env._("Needed"), "each", 10, lambda row: row["needed"]),
            (self.env._("On Hand"), "each", 10, lambda row: row["available"]),
            (self.env._("Unit"), "text", 9, lambda row: row["unit"]),
            (self.env._("Expected"), "date", 13, lambda row: row["expected"]),
            (self.env._("Purchase Order"), "text", 22, lambda row: row["purchase"]),
            self._value_column(),
        ]

    # -- rows -------------------------------------------------------------------------------------

    def _line_rows(self, lines):
        """A dictionary for each line. Quantities are in the line's unit, days the company's, values
        in the currency of the user's company."""
        convert = self.env["backorder.overview"]._in_currency
        # sudo: names of customers and products on lines that the reader may see
        lines = lines.sudo().with_context(display_default_code=False)
        rows = []
        for line in lines:
            day = line.company_id._backorder_day
            rows.append(
                {
                    "order_id": line.order_id.id,
                    "customer_id": line.order_partner_id.id,
                    "order": line.order_id.name,
                    "ordered_on": day(line.order_id.date_order),
                    "reference": line.order_id.client_order_ref or "",
                    "customer": line.order_partner_id.display_name or "",
                    "product": line.product_id.display_name or "",
                    "sku": line.product_id.default_code or "",
                    "since": day(line.backorder_date),
                    "ordered": line.product_uom_qty,
                    "needed": line.backorder_qty,
                    "available": line.backorder_available_qty,
                    "unit": line.product_uom_id.name,
                    "expected": day(line.backorder_expected_date),
                    "told": line._backorder_day_to_tell(),
                    "purchase": line.backorder_purchase_label or "",
                    "late": line.backorder_late,
                    "value": convert(line.backorder_value, line.company_id),
                }
            )
        return rows

    @api.model
    def _summed(self, rows, key):
        """One row for each ``key`` (customer, order) of the lines' rows, the most valuable first.
        Customers may have one name, and orders of two companies one number."""
        groups = {}
        for row in rows:
            groups.setdefault(row[f"{key}_id"], []).append(row)
        result = [
            {
                **own[0],
                "orders": len({row["order_id"] for row in own}),
                "lines": len(own),
                "late": sum(row["late"] for row in own),
                "since": min((row["since"] for row in own if row["since"]), default=None),
                "expected": max((row["expected"] for row in own), default=None)
                if all(row["expected"] for row in own)
                else None,
                "value": sum(row["value"] for row in own),
            }
            for own in groups.values()
        ]
        return sorted(result, key=lambda row: -row["value"])

    def _product_rows(self, lines):
        """A dictionary for each product, the most valuable first; quantities in its unit."""
        convert = self.env["backorder.overview"]._in_currency
        figures = {}
        for line in lines:
            own = figures.setdefault(
                line.product_id, {"needed": 0.0, "value": 0.0, "orders": set(), "dates": []}
            )
            own["needed"] += line._backorder_pieces(line.backorder_qty)
            own["value"] += convert(line.backorder_value, line.company_id)
            own["orders"].add(line.order_id.id)
            own["dates"].append(line.company_id._backorder_day(line.backorder_expected_date))
        products = self.env["product.product"].union(*figures)
        warehouses = self.warehouse_ids or lines.warehouse_id
        # sudo: stock is counted for everybody
        stock = products.sudo().with_context(
            warehouse_id=warehouses.ids, display_default_code=False
        )
        asked = stock._get_quantity_in_progress(warehouse_ids=warehouses.ids)[1]
        requested = {}
        for (product_id, _warehouse_id), quantity in asked.items():
            requested[product_id] = requested.get(product_id, 0.0) + quantity
        rows = [
            {
                "sku": product.default_code or "",
                "product": product.display_name,
                "vendor": product.seller_ids[:1].partner_id.display_name or "",
                "orders": len(own["orders"]),
                "needed": own["needed"],
                "on_hand": product.qty_available,
                "free": product.free_qty,
                "on_order": product.incoming_qty + requested.get(product.id, 0.0),
                "unit": product.uom_id.name,
                "expected": max(own["dates"]) if all(own["dates"]) else None,
                "value": own["value"],
            }
            for product, own in zip(stock, figures.values(), strict=True)
        ]
        return sorted(rows, key=lambda row: -row["value"])
