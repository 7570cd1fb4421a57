"""Which customers matter: priorities A, B, C on the customer and their orders."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestPriority(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (
            cls.env.ref(f"backorder_mgmt.backorder_priority_{name}") for name in "ab"
        )
        cls.contact = cls.env["res.partner"].create(
            {"name": "Ada's Office", "parent_id": cls.customer.id, "type": "delivery"}
        )
        cls.rival = cls.env["res.partner"].create({"name": "Ben Rival"})

    def test_without_priorities_nothing_is_different(self):
        order = self._order((self.product, 5))
        later = self._order((self.product, 5), partner_id=self.rival.id)
        self._stock(self.product, 5)
        self.assertFalse(order.backorder_priority_id)
        for policy in ("fifo", "customer_priority"):
            run = self.env["backorder.run"].create(
                {"order_ids": [Command.set((order | later).ids)], "policy": policy}
            )
            run.action_preview()
            self.assertEqual(
                run.line_ids.filtered("planned_qty").order_id, order, f"{policy}: the older one"
            )

    def test_orders_take_over_their_customers_priority(self):
        self.customer.backorder_priority_id = self.first
        order = self._order((self.product, 1), partner_id=self.contact.id)
        self.assertEqual(order.backorder_priority_id, self.first)
        self.assertEqual(order.order_line.backorder_priority_id, self.first)
        order.backorder_priority_id = self.second
        self.assertEqual(self.customer.backorder_priority_id, self.first)

    def test_contacts_share_the_priority_of_their_company(self):
        self.contact.backorder_priority_id = self.second
        self.assertEqual(self.customer.backorder_priority_id, self.second)

    def test_waiting_orders_follow_their_customer_unless_they_differ(self):
        order = self._order((self.product, 5))
        own = self._order((self.product, 5))
        own.backorder_priority_id = self.second
        self._stock(self.other, 5)
        shipped = self._order((self.other, 5))
        self.customer.backorder_priority_id = self.first
        self.assertEqual(order.backorder_priority_id, self.first)
        self.assertEqual(own.backorder_priority_id, self.second, "was changed on the order")
        self.assertFalse(shipped.backorder_priority_id, "waits for nothing")

    def test_customer_priority_comes_before_age(self):
        self._order((self.product, 5))
        middle = self._order((self.product, 5), partner_id=self.rival.id)
        middle.backorder_priority_id = self.second
        newest = self._order((self.product, 5), partner_id=self.rival.id)
        newest.backorder_priority_id = self.first
        self._stock(self.product, 8)
        run = self.env["backorder.run"].create(
            {"product_ids": [Command.set(self.product.ids)], "policy": "customer_priority"}
        )
        run.action_preview()
        planned = {line.order_id: line.planned_qty for line in run.line_ids}
        self.assertEqual((planned[newest], planned[middle]), (5, 3))
        self.assertEqual(sum(planned.values()), 8)

    def test_a_new_order_keeps_the_priority_of_its_original(self):
        order = self._order((self.product, 5))
        order.backorder_priority_id = self.second
        self._stock(self.product, 5)
        order.fill_backorders()
        self.assertEqual(order.backorder_child_ids.backorder_priority_id, self.second)

    def test_found_and_grouped_by_priority(self):
        order = self._order((self.product, 5))
        order.backorder_priority_id = self.first
        lines = self.env["sale.order.line"]
        mine = ("order_partner_id", "=", self.customer.id)
        found = lines.search([mine, ("backorder_priority_id", "=", self.first.id)])
        self.assertEqual(found, order.order_line)
        groups = dict(
            lines._read_group(
                [("id", "in", order.order_line.ids)], ["backorder_priority_id"], ["__count"]
            )
        )
        self.assertEqual(groups, {self.first: 1})

    def test_imported_by_name(self):
        result = self.env["res.partner"].load(
            ["name", "backorder_priority_id"], [["Cleo Import", "A"]]
        )
        partner = self.env["res.partner"].browse(result["ids"])
        self.assertEqual(partner.backorder_priority_id, self.first)

    def test_managers_make_priorities_and_salespeople_choose_them(self):
        self.salesman.group_ids += self.env.ref("backorder_mgmt.group_backorder_user")
        model = self.env["backorder.priority"].with_user(self.salesman)
        with self.assertRaises(AccessError):
            model.create({"name": "D"})
        order = self._order((self.product, 5))
        order.with_user(self.salesman).backorder_priority_id = self.second.with_user(self.salesman)
        self.assertEqual(order.backorder_priority_id, self.second)
        self.salesman.group_ids += self.env.ref("backorder_mgmt.group_backorder_manager")
        self.assertTrue(model.create({"name": "D"}))
