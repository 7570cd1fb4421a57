"""Payments in the browser: the customer's card, the clerk's fill, the manager's list."""

from odoo.tests import HttpCase, new_test_user, tagged

from .test_charge import ChargeCommon


@tagged("post_install", "-at_install")
class TestChargeTours(ChargeCommon, HttpCase):
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
