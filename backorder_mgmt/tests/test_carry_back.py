"""What was carried comes back when the new order is taken back, cancelled or deleted."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .test_carry import CarryCommon


@tagged("post_install", "-at_install")
class TestCarryBack(CarryCommon):
    def _carried(self, paid=100, **options):
        """A paid original and the new order that its credit went to."""
        order = self._short_order()
        if paid:
            self._pay_online(order, paid)
        run = self._fill(order, 4, **{"carry_credit": "needed", **options})
        new = run.run_order_ids.new_order_id
        self.assertTrue(new.backorder_carried_amount)
        return order, new, run

    def test_taking_the_fill_back_gives_the_money_back(self):
        for paid, options in ((100, {}), (0, {"carry_balance": True})):
            with self.subTest(paid=paid):
                order, new, run = self._carried(paid, **options)
                run.action_undo()
                self.assertEqual(new.state, "cancel")
                self.assertEqual(order.amount_total, 100)
                self.assertEqual(
                    (order.backorder_carried_amount, new.backorder_carried_amount), (0, 0)
                )
                self.assertEqual(self._due(order, new), (100 - paid, 0))
                self.assertFamily(order, 100 - paid)
                rows = order.backorder_carry_in_ids | order.backorder_carry_out_ids
                self.assertEqual(len(rows), 2, "given back by a row of its own")

    def test_paid_new_order_is_not_taken_back(self):
        order, new, run = self._carried(80)
        self._pay_online(new, 20)
        with self.assertRaisesRegex(UserError, "is paid or charged"):
            run.action_undo()
        self.assertEqual(self._due(order, new), (0, 0))

    def test_cancelled_before_approval(self):
        order, new, _run = self._carried(approve_partial=False, approve_complete=False)
        self.assertEqual((new.state, *self._due(order, new)), ("draft", 0, 0))
        new._action_cancel()
        self.assertEqual((order.amount_total, *self._due(order, new)), (100, 0, 0))
        self.assertHeld(order.order_line, 4)
        for told in (order, new):
            self.assertIn(f"{new.name} was given up", "".join(told.message_ids.mapped("body")))
        new._action_cancel()
        self.assertEqual(self._due(order, new), (0, 0), "given back once")
        self.assertFamily(order, 0)

    def test_cancelled_before_approval_though_paid_in_part(self):
        """The items go back, so does what was carried; what was paid here is to be refunded."""
        order, new, _run = self._carried(70, approve_partial=False, approve_complete=False)
        self._pay_online(new, 20)
        new._action_cancel()
        self.assertEqual((order.amount_total, *self._due(order, new)), (100, 30, -20))

    def test_deleted_before_approval(self):
        order, new, _run = self._carried(approve_partial=False, approve_complete=False)
        name = new.name
        new.unlink()
        self.assertEqual((order.amount_total, *self._due(order)), (100, 0))
        self.assertFalse(order.backorder_carried_amount)
        self.assertIn(name, order.backorder_carry_out_ids.mapped("to_name"))
        self.assertFamily(order, 0)

    def test_cancelled_after_approval_gives_items_and_money_back(self):
        """Where the customer does not want the items any more, *Cancel the Rest* closes them."""
        order, new, _run = self._carried()
        new._action_cancel()
        self.assertEqual((order.amount_total, *self._due(order, new)), (100, 0, 0))
        order.cancel_backorders({order.order_line.id: 4}, "not wanted")
        self.assertEqual((order.amount_total, *self._due(order, new)), (60, -40, 0))

    def test_cancelled_original_takes_its_balance_back(self):
        order, new, _run = self._carried(0, carry_balance=True)
        self.assertEqual(self._due(order, new), (0, 100))
        order._action_cancel()
        self.assertEqual(self._due(order, new), (0, 40), "the cancelled order asks for nothing")
        self.assertFalse(new.backorder_carried_amount)

    def test_what_was_carried_on_stays_where_it_is(self):
        order, child, _run = self._carried()
        child.force_backorders({child.order_line.id: 3})
        grandchild = child.fill_backorders({child.order_line.id: 3}).run_order_ids.new_order_id
        grandchild._backorder_carry_in(30, child)
        child._action_cancel()
        # One of its four was not handed on: that is on the original again, and paid there.
        self.assertEqual(self._due(order, child, grandchild), (0, 0, 0))
        self.assertEqual(order.order_line.product_uom_qty, 7)

    def test_invoiced_new_order_keeps_what_was_carried(self):
        order, new, _run = self._carried()
        self._invoice(new)
        new._action_cancel()
        self.assertEqual(new.backorder_carried_amount, 40)

    # -- who --------------------------------------------------------------------------------------

    def test_salesman_fills_and_carries_on_his_own_order(self):
        order = self._short_order()
        self._pay_online(order, 100)
        self.company.backorder_carry_credit = "needed"
        self._stock(self.product, 4)
        mine = order.with_user(self.salesman)
        run = mine.fill_backorders()
        new = run.run_order_ids.new_order_id
        self.assertEqual(new.backorder_carried_amount, 40)
        self.assertEqual((mine.backorder_amount_due, new.backorder_amount_due), (0, 0))
        row = new.backorder_carry_in_ids
        self.assertEqual((row.user_id, row.amount), (self.salesman, 40))
        with self.assertRaises(AccessError):
            self.env["backorder.carry"].with_user(self.salesman).create(
                {
                    "from_order_id": order.id,
                    "to_order_id": new.id,
                    "amount": 1,
                    "kind": "credit",
                    "company_id": self.company.id,
                    "currency_id": order.currency_id.id,
                    "date": fields.Datetime.now(),
                }
            )
        with self.assertRaises(AccessError):
            mine.transaction_ids.mapped("reference")

    def test_salesman_does_not_see_what_others_carry(self):
        order = self._short_order(user_id=self.env.user.id)
        self._pay_online(order, 100)
        new = self._fill(order, 4, carry_credit="needed").run_order_ids.new_order_id
        rows = new.backorder_carry_in_ids
        carries = self.env["backorder.carry"]
        self.assertFalse(carries.with_user(self.salesman).search([("id", "in", rows.ids)]))
        self.assertEqual(carries.with_user(self.manager).search([("id", "in", rows.ids)]), rows)

    def test_dialog_of_an_order(self):
        self.company.backorder_carry_credit = "whole"
        order = self._short_order()
        self._pay_online(order, 130)
        self._stock(self.product, 4)
        dialog = Form(
            self.env["backorder.fill"]
            .with_user(self.salesman)
            .with_context(default_order_id=order.id)
        )
        self.assertEqual((dialog.carry_credit, dialog.carry_balance), ("whole", False))
        self.assertTrue(dialog.makes_new_order)
        self.assertIn("130.00", dialog.payment_note)
        dialog.carry_credit = "needed"
        dialog.save().action_fill()
        new = order.backorder_child_ids
        self.assertEqual((new.backorder_carried_amount, *self._due(order, new)), (40, -30, 0))
        quotation = self._order((self.other, 1), confirm=False)
        dialog = Form(self.env["backorder.fill"].with_context(default_order_id=quotation.id))
        self.assertFalse(dialog.makes_new_order)

    def test_family_and_carries_on_the_order(self):
        order = self._short_order()
        self.assertFalse(order.backorder_family_ids, "an order alone")
        self._pay_online(order, 100)
        new = self._fill(order, 4, carry_credit="needed").run_order_ids.new_order_id
        for record in (order, new):
            record = record.with_user(self.salesman)
            self.assertEqual(record.backorder_family_ids.ids, [order.id, new.id])
            self.assertEqual(record.backorder_carry_ids.mapped("amount"), [40])
        self.assertEqual(order.backorder_carried_label, f"Credit carried to {new.name}")
        self.assertEqual(new.backorder_carried_label, f"Credit carried from {order.name}")
        accountant = new_test_user(
            self.env, "carry_accountant", groups="account.group_account_invoice"
        )
        seen = new.with_user(accountant)
        self.assertEqual((seen.backorder_amount_due, seen.backorder_carried_amount), (0, 40))
        with self.assertRaises(AccessError):
            seen.backorder_carry_ids.mapped("amount")
        view = seen.get_view(self.env.ref("sale.view_order_form").id)["arch"]
        self.assertNotIn("backorder_carry_ids", view)
        self.assertIn("backorder_amount_due", view)

    def test_company_default_is_proposed(self):
        self.company.write({"backorder_carry_credit": "whole", "backorder_carry_balance": True})
        run = self.env["backorder.run"].with_user(self.manager).create({})
        self.assertEqual((run.carry_credit, run.carry_balance), ("whole", True))

    def test_fixed_discount_stays_and_shipping_only_by_the_setting(self):
        discount = self.env["product.product"].create(
            {"name": "Discount", "type": "service", "taxes_id": [Command.clear()]}
        )
        self._stock(self.product, 6)
        order = self._order((self.product, 10), (discount, 1, {"price_unit": -5}))
        self.assertEqual(order.amount_total, 95)
        self._pay_online(order, 95)
        new = self._fill(order, 4, carry_credit="needed").run_order_ids.new_order_id
        self.assertEqual((order.amount_total, new.amount_total), (55, 40))
        self.assertEqual(self._due(order, new), (0, 0))
