"""Force Backorders (design 4)."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestForce(BackorderCommon):
    def test_force_takes_reserved_stock_and_gives_it_to_nobody(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        order.force_backorders({order.order_line.id: 7})
        self.assertHeld(order.order_line, 7, reserved=3)
        self.assertEqual(order.order_line.backorder_forced_qty, 7)
        self.assertEqual(order.order_line.backorder_event_ids.mapped("type"), ["force"])
        self.env["stock.rule"]._run_scheduler_tasks(company_id=self.company.id)
        self.assertHeld(order.order_line, 7, reserved=3)
        self.assertHeld(self._order((self.product, 7)).order_line, 0, reserved=7)

    def test_forced_part_is_what_was_asked_beyond_what_waited(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        order.force_backorders({order.order_line.id: 9})
        self.assertHeld(order.order_line, 9, reserved=1)
        self.assertEqual(order.order_line.backorder_forced_qty, 5)

    def test_none_forces_everything_not_picked_or_delivered(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        self._deliver(order.picking_ids, {self.product: 4})
        order.force_backorders()
        self.assertHeld(order.order_line, 6, reserved=0)

    def test_below_the_present_backorder_is_refused(self):
        order = self._order((self.product, 10))
        with self.assertRaisesRegex(
            UserError, "Hammer: 10 Units are on backorder already.*4 Units"
        ):
            order.force_backorders({order.order_line.id: 4})
        self.assertHeld(order.order_line, 10)

    def test_more_than_open_negative_and_text_are_refused(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        line = order.order_line
        for quantity, message in (
            (11, "Hammer: 11 Units cannot go on backorder, only 10 Units"),
            (-1, "Hammer: the quantity -1 Units is below zero"),
            ("many", "Hammer: “many” is not a quantity"),
            (float("nan"), "Hammer: “nan” is not a quantity"),
            (True, "Hammer: “True” is not a quantity"),
        ):
            with self.subTest(quantity=quantity), self.assertRaisesRegex(UserError, message):
                order.force_backorders({line.id: quantity})
        self.assertHeld(line, 0, reserved=10)

    def test_picked_goods_are_never_taken_away(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        move = order.picking_ids.move_ids
        move.move_line_ids.quantity = 6
        move.picked = True
        with self.assertRaisesRegex(UserError, "Hammer: 8 Units cannot.*only 4 Units.*6 Units are"):
            order.force_backorders({order.order_line.id: 8})
        self.assertEqual(move.quantity, 6)

    def test_string_keys_and_lines_of_other_orders(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 5))
        other = self._order((self.product, 5))
        order.force_backorders({str(order.order_line.id): "2"})
        self.assertHeld(order.order_line, 2, reserved=3)
        with self.assertRaisesRegex(UserError, "does not belong to"):
            order.force_backorders({other.order_line.id: 1})

    def test_services_and_untracked_items_cannot_be_forced(self):
        service = self._product("Advice", type="service", is_storable=False)
        order = self._order((service, 2))
        with self.assertRaisesRegex(UserError, "Advice.*cannot be on backorder: Quantity is not"):
            order.force_backorders({order.order_line.id: 1})

    def test_a_product_that_is_not_tracked_any_more(self):
        order = self._order((self.product, 2))
        self.product.is_storable = False
        with self.assertRaisesRegex(UserError, "Hammer.*cannot be on backorder"):
            order.force_backorders({order.order_line.id: 2})

    def test_cancelled_order(self):
        order = self._order((self.product, 2))
        order._action_cancel()
        with self.assertRaisesRegex(UserError, "cannot be on backorder: The order is cancelled"):
            order.force_backorders({order.order_line.id: 1})

    def test_a_note_is_refused_by_every_method_and_changes_nothing(self):
        """Over RPC a line id of the order can be any line."""
        order = self._order((self.product, 5))
        order.write({"order_line": [Command.create({"display_type": "line_note", "name": "Ring"})]})
        note = order.order_line.filtered("display_type")
        for name in ("force_backorders", "fill_backorders", "cancel_backorders"):
            with self.assertRaisesRegex(UserError, "Ring on .* cannot be on backorder: Not a prod"):
                getattr(order, name)({note.id: 1})
        self.assertHeld(order.order_line - note, 5)

    def test_locked_order_can_be_forced(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        order.action_lock()
        order.force_backorders({order.order_line.id: 2})
        self.assertHeld(order.order_line, 2, reserved=3)

    def test_quotation_keeps_its_forced_quantity_when_confirmed(self):
        self._stock(self.product, 10)
        quotation = self._order((self.product, 10), confirm=False)
        quotation.force_backorders({quotation.order_line.id: 4})
        self.assertHeld(quotation.order_line, 4)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 4, reserved=6)
        self.assertEqual(quotation.order_line.backorder_forced_qty, 4)

    def test_forced_total_of_a_quotation_stays_when_it_is_confirmed(self):
        self._stock(self.product, 2)
        quotation = self._order((self.product, 4), confirm=False)
        line = quotation.order_line
        self.assertHeld(line, 2)
        quotation.force_backorders({line.id: 3})
        self.assertHeld(line, 3)
        self.assertEqual(line.backorder_forced_qty, 1)
        line._backorder_refigure()
        self.assertHeld(line, 3)
        quotation.action_confirm()
        self.assertHeld(line, 3, reserved=1)
        self.assertEqual(line.backorder_forced_qty, 1)

    def test_stock_that_came_in_before_confirmation_leaves_the_forced_part(self):
        self._stock(self.product, 2)
        quotation = self._order((self.product, 4), confirm=False)
        line = quotation.order_line
        quotation.force_backorders({line.id: 3})
        self._stock(self.product, 2)
        quotation.action_confirm()
        self.assertHeld(line, 1, reserved=3)
        self.assertEqual(line.backorder_forced_qty, 1)

    def test_stock_that_went_before_confirmation_waits_along_with_the_forced_part(self):
        self._stock(self.product, 10)
        quotation = self._order((self.product, 10), confirm=False)
        line = quotation.order_line
        quotation.force_backorders({line.id: 4})
        self._count(self.product, 8)
        quotation.action_confirm()
        self.assertHeld(line, 4, reserved=6)
        other = self._order((self.product, 10), confirm=False)
        other.force_backorders({other.order_line.id: 9})
        self._count(self.product, 6)
        other.action_confirm()
        self.assertHeld(other.order_line, 10, reserved=0)

    def test_a_filled_quotation_that_is_forced_is_not_filled(self):
        quotation = self._order((self.product, 5), confirm=False)
        line = quotation.order_line
        self._stock(self.product, 5)
        quotation.fill_backorders()
        self.assertEqual((line.backorder_filled_qty, line.backorder_promised_qty), (5, 5))
        quotation.force_backorders({line.id: 3})
        self.assertEqual((line.backorder_filled_qty, line.backorder_promised_qty), (2, 2))
        self.assertEqual(line.backorder_state, "partial")
        quotation.force_backorders({line.id: 5})
        self.assertEqual((line.backorder_filled_qty, line.backorder_promised_qty), (0, 0))
        self.assertEqual(line.backorder_state, "backordered")
        self.assertHeld(line, 5)

    def test_a_filled_item_that_is_forced_is_filled_once(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 5))
        line = order.order_line
        self._stock(self.product, 5)
        order.fill_backorders()
        order.force_backorders({line.id: 5})
        self.assertHeld(line, 5, reserved=0)
        self.assertEqual(line.backorder_filled_qty, 0)
        self.assertEqual(line.backorder_state, "backordered")
        order.fill_backorders()
        self.assertEqual(line.backorder_filled_qty, 5)

    def test_serial_numbers_come_in_whole_pieces(self):
        product = self._product("Drill", tracking="serial")
        lots = self.env["stock.lot"].create(
            [{"name": str(number), "product_id": product.id} for number in range(3)]
        )
        for lot in lots:
            self._stock(product, 1, lot=lot)
        order = self._order((product, 3))
        with self.assertRaisesRegex(UserError, "Drill comes in whole pieces"):
            order.force_backorders({order.order_line.id: 1.5})
        order.force_backorders({order.order_line.id: 2})
        self.assertHeld(order.order_line, 2, reserved=1)

    def test_dialog(self):
        self._stock(self.product, 10)
        service = self._product("Advice", type="service", is_storable=False)
        order = self._order((self.product, 10), (service, 1))
        wizard = self.env["backorder.force"].with_user(self.salesman).create({"order_id": order.id})
        hammer, advice = wizard.line_ids
        self.assertTrue(hammer.selected)
        self.assertEqual(hammer.quantity, 10)
        self.assertFalse(advice.selected)
        self.assertEqual(advice.refusal, "Quantity is not tracked")
        hammer.quantity = 6
        wizard.action_confirm()
        self.assertHeld(order.order_line[0], 6, reserved=4)

    def test_unticked_lines_stay_as_they_are(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 5), (self.product, 5))
        wizard = self.env["backorder.force"].create({"order_id": order.id})
        wizard.line_ids[0].selected = False
        wizard.action_confirm()
        self.assertHeld(order.order_line[0], 0, reserved=5)
        self.assertHeld(order.order_line[1], 5, reserved=0)

    def test_action_opens_the_dialog(self):
        order = self._order((self.product, 5))
        action = order.action_force_backorders()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        self.assertEqual(form.order_id, order)
