"""Money troubles that people reported of other orders, told of an order and its new orders."""

from odoo import Command
from odoo.tests import tagged

from .test_money_table import MoneyTableCommon


@tagged("post_install", "-at_install")
class TestMoneyReported(MoneyTableCommon):
    """Ten chairs for 100.00, six in stock; four become a new order for 40.00."""

    def _ten(self, policy="delivery", price=10.0, stock=6, tax=None, items=()):
        self.item["chair"].invoice_policy = policy
        if stock:
            self._stock(self.item["chair"], stock)
        values = {"price_unit": price, "tax_ids": tax.ids if tax else False}
        return self._order(
            (self.item["chair"], 10, values), *items, require_payment=False, payment_term_id=False
        )

    def _deposit(self, order, amount):
        """An invoiced down payment, paid by bank; its invoice."""
        self._do_down_payment(order, amount, None)
        self._do_bank(order, amount, None)
        return order.invoice_ids

    def _fill_chairs(self, order, quantity=4, **options):
        self._stock(self.item["chair"], quantity)
        values = {"order_ids": [Command.set(order.ids)], "charge_cards": False, **options}
        run = self.env["backorder.run"].create(values)
        run.action_start()
        self._run_job()
        self._fresh()
        return run.run_order_ids.new_order_id

    def _bill_all(self, orders):
        self._deliver_all(orders)
        self._fresh()
        self._bill(orders)

    def _open(self, orders):
        """What is open on the invoices of the orders, and on their credit notes."""
        moves = orders.invoice_ids.filtered(lambda move: move.state == "posted")
        return tuple(
            sum(moves.filtered_domain([("move_type", "=", kind)]).mapped("amount_residual"))
            for kind in ("out_invoice", "out_refund")
        )

    def _reverse(self, invoice):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        wizard.refund_moves()
        wizard.new_move_ids.action_post()
        return wizard.new_move_ids

    def test_a_down_payment_with_backorders_is_deducted_once_and_nothing_stays_open(self):
        """odoo/odoo#187504: a part delivery's invoice became a credit note beside another."""
        for deposit, left in ((30, 70), (80, 20)):  # 80: more than the original has left
            with self.subTest(deposit=deposit):
                order = self._ten()
                self._deposit(order, deposit)
                new = self._fill_chairs(order)
                family = order | new
                self.assertEqual(sum(family.mapped("backorder_amount_due")), left)
                self._bill_all(family)
                self.assertEqual(self._open(family), (left, 0))
                self.assertEqual(sum(family.mapped("backorder_amount_due")), left)

    def test_a_credit_note_that_is_taken_back_changes_nothing(self):
        """odoo/odoo#275684: after it the down payment was forgotten."""
        order = self._ten()
        deposit = self._deposit(order, 30)
        new = self._fill_chairs(order)
        note = self._reverse(deposit)
        self._fresh()
        note.button_draft()
        note.button_cancel()
        self._fresh()
        family = order | new
        self.assertEqual(sum(family.mapped("backorder_amount_due")), 70)
        self.assertEqual(order._backorder_family_money().cap, 70)

    def test_a_down_payment_that_was_paid_back_in_part(self):
        """odoo/odoo#133291: 50 down, 30 of it credited and paid back."""
        order = self._ten()
        deposit = self._deposit(order, 50)
        new = self._fill_chairs(order)
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=deposit.ids)
            .create({"journal_id": deposit.journal_id.id})
        )
        wizard.refund_moves()
        note = wizard.new_move_ids
        note.invoice_line_ids.filtered("price_unit").price_unit = 30
        note.action_post()
        self._pay_bank(note, 30)
        self._fresh()
        family = order | new
        self.assertEqual(sum(family.mapped("backorder_amount_due")), 80)
        self.assertEqual(order._backorder_family_money().cap, 80)

    def test_a_second_invoice_of_a_paid_order_is_asked_for(self):
        """odoo/odoo#155045: the payment of the first one was taken for its own."""
        order = self._ten(policy="order", stock=10)
        self._pay_online(order, 100)._post_process()
        self._invoice(order)
        self.env["sale.order.line"].create(
            {
                "order_id": order.id,
                "product_id": self.item["lamp"].id,
                "product_uom_qty": 1,
                "price_unit": 30,
                "tax_ids": False,
            }
        )
        second = self._invoice(order)
        self._fresh()
        self.assertEqual(second.amount_residual, 30)
        self.assertEqual(second._get_default_payment_link_values()["amount"], 30)
        self.assertEqual(order._backorder_payable_amount(), 30)

    def test_a_final_invoice_credited_and_made_again(self):
        """odoo/odoo#161350: the second one added the down payment instead of deducting it."""
        order = self._ten()
        self._deposit(order, 30)
        new = self._fill_chairs(order)
        family = order | new
        self._bill_all(family)
        final = order.invoice_ids.filtered(lambda move: move.amount_residual)
        self._reverse(final)
        self._fresh()
        self._bill(order)
        self._fresh()
        self.assertEqual(sum(family.mapped("backorder_amount_due")), 70)
        self.assertEqual(order._backorder_family_money().cap, 70)
        self.assertEqual(self._open(family), (70, 0))

    def test_cashback_that_is_larger_than_the_untaxed_items(self):
        """odoo/odoo#26726: 600 and 21 % less 670 without taxes is an order of 56."""
        self._card()
        cashback = (self.item["discount"], 1, {"price_unit": -670.0, "tax_ids": False})
        order = self._ten("order", 60.0, 0, self.tax["21"], items=[cashback])
        self.assertEqual(order.amount_total, 56)
        new = self._fill_chairs(order, 10, charge_cards=True)
        self.assertEqual(new.transaction_ids.mapped("amount"), [56])
        self.assertEqual(new.state, "sale")
        self.assertEqual(sum((order | new).mapped("backorder_amount_due")), 0)

    def test_a_duplicate_is_of_no_family_and_has_no_money(self):
        """A clerk duplicates an order, or its new order, to sell the same again."""
        order = self._ten("order")
        self._pay_online(order, 100)
        new = self._fill_chairs(order, carry_credit="needed")
        self.assertEqual(new.backorder_amount_due, 0)
        for source, total in ((order, 60), (new, 40)):
            with self.subTest(source=source.name):
                copy = source.copy()
                self._fresh()
                self.assertFalse(copy.backorder_parent_id)
                self.assertEqual(copy._backorder_family(), copy)
                self.assertEqual((copy.amount_total, copy.backorder_amount_due), (total, total))
                self.assertFalse(copy.backorder_carried_amount)
                self.assertFalse(sum(copy.order_line.mapped("backorder_moved_qty")))
        self.assertEqual(len(order._backorder_family()), 2)

    def test_what_is_left_of_a_part_that_was_captured_can_be_captured_for_the_new_order(self):
        """juspay/hyperswitch#2036: the rest of an authorisation was lost after a first capture."""
        order = self._ten("order")
        payment = self._pay_online(order, 100, "authorized")
        payment._capture(60)
        payment.child_transaction_ids.filtered(lambda tx: tx.state == "draft")._set_done()
        self._fresh()
        new = self._fill_chairs(order, charge_cards=True)
        captures = payment.child_transaction_ids.filtered(lambda tx: tx.state == "done")
        self.assertEqual(sorted(captures.mapped("amount")), [40, 60])
        self.assertEqual(new.state, "sale")
        self.assertEqual(sum((order | new).mapped("backorder_amount_due")), 0)
        self.assertFalse(order.backorder_leftover_note)
