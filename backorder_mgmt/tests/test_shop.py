"""The shop offers what a customer can have: its own sentences stay true beside backorders."""

import unittest

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon, PageCase


class ShopCommon(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "allow_out_of_stock_order" not in cls.env["product.template"]._fields:
            raise unittest.SkipTest("needs the module website_sale_stock, which is not installed")
        cls.website = cls.env["website"].get_current_website()
        cls.website.write({"company_id": cls.company.id, "warehouse_id": cls.warehouse.id})
        if "in_store_dm_id" in cls.website._fields:
            # With Click & Collect a cart is compared with the stock at checkout only.
            stores = cls.env["delivery.carrier"].search([("delivery_type", "=", "in_store")])
            stores.is_published = False
            cls.env.invalidate_all()
        cls._sell_what_is_there(cls.product)

    @classmethod
    def _sell_what_is_there(cls, product):
        product.write(
            {
                "allow_out_of_stock_order": False,
                "show_availability": True,
                "available_threshold": 5,
                "website_published": True,
            }
        )

    def _answer(self, quantity, product=None):
        """(quantity that goes into a new cart, the shop's sentence), of a next request"""
        self.env.flush_all()
        self.env.invalidate_all()
        cart = self._order(confirm=False, website_id=self.website.id)
        line = self.env["sale.order.line"]
        product = product or self.product
        return cart._verify_updated_quantity(line, product.id, quantity, self.unit.id)

    def _offered(self, product=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.website._get_product_available_qty(product or self.product)


@tagged("post_install", "-at_install")
class TestShop(ShopCommon):
    def test_what_is_owed_to_older_orders_is_not_offered(self):
        order = self._order((self.product, 2))
        self._stock(self.product, 3)
        self.assertHeld(order.order_line, 2)
        self.assertEqual(self._offered(), 1)
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
        self.assertEqual(self._offered(), 0)

    def test_who_waits_for_more_than_there_is_leaves_nothing(self):
        self._order((self.product, 9))
        self._stock(self.product, 3)
        self.assertEqual(self._offered(), 0)
        self.assertTrue(self.product._is_sold_out())
        quantity, sentence = self._answer(1)
        self.assertEqual(quantity, 0)
        self.assertIn("not available", sentence)

    def test_what_nobody_waits_for_is_odoos_figure(self):
        self._stock(self.product, 3)
        self._order((self.other, 2))
        self.assertEqual(self._offered(), 3)
        self.assertEqual(self._answer(3)[0], 3)
        self.website.warehouse_id = False
        self.assertEqual(self._answer(3)[0], 3)

    def test_salespeople_still_see_what_is_free(self):
        self._order((self.product, 2))
        self._stock(self.product, 3)
        self.assertEqual(self._offered(), 1)
        self.assertEqual(self.product.with_context(warehouse_id=self.warehouse.id).free_qty, 3)

    def test_without_first_come_first_served_the_shop_may_sell_it(self):
        self.company.backorder_fifo = False
        self._order((self.product, 2))
        self._stock(self.product, 3)
        self.assertEqual(self._offered(), 3)

    def test_another_warehouses_backorders_are_none_of_its_business(self):
        other = self.env["stock.warehouse"].create(
            {"name": "Other Warehouse", "code": "OWH", "company_id": self.company.id}
        )
        self._order((self.product, 2), warehouse_id=other.id)
        self._stock(self.product, 3)
        self.assertEqual(self._offered(), 3)
        self.website.warehouse_id = False
        self.assertEqual(self._offered(), 1)

    def test_kits_of_which_a_component_is_owed(self):
        if "mrp.bom" not in self.env:
            self.skipTest("needs the module mrp, which is not installed")
        kit = self._product("Tool Box")
        self._sell_what_is_there(kit)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": self.product.id, "product_qty": 2}),
                    Command.create({"product_id": self.other.id, "product_qty": 1}),
                ],
            }
        )
        self._order((self.product, 3))
        self._stock(self.product, 8)
        self._stock(self.other, 9)
        # 5 hammers are left: two boxes and a hammer
        self.assertEqual(self._offered(kit), 2)
        self.assertEqual(self._answer(4, kit)[0], 2)
        self.assertEqual(self._offered(), 5)

    def test_a_cart_with_parts_of_a_kit_is_told_how_many_kits_are_left(self):
        """The page takes off what other lines of the cart need, counted by what the shop offers."""
        if "mrp.bom" not in self.env:
            self.skipTest("needs the module website_sale_mrp, which is not installed")
        kit = self._product("Tool Box")
        self._sell_what_is_there(kit)
        self._sell_what_is_there(self.other)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": self.product.id, "product_qty": 2}),
                    Command.create({"product_id": self.other.id, "product_qty": 1}),
                ],
            }
        )
        self._order((self.other, 8))
        self._stock(self.product, 8)
        self._stock(self.other, 9)
        cart = self._order((self.product, 4), confirm=False, website_id=self.website.id)
        self.assertEqual(self._offered(kit), 1, "of the other one eight are owed")
        self.assertEqual(cart._get_unavailable_quantity_from_kits(kit), 0)
        cart.order_line.product_uom_qty = 7
        self.env.invalidate_all()
        self.assertEqual(cart._get_unavailable_quantity_from_kits(kit), 1)
        cart.order_line.product_uom_qty = 4
        self.env["sale.order.line"].create(
            {"order_id": cart.id, "product_id": kit.id, "product_uom_qty": 1}
        )
        self.env.invalidate_all()
        # For hammers the cart's box takes two.
        self.assertEqual(cart._get_unavailable_quantity_from_kits(self.product), 2)

    def test_back_in_stock_is_mailed_when_it_is_in_stock_for_who_asked(self):
        self._order((self.product, 2))
        self.product.stock_notification_partner_ids = self.customer
        self.customer.email = "ada@example.com"
        self._stock(self.product, 2)
        self.env.invalidate_all()
        self.product._send_availability_email()
        self.assertEqual(self.product.stock_notification_partner_ids, self.customer)
        self._stock(self.product, 1)
        self.env.invalidate_all()
        self.product._send_availability_email()
        self.assertFalse(self.product.stock_notification_partner_ids)


@tagged("post_install", "-at_install")
class TestStore(ShopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "in_store_dm_id" not in cls.website._fields:
            raise unittest.SkipTest("needs the module website_sale_collect, not installed")
        cls.store = cls.env["stock.warehouse"].create(
            {
                "name": "Test Store",
                "code": "TST",
                "company_id": cls.company.id,
                "partner_id": cls.env["res.partner"].create({"name": "Test Store"}).id,
            }
        )
        cls.pickup = cls.env["delivery.carrier"].create(
            {
                "name": "Pick up",
                "delivery_type": "in_store",
                "product_id": cls._product("Pick-up", type="service", is_storable=False).id,
                "company_id": cls.company.id,
            }
        )
        cls.pickup.write({"warehouse_ids": [Command.set(cls.store.ids)], "is_published": True})

    def test_a_store_offers_what_nobody_there_waits_for(self):
        self._order((self.product, 2), warehouse_id=self.store.id)
        self._stock(self.product, 3, self.store.lot_stock_id)
        self.assertEqual(self._offered(), 1)
        cart = self._order((self.product, 3), confirm=False, website_id=self.website.id)
        self.assertEqual(cart._get_insufficient_stock_data(self.store.id), {cart.order_line: 1})
        self.assertIn("1/3", cart.order_line.shop_warning)
        self.assertFalse(cart._is_in_stock(self.store.id))
        cart.order_line.product_uom_qty = 1
        self.env.invalidate_all()
        self.assertTrue(cart._is_in_stock(self.store.id))


@tagged("post_install", "-at_install")
class TestShopPage(ShopCommon, PageCase):
    def test_a_visitor_is_told_the_same(self):
        self._order((self.product, 2))
        self._stock(self.product, 3)
        told = self.make_jsonrpc_request(
            "/website_sale/get_combination_info",
            {
                "product_template_id": self.product.product_tmpl_id.id,
                "product_id": self.product.id,
                "combination": [],
                "add_qty": 1,
            },
        )
        self.assertEqual(told["free_qty"], 1)
        self.assertEqual(told["show_availability"], True)
