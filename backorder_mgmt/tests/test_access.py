"""Who may, and what nobody may (design 13)."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestAccess(BackorderCommon):
    def test_salesman_works_on_his_own_orders(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10)).with_user(self.salesman)
        self._stock(self.product, 4)
        order.force_backorders({order.order_line.id: 6})
        run = order.fill_backorders({order.order_line.id: 2})
        self.assertEqual(run.line_ids.filled_qty, 2)
        self.assertEqual(run.user_id, self.salesman)
        self.assertEqual(
            order.order_line.backorder_event_ids.user_id, self.salesman | self.env.user
        )

    def test_orders_of_others_are_refused(self):
        order = self._order((self.product, 10), user_id=self.env.user.id)
        order.invalidate_recordset()
        for method in ("force_backorders", "fill_backorders", "detect_backorders"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(order.with_user(self.salesman), method)()

    def test_without_the_right(self):
        clerk = new_test_user(self.env, "stock_clerk", groups="stock.group_stock_user")
        order = self._order((self.product, 10))
        for method in ("force_backorders", "fill_backorders", "detect_backorders"):
            with (
                self.subTest(method=method),
                self.assertRaisesRegex(AccessError, "You need the right"),
            ):
                getattr(order.with_user(clerk), method)()

    def test_nobody_writes_hold_or_ledger_fields(self):
        order = self._order((self.product, 10))
        line = order.order_line
        for env in (self.env, self.env(user=self.salesman), self.env(su=True)):
            for vals in (
                {"backorder_hold_qty": 1},
                {"backorder_qty": 1},
                {"backorder_promised_qty": 1},
                {"backorder_state": "no"},
            ):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    line.with_env(env).write(vals)
        with self.assertRaises(AccessError):
            line.with_context(backorder_token=True).write({"backorder_hold_qty": 1})
        with self.assertRaises(AccessError):
            order.backorder_parent_id = order
        with self.assertRaises(AccessError):
            self.env["sale.order"].create(
                {
                    "partner_id": self.customer.id,
                    "order_line": [
                        Command.create({"product_id": self.product.id, "backorder_hold_qty": 3})
                    ],
                }
            )
        with self.assertRaises(AccessError):
            self.env["sale.order.line"].with_context(default_backorder_promised_qty=3).create(
                {"order_id": self._order(confirm=False).id, "product_id": self.product.id}
            )
        order = (
            self.env["sale.order"]
            .with_context(default_backorder_promised_qty=3)
            .create(
                {
                    "partner_id": self.customer.id,
                    "order_line": [Command.create({"product_id": self.product.id})],
                }
            )
        )
        self.assertEqual(order.order_line.backorder_promised_qty, 0)

    def test_ledger_is_never_edited_or_deleted(self):
        event = self._order((self.product, 10)).order_line.backorder_event_ids
        with self.assertRaises(UserError):
            event.quantity = 3
        with self.assertRaises(UserError):
            event.unlink()
        with self.assertRaises(AccessError):
            self.env["backorder.event"].sudo().create(
                {"type": "fill", "quantity": 1, "company_id": self.company.id}
            )

    def test_copied_orders_start_without_backorder(self):
        order = self._order((self.product, 10))
        self._stock(self.product, 10)
        copy = order.copy()
        self.assertHeld(copy.order_line, 10)  # owed to the first
        self.assertFalse(copy.order_line.backorder_event_ids)

    def test_other_companies_do_not_see_ledger_and_runs(self):
        order = self._order((self.product, 10))
        order.fill_backorders()
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "other_manager",
            groups="sales_team.group_sale_manager,backorder_mgmt.group_backorder_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for model in (
            "backorder.event",
            "backorder.run",
            "backorder.run.line",
            "backorder.run.order",
        ):
            self.assertFalse(self.env[model].with_user(user).search([]), model)
            self.assertTrue(self.env[model].search([]), model)
