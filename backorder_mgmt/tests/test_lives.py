"""A new life of an order line starts clean (design 17.7)."""

from odoo import Command

from .common import BackorderCommon


class TestLives(BackorderCommon):
    def assertClean(self, line, needed=0.0):
        for name in ("forced", "filled", "cancelled"):
            self.assertEqual(line[f"backorder_{name}_qty"], 0.0, name)
        self.assertFalse(line.backorder_claim_released)
        self.assertHeld(line, needed)

    def _filled_partly(self, **values):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 10), **values)
        self._stock(self.product, 4)
        order.fill_backorders()
        self.assertEqual(order.order_line.backorder_filled_qty, 4)
        return order

    def test_a_cancelled_order_has_nothing_filled(self):
        order = self._filled_partly()
        order._action_cancel()
        self.assertClean(order.order_line)
        self.assertEqual(order.order_line.backorder_state, "no")
        self.assertEqual(order.backorder_state, "no")
        last = order.order_line.backorder_event_ids.sorted("id")[-1]
        self.assertEqual((last.type, last.balance, last.note), ("cancel", 0, "Order cancelled"))

    def test_the_second_life_of_an_order_is_not_partly_filled(self):
        order = self._filled_partly()
        order._action_cancel()
        order.action_draft()
        self.assertClean(order.order_line, needed=6)
        order.action_confirm()
        self.assertClean(order.order_line, needed=6)
        self.assertEqual(order.order_line.backorder_state, "backordered")
        self.assertEqual(order.backorder_state, "backordered")

    def test_filled_completely_and_cancelled_leaves_a_row(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 10))
        self._stock(self.product, 10)
        order.fill_backorders()
        order._action_cancel()
        self.assertClean(order.order_line)
        last = order.order_line.backorder_event_ids.sorted("id")[-1]
        self.assertEqual((last.type, last.quantity, last.balance), ("cancel", 0, 0))

    def test_forced_pieces_are_not_forced_in_a_second_life(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        order.force_backorders({order.order_line.id: 4})
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertClean(order.order_line)
        self.assertEqual(order.order_line.backorder_reserved_qty, 10)

    def test_a_cancelled_quotation_sets_nothing_aside(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10), confirm=False)
        order.force_backorders()
        order.fill_backorders()
        order._action_cancel()
        self.assertClean(order.order_line)
        self.assertEqual(order.order_line.backorder_promised_qty, 0)

    def test_another_product_on_a_quotation_starts_clean(self):
        self._stock(self.product, 10)
        order = self._order((self.product, 10), confirm=False)
        line = order.order_line
        order.force_backorders()
        order.fill_backorders({line.id: 6})
        self.assertEqual(line.backorder_forced_qty, 4)
        line.product_id = self.other
        self.assertEqual(line.backorder_promised_qty, 0)
        self.assertClean(line, needed=10)
        self.assertEqual(line.backorder_state, "backordered")

    def test_rest_cancelled_falls_when_the_line_is_raised_again(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        line = order.order_line
        order.cancel_backorders()
        self.assertEqual(line.backorder_cancelled_qty, 4)
        line.product_uom_qty = 9
        self.assertEqual(line.backorder_cancelled_qty, 1)
        line.product_uom_qty = 12
        self.assertEqual(line.backorder_cancelled_qty, 0)
        self._receive(self.product, 6)
        self.company.backorder_fill_approved = "same_order"
        order.fill_backorders()
        self._deliver(order.picking_ids)
        self.assertEqual(line.backorder_state, "filled")

    def test_rest_cancelled_falls_by_pieces_in_another_unit(self):
        self._stock(self.product, 12)
        order = self._order((self.product, 36, {"product_uom_id": self.unit.id}))
        line = order.order_line
        order.cancel_backorders()
        self.assertEqual(line.backorder_cancelled_product_qty, 24)
        line.write({"product_uom_id": self.dozen.id, "product_uom_qty": 2})
        self.assertEqual(line.backorder_cancelled_product_qty, 12)

    def test_rest_cancelled_is_gone_in_a_second_life(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        order.cancel_backorders()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertClean(order.order_line)
        self.assertEqual(order.order_line.backorder_state, "no")

    def test_a_claim_is_released_once(self):
        order = self._order((self.product, 3))
        line = order.order_line
        line.action_release_claim()
        self._receive(self.product, 3)
        self.company.backorder_fill_approved = "same_order"
        order.fill_backorders()
        self.assertFalse(line.backorder_claim_released)
        line.product_uom_qty = 5
        self.assertHeld(line, 2, reserved=3)
        self.assertFalse(line.backorder_claim_released)
        self._receive(self.product, 2)
        rival = self._order((self.product, 2))
        self.assertHeld(rival.order_line, 2, reserved=0)

    def test_a_claim_released_before_a_cancellation_is_not_released_in_the_next_life(self):
        order = self._order((self.product, 3))
        order.order_line.action_release_claim()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertFalse(order.order_line.backorder_claim_released)

    def test_an_order_is_previewed_cancelled_and_deleted_by_one_call(self):
        """Whatever order PostgreSQL empties the rows' columns in: it goes by the triggers' names,
        which have numbers in them that differ from database to database."""
        for number, table in enumerate(("backorder_event", "backorder_run_line")):
            self.env.cr.execute(
                """SELECT t.tgname FROM pg_trigger t JOIN pg_constraint c ON c.oid = t.tgconstraint
                    WHERE c.conname = %s AND t.tgrelid = 'sale_order'::regclass AND t.tgname LIKE %s
                      AND t.tgtype & 8 > 0""",
                [f"{table}_order_id_fkey", "%_a_%"],
            )
            [(trigger,)] = self.env.cr.fetchall()
            self.env.cr.execute(f'ALTER TRIGGER "{trigger}" ON sale_order RENAME TO "A{number}"')
        order = self._order((self.product, 3))
        self._stock(self.product, 1)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
        run.action_preview()
        self.assertTrue(run.line_ids)
        order._action_cancel()
        order.unlink()
        self.assertFalse(run.line_ids.sale_line_id)
        self.env.flush_all()
