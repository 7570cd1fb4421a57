"""Kits (sale_mrp): whole kits only, decided by the component that misses most (design 3).

And the two kinds of goods that are never on backorder: dropshipped and made to order.
"""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestKits(BackorderCommon):
    """A toolbox is sold as one hammer and two packs of nails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kit = cls._kit("Toolbox", (cls.product, 1), (cls.other, 2))

    def assertReservedParts(self, orders, hammers, nails):
        """What the open deliveries of ``orders`` reserve of each component."""
        moves = orders.picking_ids.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
        for product, expected in ((self.product, hammers), (self.other, nails)):
            of_product = moves.filtered(lambda move, product=product: move.product_id == product)
            reserved = sum(of_product.mapped("quantity"))
            self.assertAlmostEqual(reserved, expected, msg=product.name)

    def test_scarce_component_decides_and_the_others_are_given_back(self):
        self._stock(self.product, 10)
        self._stock(self.other, 7)
        order = self._order((self.kit, 5))
        # seven packs are three toolboxes; the seventh pack and two hammers stay free for others
        self.assertHeld(order.order_line, 2, reserved=3)
        self.assertReservedParts(order, 3, 6)
        self.company.backorder_fifo = False
        rival = self._order((self.product, 7), (self.other, 1))
        self.assertHeld(rival.order_line[0], 0, reserved=7)
        self.assertHeld(rival.order_line[1], 0, reserved=1)

    def test_everything_in_stock_is_no_backorder(self):
        self._stock(self.product, 5)
        self._stock(self.other, 10)
        order = self._order((self.kit, 5))
        self.assertHeld(order.order_line, 0, reserved=5)
        self.assertReservedParts(order, 5, 10)
        self.assertFalse(order.order_line.backorder_event_ids)

    def test_received_components_are_not_reserved_by_themselves(self):
        order = self._order((self.kit, 5))
        self.assertHeld(order.order_line, 5, reserved=0)
        self._receive(self.product, 5)
        self._receive(self.other, 10)
        order.picking_ids.action_assign()
        self.env["stock.rule"]._run_scheduler_tasks(company_id=self.company.id)
        self.assertHeld(order.order_line, 5, reserved=0)
        self.assertReservedParts(order, 0, 0)

    def test_kits_sold_by_the_dozen(self):
        self._stock(self.product, 30)
        self._stock(self.other, 36)
        order = self._order((self.kit, 2, {"product_uom_id": self.dozen.id}))
        self.assertHeld(order.order_line, 0.5, reserved=1.5)
        self.assertReservedParts(order, 18, 36)
        self.company.backorder_fill_approved = "same_order"
        self._stock(self.product, 4)
        self._stock(self.other, 8)
        self.assertAlmostEqual(order.order_line.backorder_fillable_qty, 4 / 12)
        order.fill_backorders()
        # four of six, and still whole toolboxes on the delivery
        self.assertHeld(order.order_line, 2 / 12, reserved=22 / 12)
        self.assertReservedParts(order, 22, 44)

    def test_first_come_first_served_for_components(self):
        old = self._order((self.kit, 2))
        self._receive(self.product, 2)
        self._receive(self.other, 5)
        # two hammers and four packs are owed to the toolboxes; one pack is free
        hammers = self._order((self.product, 1))
        self.assertHeld(hammers.order_line, 1, reserved=0)
        nails = self._order((self.other, 2))
        self.assertHeld(nails.order_line, 1, reserved=1)
        self.assertHeld(old.order_line, 2, reserved=0)

    def test_force_takes_components_away(self):
        self._stock(self.product, 5)
        self._stock(self.other, 10)
        order = self._order((self.kit, 5))
        order.force_backorders({order.order_line.id: 3})
        self.assertHeld(order.order_line, 3, reserved=2)
        self.assertReservedParts(order, 2, 4)
        with self.assertRaisesRegex(UserError, "Toolbox comes in whole pieces only: 3.5 Units"):
            order.force_backorders({order.order_line.id: 3.5})
        self.assertHeld(order.order_line, 3, reserved=2)

    def test_fill_on_the_same_order(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.kit, 5))
        self._stock(self.product, 4)
        self._stock(self.other, 7)
        self.assertEqual(order.order_line.backorder_fillable_qty, 3)
        with self.assertRaisesRegex(UserError, "Toolbox: 4 Units to fill, but only 3 Units on"):
            order.fill_backorders({order.order_line.id: 4})
        order.fill_backorders({order.order_line.id: 2})
        self.assertHeld(order.order_line, 3, reserved=2)
        self.assertReservedParts(order, 2, 4)
        run = order.fill_backorders()
        self.assertEqual(run.line_ids.filled_qty, 1)
        self.assertHeld(order.order_line, 2, reserved=3)
        self.assertReservedParts(order, 3, 6)

    def test_fill_as_a_new_order(self):
        self._stock(self.product, 2)
        self._stock(self.other, 4)
        order = self._order((self.kit, 5, {"price_unit": 99.0}))
        self.assertHeld(order.order_line, 3, reserved=2)
        self._stock(self.product, 2)
        self._stock(self.other, 5)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual((new.state, new.order_line.product_id), ("sale", self.kit))
        self.assertEqual((new.order_line.product_uom_qty, new.order_line.price_unit), (2, 99.0))
        self.assertHeld(new.order_line, 0, reserved=2)
        self.assertReservedParts(new, 2, 4)
        self.assertEqual(order.order_line.product_uom_qty, 3)
        self.assertHeld(order.order_line, 1, reserved=2)
        self.assertReservedParts(order, 2, 4)

    def test_quotation_waits_and_promises_by_components(self):
        self._stock(self.product, 9)
        self._stock(self.other, 5)
        quotation = self._order((self.kit, 4), confirm=False)
        self.assertHeld(quotation.order_line, 2)
        self._stock(self.other, 2)
        quotation.fill_backorders()
        self.assertHeld(quotation.order_line, 1)
        self.assertEqual(quotation.order_line.backorder_promised_qty, 3)
        # three hammers and six packs are set aside: six hammers and one pack are left
        rival = self._order((self.product, 9), (self.other, 9))
        self.assertHeld(rival.order_line[0], 3, reserved=6)
        self.assertHeld(rival.order_line[1], 8, reserved=1)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 1, reserved=3)
        self.assertReservedParts(quotation, 3, 6)

    def test_lines_of_one_quotation_share_the_components(self):
        self._stock(self.product, 3)
        self._stock(self.other, 20)
        quotation = self._order((self.kit, 2), (self.product, 2), confirm=False)
        self.assertHeld(quotation.order_line[0], 0)
        self.assertHeld(quotation.order_line[1], 1)

    def test_lowering_and_raising(self):
        self._stock(self.product, 6)
        self._stock(self.other, 12)
        order = self._order((self.kit, 10))
        line = order.order_line
        self.assertHeld(line, 4, reserved=6)
        line.product_uom_qty = 8
        self.assertHeld(line, 2, reserved=6)
        self.assertReservedParts(order, 6, 12)
        line.product_uom_qty = 4
        self.assertHeld(line, 0, reserved=4)
        self.assertReservedParts(order, 4, 8)
        line.product_uom_qty = 7
        self.assertHeld(line, 1, reserved=6)
        self.assertReservedParts(order, 6, 12)

    def test_partial_delivery_with_and_without_backorder(self):
        self.company.backorder_fifo = False
        for backorder, needed in ((True, 4), (False, 0)):
            with self.subTest(backorder=backorder):
                self._stock(self.product, 6)
                self._stock(self.other, 12)
                order = self._order((self.kit, 10))
                self.assertHeld(order.order_line, 4, reserved=6)
                self._deliver(order.picking_ids, backorder=backorder)
                self.assertEqual(order.order_line.qty_delivered, 6)
                self.assertHeld(order.order_line, needed, reserved=0)

    def test_delivering_a_part_of_what_is_reserved(self):
        self._stock(self.product, 6)
        self._stock(self.other, 12)
        order = self._order((self.kit, 10))
        self._deliver(order.picking_ids, {self.product: 2, self.other: 4})
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertHeld(order.order_line, 4, reserved=4)
        self.assertReservedParts(order, 4, 8)

    def test_component_lost_to_a_count(self):
        self._stock(self.product, 5)
        self._stock(self.other, 10)
        order = self._order((self.kit, 5))
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.other.id), ("location_id", "=", self.stock.id)]
        )
        quant.inventory_quantity = 5
        quant.action_apply_inventory()
        # five packs are two toolboxes: the hammers and the pack of the other three are given back
        self.assertHeld(order.order_line, 3, reserved=2)
        self.assertReservedParts(order, 2, 4)

    def test_cancel_the_rest(self):
        self._stock(self.product, 6)
        self._stock(self.other, 12)
        order = self._order((self.kit, 10))
        order.cancel_backorders()
        self.assertEqual(order.order_line.product_uom_qty, 6)
        self.assertHeld(order.order_line, 0, reserved=6)
        self.assertReservedParts(order, 6, 12)

    def test_cancelled_order_frees_every_component(self):
        self._stock(self.product, 6)
        self._stock(self.other, 12)
        order = self._order((self.kit, 10))
        order._action_cancel()
        self.assertHeld(order.order_line, 0)
        self.assertHeld(self._order((self.product, 6)).order_line, 0, reserved=6)


@tagged("post_install", "-at_install")
class TestLeftAlone(BackorderCommon):
    def test_dropship_is_never_on_backorder(self):
        route = self.env.ref("stock_dropshipping.route_drop_shipping", raise_if_not_found=False)
        if not route:
            self.skipTest("dropshipping needs the module stock_dropshipping, not installed")
        product = self._product(
            "Garden Shed",
            route_ids=[Command.set(route.ids)],
            seller_ids=[Command.create({"partner_id": self.vendor.id, "price": 1})],
        )
        self._stock(product, 2)
        quotation = self._order((product, 5), confirm=False)
        self.assertHeld(quotation.order_line, 0)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 0)
        with self.assertRaisesRegex(UserError, "Garden Shed on .* cannot be on backorder"):
            quotation.force_backorders({quotation.order_line.id: 5})
        purchase = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        purchase.button_confirm()
        picking = purchase.picking_ids
        self.assertEqual(picking.location_dest_id.usage, "customer")
        with self.assertRaisesRegex(UserError, "Garden Shed on .* cannot be on backorder"):
            quotation.force_backorders({quotation.order_line.id: 5})
        self._deliver(picking, {product: 2})
        self.assertEqual(quotation.order_line.qty_delivered, 2)
        self.assertHeld(quotation.order_line, 0)
        self.assertEqual(quotation.detect_backorders(), [])

    def test_make_to_order_gets_its_own_receipt_however_little_comes(self):
        mto = self.warehouse.mto_pull_id.route_id
        mto.active = True
        product = self._product(
            "Made to order",
            route_ids=[Command.set([mto.id, self.warehouse.buy_pull_id.route_id.id])],
            seller_ids=[Command.create({"partner_id": self.vendor.id, "price": 1})],
        )
        order = self._order((product, 5))
        purchase = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        purchase.button_confirm()
        self._deliver(purchase.picking_ids, {product: 3})
        # what was bought for the order goes to it, and the rest is on its way: no backorder
        self.assertEqual(self._reserved(order), 3)
        self.assertHeld(order.order_line, 0)
        self.assertEqual(order.detect_backorders(), [])
        with self.assertRaisesRegex(UserError, "Made to order on .* cannot be on backorder"):
            order.force_backorders({order.order_line.id: 5})
        self._deliver(order.picking_ids, {product: 3})
        self.assertHeld(order.order_line, 0)
        rest = purchase.picking_ids.filtered(lambda picking: picking.state != "done")
        self._deliver(rest, {product: 2})
        self.assertEqual(self._reserved(order), 2)
        self.assertHeld(order.order_line, 0)
