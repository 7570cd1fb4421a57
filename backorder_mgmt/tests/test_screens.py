"""What clerks, managers and buyers are told and shown (screens)."""

from datetime import datetime

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .test_run import RunCommon


@tagged("post_install", "-at_install")
class TestScreens(RunCommon):
    def test_the_dialogs_of_many_lines_open_in_pages(self):
        """The web client pages only what is saved; what is on the other pages is done all the
        same."""
        products = [self._product(f"Part {number}") for number in range(61)]
        order = self._order(*((product, 3) for product in products))
        for product in products:
            self._stock(product, 2)
        order = order.with_user(self.salesman)
        self.assertNotIn("res_id", self._order((self.product, 1)).action_fill_backorders())
        for action in (order.action_force_backorders(), order.action_fill_backorders()):
            dialog = self.env[action["res_model"]].with_user(self.salesman)
            dialog = dialog.browse(action["res_id"])
            self.assertEqual(len(dialog.line_ids), 61)
        dialog.line_ids[0].quantity = 1
        dialog.action_fill()
        self.assertEqual(sum(order.order_line.mapped("backorder_qty")), 2 + 60)

    def test_what_may_be_entered_is_what_is_needed_and_there(self):
        order = self._order((self.product, 8))
        self._stock(self.product, 4)
        with self.assertRaisesRegex(UserError, "only 8 Units needed.*Enter 4 Units or less"):
            order.with_user(self.salesman).fill_backorders({order.order_line.id: 9})

    def test_with_nothing_on_hand_it_is_said_what_comes(self):
        order = self._order((self.product, 8))
        line = order.order_line
        with self.assertRaisesRegex(UserError, "Hammer: Nothing on hand.*nothing is known to come"):
            order.fill_backorders({line.id: 2})
        receipt = self._plan_receipt(self.product, 5)
        dialog = self.env["backorder.fill"].with_user(self.salesman).create({"order_id": order.id})
        self.assertEqual(dialog.line_ids.quantity, 0)
        with self.assertRaisesRegex(UserError, f"Hammer: Nothing on hand.*5 Units: {receipt.name}"):
            dialog.action_fill()

    def test_a_preview_says_dates_as_the_user_reads_them(self):
        order = self._order((self.product, 8))
        receipt = self._plan_receipt(self.product, 8)
        receipt.move_ids.date = datetime(2037, 3, 1, 12)
        order.order_line._backorder_queue_changed()
        run = self._run(order)
        run.action_preview()
        self.assertIn("More expected on 03/01/2037.", run.line_ids.message)

    def test_a_fill_that_was_taken_back_counts_nothing(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        run = self._run(order)
        run.action_start()
        self.assertEqual((run.filled_count, run.new_order_count), (1, 1))
        run.action_undo()
        self.assertEqual(
            (run.filled_count, run.not_filled_count, run.new_order_count, run.approved_count),
            (0, 1, 0, 0),
        )
        self.assertEqual((run.completed_order_count, run.line_ids.reason), (0, "undone"))
        self.assertIn("5 Units on backorder again", run.line_ids.message)

    def test_settings_are_no_numbers_below_zero(self):
        with self.assertRaisesRegex(ValidationError, "Fill in the Background Above.*0 or more"):
            self.company.backorder_run_threshold = -1
        self.company.backorder_run_threshold = 0
        with self.assertRaisesRegex(ValidationError, "is -3"):
            self.company.backorder_po_days = -3

    def test_a_buyer_sees_whom_a_purchase_order_is_waited_by(self):
        order = self._order((self.product, 5))
        receipt = self._plan_receipt(self.product, 5)
        worker = new_test_user(
            self.env, "stock_only", groups="stock.group_stock_user", company_id=self.company.id
        )
        seen = receipt.with_user(worker)
        self.assertEqual(seen.backorder_affected_count, 1)
        if not self.env["sale.order.line"].with_user(worker).has_access("read"):
            told = seen.action_view_backorder_affected()["params"]["message"]
            self.assertIn(f"{order.name}, Ada Customer: Hammer, 5 Units needed.", told)

    def test_products_without_vendor_open_under_their_name(self):
        action = self.env["backorder.purchase.plan"]._open_without_vendor()
        self.assertEqual(action["display_name"], "On Backorder Without Vendor")

    def test_force_says_what_is_given_up_and_ticks_all_or_none(self):
        self._stock(self.product, 11)
        order = self._order((self.product, 11), (self.other, 2))
        with Form(self.env["backorder.force"].with_context(default_order_id=order.id)) as form:
            self.assertIn("Gives up what is reserved: Hammer 11 Units.", form.gives_up)
            form.select_all = False
            self.assertFalse(form.gives_up)
            form.select_all = True
            with form.line_ids.edit(0) as row:
                row.quantity = 4
            self.assertIn("Hammer 4 Units", form.gives_up)

    def test_a_policy_of_the_comparison_is_used(self):
        first = self._order((self.product, 5))
        second = self._order((self.product, 3))
        self._stock(self.product, 3)
        run = self._run(first | second)
        run.action_preview()
        run.action_compare()
        self.assertIn("Best", run.comparison)
        self.assertIn('href="#most_complete"', run.comparison)
        run.use_policy("most_complete")
        self.assertEqual((run.policy, run.state), ("most_complete", "planned"))
        self.assertEqual(self._by_order(run, second).planned_qty, 3)

    def test_words_of_a_preview_are_true_before_and_after(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 3)
        run = self._run(order)
        run.action_preview()
        self.assertEqual(run.line_ids.message, "3 Units of 5 Units, 2 Units still needed.")

    def test_what_was_not_paid_is_not_spoken_of(self):
        order = self._order((self.product, 5))
        dialog = self.env["backorder.fill"].create({"order_id": order.id})
        self.assertFalse(dialog.payment_note)
