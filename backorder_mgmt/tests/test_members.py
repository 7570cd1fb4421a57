"""Members of the kinds of faults that people met and nobody listed: each was wrong at first."""

from odoo import Command

from .common import BackorderCommon


class TestMembers(BackorderCommon):
    def setUp(self):
        super().setUp()
        self.company.backorder_fill_approved = "same_order"
        self.kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))

    def test_a_quotation_in_dozens_is_filled_to_the_piece(self):
        order = self._order((self.product, 2.5, {"product_uom_id": self.dozen.id}), confirm=False)
        self._stock(self.product, 4)
        order.fill_backorders()
        line = order.order_line
        self.assertAlmostEqual(line.backorder_qty * 12 + line.backorder_promised_qty * 12, 30, 4)
        self.assertAlmostEqual(line.backorder_promised_qty * 12, 4, 4)

    def test_a_component_reserved_ahead_of_the_others_counts_once(self):
        self._stock(self.other, 3)
        order = self._order((self.kit, 3))
        order.picking_ids.move_ids.filtered(lambda m: m.product_id == self.other).quantity = 3
        self._receive(self.product, 6)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_fillable_qty, 3)
        order.fill_backorders()
        self.assertEqual(order.order_line.backorder_qty, 0)

    def test_a_component_that_left_ahead_is_completed_by_one_fill(self):
        self._stock(self.product, 2)
        order = self._order((self.kit, 3))
        self._deliver(order.picking_ids, {self.product: 2})
        self._stock(self.product, 4)
        self._stock(self.other, 3)
        order.fill_backorders()
        self.assertEqual(order.order_line.backorder_qty, 0)

    def test_kits_closed_short_and_ordered_again_are_needed_again(self):
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        order = self._order((self.kit, 11))
        self._deliver(order.picking_ids, backorder=False)
        order.order_line.product_uom_qty = 11
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertAlmostEqual(order.order_line.backorder_qty, 8)
        self._stock(self.product, 16)
        self._stock(self.other, 8)
        order.fill_backorders()
        self.assertAlmostEqual(order.order_line.backorder_qty, 0)

    def test_pieces_of_a_box_that_are_typed_off_are_needed(self):
        box = self.env["uom.uom"].create(
            {"name": "Box of 1000", "relative_factor": 1000, "relative_uom_id": self.unit.id}
        )
        self._stock(self.product, 996)
        order = self._order((self.product, 1, {"product_uom_id": box.id}))
        self._receive(self.product, 4)
        move = order.picking_ids.move_ids
        move.quantity = 1000
        move.quantity = 997
        self.env.flush_all()
        self.assertAlmostEqual(order.order_line.backorder_qty * 1000, 3)

    def test_goods_to_be_made_that_are_assigned_are_held_until_they_are_there(self):
        wood = self._product("Wood")
        self._stock(wood, 5)
        bom = self.env["mrp.bom"].create(
            {
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "bom_line_ids": [Command.create({"product_id": wood.id, "product_qty": 1})],
            }
        )
        order = self._order((self.product, 5))
        mo = self.env["mrp.production"].create(
            {
                "product_id": self.product.id,
                "product_qty": 5,
                "bom_id": bom.id,
                "picking_type_id": self.warehouse.manu_type_id.id,
            }
        )
        mo.action_confirm()
        self.env["report.stock.report_reception"].action_assign(
            order.picking_ids.move_ids.ids, [5], [mo.move_finished_ids.ids]
        )
        self.assertEqual(order.order_line.backorder_qty, 5)
        mo.qty_producing = 5
        mo._set_qty_producing()
        mo.button_mark_done()
        self.assertEqual(order.order_line.backorder_reserved_qty, 5)
        self.assertEqual(order.order_line.backorder_filled_qty, 5)

    def test_deleted_rows_of_a_filled_delivery_are_needed_again(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        order.fill_backorders()
        order.picking_ids.move_line_ids.unlink()
        self.assertEqual(order.order_line.backorder_qty, 5)

    def test_filled_and_forced_again_is_filled_once(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        order.fill_backorders()
        order.force_backorders({order.order_line.id: 5})
        order.fill_backorders()
        self.assertEqual(order.order_line.backorder_filled_qty, 5)

    def test_a_filled_quotation_that_is_forced_is_filled_less(self):
        order = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        order.fill_backorders()
        order.force_backorders({order.order_line.id: 3})
        line = order.order_line
        self.assertEqual((line.backorder_filled_qty, line.backorder_promised_qty), (2, 2))

    def test_a_forced_total_of_a_quotation_is_kept_at_confirmation(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 4), confirm=False)
        order.force_backorders({order.order_line.id: 3})
        order.action_confirm()
        self.assertEqual(order.order_line.backorder_qty, 3)
