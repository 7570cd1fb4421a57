"""Deliveries that take from another place than all of stock: what lies there, and what is on its
way there, decides about what is bought and when it is expected (design 17.2)."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_purchase_places import PlacesCommon


@tagged("post_install", "-at_install")
class TestDeliveryPlaces(PlacesCommon):
    def setUp(self):
        super().setUp()
        self.shop = self._place("Shop")
        self.shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.id}
        )
        self._sells(self.vendor, self.product)

    def _order_from(self, place, quantity):
        order = self._order((self.product, quantity))
        order.picking_ids.location_id = place
        order.picking_ids.move_ids.location_id = place
        return order.order_line

    def _row(self):
        screen = self._purchase(choose="backordered", warehouse_id=self.warehouse.id)
        return screen.line_ids.filtered(lambda row: row.product_id == self.product)

    def _needed(self):
        return sum(self._row().mapped("needed_qty"))

    def assertExpected(self, line, date):
        self.env.flush_all()
        self.assertEqual(line.backorder_expected_date, date)

    def test_goods_where_the_delivery_takes_from_are_not_bought(self):
        line = self._order_from(self.shop, 6)
        self._receive(self.product, 4, self.shop)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_fillable_qty, 4)
        row = self._row()
        self.assertEqual((row.needed_qty, row.on_hand_qty, row.elsewhere), (2, 4, ""))
        self._receive(self.product, 2, self.shop)
        self.assertFalse(self._row())
        self.assertTrue(line.backorder_expected_date, "it is on hand")

    def test_goods_where_no_delivery_takes_from_are_bought_and_named(self):
        line = self._order_from(self.shop, 6)
        self._receive(self.product, 6)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_fillable_qty, 0)
        row = self._row()
        self.assertEqual((row.needed_qty, row.on_hand_qty), (6, 0))
        self.assertIn(f"{self.stock.display_name}, deliveries take", row.elsewhere)
        self.assertIn("6 Units", row.elsewhere)
        self.assertExpected(line, False)

    def test_goods_on_other_shelves_than_the_delivery_s_are_bought_and_named(self):
        line = self._order_from(self.shelf, 6)
        self._receive(self.product, 6)
        self._receive(self.product, 1, self.shelf)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_fillable_qty, 1)
        row = self._row()
        self.assertEqual((row.needed_qty, row.on_hand_qty), (5, 1))
        self.assertIn("6 Units", row.elsewhere)
        self.assertExpected(line, False)

    def test_each_piece_serves_one_of_two_orders(self):
        """One takes from the shop, the other from all of stock."""
        self._order_from(self.shop, 6)
        self._order((self.product, 6))
        self._receive(self.product, 6, self.shop)
        self._receive(self.product, 1)
        self.assertEqual(self._needed(), 5)

    def test_goods_on_a_shelf_are_for_who_takes_from_it_alone(self):
        anywhere = self._order((self.product, 3)).order_line
        here = self._order_from(self.shelf, 3)
        self._receive(self.product, 3, self.shelf)
        self._receive(self.product, 3)
        self.assertEqual(self._needed(), 0)
        self.assertTrue(here.backorder_expected_date)
        self.assertTrue(anywhere.backorder_expected_date)

    def test_nothing_is_asked_for_twice(self):
        """What is bought comes to stock, from where a person takes it to the shop."""
        self._order_from(self.shop, 6)
        self.assertEqual(self._needed(), 6)
        self._bought(self.product, 4)
        self.assertEqual(self._needed(), 2)

    def test_who_waits_in_the_shop_gets_what_a_transfer_brings_there(self):
        line = self._order_from(self.shop, 6)
        self._receive(self.product, 6)
        self.assertExpected(line, False)
        move = self._transfer(self.product, 6, self.stock, self.shop)
        self.assertExpected(line, move.date)
        self.assertEqual(self._needed(), 0)
        move.date = later = fields.Datetime.now() + timedelta(days=3)
        self.assertExpected(line, later.replace(microsecond=0))
        self._do(move.picking_id)
        self.assertEqual(line.backorder_fillable_qty, 6)
        self.assertEqual(self._needed(), 0)

    def test_a_delivery_from_two_places_counts_each_of_them(self):
        line = self._order((self.product, 6)).order_line
        move = line.move_ids
        move.product_uom_qty = 4
        move.copy({"product_uom_qty": 2, "location_id": self.shop.id})._action_confirm(merge=False)
        self._receive(self.product, 5, self.shop)
        self._receive(self.product, 1)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_fillable_qty, 3)
        self.assertEqual(self._needed(), 3, "three of the shop's goods serve nobody")

    def test_the_minimum_is_no_matter_of_goods_out_of_reach(self):
        self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "location_id": self.stock.id,
                "product_min_qty": 5,
                "product_max_qty": 5,
                "trigger": "manual",
            }
        )
        self._order_from(self.shop, 6)
        self._receive(self.product, 5)
        row = self._row()
        self.assertEqual((row.short_qty, row.refill_qty, row.needed_qty), (6, 0, 6))
