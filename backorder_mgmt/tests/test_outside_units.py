"""What people reported to public trackers of units, kits and returns, tried here."""

from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestOutsideUnits(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"

    def tearDown(self):
        # whatever a story did, nothing of it is out of step afterwards
        found = self.env["backorder.check"].run_checks()
        self.assertFalse(found, found)
        super().tearDown()

    def _open(self, order):
        return order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))

    def _fill_and_send(self, order):
        order.fill_backorders()
        self.assertHeld(order.order_line, 0)
        self._deliver(self._open(order).filtered(lambda p: p.location_id == self.stock))
        self.assertFalse(
            self._open(order).filtered(lambda p: p.location_id == self.stock), "nothing is left"
        )

    def test_millilitres_of_what_is_stocked_in_bottles(self):
        """A bottle holds 120 ml; one ml is ordered of ten bottles: one is reserved, none waits."""
        ml = self.env["uom.uom"].create({"name": "Drop"})
        bottle = self.env["uom.uom"].create(
            {"name": "Bottle", "relative_factor": 120, "relative_uom_id": ml.id}
        )
        syrup = self._product("Syrup", uom_id=bottle.id)
        order = self._order((syrup, 60, {"product_uom_id": ml.id}))
        self.assertHeld(order.order_line, 60, 0)
        self._stock(syrup, 10)
        self._fill_and_send(order)
        self.assertAlmostEqual(order.order_line.qty_delivered, 60, 1)

    def test_a_kit_with_pieces_of_what_is_stocked_in_dozens(self):
        """One egg of a dozen is not 0.96 of an egg."""
        eggs = self._product("Eggs", uom_id=self.dozen.id)
        kit = self._kit("Breakfast", (eggs, 1, self.unit), (self.other, 1))
        order = self._order((kit, 6))
        self.assertHeld(order.order_line, 6, 0)
        self._stock(eggs, 1)
        self._stock(self.other, 4)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_fillable_qty, 4)
        order.fill_backorders()
        self.assertHeld(order.order_line, 2, 4)
        self._stock(self.other, 2)
        self._fill_and_send(order)
        self.assertEqual(order.order_line.qty_delivered, 6)

    def test_a_kit_with_grams_of_what_is_stocked_in_kilograms(self):
        gram, kilogram = self.env.ref("uom.product_uom_gram"), self.env.ref("uom.product_uom_kgm")
        flour = self._product("Flour", uom_id=kilogram.id)
        kit = self._kit("Baking Set", (flour, 250, gram), (self.other, 1))
        self._stock(flour, 1.6)
        self._stock(self.other, 10)
        order = self._order((kit, 10))
        self.assertHeld(order.order_line, 4, 6)
        self._stock(flour, 0.9)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 10)
        self._deliver(self._open(order))
        self.assertEqual(order.order_line.qty_delivered, 10)
        self.assertFalse(self._open(order))

    def test_a_delivery_of_a_component_that_was_cancelled_and_duplicated(self):
        """One component is sent, the rest of the delivery cancelled, then copied and sent."""
        kit = self._kit("Toolbox", (self.product, 1), (self.other, 1))
        self._stock(self.product, 1)
        order = self._order((kit, 1))
        self._deliver(order.picking_ids, {self.product: 1})
        rest = self._open(order)
        rest.action_cancel()
        self.assertHeld(order.order_line, 0)
        again = rest.copy()
        again.action_confirm()
        self.assertHeld(order.order_line, 1)
        self._stock(self.other, 1)
        self._fill_and_send(order)
        self.assertEqual(order.order_line.qty_delivered, 1)

    def test_kits_came_back_and_one_less_is_ordered(self):
        """Four kits sent, one back, then three ordered: no second return is asked for."""
        kit = self._kit("Toolbox", (self.product, 1), (self.other, 2))
        self._stock(self.product, 4)
        self._stock(self.other, 8)
        order = self._order((kit, 4))
        picking = order.picking_ids
        self._deliver(picking)
        self._return(picking, {self.product: 1, self.other: 2})
        order.order_line.product_uom_qty = 3
        self.assertFalse(self._open(order), "nothing is asked for")
        self.assertHeld(order.order_line, 0, 0)

    def test_a_kit_with_a_thousandth_of_a_component(self):
        """1.1 of a component for 1000 kits: 750 are sent, 250 follow."""
        kilogram = self.env.ref("uom.product_uom_kgm")
        glue = self._product("Glue", uom_id=kilogram.id)
        kit = self._kit("Envelope", (glue, 0.01), (self.other, 1))
        self._stock(glue, 11)
        self._stock(self.other, 750)
        order = self._order((kit, 1000))
        self.assertHeld(order.order_line, 250, 750)
        self._deliver(order.picking_ids)
        self.assertHeld(order.order_line, 250, 0)
        self._stock(self.other, 250)
        self._fill_and_send(order)
        self.assertEqual(order.order_line.qty_delivered, 1000)

    def test_a_pack_of_six_of_an_item_sold_in_packs_of_two(self):
        """A third of a pack, which Odoo keeps as 0.33, is sent and nothing stays open."""
        two, six = (
            self.env["uom.uom"].create(
                {"name": f"Pack of {n}", "relative_factor": n, "relative_uom_id": self.unit.id}
            )
            for n in (2, 6)
        )
        item = self._product("Batteries", uom_id=six.id)
        order = self._order((item, 1, {"product_uom_id": two.id}))
        self.assertAlmostEqual(order.order_line.backorder_qty, 1, 1)
        self._stock(item, 1)
        self._fill_and_send(order)
        self.assertAlmostEqual(order.order_line.qty_delivered, 1, 1)

    def test_a_delivery_begun_put_back_and_sent_in_parts(self):
        """Two steps: pick three and two, put the three back, send the two, fill, send the rest."""
        self.warehouse.delivery_steps = "pick_ship"
        self._stock(self.product, 3)
        order = self._order((self.product, 5))
        first = order.picking_ids
        self._deliver(first)
        self._stock(self.product, 2)
        order.fill_backorders()
        self._deliver(self._open(order).filtered(lambda p: p.location_id == self.stock))
        self._return(first)
        self.assertHeld(order.order_line, 3, 0)
        ship = self._open(order).filtered(lambda p: p.picking_type_code == "outgoing")
        ship.action_assign()
        self._deliver(ship.filtered(lambda p: any(p.move_ids.mapped("quantity"))))
        self.assertEqual(order.order_line.qty_delivered, 2)
        self._fill_and_send(order)
        ship = self._open(order)
        self._deliver(ship)
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertFalse(self._open(order))
