"""Orders of many lines: what a screen asks of the database does not grow with them."""

from odoo import Command
from odoo.tests import tagged

from .test_run import RunCommon


@tagged("post_install", "-at_install")
class TestScreensOfManyLines(RunCommon):
    def _waiting(self, count):
        products = self.env["product.product"].create(
            [{"name": f"Part {count}.{number}", "is_storable": True} for number in range(count)]
        )
        order = self._order(*((product, 3) for product in products))
        for product in products:
            self._stock(product, 1)
        self.env.flush_all()
        self.env.invalidate_all()
        return order

    def _queries(self, order, ask):
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        ask(order)
        return self.env.cr.sql_log_count - before

    def _assert_does_not_grow(self, ask):
        few, many = self._waiting(5), self._waiting(45)
        ask(few)  # what is asked once for all, and kept
        self.assertLess(self._queries(many, ask) - self._queries(few, ask), 10)

    def test_the_fill_dialog(self):
        self._assert_does_not_grow(lambda order: order.action_fill_backorders())

    def test_the_force_dialog(self):
        self._assert_does_not_grow(lambda order: order.action_force_backorders())

    def test_late_orders(self):
        self.company.backorder_tz = self.company.partner_id.tz = False
        names = ["backorder_late", "backorder_expected_date", "backorder_can_force"]
        self._assert_does_not_grow(lambda order: order.read(names))

    def test_where_the_items_go(self):
        """As many rows at once, each says its own place."""
        order = self._order((self.product, 3), (self.other, 2))
        rows = order._prepare_backorder_fill_lines()
        self.assertEqual([row["destination"] for row in rows], ["New order"] * 2)
        order.picking_policy = "one"
        rows = order._prepare_backorder_fill_lines()
        self.assertIn("ships only when everything is ready", rows[0]["destination"])
        quotation = self._order((self.product, 3), confirm=False)
        rows = quotation._prepare_backorder_fill_lines()
        self.assertEqual([row["destination"] for row in rows], ["This quotation"])

    def test_by_product_adds_up_in_the_product_s_unit(self):
        """Rows of dozens are not added to rows of pieces."""
        dozen = self.env.ref("uom.product_uom_dozen")
        pieces = self._order((self.product, 5))
        dozens = self._order((self.product, 2), confirm=False)
        dozens.order_line.product_uom_id = dozen
        dozens.action_confirm()
        run = self._run(pieces | dozens)
        run.action_preview()
        [(_product, needed, on_hand)] = self.env["backorder.run.line"]._read_group(
            [("run_id", "=", run.id)], ["product_id"], ["needed_qty:sum", "available_qty:max"]
        )
        self.assertEqual((needed, on_hand), (29, 0))

    def test_one_unit_is_no_units(self):
        unit, dozen = self.env.ref("uom.product_uom_unit"), self.env.ref("uom.product_uom_dozen")
        self.assertEqual(unit._backorder_label(1), "1 Unit")
        self.assertEqual(unit._backorder_label(1.0004), "1 Unit")
        self.assertEqual(unit._backorder_label(10), "10 Units")
        self.assertEqual(dozen._backorder_label(1), "1 Dozen")
        self.assertEqual(dozen._backorder_label(0.5), "0.5 Dozens")
        own = self.env["uom.uom"].create({"name": "Roll"})
        self.assertEqual(own._backorder_label(1), "1 Roll")
        order = self._order((self.product, 1))
        self._stock(self.product, 1)
        run = self._run(order)
        run.action_preview()
        self.assertEqual(run.line_ids.message, "All of it: 1 Unit.")

    def test_rows_name_both_units_where_the_vendor_sells_in_another(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        seller = {"partner_id": self.vendor.id, "price": 4.0}
        self.product.seller_ids = [Command.create({**seller, "product_uom_id": dozen.id})]
        self.other.seller_ids = [Command.create(seller)]
        self._order((self.other, 5))
        screen = self.env["backorder.purchase"].create(
            {"product_ids": [Command.set((self.product | self.other).ids)]}
        )
        screen.action_add()
        self.assertFalse(screen.several_units)
        self._order((self.product, 5))
        screen.action_add()
        self.assertTrue(screen.several_units)
        row = screen.line_ids.filtered(lambda row: row.product_id == self.product)
        self.assertEqual((row.uom_id, row.product_uom_id), (self.product.uom_id, dozen))
