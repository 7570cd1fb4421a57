"""Purchase orders and receipts: which orders wait for them, and what their delay makes late."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from .test_dates import LATER, LATEST, SOON
from .test_promise import PromiseCommon


@tagged("post_install", "-at_install")
class TestAffected(PromiseCommon):
    def _affected(self, document):
        domain = document.action_view_backorder_affected()["domain"]
        return self.env["sale.order.line"].search(domain).order_id

    def test_affected_orders_of_a_purchase_order(self):
        first = self._order((self.product, 5))
        second = self._order((self.product, 5))
        third = self._order((self.product, 5))
        early = self._purchase((self.product, 7), date=SOON)
        late = self._purchase((self.product, 4), date=LATER)
        self.assertEqual(self._affected(early), first + second)
        self.assertEqual(self._affected(late), second + third)
        self.assertEqual((early.backorder_affected_count, late.backorder_affected_count), (2, 2))
        self.assertEqual(early.picking_ids.backorder_affected_count, 2)
        self.assertEqual(self._affected(late.picking_ids), second + third)
        self.assertEqual(late.backorder_affected_late_count, 0, "third waits since today")
        self._wait(first + second + third, days=2)
        late.invalidate_recordset()
        self.assertEqual(late.backorder_affected_late_count, 1, "third has no date")
        self.assertEqual(first.picking_ids.backorder_affected_count, 0)

    def test_received_into_the_first_of_two_steps(self):
        self.warehouse.reception_steps = "two_steps"
        order, purchase = self._promised()
        self._validate(purchase.picking_ids)
        self.assertEqual(self._affected(purchase), order)
        self.assertIn(purchase.name, order.order_line.backorder_supply_note)

    def test_a_request_for_quotation_affects_nobody(self):
        self._order((self.product, 5))
        purchase = self._purchase((self.product, 5), confirm=False)
        self.assertEqual(purchase.backorder_affected_count, 0)

    def test_a_salesman_is_told_of_his_own_orders(self):
        user = new_test_user(
            self.env,
            "buying_salesman",
            groups="sales_team.group_sale_salesman,purchase.group_purchase_user",
        )
        self._purchase((self.product, 9))
        purchase = self._purchase((self.product, 1))
        mine = self._order((self.product, 5), user_id=user.id)
        self._order((self.product, 5))
        purchases = self.env["purchase.order"].search(
            [("order_line.product_id", "=", self.product.id)]
        )
        both = purchases - purchase
        self.assertEqual(both.with_user(user).backorder_affected_count, 1)
        self.assertEqual(both.backorder_affected_count, 2)
        self.assertEqual(self._affected(both) & mine, mine)

    # -- the note ---------------------------------------------------------------------------------

    def _note(self, purchase):
        """What is written on the order when the transaction ends."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        return self._notes(purchase, "later than they were told")

    def test_one_note_on_the_purchase_order_that_slipped(self):
        first, purchase = self._promised()
        second = self._order((self.other, 5))
        purchase2 = self._purchase((self.other, 5))
        second.action_backorder_told()
        both = self._purchase((self.product, 3), (self.other, 3))
        third = self._order((self.product, 3), (self.other, 3))
        self.assertFalse(self._note(both))
        both.date_planned = LATER
        both.order_line.date_planned = LATER
        note = self._note(both)
        self.assertEqual(len(note), 1)
        self.assertEqual(note.body.count(third.name), 2, "both lines")
        self.assertIn("told 03/01/2027, now 03/15/2027", note.body)
        for untouched in (first, second):
            self.assertNotIn(untouched.name, note.body)
        self.assertFalse(self._note(purchase) | self._note(purchase2))

    def test_within_the_tolerance_or_sooner(self):
        self.company.backorder_delay_tolerance = 14
        _order, purchase = self._promised()
        purchase.picking_ids.scheduled_date = LATER
        self.assertFalse(self._note(purchase))
        purchase.picking_ids.scheduled_date = SOON
        self.assertFalse(self._note(purchase))
        purchase.picking_ids.scheduled_date = LATEST
        self.assertEqual(len(self._note(purchase)), 1)
        purchase.picking_ids.move_ids.date = LATEST.replace(day=20)
        self.assertEqual(len(self._note(purchase)), 1, "late already")

    def test_another_purchase_order_steps_in(self):
        """The slip makes those late who wait last, though they never counted on this order."""
        first, early = self._promised()
        second, late = self._promised(date=LATER)
        early.picking_ids.scheduled_date = LATEST
        self.assertExpected((first.order_line, LATER), (second.order_line, LATEST))
        self.assertEqual(len(self._note(early)), 1)
        self.assertIn(second.name, self._note(early).body)
        self.assertFalse(self._note(late))

    def test_cancelled(self):
        order, purchase = self._promised()
        purchase.button_cancel()
        note = self._note(purchase)
        self.assertEqual(len(note), 1)
        self.assertIn(order.name, note.body)
        self.assertIn("without a date", note.body)

    def test_a_buyer_who_sees_no_orders(self):
        order, purchase = self._promised()
        buyer = new_test_user(self.env, "buyer", groups="purchase.group_purchase_user")
        purchase.with_user(buyer).write(
            {"order_line": [Command.update(purchase.order_line.id, {"date_planned": LATER})]}
        )
        self.assertExpected((order.order_line, LATER))
        self.assertEqual(len(self._note(purchase)), 1)

    def test_taken_back_before_the_end_of_the_transaction(self):
        _order, purchase = self._promised()
        purchase.picking_ids.scheduled_date = LATER
        purchase.picking_ids.scheduled_date = SOON
        self.assertFalse(self._note(purchase))
