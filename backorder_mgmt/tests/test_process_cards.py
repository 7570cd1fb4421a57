"""The Multi-Order Processor's card modes, with Odoo's demo provider (guide, step 5)."""

from odoo.tests import tagged

from .test_charge import ChargeCommon
from .test_process import ProcessCommon


class CardsCommon(ChargeCommon, ProcessCommon):
    def _charged(self, orders, **options):
        """Processed, and what waits for a payment charged by the job."""
        run = self._process(orders, **options)
        self._run_job()
        self.env.invalidate_all()
        return run

    def _paid_order(self, payment, *items, **values):
        order = self._quotation(*items, **values)
        amounts = {"paid": 50, "part": 20, "auth": 50, "auth part": 20}
        if payment in amounts:
            state = "authorized" if payment.startswith("auth") else "done"
            self._pay_online(order, amounts[payment], state=state)
        return order


@tagged("post_install", "-at_install")
class TestProcessCards(CardsCommon):
    # A quotation of five at 10.00. “auth” and “paid”: of 50.00; “part”: 20.00 of it.
    # rule, include, in stock, mode, payment, what the card does
    #   -> approved, captured, charged to the card, set aside, needed, why not
    # In words of the guide: the mode is for orders that still need payment.
    TABLE = [
        # nothing is asked for what is paid
        ("leave", False, 5, "charge", "paid", "done", (True, 0, 0, 0, 0, False)),
        ("leave", False, 5, "authorize", "paid", "done", (True, 0, 0, 0, 0, False)),
        ("leave", False, 5, "capture", "paid", None, (True, 0, 0, 0, 0, False)),
        # charge: capture first, then the saved card, together what is due
        ("leave", False, 5, "charge", "none", "done", (True, 0, 50, 0, 0, False)),
        ("leave", False, 5, "charge", "part", "done", (True, 0, 30, 0, 0, False)),
        ("leave", False, 5, "charge", "auth", None, (True, 50, 0, 0, 0, False)),
        ("leave", False, 5, "charge", "auth", "done", (True, 50, 0, 0, 0, False)),
        ("leave", False, 5, "charge", "auth part", "done", (True, 20, 30, 0, 0, False)),
        ("leave", False, 5, "charge", "none", None, (False, 0, 0, 5, 0, "payment")),
        ("leave", False, 5, "charge", "none", "error", (False, 0, 0, 5, 0, "payment")),
        ("leave", False, 5, "charge", "none", "cancel", (False, 0, 0, 5, 0, "payment")),
        ("leave", False, 5, "charge", "none", "pending", (False, 0, 0, 5, 0, False)),
        # capture: only what is authorised, and it has to be enough
        ("leave", False, 5, "capture", "auth", None, (True, 50, 0, 0, 0, False)),
        ("leave", False, 5, "capture", "auth part", "done", (False, 0, 0, 0, 0, "not_authorized")),
        ("leave", False, 5, "capture", "none", "done", (False, 0, 0, 0, 0, "not_authorized")),
        # what is authorised is authorised already
        ("leave", False, 5, "authorize", "auth", "done", (True, 0, 0, 0, 0, False)),
        # the backorders come first: who is not gone on with is not charged either
        ("leave", False, 0, "charge", "none", "done", (False, 0, 0, 0, 5, "backorders")),
        ("try", False, 3, "charge", "none", "done", (False, 0, 0, 3, 2, "backorders")),
        ("try", False, 3, "capture", "auth", None, (False, 0, 0, 3, 2, "backorders")),
        ("complete", False, 3, "charge", "auth", "done", (False, 0, 0, 0, 5, "backorders")),
        # …but it is when such orders are included, for the whole order
        ("try", True, 3, "charge", "none", "done", (True, 0, 50, 0, 2, False)),
        ("try", True, 3, "charge", "none", "error", (False, 0, 0, 3, 2, "payment")),
        ("leave", True, 0, "capture", "auth", None, (True, 50, 0, 0, 5, False)),
        ("complete", True, 3, "charge", "auth part", "done", (True, 20, 30, 0, 2, False)),
        # filled completely, and paid
        ("try", False, 5, "charge", "none", "done", (True, 0, 50, 0, 0, False)),
        ("complete", False, 5, "capture", "auth", None, (True, 50, 0, 0, 0, False)),
        ("complete", False, 5, "charge", "none", "error", (False, 0, 0, 5, 0, "payment")),
    ]

    def test_decision_table_of_cards(self):
        for number, row in enumerate(self.TABLE):
            rule, include, stock, mode, payment, outcome, expected = row
            with self.subTest(row=row):
                customer = self.env["res.partner"].create(
                    {"name": f"Customer {number}", "email": f"c{number}@example.com"}
                )
                product = self._product(f"Card {number}")
                order = self._paid_order(
                    payment,
                    (product, 5, {"price_unit": 10, "tax_ids": False}),
                    partner_id=customer.id,
                )
                if stock:
                    self._stock(product, stock)
                if rule == "leave" and stock == 5:
                    order.order_line._backorder_refigure()  # in stock from the start
                if outcome:
                    self._card(outcome, partner=customer)
                run = self._charged(
                    order,
                    if_backorders=rule,
                    include_backordered=include,
                    credit_card_mode=mode,
                    approve=True,
                    email_template_id=self.template.id,
                )
                line, attempts = order.order_line, self._charge(order).attempt_ids
                done = attempts.filtered(lambda attempt: attempt.state == "done")
                money = {
                    kind: sum(done.filtered(lambda a, k=kind: a.kind == k).mapped("amount"))
                    for kind in ("capture", "card")
                }
                self.assertEqual(
                    (
                        order.state == "sale",
                        money["capture"],
                        money["card"],
                        line.backorder_promised_qty,
                        line.backorder_qty,
                        self._row(run, order).skip_reason,
                    ),
                    expected,
                )
                self.assertEqual(run.mail_count, int(expected[0]), "mailed if gone on with only")
                self.assertInvariants(order)

    def test_the_preview_says_what_will_be_asked_of_whom(self):
        self._stock(self.product, 15)
        line = (self.product, 5, {"price_unit": 10, "tax_ids": False})
        poor = self.env["res.partner"].create({"name": "No Card"})
        self._card()
        both = self._paid_order("auth part", line)
        card = self._paid_order("none", line)
        none = self._paid_order("none", line, partner_id=poor.id)
        dialog = self._dialog(both | card | none, credit_card_mode="charge", approve=True)
        run = self.env["backorder.run"].browse(dialog.action_preview()["res_id"])
        self.assertIn("Capture $\xa020.00, charge $\xa030.00", self._row(run, both).message)
        self.assertIn("Charge $\xa050.00 to the saved card", self._row(run, card).message)
        self.assertIn("no saved card", self._row(run, none).message)
        self.assertEqual(self._row(run, none).skip_reason, "no_card")
        run.with_user(self.manager).action_start()
        self._run_job()
        self.assertEqual((both | card | none).mapped("state"), ["sale", "sale", "draft"])

    def test_authorize_takes_no_money(self):
        self.provider.capture_manually = True
        self._stock(self.product, 5)
        self._card()
        order = self._paid_order("none", (self.product, 5, {"price_unit": 10, "tax_ids": False}))
        run = self._charged(order, credit_card_mode="authorize", approve=True)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.transaction_ids.mapped("state"), ["authorized"])
        self.assertEqual(self._row(run, order).charge_state, "done")
        self.assertEqual((run.charged_count, run.authorized_count), (0, 1), "no card was charged")
        self.assertIn("Cards authorized, to be captured: 1", run._payment_words())
        # What is missing is authorised, no more.
        part = self._paid_order("auth part", (self.other, 5, {"price_unit": 10, "tax_ids": False}))
        self._stock(self.other, 5)
        part.order_line._backorder_refigure()
        self._charged(part, credit_card_mode="authorize", approve=True)
        self.assertEqual(sorted(part.transaction_ids.mapped("amount")), [20, 30])
        self.assertEqual(set(part.transaction_ids.mapped("state")), {"authorized"})

    def test_authorize_with_a_provider_that_takes_the_money_at_once(self):
        self._stock(self.product, 5)
        self._card()
        order = self._paid_order("none", (self.product, 5, {"price_unit": 10, "tax_ids": False}))
        run = self._charged(order, credit_card_mode="authorize", approve=True)
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.transaction_ids)
        self.assertIn("Capture Amount Manually", self._row(run, order).message)

    def test_charge_without_approve(self):
        self._stock(self.product, 5)
        self._card()
        order = self._paid_order("none", (self.product, 5, {"price_unit": 10, "tax_ids": False}))
        self._charged(order, credit_card_mode="charge")
        self._run_job(self.booking)
        self.assertEqual(order.state, "draft", "“Approve” was off")
        self.assertEqual(order.transaction_ids.mapped("state"), ["done"])
        self.assertEqual(self._due(order), (0,))

    def test_pending_goes_on_when_it_is_paid_with_invoice_and_mail_once(self):
        self._stock(self.product, 5)
        self._card("pending")
        order = self._paid_order("none", (self.product, 5, {"price_unit": 10, "tax_ids": False}))
        run = self._charged(
            order,
            credit_card_mode="charge",
            approve=True,
            create_invoice=True,
            post_invoice=True,
            email_template_id=self.template.id,
        )
        self.assertEqual((run.waiting_count, run.mail_count, run.invoice_count), (1, 0, 0))
        order.transaction_ids.action_demo_set_done()
        for _time in range(2):
            self._run_job()
        self._run_job(self.booking)
        self.assertEqual((run.waiting_count, run.mail_count, run.invoice_count), (0, 1, 1))
        self.assertEqual((run.charged_count, run.approved_count), (1, 1))
        self.assertEqual(order.invoice_ids.state, "posted")

    def test_a_retried_failure_does_all_that_was_chosen(self):
        self._stock(self.product, 5)
        self._card("error")
        order = self._paid_order("none", (self.product, 5, {"price_unit": 10, "tax_ids": False}))
        run = self._charged(
            order, credit_card_mode="charge", approve=True, email_template_id=self.template.id
        )
        self.assertEqual(self._row(run, order).process_state, "stays")
        self.assertEqual(self._row(run, order).charge_state, "failed")
        self._card()
        order.with_user(self.salesman).action_retry_charge()
        self._run_job()
        self.assertEqual((order.state, run.mail_count), ("sale", 1))
        self.assertEqual(self._row(run, order).process_state, "processed")

    def test_a_second_run_leaves_a_payment_that_is_asked_for_to_the_first(self):
        self._stock(self.product, 5)
        self._card()
        order = self._paid_order("none", (self.product, 5, {"price_unit": 10, "tax_ids": False}))
        first = self._process(order, credit_card_mode="charge", approve=True)
        second = self._process(order, credit_card_mode="charge", approve=True)
        self.assertIn(first.name, self._row(second, order).message)
        self._run_job()
        self.assertEqual(order.transaction_ids.mapped("state"), ["done"])
        self.assertEqual((first.approved_count, second.approved_count), (1, 0))

    def test_credit_terms_are_not_charged(self):
        self._stock(self.product, 5)
        self._card()
        terms = self.env.ref("account.account_payment_term_30days")
        order = self._paid_order(
            "none",
            (self.product, 5, {"price_unit": 10, "tax_ids": False}),
            payment_term_id=terms.id,
            require_payment=False,
        )
        self._charged(order, credit_card_mode="charge", approve=True)
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.transaction_ids)

    def test_an_unapproved_new_order_is_captured_of_its_original(self):
        self.company.write({"backorder_charge_cards": False, "backorder_approve_new_order": False})
        original = self._short_order()
        authorized = self._pay_online(original, 100, state="authorized")
        _order, new, _run = self._filled(order=original, job=False)
        self.assertEqual(new.state, "draft")
        self._charged(new, credit_card_mode="capture", approve=True)
        self.assertEqual(new.state, "sale")
        self.assertEqual(authorized.child_transaction_ids.amount, 40)
        # What is only authorized is not paid: 100 cost, 40 captured.
        self.assertEqual(self._due(original, new), (60, 0))
