"""The unit of an item is replaced while orders wait for it: Odoo keeps all numbers and puts the new
unit beside them, on every document. So do backorders."""

from odoo.tests import tagged

from .test_outside_moves import StrangeCommon


@tagged("post_install", "-at_install")
class TestProductUnit(StrangeCommon):
    def test_what_is_reserved_needed_and_delivered_keeps_its_numbers(self):
        order = self._six_of_ten()
        line, move = order.order_line, order.picking_ids.move_ids
        rows = len(line.backorder_event_ids)
        self.product.uom_id = self.dozen
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((line.product_uom_id, move.product_uom), (self.dozen, self.dozen))
        self.assertEqual((move.product_qty, move.quantity), (10, 6))
        self.assertEqual(move.move_line_ids.quantity_product_uom, 6)
        self.assertEqual(self._quants(self.product).reserved_quantity, 6)
        self.assertHeld(line, 4, 6)
        self.assertEqual(line.backorder_hold_qty, 4)
        self.assertEqual(len(line.backorder_event_ids), rows)
        self._fill_and_ship(order, 10)

    def test_what_was_filled_and_forced_keeps_its_numbers(self):
        order = self._six_of_ten()
        line = order.order_line
        order.force_backorders({line.id: 7})
        self._stock(self.product, 2)
        order.fill_backorders({line.id: 2})
        self.product.product_tmpl_id.uom_id = self.dozen
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertHeld(line, 5, 5)
        self.assertEqual((line.backorder_filled_qty, line.backorder_forced_qty), (2, 3))
        self._fill_and_ship(order, 10)

    def test_what_is_set_aside_keeps_its_number(self):
        order = self._order((self.product, 10), confirm=False)
        line = order.order_line
        self._stock(self.product, 6)
        order.fill_backorders()
        self.product.uom_id = self.dozen
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((line.product_uom_qty, line.backorder_promised_qty), (10, 6))
        self.assertHeld(line, 4)
        rival = self._order((self.product, 3))
        self.assertHeld(rival.order_line, 3, 0)
        order.action_confirm()
        self.assertHeld(line, 4, 6)

    def test_a_quotation_on_backorder_keeps_its_number(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10), confirm=False)
        self.assertHeld(order.order_line, 4)
        self.product.uom_id = self.dozen
        self.assertHeld(order.order_line, 4)

    def test_components_of_kits_keep_their_numbers(self):
        kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))
        self._stock(self.product, 6)
        self._stock(self.other, 9)
        order = self._order((kit, 5))
        self.assertHeld(order.order_line, 2, 3)
        self.product.uom_id = self.dozen
        self.assertHeld(order.order_line, 2, 3)
        self._stock(self.product, 4)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 5)
        self._ship_all(order)
        self.assertEqual(order.order_line.qty_delivered, 5)

    def test_a_new_order_is_made_and_comes_back_in_the_new_unit(self):
        self.company.backorder_fill_approved = "new_order"
        order = self._six_of_ten()
        self._stock(self.product, 2)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.product.uom_id = self.dozen
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertHeld(order.order_line, 2, 6)
        self.assertHeld(new.order_line, 0, 2)
        new._action_cancel()
        self.assertHeld(order.order_line, 4, 6)
        self._stock(self.product, 4)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 6)
        self.assertEqual(order.order_line.product_uom_qty, 6)
