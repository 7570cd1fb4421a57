"""The shop offers what a customer can have: its own sentence stays true beside backorders."""

import unittest

from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestShop(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "allow_out_of_stock_order" not in cls.env["product.template"]._fields:
            raise unittest.SkipTest("needs the module website_sale_stock, which is not installed")
        cls.website = cls.env["website"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.website.warehouse_id = cls.warehouse
        cls.product.allow_out_of_stock_order = False

    def _cart(self, **values):
        return self._order(confirm=False, website_id=self.website.id, **values)

    def _answer(self, quantity):
        """(quantity that goes into the cart, the shop's sentence)"""
        cart = self._cart()
        line = self.env["sale.order.line"]
        return cart._verify_updated_quantity(line, self.product.id, quantity, self.unit.id)

    def test_what_is_owed_to_older_orders_is_not_offered(self):
        order = self._order((self.product, 2))
        self._stock(self.product, 3)
        self.assertHeld(order.order_line, 2)
        self.assertEqual(self.website._get_product_available_qty(self.product), 1)
        quantity, sentence = self._answer(3)
        self.assertEqual(quantity, 1)
        self.assertIn("You ask for 3 products but only 1 is available", sentence)
        self.assertEqual(self._answer(1)[0], 1)
        order.order_line.action_release_claim()
        self.assertEqual(self._answer(3)[0], 3)

    def test_what_is_set_aside_is_not_offered(self):
        quotation = self._order((self.product, 2), confirm=False)
        self._stock(self.product, 3)
        quotation.fill_backorders()
        self.assertEqual(quotation.order_line.backorder_promised_qty, 2)
        self.assertEqual(self._answer(3)[0], 1)
        self.assertFalse(self.product._is_sold_out())
        self._order((self.product, 1))
        self.assertLessEqual(self.website._get_product_available_qty(self.product), 0)

    def test_what_nobody_waits_for_is_odoos_figure(self):
        self._stock(self.product, 3)
        self._order((self.other, 2))
        self.assertEqual(self.website._get_product_available_qty(self.product), 3)
        self.assertEqual(self._answer(3)[0], 3)
        self.website.warehouse_id = False
        self.assertEqual(self._answer(3)[0], 3)

    def test_a_visitor_is_told_the_same(self):
        self._order((self.product, 2))
        self._stock(self.product, 3)
        visitor = self.website.with_user(self.env.ref("base.public_user"))
        product = self.product.with_user(visitor.env.user).sudo()
        self.assertEqual(visitor._get_product_available_qty(product), 1)
