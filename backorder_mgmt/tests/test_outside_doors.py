"""Doors of Odoo's that people outside think of first: what a merchant sees of each.

After each story *Check Backorders* has nothing to say.
"""

from odoo import Command
from odoo.tests import Form, tagged

from .test_outside_moves import StrangeCommon


@tagged("post_install", "-at_install")
class TestStrangeDoors(StrangeCommon):
    def test_put_in_a_pack_and_filled_afterwards(self):
        order = self._six_of_ten()
        picking = order.picking_ids
        picking.action_put_in_pack()
        self.assertHeld(order.order_line, 4, 6)
        self._receive(self.product, 4)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 10)
        self._ship_all(order)
        self.assertEqual(self._has(order), 10)

    def test_another_lot_on_the_delivery(self):
        paint = self._product("Paint", tracking="lot")
        red, blue = self.env["stock.lot"].create(
            [{"name": name, "product_id": paint.id} for name in ("Red", "Blue")]
        )
        self._stock(paint, 3, lot=red)
        self._stock(paint, 3, lot=blue)
        order = self._order((paint, 5))
        rows = order.picking_ids.move_line_ids
        self.assertHeld(order.order_line, 0, 5)
        of_blue = rows.filtered(lambda row: row.lot_id == blue)
        of_blue.quantity = 1
        self.assertHeld(order.order_line, 1, 4)
        rows.filtered(lambda row: row.lot_id == red).unlink()
        self.assertHeld(order.order_line, 4, 1)
        of_blue.quantity = 3
        self.assertHeld(order.order_line, 2, 3)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 5)

    def test_goods_of_another_owner_on_the_delivery(self):
        owner = self.env["res.partner"].create({"name": "Consignor"})
        self._stock(self.product, 5)
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.stock, 5, owner_id=owner
        )
        order = self._order((self.product, 8))
        self.assertHeld(order.order_line, 0, 8)
        row = order.picking_ids.move_line_ids.filtered(lambda row: not row.owner_id)
        row.quantity -= 3
        self.assertHeld(order.order_line, 3, 5)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 8)

    def test_from_another_place_on_the_delivery(self):
        order = self._six_of_ten()
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.id, "usage": "internal"}
        )
        self._stock(self.product, 6, location=shelf)
        order.picking_ids.move_line_ids.location_id = shelf
        self.assertHeld(order.order_line, 4, 6)
        rival = self._order((self.product, 6))
        self.assertHeld(rival.order_line, 4, 2)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 10)

    def test_reserved_goods_are_scrapped_from_the_delivery(self):
        order = self._six_of_ten()
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.product.id,
                "scrap_qty": 2,
                "picking_id": order.picking_ids.id,
                "location_id": self.stock.id,
            }
        )
        scrap.do_scrap()
        self.assertHeld(order.order_line, 6, 4)
        self._fill_and_ship(order, 10)

    def test_components_of_what_is_unbuilt_are_there_for_a_fill(self):
        self.env["mrp.unbuild"].check_access("create")
        table = self._product("Table")
        bom = self.env["mrp.bom"].create(
            {
                "product_tmpl_id": table.product_tmpl_id.id,
                "bom_line_ids": [Command.create({"product_id": self.product.id, "product_qty": 2})],
            }
        )
        self._stock(table, 3)
        order = self._order((self.product, 6))
        unbuild = self.env["mrp.unbuild"].create(
            {
                "product_id": table.id,
                "bom_id": bom.id,
                "product_qty": 3,
                "location_id": self.stock.id,
                "location_dest_id": self.stock.id,
            }
        )
        unbuild.action_unbuild()
        self.assertHeld(order.order_line, 6, 0)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_fillable_qty, 6)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 6)

    def test_a_table_that_is_ordered_is_unbuilt(self):
        """Unbuilding takes what an order has reserved: it is needed again."""
        table = self._product("Table")
        bom = self.env["mrp.bom"].create(
            {
                "product_tmpl_id": table.product_tmpl_id.id,
                "bom_line_ids": [Command.create({"product_id": self.product.id})],
            }
        )
        self._stock(table, 3)
        order = self._order((table, 3))
        self.assertHeld(order.order_line, 0, 3)
        self.env["mrp.unbuild"].create(
            {
                "product_id": table.id,
                "bom_id": bom.id,
                "product_qty": 2,
                "location_id": self.stock.id,
                "location_dest_id": self.stock.id,
            }
        ).action_unbuild()
        self.assertHeld(order.order_line, 2, 1)

    def test_production_takes_what_waits_for_nobody(self):
        table = self._product("Table")
        bom = self.env["mrp.bom"].create(
            {
                "product_tmpl_id": table.product_tmpl_id.id,
                "bom_line_ids": [Command.create({"product_id": self.product.id, "product_qty": 2})],
            }
        )
        self._stock(self.product, 5)
        order = self._order((self.product, 3))
        production = Form(self.env["mrp.production"])
        production.product_id = table
        production.bom_id = bom
        production.product_qty = 2
        production.picking_type_id = self.warehouse.manu_type_id
        production = production.save()
        production.action_confirm()
        production.action_assign()
        self.assertEqual(sum(production.move_raw_ids.mapped("quantity")), 2)
        self.assertHeld(order.order_line, 0, 3)
        order.picking_ids.do_unreserve()
        production.action_assign()
        self.assertHeld(order.order_line, 3, 0)
        # an order line's claim binds orders: for production Odoo reserves as ever
        self.assertEqual(sum(production.move_raw_ids.mapped("quantity")), 4)
        order.fill_backorders()
        self.assertHeld(order.order_line, 2, 1)

    def test_relocated_out_of_the_deliveries_reach(self):
        order = self._six_of_ten()
        away = self.env["stock.location"].create(
            {"name": "Away", "location_id": self.warehouse.view_location_id.id, "usage": "internal"}
        )
        wizard = self.env["stock.quant.relocate"].create(
            {"quant_ids": [Command.set(self._quants(self.product).ids)]}
        )
        wizard.dest_location_id = away
        wizard.action_relocate_quants()
        self.assertHeld(order.order_line, 10, 0)
        self._quants(self.product, away).filtered(lambda quant: quant.quantity > 0).move_quants(
            location_dest_id=self.stock
        )
        self.assertHeld(order.order_line, 10, 0)
        order.fill_backorders()
        self.assertHeld(order.order_line, 4, 6)

    def test_a_count_that_finds_more_gives_nobody_anything(self):
        order = self._six_of_ten()
        self._count(self.product, 20)
        self.assertHeld(order.order_line, 4, 6)
        self._count(self.product, 3)
        self.assertHeld(order.order_line, 7, 3)
        self._count(self.product, 20)
        self.assertHeld(order.order_line, 7, 3)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 10)

    def test_many_deliveries_unreserved_and_checked_at_once(self):
        orders = self._six_of_ten() | self._order((self.product, 5))
        self._stock(self.product, 20)
        orders.picking_ids.do_unreserve()
        self.assertEqual(orders.order_line.mapped("backorder_qty"), [10, 5])
        orders.picking_ids.action_assign()
        self.env["stock.rule"]._run_scheduler_tasks(company_id=self.company.id)
        self.assertEqual(orders.order_line.mapped("backorder_qty"), [10, 5])
        orders.fill_backorders()
        self.assertEqual(orders.order_line.mapped("backorder_qty"), [0, 0])
        self.assertInvariants(orders)

    def test_a_done_delivery_is_corrected_downwards(self):
        order = self._six_of_ten()
        delivery = order.picking_ids
        self._deliver(delivery)
        delivery.is_locked = False
        delivery.move_line_ids.quantity = 5
        self.assertInvariants(order)
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertHeld(order.order_line, 4, 0)
        self.assertEqual(self._quants(self.product).quantity, 1)

    def test_a_done_delivery_is_corrected_upwards_and_takes_from_another_order(self):
        order = self._order((self.product, 3))
        self._stock(self.product, 7)
        order.fill_backorders()
        self._deliver(order.picking_ids)
        rival = self._order((self.product, 4))
        self.assertHeld(rival.order_line, 0, 4)
        order.picking_ids.is_locked = False
        order.picking_ids.move_line_ids.quantity = 5
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertHeld(rival.order_line, 2, 2)
        self.assertHeld(order.order_line, 0, 0)

    def test_one_operation_of_the_delivery_is_cancelled(self):
        order = self._six_of_ten()
        self._stock(self.other, 1)
        order.write(
            {"order_line": [Command.create({"product_id": self.other.id, "product_uom_qty": 3})]}
        )
        move = order.picking_ids.move_ids.filtered(lambda m: m.product_id == self.product)
        move._action_cancel()
        self.assertHeld(order.order_line[0], 0, 0)
        self.assertHeld(order.order_line[1], 2, 1)
        order.order_line[0].product_uom_qty = 12
        self.assertInvariants(order)

    def test_reserved_by_date(self):
        self.warehouse.out_type_id.write(
            {"reservation_method": "by_date", "reservation_days_before": 2}
        )
        self._stock(self.product, 6)
        order = self._order((self.product, 4), commitment_date="2099-01-10")
        self.assertHeld(order.order_line, 0, 0)
        self._count(self.product, 1)
        self.assertInvariants(order)
        order.detect_backorders()
        self.assertHeld(order.order_line, 3, 0)
        self._receive(self.product, 9)
        order.fill_backorders()
        self.assertEqual(order.order_line.backorder_qty, 0)
        self.assertInvariants(order)

    def test_the_demand_is_written_on_the_delivery_then_on_the_order(self):
        order = self._six_of_ten()
        order.picking_ids.move_ids.product_uom_qty = 8
        self.assertHeld(order.order_line, 2, 6)
        order.order_line.product_uom_qty = 12
        # Odoo orders what the deliveries do not ask for yet
        self.assertHeld(order.order_line, 6, 6)

    def test_typed_down_and_sent_in_part_the_rest_gets_it_back_once(self):
        """Five of ten are kept back on purpose; three of five are sent, and two stay for the rest.

        Odoo tries the rest twice: when its move is split off, and when its delivery is made.
        """
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        order.force_backorders({order.order_line.id: 5})
        self.assertHeld(order.order_line, 5, reserved=5)
        self._deliver(order.picking_ids, {self.product: 3})
        self.assertEqual(order.order_line.qty_delivered, 3)
        self.assertHeld(order.order_line, 5, reserved=2)

    def test_a_kit_typed_down_and_sent_in_part_keeps_no_component_for_itself(self):
        bolt, nut = self._product("Bolt"), self._product("Nut")
        kit = self._kit("Shelf", (bolt, 1), (nut, 2))
        self._stock(bolt, 6)
        self._stock(nut, 6)
        order = self._order((kit, 8))
        self.assertHeld(order.order_line, 5, reserved=3)
        self._deliver(order.picking_ids, {bolt: 1, nut: 2})
        self.assertEqual(order.order_line.qty_delivered, 1)
        self.assertHeld(order.order_line, 5, reserved=2)
        rest = order.picking_ids.move_ids.filtered(lambda move: move.state != "done")
        self.assertEqual({m.product_id: m.quantity for m in rest}, {bolt: 2, nut: 4})
