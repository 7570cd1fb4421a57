"""Quotations: what is filled is set aside, no more and no less, and comes back in any order."""

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestSetAside(BackorderCommon):
    def _run(self, orders, **options):
        return self.env["backorder.run"].create(
            {
                "company_id": self.company.id,
                "order_ids": [Command.set(orders.ids)],
                "warehouse_ids": [Command.set(self.warehouse.ids)],
                **options,
            }
        )

    def _rows(self, run):
        return {row.sale_line_id: row for row in run.line_ids}

    def assertSetAside(self, line, needed, filled, promised):
        self.assertAlmostEqual(line.backorder_qty, needed)
        self.assertAlmostEqual(line.backorder_filled_qty, filled)
        self.assertAlmostEqual(line.backorder_promised_qty, promised)
        self.assertInvariants(line.order_id)

    def test_stock_that_fell_between_preview_and_start_is_promised_once(self):
        template = self.env.ref("backorder_mgmt.mail_template_backorder_partial", False)
        first = self._order((self.product, 5), confirm=False)
        second = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 7)
        run = self._run(first | second)
        if template:
            run.email_partial_template_id = template
        run.action_preview()
        rows = self._rows(run)
        self.assertEqual(rows[first.order_line].planned_qty, 5)
        self.assertEqual(rows[second.order_line].planned_qty, 2)
        self._count(self.product, 3)
        run.action_start()
        self.assertSetAside(first.order_line, 2, 3, 3)
        self.assertSetAside(second.order_line, 5, 0, 0)
        row = self._rows(run)[second.order_line]
        self.assertEqual((row.filled_qty, row.reason), (0, "changed"))
        outcome = run.run_order_ids.filtered(lambda row: row.order_id == second)
        self.assertNotIn(outcome.outcome, ("complete", "partial"))
        self.assertFalse(outcome.mail_queued)

    def test_two_lines_of_one_product_share_what_is_left(self):
        order = self._order((self.product, 5), (self.product, 5), confirm=False)
        self._stock(self.product, 7)
        run = self._run(order)
        run.action_preview()
        self._count(self.product, 3)
        run.action_start()
        one, two = order.order_line
        self.assertSetAside(one, 2, 3, 3)
        self.assertSetAside(two, 5, 0, 0)

    def test_a_quotation_that_counted_on_stock_is_not_promised_it_twice(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 5), confirm=False)
        other = self._order((self.product, 4), confirm=False)
        self.assertEqual(order.order_line.backorder_qty, 2)
        self._count(self.product, 7)
        run = self._run(order | other)
        run.action_preview()
        self._count(self.product, 4)
        run.action_start()
        total = sum((order | other).order_line.mapped("backorder_promised_qty"))
        self.assertLessEqual(total, 4)
        for line in (order | other).order_line:
            self.assertLessEqual(line.backorder_filled_qty, line.backorder_promised_qty)
        self.assertInvariants(order | other)

    def test_a_preview_of_yesterday_after_somebody_else_bought_it(self):
        quotation = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        run = self._run(quotation)
        run.action_preview()
        run._backorder_write({"date_planned": "2025-01-01"})
        self._order((self.product, 4))
        run.action_start()
        self.assertSetAside(quotation.order_line, 4, 1, 1)

    def _filled_twice(self):
        order = self._order((self.product, 10), confirm=False)
        line = order.order_line
        self._stock(self.product, 5)
        first = order.fill_backorders({line.id: 3})
        second = order.fill_backorders({line.id: 2})
        self.assertSetAside(line, 5, 5, 5)
        return line, first, second

    def test_the_earlier_fill_taken_back_leaves_the_later_one_set_aside(self):
        line, first, second = self._filled_twice()
        first.action_undo()
        self.assertSetAside(line, 8, 2, 2)
        second.action_undo()
        self.assertSetAside(line, 10, 0, 0)

    def test_fills_taken_back_one_after_the_other(self):
        line, first, second = self._filled_twice()
        second.action_undo()
        self.assertSetAside(line, 7, 3, 3)
        first.action_undo()
        self.assertSetAside(line, 10, 0, 0)

    def test_the_earlier_fill_taken_back_after_the_confirmation(self):
        line, first, second = self._filled_twice()
        line.order_id.action_confirm()
        self.assertHeld(line, 5, 5)
        first.action_undo()
        self.assertHeld(line, 8, 2)
        self.assertEqual((line.backorder_filled_qty, line.backorder_promised_qty), (2, 0))
        second.action_undo()
        self.assertHeld(line, 10, 0)
        self.assertEqual((line.backorder_filled_qty, line.backorder_promised_qty), (0, 0))

    def test_forced_quantities_come_back_in_any_order(self):
        self.company.backorder_fill_approved = "same_order"
        self._stock(self.product, 4)
        order = self._order((self.product, 10))
        line = order.order_line
        order.force_backorders({line.id: 10})
        self.assertEqual(line.backorder_forced_qty, 4)
        self._stock(self.product, 6)
        first = order.fill_backorders({line.id: 7})
        second = order.fill_backorders({line.id: 2})
        self.assertEqual(line.backorder_forced_qty, 1)
        since = line.backorder_date
        first.action_undo()
        self.assertHeld(line, 8, 2)
        self.assertEqual(line.backorder_forced_qty, 4)
        second.action_undo()
        self.assertHeld(line, 10, 0)
        self.assertEqual(line.backorder_forced_qty, 4)
        self.assertEqual(line.backorder_date, since)
