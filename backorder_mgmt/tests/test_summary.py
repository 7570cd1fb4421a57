"""The summary of a fill, and fills of nothing (screens: what a clerk is told)."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_run import RunCommon


@tagged("post_install", "-at_install")
class TestSummary(RunCommon):
    def _summary(self, action):
        self.assertEqual(
            (action["type"], action["tag"]), ("ir.actions.client", "backorder_summary")
        )
        shown = action["params"]["summary"]
        self.assertEqual((shown["res_model"], shown["target"]), ("backorder.summary", "new"))
        return self.env["backorder.summary"].browse(shown["res_id"]).with_user(self.manager)

    def test_it_counts_what_is_filled_and_links_every_new_order(self):
        orders = self._order((self.product, 5)) | self._order((self.product, 5))
        orders |= self._order((self.other, 2))
        self._stock(self.product, 7)
        run = self._run(orders)
        action = run.action_start()
        summary = self._summary(action).with_user(self.manager)
        counts = ("filled_count", "partial_count", "not_filled_count", "completed_order_count")
        self.assertEqual([summary[name] for name in counts], [1, 1, 1, 1])
        self.assertEqual((summary.partial_order_count, summary.new_order_count), (1, 2))
        new = orders.backorder_child_ids
        for order in new:
            self.assertIn(f"/odoo/orders/{order.id}", summary.new_orders)
            self.assertIn(order.name, action["params"]["message"])
        self.assertFalse(summary.sentence)
        self.assertEqual(summary.action_report()["report_type"], "qweb-html")
        self.assertEqual(summary.action_print()["report_type"], "qweb-pdf")
        self.assertIn("report_name", summary.action_delivery_slips())

    def test_a_fill_of_one_order_ends_in_the_same_summary(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 3)
        dialog = self.env["backorder.fill"].with_user(self.salesman).create({"order_id": order.id})
        action = dialog.action_fill()
        summary = self._summary(action).with_user(self.salesman)
        self.assertEqual((summary.filled_count, summary.partial_count), (0, 1))
        self.assertIn(order.backorder_child_ids.name, summary.new_orders)

    def test_the_processor_ends_in_it_too_and_says_why_orders_stay(self):
        self._stock(self.product, 1)
        ready = self._order((self.product, 1), confirm=False)
        short = self._order((self.other, 1), confirm=False)
        dialog = self.env["backorder.process"].with_user(self.manager)
        dialog = dialog.with_context(active_model="sale.order", active_ids=(ready | short).ids)
        summary = self._summary(dialog.create({"approve": True}).action_process())
        self.assertEqual((summary.processed_count, summary.skipped_count), (1, 1))
        self.assertIn(short.name, summary.sentence)
        self.assertIn("Still has backorders: Nails", summary.sentence)

    def test_a_fill_of_nothing_is_said_and_not_made(self):
        order = self._order((self.product, 5))
        runs = self.env["backorder.run"].search_count([])
        screen = self.env["backorder.fill.batch"].with_user(self.manager)
        screen = screen.create({"product_ids": [(6, 0, self.product.ids)]})
        with self.assertRaisesRegex(UserError, f"Nothing can be filled now. Hammer, {order.name}"):
            screen.action_start()
        with self.assertRaisesRegex(UserError, f"Nothing can be filled now. Hammer, {order.name}"):
            order.order_line.with_user(self.salesman).action_fill_backorders_selected()
        with self.assertRaisesRegex(UserError, "Nothing of the selected items is on backorder"):
            done = self._order((self.product, 0))
            done.order_line.with_user(self.salesman).action_fill_backorders_selected()
        self.assertEqual(self.env["backorder.run"].search_count([]), runs)

    def test_a_preview_that_gives_nothing_is_not_started_on_its_screen(self):
        order = self._order((self.product, 5))
        run = self._run(order)
        run.action_preview()
        with self.assertRaisesRegex(UserError, "there is nothing to start"):
            run.with_context(backorder_stay=True).action_start()
        self.assertEqual(run.state, "planned")

    def test_force_and_cancel_with_nothing_ticked(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5), (self.other, 2))
        force = self.env["backorder.force"].create({"order_id": order.id})
        force.line_ids.selected = False
        with self.assertRaisesRegex(UserError, "Nothing is ticked"):
            force.action_confirm()
        force.line_ids[1].selected = True
        with self.assertRaisesRegex(UserError, "on backorder already"):
            force.action_confirm()
        cancel = self.env["backorder.cancel"].create({"order_id": order.id})
        cancel.line_ids.selected = False
        with self.assertRaisesRegex(UserError, "Nothing is ticked"):
            cancel.action_confirm()
        self.assertEqual(order.order_line.mapped("backorder_qty"), [0, 2])
