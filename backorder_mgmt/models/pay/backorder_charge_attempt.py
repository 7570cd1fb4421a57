"""What was asked of a payment provider: on record before it is asked."""

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError

from .payment_transaction import request_of_ours


class _Request:
    """What our methods know of a request while Odoo's make it."""

    __slots__ = ("child_id", "unanswered")

    def __init__(self, child_id):
        #: id of the transaction that is on record for this capture; False: it is no capture
        self.child_id = child_id
        #: what the provider's silence was called; None: it answered
        self.unanswered = None


class BackorderChargeAttempt(models.Model):
    """One request: a capture of an authorised payment, or a payment by the saved card.

    The row and its transaction are committed before the provider is called. ``sending``: the call
    is made now, or was made by a worker that died: then nobody knows, and it is not made again.
    """

    _name = "backorder.charge.attempt"
    _inherit = ["backorder.guarded"]
    _description = "Backorder Charge: Request"
    _order = "id"
    _rec_name = "transaction_id"
    _check_company_auto = True

    charge_id = fields.Many2one(
        "backorder.charge", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="charge_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="charge_id.currency_id")
    kind = fields.Selection(
        [("capture", "Capture"), ("card", "Saved Card")], required=True, readonly=True
    )
    amount = fields.Monetary(required=True, readonly=True)
    transaction_id = fields.Many2one(
        "payment.transaction",
        string="Transaction",
        required=True,
        ondelete="restrict",
        index=True,
        readonly=True,
    )
    source_transaction_id = fields.Many2one(
        related="transaction_id.source_transaction_id", string="Authorized As"
    )
    provider_id = fields.Many2one(related="transaction_id.provider_id")
    state = fields.Selection(
        [
            ("sending", "Being Sent"),
            ("sent", "Sent"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        default="sending",
        required=True,
        readonly=True,
    )
    message = fields.Char(string="Explanation", readonly=True)

    @api.depends("transaction_id")
    def _compute_display_name(self):
        """Who sees the request knows it by its transaction, without the right to see that one."""
        for attempt in self:
            attempt.display_name = attempt.sudo().transaction_id.display_name

    # -- before the call --------------------------------------------------------------------------

    def _prepare_card_transaction_vals(self, charge, token, amount):
        order = charge.order_id
        return {
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id,
            "amount": amount,
            "currency_id": order.currency_id.id,
            "partner_id": token.partner_id.id,
            "operation": "offline",
            "sale_order_ids": [fields.Command.set(order.ids)],
        }

    def _record_card(self, charge, token, amount):
        """Put a payment of ``amount`` by a saved card on record; nobody is asked yet."""
        transaction = self.env["payment.transaction"].create(
            self._prepare_card_transaction_vals(charge, token, amount)
        )
        return self._backorder_create(
            {
                "charge_id": charge.id,
                "kind": "card",
                "amount": amount,
                "transaction_id": transaction.id,
            }
        )

    def _record_capture(self, charge, source, amount):
        """Put a capture of ``amount`` of an authorised payment on record; nobody is asked yet."""
        return self._backorder_create(
            {
                "charge_id": charge.id,
                "kind": "capture",
                "amount": amount,
                "transaction_id": source._create_child_transaction(amount).id,
            }
        )

    # -- the call ---------------------------------------------------------------------------------

    def _send(self):
        """Ask the provider, by Odoo's own methods; what comes of it is on the transaction.

        The caller commits at once.
        """
        self.ensure_one()
        capture = self.kind == "capture"
        request = _Request(self.transaction_id.id if capture else False)
        # The notes on the order are of who asked, not of the customer.
        transaction = self.transaction_id.with_context(payment_backend_action=True)
        with request_of_ours.so(self.env, request):
            try:
                if capture:
                    transaction.source_transaction_id._capture(self.amount)
                else:
                    transaction._charge_with_token()
            except OperationalError:
                raise
            except UserError as error:
                # Raised before anything was asked: the provider is disabled, say.
                transaction._set_error(str(error))
        if request.unanswered is not None:
            # It stays `sending`: the outcome is unknown.
            self._backorder_write({"message": request.unanswered})
            return
        self._backorder_write({"state": "sent"})

    # -- after it ---------------------------------------------------------------------------------

    def _write_looked_up(self, charged):
        """What a person found at the provider about a request that nobody saw the end of."""
        words = self.env._("Looked up at the payment provider by %s.", self.env.user.name)
        for attempt in self:
            if charged:
                attempt._backorder_write({"state": "sent"})
                attempt.transaction_id._set_done(state_message=words)
            else:
                attempt._backorder_write({"state": "failed", "message": words})
                # Not canceled: Odoo would refuse the provider's later word that it was charged.
                attempt.transaction_id._set_error(words)

    def _settle(self):
        """Write down what became of requests whose transaction is decided."""
        for attempt in self:
            transaction, order = attempt.transaction_id, attempt.charge_id.order_id
            if transaction.state in ("done", "authorized"):
                attempt._backorder_write({"state": "done", "message": False})
                source = transaction.source_transaction_id
                if attempt.kind == "capture" and order and order not in source.sale_order_ids:
                    # Captured on the original order: the money counts there, and is carried here.
                    order._backorder_carry_in(
                        attempt.amount,
                        source.sale_order_ids[:1],
                        attempt.charge_id.run_id,
                        self.env._("captured"),
                    )
            elif transaction.state in ("error", "cancel"):
                attempt._backorder_write(
                    {
                        "state": "failed",
                        "message": transaction.state_message or self.env._("Refused."),
                    }
                )

    def _came_late(self):
        """What was refused, or looked up and not found, was charged after all, and its order has
        been paid otherwise or given up: it counts as paid, and somebody has to refund it."""
        self._settle()
        for attempt in self:
            attempt.charge_id._note(
                self.env._(
                    "%s came through after all, when nothing was to be paid any more: refund it.",
                    attempt._label(),
                )
            )

    # -- words ------------------------------------------------------------------------------------

    def _label(self):
        return self.env._(
            "%(amount)s by %(provider)s (%(reference)s)",
            amount=self.currency_id.format(self.amount),
            provider=self.provider_id.name,
            reference=self.transaction_id.reference,
        )

    def _failure_words(self):
        return self.env._(
            "%(what)s was refused: %(why)s",
            what=self._label(),
            why=self.message or self.env._("no reason given."),
        )

    def _under_way_words(self):
        """What is asked for and not decided, the unknown first; nothing where nothing is."""
        for state in ("sending", "sent"):
            if waiting := self.filtered(lambda attempt, state=state: attempt.state == state)[:1]:
                return waiting._unknown_words() if state == "sending" else waiting._pending_words()
        return ""

    def _pending_words(self):
        return self.env._("%s is pending: the order is approved when it is paid.", self._label())

    def _unknown_words(self):
        if self.message:
            return self.env._(
                "No answer came when %(what)s was asked for: %(why)s Look it up at the payment "
                "provider and say whether it was charged; nothing is asked for again before that.",
                what=self._label(),
                why=self.message,
            )
        return self.env._(
            "The server stopped while it asked for %s. Look it up at the payment provider and say "
            "whether it was charged; nothing is asked for again before that.",
            self._label(),
        )
