"""Money in another currency than its order's: the price list changed, or who paid chose another."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .money_ten import TenChairs


@tagged("post_install", "-at_install")
class TestMoneyCurrency(TenChairs):
    """Two of the company's currency (dollars, say) are one euro."""

    def assertMoney(self, order, paid, due, online=None):
        """What the order, Odoo's own field (``online``), the search, page and link say."""
        self._fresh()
        self.assertEqual((order.backorder_paid_amount, order.backorder_amount_due), (paid, due))
        self.assertEqual(order.amount_paid, paid if online is None else online)
        for operator, expected in (("=", True), ("<", False), (">", False)):
            domain = [("id", "=", order.id), ("backorder_amount_due", operator, due)]
            self.assertEqual(bool(order.search_count(domain)), expected, operator)
        self.assertEqual(order._backorder_payable_amount(), max(0, due))
        self.assertEqual(order._get_default_payment_link_values()["amount_max"], max(0, due))

    def _to_euros(self, order):
        order.pricelist_id = self.pricelist["euro"]
        self.assertEqual((order.currency_id.name, order.amount_total), ("EUR", 100))

    def _quotation(self):
        return self._ten(confirm=False)

    def test_what_was_paid_before_the_price_list_changed_is_converted(self):
        order = self._quotation()
        self._pay_online(order, 60)
        self.assertMoney(order, 60, 40)
        self._to_euros(order)
        self.assertMoney(order, 30, 70)
        order.pricelist_id = self.pricelist["yen"]
        self.assertMoney(order, 60 * 150, 100 - 60 * 150)
        order.pricelist_id = self.pricelist["home"]
        self.assertMoney(order, 60, 40)

    def test_at_the_rate_of_the_day_of_the_payment(self):
        order = self._quotation()
        payment = self._pay_online(order, 60)
        payment.last_state_change = fields.Datetime.subtract(payment.last_state_change, days=10)
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.pricelist["euro"].currency_id.id,
                "company_id": self.company.id,
                "name": fields.Date.subtract(fields.Date.today(), days=20),
                "rate": 0.25,
            }
        )
        order.pricelist_id = self.pricelist["euro"]
        # The dollars are the company's own: only the order's day counts.
        self.assertMoney(order, 30, 70)
        order.pricelist_id = self.pricelist["home"]
        payment.currency_id = self.pricelist["euro"].currency_id
        # 60 euros were 240 dollars ten days ago.
        self.assertMoney(order, 240, -140)

    def test_refunds_and_authorized_parts_too(self):
        order = self._quotation()
        payment = self._pay_online(order, 60)
        payment._create_child_transaction(20, is_refund=True)._set_done()
        self._pay_online(order, 40, "authorized")
        self._to_euros(order)
        self._fresh()
        self.assertEqual((order.backorder_paid_amount, order.backorder_authorized_amount), (20, 20))
        self.assertEqual(order.backorder_amount_due, 80)
        self.assertEqual(order._backorder_payable_amount(), 60)

    def test_the_card_is_asked_for_the_rest_in_the_new_currency(self):
        self._card()
        order = self._quotation()
        self._pay_online(order, 60)
        self._to_euros(order)
        order.action_confirm()
        new = self._fill_chairs(order, carry_credit="none")
        self.assertEqual(
            new.transaction_ids.mapped(lambda tx: (tx.amount, tx.currency_id.name)), [(40, "EUR")]
        )
        self.assertEqual(self._due(order, new), (30, 0))
        self.assertEqual(order._backorder_family_money().cap, 30)

    def test_who_paid_enough_in_the_old_currency_is_asked_for_nothing(self):
        self._card()
        order = self._quotation()
        self._pay_online(order, 200)
        self._to_euros(order)
        order.action_confirm()
        new = self._fill_chairs(order, carry_credit="needed")
        self.assertEqual((new.state, new.transaction_ids.ids), ("sale", []))
        self.assertEqual(self._due(order, new), (0, 0))

    def test_what_was_carried_keeps_the_currency(self):
        self.company.backorder_approve_new_order = False
        order = self._ten()
        self._pay_online(order, 100)
        new = self._fill_chairs(order, carry_credit="needed")
        self.assertEqual((new.state, new.backorder_carried_amount), ("draft", 40))
        with self.assertRaises(ValidationError) as refused:
            new.pricelist_id = self.pricelist["euro"]
        self.assertIn(f"{new.name} stays in", str(refused.exception))
        self._fresh()
        self.assertEqual((new.currency_id, self._due(order, new)), (order.currency_id, (0, 0)))
        new._action_cancel()
        self.assertEqual(self._due(order), (0,), "items and money are back on the original")

    def test_what_is_asked_for_keeps_the_currency_until_it_is_given_up(self):
        self._card("error")
        order = self._ten()
        new = self._fill_chairs(order)
        charge = self._charge(new)
        with self.assertRaises(ValidationError) as refused:
            new.pricelist_id = self.pricelist["euro"]
        self.assertIn("Press Give Up", str(refused.exception))
        self._fresh()
        self.assertEqual((new.currency_id, charge.state), (order.currency_id, "failed"))
        charge.action_give_up()
        new.pricelist_id = self.pricelist["euro"]
        self.assertEqual(new.currency_id.name, "EUR")

    def test_an_authorization_in_another_currency_is_not_captured(self):
        """100 dollars are not 100 euros; nothing is taken that could not be carried."""
        self.company.backorder_charge_cards = False
        self.company.backorder_approve_new_order = False
        order = self._ten()
        authorized = self._pay_online(order, 100, "authorized")
        new = self._fill_chairs(order, carry_credit="none")
        new.pricelist_id = self.pricelist["euro"]
        run = self.env["backorder.run"].create(
            {
                "kind": "process",
                "order_ids": [Command.set(new.ids)],
                "credit_card_mode": "capture",
                "approve": True,
            }
        )
        run.action_start()
        self._run_job()
        self._fresh()
        self.assertFalse(authorized.child_transaction_ids)
        self.assertEqual(new.state, "draft")

    # -- payments of invoices without an entry of their own ---------------------------------------

    def _no_outstanding_account(self):
        """With a module for bank statements payments have no entry until the bank confirms them."""
        self.startPatcher(
            patch.object(
                type(self.env["account.move"]),
                "_get_invoice_in_payment_state",
                lambda moves: "in_payment",
            )
        )
        journals = self.env["account.journal"].search([("company_id", "=", self.company.id)])
        for lines in (
            journals.inbound_payment_method_line_ids,
            journals.outbound_payment_method_line_ids,
        ):
            lines.payment_account_id = False

    def test_an_invoice_paid_in_another_currency_is_paid(self):
        self._no_outstanding_account()
        order = self._ten(stock=10)
        self._do_deliver(order, None, None)
        self._bill(order)
        payment = self._pay_bank(
            order.invoice_ids, 20, currency_id=self.pricelist["euro"].currency_id.id
        )
        self.assertFalse(payment.move_id)
        self.assertMoney(order, 40, 60, online=0)

    def test_one_payment_of_two_invoices_is_not_counted_twice(self):
        self._no_outstanding_account()
        orders = self._ten(stock=10) | self._ten(stock=10)
        for order in orders:
            self._do_deliver(order, None, None)
            self._bill(order)
        payment = self._pay_bank(orders.invoice_ids, 150, group_payment=True)
        self.assertEqual((len(payment), payment.move_id.ids), (1, []))
        self.assertEqual(sum(orders.mapped("backorder_paid_amount")), 150)
        for order in orders:
            self.assertMoney(order, 75, 25, online=0)
