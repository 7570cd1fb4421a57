"""Members of known kinds of faults that no list names: sources, second lives, who is approved."""

from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrderKinds(BackorderCommon):
    def _run(self, orders, **values):
        run = self.env["backorder.run"].create({"order_ids": orders.ids, **values})
        run.action_start()
        return run

    # -- goods that the delivery takes from elsewhere ---------------------------------------------

    def _shop_place(self):
        return self.env["stock.location"].create(
            {"name": "Shop", "usage": "internal", "location_id": self.warehouse.view_location_id.id}
        )

    def test_a_dozen_taken_from_the_shop_is_filled_there_also_when_approved_later(self):
        self.company.backorder_approve_new_order = False
        shop = self._shop_place()
        order = self._order((self.product, 1, {"product_uom_id": self.dozen.id}))
        order.picking_ids.move_ids.location_id = shop
        self._stock(self.product, 12, shop)
        self._run(order)
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(order.order_line, 0, reserved=1)

    def test_a_kit_of_which_one_component_comes_from_the_shop_is_filled_there(self):
        shop = self._shop_place()
        kit = self._kit("Toolbox", (self.product, 1), (self.other, 2))
        order = self._order((kit, 3))
        moves = order.picking_ids.move_ids
        moves.filtered(lambda move: move.product_id == self.other).location_id = shop
        self._stock(self.product, 3)
        self._stock(self.other, 6, shop)
        self._run(order)
        self.assertFalse(order.backorder_child_ids)
        self.assertEqual(
            {move.product_id: move.quantity for move in order.picking_ids.move_ids},
            {self.product: 3, self.other: 6},
        )

    # -- a second life ----------------------------------------------------------------------------

    def test_a_quotation_in_its_second_life_has_nothing_filled_or_set_aside(self):
        order = self._order((self.product, 10), confirm=False)
        self._stock(self.product, 4)
        order.fill_backorders()
        self.assertEqual(order.order_line.backorder_filled_qty, 4)
        order._action_cancel()
        order.action_draft()
        line = order.order_line
        self.assertEqual((line.backorder_filled_qty, line.backorder_promised_qty), (0, 0))
        self.assertNotIn(line.backorder_state, ("partial", "filled"))

    def test_a_dozen_that_was_closed_and_is_ordered_again_is_not_rest_cancelled(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 2, {"product_uom_id": self.dozen.id}))
        order.cancel_backorders({order.order_line.id: 1})
        self.assertEqual(order.order_line.product_uom_qty, 1)
        order.order_line.product_uom_qty = 2
        self._stock(self.product, 24)
        order.fill_backorders()
        self._deliver(order.picking_ids)
        self.assertNotEqual(order.order_line.backorder_state, "cancelled")

    # -- who is approved --------------------------------------------------------------------------

    def _one_item_stays(self):
        """Hammers that will move, and nails that are invoiced, so are filled where they are."""
        order = self._order((self.product, 2), (self.other, 3))
        hammer, nails = order.order_line
        hammer.qty_to_invoice = 0
        invoice = order._create_invoices()
        invoice.invoice_line_ids.filtered(lambda line: line.product_id == self.product).unlink()
        self.assertEqual((hammer.qty_invoiced, nails.qty_invoiced), (0, 3))
        self._stock(self.product, 2)
        self._stock(self.other, 3)
        return order

    def test_an_item_that_stays_counts_when_completed_orders_are_approved(self):
        order = self._one_item_stays()
        self._run(order, approve_complete=True, approve_partial=False)
        self.assertEqual(sum(order.order_line.mapped("backorder_qty")), 0)
        self.assertEqual(order.backorder_child_ids.state, "sale")

    def test_an_item_that_stays_counts_when_only_partly_filled_ones_are_approved(self):
        order = self._one_item_stays()
        self._run(order, approve_complete=False, approve_partial=True)
        self.assertEqual(sum(order.order_line.mapped("backorder_qty")), 0)
        self.assertEqual(order.backorder_child_ids.state, "draft")

    def test_an_item_that_stays_and_is_short_leaves_its_order_partly_filled(self):
        order = self._one_item_stays()
        self._run(order, product_ids=self.product.ids, approve_complete=True, approve_partial=False)
        self.assertEqual(order.backorder_child_ids.state, "draft")
