"""Many new orders at once: those that cannot be moved as planned are named, the others are made."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrderBatch(BackorderCommon):
    def _fill(self, count, spoil=None, bad=()):
        """(orders, run, sizes of the groups that were approved, queries)

        :param spoil: done to the new orders of the orders numbered ``bad`` when they are approved
        """
        product = self._product("Drill")
        orders = self.env["sale.order"].union(*(self._order((product, 2)) for _n in range(count)))
        self._stock(product, 2 * count)
        spoiled = orders.browse([orders[number].id for number in bad])
        confirm, sizes = type(orders)._action_confirm, []

        def confirmed(new_orders):
            sizes.append(len(new_orders))
            res = confirm(new_orders)
            spoil(new_orders.filtered(lambda new: new.backorder_parent_id in spoiled))
            return res

        run = self.env["backorder.run"].create({"product_ids": product.ids})
        run.action_preview()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        with patch.object(type(orders), "_action_confirm", confirmed if bad else confirm):
            run.action_start()
            self.env.flush_all()
        return orders, run, sizes, self.env.cr.sql_log_count - before

    def _check(self, orders, run, bad, words):
        rows = {row.order_id: row for row in run.run_order_ids}
        for number, order in enumerate(orders):
            if number in bad:
                self.assertEqual(rows[order].outcome, "failed")
                self.assertIn(words, rows[order].message)
                self.assertFalse(order.backorder_child_ids)
                self.assertEqual(order.order_line.backorder_qty, 2)
            else:
                self.assertEqual(rows[order].outcome, "complete")
                self.assertEqual(order.backorder_child_ids.picking_ids.state, "assigned")

    def test_three_of_fifty_fail_by_name_and_the_others_are_filled_in_two_passes(self):
        def take_a_piece(new_orders):
            new_orders.picking_ids.move_ids.quantity = 1.0

        _orders, _run, _sizes, clean = self._fill(50)
        bad = (3, 20, 41)
        orders, run, sizes, queries = self._fill(50, take_a_piece, bad)
        self.assertEqual(sizes, [50, 47], "orders approved, pass by pass")
        self._check(orders, run, bad, "Drill: of 2 Units only 1 Unit")
        # what the three cost apart: the mended delivery, the failed rows and notes
        self.assertLessEqual(queries / sum(sizes), 1.2 * clean / 50, "queries per order and pass")

    def test_what_raises_without_a_name_stops_its_order_only_and_halves_are_done_together(self):
        def refuse(new_orders):
            if new_orders:
                raise UserError(self.env._("A rule of this house forbids it."))

        orders, run, sizes, _queries = self._fill(12, refuse, (5,))
        self._check(orders, run, (5,), "A rule of this house forbids it.")
        self.assertEqual(sizes, [12, 6, 3, 3, 1, 2, 1, 1, 6])
