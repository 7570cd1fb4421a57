"""Members of the kinds of faults of stock and jobs that nobody listed: each was wrong at first."""

from contextlib import suppress
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestMembersStock(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.shop = cls.env["stock.location"].create(
            {"name": "Shop", "location_id": cls.warehouse.view_location_id.id, "usage": "internal"}
        )
        cls.dates = "use_expiration_date" in cls.env["product.template"]._fields
        if cls.dates:
            cls.milk = cls._product("Milk", tracking="lot", use_expiration_date=True)
            cls.old = cls._lot("OLD", -1)

    def setUp(self):
        super().setUp()
        if self._testMethodName.startswith("test_expired") and not self.dates:
            self.skipTest("needs the module product_expiry, which is not installed")
        if "kit" in self._testMethodName and "bom_line_id" not in self.env["stock.move"]._fields:
            self.skipTest("kits need the module sale_mrp, which is not installed")

    @classmethod
    def _lot(cls, name, days, product=None):
        lot = cls.env["stock.lot"].create({"name": name, "product_id": (product or cls.milk).id})
        lot.removal_date = cls.now + timedelta(days=days)
        return lot

    def _fill(self, order):
        """(on hand, filled as it says, reserved in the whole family)"""
        self.env.invalidate_all()
        line = order.order_line
        on_hand = line.backorder_available_qty
        try:
            order.fill_backorders({line.id: on_hand or line.backorder_qty})
        except UserError:
            return (on_hand, "refused", line.backorder_reserved_qty)
        family = order | self.env["sale.order"].search([("backorder_parent_id", "=", order.id)])
        family.filtered(lambda o: o.state in ("draft", "sent")).action_confirm()
        return (on_hand, "filled", sum(family.order_line.mapped("backorder_reserved_qty")))

    def _is(self, name, found, right):
        self.assertEqual(found, right, name)

    def test_expired_dozen_is_not_filled(self):
        order = self._order((self.milk, 1, {"product_uom_id": self.dozen.id}))
        self._stock(self.milk, 12, lot=self.old)
        self._is("a dozen, all expired", self._fill(order), (0, "refused", 0))

    def test_expired_by_the_late_delivery_is_not_filled(self):
        order = self._order((self.milk, 3), commitment_date=self.now + timedelta(days=90))
        self._stock(self.milk, 3, lot=self._lot("NEXT MONTH", 30))
        self._is("leaves before the late delivery", self._fill(order), (0, "refused", 0))

    def test_expired_serial_numbers_are_not_filled(self):
        item = self._product("Pump", tracking="serial", use_expiration_date=True)
        order = self._order((item, 2))
        for number in range(2):
            self._stock(item, 1, lot=self._lot(f"SN{number}", -1, item))
        self._is("serial numbers, expired", self._fill(order), (0, "refused", 0))

    def test_expired_component_fills_no_kit(self):
        kit = self._kit("Basket", (self.milk, 1), (self.other, 1))
        order = self._order((kit, 2))
        self._stock(self.milk, 2, lot=self.old)
        self._stock(self.other, 2)
        self._is("kit of an expired component", self._fill(order)[:2], (0, "refused"))

    def test_expired_goods_are_not_set_aside(self):
        order = self._order((self.milk, 3), confirm=False)
        self._stock(self.milk, 3, lot=self.old)
        self.env.invalidate_all()
        line = order.order_line
        on_hand = line.backorder_available_qty
        with suppress(UserError):
            order.fill_backorders({line.id: 3})
        self._is("quotation, set aside", (on_hand, line.backorder_promised_qty), (0, 0))

    def test_goods_elsewhere_fill_nothing(self):
        order = self._order((self.product, 6))
        order.picking_ids.move_ids.location_id = self.shop
        self._stock(self.product, 6)
        self._is("lies in stock, is taken from the shop", self._fill(order), (0, "refused", 0))

    def test_two_places_are_filled_each_by_its_own(self):
        order = self._order((self.product, 7))
        moves = order.order_line.move_ids
        other = self.env["stock.move"].create(moves._split(2))
        other.location_id = self.shop
        other._action_confirm(merge=False)
        self._stock(self.product, 6, self.shop)
        self._is("two places, shop has 6, 2 asked there", self._fill(order), (2, "filled", 2))

    def test_a_dozen_is_filled_from_the_shop(self):
        order = self._order((self.product, 1, {"product_uom_id": self.dozen.id}))
        order.picking_ids.move_ids.location_id = self.shop
        self._stock(self.product, 12, self.shop)
        self._is("a dozen from the shop", self._fill(order), (1, "filled", 1))

    def _xmin(self, lines):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, xmin::text, ctid::text FROM sale_order_line WHERE id IN %s", [lines._ids]
        )
        return set(self.env.cr.fetchall())

    def test_a_confirmed_kit_writes_no_others_dates(self):
        kit = self._kit("Basket", (self.product, 1))
        self._incoming(10)
        waiting = self._quotes(9)
        order = self._order((kit, 5), confirm=False)
        before = self._xmin(waiting)
        order.action_confirm()
        self._is("a kit is confirmed, others written", len(self._xmin(waiting) - before), 0)

    def _incoming(self, quantity):
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": quantity,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.stock.id,
                "picking_type_id": self.warehouse.in_type_id.id,
            }
        )
        move._action_confirm()

    def _quotes(self, count):
        return self.env["sale.order.line"].union(
            *(self._order((self.product, 1), confirm=False).order_line for _n in range(count))
        )

    def test_two_confirmed_lines_write_no_others_dates(self):
        self._incoming(10)
        waiting = self._quotes(9)
        order = self._order((self.product, 3), (self.product, 2), confirm=False)
        before = self._xmin(waiting)
        order.action_confirm()
        self._is("two lines of it, others written", len(self._xmin(waiting) - before), 0)

    def _asked(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _kits(self):
        return self._kit("Basket", (self.product, 1), (self.other, 1))

    def _grows(self, name, make, work):
        """Queries more for 20 lines more."""
        counts = []
        lines = self.env["sale.order.line"]
        for more in (2, 20):
            for _number in range(more):
                lines |= make()
            work(lines)
            counts.append(self._asked(lambda lines=lines: work(lines)))
        self._is(f"{name}: 2 lines, 22 lines {counts}", counts[1] - counts[0] > 8, False)

    def test_on_hand_of_many_kits(self):
        kit = self._kits()
        self._stock(self.product, 3)
        self._stock(self.other, 3)
        self._grows(
            "on hand of kits",
            lambda: self._order((kit, 9)).order_line,
            lambda lines: lines.mapped("backorder_available_qty"),
        )

    def test_on_hand_of_many_quotations_of_kits(self):
        kit = self._kits()
        self._grows(
            "on hand of quotations of kits",
            lambda: self._order((kit, 9), confirm=False).order_line,
            lambda lines: lines.mapped("backorder_available_qty"),
        )

    def test_many_lines_of_an_item_are_forced(self):
        self._stock(self.product, 40)

        def make():
            return self._order((self.product, 1), (self.product, 2)).order_line

        lines = self.env["sale.order.line"]
        for _number in range(6):
            lines |= make()
        few = self._order((self.product, 1))
        counts = [self._asked(few.force_backorders)]
        many = self._order(*[(self.product, 1)] * 20)
        counts.append(self._asked(many.force_backorders))
        self._is(f"forced: 1 line, 20 lines {counts}", counts[1] - counts[0] > 250, False)

    def test_many_lines_of_a_quotation_are_forced(self):
        few = self._order((self.product, 1), confirm=False)
        many = self._order(*[(self.product, 1)] * 20, confirm=False)
        self._stock(self.product, 40)
        counts = [self._asked(few.force_backorders), self._asked(many.force_backorders)]
        self._is(f"quotation forced: 1, 20 {counts}", counts[1] - counts[0] > 250, False)
