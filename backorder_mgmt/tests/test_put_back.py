"""Picked goods that are put back on the shelf are needed again (faults D, E; design 17.5)."""

from odoo.tests import tagged

from .test_doors import DoorsCommon


@tagged("post_install", "-at_install")
class TestPutBack(DoorsCommon):
    """Picking is a step of its own; what a return brings back to the shelf is on its delivery."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.delivery_steps = "pick_ship"
        cls.company.backorder_fill_approved = "same_order"

    def _return(self, picking, quantities=None, **options):
        return super()._return(picking, quantities, **{"refund": True, **options})

    def _picked(self, quantity, **vals):
        self._stock(self.product, quantity)
        order = self._order((self.product, quantity), **vals)
        pick = order.picking_ids
        self._deliver(pick)
        return order, pick

    def _open(self, order):
        return order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))

    def _ship(self, order):
        return self._open(order).filtered(lambda p: p.picking_type_code == "outgoing")

    def _ship_all(self, order):
        """Pick and ship what is reserved, until nothing is."""
        while ready := self._open(order).filtered(
            lambda p: p.state == "assigned" or any(p.move_ids.mapped("quantity"))
        ):
            self._deliver(ready.sorted("id")[0])

    def _sent(self, order):
        done = order.picking_ids.move_ids.filtered(
            lambda m: m.state == "done" and m.location_dest_id.usage == "customer"
        )
        return sum(done.mapped("quantity"))

    def test_goods_put_back_are_needed_again_and_filled_from_the_shelf(self):
        order, pick = self._picked(5)
        line = order.order_line
        self.assertHeld(line, 0, 0)
        self._return(pick, {self.product: 5})
        self.assertHeld(line, 5, 0)
        self.assertWhole(line)
        again = self._open(order) - self._ship(order)
        self.assertIn(
            f"Hammer (5 Units). {again.name} brings it again",
            " ".join(order.message_ids.mapped("body")),
        )
        order.fill_backorders()
        self.assertHeld(line, 0, 5)
        self.assertWhole(line)
        self._ship_all(order)
        self.assertEqual(line.qty_delivered, 5)
        self.assertEqual(self._sent(order), 5)
        self.assertFalse(self._open(order))

    def test_nothing_gives_them_back_but_a_fill(self):
        order, pick = self._picked(5)
        self._return(pick, {self.product: 5})
        self.env["stock.rule"]._run_scheduler_tasks(company_id=self.company.id)
        self._open(order).action_assign()
        self.assertHeld(order.order_line, 5, 0)
        self.company.backorder_fifo = False
        rival = self._order((self.product, 2))
        self.assertHeld(rival.order_line, 0, 2)

    def test_a_part_is_put_back(self):
        order, pick = self._picked(5)
        line = order.order_line
        self._return(pick, {self.product: 2})
        self.assertHeld(line, 2, 0)
        self._ship(order).action_assign()
        self._deliver(self._ship(order))
        self.assertEqual(line.qty_delivered, 3)
        self.assertHeld(line, 2, 0)
        order.fill_backorders()
        self._ship_all(order)
        self.assertEqual((line.qty_delivered, self._sent(order)), (5, 5))
        self.assertFalse(self._open(order))

    def test_put_back_twice(self):
        order, pick = self._picked(5)
        line = order.order_line
        self._return(pick, {self.product: 5})
        order.fill_backorders()
        again = self._open(order) - self._ship(order)
        self._deliver(again)
        self.assertHeld(line, 0, 0)
        self._return(again, {self.product: 5})
        self.assertHeld(line, 5, 0)
        self.assertWhole(line)
        order.fill_backorders()
        self._ship_all(order)
        self.assertEqual((line.qty_delivered, self._sent(order)), (5, 5))
        self.assertFalse(self._open(order))

    def test_goods_are_put_back_after_the_customer_sent_some_back(self):
        for refund in (False, True):
            with self.subTest(refund=refund):
                order, pick = self._picked(5)
                line = order.order_line
                ship = self._ship(order)
                self._deliver(ship, {self.product: 3})
                self.assertEqual(line.qty_delivered, 3)
                self._return(ship, {self.product: 1}, refund=refund)
                self._return(pick, {self.product: 2})
                self.assertHeld(line, 2, 0)
                order.fill_backorders()
                self._ship_all(order)
                self.assertEqual(self._sent(order), 5)
                self.assertFalse(self._open(order))

    def test_who_cancels_what_brings_them_again_is_not_asked_twice(self):
        order, pick = self._picked(5)
        line = order.order_line
        self._return(pick, {self.product: 2})
        again = self._open(order) - self._ship(order)
        self.assertHeld(line, 2, 0)
        again.action_cancel()
        self.assertFalse(self._open(order) - self._ship(order))
        self.assertHeld(line, 0, 0)
        self._ship(order).action_assign()
        self._deliver(self._ship(order))
        self.assertFalse(self._open(order) - self._ship(order))
        self.assertEqual((line.qty_delivered, self._sent(order)), (3, 3))

    def test_who_brings_a_part_of_them_and_no_more_is_not_asked_twice(self):
        order, pick = self._picked(5)
        self._return(pick, {self.product: 2})
        order.fill_backorders()
        again = self._open(order) - self._ship(order)
        self._deliver(again, {self.product: 1}, backorder=False)
        self.assertFalse(self._open(order) - self._ship(order))
        self.assertHeld(order.order_line, 0, 0)
        self._ship_all(order)
        self.assertEqual((order.order_line.qty_delivered, self._sent(order)), (4, 4))

    def test_the_return_is_returned_as_odoo_has_it(self):
        order, pick = self._picked(5)
        line = order.order_line
        back = self._return(pick, {self.product: 5})
        self.assertHeld(line, 5, 0)
        self._return(back, {self.product: 5})
        self.assertHeld(line, 0, 0)
        self.assertEqual(self._ship(order).move_ids.mapped("state"), ["assigned"])
        self._ship_all(order)
        self.assertEqual((line.qty_delivered, self._sent(order)), (5, 5))
        self.assertFalse(self._open(order))

    def test_what_was_filled_is_not_filled_any_more(self):
        order = self._order((self.product, 5))
        line = order.order_line
        self._stock(self.product, 5)
        order.fill_backorders()
        pick = order.picking_ids
        self._deliver(pick)
        self.assertEqual(line.backorder_state, "filled")
        self._return(pick, {self.product: 3})
        self.assertHeld(line, 3, 0)
        self.assertEqual(line.backorder_filled_qty, 2)
        self.assertEqual(line.backorder_state, "partial")

    def test_the_customer_orders_less_after_goods_were_put_back(self):
        for refund in (True, False):
            with self.subTest(refund=refund):
                order, pick = self._picked(5)
                line = order.order_line
                self._return(pick, {self.product: 2}, refund=refund)
                line.product_uom_qty = 3
                self.assertHeld(line, 0, 0)
                self._ship(order).action_assign()
                self._ship_all(order)
                self.assertEqual((line.qty_delivered, self._sent(order)), (3, 3))
                self.assertFalse(self._open(order))

    def test_the_customer_orders_more_after_goods_were_put_back(self):
        for refund in (True, False):
            with self.subTest(refund=refund):
                order, pick = self._picked(5)
                line = order.order_line
                self._return(pick, {self.product: 5}, refund=refund)
                line.product_uom_qty = 8
                self.assertWhole(line)
                self._stock(self.product, 8)
                order.fill_backorders()
                self._ship_all(order)
                self.assertEqual((line.qty_delivered, self._sent(order)), (8, 8))
                self.assertFalse(self._open(order))

    def test_the_rest_is_cancelled_after_goods_were_put_back(self):
        order, pick = self._picked(5)
        line = order.order_line
        self._return(pick, {self.product: 2})
        order.cancel_backorders()
        self.assertHeld(line, 0, 0)
        self._ship(order).action_assign()
        self._ship_all(order)
        self.assertEqual((line.product_uom_qty, line.qty_delivered), (3, 3))
        self.assertFalse(self._open(order))

    def test_the_order_is_cancelled_after_goods_were_put_back(self):
        order, pick = self._picked(5)
        self._return(pick, {self.product: 2})
        order._action_cancel()
        self.assertHeld(order.order_line, 0, 0)
        self.assertFalse(self._open(order))

    def test_fills_that_become_new_orders_fill_it_on_its_order(self):
        self.company.backorder_fill_approved = "new_order"
        order, pick = self._picked(5)
        self._return(pick, {self.product: 5})
        order.fill_backorders()
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(order.order_line, 0, 5)
        self._ship_all(order)
        self.assertEqual(self._sent(order), 5)

    def test_dozens(self):
        self._stock(self.product, 24)
        order = self._order((self.product, 2, {"product_uom_id": self.dozen.id}))
        line = order.order_line
        pick = order.picking_ids
        self._deliver(pick)
        self._return(pick, {self.product: pick.move_ids.product_uom == self.dozen and 1 or 12})
        self.assertHeld(line, 1, 0)
        order.fill_backorders()
        self._ship(order).action_assign()
        self._ship_all(order)
        self.assertEqual(line.qty_delivered, 2)
        self.assertFalse(self._open(order))

    def test_a_kit(self):
        kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        order = self._order((kit, 3))
        line = order.order_line
        pick = order.picking_ids
        self._deliver(pick)
        self._return(pick, {self.product: 4, self.other: 2})
        self.assertHeld(line, 2, 0)
        self.assertEqual(line._backorder_parts()[line], {self.product: 2, self.other: 1})
        order.fill_backorders()
        self.assertHeld(line, 0, 2)
        self._ship(order).action_assign()
        self._ship_all(order)
        self.assertEqual((line.qty_delivered, self._sent(order)), (3, 9))
        self.assertFalse(self._open(order))

    def test_three_steps_back_to_the_packing_place_and_to_the_shelf(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        order, pick = self._picked(5)
        line = order.order_line
        pack = self._open(order)
        self._deliver(pack)
        self._return(pack, {self.product: 5})
        # it lies at the packing place, and is packed again without another fill
        self.assertHeld(line, 0, 0)
        packed = self._open(order) - self._ship(order)
        self.assertEqual(packed.state, "assigned")
        self._return(pick, {self.product: 5})
        self.assertHeld(line, 5, 0)
        order.fill_backorders()
        self._ship_all(order)
        self.assertEqual((line.qty_delivered, self._sent(order)), (5, 5))
        self.assertFalse(self._open(order))

    def test_without_the_rule_odoo_leaves_it_as_ever(self):
        self.company.backorder_auto = False
        order, pick = self._picked(5)
        self._return(pick, {self.product: 5})
        self.assertEqual(self._open(order), self._ship(order))
        self.assertFalse(order.order_line.backorder_event_ids)
        self.assertEqual(order.order_line.backorder_state, "no")
