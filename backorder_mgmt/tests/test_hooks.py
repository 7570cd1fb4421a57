"""The named hooks of applying (``run/backorder_run_hooks.py``), as another addon uses them."""

from odoo.tests import tagged

from .test_process import ProcessCommon

HOOKS = ("_before_fill", "_after_fill", "_before_approve", "_after_approve")


@tagged("post_install", "-at_install")
class TestHooks(ProcessCommon):
    def _extend(self, name, extension):
        """``extension(super, run, argument…)`` in place of the hook, as an ``_inherit`` has it."""
        runs = type(self.env["backorder.run"])
        parent = getattr(runs, name)
        self.patch(runs, name, lambda run, *arguments: extension(parent, run, *arguments))

    def _watch(self):
        """[(hook, its arguments)], as they are called."""
        calls = []
        for name in HOOKS:

            def extension(parent, run, *arguments, name=name):
                calls.append((name, *arguments))
                return parent(run, *arguments)

            self._extend(name, extension)
        return calls

    def test_a_fill_calls_them_in_order(self):
        order = self._order((self.product, 3))
        self._stock(self.product, 2)
        calls = self._watch()
        run = order.fill_backorders()
        row, new_order = run.run_order_ids, order.backorder_child_ids
        self.assertEqual(
            calls,
            [
                ("_before_fill", row),
                ("_after_fill", row, {order.order_line: 2.0}),
                ("_before_approve", new_order),
                ("_after_approve", row),
            ],
        )
        self.assertEqual(new_order.state, "sale")

    def test_who_holds_a_new_order_back_keeps_it_from_what_follows(self):
        order = self._order((self.product, 3))
        self._stock(self.product, 2)
        self._extend("_before_approve", lambda parent, run, orders: orders.browse())
        run = order._backorder_fill_orders(set_ship_date=True, ship_date="2026-05-04")
        new_order = order.backorder_child_ids
        self.assertEqual((new_order.state, new_order.backorder_ship_date), ("draft", False))
        self.assertEqual(new_order.order_line.backorder_promised_qty, 2)
        self.assertEqual(run.state, "done")
        self.assertFalse(run.run_order_ids.mail_queued)

    def test_the_processor_calls_them_in_order(self):
        self._stock(self.product, 1)
        order = self._quotation((self.product, 1))
        calls = self._watch()
        run = self._process(order, approve=True)
        row = run.run_order_ids
        self.assertEqual([name for name, *_arguments in calls], list(HOOKS))
        self.assertEqual(calls[0][1], row)
        self.assertEqual(calls[2][1], order)
        self.assertEqual(calls[3][1], row)
        self.assertTrue(row.processed)

    def test_who_holds_an_order_of_the_processor_back_lets_it_go_on_later(self):
        self._stock(self.product, 1)
        order = self._quotation((self.product, 1))
        held = order
        self._extend("_before_approve", lambda parent, run, orders: orders - held)
        run = self._process(order, approve=True)
        row = run.run_order_ids
        self.assertEqual((order.state, run.state), ("draft", "done"))
        self.assertEqual((row.outcome, row.processed), ("complete", False))
        held = order.browse()
        row.sudo()._process_paid()
        self.assertEqual((order.state, row.processed), ("sale", True))

    def test_what_raises_undoes_its_order_only(self):
        first, second = self._order((self.product, 1)), self._order((self.product, 1))
        self._stock(self.product, 2)

        def refuse(parent, run, rows, filled):
            if first in rows.order_id:
                raise ValueError("Not this one")
            return parent(run, rows, filled)

        self._extend("_after_fill", refuse)
        with self.assertLogs("odoo.addons.backorder_mgmt", "INFO"):
            (first | second).fill_backorders()
        self.assertEqual((first.order_line.backorder_qty, first.backorder_child_ids.ids), (1, []))
        self.assertEqual(second.order_line.backorder_qty, 0)
