"""The overview and the analysis in the browser."""

from odoo.tests import HttpCase, new_test_user, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestOverviewTours(BackorderCommon, HttpCase):
    def _boss(self, **values):
        return new_test_user(
            self.env,
            "overview_tour_boss",
            groups="sales_team.group_sale_manager,stock.group_stock_multi_warehouses,"
            "stock.group_stock_user,"
            "backorder_mgmt.group_backorder_manager",
            tour_enabled=False,
            **{"company_id": self.company.id, **values},
        )

    def test_overview(self):
        """The cards of a warehouse; a card opens what it counts; back, and on to a fill."""
        self._order((self.product, 5), (self.other, 3))
        self._stock(self.product, 2)
        boss = self._boss()
        self.start_tour("/odoo/backorder-overview", "backorder_overview", login=boss.login)

    def test_first_steps(self):
        """A company in which nothing was ever on backorder is told how to begin."""
        company = self.env["res.company"].create({"name": "New Shop"})
        boss = self._boss(company_id=company.id, company_ids=company.ids)
        self.start_tour("/odoo/backorder-overview", "backorder_overview_empty", login=boss.login)
        seen = self.env["backorder.overview"].with_user(boss)
        self.assertFalse(seen.with_company(company).retrieve_overview()["first_steps"])

    def test_analysis(self):
        """Lost sales, by a favourite that is there from the first day."""
        company = self.env["res.company"].create({"name": "New Shop"})
        warehouse = self.env["stock.warehouse"].create(
            {"name": "New", "code": "NEW", "company_id": company.id}
        )
        boss = self._boss(company_id=company.id, company_ids=company.ids)
        order = self._order(
            (self.product, 6),
            company_id=company.id,
            warehouse_id=warehouse.id,
            pricelist_id=False,
            user_id=boss.id,
        )
        order.order_line.write({"price_unit": 10.0, "tax_ids": False})
        order._action_cancel()
        self.start_tour("/odoo/backorder-analysis", "backorder_analysis", login=boss.login)

    def test_odoos_tour(self):
        """Odoo's own tour for who is new: backorder, purchase order, receipt, fill."""
        company = self.env["res.company"].create({"name": "New Shop"})
        self.env["stock.warehouse"].create({"name": "New", "code": "NEW", "company_id": company.id})
        self.env["res.partner"].create({"name": "Tour Customer"})
        hammer = self._product("Tour Hammer")
        vendor = {"partner_id": self.vendor.id, "price": 4.0, "company_id": company.id}
        self.env["product.supplierinfo"].create(
            {**vendor, "product_tmpl_id": hammer.product_tmpl_id.id}
        )
        boss = self._boss(company_id=company.id, company_ids=company.ids)
        boss.group_ids |= self.env.ref("purchase.group_purchase_user")
        self.start_tour("/odoo", "backorder_mgmt_tour", login=boss.login)
        orders = self.env["sale.order"].search([("company_id", "=", company.id)])
        order = orders.filtered(lambda order: not order.backorder_parent_id)
        self.assertEqual(order.partner_id.name, "Tour Customer")
        self.assertIn(order.backorder_state, ("filled", "no"))
        self.assertTrue(order.order_line.backorder_event_ids.filtered(lambda e: e.type == "fill"))
