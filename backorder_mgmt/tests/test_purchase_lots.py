"""A lot that is to be removed before a delivery is sent is not there for it: nor for purchasing.

A table written by hand, and random stocks of which each delivery is really filled. Days are counted
from today; deliveries are due in the evening of theirs, lots leave at noon.
"""

import random
import unittest
from dataclasses import dataclass
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_purchase_places import PlacesCommon

#: As far away as nobody plans: a lot without a day.
NEVER = None


@dataclass(frozen=True)
class Case:
    what: str
    buys: float
    #: orders in their turn: (quantity, the day it is due)
    waiting: tuple
    #: what comes to the shelf after they were ordered: (quantity, the day it leaves)
    lots: tuple = ()
    #: the method that makes something else happen, of the item
    make: str = ""
    arguments: tuple = ()
    #: what the row names as no good to these
    names: str = ""


CASES = (
    Case("leaves before", 3, ((3, 10),), ((1, 5),), names="to be removed before delivery: 1 Unit"),
    Case("leaves after", 2, ((3, 10),), ((1, 12),)),
    Case("never leaves", 2, ((3, 10),), ((1, NEVER),)),
    Case("is due before it leaves", 2, ((3, 4),), ((1, 5),)),
    Case("only the late one is not served", 3, ((3, 2), (3, 10)), ((4, 5),), names=": 1 Unit"),
    Case("the later order is the earlier due", 3, ((3, 10), (3, 2)), ((4, 5),), names=": 1 Unit"),
    Case("a fresh lot beside it", 1, ((3, 10),), ((4, 5), (2, 30)), names=": 4 Units"),
    Case("three lots, three days", 2, ((2, 4), (2, 9), (4, 18)), ((2, 5), (2, 10), (2, 20))),
    Case("the first takes the first lot", 0, ((2, 2), (2, 10)), ((2, 5), (2, 30))),
    Case("nobody gets any of it", 5, ((2, 10), (3, 12)), ((9, 5),), names=": 9 Units"),
    Case("gone by now, and leaving", 3, ((3, 10),), ((4, -1), (2, 5)), names=": 2 Units"),
    # what comes
    Case("a lot on order leaves before", 3, ((3, 10),), (), "_announced", (3, 5), "On order, to"),
    Case("a lot on order leaves after", 0, ((3, 10),), (), "_announced", (3, 15)),
    Case("leaves after another's day", 0, ((3, 10), (2, 4)), (), "_announced", (5, 12)),
    Case("of two lots on order one is fresh", 1, ((3, 10),), (), "_announced_two", (2, 5, 2)),
    Case("what is on order has no lot yet", 0, ((3, 10),), (), "_on_order", (3,)),
    Case("was bought for it, and leaves", 3, ((3, 10),), (), "_bought_for", (5,)),
    Case("was bought for it, and stays", 0, ((3, 10),), (), "_bought_for", (15,)),
    Case("comes after it was to leave", 3, ((3, 40),), (), "_announced", (3, -2), "On order, to"),
    # transfers
    Case("comes back, reserved", 3, ((3, 10),), (), "_mended", (3, 5, True), "On order, to be"),
    Case("comes back, unreserved", 3, ((3, 10),), (), "_mended", (3, 5, False), "On order, to be"),
    Case("comes back and is fresh", 0, ((3, 10),), (), "_mended", (3, 15, False)),
    Case("lies in the other warehouse", 3, ((3, 10),), (), "_in_the_other", (3, 15)),
    # others
    Case("is set aside for a quotation", 3, ((3, 4),), ((3, 5),), "_set_aside", (3,)),
    Case("what leaves is reserved for others", 1, ((3, 10),), ((4, 5), (2, 30)), "_leaves", (4,)),
    # kits, units
    Case("a dozen of it", 12, ((5, 10), (7, 10)), ((12, 5),), names=": 12 Units"),
    Case("a dozen is ordered", 15, ((3, 10),), ((4, 5),), "_dozens", (1, 10), ": 4 Units"),
    Case("a kit is ordered", 9, ((3, 10),), ((4, 5), (2, 30)), "_kit", (4, 2, 10), ": 4 Units"),
)


@tagged("post_install", "-at_install")
class TestPurchaseLots(PlacesCommon):
    """Runs where product_expiry is: in the company of `make test`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.dates:
            raise unittest.SkipTest("needs the module product_expiry, which is not installed")
        cls.company.write({"backorder_fill_approved": "same_order", "backorder_fifo": True})
        cls.noon = fields.Datetime.now() + timedelta(minutes=5)
        cls.damaged = cls.env["stock.location"].create(
            {
                "name": "Damaged",
                "location_id": cls.warehouse.view_location_id.id,
                "usage": "internal",
            }
        )
        cls.other_house = cls.env["stock.warehouse"].create(
            {"name": "Other", "code": "PLO", "company_id": cls.company.id}
        )

    def _milk(self, name="Milk", **values):
        milk = self._product(name, tracking="lot", use_expiration_date=True, **values)
        self._sells(self.vendor, milk)
        return milk

    def _lot(self, item, days):
        lot = self.env["stock.lot"].create({"name": f"{item.name} {days}", "product_id": item.id})
        lot.removal_date = False if days is NEVER else self.noon + timedelta(days=days)
        return lot

    def _due(self, item, quantity, days, **values):
        """An order whose delivery is planned for the evening of that day."""
        return self._order((item, quantity, values), commitment_date=self._evening(days))

    def _evening(self, days):
        lead = timedelta(days=self.company.security_lead)
        return self.noon + timedelta(days=days, hours=6) + lead

    def _rows(self, **values):
        values = {"choose": "backordered", "warehouse_id": self.warehouse.id, **values}
        return self._purchase(**values).line_ids

    def test_what_is_bought(self):
        items, installed = {}, set(self.env["ir.module.module"]._installed())
        for case in CASES:
            if case.make == "_kit" and "mrp" not in installed:
                continue
            items[case] = item = self._milk(case.what)
            for quantity, days in case.waiting:
                self._due(item, quantity, days)
            for quantity, days in case.lots:
                self._stock(item, quantity, lot=self._lot(item, days))
            if case.make:
                getattr(self, case.make)(item, *case.arguments)
        rows = {row.product_id: row for row in self._rows()}
        found = {case: getattr(rows.get(item), "needed_qty", 0) for case, item in items.items()}
        self.maxDiff = None
        self.assertEqual(
            {case.what: quantity for case, quantity in found.items() if quantity != case.buys}, {}
        )
        for case, item in items.items():
            if case.names:
                with self.subTest(case.what):
                    self.assertIn(case.names, rows[item].elsewhere)
                    self.assertIn(case.names, rows[item].receipt)
        next(iter(rows.values())).purchase_id.action_create()
        self.assertFalse([r.product_id.name for r in self._rows() if r.product_id in rows])

    # -- what else happened -----------------------------------------------------------------------

    def _announced(self, item, quantity, days):
        """The vendor told the lot, and when it is to be removed."""
        order = self._bought(item, quantity)
        self._tell(order, quantity, days)
        return order

    def _tell(self, order, quantity, days):
        move = order.picking_ids.move_ids
        move.date = self.noon + timedelta(days=1)
        move.move_line_ids.unlink()
        self.env["stock.move.line"].create(
            {
                "move_id": move.id,
                "picking_id": move.picking_id.id,
                "product_id": move.product_id.id,
                "location_id": move.location_id.id,
                "location_dest_id": move.location_dest_id.id,
                "lot_id": self._lot(move.product_id, days).id,
                "quantity": quantity,
            }
        )

    def _announced_two(self, item, leaving, days, fresh):
        order = self._bought(item, leaving + fresh)
        self._tell(order, leaving, days)

    def _on_order(self, item, quantity):
        self._bought(item, quantity)

    def _bought_for(self, item, days):
        screen = self._purchase(choose="backordered", product_ids=item.ids)
        order = self._created(screen).sudo()
        order.button_confirm()
        self._tell(order, sum(order.order_line.mapped("product_qty")), days)

    def _mended(self, item, quantity, days, assign):
        self._stock(item, quantity, self.damaged, lot=self._lot(item, days))
        self._transfer(item, quantity, self.damaged, self.stock, assign)

    def _in_the_other(self, item, quantity, days):
        self._stock(item, quantity, self.other_house.lot_stock_id, lot=self._lot(item, days))

    def _set_aside(self, item, quantity):
        quotation = self._order((item, quantity), confirm=False)
        # The customer who waits longer lets them go first.
        waiting = [("product_id", "=", item.id), ("state", "=", "sale")]
        lines = self.env["sale.order.line"].search(waiting)
        lines._backorder_write({"backorder_claim_released": True})
        quotation.fill_backorders({quotation.order_line.id: quantity})
        self.assertEqual(quotation.order_line.backorder_promised_qty, quantity)

    def _leaves(self, item, quantity):
        move = self._transfer(
            item,
            quantity,
            self.stock,
            self.env.ref("stock.stock_location_customers"),
            False,
            self.warehouse.out_type_id,
        )
        move.date = self.noon
        move.quantity = quantity

    def _dozens(self, item, dozens, days):
        self._due(item, dozens, days, product_uom_id=self.dozen.id)

    def _kit(self, item, pieces, kits, days):
        kit = self._product(f"Kit of {item.name}")
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [(0, 0, {"product_id": item.id, "product_qty": pieces})],
            }
        )
        self._due(kit, kits, days)

    # -- the other doors --------------------------------------------------------------------------

    def test_a_lot_that_leaves_before_a_late_delivery_does_not_cover_it(self):
        """odoo/odoo#268223, #228543, #237890: it leaves in five days, the delivery is in ten."""
        milk = self._milk()
        self._stock(milk, 4, lot=self._lot(milk, 5))
        soon, late = self._due(milk, 3, 2).order_line, self._due(milk, 3, 10).order_line
        self.assertEqual((soon.backorder_qty, late.backorder_qty), (0, 3))
        row = self._rows()
        self.assertEqual((row.product_id, row.needed_qty), (milk, 3))
        self.assertEqual((row.on_hand_qty, row.reserved_qty, row.free_qty), (3, 3, 0))
        # Nothing is on hand for it, nobody is told a day, and a fill is refused.
        self.assertEqual((late.backorder_available_qty, late.backorder_fillable_qty), (0, 0))
        self.assertFalse(late._backorder_dates_of(late._backorder_deal())[late])
        order = self._created(row.purchase_id).sudo()
        order.button_confirm()
        late._backorder_refresh_dates()
        self.assertEqual(
            late.backorder_expected_date, order.picking_ids.move_ids._backorder_arrival()
        )
        self.assertFalse(self._rows())

    def test_on_the_very_day(self):
        """Odoo gives a lot away until the moment of its removal date, and so does purchasing."""
        for minutes, buys in ((-1, 3), (0, 0), (1, 0)):
            milk = self._milk(f"Milk {minutes}")
            order = self._due(milk, 3, 5)
            lot = self._lot(milk, 5)
            lot.removal_date = order.picking_ids.move_ids.date + timedelta(minutes=minutes)
            self._stock(milk, 3, lot=lot)
            with self.subTest(minutes):
                row = self._rows().filtered(lambda own, milk=milk: own.product_id == milk)
                self.assertEqual(sum(row.mapped("needed_qty")), buys)
                self.env.invalidate_all()
                self.assertEqual(order.order_line.backorder_available_qty, 3 - buys)

    def test_the_minimum_counts_what_leaves_later(self):
        """The rule says how many lie there: what leaves in five days does until then."""
        milk = self._milk()
        self._due(milk, 3, 10)
        self._stock(milk, 4, lot=self._lot(milk, 5))
        rule = self._rule(milk, 2, 6)
        row = self._rows(choose="needed").filtered(lambda own: own.product_id == milk)
        self.assertEqual((row.short_qty, row.refill_qty, row.needed_qty), (3, 0, 3))
        rule.product_min_qty = 5
        row = self._rows(choose="needed").filtered(lambda own: own.product_id == milk)
        self.assertEqual(row.short_qty, 3)
        self.assertGreater(row.refill_qty, 0)

    def test_each_warehouse_by_its_own_lots(self):
        milk = self._milk()
        for house, days in ((self.warehouse, 5), (self.other_house, 15)):
            self._order((milk, 3), commitment_date=self._evening(10), warehouse_id=house.id)
            self._stock(milk, 2, house.lot_stock_id, lot=self._lot(milk, days))
        houses = self.warehouse | self.other_house
        rows = self._purchase(choose="backordered", warehouse_id=False).line_ids
        needed = {
            row.warehouse_id: row.needed_qty
            for row in rows
            if row.product_id == milk and row.warehouse_id in houses
        }
        self.assertEqual(needed, {self.warehouse: 3, self.other_house: 1})

    def test_a_delivery_from_one_shelf(self):
        shelf = self.env["stock.location"].create(
            {"name": "Cold", "location_id": self.stock.id, "usage": "internal"}
        )
        milk = self._milk()
        early, late = self._due(milk, 2, 2), self._due(milk, 3, 10)
        late.picking_ids.move_ids.location_id = shelf
        self._stock(milk, 4, shelf, lot=self._lot(milk, 5))
        row = self._rows()
        self.assertEqual(row.needed_qty, 3)
        self.assertIn("to be removed before delivery: 2 Units", row.elsewhere)
        early.fill_backorders()
        self.assertHeld(early.order_line, 0, 2)
        self.assertEqual(self._rows().needed_qty, 3)

    def test_the_day_of_the_delivery_is_moved(self):
        milk = self._milk()
        order = self._due(milk, 3, 2)
        self._stock(milk, 3, lot=self._lot(milk, 5))
        self.assertFalse(self._rows())
        order.picking_ids.move_ids.date = self._evening(10)
        self.assertEqual(self._rows().needed_qty, 3)
        order.picking_ids.move_ids.date = self._evening(4)
        self.assertFalse(self._rows())

    def test_a_quotation_that_is_bought_for(self):
        milk = self._milk()
        quotation = self._order((milk, 3), confirm=False, commitment_date=self._evening(10))
        self._stock(milk, 3, lot=self._lot(milk, 5))
        self.env.invalidate_all()
        quotation.order_line._backorder_refigure()
        needed = quotation.order_line.backorder_qty
        row = self._rows(include_quotations=True)
        self.assertEqual(sum(row.mapped("needed_qty")), needed)
        self.assertEqual(quotation.order_line.backorder_available_qty, 0)

    # -- as fills give ----------------------------------------------------------------------------

    def test_random_stocks_are_bought_as_fills_leave_them(self):
        rng = random.Random(20)
        days = (-1, 1, 3, 5, 8, 12, NEVER)
        waiting = {}
        for number in range(60):
            item = self._milk(f"Item {number}")
            if rng.random() < 0.5:
                item.categ_id = self.env["product.category"].create(
                    {
                        "name": f"Category {number}",
                        "removal_strategy_id": self.env["product.removal"]
                        .search([("method", "=", rng.choice(("fifo", "lifo", "fefo")))], limit=1)
                        .id,
                    }
                )
            waiting[item] = [
                self._due(item, rng.randint(1, 6), rng.choice((0, 2, 4, 6, 9, 15)))
                for _order in range(rng.randint(1, 4))
            ]
            for day in rng.sample(days, rng.randint(0, 4)):
                self._stock(item, rng.randint(1, 6), lot=self._lot(item, day))
        rows = {row.product_id: row for row in self._rows()}
        lines = self.env["sale.order.line"].union(
            *(order.order_line for orders in waiting.values() for order in orders)
        )
        dates, missing = lines._backorder_dates_of(lines._backorder_deal()), {}
        for item, orders in waiting.items():
            for order in orders:
                line = order.order_line
                self.env.invalidate_all()
                if line.backorder_available_qty:
                    order.fill_backorders()
                missing[item] = missing.get(item, 0) + line.backorder_qty
        found = {item: getattr(rows.get(item), "needed_qty", 0) for item in waiting}
        self.assertEqual(found, missing)
        self.assertGreater(len([q for q in missing.values() if q]), 20)
        # Who was told a day, as all of it was there, got all of it.
        self.assertEqual(
            {line: bool(date) for line, date in dates.items()},
            {line: not line.backorder_qty for line in dates},
        )
