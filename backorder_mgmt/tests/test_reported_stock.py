"""Troubles that people reported of Odoo and of other systems: whose turn it is, lots that are to
leave stock, reservations that move, purchases made twice or too small; tried on backorders.

The reports are public threads; each test names its own (`test_reported_troubles.py` has others).
"""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_doors import DoorsCommon
from .test_purchase_places import PlacesCommon


@tagged("post_install", "-at_install")
class TestReportedReservations(DoorsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"
        cls.shelf = cls.env["stock.location"].create(
            {"name": "Shelf", "location_id": cls.stock.id, "usage": "internal"}
        )

    def _sent_by_hand(self, product, quantity):
        """A delivery that nobody sold takes goods that are reserved for others."""
        customers = self.env.ref("stock.stock_location_customers")
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": self.stock.id,
                "location_dest_id": customers.id,
                "picking_type_id": self.warehouse.out_type_id.id,
            }
        )
        move._action_confirm()
        move.write({"quantity": quantity, "picked": True})
        move._action_done()

    def test_one_piece_taken_from_two_deliveries_is_missing_once(self):
        """odoo/odoo#27935: of 4 two orders have 2 each; one piece leaves by another delivery."""
        self._stock(self.product, 4)
        first, second = self._order((self.product, 2)), self._order((self.product, 2))
        self._sent_by_hand(self.product, 1)
        self.assertEqual(first.order_line.backorder_qty + second.order_line.backorder_qty, 1)
        self.assertHeld(first.order_line, 0, 2)
        self.assertHeld(second.order_line, 1, 1)

    def test_the_latest_delivery_gives_back_first(self):
        """odoo/odoo#31718: of three reserved deliveries one is due today, another much later."""
        self._stock(self.product, 6)
        days = (20, 1, 40)
        later, soon, last = (
            self._order(
                (self.product, 2), commitment_date=fields.Datetime.now() + timedelta(days=number)
            )
            for number in days
        )
        self._count(self.product, 4)
        self.assertHeld(last.order_line, 2, 0)
        self.assertHeld(later.order_line, 0, 2)
        self.assertHeld(soon.order_line, 0, 2)

    def test_pieces_with_and_without_a_lot_are_reserved_and_given_back(self):
        """odoo/odoo#90633, #75700: 20 of a lot and 10 that have none yet, an order of 25."""
        paint = self._product("Paint", tracking="lot")
        lot = self.env["stock.lot"].create({"name": "LOT 01", "product_id": paint.id})
        order = self._order((paint, 25))
        self._stock(paint, 20, lot=lot)
        self._stock(paint, 10)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_available_qty, 30)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 25)
        bare = order.picking_ids.move_line_ids.filtered(lambda row: not row.lot_id)
        self.assertEqual(bare.quantity, 5)
        order.picking_ids.do_unreserve()
        self.assertHeld(order.order_line, 25, 0)
        self.assertEqual(order.order_line.backorder_filled_qty, 0)
        order.fill_backorders()
        self.assertHeld(order.order_line, 0, 25)
        order.force_backorders()
        self.assertHeld(order.order_line, 25, 0)

    def test_what_comes_in_between_is_reserved_beside_what_was(self):
        """odoo/odoo#7725: 2 of 5 are reserved, somebody looks at the delivery, one more comes."""
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        order.picking_ids.button_validate()  # asks for a backorder, and is left by Discard
        self._receive(self.product, 1)
        line = order.order_line
        self.assertHeld(line, 3, 2)
        # Odoo took that for picking: it reserves nothing more there, and we say so.
        with self.assertRaisesRegex(UserError, f"is being picked on {order.picking_ids.name}"):
            order.fill_backorders({line.id: 1})
        order.picking_ids.move_ids.picked = False
        order.fill_backorders()
        self.assertHeld(line, 2, 3)

    def test_part_of_a_pick_in_a_package_then_the_rest_is_filled(self):
        """odoo/odoo#229420: lots and packages in two steps, validated in part."""
        self.warehouse.delivery_steps = "pick_ship"
        paint = self._product("Paint", tracking="lot")
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": paint.id} for name in ("lot1", "lot2")]
        )
        for lot in lots:
            self._stock(paint, 5, lot=lot)
        order = self._order((paint, 12))
        line = order.order_line
        self.assertHeld(line, 2, 10)
        pick = order.picking_ids.filtered(lambda picking: picking.location_id == self.stock)
        package = self.env["stock.package"].create({"name": "BOX"})
        first = pick.move_line_ids.filtered(lambda row: row.lot_id == lots[0])
        first.write({"quantity": 2, "result_package_id": package.id})
        first.copy({"quantity": 1, "result_package_id": False})
        pick.move_line_ids.filtered(lambda row: row.lot_id == lots[1]).quantity = 3
        pick.move_ids.picked = True
        pick.with_context(skip_backorder=True).button_validate()
        self.assertEqual(line.backorder_qty + line.backorder_reserved_qty, 6)
        self._stock(paint, 2, lot=lots[1])
        order.fill_backorders()
        self.assertHeld(line, 0, 6)
        order.picking_ids.filtered(lambda picking: picking.state == "assigned").do_unreserve()
        self.assertWhole(line)

    def test_a_new_order_keeps_its_place_when_it_loses_its_goods(self):
        """OCA/wms#441, #126: what is done for an order in steps keeps the order's date."""
        self.company.backorder_fill_approved = "new_order"
        old = self._order((self.product, 5))
        self._wait(old, 30)
        younger = self._order((self.product, 5))
        self._wait(younger, 10)
        self._stock(self.product, 5)
        old.fill_backorders()
        new = old.backorder_child_ids
        self.assertHeld(new.order_line, 0, 5)
        new.picking_ids.do_unreserve()
        self.assertHeld(new.order_line, 5, 0)
        run = self.env["backorder.run"].create({"product_ids": [Command.set(self.product.ids)]})
        run.action_preview()
        run.action_start()
        self.assertHeld(new.backorder_child_ids.order_line, 0, 5)
        self.assertHeld(younger.order_line, 5, 0)

    def test_cancelled_rest_of_a_printed_delivery_from_a_shelf(self):
        """ingadhoc/sale#1775: reserved on a shelf below, printed, and the rest is cancelled."""
        self._stock(self.product, 6, self.shelf)
        order = self._order((self.product, 10))
        order.picking_ids.printed = True
        order.cancel_backorders()
        self.assertEqual(order.order_line.product_uom_qty, 6)
        self.assertHeld(order.order_line, 0, 6)
        moves = order.picking_ids.move_ids
        self.assertEqual(moves.mapped("product_uom_qty"), [6], "nothing is asked back")

    def test_the_older_of_two_is_reserved_first_when_both_are_due(self):
        """odoo/odoo#167997: reserved some days before; both days are past, the later is planned
        for an earlier day."""
        kind = self.warehouse.out_type_id
        kind.write({"reservation_method": "by_date", "reservation_days_before": 1})
        now = fields.Datetime.now()
        first, second = (
            self._order((self.product, 3), commitment_date=now + timedelta(days=days))
            for days in (9, 8)
        )
        self._wait(first, 20)
        self._wait(second, 10)
        self._stock(self.product, 4)
        kind.reservation_days_before = 30
        moves = (first | second).picking_ids.move_ids
        moves.reservation_date = fields.Date.today() - timedelta(days=1)
        self.env["stock.rule"].run_scheduler()
        for order in first | second:
            self.assertInvariants(order)
        run = self.env["backorder.run"].create({"product_ids": [Command.set(self.product.ids)]})
        run.action_preview()
        run.action_start()
        self.assertHeld(first.order_line, 0, 3)
        self.assertHeld(second.order_line, 2, 1)


@tagged("post_install", "-at_install")
class TestReportedPurchases(PlacesCommon):
    def _ordered(self, product):
        lines = self.env["purchase.order.line"].search(
            [("product_id", "=", product.id), ("state", "!=", "cancel")]
        )
        return sum(lines.mapped("product_qty"))

    def test_rules_of_two_shelves_are_met_once(self):
        """odoo/odoo#31490: two minimum rules of one item, each of its shelf."""
        shelves = self.env["stock.location"].create(
            [{"name": f"Shelf {n}", "location_id": self.stock.id} for n in (1, 2)]
        )
        for shelf in shelves:
            self._rule(self.product, 1, 5, location_id=shelf.id)
        for _again in range(3):
            screen = self._purchase(choose="below_min")
            if screen.line_ids:
                self._created(screen)
        self.assertEqual(self._ordered(self.product), 10)

    def test_a_request_that_was_typed_by_hand_counts(self):
        """odoo/odoo#33798: one piece was asked for before, the minimum is five."""
        self._bought(self.product, 1, confirm=False)
        self._rule(self.product, 5, 5)
        for _again in range(2):
            screen = self._purchase(choose="below_min")
            if screen.line_ids:
                self._created(screen)
        self.assertEqual(self._ordered(self.product), 5)

    def test_a_purchase_cancelled_and_asked_for_again(self):
        """odoo/odoo#20719, #24586: cancelled, then set to a request again."""
        self._order((self.product, 10))
        purchase = self._created(self._purchase(choose="backordered"))
        purchase.button_cancel()
        self.assertEqual(self._purchase(choose="backordered").line_ids.needed_qty, 10)
        purchase.button_draft()
        self.assertFalse(self._purchase(choose="backordered").line_ids)
        purchase.button_confirm()
        self.assertFalse(self._purchase(choose="backordered").line_ids)

    def test_a_purchase_that_comes_much_later_counts(self):
        """odoo/odoo#76466: the vendor's day is put off by months."""
        self._order((self.product, 10))
        purchase = self._created(self._purchase(choose="backordered"))
        purchase.button_confirm()
        purchase.picking_ids.scheduled_date = fields.Datetime.now() + timedelta(days=200)
        self.assertFalse(self._purchase(choose="backordered").line_ids)

    def test_a_receipt_closed_without_its_rest(self):
        """OCA/stock-logistics-workflow#654: 6 of 10 came, "No Backorder": the four are bought."""
        self._order((self.product, 10))
        purchase = self._created(self._purchase(choose="backordered"))
        purchase.button_confirm()
        self._do(purchase.picking_ids, 6, backorder=False)
        self.assertEqual(self._purchase(choose="backordered").line_ids.needed_qty, 4)

    def test_bought_to_order_and_the_purchase_is_cancelled(self):
        """odoo/odoo#237890: nothing is on its way for the order any more: it waits like others."""
        route = self.warehouse.mto_pull_id.route_id
        route.active = True
        item = self._product("To Order", route_ids=[Command.link(route.id)])
        self._sells(self.vendor, item)
        order = self._order((item, 5))
        line = order.order_line
        self.assertHeld(line, 0, 0)
        self.assertEqual(self._ordered(item), 5)
        purchase = self.env["purchase.order.line"].search([("product_id", "=", item.id)]).order_id
        purchase.button_cancel()
        order.detect_backorders()
        self.assertHeld(line, 5, 0)
        self.assertEqual(self._purchase(choose="backordered").line_ids.needed_qty, 5)
        self._receive(item, 5)
        self.assertHeld(line, 5, 0)
        order.fill_backorders()
        self.assertFalse(order.backorder_child_ids, "a new order would buy it once more")
        self.assertHeld(line, 0, 5)
        self.assertEqual(self._ordered(item), 0)
