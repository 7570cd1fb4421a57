"""What all scheduled jobs share: one loop, in whose name they act, and how long they wait.

A job has keys to work off (ids, mostly). Each is a transaction of its own: one that raises anything
is written *Failed* and the rest goes on; one whose rows another transaction holds is taken later
again; and while something is left when the time is up, the job is called again at once.

A record may also end the whole process: by a limit of time or memory, mostly. Odoo then calls the
job again, which would meet the same record first, for ever. So the call after one that died notes
each record before it works on it; where that call dies too, the next one begins with that record;
and where it dies of it once more, with nothing done before, the record is marked *Failed*. Where
even that ends the process, the fill that it belongs to is *Failed* as a whole, and any other record
is left out of that call. The limits are those of all that a worker does until it is idle: who comes
last there is at no fault.
"""

import logging
import time
from collections import deque
from contextlib import contextmanager
from functools import wraps

from psycopg2 import DatabaseError, InterfaceError, OperationalError, errorcodes

from odoo.exceptions import UserError

from .meanwhile import Meanwhile

_logger = logging.getLogger(__name__)

#: Seconds that a request, or a job of ours, waits for stock that another transaction holds.
LOCK_WAIT = 3
#: How often a record may lose against other transactions before its job goes on without it.
MAX_LOST = 10
#: Limits of PostgreSQL's own, of time and of memory: psycopg2 calls these operational, too.
LASTING = (
    errorcodes.QUERY_CANCELED,
    errorcodes.OUT_OF_MEMORY,
    errorcodes.PROGRAM_LIMIT_EXCEEDED,
    errorcodes.STATEMENT_TOO_COMPLEX,
)


#: One of our own scheduled jobs runs: it may take a record later again.
_our_job = Meanwhile(default=False)


def in_job(method):
    """A method that is a scheduled job of ours."""

    @wraps(method)
    def job(self, *args, **kwargs):
        with _our_job.so(self.env):
            return method(self, *args, **kwargs)

    return job


def as_user(record, user, company=None):
    """``record`` as ``user`` would work on it: language, time zone and company are theirs.

    Superuser still: what the user may do was asked when they started it.
    """
    record = record.with_user(user).with_company(company or record.company_id)
    return record.with_context(lang=user.lang, tz=user.tz).sudo()


def _progress(env):
    # sudo: the job's own bookkeeping
    return env["ir.cron.progress"].sudo().browse(env.context.get("ir_cron_progress_id"))


def call_before_died(env):
    """Whether the process of this scheduled job's call before this one was ended in the middle."""
    # Odoo counts the call that goes on as well, until it comes to its end.
    return _progress(env).timed_out_counter > 1


def begin_alone(env, name):
    """Note for the next call that ``name`` is worked on, alone; committed.

    :return: False where the call before died while it worked on just that, and did nothing else,
        or the call before that as well: it is not to be tried again; None: the call before died
        while it was marked *Failed*
    """
    progress = _progress(env)
    before = progress.search(
        [("cron_id", "=", progress.cron_id.id), ("id", "<", progress.id)], order="id desc", limit=1
    )
    again, refused = f"{name} again", f"{name} refused"
    begins, note = True, name
    if before.backorder_working_on == refused:
        begins, note = None, refused
    elif before.backorder_working_on == again:
        begins, note = False, refused
    elif before.backorder_working_on == name:
        # What was done before may have taken the time; it may also be somebody who only waits.
        begins, note = (True, again) if before.done else (False, refused)
    progress.backorder_working_on = note
    # Of a job that died three times with nothing done Odoo believes that it always will, and does
    # not call it for an hour; after the third of these calls it is known who is at fault.
    progress.timed_out_counter = min(progress.timed_out_counter, 2)
    env["ir.cron"]._commit_progress()
    return begins


def process_ended(env):
    """The error of a record that ended the process of its job twice."""
    return UserError(
        env._(
            "The server's process was ended twice in the middle of this, mostly because its limit"
            " of time or memory was reached. Do it in smaller parts, or ask the administrator to"
            " raise that limit: the server's log says which it was."
        )
    )


def go_on_later(env, again):
    """Nothing more in this call of the job: it is called again at once.

    A trigger tells a worker; Odoo's own way of going on waits until one happens to look. And where
    something is said to be left, Odoo calls the job up to nine times more before the worker is
    idle for a moment, however long that takes: beyond the server's limits of time.
    """
    again()
    env["ir.cron"]._commit_progress(remaining=0)


def for_people(env, error):
    """What people are told of ``error``, which nobody foresaw mostly."""
    if isinstance(error, UserError):
        return str(error)
    cause, seen = error, set()
    while cause and id(cause) not in seen:
        seen.add(id(cause))
        # libpq has no class of its own for what does not fit into this process.
        of_database = isinstance(cause, DatabaseError) and "out of memory" in str(cause)
        if of_database or isinstance(cause, MemoryError):
            return env._(
                "The server's limit of memory was reached in the middle of this. Do it in smaller"
                " parts, or ask the administrator to raise that limit."
            )
        # What runs a merchant's own code says what it met in an error of its own.
        cause = cause.__cause__ or cause.__context__
    return f"{type(error).__name__}: {error}"


def is_lost_race(error):
    """Whether ``error`` is one that passes: others changed or hold the same rows, or the database
    went away. A limit of PostgreSQL's own is met again each time."""
    return isinstance(error, OperationalError) and error.pgcode not in LASTING


def work_off(model, keys, work, fail, *, again=None, sizes=None, parts=None):
    """Work off ``keys`` one after another, each committed.

    :param work: ``work(key)``: does it, in the transaction of the job
    :param fail: ``fail(key, error)``: writes the record *Failed* after its work was rolled back
    :param sizes: ``sizes(key)``: how many records a key stands for; None: one
    :param parts: ``parts(key)``: the keys that a key of several records is made of: where it is
        not done as a whole, each of them is a key of its own
    :param again: called when something is left: calls the job again at once
    :return: True when nothing is left
    """
    cron = model.env["ir.cron"]
    waiting = deque(keys)
    sizes = sizes or (lambda key: 1)
    parts = parts or (lambda key: (key,))
    cron._commit_progress(remaining=sum(map(sizes, waiting)))
    left, careful = 0, call_before_died(model.env)
    while waiting:
        key = waiting.popleft()
        of_key = parts(key)
        several = len(of_key) > 1
        if several and (careful or not _one(model, key, work, None)):
            waiting.extendleft(reversed(of_key))
            continue
        begins = not careful or begin_alone(model.env, f"{model._name},{key}")
        if begins is None:
            # It cannot even say so: that is no matter of those behind it.
            _logger.error("%s %s ends the process, also where it is refused", model._name, key)
            over = True
        else:
            over = several or _one(model, key, work if begins else _refuse(model), fail)
        left += not over
        if not cron._commit_progress(sizes(key)) and waiting:
            left += len(waiting)
            break
    if left and again:
        go_on_later(model.env, again)
    return not left


def _refuse(model):
    """Instead of the work of a record that ended the process of its job twice."""

    def refuse(_key):
        raise process_ended(model.env)

    return refuse


def _one(model, key, work, fail):
    """One key of :func:`work_off`.

    :param fail: None: of several records, each will say for itself that it failed
    :return: False: it is not done: others hold what it needs, or one of several is at fault
    """
    for lost in range(MAX_LOST):
        try:
            return _done_or_failed(model, key, work, fail)
        except InterfaceError:
            raise
        except Exception as error:  # pylint: disable=broad-except
            if not is_lost_race(error):
                # It cannot even say so: that is no matter of those behind it.
                _logger.exception("%s %s failed, and that could not be written", model._name, key)
                _start_over(model)
                return True
            # Also of writing that it failed: from the beginning, as nothing of it was kept.
            _logger.info("%s %s is tried again: %s", model._name, key, error)
            _start_over(model)
            time.sleep(0.05 * lost)
    return False


def _done_or_failed(model, key, work, fail):
    """Do ``key``, or write that it failed; whatever `fail` raises, lost races, and a connection
    that is closed as the server is stopped, are raised."""
    try:
        work(key)
        model.env.flush_all()
    except Exception as error:  # pylint: disable=broad-except
        if isinstance(error, InterfaceError) or is_lost_race(error):
            raise
        # Whatever it is, it is this record's: it says so, and the others go on.
        _logger.warning("%s %s failed", model._name, key, exc_info=True)
        _start_over(model)
        if not fail:
            return False
        if not isinstance(error, UserError):
            error = UserError(for_people(model.env, error))
        fail(key, error)
        model.env.flush_all()
    return True


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
    if env.context.get("cron_id") and not _our_job.now(env):
        yield
        return
    env.cr.execute(
        "SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)",
        [f"{LOCK_WAIT}s"],
    )
    before = env.cr.fetchone()[0]
    yield
    env.cr.execute("SELECT set_config('lock_timeout', %s, true)", [before])
