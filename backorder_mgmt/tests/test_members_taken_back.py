"""Members of two kinds of faults that nobody listed: fills of a quotation that are taken back out
of order, and the record of what was filled."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestTakenBackInAnyOrder(BackorderCommon):
    """The earlier fill is taken back: what the later one gave stays set aside."""

    def _assert_first_taken_back(self, line, quantities, left):
        """:param quantities: of the fills, in the line's unit; ``left``: set aside afterwards"""
        fills = [line.order_id.fill_backorders({line.id: quantity}) for quantity in quantities]
        fills[0].action_undo()
        self.assertAlmostEqual(line.backorder_promised_qty, left, 4)
        self.assertAlmostEqual(line.backorder_filled_qty, left, 4)
        self.assertAlmostEqual(line.backorder_qty, line.product_uom_qty - left, 4)

    def test_in_dozens(self):
        order = self._order((self.product, 3, {"product_uom_id": self.dozen.id}), confirm=False)
        self._stock(self.product, 18)
        self._assert_first_taken_back(order.order_line, (1, 0.5), 0.5)

    def test_of_kits(self):
        kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))
        order = self._order((kit, 10), confirm=False)
        self._stock(self.product, 10)
        self._stock(self.other, 5)
        self._assert_first_taken_back(order.order_line, (3, 2), 2)

    def test_of_three_fills_the_first(self):
        order = self._order((self.product, 10), confirm=False)
        self._stock(self.product, 6)
        self._assert_first_taken_back(order.order_line, (3, 2, 1), 3)

    def test_of_a_forced_quotation(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5), confirm=False)
        order.force_backorders()
        self._assert_first_taken_back(order.order_line, (3, 2), 2)

    def test_another_item_keeps_what_is_set_aside(self):
        order = self._order((self.product, 10), (self.other, 10), confirm=False)
        self._stock(self.product, 5)
        self._stock(self.other, 5)
        first, second = order.order_line
        fill = order.fill_backorders({first.id: 3, second.id: 4})
        order.fill_backorders({first.id: 2})
        fill.action_undo()
        self.assertEqual(order.order_line.mapped("backorder_promised_qty"), [2, 0])
        self.assertEqual(order.order_line.mapped("backorder_qty"), [8, 10])


@tagged("post_install", "-at_install")
class TestRecordOfFills(BackorderCommon):
    """What was filled is kept for good, whoever asks to delete it."""

    def _filled(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        return order.fill_backorders()

    def test_rows_of_items(self):
        run = self._filled()
        with self.assertRaises(UserError):
            run.line_ids.sudo().unlink()

    def test_rows_of_orders(self):
        run = self._filled()
        with self.assertRaises(UserError):
            run.run_order_ids.sudo().unlink()
