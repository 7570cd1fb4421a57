"""Payments in the browser: the customer's card, the clerk's fill, the manager's list."""

import re

from odoo.tests import Form, new_test_user, tagged

from .common import PageCase
from .test_charge import ChargeCommon
from .test_owed import OwedCommon


class ChargeTours(ChargeCommon, PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.salesman | cls.manager).tour_enabled = False
        cls.provider.is_published = True
        others = cls.env["payment.provider"].search(
            [("id", "!=", cls.provider.id), ("state", "in", ("enabled", "test"))]
        )
        others.state = "disabled"
        # One way to pay, so that the form is open at once.
        cls.provider.payment_method_ids[1:].active = False


@tagged("post_install", "-at_install")
class TestChargeTours(ChargeTours):
    def test_a_saved_card_is_charged_by_a_fill(self):
        portal = new_test_user(self.env, "charge_portal", groups="base.group_portal")
        portal.partner_id.parent_id = False
        self.start_tour("/my/payment_method", "backorder_save_card", login="charge_portal")
        token = self.env["payment.token"].search([("partner_id", "=", portal.partner_id.id)])
        self.assertEqual(token.demo_simulated_state, "done")
        order = self._short_order(partner_id=portal.partner_id.id)
        self._stock(self.product, 4)
        self.start_tour(f"/odoo/orders/{order.id}", "backorder_charge", login=self.salesman.login)
        new = order.backorder_child_ids
        self.assertEqual((new.state, new.transaction_ids.ids), ("draft", []))
        self.job.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(new.state, "sale")
        self.assertEqual(
            new.transaction_ids.mapped(lambda tx: (tx.state, tx.amount, tx.token_id)),
            [("done", 40, token)],
        )

    def test_payment_problems(self):
        card = self._card("error")
        order = self._short_order()
        self._fill(order, 4)
        self.job.method_direct_trigger()
        card.demo_simulated_state = "done"
        self.start_tour(
            "/odoo/payment-problems", "backorder_payment_problem", login=self.manager.login
        )
        self.job.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(order.backorder_child_ids.state, "sale")


@tagged("post_install", "-at_install")
class TestChargeReturned(OwedCommon, ChargeTours):
    def _run_job(self, *jobs):
        """Pages are served in this transaction: the jobs run in it as they are."""
        for job in jobs or (self.job,):
            job.method_direct_trigger()

    def test_after_a_return_all_screens_and_the_card_say_the_same_amount(self):
        """Two chairs at 160 paid, one sent back and paid back; then a lamp for 40 comes in.

        Wherever the company, its clerk and its customer are, and whatever day it is there.
        """
        self._card(details="4444")
        for zone in ("America/Los_Angeles", "Australia/Sydney", "UTC"):
            with self.subTest(zone=zone):
                self.company.backorder_tz = zone
                (self.salesman | self.env.user).tz = self.customer.tz = zone
                self._tell_of_a_return()

    def _tell_of_a_return(self):
        order = self._pair(lamp=40.0)
        self._sent_and_paid_back(order)
        self._stock(self.item["lamp"], 1)
        form = Form(self.env["backorder.fill"].with_context(default_order_id=order.id))
        self.assertEqual(re.findall(r"charged \$\xa0(\d+\.\d\d)", form.charge_note), ["40.00"])
        self.start_tour(f"/odoo/orders/{order.id}", "backorder_charge", login=self.salesman.login)
        new = order.backorder_child_ids
        new.write({"require_payment": True, "require_signature": False, "prepayment_percent": 1.0})
        page = self.url_open(new.get_portal_url()).text
        self.assertEqual(re.findall(r'data-amount="([\d.]+)"', page), ["40.0"], "in the portal")
        self._run_job()
        self.env.invalidate_all()
        self.assertEqual(new.transaction_ids.mapped("amount"), [40], "on the card")
        self.assertEqual(self._due(order, new), (0, 0))
        self._run_job(self.booking)
        self._deliver(new.picking_ids)
        invoice = self._invoice(new)
        self.assertEqual((invoice.amount_total, invoice.amount_residual), (40, 0))
