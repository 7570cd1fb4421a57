"""Troubles that people reported of Odoo and of other systems: what is on its way, counted twice or
not at all; goods that are relocated; lots that are to leave stock. Tried on backorders.

The reports are public threads; each test names its own.
"""

import unittest
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_purchase_places import PlacesCommon


@tagged("post_install", "-at_install")
class TestReportedSupply(PlacesCommon):
    def _needed(self, warehouse=None, item=None, choose="backordered"):
        house, item = warehouse or self.warehouse, item or self.product
        rows = self._purchase(choose=choose, warehouse_id=house.id).line_ids
        return sum(rows.filtered(lambda row: row.product_id == item).mapped("needed_qty"))

    def test_relocated_goods_stay_with_who_had_them(self):
        """odoo/odoo#265169: of 8 the first has 5, the second 3; all go to another shelf."""
        shelves = self.env["stock.location"].create(
            [{"name": name, "location_id": self.stock.id} for name in ("Shelf 1", "Shelf 2")]
        )
        self._stock(self.product, 8, shelves[0])
        first, second = self._order((self.product, 5)), self._order((self.product, 5))
        quants = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", shelves[0].id)]
        )
        quants.move_quants(location_dest_id=shelves[1])
        self.assertHeld(first.order_line, 0, 5)
        self.assertHeld(second.order_line, 2, 3)

    def test_requests_of_a_warehouse_that_receives_in_two_steps_count(self):
        """odoo/odoo#277641: a request written by hand was not seen there, and bought again."""
        house = self._steps("RTS", reception_steps="two_steps")
        self._order((self.product, 10), warehouse_id=house.id)
        self.assertEqual(self._needed(house), 10)
        request = self._bought(self.product, 4, house, confirm=False)
        self.assertEqual(self._needed(house), 6)
        request.order_line.product_qty = 12
        self.assertEqual(self._needed(house), 0)
        request.button_confirm()
        self.assertEqual(self._needed(house), 0)
        self._do(request.picking_ids[:1])
        self.assertEqual(self._needed(house), 0)

    def test_a_request_that_is_changed_before_it_is_confirmed(self):
        """odoo/odoo#94233: asked for 10 in two steps; the buyer agrees on 6, or on 14."""
        house = self._steps("RTC", reception_steps="two_steps")
        self._sells(self.vendor, self.other)
        for item, agreed, left in ((self.product, 6, 4), (self.other, 14, 0)):
            with self.subTest(agreed):
                sale = self._order((item, 10), warehouse_id=house.id)
                screen = self._purchase(choose="backordered", warehouse_id=house.id)
                order = self._created(screen).sudo()
                of_item = order.order_line.filtered(lambda own, item=item: own.product_id == item)
                of_item.product_qty = agreed
                of_item.order_id.button_confirm()
                self.assertEqual(self._needed(house, item), left)
                self._do(of_item.order_id.picking_ids)
                self._do(self._open(item, house.wh_input_stock_loc_id))
                self.assertEqual(self._needed(house, item), left)
                self.env.invalidate_all()
                self.assertEqual(sale.order_line.backorder_available_qty, agreed)

    def test_a_receipt_that_is_put_off_is_not_bought_again(self):
        """odoo/odoo#97802, OCA/stock-logistics-warehouse#1687: beyond every horizon."""
        self._order((self.product, 10))
        self._rule(self.product, 0, 1)
        order = self._bought(self.product, 11)
        order.picking_ids.scheduled_date = fields.Datetime.now() + timedelta(days=400)
        order.order_line.date_planned = fields.Datetime.now() + timedelta(days=400)
        self.assertEqual(self._needed(choose="needed"), 0)

    def test_a_request_that_becomes_an_order_is_not_bought_again(self):
        """odoo/odoo#67278: 500 sold, 500 asked for: 0; confirmed: 500 once more."""
        self._order((self.product, 500))
        self._rule(self.product, 0, 0)
        order = self._created(self._purchase(choose="needed")).sudo()
        self.assertEqual(self._needed(choose="needed"), 0)
        order.button_confirm()
        self.assertEqual(self._needed(choose="needed"), 0)

    def test_a_row_that_is_lowered_and_looked_at_again(self):
        """odoo/odoo#78711: typed down and opened again it asked for twice as many."""
        self._order((self.product, 10))
        self._rule(self.product, 0, 0)
        screen = self._purchase(choose="needed")
        row = screen.line_ids.filtered(lambda row: row.product_id == self.product)
        row.quantity = 4
        screen.action_add()
        self.assertEqual((row.needed_qty, row.quantity), (10, 4))
        order = self._created(screen).sudo()
        self.assertEqual(
            sum(own.product_qty for own in order.order_line if own.product_id == self.product), 4
        )
        self.assertEqual(self._needed(choose="needed"), 6)

    def test_one_of_two_purchases_with_one_inner_transfer_is_cancelled(self):
        """odoo/odoo#30172: both went into one transfer from Input to Stock."""
        house = self._steps("RTM", reception_steps="two_steps")
        self._order((self.product, 10), warehouse_id=house.id)
        kept, dropped = self._bought(self.product, 6, house), self._bought(self.product, 4, house)
        self.assertEqual(self._needed(house), 0)
        dropped.button_cancel()
        self.assertEqual(self._needed(house), 4)
        self._do(kept.picking_ids[:1])
        self.assertEqual(self._needed(house), 4)

    def test_goods_that_are_rejected_at_the_dock(self):
        """frappe/erpnext#34101: of 10 that come 4 are put away as rejected."""
        rejected = self._place("Rejected")
        self._order((self.product, 10))
        receipt = self._bought(self.product, 10).picking_ids
        move = receipt.move_ids
        move.quantity = 6
        self.env["stock.move.line"].create(
            {
                "move_id": move.id,
                "picking_id": receipt.id,
                "product_id": self.product.id,
                "location_id": move.location_id.id,
                "location_dest_id": rejected.id,
                "quantity": 4,
            }
        )
        move.picked = True
        receipt.button_validate()
        self.assertEqual(self._needed(), 4)


@tagged("post_install", "-at_install")
class TestReportedLots(PlacesCommon):
    """Runs where product_expiry is: in the company of `make test`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.dates:
            raise unittest.SkipTest("needs the module product_expiry, which is not installed")
        cls.company.backorder_fill_approved = "same_order"
        cls.milk = cls._product("Milk", tracking="lot", use_expiration_date=True)
        cls._sells(cls.vendor, cls.milk)

    def _lot(self, name, days):
        lot = self.env["stock.lot"].create({"name": name, "product_id": self.milk.id})
        lot.expiration_date = fields.Datetime.now() + timedelta(days=days + 1)
        lot.removal_date = fields.Datetime.now() + timedelta(days=days)
        return lot

    def test_the_lot_that_leaves_first_goes_first(self):
        """odoo/odoo#77261: received first, but to leave a day later."""
        fefo = self.env["product.removal"].search([("method", "=", "fefo")], limit=1)
        self.milk.categ_id = self.env["product.category"].create(
            {"name": "Fresh", "removal_strategy_id": fefo.id}
        )
        later, sooner = self._lot("LOT 1", 30), self._lot("LOT 2", 29)
        order = self._order((self.milk, 5))
        for lot in (later, sooner):
            self._stock(self.milk, 4, lot=lot)
        order.fill_backorders()
        rows = order.picking_ids.move_line_ids
        self.assertEqual({row.lot_id: row.quantity for row in rows}, {sooner: 4, later: 1})

    def test_packs_of_what_is_to_be_removed_go_to_nobody(self):
        """open-msupply#10065: expired goods in other pack sizes were given to orders."""
        pieces = self._order((self.milk, 7))
        dozens = self._order((self.milk, 1, {"product_uom_id": self.dozen.id}))
        self._stock(self.milk, 24, lot=self._lot("GONE", -1))
        self._stock(self.milk, 12, lot=self._lot("FRESH", 30))
        rows = self._purchase(choose="backordered").line_ids
        self.assertEqual(rows.needed_qty, 7)
        for order in (pieces, dozens):
            order.fill_backorders()
        self.assertHeld(pieces.order_line, 0, 7)
        self.assertAlmostEqual(dozens.order_line.backorder_qty, 7 / 12, 2)
        self.assertEqual((pieces | dozens).picking_ids.move_line_ids.lot_id.name, "FRESH")

    def test_stock_is_not_replaced_only_as_it_will_leave(self):
        """odoo/odoo#268223: a rule's minimum is met until the day itself; nobody's order is."""
        self._stock(self.milk, 10, lot=self._lot("NEXT MONTH", 20))
        self._rule(self.milk, 5, 10)
        rows = self._purchase(choose="needed").line_ids
        self.assertNotIn(self.milk, rows.product_id)
        day = fields.Datetime.now() + timedelta(days=40)
        self._order((self.milk, 3), commitment_date=day)
        row = self._purchase(choose="needed").line_ids.filtered(
            lambda row: row.product_id == self.milk
        )
        self.assertEqual((row.short_qty, row.refill_qty), (3, 0))
