"""The analysis: a row for each line that is or was on backorder, from lines and ledger."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.meanwhile import Meanwhile
from ..base.named import of_one

#: Ids of the order lines that the query is about; None: all that ever waited.
only_lines = Meanwhile()
#: Ages of backorders: (most days, key, label).
AGES = (
    (7, "1", "Up to 7 Days"),
    (30, "2", "8 to 30 Days"),
    (60, "3", "31 to 60 Days"),
    (90, "4", "61 to 90 Days"),
    (None, "5", "Over 90 Days"),
)


class BackorderReport(models.Model):
    """Quantities are in the product's unit, values untaxed in the company's currency.

    *Filled* and *Cancelled* are what the line says today: what was filled and taken back, or
    cancelled and ordered again, is neither. Of a cancelled order the ledger says what was lost.
    """

    _name = "backorder.report"
    _description = "Backorder Analysis"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "date"

    sale_line_id = fields.Many2one("sale.order.line", string="Order Line", readonly=True)
    order_id = fields.Many2one("sale.order", string="Order", readonly=True)
    company_id = fields.Many2one("res.company", string="Company", readonly=True)
    currency_id = fields.Many2one("res.currency", string="Currency", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", string="Warehouse", readonly=True)
    product_id = fields.Many2one("product.product", string="Product", readonly=True)
    product_tmpl_id = fields.Many2one("product.template", string="Product Template", readonly=True)
    categ_id = fields.Many2one("product.category", string="Product Category", readonly=True)
    product_uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    vendor_id = fields.Many2one(
        "res.partner", string="Vendor", readonly=True, help="First vendor of the product."
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    country_id = fields.Many2one("res.country", string="Customer Country", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    order_state = fields.Selection(
        [
            ("draft", "Quotation"),
            ("sent", "Quotation Sent"),
            ("sale", "Sales Order"),
            ("cancel", "Cancelled"),
        ],
        string="Order Status",
        readonly=True,
    )
    state = fields.Selection(
        [
            ("no", "No Backorder"),
            ("backordered", "On Backorder"),
            ("partial", "Partly Filled"),
            ("filled", "Backorder Filled"),
            ("cancelled", "Rest Cancelled"),
        ],
        string="Backorder",
        readonly=True,
    )
    reason = fields.Selection(
        [("auto", "Out of Stock"), ("force", "Forced")],
        readonly=True,
        help="Why it came on backorder first: stock could not cover it, or a person forced it.",
    )
    promise = fields.Selection(
        [("late", "Late"), ("in_time", "In Time")],
        readonly=True,
        help="Of what is needed: whether it is expected later than the customer was told or than "
        "the delivery date, or overdue, or without a date for longer than usual.",
    )
    age_range = fields.Selection(
        [(key, label) for _days, key, label in AGES], string="Age", readonly=True
    )
    date = fields.Datetime(
        string="Put on Backorder", readonly=True, help="When the line came on backorder first."
    )
    date_order = fields.Datetime(string="Order Date", readonly=True)
    date_expected = fields.Datetime(string="Expected", readonly=True)
    date_filled = fields.Datetime(string="Filled On", readonly=True, help="The last fill.")
    date_cancelled = fields.Datetime(string="Cancelled On", readonly=True)
    put_qty = fields.Float(
        string="Put on Backorder (Quantity)",
        digits="Product Unit",
        readonly=True,
        help="Needed, filled and cancelled together.",
    )
    needed_qty = fields.Float(string="Needed", digits="Product Unit", readonly=True)
    filled_qty = fields.Float(string="Filled", digits="Product Unit", readonly=True)
    cancelled_qty = fields.Float(
        string="Cancelled",
        digits="Product Unit",
        readonly=True,
        help="Lost sales: taken off by *Cancel the Rest*, by “No Backorder” on a delivery, or with "
        "the whole order.",
    )
    needed_value = fields.Monetary(string="Value Needed", readonly=True)
    filled_value = fields.Monetary(string="Value Filled", readonly=True)
    cancelled_value = fields.Monetary(string="Lost Sales", readonly=True)
    put_value = fields.Monetary(string="Value Put on Backorder", readonly=True)
    age = fields.Float(
        string="Days Waiting",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Of what is needed: days since it came on backorder. Groups show the average.",
    )
    days_to_fill = fields.Float(
        string="Days to Fill",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="From the day on which the line came on backorder to its last fill. Groups show the "
        "average.",
    )
    fill_rate = fields.Float(
        string="Fill Rate (%)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Of what was put on backorder, the part that is filled by now. Groups weigh lines by "
        "their value.",
    )
    in_time = fields.Float(
        string="On Time in Full (%)",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Lines that were filled completely by the delivery date of the order, or else the day "
        "that the customer was told, of those with such a date that is filled or over.",
    )

    @property
    def _table_query(self):
        for model, names in self._get_read_fields().items():
            self.env[model].flush_model(names)
        # What asks for the last weeks only need not read the ledger of all years.
        ids, ledger, lines = only_lines.now(self.env), SQL(), SQL()
        if ids is not None:
            # A text: of a list with tens of thousands of numbers each is an expression to parse.
            text = f"{{{','.join(map(str, ids))}}}"
            ledger = SQL("WHERE sale_line_id = ANY(%s::int[])", text)
            lines = SQL("AND l.id = ANY(%s::int[])", text)
        return SQL(
            "SELECT %s FROM %s WHERE %s %s",
            self._sql_select(),
            self._sql_from(ledger),
            self._sql_where(),
            lines,
        )

    @api.model
    def _lines_since(self, moment):
        """Ids of the order lines that came on backorder since ``moment``, or have a row of the
        ledger since."""
        self.env["backorder.event"].flush_model(["sale_line_id", "date"])
        self.env["sale.order.line"].flush_model(["backorder_date"])
        rows = self.env.execute_query(
            SQL(
                "SELECT sale_line_id FROM backorder_event"
                " WHERE date >= %(moment)s AND sale_line_id IS NOT NULL"
                " UNION SELECT id FROM sale_order_line WHERE backorder_date >= %(moment)s",
                moment=moment,
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _get_read_fields(self):
        """{model: fields that the query reads}: they are written to the database before."""
        return {
            "backorder.event": ["sale_line_id", "type", "date", "product_qty"],
            "sale.order.line": None,
            "sale.order": None,
            "product.template": ["categ_id", "uom_id"],
            "product.supplierinfo": None,
            "res.partner": ["country_id"],
            "uom.uom": ["factor"],
        }

    def _sql_select(self):
        lines = self.env["sale.order.line"]
        now = SQL("%s::timestamp", fields.Datetime.now())
        waited = SQL("(EXTRACT(EPOCH FROM %s - l.backorder_date) / 86400.0)", now)
        # the days of the company: of its fills, of what was told, of today
        companies = self.env["res.company"]
        zone = companies._backorder_zone_sql(SQL("l.company_id"))

        def day(moment):
            return companies._backorder_day_in_zone_sql(moment, zone)

        due = SQL(
            "COALESCE(%s, %s)", day(SQL("o.commitment_date")), day(SQL("l.backorder_promised_date"))
        )
        columns = {
            **self._sql_records(),
            "state": SQL("l.backorder_state"),
            "reason": SQL(
                "CASE WHEN COALESCE(ledger.forced, l.backorder_forced_product_qty > 0)"
                " THEN 'force' ELSE 'auto' END"
            ),
            "promise": SQL(
                "CASE WHEN %s THEN 'late' WHEN l.backorder_qty > 0 THEN 'in_time' END",
                lines._search_backorder_late("in", {True})._to_sql(lines, "l", None),
            ),
            "age_range": SQL(
                "CASE WHEN l.backorder_qty > 0 THEN %s END", self._sql_age_range(waited)
            ),
            "date": SQL("COALESCE(ledger.first, l.backorder_date, o.date_order)"),
            "date_order": SQL("o.date_order"),
            "date_expected": SQL("l.backorder_expected_date"),
            "date_filled": SQL(
                "CASE WHEN l.backorder_filled_product_qty > 0 THEN ledger.filled END"
            ),
            "date_cancelled": SQL("CASE WHEN %s > 0 THEN ledger.cancelled END", self._sql_lost()),
            **self._sql_quantities(),
            "age": SQL("CASE WHEN l.backorder_qty > 0 THEN %s END", waited),
            "days_to_fill": SQL(
                "CASE WHEN l.backorder_filled_product_qty > 0 AND ledger.filled >= ledger.first"
                " THEN EXTRACT(EPOCH FROM ledger.filled - ledger.first) / 86400.0 END"
            ),
            "fill_rate": SQL(
                "100.0 * COALESCE(l.backorder_filled_product_qty, 0) / NULLIF(%s"
                " + COALESCE(l.backorder_filled_product_qty, 0) + %s, 0)",
                self._sql_needed(),
                self._sql_lost(),
            ),
            "in_time": SQL(
                """CASE WHEN %(due)s IS NULL THEN NULL
                        WHEN l.backorder_qty > 0 AND %(due)s < %(today)s THEN 0.0
                        WHEN l.backorder_qty > 0 THEN NULL
                        WHEN %(lost)s > 0 THEN 0.0
                        WHEN %(filled)s <= %(due)s THEN 100.0
                        WHEN %(filled)s > %(due)s THEN 0.0 END""",
                due=due,
                today=day(now),
                lost=self._sql_lost(),
                filled=day(SQL("ledger.filled")),
            ),
        }
        return SQL(", ").join(
            SQL("%s AS %s", column, SQL.identifier(name)) for name, column in columns.items()
        )

    def _sql_records(self):
        """{column: SQL} of the records that a row is about."""
        lines = self.env["sale.order.line"]
        return {
            "id": SQL("l.id"),
            "sale_line_id": SQL("l.id"),
            "order_id": SQL("l.order_id"),
            "company_id": SQL("l.company_id"),
            "currency_id": SQL("c.currency_id"),
            "warehouse_id": SQL("l.warehouse_id"),
            "product_id": SQL("l.product_id"),
            "product_tmpl_id": SQL("p.product_tmpl_id"),
            "categ_id": SQL("t.categ_id"),
            "product_uom_id": SQL("t.uom_id"),
            "vendor_id": lines._field_to_sql("l", "backorder_vendor_id"),
            "partner_id": SQL("o.partner_id"),
            "country_id": SQL("customer.country_id"),
            "user_id": SQL("o.user_id"),
            "team_id": SQL("o.team_id"),
            "order_state": SQL("o.state"),
        }

    def _sql_quantities(self):
        """{column: SQL} of what was put on backorder, needed, filled, cancelled, and its value."""
        return {
            "put_qty": SQL(
                "%s + COALESCE(l.backorder_filled_product_qty, 0) + %s",
                self._sql_needed(),
                self._sql_lost(),
            ),
            "needed_qty": self._sql_needed(),
            "filled_qty": SQL("COALESCE(l.backorder_filled_product_qty, 0)"),
            "cancelled_qty": self._sql_lost(),
            "needed_value": SQL("%s * %s", self._sql_needed(), self._sql_price()),
            "filled_value": SQL(
                "COALESCE(l.backorder_filled_product_qty, 0) * %s", self._sql_price()
            ),
            "cancelled_value": SQL("%s * %s", self._sql_lost(), self._sql_price()),
            "put_value": SQL(
                "(%s + COALESCE(l.backorder_filled_product_qty, 0) + %s) * %s",
                self._sql_needed(),
                self._sql_lost(),
                self._sql_price(),
            ),
        }

    def _sql_from(self, ledger):
        """:param ledger: which rows of the ledger, as WHERE; nothing: all"""
        return SQL(
            """sale_order_line l
          JOIN sale_order o ON o.id = l.order_id
     -- there is always one: where its columns are not asked for, the database leaves it out
     LEFT JOIN res_company c ON c.id = l.company_id
          JOIN product_product p ON p.id = l.product_id
          JOIN product_template t ON t.id = p.product_tmpl_id
          JOIN uom_uom lu ON lu.id = l.product_uom_id
          JOIN uom_uom pu ON pu.id = t.uom_id
     LEFT JOIN res_partner customer ON customer.id = o.partner_id
     LEFT JOIN (
            SELECT sale_line_id,
                   MIN(date) FILTER (WHERE product_qty > 0) AS first,
                   MAX(date) FILTER (WHERE type = 'fill') AS filled,
                   MAX(date) FILTER (WHERE type = 'cancel') AS cancelled,
                   -- the first row that puts something on backorder
                   (MIN(id) FILTER (WHERE type = 'force' AND product_qty > 0)
                    = MIN(id) FILTER (WHERE product_qty > 0)) IS TRUE AS forced,
                   SUM(product_qty) FILTER (WHERE type = 'cancel') AS lost
              FROM backorder_event
                   %s
          GROUP BY sale_line_id
               ) ledger ON ledger.sale_line_id = l.id""",
            ledger,
        )

    def _sql_where(self):
        return SQL(
            "l.display_type IS NULL AND l.product_id IS NOT NULL AND (l.backorder_state != 'no'"
            " OR l.state = 'cancel' AND ledger.lost < 0)"
        )

    def _sql_needed(self):
        return SQL("(COALESCE(l.backorder_qty, 0) * lu.factor / pu.factor)::float8")

    def _sql_lost(self):
        return SQL(
            "(CASE WHEN l.state = 'cancel' THEN COALESCE(-ledger.lost, 0)"
            " ELSE COALESCE(l.backorder_cancelled_product_qty, 0) END)"
        )

    def _sql_price(self):
        """Untaxed price of one product unit in the company's currency.

        A line that was emptied by its new order has its price there.
        """
        return SQL(
            """(COALESCE(
                    NULLIF(l.price_reduce_taxexcl, 0),
                    (SELECT moved.price_reduce_taxexcl FROM sale_order_line moved
                      WHERE l.product_uom_qty = 0 AND moved.backorder_origin_line_id = l.id
                        AND moved.product_uom_qty > 0
                   ORDER BY moved.id LIMIT 1),
                    CASE WHEN l.product_uom_qty = 0
                         THEN l.price_unit * (1 - COALESCE(l.discount, 0) / 100) END,
                    0)
                * pu.factor / lu.factor / COALESCE(NULLIF(o.currency_rate, 0), 1))::float8"""
        )

    @api.model
    def _sql_age_range(self, days):
        """SQL: the key of the range of an age in days."""
        ranges = [SQL("WHEN %s < %s THEN %s", days, most + 1, key) for most, key, _l in AGES[:-1]]
        return SQL("CASE %s ELSE %s END", SQL(" ").join(ranges), AGES[-1][1])

    def _read_group_select(self, aggregate_spec, query):
        """Pieces and kilograms are not averaged: a group's fill rate is that of its value."""
        if aggregate_spec != "fill_rate:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100.0 * SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, "filled_value", query),
            self._field_to_sql(self._table, "put_value", query),
        )

    @of_one
    def action_open_order(self):
        """The order of this row."""
        return self.order_id._backorder_open_action()
