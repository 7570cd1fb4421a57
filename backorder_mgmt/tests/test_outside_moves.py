"""Units and routes that people outside think of first: what a merchant sees of each.

After each story *Check Backorders* has nothing to say.
"""

from odoo import Command
from odoo.tests import tagged

from .test_doors import DoorsCommon


class StrangeCommon(DoorsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"
        cls.before = {(row["code"], row["id"]) for row in cls.env["backorder.check"].run_checks()}

    def tearDown(self):
        self.env.flush_all()
        self.env.invalidate_all()
        found = self.env["backorder.check"].run_checks()
        rows = [row["message"] for row in found if (row["code"], row["id"]) not in self.before]
        self.assertEqual(rows, [])
        super().tearDown()

    def _six_of_ten(self, product=None, **values):
        self._stock(product or self.product, 6)
        return self._order((product or self.product, 10), **values)

    def _open(self, order):
        return order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))

    def _quants(self, product, place=None):
        return self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "child_of", (place or self.stock).id)]
        )

    def _ship_all(self, order):
        """Send what is reserved, step by step, until nothing is."""
        while ready := self._open(order).filtered(lambda p: any(p.move_ids.mapped("quantity"))):
            self._deliver(ready.sorted("id")[0])

    def _has(self, order):
        """What customers have of the order's goods, in the products' units."""
        done = order.order_line.move_ids.filtered(lambda move: move.state == "done")
        return sum(
            move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id)
            * (1 if move.location_dest_id.usage == "customer" else -1)
            for move in done
            if "customer" in (move.location_dest_id.usage, move.location_id.usage)
        )

    def _fill_and_ship(self, order, has):
        """Plenty comes in, is filled and sent: the customer has all, and nothing is left."""
        self._stock(order.order_line.product_id[:1], 500)
        self.env.invalidate_all()
        order.fill_backorders()
        self._ship_all(order)
        self.assertAlmostEqual(self._has(order), has, 2)
        self.assertFalse(self._open(order).filtered(lambda p: p.location_id.usage == "internal"))
        self.assertEqual(sum(order.order_line.mapped("backorder_qty")), 0)
        self.assertInvariants(order)


@tagged("post_install", "-at_install")
class TestStrangeUnits(StrangeCommon):
    def _unit(self, name, factor, of):
        return self.env["uom.uom"].create(
            {"name": name, "relative_factor": factor, "relative_uom_id": of.id}
        )

    def test_grams_of_what_is_stocked_in_kilograms(self):
        kilogram, gram = self.env.ref("uom.product_uom_kgm"), self.env.ref("uom.product_uom_gram")
        flour = self._product("Flour", uom_id=kilogram.id)
        self._stock(flour, 1.25)
        order = self._order((flour, 2500, {"product_uom_id": gram.id}))
        line = order.order_line
        self.assertHeld(line, 1250, 1250)
        self._receive(flour, 0.7)
        self.env.invalidate_all()
        self.assertHeld(line, 1250, 1250)
        self.assertAlmostEqual(line.backorder_fillable_qty, 700)
        order.fill_backorders({line.id: 333})
        self.assertInvariants(order)
        self.assertAlmostEqual(line.backorder_qty, 920, -1)
        self._fill_and_ship(order, 2.5)

    def test_kilograms_of_what_is_stocked_in_grams(self):
        kilogram, gram = self.env.ref("uom.product_uom_kgm"), self.env.ref("uom.product_uom_gram")
        saffron = self._product("Saffron", uom_id=gram.id)
        self._stock(saffron, 7)
        order = self._order((saffron, 0.02, {"product_uom_id": kilogram.id}))
        self.assertHeld(order.order_line, 0.013, 0.007)
        order.fill_backorders()
        self._fill_and_ship(order, 20)

    def test_packs_of_six_of_what_is_stocked_in_dozens(self):
        six = self.env.ref("uom.product_uom_pack_6")
        eggs = self._product("Eggs", uom_id=self.dozen.id)
        self._stock(eggs, 1)
        order = self._order((eggs, 3, {"product_uom_id": six.id}))
        self.assertHeld(order.order_line, 1, 2)
        self._receive(eggs, 0.5)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_fillable_qty, 1)
        order.fill_backorders()
        self._ship_all(order)
        self.assertAlmostEqual(self._has(order), 1.5)
        self.assertHeld(order.order_line, 0, 0)

    def test_pallets_of_which_only_whole_ones_are_reserved(self):
        pallet = self._unit("Pallet of 144", 144, self.unit)
        bricks = self._product("Brick", uom_ids=[Command.link(pallet.id)])
        bricks.categ_id = self.env["product.category"].create(
            {"name": "By the Pallet", "packaging_reserve_method": "full"}
        )
        self._stock(bricks, 200)
        order = self._order((bricks, 2, {"product_uom_id": pallet.id}))
        self.assertHeld(order.order_line, 1, 1)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_fillable_qty, 0)
        self._receive(bricks, 88)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_fillable_qty, 1)
        order.fill_backorders()
        self._ship_all(order)
        self.assertAlmostEqual(self._has(order), 288)

    def test_thousandths_where_the_shop_counts_them(self):
        self.env.ref("uom.decimal_product_uom").digits = 3
        self.env.registry.clear_cache()
        cable = self._product("Cable", uom_id=self.env.ref("uom.product_uom_meter").id)
        self._stock(cable, 0.125)
        order = self._order((cable, 0.333))
        self.assertHeld(order.order_line, 0.208, 0.125)
        self._receive(cable, 0.001)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0.207, 0.126)
        self._fill_and_ship(order, 0.333)

    def test_whole_pieces_where_the_shop_has_no_decimals(self):
        self.env.ref("uom.decimal_product_uom").digits = 0
        self.env.registry.clear_cache()
        self._stock(self.product, 20)
        order = self._order((self.product, 3, {"product_uom_id": self.dozen.id}))
        self.assertInvariants(order)
        self._fill_and_ship(order, 36)

    def test_sent_in_part_and_the_rest_is_written_in_packs_of_six(self):
        self._stock(self.product, 18)
        order = self._order((self.product, 3, {"product_uom_id": self.dozen.id}))
        line = order.order_line
        self.assertHeld(line, 1.5, 1.5)
        self._deliver(order.picking_ids)
        line.write(
            {"product_uom_id": self.env.ref("uom.product_uom_pack_6").id, "product_uom_qty": 6}
        )
        self.assertHeld(line, 3, 0)
        self._fill_and_ship(order, 36)


@tagged("post_install", "-at_install")
class TestStrangeMoves(StrangeCommon):
    def _steps(self, steps):
        self.warehouse.delivery_steps = steps

    def test_three_steps_and_the_pick_comes_back(self):
        self._steps("pick_pack_ship")
        order = self._six_of_ten()
        pick = order.picking_ids
        self._deliver(pick)
        self.assertHeld(order.order_line, 4, 0)
        self._return(pick.filtered(lambda p: p.state == "done"), {self.product: 6})
        self.assertEqual(order.order_line.backorder_qty, 10)
        self._fill_and_ship(order, 10)

    def test_picked_in_part_and_the_packing_is_cancelled(self):
        self._steps("pick_pack_ship")
        order = self._six_of_ten()
        self._deliver(order.picking_ids, {self.product: 4})
        pack = self._open(order).filtered(lambda p: p.location_id != self.stock)
        pack.action_cancel()
        self.assertInvariants(order)
        self.assertEqual(self.env["backorder.check"].run_checks(), [])

    def test_no_backorder_at_the_pick_of_three_steps(self):
        self._steps("pick_pack_ship")
        order = self._six_of_ten()
        self._deliver(order.picking_ids, backorder=False)
        self.assertHeld(order.order_line, 0)
        self._ship_all(order)
        self.assertEqual(self._has(order), 6)
        self.assertEqual(order.order_line.backorder_qty, 0)

    def test_sent_piece_by_piece_with_fills_between(self):
        self._stock(self.product, 1)
        order = self._order((self.product, 4))
        for sent in range(1, 4):
            self._deliver(self._open(order))
            self.assertHeld(order.order_line, 4 - sent, 0)
            self._receive(self.product, 1)
            order.fill_backorders()
            self.assertHeld(order.order_line, 3 - sent, 1)
        self._fill_and_ship(order, 4)

    def test_the_delivery_is_duplicated(self):
        order = self._six_of_ten()
        copy = order.picking_ids.copy()
        copy.action_confirm()
        self.assertInvariants(order)
        self.assertLessEqual(order.order_line.backorder_qty, 10)

    def test_an_item_added_on_the_delivery_by_hand(self):
        order = self._six_of_ten()
        self._stock(self.other, 2)
        picking = order.picking_ids
        picking.move_ids = [
            Command.create(
                {
                    "product_id": self.other.id,
                    "product_uom_qty": 2,
                    "location_id": picking.location_id.id,
                    "location_dest_id": picking.location_dest_id.id,
                }
            )
        ]
        picking.action_confirm()
        picking.action_assign()
        self.assertHeld(order.order_line[0], 4, 6)
        self._deliver(picking)
        added = order.order_line.filtered(lambda line: line.product_id == self.other)
        self.assertEqual((added.qty_delivered, added.backorder_qty), (2, 0))
        self.assertHeld(order.order_line[0], 4, 0)

    def test_deliveries_of_two_orders_in_one_batch(self):
        if "stock.picking.batch" not in self.env:
            return
        first, second = self._six_of_ten(), self._order((self.product, 3))
        batch = self.env["stock.picking.batch"].create(
            {"picking_ids": [Command.set((first | second).picking_ids.ids)]}
        )
        batch.action_confirm()
        batch.action_assign()
        self.assertHeld(first.order_line, 4, 6)
        self.assertHeld(second.order_line, 3, 0)
        batch.move_ids.filtered("quantity").picked = True
        batch.with_context(skip_backorder=True).action_done()
        self.assertHeld(first.order_line, 4, 0)
        self.assertHeld(second.order_line, 3, 0)

    def test_made_to_order_from_now_on(self):
        order = self._six_of_ten()
        route = self.warehouse.mto_pull_id.route_id
        route.active = True
        self.product.route_ids = [Command.link(route.id)]
        self.env.invalidate_all()
        self.assertHeld(order.order_line, 4, 6)
        self._fill_and_ship(order, 10)

    def test_from_another_source_after_it_was_held(self):
        order = self._six_of_ten()
        shelf = self.env["stock.location"].create(
            {"name": "Top Shelf", "location_id": self.stock.id, "usage": "internal"}
        )
        self._stock(self.product, 4, location=shelf)
        picking = order.picking_ids
        picking.do_unreserve()
        self.assertHeld(order.order_line, 10, 0)
        picking.move_ids.location_id = shelf
        self.env.invalidate_all()
        self.assertHeld(order.order_line, 10, 0)
        self.assertEqual(order.order_line.backorder_fillable_qty, 4)
        order.fill_backorders()
        self.assertHeld(order.order_line, 6, 4)
        self.assertEqual(picking.move_line_ids.location_id, shelf)
