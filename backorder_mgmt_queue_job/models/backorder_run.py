import logging

from psycopg2 import OperationalError

from odoo import models

from odoo.addons.queue_job.exception import RetryableJobError

_logger = logging.getLogger(__name__)

#: Seconds until a job looks again whose lane somebody else is working on.
RETRY = 5
#: Batches that lose against other transactions are tried again; those that fail say so themselves.
MAX_RETRIES = 50


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

    def _enqueue(self, lane=None):
        """A job for the next batch; one that waits for the same is enough."""
        delayed = self.sudo().with_delay(
            max_retries=MAX_RETRIES,
            identity_key=f"backorder.run-{self.id}-{lane or 0}",
            description=self.env._("Fill backorders: %s", self.name),
        )
        delayed._job_work(lane)

    def _job_work(self, lane=None):
        """Job: one batch, then a job for the next one.

        :param lane: see ``backorder.run._work_batch``; None: where something is left
        """
        self.ensure_one()
        done = self._job_batch_or_fail(lane)
        if done is None or self.state != "running":
            return
        left = self._lanes()
        if lane and lane not in left:
            # Somebody has to see that all lanes are done, also where two end at once.
            self._enqueue()
        elif done:
            self._enqueue(lane)
        elif lane:
            raise RetryableJobError(self.env._("Another worker has it"), RETRY, ignore_retry=True)

    def _job_batch_or_fail(self, lane):
        """As :meth:`_work_batch_or_fail`, in a transaction that is the queue's: it may be neither
        committed nor rolled back here, so what raised is taken back to a savepoint."""
        try:
            with self.env.cr.savepoint():
                return self._work_batch(self.id, lane)
        except OperationalError:
            raise
        except Exception as error:  # pylint: disable=broad-except
            _logger.warning("Fill %s failed", self.id, exc_info=True)
            self.env.invalidate_all()
            self._fail_run(self.id, error)
            return None
