"""What people reported to public trackers of assigning, splitting, returning and kits, tried here.

After each story *Check Backorders* has nothing to say.
"""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_outside_moves import StrangeCommon


@tagged("post_install", "-at_install")
class TestOutsideTrackers(StrangeCommon):
    def _unassign(self, move, quantity, receipt):
        self.env["report.stock.report_reception"].action_unassign(
            move.id, quantity, receipt.move_ids.ids
        )

    def test_assigned_unassigned_and_assigned_again(self):
        """odoo/odoo#226120: two are on a shelf, one comes in for an order of three."""
        shelf = self.env["stock.location"].create(
            {"name": "Shelf 1", "location_id": self.stock.id, "usage": "internal"}
        )
        self._stock(self.product, 2, shelf)
        order = self._order((self.product, 3))
        line = order.order_line
        self.assertHeld(line, 1, 2)
        receipt = self._receive(self.product, 1)
        self.assertHeld(line, 1, 2)
        self._assign(self._move(order), 1, receipt)
        self.assertHeld(line, 0, 3)
        linked = self._move(order).filtered("move_orig_ids")
        self._unassign(linked, 1, receipt)
        self.assertHeld(line, 1, 2)
        # What came in is this order's already: the free one is on the shelf, a fill takes it.
        loose = self._move(order).filtered(lambda m: m.product_uom_qty > m.quantity)
        with self.assertRaisesRegex(UserError, "what came in is reserved"), self.env.cr.savepoint():
            self._assign(loose[:1], 1, receipt)
        order.fill_backorders()
        self.assertHeld(line, 0, 3)
        self._ship_all(order)
        self.assertEqual(self._has(order), 3)

    def test_assigning_fills_what_a_delivery_in_part_lacks(self):
        """Odoo links what the delivery had before; the person meant what it lacks."""
        self._stock(self.product, 4)
        order = self._order((self.product, 10))
        line = order.order_line
        receipt = self._receive(self.product, 5)
        self._assign(self._move(order), 5, receipt)
        self.assertHeld(line, 1, 9)
        self.assertFilled(line, 5, self.env.user)
        self.assertWhole(line)

    def test_assigning_takes_nothing_that_is_kept_for_older_orders(self):
        older = self._order((self.product, 3))
        self._stock(self.product, 4)
        older.order_line.action_release_claim()
        order = self._order((self.product, 6))
        self.assertHeld(order.order_line, 2, 4)
        older.order_line._backorder_write({"backorder_claim_released": False})
        receipt = self._receive(self.product, 4)
        self._assign(self._move(order), 2, receipt)
        self.assertHeld(order.order_line, 1, 5)
        self.assertWhole(order.order_line)
        older.fill_backorders()
        self.assertHeld(older.order_line, 0, 3)

    def test_a_receipt_in_two_parts_unassigned_between(self):
        """odoo/odoo#81247: eight of ten to come are assigned, four come, then the rest is."""
        order = self._order((self.product, 8))
        line = order.order_line
        receipt = self._plan_receipt(self.product, 10)
        self._assign(self._move(order), 8, receipt)
        self.assertHeld(line, 8, 0)
        receipt.move_ids.write({"quantity": 4, "picked": True})
        receipt._action_done()
        self.assertHeld(line, 4, 4)
        rest = self.env["stock.picking"].search([("backorder_id", "=", receipt.id)])
        for move in self._move(order).filtered(lambda m: m.move_orig_ids & rest.move_ids):
            self._unassign(move, 6, rest)
        self.assertWhole(line)
        loose = self._move(order).filtered(lambda m: m.product_uom_qty > m.quantity)
        self._assign(loose[:1], 4, rest)
        rest.move_ids.write({"quantity": 6, "picked": True})
        rest._action_done()
        self.assertWhole(line)
        order.fill_backorders()
        self.assertHeld(line, 0, 8)
        self._ship_all(order)
        self.assertEqual(self._has(order), 8)

    def test_less_is_ordered_when_a_rest_waits_in_two_steps(self):
        """odoo/odoo#114686: six of ten were picked and sent, then seven are ordered."""
        self.warehouse.delivery_steps = "pick_ship"
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._ship_all(order)
        line = order.order_line
        self.assertHeld(line, 4, 0)
        line.product_uom_qty = 7
        self.assertHeld(line, 1, 0)
        self._fill_and_ship(order, 7)

    def test_lowered_and_raised_after_the_pick_of_three_steps(self):
        """odoo/odoo#233796: five are picked, three are ordered, then five again."""
        self.warehouse.delivery_steps = "pick_pack_ship"
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        line = order.order_line
        self._deliver(self._open(order).filtered(lambda p: p.location_id == self.stock))
        line.product_uom_qty = 3
        self.assertHeld(line, 0)
        line.product_uom_qty = 5
        # two go back to the shelf, and are picked once more
        self.assertHeld(line, 2, 0)

    def test_hundreds_are_unreserved_and_filled_again(self):
        """odoo/odoo#144574: ten hundreds are reserved; all thousand pieces are given back."""
        hundred = self.env["uom.uom"].create(
            {"name": "Hundred", "relative_factor": 100, "relative_uom_id": self.unit.id}
        )
        self._stock(self.product, 1000)
        order = self._order((self.product, 10, {"product_uom_id": hundred.id}))
        line = order.order_line
        self.assertHeld(line, 0, 10)
        order.picking_ids.do_unreserve()
        self.assertHeld(line, 10, 0)
        self.assertEqual(sum(self._quants(self.product).mapped("reserved_quantity")), 0)
        self._count(self.product, 950)
        order.fill_backorders()
        self.assertHeld(line, 0.5, 9.5)
        self._fill_and_ship(order, 1000)

    def _half_dropshipped(self):
        """A kit of a component in stock and one that the vendor sends, in litres; raised from two
        to three. What its open deliveries ask for of the first."""
        route = self.env.ref("stock_dropshipping.route_drop_shipping")
        water = self._product(
            "Water",
            uom_id=self.env.ref("uom.product_uom_litre").id,
            route_ids=[Command.set(route.ids)],
            seller_ids=[Command.create({"partner_id": self.vendor.id, "price": 1})],
        )
        kit = self._kit("Aquarium", (water, 20), (self.product, 1))
        order = self._order((kit, 2))
        order.order_line.product_uom_qty = 3
        return order, sum(self._move(order).mapped("product_uom_qty"))

    def test_a_kit_of_which_one_component_is_sent_by_the_vendor(self):
        """odoo/odoo#74691: raising it asks for what Odoo asks for, which stock fills."""
        self.company.backorder_auto = False
        other, of_odoo = self._half_dropshipped()
        other._action_cancel()
        self.company.backorder_auto = True
        order, asked = self._half_dropshipped()
        self.assertEqual(asked, of_odoo)
        line = order.order_line
        self.assertEqual(line.backorder_qty, 3)
        self._stock(self.product, asked)
        self.env.invalidate_all()
        order.fill_backorders()
        self.assertHeld(line, 0, 3)

    def test_a_rest_of_a_kit_is_cancelled_after_a_part_was_sent(self):
        """odoo/odoo#56535: of a kit one component is sent, the rest's delivery is cancelled."""
        kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        order = self._order((kit, 3))
        line = order.order_line
        self._deliver(order.picking_ids, {self.product: 6, self.other: 1})
        self.assertEqual(line.qty_delivered, 1)
        self._open(order).action_cancel()
        self.assertHeld(line, 0)
        self.assertEqual(line.qty_delivered, 1)

    def test_the_rest_of_a_delivery_begun_is_free_for_others(self):
        """frappe/erpnext#52851: of a delivery sent in part the rest is reserved until released."""
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        self._deliver(order.picking_ids, {self.product: 4})
        self.assertHeld(order.order_line, 0, 6)
        self._open(order).do_unreserve()
        self.assertHeld(order.order_line, 6, 0)
        order.order_line.action_release_claim()
        rival = self._order((self.product, 6))
        self.assertHeld(rival.order_line, 0, 6)

    def test_the_quantity_is_typed_on_a_row_of_another_unit(self):
        """odoo/odoo#172039: the row is in dozens, the delivery in pieces: no piece is made up."""
        self._stock(self.product, 24)
        order = self._order((self.product, 24))
        move = self._move(order)
        move.move_line_ids.write({"product_uom_id": self.dozen.id, "quantity": 2})
        self.assertHeld(order.order_line, 0, 24)
        move.quantity = 18
        self.assertHeld(order.order_line, 6, 18)
        self._deliver(order.picking_ids)
        self.assertEqual(self._has(order), 18)
        self._fill_and_ship(order, 24)

    def test_a_cancelled_delivery_was_assigned(self):
        """odoo/odoo#286014: goods to come were assigned to a delivery that is cancelled then."""
        first = self._order((self.product, 5))
        receipt = self._plan_receipt(self.product, 5)
        self._assign(self._move(first), 5, receipt)
        first._action_cancel()
        second = self._order((self.product, 5))
        self._assign(self._move(second), 5, receipt)
        self._done(receipt)
        self.assertHeld(second.order_line, 0, 5)

    def test_a_delivery_of_kits_is_split_by_kits(self):
        """OCA/stock-logistics-workflow#2141: what is reserved follows when a delivery is split."""
        kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        order = self._order((kit, 5))
        line = order.order_line
        self.assertHeld(line, 2, 3)
        picking = order.picking_ids
        new = picking.copy({"move_ids": [], "move_line_ids": []})
        for move in picking.move_ids:
            split = self.env["stock.move"].create(move._split(move.product_uom_qty * 3 / 5))
            split.picking_id = new
            split._action_confirm(merge=False)
            move.quantity = move.product_uom_qty
        self.assertHeld(line, 3, 2)
        self._stock(self.product, 50)
        self._stock(self.other, 50)
        self.env.invalidate_all()
        order.fill_backorders()
        self.assertHeld(line, 0, 5)
        self._ship_all(order)
        self.assertEqual(line.qty_delivered, 5)

    def test_scrapped_on_the_later_of_two_deliveries(self):
        """odoo/odoo#35021: of 15 the first order has 10, the second 5; the second scraps one."""
        first = self._order((self.product, 10))
        second = self._order((self.product, 10))
        self._receive(self.product, 15)
        first.fill_backorders()
        second.fill_backorders()
        self.assertHeld(second.order_line, 5, 5)
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "scrap_qty": 1,
                "picking_id": self._open(second).id,
                "location_id": self.stock.id,
            }
        )
        scrap.do_scrap()
        self.assertHeld(first.order_line, 0, 10)
        self.assertHeld(second.order_line, 6, 4)

    def test_returned_sent_again_and_more_is_ordered(self):
        """odoo/odoo#179719: sent, returned, the return is returned; eight are ordered then."""
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        sent = order.picking_ids
        self._deliver(sent)
        back = self._return(sent, refund=True)
        again = self._plan_return(back)
        again.action_assign()
        self._deliver(again)
        line = order.order_line
        self.assertEqual(line.qty_delivered, 5)
        line.product_uom_qty = 8
        self.assertHeld(line, 3, 0)
        self._fill_and_ship(order, 8)

    def test_delivered_cancelled_and_confirmed_again_with_less(self):
        """odoo/odoo#274399: ten are delivered, then four are ordered instead."""
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        self._deliver(order.picking_ids)
        order._action_cancel()
        order.action_draft()
        line = order.order_line
        line.product_uom_qty = 4
        order.action_confirm()
        self.assertHeld(line, 0, 0)
        back = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        self.assertEqual((back.location_id.usage, back.move_ids.product_uom_qty), ("customer", 6))
        self._done(back)
        self.assertHeld(line, 0, 0)
        self.assertEqual(line.qty_delivered, 4)
        line.product_uom_qty = 12
        self.assertHeld(line, 2, 6)
