"""Troubles with free stock and reservations that people reported of Odoo and of addons like this
one, tried on backorders: what a merchant sees must be right, whatever the goods have been through.

The reports are public threads of the projects `odoo/odoo` and `OCA/stock-logistics-warehouse`;
each test names its own.
"""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .test_doors import DoorsCommon


@tagged("post_install", "-at_install")
class TestReportedTroubles(DoorsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"
        cls.shelves = cls.env["stock.location"].create(
            [
                {"name": f"Shelf {number}", "location_id": cls.stock.id, "usage": "internal"}
                for number in (1, 2)
            ]
        )
        cls.dates = "use_expiration_date" in cls.env["product.template"]._fields

    def _lot(self, product, name, quantity, location=None, **values):
        lot = self.env["stock.lot"].create({"name": name, "product_id": product.id, **values})
        self._stock(product, quantity, location, lot=lot)
        return lot

    def _quants(self, product):
        return self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "child_of", self.stock.id)]
        )

    def test_a_count_takes_only_what_is_missing(self):
        """odoo/odoo#45128: of 10 pieces 6 are reserved; 5 are counted: 5 stay, one is needed."""
        self._stock(self.product, 10)
        order = self._order((self.product, 6))
        self._count(self.product, 5)
        self.assertHeld(order.order_line, 1, 5)

    def test_relocated_lots_stay_with_the_first_delivery(self):
        """odoo/odoo#265169: 8 of a lot, for deliveries of 5 and 5, are moved to another shelf."""
        paint = self._product("Paint", tracking="lot")
        self._lot(paint, "L1", 8, self.shelves[0])
        first, second = self._order((paint, 5)), self._order((paint, 5))
        self.assertHeld(first.order_line, 0, 5)
        self.assertHeld(second.order_line, 2, 3)
        self._quants(paint).move_quants(location_dest_id=self.shelves[1], message="tidy up")
        self.assertHeld(first.order_line, 0, 5)
        self.assertHeld(second.order_line, 2, 3)
        self.assertEqual(first.picking_ids.move_line_ids.location_id, self.shelves[1])

    def test_the_scheduler_neither_takes_nor_forgets_what_waits(self):
        """odoo/odoo#27874, #177612: 5 of 7 are reserved, 2 come in, the scheduler runs."""
        self._stock(self.product, 5)
        order = self._order((self.product, 7))
        self._stock(self.product, 2)
        self.env["stock.rule"].run_scheduler()
        self.assertHeld(order.order_line, 2, 5)
        order.fill_backorders()
        self.env["stock.rule"].run_scheduler()
        self.assertHeld(order.order_line, 0, 7)

    def test_what_is_bought_to_order_is_bought_once(self):
        """odoo/odoo#30541: an item made to order, 3 of it; the scheduler runs twice."""
        routes = self.env.ref("stock.route_warehouse0_mto") | self.env.ref(
            "purchase_stock.route_warehouse0_buy"
        )
        routes.action_unarchive()
        self.product.write(
            {
                "route_ids": [Command.set(self.env.ref("purchase_stock.route_warehouse0_buy").ids)],
                "seller_ids": [Command.create({"partner_id": self.vendor.id, "price": 5})],
            }
        )
        order = self._order((self.product, 3, {"route_ids": routes.ids}))
        for _run in range(2):
            self.env["stock.rule"].run_scheduler()
        lines = self.env["purchase.order.line"].search([("product_id", "=", self.product.id)])
        self.assertEqual(sum(lines.mapped("product_qty")), 3)
        self.assertHeld(order.order_line, 0)
        screen = self.env["backorder.purchase"].create({"choose": "backordered"})
        screen.action_add()
        self.assertNotIn(self.product, screen.line_ids.product_id)

    def test_a_lot_that_is_taken_off_a_delivery_and_chosen_again(self):
        """odoo/odoo#43163: the line of a lot is deleted, another lot is typed in its place."""
        paint = self._product("Paint", tracking="lot")
        self._lot(paint, "L1", 10)
        other = self._lot(paint, "L2", 10)
        order = self._order((paint, 4))
        move = order.picking_ids.move_ids
        move.move_line_ids.unlink()
        self.assertHeld(order.order_line, 4, 0)
        self.env["stock.move.line"].create(
            {
                "move_id": move.id,
                "picking_id": move.picking_id.id,
                "product_id": paint.id,
                "product_uom_id": paint.uom_id.id,
                "location_id": self.stock.id,
                "location_dest_id": move.location_dest_id.id,
                "lot_id": other.id,
                "quantity": 4,
            }
        )
        self.assertHeld(order.order_line, 0, 4)

    def test_first_expired_goes_first_in_a_fill_of_several(self):
        """odoo/odoo#22850: of three lots the second expires first."""
        if not self.dates:
            self.skipTest("needs the module product_expiry")
        fefo = self.env["product.removal"].search([("method", "=", "fefo")])
        category = self.env["product.category"].create(
            {"name": "Perishable", "removal_strategy_id": fefo.id}
        )
        milk = self._product("Milk", tracking="lot", use_expiration_date=True, categ_id=category.id)
        orders = self._order((milk, 2)) | self._order((milk, 2)) | self._order((milk, 2))
        lots = [
            self._lot(milk, name, 2, removal_date=fields.Datetime.now() + timedelta(days=days))
            for name, days in (("A", 30), ("B", 10), ("C", 20))
        ]
        run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
        run.action_start()
        got = [order.picking_ids.move_line_ids.lot_id for order in orders]
        self.assertEqual(got, [lots[1], lots[2], lots[0]])

    def test_a_lot_past_its_removal_date_is_not_on_hand(self):
        """odoo/odoo#192896: the removal date decides, not the day it goes bad."""
        if not self.dates:
            self.skipTest("needs the module product_expiry")
        milk = self._product("Milk", tracking="lot", use_expiration_date=True)
        order = self._order((milk, 5))
        now = fields.Datetime.now()
        dates = {"expiration_date": now + timedelta(days=10)}
        self._lot(milk, "Out", 4, **dates, removal_date=now - timedelta(days=1))
        self._lot(milk, "In", 3, **dates, removal_date=now + timedelta(days=5))
        line = order.order_line
        self.assertEqual(line.backorder_available_qty, 3)
        self.assertEqual(line.backorder_available_qty, milk.free_qty)
        order.fill_backorders()
        self.assertHeld(line, 2, 3)

    def test_a_quotation_does_not_count_against_itself(self):
        """OCA/stock-logistics-warehouse#2225: what a quotation asks for is taken off twice."""
        self._stock(self.product, 10)
        quotation = self._order((self.product, 8), confirm=False)
        line = quotation.order_line
        # On hand is what there is beyond what it counts on already.
        self.assertEqual((line.backorder_qty, line.backorder_available_qty), (0, 2))
        self._order((self.product, 4))
        self.env.invalidate_all()
        line.product_uom_qty = 9
        self.assertEqual((line.backorder_qty, line.backorder_available_qty), (3, 0))
        quotation.action_confirm()
        self.assertHeld(line, 3, 6)

    def test_rows_below_zero_are_taken_off_and_not_reserved(self):
        """OCA/stock-logistics-warehouse#2229: a full row, a free one, and one below zero."""
        self._stock(self.product, 3, self.shelves[0])
        first = self._order((self.product, 3))
        self._stock(self.product, 10, self.shelves[1])
        self.env["stock.quant"].create(
            {"product_id": self.product.id, "location_id": self.stock.id, "quantity": -4}
        )
        order = self._order((self.product, 9))
        for line, needed, reserved in ((first.order_line, 0, 3), (order.order_line, 3, 6)):
            self.assertEqual((line.backorder_qty, line.backorder_reserved_qty), (needed, reserved))
        self.assertEqual(order.picking_ids.move_line_ids.mapped("quantity"), [6])
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_available_qty, 0)

    def test_moved_to_a_shelf_below_it_can_be_filled(self):
        """odoo/odoo#25631: unreserved, moved to a shelf below, and asked for again."""
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        order.picking_ids.do_unreserve()
        self.assertHeld(order.order_line, 10, 0)
        self._quants(self.product).move_quants(location_dest_id=self.shelves[0], message="moved")
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_available_qty, 10)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 10)
        self.assertEqual(order.picking_ids.move_line_ids.location_id, self.shelves[0])

    def test_tenths_add_up(self):
        """odoo/odoo#62139: 0.1 + 0.2 of a kilogram is reserved, given back and filled again."""
        kilogram = self.env.ref("uom.product_uom_kgm")
        flour = self._product("Flour", uom_id=kilogram.id)
        order = self._order((flour, 0.3))
        for quantity in (0.1, 0.2):
            self._stock(flour, quantity)
            order.fill_backorders()
        self.assertHeld(order.order_line, 0, 0.3)
        order.force_backorders()
        self.assertHeld(order.order_line, 0.3, 0)
        self.assertEqual(sum(self._quants(flour).mapped("reserved_quantity")), 0)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 0.3)
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        self.assertEqual(order.picking_ids.state, "done")

    def test_two_rows_of_one_lot_are_one(self):
        """odoo/odoo#24555: reserved and given back on rows that were not merged yet."""
        paint = self._product("Paint", tracking="lot")
        orders = self._order((paint, 4)) | self._order((paint, 4))
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": paint.id})
        self.env["stock.quant"].create(
            [
                {
                    "product_id": paint.id,
                    "location_id": self.stock.id,
                    "lot_id": lot.id,
                    "quantity": quantity,
                }
                for quantity in (3, 4)
            ]
        )
        run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
        run.action_start()
        self.assertEqual([self._reserved(order) for order in orders], [4, 3])
        orders.force_backorders()
        self.assertEqual(sum(self._quants(paint).mapped("reserved_quantity")), 0)
        self.assertInvariants(orders)
