"""The analysis: its figures by hand, in the product's unit, and who sees what of it."""

from ast import literal_eval
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestReport(BackorderCommon):
    def _rows(self, orders, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        report = self.env["backorder.report"].with_user(user or self.env.user)
        return report.search([("order_id", "in", orders.ids)])

    def _age(self, lines, days):
        """These lines came on backorder so many days ago."""
        before = fields.Datetime.now() - timedelta(days=days)
        lines.flush_recordset()
        self.env.cr.execute(
            "UPDATE backorder_event SET date = %s WHERE sale_line_id IN %s",
            [before, tuple(lines.ids)],
        )
        self.env.cr.execute(
            "UPDATE sale_order_line SET backorder_date = %s WHERE id IN %s",
            [before, tuple(lines.ids)],
        )
        self.env.invalidate_all()

    def test_needed_in_the_products_unit(self):
        """Two dozen less three in stock, at 24.00 a dozen and a quarter off, for three weeks."""
        self._stock(self.product, 3)
        team = self.env["crm.team"].create({"name": "Hammers"})
        self.customer.country_id = self.env.ref("base.be")
        price = {"product_uom_id": self.dozen.id, "price_unit": 24.0, "discount": 25.0}
        order = self._order((self.product, 2, price), team_id=team.id)
        self._age(order.order_line, 21)
        row = self._rows(order)
        self.assertEqual(len(row), 1)
        self.assertAlmostEqual(row.needed_qty, 21)
        self.assertAlmostEqual(row.needed_value, 31.5)
        self.assertAlmostEqual(row.put_value, 31.5)
        self.assertEqual((row.filled_qty, row.cancelled_qty, row.fill_rate), (0, 0, 0))
        self.assertAlmostEqual(row.age, 21, 1)
        self.assertEqual((row.age_range, row.promise, row.reason), ("2", "late", "auto"))
        self.assertEqual((row.state, row.order_state), ("backordered", "sale"))
        self.assertEqual(row.product_uom_id, self.unit)
        self.assertEqual((row.team_id, row.country_id), (team, self.env.ref("base.be")))
        self.assertEqual((row.user_id, row.warehouse_id), (self.salesman, self.warehouse))
        self.assertFalse(row.days_to_fill)

    def test_filled_as_a_new_order(self):
        """Ten, of which six move to a new order after four days, at the price they had there."""
        order = self._order((self.product, 10))
        self._age(order.order_line, 4)
        self._stock(self.product, 6)
        order.fill_backorders()
        row = self._rows(order | order.backorder_child_ids)
        self.assertEqual(len(row), 1, "the new order was never on backorder itself")
        self.assertEqual((row.needed_qty, row.filled_qty, row.put_qty), (4, 6, 10))
        self.assertEqual((row.needed_value, row.filled_value), (40, 60))
        self.assertAlmostEqual(row.fill_rate, 60)
        self.assertAlmostEqual(row.days_to_fill, 4, 1)
        self._stock(self.product, 4)
        order.fill_backorders()
        row = self._rows(order)
        self.assertEqual(order.order_line.product_uom_qty, 0)
        self.assertEqual((row.needed_value, row.filled_value, row.state), (0, 100, "filled"))

    def test_lost_sales(self):
        """Six closed short, and an order cancelled with four on backorder."""
        short = self._order((self.product, 6))
        self.env.user.group_ids |= self.env.ref("backorder_mgmt.group_backorder_cancel")
        short.cancel_backorders(reason="No longer wanted")
        gone = self._order((self.other, 4))
        gone._action_cancel()
        rows = self._rows(short | gone)
        self.assertEqual(
            [(row.cancelled_qty, row.cancelled_value, row.needed_qty) for row in rows.sorted("id")],
            [(6, 60, 0), (4, 40, 0)],
        )
        self.assertTrue(all(rows.mapped("date_cancelled")))

    def test_forced(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        order.force_backorders({order.order_line.id: 2})
        self.assertEqual(self._rows(order).reason, "force")

    def test_on_time_in_full(self):
        """One filled on its day, one a day late, one that still waits past its day; who has no
        day counts for nothing."""
        self.company.backorder_fill_approved = "same_order"
        today = fields.Datetime.now()
        days = {
            "in_time": today + timedelta(days=1),
            "late": today - timedelta(days=1),
            "waiting": today - timedelta(days=2),
            "undated": False,
        }
        orders = {
            name: self._order((self._product(name), 2), commitment_date=day)
            for name, day in days.items()
        }
        for name in ("in_time", "late", "undated"):
            self._stock(orders[name].order_line.product_id, 2)
            orders[name].fill_backorders()
        everything = self.env["sale.order"].union(*orders.values())
        self.assertEqual(
            {row.order_id: row.in_time for row in self._rows(everything)},
            {
                orders["in_time"]: 100,
                orders["late"]: 0,
                orders["waiting"]: 0,
                orders["undated"]: 0,
            },
        )
        groups = self.env["backorder.report"]._read_group(
            [("order_id", "in", everything.ids)], [], ["in_time:avg"]
        )
        self.assertAlmostEqual(groups[0][0], 100 / 3)

    def test_rates_weigh_by_value(self):
        """A hundred pieces of little value that are filled do not hide the dear one that is not."""
        self.company.backorder_fill_approved = "same_order"
        cheap = self._product("Cheap", list_price=1.0)
        dear = self._product("Dear", list_price=300.0)
        order = self._order((cheap, 100), (dear, 1))
        self._stock(cheap, 100)
        order.fill_backorders()
        self.env.flush_all()
        groups = self.env["backorder.report"].formatted_read_group(
            [("order_id", "in", order.ids)], ["order_id"], ["fill_rate:avg", "put_value:sum"]
        )
        self.assertAlmostEqual(groups[0]["fill_rate:avg"], 25)
        self.assertAlmostEqual(groups[0]["put_value:sum"], 400)

    def test_rights(self):
        """A salesman sees his own; another company nothing; who has no right is refused."""
        mine = self._order((self.product, 5))
        theirs = self._order((self.product, 5), user_id=self.env.user.id)
        both = mine | theirs
        self.assertEqual(len(self._rows(both)), 2)
        self.assertEqual(self._rows(both, self.salesman).order_id, mine)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        manager = new_test_user(
            self.env,
            "report_elsewhere",
            groups="sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(self._rows(both, manager))
        clerk = new_test_user(self.env, "report_clerk", groups="stock.group_stock_user")
        with self.assertRaises(AccessError):
            self._rows(both, clerk)
        with self.assertRaises(AccessError):
            self._rows(both, self.salesman).unlink()

    def test_favourites_are_of_fields_that_are_there(self):
        """Each favourite's groups, measures and domain can be read."""
        self._order((self.product, 5))
        self.env.flush_all()
        report = self.env["backorder.report"].with_user(self.salesman)
        found = self.env["ir.filters"].search([("model_id", "=", "backorder.report")])
        self.assertEqual(
            set(found.mapped("name")),
            {"Ageing", "Top Shortages", "Fill Rate by Month", "Lost Sales"},
        )
        for favourite in found:
            context = literal_eval(favourite.context.strip())
            measures = [
                name if name == "__count" else f"{name}:{report._fields[name].aggregator}"
                for name in [*context["pivot_measures"], context["graph_measure"]]
            ]
            for groups in ("group_by", "pivot_row_groupby", "pivot_column_groupby"):
                report.formatted_read_group(
                    literal_eval(favourite.domain), context[groups], list(dict.fromkeys(measures))
                )
        self.assertIn(found[0], self.env["ir.filters"].with_user(self.salesman).search([]))
