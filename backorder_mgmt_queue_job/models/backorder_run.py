import logging

from odoo import SUPERUSER_ID, models
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY

from odoo.addons.backorder_mgmt.models.base.jobs import is_lost_race
from odoo.addons.queue_job.exception import RetryableJobError

_logger = logging.getLogger(__name__)

#: Seconds until a job looks again whose lane somebody else is working on.
RETRY = 5
#: A job whose process was ended is called again; already the second call does less at once.
MAX_RETRIES = 5


class BackorderRun(models.Model):
    """A job for each batch of a fill, one after another in each lane."""

    _inherit = "backorder.run"

    def _launch(self):
        """Jobs instead of the scheduled job, which still looks every hour at what was left."""
        for run in self:
            run._enqueue()

    def _launch_lanes(self):
        for lane in self._lanes():
            self._enqueue(lane)

    def _enqueue(self, lane=None, row=None):
        """A job for the next batch; one that waits for the same is enough.

        :param row: for this row of an order alone
        """
        # In nobody's name, as a scheduled job: the queue cannot even load one of a user who was
        # deleted meanwhile. Each batch is done in the name of who started the fill.
        worker = self.with_user(SUPERUSER_ID).with_company(self.company_id)
        delayed = worker.with_delay(
            max_retries=MAX_RETRIES,
            identity_key=f"backorder.run-{self.id}-{lane or 0}-{row.id if row else 0}",
            description=self.env._("Fill backorders: %s", self.name),
        )
        delayed._job_work(lane, row.id if row else None)

    def _job_work(self, lane=None, row_id=None):
        """Job: one batch, then a job for the next one.

        A batch may end the whole process, see ``base/jobs.py``; the queue then calls the same job
        again. From there on each order is a job of its own, until the one is found whose job dies
        as well: that order is *Failed*, or the run where its plan does.

        :param lane: see ``backorder.run._work_batch``; None: where something is left
        :param row_id: only this row of an order
        """
        self.ensure_one()
        died = self._job_died()
        row = self.env["backorder.run.order"].browse(row_id or ()).exists()
        if died and not row and self.state == "running" and self._enqueue_alone(lane):
            return
        if row or (died and self.state == "queued"):
            done = self._job_batch_or_fail(lane, only=row, refused=died > (0 if row else 1))
        else:
            done = self._job_batch_or_fail(lane)
        if done is None or self.state != "running":
            return
        if lane and lane not in self._lanes():
            # Somebody has to see that all lanes are done, also where two end at once.
            self._enqueue()
        elif done and bool(row) != bool(died) and self._enqueue_alone(lane):
            return  # until the order is found that is at fault
        elif done or (row and row.outcome):
            self._enqueue(lane)
        elif lane:
            raise RetryableJobError(self.env._("Another worker has it"), RETRY, ignore_retry=True)

    def _job_died(self):
        """How often the process of this very job was ended in the middle: a job that is taken later
        again for any other reason does not count that (``ignore_retry``)."""
        # sudo: the queue's own bookkeeping
        jobs = self.env["queue.job"].sudo()
        return jobs.search([("uuid", "=", self.env.context.get("job_uuid"))]).retry

    def _enqueue_alone(self, lane):
        """A job for the next order of ``lane`` alone; False where there is none for us."""
        row = self._claim(1, lane)
        if row:
            self._enqueue(row.lane or None, row)
        return bool(row)

    def _job_batch_or_fail(self, lane, **careful):
        """As :meth:`_work_batch_or_fail`, in a transaction that is the queue's: it may be neither
        committed nor rolled back here, so what raised is taken back to a savepoint."""
        try:
            with self.env.cr.savepoint():
                return self._work_batch(self.id, lane, **careful)
        except Exception as error:  # pylint: disable=broad-except
            if is_lost_race(error):
                if error.pgcode not in PG_CONCURRENCY_ERRORS_TO_RETRY:
                    raise
                raise RetryableJobError(str(error), RETRY, ignore_retry=True) from error
            _logger.warning("Fill %s failed", self.id, exc_info=True)
            self.env.invalidate_all()
            self._fail_run(self.id, error)
            return None
