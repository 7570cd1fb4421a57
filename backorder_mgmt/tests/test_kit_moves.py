"""A confirmed kit is what its deliveries say (design 17.3), whatever the recipe is today."""

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestKitMoves(BackorderCommon):
    """A toolbox is sold as two hammers and one pack of nails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.screws = cls._product("Screws")
        cls.kit = cls._kit("Toolbox", (cls.product, 2), (cls.other, 1))
        cls.bom = cls.env["mrp.bom"].browse(cls.kit.bom_ids.id)
        cls.company.backorder_fill_approved = "same_order"

    def _reserved_of(self, order, product):
        moves = order.picking_ids.move_ids.filtered(
            lambda move: move.product_id == product and move.state not in ("done", "cancel")
        )
        return sum(moves.mapped("quantity"))

    def assertKits(self, line, needed, **reserved):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(line.backorder_qty, needed)
        self.assertAlmostEqual(line.backorder_hold_qty, needed)
        self.assertAlmostEqual(sum(line.backorder_event_ids.mapped("product_qty")), needed)
        for name, quantity in reserved.items():
            product = getattr(self, name)
            self.assertAlmostEqual(
                self._reserved_of(line.order_id, product), quantity, msg=product.name
            )

    # -- D19: the recipe changes while the order is open ------------------------------------------

    def test_nails_become_screws_in_the_recipe(self):
        order = self._order((self.kit, 3))
        line = order.order_line
        self.assertKits(line, 3, product=0, other=0)
        self.bom.bom_line_ids[1].product_id = self.screws
        self.env.invalidate_all()
        self._stock(self.product, 6)
        self._stock(self.screws, 9)
        self.assertEqual(line.backorder_available_qty, 0)
        self._receive(self.other, 3)
        # a receipt gives nothing by itself, and the fill gives what the delivery asks for
        self.assertKits(line, 3, product=0, other=0)
        self.assertEqual(line.backorder_fillable_qty, 3)
        order.fill_backorders()
        self.assertKits(line, 0, product=6, other=3)
        self._deliver(order.picking_ids)
        self.assertEqual(order.picking_ids.mapped("state"), ["done"])

    def test_the_quantity_of_a_component_changes_in_the_recipe(self):
        order = self._order((self.kit, 3))
        line = order.order_line
        self.bom.bom_line_ids[0].product_qty = 5
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        self.env.invalidate_all()
        order.fill_backorders()
        self.assertKits(line, 0, product=6, other=3)

    def test_another_recipe_comes_first(self):
        order = self._order((self.kit, 3))
        line = order.order_line
        self.bom.sequence = 5
        self._recipe(self.kit, (self.screws, 4)).sequence = 1
        self.env.invalidate_all()
        self._receive(self.product, 4)
        self._receive(self.other, 2)
        self.assertKits(line, 3, product=0, other=0)
        order.fill_backorders()
        self.assertKits(line, 1, product=4, other=2)

    def test_the_lines_of_the_recipe_are_replaced(self):
        order = self._order((self.kit, 3))
        line = order.order_line
        self.bom.bom_line_ids = [
            Command.clear(),
            Command.create({"product_id": self.screws.id, "product_qty": 4}),
        ]
        self.env.invalidate_all()
        self._receive(self.product, 4)
        self._receive(self.other, 2)
        self.assertKits(line, 3, product=0, other=0)
        order.fill_backorders()
        self.assertKits(line, 1, product=4, other=2)

    def test_what_is_bought_is_what_the_delivery_asks_for(self):
        for product in (self.product, self.other, self.screws):
            product.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 1})]
        self._order((self.kit, 3))
        self.bom.bom_line_ids[1].product_id = self.screws
        self.env.invalidate_all()
        plan = self.env["backorder.purchase"].create({"warehouse_id": self.warehouse.id})
        plan.action_add()
        bought = {row.product_id: row.quantity for row in plan.line_ids}
        self.assertEqual(bought.get(self.product), 6)
        self.assertEqual(bought.get(self.other), 3)
        self.assertFalse(bought.get(self.screws))

    def test_a_quotation_asks_the_recipe_of_today(self):
        order = self._order((self.kit, 3), confirm=False)
        self.bom.bom_line_ids[1].product_id = self.screws
        self.env.invalidate_all()
        self._stock(self.product, 6)
        self._stock(self.screws, 3)
        order.fill_backorders()
        self.assertEqual(order.order_line.backorder_promised_qty, 3)

    # -- components that left ahead ---------------------------------------------------------------

    def test_a_component_that_left_ahead_lacks_nothing(self):
        self._stock(self.product, 6)
        order = self._order((self.kit, 3))
        line = order.order_line
        picking = order.picking_ids
        self._deliver(picking, {self.product: 6})
        self.assertKits(line, 3, product=0, other=0)
        self._receive(self.other, 2)
        self.assertEqual(line.backorder_fillable_qty, 2)
        order.fill_backorders()
        self.assertKits(line, 1, product=0, other=2)
        self._receive(self.other, 1)
        order.fill_backorders()
        self.assertKits(line, 0, other=3)
        self._deliver(order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")))
        self.assertEqual(line.qty_delivered, 3)
        done = order.picking_ids.move_ids.filtered(lambda move: move.state == "done")
        for product, sent in ((self.product, 6), (self.other, 3)):
            of_product = done.filtered(lambda move, product=product: move.product_id == product)
            self.assertEqual(sum(of_product.mapped("quantity")), sent)

    def test_a_component_that_left_ahead_in_part(self):
        self._stock(self.product, 2)
        order = self._order((self.kit, 3))
        line = order.order_line
        self._deliver(order.picking_ids, {self.product: 2})
        self._stock(self.product, 4)
        self._stock(self.other, 3)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_fillable_qty, 3)
        run = order.fill_backorders()
        self.assertEqual(run.line_ids.filled_qty, 3)
        self.assertKits(line, 0, product=4, other=3)

    def test_a_component_that_a_person_reserved_ahead_is_there_for_the_fill(self):
        self._stock(self.other, 3)
        order = self._order((self.kit, 3))
        line = order.order_line
        of_nails = order.picking_ids.move_ids.filtered(lambda m: m.product_id == self.other)
        of_nails.quantity = 3
        self._receive(self.product, 4)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_fillable_qty, 2)
        order.fill_backorders()
        self.assertEqual(line.backorder_qty, 1)
        self._receive(self.product, 2)
        order.fill_backorders()
        self.assertKits(line, 0, product=6, other=3)

    def _waited_for(self):
        """{component: what waits for it} of purchasing."""
        plan = self.env["backorder.purchase.plan"]
        facts = plan._purchase_facts(self.product | self.other, self.warehouse)
        return {
            product: sum(own.needed for own in facts[product.id, self.warehouse.id].waiting)
            for product in (self.product, self.other)
        }

    def test_a_component_that_is_there_already_is_not_bought_once_more(self):
        self._stock(self.other, 3)
        order = self._order((self.kit, 3))
        of_nails = order.picking_ids.move_ids.filtered(lambda m: m.product_id == self.other)
        self.assertEqual(self._waited_for(), {self.product: 6, self.other: 3})
        of_nails.quantity = 2
        self.assertKits(order.order_line, 3, product=0, other=2)
        self.assertEqual(self._waited_for(), {self.product: 6, self.other: 1})
        of_nails.quantity = 3
        self.assertEqual(self._waited_for(), {self.product: 6, self.other: 0})
        self._plan_receipt(self.product, 6)
        self.env.flush_all()
        self.env.invalidate_all()
        # nothing but the hammers is waited for: they bring the kits
        self.assertTrue(order.order_line.backorder_expected_date)

    def test_a_component_that_left_ahead_is_not_bought_once_more(self):
        self._stock(self.product, 4)
        order = self._order((self.kit, 3))
        self._deliver(order.picking_ids, {self.product: 4})
        self.assertEqual(self._waited_for(), {self.product: 2, self.other: 3})

    def test_components_ahead_on_two_orders_are_each_ones_own(self):
        orders = [self._order((self.kit, 2)) for _each in range(2)]
        self._stock(self.other, 2)
        first = orders[0].picking_ids.move_ids.filtered(lambda m: m.product_id == self.other)
        first.quantity = 2
        self._stock(self.product, 8)
        run = self.env["backorder.run"].create(
            {"order_ids": [Command.set([order.id for order in orders])]}
        )
        run.action_preview()
        run.action_start()
        self.assertKits(orders[0].order_line, 0, product=4, other=2)
        self.assertKits(orders[1].order_line, 2, product=0, other=0)

    def test_lowering_a_kit_that_left_in_parts(self):
        self._stock(self.product, 2)
        self._stock(self.other, 1)
        order = self._order((self.kit, 3))
        line = order.order_line
        self._deliver(order.picking_ids)
        self.assertEqual(line.qty_delivered, 1)
        self.assertKits(line, 2, product=0, other=0)
        line.product_uom_qty = 2
        self.assertKits(line, 1, product=0, other=0)
        self._stock(self.product, 2)
        self._stock(self.other, 1)
        order.fill_backorders()
        self.assertKits(line, 0, product=2, other=1)

    def test_raising_a_kit_after_the_recipe_changed(self):
        order = self._order((self.kit, 2))
        line = order.order_line
        order.cancel_backorders({line.id: 1})
        self.assertKits(line, 1, product=0, other=0)
        line.product_uom_qty = 3
        self.assertKits(line, 3, product=0, other=0)
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        order.fill_backorders()
        self.assertKits(line, 0, product=6, other=3)

    # -- deliveries that were closed --------------------------------------------------------------

    def test_kits_that_were_closed_short_and_are_ordered_again(self):
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        order = self._order((self.kit, 11))
        line = order.order_line
        self._deliver(order.picking_ids, backorder=False)
        self.assertEqual(line.qty_delivered, 3)
        self.assertKits(line, 0)
        line.product_uom_qty = 11  # Odoo asks for the eight again
        self.assertKits(line, 8, product=0, other=0)
        self._stock(self.product, 16)
        self._stock(self.other, 8)
        order.fill_backorders()
        self.assertKits(line, 0, product=16, other=8)

    def test_one_of_two_deliveries_of_kits_is_cancelled(self):
        order = self._order((self.kit, 5))
        line = order.order_line
        order.picking_ids.printed = True
        line.product_uom_qty = 8
        self.assertEqual(len(order.picking_ids), 2)
        order.picking_ids.sorted("id")[-1].action_cancel()
        self.assertKits(line, 5, product=0, other=0)
        self._stock(self.product, 10)
        self._stock(self.other, 5)
        order.fill_backorders()
        self.assertKits(line, 0, product=10, other=5)

    # -- D20: one component on two recipe lines ---------------------------------------------------

    def test_one_component_on_two_recipe_lines(self):
        self.bom.bom_line_ids[1].product_id = self.product  # two hammers and one hammer
        self._stock(self.product, 3)
        order = self._order((self.kit, 2))
        line = order.order_line
        self.assertKits(line, 1, product=3)
        by_move = sorted(order.picking_ids.move_ids.mapped("quantity"))
        self.assertEqual(by_move, [1, 2])
        self._deliver(order.picking_ids)
        self.assertEqual(line.qty_delivered, 1)
        self._receive(self.product, 3)
        order.fill_backorders()
        self.assertKits(line, 0, product=3)

    def test_one_component_on_two_recipe_lines_is_filled_kit_by_kit(self):
        self.bom.bom_line_ids[1].product_id = self.product
        order = self._order((self.kit, 3))
        line = order.order_line
        self._receive(self.product, 5)
        order.fill_backorders()
        self.assertKits(line, 2, product=3)
        open_moves = order.picking_ids.move_ids.filtered(lambda m: m.state != "done")
        self.assertEqual(sorted(open_moves.mapped("quantity")), [1, 2])
        self._receive(self.product, 4)
        order.fill_backorders()
        self.assertKits(line, 0, product=9)

    def test_force_takes_from_both_recipe_lines(self):
        self.bom.bom_line_ids[1].product_id = self.product
        self._stock(self.product, 9)
        order = self._order((self.kit, 3))
        line = order.order_line
        order.force_backorders({line.id: 2})
        self.assertKits(line, 2, product=3)
        self.assertEqual(sorted(order.picking_ids.move_ids.mapped("quantity")), [1, 2])

    def test_cancel_the_rest_takes_from_both_recipe_lines(self):
        self.bom.bom_line_ids[1].product_id = self.product
        self._stock(self.product, 3)
        order = self._order((self.kit, 2))
        order.cancel_backorders()
        self.assertKits(order.order_line, 0, product=3)
        self.assertEqual(sorted(order.picking_ids.move_ids.mapped("product_uom_qty")), [1, 2])

    # -- returns ----------------------------------------------------------------------------------

    def test_what_came_back_does_not_change_the_kit(self):
        self._stock(self.product, 2)
        self._stock(self.other, 1)
        order = self._order((self.kit, 3))
        line = order.order_line
        done = order.picking_ids
        self._deliver(done)
        back = self._plan_return(done)
        back.move_ids.picked = True
        back.button_validate()
        self._stock(self.product, 2)
        self._stock(self.other, 1)
        order.fill_backorders()
        self.assertKits(line, 0, product=4, other=2)

    # -- what people add to a transfer by hand ----------------------------------------------------

    def _transfer_with_kit_added(self, operation_type, source, destination):
        """A planned transfer of screws; while it is packed, somebody adds two toolboxes."""
        places = {"location_id": source.id, "location_dest_id": destination.id}
        items = {"product_id": self.screws.id, "product_uom_qty": 1, **places}
        transfer = self.env["stock.picking"].create(
            {"picking_type_id": operation_type.id, **places, "move_ids": [Command.create(items)]}
        )
        transfer.action_confirm()
        transfer.move_line_ids = [
            Command.create({"product_id": self.kit.id, "quantity": 2, **places})
        ]
        transfer.move_ids.picked = True
        transfer.button_validate()
        self.assertEqual(transfer.state, "done")
        taken = {move.product_id: move.quantity for move in transfer.move_ids}
        self.assertEqual((taken[self.product], taken[self.other]), (4, 2))

    def test_kits_that_somebody_adds_to_a_receipt_come_in_as_components(self):
        line = self._order((self.kit, 2)).order_line
        self._transfer_with_kit_added(
            self.warehouse.in_type_id, self.env.ref("stock.stock_location_suppliers"), self.stock
        )
        line.order_id.fill_backorders()
        self.assertKits(line, 0, product=4, other=2)

    def test_components_that_leave_by_a_kit_added_by_hand_are_set_aside_no_more(self):
        quotation = self._order((self.product, 3), confirm=False)
        for product, quantity in ((self.product, 5), (self.other, 2), (self.screws, 1)):
            self._stock(product, quantity)
        quotation.fill_backorders()
        self.assertEqual(quotation.order_line.backorder_promised_qty, 3)
        elsewhere = self.env["stock.location"].create(
            {"name": "Elsewhere", "location_id": self.warehouse.view_location_id.id}
        )
        self._transfer_with_kit_added(self.warehouse.int_type_id, self.stock, elsewhere)
        self.assertEqual(quotation.order_line.backorder_promised_qty, 1)
        self.assertEqual(self.env["backorder.check"].run_checks(), [])
