"""*Create* of very many rows is done by a scheduled job, and nothing is bought twice."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError

from odoo.addons.backorder_mgmt.models.buy import backorder_purchase_plan_background as background

from .test_purchase import PurchaseCommon


class TestPurchaseBackground(PurchaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_run_threshold = 1
        cls.others = [cls._product(f"Many {number}") for number in range(5)]
        cls.other_vendor = cls.env["res.partner"].create({"name": "Other Vendor"})
        for number, product in enumerate(cls.others):
            cls._sells(cls.other_vendor if number % 2 else cls.vendor, product, price=2.0)
        cls.wanted = [cls.product, *cls.others]
        cls.order = cls._order(*((product, 10) for product in cls.wanted))

    def setUp(self):
        super().setUp()
        # Small batches: the rows of a vendor come in several.
        self.patch(background, "BATCH", 2)
        self.job = self.env.ref("backorder_mgmt.ir_cron_create_purchases")

    def _work(self):
        with self.enter_registry_test_mode():
            self.job.method_direct_trigger()
        self.env.invalidate_all()

    def _bought(self):
        """[quantity on order] of each product."""
        lines = self.env["purchase.order.line"].search(
            [("product_id", "in", [product.id for product in self.wanted])]
        )
        return [
            lines.filtered(lambda line, p=product: line.product_id == p).mapped("product_qty")
            for product in self.wanted
        ]

    def test_many_rows_are_ordered_in_the_background_on_one_request_per_vendor(self):
        screen = self._purchase()
        self.assertEqual(len(screen.line_ids), 6)
        screen.action_create()
        self.assertEqual(screen.state, "queued")
        self.assertTrue(screen.created)
        self.assertEqual(screen.progress, 0)
        self.assertEqual(self._bought(), [[]] * 6)
        with self.assertRaisesRegex(UserError, "ordered already, or just being ordered"):
            screen.action_add()  # in a tab that was open before
        self._work()
        self.assertEqual(screen.state, "done")
        self.assertEqual(screen.progress, 100)
        self.assertFalse(screen.failures)
        self.assertEqual(self._bought(), [[10]] * 6)
        made = screen.sudo().purchase_order_ids
        self.assertEqual(made.partner_id, self.vendor | self.other_vendor)
        self.assertEqual(len(made), 2, "one request for each vendor, over all batches")
        self.assertEqual(set(made.mapped("origin")), {self.order.name})
        self.assertEqual(
            made.order_line.backorder_line_ids, self.order.order_line, "bought for whom it is"
        )

    def test_few_rows_are_ordered_at_once(self):
        self.company.backorder_run_threshold = 6
        screen = self._purchase()
        self.assertEqual(len(self._created(screen)), 2)
        self.assertEqual(screen.state, "draft")

    def test_create_pressed_again_and_a_job_that_runs_again_buy_nothing_more(self):
        screen = self._purchase()
        screen.action_create()
        screen.action_create()
        self._work()
        screen.action_create()
        self._work()
        self.assertEqual(self._bought(), [[10]] * 6)

    def test_a_job_that_dies_in_the_middle_goes_on_with_the_rest(self):
        screen = self._purchase()
        screen.action_create()
        plan = self.env["backorder.purchase.plan"]
        first, *_others = plan._get_batches(screen)
        plan._work_batch((screen.id, first))
        self.assertEqual(screen.state, "queued")
        self.assertEqual(screen.progress, 33)
        self.assertEqual(sum(self._bought(), []), [10, 10])
        # A worker that took the same batch before looks at it again.
        plan._work_batch((screen.id, first))
        self.assertEqual(sum(self._bought(), []), [10, 10])
        self._work()
        self.assertEqual(self._bought(), [[10]] * 6)
        self.assertEqual(screen.state, "done")

    def test_stop_leaves_what_has_been_created_and_orders_no_more(self):
        screen = self._purchase()
        screen.action_create()
        plan = self.env["backorder.purchase.plan"]
        first, *_others = plan._get_batches(screen)
        plan._work_batch((screen.id, first))
        made = screen.sudo().purchase_order_ids
        screen.action_stop()
        self.assertEqual((screen.state, screen.progress), ("done", 100))
        self.assertIn("Stopped before its turn", screen.failures)
        self.assertEqual(len(screen.line_ids.filtered("failed")), 4)
        self._work()
        plan._work_batch((screen.id, first))
        screen.action_stop()
        self.assertEqual(sum(self._bought(), []), [10, 10])
        self.assertEqual(screen.sudo().purchase_order_ids, made)
        # The others are proposed again.
        self.assertEqual(len(self._purchase().line_ids), 4)

    def test_stop_before_anything_was_created(self):
        screen = self._purchase()
        screen.action_create()
        screen.action_stop()
        self._work()
        self.assertEqual(self._bought(), [[]] * 6)
        self.assertEqual(screen.state, "done")
        self.assertEqual(len(self._purchase().line_ids), 6)

    def test_what_somebody_else_bought_meanwhile_is_not_bought_again_and_says_so(self):
        screen = self._purchase()
        screen.action_create()
        self.company.backorder_run_threshold = 100
        self._created(self._purchase(product_ids=self.others[0].ids))
        self._work()
        self.assertEqual(self._bought(), [[10]] * 6)
        self.assertEqual(screen.state, "done")
        self.assertIn("Many 0: needed now is 0", screen.failures)
        self.assertEqual(len(screen.line_ids.filtered("failed")), 1)

    def test_a_row_that_cannot_be_ordered_is_told_at_once(self):
        screen = self._purchase()
        screen.line_ids[0].vendor_id = False
        with self.assertRaises(UserError):
            screen.action_create()

    def test_an_error_that_nobody_expected_leaves_the_other_batches_alone(self):
        screen = self._purchase()
        screen.action_create()
        plan = type(self.env["backorder.purchase.plan"])
        broken, real = self.others[0], plan._create_orders

        def create(own, options, rows, made=None):
            if broken in rows.product_id:
                raise ValueError("out of order")
            return real(own, options, rows, made)

        with (
            patch.object(plan, "_create_orders", create),
            self.assertLogs("odoo.addons.backorder_mgmt.models.base.jobs", "WARNING"),
        ):
            self._work()
        self.assertEqual(screen.state, "done")
        self.assertIn("out of order", screen.failures)
        self.assertEqual(len(screen.line_ids.filtered("failed")), 2)
        self.assertEqual(len(sum(self._bought(), [])), 4)

    def test_who_may_not_buy_any_more_buys_nothing(self):
        screen = self._purchase()
        screen.action_create()
        self.buyer.group_ids = self.env.ref("base.group_user")
        self.env.flush_all()
        self._work()
        self.assertEqual(self._bought(), [[]] * 6)
        self.assertEqual(screen.sudo().state, "done")

    def test_a_screen_that_waits_for_the_job_is_not_tidied_away(self):
        waits, idle = self._purchase(), self._purchase()
        waits.action_create()
        self.env.flush_all()
        old = fields.Datetime.now() - timedelta(hours=5)
        for table in ("backorder_purchase", "backorder_purchase_line"):
            self.env.cr.execute(f"UPDATE {table} SET write_date = %s", [old])
        self.env.invalidate_all()
        self.env["backorder.purchase.line"]._transient_vacuum()
        self.env["backorder.purchase"]._transient_vacuum()
        self.assertEqual(len(waits.exists().line_ids), 6)
        self.assertFalse(idle.exists())
