"""Bulk reservation gives what Odoo's own way gives, on all kinds of stock."""

import random
from unittest.mock import patch

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


@tagged("post_install", "-at_install")
class TestBulk(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_auto = False
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

    def _random_shop(self, rng):
        """Products, stock and open deliveries of all kinds; nothing is reserved yet."""
        products = self.env["product.product"]
        places = [self.stock, *self.shelves]
        for number in range(6):
            tracking = rng.choice(["none", "none", "none", "lot"])
            product = self._product(f"Item {number}", tracking=tracking)
            if rng.random() < 0.3:
                product.categ_id = self.lifo_category
            products |= product
            for row in range(rng.randint(0, 4)):
                quantity = rng.randint(1, 8)
                values = {"product_id": product.id, "location_id": rng.choice(places).id}
                if tracking == "lot":
                    lot = {"name": f"{number}/{row}", "product_id": product.id}
                    values["lot_id"] = self.env["stock.lot"].create(lot).id
                elif rng.random() < 0.2:
                    quantity = -rng.randint(1, 3)
                if rng.random() < 0.15:
                    values["package_id"] = self.env["stock.package"].create({}).id
                if rng.random() < 0.1:
                    values["owner_id"] = self.customer.id
                self.env["stock.quant"].create({**values, "quantity": quantity})
        self.rules = self.env["stock.warehouse.orderpoint"].create(
            [
                {"product_id": product.id, "product_min_qty": 5, "product_max_qty": 9}
                for product in products[::2]
            ]
        )
        products[1].product_tmpl_id.invoice_policy = "delivery"
        products.product_tmpl_id.weight = 2.5
        self.warehouse.out_type_id.reservation_method = "manual"
        orders = self.env["sale.order"]
        for _number in range(8):
            items = []
            for product in rng.sample(list(products), rng.randint(1, 4)):
                dozen = rng.random() < 0.15
                unit = {"product_uom_id": self.dozen.id} if dozen else {}
                items.append((product, rng.randint(1, 2 if dozen else 9), unit))
            orders |= self._order(*items)
        return orders

    def _left_behind(self, orders):
        """Everything that a reservation leaves behind."""
        self.env.flush_all()
        self.env.invalidate_all()
        moves = orders.picking_ids.move_ids.sorted("id")
        quants = self.env["stock.quant"].search([("product_id", "in", moves.product_id.ids)])
        return {
            "moves": moves.read(_OF_MOVES),
            "lines": sorted(
                (
                    line.move_id.id,
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
            "pickings": orders.picking_ids.read(_OF_PICKINGS),
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

    def test_same_result_as_odoos_own_way(self):
        dealt = 0
        for seed in range(6):
            with self.subTest(seed=seed), self.env.cr.savepoint() as whole:
                rng = random.Random(seed)
                orders = self._random_shop(rng)
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
                self.assertEqual(outcomes[0], outcomes[1])
                dealt += len(bulk(moves))
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

    def test_an_override_of_an_unknown_module_means_odoos_own_way(self):
        orders = self._random_shop(random.Random(1))
        moves = orders.picking_ids.move_ids
        self.assertTrue(moves._backorder_bulk_allowed())
        with patch("odoo.addons.backorder_mgmt.models.hold.stock_move_bulk._KNOWN", {"stock"}):
            self.assertFalse(moves._backorder_bulk_allowed())
            self.assertFalse(moves._backorder_bulk_moves())
