"""Kits of which a component is ahead of the others, filled where fills become new orders."""

from odoo import Command
from odoo.tests import tagged

from .test_kit_changes import ChangesCommon


class KitAheadCommon(ChangesCommon):
    """A toolbox is sold as two hammers and one pack of nails; fills become new orders."""

    def setUp(self):
        super().setUp()
        self.company.backorder_fill_approved = "new_order"
        self.kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))
        self.ahead = self.env["product.product"]

    def _family(self, order):
        return order | order.backorder_child_ids

    def _nails(self, order):
        return self._open(order).move_ids.filtered(lambda move: move.product_id == self.other)

    def _reserve_ahead(self, move, quantity):
        move.quantity = quantity
        self.ahead |= move.product_id

    def _nails_ahead(self, ordered, ahead, **values):
        """An order of so many toolboxes; somebody reserved so many packs of nails for it."""
        order = self._order((self.kit, ordered, values))
        self._stock(self.other, ahead)
        self._reserve_ahead(self._nails(order), ahead)
        return order

    def assertStays(self, order, needed):
        """It was filled on its order, and so much is needed still."""
        self.assertFalse(order.backorder_child_ids)
        self.assertAlmostEqual(order.order_line[:1].backorder_qty, needed)

    def _fill(self, order):
        self.env.invalidate_all()
        order.fill_backorders()
        # a component without the others is the affair of who reserved it
        self.assertInvariants(self._family(order), typed=self.ahead)
        self.assertEqual(self.env["backorder.check"].run_checks(), [])

    def _send_the_family(self, order, kits):
        """Plenty comes in: everybody gets all, once."""
        for product in (self.product, self.other):
            self._stock(product, 100)
        self.env.invalidate_all()
        for each in self._family(order):
            each.fill_backorders()
        family = self._family(order) | self._family(order).backorder_child_ids
        self.assertEqual(sum(family.order_line.mapped("backorder_qty")), 0)
        for _step in range(2):
            for picking in family.picking_ids.filtered(
                lambda p: p.state == "assigned" and p.location_id.usage == "internal"
            ):
                self._deliver(picking)
        left = family.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel") and p.location_id.usage == "internal"
        )
        self.assertFalse(left, "left over")
        has = [
            sum(self._has(each, product) for each in family)
            for product in (self.product, self.other)
        ]
        self.assertEqual(has, [2 * kits, kits])
        self.assertInvariants(family)
        self.assertEqual(self.env["backorder.check"].run_checks(), [])
        self.assertEqual(sum(family.order_line.mapped("product_uom_qty")), kits)


@tagged("post_install", "-at_install")
class TestKitAhead(KitAheadCommon):
    def test_a_pick_of_one_component(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._nails_ahead(3, 2)
        self._deliver(self._open(order))
        self._receive(self.product, 2)
        self._fill(order)
        self.assertStays(order, 2)
        self._send_the_family(order, 3)

    def test_unreserved_again_it_goes_to_a_new_order(self):
        order = self._nails_ahead(3, 2)
        self._open(order).do_unreserve()
        self._receive(self.product, 2)
        self._fill(order)
        self.assertEqual(order.backorder_child_ids.order_line.product_uom_qty, 1)
        self._send_the_family(order, 3)

    def test_kits_by_the_dozen(self):
        order = self._nails_ahead(1, 5, product_uom_id=self.dozen.id)
        self._receive(self.product, 6)
        self._fill(order)
        self.assertStays(order, 0.75)
        self.assertAlmostEqual(order.order_line.backorder_hold_product_qty, 9)

    def test_reserved_ahead_between_preview_and_start(self):
        order = self._order((self.kit, 3))
        self._stock(self.other, 3)
        self._receive(self.product, 2)
        run = self.env["backorder.run"].create(
            {"company_id": self.company.id, "order_ids": [Command.set(order.ids)]}
        )
        run.action_preview()
        self._reserve_ahead(self._nails(order), 2)
        run.action_start()
        self.assertStays(order, 2)
        self.assertInvariants(order, typed=self.ahead)
        self._send_the_family(order, 3)

    def test_a_kit_in_a_kit(self):
        outer = self._kit("Chest", (self.kit, 2), (self.product, 1))
        order = self._order((outer, 2))
        self._stock(self.other, 2)
        self._reserve_ahead(self._nails(order), 2)
        self._receive(self.product, 5)
        self._fill(order)
        self.assertStays(order, 1)

    def test_a_fill_that_completes_it(self):
        order = self._nails_ahead(3, 3)
        self._receive(self.product, 6)
        self._fill(order)
        self.assertStays(order, 0)
        self.assertEqual(order.backorder_state, "filled")
        self.assertEqual(self._open(order).state, "assigned")
        self._send_the_family(order, 3)

    def test_what_is_reserved_ahead_of_others_stays_reserved(self):
        order = self._nails_ahead(3, 2)
        self._receive(self.product, 2)
        self._fill(order)
        self.assertStays(order, 2)
        self.assertEqual(self._nails(order).quantity, 2, "what a person reserved")
        self._send_the_family(order, 3)

    def test_a_lot_reserved_ahead_stays_reserved(self):
        paint = self._product("Paint", tracking="lot")
        lots = self.env["stock.lot"].create([{"name": n, "product_id": paint.id} for n in "AB"])
        order = self._order((self._kit("Painter", (self.product, 2), (paint, 1)), 3))
        for lot in lots:
            self._stock(paint, 1, lot=lot)
        move = self._open(order).move_ids.filtered(lambda move: move.product_id == paint)
        self._reserve_ahead(move, 2)
        self._receive(self.product, 2)
        self._fill(order)
        self.assertStays(order, 2)
        self.assertEqual(move.move_line_ids.lot_id, lots)

    def test_another_item_of_the_order_goes_to_a_new_one(self):
        order = self._order((self.kit, 3), (self.product, 5))
        self._stock(self.other, 1)
        self._reserve_ahead(self._nails(order), 1)
        self._receive(self.product, 7)
        total = order.amount_total
        self._fill(order)
        self.assertEqual(order.backorder_child_ids.order_line.product_id, self.product)
        self.assertEqual(order.order_line[:1].backorder_reserved_qty, 1)
        self.assertAlmostEqual(sum(self._family(order).mapped("amount_total")), total)

    def test_forced_after_odoo_reserved_unevenly(self):
        """With the automatic rule off Odoo reserves components as it finds them."""
        self.company.backorder_auto = False
        self._stock(self.other, 3)
        self._stock(self.product, 2)
        order = self._order((self.kit, 3))
        self.assertEqual(self._nails(order).quantity, 3)
        order.force_backorders()
        self.assertEqual(self._nails(order).quantity, 0)
        self._receive(self.product, 2)
        self._fill(order)
        self.assertEqual(order.backorder_child_ids.order_line.product_uom_qty, 2)
        self._send_the_family(order, 3)

    def test_taken_back(self):
        order = self._nails_ahead(3, 1)
        self._receive(self.product, 2)
        self._fill(order)
        self.env["backorder.run.order"].search([("order_id", "=", order.id)]).action_undo()
        self.assertStays(order, 3)
        self._fill(order)
        self._send_the_family(order, 3)


@tagged("post_install", "-at_install")
class TestKitOnItsWayBack(KitAheadCommon):
    """A part of a kit is exchanged, and is not back yet when the order is filled."""

    def _exchanged(self, ordered, sent, quantities, refund):
        self._stock(self.product, 2 * sent)
        self._stock(self.other, sent)
        order = self._order((self.kit, ordered))
        picking = order.picking_ids
        self._deliver(picking)
        return order, self._exchange(picking, quantities, refund)

    def test_a_hammer_is_filled_on_its_order(self):
        order, back = self._exchanged(3, 3, {self.product: 1}, False)
        self._receive(self.product, 1)
        self._fill(order)
        self.assertStays(order, 0)
        self._done(back)
        self._send_the_family(order, 3)

    def test_a_hammer_where_there_is_more_in_stock(self):
        """A new order would send a whole toolbox for it."""
        order, back = self._exchanged(3, 3, {self.product: 1}, True)
        self._receive(self.product, 5)
        self._receive(self.other, 5)
        self._fill(order)
        self.assertStays(order, 0)
        self._done(back)
        self._send_the_family(order, 3)

    def test_a_hammer_while_other_toolboxes_wait(self):
        order, back = self._exchanged(5, 2, {self.product: 1}, False)
        self._receive(self.product, 3)
        self._receive(self.other, 2)
        self._fill(order)
        self.assertFalse(order.backorder_child_ids)
        self._done(back)
        self._send_the_family(order, 5)

    def test_a_whole_toolbox_goes_to_a_new_order(self):
        order, back = self._exchanged(3, 3, {self.product: 2, self.other: 1}, False)
        self._receive(self.product, 5)
        self._receive(self.other, 5)
        self._fill(order)
        self.assertTrue(order.backorder_child_ids)
        self._done(back)
        self._send_the_family(order, 3)

    def test_a_hammer_came_back_for_good(self):
        order = self._order((self.kit, 5))
        self._stock(self.product, 4)
        self._stock(self.other, 2)
        self._fill(order)
        new = order.backorder_child_ids
        self._deliver(new.picking_ids)
        self._return(new.picking_ids, {self.product: 1}, refund=False)
        self._receive(self.product, 2)
        self._receive(self.other, 1)
        self._fill(order)
        family = self._family(order)
        self.assertEqual(sum(family.order_line.mapped("product_uom_qty")), 5)


@tagged("post_install", "-at_install")
class TestKitWithScrews(KitAheadCommon):
    """A component of the kit is not tracked in stock: Odoo has all of it ready at once."""

    def setUp(self):
        super().setUp()
        self.screws = self._product("Screws", is_storable=False)
        self.box = self._kit("Box", (self.product, 2), (self.screws, 5))

    def _asked(self, order):
        moves = order.order_line.move_ids.filtered(
            lambda move: move.product_id == self.screws and move.state != "cancel"
        )
        return sum(moves.mapped("product_uom_qty")), sum(moves.mapped("quantity"))

    def test_it_is_filled_on_its_order_with_the_reason(self):
        order = self._order((self.box, 3))
        self._receive(self.product, 4)
        self.assertIn("Screws", order.order_line._backorder_stay_reason())
        self._fill(order)
        self.assertStays(order, 1)
        self.assertEqual(self._asked(order), (15, 15))

    def test_screws_of_cancelled_boxes_are_not_sent(self):
        self._stock(self.product, 4)
        order = self._order((self.box, 3))
        order.cancel_backorders()
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertEqual(self._asked(order), (10, 10))
        self._deliver(self._open(order))
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertEqual(self._has(order, self.screws), 10)
        self.assertFalse(self._open(order))

    def test_all_boxes_are_cancelled(self):
        order = self._order((self.box, 3))
        order.cancel_backorders()
        self.assertEqual(self._asked(order), (0, 0))
        self.assertFalse(self._open(order))

    def test_screws_of_cancelled_boxes_in_two_steps(self):
        self.warehouse.delivery_steps = "pick_ship"
        self._stock(self.product, 4)
        order = self._order((self.box, 3))
        order.cancel_backorders()
        for _step in range(2):
            self._deliver(
                order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))[:1]
            )
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertEqual(self._has(order, self.screws), 10)
