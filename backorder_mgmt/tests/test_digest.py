"""The three figures of managers' mail."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestDigest(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = cls.env["res.company"].create({"name": "Digest Shop"})
        cls.shop = cls.env["stock.warehouse"].create(
            {"name": "Digest", "code": "DIG", "company_id": cls.home.id}
        )
        cls.boss = new_test_user(
            cls.env,
            "digest_boss",
            groups="sales_team.group_sale_manager",
            company_id=cls.home.id,
            company_ids=cls.home.ids,
        )
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Backorders",
                "company_id": cls.home.id,
                "user_ids": [Command.set(cls.boss.ids)],
                "kpi_backorder_value": True,
                "kpi_backorder_late": True,
                "kpi_backorder_fill_rate": True,
            }
        )

    def _sell(self, product, quantity):
        order = self._order(
            (product, quantity, {"price_unit": 10.0}),
            company_id=self.home.id,
            warehouse_id=self.shop.id,
            pricelist_id=False,
            user_id=self.boss.id,
            confirm=False,
        )
        order.order_line.tax_ids = False
        order.action_confirm()
        return order

    def _kpis(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        kpis = self.digest._compute_kpis(self.home, user or self.boss)
        return {kpi["kpi_name"]: kpi for kpi in kpis}

    def test_three_figures(self):
        """Ten hammers wait, six of them are filled; two nails came on backorder two days ago."""
        self.home.backorder_fill_approved = "same_order"
        order = self._sell(self.product, 10)
        old = self._sell(self.other, 2)
        now = fields.Datetime.now()
        for sold, before in ((old, timedelta(days=2)), (order, timedelta(hours=1))):
            self.env.cr.execute(
                "UPDATE backorder_event SET date = %s WHERE order_id = %s", [now - before, sold.id]
            )
            self._wait(sold, days=2)
        self._stock(self.product, 6, self.shop.lot_stock_id)
        order.fill_backorders()
        kpis = self._kpis()
        first = {name: kpi["kpi_col1"] for name, kpi in kpis.items()}
        self.assertIn("60", str(first["kpi_backorder_value"]["value"]))
        # yesterday the nails waited alone
        self.assertEqual(first["kpi_backorder_value"]["margin"], 200)
        self.assertEqual(first["kpi_backorder_late"]["value"], 2)
        self.assertEqual(first["kpi_backorder_fill_rate"]["value"], "60.00")
        self.assertIn("backorder_overview_action", kpis["kpi_backorder_value"]["kpi_action"])

    def test_who_is_no_manager_gets_none(self):
        self.salesman.company_ids |= self.home
        self.assertFalse(self._kpis(self.salesman))
        with self.assertRaises(AccessError):
            self.digest.with_user(self.salesman)._check_kpi_backorder()

    def test_odoo_sends_them(self):
        """On Odoo's own mail from the first day, and the mail can be made."""
        self.assertIn(
            "kpi_backorder_value", self.env.ref("digest.digest_digest_default")._get_kpi_fields()
        )
        self._sell(self.product, 3)
        self.env["mail.mail"].search([]).unlink()
        self.digest._action_send_to_user(self.boss, tips_count=0)
        mail = self.env["mail.mail"].search([], limit=1)
        self.assertIn("Value on Backorder", mail.body_html)
