"""Fills of many orders: plan, preview, start, stop, take back (design 6)."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import BackorderCommon


class RunCommon(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env,
            "backorder_boss",
            groups="sales_team.group_sale_manager,backorder_mgmt.group_backorder_manager",
            company_id=cls.company.id,
        )
        cls.runs = cls.env["backorder.run"].with_user(cls.manager)

    def _run(self, orders, **options):
        return self.runs.create({"order_ids": [Command.set(orders.ids)], **options})

    def _by_order(self, run, order):
        return run.line_ids.filtered(lambda line: line.order_id == order)


@tagged("post_install", "-at_install")
class TestRun(RunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"

    def test_preview_changes_no_stock_and_is_exactly_what_gets_done(self):
        orders = self._order((self.product, 5))
        orders |= self._order((self.product, 4), (self.other, 2))
        orders |= self._order((self.product, 3))
        self._stock(self.product, 7)
        self._stock(self.other, 1)
        run = self._run(orders)
        run.action_preview()
        self.assertEqual(run.state, "planned")
        self.assertEqual(sum(orders.order_line.mapped("backorder_qty")), 14)
        planned = {line.sale_line_id: line.planned_qty for line in run.line_ids}
        reasons = {line.sale_line_id: (line.reason, line.message) for line in run.line_ids}
        self.assertEqual(sorted(planned.values()), [0, 1, 2, 5])
        run.action_start()
        self.assertEqual(run.state, "done")
        self.assertEqual({line.sale_line_id: line.filled_qty for line in run.line_ids}, planned)
        self.assertEqual(
            {line.sale_line_id: (line.reason, line.message) for line in run.line_ids}, reasons
        )
        self.assertHeld(orders[0].order_line, 0, reserved=5)
        self.assertHeld(orders[1].order_line[0], 2, reserved=2)
        self.assertHeld(orders[2].order_line, 3, reserved=0)

    def test_every_line_has_a_reason_that_says_who_got_the_stock(self):
        old, new = self._order((self.product, 5)), self._order((self.product, 5))
        self._stock(self.product, 5)
        run = self._run(old | new)
        run.action_preview()
        line = self._by_order(run, new)
        self.assertEqual(line.reason, "older_first")
        self.assertIn(old.name, line.message)

    def test_what_changed_between_preview_and_start_is_said(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        run = self._run(order)
        run.action_preview()
        self._stock(self.product, -3)
        run.action_start()
        self.assertEqual(run.line_ids.filled_qty, 2)
        self.assertEqual(run.line_ids.reason, "changed")
        self.assertIn("5 Units were planned, 2 Units could be filled", run.line_ids.message)
        self.assertHeld(order.order_line, 3, reserved=2)

    def test_start_without_preview_and_twice(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        run = self._run(order)
        run.action_start()
        self.assertHeld(order.order_line, 0, reserved=5)
        for method in ("action_start", "action_preview", "action_cancel"):
            with self.assertRaisesRegex(UserError, "is “Done”"):
                getattr(run, method)()

    def test_all_orders_when_none_is_named_but_no_quotations(self):
        order = self._order((self.product, 5))
        quotation = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 10)
        run = self.runs.create({"product_ids": [Command.set(self.product.ids)]})
        run.action_preview()
        self.assertEqual(run.line_ids.order_id, order)
        run.include_quotations = True
        run.action_preview()
        self.assertEqual(run.line_ids.order_id, order | quotation)
        run.action_start()
        self.assertEqual(quotation.order_line.backorder_promised_qty, 5)
        self.assertEqual(quotation.state, "draft")

    def test_only_orders_that_can_be_completed_take_stock(self):
        first = self._order((self.product, 5), (self.other, 1))
        second = self._order((self.product, 5))
        self._stock(self.product, 5)
        run = self._run(first | second, fill_mode="complete")
        run.action_start()
        self.assertEqual(set(self._by_order(run, first).mapped("reason")), {"not_complete"})
        self.assertHeld(first.order_line[0], 5, reserved=0)
        self.assertHeld(second.order_line, 0, reserved=5)

    def test_complete_looks_at_lines_outside_the_filter(self):
        order = self._order((self.product, 5), (self.other, 1))
        self._stock(self.product, 5)
        run = self._run(order, fill_mode="complete", product_ids=[Command.set(self.product.ids)])
        run.action_preview()
        self.assertEqual(run.line_ids.planned_qty, 0)

    def test_customers_who_take_complete_orders_only(self):
        self.customer.backorder_policy = "complete"
        order = self._order((self.product, 5))
        self._stock(self.product, 4)
        run = self._run(order)
        run.action_start()
        self.assertEqual(run.line_ids.reason, "customer_complete")
        self.assertHeld(order.order_line, 5, reserved=0)

    def test_policies(self):
        small = self._order((self.product, 2, {"price_unit": 1}))
        large = self._order((self.product, 6, {"price_unit": 50}))
        urgent = self._order((self.product, 6))
        urgent.picking_ids.priority = "1"
        dated = self._order(
            (self.product, 6), commitment_date=fields.Datetime.now() + timedelta(days=1)
        )
        orders = small | large | urgent | dated
        self._stock(self.product, 6)
        for policy, winner in (
            ("fifo", small),
            ("value", large),
            ("priority", urgent),
            ("deadline", dated),
        ):
            with self.subTest(policy=policy):
                run = self._run(orders, policy=policy)
                run.action_preview()
                self.assertEqual(self._by_order(run, winner).reason, "filled")
        run = self._run(orders, policy="fair")
        run.action_preview()
        self.assertEqual(sorted(run.line_ids.mapped("planned_qty")), [1, 1, 2, 2])
        table = run.compare_policies(["fifo", "most_complete"])
        run.action_compare()
        self.assertIn("Fair Share for Everybody (this fill)", run.comparison)
        self.assertEqual(sum(orders.order_line.mapped("backorder_qty")), 20)
        self.assertGreaterEqual(table["most_complete"]["orders"], table["fifo"]["orders"])

    def test_forced_quantities_come_after_all_others(self):
        self._stock(self.product, 5)
        forced = self._order((self.product, 5))
        forced.force_backorders()
        self._stock(self.product, -5)
        later = self._order((self.product, 5))
        self._stock(self.product, 5)
        run = self._run(forced | later)
        run.action_start()
        self.assertHeld(later.order_line, 0, reserved=5)
        self.assertEqual(self._by_order(run, forced).reason, "forced_last")

    def test_background_above_the_threshold_in_batches_and_stop(self):
        self.company.backorder_run_threshold = 0
        orders = self.env["sale.order"]
        for _number in range(5):
            orders |= self._order((self.product, 1))
        self._stock(self.product, 5)
        run = self._run(orders)
        run.action_start()
        self.assertEqual(run.state, "queued")
        self.assertHeld(orders[0].order_line, 1)
        with (
            self.enter_registry_test_mode(),
            patch.object(type(run), "_backorder_batch", 2),
            self.registry.cursor() as cr,
        ):
            worker = run.with_env(self.env(cr=cr, su=True))
            worker._work_on(run.id)
            self.assertEqual((worker.state, worker.progress), ("running", 40))
            worker.action_cancel()
            worker._work_on(run.id)
        self.env.invalidate_all()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(sum(run.line_ids.mapped("filled_qty")), 2)
        self.assertEqual(run.line_ids.mapped("reason").count("skipped"), 3)
        self.assertInvariants(orders)

    def test_a_fill_of_stock_that_another_is_filling_waits_and_says_for_whom(self):
        first, second = self._order((self.product, 2)), self._order((self.product, 2))
        apart = self._order((self.other, 1))
        self._stock(self.product, 4)
        self._stock(self.other, 1)
        self.company.backorder_run_threshold = 0
        large = self._run(first)
        large.action_start()
        self.assertFalse(large.waiting_for)
        self.company.backorder_run_threshold = 500
        small = self._run(second)
        told = small.action_start()
        self.assertEqual(small.state, "queued")
        for sentence in (told["params"]["message"], small.waiting_for):
            self.assertIn(f"{large.name} of {self.manager.name}", sentence)
            self.assertIn("0 % done", sentence)
        self.assertHeld(second.order_line, 2)
        # Other stock is filled at once, and so is a single order by hand.
        elsewhere = self._run(apart)
        elsewhere.action_start()
        self.assertEqual(elsewhere.state, "done")
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
        self.assertEqual((large.state, small.state), ("done", "done"))
        self.assertHeld(second.order_line, 0, reserved=2)
        self.assertFalse(small.waiting_for)

    def test_background_goes_on_where_it_was(self):
        self.company.backorder_run_threshold = 0
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._order((self.product, 1))
        self._stock(self.product, 3)
        run = self._run(orders)
        run.action_start()
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
        self.assertEqual((run.state, run.progress, run.filled_count), ("done", 100, 3))
        for order in orders:
            self.assertHeld(order.order_line, 0, reserved=1)
            self.assertEqual(order.order_line.backorder_filled_qty, 1)

    def test_a_failing_order_is_reported_and_stops_nobody(self):
        bad, good = self._order((self.product, 1)), self._order((self.product, 1))
        self._stock(self.product, 2)
        run = self._run(bad | good)
        original, message = type(bad)._backorder_split_fill, "The printer is on fire"

        def failing(order, *facts):
            if order == bad:
                raise UserError(message)
            return original(order, *facts)

        with patch.object(type(bad), "_backorder_split_fill", failing):
            run.action_start()
        self.assertHeld(bad.order_line, 1, reserved=0)
        self.assertHeld(good.order_line, 0, reserved=1)
        self.assertEqual(run.failed_count, 1)
        self.assertEqual(self._by_order(run, bad).reason, "error")
        self.assertIn("printer is on fire", bad.message_ids[0].body)

    def test_new_orders_are_confirmed_together_and_one_that_fails_stops_nobody(self):
        self.company.backorder_fill_approved = "new_order"
        orders = self.env["sale.order"]
        for _number in range(3):
            orders |= self._order((self.product, 2), (self.other, 1))
        bad, good = orders[1], orders - orders[1]
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        run = self._run(orders)
        original, together, message = type(bad)._action_confirm, [], "The customer is blocked"

        def failing(confirmed):
            if bad in confirmed.backorder_parent_id:
                raise UserError(message)
            together.append(confirmed)
            return original(confirmed)

        with patch.object(type(bad), "_action_confirm", failing):
            run.action_start()
        self.assertFalse(bad.backorder_child_ids, "nothing is left of what failed")
        self.assertEqual(bad.order_line.mapped("product_uom_qty"), [2, 1])
        self.assertEqual(bad.order_line.mapped("backorder_qty"), [2, 1])
        self.assertIn("customer is blocked", self._by_order(run, bad)[0].message)
        self.assertEqual((run.failed_count, run.new_order_count, run.approved_count), (1, 2, 2))
        for order in good:
            self.assertEqual(order.backorder_child_ids.state, "sale")
            self.assertEqual(order.backorder_child_ids.picking_ids.state, "assigned")
            self.assertEqual(
                order.backorder_child_ids.order_line.mapped("backorder_reserved_qty"), [2, 1]
            )
        self.assertEqual(len(together), 2, "order by order after the failure")
        again = self._run(bad)
        again.action_start()
        self.assertEqual(bad.backorder_child_ids.picking_ids.state, "assigned")

    def test_the_original_has_one_note_of_a_fill(self):
        self.company.backorder_fill_approved = "new_order"
        order = self._order((self.product, 2), (self.other, 1))
        self._stock(self.product, 2)
        self._stock(self.other, 1)
        before = order.message_ids
        self._run(order).action_start()
        # Beside the tracked total of the order.
        notes = (order.message_ids - before).filtered("body")
        self.assertEqual(len(notes), 1, notes.mapped("body"))
        self.assertIn(order.backorder_child_ids.name, notes.body)
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [0, 0])
        self.assertEqual(order.picking_ids.state, "cancel")

    def test_many_orders_at_once_go_in_batches(self):
        orders = self.env["sale.order"]
        for _number in range(5):
            orders |= self._order((self.product, 2), (self.other, 1))
        self._stock(self.product, 7)
        self._stock(self.other, 5)
        run = self._run(orders)
        sizes, original = [], type(run)._do_orders

        def counting(worker, rows):
            sizes.append(len(rows))
            return original(worker, rows)

        with (
            patch.object(type(run), "_backorder_batch_at_once", 2),
            patch.object(type(run), "_do_orders", counting),
        ):
            run.action_start()
        self.assertEqual(sizes, [2, 2, 1])
        self.assertEqual((run.state, run.filled_count, run.partial_count), ("done", 8, 1))
        self.assertEqual(run.completed_order_count, 3)
        reserved = orders.picking_ids.move_ids.grouped("product_id")
        self.assertEqual(sum(reserved[self.product].mapped("quantity")), 7)
        self.assertEqual(sum(reserved[self.other].mapped("quantity")), 5)

    def test_mails_and_ship_date(self):
        template = self.env["mail.template"].create(
            {
                "name": "Filled",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "subject": "{{ object.name }} is filled",
                "email_to": "{{ object.partner_id.email }}",
                "body_html": "<p>Good news</p>",
            }
        )
        self.customer.email = "ada@example.com"
        silent = self.env["res.partner"].create({"name": "No Mail"})
        order = self._order((self.product, 1))
        other = self._order((self.product, 1), partner_id=silent.id)
        self._stock(self.product, 2)
        run = self._run(
            order | other,
            email_complete_template_id=template.id,
            set_ship_date=True,
            ship_date="2026-12-24",
        )
        run.action_start()
        mails = self.env["mail.mail"].search([("subject", "=", f"{order.name} is filled")])
        self.assertEqual((len(mails), mails.state, run.mail_count), (1, "outgoing", 1))
        self.assertIn(
            "has no address", run.run_order_ids.filtered(lambda o: o.order_id == other).message
        )
        self.assertEqual(str(order.backorder_ship_date), "2026-12-24")
        self.assertEqual(str(order.picking_ids.scheduled_date.date()), "2026-12-24")

    def test_options_that_make_no_sense(self):
        template = self.env["mail.template"].create(
            {"name": "For partners", "model_id": self.env["ir.model"]._get_id("res.partner")}
        )
        with self.assertRaisesRegex(ValidationError, "not made for sales orders"):
            self.runs.create({"email_complete_template_id": template.id})
        other = self.env["res.company"].create({"name": "Other Company"})
        warehouse = self.env["stock.warehouse"].create(
            {"name": "Theirs", "code": "THR", "company_id": other.id}
        )
        with self.assertRaisesRegex(ValidationError, "Theirs belongs to Other Company"):
            self.env["backorder.run"].create({"warehouse_ids": [Command.set(warehouse.ids)]})

    def test_salesmen_do_not_run_batches(self):
        with self.assertRaises(AccessError):
            self.env["backorder.run"].with_user(self.salesman).create({})

    def test_archived_products_and_empty_runs(self):
        order = self._order((self.product, 1))
        self._stock(self.product, 1)
        self.product.active = False
        run = self._run(order)
        run.action_preview()
        self.assertEqual(run.line_ids.reason, "skipped")
        empty = self._run(self._order((self.other, 1), confirm=False) - order)
        self.assertFalse(empty.line_ids)


@tagged("post_install", "-at_install")
class TestUndo(RunCommon):
    def test_same_order(self):
        self.company.backorder_fill_approved = "same_order"
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        order.force_backorders({order.order_line.id: 7})
        since = order.order_line.backorder_date
        self._stock(self.product, 10)
        run = self._run(order)
        run.action_start()
        self.assertHeld(order.order_line, 0, reserved=10)
        run.action_undo()
        self.assertEqual(run.state, "undone")
        self.assertHeld(order.order_line, 7, reserved=3)
        self.assertEqual(order.order_line.backorder_forced_qty, 3)
        self.assertEqual(order.order_line.backorder_date, since)
        self.assertEqual(order.order_line.backorder_filled_qty, 0)
        self.assertEqual(order.order_line.backorder_state, "backordered")

    def test_new_order(self):
        order = self._order((self.product, 10, {"price_unit": 7.0, "discount": 5.0}))
        since = order.order_line.backorder_date
        self._stock(self.product, 4)
        run = self._run(order)
        run.action_start()
        new = order.backorder_child_ids
        self.assertHeld(new.order_line, 0, reserved=4)
        run.action_undo()
        self.assertEqual(new.state, "cancel")
        line = order.order_line
        self.assertHeld(line, 10, reserved=0)
        self.assertEqual((line.product_uom_qty, line.price_unit, line.discount), (10, 7.0, 5.0))
        self.assertEqual(line.backorder_date, since)
        self.assertIn("Taken back", order.message_ids[0].body)

    def test_quotation(self):
        quotation = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 3)
        run = self._run(quotation)
        run.action_start()
        self.assertEqual(quotation.order_line.backorder_promised_qty, 3)
        run.action_undo()
        self.assertHeld(quotation.order_line, 5)
        self.assertEqual(quotation.order_line.backorder_promised_qty, 0)

    def test_chosen_orders(self):
        self.company.backorder_fill_approved = "same_order"
        first, second = self._order((self.product, 2)), self._order((self.product, 2))
        self._stock(self.product, 4)
        run = self._run(first | second)
        run.action_start()
        rows = run.run_order_ids
        rows.filtered(lambda row: row.order_id == first).action_undo()
        self.assertHeld(first.order_line, 2, reserved=0)
        self.assertHeld(second.order_line, 0, reserved=2)
        self.assertEqual((run.state, run.filled_count), ("done", 1))
        rows.filtered(lambda row: row.order_id == second).action_undo()
        self.assertHeld(second.order_line, 2, reserved=0)
        self.assertEqual(run.state, "undone")

    def test_refused_whole_when_something_was_delivered(self):
        first, second = self._order((self.product, 2)), self._order((self.product, 2))
        self._stock(self.product, 4)
        run = self._run(first | second)
        run.action_start()
        self._deliver(first.backorder_child_ids.picking_ids)
        with self.assertRaisesRegex(UserError, f"{first.name}: .* is picked or delivered"):
            run.action_undo()
        self.assertEqual(run.state, "done")
        self.assertHeld(second.order_line, 0)
        run.run_order_ids.filtered(lambda row: row.order_id == second).action_undo()
        self.assertHeld(second.order_line, 2, reserved=0)

    def test_refused_when_invoiced_or_changed(self):
        order = self._order((self.product, 2))
        self._stock(self.product, 2)
        run = self._run(order)
        run.action_start()
        new = order.backorder_child_ids
        new.order_line.product_uom_qty = 1
        with self.assertRaisesRegex(UserError, "was changed since"):
            run.action_undo()
        new.order_line.product_uom_qty = 2
        new._create_invoices()
        with self.assertRaisesRegex(UserError, "is invoiced"):
            run.action_undo()


@tagged("post_install", "-at_install")
class TestOnReceipt(RunCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"

    def _work(self):
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
        self.env.invalidate_all()

    def test_nothing_by_default(self):
        order = self._order((self.product, 5))
        self._receive(self.product, 5)
        self.assertFalse(self.env["backorder.run"].search([("receipt_mode", "!=", False)]))
        self.assertHeld(order.order_line, 5, reserved=0)

    def test_fills_in_the_background_what_came_in(self):
        self.company.backorder_fill_on_receipt = "auto"
        order = self._order((self.product, 5), (self.other, 1))
        self._stock(self.other, 1)
        self._receive(self.product, 3)
        self.assertHeld(order.order_line[0], 5, reserved=0)
        self._work()
        self.assertHeld(order.order_line[0], 2, reserved=3)
        self.assertHeld(order.order_line[1], 1, reserved=0)
        run = self.env["backorder.run"].search([("receipt_mode", "=", "auto")])
        self.assertEqual((run.state, run.product_ids), ("done", self.product))

    def test_tells_the_managers_who_start_it(self):
        self.company.backorder_fill_on_receipt = "notify"
        order = self._order((self.product, 5))
        self._receive(self.other, 5)
        self._receive(self.product, 3)
        self._work()
        self.assertHeld(order.order_line, 5, reserved=0)
        run = self.env["backorder.run"].search([("receipt_mode", "=", "notify")])
        self.assertEqual(run.state, "planned")
        self.assertIn(self.manager, run.activity_ids.user_id)
        self.assertIn("Hammer", run.activity_ids[0].note)
        run.with_user(self.manager).action_start()
        self.assertHeld(order.order_line, 2, reserved=3)

    def test_nobody_is_bothered_when_nothing_can_be_filled(self):
        self.company.backorder_fill_on_receipt = "notify"
        self.customer.backorder_policy = "complete"
        self._order((self.product, 5))
        self._receive(self.product, 3)
        self._work()
        self.assertFalse(self.env["backorder.run"].search([("receipt_mode", "=", "notify")]))
