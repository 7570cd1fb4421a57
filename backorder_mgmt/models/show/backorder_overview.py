"""The app's first page: what waits, what can be done about it now, and how it went lately."""

from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .backorder_report import only_lines

#: How many weeks the charts look back.
_WEEKS = 12
#: Lists that other cards open than that of the backordered items.
_ACTIONS = {
    "set_aside": "backorder_mgmt.sale_order_line_promise_action",
    "payment_problems": "backorder_mgmt.backorder_charge_action",
}


class BackorderOverview(models.AbstractModel):
    """Reads figures, a fixed number of queries a call, with the rights of who asks.

    A card counts what the list shows that it opens: both have the domain of ``_get_card_domain``.
    """

    _name = "backorder.overview"
    _description = "Backorder Overview"

    @api.model
    def retrieve_overview(self, warehouse_ids=None):
        """The figures of the overview, of the companies that are switched on.

        :param warehouse_ids: only what is delivered from these; None: from all
        :return: a dict that JSON can carry. ``needed``, ``fillable``, ``late``, ``waiting_po``,
            ``without_vendor``, ``set_aside`` and ``payment_problems`` (there the rows are charges)
            are dicts of ``lines``, ``orders`` and ``value``: untaxed, in the currency of the
            company, whose id is ``currency_id``; of ``fillable`` the value of what each line by
            itself could get. The charts are lists of dicts with a ``label``:
            ``by_age``, ``by_product``, ``by_vendor`` and ``value_at_risk`` with ``lines`` and
            ``value``, ``fill_rate`` (per cent of the value that came on backorder in a week, by
            now) and ``days_to_fill`` (average of what was last filled in a week) with ``value``,
            which is false where nothing happened
        :raise AccessError: the user has no right to see backorders
        """
        self._check_may_see()
        warehouse_ids = self._check_warehouses(warehouse_ids)
        overview = {
            **self._read_needed(warehouse_ids),
            "set_aside": self._set_aside_card(warehouse_ids),
            "payment_problems": self._payment_problems_card(warehouse_ids),
            **self._read_week_charts(warehouse_ids),
        }
        warehouses = self.env["stock.warehouse"].search_fetch(
            [("company_id", "in", self.env.companies.ids)], ["name"]
        )
        overview.update(
            currency_id=self.env.company.currency_id.id,
            warehouses=[{"id": own.id, "name": own.name} for own in warehouses],
            is_manager=self.env.user.has_group("backorder_mgmt.group_backorder_manager"),
            ever=bool(self.env["backorder.event"].search_count([], limit=1)),
        )
        return overview

    @api.model
    def open_card(self, name, warehouse_ids=None):
        """The list behind a card: exactly what it counts.

        :param name: a key of :meth:`retrieve_overview`
        :return: a window action
        :raise UserError: no card of this name
        :raise AccessError: as for the figures
        """
        self._check_may_see()
        if not isinstance(name, str) or name not in self._get_card_labels():
            raise UserError(
                self.env._(
                    "“%(name)s” is no card of the overview. Choose one of: %(known)s.",
                    name=str(name)[:80],
                    known=", ".join(self._get_card_labels()),
                )
            )
        warehouse_ids = self._check_warehouses(warehouse_ids)
        action = self.env["ir.actions.actions"]._for_xml_id(
            _ACTIONS.get(name, "backorder_mgmt.sale_order_line_backorder_action")
        )
        action.update(
            name=self._get_card_labels()[name],
            domain=list(self._get_card_domain(name, warehouse_ids)),
            context={},
        )
        # The menu's own address would open the menu's list when the page is loaded again.
        action.pop("path", None)
        return action

    @api.model
    def _check_may_see(self):
        for model in ("backorder.report", "sale.order.line"):
            self.env[model].check_access("read")

    @api.model
    def _check_warehouses(self, warehouse_ids):
        """``warehouse_ids``, as a list.

        :raise UserError: no list of ids
        """
        ids = warehouse_ids or []
        if not isinstance(ids, list | tuple) or not all(type(own) is int for own in ids):
            raise UserError(
                self.env._("Warehouses are given as a list of ids, not as %r.", warehouse_ids)
            )
        return list(ids)

    @api.model
    def _get_card_labels(self):
        return {
            "needed": self.env._("Needed"),
            "fillable": self.env._("Can Be Filled Now"),
            "late": self.env._("Late"),
            "waiting_po": self.env._("Waiting for a Purchase Order"),
            "without_vendor": self.env._("Without Vendor"),
            "payment_problems": self.env._("Payment Problems"),
            "set_aside": self.env._("Set Aside"),
        }

    @api.model
    def _get_card_domain(self, name, warehouse_ids):
        """The rows of a card, of the companies that are switched on."""
        domain = Domain("company_id", "in", self.env.companies.ids)
        if name == "payment_problems":
            if warehouse_ids:
                domain &= Domain("order_id.warehouse_id", "in", warehouse_ids)
            return domain & Domain("state", "in", ("failed", "unknown"))
        if warehouse_ids:
            domain &= Domain("warehouse_id", "in", warehouse_ids)
        if name == "set_aside":
            return (
                domain
                & Domain("backorder_promised_qty", ">", 0)
                & Domain("state", "in", ("draft", "sent"))
            )
        domain &= Domain("backorder_qty", ">", 0)
        domain &= self.env["sale.order.line"]._get_backorder_not_in_cart_domain()
        return domain & self._get_card_condition(name)

    @api.model
    def _get_card_condition(self, name):
        """What a card counts of all that is needed."""
        return {
            "needed": Domain.TRUE,
            "fillable": Domain("backorder_fillable_qty", ">", 0),
            "late": Domain("backorder_late", "=", True),
            "waiting_po": Domain("backorder_to_buy", "=", True),
            # Quotations are not bought for, see Create a New PO.
            "without_vendor": Domain("backorder_vendor_id", "=", False)
            & Domain("state", "=", "sale"),
        }[name]

    # -- cards ------------------------------------------------------------------------------------

    @api.model
    def _set_aside_card(self, warehouse_ids):
        groups = self.env["sale.order.line"]._read_group(
            self._get_card_domain("set_aside", warehouse_ids),
            ["company_id"],
            ["__count", "order_id:count_distinct", "backorder_promised_value:sum"],
        )
        return self._card(
            sum(lines for _company, lines, _orders, _value in groups),
            sum(orders for _company, _lines, orders, _value in groups),
            sum(self._in_currency(value, company) for company, _lines, _orders, value in groups),
        )

    @api.model
    def _payment_problems_card(self, warehouse_ids):
        """Charges that failed, of whoever may see charges; nothing for others."""
        charges = self.env["backorder.charge"]
        if not charges.has_access("read"):
            return {**self._card(0, 0, 0.0), "hidden": True}
        groups = charges._read_group(
            self._get_card_domain("payment_problems", warehouse_ids),
            ["currency_id"],
            ["__count", "order_id:count_distinct", "amount:sum"],
        )
        company, today = self.env.company, self.env.company._backorder_today()
        return self._card(
            sum(lines for _currency, lines, _orders, _amount in groups),
            sum(orders for _currency, _lines, orders, _amount in groups),
            sum(
                currency._convert(amount, company.currency_id, company, today)
                for currency, _lines, _orders, amount in groups
            ),
        )

    @api.model
    def _card(self, lines, orders, value):
        return {
            "lines": lines,
            "orders": orders,
            "value": self.env.company.currency_id.round(value),
        }

    @api.model
    def _in_currency(self, value, company):
        """A value of ``company`` in the currency of the user's company, as of today."""
        company, own = company.sudo(), self.env.company
        if not value or company.currency_id == own.currency_id:
            return float(value or 0.0)
        return company.currency_id._convert(
            float(value), own.currency_id, own, own._backorder_today(), round=False
        )

    # -- charts -----------------------------------------------------------------------------------

    @api.model
    def _read_week_charts(self, warehouse_ids):
        """How it went in the last weeks, by the days of the company: the same for everybody."""
        today = self.env.company._backorder_today()
        monday = today - timedelta(days=today.weekday())
        weeks = [monday - timedelta(weeks=number) for number in reversed(range(_WEEKS))]
        start = self.env.company._backorder_start(weeks[0])
        # Of all lines that ever waited few moved lately. By their ids, so that the database knows
        # how many there are.
        report = self.env["backorder.report"]
        domain = Domain("company_id", "in", self.env.companies.ids)
        if warehouse_ids:
            domain &= Domain("warehouse_id", "in", warehouse_ids)
        domain &= Domain("date", ">=", start) | Domain("date_filled", ">=", start)
        with only_lines.so(self.env, report._lines_since(start)):
            query = report._search(domain)
        zone = self.env.company._backorder_zone()
        columns = {
            name: report._field_to_sql(query.table, name, query)
            for name in ("date", "date_filled", "filled_value", "put_value", "days_to_fill")
        }
        for name in ("date", "date_filled"):
            columns[name] = SQL(
                "date_trunc('week', %s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
                columns[name],
                zone,
            )
        selected = (SQL("%s AS %s", own, SQL.identifier(name)) for name, own in columns.items())
        rows = self.env.execute_query(
            SQL(
                """
                SELECT date, date_filled, 100.0 * SUM(filled_value) / NULLIF(SUM(put_value), 0),
                       AVG(days_to_fill)
                  FROM (%s) AS recent
              GROUP BY GROUPING SETS (date, date_filled)
                """,
                query.select(*selected),
            )
        )
        rates = {put: rate for put, _filled, rate, _days in rows if put and rate is not None}
        days = {filled: own for _put, filled, _rate, own in rows if filled and own is not None}

        def points(values):
            return [
                {
                    "label": format_date(self.env, week, date_format="d MMM"),
                    "value": round(float(values[week]), 1) if week in values else False,
                }
                for week in weeks
            ]

        return {"fill_rate": points(rates), "days_to_fill": points(days)}

    # -- bus --------------------------------------------------------------------------------------

    @api.model
    def _send_changed(self):
        """Tell everybody who may look at it that the overview is not what it was, once a
        transaction; what changed they read with their own rights."""
        noted = self.env.cr.precommit.data
        if noted.get("backorder_mgmt.overview"):
            return
        noted["backorder_mgmt.overview"] = True
        group = self.env.ref("backorder_mgmt.group_backorder_user", raise_if_not_found=False)
        if group:
            # sudo: whoever changes a backorder need not know who looks at them
            group.sudo()._bus_send("backorder_mgmt/changed", {})
