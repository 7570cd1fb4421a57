"""Lives of orders that people outside think of first: what a merchant sees of each."""

from odoo import Command
from odoo.tests import tagged

from .test_outside_moves import StrangeCommon


@tagged("post_install", "-at_install")
class TestStrangeLives(StrangeCommon):
    def test_an_item_is_added_when_all_was_sent(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 3))
        self._deliver(order.picking_ids)
        order.write(
            {"order_line": [Command.create({"product_id": self.product.id, "product_uom_qty": 2})]}
        )
        self.assertHeld(order.order_line[0], 0, 0)
        self.assertHeld(order.order_line[1], 2, 0)
        self.assertEqual(order.backorder_state, "backordered")
        self._fill_and_ship(order, 5)

    def test_a_locked_order_is_filled_forced_and_closed(self):
        order = self._six_of_ten()
        order.action_lock()
        self._receive(self.product, 3)
        order.fill_backorders({order.order_line.id: 2})
        self.assertHeld(order.order_line, 2, 8)
        order.force_backorders({order.order_line.id: 5})
        self.assertHeld(order.order_line, 5, 5)
        order.cancel_backorders({order.order_line.id: 1})
        self.assertHeld(order.order_line, 4, 5)
        self.assertTrue(order.locked)
        self.assertEqual(order.order_line.product_uom_qty, 9)
        self._fill_and_ship(order, 9)

    def test_dozens_sent_in_part_cancelled_and_confirmed_again(self):
        self._stock(self.product, 7)
        order = self._order((self.product, 2, {"product_uom_id": self.dozen.id}))
        self._deliver(order.picking_ids)
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.env.invalidate_all()
        self.assertInvariants(order)
        self.assertAlmostEqual(order.order_line.backorder_hold_product_qty, 17, 1)

    def test_an_archived_item_is_filled_when_it_is_back(self):
        order = self._six_of_ten()
        self.product.action_archive()
        self._receive(self.product, 4)
        run = order.fill_backorders()
        self.assertHeld(order.order_line, 4, 6)
        self.assertIn("Hammer is archived", run.line_ids.message)
        self.product.action_unarchive()
        order.fill_backorders()
        self._ship_all(order)
        self.assertEqual(self._has(order), 10)

    def test_a_duplicate_waits_for_itself_alone(self):
        order = self._six_of_ten()
        order.force_backorders({order.order_line.id: 7})
        copy = order.copy()
        line = copy.order_line
        self.assertEqual(
            (line.backorder_filled_qty, line.backorder_forced_qty, line.backorder_promised_qty),
            (0, 0, 0),
        )
        self.assertFalse(copy.backorder_parent_id)
        copy.action_confirm()
        self.assertInvariants(order | copy)
        self.assertHeld(order.order_line, 7, 3)

    def test_prices_are_updated_while_items_wait(self):
        order = self._six_of_ten()
        self.product.list_price = 25
        order.action_update_prices()
        self.assertHeld(order.order_line, 4, 6)
        self._fill_and_ship(order, 10)

    def test_a_down_payment_is_no_item(self):
        order = self._six_of_ten()
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "percentage", "amount": 20})
        )
        wizard.create_invoices()
        self.assertGreater(len(order.order_line), 1)
        self.assertEqual(sum(order.order_line.mapped("backorder_qty")), 4)
        self.company.backorder_fill_approved = "new_order"
        self._receive(self.product, 4)
        order.fill_backorders()
        self.assertInvariants(order | order.backorder_child_ids)
        self.assertEqual(order.backorder_child_ids.order_line.mapped("product_uom_qty"), [4])

    def test_a_line_below_zero_is_taken_back_and_waits_for_nothing(self):
        order = self._order((self.product, -3), (self.other, 2))
        self.assertEqual(order.order_line.mapped("backorder_qty"), [0, 2])
        order.detect_backorders()
        order.force_backorders()
        self.assertEqual(order.order_line.mapped("backorder_qty"), [0, 2])

    def test_a_line_of_nothing_that_grows(self):
        order = self._order((self.product, 0))
        self.assertHeld(order.order_line, 0, 0)
        self._stock(self.product, 2)
        order.order_line.product_uom_qty = 5
        self.assertHeld(order.order_line, 3, 2)

    def test_another_customer_on_a_confirmed_order(self):
        order = self._six_of_ten()
        order.partner_id = self.vendor
        self.assertHeld(order.order_line, 4, 6)
        self._fill_and_ship(order, 10)

    def test_a_line_of_a_quotation_is_sent_by_the_vendor_after_all(self):
        """With the route on the line it has no warehouse."""
        route = self.env.ref("stock_dropshipping.route_drop_shipping", raise_if_not_found=False)
        if not route:
            return
        order = self._order((self.product, 5), (self.other, 2), confirm=False)
        line, beside = order.order_line
        self.assertEqual(line.backorder_qty, 5)
        line.route_ids = [Command.set(route.ids)]
        self.assertFalse(line.warehouse_id)
        self.assertEqual((line.backorder_qty, beside.backorder_qty), (0, 2))
        self.assertEqual(order.order_line.mapped("backorder_fillable_qty"), [0, 0])
        order.detect_backorders()
        order.force_backorders()
        order.fill_backorders()
        self.assertEqual((line.backorder_qty, beside.backorder_qty), (0, 2))
        line.product_uom_qty = 7
        line.route_ids = [Command.clear()]
        self.assertEqual((line.backorder_qty, beside.backorder_qty), (7, 2))

    def test_new_lines_of_a_quotation_are_sent_by_the_vendor(self):
        route = self.env.ref("stock_dropshipping.route_drop_shipping", raise_if_not_found=False)
        if not route:
            return
        self._stock(self.other, 1)
        sent = {"route_ids": [Command.set(route.ids)]}
        order = self._order((self.product, 5, sent), (self.other, 2), confirm=False)
        self.assertEqual(order.order_line.mapped("backorder_qty"), [0, 1])
        preview = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
        preview.action_preview()
        preview.action_start()
        self.assertEqual(order.order_line.mapped("backorder_qty"), [0, 1])

    def test_ships_complete_and_one_item_is_short(self):
        self._stock(self.other, 2)
        order = self._order((self.product, 3), (self.other, 2), picking_policy="one")
        self.assertHeld(order.order_line[0], 3, 0)
        self._receive(self.product, 2)
        order.fill_backorders()
        self.assertHeld(order.order_line[0], 3, 0)
        self._receive(self.product, 1)
        order.fill_backorders()
        self.assertHeld(order.order_line[0], 0, 3)

    def test_a_set_aside_line_is_deleted(self):
        self._stock(self.product, 4)
        order = self._order((self.product, 6), (self.other, 1), confirm=False)
        order.force_backorders({order.order_line[0].id: 6})
        order.fill_backorders()
        self.assertEqual(order.order_line[0].backorder_promised_qty, 4)
        order.order_line[0].unlink()
        rival = self._order((self.product, 4))
        self.assertHeld(rival.order_line, 0, 4)
