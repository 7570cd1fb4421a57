"""*Can Be Filled Now* of many lines, asked of the database, is what the field says of each."""

from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestFillable(BackorderCommon):
    def _assert_same(self, lines):
        """In bulk as one by one, by the field's search too; and nothing is looked at in vain."""
        self.env.flush_all()
        self.env.invalidate_all()
        alone = {line.id: line.backorder_fillable_qty for line in lines}
        alone = {line_id: quantity for line_id, quantity in alone.items() if quantity > 0}
        together = lines._backorder_fillable_quantities()
        self.assertEqual(together.keys(), alone.keys())
        for line_id, quantity in alone.items():
            self.assertAlmostEqual(together[line_id], quantity, 6)
        found = lines.search([("id", "in", lines.ids), ("backorder_fillable_qty", ">", 0)])
        self.assertEqual(set(found.ids), set(alone))
        return alone

    def test_quantities_units_and_quotations(self):
        quotation = self._order((self.product, 10), (self.other, 2), confirm=False)
        dozens = self._order((self.product, 2, {"product_uom_id": self.dozen.id}))
        orders = self._order((self.product, 3)) | self._order((self.other, 4))
        self._stock(self.product, 7)
        lines = (quotation | dozens | orders).order_line
        found = self._assert_same(lines)
        # 7 of 10, 7 pieces of 2 dozen, 3 of 3; no nails
        self.assertEqual(len(found), 3)
        self.assertAlmostEqual(found[dozens.order_line.id], 7 / 12, 6)
        # Set aside for the quotation it is gone for everybody else.
        quotation.fill_backorders({quotation.order_line[0].id: 6})
        found = self._assert_same(lines)
        self.assertEqual(found[orders[0].order_line.id], 1)

    def test_orders_that_are_filled_completely_or_not_at_all(self):
        whole = self.env["res.partner"].create({"name": "Cora", "backorder_policy": "complete"})
        one = self._order((self.product, 10), partner_id=whole.id)
        two = self._order((self.product, 5), picking_policy="one")
        both = one | two
        self._stock(self.product, 7)
        self.assertEqual(list(self._assert_same(both.order_line)), two.order_line.ids)

    def test_places_steps_and_serial_numbers(self):
        """Stock on another shelf counts, in another warehouse it does not."""
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.stock.id, "usage": "internal"}
        )
        elsewhere = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id), ("id", "!=", self.warehouse.id)], limit=1
        )
        serial = self._product("Drill", tracking="serial")
        order = self._order((self.product, 3), (self.other, 3), (serial, 2))
        self._stock(self.product, 2, shelf)
        self._stock(self.other, 9, elsewhere.lot_stock_id)
        lot = self.env["stock.lot"].create({"name": "D1", "product_id": serial.id})
        self._stock(serial, 1, lot=lot)
        steps = self.env["stock.warehouse"].create(
            {"name": "Steps", "code": "STP", "delivery_steps": "pick_pack_ship"}
        )
        far = self._order((self.product, 4), warehouse_id=steps.id)
        self._stock(self.product, 3, steps.lot_stock_id)
        found = self._assert_same(order.order_line | far.order_line)
        self.assertEqual(sorted(found.values()), [1, 2, 3])

    def test_queries_do_not_grow(self):
        orders = self._order((self.product, 3)) | self._order((self.product, 3))
        self._stock(self.product, 50)

        def count(lines):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines._backorder_fillable_quantities()
            return self.env.cr.sql_log_count - before

        few = count(orders.order_line)
        for _number in range(10):
            orders |= self._order((self.product, 2))
        self.assertLessEqual(count(orders.order_line), few)
