"""Deliveries of new orders: what the original waited for is handed over as it is."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrderDeliveries(BackorderCommon):
    def test_the_held_move_becomes_the_new_orders_with_its_dates(self):
        order = self._order((self.product, 4), (self.other, 2))
        move = order.picking_ids.move_ids.filtered(lambda move: move.product_id == self.product)
        due = move.date_deadline
        move.date = "2031-05-06 12:00:00"
        self._stock(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(new.picking_ids.move_ids, move)
        self.assertEqual(
            (move.date.isoformat(" "), move.date_deadline), ("2031-05-06 12:00:00", due)
        )
        self.assertEqual(move.origin, new.name)
        self.assertEqual(new.picking_ids.origin, new.name)
        self.assertEqual(move.reference_ids, new.stock_reference_ids)
        self.assertEqual(new.picking_ids.state, "assigned")
        self.assertHeld(new.order_line, 0, reserved=4)
        self.assertEqual(order.picking_ids.move_ids.product_id, self.other)
        self.assertIn(new.name, new.picking_ids.message_ids.mapped("body")[0])

    def test_a_part_of_a_move_goes_and_the_rest_waits(self):
        order = self._order((self.product, 10))
        waiting = order.picking_ids
        self._stock(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(waiting.move_ids.mapped("product_uom_qty"), [6])
        self.assertEqual(new.picking_ids.move_ids.mapped("product_uom_qty"), [4])
        self.assertNotEqual(new.picking_ids, waiting)
        self.assertHeld(new.order_line, 0, reserved=4)
        self.assertHeld(order.order_line, 6, reserved=0)

    def test_an_urgent_delivery_stays_urgent_and_keeps_its_note(self):
        for have in (4, 10):
            with self.subTest(filled=have):
                product = self._product("Hammer")
                order = self._order((product, 10))
                order.picking_ids.write({"priority": "1", "note": "<p>Ring twice</p>"})
                self._stock(product, have)
                order.fill_backorders()
                delivery = order.backorder_child_ids.picking_ids
                self.assertEqual((delivery.priority, delivery.state), ("1", "assigned"))
                self.assertEqual(delivery.move_ids.priority, "1")
                self.assertIn("Ring twice", delivery.note)

    def test_an_emptied_delivery_stays_with_its_order_cancelled(self):
        order = self._order((self.product, 4))
        waiting = order.picking_ids
        self._stock(self.product, 4)
        order.fill_backorders()
        self.assertEqual((order.picking_ids, waiting.state), (waiting, "cancel"))

    def test_a_printed_delivery_is_left_as_it_is(self):
        order = self._order((self.product, 10))
        waiting = order.picking_ids
        waiting.printed = True
        self._stock(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(waiting.move_ids.mapped("product_uom_qty"), [6])
        self.assertHeld(new.order_line, 0, reserved=4)

    def test_deliveries_in_two_steps_are_made_by_odoo(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertHeld(new.order_line, 0, reserved=4)
        self.assertHeld(order.order_line, 6, reserved=0)
        self._deliver(new.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        self._deliver(new.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        self.assertEqual(new.order_line.qty_delivered, 4)

    def test_an_order_that_is_held_back_has_no_delivery_until_it_is_approved(self):
        order = self._order((self.product, 4))
        self._stock(self.product, 4)
        run_class = type(self.env["backorder.run"])
        with patch.object(run_class, "_before_approve", lambda run, orders: orders.browse()):
            order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(new.state, "draft")
        self.assertFalse(new.picking_ids.filtered(lambda picking: picking.state != "cancel"))
        self.assertHeld(new.order_line, 0)
        new.action_confirm()
        self.assertHeld(new.order_line, 0, reserved=4)

    def test_a_kit_is_handed_over_with_its_recipe(self):
        if "mrp.bom" not in self.env:
            self.assertNotIn("bom_line_id", self.env["stock.move"]._fields)
            return
        kit = self._product("Toolbox")
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": self.product.id, "product_qty": 1}),
                    Command.create({"product_id": self.other.id, "product_qty": 2}),
                ],
            }
        )
        order = self._order((kit, 3))
        moves = order.picking_ids.move_ids
        self._stock(self.product, 3)
        self._stock(self.other, 6)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(new.picking_ids.move_ids, moves)
        self.assertHeld(new.order_line, 0, reserved=3)
        self._deliver(new.picking_ids)
        self.assertEqual(new.order_line.qty_delivered, 3)

    def test_who_is_older_and_not_asked_for_takes_nothing_of_what_was_set_aside(self):
        """The older order was left out of the fill by a clerk: the younger one keeps its stock."""
        older = self._order((self.product, 4))
        younger = self._order((self.product, 4))
        self._stock(self.product, 4)
        younger.fill_backorders({younger.order_line.id: 4})
        self.assertHeld(younger.backorder_child_ids.order_line, 0, reserved=4)
        self.assertHeld(older.order_line, 4, reserved=0)
