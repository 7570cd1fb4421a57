"""What a fill has to say on paper: the typed rows that the report and the workbook share."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..models.base.named import of_many, of_one
from .backorder_run_xlsx import write_workbook

_PLAN_STATES = ("draft", "planned", "queued")


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    # -- actions ----------------------------------------------------------------------------------

    @of_many
    def action_preview_report(self):
        """Show the report in the client, with its *Print* button."""
        self.check_access("read")
        report = self.env.ref("backorder_mgmt.backorder_run_report_preview")
        return report.report_action(self, config=False)

    @of_many
    def action_print_report(self):
        """The report of this run as a PDF."""
        self.check_access("read")
        report = self.env.ref("backorder_mgmt.backorder_run_report")
        return report.report_action(self, config=False)

    @of_one
    def action_export_xlsx(self):
        """The report of this run as a workbook."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/backorder_mgmt/run/{self.id}.xlsx",
            "target": "download",
        }

    @of_many
    def print_delivery_slips(self):
        """The delivery slips of what these fills gave, as one document.

        :raise UserError: nothing of it is on a delivery
        """
        if not self._report_slip_pickings():
            raise UserError(
                self.env._(
                    "There is no delivery slip to print: nothing was filled, or the new orders "
                    "are not approved yet."
                )
            )
        report = self.env.ref("backorder_mgmt.backorder_run_slips_report")
        return report.report_action(self, config=False)

    def _report_slip_pickings(self):
        """The deliveries that carry what was filled, in the order of the fill.

        :raise AccessError: something of them is not this user's to read
        """
        self.check_access("read")
        # sudo to know all of them; what the user may not read is refused below
        runs = self.sudo()
        rows = runs.run_order_ids.filtered(lambda row: row.outcome in ("complete", "partial"))
        filled = runs.line_ids.filtered(lambda line: line.filled_qty > 0).sale_line_id
        lines = filled | rows.new_order_id.order_line
        moves = lines.move_ids.filtered(lambda move: move.state != "cancel" and move.quantity > 0)
        rank = {order.id: rank for rank, order in enumerate(rows.order_id)}
        rank.update({row.new_order_id.id: rank[row.order_id.id] for row in rows if row.order_id})
        pickings = moves.picking_id
        self._check_may_read_all(pickings.sale_id | filled.order_id, pickings)
        return pickings.sorted(
            lambda picking: (rank.get(picking.sale_id.id, len(rank)), picking.id)
        )

    def _report_document_label(self):
        """What the orders became: new orders of a fill, invoices of the processor."""
        process = self.kind == "process"
        return self.env._("Invoice") if process else self.env._("New Order")

    def _report_file_name(self):
        self.ensure_one()
        return self.name.replace("/", "-")

    # -- facts: one dictionary per row ------------------------------------------------------------

    def _report_is_plan(self):
        """Whether the figures are what would be done, not what was done."""
        self.ensure_one()
        return self.state in _PLAN_STATES

    def _report_lines(self):
        """A dictionary per line that the reader may see, with typed values.

        Quantities are in the line's unit, ``price`` (untaxed, of one unit) in the company's
        currency; ``got`` is what was filled, or is planned.
        """
        self.ensure_one()
        plan = self._report_is_plan()
        reasons = dict(
            self.env["backorder.run.line"]._fields["reason"]._description_selection(self.env)
        )
        # Searched, as line_ids may be in the cache as somebody else saw them. sudo after it: names
        # of products, customers and orders on a row that the reader may see are theirs to see.
        lines = self.env["backorder.run.line"].search([("run_id", "=", self.id)])
        lines = lines.sudo().with_context(display_default_code=False)
        prices = self._report_prices(lines)
        return [
            {
                "order_id": line.order_id.id,
                "order": line.order_id.name or "",
                "customer": line.partner_id.display_name or "",
                "product": line.product_id.display_name or "",
                "sku": line.product_id.default_code or "",
                "since": self._report_local(line.waiting_since),
                "needed": line.needed_qty,
                "available": line.available_qty,
                "planned": line.planned_qty,
                "got": line.planned_qty if plan else line.filled_qty,
                "unit": line.product_uom_id.name or "",
                "price": prices.get(line.id, 0.0),
                "code": line.reason or "",
                "reason": reasons.get(line.reason, ""),
                "message": line.message or "",
            }
            for line in lines
        ]

    def _report_orders(self, lines):
        """A dictionary per order that the reader may see.

        :param lines: what ``_report_lines`` gave
        """
        self.ensure_one()
        plan = self._report_is_plan()
        # as in _report_lines
        rows = self.env["backorder.run.order"].search([("run_id", "=", self.id)]).sudo()
        name = "planned_outcome" if plan else "outcome"
        if self.kind == "process":
            name = "process_state"
        labels = dict(rows._fields[name]._description_selection(self.env))
        by_order = {}
        for line in lines:
            by_order.setdefault(line["order_id"], []).append(line)
        result = []
        for row in rows:
            own = by_order.get(row.order_id.id, [])
            filled = sum(line["got"] > 0 for line in own)
            result.append(
                {
                    "order": row.order_id.name or "",
                    "customer": row.partner_id.display_name or "",
                    "new_order": row.new_order_id.name
                    or ", ".join(row.invoice_ids.mapped(lambda move: move.name or "")),
                    "code": row[name] or "",
                    "outcome": labels.get(row[name], "" if plan else self.env._("Not done yet")),
                    "lines": len(own),
                    "filled": filled,
                    "value": sum(line["got"] * line["price"] for line in own),
                    "message": row.message
                    or self.env._("%(filled)s of %(lines)s lines.", filled=filled, lines=len(own)),
                }
            )
        return result

    def _report_prices(self, lines):
        """{run line id: untaxed price of one unit in the company's currency}

        What moved to a new order has its price there: the original line may be empty by now.
        """
        moved = {
            line.backorder_origin_line_id: line
            for line in lines.run_id.run_order_ids.new_order_id.order_line
            if line.backorder_origin_line_id
        }
        company = self.company_id
        day = company._backorder_day(self.date_done or self.date_planned or self.create_date)
        rates, prices = {}, {}
        for line in lines:
            sale_line = line.sale_line_id
            if sale_line and not sale_line.product_uom_qty:
                sale_line = moved.get(sale_line, sale_line)
            currency = sale_line.currency_id
            if currency and currency not in rates:
                rates[currency] = currency._get_conversion_rate(
                    currency, company.currency_id, company, day
                )
            prices[line.id] = sale_line.price_reduce_taxexcl * rates.get(currency, 1.0)
        return prices

    def _report_local(self, moment):
        """A datetime as the reader's clock has it, without zone (workbooks know none)."""
        if not moment:
            return None
        return fields.Datetime.context_timestamp(self, moment).replace(tzinfo=None)

    # -- the options, in words --------------------------------------------------------------------

    def _report_option_names(self):
        """Options to print; ``ship_date`` is said by ``set_ship_date``."""
        names = self._shown_option_names()
        return [name for name in names if name not in ("company_id", "ship_date")]

    def _report_options(self):
        """[(label, value in words)]"""
        self.ensure_one()
        options = []
        for name in self._report_option_names():
            field = self._fields[name]
            label = field._description_string(self.env)
            options.append((label, self._report_option(name, field)))
        return options

    def _report_option(self, name, field):
        # sudo: the names of templates, warehouses and items that somebody chose
        value = self.sudo().with_context(display_default_code=False)[name]
        if name == "order_ids":
            value -= self._hidden(value).with_env(value.env)
        if name == "set_ship_date" and value:
            return self.ship_date or self.company_id._backorder_today()
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "many2many":
            names = value[:5].mapped("display_name")
            if len(value) > 5:
                names.append(self.env._("%s more", len(value) - 5))
            return ", ".join(names) or self.env._("All")
        if field.relational:
            return value.display_name or self.env._("None")
        return value or ""

    # -- workbook ---------------------------------------------------------------------------------

    def _export_xlsx(self):
        """The workbook of this fill, as bytes."""
        self.ensure_one()
        lines = self._report_lines()
        return write_workbook(
            self._report_sheets(self._report_orders(lines), lines),
            digits=self.env["decimal.precision"].precision_get("Product Unit"),
            money_digits=self.company_id.currency_id.decimal_places,
            total_label=self.env._("Total"),
        )

    def _report_sheets(self, orders, lines):
        """[(sheet name, [(label, kind, width, value of a row)], rows)] of the workbook.

        Kinds: ``text``, ``date``, ``each``, ``number`` (summed), ``quantity`` (summed), ``money``
        (summed).
        """
        # Dozens and pieces have no sum.
        quantity = "quantity" if len({line["unit"] for line in lines}) == 1 else "each"
        rounded = self.company_id.currency_id.round
        filled = [(self.env._("Filled"), quantity, 11, lambda row: row["got"])]
        if self._report_is_plan():
            filled = []
        currency = self.company_id.currency_id.name
        value = self.env._("Value (%s)", currency)
        order = [
            (self.env._("Order"), "text", 12, lambda row: row["order"]),
            (self.env._("Customer"), "text", 30, lambda row: row["customer"]),
        ]
        item = self._report_item_columns(quantity)
        why = [
            (self.env._("Reason"), "text", 26, lambda row: row["reason"]),
            (self.env._("Explanation"), "text", 70, lambda row: row["message"]),
        ]
        unit = (self.env._("Unit"), "text", 10, lambda row: row["unit"])
        return [
            (
                self.env._("Orders"),
                [
                    *order,
                    *self._report_result_columns(),
                    (value, "money", 15, lambda row: rounded(row["value"])),
                    (self.env._("Explanation"), "text", 70, lambda row: row["message"]),
                ],
                orders,
            ),
            (
                self.env._("Lines"),
                [
                    *order,
                    *item,
                    (self.env._("Planned"), quantity, 11, lambda row: row["planned"]),
                    *filled,
                    unit,
                    (value, "money", 15, lambda row: rounded(row["got"] * row["price"])),
                    *why,
                ],
                lines,
            ),
            (
                self.env._("Not Filled"),
                [
                    *order,
                    *item,
                    unit,
                    (value, "money", 15, lambda row: rounded(row["needed"] * row["price"])),
                    *why,
                ],
                [line for line in lines if line["got"] <= 0],
            ),
        ]

    def _report_result_columns(self):
        """Columns of what became of an order."""
        return [
            (self._report_document_label(), "text", 12, lambda row: row["new_order"]),
            (self.env._("Result"), "text", 22, lambda row: row["outcome"]),
            (self.env._("Lines"), "number", 9, lambda row: row["lines"]),
            (self.env._("Lines Filled"), "number", 12, lambda row: row["filled"]),
        ]

    def _report_item_columns(self, quantity):
        """Columns of what was asked for.

        :param quantity: kind of a quantity, see :meth:`_report_sheets`
        """
        return [
            (self.env._("Product"), "text", 36, lambda row: row["product"]),
            (self.env._("SKU"), "text", 16, lambda row: row["sku"]),
            (self.env._("Waiting Since"), "date", 14, lambda row: row["since"]),
            (self.env._("Needed"), quantity, 11, lambda row: row["needed"]),
            (self.env._("On Hand"), quantity, 11, lambda row: row["available"]),
        ]
