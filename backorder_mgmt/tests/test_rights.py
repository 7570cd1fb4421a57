"""What nobody may write, read or send: the rows that tell the superuser what to do, documents of
others, and the context (design 13, 14 rule 4, 17.11)."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import convert_file, mute_logger

from ..models.base.token import TOKEN_KEY
from .common import BackorderCommon
from .test_carry import CarryCommon
from .test_charge import ChargeCommon
from .test_process import ProcessCommon
from .test_run import RunCommon

#: Rows that are ours altogether: nobody else makes, writes or deletes any.
ROWS = (
    "backorder.run.line",
    "backorder.run.order",
    "backorder.charge",
    "backorder.charge.attempt",
    "backorder.carry",
    "backorder.event",
    "backorder.delay",
)


def _ours(model):
    """The fields of this addon on ``model`` that the database keeps."""
    return {
        name
        for name, field in model._fields.items()
        if "backorder_mgmt" in field._modules
        and field.store
        and name not in ("id", "create_uid", "create_date", "write_uid", "write_date")
    }


@tagged("post_install", "-at_install")
class TestRowsOfTheSuperuser(RunCommon):
    def _started(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 3)
        run = self._run(order)
        run.action_start()
        self.assertEqual(run.state, "done")
        return run

    def test_a_done_run_is_forged_by_nobody(self):
        run = self._started()
        values = dict.fromkeys(_ours(run), False)
        values.update(state="draft", kind="process", user_id=self.env.user.id, name="X")
        for env in (run.with_user(self.manager).env, self.env):
            for name in sorted(values):
                with self.subTest(name, su=env.su), self.assertRaises(UserError):
                    run.with_env(env).write({name: values[name]})
        self.assertEqual((run.state, run.kind), ("done", "fill"))

    def test_every_door_of_a_client_is_closed(self):
        run = self._started()
        runs = self.env["backorder.run"].with_user(self.manager)
        row = run.line_ids[:1]
        lines = [[1, row.id, {"filled_qty": 99}]]
        new = [[0, 0, {"company_id": self.company.id, "filled_qty": 9}]]
        doors = {
            "write": ([run.ids, {"state": "queued"}], {}),
            "web_save": ([run.ids, {"state": "queued"}], {"specification": {}}),
            "create": ([[{"state": "done"}]], {}),
            "web_save of new": ([[], {"state": "queued"}], {"specification": {}}),
            "write of rows": ([run.ids, {"line_ids": lines}], {}),
            "create with rows": ([[{"line_ids": new}]], {}),
            "copy": ([run.ids, {"state": "queued"}], {}),
            "write with a token": (
                [run.ids, {"state": "queued"}],
                {"context": {TOKEN_KEY: True, "install_mode": True}},
            ),
        }
        for title, (args, kwargs) in doors.items():
            method = title.partition(" ")[0]
            with self.subTest(title), self.assertRaises(UserError):
                call_kw(runs, method, args, kwargs)
        with self.subTest("import"), mute_logger("odoo.sql_db"):
            result = call_kw(runs, "load", [[".id", "state"], [[str(run.id), "Draft"]]], {})
            self.assertFalse(result["ids"])
            self.assertIn("cannot be written directly", result["messages"][0]["message"])
        self.assertEqual((run.state, row.filled_qty), ("done", 3))

    def test_defaults_that_somebody_sends_or_saves_are_not_taken(self):
        manager = self.manager.id
        self.env["ir.default"].set("backorder.run", "state", "queued", user_id=manager)
        self.env["ir.default"].set("backorder.run", "receipt_mode", "auto", user_id=manager)
        sent = {
            "default_state": "done",
            "default_stop_requested": True,
            "default_user_id": self.env.ref("base.user_admin").id,
            "default_documents_due": True,
        }
        runs = self.env["backorder.run"].with_user(self.manager)
        run = runs.browse(call_kw(runs, "create", [{"policy": "value"}], {"context": sent}))
        self.assertEqual((run.state, run.policy, run.user_id), ("draft", "value", self.manager))
        self.assertFalse(run.stop_requested or run.documents_due or run.receipt_mode)
        # Nor in the run that a fill makes for a salesman.
        order = self._order((self.product, 5))
        self._stock(self.product, 3)
        orders = self.env["sale.order"].with_user(self.salesman)
        sent = {**sent, "default_kind": "process", "default_carry_credit": "whole"}
        [run_id] = call_kw(orders, "fill_backorders", [order.ids], {"context": sent})
        run = self.env["backorder.run"].browse(run_id)
        self.assertEqual((run.state, run.kind, run.user_id), ("done", "fill", self.salesman))
        self.assertEqual(run.carry_credit, self.company.backorder_carry_credit)

    def test_options_are_written_until_the_start(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 3)
        run = self._run(order).with_user(self.manager)
        run.write({"policy": "value", "approve_complete": False})
        run.action_preview()
        self.assertEqual(run.line_ids.planned_qty, 3)
        run.fill_mode = "complete"
        self.assertEqual(run.state, "draft", "the plan was made for other options")
        self.assertFalse(run.line_ids or run.run_order_ids)
        run.action_start()
        self.assertEqual(run.line_ids.filled_qty, 0)
        with self.assertRaisesRegex(UserError, "cannot be done any more"):
            run.policy = "fifo"
        with self.assertRaises(AccessError):
            run.with_user(self.salesman).policy = "fifo"

    def test_a_copied_run_is_a_new_one_of_who_copies_it(self):
        run = self._started()
        copy = run.with_user(self.manager).copy()
        self.assertEqual((copy.state, copy.user_id), ("draft", self.manager))
        self.assertEqual((copy.policy, copy.order_ids), (run.policy, run.order_ids))
        self.assertNotEqual(copy.name, run.name)
        self.assertFalse(copy.line_ids)

    def test_discussing_a_run_is_everybodys(self):
        run = self._started().with_user(self.manager)
        run.message_post(body="Well done")
        run.message_subscribe(partner_ids=self.salesman.partner_id.ids)
        run.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        run.write({"activity_ids": [Command.clear()]})
        self.assertIn(self.salesman.partner_id, run.message_partner_ids)

    def test_rows_are_nobodys_not_even_the_superusers(self):
        run = self._started()
        values = {"company_id": self.company.id}
        for name in ROWS:
            model = self.env[name]
            for env in (model.sudo().env, model.with_user(self.manager).env):
                with self.subTest(name, su=env.su), self.assertRaises(UserError):
                    model.with_env(env).create(values)
        for rows in (run.line_ids, run.run_order_ids, run.event_ids):
            for name in sorted(_ours(rows)):
                with (
                    self.subTest(rows._name, name=name),
                    self.assertRaises(UserError),
                ):
                    rows.sudo().write({name: False})
            with self.subTest(rows._name), self.assertRaises(UserError):
                rows.sudo().unlink()

    def test_a_server_action_calls_the_public_methods(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 3)
        action = self.env["ir.actions.server"].create(
            {
                "name": "Fill",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "state": "code",
                "code": "run = env['backorder.run'].create({'order_ids': [(6, 0, records.ids)]})\n"
                "run.action_start()\n"
                "log(run.state)",
            }
        )
        context = {"active_model": "sale.order", "active_ids": order.ids, "active_id": order.id}
        action.with_context(**context).run()
        self.assertEqual(order.backorder_state, "partial")
        action.code = "env['backorder.run'].sudo().search([], limit=1).write({'state': 'queued'})"
        with self.assertRaises(AccessError):
            action.with_context(**context).run()


@tagged("post_install", "-at_install")
class TestKeptForGood(RunCommon):
    def test_a_stopped_fill_with_filled_orders_is_kept(self):
        orders = self._order((self.product, 2)) | self._order((self.product, 2))
        self._stock(self.product, 4)
        self.company.backorder_run_threshold = 0
        run = self._run(orders)
        run.action_start()
        with (
            self.enter_registry_test_mode(),
            patch.object(type(run), "_backorder_batch", 1),
            self.registry.cursor() as cr,
        ):
            worker = run.with_env(self.env(cr=cr, su=True))
            worker._work_on(run.id)
            worker.action_cancel()
            worker._work_on(run.id)
        self.env.invalidate_all()
        self.assertEqual((run.state, run.filled_count), ("cancelled", 1))
        for runs in (run.with_user(self.manager), run.sudo()):
            with self.assertRaisesRegex(UserError, "kept for good"):
                runs.unlink()
        self.assertEqual(len(run.line_ids), 2)

    def test_drafts_previews_and_what_was_stopped_before_it_began_go(self):
        order = self._order((self.product, 2))
        self._stock(self.product, 2)
        self.company.backorder_run_threshold = 0
        draft, preview, stopped = self._run(order), self._run(order), self._run(order)
        preview.action_preview()
        stopped.action_start()
        stopped.action_cancel()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            stopped.with_env(self.env(cr=cr, su=True))._work_on(stopped.id)
        self.env.invalidate_all()
        self.assertEqual(stopped.state, "cancelled")
        runs = (draft | preview | stopped).with_user(self.manager)
        runs.unlink()
        self.assertFalse(runs.exists())


@tagged("post_install", "-at_install")
class TestFieldsOfOrders(BackorderCommon):
    def test_a_salesman_writes_no_figure_of_his_orders(self):
        order = self._order((self.product, 10))
        for records, opened in (
            (
                order,
                {"backorder_ship_date", "backorder_cancel_date"}
                # what is agreed about the order
                | order._backorder_customer_names(),
            ),
            (order.order_line, set()),
        ):
            model = records.with_user(self.salesman)
            for name in sorted(_ours(records) - opened):
                with self.subTest(name):
                    with self.assertRaises(AccessError):
                        call_kw(model, "write", [records.ids, {name: False}], {})
                    with self.assertRaises(AccessError):
                        call_kw(model, "create", [{name: False}], {})
        self.assertHeld(order.order_line, 10)
        order.with_user(self.salesman).backorder_ship_date = "2026-12-24"

    def test_figures_in_the_lines_of_an_order_neither(self):
        order = self._order((self.product, 10))
        orders = self.env["sale.order"].with_user(self.salesman)
        commands = [[1, order.order_line.id, {"backorder_expected_date": "2030-01-01"}]]
        for method, kwargs in (("write", {}), ("web_save", {"specification": {}})):
            with self.subTest(method), self.assertRaises(AccessError):
                call_kw(orders, method, [order.ids, {"order_line": commands}], kwargs)


@tagged("post_install", "-at_install")
class TestContextOfOthers(BackorderCommon):
    """Keys that somebody sends along, and names that keys of ours had: they change nothing."""

    def _call(self, user, records, method, *args, **context):
        return call_kw(
            records.browse().with_user(user), method, [records.ids, *args], {"context": context}
        )

    def test_less_than_was_delivered_is_not_ordered(self):
        self._stock(self.product, 4)
        order = self._order((self.product, 4))
        self._deliver(order.picking_ids)
        with self.assertRaisesRegex(UserError, "below the amount already delivered"):
            self._call(
                self.salesman,
                order.order_line,
                "write",
                {"product_uom_qty": 1},
                backorder_noted=True,
            )

    def test_the_ledger_says_what_happened(self):
        clerk = new_test_user(self.env, "stock_boss", groups="stock.group_stock_manager")
        for number, (method, booked) in enumerate(
            {"action_cancel": "cancel", "unlink": "adjust"}.items()
        ):
            with self.subTest(method):
                product = self._product(f"Item {number}")
                order = self._order((product, 10))
                line = order.order_line
                self._call(clerk, order.picking_ids, method, backorder_no_door=True)
                self.assertEqual(
                    line.backorder_event_ids.sorted("id").mapped("type"), ["auto", booked]
                )

    def test_what_is_reserved_is_written_on_the_stock(self):
        clerk = new_test_user(self.env, "stock_clerk", groups="stock.group_stock_user")
        self.company.backorder_auto = False
        order = self._order((self.product, 4))
        self._stock(self.product, 4)
        self._call(clerk, order.picking_ids, "action_assign", backorder_collect=True)
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        self.assertEqual((self._reserved(order), quant.reserved_quantity), (4, 4))

    def test_what_is_held_stays_held(self):
        clerk = new_test_user(self.env, "stock_clerk", groups="stock.group_stock_user")
        order = self._order((self.product, 4))
        self._stock(self.product, 4)
        for guard in (True, {}, {"budgets": {}, "supply": None}):
            with self.subTest(guard=guard):
                self._call(
                    clerk,
                    order.picking_ids,
                    "action_assign",
                    backorder_guard=guard,
                    backorder_no_settle=True,
                )
                self.assertHeld(order.order_line, 4, reserved=0)

    def test_a_quotation_is_worked_out(self):
        order = self._order((self.product, 4), confirm=False)
        self._call(
            self.salesman,
            order.order_line,
            "write",
            {"product_uom_qty": 6},
            backorder_no_refigure=True,
        )
        self.assertHeld(order.order_line, 6)

    def test_the_automatic_rule_is_the_companys(self):
        self.company.backorder_auto = False
        order = self._order((self.product, 4), confirm=False)
        self._call(self.salesman, order, "action_confirm", backorder_find=True)
        self.assertHeld(order.order_line, 0)

    def test_expected_dates_follow(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        receipt = self._plan_receipt(self.product, 5)
        self.assertTrue(order.order_line.backorder_expected_date)
        clerk = new_test_user(self.env, "stock_clerk", groups="stock.group_stock_user")
        self._call(clerk, receipt, "action_cancel", backorder_dates_later=True)
        self.assertFalse(order.order_line.backorder_expected_date)


@tagged("post_install", "-at_install")
class TestContextOfMoney(ChargeCommon):
    def _call(self, records, method, *args, **context):
        return call_kw(
            records.browse().with_user(self.salesman),
            method,
            [records.ids, *args],
            {"context": context},
        )

    def test_carried_credit_counts_whatever_is_sent(self):
        order = self._short_order()
        self._pay_online(order, 100)
        run = self._fill(order, 4, carry_credit="needed")
        new = run.run_order_ids.new_order_id
        self.assertTrue(new.backorder_carried_amount)
        paid = self._call(new, "read", ["amount_paid"], backorder_not_carried=True)
        self.assertEqual(paid[0]["amount_paid"], new.amount_paid)

    def test_a_charge_hears_of_an_approval_by_hand(self):
        self._card("error")
        _order, new, _run = self._filled()
        charge = self._charge(new)
        self.assertEqual(charge.state, "failed")
        self._call(new, "action_confirm", backorder_charge_done=True)
        self.assertEqual((charge.state, charge.look_only), ("todo", True))

    def test_a_capture_makes_a_transaction_of_its_own(self):
        order = self._short_order()
        authorized = self._pay_online(order, 100, state="authorized")
        child = authorized._create_child_transaction(40)
        again = authorized.with_context(backorder_request=child.id)._create_child_transaction(40)
        self.assertNotEqual(child, again)

    def test_the_customer_who_paid_is_told(self):
        order = self._short_order()
        quiet = order.with_context(backorder_no_payment_mail=True)
        before = self.env["mail.message"].search([])
        quiet._send_payment_succeeded_for_order_mail()
        self.assertTrue(self.env["mail.message"].search([]) - before)


@tagged("post_install", "-at_install")
class TestDocumentsOfOthers(ProcessCommon):
    def _processed(self, **values):
        """Two processed and invoiced orders: of the salesman, and (by ``values``) of somebody."""
        self._stock(self.product, 2)
        mine = self._quotation((self.product, 1))
        other = self._quotation((self.product, 1), **values)
        reports = type(self.env["ir.actions.report"])
        with patch.object(reports, "_backorder_document_pdf", lambda *_args, **_kw: b"%PDF-1.4"):
            run = self._process(
                mine | other, approve=True, create_invoice=True, print_documents=True
            )
        self.assertTrue(run.document_id)
        return run, mine, other

    def test_a_salesman_gets_no_document_with_invoices_of_others(self):
        run, _mine, other = self._processed(user_id=self.env.ref("base.user_admin").id)
        self.assertFalse(other.with_user(self.salesman).has_access("read"))
        own = run.with_user(self.salesman)
        self.assertTrue(own.has_access("read"), "he has an order in it")
        document = run.document_id.with_user(self.salesman)
        for read in (
            lambda: document.check_access("read"),
            lambda: document.raw,
            lambda: document.read(["datas"]),
        ):
            document.invalidate_recordset()
            with self.assertRaises(AccessError):
                read()
        with self.assertRaisesRegex(AccessError, "not yours to read"):
            document.check_access("read")
        self.assertFalse(document.search([("id", "=", document.id)]))
        everything = [("res_model", "=", "backorder.run"), ("res_id", "=", run.id)]
        found = document.search(everything)
        with self.assertRaises(AccessError):
            found.mapped("raw") if found else document.check_access("read")
        with self.assertRaises(AccessError):
            own.action_print_documents()
        # A Backorders manager with the own-documents rule of sales: the same.
        clerk = new_test_user(
            self.env,
            "own_manager",
            groups="sales_team.group_sale_salesman,backorder_mgmt.group_backorder_manager",
        )
        with self.assertRaisesRegex(AccessError, "are not yours to read"):
            run.with_user(clerk).action_print_documents()
        # Who may read all of it gets it.
        manager = run.with_user(self.manager)
        self.assertIn(str(run.document_id.id), manager.action_print_documents()["url"])
        self.assertTrue(manager.document_id.raw)

    def test_a_salesman_gets_the_document_of_his_own_orders(self):
        run, _mine, _other = self._processed()
        self.assertTrue(run.document_id.with_user(self.salesman).raw)

    def test_delivery_slips_of_others(self):
        self._stock(self.product, 4)
        mine = self._order((self.other, 1))
        admin = self.env.ref("base.user_admin")
        other = self._order((self.other, 1), user_id=admin.id)
        self._stock(self.other, 2)
        run = self.env["backorder.run"].create(
            {"order_ids": [Command.set((mine | other).ids)], "approve_complete": True}
        )
        run.action_start()
        report = "backorder_mgmt.report_backorder_run_slips"
        own = run.with_user(self.salesman)
        for serve in (
            own.print_delivery_slips,
            lambda: own.env["ir.actions.report"]._render_qweb_html(report, run.ids),
            lambda: own.env["ir.actions.report"]._render_qweb_pdf_prepare_streams(
                report, {}, res_ids=run.ids
            ),
        ):
            with self.assertRaisesRegex(Exception, "are not yours to read"):
                serve()
        self.assertTrue(run.with_user(self.manager).print_delivery_slips())
        # The report has his own rows only, and names no order of others.
        html = (
            own.env["ir.actions.report"]
            ._render_qweb_html("backorder_mgmt.report_backorder_run", run.ids)[0]
            .decode()
        )
        self.assertIn(mine.name, html)
        self.assertNotIn(other.name, html)

    def test_only_the_run_s_own_document_is_replaced(self):
        run, _mine, _other = self._processed()
        old = run.document_id
        invoice = run.sudo().run_order_ids.invoice_ids[:1]
        foreign = self.env["ir.attachment"].create(
            {
                "name": "INV.pdf",
                "raw": b"%PDF-1.4 invoice",
                "res_model": "account.move",
                "res_id": invoice.id,
            }
        )
        with self.assertRaises(AccessError):
            run.with_user(self.manager).write({"document_id": foreign.id})
        reports = type(self.env["ir.actions.report"])
        with patch.object(reports, "_backorder_document_pdf", lambda *_args, **_kw: b"%PDF-1.5"):
            run.sudo()._process_make_documents()
            self.assertFalse(old.exists())
            # The job's end as well, whoever wrote it.
            run._backorder_write({"document_id": foreign.id})
            run.sudo()._process_make_documents()
            self.assertTrue(foreign.exists())
            # Posted in the chatter meanwhile: others look at it there.
            posted = run.sudo().document_id
            run.sudo().message_post(body="Print this", attachment_ids=posted.ids)
            run.sudo()._process_make_documents()
            self.assertTrue(posted.exists())


@tagged("post_install", "-at_install")
class TestGroups(CarryCommon):
    def test_what_an_administrator_took_away_an_upgrade_does_not_give_back(self):
        user = self.env.ref("backorder_mgmt.group_backorder_user")
        manager = self.env.ref("backorder_mgmt.group_backorder_manager")
        cancel = self.env.ref("backorder_mgmt.group_backorder_cancel")
        admin = self.env.ref("base.user_admin")
        salesman = self.env.ref("sales_team.group_sale_salesman")
        head = self.env.ref("sales_team.group_sale_manager")
        salesman.implied_ids -= user
        head.implied_ids -= manager
        (manager | cancel).user_ids -= admin
        convert_file(
            self.env,
            "backorder_mgmt",
            "security/backorder_mgmt_groups.xml",
            {},
            mode="update",
        )
        self.assertNotIn(user, salesman.implied_ids)
        self.assertNotIn(manager, head.implied_ids)
        self.assertNotIn(admin, (manager | cancel).user_ids)
        flags = self.env["ir.model.data"].search(
            [("module", "=", "sales_team"), ("name", "=", "group_sale_salesman")]
        )
        self.assertFalse(flags.noupdate, "sales_team goes on updating its own group")
