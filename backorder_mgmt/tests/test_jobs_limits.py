"""Fills in the background: long orders, little memory, a clock put back, a company that left."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_jobs import JobCommon

BACKGROUND = "odoo.addons.backorder_mgmt.models.run.backorder_run_background"
WORKER = "odoo.addons.backorder_mgmt.models.run.backorder_run_worker"


@tagged("post_install", "-at_install")
class TestJobsLimits(JobCommon):
    def _queued(self, orders):
        self.env.companies.write(
            {"backorder_fill_approved": "same_order", "backorder_run_threshold": 0}
        )
        run = self.env["backorder.run"].with_company(orders.company_id)
        run = run.create({"order_ids": [Command.set(orders.ids)]})
        run.action_start()
        self.assertEqual(run.state, "queued")
        return run

    def _orders(self, count, lines=1):
        product = self._product("Item")
        orders = self.env["sale.order"].union(
            *(self._order(*[(product, 1)] * lines) for _number in range(count))
        )
        self._stock(product, count * lines)
        return orders

    def _work(self):
        with self._job("ir_cron_work_runs", seconds=60) as (env, _progress):
            env["backorder.run"]._cron_work()

    def test_long_orders_are_committed_in_shorter_batches(self):
        """Fifty orders of hundreds of lines were one batch, beyond the server's limit of time."""
        run = self._queued(self._orders(7, lines=3))
        batches = []
        do_orders = type(run)._do_orders

        def noted(worker, rows):
            batches.append(len(rows))
            do_orders(worker, rows)

        with (
            patch.object(type(run), "_backorder_batch_lines", 7),
            patch.object(type(run), "_do_orders", noted),
        ):
            self._work()
        self.assertEqual((run.state, batches), ("done", [2, 2, 2, 1]))

    def test_an_order_longer_than_a_batch_is_one_piece(self):
        run = self._queued(self._orders(2, lines=3))
        with patch.object(type(run), "_backorder_batch_lines", 1):
            self._work()
        self.assertEqual(run.run_order_ids.mapped("outcome"), ["complete"] * 2)

    def _fill_with(self, meet):
        """Fill five orders, of which the middle one meets a limit: ``meet(cr)``; its row."""
        orders = self._orders(5)
        run = self._queued(orders)
        fill = type(run)._do_rows_fill

        def greedy(worker, rows, facts):
            if orders[2] in rows.order_id:
                meet(worker.env.cr)
            return fill(worker, rows, facts)

        with patch.object(type(run), "_do_rows_fill", greedy):
            self._work()
        self.assertEqual(run.state, "done")
        rows = {row.order_id: row for row in run.run_order_ids}
        bad = rows.pop(orders[2])
        self.assertEqual(bad.outcome, "failed")
        self.assertEqual({row.outcome for row in rows.values()}, {"complete"})
        self.assertEqual(orders.order_line.mapped("backorder_qty"), [0, 0, 1, 0, 0])
        return bad

    @mute_logger(WORKER)
    def test_an_order_that_needs_more_memory_than_there_is_fails_alone(self):
        def meet(_cr):
            raise MemoryError

        row = self._fill_with(meet)
        self.assertIn("limit of memory was reached", row.message)
        self.assertIn("limit of memory was reached", row.order_id.message_ids[:1].body)

    @mute_logger(WORKER)
    def test_an_error_that_is_its_own_cause_ends_nobodys_job(self):
        """Who raises what was caught before, from what it led to, makes a circle."""

        def meet(_cr):
            first, second = KeyError("first"), ValueError("second")
            first.__cause__ = second
            raise second from first

        self.assertIn("ValueError: second", self._fill_with(meet).message)

    @mute_logger(WORKER, "odoo.sql_db")
    def test_an_order_that_postgresql_has_no_time_for_fails_alone(self):
        """It was taken for a race that was lost, and tried again for ever: nobody behind it was
        filled."""

        def meet(cr):
            cr.execute("SET LOCAL statement_timeout = '20ms'")
            cr.execute("SELECT pg_sleep(5)")

        row = self._fill_with(meet)
        self.assertIn("statement timeout", row.message)

    def test_figures_of_a_fill_that_runs_are_those_of_what_is_done(self):
        """It counted all planned orders as completed, and all lines to come as not filled."""
        run = self._queued(self._orders(3))
        with (
            patch.object(type(run), "_backorder_batch", 2),
            self._job("ir_cron_work_runs") as (env, _progress),
        ):
            env["backorder.run"]._cron_work()
        self.assertEqual((run.state, int(run.progress)), ("running", 66))
        self.assertEqual((run.completed_order_count, run.partial_order_count), (2, 0))
        self.assertEqual((run.filled_count, run.not_filled_count, run.line_count), (2, 0, 3))
        self._work()
        self.assertEqual((run.completed_order_count, run.filled_count), (3, 3))

    def test_a_clock_that_is_put_back_stops_no_fill(self):
        run = self._queued(self._orders(2))
        with freeze_time(fields.Datetime.now() - timedelta(days=2)):
            self._work()
        self.assertEqual(run.run_order_ids.mapped("outcome"), ["complete"] * 2)

    @mute_logger(BACKGROUND)
    def test_a_fill_of_a_company_that_was_archived_meanwhile_fails_and_says_so(self):
        second = self.env["res.company"].create({"name": "Second"})
        self.env.user.company_ids |= second
        there = self.env["stock.warehouse"].search([("company_id", "=", second.id)], limit=1)
        order = self._order(
            (self.product, 2),
            company_id=second.id,
            warehouse_id=there.id,
            user_id=False,
            pricelist_id=False,
        )
        self._stock(self.product, 2, there.lot_stock_id)
        second.write({"backorder_fill_approved": "same_order", "backorder_run_threshold": 0})
        theirs, ours = self._queued(order), self._queued(self._orders(1))
        self.env.user.company_ids -= second
        second.active = False
        self._work()
        self.assertEqual((theirs.state, ours.state), ("failed", "done"))
        self.assertIn("Second is archived", "".join(theirs.message_ids.mapped("body")))
        self.assertEqual(order.order_line.backorder_qty, 2)
