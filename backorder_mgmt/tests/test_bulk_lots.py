"""Bulk reservation of products by lot gives what Odoo's own way gives: the same lots to the same
deliveries, by every removal strategy, and none that is to leave stock before it is sent."""

import os
import random
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .test_bulk import BulkCommon

#: Random shops that are compared. BACKORDER_EXAMPLES=40 makes it more.
SHOPS = int(os.environ.get("BACKORDER_EXAMPLES", 4))


@tagged("post_install", "-at_install")
class TestBulkLots(BulkCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dates = "use_expiration_date" in cls.env["product.template"]._fields
        names = ("fifo", "lifo", "closest", *(("fefo",) if cls.dates else ()))
        removal = cls.env["product.removal"]
        cls.categories = cls.env["product.category"].create(
            [
                {
                    "name": name,
                    "removal_strategy_id": removal.search([("method", "=", name)], limit=1).id,
                }
                for name in names
            ]
        )

    def _lot_product(self, rng, number):
        vals = {"tracking": "lot", "categ_id": rng.choice(self.categories).id}
        if self.dates and rng.random() < 0.6:
            vals["use_expiration_date"] = True
        return self._product(f"By lot {number}", **vals)

    def _lot_stock(self, rng, product, rows, odd):
        """Random lots; ``odd``: also what is for Odoo's own way, goods without a lot, packed,
        consigned, below zero."""
        lots = self.env["stock.lot"].create(
            [{"name": f"{product.name}/{n}", "product_id": product.id} for n in range(3)]
        )
        if "use_expiration_date" in product and product.use_expiration_date:
            for lot in lots:
                days = rng.choice((None, -20, -1, 1, 4, 6, 60))
                lot.removal_date = days and self.now + timedelta(days=days)
        for _row in range(rows):
            quantity = rng.randint(1, 9)
            values = {"lot_id": rng.choice(lots)}
            if odd and rng.random() < 0.3:
                odd_one = rng.choice(("loose", "packed", "consigned", "missing"))
                if odd_one == "loose":
                    values["lot_id"] = None
                elif odd_one == "packed":
                    values["package_id"] = self.env["stock.package"].create({})
                elif odd_one == "consigned":
                    values["owner_id"] = self.vendor
                else:
                    quantity = -2
            self.env["stock.quant"]._update_available_quantity(
                product,
                rng.choice((self.stock, *self.shelves)),
                quantity,
                in_date=self.now - timedelta(days=rng.randint(0, 4)),
                **values,
            )

    def _shop(self, seed, odd=False):
        """Open deliveries of products by lot, due on different days; nothing is reserved."""
        rng = random.Random(seed)
        products = self.env["product.product"]
        for number in range(6):
            products |= self._lot_product(rng, f"{seed}-{number}")
        self.warehouse.out_type_id.reservation_method = "manual"
        orders = self.env["sale.order"]
        for _number in range(8):
            items = [(p, rng.randint(1, 7)) for p in rng.sample(list(products), 3)]
            orders |= self._order(*items)
        for move in orders.picking_ids.move_ids:
            move.date = self.now + timedelta(days=rng.choice((-3, 0, 2, 5)))
        for product in products:
            self._lot_stock(rng, product, rng.randint(1, 6), odd)
        return orders

    def _outcomes(self, orders):
        """By the bulk way and by Odoo's own, each twice: goods come in between."""
        moves = orders.picking_ids.move_ids
        outcomes = []
        bulk = type(moves)._backorder_bulk_moves
        for way in (bulk, lambda records: records.browse()):
            with (
                self.env.cr.savepoint() as savepoint,
                patch.object(type(moves), "_backorder_bulk_moves", way),
            ):
                moves._action_assign()
                rng = random.Random(1)
                for product in moves.product_id:
                    self._lot_stock_again(rng, product)
                moves._action_assign()
                outcomes.append(self._left_behind(orders))
                savepoint.rollback()
            self.env.invalidate_all()
        return outcomes

    def _lot_stock_again(self, rng, product):
        for lot in self.env["stock.lot"].search([("product_id", "=", product.id)], order="id"):
            self.env["stock.quant"]._update_available_quantity(
                product, rng.choice((self.stock, *self.shelves)), rng.randint(0, 3) + 1, lot_id=lot
            )

    def test_lots_are_those_of_odoos_own_way(self):
        taken = 0
        for seed in range(SHOPS):
            with self.subTest(seed=seed), self.env.cr.savepoint() as whole:
                orders = self._shop(seed, odd=seed % 2)
                moves = orders.picking_ids.move_ids
                bulk, own = self._outcomes(orders)
                for what, left in own.items():
                    self.assertEqual(bulk[what], left, what)
                rows = moves._backorder_bulk_moves()._backorder_bulk_quants()
                taken += len(
                    moves.filtered(lambda m, r=rows: (m.product_id.id, m.location_id.id) in r)
                )
                whole.rollback()
            self.env.invalidate_all()
        self.assertGreater(taken, 15 * SHOPS, "the bulk way was hardly used")

    def test_a_lot_past_its_day_that_is_taken_all_the_same_is_seen(self):
        """Without the removal dates the comparison above fails: it can."""
        if not self.dates:
            self.skipTest("needs the module product_expiry")
        differ = 0
        planted = lambda move, quants: quants  # noqa: E731
        for seed in range(2):
            with self.env.cr.savepoint() as whole:
                orders = self._shop(seed)
                moves = orders.picking_ids.move_ids
                with patch.object(type(moves), "_backorder_bulk_fresh", planted):
                    bulk, own = self._outcomes(orders)
                differ += bulk["lines"] != own["lines"]
                whole.rollback()
            self.env.invalidate_all()
        self.assertGreater(differ, 0)

    def test_a_fill_of_many_takes_whole_lots_at_once(self):
        """The lot of a customer's delivery is chosen without Odoo's own look at each move."""
        self.company.write({"backorder_auto": True, "backorder_fill_approved": "same_order"})
        product = self._product("By lot", tracking="lot")
        orders = self.env["sale.order"]
        for _number in range(4):
            orders |= self._order((product, 3))
        lots = self.env["stock.lot"].create(
            [{"name": f"L{n}", "product_id": product.id} for n in range(2)]
        )
        for days, lot in enumerate(lots):
            self.env["stock.quant"]._update_available_quantity(
                product, self.stock, 5, lot_id=lot, in_date=self.now - timedelta(days=days)
            )
        own = type(self.env["stock.quant"])._get_reserve_quantity
        with patch.object(
            type(self.env["stock.quant"]), "_get_reserve_quantity", autospec=True
        ) as asked:
            asked.side_effect = own
            run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
            run.action_start()
        self.assertFalse(asked.called)
        self.assertEqual(sum(self._reserved(order) for order in orders), 10)
        # First in, first out: the second lot came before the first.
        got = [
            {line.lot_id: line.quantity for line in order.picking_ids.move_line_ids}
            for order in orders
        ]
        first, second = lots
        self.assertEqual(got, [{second: 3}, {second: 2, first: 1}, {first: 3}, {first: 1}])
