"""Payments of a fill: approved is what is paid; the run and its rows hear how it ended."""

from odoo import fields, models

from ...engine import OrderMoney
from .backorder_charge import OPEN_CHARGES

#: Charges that the job still works on.
_TO_DO = ("todo", "sending")


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    charge_ids = fields.One2many(
        "backorder.charge",
        "run_id",
        string="Charges",
        groups="backorder_mgmt.group_backorder_manager,account.group_account_invoice",
    )
    charged_count = fields.Integer(string="Cards Charged", compute="_compute_charge_counts")
    authorized_count = fields.Integer(
        string="Cards Authorized",
        compute="_compute_charge_counts",
        help="Held on the card, not taken: capture it on the order.",
    )
    payment_waiting_count = fields.Integer(
        string="Orders Waiting for Payment", compute="_compute_charge_counts"
    )
    payment_failed_count = fields.Integer(
        string="Payments Failed", compute="_compute_charge_counts"
    )

    def _compute_charge_counts(self):
        # sudo: numbers only
        charges = self.env["backorder.charge"].sudo()
        counts = {}
        for run, state, count in charges._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        ):
            counts[run.id, state] = count
        done = charges._read_group(
            [("run_id", "in", self.ids), ("attempt_ids.state", "=", "done")],
            ["run_id", "mode"],
            ["__count"],
        )
        taken, held = {}, {}
        for run, mode, count in done:
            of_mode = held if mode == "authorize" else taken
            of_mode[run.id] = of_mode.get(run.id, 0) + count
        for run in self:
            run.charged_count = taken.get(run.id, 0)
            run.authorized_count = held.get(run.id, 0)
            run.payment_failed_count = counts.get((run.id, "failed"), 0)
            run.payment_waiting_count = sum(
                counts.get((run.id, state), 0) for state in OPEN_CHARGES if state != "failed"
            )

    # -- named hooks of applying ------------------------------------------------------------------

    def _after_fill(self, rows, filled):
        """Carry to the new orders what the options say, before they are paid and approved."""
        res = super()._after_fill(rows, filled)
        new_orders = {row.order_id: row.new_order_id for row in rows if row.new_order_id}
        if self.kind == "fill":
            rows.order_id._backorder_carry_filled(new_orders, self)
        return res

    def _before_approve(self, orders):
        """Of the new orders of a fill, those whose payment comes first wait for it.

        The processor decides about payments itself.
        """
        orders = super()._before_approve(orders)
        if self.kind != "fill" or not self.charge_cards or not orders:
            return orders
        rows = self.env["backorder.run.order"].search(
            [("run_id", "in", self.ids), ("new_order_id", "in", orders.ids)]
        )
        return orders - orders._backorder_request_charge(self, "charge", rows).order_id

    def _approves_at_once(self):
        # Who is to pay first is known only when the orders are there.
        return super()._approves_at_once() and not self.charge_cards

    def _process_ask_payment(self, rows):
        waiting = super()._process_ask_payment(rows)
        charges = rows.order_id._backorder_request_charge(self, self.credit_card_mode, rows)
        return waiting | charges.order_id

    def _process_money(self, orders):
        """{order: :class:`OrderMoney`} of what is paid, authorised and due now."""
        figures = orders._backorder_paid_figures()
        cards = set(orders._backorder_with_card().ids)
        mode = self.credit_card_mode
        asks = mode in ("authorize", "capture", "charge")
        # sudo: as for the family's money
        together = orders.sudo().filtered(
            lambda order: order.backorder_parent_id or order.backorder_child_ids
        )
        money = {}
        for order in orders:
            paid, captured = figures.get(order.id, (0.0, 0.0))
            due = order._backorder_due_of(captured)
            authorized = max(0.0, paid - captured)
            if asks and order._backorder_on_credit():
                due = authorized = 0.0
            if due > 0 and order in together:
                # No more than the family owes, wherever its money stands. What is only asked for is
                # no money yet: the order waits for it.
                family = order._backorder_family_money()
                due = min(due, max(0.0, family.owed - family.paid))
            if due > 0 and mode in ("capture", "charge"):
                # Of a new order: what is authorised on the orders that it was made of.
                authorized += sum(
                    payment.left
                    for payment, _tx in order.backorder_parent_id._backorder_authorizations()
                )
            if due > 0:
                authorized = min(due, authorized)
                due -= authorized
            money[order] = OrderMoney(
                order.currency_id.round(due),
                order.currency_id.round(authorized),
                order.id in cards,
            )
        return money

    def _process_remarks(self, order):
        """Also that a part of what an order shows as due is paid on others of its family."""
        remarks = super()._process_remarks(order)
        # sudo: as for the family's money
        family = order.sudo().backorder_parent_id or order.sudo().backorder_child_ids
        if not family or self.credit_card_mode == "none" or order._backorder_on_credit():
            return remarks
        mode, due = self.credit_card_mode, order.backorder_amount_due
        paid = order.currency_id.round(order._backorder_family_money(mode).paid_of(due))
        if due > 0 and paid > 0:
            others = order._backorder_paid_elsewhere(mode)
            remarks.append(order._backorder_paid_elsewhere_words(due, paid, others, mode))
        return remarks

    # -- how it ended -----------------------------------------------------------------------------

    def _charges_to_do(self):
        """How many charges the job has to do still."""
        return super()._charges_to_do() + self.env["backorder.charge"].search_count(
            [("run_id", "in", self.ids), ("state", "in", _TO_DO)]
        )

    def _charges_announce(self):
        """Tell who started this run how the payments ended: the summary, with true counts.

        Of what was tried again the payments only: the rest was told before, and a notification
        that stays would hide the row's *Retry*.
        """
        self.ensure_one()
        if self.kind == "process" and self.state == "done":
            self._process_print_later()
        failed = self.payment_failed_count
        again = self.env["backorder.charge"].search([("run_id", "in", self.ids)])
        again = again.filtered(lambda charge: len(charge.attempt_ids) > 1)
        told_before = failed and again
        self.user_id._bus_send(
            "simple_notification",
            {
                "title": self.env._("Payments failed") if told_before else self._summary_title(),
                "message": self._failed_again_words() if told_before else self._summary_words(),
                "type": "warning" if failed else "success",
                "sticky": bool(failed and not told_before),
            },
        )
        self._send_progress()
        self.env["ir.cron"]._commit_progress()

    def _failed_again_words(self):
        charges = self.env["backorder.charge"].search(
            [("run_id", "in", self.ids), ("state", "in", ("failed", "unknown"))]
        )
        return self.env._(
            "The payments of these orders failed: %s. Payment Problems says why.",
            ", ".join(charges.mapped("order_name")),
        )

    def _payments_failed(self):
        return super()._payments_failed() + sum(self.mapped("payment_failed_count"))

    def _payment_words(self):
        counts = (
            (self.env._("Cards charged"), sum(self.mapped("charged_count"))),
            (
                self.env._("Cards authorized, to be captured"),
                sum(self.mapped("authorized_count")),
            ),
            # The processor's own summary has it.
            (
                self.env._("Waiting for payment"),
                sum(self.filtered(lambda r: r.kind == "fill").mapped("payment_waiting_count")),
            ),
            (self.env._("Payments failed"), sum(self.mapped("payment_failed_count"))),
        )
        words = [f"{label}: {count}" for label, count in counts if count]
        text = super()._payment_words()
        return f"{text} {', '.join(words)}." if words else text
