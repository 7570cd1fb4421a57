"""What happens every night, by the company's setting."""

from odoo import Command
from odoo.tests import tagged

from .test_run import RunCommon


@tagged("post_install", "-at_install")
class TestNightly(RunCommon):
    def _night(self, *names):
        with self.enter_registry_test_mode():
            for name in names:
                self.env.ref(f"backorder_mgmt.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def test_a_company_that_wants_it_is_filled_every_night(self):
        self.company.backorder_fill_approved = "same_order"
        first, second = self._order((self.product, 5)), self._order((self.product, 5))
        self._stock(self.product, 7)
        before = self.env["backorder.run"].search([])
        self._night("nightly_fill", "work_runs")
        self.assertFalse(self.env["backorder.run"].search([]) - before, "it is off by default")
        self.company.backorder_nightly_fill = True
        self._night("nightly_fill", "work_runs")
        run = self.env["backorder.run"].search([]) - before
        self.assertEqual((run.state, run.company_id), ("done", self.company))
        self.assertHeld(first.order_line, 0, reserved=5)
        self.assertHeld(second.order_line, 3, reserved=2)
        self._night("nightly_fill", "work_runs")
        self.assertEqual(
            self.env["backorder.run"].search([]) - before, run, "nothing to fill leaves nothing"
        )

    def test_both_nightly_fills_are_one_and_it_goes_by_rules(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 7)
        self.company.write({"backorder_nightly_fill": True, "backorder_rules_nightly": True})
        before = self.env["backorder.run"].search([])
        self._night("nightly_fill", "fill_by_rules", "work_runs")
        runs = self.env["backorder.run"].search([]) - before
        self.assertEqual(runs.mapped("policy"), ["rules"])
        rows = runs.line_ids.filtered(lambda row: row.order_id == order)
        self.assertEqual(sum(rows.mapped("filled_qty")), 5)

    def test_last_nights_fill_is_not_planned_again_while_it_goes_on(self):
        self._order((self.product, 5))
        self._stock(self.product, 7)
        for setting, job in (
            ("backorder_nightly_fill", "nightly_fill"),
            ("backorder_rules_nightly", "fill_by_rules"),
        ):
            self.company[setting] = True
            before = self.env["backorder.run"].search([])
            self._night(job)
            run = self.env["backorder.run"].search([]) - before
            self.assertEqual(run.state, "queued")
            self._night(job)
            self.assertEqual(self.env["backorder.run"].search([]) - before, run)

    def test_a_fill_that_somebody_has_started_does_not_cost_the_night(self):
        """Of one item, in the background; the night's is of all, and waits for it where it must."""
        other = self._product("Other")
        orders = self._order((self.product, 5)), self._order((other, 5))
        for product in (self.product, other):
            self._stock(product, 7)
        self.company.write({"backorder_nightly_fill": True, "backorder_run_threshold": 0})
        own = self.env["backorder.run"].create({"product_ids": [Command.set(self.product.ids)]})
        own.with_user(self.env.ref("base.user_admin")).sudo()._backorder_write(
            {"user_id": self.env.ref("base.user_admin").id}
        )
        own.action_start()
        self.assertEqual(own.state, "queued")
        before = self.env["backorder.run"].search([])
        self._night("nightly_fill")
        night = self.env["backorder.run"].search([]) - before
        self.assertEqual(night.state, "queued")
        self._night("work_runs")
        self.assertEqual((own.state, night.state), ("done", "done"))
        for order in orders:
            self.assertEqual(sum(order.order_line.mapped("backorder_qty")), 0)
            self.assertEqual(sum(order.backorder_child_ids.order_line.mapped("product_uom_qty")), 5)

    def test_a_night_with_nothing_to_fill_uses_no_number(self):
        self.company.backorder_nightly_fill = True
        self._night("nightly_fill", "work_runs")  # whatever else the company can fill
        self._order((self.product, 5))

        def number():
            return int(self.env["backorder.run"].create({}).name.rsplit("/", 1)[1])

        first = number()
        self._night("nightly_fill", "work_runs")
        self.assertEqual(number(), first + 1)

    def test_a_night_by_rules_with_nothing_to_fill_leaves_nothing(self):
        self._order((self.product, 5))
        self.company.backorder_rules_nightly = True
        self._night("fill_by_rules", "work_runs")  # whatever else the company can fill
        before = self.env["backorder.run"].search([])
        self._night("fill_by_rules", "work_runs")
        self.assertEqual(self.env["backorder.run"].search([]), before)

    def test_who_takes_no_backorders_is_cancelled_also_where_nothing_can_be_filled(self):
        """As *Start* does it: the night is no other fill."""
        order = self._order((self.product, 5))
        order.backorder_accept = "no"
        self.company.backorder_nightly_fill = True
        self._night("nightly_fill", "work_runs")
        self.assertHeld(order.order_line, 0)
        self.assertEqual(order.order_line.backorder_cancelled_qty, 5)

    def test_a_company_that_does_not_want_it_is_not_searched_every_night(self):
        self.company.backorder_auto = False
        order = self._order((self.product, 5))
        self.company.write({"backorder_auto": True, "backorder_nightly_find": False})
        self._night("detect_backorders")
        self.assertHeld(order.order_line, 0)
        self.company.backorder_nightly_find = True
        self._night("detect_backorders")
        self.assertHeld(order.order_line, 5)

    def test_a_rule_on_the_state_hears_of_the_night(self):
        """An automation rule, also where the fill is the job's."""
        self.company.write(
            {"backorder_fill_approved": "same_order", "backorder_nightly_fill": True}
        )
        model = self.env["ir.model"]._get("sale.order")
        field = self.env["ir.model.fields"]._get("sale.order", "backorder_state")
        self.env["base.automation"].create(
            {
                "name": "Tell when filled",
                "model_id": model.id,
                "trigger": "on_create_or_write",
                "trigger_field_ids": [Command.set(field.ids)],
                "filter_domain": "[('backorder_state', '=', 'filled')]",
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Note",
                            "model_id": model.id,
                            "state": "code",
                            "code": "record.message_post(body='Pack it')",
                        }
                    )
                ],
            }
        )
        order = self._order((self.product, 3))
        self._stock(self.product, 3)
        self._night("nightly_fill", "work_runs")
        self.assertEqual(order.backorder_state, "filled")
        notes = order.message_ids.filtered(lambda message: "Pack it" in (message.body or ""))
        self.assertEqual(len(notes), 1)
