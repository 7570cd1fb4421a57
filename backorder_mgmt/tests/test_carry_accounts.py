"""Paid and invoiced originals: the accounts stay right, and Odoo's own checks see what is due."""

from odoo import Command
from odoo.tests import tagged

from .test_carry import CarryCommon


@tagged("post_install", "-at_install")
class TestCarryAccounts(CarryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes = {
            included: cls.env["account.tax"].create(
                {
                    "name": f"15 {included}",
                    "amount": 15,
                    "price_include_override": "tax_included" if included else "tax_excluded",
                }
            )
            for included in (False, True)
        }
        cls.journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )

    def _with_entries(self):
        """Payments get an entry on an outstanding account, as many charts of accounts have it."""
        account = self.env["account.account"].create(
            {"name": "Outstanding", "code": "101499", "account_type": "asset_current"}
        )
        account.reconcile = True
        self.journal.inbound_payment_method_line_ids.payment_account_id = account
        self.journal.outbound_payment_method_line_ids.payment_account_id = account

    def _taxed_order(self, included=False, policy="order"):
        """10 hammers for 115.00 with 15 % tax, 6 in stock."""
        self.product.invoice_policy = policy
        self._stock(self.product, 6)
        price = 11.5 if included else 10
        values = {"price_unit": price, "tax_ids": [Command.set(self.taxes[included].ids)]}
        order = self._order((self.product, 10, values))
        self.assertAlmostEqual(order.amount_total, 115, 2)
        return order

    def _cases(self):
        """Taxes on top and included; payments without and with an entry of their own."""
        for included in (False, True):
            if included:
                self._with_entries()
            with self.subTest(included=included):
                yield included

    def _receivable(self, orders):
        """What the customer owes for these orders' invoices, by the books."""
        self.env.flush_all()
        self.env.invalidate_all()
        lines = orders.invoice_ids.filtered(lambda move: move.state == "posted").line_ids
        lines = lines.filtered(lambda line: line.account_type == "asset_receivable")
        return sum(lines.mapped("amount_residual"))

    def assertInvoices(self, orders, *amounts):
        """The posted invoices and credit notes of these orders, in the order they were made."""
        invoices = orders.invoice_ids.filtered(lambda move: move.state == "posted").sorted("id")
        self.assertEqual([round(m.amount_total_signed, 2) for m in invoices], list(amounts))

    # -- invoiced on the ordered quantity ---------------------------------------------------------

    def test_invoiced_and_paid_original_is_filled_in_place(self):
        for included in self._cases():
            order = self._taxed_order(included)
            self.assertEqual(self._due(order), (115,))
            self._pay_bank(self._invoice(order))
            self.assertEqual(order.amount_paid, 0, "Odoo counts transactions only")
            self.assertEqual((order.backorder_paid_amount, *self._due(order)), (115, 0))
            run = self._fill(order, 4, carry_credit="whole", carry_balance=True)
            self.assertFalse(run.run_order_ids.new_order_id)
            self.assertHeld(order.order_line, 0, reserved=10)
            self._deliver(order.picking_ids)
            self.assertEqual(order.invoice_status, "invoiced")
            self.assertInvoices(order, 115)
            self.assertTrue(order._is_paid())
            self.assertFamily(order, 0)

    def test_partly_invoiced_original_moves_the_rest(self):
        for included in self._cases():
            order = self._taxed_order(included)
            invoice = order._create_invoices()
            invoice.invoice_line_ids.quantity = 6
            invoice.action_post()
            self._pay_bank(invoice)
            self.assertEqual(self._due(order), (46,))
            new = self._fill(order, 4, carry_credit="whole", carry_balance=True)
            new = new.run_order_ids.new_order_id
            self.assertEqual((order.amount_total, new.amount_total), (69, 46))
            self.assertEqual(self._due(order, new), (0, 46))
            self.assertFalse(new.backorder_carried_amount)
            self._pay_bank(self._invoice(new))
            self.assertEqual(self._due(order, new), (0, 0))
            self.assertEqual((order.invoice_status, new.invoice_status), ("invoiced",) * 2)
            self.assertInvoices(order | new, 69, 46)

    # -- invoiced on the delivered quantity -------------------------------------------------------

    def test_delivered_invoiced_and_paid_original_moves_the_rest(self):
        for included in self._cases():
            order = self._taxed_order(included, policy="delivery")
            self._deliver(order.picking_ids)
            self._pay_bank(self._invoice(order))
            self.assertEqual(self._due(order), (46,))
            new = self._fill(order, 4, carry_balance=True).run_order_ids.new_order_id
            self.assertEqual(self._due(order, new), (0, 46))
            self._deliver(new.picking_ids)
            self._pay_bank(self._invoice(new))
            self.assertEqual(self._due(order, new), (0, 0))
            self.assertEqual((order.invoice_status, new.invoice_status), ("invoiced",) * 2)
            self.assertInvoices(order | new, 69, 46)
            self.assertFamily(order, 0)

    # -- paid before it is invoiced ---------------------------------------------------------------

    def test_paid_down_payment_follows_the_items(self):
        """Everything is paid in advance: the new order costs nothing more, and in the books its
        invoice is settled by the credit note that closes the original."""
        self._with_entries()
        for policy in ("order", "delivery"):
            for included in (False, True):
                with self.subTest(policy=policy, included=included):
                    order = self._taxed_order(included, policy)
                    self.env["sale.advance.payment.inv"].create(
                        {
                            "sale_order_ids": [Command.set(order.ids)],
                            "advance_payment_method": "percentage",
                            "amount": 100,
                        }
                    ).create_invoices()
                    order.invoice_ids.action_post()
                    self._pay_bank(order.invoice_ids)
                    self.assertEqual(self._due(order), (0,))
                    new = self._fill(order, 4, carry_credit="needed").run_order_ids.new_order_id
                    self.assertEqual(new.backorder_carried_amount, 46)
                    self.assertEqual(self._due(order, new), (0, 0))
                    self._deliver(order.picking_ids)
                    self._deliver(new.picking_ids)
                    credit_note, invoice = self._invoice(order, final=True), self._invoice(new)
                    self.assertInvoices(order | new, 115, -46, 46)
                    # Settled with each other by themselves: no new money, nothing counts twice.
                    self.assertEqual(credit_note.amount_residual + invoice.amount_residual, 0)
                    self.assertEqual(invoice.amount_residual, 0)
                    self.assertEqual(self._due(order, new), (0, 0))
                    self.assertEqual((order.invoice_status, new.invoice_status), ("invoiced",) * 2)
                    self.assertEqual(self._receivable(order | new), 0)

    def test_online_payment_counts_once_with_its_invoice(self):
        """Odoo makes a payment of the transaction and settles the invoice with it."""
        self._with_entries()
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", True)
        order = self._taxed_order()
        self._pay_online(order, 115)._post_process()
        self.assertEqual(order.invoice_ids.amount_total, 115)
        self.assertIn(order.invoice_ids.payment_state, ("paid", "in_payment"))
        self.assertEqual((order.backorder_paid_amount, *self._due(order)), (115, 0))
        self.assertFalse(self._fill(order, 4).run_order_ids.new_order_id, "invoiced already")
        self.assertFamily(order, 0)

    def test_carried_credit_settles_the_new_invoice(self):
        """As Odoo does it for an order that is paid online, whichever invoice comes first."""
        self._with_entries()
        for original_first in (True, False):
            with self.subTest(original_first=original_first):
                order = self._taxed_order()
                self._pay_online(order, 115)._post_process()
                new = self._fill(order, 4, carry_credit="needed").run_order_ids.new_order_id
                for each in (order, new) if original_first else (new, order):
                    invoice = self._invoice(each)
                    self.assertEqual(invoice.amount_residual, 0)
                self.assertEqual(self._receivable(order | new), 0)
                self.assertInvoices(order | new, *((69, 46) if original_first else (46, 69)))
                # The payment that settles both counts once, where it came in.
                self.assertEqual(self._due(order, new), (0, 0))
                self.assertFamily(order, 0)
        # Paid in part only: nothing is settled by itself, the original's money stays its own.
        order = self._taxed_order()
        self._pay_online(order, 80)._post_process()
        new = self._fill(order, 4, carry_credit="needed").run_order_ids.new_order_id
        self.assertEqual(self._due(order, new), (0, 35))
        self.assertEqual(self._invoice(new).amount_residual, 46)
        self.assertEqual(self._invoice(order).amount_residual, 0)

    def test_paid_balance_settles_the_original_invoice(self):
        """What the original's open invoice asks for was paid with the new order."""
        self._with_entries()
        for invoiced_first in (True, False):
            with self.subTest(invoiced_first=invoiced_first):
                order = self._taxed_order(policy="delivery")
                self._deliver(order.picking_ids)
                if invoiced_first:
                    self._invoice(order)
                new = self._fill(order, 4, carry_balance=True).run_order_ids.new_order_id
                self.assertEqual(self._due(order, new), (0, 115))
                self._pay_online(new, 115)._post_process()
                self._deliver(new.picking_ids)
                self._invoice(new)
                if not invoiced_first:
                    self._invoice(order)
                self.assertEqual(self._receivable(order | new), 0)
                self.assertEqual(self._due(order, new), (0, 0))
                self.assertInvoices(order | new, *((69, 46) if invoiced_first else (46, 69)))

    def test_an_invoice_of_two_orders_is_shared_by_value(self):
        for _included in self._cases():
            orders = self._taxed_order() | self._taxed_order(included=True)
            orders |= self._order((self.other, 1, {"price_unit": 70}))
            invoice = orders._create_invoices()
            self.assertEqual(len(invoice), 1)
            invoice.action_post()
            self._pay_bank(invoice, 150)  # of 300
            self.assertEqual(self._due(*orders), (57.5, 57.5, 35))

    def test_money_paid_back_is_not_paid(self):
        for _included in self._cases():
            order = self._taxed_order()
            invoice = self._invoice(order)
            self._pay_bank(invoice)
            order.order_line.product_uom_qty = 6
            credit_note = self._invoice(order, final=True)
            self.assertEqual(self._due(order), (-46,))
            self._pay_bank(credit_note)
            self.assertEqual((order.backorder_paid_amount, *self._due(order)), (69, 0))

    # -- Odoo's own checks ------------------------------------------------------------------------

    def _link(self, order):
        values = order._get_default_payment_link_values()
        return values["amount"], values["amount_max"], values["amount_paid"]

    def test_payment_link_asks_for_what_is_due(self):
        order = self._short_order()
        self._pay_online(order, 70)
        new = self._fill(order, 4, carry_credit="whole").run_order_ids.new_order_id
        self.assertEqual(self._link(new), (30, 30, 10))
        self.assertEqual(self._link(order), (0, 0, 60))
        self.assertEqual((new.amount_paid, order.amount_paid), (10, 60))
        unpaid = self._short_order()
        new = self._fill(unpaid, 4, carry_balance=True).run_order_ids.new_order_id
        self.assertEqual(self._link(new), (100, 100, -60))
        self.assertTrue(unpaid._is_paid())

    def test_new_quotation_is_confirmed_by_paying_what_is_due(self):
        for paid, options, due in (
            (70, {"carry_credit": "whole"}, 30),
            (0, {"carry_balance": True}, 100),
        ):
            with self.subTest(due=due):
                order = self._short_order(require_payment=True, prepayment_percent=1.0)
                if paid:
                    self._pay_online(order, paid)
                run = self._fill(order, 4, approve_complete=False, approve_partial=False, **options)
                new = run.run_order_ids.new_order_id
                new.write({"require_payment": True, "prepayment_percent": 1.0})
                self.assertEqual((new.state, new._has_to_be_paid()), ("draft", True))
                self.assertEqual(self._link(new)[0], due)
                self.assertEqual(new._get_prepayment_required_amount(), due)
                self._pay_online(new, due - 1)._check_amount_and_confirm_order()
                self.assertEqual(new.state, "draft")
                self._pay_online(new, 1)._check_amount_and_confirm_order()
                self.assertEqual((new.state, new._is_paid()), ("sale", True))
                self.assertFalse(new._has_to_be_paid())
                self.assertFamily(order, 0)

    def test_down_payment_invoice_is_of_the_money_that_came(self):
        """With automatic invoices Odoo invoices a partial payment as a down payment: not what was
        carried, and never a negative amount."""
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", True)
        order = self._short_order()
        new = self._fill(order, 4, carry_balance=True).run_order_ids.new_order_id
        self._pay_online(new, 30)._post_process()
        self.assertEqual(new.invoice_ids.amount_total, 30)
        self.assertEqual(self._due(order, new), (0, 70))
