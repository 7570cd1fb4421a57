"""Fill Backorders on one order (design 5)."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestFillNewOrder(BackorderCommon):
    def test_filled_items_become_a_new_order(self):
        self._stock(self.product, 6)
        tag = self.env["crm.tag"].create({"name": "Wholesale"})
        order = self._order(
            (self.product, 10, {"price_unit": 7.0, "discount": 5.0, "name": "Hammer, red"}),
            (self.other, 2),
            client_order_ref="PO-77",
            tag_ids=[Command.link(tag.id)],
        )
        waiting_since = order.order_line[0].backorder_date
        self._stock(self.product, 4)
        run = order.fill_backorders({order.order_line[0].id: 4})
        line = order.order_line[0]
        new = order.backorder_child_ids
        self.assertEqual(len(new), 1)
        self.assertEqual(run.run_order_ids.new_order_id, new)
        self.assertEqual((new.state, new.backorder_parent_id), ("sale", order))
        self.assertHeld(line, 0, reserved=6)
        self.assertEqual(line.product_uom_qty, 6)
        self.assertEqual((line.price_unit, line.discount), (7.0, 5.0))
        self.assertEqual(line.backorder_state, "filled")
        self.assertEqual(line.backorder_filled_qty, 4)
        self.assertEqual(order.backorder_state, "partial")
        filled = new.order_line
        self.assertHeld(filled, 0, reserved=4)
        self.assertEqual(filled.product_uom_qty, 4)
        self.assertEqual((filled.price_unit, filled.discount), (7.0, 5.0))
        self.assertEqual(filled.name, "Hammer, red")
        self.assertEqual(filled.backorder_origin_line_id, line)
        self.assertEqual(filled.backorder_state, "no")
        self.assertEqual(filled.backorder_date, waiting_since)
        self.assertEqual(new.client_order_ref, "PO-77")
        self.assertEqual(new.tag_ids, tag)
        self.assertEqual(new.partner_id, order.partner_id)
        self.assertEqual(new.user_id, order.user_id)
        self.assertEqual(new.warehouse_id, order.warehouse_id)
        self.assertEqual(new.backorder_original_date, order.date_order)
        self.assertIn(new.name, order.message_ids[0].body)

    def test_totals_are_moved_not_changed(self):
        order = self._order((self.product, 9, {"price_unit": 3.33, "discount": 7.0}))
        before = order.amount_untaxed
        self._stock(self.product, 9)
        order.fill_backorders({order.order_line.id: 3})
        self.assertAlmostEqual(
            order.amount_untaxed + order.backorder_child_ids.amount_untaxed, before, 1
        )

    def test_emptied_original_says_where_it_moved_and_asks_for_nothing(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        order.fill_backorders()
        self.assertEqual(order.order_line.product_uom_qty, 0)
        self.assertEqual(order.backorder_moved_to, order.backorder_child_ids.name)
        self.assertEqual(order.picking_ids.state, "cancel")
        self.assertNotEqual(order.invoice_status, "to invoice")
        self.assertHeld(order.order_line, 0)

    def test_printed_delivery_makes_no_return(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        order.picking_ids.printed = True
        self._stock(self.product, 4)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, reserved=6)
        self.assertEqual(len(order.picking_ids), 1)
        self.assertHeld(order.backorder_child_ids.order_line, 0, reserved=4)

    def test_not_approved_new_order_keeps_its_stock_promised(self):
        self.company.backorder_approve_new_order = False
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(new.state, "draft")
        self.assertEqual(new.order_line.backorder_promised_qty, 5)
        rival = self._order((self.product, 1))
        self.assertHeld(rival.order_line, 1, reserved=0)
        new.validity_date = fields.Date.today() - timedelta(days=3)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_release_lapsed_promises").method_direct_trigger()
        self.env.invalidate_all()
        new.action_confirm()
        self.assertHeld(new.order_line, 0, reserved=5)
        self.assertEqual(new.order_line.backorder_promised_qty, 0)

    def test_new_order_cancelled_or_deleted_before_approval_goes_back(self):
        self.company.backorder_approve_new_order = False
        for how in ("_action_cancel", "unlink"):
            with self.subTest(how=how):
                product = self._product(f"Saw {how}")
                order = self._order((product, 5, {"price_unit": 7.0}))
                self._stock(product, 3)
                order.fill_backorders()
                self.assertEqual(order.order_line.product_uom_qty, 2)
                getattr(order.backorder_child_ids, how)()
                self.assertHeld(order.order_line, 5, reserved=0)
                self.assertEqual(order.order_line.product_uom_qty, 5)
                self.assertEqual(order.order_line.price_unit, 7.0)
                self.assertEqual(order.order_line.backorder_state, "backordered")

    def test_locked_order(self):
        order = self._order((self.product, 5))
        order.action_lock()
        self._stock(self.product, 2)
        order.fill_backorders()
        self.assertTrue(order.locked)
        self.assertEqual(order.order_line.product_uom_qty, 3)
        self.assertHeld(order.order_line, 3)

    def test_invoiced_quantity_is_filled_in_place(self):
        order = self._order((self.product, 5))
        order._create_invoices()
        self._stock(self.product, 5)
        run = order.fill_backorders()
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(order.order_line, 0, reserved=5)
        self.assertEqual(run.line_ids.filled_qty, 5)
        self.assertIn("on this order", order.message_ids[0].body)

    def test_ships_only_complete(self):
        order = self._order((self.product, 5), (self.other, 2), picking_policy="one")
        self._stock(self.product, 5)
        with self.assertRaisesRegex(UserError, "ships only when everything is ready.*Nails"):
            order.fill_backorders({order.order_line[0].id: 5})
        run = order.fill_backorders()
        self.assertEqual(set(run.line_ids.mapped("reason")), {"not_complete"})
        self.assertHeld(order.order_line[0], 5)
        self._stock(self.other, 2)
        order.fill_backorders()
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(order.order_line[0], 0, reserved=5)
        self.assertHeld(order.order_line[1], 0, reserved=2)

    def test_multi_step_delivery(self):
        self.warehouse.delivery_steps = "pick_ship"
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, reserved=6)
        self.assertHeld(order.backorder_child_ids.order_line, 0, reserved=4)

    def test_dozens(self):
        self._stock(self.product, 30)
        order = self._order((self.product, 4, {"product_uom_id": self.dozen.id}))
        self._stock(self.product, 12)
        order.fill_backorders({order.order_line.id: 1})
        self.assertHeld(order.order_line, 0.5, reserved=2.5)
        self.assertHeld(order.backorder_child_ids.order_line, 0, reserved=1)

    def test_odd_units_in_dozens_are_filled_whole(self):
        self._stock(self.product, 7)
        order = self._order((self.product, 2.5, {"product_uom_id": self.dozen.id}))
        self._stock(self.product, 23)
        self.company.backorder_fill_approved = "same_order"
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, reserved=2.5)
        self.assertEqual(self._reserved(order), 30)


@tagged("post_install", "-at_install")
class TestFillSameOrder(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"

    def test_hold_is_released_and_the_delivery_reserves(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._stock(self.product, 3)
        run = order.fill_backorders()
        self.assertHeld(order.order_line, 1, reserved=9)
        self.assertEqual(order.order_line.backorder_state, "partial")
        self.assertEqual((run.state, run.partial_count), ("done", 1))
        self.assertEqual(run.line_ids.reason, "partial_stock")
        self.assertEqual(run.event_ids.mapped("quantity"), [-3])
        self._stock(self.product, 1)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, reserved=10)
        self.assertEqual(order.order_line.backorder_state, "filled")
        self.assertEqual(order.backorder_state, "filled")

    def test_the_note_on_the_order_names_the_fill_by_its_number(self):
        for confirm in (True, False):
            with self.subTest(confirm=confirm):
                order = self._order((self.other, 5), confirm=confirm)
                self._stock(self.other, 2)
                run = order.fill_backorders({order.order_line.id: 2})
                self.assertNotEqual(run.name, "/")
                note = order.message_ids.filtered(lambda note: "Backorders filled" in note.body)
                self.assertIn(f"({run.name})", note.body)

    def test_bad_quantities_name_product_and_figures_and_change_nothing(self):
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        other = self._order((self.other, 1))
        line = order.order_line
        for quantities, message in (
            ({line.id: 11}, "Hammer: 11 Units to fill, but only 10 Units needed"),
            ({line.id: 5}, "Hammer: 5 Units to fill, but only 4 Units on hand"),
            ({line.id: -1}, "Hammer: the quantity -1 Units is below zero"),
            ({line.id: "all"}, "Hammer: “all” is not a quantity"),
            ({other.order_line.id: 1}, "does not belong to"),
            ({"x": 1}, "does not belong to"),
            ([line.id], "Quantities are given as"),
        ):
            with self.subTest(quantities=quantities), self.assertRaisesRegex(UserError, message):
                order.fill_backorders(quantities)
        self.assertHeld(line, 10, reserved=0)

    def test_unforced_part_is_filled_first(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        order.force_backorders({order.order_line.id: 7})
        order.fill_backorders({order.order_line.id: 3})
        self.assertEqual(order.order_line.backorder_forced_qty, 3)
        self.assertHeld(order.order_line, 4, reserved=6)

    def test_what_is_owed_to_others_may_be_filled_by_hand(self):
        old = self._order((self.product, 5))
        new = self._order((self.product, 5))
        self._receive(self.product, 5)
        new.fill_backorders()
        self.assertHeld(new.order_line, 0, reserved=5)
        self.assertHeld(old.order_line, 5, reserved=0)

    def test_everything_possible_is_dealt_out_first_come_first_served(self):
        old = self._order((self.product, 5))
        new = self._order((self.product, 5))
        self._receive(self.product, 7)
        run = (new | old).fill_backorders()
        self.assertHeld(old.order_line, 0, reserved=5)
        self.assertHeld(new.order_line, 3, reserved=2)
        self.assertEqual(run.line_ids.sorted("id").mapped("reason"), ["filled", "partial_stock"])

    def test_being_picked_is_refused(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        order.picking_ids.move_ids.picked = True
        with self.assertRaisesRegex(
            UserError, "Hammer.*is being picked on .*validate that delivery"
        ):
            order.fill_backorders({order.order_line.id: 4})
        self.assertHeld(order.order_line, 4, reserved=6)

    def test_items_must_be_received_in_the_last_po(self):
        self.company.backorder_require_last_po = True
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [Command.create({"product_id": self.product.id, "product_qty": 10})],
            }
        )
        purchase.button_confirm()
        with self.assertRaisesRegex(UserError, f"Hammer was not received yet.*{purchase.name}"):
            order.fill_backorders({order.order_line.id: 5})
        run = order.fill_backorders()
        self.assertEqual(run.line_ids.reason, "not_received")
        receipt = purchase.picking_ids
        receipt.move_ids.write({"quantity": 1, "picked": True})
        receipt._action_done()
        order.fill_backorders({order.order_line.id: 5})
        self.assertHeld(order.order_line, 0, reserved=5)

    def test_lots_and_serials(self):
        product = self._product("Drill", tracking="serial")
        order = self._order((product, 3))
        for number in range(2):
            lot = self.env["stock.lot"].create({"name": f"S{number}", "product_id": product.id})
            self._stock(product, 1, lot=lot)
        order.fill_backorders()
        self.assertHeld(order.order_line, 1, reserved=2)
        self.assertEqual(len(order.picking_ids.move_line_ids.lot_id), 2)

    def test_manual_reservation_leaves_other_open_demand_alone(self):
        self.warehouse.out_type_id.reservation_method = "manual"
        waiting = self._order((self.product, 5))
        self.assertHeld(waiting.order_line, 5)
        self._stock(self.product, 8)
        open_order = self._order((self.other, 1))
        self.assertHeld(open_order.order_line, 1)
        fresh = self._order((self.product, 3))
        self.assertHeld(fresh.order_line, 0, reserved=0)
        waiting.fill_backorders()
        self.assertHeld(waiting.order_line, 0, reserved=5)

    def test_dialog(self):
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        wizard = self.env["backorder.fill"].with_user(self.salesman).create({"order_id": order.id})
        row = wizard.line_ids
        self.assertEqual((row.needed_qty, row.available_qty, row.quantity), (10, 4, 4))
        self.assertEqual(row.destination, "This order")
        wizard.set_ship_date = True
        wizard.ship_date = "2026-12-24"
        action = wizard.action_fill()
        self.assertEqual(action["params"]["title"], "Backorders filled")
        self.assertHeld(order.order_line, 6, reserved=4)
        self.assertEqual(str(order.backorder_ship_date), "2026-12-24")

    def test_dialog_with_nothing_to_fill(self):
        order = self._order((self.product, 10))
        wizard = self.env["backorder.fill"].create({"order_id": order.id})
        with self.assertRaisesRegex(UserError, "Nothing to fill"):
            wizard.action_fill()


@tagged("post_install", "-at_install")
class TestFillLinesOfOneProduct(BackorderCommon):
    """Two lines of one order want the same stock: it is given once."""

    def test_on_confirmed_orders_and_quotations(self):
        for mode, confirm in (("new_order", True), ("same_order", True), ("new_order", False)):
            with self.subTest(mode=mode, confirm=confirm):
                self.company.backorder_fill_approved = mode
                product = self._product(f"Saw {mode} {confirm}")
                order = self._order((product, 4), (product, 2), confirm=confirm)
                first, second = order.order_line
                self._stock(product, 5)
                with self.assertRaisesRegex(UserError, "Saw.*2 Units to fill, but only 1 Unit"):
                    order.fill_backorders({first.id: 4, second.id: 2})
                self.assertEqual((first.backorder_qty, second.backorder_qty), (4, 2))
                dialog = self.env["backorder.fill"].create({"order_id": order.id})
                self.assertEqual(dialog.line_ids.mapped("quantity"), [4, 1])
                run = order.fill_backorders()
                self.assertEqual(run.line_ids.sorted("id").mapped("filled_qty"), [4, 1])
                self.assertHeld(first, 0)
                self.assertHeld(second, 1)
                self.assertInvariants(order | order.backorder_child_ids)


@tagged("post_install", "-at_install")
class TestFillQuotation(BackorderCommon):
    def test_filled_in_place_and_set_aside(self):
        quotation = self._order((self.product, 10), confirm=False)
        self._stock(self.product, 12)
        quotation.fill_backorders({quotation.order_line.id: 10})
        line = quotation.order_line
        self.assertHeld(line, 0)
        self.assertEqual(line.backorder_promised_qty, 10)
        self.assertEqual(line.backorder_state, "filled")
        rival = self._order((self.product, 5))
        self.assertHeld(rival.order_line, 3, reserved=2)
        quotation.action_confirm()
        self.assertHeld(line, 0, reserved=10)
        self.assertEqual(line.backorder_promised_qty, 0)

    def test_partial_fill_promises_the_whole_covered_quantity(self):
        self._stock(self.product, 3)
        quotation = self._order((self.product, 10), confirm=False)
        self.assertHeld(quotation.order_line, 7)
        self._stock(self.product, 2)
        run = quotation.fill_backorders()
        self.assertHeld(quotation.order_line, 5)
        self.assertEqual(quotation.order_line.backorder_promised_qty, 5)
        self.assertEqual(run.line_ids.filled_qty, 2)
        self.assertEqual(quotation.order_line.backorder_state, "partial")

    def test_two_quotations_are_not_promised_the_same_stock(self):
        first = self._order((self.product, 5), confirm=False)
        second = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        first.fill_backorders()
        with self.assertRaisesRegex(UserError, "Nothing on hand that is not reserved"):
            second.fill_backorders({second.order_line.id: 1})
        run = second.fill_backorders()
        self.assertEqual(run.line_ids.reason, "promised")

    def test_promise_ends_with_cancel_expiry_and_release(self):
        quotation = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        line = quotation.order_line
        quotation.fill_backorders()
        line.with_user(self.salesman).action_release_promise()
        self.assertHeld(line, 5)
        self.assertEqual(line.backorder_promised_qty, 0)
        quotation.fill_backorders()
        quotation.validity_date = fields.Date.today() - timedelta(days=1)
        self.assertHeld(self._order((self.product, 1)).order_line, 0, reserved=1)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_release_lapsed_promises").method_direct_trigger()
        self.env.invalidate_all()
        self.assertHeld(line, 5)
        quotation.validity_date = False
        quotation.fill_backorders({line.id: 4})
        quotation._action_cancel()
        self.assertEqual((line.backorder_promised_qty, line.backorder_qty), (0, 0))
        self.assertHeld(self._order((self.product, 4)).order_line, 0, reserved=4)

    def test_changing_a_filled_line(self):
        quotation = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        line = quotation.order_line
        quotation.fill_backorders()
        line.product_uom_qty = 3
        self.assertHeld(line, 0)
        self.assertEqual(line.backorder_promised_qty, 3)
        line.product_uom_qty = 8
        self.assertHeld(line, 3)
        line.product_id = self.other
        self.assertEqual(line.backorder_promised_qty, 0)
        self.assertInvariants(quotation)

    def test_quotation_line_can_be_deleted_its_history_stays(self):
        quotation = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        quotation.fill_backorders()
        events = quotation.order_line.backorder_event_ids
        self.assertTrue(events)
        quotation.order_line.unlink()
        self.assertTrue(events.exists())
        self.assertFalse(events.sale_line_id)
        self.assertEqual(events.order_id, quotation)

    def test_promise_gives_way_when_its_stock_is_lost(self):
        older, newer = (self._order((self.product, 4), confirm=False) for _twice in "ab")
        self._stock(self.product, 8)
        (older | newer).fill_backorders()
        self._count(self.product, 5)
        # the newest promise is the first to wait again
        self.assertHeld(newer.order_line, 3)
        self.assertEqual(newer.order_line.backorder_promised_qty, 1)
        self.assertEqual(newer.order_line.backorder_state, "partial")
        self.assertHeld(older.order_line, 0)
        last = newer.order_line.backorder_event_ids.sorted("id")[-1]
        self.assertEqual((last.type, last.quantity), ("adjust", 3))
        self._count(self.product, 0)
        for quotation in (older, newer):
            self.assertHeld(quotation.order_line, 4)
            self.assertEqual(quotation.order_line.backorder_promised_qty, 0)

    def test_promise_gives_way_to_what_left_by_hand(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 6))
        self.company.backorder_fifo = False
        quotation = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        quotation.fill_backorders()
        self._deliver(order.picking_ids, {self.product: 4})
        self.assertEqual(quotation.order_line.backorder_promised_qty, 3)
        self.assertHeld(quotation.order_line, 2)

    def test_own_promise_comes_before_what_is_owed_to_others(self):
        quotation = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        quotation.fill_backorders()
        waiting = self._order((self.product, 5))
        self.assertHeld(waiting.order_line, 5)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 0, reserved=5)
