"""The scheduled job that charges: ask, commit, look, approve; nothing of it twice.

Why a card is not charged is decided here: before a charge is made `_backorder_request_charge`
(nothing is due, or the customer is on credit), then `_over` (nothing is asked for any more),
`_must_wait` (a payment is under way), and `_next` (nothing is due, or nothing can be asked for).
"""

import logging
import time
from contextlib import contextmanager

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount

from ...engine import CAPTURE, PAID, next_charge
from ..base.jobs import as_user, in_job, work_off

_logger = logging.getLogger(__name__)

#: How often a step may lose against other transactions before it waits for the next time.
MAX_LOST = 10
#: Of PostgreSQL's advisory locks, those of charges.
LOCK_CLASS = 0x62_6F_63  # "boc"


class BackorderCharge(models.Model):
    """Every step is one transaction of its own: plan and record, send, look, approve.

    A step that loses against another transaction is tried again, sending excepted: what was sent
    and not written down has an unknown outcome, and a person looks it up.
    """

    _inherit = "backorder.charge"

    @api.model
    def _get_due_domain(self):
        """Charges with something to do. Who is ``sending`` here was left by a worker that died.

        Who waits for a payment that somebody else asked for is looked at each time.
        """
        waiting = Domain("state", "in", ("sending", "sent"))
        return Domain("state", "in", ("todo", "sending")) | (
            Domain("state", "=", "pending") & Domain("attempt_ids", "not any", waiting)
        )

    @api.model
    @in_job
    def _cron_charge(self):
        """Scheduled job: ask for the money of all orders that wait for it, order by order."""
        due = self.search(self._get_due_domain(), order="id")
        work_off(
            self,
            due.ids,
            lambda charge_id: self.browse(charge_id)._work(),
            self._fail_charge,
            again=self._trigger_job,
        )

    @api.model
    def _fail_charge(self, charge_id, error):
        """Whatever a charge raised, it stops this order only. What was sent and not written down
        has an unknown outcome (`sending`), and a person looks it up: that stays as it is."""
        charge = self.browse(charge_id).sudo().exists()
        if charge and charge.state != "sending":
            charge._fail(self.env._("Something went wrong: %s", error))

    def _work(self):
        """Everything there is to do about this charge, by one worker at a time."""
        with self._alone() as alone:
            if not alone:
                return
            lost, before = 0, self.sudo().exists().state
            while lost < MAX_LOST:
                try:
                    if not self._step():
                        break
                    lost = 0
                except OperationalError as error:
                    lost += 1
                    _logger.info("Charge %s: a step is tried again: %s", self.id, error)
                    self.env.cr.rollback()
                    self.env.invalidate_all()
                    time.sleep(0.05 * lost)
            else:
                self._trigger_job()
            if before != "pending" or self.sudo().exists().state != before:
                self._announce()

    @contextmanager
    def _alone(self):
        """Whether this worker has the charge for itself, over several transactions.

        The lock is of the connection: it ends with the worker, however that ends.
        """
        key = (LOCK_CLASS, self.id)
        self.env.cr.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        [alone] = self.env.cr.fetchone()
        try:
            yield alone
        except BaseException:
            self.env.cr.rollback()
            raise
        finally:
            if alone:
                self.env.cr.execute("SELECT pg_advisory_unlock(%s, %s)", key)

    # -- one step ---------------------------------------------------------------------------------

    def _step(self):
        """The next transaction of this charge, committed.

        :return: True when there is more to do
        """
        self.env.invalidate_all()
        # sudo: whoever runs the job, transactions and orders are read and written for everybody
        charge = self.sudo().exists()
        if not charge:
            return False
        charge._touch()
        if not charge.filtered_domain(self._get_due_domain()):
            return False
        charge = as_user(charge, charge.user_id or self.env.user)
        attempts = charge.attempt_ids
        # Also what failed, and came through later at the provider.
        decided = attempts.filtered(
            lambda attempt: (
                attempt.state in ("sending", "sent")
                and attempt.transaction_id.state in ("done", "authorized", "error", "cancel")
            )
            or (
                attempt.state == "failed" and attempt.transaction_id.state in ("done", "authorized")
            )
        )
        decided._settle()
        more = charge._after_attempts(attempts, decided)
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        return more

    def _after_attempts(self, attempts, decided):
        failed = decided.filtered(lambda attempt: attempt.state == "failed")
        waiting = attempts.filtered(lambda attempt: attempt.state in ("sending", "sent"))
        order = self.order_id
        if failed and order and order.state != "cancel":
            self._fail(" ".join(failed.mapped(lambda a: a._failure_words())))
        elif waiting:
            lost = waiting.filtered(lambda attempt: attempt.state == "sending")
            if lost:
                self._wait_for_provider("unknown", lost[0]._unknown_words())
            else:
                self._wait_for_provider("pending", waiting[0]._pending_words())
        elif refusal := self._over():
            self._cancel(refusal)
        elif sentence := self._must_wait():
            self._wait_for_provider("pending", sentence)
        else:
            return self._next()
        return False

    def _over(self):
        """Why nothing is asked for any more; None while it is."""
        order = self.order_id
        if not order:
            return self.env._("%s was deleted.", self.order_name)
        charged = self.attempt_ids.filtered(lambda attempt: attempt.state == "done")
        if order.state == "cancel":
            text = self.env._("%s was cancelled.", order.name)
            if charged:
                text += " " + self.env._(
                    "%s were charged for it: refund them.",
                    format_amount(self.env, self.charged_amount, self.currency_id),
                )
                self._note(text)
            return text
        if order.state == "sale" and self.currency_id.compare_amounts(self._due(), 0.0) > 0:
            return self.env._("Approved by hand meanwhile: nothing is charged.")
        return None

    def _must_wait(self):
        """A payment that is under way for this order already, whoever asked for it."""
        pending = self.order_id._backorder_asked_transactions()
        if not pending:
            return None
        self._look_when_given_up(pending)
        return self.order_id._backorder_under_way_words(pending)

    def _look_when_given_up(self, transactions):
        """What a customer began on a page and gives up, nobody tells us: the job looks."""
        for until in filter(None, (tx._backorder_begun_until() for tx in transactions)):
            self.env.ref("backorder_mgmt.ir_cron_charge").sudo()._trigger(at=until)

    def _due(self):
        return self.order_id._backorder_to_pay(self.mode)[self.order_id]

    def _next(self):
        """Ask for what is due, or go on with the order when nothing is.

        :return: True when there is more to do
        """
        due, order = self._due(), self.order_id
        amount, family = due, None
        if due > 0:
            order._backorder_touch_family()
            family = order._backorder_family_money(self.mode)
            amount = order.currency_id.round(min(due, family.cap))
        authorizations = order._backorder_authorizations(self.mode)
        token = order._backorder_card(amount) if amount > 0 else self.env["payment.token"]
        step = next_charge(
            self.mode, amount, [authorization for authorization, _tx in authorizations], bool(token)
        )
        under_way = step.kind == PAID and family and not family.settled
        if step.kind == PAID and not under_way:
            return self._finish(self._paid_elsewhere(due) if due > 0 else None)
        if self.look_only:
            self._backorder_write({"state": "failed", "look_only": False})
            return False
        if under_way:
            asked = order._backorder_family()._backorder_asked_transactions()
            self._look_when_given_up(asked)
            self._wait_for_provider("pending", order._backorder_under_way_words(asked))
            return False
        if archived := self._nobody_asks():
            self._fail(archived)
            return False
        if step.reason:
            self._fail(order._backorder_charge_refusal(step, authorizations))
            return False
        if self.mode == "authorize" and not token.provider_id.capture_manually:
            self._fail(
                self.env._(
                    "%s takes the money at once and cannot only authorize it: choose “Charge”, or "
                    "turn on “Capture Amount Manually” of this payment provider.",
                    token.provider_id.name,
                )
            )
            return False
        self._ask(step, authorizations, token)
        return True

    def _ask(self, step, authorizations, token):
        """Put one request on record, and make it.

        :param step: what is asked, of which authorised payment or of the card ``token``
        """
        attempts = self.env["backorder.charge.attempt"]
        if step.kind == CAPTURE:
            [source] = [tx for _authorization, tx in authorizations if tx.id == step.key]
            # Written, not only locked: two captures of one payment are never more than it.
            self.env.cr.execute(
                "UPDATE payment_transaction SET write_date = write_date WHERE id = %s",
                [source.id],
                log_exceptions=False,
            )
            attempt = attempts._record_capture(self, source, step.amount)
        else:
            attempt = attempts._record_card(self, token, step.amount)
        self._backorder_write({"state": "sending", "message": False})
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        # On record: from here on this request is made once, whatever happens.
        attempt._send()

    def _nobody_asks(self):
        """Nobody is left to ask for money once who started it was archived; None: somebody is."""
        user = self.user_id
        if not user or user.active or user == self.env.ref("base.user_root"):
            return None
        return self.env._(
            "%s, who started it, is archived: nothing was asked for. Press Retry to ask in your "
            "own name.",
            user.name,
        )

    def _paid_elsewhere(self, due):
        order = self.order_id
        return order._backorder_paid_elsewhere_words(
            due, due, order._backorder_paid_elsewhere(self.mode), self.mode
        )

    def _finish(self, sentence=None):
        """Everything is paid: approve the order, and what follows.

        :param sentence: why the rest of what is due on the order is not asked for
        """
        self._backorder_write(
            {"state": "done", "message": sentence, "date_done": fields.Datetime.now()}
        )
        try:
            with self.env.cr.savepoint():
                if self.run_order_id:
                    self.run_order_id._charge_paid()
                else:
                    self.order_id._backorder_approve_paid()
        except OperationalError:
            raise
        except Exception as error:  # pylint: disable=broad-except
            # The money is there, whatever went wrong with the order: say so, and keep both.
            _logger.info("%s is paid and could not be approved: %s", self.order_name, error)
            self.env.invalidate_all()
            self._fail(self.env._("It is paid, but it could not be approved: %s", error))
            return False
        # What is authorised and can't be used any more is somebody's to void.
        family = self.order_id._backorder_family()
        for order in family.filtered(lambda order: order._backorder_leftover()):
            order._message_log(body=order._backorder_leftover_words())
        if sentence:
            self._note(sentence)
            for row in self.run_order_id:
                row._backorder_write({"message": f"{row.message or ''} {sentence}".strip()})
        self._post_process()
        return False

    def _post_process(self):
        """Odoo's own job books the payments; it is told to at once."""
        if self.attempt_ids:
            self.env.ref("payment.cron_post_process_payment_tx").sudo()._trigger()

    def _announce(self):
        """When the last charge of a run is decided, who started it hears how it ended."""
        self.env.invalidate_all()
        # Whoever looks at a list of charges sees how it went.
        for group in ("backorder_mgmt.group_backorder_manager", "account.group_account_invoice"):
            self.env.ref(group).sudo()._bus_send("backorder_mgmt/charge", {"ids": self.ids})
        run = self.sudo().exists().run_id
        if run and not run._charges_to_do():
            as_user(run, run.user_id or self.env.user)._charges_announce()
