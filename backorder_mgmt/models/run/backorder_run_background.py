"""Fills in the background: resumable batches of orders, by one worker or by several."""

import logging
import time

from psycopg2 import InterfaceError

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import make_lanes
from ..base.batch import by_values
from ..base.jobs import (
    MAX_LOST,
    as_user,
    begin_alone,
    call_before_died,
    for_people,
    go_on_later,
    in_job,
    is_lost_race,
    process_ended,
    work_off,
)

_logger = logging.getLogger(__name__)

#: Workers that one fill can keep busy at most.
LANES = 4


class BackorderRun(models.Model):
    """A fill is cut into *lanes*: whole orders that share no stock with those of other lanes, where
    their items allow that. Each lane is worked on by one worker at a time, batch by batch; who has
    which is told by the lock on its next order, so that a worker that dies leaves it to others.
    """

    _inherit = "backorder.run"

    # -- jobs -------------------------------------------------------------------------------------

    def _launch(self):
        """Leave this queued run to the scheduled jobs. Other ways to run jobs override it."""
        self.env.ref("backorder_mgmt.ir_cron_work_runs").sudo()._trigger()

    def _launch_lanes(self):
        """This run has several lanes now: let others help."""
        helper = self.env.ref("backorder_mgmt.ir_cron_help_runs", raise_if_not_found=False)
        if helper:
            helper.sudo()._trigger()

    @api.model
    def _get_queued_domain(self):
        return [("state", "in", ("queued", "running"))]

    @api.model
    @in_job
    def _cron_work(self):
        """Scheduled job: go on with queued runs, a batch of orders at a time, each committed.

        A worker that is killed in the middle leaves whole batches behind; the next one goes on
        with the orders that have no outcome yet.
        """
        proposals = self.search(self._get_notify_domain(), order="id")
        work_off(
            self,
            proposals.ids,
            lambda run_id: self.browse(run_id).exists()._notify_receipt(),
            self._fail_run,
            again=proposals._trigger_work,
        )
        runs = self.search(self._get_queued_domain(), order="id")
        self.env["ir.cron"]._commit_progress(remaining=runs._pending_count())
        for run_id in runs.ids:
            self._work_until_done(run_id)

    @api.model
    def _trigger_work(self):
        self.env.ref("backorder_mgmt.ir_cron_work_runs").sudo()._trigger()

    @api.model
    @in_job
    def _cron_help(self):
        """Scheduled job, any number of them: take lanes of running fills that nobody works on."""
        for run_id in self.search([("state", "=", "running"), ("kind", "=", "fill")]).ids:
            self._work_until_done(run_id, helping=True)

    @api.model
    def _work_until_done(self, run_id, helping=False):
        """All batches of a run; one that loses against another transaction is tried again. A run
        that cannot even say that it failed is no matter of those behind it.

        When the time is up and something is left, the job is called again at once.
        """
        lost = 0
        while lost < MAX_LOST:
            try:
                if self._work_on(run_id, helping=helping):
                    lost = 0
                    continue
                break
            except InterfaceError:
                # The server is being stopped, and its connections are closed: nothing has failed.
                raise
            except Exception as error:  # pylint: disable=broad-except
                self.env.cr.rollback()
                self.env.invalidate_all()
                if not is_lost_race(error):
                    # Not called again at once, as that would not end: the hourly call looks again.
                    _logger.exception("Fill %s failed, and that could not be written", run_id)
                    return
                # Somebody else changed the same stock: nothing of this batch was done.
                lost += 1
                _logger.info("Fill %s: a batch is tried again: %s", run_id, error)
                time.sleep(0.1 * lost)
        else:
            _logger.info("Fill %s goes on later: others keep changing the same stock", run_id)
        run = self.browse(run_id).exists()
        if run and run._goes_on(helping):
            go_on_later(self.env, run._launch_lanes if helping else run._launch)

    def _goes_on(self, helping):
        """Whether a worker that stops now leaves something that it, or another, can go on with."""
        if self.state == "queued":
            return not helping and not self._ahead()
        if self.state != "running":
            return False
        # A lane that others work on is theirs.
        return bool(self._claim(1)) if helping else True

    @api.model
    def _work_on(self, run_id, helping=False):
        """One batch of one run, committed.

        :param helping: leave when nobody's lane is left, instead of waiting for the others
        :return: True when the run wants another batch
        :raise OperationalError: another transaction changed the same stock; nothing was done
        """
        careful = call_before_died(self.env)
        done = self._work_carefully(run_id) if careful else self._work_batch_or_fail(run_id)
        more = done is not None and self.browse(run_id).state == "running"
        if done == 0 and more:
            if helping:
                return False
            time.sleep(0.2)  # the lanes that are left are others'
        # A run that is stopped, or has to wait, was looked at: that is progress too.
        return bool(self.env["ir.cron"]._commit_progress(1 if done is None else done)) and more

    @api.model
    def _work_carefully(self, run_id):
        """One order of one run, where the call of the job before this one died in the middle: the
        order that ends the process twice is *Failed*, or the run, where its plan does.

        :return: as :meth:`_work_batch`
        """
        run = self.browse(run_id).exists()
        row = self.env["backorder.run.order"]
        if run.state == "running":
            row = run._claim(1)
            if row is None:
                return 0
        record = row or run
        # Committed, so that the lane is free for a moment: who takes it then has it.
        begins = begin_alone(self.env, f"{record._name},{record.id}")
        if begins is None and run.state == "running":
            # With its last order a run comes to its end, and so does the process.
            self._fail_run(run_id, process_ended(self.env))
            return None
        return self._work_batch_or_fail(run_id, only=row, refused=not begins)

    @api.model
    def _work_batch_or_fail(self, run_id, **careful):
        """:meth:`_work_batch`; a run that raises anything else than a lost race is *Failed*."""
        try:
            done = self._work_batch(run_id, **careful)
            self.env.flush_all()
            return done
        except Exception as error:  # pylint: disable=broad-except
            if isinstance(error, InterfaceError) or is_lost_race(error):
                raise
            # Whatever it is, it stops this run only: the run says so, and those behind it go on.
            _logger.warning("Fill %s failed", run_id, exc_info=True)
            self.env.cr.rollback()
            self.env.invalidate_all()
            self._fail_run(run_id, error)
            return None

    @api.model
    def _fail_run(self, run_id, error):
        """Write a run *Failed*, with why: what it did before stays, the rest was not touched."""
        run = self.browse(run_id).exists().sudo()
        if not run:
            return
        # To who started it, in their language.
        if run.user_id.lang:
            run = run.with_context(lang=run.user_id.lang)
        why = for_people(run.env, error)
        sentence = run.env._("Failed: %s What was not done by then is as it was.", f"{why} ")
        run._pending()._backorder_write({"outcome": "failed", "message": sentence})
        skipped = run.line_ids.filtered(lambda line: line.result == "pending")
        skipped._backorder_write({"result": "done", "reason": "error", "message": sentence})
        run._backorder_write({"state": "failed", "date_done": fields.Datetime.now()})
        run._message_log(body=sentence)
        run._send_progress()
        run._go_on_with_others()

    @api.model
    def _work_batch(self, run_id, lane=None, only=None, refused=False):
        """One batch of one run, in the transaction of the caller.

        :param lane: only of this lane
        :param only: this row of an order and no batch; empty: what comes before the first order
        :param refused: that is not tried again, but *Failed*
        :return: how many orders it had, 0 where others work on all that is left; None: the run
            is over, or not to be begun yet
        """
        # Who holds stock for longer goes first (`backorder.supply._lock`): this batch is tried
        # again. Nobody who waits for the stock of this batch waits for others of it as well.
        run = self.browse(run_id)
        # One lane: one worker. The processor's orders are all one.
        alone = run.exists() and (run.state == "queued" or run.stop_requested or not run._lanes())
        if alone:
            run = run.try_lock_for_update()
        if not run or run.state not in ("queued", "running"):
            return None
        if run.stop_requested:
            run._stop()
            return None
        run._check_starter()
        if run.state == "queued":
            if run._ahead():
                return None
            if refused:
                raise process_ended(self.env)
            run._begin()
            if only is not None or run._lanes():
                # Others begin with their lanes at once, and not after the first batch.
                return 1
        batch = run._claim(self._backorder_batch if only is None else 1, lane)
        if batch is None or (only is not None and batch != only):
            return 0
        worker = as_user(run, run.user_id)
        batch = batch.with_env(worker.env)
        if refused and batch:
            batch._write_failure(process_ended(worker.env))
        else:
            worker._do_orders(batch)
        # Of two workers that end at once each sees the other's orders still pending: the next look
        # finds that nothing is.
        if not run._pending_count(1) and (alone or run.try_lock_for_update()):
            run._finish()
            run._finished_in_background()
            run._go_on_with_others()
        run._send_progress()
        return len(batch)

    def _check_starter(self):
        """Nobody is left to act for once who started it was archived, or the company.

        :raise UserError: says who
        """
        if not self.company_id.active:
            raise UserError(
                self.env._("%s is archived. Nothing is filled for it.", self.company_id.name)
            )
        user = self.user_id
        if user and not user.active and user != self.env.ref("base.user_root"):
            raise UserError(
                self.env._(
                    "%s, who started it, is archived. Make a new fill for what is still needed.",
                    user.name,
                )
            )

    def _begin(self):
        """The first batch: plan what nobody previewed, and cut the run into lanes."""
        self._backorder_write({"state": "running"})
        if not self.date_planned:  # a fill on receipt: nobody previewed it
            self._preview()
            self._backorder_write({"date_planned": fields.Datetime.now()})
        if self.kind == "fill" and self._pending_count(self._backorder_batch + 1) > (
            self._backorder_batch
        ):
            self._split_lanes()
            if self._lanes():
                self._launch_lanes()

    def _finished_in_background(self):
        """Hook: the last batch of this run was done by a job."""

    def _go_on_with_others(self):
        """Fills that waited for this one."""
        waiting = self.sudo().search([("state", "=", "queued")], order="id")
        for run in waiting:
            run._launch()

    # -- lanes ------------------------------------------------------------------------------------

    def _split_lanes(self):
        """Write the lanes of this run's orders; orders that are all connected stay without one."""
        rows = self._pending()
        lines = rows.order_id.order_line.filtered(lambda line: not line.display_type)
        facts = lines._backorder_facts()
        wants = {row.order_id.id: [] for row in rows}
        for line in lines:
            warehouse = facts.locations[line].sudo().warehouse_id.id
            wants[line.order_id.id] += [(part.id, warehouse) for part in facts.parts[line]]
        lanes = make_lanes(wants, LANES)
        if len(set(lanes.values())) > 1:
            # From 1: of 0 the database and the ORM think differently.
            vals = {row: {"lane": lanes[row.order_id.id] + 1} for row in rows}
            for own, values in by_values(vals):
                own._backorder_write(values)

    def _lanes(self):
        """The lanes that have orders to do; none where the run is not cut."""
        rows = self.env["backorder.run.order"]
        found = rows._read_group(
            [*self._get_pending_domain(), ("lane", ">", 0)], ["lane"], order="lane"
        )
        return [lane for (lane,) in found]

    def _claim(self, size, lane=None):
        """The next batch of a lane that nobody works on; None: others work on all of them."""
        lanes = self._lanes()
        if not lanes:
            return self._cut(self._next_batch(size))
        rows = self.env["backorder.run.order"]
        for number in [own for own in lanes if lane in (None, own)]:
            domain = [*self._get_pending_domain(), ("lane", "=", number)]
            batch = rows.search(domain, order="id", limit=size)
            if batch[:1].try_lock_for_update():
                return self._cut(batch)
        return None

    def _cut(self, batch):
        """``batch``, no longer than `_backorder_batch_lines` allows; one order at least."""
        counts = self.env["backorder.run.line"]._read_group(
            self._get_rows_lines_domain(batch), ["order_id"], ["__count"]
        )
        lines, total = dict(counts), 0
        for number, row in enumerate(batch):
            total += lines.get(row.order_id, 0)
            if number and total > self._backorder_batch_lines:
                return batch[:number]
        return batch

    # -- stop, progress ---------------------------------------------------------------------------

    def _stop(self):
        self._pending()._backorder_write(self._prepare_stopped_vals())
        skipped = self.line_ids.filtered(lambda line: line.result == "pending")
        skipped._backorder_write(
            {
                "result": "done",
                "reason": "skipped",
                "message": self.env._("Stopped before its turn."),
            }
        )
        self._backorder_write({"state": "cancelled", "date_done": fields.Datetime.now()})
        self._go_on_with_others()

    def _prepare_stopped_vals(self):
        return {"outcome": "none", "message": self.env._("Stopped before its turn.")}

    def _send_progress(self):
        """Tell the browser of who started the run how far it is."""
        self.user_id._bus_send(
            "backorder_mgmt/progress",
            {"run_id": self.id, "progress": self.progress, "state": self.state},
        )
