"""Cards charged before a fill approves: every outcome of Odoo's demo provider."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .test_carry import CarryCommon


class ChargeCommon(CarryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "backorder_charge_cards": True,
                "backorder_authorization_days": 0,
                "backorder_fill_approved": "new_order",
            }
        )
        cls.provider.write({"allow_tokenization": True, "capture_manually": False})
        cls.job = cls.env.ref("backorder_mgmt.ir_cron_charge")
        cls.booking = cls.env.ref("payment.cron_post_process_payment_tx")
        cls.customer.email = "ada@example.com"

    def _card(self, outcome="done", partner=None, details="4242"):
        return self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "payment_details": details,
                "partner_id": (partner or self.customer).id,
                "provider_ref": f"demo {details}",
                "demo_simulated_state": outcome,
            }
        )

    def _page_values(self, amount, **values):
        """What a payment page sends when the customer presses Pay."""
        return {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": amount,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my",
            **values,
        }

    def _run_job(self, *jobs):
        """The scheduled job, as the server runs it after the commit."""
        with self.enter_registry_test_mode():
            for job in jobs or (self.job,):
                job.method_direct_trigger()

    def _filled(self, quantity=4, job=True, order=None, **options):
        """10 hammers at 10.00, of which ``quantity`` are filled as a new order.

        :return: (original order, new order, run), charged unless ``job`` is False
        """
        order = order or self._short_order()
        run = self._fill(order, quantity, **options)
        if job:
            self._run_job()
        return order, run.run_order_ids.new_order_id, run

    def _charge(self, order):
        return self.env["backorder.charge"].search([("order_id", "=", order.id)], limit=1)

    def _transactions(self, order):
        """What was asked for this order: by card, or captured on the orders it was made of."""
        return self._charge(order).attempt_ids.transaction_id

    def _set_aside(self, order):
        return sum(order.order_line.mapped("backorder_promised_qty"))

    def assertNotApproved(self, order, run, state, reason):
        """Not approved; its stock stays set aside, and the reason is everywhere it should be."""
        charge = self._charge(order)
        self.assertEqual(order.state, "draft")
        self.assertEqual(charge.state, state)
        self.assertEqual(self._set_aside(order), sum(order.order_line.mapped("product_uom_qty")))
        self.assertIn(charge.message, run.run_order_ids.message)
        self.assertEqual(run.line_ids.mapped("reason"), [reason])
        self.assertFalse(order.picking_ids)
        self.assertEqual(run.approved_count, 0)


@tagged("post_install", "-at_install")
class TestCharge(ChargeCommon):
    def test_a_card_is_charged_and_the_order_approved(self):
        card = self._card()
        order, new, run = self._filled(job=False)
        self.assertEqual(new.state, "draft")
        self.assertEqual(new.backorder_charge_state, "waiting")
        self.assertEqual(self._set_aside(new), 4)
        self.assertEqual(run.line_ids.reason, "waiting_payment")
        self.assertEqual((run.payment_waiting_count, run.charged_count), (1, 0))
        self.assertFalse(new.transaction_ids, "asked before the commit of the fill")
        self._run_job()
        self.assertEqual(new.state, "sale")
        self.assertEqual(new.transaction_ids.mapped("state"), ["done"])
        self.assertEqual(new.transaction_ids.amount, 40)
        self.assertEqual(new.transaction_ids.token_id, card)
        self.assertEqual(self._due(order, new), (60, 0))
        self.assertFalse(new.backorder_charge_state)
        self.assertEqual(self._reserved(new), 4)
        self.assertEqual(run.line_ids.reason, "filled")
        self.assertEqual((run.charged_count, run.approved_count), (1, 1))
        self.assertEqual((run.payment_waiting_count, run.payment_failed_count), (0, 0))
        self._run_job()
        self.assertEqual(len(new.transaction_ids), 1)

    def test_the_payment_is_booked_by_odoo_and_nobody_is_mailed_about_it(self):
        self._card()
        before = self.env["mail.mail"].search([])
        _order, new, _run = self._filled()
        self._run_job(self.booking)
        payment = new.transaction_ids.payment_id
        self.assertEqual((payment.amount, payment.partner_id), (40, self.customer))
        invoice = self._invoice(new)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertFalse(self.env["mail.mail"].search([]) - before)
        mailed = new.message_ids.filtered(lambda m: m.message_type in ("email", "comment"))
        self.assertNotIn(self.customer, mailed.notified_partner_ids)

    def test_a_refused_card(self):
        self._card("error")
        order, new, run = self._filled()
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertIn("refused", self._charge(new).message)
        self.assertIn("$\xa040.00", self._charge(new).message)
        self.assertTrue(
            new.message_ids.filtered(lambda m: "payment failed" in (m.body or "")),
            "not in the chatter",
        )
        self.assertEqual(run.payment_failed_count, 1)
        self.assertEqual(self._due(order, new), (60, 40))
        # Another run of the job does not try again by itself.
        self._run_job()
        self.assertEqual(len(new.transaction_ids), 1)
        # One button, when there is another card.
        good = self._card()
        self._charge(new).action_retry()
        self.assertEqual(run.line_ids.reason, "waiting_payment")
        self._run_job()
        self.assertEqual(new.state, "sale")
        self.assertEqual(new.transaction_ids.sorted("id").mapped("state"), ["error", "done"])
        self.assertEqual(new.transaction_ids.sorted("id")[-1].token_id, good)
        self.assertEqual(run.line_ids.reason, "filled")

    def test_a_canceled_payment(self):
        self._card("cancel")
        _order, new, run = self._filled()
        self.assertNotApproved(new, run, "failed", "payment_failed")

    def test_a_pending_payment_approves_when_the_provider_says_done(self):
        self._card("pending")
        _order, new, run = self._filled()
        self.assertNotApproved(new, run, "pending", "waiting_payment")
        self.assertEqual(new.backorder_charge_state, "pending")
        with self.assertRaises(UserError):
            self._charge(new).action_retry()
        self._run_job()
        self.assertEqual(len(new.transaction_ids), 1)
        new.transaction_ids.action_demo_set_done()
        self._run_job()
        self.assertEqual(new.state, "sale")
        self.assertEqual(len(new.transaction_ids), 1)
        self.assertEqual(run.line_ids.reason, "filled")

    def test_a_pending_payment_that_fails_later(self):
        self._card("pending")
        _order, new, run = self._filled()
        new.transaction_ids.action_demo_set_error()
        self._run_job()
        self.assertNotApproved(new, run, "failed", "payment_failed")

    def test_what_was_refused_and_comes_through_later_is_not_asked_again(self):
        self._card("error")
        _order, new, _run = self._filled()
        new.transaction_ids._set_done()  # the provider's late word
        self._charge(new).action_retry()
        self._run_job()
        self.assertEqual(len(new.transaction_ids), 1)
        self.assertEqual(new.state, "sale")

    def test_no_saved_card(self):
        _order, new, run = self._filled()
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertIn("no saved card", self._charge(new).message)
        self.assertIn("$\xa040.00", self._charge(new).message)

    def test_a_card_of_somebody_else_or_another_company_or_archived_is_not_charged(self):
        self._card(partner=self.vendor)
        self._card().active = False
        other = self.env["res.company"].create({"name": "Other"})
        provider = self.provider.copy({"company_id": other.id, "state": "test"})
        self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.method.id,
                "partner_id": self.customer.id,
                "provider_ref": "other",
                "demo_simulated_state": "done",
            }
        )
        _order, new, run = self._filled()
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertIn("no saved card", self._charge(new).message)

    def test_the_card_last_used_on_the_family_wins_over_a_newer_one(self):
        used = self._card(details="1111")
        newer = self._card(details="2222")
        order = self._short_order()
        self._pay_online(order, 10, token_id=used.id, operation="offline")
        _order, new, _run = self._filled(order=order)
        self.assertEqual(new.transaction_ids.token_id, used)
        self.assertNotEqual(newer, used)

    def test_a_contact_of_a_company_uses_the_company_s_card(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        self.customer.parent_id = firm
        card = self._card(partner=firm)
        _order, new, _run = self._filled()
        self.assertEqual(new.transaction_ids.token_id, card)

    def test_a_disabled_provider_is_not_asked(self):
        self._card()
        _order, new, run = self._filled(job=False)
        self.provider.state = "disabled"  # archives its cards, too
        self._run_job()
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertFalse(new.transaction_ids)

    def test_nothing_is_charged_without_the_parameter(self):
        self._card()
        self.company.backorder_charge_cards = False
        _order, new, _run = self._filled(job=False)
        self.assertEqual(new.state, "sale")
        self.assertFalse(self._charge(new))

    def test_the_option_of_the_run_wins_over_the_parameter(self):
        self._card()
        _order, new, _run = self._filled(job=False, charge_cards=False)
        self.assertEqual(new.state, "sale")
        self.assertFalse(self._charge(new))
        self.company.backorder_charge_cards = False
        _order, new, _run = self._filled(charge_cards=True)
        self.assertEqual((new.state, new.transaction_ids.mapped("state")), ("sale", ["done"]))

    def test_an_order_that_is_not_to_be_approved_is_not_charged(self):
        self._card()
        _order, new, _run = self._filled(approve_complete=False, approve_partial=False)
        self.assertEqual(new.state, "draft")
        self.assertFalse(self._charge(new))

    def test_credit_terms(self):
        self._card()
        terms = self.env.ref("account.account_payment_term_30days")
        order = self._short_order(payment_term_id=terms.id, require_payment=False)
        _order, new, _run = self._filled(order=order, job=False)
        self.assertEqual(new.state, "sale")
        self.assertFalse(self._charge(new))
        # …unless the order itself asks for online payment.
        order = self._short_order(payment_term_id=terms.id, require_payment=True)
        _order, new, _run = self._filled(order=order, job=False)
        self.assertEqual((new.state, new.backorder_charge_state), ("draft", "waiting"))
        immediate = self.env.ref("account.account_payment_term_immediate")
        order = self._short_order(payment_term_id=immediate.id)
        _order, new, _run = self._filled(order=order, job=False)
        self.assertEqual((new.state, new.backorder_charge_state), ("draft", "waiting"))

    def test_a_new_order_paid_by_carried_credit_is_not_charged(self):
        self._card()
        order = self._short_order()
        self._pay_online(order, 100)
        _order, new, _run = self._filled(order=order, carry_credit="needed", job=False)
        self.assertEqual(new.state, "sale")
        self.assertFalse(self._charge(new))
        # …and charged with what a part of it leaves over.
        order = self._short_order()
        self._pay_online(order, 85)
        _order, new, _run = self._filled(order=order, carry_credit="needed")
        self.assertEqual(new.transaction_ids.amount, 15)
        self.assertEqual(self._due(order, new), (0, 0))

    def test_a_carried_balance_is_charged_too(self):
        self._card()
        order, new, _run = self._filled(carry_balance=True)
        self.assertEqual(new.transaction_ids.amount, 100)
        self.assertEqual(self._due(order, new), (0, 0))
        self.assertFamily(order, 0)

    def test_ship_date_and_email_wait_for_the_payment(self):
        self._card("pending")
        template = self.env.ref("backorder_mgmt.mail_template_backorder_partial").copy()
        order, new, run = self._filled(
            email_complete_template_id=template.id,
            set_ship_date=True,
            ship_date="2030-01-05",
        )
        self.assertFalse(run.run_order_ids.mail_queued)
        self.assertFalse(new.backorder_ship_date)
        new.transaction_ids.action_demo_set_done()
        self._run_job()
        self._run_job()
        self.assertTrue(run.run_order_ids.mail_queued)
        self.assertEqual(new.backorder_ship_date, fields.Date.to_date("2030-01-05"))
        self.assertEqual(run.mail_count, 1)

    def test_the_single_order_fill_charges_too(self):
        self._card()
        order = self._short_order()
        self._stock(self.product, 4)
        self.env.flush_all()
        run = order.with_user(self.salesman).fill_backorders()
        new = run.sudo().run_order_ids.new_order_id
        self.assertEqual(new.state, "draft")
        self._run_job()
        self.assertEqual(new.state, "sale")
        self.assertEqual(new.transaction_ids.amount, 40)

    def test_a_customer_who_pays_himself_meanwhile_is_not_charged(self):
        self._card("error")
        _order, new, run = self._filled()
        portal = self._pay_online(new, 40)
        portal._post_process()
        self.assertEqual(new.state, "sale")
        self._run_job()
        self.assertEqual(self._charge(new).state, "done")
        self.assertEqual(len(new.transaction_ids), 2)
        self.assertEqual(run.line_ids.reason, "filled")

    def test_a_payment_of_the_customer_that_is_pending_is_waited_for(self):
        self._card()
        _order, new, _run = self._filled(job=False)
        portal = self._pay_online(new, 40, state="draft")
        portal._set_pending()
        self._run_job()
        self.assertEqual((new.state, self._charge(new).state), ("draft", "pending"))
        portal._set_canceled()
        self._run_job()
        self.assertEqual(new.state, "sale")
        self.assertEqual(new.transaction_ids.filtered("token_id").mapped("state"), ["done"])

    def test_a_failed_charge_is_asked_again_by_people_only(self):
        self._card("error")
        _order, new, run = self._filled()
        self._card()
        # The customer tries the payment link, and fails; then he pays a part by it.
        self._pay_online(new, 40, state="draft")._set_error("Insufficient funds")
        self._run_job()
        self.assertEqual(new.transaction_ids.filtered("token_id").mapped("state"), ["error"])
        self._pay_online(new, 15)
        self._run_job()
        self.assertEqual(new.transaction_ids.filtered("token_id").mapped("state"), ["error"])
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertIn("refused", self._charge(new).message)
        # Somebody presses Retry: the rest is charged.
        self._charge(new).action_retry()
        self._run_job()
        charged = new.transaction_ids.filtered(lambda tx: tx.token_id and tx.state == "done")
        self.assertEqual((new.state, charged.amount), ("sale", 25))

    def test_retry_of_several_takes_those_that_failed(self):
        self._card("error")
        _order, failed, _run = self._filled()
        other = self.env["res.partner"].create({"name": "Pending"})
        self._card("pending", partner=other)
        order = self._order((self.other, 2), partner_id=other.id)
        self._stock(self.other, 2)
        pending = order.fill_backorders().run_order_ids.new_order_id
        self._run_job()
        charges = self._charge(failed) | self._charge(pending)
        self.assertEqual(set(charges.mapped("state")), {"failed", "pending"})
        charges.action_retry()
        self.assertEqual(self._charge(failed).state, "todo")
        self.assertEqual(self._charge(pending).state, "pending")

    def test_approved_by_hand_meanwhile(self):
        self._card()
        _order, new, _run = self._filled(job=False)
        new.action_confirm()
        self._run_job()
        self.assertEqual(self._charge(new).state, "cancelled")
        self.assertIn("by hand", self._charge(new).message)
        self.assertFalse(new.transaction_ids)

    def test_cancelled_meanwhile(self):
        self._card()
        order, new, _run = self._filled(job=False)
        new.action_cancel()
        self._run_job()
        self.assertEqual(self._charge(new).state, "cancelled")
        self.assertFalse(new.transaction_ids)
        self.assertEqual(order.order_line.backorder_qty, 4)

    def test_deleted_meanwhile(self):
        self._card()
        order, new, _run = self._filled(job=False)
        charge, name = self._charge(new), new.name
        new.action_cancel()
        new.unlink()
        self._run_job()
        self.assertEqual((charge.state, charge.order_name), ("cancelled", name))
        with self.assertRaisesRegex(UserError, f"The quotation {name} was deleted"):
            charge.action_open_order()
        self.assertEqual(order.order_line.backorder_qty, 4)

    def test_paid_after_it_was_cancelled_is_said(self):
        self._card("pending")
        _order, new, _run = self._filled()
        transaction = new.transaction_ids
        new.action_cancel()
        transaction.action_demo_set_done()
        self._run_job()
        self.assertEqual(new.state, "cancel")
        self.assertIn("refund", self._charge(new).message)

    def test_what_cannot_be_approved_keeps_its_payment(self):
        self._card()
        _order, new, _run = self._filled(job=False)
        model = self.env["ir.model"]._get_id("sale.order")
        rule = self.env["base.automation"].create(
            {
                "name": "Audit",
                "model_id": model,
                "trigger": "on_create_or_write",
                "filter_domain": f"[('state', '=', 'sale'), ('id', '=', {new.id})]",
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Refuse",
                            "model_id": model,
                            "state": "code",
                            "code": "raise UserError('Ask the auditor first.')",
                        }
                    )
                ],
            }
        )
        self._run_job()
        charge = self._charge(new)
        self.assertEqual((new.state, charge.state), ("draft", "failed"))
        self.assertIn("It is paid, but", charge.message)
        self.assertIn("Ask the auditor first.", charge.message)
        self.assertEqual(new.transaction_ids.mapped("state"), ["done"])
        self.assertEqual(self._set_aside(new), 4)
        rule.unlink()
        charge.action_retry()
        self._run_job()
        self.assertEqual((new.state, len(new.transaction_ids)), ("sale", 1))

    def test_many_orders_in_one_run(self):
        self._card()
        bad = self.env["res.partner"].create({"name": "Bad Card"})
        self._card("error", partner=bad)
        orders = self.env["sale.order"]
        for partner in (self.customer, bad, self.customer):
            orders |= self._order((self.other, 2), partner_id=partner.id)
        self._stock(self.other, 6)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
        run.action_start()
        self._run_job()
        self.assertEqual((run.charged_count, run.payment_failed_count), (2, 1))
        self.assertEqual((run.approved_count, run.new_order_count), (2, 3))
        states = {row.order_id: row.new_order_id.state for row in run.run_order_ids}
        self.assertEqual([states[order] for order in orders], ["sale", "draft", "sale"])


@tagged("post_install", "-at_install")
class TestCapture(ChargeCommon):
    """What is authorised is captured before a card is charged."""

    def _authorized(self, amount=100, ordered=10, **values):
        order = self._short_order(ordered=ordered)
        return order, self._pay_online(order, amount, state="authorized", **values)

    def test_a_part_of_what_the_original_authorized(self):
        self._card()
        order, authorized = self._authorized()
        order, new, run = self._filled(order=order)
        self.assertEqual(new.state, "sale")
        [capture] = authorized.child_transaction_ids
        self.assertEqual((capture.amount, capture.state), (40, "done"))
        self.assertEqual(authorized.state, "authorized")
        self.assertFalse(new.transaction_ids, "linked to both, it counts twice")
        self.assertEqual(new.backorder_carried_amount, 40)
        # What is only authorized is not paid: 100 cost, 40 captured.
        self.assertEqual(self._due(order, new), (60, 0))
        self.assertEqual(run.charged_count, 1)
        self.assertFamily(order, 60)
        # The rest is captured for the next new order, and never more than it.
        self.product.list_price = 25
        order.order_line.write({"product_uom_qty": 12, "price_unit": 10})
        _order, second, _run = self._filled(quantity=2, order=order)
        self.assertEqual(sum(authorized.child_transaction_ids.mapped("amount")), 60)
        self.assertEqual(second.state, "sale")

    def test_what_is_missing_is_charged_to_the_card(self):
        card = self._card()
        order, authorized = self._authorized(amount=30)
        order, new, _run = self._filled(order=order)
        self.assertEqual(authorized.child_transaction_ids.amount, 30)
        self.assertEqual(authorized.state, "done")
        self.assertEqual((new.transaction_ids.amount, new.transaction_ids.token_id), (10, card))
        self.assertEqual(self._due(order, new), (60, 0))
        self.assertEqual(new.state, "sale")
        self.assertEqual(self._charge(new).charged_amount, 40)

    def test_never_more_than_is_left_of_it(self):
        order, authorized = self._authorized(amount=100)
        authorized._void(amount_to_void=70)
        order, new, run = self._filled(order=order)
        self.assertEqual(
            sum(
                authorized.child_transaction_ids.filtered(lambda t: t.state == "done").mapped(
                    "amount"
                )
            ),
            30,
        )
        # No card for the rest: not approved. What was captured is there, and is not lost.
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertEqual(self._due(new), (10,))
        self._card()
        self._charge(new).action_retry()
        self._run_job()
        self.assertEqual((new.state, new.transaction_ids.amount), ("sale", 10))

    def test_nothing_is_captured_of_what_is_voided(self):
        self._card()
        order, authorized = self._authorized()
        authorized._void()
        order, new, _run = self._filled(order=order)
        self.assertEqual(authorized.state, "cancel")
        self.assertEqual(authorized.child_transaction_ids.mapped("state"), ["cancel"])
        self.assertEqual(new.transaction_ids.amount, 40)

    def test_nothing_is_captured_of_what_expired(self):
        self._card()
        self.company.backorder_authorization_days = 7
        order, authorized = self._authorized()
        authorized.last_state_change = fields.Datetime.subtract(fields.Datetime.now(), days=8)
        order, new, _run = self._filled(order=order)
        self.assertFalse(authorized.child_transaction_ids)
        self.assertEqual(new.transaction_ids.amount, 40)

    def test_a_refused_capture(self):
        self._card()
        order, authorized = self._authorized()
        order, new, run = self._filled(order=order, job=False)
        # The provider lost the authorization, and says so.
        self.provider.state = "disabled"
        self.assertTrue(authorized)
        self._run_job()
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertFalse(authorized.child_transaction_ids.filtered(lambda t: t.state == "done"))
        self.assertEqual(self._due(new), (40,))

    def test_a_provider_that_captures_all_or_nothing(self):
        self._card()
        # As Stripe says of itself: the method cannot do parts.
        self.method.support_manual_capture = "full_only"
        order, authorized = self._authorized()
        order, new, run = self._filled(order=order)
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertIn("all of it or nothing", self._charge(new).message)
        self.assertFalse(authorized.child_transaction_ids, "captured more than was due")
        self.assertFalse(new.transaction_ids, "charged on top of what is authorized")
        # All of it, where all of it is due.
        order, authorized = self._authorized(amount=40)
        order, new, _run = self._filled(order=order)
        self.assertEqual((authorized.state, new.state), ("done", "sale"))

    def test_a_provider_that_only_authorizes_is_captured_at_once(self):
        self._card()
        self.provider.capture_manually = True
        order, new, _run = self._filled()
        [authorized] = new.transaction_ids
        self.assertEqual(authorized.state, "done")
        self.assertEqual(authorized.child_transaction_ids.mapped("state"), ["done"])
        self.assertEqual(self._charge(new).charged_amount, 40)
        self.assertEqual((new.state, self._due(new)), ("sale", (0,)))

    def test_the_captured_payment_is_booked_and_settles_the_invoice(self):
        order, authorized = self._authorized()
        order, new, _run = self._filled(order=order)
        self._run_job(self.booking)
        payment = authorized.child_transaction_ids.payment_id
        self.assertEqual(payment.amount, 40)
        invoice = self._invoice(new)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    def test_a_grandchild_captures_of_the_first_order(self):
        order, authorized = self._authorized()
        order, new, _run = self._filled(order=order)
        new.picking_ids.move_ids.quantity = 4
        line = new.order_line
        new.force_backorders({line.id: 1})
        run = new.fill_backorders()
        self._run_job()
        newest = run.run_order_ids.new_order_id
        self.assertTrue(newest)
        self.assertEqual(newest.state, "sale")
        self.assertEqual(sum(authorized.child_transaction_ids.mapped("amount")), 50)
        self.assertEqual(newest.backorder_carried_amount, 10)
        # What is only authorized is not paid: 100 cost, 50 captured.
        self.assertFamily(order, 50)


@tagged("post_install", "-at_install")
class TestChargeUndo(ChargeCommon):
    def test_a_charged_order_is_not_taken_back(self):
        self._card()
        _order, new, run = self._filled()
        with self.assertRaisesRegex(UserError, f"{new.name} is paid or charged"):
            run.action_undo()
        self.assertEqual(new.state, "sale")

    def test_nor_one_whose_original_s_authorization_was_captured(self):
        order = self._short_order()
        self._pay_online(order, 100, state="authorized")
        _order, new, run = self._filled(order=order)
        with self.assertRaisesRegex(UserError, f"{new.name} was charged"):
            run.action_undo()

    def test_nor_while_a_payment_is_pending(self):
        self._card("pending")
        _order, _new, run = self._filled()
        with self.assertRaises(UserError):
            run.action_undo()

    def test_one_whose_payment_failed_is_taken_back(self):
        self._card("error")
        order, new, run = self._filled()
        run.action_undo()
        self.assertEqual((run.state, new.state), ("undone", "cancel"))
        self.assertEqual(order.order_line.backorder_qty, 4)
        self._run_job()
        self.assertEqual(self._charge(new).state, "cancelled")
        self.assertEqual(len(new.transaction_ids), 1)

    def test_one_that_still_waits_is_taken_back_and_never_charged(self):
        self._card()
        _order, new, run = self._filled(job=False)
        run.action_undo()
        self._run_job()
        self.assertEqual(self._charge(new).state, "cancelled")
        self.assertFalse(new.transaction_ids)


@tagged("post_install", "-at_install")
class TestChargeUnknown(ChargeCommon):
    """A worker died between the call and its commit: nobody asks a second time."""

    def _lost(self):
        """A charge whose request was recorded and sent; the answer is lost."""
        card = self._card()
        _order, new, run = self._filled(job=False)
        charge = self._charge(new)
        self.env["backorder.charge.attempt"]._record_card(charge, card, 40)
        charge._backorder_write({"state": "sending"})
        self._run_job()
        return new, run, charge

    def test_it_is_looked_up_not_asked_again(self):
        new, run, charge = self._lost()
        self.assertNotApproved(new, run, "unknown", "waiting_payment")
        self.assertEqual(len(new.transaction_ids), 1)
        for _try in range(2):
            self._run_job()
        with self.assertRaisesRegex(UserError, "Look it up"):
            charge.action_retry()
        with self.assertRaises(UserError):
            charge.action_give_up()
        self.assertEqual(len(new.transaction_ids), 1)

    def test_the_provider_tells_it_later(self):
        new, _run, charge = self._lost()
        new.transaction_ids.action_demo_set_done()
        self._run_job()
        self.assertEqual((new.state, charge.state, len(new.transaction_ids)), ("sale", "done", 1))

    def test_somebody_finds_that_it_was_charged(self):
        new, _run, charge = self._lost()
        charge.with_user(self.manager).action_was_charged()
        self._run_job()
        self.assertEqual((new.state, charge.state, len(new.transaction_ids)), ("sale", "done", 1))
        self.assertIn(self.manager.name, new.transaction_ids.state_message)

    def test_somebody_finds_that_it_was_not(self):
        new, _run, charge = self._lost()
        charge.with_user(self.manager).action_not_charged()
        self._run_job()
        # An error: of what is canceled Odoo would not hear that it was charged after all.
        self.assertEqual(new.transaction_ids.sorted("id").mapped("state"), ["error", "done"])
        self.assertEqual((new.state, charge.state), ("sale", "done"))


@tagged("post_install", "-at_install")
class TestChargeScreens(ChargeCommon):
    def test_the_dialog_says_which_card_and_how_much(self):
        self._card(details="4242")
        order = self._short_order()
        self._stock(self.product, 4)
        with Form(
            self.env["backorder.fill"]
            .with_user(self.salesman)
            .with_context(default_order_id=order.id)
        ) as form:
            self.assertIn("4242", form.charge_note)
            self.assertIn("$\xa040.00", form.charge_note)
            with form.line_ids.edit(0) as line:
                line.quantity = 3
            self.assertIn("$\xa030.00", form.charge_note)
        self._pay_online(order, 25, state="authorized")
        form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        self.assertIn("$\xa025.00 will be captured", form.charge_note)
        self.assertIn("$\xa015.00", form.charge_note)
        self.company.backorder_charge_cards = False
        form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        self.assertFalse(form.charge_note)

    def test_the_dialog_says_that_there_is_no_card(self):
        order = self._short_order()
        self._stock(self.product, 4)
        form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        self.assertIn("no saved card", form.charge_note)

    def test_what_the_dialog_says_is_what_is_charged(self):
        self._card()
        order = self._short_order()
        self._pay_online(order, 85)
        self._stock(self.product, 4)
        form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        form.carry_credit = "needed"
        self.assertIn("$\xa015.00", form.charge_note)
        form.save().action_fill()
        self._run_job()
        self.assertEqual(order.backorder_child_ids.transaction_ids.amount, 15)

    def test_only_accounting_and_managers_see_charges(self):
        self._card("error")
        _order, new, _run = self._filled()
        charge = self._charge(new)
        with self.assertRaises(AccessError):
            charge.with_user(self.salesman).read(["message"])
        with self.assertRaises(AccessError):
            new.with_user(self.salesman).read(["backorder_charge_ids"])
        accountant = new_test_user(
            self.env, "charge_accountant", groups="account.group_account_invoice"
        )
        for user in (self.manager, accountant):
            self.assertEqual(charge.with_user(user).state, "failed")
            self.assertEqual(charge.attempt_ids.with_user(user).mapped("state"), ["failed"])
        # The salesman sees on his own order what it waits for, and may have it tried again.
        mine = new.with_user(self.salesman)
        self.assertEqual(mine.backorder_charge_state, "failed")
        self._card()
        mine.action_retry_charge()
        self._run_job()
        self.assertEqual(new.state, "sale")
        other = new_test_user(self.env, "charge_other", groups="sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            charge.with_user(other).action_retry()
        for user in (self.manager, accountant, self.salesman):
            with self.assertRaises(AccessError):
                charge.with_user(user).write({"state": "done"})
            with self.assertRaises(AccessError):
                charge.with_user(user).unlink()
        with self.assertRaises(UserError):
            charge.sudo().unlink()

    def test_orders_are_found_by_their_payment(self):
        self._card("error")
        order, new, _run = self._filled()
        orders, own = self.env["sale.order"], [("id", "in", (order | new).ids)]
        for user in (self.env.user, self.salesman):
            mine = orders.with_user(user)
            self.assertEqual(
                mine.search([*own, ("backorder_charge_state", "=", "failed")]).ids, new.ids
            )
            self.assertEqual(
                mine.search([*own, ("backorder_charge_state", "=", False)]).ids, order.ids
            )
            self.assertFalse(mine.search([*own, ("backorder_charge_state", "=", "pending")]))

    def test_no_card_data_is_stored_by_us(self):
        self._card(details="4242")
        _order, new, run = self._filled()
        charge = self._charge(new)
        texts = [charge.message or "", run.run_order_ids.message or ""]
        texts += charge.attempt_ids.mapped(lambda attempt: attempt.message or "")
        texts += run.line_ids.mapped(lambda line: line.message or "")
        self.assertFalse([text for text in texts if "4242" in text])

    def test_two_presses_of_retry_are_one(self):
        self._card("error")
        _order, new, _run = self._filled()
        self._card()
        charge = self._charge(new)
        charge.action_retry()
        charge.action_retry()
        self._run_job()
        with self.assertRaisesRegex(UserError, "Paid"):
            charge.action_retry()
        self.assertEqual(new.transaction_ids.sorted("id").mapped("state"), ["error", "done"])
