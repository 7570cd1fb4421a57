"""Bulk reservation gives what Odoo's own way gives, on all kinds of stock."""

import logging
import random
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import BackorderCommon

_OF_MOVES = (
    "quantity",
    "state",
    "picked",
    "product_qty",
    "reservation_date",
    "delay_alert_date",
    "is_in",
    "is_out",
    "is_dropship",
)
_OF_PICKINGS = ("state", "shipping_weight", "scheduled_date", "has_deadline_issue")


class BulkCommon(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_auto = False
        cls.now = fields.Datetime.now()
        cls.rules = cls.env["stock.warehouse.orderpoint"]
        cls.shelves = cls.env["stock.location"].create(
            [
                {"name": f"Shelf {number}", "location_id": cls.stock.id, "usage": "internal"}
                for number in range(3)
            ]
        )
        lifo = cls.env["product.removal"].search([("method", "=", "lifo")])
        cls.lifo_category = cls.env["product.category"].create(
            {"name": "Last in first out", "removal_strategy_id": lifo.id}
        )

    def _random_shop(self, rng, out_type=None):
        """Products, stock and open deliveries of all kinds; nothing is reserved yet.

        :param out_type: settings of the deliveries' operation type
        """
        products = self.env["product.product"]
        places = [self.stock, *self.shelves]
        for number in range(6):
            tracking = rng.choice(["none", "none", "none", "lot"])
            product = self._product(f"Item {number}", tracking=tracking)
            if rng.random() < 0.3:
                product.categ_id = self.lifo_category
            products |= product
            expires = "use_expiration_date" in product and rng.random() < 0.7
            if expires:  # also without lots, which Odoo allows and which has no dates then
                product.use_expiration_date = True
            for row in range(rng.randint(0, 4)):
                quantity = rng.randint(1, 8)
                values = {"product_id": product.id, "location_id": rng.choice(places).id}
                if tracking == "lot":
                    lot = {"name": f"{number}/{row}", "product_id": product.id}
                    if expires:
                        days = rng.choice((-5, 1, 60))
                        lot["removal_date"] = fields.Datetime.add(self.now, days=days)
                    values["lot_id"] = self.env["stock.lot"].create(lot).id
                elif rng.random() < 0.2:
                    quantity = -rng.randint(1, 3)
                if rng.random() < 0.15:
                    values["package_id"] = self.env["stock.package"].create({}).id
                if rng.random() < 0.1:
                    values["owner_id"] = self.customer.id
                self.env["stock.quant"].create({**values, "quantity": quantity})
        self.rules = self.rules.create(
            [
                {"product_id": product.id, "product_min_qty": 5, "product_max_qty": 9}
                for product in products[::2]
            ]
        )
        products[1].product_tmpl_id.invoice_policy = "delivery"
        products.product_tmpl_id.weight = 2.5
        self.warehouse.out_type_id.reservation_method = "manual"
        self.warehouse.out_type_id.write(out_type or {})
        orders = self.env["sale.order"]
        for _number in range(8):
            items = []
            for product in rng.sample(list(products), rng.randint(1, 4)):
                dozen = rng.random() < 0.15
                unit = {"product_uom_id": self.dozen.id} if dozen else {}
                items.append((product, rng.randint(1, 2 if dozen else 9), unit))
            orders |= self._order(*items)
        return orders

    def _values(self, records, owner, names):
        """What is in these fields of each record, by order line or order: a delivery that was split
        for a wave has other ids each time."""
        return sorted(
            ([record[owner].id, *(record[name] for name in names)] for record in records), key=str
        )

    def _left_behind(self, orders):
        """Everything that a reservation leaves behind."""
        self.env.flush_all()
        self.env.invalidate_all()
        moves = orders.picking_ids.move_ids
        quants = self.env["stock.quant"].search([("product_id", "in", moves.product_id.ids)])
        return {
            "moves": self._values(moves, "sale_line_id", _OF_MOVES),
            "lines": sorted(
                (
                    line.move_id.sale_line_id.id,
                    line.location_id.id,
                    line.lot_id.id,
                    line.package_id.id,
                    line.owner_id.id,
                    line.product_uom_id.id,
                    line.quantity,
                    line.quantity_product_uom,
                    line.state,
                    line.picked,
                )
                for line in moves.move_line_ids
            ),
            "quants": {
                key: sum(rows.mapped("reserved_quantity"))
                for key, rows in quants.grouped(
                    lambda q: (q.product_id, q.location_id, q.lot_id, q.package_id, q.owner_id)
                ).items()
            },
            "pickings": self._values(orders.picking_ids, "sale_id", _OF_PICKINGS),
            "batches": self._batches(orders),
            "orders": orders.read(["delivery_status", "amount_to_invoice", "backorder_state"]),
            "to buy": self.rules.mapped("qty_to_order"),
            "to invoice": [
                (
                    line.id,
                    line.qty_delivered,
                    line.qty_to_invoice,
                    line.invoice_status,
                    line.untaxed_amount_to_invoice,
                    line.order_id.invoice_status,
                )
                for line in orders.order_line
            ],
        }

    def _batches(self, orders):
        """What is picked together: [(is a wave, [(order line, product, place, quantity)])]."""
        if "stock.picking.batch" not in self.env:
            return []
        return sorted(
            (
                batch.is_wave,
                sorted(
                    (
                        line.move_id.sale_line_id.id,
                        line.product_id.id,
                        line.location_id.id,
                        line.quantity,
                    )
                    for line in batch.move_line_ids
                ),
            )
            for batch in orders.picking_ids.batch_id
        )

    def _both_ways(self, orders):
        """What is left behind by the bulk way and by Odoo's own; both are taken back."""
        moves = orders.picking_ids.move_ids
        outcomes = []
        bulk = type(moves)._backorder_bulk_moves
        for way in (bulk, lambda records: records.browse()):
            with (
                self.env.cr.savepoint() as savepoint,
                patch.object(type(moves), "_backorder_bulk_moves", way),
            ):
                moves[: len(moves) // 2]._action_assign()
                moves._action_assign()
                outcomes.append(self._left_behind(orders))
                savepoint.rollback()
            self.env.invalidate_all()
        return outcomes


@tagged("post_install", "-at_install")
class TestBulk(BulkCommon):
    def test_same_result_as_odoos_own_way(self):
        dealt = 0
        for seed in range(6):
            with self.subTest(seed=seed), self.env.cr.savepoint() as whole:
                rng = random.Random(seed)
                orders = self._random_shop(rng)
                moves = orders.picking_ids.move_ids
                outcomes = self._both_ways(orders)
                self.assertEqual(outcomes[0], outcomes[1])
                dealt += len(moves._backorder_bulk_moves())
                whole.rollback()
            self.env.invalidate_all()
        self.assertGreater(dealt, 25, "the bulk way was hardly used")

    def test_lines_that_another_module_changes_are_seen(self):
        """What is known of a move before its lines are made gives way to the lines themselves."""
        product = self._product("Changed")
        self._stock(product, 10)
        self.company.backorder_fifo = False
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._order((product, 3))
        moves = orders.picking_ids.move_ids
        moves._do_unreserve()
        create = type(self.env["stock.move.line"]).create

        def one_less(lines, vals_list):
            for vals in vals_list:
                vals["quantity"] -= 1
            return create(lines, vals_list)

        with patch.object(type(self.env["stock.move.line"]), "create", one_less):
            self.assertEqual(moves._backorder_bulk_moves(), moves)
            moves._action_assign()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(moves.mapped("quantity"), [2, 2, 2])
        self.assertEqual(set(moves.mapped("state")), {"partially_available"})
        quant = self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "=", self.stock.id)]
        )
        self.assertEqual(quant.reserved_quantity, 6)

    def test_modules_that_bulk_does_not_know_are_named(self):
        orders = self._random_shop(random.Random(1))
        moves = orders.picking_ids.move_ids
        settings = self.env["res.config.settings"].create({})
        self.assertFalse(settings.backorder_bulk_strangers)
        self.assertTrue(moves._backorder_bulk_moves())
        strange = type(
            "StrangeMove",
            (),
            {
                "__slots__": (),
                "__module__": "odoo.addons.strange_stock.models.stock_move",
                "_action_assign": lambda moves, force_qty=False: None,
            },
        )
        move_class = type(moves)
        bases = move_class.__bases__
        move_class.__bases__ = (strange, *bases)
        try:
            self.assertFalse(moves._backorder_bulk_moves())
            settings.invalidate_recordset(["backorder_bulk_strangers"])
            self.assertEqual(settings.backorder_bulk_strangers, "strange_stock")
            # Odoo gives the name INFO to another level.
            with self.assertLogs("odoo.addons.backorder_mgmt", logging.INFO) as logs:
                moves._register_hook()
        finally:
            move_class.__bases__ = bases
        self.assertEqual(len(logs.output), 1)
        self.assertIn("strange_stock changes how stock is reserved", logs.output[0])
