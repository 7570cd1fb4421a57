"""What is held, filled and set aside is in the product's unit, whatever unit the line is in."""

from odoo import Command
from odoo.exceptions import UserError

from .common import BackorderCommon


class TestUnits(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.box = cls.env["uom.uom"].create(
            {"name": "Box of 1000", "relative_factor": 1000, "relative_uom_id": cls.unit.id}
        )
        cls.kilogram = cls.env.ref("uom.product_uom_kgm")
        cls.gram = cls.env.ref("uom.product_uom_gram")

    def _dozens(self, product, quantity, **values):
        return self._order((product, quantity, {"product_uom_id": self.dozen.id}), **values)

    def _boxes(self, product, quantity, **values):
        return self._order((product, quantity, {"product_uom_id": self.box.id}), **values)

    def assertPieces(self, line, held, reserved=None):
        """Pieces held, and that they are needed and in the ledger (invariant 4)."""
        per_unit = line.product_uom_id.factor / line.product_id.uom_id.factor
        if reserved is not None:
            moves = line.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
            got = sum(moves.move_line_ids.mapped("quantity_product_uom"))
            self.assertAlmostEqual(got, reserved, 6)
        self.assertAlmostEqual(line.backorder_qty * per_unit, held, 6)
        self.assertAlmostEqual(line.backorder_hold_qty * per_unit, held, 6)
        self.assertAlmostEqual(line.backorder_hold_product_qty, held, 6)
        self.assertAlmostEqual(sum(line.backorder_event_ids.mapped("product_qty")), held, 6)
        self.assertInvariants(line.order_id)

    # -- D17 --------------------------------------------------------------------------------------

    def test_the_last_piece_of_two_dozen_comes_in_and_the_delivery_closes(self):
        self._stock(self.product, 23)
        order = self._dozens(self.product, 2)
        self.assertPieces(order.order_line, 1, reserved=23)
        self._receive(self.product, 1)
        order.fill_backorders()
        self.assertPieces(order.order_line, 0, reserved=24)
        self.assertEqual(order.order_line.backorder_filled_product_qty, 1)
        self.assertEqual(order.order_line.backorder_state, "filled")
        self._deliver(order.picking_ids)
        self.assertEqual(order.picking_ids.mapped("state"), ["done"])
        self.assertEqual(order.order_line.qty_delivered, 2)

    def test_the_last_piece_of_two_dozen_in_the_dialog(self):
        self._stock(self.product, 23)
        order = self._dozens(self.product, 2)
        self._receive(self.product, 1)
        dialog = self.env["backorder.fill"].with_context(default_order_id=order.id).create({})
        dialog.action_fill()
        self.assertPieces(order.order_line, 0, reserved=24)

    def test_twenty_three_are_shipped_and_the_last_one_is_one_piece(self):
        self._stock(self.product, 23)
        order = self._dozens(self.product, 2)
        self._deliver(order.picking_ids)
        self.assertPieces(order.order_line, 1, reserved=0)
        self._receive(self.product, 1)
        order.fill_backorders()
        self.assertPieces(order.order_line, 0, reserved=1)

    def test_seven_pieces_come_in_one_after_the_other(self):
        order = self._dozens(self.product, 1)
        for left in range(11, 4, -1):
            self._receive(self.product, 1)
            order.fill_backorders()
            self.assertPieces(order.order_line, left, reserved=12 - left)

    # -- boxes of 1000 ----------------------------------------------------------------------------

    def test_four_pieces_of_a_box_of_1000_are_on_the_list(self):
        self._stock(self.product, 996)
        order = self._boxes(self.product, 1)
        line = order.order_line
        self.assertPieces(line, 4, reserved=996)
        self.assertEqual(line.backorder_state, "backordered")
        self.assertEqual(order.backorder_state, "backordered")
        found = self.env["sale.order.line"].search(
            [("backorder_qty", ">", 0), ("order_id", "=", order.id)]
        )
        self.assertEqual(found, line)
        self.assertIn("4 Units", line._backorder_quantity_label(line.backorder_qty))
        self._receive(self.product, 4)
        fillable = self.env["sale.order.line"].search(
            [("backorder_fillable_qty", ">", 0), ("order_id", "=", order.id)]
        )
        self.assertEqual(fillable, line)
        run = order.fill_backorders()
        self.assertEqual(run.line_ids.reason, "filled")
        self.assertPieces(line, 0, reserved=1000)

    def test_four_pieces_of_a_box_of_1000_are_bought(self):
        self.product.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 1})]
        self._stock(self.product, 996)
        self._boxes(self.product, 1)
        plan = self.env["backorder.purchase"].create({"warehouse_id": self.warehouse.id})
        plan.action_add()
        row = plan.line_ids.filtered(lambda row: row.product_id == self.product)
        self.assertEqual(row.quantity, 4)

    def test_four_pieces_of_a_box_of_1000_by_a_batch_fill(self):
        self._stock(self.product, 996)
        order = self._boxes(self.product, 1)
        self._receive(self.product, 3)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
        run.action_preview()
        run.action_start()
        self.assertPieces(order.order_line, 1, reserved=999)
        self.assertEqual(run.line_ids.reason, "partial_stock")
        run.action_undo()
        self.assertPieces(order.order_line, 4, reserved=996)

    # -- what is typed ----------------------------------------------------------------------------

    def test_a_typed_part_of_a_dozen_means_the_nearest_piece(self):
        self._stock(self.product, 24)
        for typed, pieces in ((0.08, 1), (0.17, 2), (0.58, 7), (1.92, 23), (1 / 12, 1)):
            order = self._dozens(self.product, 2)
            line = order.order_line
            order.force_backorders({line.id: typed})
            self.assertPieces(line, pieces, reserved=24 - pieces)
            order._action_cancel()

    def test_kilograms_keep_what_was_typed(self):
        flour = self._product("Flour", uom_id=self.gram.id)
        self._stock(flour, 5000)
        order = self._order((flour, 2, {"product_uom_id": self.kilogram.id}))
        order.force_backorders({order.order_line.id: 0.7505})
        self.assertPieces(order.order_line, 750.5, reserved=1249.5)

    def test_cancel_one_piece_of_two_dozen(self):
        self._stock(self.product, 23)
        order = self._dozens(self.product, 2)
        order.cancel_backorders({order.order_line.id: 0.08})
        self.assertPieces(order.order_line, 0, reserved=23)
        self.assertEqual(order.order_line.backorder_cancelled_product_qty, 1)
        self._deliver(order.picking_ids)
        self.assertEqual(order.picking_ids.mapped("state"), ["done"])

    # -- D18: the unit changes --------------------------------------------------------------------

    def test_set_aside_pieces_stay_set_aside_when_the_unit_of_a_quotation_changes(self):
        self._stock(self.product, 24)
        order = self._dozens(self.product, 2, confirm=False)
        line = order.order_line
        order.force_backorders()
        order.fill_backorders()
        self.assertEqual(line.backorder_promised_product_qty, 24)
        line.write({"product_uom_id": self.unit.id, "product_uom_qty": 24})
        self.assertEqual(line.backorder_promised_product_qty, 24)
        self.assertEqual(line.backorder_promised_qty, 24)
        rival = self._order((self.product, 5))
        self.assertPieces(rival.order_line, 5, reserved=0)

    def test_set_aside_pieces_stay_when_only_the_unit_is_written(self):
        self._stock(self.product, 24)
        order = self._dozens(self.product, 2, confirm=False)
        line = order.order_line
        order.force_backorders()
        order.fill_backorders()
        line.product_uom_id = self.unit
        self.assertEqual(line.backorder_promised_product_qty, 24)
        line.product_uom_qty = 24
        self.assertEqual(line.backorder_promised_product_qty, 24)

    def test_forced_pieces_stay_when_the_unit_of_a_quotation_changes(self):
        self._stock(self.product, 24)
        order = self._dozens(self.product, 2, confirm=False)
        line = order.order_line
        order.force_backorders({line.id: 1})
        line.write({"product_uom_id": self.unit.id, "product_uom_qty": 24})
        self.assertEqual(line.backorder_hold_product_qty, 12)
        self.assertEqual(line.backorder_forced_product_qty, 12)
        self.assertEqual(line.backorder_qty, 12)

    def test_an_unapproved_new_order_keeps_its_pieces_when_its_unit_changes(self):
        self.company.backorder_approve_new_order = False
        order = self._dozens(self.product, 2)
        self._receive(self.product, 24)
        order.fill_backorders()
        new = order.backorder_child_ids.order_line
        self.assertEqual(new.backorder_promised_product_qty, 24)
        new.write({"product_uom_id": self.unit.id, "product_uom_qty": 24})
        self.assertEqual(new.backorder_promised_product_qty, 24)
        new.order_id.action_confirm()
        self.assertPieces(new, 0, reserved=24)

    def test_a_confirmed_line_written_in_another_unit_holds_as_much(self):
        order = self._order((self.product, 24))
        line = order.order_line
        line.write({"product_uom_id": self.dozen.id, "product_uom_qty": 2})
        self.assertPieces(line, 24, reserved=0)
        self.assertEqual(line.backorder_qty, 2)

    # -- a piece is no hundredth of a dozen -------------------------------------------------------

    def test_a_quotation_in_dozens_is_filled_to_the_piece(self):
        order = self._dozens(self.product, 2.5, confirm=False)
        line = order.order_line
        self._stock(self.product, 4)
        run = order.fill_backorders()
        self.assertEqual(line.backorder_promised_product_qty, 4)
        self.assertEqual(line.backorder_filled_product_qty, 4)
        self.assertPieces(line, 26)
        self._stock(self.product, 3)
        order.fill_backorders()
        self.assertPieces(line, 23)
        run.action_undo()
        self.assertEqual(line.backorder_promised_product_qty, 3)
        self.assertEqual(line.backorder_filled_product_qty, 3)
        self.assertPieces(line, 27)

    def test_four_pieces_of_a_box_of_1000_that_a_person_reserves_are_their_fill(self):
        self._stock(self.product, 996)
        order = self._boxes(self.product, 1)
        line = order.order_line
        self._receive(self.product, 4)
        move = order.picking_ids.move_ids
        move.quantity = 1000
        self.assertPieces(line, 0, reserved=1000)
        self.assertEqual(line.backorder_filled_product_qty, 4)
        self.assertEqual(line.backorder_event_ids.sorted("id")[-1].type, "fill")
        move.quantity = 997
        self.assertPieces(line, 3, reserved=997)
        self.assertEqual(line.backorder_filled_product_qty, 1)

    def test_pieces_of_dozens_that_a_person_unreserves_are_not_filled(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._dozens(self.product, 2)
        line = order.order_line
        self._receive(self.product, 7)
        order.fill_backorders()
        self.assertEqual(line.backorder_filled_product_qty, 7)
        order.picking_ids.do_unreserve()
        self.assertPieces(line, 24, reserved=0)
        self.assertEqual(line.backorder_filled_product_qty, 0)
        self.assertEqual(line.backorder_state, "backordered")

    # -- products stocked in dozens ---------------------------------------------------------------

    def test_a_product_stocked_in_dozens(self):
        eggs = self._product("Eggs", uom_id=self.dozen.id)
        self._stock(eggs, 1)
        order = self._order((eggs, 24, {"product_uom_id": self.unit.id}))
        line = order.order_line
        self.assertPieces(line, 1, reserved=1)
        self.assertEqual(line.backorder_qty, 12)
        self._receive(eggs, 1)
        order.fill_backorders()
        self.assertPieces(line, 0)

    def test_more_than_needed_is_refused_by_the_piece(self):
        self._stock(self.product, 996)
        order = self._boxes(self.product, 1)
        self._receive(self.product, 10)
        with self.assertRaisesRegex(UserError, "5 Units to fill, but only 4 Units needed"):
            order.fill_backorders({order.order_line.id: 0.005})
