"""The Multi-Order Processor (guide, “Multi-Order Processor”; design 7)."""

import io
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools.pdf import PdfFileReader

from .test_run import RunCommon


class ProcessCommon(RunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "ada@example.com"
        cls.template = cls.env["mail.template"].create(
            {
                "name": "Processed",
                "model_id": cls.env["ir.model"]._get_id("sale.order"),
                "subject": "{{ object.name }} is on its way",
                "email_to": "{{ object.partner_id.email }}",
                "body_html": "<p>Good news</p>",
            }
        )

    def _quotation(self, *items, **values):
        return self._order(*items, confirm=False, **values)

    def _dialog(self, orders, **options):
        dialogs = self.env["backorder.process"].with_user(self.manager)
        return dialogs.with_context(active_model="sale.order", active_ids=orders.ids).create(
            options
        )

    def _process(self, orders, **options):
        """The run of a dialog whose *Process Orders* was pressed."""
        dialog = self._dialog(orders, **options)
        before = self.env["backorder.run"].search([])
        dialog.action_process()
        return (self.env["backorder.run"].search([]) - before).with_user(self.manager)

    def _row(self, run, order):
        return run.run_order_ids.filtered(lambda row: row.order_id == order)


@tagged("post_install", "-at_install")
class TestProcess(ProcessCommon):
    def test_all_toggles_are_off_by_default(self):
        order = self._quotation((self.product, 1))
        dialog = self._dialog(order)
        for name in (
            "approve",
            "set_ship_date",
            "create_invoice",
            "post_invoice",
            "print_documents",
            "include_backordered",
            "email_template_id",
        ):
            self.assertFalse(dialog[name], name)
        self.assertEqual(
            (dialog.if_backorders, dialog.credit_card_mode, dialog.expired_orders),
            ("leave", "none", "skip"),
        )

    def test_with_everything_off_nothing_is_made(self):
        order = self._quotation((self.product, 1))
        runs = self.env["backorder.run"].search_count([])
        with self.assertRaisesRegex(UserError, "every option is off"):
            self._dialog(order).action_process()
        self.assertEqual(self.env["backorder.run"].search_count([]), runs)
        self.assertEqual(order.state, "draft")

    def test_company_defaults_and_save_as_my_default(self):
        self.company.write(
            {"backorder_process_if_backorders": "try", "backorder_process_approve": True}
        )
        order = self._quotation((self.product, 1))
        dialog = self._dialog(order)
        self.assertEqual((dialog.if_backorders, dialog.approve), ("try", True))
        dialog.write({"if_backorders": "complete", "set_ship_date": True})
        dialog.action_save_default()
        again = self._dialog(order)
        self.assertEqual((again.if_backorders, again.set_ship_date), ("complete", True))
        self.assertEqual(again.order_ids, order, "the orders are not kept")

    def test_preview_changes_nothing_and_says_what_will_happen(self):
        ready = self._quotation((self.product, 2))
        self._stock(self.product, 3)
        short = self._quotation((self.other, 3))
        confirmed = self._order((self.product, 1))
        dialog = self._dialog(
            ready | short | confirmed,
            if_backorders="try",
            approve=True,
            create_invoice=True,
            email_template_id=self.template.id,
        )
        run = self.env["backorder.run"].browse(dialog.action_preview()["res_id"])
        self.assertEqual((ready.state, short.state, run.state), ("draft", "draft", "planned"))
        self.assertEqual(ready.order_line.backorder_promised_qty, 0)
        self.assertIn("approve, invoice, e-mail", self._row(run, ready).message)
        self.assertEqual(self._row(run, ready).planned_outcome, "complete")
        self.assertIn("Still has backorders", self._row(run, short).message)
        self.assertEqual(self._row(run, confirmed).skip_reason, "confirmed")
        self.assertIn("only quotations", self._row(run, confirmed).message)
        run.with_user(self.manager).action_start()
        self.assertEqual((ready.state, short.state), ("sale", "draft"))

    def test_everything_that_is_ticked_is_done_once(self):
        self._stock(self.product, 5)
        order = self._quotation((self.product, 5, {"price_unit": 10}))
        day = fields.Date.today() + timedelta(days=3)
        run = self._process(
            order,
            approve=True,
            set_ship_date=True,
            ship_date=day,
            create_invoice=True,
            post_invoice=True,
            email_template_id=self.template.id,
        )
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.picking_ids.state, "assigned")
        self.assertEqual(order.backorder_ship_date, day)
        self.assertEqual(order.picking_ids.scheduled_date.date(), day)
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertEqual(self._row(run, order).invoice_ids, order.invoice_ids)
        mails = self.env["mail.mail"].search([("subject", "=", f"{order.name} is on its way")])
        self.assertEqual((len(mails), mails.state), (1, "outgoing"))
        self.assertEqual(
            (run.processed_count, run.approved_count, run.mail_count, run.invoice_count),
            (1, 1, 1, 1),
        )
        with self.assertRaises(UserError):
            run.action_start()
        again = self._process(order, approve=True, email_template_id=self.template.id)
        self.assertEqual(self._row(again, order).skip_reason, "confirmed")
        self.assertEqual(len(mails.search([("subject", "=", f"{order.name} is on its way")])), 1)

    def test_stock_is_dealt_over_the_whole_selection_in_one_plan(self):
        """Both quotations count on the same five: only the first one gets them."""
        self._stock(self.product, 5)
        first = self._quotation((self.product, 5))
        second = self._quotation((self.product, 5))
        self.assertFalse((first | second).order_line.filtered("backorder_qty"))
        run = self._process(second | first, approve=True)
        self.assertEqual((first.state, second.state), ("sale", "draft"))
        self.assertEqual(self._row(run, second).skip_reason, "backorders")
        self.assertHeld(second.order_line, 5)
        line = self._by_order(run, second)
        self.assertIn(first.name, line.message)

    def test_policy_decides_who_gets_it(self):
        self._stock(self.product, 5)
        small = self._quotation((self.product, 5, {"price_unit": 1}))
        large = self._quotation((self.product, 5, {"price_unit": 100}))
        self._process(small | large, approve=True, policy="value")
        self.assertEqual((small.state, large.state), ("draft", "sale"))

    def test_try_keeps_what_it_filled_set_aside(self):
        order = self._quotation((self.product, 5))
        self.assertHeld(order.order_line, 5)
        self._stock(self.product, 3)
        run = self._process(
            order,
            if_backorders="try",
            approve=True,
            create_invoice=True,
            email_template_id=self.template.id,
        )
        self.assertEqual(order.state, "draft")
        self.assertHeld(order.order_line, 2, reserved=3)
        self.assertEqual(order.order_line.backorder_promised_qty, 3)
        self.assertFalse(order.invoice_ids)
        row = self._row(run, order)
        self.assertEqual((row.outcome, row.skip_reason), ("partial", "backorders"))
        self.assertFalse(row.processed or row.mail_queued)
        other = self._order((self.product, 3))
        self.assertHeld(other.order_line, 3, reserved=0)

    def test_fill_by_try_then_approved_reserves_it(self):
        order = self._quotation((self.product, 5))
        self._stock(self.product, 3)
        run = self._process(order, if_backorders="try", approve=True, include_backordered=True)
        self.assertEqual(order.state, "sale")
        self.assertHeld(order.order_line, 2, reserved=3)
        self.assertEqual(self._row(run, order).outcome, "partial")
        self.assertTrue(self._row(run, order).processed)

    def test_orders_that_are_not_processed_say_why(self):
        self._stock(self.product, 50)
        day = fields.Date.today() - timedelta(days=1)
        archived = self.env["res.partner"].create({"name": "Gone", "email": "g@example.com"})
        cases = {
            "confirmed": self._order((self.product, 1)),
            "cancelled": self._quotation((self.product, 1)),
            "no_lines": self._quotation(),
            "expired": self._quotation((self.product, 1), validity_date=day),
            "customer": self._quotation((self.product, 1), partner_id=archived.id),
        }
        cases["cancelled"]._action_cancel()
        archived.active = False
        orders = self.env["sale.order"].union(*cases.values())
        dialog = self._dialog(orders)
        self.assertEqual(dialog.skipped_count, len(cases))
        self.assertEqual(dialog.expired_count, 1)
        run = self._process(orders, approve=True)
        for reason, order in cases.items():
            row = self._row(run, order)
            self.assertEqual((row.outcome, row.skip_reason), ("skipped", reason))
            self.assertTrue(row.message)
        self.assertEqual(run.skipped_count, len(cases))
        self._process(cases["expired"], approve=True, expired_orders="process")
        self.assertEqual(cases["expired"].state, "sale")

    def test_orders_of_another_company_are_skipped(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        self.env["stock.warehouse"].create({"name": "O", "code": "O", "company_id": other.id})
        self.manager.company_ids |= other
        foreign = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "company_id": other.id}
        )
        self._stock(self.product, 1)
        own = self._quotation((self.product, 1))
        run = self._process(own | foreign, approve=True)
        self.assertEqual(self._row(run, foreign).skip_reason, "company")
        self.assertIn("Other Company", self._row(run, foreign).message)
        self.assertEqual(own.state, "sale")
        self.assertEqual(self._dialog(foreign).company_id, other)

    def test_no_orders(self):
        with self.assertRaisesRegex(UserError, "No orders are chosen"):
            self._dialog(self.env["sale.order"]).action_process()
        with self.assertRaisesRegex(UserError, "No orders are chosen"):
            self.env["sale.order"].with_user(self.manager).action_process_orders()

    def test_for_backorders_managers_only(self):
        order = self._quotation((self.product, 1))
        with self.assertRaises(AccessError):
            order.with_user(self.salesman).action_process_orders()

    def test_selection_or_the_whole_filter(self):
        orders = self._quotation((self.product, 1)) | self._quotation((self.product, 2))
        mine = self.env["sale.order"].with_user(self.manager)
        action = orders[:1].with_user(self.manager).action_process_orders()
        dialog = self.env["backorder.process"].browse(action["res_id"])
        self.assertEqual(dialog.order_ids, orders[:1])
        domain = [("partner_id", "=", self.customer.id), ("state", "=", "draft")]
        action = mine.with_context(active_domain=domain).action_process_orders()
        dialog = self.env["backorder.process"].browse(action["res_id"])
        self.assertEqual(dialog.order_ids, orders)
        self.assertEqual(dialog.order_count, 2)

    def test_tallies(self):
        self._stock(self.product, 3)
        ready = self._quotation((self.product, 3, {"price_unit": 10, "tax_ids": False}))
        part = self._quotation((self.other, 1, {"price_unit": 5, "tax_ids": False}))
        form = Form(
            self.env["backorder.process"]
            .with_user(self.manager)
            .with_context(active_model="sale.order", active_ids=(ready | part).ids)
        )
        self.assertEqual(
            (form.order_count, form.complete_count, form.partial_count, form.none_count),
            (2, 1, 0, 1),
        )
        self.assertAlmostEqual(form.amount_total, ready.amount_total + part.amount_total)
        self.assertAlmostEqual(form.amount_due, ready.amount_total + part.amount_total)

    def test_a_quotation_without_lines_has_neither_stock_nor_nothing(self):
        """It would come up under “All in Stock”, and is skipped when it is processed."""
        empty = self._quotation()
        self.assertFalse(empty.backorder_stock)
        found = self.env["sale.order"].search(
            [("id", "=", empty.id), ("backorder_stock", "=", "all")]
        )
        self.assertFalse(found)

    def test_tallies_count_the_whole_selection(self):
        """Value and *Still to Pay* are of all chosen orders, also of those that are skipped."""
        self._stock(self.product, 1)
        price = {"price_unit": 10, "tax_ids": False}
        day = fields.Date.today() - timedelta(days=1)
        ready = self._quotation((self.product, 1, price))
        expired = self._quotation((self.product, 1, price), validity_date=day)
        cancelled = self._quotation((self.product, 1, price))
        cancelled._action_cancel()
        dialog = self._dialog(ready | expired | cancelled)
        self.assertEqual((dialog.amount_total, dialog.amount_due), (30, 20))
        self.assertEqual((dialog.order_count, dialog.skipped_count), (3, 2))
        self.assertIn(f"{cancelled.name}: The order is cancelled.", dialog.skipped_note)

    def test_skipped_orders_are_one_line_for_each_reason(self):
        price = {"price_unit": 10, "tax_ids": False}
        orders = self.env["sale.order"].union(
            *(self._quotation((self.product, number + 1, price)) for number in range(5))
        )
        dialog = self._dialog(orders | self._quotation(), credit_card_mode="paid_only")
        lines = dialog.skipped_note.splitlines()
        self.assertEqual(len(lines), 2, dialog.skipped_note)
        self.assertIn("and 2 more: Not Paid.", "".join(lines))

    def test_what_others_got_goes_on_backorder_with_a_note(self):
        """Each was written when five were there; the first gets them, the second stays."""
        self._stock(self.product, 5)
        first, second = self._quotation((self.product, 5)), self._quotation((self.product, 5))
        self.assertFalse(second.order_line.backorder_qty)
        run = self._process(first | second, approve=True)
        self.assertEqual(self._row(run, second).process_state, "stays")
        self.assertEqual(second.order_line.backorder_qty, 5)
        notes = second.message_ids.filtered(lambda note: run.name in (note.body or ""))
        self.assertEqual(len(notes), 1)
        self.assertIn("now on backorder: Hammer: 5 Units", notes.body)

    def test_preview_counts_and_warns(self):
        """Before the start the counters are the plan's; what somebody should know is said."""
        self._stock(self.product, 2)
        self.customer.write({"email": False, "sale_warn_msg": "Pays late"})
        order, short = self._quotation((self.product, 1)), self._quotation((self.product, 3))
        dialog = self._dialog(order | short, approve=True, email_template_id=self.template.id)
        run = self.env["backorder.run"].browse(dialog.action_preview()["res_id"])
        self.assertEqual((run.processed_count, run.skipped_count), (1, 1))
        message = self._row(run, order).message
        self.assertNotIn("e-mail,", message)
        for words in (
            "Approve.",
            "No e-mail: Ada Customer has no address.",
            "Ada Customer has no delivery address.",
            "Note on the customer: Pays late",
        ):
            self.assertIn(words, message)
        self.assertIn("Still has backorders: Hammer.", self._row(run, short).message)
        self.customer.write({"street": "1 Quay", "sale_warn_msg": False})
        run.with_user(self.manager).action_start()
        message = self._row(run, order).message
        self.assertEqual(message, "Approved. No e-mail: Ada Customer has no address.")

    def test_a_failing_order_is_reported_and_stops_nobody(self):
        self._stock(self.product, 3)
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._quotation((self.product, 1))
        bad, original = orders[1], type(orders)._action_confirm
        message = "The customer is blocked"

        def failing(confirmed):
            if bad in confirmed:
                raise UserError(message)
            return original(confirmed)

        with patch.object(type(orders), "_action_confirm", failing):
            run = self._process(orders, approve=True, email_template_id=self.template.id)
        self.assertEqual(orders.mapped("state"), ["sale", "draft", "sale"])
        self.assertEqual((run.failed_count, run.approved_count, run.mail_count), (1, 2, 2))
        self.assertIn("customer is blocked", bad.message_ids[0].body)

    def test_what_changed_since_the_preview_is_looked_at_again(self):
        self._stock(self.product, 4)
        gone, confirmed = self._quotation((self.product, 2)), self._quotation((self.product, 2))
        dialog = self._dialog(gone | confirmed, approve=True)
        run = self.env["backorder.run"].browse(dialog.action_preview()["res_id"])
        confirmed.action_confirm()
        self._stock(self.product, -1)
        run.with_user(self.manager).action_start()
        self.assertEqual(gone.state, "draft")
        self.assertEqual(self._row(run, gone).skip_reason, "backorders")
        self.assertEqual(self._row(run, confirmed).skip_reason, "confirmed")

    def test_customer_without_address(self):
        self._stock(self.product, 1)
        self.customer.email = False
        order = self._quotation((self.product, 1))
        run = self._process(order, approve=True, email_template_id=self.template.id)
        self.assertEqual(order.state, "sale")
        self.assertIn("No e-mail: Ada Customer has no address", self._row(run, order).message)

    def test_background_goes_in_batches_and_everyone_keeps_his_share(self):
        """Fair: 4 orders of 5 share 10 units, though each is a batch of its own."""
        self.company.backorder_run_threshold = 0
        orders = self.env["sale.order"]
        for _number in range(4):
            orders |= self._quotation((self.product, 5))
        self._stock(self.product, 10)
        run = self._process(
            orders, if_backorders="try", policy="fair", approve=True, include_backordered=True
        )
        self.assertEqual((run.state, orders[0].state), ("queued", "draft"))
        with (
            self.enter_registry_test_mode(),
            patch.object(type(run), "_backorder_batch", 1),
        ):
            job = self.env.ref("backorder_mgmt.ir_cron_work_runs")
            job.method_direct_trigger()
            while run.state == "running":  # a slow machine: the job's time was over
                job.method_direct_trigger()
        self.assertEqual((run.state, run.approved_count), ("done", 4))
        self.assertEqual(sorted(orders.order_line.mapped("backorder_reserved_qty")), [2, 2, 3, 3])
        self.assertInvariants(orders)

    def test_stop(self):
        self.company.backorder_run_threshold = 0
        order = self._quotation((self.product, 1))
        run = self._process(order, approve=True)
        run.action_cancel()
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
        self.assertEqual((run.state, order.state), ("cancelled", "draft"))
        self.assertEqual(run.run_order_ids.process_state, "stays")
        self.assertEqual((run.waiting_count, run.skipped_count), (0, 1))

    def test_cannot_be_taken_back_as_a_whole(self):
        run = self._process(self._quotation((self.product, 1)), approve=True)
        with self.assertRaisesRegex(UserError, "cannot be taken back as a whole"):
            run.action_undo()

    def test_what_was_set_aside_for_one_quotation_is_taken_back(self):
        waiting, ready = self._quotation((self.product, 5)), self._quotation((self.other, 1))
        self._stock(self.product, 3)
        self._stock(self.other, 1)
        run = self._process(waiting | ready, if_backorders="try", approve=True)
        self._row(run, waiting).action_undo()
        self.assertHeld(waiting.order_line, 5, reserved=0)
        with self.assertRaisesRegex(UserError, "it is approved"):
            self._row(run, ready).action_undo()

    def test_filters_of_the_list(self):
        self._stock(self.product, 3)
        ready, some = self._quotation((self.product, 3)), self._quotation((self.product, 5))
        nothing = self._quotation((self.other, 1))
        old = fields.Datetime.now() - timedelta(days=9)
        ready.date_order = old
        mine = self.env["sale.order"].with_user(self.manager)
        own = [("id", "in", (ready | some | nothing).ids)]
        for state, order in (("all", ready), ("some", some), ("none", nothing)):
            self.assertEqual(mine.search([*own, ("backorder_stock", "=", state)]), order)
            self.assertEqual(order.backorder_stock, state)
        self.assertEqual(mine.search([*own, ("backorder_days_open", ">", 7)]), ready)
        self.assertEqual(mine.search([*own, ("backorder_days_open", "<=", 7)]), some | nothing)
        self.assertEqual(
            mine.search([*own, ("backorder_payment", "=", "due")]).ids, own[0][2][::-1]
        )
        self.assertFalse(mine.search([*own, ("backorder_has_card", "=", True)]))
        free = self._quotation((self.product, 1, {"price_unit": 0}))
        self.assertEqual(free.backorder_payment, "paid")

    def test_report_and_workbook(self):
        self._stock(self.product, 1)
        order = self._quotation((self.product, 1))
        short = self._quotation((self.other, 1))
        run = self._process(order | short, approve=True, create_invoice=True)
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "backorder_mgmt.report_backorder_run", run.ids
        )
        text = content.decode()
        for words in ("Orders Processed", "Draft invoice made", short.name, "If an Order Has Any"):
            self.assertIn(words, text)
        self.assertTrue(run._export_xlsx().startswith(b"PK"))


@tagged("post_install", "-at_install")
class TestDecisions(ProcessCommon):
    """Single decisions; the whole table is in ``test_process_decisions.py``."""

    def test_two_lines_the_one_in_stock_does_not_make_it_complete(self):
        self._stock(self.product, 5)
        order = self._quotation((self.product, 5), (self.other, 1))
        run = self._process(order, if_backorders="complete", approve=True)
        self.assertEqual(order.state, "draft")
        row = self._row(run, order)
        self.assertEqual((row.outcome, row.skip_reason), ("partial", "backorders"))
        self.assertEqual(run.line_ids.product_id, self.other, "what is in stock lacks nothing")

    def test_promised_to_others_is_not_there(self):
        first = self._quotation((self.product, 5))
        self._stock(self.product, 5)
        self._process(first, if_backorders="try")
        self.assertEqual(first.order_line.backorder_promised_qty, 5)
        second = self._quotation((self.product, 5))
        self._process(second, if_backorders="try", approve=True)
        self.assertEqual((second.state, second.order_line.backorder_promised_qty), ("draft", 0))
        self._process(first | second, approve=True)
        self.assertEqual((first.state, second.state), ("sale", "draft"))
        self.assertHeld(first.order_line, 0, reserved=5)

    def test_forced_backorders_are_left_or_filled(self):
        self._stock(self.product, 5)
        order = self._quotation((self.product, 5))
        order.force_backorders({order.order_line.id: 2})
        self._process(order, approve=True)
        self.assertEqual(order.state, "draft")
        self._process(order, approve=True, if_backorders="try")
        self.assertEqual(order.state, "sale")
        self.assertHeld(order.order_line, 0, reserved=5)

    def test_services_and_kits_of_nothing_tracked_have_no_backorders(self):
        service = self.env["product.product"].create({"name": "Sharpening", "type": "service"})
        order = self._quotation((service, 1))
        self._process(order, approve=True)
        self.assertEqual(order.state, "sale")

    def test_what_is_owed_to_older_backorders_is_left_to_them(self):
        older = self._order((self.product, 5))
        self._receive(self.product, 5)
        order = self._quotation((self.product, 5))
        self._process(order, approve=True)
        self.assertEqual(order.state, "draft")
        self.assertHeld(older.order_line, 5, reserved=0)

    def test_invoices_of_what_is_delivered_wait(self):
        self._stock(self.product, 1)
        self.product.invoice_policy = "delivery"
        order = self._quotation((self.product, 1))
        run = self._process(order, approve=True, create_invoice=True)
        self.assertFalse(order.invoice_ids)
        self.assertIn("Nothing to invoice now", self._row(run, order).message)

    def test_what_waited_for_payment_is_done_once(self):
        self._stock(self.product, 2)
        paid, failed = self._quotation((self.product, 1)), self._quotation((self.product, 1))
        run = self._process(paid | failed, email_template_id=self.template.id).sudo()
        run._backorder_write({"approve": True})
        run.run_order_ids._backorder_write(
            {"processed": False, "mail_queued": False, "skip_reason": False}
        )
        self.assertEqual(run.waiting_count, 2)
        self._row(run, paid)._process_paid()
        self._row(run, paid)._process_paid()
        self._row(run, failed)._process_payment_failed("The card was refused.")
        self.assertEqual((paid.state, failed.state), ("sale", "draft"))
        self.assertEqual((run.waiting_count, run.approved_count), (0, 1))
        self.assertEqual(self._row(run, failed).skip_reason, "payment")
        subject = f"{paid.name} is on its way"
        self.assertEqual(self.env["mail.mail"].search_count([("subject", "=", subject)]), 2)

    def test_documents_in_the_order_of_the_list(self):
        self._stock(self.product, 3)
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._quotation((self.product, 1))
        listed = orders[1] + orders[2] + orders[0]
        printed = []

        def render(_report, documents, chunk=50):
            printed.extend(documents)
            return b"%PDF-1.4"

        with patch.object(type(self.env["ir.actions.report"]), "_backorder_document_pdf", render):
            run = self._process(listed, approve=True, create_invoice=True, print_documents=True)
        self.assertEqual([pickings.sale_id for pickings, _invoices in printed], list(listed))
        self.assertEqual(
            [invoices for _pickings, invoices in printed], [o.invoice_ids for o in listed]
        )
        self.assertEqual(run.document_id.res_id, run.id)
        self.assertIn(str(run.document_id.id), run.action_print_documents()["url"])

    def test_documents_in_the_background_are_a_step_of_their_own(self):
        self.company.backorder_run_threshold = 0
        self._stock(self.product, 1)
        run = self._process(self._quotation((self.product, 1)), approve=True, print_documents=True)
        printed = []

        def render(_report, documents, chunk=50):
            printed.append(run.state)
            return b"%PDF-1.4"

        reports = type(self.env["ir.actions.report"])
        with (
            self.enter_registry_test_mode(),
            patch.object(reports, "_backorder_document_pdf", render),
        ):
            for _number in range(2):
                self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
        self.assertEqual(printed, ["done"])
        self.assertTrue(run.document_id)

    def test_without_wkhtmltopdf_the_orders_are_done_all_the_same(self):
        self._stock(self.product, 1)
        order = self._quotation((self.product, 1))
        reports = type(self.env["ir.actions.report"])
        with patch.object(reports, "get_wkhtmltopdf_state", lambda _report: "install"):
            run = self._process(order, approve=True, print_documents=True)
            self.assertEqual((order.state, run.state), ("sale", "done"))
            self.assertIn("wkhtmltopdf is not installed", run.message_ids[0].body)
            with self.assertRaisesRegex(UserError, "wkhtmltopdf is not installed"):
                run.action_print_documents()


@tagged("post_install", "-at_install")
class TestDocuments(ProcessCommon, HttpCase):
    """wkhtmltopdf fetches the style sheets from the server."""

    def test_documents_are_one_pdf(self):
        reports = self.env["ir.actions.report"]
        if reports.get_wkhtmltopdf_state() != "ok":
            self.skipTest("wkhtmltopdf is missing")
        self._stock(self.product, 2)
        orders = self._quotation((self.product, 1)) | self._quotation((self.product, 1))
        run = self._process(
            orders, approve=True, create_invoice=True, post_invoice=True, print_documents=True
        )
        content = io.BytesIO(run.sudo().document_id.raw)
        self.assertEqual(PdfFileReader(content).getNumPages(), 4)
        self.assertEqual(run.document_id.mimetype, "application/pdf")
