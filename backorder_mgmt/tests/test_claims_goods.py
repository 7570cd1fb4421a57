"""Goods that others take or move about: the older order keeps what a fill gave it, as far as goods
are left, and younger ones who wait get nothing of it (design 17.4). Members of fault E23 that
nobody listed: each was wrong at first."""

from odoo import Command
from odoo.tests import tagged

from .test_claims import ClaimsCommon


@tagged("post_install", "-at_install")
class TestClaimsOnGoodsThatMove(ClaimsCommon):
    def setUp(self):
        super().setUp()
        self.company.backorder_fill_approved = "same_order"
        self.shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.id}
        )

    def _take(self, quantity, place, lot=None):
        """A transfer of what lies there, whoever has it reserved: typed in, and validated."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": place.id,
            }
        )
        picking.move_line_ids = [
            Command.create(
                {
                    "product_id": (lot.product_id if lot else self.product).id,
                    "lot_id": lot.id if lot else False,
                    "quantity": quantity,
                    "location_id": self.stock.id,
                    "location_dest_id": place.id,
                }
            )
        ]
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def test_part_of_the_goods_goes_to_another_shelf(self):
        older, newer = self._filled_and_waiting(self.product)
        self._take(3, self.shelf)
        self._assert_kept(older, newer)

    def test_a_package_is_unpacked(self):
        package = self.env["stock.package"].create({"name": "BOX"})
        older, newer = self._waiting(5, 5)
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.stock, 5, package_id=package
        )
        older.fill_backorders()
        package.unpack()
        self._assert_kept(older, newer)

    def test_a_lot_that_two_orders_share_is_moved_in_part(self):
        item = self._product("Varnish", tracking="lot")
        first, second = self._waiting(3, 3, product=item)
        lot = self._lot(item, "L1")
        self._stock(item, 6, lot=lot)
        (first | second).fill_backorders()
        third = self._order((item, 2))
        self._take(4, self.shelf, lot)
        self.assertHeld(first.order_line, 0, 3)
        self.assertHeld(second.order_line, 0, 3)
        self.assertHeld(third.order_line, 2, 0)

    def test_a_component_of_a_kit_is_relocated(self):
        kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))
        older, newer = self._waiting(2, 2, product=kit)
        self._stock(self.product, 4)
        self._stock(self.other, 2)
        older.fill_backorders()
        self._quant(self.product).move_quants(location_dest_id=self.shelf, message="tidy up")
        self.assertHeld(older.order_line, 0, 2)
        self.assertHeld(newer.order_line, 2, 0)

    def test_goods_turn_out_to_be_damaged_and_others_are_there(self):
        older, newer = self._filled_and_waiting(self.product)
        self._receive(self.product, 2)
        damaged = self.env["stock.location"].create(
            {"name": "Damaged", "location_id": self.warehouse.view_location_id.id}
        )
        self._take(5, damaged)
        self.assertHeld(older.order_line, 3, 2)
        self.assertEqual(older.order_line.backorder_filled_qty, 2)
        self.assertHeld(newer.order_line, 5, 0)

    def test_production_takes_the_goods_of_an_order(self):
        if "mrp.production" not in self.env:
            self.skipTest("manufacturing is not installed")
        older, newer = self._filled_and_waiting(self.product)
        self._stock(self.product, 3)
        made = self._product("Made of it")
        production = self.env["mrp.production"].create(
            {
                "product_id": made.id,
                "product_qty": 1,
                "picking_type_id": self.warehouse.manu_type_id.id,
                "move_raw_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 5,
                            "product_uom": self.product.uom_id.id,
                            "location_id": self.stock.id,
                            "location_dest_id": made.property_stock_production.id,
                        }
                    )
                ],
            }
        )
        production.action_confirm()
        production.qty_producing = 1
        production.move_raw_ids.write({"quantity": 5, "picked": True})
        production.with_context(skip_backorder=True).button_mark_done()
        self.assertHeld(older.order_line, 2, 3)
        self.assertEqual(older.order_line.backorder_filled_qty, 3)
        self.assertHeld(newer.order_line, 5, 0)

    def test_goods_go_back_to_the_vendor(self):
        older, newer = self._waiting(5, 5)
        receipt = self._receive(self.product, 5)
        older.fill_backorders()
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=receipt.id, active_ids=receipt.ids, active_model=receipt._name)
            .create({"picking_id": receipt.id})
        )
        wizard.product_return_moves.quantity = 5
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.write({"quantity": 5, "picked": True})
        back.with_context(skip_backorder=True).button_validate()
        self.assertHeld(older.order_line, 5, 0)
        self.assertEqual(older.order_line.backorder_filled_qty, 0)
        self.assertHeld(newer.order_line, 5, 0)

    def test_a_younger_order_is_sent_with_the_goods_of_the_older(self):
        older, newer = self._filled_and_waiting(self.product)
        self._deliver(newer.picking_ids, {self.product: 5})
        self.assertHeld(older.order_line, 5, 0)
        self.assertEqual(older.order_line.backorder_filled_qty, 0)
        self.assertHeld(newer.order_line, 0, 0)
