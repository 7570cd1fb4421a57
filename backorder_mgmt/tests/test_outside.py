"""What people reported to other shops' and systems' public trackers, tried here.

Each test names the story of a report in a merchant's words; the reports are in the closing note.
"""

from odoo import Command
from odoo.tests import Form, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestOutside(BackorderCommon):
    def tearDown(self):
        # whatever a story did, nothing of it is out of step afterwards
        found = self.env["backorder.check"].run_checks()
        self.assertFalse(found, found)
        super().tearDown()

    def _open(self, order):
        return order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))

    # -- reductions --

    def test_ordered_lowered_to_what_was_delivered_without_backorder(self):
        """3 ordered, 2 delivered and the rest closed: lowering to 2 sends nothing back."""
        self._stock(self.product, 2)
        order = self._order((self.product, 3))
        self.assertHeld(order.order_line, 1, 2)
        self._deliver(order.picking_ids, backorder=False)
        pickings = order.picking_ids
        order.order_line.product_uom_qty = 2
        self.assertEqual(order.picking_ids, pickings, "no return is made")
        self.assertHeld(order.order_line, 0, 0)

    def test_two_steps_picked_goods_put_back_and_one_less_ordered(self):
        """Pick 3, deliver 2, put 1 back on the shelf, order one less: nothing is left open."""
        self.warehouse.delivery_steps = "pick_ship"
        self._stock(self.product, 3)
        order = self._order((self.product, 3))
        pick = order.picking_ids
        self._deliver(pick)
        ship = self._open(order)
        self._deliver(ship, {self.product: 2})
        self._return(pick, {self.product: 1}, refund=True)
        self.assertInvariants(order)
        order.order_line.product_uom_qty = 2
        self.assertHeld(order.order_line, 0)
        back = self._open(order).filtered(lambda p: p.location_id.usage == "customer")
        self.assertFalse(back, "nothing is asked back of the customer")

    def test_two_steps_cancelled_after_the_pick(self):
        """What lies in Output after a cancellation is not what a later order gets."""
        self.warehouse.delivery_steps = "pick_ship"
        self._stock(self.product, 3)
        order = self._order((self.product, 5))
        self.assertHeld(order.order_line, 2, 3)
        self._deliver(order.picking_ids)
        order._action_cancel()
        self.assertEqual(order.order_line.backorder_qty, 0)
        later = self._order((self.product, 3))
        self.assertHeld(later.order_line, 3, 0)

    # -- returns --

    def test_a_return_begun_and_cancelled_leaves_the_others_reserved(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 4))
        self._deliver(order.picking_ids)
        other = self._order((self.product, 4))
        self.assertHeld(other.order_line, 2, 2)
        self._plan_return(order.picking_ids, {self.product: 1}).action_cancel()
        self.assertHeld(other.order_line, 2, 2)

    def test_a_return_that_comes_in_two_parts(self):
        """Refunded returns lower what was delivered by what came back each time."""
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        self._deliver(order.picking_ids)
        self._return(order.picking_ids, {self.product: 2}, refund=True)
        self.assertEqual(order.order_line.qty_delivered, 3)
        first = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing")
        self._return(first, {self.product: 1}, refund=True)
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertHeld(order.order_line, 0, 0)

    def test_returned_goods_of_a_closed_delivery_are_at_most_what_was_sent(self):
        """10 ordered, 6 sent, the rest closed; all 6 come back, the family is square."""
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._deliver(order.picking_ids, backorder=False)
        sent = order.picking_ids
        wizard = Form(
            self.env["stock.return.picking"].with_context(
                active_id=sent.id, active_model="stock.picking"
            )
        ).save()
        self.assertEqual(wizard.product_return_moves.move_quantity, 6)
        self._return(sent, {self.product: 6}, refund=True)
        self.assertEqual(order.order_line.qty_delivered, 0)
        self.assertHeld(order.order_line, 0, 0)

    # -- counts on the shop's side ----

    def test_the_second_order_waits_for_all_that_the_first_left(self):
        """2 in stock: an order of 3 waits for 1, the next of 2 waits for 2."""
        self._stock(self.product, 2)
        first = self._order((self.product, 3))
        second = self._order((self.product, 2))
        self.assertHeld(first.order_line, 1, 2)
        self.assertHeld(second.order_line, 2, 0)

    def test_sending_the_first_order_changes_nothing_for_the_second(self):
        """6 in stock, 4 and 4 ordered: the second always waits for 2."""
        self._stock(self.product, 6)
        first = self._order((self.product, 4))
        second = self._order((self.product, 4))
        self.assertHeld(second.order_line, 2, 2)
        self._deliver(first.picking_ids)
        self.assertHeld(second.order_line, 2, 2)
        self.assertEqual(second.order_line.backorder_fillable_qty, 0)

    def test_an_order_of_more_lines_than_a_page_is_filled_whole(self):
        products = [self._product(f"Part {n}") for n in range(65)]
        order = self._order(*((product, 2) for product in products))
        for product in products:
            self._stock(product, 2)
        run = order.fill_backorders()
        self.assertEqual(run.filled_count, 65)
        new_order = run.run_order_ids.new_order_id
        self.assertEqual(len(new_order.order_line), 65)
        self.assertEqual(self._reserved(new_order), 130)

    def test_one_item_on_two_lines_at_two_prices(self):
        """The same item twice: each line waits and is filled for itself, none twice."""
        order = self._order(
            (self.product, 3, {"price_unit": 8.0}), (self.product, 3, {"price_unit": 10.0})
        )
        self._stock(self.product, 4)
        run = order.fill_backorders()
        new_order = run.run_order_ids.new_order_id
        self.assertEqual(sum(new_order.order_line.mapped("product_uom_qty")), 4)
        self.assertEqual(new_order.order_line.mapped("price_unit"), [8.0, 10.0])
        self.assertEqual(sum(order.order_line.mapped("backorder_qty")), 2)
        self.assertInvariants(order | new_order)

    # -- kits -------------------------------------------------------------------------------------

    def test_delivered_kits_are_whole_after_the_rest_is_closed(self):
        nut, bolt = self._product("Nut"), self._product("Bolt")
        kit = self._product("Kit", is_storable=False)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": nut.id, "product_qty": 1}),
                    Command.create({"product_id": bolt.id, "product_qty": 2}),
                ],
            }
        )
        self._stock(nut, 2)
        self._stock(bolt, 4)
        order = self._order((kit, 3))
        self.assertHeld(order.order_line, 1)
        self._deliver(order.picking_ids, backorder=True)
        self.assertEqual(order.order_line.qty_delivered, 2)
        self._open(order).action_cancel()
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertEqual(order.order_line.backorder_qty, 0)

    # -- edits after the fact ----

    def test_raised_again_after_the_rest_was_closed(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        self._deliver(order.picking_ids, backorder=False)
        self.assertHeld(order.order_line, 0, 0)
        order.order_line.product_uom_qty = 8
        demand = sum(self._open(order).move_ids.mapped("product_uom_qty"))
        self.assertHeld(order.order_line, demand, 0)

    def test_delivered_more_than_ordered(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 3))
        self._deliver(order.picking_ids, {self.product: 5})
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertHeld(order.order_line, 0, 0)

    def test_another_warehouse_before_confirmation(self):
        other = self.env["stock.warehouse"].create(
            {"name": "Second Warehouse", "code": "TW2", "company_id": self.company.id}
        )
        self._stock(self.product, 5)
        order = self._order((self.product, 5), confirm=False)
        order.fill_backorders()
        order.warehouse_id = other
        order.action_confirm()
        self.assertHeld(order.order_line, 5, 0)
        rival = self._order((self.product, 5))
        self.assertHeld(rival.order_line, 0, 5)

    def test_the_delivery_date_moved_keeps_what_is_reserved(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        self._open(order).scheduled_date = "2030-01-01 12:00:00"
        order.commitment_date = "2030-02-01 12:00:00"
        self.assertHeld(order.order_line, 3, 2)

    def test_two_orders_batch_filled_then_one_is_cancelled(self):
        first, second = self._order((self.product, 4)), self._order((self.product, 4))
        self._stock(self.product, 6)
        run = (first | second).fill_backorders()
        new_first = run.run_order_ids.filtered(lambda row: row.order_id == first).new_order_id
        new_first._action_cancel()
        self.assertHeld(first.order_line, 4, 0)
        self.assertEqual(first.order_line.backorder_fillable_qty, 4)
        self.assertHeld(second.order_line, 2, 0)
