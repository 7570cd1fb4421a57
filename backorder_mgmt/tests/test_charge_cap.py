"""Nobody is asked for more than the family owes, less what it paid and is asked for already."""

from odoo import Command
from odoo.tests import Form, tagged

from .test_charge import ChargeCommon
from .test_process import ProcessCommon


@tagged("post_install", "-at_install")
class TestChargeCap(ChargeCommon, ProcessCommon):
    """An order of ten hammers for 100.00; 4 of them become a new order for 40.00."""

    def _asked(self, order):
        """What the family paid and is asked for, without what is only authorised."""
        family = order._backorder_family()
        transactions = family.transaction_ids | family.transaction_ids.child_transaction_ids
        return sum(
            tx.amount
            for tx in transactions
            if tx.state == "pending" or (tx.state == "done" and not tx.child_transaction_ids)
        )

    def assertApproved(self, new, *words):
        """Approved, and charge, order and row say why nothing more was asked for."""
        charge = self._charge(new)
        self.assertEqual((new.state, charge.state), ("sale", "done"))
        for text in (
            charge.message or "",
            charge.run_order_id.message,
            "".join(str(body) for body in new.message_ids.mapped("body")),
        ):
            for word in words:
                self.assertIn(word, text.replace("&nbsp;", "\xa0"))

    def test_who_paid_in_advance_is_not_charged_again(self):
        self._card()
        order = self._short_order()
        self._pay_online(order, 100)
        order, new, run = self._filled(order=order)
        self.assertFalse(new.transaction_ids)
        self.assertEqual(self._due(order, new), (-40, 40), "no credits: it stays where it is")
        self.assertApproved(new, f"$\xa040.00 of this is paid on {order.name}")
        self.assertEqual((run.charged_count, run.approved_count), (0, 1))
        self.assertEqual(run.line_ids.reason, "filled")
        self.assertEqual(self._reserved(new), 4)
        self._run_job()
        self.assertFalse(new.transaction_ids)

    def test_also_without_a_card_and_when_he_paid_by_bank(self):
        order = self._short_order()
        self._pay_bank(self._invoice(order))
        order.order_line.write({"product_uom_qty": 14})
        order, new, _run = self._filled(order=order, quantity=4)
        self.assertFalse(new.transaction_ids)
        self.assertEqual(new.state, "draft", "the four that were added are not paid")
        self._card()
        self._charge(new).action_retry()
        self._run_job()
        self.assertEqual((new.state, new.transaction_ids.amount), ("sale", 40))

    def test_who_paid_a_part_in_advance_is_asked_for_the_rest(self):
        self._card()
        order = self._short_order()
        self._pay_online(order, 85)
        order, new, _run = self._filled(order=order)
        self.assertEqual(new.transaction_ids.mapped("amount"), [15])
        self.assertEqual(self._asked(order), 100)
        self.assertApproved(new, f"$\xa025.00 of this is paid on {order.name}")

    def test_a_discount_that_stays_behind_is_not_charged(self):
        self._card()
        discount = self.env["product.product"].create({"name": "Discount", "type": "service"})
        line = {"price_unit": -10.0, "tax_ids": False}
        order = self._order((self.product, 10), (discount, 1, line))
        order, new, _run = self._filled(order=order, quantity=10)
        self.assertEqual(new.amount_total, 100)
        self.assertEqual(new.transaction_ids.mapped("amount"), [90])
        self.assertApproved(new, f"$\xa010.00 of this is a credit on {order.name}")

    def test_a_capture_too_is_never_more_than_is_owed(self):
        self._card()
        order = self._short_order()
        self._pay_online(order, 85)
        authorized = self._pay_online(order, 100, state="authorized")
        order, new, _run = self._filled(order=order)
        self.assertEqual(authorized.child_transaction_ids.mapped("amount"), [15])
        self.assertFalse(new.transaction_ids)
        self.assertApproved(new)

    def test_a_payment_that_can_only_be_captured_whole_is_not_taken_for_less(self):
        self._card()
        self.method.support_manual_capture = "full_only"
        order = self._short_order()
        self._pay_online(order, 85)
        authorized = self._pay_online(order, 40, state="authorized")
        order, new, run = self._filled(order=order)
        self.assertNotApproved(new, run, "failed", "payment_failed")
        self.assertIn("Due: $\xa015.00", self._charge(new).message)
        self.assertFalse(authorized.child_transaction_ids)
        self.assertFalse(new.transaction_ids)

    def test_retry_looks_at_the_money_of_the_family_again(self):
        """As the sentence says: capture it on the original, and press Retry."""
        self._card()
        self.method.support_manual_capture = "full_only"
        order = self._short_order()
        authorized = self._pay_online(order, 100, state="authorized")
        order, new, run = self._filled(order=order)
        self.assertNotApproved(new, run, "failed", "payment_failed")
        authorized._capture()
        self._charge(new).action_retry()
        self._run_job()
        self.assertFalse(new.transaction_ids)
        self.assertEqual(self._asked(order), 100)
        self.assertApproved(new, f"$\xa040.00 of this is paid on {order.name}")

    def test_what_is_pending_on_the_original_is_waited_for(self):
        self._card()
        for ends, charged in (("_set_done", []), ("_set_canceled", [40])):
            with self.subTest(ends=ends):
                order = self._short_order()
                portal = self._pay_online(order, 100, state="draft")
                portal._set_pending()
                order, new, run = self._filled(order=order)
                self.assertNotApproved(new, run, "pending", "waiting_payment")
                for _time in range(2):
                    self._run_job()
                self.assertFalse(new.transaction_ids)
                notes = new.message_ids.filtered(lambda m: "is pending" in (m.body or ""))
                self.assertEqual(len(notes), 1, "said each time that the job looks")
                getattr(portal, ends)()
                self._run_job()
                self.assertEqual(new.transaction_ids.mapped("amount"), charged)
                self.assertEqual(new.state, "sale")

    def test_what_nobody_knows_of_a_sister_counts_as_asked(self):
        """60.00 are paid; a request of 40.00 for the first new order was lost in a crash."""
        card = self._card()
        order = self._short_order(stock=2)
        self._pay_online(order, 60)
        order, first, _run = self._filled(order=order, job=False)
        charge = self._charge(first)
        self.env["backorder.charge.attempt"]._record_card(charge, card, 40)
        charge._backorder_write({"state": "sending"})
        self._run_job()
        self.assertEqual(charge.state, "unknown")
        order, second, run = self._filled(order=order)
        self.assertNotApproved(second, run, "pending", "waiting_payment")
        self.assertFalse(second.transaction_ids)
        charge.action_was_charged()
        self._run_job()
        self._run_job()
        self.assertFalse(second.transaction_ids)
        self.assertEqual(self._asked(order), 100)
        self.assertApproved(second, f"$\xa040.00 of this is paid on {order.name}")

    def test_new_orders_one_after_another_share_what_was_paid(self):
        self._card()
        order = self._short_order(stock=2)
        self._pay_online(order, 70)
        news = []
        for quantity in (3, 3, 2):
            order, new, _run = self._filled(order=order, quantity=quantity)
            news.append(new)
        self.assertEqual([new.state for new in news], ["sale"] * 3)
        self.assertEqual(self._asked(order), 100)
        self.assertEqual(sum(new.transaction_ids.amount for new in news), 30)

    def test_a_cancelled_order_of_the_family_owes_nothing(self):
        self._card()
        order = self._short_order()
        self._pay_online(order, 60)
        order, new, _run = self._filled(order=order, job=False)
        order._action_cancel()
        self._run_job()
        self.assertFalse(new.transaction_ids)
        self.assertApproved(new, f"$\xa040.00 of this is paid on {order.name}")

    def test_what_was_refunded_may_be_asked_for_again(self):
        self._card()
        order = self._short_order()
        payment = self._pay_online(order, 100)
        payment._create_child_transaction(30, is_refund=True)._set_done()
        order, new, _run = self._filled(order=order)
        self.assertEqual(new.transaction_ids.mapped("amount"), [30])

    def test_who_owes_all_of_it_is_asked_for_what_is_due(self):
        self._card()
        order, new, _run = self._filled()
        self.assertEqual(new.transaction_ids.mapped("amount"), [40])
        self.assertFalse(self._charge(new).message)

    def test_the_processor_does_not_charge_either(self):
        self._card()
        order = self._short_order()
        self._pay_online(order, 100)
        order, new, _run = self._filled(
            order=order, charge_cards=False, approve_complete=False, approve_partial=False
        )
        run = self._process(new, credit_card_mode="charge", approve=True)
        self._run_job()
        self.assertFalse(new.transaction_ids)
        self.assertFalse(self._charge(new), "nothing is to be asked for")
        self.assertEqual(new.state, "sale")
        self.assertIn(f"$\xa040.00 of this is paid on {order.name}", run.run_order_ids.message)
        self.assertTrue(run.run_order_ids.approved)

    def test_nor_authorize_what_is_authorized_on_the_original(self):
        self.provider.capture_manually = True
        self._card()
        order = self._short_order()
        self._pay_online(order, 100, state="authorized")
        order, new, _run = self._filled(
            order=order, charge_cards=False, approve_complete=False, approve_partial=False
        )
        self._process(new, credit_card_mode="authorize", approve=True)
        self._run_job()
        self.assertFalse(new.transaction_ids)
        self.assertEqual(new.state, "sale")

    def test_the_dialog_says_what_is_paid_and_what_is_charged(self):
        self._card(details="4242")
        order = self._short_order()
        paid = self._pay_online(order, 85)
        self._stock(self.product, 4)
        form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        self.assertIn(f"$\xa025.00 of this is paid on {order.name}", form.charge_note)
        self.assertIn("will be charged $\xa015.00", form.charge_note)
        form.save().action_fill()
        self._run_job()
        new = order.backorder_child_ids
        self.assertEqual(new.transaction_ids.mapped("amount"), [15])
        # And that nothing is charged.
        order = self._short_order()
        paid = self._pay_online(order, 100)
        self._stock(self.product, 4)
        form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        self.assertIn(f"$\xa040.00 of this is paid on {order.name}", form.charge_note)
        self.assertNotIn("will be charged", form.charge_note)
        # What is under way is named as well.
        paid._create_child_transaction(100, is_refund=True)._set_done()
        self._pay_online(order, 100, state="draft")._set_pending()
        form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        self.assertIn("is pending", form.charge_note)
        self.assertNotIn("will be charged", form.charge_note)

    def test_a_family_of_two_currencies(self):
        """Somebody gave the new quotation a price list of another currency."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", euro.id)]).unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "company_id": self.company.id}
        )
        prices = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        self._card()
        order = self._short_order()
        self._pay_online(order, 90)
        order, new, _run = self._filled(order=order, job=False)
        new.write({"pricelist_id": prices.id})
        new.order_line.write({"price_unit": 5.0})
        self.assertEqual((new.currency_id, new.amount_total), (euro, 20))
        self._run_job()
        self.assertEqual(new.transaction_ids.mapped("amount"), [5])
        self.assertEqual(new.state, "sale")

    def test_many_new_orders_of_one_run(self):
        """Some paid in advance, some did not: each family by itself."""
        self._card()
        orders = self.env["sale.order"].union(
            *(self._short_order(ordered=3, stock=1) for _number in range(3))
        )
        for order, amount in zip(orders, (30, 25, 0), strict=True):
            if amount:
                self._pay_online(order, amount)
        self._stock(self.product, 6)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
        run.action_start()
        self._run_job()
        self.assertEqual(set(run.run_order_ids.new_order_id.mapped("state")), {"sale"})
        charged = {
            row.order_id: sum(row.new_order_id.transaction_ids.mapped("amount"))
            for row in run.run_order_ids
        }
        total = {order: 30 - order._backorder_family()[1:].amount_total for order in orders}
        self.assertEqual(charged[orders[0]], 0)
        self.assertLessEqual(charged[orders[1]], 5)
        self.assertEqual(charged[orders[2]], 30 - total[orders[2]])
