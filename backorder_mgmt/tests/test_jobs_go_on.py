"""Scheduled jobs end and go on whatever meets them on the way (design 17.10, faults H40 to H42)."""

from unittest.mock import patch

from psycopg2.errors import LockNotAvailable

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_jobs import JobCommon


@tagged("post_install", "-at_install")
class TestJobsGoOn(JobCommon):
    def _find(self, seconds=0.0, **options):
        with self._job("ir_cron_detect_backorders", seconds) as (env, _progress):
            env["sale.order"]._cron_detect_backorders(**options)

    def _to_find(self, count):
        """Orders whose open demand nobody looked at, and none besides."""
        self._find(seconds=60)
        self.company.backorder_auto = False
        orders = self.env["sale.order"].union(
            *(self._order((self.product, 1)) for _number in range(count))
        )
        self.company.backorder_auto = True
        self.env.flush_all()
        return orders

    def test_find_begins_with_the_oldest_and_goes_on_where_it_stopped(self):
        orders = self._to_find(6)
        found = []
        for _call in range(3):
            self._find(batch=2)
            found.append(int(sum(orders.order_line.mapped("backorder_qty"))))
            self.assertTrue(all(orders.order_line[: found[-1]].mapped("backorder_qty")))
        self.assertEqual(found, [2, 4, 6])

    def test_what_is_held_is_no_work_of_the_next_night(self):
        orders = self._to_find(3)
        self._find(seconds=60)
        seen = []
        method = type(orders).detect_backorders

        def detect(records):
            seen.extend(records.ids)
            return method(records)

        with patch.object(type(orders), "detect_backorders", detect):
            self._find(seconds=60)
        self.assertFalse(set(seen) & set(orders.ids))

    @mute_logger("odoo.addons.backorder_mgmt.models.base.jobs")
    def test_an_order_that_cannot_be_looked_at_says_so_and_the_others_are_found(self):
        orders = self._to_find(4)
        bad = orders[1]
        method = type(orders).detect_backorders

        def detect(records):
            if bad.id in records.ids:
                raise ValueError("no such unit")
            return method(records)

        with patch.object(type(orders), "detect_backorders", detect):
            self._find(seconds=60)
        self.assertEqual(orders.order_line.mapped("backorder_qty"), [1, 0, 1, 1])
        self.assertIn("no such unit", bad.message_ids[:1].body)

    # -- fills -------------------------------------------------------------------------------------

    def _queued(self, user=None):
        self.company.write({"backorder_fill_approved": "same_order", "backorder_run_threshold": 0})
        order = self._order((self._product("Item"), 3))
        self._stock(order.order_line.product_id, 3)
        run = self.env["backorder.run"].with_user(user or self.env.user)
        run = run.create({"order_ids": [Command.set(order.ids)]})
        run.action_start()
        return run.with_env(self.env)

    def _work(self):
        with self._job("ir_cron_work_runs", seconds=60) as (env, _progress):
            env["backorder.run"]._cron_work()

    @mute_logger("odoo.addons.backorder_mgmt.models.run.backorder_run_background")
    def test_a_fill_of_who_was_archived_meanwhile_fails_and_says_who(self):
        user = new_test_user(
            self.env,
            "backorder_leaver",
            groups="backorder_mgmt.group_backorder_manager,"
            "sales_team.group_sale_salesman_all_leads",
            company_id=self.company.id,
        )
        theirs, ours = self._queued(user), self._queued()
        user.active = False
        self._work()
        self.assertEqual((theirs.state, ours.state), ("failed", "done"))
        self.assertIn(f"{user.name}, who started it, is archived", theirs.message_ids[:1].body)
        self.assertEqual(theirs.order_ids.order_line.backorder_qty, 3)

    def test_an_order_that_was_cancelled_or_deleted_meanwhile_stops_no_fill(self):
        cancelled, deleted, whole = self._queued(), self._queued(), self._queued()
        cancelled.order_ids._action_cancel()
        deleted.order_ids._action_cancel()
        deleted.order_ids.unlink()
        self._work()
        self.assertEqual((cancelled | deleted | whole).mapped("state"), ["done"] * 3)
        self.assertFalse(cancelled.order_ids.order_line.backorder_filled_qty)
        self.assertEqual(whole.order_ids.order_line.backorder_filled_qty, 3)

    def test_two_queued_fills_of_the_same_order_fill_it_once(self):
        first = self._queued()
        second = self.env["backorder.run"].create({"order_ids": [Command.set(first.order_ids.ids)]})
        second.action_start()
        self._work()
        self._work()
        self.assertEqual((first | second).mapped("state"), ["done"] * 2)
        self.assertEqual(first.order_ids.order_line.backorder_filled_qty, 3)

    def test_dates_of_a_product_that_was_deleted_meanwhile_are_no_work(self):
        product = self._product("Gone")
        self.env["backorder.due"]._note(product)
        product.product_tmpl_id.unlink()
        with self._job("ir_cron_work_dates", seconds=60) as (env, _progress):
            env["backorder.due"]._cron_work()
        self.assertFalse(self.env["backorder.due"].search([]))

    # -- what cannot even say that it failed -------------------------------------------------------

    @mute_logger("odoo.addons.backorder_mgmt.models.base.jobs")
    def _find_where_the_note_raises(self, orders, bad, error, times):
        """The search of a night in which ``bad`` is at fault, and its note raises at first."""
        detect, log = type(orders).detect_backorders, type(orders)._message_log
        raised = []

        def detecting(records):
            if bad.id in records.ids:
                raise ValueError("no such unit")
            return detect(records)

        def logging(records, **values):
            if records.id == bad.id and len(raised) < times:
                raised.append(records.id)
                raise error
            return log(records, **values)

        with (
            patch.object(type(orders), "detect_backorders", detecting),
            patch.object(type(orders), "_message_log", logging),
        ):
            self._find(seconds=60)
        self.assertTrue(raised)

    def test_note_of_a_failure_that_loses_to_others_is_written_later(self):
        orders = self._to_find(4)
        self._find_where_the_note_raises(orders, orders[1], LockNotAvailable("held"), times=2)
        self.assertEqual(orders.order_line.mapped("backorder_qty"), [1, 0, 1, 1])
        self.assertIn("no such unit", orders[1].message_ids[:1].body)

    def test_note_of_a_failure_that_cannot_be_written_stops_nobody(self):
        orders = self._to_find(4)
        self._find_where_the_note_raises(orders, orders[1], ValueError("no chatter"), times=99)
        self.assertEqual(orders.order_line.mapped("backorder_qty"), [1, 0, 1, 1])
