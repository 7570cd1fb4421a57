"""Free stock is Odoo's free stock: On Hand is what a real delivery would be given (design 17.2)."""

import os
import random
import unittest
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon

#: Random stocks: orders, and items of each. BACKORDER_EXAMPLES=40 makes it longer.
ORDERS, ITEMS = int(os.environ.get("BACKORDER_EXAMPLES", 13)), 25


@tagged("post_install", "-at_install")
class TestFreeStock(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"backorder_fill_approved": "same_order", "backorder_fifo": False})
        places = cls.env["stock.location"]
        cls.shelf = places.create({"name": "Shelf", "location_id": cls.stock.id})
        cls.bin = places.create({"name": "Bin", "location_id": cls.shelf.id})
        cls.shop = places.create(
            {"name": "Shop", "location_id": cls.warehouse.view_location_id.id, "usage": "internal"}
        )
        cls.package = cls.env["stock.package"].create({"name": "BOX"})
        cls.dates = "use_expiration_date" in cls.env["product.template"]._fields
        cls.now = fields.Datetime.now()

    # -- random stocks ----------------------------------------------------------------------------

    def _random_product(self, rng, number):
        kind = rng.choice(("plain", "plain", "lot", "dated", "serial"))
        dated = kind == "dated" and self.dates
        vals = {"tracking": {"plain": "none", "serial": "serial"}.get(kind, "lot")}
        if dated:
            vals["use_expiration_date"] = True
        strategy = rng.choice(("fifo", "lifo", "closest", *(["fefo"] if self.dates else [])))
        category = self.env["product.category"].create(
            {
                "name": f"Category {number}",
                "removal_strategy_id": self.env["product.removal"]
                .search([("method", "=", strategy)], limit=1)
                .id,
            }
        )
        return self._product(f"Item {number}", categ_id=category.id, **vals), kind

    def _random_lots(self, rng, product, kind, moment):
        if kind == "plain":
            return [self.env["stock.lot"]]
        lots = self.env["stock.lot"].create(
            [{"name": f"{product.name}-{n}", "product_id": product.id} for n in range(3)]
        )
        if kind == "dated" and self.dates:
            hours = (-24 * 30, -30, -2, 2, 30, 24 * 30)
            for lot in lots:
                lot.removal_date = rng.choice(
                    (False, *(moment + timedelta(hours=h) for h in hours))
                )
        return [*lots, self.env["stock.lot"]]

    def _random_stock(self, rng, product, kind, moment):
        lots = self._random_lots(rng, product, kind, moment)
        quants = self.env["stock.quant"]
        for _row in range(rng.randint(0, 5)):
            quantity = rng.randint(1, 9) if rng.random() < 0.75 else -rng.randint(1, 4)
            if kind == "serial":
                quantity = 1
            quants._update_available_quantity(
                product,
                rng.choice((self.stock, self.shelf, self.bin, self.shop)),
                quantity,
                lot_id=rng.choice(lots),
                package_id=self.package if rng.random() < 0.2 else None,
                owner_id=self.vendor if rng.random() < 0.2 else None,
            )

    def _real_move(self, product, location, date, quantity=100):
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": location.id,
                "location_dest_id": self.customer.property_stock_customer.id,
                "date": date,
            }
        )
        move._action_confirm()
        move._action_assign()
        return move

    def _random_orders(self, seed):
        """An order that waits for everything, over random stock, some of it spoken for."""
        rng = random.Random(seed)
        days = rng.choice((-5, 0, 3))
        made = [self._random_product(rng, f"{seed}-{number}") for number in range(ITEMS)]
        order = self._order(
            *((product, 100) for product, _kind in made),
            commitment_date=self.now + timedelta(days=days),
        )
        order.order_line.move_ids.write({"date": self.now + timedelta(days=days)})
        asides = []
        for line, (product, kind) in zip(order.order_line, made, strict=True):
            if rng.random() < 0.3:
                line.move_ids.location_id = rng.choice((self.shelf, self.bin))
            moment = max(self.now, line.move_ids.date)
            self._random_stock(rng, product, kind, moment)
            if rng.random() < 0.3:
                self._real_move(product, self.shelf, moment, rng.randint(1, 3))
            elif rng.random() < 0.3:
                asides.append((product, rng.randint(1, 3)))
        for product, quantity in asides:
            quotation = self._order((product, quantity), confirm=False)
            quotation.order_line._backorder_write({"backorder_promised_qty": quantity})
        self.env.flush_all()
        self.env.invalidate_all()
        return order

    def _given(self, line):
        """What Odoo gives a real delivery from the same place on the same day."""
        with self.env.cr.savepoint() as whole:
            move = line.move_ids
            quantity = self._real_move(
                line.product_id, move.location_id, max(self.now, move.date)
            ).quantity
            whole.rollback()
        self.env.invalidate_all()
        return quantity

    def _compare(self, seeds):
        for seed in seeds:
            order = self._random_orders(seed)
            shown = {line: line.backorder_available_qty for line in order.order_line}
            given = {line: self._given(line) for line in order.order_line}
            for line in order.order_line:
                self.assertEqual(shown[line], given[line], f"On Hand of {line.product_id.name}")
            if any(shown.values()):
                order.fill_backorders()
            for line in order.order_line:
                filled = line.backorder_filled_qty
                self.assertEqual(filled, given[line], f"Filled of {line.product_id.name}")

    def test_on_hand_and_fills_are_what_a_real_delivery_is_given(self):
        self._compare(range(ORDERS))

    def test_property_sees_what_is_ignored(self):
        """Rows below zero; where lots have removal dates, these."""
        supply = type(self.env["backorder.supply"])
        read_free = supply._read_free

        def without_negatives(records, products, tops):
            free, batches = read_free(records, products, tops)
            quants = records.env["stock.quant"].sudo()
            for product in products.filtered(lambda p: p.tracking == "none"):
                for top in tops:
                    found = quants.search(
                        [("product_id", "=", product.id), ("location_id", "child_of", top.id)]
                    )
                    free[product.id, top.id] = sum(
                        max(0.0, quant.quantity - quant.reserved_quantity) for quant in found
                    )
            return free, batches

        faults = [patch.object(supply, "_read_free", without_negatives)]
        if self.dates:
            faults.append(
                patch.object(supply, "_expiring", lambda records, products: products.browse())
            )
        for number, fault in enumerate(faults):
            with (
                self.subTest(number),
                self.env.cr.savepoint() as whole,
            ):
                with fault, self.assertRaisesRegex(AssertionError, "On Hand of"):
                    self._compare(range(ORDERS))
                whole.rollback()
            self.env.invalidate_all()

    # -- one by one -------------------------------------------------------------------------------

    def test_deliveries_from_two_places_have_a_figure_each(self):
        """Five are taken from the stock, which has none, two from the shop, which has six."""
        order = self._order((self.product, 7))
        line = order.order_line
        other = self.env["stock.move"].create(line.move_ids._split(2))
        other.location_id = self.shop
        other._action_confirm(merge=False)
        self._stock(self.product, 6, self.shop)
        self.assertEqual(len(line._backorder_moves().location_id), 2)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_available_qty, 2)
        order.fill_backorders()
        self.assertEqual(other.quantity, 2)
        self.assertHeldTwice(line, needed=5)

    def assertHeldTwice(self, line, needed):
        """`assertInvariants` looks at one place."""
        self.assertEqual(line.backorder_qty, needed)
        self.assertEqual(sum(line.backorder_event_ids.mapped("quantity")), needed)

    def test_place_inside_the_other_is_not_counted_twice(self):
        order = self._order((self.product, 7))
        line = order.order_line
        other = self.env["stock.move"].create(line.move_ids._split(3))
        other.location_id = self.shelf
        other._action_confirm(merge=False)
        self._stock(self.product, 4, self.bin)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_available_qty, 4)
        order.fill_backorders()
        self.assertEqual(line.backorder_reserved_qty, 4)

    def test_full_packs_only_where_the_category_reserves_full_packs(self):
        """20 pieces in stock are one dozen that can be had; eight stay."""
        self.product.categ_id = self.env["product.category"].create(
            {"name": "Packed", "packaging_reserve_method": "full"}
        )
        order = self._order((self.product, 2, {"product_uom_id": self.dozen.id}))
        self._stock(self.product, 20)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_available_qty, 1)
        with self.assertRaisesRegex(UserError, "only 1"):
            order.fill_backorders({order.order_line.id: 1.5})
        order.fill_backorders()
        self.assertHeld(order.order_line, 1, reserved=1)


@tagged("post_install", "-at_install")
class TestExpiredStock(BackorderCommon):
    """Lots whose removal date is past: there, but not for customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "use_expiration_date" not in cls.env["product.template"]._fields:
            raise unittest.SkipTest("needs the module product_expiry, which is not installed")
        cls.now = fields.Datetime.now()
        cls.product.write({"tracking": "lot", "use_expiration_date": True})
        cls.old, cls.new = cls.env["stock.lot"].create(
            [{"name": name, "product_id": cls.product.id} for name in ("OLD", "NEW")]
        )
        cls.old.removal_date = cls.now - timedelta(days=1)
        cls.new.removal_date = cls.now + timedelta(days=60)

    def _shop(self):
        self._stock(self.product, 5, lot=self.old)
        self._stock(self.product, 2, lot=self.new)

    def test_expired_lots_are_not_on_hand_and_fill_nothing(self):
        self._shop()
        order = self._order((self.product, 7))
        line = order.order_line
        self.assertHeld(line, 5, reserved=2)
        self.assertEqual(line.backorder_available_qty, 0)
        self.assertEqual(line.backorder_fillable_qty, 0)
        self.assertNotIn(line, line.search([("backorder_fillable_qty", ">", 0)]))
        with self.assertRaises(UserError):
            order.fill_backorders({line.id: 5})
        self.assertHeld(line, 5, reserved=2)

    def test_expired_lots_do_not_cover_a_quotation(self):
        self._shop()
        order = self._order((self.product, 7), confirm=False)
        self.assertEqual(order.order_line.backorder_qty, 5)
        self.assertEqual(order.backorder_stock, "some")

    def test_lot_that_leaves_before_a_late_delivery_does_not_count_for_it(self):
        """The lot leaves in two months: for a delivery in three it is not there."""
        self._stock(self.product, 4, lot=self.new)
        soon, late = (
            self._order(
                (self.product, 3),
                confirm=False,
                commitment_date=self.now + timedelta(days=days),
            )
            for days in (10, 90)
        )
        self.assertEqual((soon.order_line.backorder_qty, late.order_line.backorder_qty), (0, 3))

    def test_overdue_delivery_gets_no_lot_that_expired_since(self):
        """Odoo takes the lots of the day that the delivery was planned for: it was fresh then."""
        order = self._order((self.product, 7))
        order.order_line.move_ids.date = self.now - timedelta(days=10)
        self._shop()
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_available_qty, 2)
        self.company.backorder_fill_approved = "same_order"
        order.fill_backorders()
        self.assertHeld(order.order_line, 5, reserved=2)
        self.assertEqual(order.picking_ids.move_line_ids.lot_id, self.new)

    def test_kit_counts_fresh_components(self):
        if "mrp.bom" not in self.env or "bom_line_id" not in self.env["stock.move"]._fields:
            raise unittest.SkipTest("kits need the module sale_mrp, which is not installed")
        kit = self._product("Basket")
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": self.product.id, "product_qty": 1}),
                    Command.create({"product_id": self.other.id, "product_qty": 1}),
                ],
            }
        )
        order = self._order((kit, 6))
        self._shop()
        self._stock(self.other, 9)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_available_qty, 2)

    def test_two_lines_share_the_fresh_lot_once(self):
        order = self._order((self.product, 2), (self.product, 3))
        self._shop()
        self.env.invalidate_all()
        self.company.backorder_fill_approved = "same_order"
        run = self.env["backorder.run"].create({"product_ids": [(6, 0, self.product.ids)]})
        run.action_preview()
        self.assertEqual(sum(run.line_ids.mapped("planned_qty")), 2)
        run.action_start()
        self.assertEqual(sum(order.order_line.mapped("backorder_filled_qty")), 2)
        self.assertEqual(self._reserved(order), 2)
