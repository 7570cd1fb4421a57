"""Whoever looks, wherever they are: the same claims, proposals and weeks, those of the company."""

from datetime import datetime

from freezegun import freeze_time

from odoo.tests import new_test_user, tagged

from .common import BackorderCommon

#: At this hour it is the 2nd of March in Sydney, and the 1st in Los Angeles and in UTC.
NOW = datetime(2027, 3, 1, 20)
ZONES = ("Australia/Sydney", "America/Los_Angeles")


@tagged("post_install", "-at_install")
class TestDaysOfCompany(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_tz = "UTC"
        cls.users = [
            new_test_user(
                cls.env,
                f"user_{number}",
                "sales_team.group_sale_manager,backorder_mgmt.group_backorder_manager,"
                "purchase.group_purchase_manager,stock.group_stock_manager",
                tz=zone,
                company_id=cls.company.id,
                company_ids=cls.company.ids,
            )
            for number, zone in enumerate(ZONES)
        ]

    def _waits_since(self, order, moment):
        order.order_line._backorder_write({"backorder_date": moment})

    def _reserved_by(self, user, product):
        """How many of 5 that came in a new order of the user gets."""
        new = self._order((product, 5), confirm=False)
        new.with_user(user).with_context(tz=user.tz).action_confirm()
        return self._reserved(new)

    @freeze_time(NOW)
    def test_two_users_far_apart_see_the_same_claim(self):
        self.company.backorder_claim_days = 30
        for moment, got in ((datetime(2027, 1, 30, 1), 0), (datetime(2027, 1, 29, 23), 5)):
            for user in self.users:
                with self.subTest(since=moment, zone=user.tz):
                    product = self._product("Hammer")
                    self._waits_since(self._order((product, 5)), moment)
                    self._receive(product, 5)
                    self.assertEqual(self._reserved_by(user, product), got)

    @freeze_time(NOW)
    def test_claims_of_each_company_end_by_its_own_day(self):
        """Since 31 January, 1 o'clock in Sydney: 30 days ago there is the 31st."""
        self.company.backorder_claim_days = 30
        since = datetime(2027, 1, 30, 12)
        for zone, got in (("UTC", 0), ("Australia/Sydney", 5), ("America/Los_Angeles", 0)):
            with self.subTest(zone=zone):
                self.company.backorder_tz = zone
                product = self._product("Hammer")
                self._waits_since(self._order((product, 5)), since)
                self._receive(product, 5)
                self.assertEqual(self._reserved_by(self.users[0], product), got)

    @freeze_time(NOW)
    def test_a_setting_that_changes_counts_at_once(self):
        for days, got in ((0, 0), (30, 5), (90, 0), (30, 5), (0, 0)):
            with self.subTest(days=days):
                self.company.backorder_claim_days = days
                product = self._product("Hammer")
                self._waits_since(self._order((product, 5)), datetime(2027, 1, 1))
                self._receive(product, 5)
                self.assertEqual(self._reserved_by(self.users[0], product), got)

    @freeze_time(NOW)
    def test_two_users_far_apart_are_proposed_the_same_purchase(self):
        self._waits_since(self._order((self.product, 4)), datetime(2027, 1, 30, 1))
        found = []
        for user in self.users:
            plan = self.env["backorder.purchase.plan"].with_user(user).with_context(tz=user.tz)
            facts = plan._purchase_facts(self.product, self.warehouse, days=30)
            (waiting,) = facts[self.product.id, self.warehouse.id].waiting
            found.append((waiting.needed, waiting.inside))
        self.assertEqual(found, [(4, True)] * 2)

    def test_two_users_far_apart_see_the_same_weeks(self):
        """It is Monday in Sydney already: the week there is no other one."""
        with freeze_time(datetime(2027, 3, 7, 20)):
            charts = [
                self.env["backorder.overview"]
                .with_user(user)
                .with_context(tz=user.tz)
                .retrieve_overview()["fill_rate"]
                for user in self.users
            ]
        self.assertEqual(charts[0], charts[1])
        self.assertEqual(charts[0][-1]["label"], "1 Mar")
