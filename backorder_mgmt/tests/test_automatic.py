"""Items out-of-stock go on backorder by themselves until they are filled (design 3)."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import Form, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestAutomatic(BackorderCommon):
    def test_confirmation_holds_what_stock_cannot_cover(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        line = order.order_line
        self.assertHeld(line, 4, reserved=6)
        self.assertEqual(line.backorder_state, "backordered")
        self.assertEqual(order.backorder_state, "backordered")
        self.assertEqual(order.backorder_line_count, 1)
        self.assertTrue(line.backorder_date)
        self.assertEqual(line.backorder_event_ids.type, "auto")

    def test_everything_in_stock_is_no_backorder(self):
        self._stock(self.product, 10)
        line = self._order((self.product, 10)).order_line
        self.assertHeld(line, 0, reserved=10)
        self.assertEqual(line.backorder_state, "no")
        self.assertFalse(line.backorder_event_ids)

    def test_receipt_scheduler_and_check_availability_reserve_nothing_held(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._receive(self.product, 10)
        self.assertHeld(order.order_line, 4, reserved=6)
        order.picking_ids.action_assign()
        self.assertHeld(order.order_line, 4, reserved=6)
        self.env["stock.rule"]._run_scheduler_tasks(company_id=self.company.id)
        self.assertHeld(order.order_line, 4, reserved=6)

    def test_line_added_to_and_raised_on_a_confirmed_order(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 4))
        order.write(
            {"order_line": [Command.create({"product_id": self.other.id, "product_uom_qty": 3})]}
        )
        added = order.order_line - order.order_line[0]
        self.assertHeld(added, 3, reserved=0)
        order.order_line[0].product_uom_qty = 12
        self.assertHeld(order.order_line[0], 2, reserved=10)

    def test_lowering_a_line_lowers_the_hold_and_keeps_what_is_reserved(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 10))
        order.order_line.product_uom_qty = 8
        self.assertHeld(order.order_line, 5, reserved=3)
        order.order_line.product_uom_qty = 2
        self.assertHeld(order.order_line, 0, reserved=2)

    def test_lowering_a_line_whose_delivery_is_printed(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 10))
        order.picking_ids.printed = True
        # Odoo leaves a printed delivery alone: its demand stays, and is more than is owed
        order.order_line.product_uom_qty = 6
        self.assertHeld(order.order_line, 4, reserved=2)
        self._receive(self.product, 10)
        order.picking_ids.action_assign()
        self.assertHeld(order.order_line, 4, reserved=2)
        order.picking_ids.do_unreserve()
        self.assertHeld(order.order_line, 6, reserved=0)

    def test_cancelling_the_order_waits_for_nothing(self):
        order = self._order((self.product, 10))
        order._action_cancel()
        self.assertHeld(order.order_line, 0)
        self.assertEqual(order.order_line.backorder_hold_qty, 0)
        self.assertEqual(order.order_line.backorder_event_ids.sorted("id")[-1].type, "cancel")

    def test_taken_back_to_a_quotation_after_a_part_was_sent(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 4))
        self._deliver(order.picking_ids)
        order._action_cancel()
        order.action_draft()
        line = order.order_line
        self.assertEqual((line.qty_delivered, line.backorder_qty), (3, 1))
        self.assertEqual(line.backorder_hold_qty, 1)
        self._stock(self.product, 5)
        self.assertEqual(line.backorder_available_qty, 5)
        order.fill_backorders()
        self.assertEqual((line.backorder_qty, line.backorder_promised_qty), (0, 1))
        order.action_confirm()
        self.assertHeld(line, 0, reserved=1)

    def test_partial_delivery_with_and_without_backorder(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._deliver(order.picking_ids)
        self.assertHeld(order.order_line, 4, reserved=0)
        self.assertEqual(order.order_line.qty_delivered, 6)
        self._stock(self.other, 6)
        order = self._order((self.other, 10))
        self._deliver(order.picking_ids, backorder=False)
        self.assertHeld(order.order_line, 0)
        self.assertIn("the rest was closed", order.message_ids[0].body)

    def test_delivering_more_by_hand_than_reserved_lowers_the_hold(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._stock(self.product, 3)
        self._deliver(order.picking_ids, {self.product: 9})
        self.assertHeld(order.order_line, 1, reserved=0)

    def test_typing_on_the_delivery_and_unreserving(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        order.picking_ids.move_ids.quantity = 9
        self.assertEqual(order.order_line.backorder_qty, 1)
        order.picking_ids.do_unreserve()
        self.assertHeld(order.order_line, 10, reserved=0)

    def test_stock_lost_to_a_count_comes_back_as_needed(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        quant.inventory_quantity = 7
        quant.action_apply_inventory()
        self.assertHeld(order.order_line, 3, reserved=7)

    def test_scrap_takes_reserved_stock(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "scrap_qty": 2,
                "location_id": self.stock.id,
            }
        )
        scrap.do_scrap()
        self.assertHeld(order.order_line, 2, reserved=8)

    def test_returns_do_not_raise_a_backorder(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        picking = order.picking_ids
        self._deliver(picking)
        self._return(picking, {self.product: 2})
        self.assertEqual(order.order_line.qty_delivered, 4)
        self.assertHeld(order.order_line, 4)

    def test_first_come_first_served(self):
        old = self._order((self.product, 5))
        self._receive(self.product, 5)
        new = self._order((self.product, 3))
        self.assertHeld(new.order_line, 3, reserved=0)
        self._receive(self.product, 1)
        newer = self._order((self.product, 1))
        # 6 on hand, 5 owed to the old and 3 to the new order
        self.assertHeld(newer.order_line, 1, reserved=0)
        self.assertHeld(old.order_line, 5, reserved=0)
        self.company.backorder_fifo = False
        free = self._order((self.product, 2))
        self.assertHeld(free.order_line, 0, reserved=2)

    def test_forced_and_released_quantities_are_not_owed(self):
        self._stock(self.product, 5)
        old = self._order((self.product, 5))
        old.force_backorders()
        new = self._order((self.product, 5))
        self.assertHeld(new.order_line, 0, reserved=5)
        waiting = self._order((self.other, 5))
        self._receive(self.other, 5)
        waiting.order_line.action_release_claim()
        new = self._order((self.other, 5))
        self.assertHeld(new.order_line, 0, reserved=5)

    def test_a_dead_old_order_keeps_its_place_only_so_long(self):
        self.company.backorder_claim_days = 30
        old = self._order((self.product, 5))
        old.order_line._backorder_write(
            {"backorder_date": fields.Datetime.now() - timedelta(days=40)}
        )
        self._receive(self.product, 5)
        self.assertHeld(self._order((self.product, 5)).order_line, 0, reserved=5)

    def test_older_unheld_demand_of_an_order_is_not_blocked_by_its_own_backorder(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        self._receive(self.product, 3)
        order.order_line.product_uom_qty = 8
        # the three received are owed to this same order's backorder: the rise is not served by them
        self.assertInvariants(order)
        self.assertEqual(order.order_line.backorder_qty + self._reserved(order), 8)

    def test_quotation_shows_what_stock_cannot_cover_and_holds_nothing(self):
        self._stock(self.product, 6)
        quotation = self._order((self.product, 10), confirm=False)
        line = quotation.order_line
        self.assertHeld(line, 4)
        self.assertFalse(line.backorder_event_ids)
        line.product_uom_qty = 5
        self.assertHeld(line, 0)
        line.product_id = self.other
        self.assertHeld(line, 5)
        order = self._order((self.product, 6))
        self.assertHeld(order.order_line, 0, reserved=6)

    def test_quotation_lines_of_the_same_product_share_the_stock(self):
        self._stock(self.product, 6)
        quotation = self._order((self.product, 4), (self.product, 4), confirm=False)
        self.assertEqual(sum(quotation.order_line.mapped("backorder_qty")), 2)

    def test_quotations_hold_no_stock_against_each_other(self):
        self._stock(self.product, 6)
        first = self._order((self.product, 4), confirm=False)
        second = self._order((self.product, 4), confirm=False)
        (first | second).detect_backorders()
        self.assertHeld(first.order_line, 0)
        self.assertHeld(second.order_line, 0)

    def test_quotation_in_another_warehouse(self):
        self._stock(self.product, 6)
        other = self.env["stock.warehouse"].create({"name": "Elsewhere", "code": "ELS"})
        quotation = self._order((self.product, 4), confirm=False)
        self.assertHeld(quotation.order_line, 0)
        quotation.warehouse_id = other
        self.assertEqual(quotation.order_line.backorder_qty, 4)

    def test_quotation_in_the_form(self):
        with Form(self.env["sale.order"].with_user(self.salesman)) as form:
            form.partner_id = self.customer
            with form.order_line.new() as line:
                line.product_id = self.product
                line.product_uom_qty = 3
        self.assertEqual(form.record.order_line.backorder_qty, 3)

    def test_confirmation_works_the_figure_out_afresh(self):
        quotation = self._order((self.product, 10), confirm=False)
        self.assertHeld(quotation.order_line, 10)
        self._stock(self.product, 7)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 3, reserved=7)

    def test_setting_off_nothing_is_automatic(self):
        self.company.backorder_auto = False
        self._stock(self.product, 6)
        quotation = self._order((self.product, 10), confirm=False)
        self.assertHeld(quotation.order_line, 0)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 0, reserved=6)
        self._receive(self.product, 2)
        self.assertHeld(quotation.order_line, 0, reserved=8)
        quotation.detect_backorders()
        self.assertHeld(quotation.order_line, 2, reserved=8)

    def test_orders_from_before_installation(self):
        self.company.backorder_auto = False
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self.company.backorder_auto = True
        self.assertEqual(order.order_line.backorder_qty, 0)
        self.assertEqual(order.detect_backorders(), order.order_line.ids)
        self.assertHeld(order.order_line, 4, reserved=6)

    def test_nightly_detect(self):
        self.company.backorder_auto = False
        order = self._order((self.product, 10))
        self.company.backorder_auto = True
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_detect_backorders").method_direct_trigger()
        self.assertHeld(order.order_line, 10)

    def test_services_and_consumables_never_go_on_backorder(self):
        service = self._product("Advice", type="service", is_storable=False)
        consumable = self._product("Tape", is_storable=False)
        order = self._order((service, 2), (consumable, 3))
        for line in order.order_line:
            self.assertHeld(line, 0)

    def test_make_to_order_is_left_alone(self):
        mto = self.warehouse.mto_pull_id.route_id
        mto.active = True
        product = self._product(
            "Made to order",
            route_ids=[Command.set([mto.id, self.warehouse.buy_pull_id.route_id.id])],
            seller_ids=[Command.create({"partner_id": self.vendor.id, "price": 1})],
        )
        quotation = self._order((product, 5), confirm=False)
        self.assertHeld(quotation.order_line, 0)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 0)

    def test_two_and_three_step_deliveries(self):
        for steps in ("pick_ship", "pick_pack_ship"):
            with self.subTest(steps=steps):
                self.warehouse.delivery_steps = steps
                product = self._product(f"In {steps}")
                self._stock(product, 6)
                order = self._order((product, 10))
                line = order.order_line
                self.assertHeld(line, 4, reserved=6)
                self._deliver(order.picking_ids)
                self.assertHeld(line, 4, reserved=0)
                self._receive(product, 4)
                self.assertHeld(line, 4, reserved=0)

    def test_dozens(self):
        self._stock(self.product, 30)
        order = self._order((self.product, 4, {"product_uom_id": self.dozen.id}))
        self.assertHeld(order.order_line, 1.5, reserved=2.5)

    def test_a_unit_of_measure_made_a_moment_ago(self):
        """Odoo has not written its factor to the database yet when the order is confirmed."""
        crate = self.env["uom.uom"].create(
            {"name": "Crate of 15", "relative_factor": 15, "relative_uom_id": self.unit.id}
        )
        order = self._order((self.product, 2, {"product_uom_id": crate.id}))
        self.assertHeld(order.order_line, 2)
        self._receive(self.product, 31)
        self.assertHeld(self._order((self.product, 3)).order_line, 2, reserved=1)

    def test_odd_pieces_of_dozens_are_not_counted_twice(self):
        self._stock(self.product, 1)
        order = self._order((self.product, 5.5, {"product_uom_id": self.dozen.id}))
        self._deliver(order.picking_ids, backorder=False)
        self._receive(self.product, 5)
        order.order_line.product_uom_qty = 3.5
        open_picking = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        self._deliver(open_picking, {self.product: 1})
        # 40.04 pieces are open and 4 of them reserved: the other 36.04 are needed
        self.assertHeld(order.order_line, 36.04 / 12)

    def test_lots(self):
        product = self._product("Paint", tracking="lot")
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": product.id} for name in ("A", "B")]
        )
        self._stock(product, 2, lot=lots[0])
        self._stock(product, 1, lot=lots[1])
        order = self._order((product, 5))
        self.assertHeld(order.order_line, 2, reserved=3)

    def test_a_lot_typed_on_a_delivery_that_is_nowhere_in_stock(self):
        product = self._product("Paint", tracking="lot")
        order = self._order((product, 5))
        # Odoo keeps a stock row without quantity for it
        order.picking_ids.move_ids.quantity = 3
        quotation = self._order((product, 4), confirm=False)
        self.assertEqual(order.order_line.backorder_qty, 2)
        self.assertEqual(quotation.order_line.backorder_qty, 4)

    def test_manual_reservation_holds_only_what_free_stock_cannot_cover(self):
        self.warehouse.out_type_id.reservation_method = "manual"
        self._stock(self.product, 6)
        first = self._order((self.product, 4))
        self.assertHeld(first.order_line, 0, reserved=0)
        second = self._order((self.product, 4))
        self.assertHeld(second.order_line, 2, reserved=0)
        second.picking_ids.action_assign()
        self.assertHeld(second.order_line, 2, reserved=2)

    def test_reservation_by_date(self):
        self.warehouse.out_type_id.reservation_method = "by_date"
        self.warehouse.out_type_id.reservation_days_before = 0
        self._stock(self.product, 3)
        order = self._order(
            (self.product, 5), commitment_date=fields.Datetime.now() + timedelta(days=20)
        )
        self.assertHeld(order.order_line, 2, reserved=0)

    def test_delivery_says_what_is_held_and_does_not_look_available(self):
        order = self._order((self.product, 4))
        self._receive(self.product, 9)
        picking = order.picking_ids
        self.assertTrue(picking.backorder_held)
        self.assertIn("Hammer (4 Units", picking.backorder_message)
        self.assertEqual(picking.products_availability_state, "late")
        self.assertEqual(picking.move_ids.backorder_qty, 4)

    def test_another_company_is_left_alone(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        other.backorder_auto = False
        warehouse = self.env["stock.warehouse"].create(
            {"name": "Other", "code": "OTH", "company_id": other.id}
        )
        order = (
            self.env["sale.order"]
            .with_company(other)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "warehouse_id": warehouse.id,
                    "order_line": [
                        Command.create({"product_id": self.product.id, "product_uom_qty": 2})
                    ],
                }
            )
        )
        order.action_confirm()
        self.assertEqual(order.order_line.backorder_qty, 0)
