"""Which orders hold stock they cannot ship, and whom it would help."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .test_run import RunCommon


@tagged("post_install", "-at_install")
class TestStuck(RunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"
        cls._stock(cls.product, 5)
        # Holds all hammers, and waits for nails without a date.
        cls.holder = cls._order((cls.product, 5), (cls.other, 2))
        cls.waiting = cls._order((cls.product, 3))

    def _dialog(self, user=None, **values):
        dialogs = self.env["backorder.stuck"].with_user(user or self.manager)
        return dialogs.create({"product_ids": [Command.set(self.product.ids)], **values})

    def _row(self, dialog, order=None):
        return dialog.line_ids.filtered(lambda row: row.order_id == (order or self.holder))

    def test_lists_what_is_held_and_whom_it_would_complete(self):
        dialog = self._dialog()
        row = self._row(dialog)
        self.assertEqual(dialog.line_ids, row)
        self.assertEqual((row.reserved_qty, row.quantity, row.selected), (5, 5, False))
        self.assertFalse(row.ready_date)
        self.assertEqual(row.waits_for, "Nails 2 Units (no date)")
        self.assertEqual(row.completes, self.waiting.name)
        self.assertEqual((dialog.completed_count, dialog.completed_names), (0, ""))
        row.selected = True
        self.assertEqual((dialog.completed_count, dialog.completed_names), (1, self.waiting.name))
        row.quantity = 2
        self.assertEqual(dialog.completed_count, 0)

    def test_nothing_changes_until_force(self):
        dialog = self._dialog()
        self._row(dialog).selected = True
        self.assertEqual(dialog.completed_count, 1)
        self.assertHeld(self.holder.order_line[0], 0, reserved=5)
        self.assertHeld(self.waiting.order_line, 3, reserved=0)

    def test_force_gives_the_stock_up_and_a_fill_gives_it_to_the_other(self):
        dialog = self._dialog()
        row = self._row(dialog)
        row.write({"selected": True, "quantity": 3})
        action = dialog.action_force()
        self.assertHeld(self.holder.order_line[0], 3, reserved=2)
        self.assertEqual(self.holder.order_line[0].backorder_forced_qty, 3)
        self.assertHeld(self.waiting.order_line, 3, reserved=0)  # to nobody by itself
        self.assertEqual(action["res_model"], "backorder.fill.batch")
        screen = self.env[action["res_model"]].with_user(self.manager)
        screen.with_context(**action["context"]).create({}).action_start()
        self.assertHeld(self.waiting.order_line, 0, reserved=3)
        self.assertHeld(self.holder.order_line[0], 3, reserved=2)

    def test_orders_that_are_completed_before_the_date_are_left_alone(self):
        soon = fields.Datetime.now() + timedelta(days=3)
        receipt = self._plan_receipt(self.other, 2)
        receipt.scheduled_date = soon
        self.assertFalse(self._dialog().line_ids)
        dialog = self._dialog(date=fields.Date.today() + timedelta(days=1))
        self.assertEqual(self._row(dialog).ready_date, soon.date())

    def test_picked_stock_is_not_offered(self):
        move = self.holder.picking_ids.move_ids.filtered(lambda m: m.product_id == self.product)
        move.picked = True
        self.assertFalse(self._dialog().line_ids)

    def test_what_changed_meanwhile_is_refused(self):
        dialog = self._dialog()
        self._row(dialog).selected = True
        self._deliver(self.holder.picking_ids, {self.product: 4})
        with self.assertRaisesRegex(UserError, "Hammer"):
            dialog.action_force()
        self.assertEqual(self.holder.order_line[0].backorder_forced_qty, 0)

    def test_nothing_ticked_too_much_and_below_zero(self):
        dialog = self._dialog()
        with self.assertRaisesRegex(UserError, "Tick the stock"):
            dialog.action_force()
        row = self._row(dialog)
        row.write({"selected": True, "quantity": 6})
        with self.assertRaisesRegex(UserError, "Hammer"):
            dialog.action_force()
        row.quantity = -1
        with self.assertRaises(UserError):
            dialog.action_force()
        self.assertHeld(self.holder.order_line[0], 0, reserved=5)

    def test_stock_that_completes_nobody_says_so(self):
        nails = self._order((self.product, 1), (self.other, 1))
        dialog = self._dialog()
        self.assertNotIn(nails.name, self._row(dialog).completes)

    def test_two_rows_help_only_together(self):
        self._stock(self.product, 4)
        second = self._order((self.product, 4), (self.other, 1))
        self.waiting.action_cancel()
        big = self._order((self.product, 8))
        dialog = self._dialog()
        self.assertEqual(len(dialog.line_ids), 2)
        self.assertEqual(dialog.line_ids.mapped("completes"), [big.name] * 2)
        self._row(dialog).selected = True
        self.assertEqual(dialog.completed_count, 0)
        self._row(dialog, second).selected = True
        self.assertEqual(dialog.completed_names, big.name)

    def test_on_screen(self):
        action = self.product.with_user(self.manager).action_view_backorder_stuck()
        model = self.env["backorder.stuck"].with_user(self.manager)
        with Form(model.with_context(**action["context"])) as form:
            self.assertEqual(len(form.line_ids), 1)
            with form.line_ids.edit(0) as row:
                row.selected = True
            self.assertEqual(form.completed_names, self.waiting.name)
            form.product_ids.remove(id=self.product.id)
            form.product_ids.add(self.other)
            self.assertEqual(len(form.line_ids), 0)
            form.product_ids.clear()
            held = [row["sale_line_id"] for row in form.line_ids._records]
            index = held.index(self.holder.order_line[0].id)
            with form.line_ids.edit(index) as row:
                row.selected = True
        form.record.action_force()
        self.assertHeld(self.holder.order_line[0], 5, reserved=0)

    def test_from_a_line_of_a_fill(self):
        run = self._run(self.waiting, policy="deadline")
        run.action_preview()
        action = run.line_ids.action_view_backorder_stuck()
        self.assertEqual(action["context"]["default_policy"], "deadline")
        dialog = self.env["backorder.stuck"].with_user(self.manager)
        dialog = dialog.with_context(**action["context"]).create({})
        self.assertEqual(self._row(dialog).completes, self.waiting.name)

    def test_is_for_managers(self):
        with self.assertRaises(AccessError):
            self._dialog(user=self.salesman)
