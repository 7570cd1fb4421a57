"""Payment links over real HTTP: used twice, after the order changed, or when it is over."""

import re

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .common import PageCase
from .test_charge import ChargeCommon


@tagged("post_install", "-at_install")
class TestPaymentLinks(ChargeCommon, PageCase, HttpCase):
    """Ten hammers for 100.00; 4 of them become a new order for 40.00."""

    def setUp(self):
        super().setUp()
        self.provider.is_published = True

    def _run_job(self, *jobs):
        """Pages are served in this transaction: the jobs run in it as they are."""
        for job in jobs or (self.job,):
            job.method_direct_trigger()

    def _link(self, order):
        """What *Generate a Payment Link* gives a clerk to send."""
        wizard = (
            self.env["payment.link.wizard"]
            .with_context(active_model="sale.order", active_id=order.id)
            .create({"res_model": "sale.order", "res_id": order.id})
        )
        return wizard.link

    def _asks(self, link):
        """The amounts for which the page has a payment form, as the customer sees it now."""
        self.env.flush_all()
        self.env.invalidate_all()
        response = self.url_open(link)
        self.assertEqual(response.status_code, 200)
        return [float(amount) for amount in re.findall(r'data-amount="([\d.]+)"', response.text)]

    def _press_pay(self, order, amount, token=None):
        self.env.flush_all()
        answer = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/transaction",
            self._page_values(amount, access_token=token or order._portal_ensure_token()),
        )
        found = self.env["payment.transaction"].search([("reference", "=", answer["reference"])])
        self.assertEqual(found.amount, amount)
        return found

    def assertRefused(self, order, amount, words=None, **values):
        """*Pay* of a page that was left open makes no payment; ``words`` are what it is told."""
        before = order.transaction_ids
        with mute_logger("odoo.http"), self.assertRaisesRegex(JsonRpcException, "ValidationError"):
            self._press_pay(order, amount, **values)
        self.env.invalidate_all()
        self.assertEqual(order.transaction_ids, before)
        if words:
            with self.assertRaisesRegex(ValidationError, words):
                order._backorder_check_payment(amount)

    def test_a_link_that_is_used_twice(self):
        order = self._short_order()
        link = self._link(order)
        self.assertEqual(set(self._asks(link)), {100})
        self._press_pay(order, 100)._set_done()
        self.assertEqual(self._asks(link), [])
        self.assertRefused(order, 100, "more than what is still to be paid")
        self.assertEqual(self._due(order), (0,))

    def test_a_link_that_is_opened_after_the_rest_was_cancelled(self):
        """Sent for 100.00; 60.00 are owed when the customer opens it, or left it open."""
        order = self._short_order()
        link = self._link(order)
        order.cancel_backorders(reason="Enough")
        self.assertEqual(set(self._asks(link)), {60})
        self.assertRefused(order, 100, r"\$\D*60\.00")
        self._press_pay(order, 60)._set_done()
        self.assertEqual(self._due(order), (0,))

    def test_links_of_both_orders_of_a_family(self):
        """The original's link was sent for 100.00 before 40.00 of it became a new order."""
        order = self._short_order()
        link = self._link(order)
        order, new, _run = self._filled(order=order, charge_cards=False)
        self.assertEqual(set(self._asks(link)), {60})
        self.assertEqual(set(self._asks(self._link(new))), {40})
        self.assertRefused(order, 100, r"\$\D*60\.00")
        self._press_pay(order, 60)._set_done()
        self._press_pay(new, 40)._set_done()
        for paid in (order, new):
            self.assertEqual(self._asks(self._link(paid)), [])
            self.assertRefused(paid, 40, "more than what is still to be paid")

    def test_a_link_of_an_order_that_was_cancelled(self):
        order = self._short_order()
        link = self._link(order)
        order._action_cancel()
        self.assertEqual(self._asks(link), [])
        self.assertRefused(order, 100, "more than what is still to be paid")

    def test_a_link_of_a_quotation_that_is_over(self):
        """Its page offers nothing, as in Odoo."""
        order = self._order((self.product, 10), confirm=False, require_payment=True)
        link = self._link(order)
        self.assertEqual(set(self._asks(link)), {100})
        order.validity_date = fields.Date.subtract(fields.Date.today(), days=1)
        self.assertEqual(self._asks(link), [])

    def test_a_link_with_another_order_s_token(self):
        order, other = self._short_order(), self._short_order()
        self.assertRefused(order, 100, token=other._portal_ensure_token())

    def test_a_card_that_was_charged_while_the_page_was_open(self):
        self._card()
        order, new, _run = self._filled(job=False)
        link = self._link(new)
        self.assertEqual(set(self._asks(link)), {40})
        self._run_job()
        self.assertEqual(self._asks(link), [])
        self.assertRefused(new, 40, "more than what is still to be paid")
        self.assertEqual(self._due(order, new), (60, 0))

    def test_an_old_payment_that_expires_after_the_order_was_paid(self):
        """mollie/spree-mollie-gateway#62: that set a paid order back to unpaid."""
        order = self._short_order()
        first = self._press_pay(order, 100)
        first._set_error("Left")
        self._press_pay(order, 100)._set_done()
        with mute_logger("odoo.addons.payment.models.payment_transaction"):
            first._set_canceled()
        self.assertEqual(self._due(order), (0,))
        self.assertEqual(self._asks(self._link(order)), [])

    def test_a_link_that_a_mail_scanner_opens(self):
        """mollie/magento2#1086: opening it began a payment, which expired and ended the order."""
        order = self._short_order()
        link = self._link(order)
        for _time in range(3):
            self.assertEqual(set(self._asks(link)), {100})
        self.assertFalse(order.transaction_ids)
        self._press_pay(order, 100)._set_done()
        self.assertEqual(self._due(order), (0,))
