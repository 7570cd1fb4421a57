"""Beside Odoo's other apps: shipping, repairs."""

import unittest

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestShipping(BackorderCommon):
    def test_the_new_order_ships_by_the_same_carrier_and_charges_it_once(self):
        if "delivery.carrier" not in self.env:
            raise unittest.SkipTest("needs the module stock_delivery, which is not installed")
        carrier = self.env["delivery.carrier"].create(
            {
                "name": "Test Post",
                "product_id": self._product("Postage", type="service", is_storable=False).id,
                "fixed_price": 7.0,
            }
        )
        self._stock(self.product, 2)
        order = self._order((self.product, 5), confirm=False)
        order.set_delivery_line(carrier, 7.0)
        order.action_confirm()
        self._stock(self.product, 3)
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertEqual((new.carrier_id, new.picking_ids.carrier_id), (carrier, carrier))
        self.assertFalse(new.order_line.filtered("is_delivery"))
        self.assertEqual(order.order_line.filtered("is_delivery").price_unit, 7.0)
        self.assertEqual(new.picking_ids.move_ids.quantity, 3)


@tagged("post_install", "-at_install")
class TestRepair(BackorderCommon):
    def test_parts_of_a_repair_are_reserved_as_odoo_does(self):
        """A repair has no order line to wait on: nothing of it is held."""
        if "repair.order" not in self.env:
            raise unittest.SkipTest("needs the module repair, which is not installed")
        self._stock(self.other, 3)
        repair = self.env["repair.order"].create(
            {
                "product_id": self.product.id,
                "picking_type_id": self.warehouse.repair_type_id.id,
                "partner_id": self.customer.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.other.id,
                            "product_uom_qty": 2,
                            "repair_line_type": "add",
                        }
                    )
                ],
            }
        )
        repair.action_validate()
        self.assertEqual(repair.move_ids.quantity, 2)
        order = self._order((self.other, 2))
        self.assertHeld(order.order_line, 1, reserved=1)
