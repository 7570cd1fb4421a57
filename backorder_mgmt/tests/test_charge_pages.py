"""Payment pages, two windows at once, and what stays authorised: who asks, looks again."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from requests.exceptions import ConnectionError as HttpConnectionError
from requests.exceptions import ConnectTimeout, ReadTimeout
from urllib3.exceptions import MaxRetryError, NewConnectionError

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, HttpCase, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .test_charge import ChargeCommon
from .test_owed import OwedCommon


@tagged("post_install", "-at_install")
class TestChargePages(ChargeCommon):
    """An order of ten hammers for 100.00, of which 4 become a new order for 40.00."""

    def setUp(self):
        super().setUp()
        # what is begun in this test is begun a moment ago, however long the class runs already
        freezer = freeze_time(self.env.cr.now() + timedelta(seconds=30))
        freezer.start()
        self.addCleanup(freezer.stop)

    def _begin(self, order, amount):
        """A customer presses *Pay* on the page, and the provider is to ask them."""
        order._backorder_check_payment(amount)
        return self._pay_online(order, amount, state="draft")

    def test_a_second_window_does_not_pay_again(self):
        order = self._short_order()
        first = self._begin(order, 100)
        with self.assertRaisesRegex(ValidationError, "begun a moment ago"):
            self._begin(order, 100)
        first._set_done()
        with self.assertRaisesRegex(ValidationError, "more than what is still to be paid"):
            self._begin(order, 100)
        self.assertEqual(self._due(order), (0,))

    def test_what_was_refused_or_given_up_can_be_paid_again(self):
        order = self._short_order()
        self._begin(order, 100)._set_error("Insufficient funds")
        self._begin(order, 100)._set_canceled()
        given_up = self._begin(order, 100)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = %s WHERE id = %s",
            [given_up.create_date - timedelta(minutes=6), given_up.id],
        )
        given_up.invalidate_recordset()
        self._begin(order, 100)._set_done()
        self.assertEqual(self._due(order), (0,))

    def test_a_server_whose_clock_is_wrong_waits_as_long_as_the_others(self):
        """Minutes ahead of the database, which notes when a payment was begun, or behind."""
        for minutes in (10, -10):
            with self.subTest(minutes=minutes):
                order = self._short_order()
                begun = self._begin(order, 100)
                with freeze_time(self.env.cr.now() + timedelta(minutes=minutes)):
                    self.assertTrue(begun._backorder_begun_until())
                    with self.assertRaisesRegex(ValidationError, "begun a moment ago"):
                        self._begin(order, 100)

    def test_pages_of_a_family_share_what_it_owes(self):
        """The original is paid on one page while the new order is paid on another."""
        order, new, _run = self._filled(charge_cards=False, carry_balance=True)
        self.assertEqual(self._due(order, new), (0, 100))
        self._begin(new, 100)
        with self.assertRaises(ValidationError):
            self._begin(new, 40)
        with self.assertRaises(ValidationError):
            self._begin(order, 60)

    def test_a_saved_card_is_not_charged_while_the_customer_pays_on_a_page(self):
        self._card()
        _order, new, run = self._filled(job=False)
        page = self._begin(new, 40)
        self._run_job()
        self.assertNotApproved(new, run, "pending", "waiting_payment")
        self.assertIn("began a payment", self._charge(new).message)
        later = self.env["ir.cron.trigger"].search([("cron_id", "=", self.job.id)])
        self.assertIn(
            page._backorder_begun_until().replace(microsecond=0),
            [moment.replace(microsecond=0) for moment in later.mapped("call_at")],
            "nobody tells us that it was given up: the job has to look",
        )
        page._set_done()
        self._run_job()
        self.assertEqual((new.state, new.transaction_ids), ("sale", page))

    def test_a_page_that_was_given_up_does_not_keep_an_order_waiting(self):
        self._card()
        _order, new, _run = self._filled(job=False)
        self._begin(new, 40)
        self._run_job()
        with freeze_time(self.env.cr.now() + timedelta(minutes=6)):
            self._run_job()
        self.assertEqual(new.state, "sale")
        self.assertEqual(new.transaction_ids.sorted("id").mapped("state"), ["draft", "done"])

    def test_an_invoice_that_is_paid_on_its_page_is_not_asked_for_again(self):
        """Paid on the page of the invoice, and not booked yet."""
        order = self._short_order()
        invoice = self._invoice(order)
        paid = self._pay_online(
            order, 100, sale_order_ids=False, invoice_ids=[Command.set(invoice.ids)]
        )
        self.assertFalse(paid.payment_id)
        with self.assertRaises(ValidationError):
            self._begin(order, 100)
        paid._post_process()
        self.env.invalidate_all()
        self.assertEqual(self._due(order), (0,))

    def test_an_old_link_of_a_new_order_asks_for_nothing_when_it_was_paid_since(self):
        order, new, _run = self._filled(charge_cards=False)
        self.assertEqual(new._backorder_payable_amount(), 40)
        self._pay_online(order, 100)
        self.env.invalidate_all()
        self.assertEqual(new._backorder_payable_amount(), 0)
        with self.assertRaises(ValidationError):
            self._begin(new, 40)

    def test_a_payment_link_asks_for_what_is_due_though_a_part_was_voided(self):
        order = self._short_order()
        payment = self._pay_online(order, 100, "authorized")
        payment._create_child_transaction(75)._set_canceled()
        payment._create_child_transaction(25)._set_done()
        self.env.invalidate_all()
        self.assertEqual(self._due(order), (75,))
        self.assertEqual(order._get_default_payment_link_values()["amount"], 75)

    # -- what stays authorised --------------------------------------------------------------------

    def test_what_is_authorised_and_not_owed_any_more_is_named(self):
        """A whole order is authorised; then the rest of it is cancelled, and the new order paid."""
        self._card()
        order = self._short_order()
        self._pay_online(order, 100, "authorized")
        self.assertFalse(order.backorder_leftover_note)
        order.cancel_backorders({order.order_line.id: 2}, reason="Enough")
        self.env.invalidate_all()
        self.assertIn("$\xa020.00", order.backorder_leftover_note)
        order, new, _run = self._filled(2, order=order)
        self.assertEqual(new.state, "sale")
        self.assertTrue(
            order.message_ids.filtered(lambda m: "void it" in (m.body or "")), "not in the chatter"
        )
        order.transaction_ids._void(20)
        order.transaction_ids.child_transaction_ids.filtered(
            lambda tx: tx.state != "done"
        )._set_canceled()
        self.env.invalidate_all()
        self.assertFalse(order.backorder_leftover_note)

    def test_what_is_authorised_on_a_quotation_is_kept_for_it(self):
        quotation = self._order((self.product, 10), confirm=False)
        self._pay_online(quotation, 100, "authorized")
        self.env.invalidate_all()
        self.assertFalse(quotation.backorder_leftover_note)
        quotation._action_cancel()
        self.env.invalidate_all()
        self.assertIn("$\xa0100.00", quotation.backorder_leftover_note)

    # -- providers --------------------------------------------------------------------------------

    def test_notifications_late_and_twice_end_in_one_charge(self):
        """Pending, told that it failed, retried, and then told twice that it was paid after all."""
        card = self._card("pending")
        order, new, run = self._filled()
        first = new.transaction_ids
        first._set_error("Timeout")
        self._run_job()
        self.assertNotApproved(new, run, "failed", "payment_failed")
        first._set_done()
        first._set_done()
        card.demo_simulated_state = "done"
        self._charge(new).action_retry()
        self._run_job()
        self.assertEqual((new.state, new.transaction_ids), ("sale", first))
        self.assertEqual(self._charge(new).charged_amount, 40)
        self.assertEqual(self._due(order, new), (60, 0))

    def test_what_comes_through_after_it_was_paid_otherwise_is_said_and_counts_as_paid(self):
        """Refused, or looked up and not found; the card was charged again; then it came through."""
        for unknown in (False, True):
            with self.subTest(unknown=unknown):
                card = self._card("error")
                order, new, _run = self._filled(job=not unknown)
                charge = self._charge(new)
                if unknown:
                    self.env["backorder.charge.attempt"]._record_card(charge, card, 40)
                    charge._backorder_write({"state": "sending"})
                    self._run_job()
                    charge.action_not_charged()
                else:
                    charge.action_retry()
                card.demo_simulated_state = "done"
                self._run_job()
                self.assertEqual((new.state, charge.charged_amount), ("sale", 40))
                late = new.transaction_ids.sorted("id")[0]
                late._set_done()
                self._run_job()
                self.assertEqual(self._due(order, new), (60, -40), "forty too much came in")
                self.assertEqual(charge.charged_amount, 80)
                notes = new.message_ids.filtered(lambda m: "refund it" in (m.body or ""))
                self.assertEqual(len(notes), 1)
                self.assertIn(late.reference, notes.body)

    def test_a_capture_told_twice_is_carried_once(self):
        self.provider.capture_manually = True
        order = self._short_order()
        payment = self._pay_online(order, 100, "authorized")
        order, new, _run = self._filled(order=order)
        capture = payment.child_transaction_ids
        self.assertEqual(capture.mapped("amount"), [40])
        for _time in range(2):
            capture._set_done()
            self._run_job()
        self.assertEqual(self._due(order, new), (60, 0))
        self.assertEqual(new.backorder_carried_amount, 40)

    def _charge_while(self, error):
        """A charge during which the provider's server does that to the request."""
        self._card()
        _order, new, run = self._filled(job=False)

        def ask(transaction):
            transaction._send_api_request("POST", "charge")

        with (
            patch.object(type(self.env["payment.transaction"]), "_send_payment_request", ask),
            patch("requests.request", side_effect=error),
        ):
            self._run_job()
        self.env.invalidate_all()
        return new, run, self._charge(new)

    def test_a_provider_that_does_not_answer_is_looked_up_and_not_asked_again(self):
        """Odoo calls a time-out an error: Retry would have charged the card a second time."""
        for error in (ReadTimeout("Read timed out"), HttpConnectionError("Connection aborted")):
            with self.subTest(error=error):
                new, run, charge = self._charge_while(error)
                self.assertNotApproved(new, run, "unknown", "waiting_payment")
                [attempt] = charge.attempt_ids
                self.assertIn(attempt.transaction_id.reference, charge.message)
                self.assertIn("$\xa040.00", charge.message)
                with self.assertRaisesRegex(UserError, "Look it up"):
                    charge.action_retry()
                self._run_job()
                self.assertEqual(charge.attempt_ids, attempt, "asked for a second time")
                attempt.transaction_id._set_done()
                self._run_job()
                self.assertEqual((new.state, charge.charged_amount), ("sale", 40))

    def test_a_provider_that_cannot_be_reached_was_not_asked(self):
        refused = HttpConnectionError(
            MaxRetryError(None, "/", NewConnectionError(None, "Connection refused"))
        )
        for error in (ConnectTimeout("Connect timed out"), refused):
            with self.subTest(error=error):
                new, run, charge = self._charge_while(error)
                self.assertNotApproved(new, run, "failed", "payment_failed")
                charge.action_retry()
                self._run_job()
                self.assertEqual((new.state, charge.charged_amount), ("sale", 40))
                self.assertEqual(
                    new.transaction_ids.sorted("id").mapped("state"), ["error", "done"]
                )

    def test_background_charges_speak_the_language_of_who_started_them(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager.lang = "fr_FR"
        self._card("error")
        order = self._short_order()
        self._stock(self.product, 4)
        self.env.flush_all()
        run = order.with_user(self.manager).fill_backorders()
        new = run.sudo().run_order_ids.new_order_id
        self._run_job()
        self.env.invalidate_all()
        charge = self._charge(new)
        self.assertEqual((charge.state, charge.user_id), ("failed", self.manager))
        self.assertIn("40,00", charge.message)
        # Who retries asks in their own name and language.
        charge.with_user(self.env.user).action_retry()
        self._run_job()
        self.env.invalidate_all()
        self.assertIn("40.00", charge.message)

    def test_nobody_asks_in_the_name_of_who_was_archived(self):
        self._card()
        order = self._short_order()
        self._stock(self.product, 4)
        self.env.flush_all()
        run = order.with_user(self.manager).fill_backorders()
        new = run.sudo().run_order_ids.new_order_id
        self.manager.active = False
        self._run_job()
        self.assertNotApproved(new, run.with_env(self.env), "failed", "payment_failed")
        self.assertIn("is archived", self._charge(new).message)
        self.assertFalse(new.transaction_ids)
        self._charge(new).action_retry()
        self._run_job()
        self.assertEqual((new.state, new.transaction_ids.amount), ("sale", 40))

    def test_a_worker_that_fails_while_it_asks_says_which_request(self):
        self._card()
        _order, new, run = self._filled(job=False)

        def broken(_transaction):
            raise KeyError("an answer that nobody expected")

        logger = "odoo.addons.backorder_mgmt.models.base.jobs"
        method = patch.object(
            type(self.env["payment.transaction"]), "_send_payment_request", broken
        )
        with method, mute_logger(logger):
            self._run_job()
        charge = self._charge(new)
        for _time in range(2):
            self.env.invalidate_all()
            self._run_job()
        self.assertNotApproved(new, run, "unknown", "waiting_payment")
        self.assertIn(charge.attempt_ids.transaction_id.reference, charge.message)
        self.assertEqual(len(charge.attempt_ids), 1, "asked for a second time")


@tagged("post_install", "-at_install")
class TestChargeZones(OwedCommon):
    def test_after_a_return_the_amount_and_the_day_are_right_wherever_the_company_is(self):
        """Two in the morning of 7 May in London; in Los Angeles it is the 6th still."""
        self._card()
        zones = {"America/Los_Angeles": 6, "Australia/Sydney": 7, "UTC": 7}
        for zone, day in zones.items():
            with self.subTest(zone=zone):
                self.company.backorder_tz = self.env.user.tz = zone
                order = self._pair()
                self._sent_and_paid_back(order)
                self._fresh()
                self._stock(self.item["lamp"], 1)
                form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
                self.assertIn("will be charged $\xa0100.00", form.charge_note)
                run = self.env["backorder.run"].create(
                    {"order_ids": [Command.set(order.ids)], "set_ship_date": True}
                )
                with freeze_time(datetime(2027, 5, 7, 2)):
                    run.ship_date = run._default_ship_date()
                run.action_start()
                new = run.run_order_ids.new_order_id
                self.assertEqual(new._backorder_payable_amount(), 100, "on its page")
                self._run_job()
                self._fresh()
                self.assertEqual(new.transaction_ids.mapped("amount"), [100], "on the card")
                self.assertEqual(new.backorder_ship_date, date(2027, 5, day))
                self._deliver(new.picking_ids)
                self.assertEqual(self._invoice(new).amount_total, 100, "on the invoice")


@tagged("post_install", "-at_install")
class TestChargePagesHttp(ChargeCommon, HttpCase):
    def _pay(self, order, amount):
        return self.make_jsonrpc_request(
            f"/my/orders/{order.id}/transaction",
            self._page_values(amount, access_token=order._portal_ensure_token()),
        )

    @mute_logger("odoo.http")
    def test_the_same_link_in_two_windows_is_paid_once(self):
        self.provider.is_published = True
        order = self._short_order()
        self.env.flush_all()
        reference = self._pay(order, 100)["reference"]
        with self.assertRaises(JsonRpcException):
            self._pay(order, 100)
        first = self.env["payment.transaction"].search([("reference", "=", reference)])
        self.assertEqual(order.transaction_ids, first)
        first._set_done()
        with self.assertRaises(JsonRpcException):
            self._pay(order, 100)
        self.env.invalidate_all()
        self.assertEqual((order.transaction_ids, *self._due(order)), (first, 0))
