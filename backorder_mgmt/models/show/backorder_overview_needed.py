"""Cards and charts of all that is needed now, read together."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: Cards that count a part of what is needed.
_CONDITIONS = ("fillable", "late", "waiting_po", "without_vendor")
#: How many products and vendors a chart names.
_TOP = 8


class BackorderOverview(models.AbstractModel):
    _inherit = "backorder.overview"

    @api.model
    def _read_needed(self, warehouse_ids):
        """Cards and charts of all that is needed now, in one query."""
        cards, sums = self._sum_needed(self._read_needed_rows(warehouse_ids))
        products, vendors, ages, risks = sums
        age_field = self.env["backorder.report"]._fields["age_range"]
        return {
            **{name: self._card(*total) for name, total in cards.items()},
            "by_age": [
                self._bar(label, ages[key], key)
                for key, label in age_field._description_selection(self.env)
            ],
            "by_product": self._top(products, self.env["product.product"]),
            "by_vendor": self._top(vendors, self.env["res.partner"]),
            "value_at_risk": [
                self._bar(label, risks[key], key)
                for key, label in (
                    ("in_time", self.env._("In Time")),
                    ("late", self.env._("Late")),
                    ("no_date", self.env._("Without a Date")),
                )
            ],
        }

    @api.model
    def _read_needed_rows(self, warehouse_ids):
        """[(company id, product id, vendor id, age, risk, lines, value, None)], each summed by one
        of the four in the middle, and a row of each company with the figures of its cards."""
        lines = self.env["sale.order.line"]
        domain = self._get_card_domain("needed", warehouse_ids)
        near = Domain("id", "in", lines._backorder_near_stock())
        fillable = lines.search(domain & near)._backorder_fillable_near()
        query = lines._search(domain)
        alias = query.table
        query.add_join(
            "LEFT JOIN",
            "filling",
            SQL(
                "(SELECT * FROM unnest(%s::int[], %s::float8[]) AS filling(id, quantity))",
                list(fillable),
                list(fillable.values()),
            ),
            SQL("filling.id = %s", SQL.identifier(alias, "id")),
        )
        columns = self._needed_columns(lines, query)
        selected = (SQL("%s AS %s", own, SQL.identifier(name)) for name, own in columns.items())
        return self.env.execute_query(
            SQL(
                """
                WITH waiting AS MATERIALIZED (%(waiting)s)
                SELECT company, product, vendor, age, risk, COUNT(*), SUM(value), NULL
                  FROM (
                    SELECT *, CASE WHEN late THEN 'late'
                                   WHEN expected IS NULL THEN 'no_date'
                                   ELSE 'in_time' END AS risk
                      FROM waiting
                       ) AS waiting
              GROUP BY company, GROUPING SETS (product, vendor, age, risk)
             UNION ALL
                SELECT company, NULL, NULL, NULL, NULL, NULL, NULL, json_build_array(%(cards)s)
                  FROM waiting
              GROUP BY company
                """,
                waiting=query.select(*selected),
                cards=SQL(", ").join(self._sql_card(name) for name in ("needed", *_CONDITIONS)),
            )
        )

    @api.model
    def _needed_columns(self, lines, query):
        """{name: SQL} of what cards and charts ask of each line of ``query``."""
        alias = query.table
        columns = {
            name: SQL(
                "(%s) IS TRUE",
                self._get_card_condition(name).optimize_full(lines)._to_sql(lines, alias, query),
            )
            for name in _CONDITIONS
            if name != "fillable"
        }
        value = lines._field_to_sql(alias, "backorder_value", query)
        waited = SQL(
            "EXTRACT(EPOCH FROM %s - %s) / 86400.0",
            SQL("%s::timestamp", fields.Datetime.now()),
            lines._field_to_sql(alias, "backorder_date", query),
        )
        columns.update(
            company=lines._field_to_sql(alias, "company_id", query),
            ordered=lines._field_to_sql(alias, "order_id", query),
            product=lines._field_to_sql(alias, "product_id", query),
            vendor=SQL("COALESCE(%s, 0)", lines._field_to_sql(alias, "backorder_vendor_id", query)),
            age=self.env["backorder.report"]._sql_age_range(waited),
            expected=lines._field_to_sql(alias, "backorder_expected_date", query),
            # what the field's search finds, read once
            fillable=SQL("filling.quantity IS NOT NULL"),
            value=value,
            given=SQL(
                "%s * filling.quantity / NULLIF(%s, 0)",
                value,
                lines._field_to_sql(alias, "backorder_qty", query),
            ),
        )
        return columns

    @api.model
    def _sum_needed(self, rows):
        """({card: [lines, orders, value]}, [{key: [lines, value]} of each chart]) in the user's
        currency, of :meth:`_read_needed_rows`."""
        sums = [defaultdict(lambda: [0, 0.0]) for _chart in range(4)]
        cards = {name: [0, 0, 0.0] for name in ("needed", *_CONDITIONS)}
        for company_id, *keys, count, value, counted in rows:
            company = self.env["res.company"].browse(company_id)
            for total, (lines, orders, own) in zip(cards.values(), counted or (), strict=False):
                total[0] += lines
                total[1] += orders
                total[2] += self._in_currency(own, company)
            for of_chart, key in zip(sums, keys, strict=True):
                if key is not None:
                    of_chart[key][0] += count
                    of_chart[key][1] += self._in_currency(value, company)
        return cards, sums

    @api.model
    def _sql_card(self, name):
        """SQL of a card's lines, orders and value."""
        only = SQL("TRUE") if name == "needed" else SQL.identifier(name)
        return SQL(
            "json_build_array(COUNT(*) FILTER (WHERE %(only)s),"
            " COUNT(DISTINCT ordered) FILTER (WHERE %(only)s),"
            " SUM(%(value)s) FILTER (WHERE %(only)s))",
            only=only,
            value=SQL.identifier("given" if name == "fillable" else "value"),
        )

    @api.model
    def _top(self, sums, model):
        """The largest by value, and all others as one."""
        ranked = sorted(sums.items(), key=lambda item: (-item[1][1], -item[1][0], item[0]))
        # One bar for a single other would hide its name and save nothing.
        shown = _TOP if len(ranked) > _TOP + 1 else len(ranked)
        # sudo: names of what the user's own lines are about
        records = model.sudo().with_context(display_default_code=False)
        records = records.browse([key for key, _sums in ranked[:shown] if key])
        names = {record.id: record.display_name for record in records}
        bars = [
            self._bar(names.get(key, self.env._("Without Vendor")), own, key)
            for key, own in ranked[:shown]
        ]
        if len(ranked) > shown:
            others = [sum(own[part] for _key, own in ranked[shown:]) for part in range(2)]
            label = self.env._("%s Others", len(ranked) - shown)
            bars.append(self._bar(label, others, False))
        return bars

    @api.model
    def _bar(self, label, sums, key):
        return {
            "key": key,
            "label": label,
            "lines": sums[0],
            "value": self.env.company.currency_id.round(sums[1]),
        }
