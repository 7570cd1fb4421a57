"""Fill rules: who comes first, who shares, who waits for the rest, who gives up reserved stock."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestRules(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"
        cls.env["backorder.rule"].search([]).action_archive()
        cls.shop = cls.env["res.partner"].create({"name": "Web Shop Customer"})
        cls.clinic = cls.env["res.partner"].create({"name": "Clinic"})
        cls.dealer = cls.env["res.partner"].create({"name": "Dealer"})

    def _rule(self, name, partner, treatment, **values):
        return self.env["backorder.rule"].create(
            {
                "name": name,
                "domain": f"[('order_partner_id', '=', {partner.id})]",
                "treatment": treatment,
                **values,
            }
        )

    def _run(self, orders, **options):
        run = self.env["backorder.run"].create(
            {"order_ids": [Command.set(orders.ids)], "policy": "rules", **options}
        )
        run.action_preview()
        return run

    def _planned(self, run):
        return {row.order_id: row.planned_qty for row in run.line_ids}

    def test_without_rules_the_oldest_comes_first(self):
        order = self._order((self.product, 5))
        later = self._order((self.product, 5))
        self._stock(self.product, 5)
        self.assertEqual(self._planned(self._run(order | later)), {order: 5, later: 0})

    def test_first_share_others_rest(self):
        rest = self._rule("Web shop", self.shop, "rest", sequence=1)
        first = self._rule("Hospitals", self.clinic, "first", sequence=2)
        share = self._rule("Dealers", self.dealer, "share", sequence=3)
        shop = self._order((self.product, 4), partner_id=self.shop.id)
        plain = self._order((self.product, 4))
        dealers = self._order((self.product, 4), partner_id=self.dealer.id)
        dealers |= self._order((self.product, 4), partner_id=self.dealer.id)
        clinic = self._order((self.product, 4), partner_id=self.clinic.id)
        self._stock(self.product, 8)
        everybody = shop | plain | dealers | clinic
        run = self._run(everybody)
        self.assertEqual(
            self._planned(run), {shop: 0, plain: 0, dealers[0]: 2, dealers[1]: 2, clinic: 4}
        )
        met = {row.order_id: row.rule_id for row in run.line_ids}
        self.assertEqual(met[shop], rest)
        self.assertEqual((met[clinic], met[dealers[0]], met[plain]), (first, share, rest.browse()))
        self._stock(self.product, 9)
        self.assertEqual(self._planned(self._run(everybody))[shop], 1)

    def test_the_number_beside_the_conditions(self):
        rule = self._rule("Web shop", self.shop, "rest")
        self.assertEqual(rule.line_count, 0)
        order = self._order((self.product, 4), (self.other, 1), partner_id=self.shop.id)
        rule.invalidate_recordset()
        self.assertEqual(rule.line_count, 2)
        lines = self.env["sale.order.line"].search(rule.action_view_lines()["domain"])
        self.assertEqual(lines, order.order_line)

    @mute_logger("odoo.sql_db")
    def test_conditions_that_the_database_refuses_are_said_and_break_nothing_else(self):
        """The number beside them is 0 while they are typed; saved they are no conditions."""
        form = Form(self.env["backorder.rule"])
        form.name = "Large orders"
        form.domain = "[('product_uom_qty', '>', 'many')]"
        self.assertEqual(form.line_count, 0)
        # The screen goes on: what is asked of the database next is answered.
        form.domain = f"[('order_partner_id', '=', {self.shop.id})]"
        self._order((self.product, 4), partner_id=self.shop.id)
        form.treatment = "share"
        self.assertEqual(form.line_count, 1)
        form.domain = "[('product_uom_qty', '>', 'many')]"
        with self.assertRaisesRegex(ValidationError, "Large orders: .* is no condition"):
            form.save()

    def test_sorted_within_a_rule(self):
        order = self._order((self.product, 4))
        dear = self._order((self.product, 4, {"price_unit": 99}))
        self._stock(self.product, 4)
        rule = self._rule("All", self.customer, "first", sort_1="value")
        self.assertEqual(self._planned(self._run(order | dear)), {order: 0, dear: 4})
        rule.sort_1 = "since"
        self.assertEqual(self._planned(self._run(order | dear)), {order: 4, dear: 0})
        order.backorder_priority_id = self.env.ref("backorder_mgmt.backorder_priority_b")
        dear.backorder_priority_id = self.env.ref("backorder_mgmt.backorder_priority_a")
        rule.sort_1 = "priority"
        self.assertEqual(self._planned(self._run(order | dear)), {order: 0, dear: 4})

    def _given_up(self):
        """A stock order that reserved all there was, and a clinic that needs some of it."""
        self._stock(self.product, 10)
        donor = self._order((self.product, 10), partner_id=self.shop.id)
        clinic = self._order((self.product, 4), partner_id=self.clinic.id)
        self.assertHeld(donor.order_line, 0, reserved=10)
        self._rule("Stock orders", self.shop, "donor")
        return donor, clinic

    def test_donors_give_up_reserved_stock_and_get_it_back(self):
        donor, clinic = self._given_up()
        run = self._run(clinic)
        self.assertEqual(run.line_ids.planned_qty, 4)
        self.assertIn(f"Given up by a fill rule: 4 Units ({donor.name})", run.line_ids.message)
        self.assertHeld(donor.order_line, 0, reserved=10)
        run.action_start()
        self.assertHeld(clinic.order_line, 0, reserved=4)
        self.assertHeld(donor.order_line, 4, reserved=6)
        self.assertFalse(donor.order_line.backorder_forced_qty)
        event = donor.order_line.backorder_event_ids[:1]
        self.assertIn(clinic.name, event.note)
        self.assertEqual(event.run_id, run)
        self.assertIn("given up by a fill rule", donor.message_ids[:1].body)
        run.action_undo()
        self.assertHeld(clinic.order_line, 4, reserved=0)
        self.assertHeld(donor.order_line, 0, reserved=10)
        self.assertFalse(donor.order_line.backorder_filled_qty)

    def test_nobody_else_takes_reserved_stock(self):
        donor, clinic = self._given_up()
        for policy in ("fifo", "customer_priority", "value", "most_complete"):
            self.assertEqual(self._planned(self._run(clinic, policy=policy)), {clinic: 0})
        self._rule("Own first", self.shop, "first", sequence=1)
        self.assertEqual(self._planned(self._run(clinic)), {clinic: 0}, "meets another rule first")
        self.assertHeld(donor.order_line, 0, reserved=10)

    def test_what_is_picked_is_not_given_up(self):
        donor, clinic = self._given_up()
        donor.picking_ids.move_ids.picked = True
        self.assertEqual(self._planned(self._run(clinic)), {clinic: 0})

    def test_a_donor_that_shipped_meanwhile_gives_nothing(self):
        donor, clinic = self._given_up()
        run = self._run(clinic)
        donor.picking_ids.move_ids.picked = True
        donor.picking_ids.button_validate()
        run.action_start()
        self.assertEqual((run.line_ids.filled_qty, run.line_ids.reason), (0, "changed"))
        self.assertFalse(run.line_ids.gifts)
        self.assertHeld(clinic.order_line, 4)

    def test_donors_keep_what_a_fill_that_fails_would_have_taken(self):
        donor, clinic = self._given_up()
        run = self._run(clinic)
        clinic.backorder_cancel_date = "2020-01-01"
        run.action_start()
        self.assertEqual(run.line_ids.filled_qty, 0)
        self.assertHeld(donor.order_line, 0, reserved=10)

    def test_taken_back_only_with_what_donors_gave(self):
        donor, clinic = self._given_up()
        run = self._run(clinic)
        run.action_start()
        donor.action_cancel()
        with self.assertRaisesRegex(UserError, "cannot have it back"):
            run.action_undo()

    def test_rule_sets_compared(self):
        donor, clinic = self._given_up()
        first = self._rule("Hospitals", self.clinic, "first", sequence=1)
        donating = self.env["backorder.rule"].search([("treatment", "=", "donor")])
        run = self._run(clinic)
        completed = {figures["rule_id"]: figures["orders"] for figures in run.compare_rules()}
        self.assertEqual(completed, {False: 1, first.id: 1, donating.id: 0})
        run.action_compare()
        self.assertIn("Fill rules without “Stock orders”", run.comparison)
        self.assertIn("of at most 0", run.comparison)
        self.assertEqual(
            self._planned(self._run(clinic, rule_ids=[Command.set(first.ids)])), {clinic: 0}
        )

    def test_how_good_most_orders_completed_is(self):
        orders = self._order((self.product, 6))
        orders |= self._order((self.product, 3)) | self._order((self.product, 3))
        self._stock(self.product, 6)
        run = self._run(orders, policy="most_complete")
        self.assertEqual(run.plan_note, "Completes 2 orders: no plan completes more.")
        run.policy = "fifo"
        run.action_preview()
        self.assertFalse(run.plan_note)

    def test_a_condition_that_is_none_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "no condition on order lines"):
            self._rule("Wrong", self.shop, "rest", domain="[('no_such_field', '=', 1)]")
        with self.assertRaisesRegex(ValidationError, "no condition on order lines"):
            self._rule("Wrong", self.shop, "rest", domain="[('id', '=', ")

    def test_rules_are_the_managers(self):
        user = new_test_user(self.env, "rules_user", "backorder_mgmt.group_backorder_user")
        manager = new_test_user(self.env, "rules_boss", "backorder_mgmt.group_backorder_manager")
        model = self.env["backorder.rule"]
        with self.assertRaises(AccessError):
            model.with_user(user).create({"name": "Mine", "domain": "[]"})
        rule = model.with_user(manager).create({"name": "Ours", "domain": "[]"})
        self.assertEqual(rule.with_user(user).name, "Ours")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        rule.sudo().company_id = other
        self.assertNotIn(rule, model.with_user(user).search([]))

    def test_rules_of_another_company_are_refused(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        rule = self._rule("Theirs", self.shop, "first", company_id=other.id)
        with self.assertRaisesRegex(ValidationError, "Elsewhere"):
            self.env["backorder.run"].create({"policy": "rules", "rule_ids": [rule.id]})

    def test_every_night_only_where_the_company_wants_it(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        runs = self.env["backorder.run"].search([])
        with self.enter_registry_test_mode():
            cron = self.env.ref("backorder_mgmt.ir_cron_fill_by_rules")
            cron.method_direct_trigger()
            self.assertEqual(self.env["backorder.run"].search([]), runs)
            self.company.backorder_rules_nightly = True
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        run = self.env["backorder.run"].search([]) - runs
        self.assertEqual((run.policy, run.state), ("rules", "queued"))
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
        run.invalidate_recordset()
        order.order_line.invalidate_recordset()
        self.assertEqual(run.state, "done")
        self.assertHeld(order.order_line, 0, reserved=5)
