"""Terms and fill rules in the browser."""

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestTermsTours(BackorderCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman.tour_enabled = False
        cls.company.backorder_fill_approved = "same_order"

    def test_terms_of_an_order(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 3)
        self.start_tour(f"/odoo/orders/{order.id}", "backorder_terms", login=self.salesman.login)
        self.env.invalidate_all()
        self.assertEqual((order.backorder_policy, order.backorder_max_shipments), ("line", 2))
        self.assertHeld(order.order_line, 5, reserved=0)

    def test_preview_by_rules(self):
        boss = new_test_user(
            self.env,
            "backorder_tour_rules",
            groups="sales_team.group_sale_manager",
            company_id=self.company.id,
            tour_enabled=False,
        )
        rules = self.env["backorder.rule"]
        rules.search([]).action_archive()
        self._stock(self.product, 6)
        shop = self.env["res.partner"].create({"name": "Tour Shop"})
        donor = self._order((self.product, 6), partner_id=shop.id)
        order = self._order((self.product, 4))
        for name, partner, treatment in (
            ("Tour Hospitals", self.customer, "first"),
            ("Tour Shops", shop, "donor"),
        ):
            domain = f"[('order_partner_id', '=', {partner.id})]"
            rules.create({"name": name, "domain": domain, "treatment": treatment})
        run = self.env["backorder.run"].with_user(boss)
        run = run.create({"order_ids": [Command.set(order.ids)], "policy": "rules"})
        self.start_tour(f"/odoo/backorder-fills/{run.id}", "backorder_rules", login=boss.login)
        self.env.invalidate_all()
        self.assertHeld(order.order_line, 0, reserved=4)
        self.assertHeld(donor.order_line, 4, reserved=2)
