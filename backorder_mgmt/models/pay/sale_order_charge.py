"""The money of an order that is to be approved: what is due, from where, and how it went."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...engine import Authorized, is_positive, next_charge
from ..base.meanwhile import Meanwhile
from ..base.named import of_many
from .backorder_charge import CHARGE_GROUPS, OPEN_CHARGES

#: The charge of these orders approves them.
approved_by_charge = Meanwhile(default=False)
#: We asked for this payment, and tell of it.
asked_by_us = Meanwhile(default=False)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_charge_ids = fields.One2many(
        "backorder.charge", "order_id", string="Charges", groups=CHARGE_GROUPS
    )
    backorder_charge_state = fields.Selection(
        [
            ("waiting", "Waiting for Payment"),
            ("pending", "Payment Pending"),
            ("unknown", "Payment: Outcome Unknown"),
            ("failed", "Payment Failed"),
        ],
        string="Card Payment",
        compute="_compute_backorder_charge_state",
        search="_search_backorder_charge_state",
        compute_sudo=True,
        help="The order is approved when its payment is there; until then its stock stays set "
        "aside.",
    )
    backorder_charge_note = fields.Char(
        compute="_compute_backorder_charge_state", compute_sudo=True
    )

    _BACKORDER_CHARGE_STATES = {
        "todo": "waiting",
        "sending": "waiting",
        "pending": "pending",
        "unknown": "unknown",
        "failed": "failed",
    }

    @api.depends("backorder_charge_ids.state", "backorder_charge_ids.message")
    def _compute_backorder_charge_state(self):
        charges = self._origin._backorder_open_charges()
        by_order = {charge.order_id.id: charge for charge in charges}
        for order in self:
            charge = by_order.get(order._origin.id, charges.browse())
            order.backorder_charge_state = self._BACKORDER_CHARGE_STATES.get(charge.state)
            order.backorder_charge_note = charge.message

    def _search_backorder_charge_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = [state for state, name in self._BACKORDER_CHARGE_STATES.items() if name in value]
        # sudo: that an order waits for its payment is for everybody who sees the order
        matching = Domain(
            "id",
            "in",
            self.env["backorder.charge"].sudo().search([("state", "in", states)]).order_id.ids,
        )
        if False in value:
            some = self.env["backorder.charge"].sudo().search([("state", "in", OPEN_CHARGES)])
            matching |= Domain("id", "not in", some.order_id.ids)
        return matching

    # -- figures ----------------------------------------------------------------------------------

    def _backorder_to_pay(self, mode):
        """{order: what is still to be asked for before it is approved}, in the order's currency.

        Owed, less what was captured or paid otherwise, less carried credit, plus carried balance.
        ``authorize``: less what is authorised, too.
        """
        figures = self._backorder_paid_figures()
        to_pay = {}
        for order in self:
            _paid, captured = figures.get(order.id, (0.0, 0.0))
            due = order._backorder_due_of(captured)
            if mode == "authorize":
                due -= sum(payment.left for payment, _tx in order._backorder_own_authorizations())
            to_pay[order] = max(0.0, order.currency_id.round(due))
        return to_pay

    def _backorder_on_credit(self):
        """A customer who pays later by their terms is not charged, unless the order itself asks for
        online payment."""
        self.ensure_one()
        return not self.require_payment and any(
            line.nb_days or line.delay_type != "days_after"
            for line in self.payment_term_id.line_ids
        )

    # -- from where -------------------------------------------------------------------------------

    def _backorder_authorizations(self, mode="charge"):
        """[(:class:`Authorized`, transaction)] to capture for this order: its own first, then those
        of the orders it was made of, oldest first; in its currency; of no order, none."""
        if mode == "authorize":
            return []
        result, order = [], self
        while order:
            result += [
                (payment, tx)
                for payment, tx in order._backorder_own_authorizations()
                if tx.currency_id == self.currency_id
            ]
            order = order.backorder_parent_id
        return result

    def _backorder_own_authorizations(self):
        """What is authorised on this very order and can be captured still."""
        # sudo: of payments only the sums are used
        transactions = self.sudo().transaction_ids.filtered(
            lambda tx: (
                tx.state == "authorized"
                and tx.operation != "validation"
                and tx.currency_id == self.currency_id
                and tx.provider_id.state != "disabled"
                and not self._backorder_expired(tx)
            )
        )
        result = []
        for tx in transactions.sorted("id"):
            used = tx.child_transaction_ids.filtered(
                lambda child: child.operation != "refund" and child.state != "error"
            )
            left = tx.currency_id.round(tx.amount - sum(used.mapped("amount")))
            # Both have to be able to, as in Odoo's own capture dialog.
            partial = (
                tx.provider_id.support_manual_capture == "partial"
                and tx.primary_payment_method_id.support_manual_capture == "partial"
            )
            if is_positive(left):
                result.append((Authorized(tx.id, left, partial), tx))
        return result

    def _backorder_expired(self, transaction):
        """Too old to be captured, by the company's setting; the provider itself may say so, too."""
        days = self.company_id.backorder_authorization_days
        since = transaction.last_state_change or transaction.create_date
        return bool(days) and since < fields.Datetime.now() - timedelta(days=days)

    def _backorder_card(self, amount):
        """The saved card to charge ``amount`` to: of those that may be charged for this order, the
        one last used on its family, else the newest that can pay this."""
        self.ensure_one()
        # sudo: which card there is; no data of it leaves this method
        order = self.sudo()
        providers = order.env["payment.provider"]._get_compatible_providers(
            order.company_id.id,
            order.partner_invoice_id.id,
            amount,
            currency_id=order.currency_id.id,
            sale_order_id=order.id,
        )
        tokens = order._backorder_cards()[order].filtered(
            lambda token: token.provider_id in providers
        )
        # One that was refused is not preferred to a newer one.
        used = order._backorder_family().transaction_ids.filtered(
            lambda tx: tx.state in ("authorized", "done")
        )
        for transaction in used.sorted("id", reverse=True):
            if transaction.token_id in tokens:
                return transaction.token_id
        return tokens[:1]

    # -- asking -----------------------------------------------------------------------------------

    def _backorder_request_charge(self, run, mode, rows):
        """Ask for the money of these quotations, which are approved when it is there.

        Nothing is asked of a payment provider here: a job does it when this is committed.

        :param mode: ``authorize`` | ``capture`` | ``charge``
        :param rows: the ``backorder.run.order`` rows of these orders, which hear how it ended
        :return: the charges. An order without one needs no payment; one whose payment is asked for
            by somebody else is told so on its row, and has that charge.
        """
        charges = self.env["backorder.charge"].sudo()
        by_order = {row.new_order_id or row.order_id: row for row in rows}
        to_pay = self._backorder_to_pay(mode)
        wanted = self.filtered(lambda order: to_pay[order] > 0 and not order._backorder_on_credit())
        if not wanted:
            return charges
        known = wanted._backorder_open_charges()
        for charge in known:
            charge._touch()
            row = by_order[charge.order_id]
            if charge.state == "failed":
                charge._backorder_write({"run_id": run.id, "run_order_id": row.id, "mode": mode})
                charge._wait_again()
            else:
                row._charge_elsewhere(charge)
        new = charges._backorder_create(
            [
                order._prepare_backorder_charge_vals(run, mode, by_order[order], to_pay[order])
                for order in wanted - known.order_id
            ]
        )
        new.run_order_id._charge_waiting()
        charges._trigger_job()
        return known | new

    def _prepare_backorder_charge_vals(self, run, mode, row, amount):
        return {
            "order_id": self.id,
            "order_name": self.name,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "run_id": run.id,
            "run_order_id": row.id,
            "user_id": run.user_id.id or self.env.uid,
            "mode": mode,
            "amount": amount,
        }

    def _backorder_approve_paid(self):
        """Approve these orders, whose payment is there."""
        quotations = self.filtered(lambda order: order.state in ("draft", "sent"))
        if quotations:
            with approved_by_charge.so(self.env):
                quotations._backorder_confirm()

    def _backorder_open_charges(self, states=OPEN_CHARGES):
        """What is asked for of these orders and is not over."""
        # sudo: who confirms, cancels or retries an order need not see its payments
        charges = self.env["backorder.charge"].sudo()
        return charges.search([("order_id", "in", self.ids), ("state", "in", states)])

    def _backorder_look_at_charges(self):
        """These orders were approved or given up: the job sees what it means for their charges.
        What was asked and is not decided is looked at when it is."""
        charges = self._backorder_open_charges(("todo", "failed"))
        if charges:
            charges._look_again()
            charges._trigger_job()

    def _action_confirm(self):
        """Who is approved otherwise, by hand or as the customer paid themselves, is not charged."""
        res = super()._action_confirm()
        if not approved_by_charge.now(self.env):
            self._backorder_look_at_charges()
        return res

    def _action_cancel(self):
        """Nothing is asked for an order that is given up."""
        res = super()._action_cancel()
        self._backorder_look_at_charges()
        return res

    def _send_payment_succeeded_for_order_mail(self):
        if asked_by_us.now(self.env):
            return None
        return super()._send_payment_succeeded_for_order_mail()

    # -- words ------------------------------------------------------------------------------------

    def _backorder_charge_refusal(self, step, authorizations):
        """Why nothing can be asked for, and what to do about it."""
        amount = self.currency_id.format(step.amount)
        if step.reason == "whole_only":
            payment, tx = authorizations[0]
            return self.env._(
                "Due: %(amount)s. Authorized: %(authorized)s, by %(provider)s, which "
                "captures all of it or nothing. Capture it on %(order)s, or void it there, and "
                "press Retry.",
                amount=amount,
                authorized=self.currency_id.format(payment.left),
                provider=tx.provider_id.name,
                order=", ".join(tx.sale_order_ids.mapped("name")),
            )
        if step.reason == "not_authorized":
            return self.env._("Due and not authorized: %s. There is nothing to capture.", amount)
        return self.env._(
            "Due: %(amount)s. %(customer)s has no saved card that can be charged. Send a "
            "payment link, or ask for a card, and press Retry.",
            amount=amount,
            customer=self.partner_id.display_name,
        )

    def _backorder_paid_elsewhere_words(self, due, amount, orders, mode="charge"):
        """Why ``amount`` of what is ``due`` here is not asked for: ``orders`` of the family have
        it."""
        if mode == "authorize":
            where = self.env._("Due: %(due)s; %(amount)s of this is authorized on %(orders)s.")
        elif any(captured for _paid, captured in orders._backorder_paid_figures().values()):
            where = self.env._("Due: %(due)s; %(amount)s of this is paid on %(orders)s.")
        else:  # of a discount that stayed there, say
            where = self.env._("Due: %(due)s; %(amount)s of this is a credit on %(orders)s.")
        return where % {
            "due": self.currency_id.format(due),
            "amount": self.currency_id.format(amount),
            "orders": ", ".join(orders.mapped("name")) or self.env._("other orders of the family"),
        }

    def _backorder_charge_plan_words(self, amount, order=None):
        """What a charge of ``amount`` for items of this order would ask of whom, in words.

        :param order: whose authorised payments come first; None: of this order's new order, so
            those of this one
        """
        self.ensure_one()
        source = order or self
        authorizations = source._backorder_authorizations()
        words, asked = [], {}
        while True:
            left = [
                Authorized(a.key, a.left - asked.get(a.key, 0.0), a.partial)
                for a, _tx in authorizations
            ]
            card = source._backorder_card(amount) if amount > 0 else None
            step = next_charge("charge", self.currency_id.round(amount), left, bool(card))
            if step.kind == "capture":
                asked[step.key] = asked.get(step.key, 0.0) + step.amount
                amount -= step.amount
                [tx] = [tx for _a, tx in authorizations if tx.id == step.key]
                words.append(
                    self.env._(
                        "%(amount)s will be captured of what %(provider)s authorized.",
                        amount=self.currency_id.format(step.amount),
                        provider=tx.provider_id.name,
                    )
                )
                continue
            if step.kind == "card":
                words.append(
                    self.env._(
                        "Card %(card)s (%(provider)s) will be charged %(amount)s.",
                        card=card.display_name,
                        provider=card.provider_id.name,
                        amount=self.currency_id.format(step.amount),
                    )
                )
            elif step.kind == "refused":
                words.append(source._backorder_charge_refusal(step, authorizations))
            break
        return " ".join(words)

    # -- screens ----------------------------------------------------------------------------------

    @of_many
    def action_retry_charge(self):
        """*Retry* the payment of these orders.

        :raise UserError: no payment of them failed
        """
        self._backorder_check_access()
        charges = self._backorder_open_charges()
        if not charges:
            raise UserError(self.env._("No payment of these orders is asked for."))
        return charges.with_env(self.env).action_retry()
