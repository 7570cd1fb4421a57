"""Transactions: what may be captured, and charges that wake up when the provider answers."""

import sys
from datetime import timedelta

from requests import exceptions as http
from urllib3.exceptions import NewConnectionError

from odoo import fields, models
from odoo.exceptions import UserError

from ..base.meanwhile import Meanwhile
from .sale_order_charge import asked_by_us

#: How long a payment that a customer began on a page may take before it counts as given up.
BEGUN = timedelta(minutes=5)
#: What a charge put on record for the provider that is asked now.
request_of_ours = Meanwhile()


def _unanswered(error):
    """Whether a request may have reached the provider, and no answer came back."""
    while error:
        if isinstance(error, http.ConnectTimeout):
            return False
        if isinstance(error, (http.Timeout, http.ConnectionError)):
            reason = getattr(error.args[0] if error.args else None, "reason", None)
            return not isinstance(reason, NewConnectionError)
        error = error.__cause__ or error.__context__
    return False


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """A capture of ours is on record before it is asked for: that row is the child."""
        request = request_of_ours.now(self.env)
        child = self.browse(request and request.child_id)
        if child and not is_refund and child.source_transaction_id == self:
            return child
        return super()._create_child_transaction(
            amount, is_refund=is_refund, **custom_create_values
        )

    def _capture(self, amount_to_capture=None):
        """Odoo's own *Capture* too takes no more than the orders and their families owe.

        :raise UserError: more than that
        """
        request = request_of_ours.now(self.env)
        if self.sale_order_ids and not (request and request.child_id):
            self._backorder_check_capture(amount_to_capture or self.amount)
        return super()._capture(amount_to_capture=amount_to_capture)

    def _backorder_check_capture(self, amount):
        cap = self._backorder_capture_cap(lock=True)
        if self.currency_id.compare_amounts(amount, cap) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s are more than what is still owed on %(orders)s: %(cap)s. Capture "
                    "that, or void the rest of what is authorized.",
                    amount=self.currency_id.format(amount),
                    orders=", ".join(self.sale_order_ids.mapped("name")),
                    cap=self.currency_id.format(cap),
                )
            )

    def _backorder_capture_cap(self, lock=False):
        """The most that a person may capture of these payments now, in their currency: what the
        orders that they are of, with their families, owe less what is paid and asked for."""
        # sudo: whoever captures need not see the orders; a sum only
        orders = self.sudo().sale_order_ids
        if lock:
            orders._backorder_touch_family()
        roots = orders.browse().union(*(order._backorder_family()[:1] for order in orders))
        today = fields.Date.today()
        cap = sum(
            root.currency_id._convert(money.cap, self.currency_id, root.company_id, today)
            for root, money in roots._backorder_families_money("page").items()
        )
        return self.currency_id.round(cap)

    def _set_error(self, state_message, extra_allowed_states=()):
        """No answer is no refusal: of a request of ours that timed out nobody knows what became of
        it, and it is not asked for again before somebody looked."""
        request = request_of_ours.now(self.env)
        if request is not None and _unanswered(sys.exception()):
            if request.unanswered is None:
                request.unanswered = state_message
            return self.browse()
        return super()._set_error(state_message, extra_allowed_states=extra_allowed_states)

    def _update_state(self, allowed_states, target_state, state_message):
        """What a provider tells later wakes the charge that waits for it."""
        changed = super()._update_state(allowed_states, target_state, state_message)
        changed._backorder_wake_charges()
        return changed

    def _backorder_wake_charges(self):
        """Charges that wait for these transactions, or for another payment of their order, are
        looked at again by the job."""
        # sudo: a provider's notification comes as the public user
        charges = self.env["backorder.charge"].sudo()
        attempts = (
            self.env["backorder.charge.attempt"]
            .sudo()
            .search([("transaction_id", "in", self.ids), ("charge_id.state", "!=", "sending")])
        )
        attempts.filtered(
            lambda attempt: (
                attempt.state == "failed"
                and attempt.transaction_id.state in ("done", "authorized")
                and attempt.charge_id.state in ("done", "cancelled")
            )
        )._came_late()
        waking = attempts.charge_id.filtered(
            lambda charge: charge.state in ("pending", "unknown", "failed")
        )
        waking |= charges.search(
            [("order_id", "in", self.sale_order_ids.ids), ("state", "in", ("pending", "failed"))]
        )
        waking._look_again()
        # Others of the family wait for what may be asked then: the job looks. Their rows are not
        # written here, where a provider may have been asked a moment ago: that must not be lost.
        orders = (self | self.source_transaction_id).sudo().sale_order_ids
        families = orders.browse().union(*(order._backorder_family() for order in orders))
        if waking or charges.search_count(
            [("order_id", "in", families.ids), ("state", "=", "pending")], limit=1
        ):
            charges._trigger_job()

    def _check_amount_and_confirm_order(self):
        """A payment that was asked for to approve an order leaves that to its charge, which
        knows what else is to be done, and whether the order is to be approved at all."""
        asked = self._backorder_asked()
        return super(PaymentTransaction, self - asked)._check_amount_and_confirm_order()

    def _post_process(self):
        """Odoo mails the customer about a payment that they made themselves. Of what we asked for
        they hear by the e-mails that the fill or the processor sends."""
        asked = self._backorder_asked()
        if asked and self - asked:
            (self - asked)._post_process()
            return asked._post_process()
        with asked_by_us.so(self.env, bool(asked)):
            res = super()._post_process()
        # Invoices that were posted before their money came.
        done = self.filtered(lambda tx: tx.state == "done")
        (done | done.source_transaction_id).sale_order_ids._backorder_settle_invoices()
        return res

    def _backorder_begun_until(self):
        """Until when a payment that a customer began on a page, in another window say, and that
        is not decided, is waited for; None: it is not. A shopping cart's payments are the shop's.
        """
        if self.state != "draft" or not (self.operation or "").startswith("online_"):
            return None
        orders = self.sale_order_ids
        if "website_id" in orders._fields and any(
            order.website_id and order.state in ("draft", "sent") for order in orders
        ):
            return None
        # By the database's clock, which stamped it: that of another server may be minutes off.
        now = self.env.cr.now()
        until = (self.create_date or now) + BEGUN
        return until if until > now else None

    def _backorder_asked(self):
        """The transactions of ``self`` that a charge of ours asked for."""
        # sudo: transactions are post-processed for anybody
        attempts = self.env["backorder.charge.attempt"].sudo()
        found = attempts.search([("transaction_id", "in", self.ids)]).transaction_id
        return self.filtered(lambda tx: tx in found)
