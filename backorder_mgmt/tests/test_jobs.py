"""Scheduled jobs end: a cursor, the bad record *Failed*, and the rest goes on (design 17.10)."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BackorderCommon

JOBS = (
    "odoo.addons.backorder_mgmt.models.base.jobs",
    "odoo.addons.backorder_mgmt.models.run.backorder_run_background",
)


class JobCommon(BackorderCommon):
    @contextmanager
    def _job(self, name, seconds=0.0):
        """The scheduled job ``name`` as Odoo's runner calls it, with so much time left.

        :return: the environment, and the progress as the job reports it
        """
        job = self.env.ref(f"backorder_mgmt.{name}")
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            cron, progress = job.with_env(job.env(cr=cr, su=True))._add_progress()
            end = 0.0 if not seconds else float("inf")
            yield cron.with_context(cron_end_time=end, cron_id=job.id).env, progress
        self.env.invalidate_all()

    def _triggers(self, name):
        job = self.env.ref(f"backorder_mgmt.{name}")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", job.id)])


@tagged("post_install", "-at_install")
class TestRunsInTheBackground(JobCommon):
    def _runs(self, count=3, user=None, **values):
        """Queued fills of one order each, with the goods there."""
        self.company.write({"backorder_fill_approved": "same_order", "backorder_run_threshold": 0})
        runs = self.env["backorder.run"]
        for number in range(count):
            product = self._product(f"Item {number}")
            order = self._order((product, 3))
            self._stock(product, 3)
            run = self.env["backorder.run"].with_user(user or self.env.user)
            run = run.create({"order_ids": [Command.set(order.ids)], **values})
            run.action_start()
            runs |= run.with_env(self.env)
        self.assertEqual(set(runs.mapped("state")), {"queued"})
        return runs

    def test_limit_for_locks_is_put_back(self):
        """Odoo's own statements of the same transaction are not made for a limit."""
        runs = self._runs(1)
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            worker = self.env(cr=cr, su=True)["backorder.run"]
            worker._work_batch(runs.id)
            cr.execute("SHOW lock_timeout")
            self.assertEqual(cr.fetchone()[0], "0")

    def test_one_run_of_ten_raises_and_the_others_are_done(self):
        """It is *Failed* with a sentence, and the next call of the job has nothing to do."""
        runs = self._runs(10)
        bad = runs[3]
        begin = type(bad)._begin

        def raising(run):
            if run.id == bad.id:
                raise ValueError("a purchase order without approval date")
            return begin(run)

        with (
            patch.object(type(bad), "_begin", raising),
            self.assertLogs("odoo.addons.backorder_mgmt", "WARNING"),
            self._job("ir_cron_work_runs", seconds=60) as (env, _progress),
        ):
            env["backorder.run"]._cron_work()
        self.assertEqual((runs - bad).mapped("state"), ["done"] * 9)
        self.assertEqual(bad.state, "failed")
        self.assertIn("a purchase order without approval date", bad.message_ids[:1].body)
        self.assertEqual((runs - bad).order_ids.mapped("backorder_state"), ["filled"] * 9)
        self.assertEqual(bad.order_ids.backorder_state, "backordered")
        with self._job("ir_cron_work_runs", seconds=60) as (env, progress):
            env["backorder.run"]._cron_work()
            self.assertFalse(progress.remaining)
        self.assertEqual(bad.state, "failed")

    def test_a_run_that_cannot_even_say_that_it_failed_stops_nobody(self):
        """Neither those behind it, nor is the job called again for it for ever."""
        runs = self._runs(4)
        bad, begin, log = runs[1], type(runs)._begin, type(runs)._message_log

        def raising(run):
            if run.id == bad.id:
                raise ValueError("no plan")
            return begin(run)

        def logging(records, **values):
            if records._name == bad._name and records.id == bad.id:
                raise ValueError("no chatter")
            return log(records, **values)

        with (
            patch.object(type(bad), "_begin", raising),
            patch.object(type(bad), "_message_log", logging),
            mute_logger("odoo.addons.backorder_mgmt.models.run.backorder_run_background"),
        ):
            with self._job("ir_cron_work_runs", seconds=60) as (env, _progress):
                env["backorder.run"]._cron_work()
            self.assertEqual((runs - bad).mapped("state"), ["done"] * 3)
            self.assertEqual(bad.state, "queued")
            before = self._triggers("ir_cron_work_runs")
            with self._job("ir_cron_work_runs", seconds=60) as (env, _progress):
                env["backorder.run"]._cron_work()
            self.assertEqual(self._triggers("ir_cron_work_runs"), before)
        with self._job("ir_cron_work_runs", seconds=60) as (env, _progress):
            env["backorder.run"]._cron_work()
        self.assertEqual(bad.state, "done")

    def test_stock_is_waited_for_some_seconds_and_by_odoos_own_jobs_for_ever(self):
        seen = []
        supply = self.env["backorder.supply"]
        execute = type(self.env.cr).execute

        def watch(cr, query, params=None, log_exceptions=True):
            execute(cr, query, params, log_exceptions)
            if "FOR NO KEY UPDATE" in str(getattr(query, "code", query)):
                execute(cr, "SHOW lock_timeout")
                seen.append(cr.fetchone()[0])
                execute(cr, query, params, log_exceptions)

        self._stock(self.product, 1)
        with patch.object(type(self.env.cr), "execute", watch):
            supply._lock(self.product, self.stock)
            supply.with_context(cron_id=1)._lock(self.product, self.stock)
        self.assertEqual(seen, ["3s", "0"])
