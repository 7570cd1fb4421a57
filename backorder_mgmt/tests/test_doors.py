"""What people do at Odoo's own doors to reservation is booked on the backorder of the order."""

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


class DoorsCommon(BackorderCommon):
    def _move(self, order):
        return order.picking_ids.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))

    def _done(self, picking):
        picking.move_ids.write({"picked": True})
        picking._action_done()

    def _assign(self, move, quantity, receipt):
        self.env["report.stock.report_reception"].action_assign(
            move.ids, [quantity], [receipt.move_ids.ids]
        )

    def assertFilled(self, line, filled, user=None):
        rows = line.backorder_event_ids.filtered(lambda row: row.type == "fill")
        self.assertAlmostEqual(-sum(rows.mapped("quantity")), filled, 4, "fill rows")
        if user:
            self.assertEqual(rows.user_id, user)

    def assertWhole(self, line):
        """Under the rule: reserved + needed = open demand."""
        moves = line._backorder_moves()
        self.assertAlmostEqual(
            line.backorder_qty + line.backorder_reserved_qty, sum(moves.mapped("product_uom_qty"))
        )
        self.assertAlmostEqual(line.backorder_qty, line.backorder_hold_qty)
        self.assertInvariants(line.order_id)


@tagged("post_install", "-at_install")
class TestReceptionReport(DoorsCommon):
    def test_assigning_goods_that_are_there_fills_the_backorder(self):
        order = self._order((self.product, 5))
        receipt = self._receive(self.product, 5)
        self.assertHeld(order.order_line, 5, 0)
        self._assign(self._move(order), 5, receipt)
        line = order.order_line
        self.assertHeld(line, 0, 5)
        self.assertEqual(line.backorder_state, "filled")
        self.assertFilled(line, 5, self.env.user)
        self.assertWhole(line)

    def test_assigning_goods_to_come_leaves_the_item_needed_until_they_come(self):
        order = self._order((self.product, 5))
        line = order.order_line
        receipt = self._plan_receipt(self.product, 5)
        self._assign(self._move(order), 5, receipt)
        self.assertHeld(line, 5, 0)
        self.assertEqual(line.backorder_state, "backordered")
        self._done(receipt)
        self.assertHeld(line, 0, 5)
        self.assertEqual(line.backorder_filled_qty, 5)
        self.assertFilled(line, 5)
        row = line.backorder_event_ids.filtered(lambda row: row.type == "fill")
        self.assertIn(receipt.name, row.note)
        self.assertWhole(line)

    def test_part_of_a_line_assigned_the_rest_still_waits(self):
        order = self._order((self.product, 5))
        line = order.order_line
        order.force_backorders({line.id: 5})
        receipt = self._plan_receipt(self.product, 2)
        self._assign(self._move(order), 2, receipt)
        self.assertHeld(line, 5, 0)
        rows = line.backorder_event_ids
        self._done(receipt)
        self.assertHeld(line, 3, 2)
        self.assertEqual((line.backorder_event_ids - rows).mapped("type"), ["fill"])
        self.assertWhole(line)

    def test_unassigned_goods_are_needed_again(self):
        order = self._order((self.product, 5))
        line = order.order_line
        receipt = self._receive(self.product, 5)
        self._assign(self._move(order), 5, receipt)
        self.env["report.stock.report_reception"].action_unassign(
            self._move(order).id, 5, receipt.move_ids.ids
        )
        self.assertHeld(line, 5, 0)
        self.assertEqual(line.backorder_filled_qty, 0)
        self.assertEqual(line.backorder_state, "backordered")
        self.assertWhole(line)
        order.fill_backorders()
        self.assertTrue(line.backorder_new_line_ids)

    def test_a_wish_given_up_waits_as_before(self):
        order = self._order((self.product, 5))
        receipt = self._plan_receipt(self.product, 5)
        self._assign(self._move(order), 5, receipt)
        self.env["report.stock.report_reception"].action_unassign(
            self._move(order).id, 5, receipt.move_ids.ids
        )
        self.assertHeld(order.order_line, 5, 0)
        self._done(receipt)
        self.assertHeld(order.order_line, 5, 0)

    def test_an_assigned_item_can_still_be_filled_from_other_stock(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 5))
        line = order.order_line
        self._assign(self._move(order), 5, self._plan_receipt(self.product, 5))
        self._stock(self.product, 5)
        self.assertEqual(line.backorder_fillable_qty, 5)
        order.fill_backorders()
        self.assertHeld(line, 0, 5)
        self.assertWhole(line)

    def test_an_assigned_item_can_be_moved_to_a_new_order(self):
        order = self._order((self.product, 5))
        line = order.order_line
        self._assign(self._move(order), 5, self._plan_receipt(self.product, 5))
        self._stock(self.product, 5)
        order.fill_backorders()
        self.assertEqual(line.product_uom_qty, 0)
        self.assertHeld(line.backorder_new_line_ids, 0, 5)

    def test_the_rest_of_an_assigned_item_can_be_cancelled(self):
        order = self._order((self.product, 5))
        line = order.order_line
        self._assign(self._move(order), 5, self._plan_receipt(self.product, 5))
        order.cancel_backorders({line.id: 5}, "enough")
        self.assertEqual(line.product_uom_qty, 0)
        self.assertHeld(line, 0, 0)

    def test_goods_kept_for_an_older_backorder_cannot_be_assigned_to_a_newer_one(self):
        older = self._order((self.product, 5))
        newer = self._order((self.product, 5))
        older.order_line._backorder_write({"backorder_date": "2025-01-01"})
        receipt = self._receive(self.product, 5)
        with self.assertRaisesRegex(Exception, "older backorders"):
            self._assign(self._move(newer), 5, receipt)

    def test_two_steps(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._order((self.product, 5))
        line = order.order_line
        self.assertHeld(line, 5, 0)
        receipt = self._plan_receipt(self.product, 5)
        self._assign(self._move(order), 5, receipt)
        self.assertHeld(line, 5, 0)
        self._done(receipt)
        self.assertHeld(line, 0, 5)
        self.assertWhole(line)

    def _production(self):
        if "mrp.production" not in self.env:
            self.skipTest("goods are made with the module mrp, which is not installed")
        wood = self._product("Wood")
        self._stock(wood, 5)
        recipe = self.env["mrp.bom"].create(
            {
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "bom_line_ids": [Command.create({"product_id": wood.id, "product_qty": 1})],
            }
        )
        production = self.env["mrp.production"].create(
            {
                "product_id": self.product.id,
                "product_qty": 5,
                "bom_id": recipe.id,
                "picking_type_id": self.warehouse.manu_type_id.id,
            }
        )
        production.action_confirm()
        return production

    def _make(self, production):
        production.qty_producing = 5
        production._set_qty_producing()
        production.button_mark_done()

    def _assign_made(self, order, production):
        self.env["report.stock.report_reception"].action_assign(
            self._move(order).ids, [5], [production.move_finished_ids.ids]
        )

    def test_goods_that_are_to_be_made_fill_the_backorder_when_they_are_made(self):
        order = self._order((self.product, 5))
        line = order.order_line
        production = self._production()
        self._assign_made(order, production)
        self.assertHeld(line, 5, 0)
        self._make(production)
        self.assertHeld(line, 0, 5)
        self.assertFilled(line, 5)
        row = line.backorder_event_ids.filtered(lambda row: row.type == "fill")
        self.assertIn(production.name, row.note)
        self.assertWhole(line)

    def test_goods_that_were_made_are_assigned_and_unassigned(self):
        order = self._order((self.product, 5))
        line = order.order_line
        production = self._production()
        self._make(production)
        self.assertHeld(line, 5, 0)
        self._assign_made(order, production)
        self.assertHeld(line, 0, 5)
        self.assertEqual(line.backorder_state, "filled")
        self.env["report.stock.report_reception"].action_unassign(
            self._move(order).id, 5, production.move_finished_ids.ids
        )
        self.assertHeld(line, 5, 0)
        self.assertEqual(line.backorder_filled_qty, 0)
        self.assertWhole(line)

    def test_without_the_rule_odoo_assigns_as_ever(self):
        self.company.backorder_auto = False
        order = self._order((self.product, 5))
        receipt = self._plan_receipt(self.product, 5)
        self._assign(self._move(order), 5, receipt)
        self._done(receipt)
        self.assertEqual(self._move(order).state, "assigned")
        self.assertFalse(order.order_line.backorder_event_ids)
        self.assertEqual(order.order_line.backorder_state, "no")


@tagged("post_install", "-at_install")
class TestForecastReport(DoorsCommon):
    def setUp(self):
        super().setUp()
        self.company.backorder_fill_approved = "same_order"
        self.forecast = self.env["stock.forecasted_product_product"]

    def _filled(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 5)
        return order

    def test_unreserving_a_filled_item_makes_it_needed_again(self):
        order = self._filled()
        line = order.order_line
        self.forecast.action_unreserve_linked_picks(self._move(order).id)
        self.assertHeld(line, 5, 0)
        self.assertEqual(line.backorder_state, "backordered")
        self.assertEqual(line.backorder_filled_qty, 0)
        self.assertEqual(line.backorder_event_ids.sorted("id")[-1].type, "adjust")
        self.assertWhole(line)

    def test_a_filled_item_comes_back_with_the_rule_off(self):
        order = self._filled()
        self.company.backorder_auto = False
        self.forecast.action_unreserve_linked_picks(self._move(order).id)
        self.assertHeld(order.order_line, 5, 0)

    def test_reserving_from_the_forecast_takes_nothing_that_is_held(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        self.forecast.action_reserve_linked_picks(self._move(order).id)
        self.assertHeld(order.order_line, 5, 0)

    def test_unreserving_what_never_waited(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        self.forecast.action_unreserve_linked_picks(self._move(order).id)
        self.assertHeld(order.order_line, 5, 0)
        self.assertEqual(order.order_line.backorder_event_ids.type, "auto")

    def test_without_the_rule_nothing_is_held_by_unreserving(self):
        self.company.backorder_auto = False
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        self.forecast.action_unreserve_linked_picks(self._move(order).id)
        self.assertHeld(order.order_line, 0, 0)
        self.assertFalse(order.order_line.backorder_event_ids)
        self.forecast.action_reserve_linked_picks(self._move(order).id)
        self.assertHeld(order.order_line, 0, 5)


@tagged("post_install", "-at_install")
class TestTyped(DoorsCommon):
    def setUp(self):
        super().setUp()
        self.company.backorder_fill_approved = "same_order"

    def test_what_is_typed_on_a_held_delivery_is_that_persons_fill(self):
        order = self._order((self.product, 5))
        line = order.order_line
        self._stock(self.product, 5)
        self._move(order).quantity = 3
        self.assertHeld(line, 2, 3)
        self.assertEqual(line.backorder_filled_qty, 3)
        self.assertFilled(line, 3, self.env.user)
        self.assertWhole(line)

    def test_typed_down_is_needed_again(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        self._move(order).quantity = 3
        self.assertHeld(order.order_line, 2, 3)
        self.assertWhole(order.order_line)

    def test_detailed_operations_deleted(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        self._move(order).move_line_ids.unlink()
        self.assertHeld(order.order_line, 5, 0)
        self.assertWhole(order.order_line)

    def test_detailed_operations_added_and_changed(self):
        order = self._order((self.product, 5))
        line = order.order_line
        self._stock(self.product, 5)
        move = self._move(order)
        row = self.env["stock.move.line"].create(
            {
                "move_id": move.id,
                "picking_id": move.picking_id.id,
                "product_id": self.product.id,
                "quantity": 2,
                "location_id": self.stock.id,
                "location_dest_id": move.location_dest_id.id,
            }
        )
        self.assertHeld(line, 3, 2)
        row.quantity = 4
        self.assertHeld(line, 1, 4)
        self.assertFilled(line, 4)
        row.quantity = 1
        self.assertHeld(line, 4, 1)
        self.assertEqual(line.backorder_filled_qty, 1)
        self.assertWhole(line)

    def test_operations_edited_on_the_form_are_one_change(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        move = self._move(order)
        row = move.move_line_ids
        order.picking_ids.write(
            {
                "move_line_ids": [
                    (2, row.id),
                    (
                        0,
                        0,
                        {
                            "move_id": move.id,
                            "product_id": self.product.id,
                            "quantity": 5,
                            "location_id": self.stock.id,
                            "location_dest_id": move.location_dest_id.id,
                        },
                    ),
                ]
            }
        )
        self.assertHeld(order.order_line, 0, 5)
        self.assertFalse(order.order_line.backorder_event_ids)

    def test_a_delivery_split_in_two_keeps_the_backorder(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        line = order.order_line
        order.force_backorders({line.id: 5})
        rows = line.backorder_event_ids
        vals = self._move(order)._split(2)
        self.env["stock.move"].create(vals)._action_confirm(merge=False)
        self.assertHeld(line, 5, 0)
        self.assertEqual(line.backorder_forced_qty, 5)
        self.assertEqual(line.backorder_event_ids, rows)

    def test_demand_raised_and_lowered_on_the_delivery(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 8))
        line = order.order_line
        self.assertHeld(line, 3, 5)
        self._move(order).product_uom_qty = 6
        self.assertHeld(line, 1, 5)
        self.assertWhole(line)
        self._move(order).product_uom_qty = 4
        self.assertWhole(line)

    def test_without_the_rule_typing_leaves_no_trace(self):
        self.company.backorder_auto = False
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        self._move(order).quantity = 3
        self.assertHeld(order.order_line, 0, 3)
        self.assertFalse(order.order_line.backorder_event_ids)

    def test_sending_a_part_keeps_the_rest_reserved(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        line = order.order_line
        self.assertHeld(line, 4, 6)
        self._move(order).quantity = 2
        self.assertHeld(line, 8, 2)
        self._deliver(order.picking_ids, {self.product: 2})
        self.assertHeld(line, 4, 4)
        self.assertWhole(line)

    def test_sending_a_part_when_the_rest_was_not_on_the_shelf(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 6))
        line = order.order_line
        self._deliver(order.picking_ids, {self.product: 4})
        self.assertHeld(line, 0, 2)
        self._count(self.product, 0)
        self.assertHeld(line, 2, 0)
        self.assertWhole(line)

    def test_a_fill_names_the_delivery_that_is_being_picked(self):
        self.company.backorder_fill_approved = "same_order"
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        order.picking_ids.move_ids.picked = True
        self._stock(self.product, 3)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
        run.action_preview()
        self.assertEqual(
            run.line_ids.message,
            f"Being picked on {order.picking_ids.name}: validate that delivery first.",
        )
        self._deliver(order.picking_ids)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 3)

    def test_unreserved_is_not_reserved_again_by_sending_a_part(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 6))
        line = order.order_line
        move = self._move(order)
        move.quantity = 4
        order.picking_ids.do_unreserve()
        self._deliver(order.picking_ids, {self.product: 1})
        self.assertHeld(line, 5, 0)


@tagged("post_install", "-at_install")
class TestOtherDoors(DoorsCommon):
    def test_goods_moved_to_a_shelf_stay_with_the_older_order(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.id, "usage": "internal"}
        )
        self._stock(self.product, 5)
        older = self._order((self.product, 5))
        newer = self._order((self.product, 5))
        self.assertHeld(newer.order_line, 5, 0)
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        quant.move_quants(location_dest_id=shelf, message="tidy up")
        self.assertHeld(older.order_line, 0, 5)
        self.assertHeld(newer.order_line, 5, 0)
        self.assertFalse(older.order_line.backorder_event_ids)

    def test_goods_moved_away_are_needed(self):
        away = self.env["stock.location"].create(
            {"name": "Away", "location_id": self.warehouse.view_location_id.id, "usage": "internal"}
        )
        self._stock(self.product, 5)
        older = self._order((self.product, 5))
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        quant.move_quants(location_dest_id=away, message="tidy up")
        self.assertHeld(older.order_line, 5, 0)
        self.assertWhole(older.order_line)

    def test_filled_goods_that_are_scrapped_are_needed_again(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        order.fill_backorders()
        self.env["stock.scrap"].create(
            {"product_id": self.product.id, "scrap_qty": 2, "location_id": self.stock.id}
        ).do_scrap()
        line = order.order_line
        self.assertHeld(line, 2, 3)
        self.assertEqual(line.backorder_filled_qty, 3)
        self.assertWhole(line)

    def test_filled_goods_lost_to_a_count_are_needed_again_with_the_rule_off(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        order.fill_backorders()
        self.company.backorder_auto = False
        self._count(self.product, 1)
        self.assertHeld(order.order_line, 4, 1)
        self.assertEqual(order.order_line.backorder_filled_qty, 1)

    def _exchange(self, order, quantity, refund):
        picking = order.picking_ids.filtered(lambda p: p.state == "done")[:1]
        quantities = dict.fromkeys(picking.move_ids.product_id, quantity)
        return self._plan_return(picking, quantities, refund=refund, exchange=True)

    def _test_exchange(self, refund):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        line = order.order_line
        self._deliver(order.picking_ids)
        returned = self._exchange(order, 2, refund)
        self.assertHeld(line, 2, 0)
        returned.move_ids.write({"quantity": 2, "picked": True})
        returned._action_done()
        self.assertHeld(line, 2, 0)
        self._receive(self.product, 2)
        self.assertHeld(line, 2, 0)
        self.company.backorder_fill_approved = "same_order"
        order.fill_backorders()
        self.assertHeld(line, 0, 2)
        self._deliver(order.picking_ids.filtered(lambda p: p.state == "assigned"))
        self.assertHeld(line, 0, 0)

    def test_an_exchange_waits_like_any_other_item(self):
        self._test_exchange(refund=False)

    def test_an_exchange_that_updates_quantities(self):
        self._test_exchange(refund=True)
