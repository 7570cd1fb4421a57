"""Cards wait for a transfer that was announced, until it is booked or somebody gives it up."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .money_ten import TenChairs


@tagged("post_install", "-at_install")
class TestChargeTransfers(TenChairs):
    """Ten chairs for 100.00; four of them become a new order for 40.00 that a card would pay."""

    def setUp(self):
        super().setUp()
        providers = self.env["payment.provider"]
        values = {"name": "Wire", "code": "none", "state": "test", "company_id": self.company.id}
        if "custom_mode" in providers._fields:
            values |= {"code": "custom", "custom_mode": "wire_transfer"}
        self.wire = providers.create(values)
        self.wire.payment_method_ids = [Command.link(self.method.id)]
        self._card()
        self.order = self._ten()

    def _announce(self, amount, order=None, days=0):
        """As the page does it: pending, and nobody ever decides. ``days`` later than now."""
        transfer = self._pay_online(order or self.order, amount, "draft", provider_id=self.wire.id)
        transfer._set_pending()
        if days:
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE payment_transaction SET create_date = %s WHERE id = %s",
                [transfer.create_date + timedelta(days=days), transfer.id],
            )
            transfer.invalidate_recordset()
        return transfer

    def _bill_six(self):
        """Six chairs are sent and invoiced: 60.00."""
        self._do_deliver(self.order, None, None)
        self._bill(self.order)
        [invoice] = self.order.invoice_ids
        self.assertEqual(invoice.amount_total, 60)
        return invoice

    def _look(self):
        self._run_job()
        self._fresh()

    def assertWaits(self, new, *words):
        charge = self._charge(new)
        self.assertEqual((new.state, charge.state), ("draft", "pending"))
        self.assertFalse(new.transaction_ids, "asked twice")
        for word in words:
            self.assertIn(word, charge.message.replace("\xa0", " "))
        return charge

    def test_the_card_waits_and_the_order_says_how_that_ends(self):
        transfer = self._announce(100)
        new = self._fill_chairs(self.order)
        for _time in range(2):
            charge = self.assertWaits(
                new,
                "announced $ 100.00 by Wire",
                self.order.name,
                transfer.reference,
                "$ 100.00 did not come yet",
                "It Will Not Come",
            )
            self._look()
        self.assertTrue(charge.waits_for_transfer)
        self.assertEqual(new.backorder_charge_note, charge.message)

    def test_what_was_booked_since_is_the_transfer(self):
        """Twenty paid online, sixty announced; with these in the bank nothing is waited for."""
        self._pay_online(self.order, 20)
        self._announce(60)
        new = self._fill_chairs(self.order)
        self.assertEqual(new.transaction_ids.mapped("amount"), [20], "of forty: more is not owed")
        self.assertEqual(new.state, "draft")
        invoice = self._bill_six()
        self._pay_bank(invoice, 50)
        self._look()
        self.assertIn("10.00 did not come yet", self._charge(new).message)
        self.assertEqual(new.state, "draft")
        self._pay_bank(invoice, 10)
        self._look()
        self.assertEqual(new.state, "sale")
        self.assertEqual(new.transaction_ids.mapped("amount"), [20])
        self.assertEqual(sum(self._due(self.order, new)), 0)

    def test_what_was_booked_before_is_another_payment(self):
        invoice = self._bill_six()
        self._pay_bank(invoice, 40)
        self._announce(60, days=1)
        new = self._fill_chairs(self.order)
        self.assertWaits(new, "$ 60.00 did not come yet")

    def test_one_booking_is_one_of_two_transfers(self):
        self._announce(50)
        self._announce(50)
        new = self._fill_chairs(self.order)
        self._pay_bank(self._bill_six(), 50)
        self._look()
        self.assertWaits(new, "$ 50.00 did not come yet")
        self.assertEqual(self.order._backorder_family_money().asked, 50)

    def test_a_manager_says_that_it_will_not_come(self):
        transfer = self._announce(100)
        new = self._fill_chairs(self.order)
        charge = self.assertWaits(new)
        with self.assertRaises(AccessError):
            charge.with_user(self.salesman).action_transfer_not_coming()
        self.assertEqual(transfer.state, "pending")
        charge.with_user(self.manager).action_transfer_not_coming()
        with self.assertRaisesRegex(UserError, "cannot be done now"):
            charge.with_user(self.manager).action_transfer_not_coming()
        self._look()
        self.assertEqual((transfer.state, new.state), ("cancel", "sale"))
        self.assertEqual(new.transaction_ids.mapped("amount"), [40])
        for order in self.order | new:
            self.assertIn("will not come", " ".join(map(str, order.message_ids.mapped("body"))))
        # It comes after all, and is booked: nobody is asked for it again.
        self._pay_bank(self._bill_six(), 60)
        self.assertEqual(self._due(self.order, new), (0, 0))

    def test_of_two_transfers_each_is_said(self):
        first, second = self._announce(100), self._announce(100)
        new = self._fill_chairs(self.order)
        self._charge(new).action_transfer_not_coming()
        self._look()
        self.assertWaits(new, second.reference)
        self._charge(new).action_transfer_not_coming()
        self._look()
        self.assertEqual((first | second).mapped("state"), ["cancel", "cancel"])
        self.assertEqual(new.transaction_ids.mapped("amount"), [40])

    def test_a_provider_decides_about_its_own_payments(self):
        pending = self._pay_online(self.order, 100, "draft")
        pending._set_pending()
        new = self._fill_chairs(self.order)
        charge = self.assertWaits(new, "This goes on when it is decided")
        self.assertFalse(charge.waits_for_transfer)
        with self.assertRaisesRegex(UserError, "pending"):
            charge.action_transfer_not_coming()
        self.assertEqual(pending.state, "pending")

    def test_who_announced_a_transfer_may_pay_by_card_instead(self):
        """The customer decides; what they paid so is not asked for again."""
        self._announce(100)
        self.assertEqual(self.order._backorder_payable_amount(), 100)
        new = self._fill_chairs(self.order)
        self.assertEqual((self.order | new).mapped("backorder_amount_due"), [60, 40])
        new._backorder_check_payment(40)
        self._pay_online(new, 40)
        self._look()
        self.assertEqual(new.state, "sale")
        self.assertEqual(new.transaction_ids.mapped("amount"), [40])
        invoice = self._bill_six()
        self.assertEqual(invoice.backorder_payable_amount, 60)

    def test_confirmed_by_hand_when_the_money_is_there(self):
        transfer = self._announce(100)
        new = self._fill_chairs(self.order)
        new.action_confirm()
        self._look()
        self.assertEqual((new.state, self._charge(new).state), ("sale", "cancelled"))
        self.assertFalse(new.transaction_ids)
        self.assertEqual(transfer.state, "pending")

    def test_one_transfer_for_the_invoices_of_two_orders(self):
        """Each order waits for its own part of it: 60.00, and 20.00 of one that got two chairs."""
        invoices = self._bill_six()
        other = self._ten()
        self._do_deliver(other, None, None)
        self._bill(other)
        invoices |= other.invoice_ids
        self.assertEqual(other.invoice_ids.amount_total, 20)
        transfer = self._announce(80)
        transfer.write({"sale_order_ids": [Command.clear()], "invoice_ids": invoices.ids})
        self._fresh()
        self.assertEqual(self.order._backorder_family_money().asked, 60)
        self.assertEqual(other._backorder_family_money().asked, 20)
        self._pay_bank(other.invoice_ids, 20)
        self._fresh()
        self.assertEqual(self.order._backorder_family_money().asked, 60)
        self.assertEqual(other._backorder_family_money().asked, 0)
