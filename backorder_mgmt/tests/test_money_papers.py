"""Invoices and credit notes that say something else than the order: what is asked for follows.

Ten chairs cost 100.00; six were sent and invoiced, four come in later and are charged.
"""

from odoo import Command, fields
from odoo.tests import tagged

from .money_ten import TenChairs


class PapersCommon(TenChairs):
    def setUp(self):
        super().setUp()
        self._card()

    def _sent(self, **values):
        """The order of which six were sent and invoiced; and that invoice."""
        order = self._ten(**values)
        self._do_deliver(order, None, None)
        self._fresh()
        return order, self._invoice(order)

    def _by_hand(self, order, kind, amount):
        """A document of the same customer that knows of no order."""
        line = {"name": "By hand", "quantity": 1, "price_unit": amount, "tax_ids": False}
        move = self.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": order.partner_invoice_id.id,
                "currency_id": order.currency_id.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move.action_post()
        return move

    def _match(self, *documents):
        """*Add* among the outstanding credits of an invoice."""
        lines = self.env["account.move"].union(*documents).line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        self._fresh()

    def assertAsked(self, amounts, order, **options):
        """The rest is filled, and what the original owes is asked for with it; nothing is left.

        The search says what the field says, and the page no more than is asked.
        """
        due = order.backorder_amount_due
        same = [("id", "=", order.id), ("backorder_amount_due", "=", due)]
        self.assertTrue(order.search_count(same), f"*Amount Due* is not {due} in the search")
        self.assertLessEqual(order._backorder_payable_amount(), max(0.0, due))
        new = self._fill_chairs(order, **{"carry_balance": True, **options})
        self.assertEqual(new.transaction_ids.mapped("amount"), amounts)
        self.assertEqual(new.state, "sale")
        self._run_job(self.booking)
        self._bill_all(new)
        return new


@tagged("post_install", "-at_install")
class TestMoneyPapers(PapersCommon):
    def test_a_credit_note_by_hand_is_not_asked_for_with_the_rest(self):
        """A goodwill of 10.00 for scratches is set against the invoice, and 50.00 were paid."""
        order, invoice = self._sent()
        self._match(invoice, self._by_hand(order, "out_refund", 10))
        self._pay_bank(invoice)
        self._fresh()
        self.assertEqual(order.backorder_amount_due, 40)
        new = self.assertAsked([40], order)
        self.assertEqual(self._open(order | new), (0, 0))
        self.assertEqual(self._due(order, new), (0, 0))

    def test_an_invoice_that_a_credit_of_another_order_pays_is_not_asked_for_again(self):
        """An old order of 60.00 was paid and credited; that credit pays this order's invoice."""
        old, paid = self._sent()
        self._pay_bank(paid)
        old.cancel_backorders(reason="Enough")
        note = self._reverse(paid)
        order, invoice = self._sent()
        self._match(invoice, note)
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(self._due(old, order), (60, 40), "sent, credited, and spent")
        self.assertAsked([40], order)

    def test_a_credit_that_paid_something_else_is_not_used_again(self):
        """Six come back and are credited; a repair is paid with that. The rest costs its money."""
        order, invoice = self._sent()
        self._pay_bank(invoice)
        self._send_back(order, 6, self.item["chair"])
        self._fresh()
        note = self._invoice(order, final=True)
        self._fresh()
        self.assertEqual(order.backorder_amount_due, -20)
        self._match(note, self._by_hand(order, "out_invoice", 60))
        self.assertEqual(order.backorder_amount_due, 40)
        self.assertAsked([40], order, carry_credit="needed", carry_balance=False)

    def test_a_document_of_two_families_pays_as_far_as_it_is_of_another(self):
        """One credit note over 60.00 of this order and 20.00 by hand pays an invoice of 80.00."""
        order, invoice = self._sent()
        note = self._reverse(invoice, post=False)
        note.invoice_line_ids = [
            Command.create({"name": "By hand", "quantity": 1, "price_unit": 20, "tax_ids": False})
        ]
        note.action_post()
        self._match(invoice, note)
        # 60.00 are open on the invoice no more: a quarter of them was paid by what is by hand.
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(order.backorder_paid_amount, 15)

    def test_credit_notes_of_the_family_count_as_they_did(self):
        """What is credited of the new order settles the original's invoice; nobody paid by that."""
        order, invoice = self._sent()
        new = self._fill_chairs(order)
        self._bill_all(new)
        self._send_back(new, 4, self.item["chair"])
        self._fresh()
        self._invoice(new, final=True)
        self._fresh()
        self.assertEqual(invoice.amount_residual, 20)
        self.assertEqual(self._due(order, new), (60, -40))
        self.assertEqual(order._backorder_payable_amount(), 20)

    def test_papers_of_elsewhere_in_another_currency(self):
        order, invoice = self._sent(pricelist_id=self.pricelist["euro"].id)
        self._match(invoice, self._by_hand(order, "out_refund", 10))
        self._pay_bank(invoice)
        self._fresh()
        self.assertAsked([40], order)

    def test_a_down_payment_whose_amount_was_changed_on_its_invoice(self):
        """odoo/odoo#29216: 30.00 were proposed, 20.00 invoiced and paid."""
        order = self._ten()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": 30,
            }
        )
        wizard.create_invoices()
        order.invoice_ids.invoice_line_ids.filtered("price_unit").price_unit = 20
        order.invoice_ids.action_post()
        self._pay_bank(order.invoice_ids)
        self._fresh()
        self.assertEqual(order.backorder_amount_due, 80)
        new = self._fill_chairs(order)
        self.assertEqual(new.transaction_ids.mapped("amount"), [40])
        self._bill_all(order | new)
        self.assertEqual(self._open(order | new), (40, 0))
        self.assertEqual(self._due(order, new), (40, 0))


@tagged("post_install", "-at_install")
class TestMoneyOtherPrices(PapersCommon):
    """The six are invoiced at another price than the order has: that is what they cost."""

    def _sent_at(self, price=None, **values):
        """The order, and the invoice of its six at this price, or with other values, paid."""
        order = self._ten(**values.pop("order", {}))
        self._do_deliver(order, None, None)
        self._fresh()
        invoice = order._create_invoices()
        invoice.invoice_line_ids.write({"price_unit": price, **values} if price else values)
        invoice.action_post()
        self._pay_bank(invoice)
        self._fresh()
        return order, invoice

    def _note(self, invoice, quantity, price):
        note = self._reverse(invoice, post=False)
        note.invoice_line_ids.filtered("price_unit").write(
            {"quantity": quantity, "price_unit": price}
        )
        note.action_post()
        self._pay_bank(note)
        self._fresh()
        return note

    def test_a_lower_price_on_the_invoice_is_not_asked_for_with_the_rest(self):
        order, _invoice = self._sent_at(9)
        self.assertEqual((order.backorder_owed_amount, order.backorder_amount_due), (94, 40))
        new = self.assertAsked([40], order)
        self.assertEqual(self._due(order, new), (0, 0))
        self.assertFalse(order.backorder_rounding_amount)

    def test_a_higher_price_on_the_invoice_is_no_credit(self):
        order, _invoice = self._sent_at(12)
        self.assertEqual((order.backorder_owed_amount, order.backorder_amount_due), (112, 40))
        self.assertAsked([40], order, carry_credit="needed")

    def test_a_discount_of_the_invoice(self):
        order, _invoice = self._sent_at(discount=50)
        self.assertAsked([40], order)

    def test_an_invoice_without_the_taxes_of_the_order(self):
        order, _invoice = self._sent_at(order={"tax": self.tax["21"]}, tax_ids=False)
        self.assertEqual(order.backorder_amount_due, 48.4)
        self.assertAsked([48.4], order)

    def test_a_credit_note_that_lowers_the_price_of_what_is_kept(self):
        """A euro for each of the six, and two for each of three of them, are paid back."""
        for quantity, price in ((6, 1), (3, 2)):
            with self.subTest(quantity=quantity):
                order, invoice = self._sent_at()
                self._note(invoice, quantity, price)
                self.assertEqual(
                    (order.backorder_owed_amount, order.backorder_amount_due), (94, 40)
                )
                self.assertAsked([40], order)

    def test_a_fee_for_taking_back(self):
        """One of the six comes back and is credited with 8.00: they keep five, and owe 2.00."""
        order, invoice = self._sent_at()
        self._send_back(order, 1, self.item["chair"])
        self._note(invoice, 1, 8)
        self.assertEqual((order.backorder_owed_amount, order.backorder_amount_due), (92, 40))
        self.assertAsked([40], order)

    def test_a_cancelled_order_owes_what_its_invoices_say(self):
        order, _invoice = self._sent_at(9)
        order._action_cancel()
        self._fresh()
        self.assertEqual((order.backorder_owed_amount, order.backorder_amount_due), (54, 0))
        self.assertTrue(
            order.search_count([("id", "=", order.id), ("backorder_amount_due", "=", 0)])
        )
