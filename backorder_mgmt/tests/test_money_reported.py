"""Money troubles that people reported of other orders, told of an order and its new orders."""

from odoo.tests import tagged

from .money_ten import TenChairs


@tagged("post_install", "-at_install")
class TestMoneyReported(TenChairs):
    fill_options = {"charge_cards": False}

    def _deposit(self, order, amount):
        """An invoiced down payment, paid by bank; its invoice."""
        self._do_down_payment(order, amount, None)
        self._do_bank(order, amount, None)
        return order.invoice_ids

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
        note = self._reverse(deposit, post=False)
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
        order = self._ten(60.0, self.tax["21"], 0, "order", items=[cashback])
        self.assertEqual(order.amount_total, 56)
        new = self._fill_chairs(order, 10, charge_cards=True)
        self.assertEqual(new.transaction_ids.mapped("amount"), [56])
        self.assertEqual(new.state, "sale")
        self.assertEqual(sum((order | new).mapped("backorder_amount_due")), 0)

    def test_a_duplicate_is_of_no_family_and_has_no_money(self):
        """A clerk duplicates an order, or its new order, to sell the same again."""
        order = self._ten(policy="order")
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
        order = self._ten(policy="order")
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

    def test_a_late_word_of_the_provider_does_not_wake_what_was_refunded_and_cancelled(self):
        """mollie/WooCommerce#1252: “paid” came once more after the refund, and the order was
        processed again."""
        self._card()
        order = self._ten()
        new = self._fill_chairs(order, charge_cards=True)
        payment = new.transaction_ids
        self.assertEqual((payment.amount, new.state), (40, "sale"))
        payment._create_child_transaction(40, is_refund=True)._set_done()
        new._action_cancel()
        before = self.env["payment.transaction"].search_count([])
        payment._set_done()
        self._run_job(self.booking)
        self._run_job()
        self._fresh()
        self.assertEqual((new.state, self._charge(new).state), ("cancel", "done"))
        self.assertEqual((new.backorder_paid_amount, new.backorder_amount_due), (0, 0))
        self.assertEqual(self.env["payment.transaction"].search_count([]), before)

    def test_an_order_in_another_currency_that_is_invoiced_and_paid_in_the_company_s(self):
        """OCA/sale-workflow#4160: what was invoiced was taken off in the company's currency."""
        order = self._ten(pricelist_id=self.pricelist["euro"].id)
        self._pay_online(order, 20)
        self._do_deliver(order, None, None)
        self._bill(order)
        [invoice] = order.invoice_ids
        self.assertEqual((invoice.amount_total, invoice.currency_id.name), (60, "EUR"))
        # 20 of it were paid online; 40 dollars are 20 euros.
        self._run_job(self.booking)
        self._pay_bank(invoice, 40, currency_id=self.company.currency_id.id)
        self._fresh()
        self.assertEqual((order.backorder_paid_amount, order.backorder_amount_due), (40, 60))
        self.assertEqual(order._backorder_family_money().cap, 60)

    def test_what_was_voided_of_an_authorization_is_not_captured_by_a_fill(self):
        """woocommerce-gateway-stripe#757: a part was voided, then nothing, or all, was taken."""
        order = self._ten()
        authorized = self._pay_online(order, 100, "authorized")
        authorized._create_child_transaction(70)._set_canceled()
        new = self._fill_chairs(order, charge_cards=True)
        taken = authorized.child_transaction_ids.filtered(lambda tx: tx.state == "done")
        self.assertEqual(taken.mapped("amount"), [30], "of forty: no more was left of it")
        self.assertEqual((new.state, self._due(order, new)), ("draft", (60, 10)))
