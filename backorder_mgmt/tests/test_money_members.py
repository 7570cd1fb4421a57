"""Money of orders and new orders in cases that no list names; every figure worked out by hand."""

from odoo.tests import tagged

from .money_ten import TenChairs


@tagged("post_install", "-at_install")
class TestMoneyMembers(TenChairs):
    fill_options = {"carry_credit": "needed"}

    def setUp(self):
        super().setUp()
        self._card()

    def test_a_deposit_of_items_that_all_moved_is_not_asked_for_again(self):
        """30.00 in advance, invoiced by Odoo; the card pays the 70.00 that are left of 100.00."""
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "True")
        order = self._ten(stock=0)
        self._do_card_pays(order, 30, None)
        new = self._fill_chairs(order, 10)
        self.assertEqual(new.transaction_ids.mapped("amount"), [70])
        self._run_job(self.booking)
        self.assertEqual(self._due(order, new), (0, 0))
        self.assertEqual(self._open(order | new), (30, 0), "the credit note is not made yet")
        self.assertEqual(self._on_invoice_pages(order | new), 0)
        self._bill_all(order | new)
        self.assertEqual(self._open(order | new), (0, 0))

    def test_an_open_deposit_and_a_final_invoice_ask_for_the_order_once(self):
        order = self._ten(policy="order")
        self._do_down_payment(order, 30, None)
        order._create_invoices(final=False).action_post()
        self._fresh()
        self.assertEqual(sum(order.invoice_ids.mapped("amount_total")), 130)
        self.assertEqual(order.invoice_ids._backorder_payable_amount(), 100)

    def test_a_part_captured_and_the_rest_voided(self):
        order = self._ten()
        self._do_authorise(order, 100, None)
        self._do_capture(order, 30, None)
        self._do_void(order, 70, None)
        drafts = order.transaction_ids.child_transaction_ids
        drafts.filtered(lambda tx: tx.state == "draft")._set_canceled()
        new = self._fill_chairs(order)
        self.assertEqual(new.transaction_ids.mapped("amount"), [40])
        self.assertEqual(self._due(order, new), (30, 0))

    def test_cents_of_cash_rounding_are_a_credit(self):
        """Six at 0.99 are 5.94 and paid with 5.95; four are 3.96, of which 0.01 is paid."""
        order = self._ten(price=0.99)
        accounts = self.env["account.account"]
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "5 cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "rounding_method": "HALF-UP",
                "profit_account_id": accounts.search(
                    [("account_type", "=", "income"), ("company_ids", "in", self.company.ids)],
                    limit=1,
                ).id,
                "loss_account_id": accounts.search(
                    [("account_type", "=", "expense"), ("company_ids", "in", self.company.ids)],
                    limit=1,
                ).id,
            }
        )
        self._do_deliver(order, None, None)
        invoice = order._create_invoices()
        invoice.invoice_cash_rounding_id = rounding
        invoice.action_post()
        self.assertEqual(invoice.backorder_payable_amount, 5.95)
        self._pay_bank(invoice)
        new = self._fill_chairs(order)
        self.assertEqual(new.transaction_ids.mapped("amount"), [3.95])
        self.assertEqual(self._due(order, new), (0, 0))

    def test_a_payment_under_way_that_comes_or_fails_after_the_bank_paid(self):
        for end, left, asked in (("done", -40, 20), ("error", 0, 60)):
            with self.subTest(end=end):
                order = self._ten()
                new = self._fill_chairs(order, charge_cards=False)
                slow = self._pay_online(new, 40, "pending")
                slow._set_pending()
                self._bill_all(new)
                self._pay_bank(new.invoice_ids, 40)
                self.assertEqual(self._link(order), 20, "it may still come")
                if end == "done":
                    slow._set_done()
                    slow._post_process()
                else:
                    slow._set_error("Refused")
                self.assertEqual(self._due(order, new), (60, left))
                self.assertEqual(self._link(order), asked)

    def test_a_refund_under_way_that_fails(self):
        """40.00 of 100.00 go back, so the card is asked for the new order; they do not arrive."""
        order = self._ten()
        self._do_card_pays(order, 100, None)
        refund = order.transaction_ids._create_child_transaction(40, is_refund=True)
        refund._set_pending()
        new = self._fill_chairs(order)
        self.assertEqual(new.transaction_ids.mapped("amount"), [40])
        refund._set_error("Account closed")
        self.assertEqual(self._due(order, new), (-40, 0))
        self.assertEqual((self._link(order), self._link(new)), (0, 0))

    def test_a_paid_new_order_that_is_cancelled_and_filled_again(self):
        """The 40.00 count for the family: of 100.00 the two orders are asked for 60.00 more."""
        order = self._ten()
        first = self._fill_chairs(order)
        first._action_cancel()
        self.assertEqual(self._due(order, first), (100, -40))
        self.assertEqual(self._link(order), 60)
        second = self._fill_chairs(order, 1)
        self.assertEqual(second.transaction_ids.mapped("amount"), [40])
        self.assertEqual(self._link(order), 20)

    def test_one_invoice_of_the_original_and_its_new_order(self):
        order = self._ten()
        self._do_card_pays(order, 100, None)
        new = self._fill_chairs(order, carry_credit="none")
        self._deliver_all(order | new)
        self._fresh()
        (order | new)._create_invoices().action_post()
        self._run_job(self.booking)
        self._fresh()
        self.assertEqual((order | new).invoice_ids.mapped("amount_total"), [100])
        self.assertEqual(self._open(order | new), (0, 0))

    def test_a_new_order_without_tax_owes_less_than_was_carried(self):
        """121.00 paid; 48.40 are carried, and the four that are exported cost 40.00."""
        self.company.backorder_approve_new_order = False
        order = self._ten(tax=self.tax["21"])
        self._do_card_pays(order, 121, None)
        new = self._fill_chairs(order)
        new.order_line.tax_ids = False
        self.assertEqual(self._due(order, new), (0, -8.4))
        new.action_confirm()
        self._bill_all(order | new)
        self.assertEqual(self._open(order | new), (0, 0))
        self.assertEqual(self._due(order, new), (0, -8.4))
