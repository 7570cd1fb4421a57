"""What is agreed with customers about backorders, and that every door keeps to it."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import BackorderCommon


class TermsCommon(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "ada@example.com"
        cls.company.backorder_fill_approved = "same_order"

    def _run(self, orders, **options):
        run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)], **options})
        run.action_preview()
        return run

    def _dialog(self, order):
        return self.env["backorder.fill"].create({"order_id": order.id})

    def assertOffers(self, order, quantities, code=None):
        """Badge, filter, dialog and preview say the same of the order's lines; ``code``: the
        reason of those that get less than there is."""
        order.invalidate_recordset()
        order.order_line.invalidate_recordset()
        fillable = order.order_line.mapped("backorder_fillable_qty")
        self.assertEqual(fillable, quantities, "badge")
        found = self.env["sale.order.line"].search(
            [("order_id", "=", order.id), ("backorder_fillable_qty", ">", 0)]
        )
        some = order.order_line.filtered(lambda line: line.backorder_fillable_qty)
        self.assertEqual(found, some, "filter")
        self.assertEqual(self._dialog(order).line_ids.mapped("quantity"), quantities, "dialog")
        for policy in ("fifo", "fair", "value", "most_complete"):
            run = self._run(order, policy=policy)
            self.assertEqual(run.line_ids.mapped("planned_qty"), quantities, policy)
        if code:
            reasons = {row.reason for row in run.line_ids if not row.planned_qty}
            self.assertEqual(reasons, {code})
            for row in run.line_ids.filtered(lambda row: not row.planned_qty):
                self.assertIn(order._backorder_term_words(code), row.message)
        return run

    def _mails(self, order):
        return order.message_ids.mail_ids.mapped("subject")


@tagged("post_install", "-at_install")
class TestTerms(TermsCommon):
    def test_who_touches_nothing_has_no_terms(self):
        order = self._order((self.product, 5))
        self.assertEqual(order.backorder_accept, "yes")
        self.assertEqual(order.backorder_policy, "partial")
        self.assertFalse(order.backorder_max_shipments or order.backorder_min_value)
        self.assertFalse(order.backorder_cancel_days or order.backorder_cancel_date)
        self._stock(self.product, 2)
        self.assertOffers(order, [2])

    def test_company_customer_and_order_each_may_differ(self):
        self.company.write({"backorder_terms_policy": "line", "backorder_terms_max_shipments": 3})
        order = self._order((self.product, 5), confirm=False)
        self.assertEqual((order.backorder_policy, order.backorder_max_shipments), ("line", 3))
        self.customer.write({"backorder_policy": "complete", "backorder_max_shipments": -1})
        self.assertEqual((order.backorder_policy, order.backorder_max_shipments), ("complete", 0))
        order.backorder_policy = "partial"
        self.customer.backorder_policy = "line"
        self.assertEqual(order.backorder_policy, "partial", "was changed on the order")

    def test_typed_on_the_forms(self):
        self.env.user.group_ids += self.env.ref("backorder_mgmt.group_backorder_user")
        with Form(self.customer) as form:
            form.backorder_policy = "line"
            form.backorder_min_value = 50
        with Form(self.env["sale.order"]) as form:
            form.partner_id = self.customer
            self.assertEqual(form.backorder_policy, "line")
            form.backorder_cancel_days = 30
        self.assertEqual(form.record.backorder_min_value, 50)
        self.assertEqual(form.record.backorder_cancel_days, 30)
        with self.assertRaisesRegex(ValidationError, "cannot be negative"):
            form.record.backorder_max_shipments = -1

    def test_imported_with_the_customers(self):
        names = ["name", "backorder_accept", "backorder_policy", "backorder_max_shipments"]
        names += ["backorder_min_value", "backorder_cancel_days"]
        row = ["Cleo Import", "no", "line", "2", "99.5", "14"]
        partner = self.env["res.partner"].browse(self.env["res.partner"].load(names, [row])["ids"])
        exported = partner.export_data(names[1:])["datas"][0]
        self.assertEqual(exported[2:], [2, 99.5, 14])
        order = self._order((self.product, 1), partner_id=partner.id, confirm=False)
        self.assertEqual(order.backorder_accept, "no")

    def test_complete_lines(self):
        self.customer.backorder_policy = "line"
        order = self._order((self.product, 5), (self.other, 3))
        self._stock(self.product, 4)
        self._stock(self.other, 3)
        self.assertOffers(order, [0, 3], "customer_lines")
        with self.assertRaisesRegex(UserError, "complete lines only.*Hammer"):
            order.fill_backorders({order.order_line[0].id: 4})
        self._run(order).action_start()
        self.assertHeld(order.order_line[0], 5, reserved=0)
        self.assertHeld(order.order_line[1], 0, reserved=3)

    def test_complete_orders(self):
        self.customer.backorder_policy = "complete"
        order = self._order((self.product, 5), (self.other, 3))
        self._stock(self.product, 5)
        self.assertOffers(order, [0, 0], "customer_complete")
        with self.assertRaisesRegex(UserError, "complete orders only.*Nails"):
            order.fill_backorders({order.order_line[0].id: 5})
        self._stock(self.other, 3)
        self.assertOffers(order, [5, 3])

    def test_smallest_value_of_a_shipment(self):
        self.customer.backorder_min_value = 60
        order = self._order((self.product, 8), (self.other, 3))  # 10.00 each
        self._stock(self.product, 5)
        self.assertOffers(order, [0, 0], None)
        row = self._run(order).line_ids[0]
        self.assertEqual((row.reason, row.available_qty), ("min_value", 5))
        self.assertIn("60.00", row.message)
        with self.assertRaisesRegex(UserError, "60.00"):
            order.fill_backorders({order.order_line[0].id: 5})
        self._stock(self.other, 1)
        self.assertOffers(order, [5, 1])

    def test_what_completes_the_order_ships_whatever_it_is_worth(self):
        self.customer.backorder_min_value = 60
        order = self._order((self.product, 2))
        self._stock(self.product, 2)
        self.assertOffers(order, [2])

    def test_what_waits_on_the_delivery_counts_into_the_value(self):
        self._stock(self.product, 5)
        self.customer.backorder_min_value = 60
        order = self._order((self.product, 8))
        self.assertHeld(order.order_line, 3, reserved=5)
        self._stock(self.product, 1)
        self.assertOffers(order, [1])
        self.company.backorder_fill_approved = "new_order"
        self.assertOffers(order, [0], "min_value")

    def test_the_last_shipment_goes_out_complete(self):
        self.company.backorder_fill_approved = "new_order"
        self.customer.backorder_max_shipments = 2
        order = self._order((self.product, 9))
        self._stock(self.product, 3)
        self.assertOffers(order, [3])
        order.fill_backorders()
        self._stock(self.product, 3)
        self.assertOffers(order, [0], "last_shipment")
        with self.assertRaisesRegex(UserError, "2 shipments"):
            order.fill_backorders({order.order_line.id: 3})
        self._stock(self.product, 3)
        self.assertOffers(order, [6])

    def test_filled_on_the_order_what_is_ready_ships_together(self):
        self.customer.backorder_max_shipments = 2
        self._stock(self.product, 3)
        order = self._order((self.product, 9))
        self._stock(self.product, 3)
        self.assertOffers(order, [3])  # joins the delivery that is open
        self._deliver(order.picking_ids, {self.product: 3})
        self.assertOffers(order, [0], "last_shipment")

    def _deliver(self, picking, quantities):
        for move in picking.move_ids:
            move.quantity = quantities[move.product_id]
            move.picked = True
        action = picking.button_validate()
        if isinstance(action, dict):
            wizard = self.env[action["res_model"]].with_context(**action["context"])
            Form(wizard).save().process()

    def test_a_quotation_counts_with_what_it_is_promised(self):
        self.customer.backorder_min_value = 60
        self._stock(self.product, 5)
        order = self._order((self.product, 9), confirm=False)
        self._stock(self.product, 1)
        run = self._run(order)
        self.assertEqual(run.line_ids.planned_qty, 1)

    def test_two_of_one_customer_compete_for_a_shipment(self):
        """What the older one would get is too little, so the other one has it."""
        order = self._order((self.product, 9), (self.other, 1))
        order.backorder_min_value = 60
        later = self._order((self.product, 5))
        later.backorder_min_value = 40
        self._stock(self.product, 5)
        run = self._run(order | later)
        planned = {row.order_id: row.planned_qty for row in run.line_ids}
        self.assertEqual(planned[later], 5)
        run.action_start()
        self.assertHeld(later.order_line, 0, reserved=5)
        self.assertFalse(any(order.order_line.mapped("backorder_reserved_qty")))

    def test_what_changed_meanwhile_is_within_the_terms_too(self):
        self.customer.backorder_policy = "line"
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        run = self._run(order)
        self._stock(self.product, -1)
        run.action_start()
        self.assertEqual((run.line_ids.reason, run.line_ids.filled_qty), ("changed", 0))
        self.assertHeld(order.order_line, 5, reserved=0)

    def test_the_dialog_says_what_is_agreed(self):
        self.customer.write({"backorder_policy": "line", "backorder_min_value": 70})
        order = self._order((self.product, 9))
        self._stock(self.product, 5)
        dialog = self._dialog(order)
        self.assertIn("complete lines only", dialog.destination)
        self.assertIn("at least", dialog.destination)
        self.assertIn("not enough for all of this one", dialog.line_ids.destination)

    def test_the_processor_keeps_to_complete_lines(self):
        self.customer.backorder_policy = "line"
        order = self._order((self.product, 5), (self.other, 3), confirm=False)
        self._stock(self.product, 4)
        self._stock(self.other, 3)
        run = self.env["backorder.run"].create(
            {
                "kind": "process",
                "order_ids": [Command.set(order.ids)],
                "if_backorders": "try",
                "include_backordered": True,
            }
        )
        run.action_preview()
        planned = {row.product_id: (row.planned_qty, row.reason) for row in run.line_ids}
        self.assertEqual(planned[self.product], (0, "customer_lines"))
        self.assertEqual(planned[self.other][0], 3)


@tagged("post_install", "-at_install")
class TestNoBackorders(TermsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.backorder_accept = "no"

    def test_what_is_missing_at_confirmation_is_cancelled_and_told(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 5), (self.other, 2))
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [3, 0])
        self.assertHeld(order.order_line[0], 0, reserved=3)
        events = order.order_line.backorder_event_ids.filtered(lambda e: e.type == "cancel")
        self.assertEqual(set(events.mapped("note")), {"Ada Customer takes no backorders"})
        self.assertIn("takes no backorders", " ".join(order.message_ids.mapped("body")))
        mail = self.env["mail.mail"].search(
            [("model", "=", "sale.order"), ("res_id", "=", order.id), ("state", "=", "outgoing")]
        )
        self.assertIn("could not supply", mail.subject)
        self.assertIn("Hammer", mail.body_html)
        self.assertIn("2 Units", mail.body_html)

    def test_nothing_is_cancelled_where_nothing_is_missing(self):
        self._stock(self.product, 5)
        order = self._order((self.product, 5))
        self.assertEqual(order.order_line.product_uom_qty, 5)
        self.assertFalse(order.order_line.backorder_event_ids)

    def test_a_quotation_only_informs(self):
        order = self._order((self.product, 5), confirm=False)
        self.assertEqual((order.order_line.product_uom_qty, order.order_line.backorder_qty), (5, 5))

    def test_what_a_person_forced_waits(self):
        self._stock(self.product, 3)
        order = self._order((self.product, 5), confirm=False)
        order.force_backorders({order.order_line.id: 4})
        self.assertEqual(order.order_line.backorder_forced_qty, 2)
        order.action_confirm()
        # 3 are there; of the 4 that are to wait, 2 are missing and are cancelled
        self.assertHeld(order.order_line, 2, reserved=1)
        self.assertEqual(order.order_line.product_uom_qty, 3)

    def test_a_salesperson_confirms_without_the_right_to_cancel(self):
        self.salesman.group_ids += self.env.ref("backorder_mgmt.group_backorder_user")
        order = self._order((self.product, 5), confirm=False)
        order.with_user(self.salesman).action_confirm()
        self.assertEqual(order.order_line.product_uom_qty, 0)

    def _waiting(self):
        """Agreed after the confirmation: the order waits already."""
        self.customer.backorder_accept = "yes"
        order = self._order((self.product, 5))
        order.backorder_accept = "no"
        return order

    def test_fills_cancel_what_they_leave(self):
        order = self._waiting()
        self._stock(self.product, 3)
        run = self._run(order)
        self.assertEqual((run.line_ids.reason, run.line_ids.planned_qty), ("not_accepted", 3))
        self.assertIn("2 Units are cancelled", run.line_ids.message)
        self.assertHeld(order.order_line, 5)
        run.action_start()
        self.assertHeld(order.order_line, 0, reserved=3)
        self.assertEqual(order.order_line.product_uom_qty, 3)
        self.assertEqual(run.line_ids.cancelled_qty, 2)
        self.assertEqual(run.run_order_ids.outcome, "complete")
        with self.assertRaisesRegex(UserError, "what was missing was cancelled"):
            run.action_undo()

    def test_a_fill_with_nothing_on_hand_cancels_what_it_leaves(self):
        """Also where the fill has nothing to give: nothing waits, and the customer is told."""
        order = self._waiting()
        self.assertHeld(order.order_line, 5, reserved=0)
        run = self._run(order)
        self.assertEqual(run.line_ids.planned_qty, 0)
        self.assertHeld(order.order_line, 5, reserved=0)
        run.action_start()
        self.assertHeld(order.order_line, 0, reserved=0)
        event = self.env["backorder.event"].search(
            [("sale_line_id", "=", order.order_line.id), ("type", "=", "cancel")]
        )
        self.assertEqual(event.quantity, -5)
        self.assertEqual(len(self._mails(order)), 1)

    def test_the_new_order_of_a_fill_is_a_completed_one(self):
        self.company.backorder_fill_approved = "new_order"
        order = self._waiting()
        self._stock(self.product, 3)
        run = self._run(order, approve_complete=True, approve_partial=False)
        run.action_start()
        self.assertEqual(order.backorder_child_ids.state, "sale")
        self.assertEqual(order.order_line.product_uom_qty, 0)

    def test_the_dialog_cancels_where_all_that_is_there_was_given(self):
        order = self._waiting()
        self._stock(self.product, 3)
        dialog = self._dialog(order)
        self.assertIn("takes no backorders", dialog.destination)
        dialog.line_ids.quantity = 2
        dialog.action_fill()
        self.assertHeld(order.order_line, 3, reserved=2)
        order.fill_backorders({order.order_line.id: 1})
        self.assertHeld(order.order_line, 0, reserved=3)
        self.assertEqual(order.order_line.product_uom_qty, 3)


@tagged("post_install", "-at_install")
class TestCancelDate(TermsCommon):
    def _night(self, day):
        with freeze_time(f"{day} 23:00:00"):
            for order_id in self.env["sale.order"]._backorder_cancel_due().ids:
                self.env["sale.order"]._backorder_cancel_date_work(order_id)
        self.env.invalidate_all()

    def _dated(self, date="2026-03-20"):
        order = self._order((self.product, 5))
        order.backorder_cancel_date = date
        return order

    def test_the_date_follows_from_days_and_confirmation(self):
        self.customer.backorder_cancel_days = 30
        order = self._order((self.product, 5), confirm=False)
        self.assertFalse(order.backorder_cancel_date)
        order.action_confirm()
        day = order.date_order.date()
        self.assertEqual(order.backorder_cancel_date, day + timedelta(days=30))
        order.backorder_cancel_days = 10
        self.assertEqual(order.backorder_cancel_date, day + timedelta(days=10))
        order.backorder_cancel_date = "2030-01-01"
        self.assertEqual(order.backorder_cancel_days, 10)

    def test_told_a_week_before_and_cancelled_the_night_after(self):
        order = self._dated()
        self._night("2026-03-12")
        self.assertFalse(order.backorder_cancel_told)
        self._night("2026-03-13")
        self.assertEqual(order.backorder_cancel_told, fields.Date.to_date("2026-03-13"))
        self.assertEqual(order.activity_ids.user_id, self.salesman)
        self.assertIn("Hammer", order.activity_ids.note)
        mails = self.env["mail.mail"].search([("res_id", "=", order.id)])
        self.assertIn("about to be cancelled", mails[:1].subject)
        self._night("2026-03-14")
        self._night("2026-03-20")
        self.assertEqual(len(order.activity_ids), 1, "told once")
        self.assertHeld(order.order_line, 5)
        self._night("2026-03-21")
        self.assertHeld(order.order_line, 0)
        self.assertEqual(order.order_line.product_uom_qty, 0)
        cancelled = order.order_line.backorder_event_ids.filtered(lambda e: e.type == "cancel")
        self.assertIn("Cancel date 03/20/2026 has passed", cancelled.note)

    def test_never_silently_also_when_the_date_has_passed(self):
        order = self._dated()
        self._night("2026-04-10")
        self.assertHeld(order.order_line, 5)
        self.assertTrue(order.backorder_cancel_told)
        self._night("2026-04-10")
        self.assertHeld(order.order_line, 5)
        self._night("2026-04-11")
        self.assertHeld(order.order_line, 0)

    def test_another_date_is_told_again(self):
        order = self._dated()
        self._night("2026-03-15")
        order.backorder_cancel_date = "2026-05-20"
        self.assertFalse(order.backorder_cancel_told)
        self._night("2026-03-21")
        self.assertHeld(order.order_line, 5)

    def test_past_its_date_an_order_is_filled_by_nobody(self):
        order = self._dated(fields.Date.today() - timedelta(days=1))
        self._stock(self.product, 5)
        self.assertOffers(order, [0], "cancel_date")
        with self.assertRaisesRegex(UserError, "cancel date"):
            order.fill_backorders({order.order_line.id: 5})
        order.backorder_cancel_date = fields.Date.today()
        self.assertOffers(order, [5])

    def test_the_job_runs(self):
        order = self._dated(fields.Date.today())
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_cancel_backorders").method_direct_trigger()
        order.invalidate_recordset()
        self.assertEqual(order.backorder_cancel_told, fields.Date.today())
