"""The payment pages and links of invoices ask for no more than their orders still owe."""

import re

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from odoo.addons.backorder_mgmt.models.base.batch import linked_ids

from .common import PageCase
from .test_charge import ChargeCommon


class InvoicePagesCommon(ChargeCommon):
    """Ten hammers for 100.00; 4 of them become a new order for 40.00."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider.is_published = True
        cls.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "True")

    def _pay_online(self, order, amount, state="done", **values):
        transaction = super()._pay_online(order, amount, state, **values)
        if state == "pending":
            transaction._set_pending()
        return transaction

    def _link(self, invoice):
        """What *Generate a Payment Link* of the invoice proposes."""
        wizard = self.env["payment.link.wizard"].with_context(
            active_model="account.move", active_id=invoice.id
        )
        return wizard.default_get(["amount"])["amount"]


@tagged("post_install", "-at_install")
class TestInvoiceLinks(InvoicePagesCommon):
    def test_what_is_being_paid_on_the_order_is_not_asked_for_by_its_invoice(self):
        for state in ("pending", "done"):  # done: Odoo books it on the invoice by a job
            with self.subTest(state=state):
                order = self._short_order(stock=10)
                invoice = self._invoice(order)
                self.assertEqual(self._link(invoice), 100)
                self._pay_online(order, 30, state)
                self.env.invalidate_all()
                self.assertEqual(self._link(invoice), 70)
                self._pay_online(order, 70, state)
                self.env.invalidate_all()
                self.assertEqual(self._link(invoice), 0)
                self.assertFalse(invoice._has_to_be_paid())
                self.assertTrue(invoice._get_online_payment_error())

    def test_what_is_paid_on_the_original_is_not_asked_for_by_the_new_order_s_invoice(self):
        order = self._short_order()
        self._pay_online(order, 100)
        order, new, _run = self._filled(order=order)
        invoice = self._invoice(new)
        self.env.invalidate_all()
        self.assertEqual(self._link(invoice), 0)
        self._run_job(self.booking)
        self.env.invalidate_all()
        self.assertEqual(invoice.amount_residual, 0, "booked in the end")

    def test_each_invoice_of_a_family_that_paid_nothing_is_asked_for(self):
        order, new, _run = self._filled()
        self.assertEqual(new.state, "draft")
        new.action_confirm()
        self.assertEqual(self._link(self._invoice(new)), 40)
        self.assertEqual(self._link(self._invoice(order)), 60)

    def test_what_a_clerk_changes_on_the_invoice_can_be_paid(self):
        """Another price, and a line that no order has: the invoice is the agreement then."""
        order = self._short_order(stock=10)
        invoice = order._create_invoices()
        invoice.invoice_line_ids.price_unit = 12
        invoice.write(
            {
                "invoice_line_ids": [
                    Command.create({"name": "Gift wrap", "price_unit": 5, "tax_ids": False})
                ]
            }
        )
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 125)
        self.assertEqual(self._link(invoice), 125)

    def test_down_payments_are_asked_for(self):
        order = self._short_order()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": 30,
            }
        )
        wizard.create_invoices()
        deposit = order.invoice_ids
        deposit.action_post()
        self.assertEqual(self._link(deposit), 30)
        order._action_cancel()
        self.env.invalidate_all()
        self.assertEqual(self._link(deposit), 30, "invoiced, and not credited")

    def test_all_overdue_invoices_at_once_count_on_each_family(self):
        """One pending payment of two customers' orders is shared out between them."""
        orders = self._short_order(stock=10), self._short_order(stock=10)
        invoices = self._invoice(orders[0]) | self._invoice(orders[1])
        self.assertEqual(invoices._backorder_payable_amount(), 200)
        together = self._pay_online(orders[0], 200, "pending")
        together.write({"sale_order_ids": [Command.clear()]})
        together.invoice_ids = invoices
        self.env.invalidate_all()
        for order in orders:
            self.assertEqual(order._backorder_family_money().asked, 100)
            self.assertEqual(order._backorder_payable_amount(), 0)
        self.assertEqual(invoices._backorder_payable_amount(), 0)

    def test_a_clerk_charges_a_saved_card_for_what_is_open_and_not_being_paid(self):
        """*Pay* on the invoice, with the customer's card."""
        card = self._card()
        self.provider.capture_manually = False
        order = self._short_order(stock=10)
        invoice = self._invoice(order)
        self._pay_online(order, 30, "pending")
        journal = self.provider.journal_id
        way = journal.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider
        )
        options = {
            "journal_id": journal.id,
            "payment_method_line_id": way.id,
            "payment_token_id": card.id,
        }
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "70.00"):
            self._pay_bank(invoice, **options)
        self.assertFalse(invoice.transaction_ids)
        self._pay_bank(invoice, 70, **options)
        self.assertEqual(invoice.transaction_ids.mapped("amount"), [70])
        self.assertEqual(invoice.amount_residual, 30)

    def test_a_clerk_charges_a_saved_card_in_another_currency_than_the_invoice_s(self):
        card = self._card()
        self.provider.capture_manually = False
        other = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", self.company.currency_id.id)], limit=1)
        )
        other.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": other.id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "rate": 2.0,
            }
        )
        journal = self.provider.journal_id
        way = journal.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == self.provider
        )
        options = {
            "currency_id": other.id,
            "journal_id": journal.id,
            "payment_method_line_id": way.id,
            "payment_token_id": card.id,
        }
        order = self._short_order(stock=10)
        invoice = self._invoice(order)
        self._pay_online(order, 30, "pending")
        self.env.invalidate_all()
        with self.assertRaises(ValidationError):
            self._pay_bank(invoice, 150, **options)
        self._pay_bank(invoice, 140, **options)
        self.assertEqual(invoice.transaction_ids.mapped("amount"), [140])
        self.assertEqual(invoice.amount_residual, 30)

    def test_invoices_that_another_app_links_one_by_one_count_as_well(self):
        """Odoo names all invoices of a payment at once; who adds one to them links it."""
        link = Command.link(7)
        self.assertEqual(linked_ids([Command.set([3, 5]), link]), [3, 5, 7])
        self.assertEqual(linked_ids([link]), [7])
        self.assertEqual(linked_ids(None), [])

    def test_an_invoice_of_many_orders_is_asked_for_to_the_last_cent(self):
        """Its taxes are rounded on the whole: a cent more than on the orders."""
        self.company.tax_calculation_rounding_method = "round_globally"
        tax = self.env["account.tax"].create({"name": "21 %", "amount": 21})
        self._stock(self.product, 3)
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._order((self.product, 1))
        orders.order_line.write({"price_unit": 10.02, "tax_ids": [Command.set(tax.ids)]})
        invoice = self._invoice(orders)
        self.assertEqual(sum(orders.mapped("amount_total")), 36.36)
        self.assertEqual(invoice.amount_total, 36.37)
        self.assertEqual(self._link(invoice), 36.37)
        self._pay_bank(invoice, 20)
        self.assertEqual(self._link(invoice), 16.37)

    def test_what_a_clerk_adds_to_the_invoice_of_a_paid_order_can_be_paid(self):
        """Freight, which no order has: all of it is open where a card paid the order before."""
        order = self._short_order(stock=10)
        self._pay_online(order, 100)
        self._run_job(self.booking)
        invoice = order._create_invoices()
        freight = {"name": "Freight", "price_unit": 20, "tax_ids": False}
        invoice.write({"invoice_line_ids": [Command.create(freight)]})
        invoice.action_post()
        self.env.invalidate_all()
        self.assertEqual(invoice.amount_residual, 20)
        self.assertEqual(self._link(invoice), 20)
        self._pay_bank(invoice, 5)
        self.assertLessEqual(self._link(invoice), 15)
        self.assertGreater(self._link(invoice), 14)

    def test_what_is_added_to_an_invoice_is_not_asked_for_twice(self):
        """Half of all is transferred, and the rest of the order is being paid by card."""
        order = self._short_order(stock=10)
        invoice = order._create_invoices()
        freight = {"name": "Freight", "price_unit": 20, "tax_ids": False}
        invoice.write({"invoice_line_ids": [Command.create(freight)]})
        invoice.action_post()
        self._pay_bank(invoice, 60)
        self._pay_online(order, 50, "pending")
        self.env.invalidate_all()
        self.assertEqual(self._link(invoice), 10)

    def _queries(self, call):
        """How many queries ``call`` asks with nothing in the cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        return self.env.cr.sql_log_count - before

    def test_a_list_of_open_invoices_asks_as_many_queries_as_a_short_one(self):
        """Half of their orders paid a part, so that the money of their families is looked at."""
        self._stock(self.product, 24)
        invoices = self.env["account.move"]
        for number in range(24):
            order = self._order((self.product, 1))
            if number % 2:
                self._pay_online(order, 4)
            invoices |= self._invoice(order)

        def ask(listed):
            amounts = [move.backorder_payable_amount for move in listed if move._has_to_be_paid()]
            self.assertEqual(amounts, [10, 6] * (len(listed) // 2))

        self._queries(lambda: ask(invoices))
        few = self._queries(lambda: ask(invoices[:4]))
        self.assertLessEqual(self._queries(lambda: ask(invoices)), few + 1)

    def test_an_invoice_of_many_orders_asks_as_many_queries_as_one_of_few(self):
        self._stock(self.product, 24)
        invoices = []
        for number in (3, 15):
            orders = self.env["sale.order"]
            for _order in range(number):
                orders |= self._order((self.product, 1))
            self._pay_online(orders[0], 4)
            invoice = orders._create_invoices()
            invoice.action_post()
            invoices.append(invoice)
        few, many = invoices
        self.assertEqual(self._link(many), 146)
        self._queries(lambda: self._link(many))
        asked = self._queries(lambda: self._link(few))
        self.assertLessEqual(self._queries(lambda: self._link(many)), asked + 1)

    def test_a_list_of_invoices_says_at_once_what_changed(self):
        """Paid on the new order a moment ago: no list asks for it on the original's invoice."""
        order, new, _run = self._filled(charge_cards=False, carry_balance=True)
        invoice = self._invoice(new)
        self.assertTrue(invoice._has_to_be_paid())
        self._pay_online(order, 100)
        self.assertFalse(invoice._has_to_be_paid())

    def test_an_invoice_without_an_order_is_not_looked_at(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create({"name": "Advice", "price_unit": 70, "tax_ids": False})
                ],
            }
        )
        invoice.action_post()
        self.assertEqual(self._link(invoice), 70)
        self.assertTrue(invoice._has_to_be_paid())


@tagged("post_install", "-at_install")
class TestInvoicePages(InvoicePagesCommon, PageCase, HttpCase):
    def _pay(self, invoice, amount):
        return self.make_jsonrpc_request(
            f"/invoice/transaction/{invoice.id}",
            self._page_values(amount, access_token=invoice._portal_ensure_token()),
        )

    def _asked(self, url):
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        return [float(amount) for amount in re.findall(r'data-amount="([\d.]+)"', response.text)]

    @mute_logger("odoo.http")
    def test_who_pays_the_order_in_another_window_does_not_pay_its_invoice_too(self):
        order = self._short_order(stock=10)
        invoice = self._invoice(order)
        self.assertFalse(invoice.transaction_ids)
        self._pay_online(order, 100, "done")
        self.env.flush_all()
        with self.assertRaises(JsonRpcException):
            self._pay(invoice, 100)
        self.assertFalse(invoice.transaction_ids, "asked for a second time")

    @mute_logger("odoo.http")
    def test_an_old_link_of_an_invoice_asks_for_what_is_owed_today(self):
        order = self._short_order(stock=10)
        invoice = self._invoice(order)
        link = invoice._get_portal_payment_link()
        self.assertEqual(set(self._asked(link)), {100})
        self._pay_online(order, 60, "done")
        self.env.flush_all()
        self.assertEqual(set(self._asked(link)), {40})
        with self.assertRaises(JsonRpcException):
            self._pay(invoice, 100)
        reference = self._pay(invoice, 40)["reference"]
        self.env.invalidate_all()
        self.assertEqual(invoice.transaction_ids.reference, reference)
        with self.assertRaises(JsonRpcException):
            self._pay(invoice, 40)

    @mute_logger("odoo.http")
    def test_overdue_invoices_of_a_family_that_paid(self):
        self.company.backorder_charge_cards = False
        order = self._short_order()
        self._pay_online(order, 100)
        order, new, _run = self._filled(order=order, job=False)
        invoices = self._invoice(order) | self._invoice(new)
        invoices.write({"invoice_date_due": fields.Date.subtract(fields.Date.today(), days=9)})
        user = self.env["res.users"].create(
            {
                "name": "Ada",
                "login": "backorder_ada",
                "password": "backorder_ada",
                "partner_id": self.customer.id,
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        self.authenticate(user.login, user.login)
        self.env.flush_all()
        with self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                "/invoice/transaction/overdue", self._page_values(100, payment_reference="all")
            )
        self.assertFalse(invoices.transaction_ids - order.transaction_ids)
