"""Quantities that a person changes in the preview of a fill (design 17.11)."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_run import RunCommon


@tagged("post_install", "-at_install")
class TestChangePlan(RunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"

    def _preview(self, orders, **options):
        run = self._run(orders, **options)
        run.action_preview()
        return run

    def _two(self, there=10):
        """Orders that need 6 and 8 hammers, in turn, of ``there`` that came in."""
        first, second = self._order((self.product, 6)), self._order((self.product, 8))
        self._stock(self.product, there)
        return first, second

    def _planned(self, run):
        return run.line_ids.sorted("id").mapped("planned_qty")

    def _state(self, run):
        return run.line_ids.sorted("id").read(
            ["planned_qty", "reason", "message", "needed_qty", "changed_by_id"]
        ) + run.run_order_ids.sorted("id").read(["planned_outcome"])

    def test_a_clerk_gives_one_order_two_and_another_the_rest(self):
        first, second = self._two()
        run = self._preview(first | second)
        self.assertEqual(self._planned(run), [6, 4])
        self.assertEqual((run.filled_count, run.partial_count), (1, 1))
        run.change_plan({self._by_order(run, first).id: 2})
        self.assertEqual(self._planned(run), [2, 8])
        self.assertEqual((run.filled_count, run.partial_count, run.not_filled_count), (1, 1, 0))
        self.assertEqual(
            run.run_order_ids.sorted("id").mapped("planned_outcome"), ["partial", "complete"]
        )
        row = self._by_order(run, first)
        self.assertEqual(row.reason, "changed_by")
        self.assertIn(f"Changed by {self.manager.name}", row.message)
        self.assertFalse(self._by_order(run, second).changed_by_id)
        self.assertEqual(first.order_line.backorder_qty, 6, "a preview changes no stock")
        run.action_start()
        self.assertEqual(run.line_ids.sorted("id").mapped("filled_qty"), [2, 8])
        self.assertHeld(first.order_line, 4, reserved=2)
        self.assertHeld(second.order_line, 0, reserved=8)
        self.assertEqual(row.reason, "changed_by")
        self.assertIn(f"Changed by {self.manager.name}", row.message)

    def test_what_one_order_gets_more_the_others_get_less(self):
        first, second = self._two()
        run = self._preview(first | second)
        run.change_plan({str(self._by_order(run, second).id): 8})
        self.assertEqual(self._planned(run), [2, 8])

    def test_several_rows_at_once_and_one_after_the_other(self):
        first, second = self._two()
        run = self._preview(first | second)
        rows = run.line_ids.sorted("id")
        run.change_plan({rows[0].id: 1, rows[1].id: 3})
        self.assertEqual(self._planned(run), [1, 3])
        run.change_plan({rows[1].id: 8})
        self.assertEqual(self._planned(run), [1, 8], "what was changed before stays")
        run.action_start()
        self.assertEqual(rows.mapped("filled_qty"), [1, 8])

    def test_nothing_is_a_decision_too(self):
        first, second = self._two()
        run = self._preview(first | second)
        run.change_plan({self._by_order(run, first).id: 0})
        self.assertEqual(self._planned(run), [0, 8])
        run.action_start()
        self.assertHeld(first.order_line, 6, reserved=0)

    def test_stock_that_came_in_since_the_preview_can_be_given(self):
        first, second = self._two(there=4)
        run = self._preview(first | second)
        self.assertEqual(self._planned(run), [4, 0])
        self._stock(self.product, 5)
        run.change_plan({self._by_order(run, second).id: 6})
        self.assertEqual(self._planned(run), [3, 6])

    def test_preview_again_forgets_the_changes(self):
        first, second = self._two()
        run = self._preview(first | second)
        run.change_plan({self._by_order(run, first).id: 2})
        run.action_preview()
        self.assertEqual(self._planned(run), [6, 4])
        self.assertFalse(run.line_ids.changed_by_id)

    def test_other_items_keep_their_plan(self):
        order = self._order((self.product, 6), (self.other, 5))
        self._stock(self.product, 6)
        self._stock(self.other, 5)
        run = self._preview(order)
        rows = run.line_ids.sorted("id")
        run.change_plan({rows[0].id: 2})
        self.assertEqual(rows.mapped("planned_qty"), [2, 5])
        self.assertEqual(rows.mapped("reason"), ["changed_by", "filled"])
        self.assertEqual(run.run_order_ids.planned_outcome, "partial")

    def test_a_quantity_is_in_the_unit_of_the_row(self):
        order = self._order((self.product, 2, {"product_uom_id": self.dozen.id}))
        self._stock(self.product, 24)
        run = self._preview(order)
        run.change_plan({run.line_ids.id: 1.5})
        self.assertEqual(self._planned(run), [1.5])
        run.action_start()
        self.assertHeld(order.order_line, 0.5)

    def test_what_cannot_be_is_one_sentence_and_changes_nothing(self):
        first, second = self._two()
        other = self._preview(self._order((self.other, 1)))
        run = self._preview(first | second)
        row = self._by_order(run, first)
        before = self._state(run)
        for quantities, words in (
            ({row.id: 7}, f"7 Units to fill, but only 6 Units needed on {first.name}"),
            ({row.id: -1}, "below zero"),
            ({row.id: "many"}, "is not a quantity"),
            ({row.id: float("nan")}, "is not a quantity"),
            ({other.line_ids.id: 1}, f"does not belong to {run.name}"),
            ({"x": 1}, f"does not belong to {run.name}"),
            ([row.id], "Quantities are given as"),
            ({row.id: 6, self._by_order(run, second).id: 8}, "only 4 Units there for it"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words):
                run.change_plan(quantities)
            self.assertEqual(self._state(run), before)

    def test_what_is_not_there_is_said_with_who_has_it(self):
        first, second = self._two()
        run = self._preview(first | second)
        run.change_plan({self._by_order(run, first).id: 6})
        with self.assertRaisesRegex(
            UserError, f"Hammer: 5 Units for {second.name}.*Enter 4 Units or less.*{first.name}"
        ):
            run.change_plan({self._by_order(run, second).id: 5})

    def test_only_a_preview_can_be_changed(self):
        first, second = self._two()
        run = self._run(first | second)
        with self.assertRaisesRegex(UserError, "is not previewed yet"):
            run.change_plan({1: 1})
        run.action_preview()
        row = run.line_ids.sorted("id")[0]
        run.action_start()
        with self.assertRaisesRegex(UserError, "only before the start"):
            run.change_plan({row.id: 1})
        self.assertEqual(row.planned_qty, 6)

    def test_the_processor_has_no_quantities_to_change(self):
        order = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 2)
        run = self.runs.create(
            {
                "kind": "process",
                "order_ids": [Command.set(order.ids)],
                "if_backorders": "try",
                "include_backordered": True,
            }
        )
        run.action_preview()
        with self.assertRaisesRegex(UserError, "Multi-Order Processor"):
            run.change_plan({run.line_ids.id: 1})

    def test_an_order_that_is_complete_or_nothing(self):
        self.customer.backorder_policy = "complete"
        whole = self._order((self.product, 8), (self.other, 2))
        bob = self.env["res.partner"].create({"name": "Bob Customer"})
        second = self._order((self.product, 6), partner_id=bob.id)
        self._stock(self.product, 9)
        self._stock(self.other, 2)
        run = self._preview(whole | second)
        rows = run.line_ids.sorted("id")
        self.assertEqual(rows.mapped("planned_qty"), [8, 2, 1])
        with self.assertRaisesRegex(UserError, "filled completely or not at all: enter 8 Units"):
            run.change_plan({rows[0].id: 3})
        run.change_plan({rows[2].id: 6})
        self.assertEqual(rows.mapped("planned_qty"), [0, 0, 6], "it cannot be completed any more")
        with self.assertRaisesRegex(UserError, "not everything that it needs is there"):
            run.change_plan({rows[1].id: 2})
        run.change_plan({rows[2].id: 0})
        self.assertEqual(rows.mapped("planned_qty"), [8, 2, 0])
        run.action_start()
        self.assertEqual(rows.mapped("filled_qty"), [8, 2, 0])

    def test_an_order_decided_to_be_complete_comes_first(self):
        first = self._order((self.product, 6))
        second = self._order((self.product, 5), (self.other, 1))
        self._stock(self.product, 6)
        self._stock(self.other, 1)
        run = self._preview(first | second, fill_mode="complete")
        rows = run.line_ids.sorted("id")
        self.assertEqual(rows.mapped("planned_qty"), [6, 0, 0])
        run.change_plan({rows[1].id: 5})
        self.assertEqual(rows.mapped("planned_qty"), [0, 5, 1])

    def test_stock_that_is_lost_before_the_start_is_said(self):
        first, second = self._two()
        run = self._preview(first | second)
        run.change_plan({self._by_order(run, second).id: 8})
        self._stock(self.product, -6)
        run.action_start()
        self.assertEqual(sum(run.line_ids.mapped("filled_qty")), 4)
        self.assertIn("changed", run.line_ids.mapped("reason"))
        self.assertInvariants(first | second)

    def test_every_policy_deals_out_the_rest(self):
        orders = self._order((self.product, 6)) | self._order((self.product, 8))
        orders |= self._order((self.product, 4))
        self._stock(self.product, 10)
        policies = [code for code, _label in self.env["backorder.run"]._fields["policy"].selection]
        for policy in policies:
            with self.subTest(policy):
                run = self._preview(orders, policy=policy)
                row = self._by_order(run, orders[1])
                run.change_plan({row.id: 3})
                self.assertEqual(row.planned_qty, 3)
                self.assertEqual(sum(self._planned(run)), 10)
                run.unlink()

    def test_rights_are_asked(self):
        first, second = self._two()
        run = self._preview(first | second)
        row = self._by_order(run, first)
        with self.assertRaises(AccessError):
            run.with_user(self.salesman).change_plan({row.id: 1})
        self.assertEqual(row.planned_qty, 6)
        with self.assertRaises(AccessError):
            row.write({"planned_qty": 1})

    def test_who_changed_what_is_noted(self):
        first, second = self._two()
        run = self._preview(first | second)
        run.change_plan({self._by_order(run, first).id: 2})
        notes = "".join(run.message_ids.mapped("body"))
        self.assertIn(f"Hammer on {first.name}: 2 Units instead of 6 Units", notes)
