"""From the menu to the summary with keys alone."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestKeyboard(BackorderCommon, HttpCase):
    def setUp(self):
        super().setUp()
        # A company of its own: demo data would be among what is filled and bought.
        self.shop = self.env["res.company"].create({"name": "Key Shop"})
        self.place = self.env["stock.warehouse"].search(
            [("company_id", "=", self.shop.id)], limit=1
        ) or self.env["stock.warehouse"].create(
            {"name": "Keys", "code": "KEY", "company_id": self.shop.id}
        )
        self.boss = new_test_user(
            self.env,
            "backorder_keys_boss",
            groups="sales_team.group_sale_manager,purchase.group_purchase_user,"
            "stock.group_stock_user",
            company_id=self.shop.id,
            company_ids=self.shop.ids,
            tour_enabled=False,
        )
        self.hammer = self._product("Tour Hammer")

    def _waiting(self, quantity):
        return self._order(
            (self.hammer, quantity),
            company_id=self.shop.id,
            warehouse_id=self.place.id,
            pricelist_id=False,
            user_id=self.boss.id,
        )

    def test_force_and_fill_an_order(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        boss = new_test_user(
            self.env,
            "backorder_keys_clerk",
            groups="sales_team.group_sale_manager",
            company_id=self.company.id,
            tour_enabled=False,
        )
        url = f"/odoo/orders/{order.id}"
        self.start_tour(url, "backorder_keys_force_and_fill", login=boss.login)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_qty, 4)

    def test_fill_many(self):
        order = self._waiting(5)
        self._stock(self.hammer, 5, self.place.lot_stock_id)
        self.start_tour(
            "/odoo/backorder-overview", "backorder_keys_fill_batch", login=self.boss.login
        )
        self.env.invalidate_all()
        self.assertFalse(order.order_line.backorder_qty)

    def test_buy(self):
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.vendor.id,
                "product_tmpl_id": self.hammer.product_tmpl_id.id,
                "price": 4.0,
                "company_id": self.shop.id,
            }
        )
        order = self._waiting(5)
        self.start_tour(
            "/odoo/backorder-overview", "backorder_keys_purchase", login=self.boss.login
        )
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_purchase_line_ids.product_qty, 5)
