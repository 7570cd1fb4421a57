"""What all scheduled jobs share: one loop, in whose name they act, and how long they wait.

A job has keys to work off (ids, mostly). Each is a transaction of its own: one that raises anything
is written *Failed* and the rest goes on; one whose rows another transaction holds is taken later
again; and while something is left when the time is up, the job is called again at once.
"""

import logging
import time
from contextlib import contextmanager

from psycopg2 import OperationalError

from .token import private, private_value

_logger = logging.getLogger(__name__)

#: Seconds that a request, or a job of ours, waits for stock that another transaction holds.
LOCK_WAIT = 3
#: How often a record may lose against other transactions before its job goes on without it.
MAX_LOST = 10


def in_job(model):
    """``model`` as our own scheduled job sees it: it may take a record later again."""
    return model.with_context(**private(backorder_job=True))


def as_user(record, user, company=None):
    """``record`` as ``user`` would work on it: language, time zone and company are theirs.

    Superuser still: what the user may do was asked when they started it.
    """
    record = record.with_user(user).with_company(company or record.company_id)
    return record.with_context(lang=user.lang, tz=user.tz).sudo()


def work_off(model, keys, work, fail, *, again=None, sizes=None):
    """Work off ``keys`` one after another, each committed.

    :param work: ``work(key)``: does it, in the transaction of the job
    :param fail: ``fail(key, error)``: writes the record *Failed* after its work was rolled back
    :param sizes: how many records a key stands for; None: one
    :param again: called when something is left: calls the job again at once
    :return: True when nothing is left
    """
    cron = model.env["ir.cron"]
    keys = list(keys)
    sizes = sizes or (lambda key: 1)
    cron._commit_progress(remaining=sum(map(sizes, keys)))
    left = 0
    for number, key in enumerate(keys, 1):
        if not _one(model, key, work, fail):
            left += 1
        if not cron._commit_progress(sizes(key)) and number < len(keys):
            left += len(keys) - number
            break
    if left and again:
        again()
        cron._commit_progress()
    return not left


def _one(model, key, work, fail):
    """One key of :func:`work_off`; False: others hold what it needs, it is for later."""
    for lost in range(MAX_LOST):
        try:
            work(key)
            model.env.flush_all()
            return True
        except OperationalError as error:
            _logger.info("%s %s is tried again: %s", model._name, key, error)
            _start_over(model)
            time.sleep(0.05 * lost)
        except Exception as error:  # pylint: disable=broad-except
            # Whatever it is, it is this record's: it says so, and the others go on.
            _logger.warning("%s %s failed", model._name, key, exc_info=True)
            _start_over(model)
            fail(key, error)
            model.env.flush_all()
            return True
    return False


def _start_over(model):
    model.env.cr.rollback()
    model.env.invalidate_all()


@contextmanager
def waiting_for_locks(env):
    """For one lock statement of ours: wait some seconds, not for ever.

    A request is then tried again by Odoo, a job of ours takes that record later. Odoo's own jobs
    are not tried again: they wait. The limit is put back, as Odoo's later statements are not made
    for one; a transaction that failed forgets it by itself.
    """
    if env.context.get("cron_id") and not private_value(env, "backorder_job"):
        yield
        return
    env.cr.execute(
        "SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)",
        [f"{LOCK_WAIT}s"],
    )
    before = env.cr.fetchone()[0]
    yield
    env.cr.execute("SELECT set_config('lock_timeout', %s, true)", [before])
