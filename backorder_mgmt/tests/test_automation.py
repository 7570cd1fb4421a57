"""Server actions, automation rules and RPC clients (design 12)."""

import json

from odoo import Command
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import BackorderCommon, PageCase


@tagged("post_install", "-at_install")
class TestAutomation(BackorderCommon):
    def test_automation_rule_on_the_backorder_state(self):
        if "base.automation" not in self.env:
            self.skipTest("module base_automation is not installed")
        field = self.env["ir.model.fields"]._get("sale.order.line", "backorder_state")
        self.env["base.automation"].create(
            {
                "name": "Tell when filled",
                "model_id": self.env["ir.model"]._get_id("sale.order.line"),
                "trigger": "on_create_or_write",
                "trigger_field_ids": [Command.set(field.ids)],
                "filter_domain": "[('backorder_state', '=', 'filled')]",
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Note",
                            "model_id": self.env["ir.model"]._get_id("sale.order.line"),
                            "state": "code",
                            "code": "record.order_id.message_post(body='All filled')",
                        }
                    )
                ],
            }
        )
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 3))
        self._stock(self.product, 3)
        order.fill_backorders()
        self.env.flush_all()
        notes = order.message_ids.filtered(lambda message: "All filled" in (message.body or ""))
        self.assertEqual(len(notes), 1)

    def test_ready_server_actions(self):
        self._stock(self.product, 5)
        order, other = self._order((self.product, 5)), self._order((self.other, 2))
        actions = self.env["ir.actions.server"]

        def run(name, orders):
            action = self.env.ref(f"backorder_mgmt.ir_actions_server_{name}_backorders")
            return (
                actions.browse(action.id)
                .with_context(
                    active_model="sale.order", active_ids=orders.ids, active_id=orders[:1].id
                )
                .run()
            )

        self.assertEqual(run("force", order)["res_model"], "backorder.force")
        self.assertEqual(run("fill", other)["res_model"], "backorder.fill")
        self.assertEqual(run("cancel", other)["res_model"], "backorder.cancel")
        run("force", order | other)
        self.assertHeld(order.order_line, 5, reserved=0)
        run("detect", order | other)
        self.assertEqual(run("fill", order | other)["params"]["title"], "Backorders filled")
        self.assertHeld(order.order_line, 0)
        run("cancel", order | other)
        self.assertHeld(other.order_line, 0)
        self.assertEqual(other.order_line.product_uom_qty, 0)

    def test_over_rpc_ids_come_back(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        line = order.order_line
        orders = self.env["sale.order"].with_user(self.salesman)
        self.assertEqual(call_kw(orders, "detect_backorders", [order.ids], {}), line.ids)
        self.assertEqual(
            call_kw(orders, "force_backorders", [order.ids], {"quantities": {str(line.id): 4}}),
            line.ids,
        )
        runs = call_kw(orders, "fill_backorders", [order.ids], {})
        self.assertEqual(json.loads(json.dumps(runs)), runs)
        self.assertEqual(self.env["backorder.run"].browse(runs).line_ids.filled_qty, 1)


@tagged("post_install", "-at_install")
class TestPortal(BackorderCommon, PageCase):
    def test_customers_see_the_backorders_of_their_own_orders_only(self):
        user = self.env["res.users"].create(
            {
                "name": "Portal Ada",
                "login": "portal_ada",
                "password": "portal_ada",
                "partner_id": self.customer.id,
                "group_ids": [Command.set([self.env.ref("base.group_portal").id])],
            }
        )
        mine = self._order((self.product, 7))
        theirs = self._order((self.product, 7), partner_id=self.vendor.id)
        self.authenticate(user.login, user.login)
        page = self.url_open(f"/my/orders/{mine.id}").text
        self.assertIn("On backorder", page)
        self.assertNotIn(theirs.name, self.url_open(f"/my/orders/{theirs.id}").text)
        lines = self.env["sale.order.line"].with_user(user)
        self.assertEqual(lines.search([("backorder_qty", ">", 0)]).order_id, mine)
        for model in ("backorder.event", "backorder.run"):
            self.assertFalse(self.env[model].with_user(user).has_access("read"))
