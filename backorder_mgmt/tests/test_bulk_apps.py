"""Bulk reservation beside Odoo's apps that do more when goods are reserved: batches and waves,
subcontracting."""

import random
import unittest
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .test_bulk import BulkCommon


@tagged("post_install", "-at_install")
class TestBulkBatches(BulkCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "stock.picking.batch" not in cls.env:
            raise unittest.SkipTest("needs the module stock_picking_batch, which is not installed")

    def _waiting(self, *quantities, **out_type):
        """Orders of one product each time, in stock, with nothing reserved yet."""
        self.warehouse.out_type_id.write({"reservation_method": "manual", **out_type})
        orders = self.env["sale.order"]
        for quantity in quantities:
            orders |= self._order((self.product, quantity))
        self._stock(self.product, sum(quantities))
        return orders

    def test_automatic_waves_hold_what_was_reserved_in_bulk(self):
        orders = self._waiting(3, 4, 5, auto_batch=True, wave_group_by_product=True)
        moves = orders.picking_ids.move_ids
        self.assertEqual(moves._backorder_bulk_moves(), moves)
        moves._action_assign()
        waves = orders.picking_ids.batch_id
        self.assertEqual(waves.mapped("is_wave"), [True])
        self.assertEqual(sorted(waves.move_line_ids.mapped("quantity")), [3, 4, 5])

    def test_waves_and_batches_are_those_of_odoos_own_way(self):
        settings = (
            {"wave_group_by_product": True},
            {"wave_group_by_location": True, "wave_location_ids": self.shelves.ids},
            {"batch_group_by_partner": True},
            {"batch_group_by_partner": True, "wave_group_by_product": True},
        )
        for seed, setting in enumerate(settings):
            with self.subTest(**setting), self.env.cr.savepoint() as whole:
                orders = self._random_shop(random.Random(seed), {"auto_batch": True, **setting})
                bulk, own = self._both_ways(orders)
                self.assertTrue(own["batches"], "nothing is picked together")
                for what, left in own.items():
                    self.assertEqual(bulk[what], left, what)
                whole.rollback()
            self.env.invalidate_all()

    def test_deliveries_join_batches_one_after_the_other(self):
        """Where a batch takes two deliveries, the first two are picked together."""
        orders = self._waiting(
            *range(1, 8), auto_batch=True, batch_group_by_partner=True, batch_max_pickings=2
        )
        moves = orders.picking_ids.move_ids
        self.assertEqual(moves._backorder_bulk_moves(), moves)
        bulk, own = self._both_ways(orders)
        self.assertEqual(len(own["batches"]), 4)
        self.assertEqual(bulk["batches"], own["batches"])

    def test_a_fill_counts_what_a_wave_splits_off(self):
        """Half of the item lies on a shelf that has waves of its own."""
        self.warehouse.out_type_id.write(
            {
                "auto_batch": True,
                "wave_group_by_location": True,
                "wave_location_ids": self.shelves[0].ids,
            }
        )
        self.company.backorder_auto = True
        orders = self._order((self.product, 5)) | self._order((self.product, 4))
        self.assertEqual(orders.order_line.mapped("backorder_qty"), [5, 4])
        self._stock(self.product, 3, self.shelves[0])
        self._stock(self.product, 6, self.shelves[1])
        self.company.backorder_fill_approved = "same_order"
        run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
        run.action_start()
        self.assertEqual(run.state, "done")
        self.assertEqual(sum(self._reserved(order) for order in orders), 9)
        for line in orders.order_line:
            self.assertHeld(line, 0)
        self.assertEqual(sorted(run.line_ids.mapped("filled_qty")), [4, 5])
        waves = orders.picking_ids.batch_id.filtered("is_wave")
        self.assertTrue(waves)
        self.assertEqual(waves.move_line_ids.location_id, self.shelves[0])
        self.assertGreater(len(orders.picking_ids), 2, "no delivery was split")


@tagged("post_install", "-at_install")
class TestBulkSubcontracting(BulkCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "is_subcontract" not in cls.env["stock.move"]._fields:
            raise unittest.SkipTest("needs the module mrp_subcontracting, which is not installed")

    def test_bulk_stays_on_beside_subcontracting(self):
        orders = self._random_shop(random.Random(1))
        moves = orders.picking_ids.move_ids
        self.assertEqual(moves._backorder_bulk_strangers(), [])
        self.assertTrue(moves._backorder_bulk_moves())

    def test_subcontracted_receipts_are_as_by_odoos_own_way(self):
        """A product that a subcontractor makes, some of which already waits in their place."""
        product, place = self.product, self.company.subcontracting_location_id
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "type": "subcontract",
                "subcontractor_ids": self.vendor.ids,
                "bom_line_ids": [Command.create({"product_id": self.other.id, "product_qty": 1})],
            }
        )
        self._stock(product, 5, place)

        def transfers(picking_type, source, quantities):
            pickings = self.env["stock.picking"].create(
                [
                    {
                        "partner_id": self.vendor.id,
                        "picking_type_id": picking_type.id,
                        "location_id": source.id,
                        "location_dest_id": self.stock.id,
                        "move_ids": [
                            Command.create(
                                {
                                    "product_id": product.id,
                                    "product_uom_qty": quantity,
                                    "location_id": source.id,
                                    "location_dest_id": self.stock.id,
                                }
                            )
                        ],
                    }
                    for quantity in quantities
                ]
            )
            pickings.action_confirm()
            return pickings.move_ids

        supplier = self.env.ref("stock.stock_location_suppliers")
        receipts = transfers(self.warehouse.in_type_id, supplier, (2, 4))
        self.assertTrue(all(receipts.mapped("is_subcontract")))
        self.assertEqual(receipts.location_id, place)
        brought = transfers(self.warehouse.int_type_id, place, (3, 3))
        moves = receipts[0] | brought | receipts[1]
        moves._do_unreserve()
        outcomes = []
        bulk = type(moves)._backorder_bulk_moves
        for way in (bulk, lambda records: records.browse()):
            with (
                self.env.cr.savepoint() as savepoint,
                patch.object(type(moves), "_backorder_bulk_moves", way),
            ):
                moves._action_assign()
                self.env.flush_all()
                outcomes.append(moves.read(["quantity", "state"]))
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(outcomes[0], outcomes[1])
        found = {values["id"]: values["quantity"] for values in outcomes[0]}
        self.assertEqual([found[move.id] for move in receipts], [2, 4])
        self.assertEqual([found[move.id] for move in brought], [3, 2])
