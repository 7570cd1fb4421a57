"""The tables that a fill writes past the ORM are written as the ORM would, and not at all once
somebody else has a say in them."""

from odoo import fields, models
from odoo.fields import Command
from odoo.tests import tagged

from ..models.base.batch import is_ours_alone, update_rows
from ..models.hold.backorder_event import BackorderEvent
from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestBatch(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"

    def _fill(self):
        order = self._order((self.product, 3))
        self._stock(self.product, 2)
        return order, order.fill_backorders()

    def test_ledger_row_is_complete_and_seen_at_once(self):
        order, run = self._fill()
        line = order.order_line
        event = line.backorder_event_ids.filtered(lambda event: event.type == "fill")
        self.assertEqual(run.event_ids, event)
        self.assertEqual(
            (event.quantity, event.balance, event.order_id, event.order_name, event.product_id),
            (-2.0, 1.0, order, order.name, line.product_id),
        )
        self.assertEqual((event.company_id, event.run_id), (order.company_id, run))
        self.assertEqual((event.create_uid, event.user_id), (self.env.user, self.env.user))
        self.assertTrue(event.date)
        self.assertFalse(event.note)

    def test_result_of_a_line_is_complete(self):
        order, run = self._fill()
        row = run.line_ids
        self.assertEqual((row.filled_qty, row.moved_qty, row.result), (2.0, 0.0, "done"))
        self.assertEqual(row.waiting_since, row.sale_line_id.backorder_date)
        self.assertEqual(run.partial_count, 1)
        self.assertEqual(row.write_uid, self.env.user)

    def test_values_are_kept_as_the_orm_keeps_them(self):
        _order, run = self._fill()
        row, other = run.line_ids, run.line_ids._backorder_token().copy()
        date = fields.Datetime.to_datetime("2026-05-04 10:20:30")
        update_rows(
            {
                row: {"filled_qty": 0.1 + 0.2, "message": False, "waiting_since": date},
                other: {"filled_qty": 1.005, "message": "It's “100 %”", "waiting_since": False},
            }
        )
        self.assertEqual((row.filled_qty, row.message, row.waiting_since), (0.1 + 0.2, False, date))
        self.assertEqual((other.filled_qty, other.waiting_since), (1.005, False))
        self.assertEqual(other.message, "It's “100 %”")

    def test_automation_on_the_ledger_still_runs(self):
        if "base.automation" not in self.env:
            self.skipTest("module base_automation is not installed")
        model = self.env["ir.model"]._get("backorder.event")
        action = self.env["ir.actions.server"].create(
            {
                "name": "See it",
                "model_id": model.id,
                "state": "code",
                "code": "record.order_id.write({'client_order_ref': 'seen %s' % record.quantity})",
            }
        )
        self.env["base.automation"].create(
            {
                "name": "On the ledger",
                "model_id": model.id,
                "trigger": "on_create",
                "action_server_ids": [Command.set(action.ids)],
            }
        )
        order, _run = self._fill()
        self.assertEqual(order.client_order_ref, "seen -2.0")

    def _event_columns(self):
        return {
            name
            for name, field in self.env["backorder.event"]._fields.items()
            if field.store and field.column_type
        }

    def test_a_column_of_another_module_is_filled_by_the_orm(self):
        events = self.env["backorder.event"]
        columns = self._event_columns()
        self.assertTrue(is_ours_alone(events, BackorderEvent, "create", columns))
        self.assertFalse(is_ours_alone(events, BackorderEvent, "create", columns - {"note"}))
        lines = self.env["backorder.run.line"]
        self.assertTrue(is_ours_alone(lines, models.BaseModel, "write", ()))
        # A model with an own `write` is left to the ORM.
        self.assertFalse(is_ours_alone(self.env["sale.order"], models.BaseModel, "write", ()))
