"""Random stories of money with the demo provider; after every step nobody is asked for too much.

What is owed, paid and asked for is worked out here from bare records, not by the addon's methods.
BACKORDER_EXAMPLES=200 runs more than the few stories that the suite takes time for.
"""

import os
from contextlib import closing, contextmanager
from unittest.mock import patch

from hypothesis import given, note, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_money_table import MoneyTableCommon

EXAMPLES = int(os.environ.get("BACKORDER_EXAMPLES", 8))

which = st.integers(0, 3)  # the nth of what there is, counted round
pieces = st.integers(1, 3)
part = st.sampled_from([0.25, 0.5, 1.0, 1.3])
answer = st.sampled_from(["done", "pending", "error", "cancel"])
money_comes = st.sampled_from(["done", "authorized"])

# A step is its name and its arguments: `_step_<name>(*arguments)`.
STEPS = {
    "fill": (pieces, st.sampled_from(["none", "needed", "whole"]), st.booleans(), st.booleans()),
    "page": (which, part, money_comes),
    "begin": (which,),
    "capture": (which, part),
    "void": (which,),
    "refund": (which, part),
    "card_says": (answer,),
    "told": (which, st.sampled_from(["_set_done", "_set_error", "_set_canceled"])),
    "told_twice": (which,),
    "book": (),
    "retry": (),
    "job": (),
    "crash": (st.booleans(),),
    "look_up": (which,),
    "deliver": (which, st.booleans()),
    "give_back": (which,),
    "invoice": (which,),
    "credit": (which,),
    "bank": (which, part),
    "cancel_rest": (),
    "cancel_order": (which,),
    "confirm": (which,),
}
OFTEN = ("fill", "page", "job", "deliver")
step = st.one_of(
    st.tuples(st.just(name), *arguments)
    for name, arguments in STEPS.items()
    for _each in range(3 if name in OFTEN else 1)
)
setting = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(["order", "delivery"]),
        "tax": st.sampled_from(["0", "21", "21 included"]),
        "rounding": st.sampled_from(["round_per_line", "round_globally"]),
        "price": st.sampled_from([10.0, 0.75, 9.99]),
        "manual": st.booleans(),
        "discount": st.booleans(),
    }
)


@tagged("post_install", "-at_install")
class TestMoneyProperties(MoneyTableCommon):
    @settings(max_examples=EXAMPLES)
    @given(setting, st.lists(step, min_size=10, max_size=14))
    def test_nobody_is_asked_for_more_than_a_family_owes(self, how, steps):
        with (
            closing(self.env.cr.savepoint()),
            # a provider that tells what is known, or decided otherwise, already
            mute_logger("odoo.addons.payment.models.payment_transaction"),
            self._looking_at_requests(),
        ):
            self._begin(how)
            self._compare("the beginning")
            for name, *arguments in steps:
                self._run_step(name, arguments)
            self._job()
            self._compare("the end")
            self._one_charge_or_none_and_it_is_said_which()
            # Money that customers send by themselves may be too much; what we do may not.
            self.assertFalse(
                [
                    row
                    for row in self.env["backorder.check"].run_checks()
                    if row["code"] in ("carried", "charged", "captured")
                    and (row["code"], row["id"]) not in self.before
                ]
            )

    def _begin(self, how):
        (self.item["chair"] | self.item["lamp"]).invoice_policy = how["policy"]
        self.company.tax_calculation_rounding_method = how["rounding"]
        self.provider.capture_manually = how["manual"]
        self.token = self._card()
        self.before = {(row["code"], row["id"]) for row in self.env["backorder.check"].run_checks()}
        self._stock(self.item["chair"], 3)
        values = {"tax_ids": [Command.set(self.tax[how["tax"]].ids)]}
        items = [
            (self.item["chair"], 6, {**values, "price_unit": how["price"]}),
            (self.item["lamp"], 1, {**values, "price_unit": 7.77}),
        ]
        if how["discount"]:
            items.append((self.item["discount"], 1, {**values, "price_unit": -how["price"]}))
        order = self._order(*items, require_payment=False, payment_term_id=False)
        self.root = order
        self.banked = {}  # {order: what came by bank}
        self.reached = {}  # {request of a worker that died: whether it reached the provider}

    def _run_step(self, name, arguments):
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_step_{name}")(*arguments)
                self.env.flush_all()
        except UserError as error:  # ValidationError too
            note(f"{name}{tuple(arguments)} refused: {error}")
            self.env.invalidate_all()
            return
        self._compare(f"{name}{tuple(arguments)}")

    # -- worked out here --------------------------------------------------------------------------

    def _orders(self):
        found = level = self.root
        while level := self.env["sale.order"].search([("backorder_parent_id", "in", level.ids)]):
            found |= level
        return found

    def _paid(self, order):
        """What came in on one order: taken by card, less what went back, and by bank."""
        total = self.banked.get(order, 0.0)
        for transaction in order.transaction_ids:
            captures = transaction.child_transaction_ids.filtered(
                lambda child: child.operation != "refund"
            )
            taken = captures.filtered(lambda child: child.state == "done") or (
                transaction if transaction.state == "done" else captures.browse()
            )
            total += sum(taken.mapped("amount"))
            backs = (transaction | captures).child_transaction_ids.filtered(
                lambda child: child.operation == "refund" and child.state in ("pending", "done")
            )
            total += sum(backs.mapped("amount"))
        return total

    def _quantity_owed(self, line):
        """In a merchant's words: kept and to come, at least what is invoiced and not credited."""
        invoiced = sum(
            -move_line.move_id.direction_sign * move_line.quantity
            for move_line in line.invoice_lines
            if move_line.parent_state == "posted"
        )
        if line.state == "cancel":
            return invoiced
        if line.state != "sale" or line.product_uom_qty < 0:
            return line.product_uom_qty
        kept, coming = 0.0, line.product_uom_qty
        if line.product_id.is_storable:
            moves = line.move_ids
            sent = moves.filtered(
                lambda m: m.state == "done" and m.location_dest_usage == "customer"
            )
            back = moves.filtered(lambda m: m.state == "done" and m.location_usage == "customer")
            kept = sum(sent.mapped("quantity")) - sum(back.mapped("quantity"))
            opened = moves.filtered(
                lambda m: m.state not in ("done", "cancel") and m.location_dest_usage == "customer"
            )
            coming = min(line.product_uom_qty - kept, sum(opened.mapped("product_uom_qty")))
        return max(invoiced, kept + coming)

    def _owes(self, order):
        """By the tax engine on a copy of nothing: what its lines with these quantities cost."""
        lines = order.order_line.filtered(lambda line: not line.display_type)
        base_lines = [
            line._prepare_base_line_for_taxes_computation(quantity=self._quantity_owed(line))
            for line in lines
        ]
        taxes = self.env["account.tax"]
        taxes._add_tax_details_in_base_lines(base_lines, order.company_id)
        taxes._round_base_lines_tax_details(base_lines, order.company_id)
        return taxes._get_tax_totals_summary(
            base_lines=base_lines, currency=order.currency_id, company=order.company_id
        )["total_amount_currency"]

    def _asked(self):
        """What was asked for by us and is not decided."""
        family = self._orders()
        attempts = self.env["backorder.charge.attempt"].search(
            [("charge_id.order_id", "in", family.ids), ("state", "in", ("sending", "sent"))]
        )
        pending = family.transaction_ids | family.transaction_ids.child_transaction_ids
        pending = pending.filtered(
            lambda tx: tx.state == "pending" and tx.operation != "refund"
        ) | attempts.transaction_id.filtered(lambda tx: tx.state in ("draft", "pending"))
        return sum(pending.mapped("amount"))

    @contextmanager
    def _looking_at_requests(self):
        """Before each request of ours: is it within what the family owes (invariant 7)?"""
        attempts = type(self.env["backorder.charge.attempt"])
        card, capture = attempts._record_card, attempts._record_capture

        def look(record, charge, source, amount):
            self.env.flush_all()
            family = self._orders()
            owed = sum(self._owes(order) for order in family)
            room = owed - sum(self._paid(order) for order in family) - self._asked()
            self.assertLessEqual(amount, room + 0.005, f"asked for {amount}, {owed} owed")
            return record(source, amount)

        def look_card(records, charge, token, amount):
            return look(lambda t, a: card(records, charge, t, a), charge, token, amount)

        def look_capture(records, charge, source, amount):
            return look(lambda t, a: capture(records, charge, t, a), charge, source, amount)

        with (
            patch.object(attempts, "_record_card", look_card),
            patch.object(attempts, "_record_capture", look_capture),
        ):
            yield

    def _compare(self, title):
        """The addon's figures, its search's SQL, and the sums over the family."""
        self._fresh()
        family = self._orders()
        note(
            f"{title}: "
            + "; ".join(
                f"{order.name} {order.state} owes {self._owes(order):.2f} paid "
                f"{self._paid(order):.2f} carried {order.backorder_carried_amount:.2f} due "
                f"{order.backorder_amount_due:.2f}"
                for order in family
            )
        )
        try:
            self._compare_figures(family)
        except AssertionError as error:
            raise AssertionError(f"after {title}: {error}") from error

    def _compare_figures(self, family):
        same = lambda left, right, what: self.assertAlmostEqual(left, right, 2, what)  # noqa: E731
        for order in family:
            same(order.backorder_owed_amount, self._owes(order), f"owed of {order.name}")
            same(order.backorder_paid_amount, self._paid(order), f"paid of {order.name}")
            due = order.backorder_amount_due
            for operator, expected in (("=", True), ("<", False), (">", False)):
                found = order.search_count(
                    [("id", "=", order.id), ("backorder_amount_due", operator, due)]
                )
                self.assertEqual(bool(found), expected, f"search {operator} {due} of {order.name}")
        same(sum(family.mapped("backorder_carried_amount")), 0.0, "carried in all")
        owed = sum(self._owes(order) for order in family)
        paid = sum(self._paid(order) for order in family)
        # Rounding of a split is a cent or two a line; it makes nobody's debt larger.
        room = max(0.0, owed - paid - self._asked())
        for order in family:
            asks = order._backorder_payable_amount()
            self.assertLessEqual(asks, room + 0.005, f"the page of {order.name}")
            self.assertLessEqual(asks, max(0.0, order.backorder_amount_due) + 0.005)
            left = sum(payment.left for payment, _tx in order._backorder_own_authorizations())
            self.assertLessEqual(left, sum(order.transaction_ids.mapped("amount")) + 0.005)
        for transaction in family.transaction_ids:
            taken = transaction.child_transaction_ids.filtered(
                lambda child: child.operation != "refund" and child.state in ("done", "pending")
            )
            self.assertLessEqual(sum(taken.mapped("amount")), transaction.amount + 0.005)

    # -- what there is ----------------------------------------------------------------------------

    def _nth(self, records, number):
        if not records:
            raise UserError(self.env._("nothing to do this to"))
        return records[number % len(records)]

    def _payments(self, *states):
        family = self._orders()
        payments = family.transaction_ids | family.transaction_ids.child_transaction_ids
        return payments.filtered(lambda tx: tx.state in states and tx.operation != "refund").sorted(
            "id"
        )

    # -- steps ------------------------------------------------------------------------------------

    def _step_fill(self, quantity, credit, balance, charge):
        order = self._nth(
            self._orders().filtered(
                lambda order: (
                    order.state == "sale"
                    and any(line.backorder_qty >= quantity for line in order.order_line)
                )
            ),
            0,
        )
        line = order.order_line.filtered(lambda line: line.backorder_qty >= quantity)[0]
        self._stock(line.product_id, quantity)
        run = self.env["backorder.run"].create(
            {
                "order_ids": [Command.set(order.ids)],
                "product_ids": [Command.set(line.product_id.ids)],
                "carry_credit": credit,
                "carry_balance": balance,
                "charge_cards": charge,
            }
        )
        run.action_start()

    def _step_page(self, number, share, state):
        """A customer pays on the page, what it asks for or a part; never more than it lets them."""
        order = self._nth(self._orders().filtered(lambda o: o.state != "cancel"), number)
        amount = order.currency_id.round(order._backorder_payable_amount() * share)
        if amount <= 0:
            raise UserError(self.env._("nothing to pay"))
        order._backorder_check_payment(amount)
        self._pay_online(order, amount, state)

    def _step_begin(self, number):
        """Two windows with the same page: the second is refused while the first is open."""
        order = self._nth(self._orders().filtered(lambda o: o.state != "cancel"), number)
        amount = order._backorder_payable_amount()
        if amount <= 0:
            raise UserError(self.env._("nothing to pay"))
        order._backorder_check_payment(amount)
        first = self._pay_online(order, amount, "draft")
        first._set_pending()
        with self.assertRaises(ValidationError):
            order._backorder_check_payment(amount)

    def _step_capture(self, number, share):
        payment = self._nth(self._payments("authorized"), number)
        payment._capture(payment.currency_id.round(payment.amount * share))

    def _step_void(self, number):
        self._nth(self._payments("authorized"), number)._void()

    def _step_refund(self, number, share):
        """The shop refunds, of what it has."""
        payment = self._nth(
            self._payments("done").filtered(lambda tx: not tx.child_transaction_ids), number
        )
        amount = payment.currency_id.round(payment.amount * min(1.0, share))
        payment._create_child_transaction(amount, is_refund=True)._set_done()

    def _step_card_says(self, answer):
        self.token.demo_simulated_state = answer

    def _step_told(self, number, word):
        """The provider's word on what was pending, or failed, comes late."""
        getattr(self._nth(self._payments("pending", "error"), number), word)()

    def _step_told_twice(self, number):
        self._nth(self._payments("done"), number)._set_done()

    def _step_book(self):
        self._run_job(self.booking)

    def _step_retry(self):
        self._orders().action_retry_charge()
        self._run_job()

    def _step_job(self):
        self._run_job()

    def _charges(self, *states):
        family = self._orders()
        charges = self.env["backorder.charge"]
        return charges.search([("order_id", "in", family.ids), ("state", "in", states)])

    def _step_crash(self, reached):
        """A worker dies when its request is on record: before the provider got it, or after."""
        self._nth(self._charges("todo"), 0)
        attempts = self.env["backorder.charge.attempt"]
        with patch.object(type(attempts), "_send", lambda attempt: None):
            self._run_job()
        for attempt in self._charges("sending", "unknown").attempt_ids:
            if attempt.state == "sending":
                self.reached.setdefault(attempt, reached)

    def _step_look_up(self, number):
        """A person looks it up at the provider, and says what is there."""
        charge = self._nth(self._charges("unknown"), number)
        lost = charge.attempt_ids.filtered(lambda attempt: attempt.state == "sending")
        if any(self.reached[attempt] for attempt in lost):
            charge.action_was_charged()
        else:
            charge.action_not_charged()
        self._run_job()

    def _one_charge_or_none_and_it_is_said_which(self):
        """Nobody is asked again while the end of a request is unknown, and that is said."""
        for charge in self._charges("todo", "sending", "pending", "unknown", "failed", "done"):
            lost = charge.attempt_ids.filtered(lambda attempt: attempt.state == "sending")
            if lost:
                self.assertEqual((charge.state, len(lost)), ("unknown", 1))
                self.assertIn(lost.transaction_id.reference, charge.message)
                self.assertEqual(lost, charge.attempt_ids.sorted("id")[-1], "asked again")

    def _step_deliver(self, number, backorder):
        order = self._nth(self._orders().filtered(lambda o: o.state == "sale"), number)
        self._do_deliver(order, None, None, backorder=backorder)

    def _step_give_back(self, number):
        order = self._nth(
            self._orders().filtered(
                lambda order: any(
                    line.qty_delivered >= 1 and line.product_id.is_storable
                    for line in order.order_line
                )
            ),
            number,
        )
        line = order.order_line.filtered(lambda line: line.qty_delivered >= 1)[0]
        self._send_back(order, 1, line.product_id)

    def _step_invoice(self, number):
        order = self._nth(
            self._orders().filtered(lambda order: order.invoice_status == "to invoice"), number
        )
        order._create_invoices(final=True).action_post()

    def _step_credit(self, number):
        invoice = self._nth(
            self._orders().invoice_ids.filtered(
                lambda move: (
                    move.state == "posted"
                    and move.move_type == "out_invoice"
                    and not move.reversal_move_ids
                    and move.amount_residual
                )
            ),
            number,
        )
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        wizard.refund_moves()
        wizard.new_move_ids.action_post()

    def _step_bank(self, number, share):
        invoice = self._nth(
            self._orders().invoice_ids.filtered(
                lambda move: (
                    move.state == "posted"
                    and move.move_type == "out_invoice"
                    and move.amount_residual > 0
                )
            ),
            number,
        )
        amount = invoice.currency_id.round(invoice.amount_residual * min(1.0, share))
        if amount <= 0:
            raise UserError(self.env._("nothing to pay"))
        order = invoice.line_ids.sale_line_ids.order_id[:1]
        self._pay_bank(invoice, amount)
        self.banked[order] = self.banked.get(order, 0.0) + amount

    def _step_cancel_rest(self):
        order = self._nth(
            self._orders().filtered(lambda o: any(line.backorder_qty for line in o.order_line)), 0
        )
        order.cancel_backorders(reason="Enough")

    def _step_cancel_order(self, number):
        self._nth(self._orders().filtered(lambda o: o.state != "cancel"), number)._action_cancel()

    def _step_confirm(self, number):
        quotations = self._orders().filtered(lambda order: order.state in ("draft", "sent"))
        self._nth(quotations, number).action_confirm()
