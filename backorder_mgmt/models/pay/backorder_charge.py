"""Charges: the money of an order is asked for, once, before the order is approved."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..base.named import of_many, of_one

#: Who may see what was asked of whom.
CHARGE_GROUPS = "backorder_mgmt.group_backorder_manager,account.group_account_invoice"

#: A charge that is not over; an order has one of these at most.
OPEN_CHARGES = ("todo", "sending", "pending", "unknown", "failed")


class BackorderCharge(models.Model):
    """One row for each order whose money is asked for, and why.

    What is asked of a payment provider is on record, and committed, before it is asked (see
    ``backorder.charge.attempt``): after a crash nobody asks a second time for the same cause.
    """

    _name = "backorder.charge"
    _inherit = "backorder.guarded"
    _description = "Backorder Charge"
    _order = "id desc"
    _rec_name = "order_name"
    _check_company_auto = True

    # `set null`: a quotation may be deleted, what was asked for it may not.
    order_id = fields.Many2one(
        "sale.order", string="Order", ondelete="set null", index=True, readonly=True
    )
    order_name = fields.Char(string="Order Reference", readonly=True)
    origin_order_id = fields.Many2one(related="order_id.backorder_parent_id")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    run_id = fields.Many2one(
        "backorder.run", string="Fill", ondelete="set null", index="btree_not_null", readonly=True
    )
    run_order_id = fields.Many2one(
        "backorder.run.order",
        string="Fill Order",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="By",
        ondelete="set null",
        readonly=True,
        default=lambda self: self.env.user,
    )
    mode = fields.Selection(
        [
            ("authorize", "Authorize"),
            ("capture", "Capture What Is Authorized"),
            ("charge", "Charge"),
        ],
        string="Credit Card Mode",
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(
        string="Amount Due", readonly=True, help="What the order asked for when this was made."
    )
    charged_amount = fields.Monetary(string="Charged", compute="_compute_charged_amount")
    state = fields.Selection(
        [
            ("todo", "Waiting for Payment"),
            ("sending", "Being Charged"),
            ("pending", "Pending at the Provider"),
            ("unknown", "Outcome Unknown"),
            ("failed", "Payment Failed"),
            ("done", "Paid"),
            ("cancelled", "Cancelled"),
        ],
        default="todo",
        required=True,
        readonly=True,
        index=True,
    )
    look_only = fields.Boolean(
        readonly=True,
        help="It failed, and something happened since: it is looked at, and nothing is asked for "
        "again unless a person says so.",
    )
    message = fields.Char(string="Explanation", readonly=True)
    date_done = fields.Datetime(string="Settled On", readonly=True)
    attempt_ids = fields.One2many(
        "backorder.charge.attempt", "charge_id", string="Requests", readonly=True
    )
    transaction_ids = fields.Many2many(
        "payment.transaction", string="Transactions", compute="_compute_transaction_ids"
    )

    _order_once = models.UniqueIndex(
        "(order_id) WHERE state IN ('todo', 'sending', 'pending', 'unknown', 'failed')",
        "The payment of this order is asked for already.",
    )

    @api.depends("attempt_ids.state", "attempt_ids.amount")
    def _compute_charged_amount(self):
        for charge in self:
            charged = charge.attempt_ids.filtered(lambda attempt: attempt.state == "done")
            captures = charged.filtered(lambda attempt: attempt.kind == "capture")
            # An authorised card payment that was captured since is one payment.
            cards = (charged - captures).filtered(
                lambda attempt, own=captures.source_transaction_id: (
                    attempt.transaction_id not in own
                )
            )
            charge.charged_amount = sum((captures | cards).mapped("amount"))

    @api.depends("attempt_ids.transaction_id")
    def _compute_transaction_ids(self):
        for charge in self:
            charge.transaction_ids = charge.attempt_ids.transaction_id

    # -- what people do about it ------------------------------------------------------------------

    def _check_may_charge(self, groups_only=False):
        """Ask for the right on each of these charges, and on the order of each.

        :param groups_only: not who may only change the order
        :raise AccessError: neither a Backorders manager, nor of accounting, nor who may change the
            order; or a charge or order that the user may not see, of another company say
        """
        if self.env.su:
            return
        # sudo to name the orders only: the rights on them are asked as the user
        orders = self.sudo().order_id.with_env(self.env)
        if any(self.env.user.has_group(group) for group in CHARGE_GROUPS.split(",")):
            self.check_access("read")
            orders.check_access("write")
            return
        if (
            groups_only
            or not all(charge.order_id for charge in self.sudo())
            or not self.env.user.has_group("backorder_mgmt.group_backorder_user")
        ):
            raise AccessError(
                self.env._("Payments are for Backorders managers and accountants. Ask one of them.")
            )
        orders._backorder_check_access()

    @of_many
    def action_retry(self):
        """*Retry*: ask again for what is still due; what was asked before is looked up first.

        Of several, those that failed. Of two people at once, the second one finds it waiting.

        :raise UserError: there is nothing to try again: the charge is over, or its outcome is not
            known
        """
        self._check_may_charge()
        # sudo after the check: charges are nobody's to write
        charges = self.sudo()
        charges._touch()
        failed = charges.filtered(
            lambda charge: charge.state == "failed" or (charge.state == "todo" and charge.look_only)
        )
        others = charges.filtered(lambda charge: charge.state not in ("todo", "sending")) - failed
        if others and not failed:
            raise UserError(others[0]._not_now_words())
        # In the name, and language, of who asks now.
        failed._backorder_write({"user_id": self.env.uid})
        for charge in failed:
            charge._wait_again()
        self._trigger_job()
        return True

    @of_many
    def action_not_charged(self):
        """*It Was Not Charged*: somebody looked it up at the payment provider.

        :raise UserError: the outcome is known
        """
        self._resolve_unknown(
            lambda attempt: attempt._write_looked_up(False), self.env._("not charged")
        )
        return True

    @of_many
    def action_was_charged(self):
        """*It Was Charged*: somebody looked it up at the payment provider; the order goes on.

        :raise UserError: the outcome is known
        """
        self._resolve_unknown(lambda attempt: attempt._write_looked_up(True), self.env._("charged"))
        return True

    def _resolve_unknown(self, resolve, word):
        self._check_may_charge(groups_only=True)
        # sudo after the check: charges are nobody's to write
        for charge in self.sudo():
            charge._touch()
            if charge.state != "unknown":
                raise UserError(charge._not_now_words())
            resolve(charge.attempt_ids.filtered(lambda attempt: attempt.state == "sending"))
            charge._note(
                self.env._("Looked up at the payment provider by %s: ", self.env.user.name) + word
            )
            charge._wait_again()
        self._trigger_job()

    @of_many
    def action_give_up(self):
        """*Give Up*: nothing more is asked for; the order stays as it is.

        :raise UserError: money was asked for, and its outcome is still open
        """
        self._check_may_charge()
        # sudo after the check: charges are nobody's to write
        for charge in self.sudo():
            charge._touch()
            if charge.state not in ("todo", "failed"):
                raise UserError(charge._not_now_words())
            # Something else woke the charge, and the job has not looked yet.
            if words := charge.attempt_ids._under_way_words():
                raise UserError(words)
            charge._cancel(self.env._("Given up by %s.", self.env.user.name))
        return True

    @of_one
    def action_open_order(self):
        """The order that is charged.

        :raise UserError: the quotation was deleted
        """
        # sudo to name the order only: the right to see it is asked as the user
        order = self.sudo().order_id.with_env(self.env)
        self.check_access("read")
        order.check_access("read")
        if not order:
            raise UserError(self.env._("The quotation %s was deleted.", self.order_name))
        return order._backorder_open_action()

    def _not_now_words(self):
        labels = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "%(order)s is “%(state)s”: this cannot be done now. %(message)s",
            order=self.order_name,
            state=labels[self.state],
            message=self.message or "",
        ).strip()

    def _touch(self):
        """Write the row without changing it: of two at once, the other one starts over and sees
        what became of it."""
        self.env.cr.execute(
            "UPDATE backorder_charge SET write_date = write_date WHERE id = ANY(%s)",
            [self.ids],
            log_exceptions=False,
        )
        self.invalidate_recordset(["state", "message", "look_only"])

    # -- states -----------------------------------------------------------------------------------

    def _look_again(self):
        """Something happened to the order or to its payments: the job looks what it means."""
        failed = self.filtered(lambda charge: charge.state == "failed")
        failed._backorder_write({"state": "todo", "look_only": True})
        (self - failed)._backorder_write({"state": "todo"})

    def _wait_again(self):
        self._backorder_write({"state": "todo", "look_only": False, "message": False})
        self.run_order_id._charge_waiting()

    def _fail(self, sentence):
        """The money did not come: the order is not approved and keeps its stock set aside."""
        for charge in self:
            charge._backorder_write({"state": "failed", "message": sentence})
            charge._note(
                self.env._(
                    "Not approved, as the payment failed: %s The stock stays set aside.", sentence
                )
            )
            charge.run_order_id._charge_failed(sentence)

    def _wait_for_provider(self, state, sentence):
        if self.message != sentence:
            self._note(sentence)
        self._backorder_write({"state": state, "message": sentence})
        self.run_order_id._charge_waiting(sentence)

    def _cancel(self, sentence):
        for charge in self:
            charge._backorder_write(
                {"state": "cancelled", "message": sentence, "date_done": fields.Datetime.now()}
            )
            charge.run_order_id._charge_failed(sentence)

    def _note(self, body):
        """Tell the order; what a payment provider said is in there, and no data of a card."""
        if self.order_id:
            self.order_id._message_log(body=body)

    @api.model
    def _trigger_job(self):
        self.env.ref("backorder_mgmt.ir_cron_charge").sudo()._trigger()

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was asked for an order is kept for good."))
