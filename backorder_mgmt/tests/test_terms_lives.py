"""Terms in the lives of an order and of a contact: second lives, imports done twice, terms
together, combos, rules and priorities that are gone."""

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_terms import TermsCommon


@tagged("post_install", "-at_install")
class TestCancelDateInLives(TermsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.backorder_cancel_days = 30

    def _night(self, day):
        with freeze_time(f"{day} 23:00:00"):
            for order_id in self.env["sale.order"]._backorder_cancel_due().ids:
                self.env["sale.order"]._backorder_cancel_date_work(order_id)
        self.env.invalidate_all()

    def _notices(self, order):
        return len([subject for subject in self._mails(order) if subject])

    def test_confirmed_again_the_days_count_again(self):
        with freeze_time("2026-01-05"):
            order = self._order((self.product, 5))
        self.assertEqual(str(order.backorder_cancel_date), "2026-02-04")
        self._night("2026-01-29")
        self.assertTrue(order.backorder_cancel_told)
        order._action_cancel()
        order.action_draft()
        self.assertFalse(order.backorder_cancel_told)
        with freeze_time("2026-03-02"):
            order.action_confirm()
        self.assertEqual(str(order.backorder_cancel_date), "2026-04-01")
        self._night("2026-03-03")
        self.assertHeld(order.order_line, 5)
        self.assertFalse(order.backorder_cancel_told)

    def test_a_date_of_their_own_stays_and_is_told_again(self):
        with freeze_time("2026-01-05"):
            order = self._order((self.product, 5))
        order.backorder_cancel_date = "2026-01-20"
        self._night("2026-01-14")
        order._action_cancel()
        order.action_draft()
        with freeze_time("2026-03-02"):
            order.action_confirm()
        self.assertEqual(str(order.backorder_cancel_date), "2026-01-20")
        self._night("2026-03-03")
        self.assertHeld(order.order_line, 5)
        self.assertEqual(str(order.backorder_cancel_told), "2026-03-03")

    def test_the_same_date_imported_again_is_not_told_again(self):
        with freeze_time("2026-01-05"):
            order = self._order((self.product, 5))
        self._night("2026-01-29")
        told = self._notices(order)
        order.write({"backorder_cancel_date": "2026-02-04", "backorder_cancel_days": 30})
        self.assertEqual(str(order.backorder_cancel_told), "2026-01-29")
        self._night("2026-01-30")
        self.assertEqual(self._notices(order), told)
        self._night("2026-02-05")
        self.assertHeld(order.order_line, 0)

    def test_other_days_of_the_customer_leave_a_date_that_was_typed(self):
        with freeze_time("2026-01-05"):
            typed = self._order((self.product, 5))
            follows = self._order((self.product, 5))
        typed.backorder_cancel_date = "2026-12-24"
        self.customer.backorder_cancel_days = 60
        self.assertEqual(str(follows.backorder_cancel_date), "2026-03-06")
        self.assertEqual(str(typed.backorder_cancel_date), "2026-12-24")
        self.customer.backorder_cancel_days = -1
        self.assertFalse(follows.backorder_cancel_date)
        self.assertEqual(str(typed.backorder_cancel_date), "2026-12-24")

    def test_a_day_that_has_passed_at_the_confirmation_is_told_first(self):
        order = self._order((self.product, 5), confirm=False, backorder_cancel_date="2026-01-02")
        with freeze_time("2026-03-02"):
            order.action_confirm()
        self._night("2026-03-02")
        self.assertHeld(order.order_line, 5)
        self.assertEqual(str(order.backorder_cancel_told), "2026-03-02")
        self._night("2026-03-03")
        self.assertHeld(order.order_line, 0)

    def test_changed_by_the_clerk_after_the_notice(self):
        with freeze_time("2026-01-05"):
            order = self._order((self.product, 5))
        self._night("2026-01-29")
        order.backorder_cancel_date = "2026-01-30"
        self._night("2026-01-31")
        self.assertHeld(order.order_line, 5)
        self._night("2026-02-01")
        self.assertHeld(order.order_line, 0)

    def test_of_a_salesperson_who_left(self):
        with freeze_time("2026-01-05"):
            order = self._order((self.product, 5))
        self.salesman.active = False
        self._night("2026-01-29")
        self.assertTrue(order.backorder_cancel_told)
        self._night("2026-02-05")
        self.assertHeld(order.order_line, 0)

    def test_duplicated_nothing_of_it_was_told(self):
        with freeze_time("2026-01-05"):
            order = self._order((self.product, 5))
        order.backorder_accept = "no"
        self._night("2026-01-29")
        again = order.copy()
        self.assertFalse(again.backorder_cancel_date or again.backorder_cancel_told)
        self.assertFalse(any(again.order_line.mapped("backorder_cancel_told_product_qty")))
        self.assertEqual(again.backorder_accept, "no")


@tagged("post_install", "-at_install")
class TestTermsTogether(TermsCommon):
    def _refusing(self, *items, **values):
        order = self._order(*items, **values)
        order.backorder_accept = "no"
        return order

    def test_who_takes_none_gets_what_is_there_whatever_a_shipment_is_worth(self):
        for values in (
            {"backorder_min_value": 500},
            {"backorder_max_shipments": 1},
            {"backorder_policy": "line"},
            {"backorder_policy": "complete"},
            {"picking_policy": "one"},
        ):
            with self.subTest(values):
                product = self._product("Anvil")
                order = self._refusing((product, 5), **values)
                self._stock(product, 2)
                run = self._run(order)
                self.assertEqual(run.line_ids.planned_qty, 2)
                run.action_start()
                self.assertHeld(order.order_line, 0, reserved=2)
                self.assertEqual(order.order_line.product_uom_qty, 2)

    def test_the_dialog_offers_it_too(self):
        order = self._refusing((self.product, 5), backorder_min_value=500)
        self._stock(self.product, 2)
        dialog = self._dialog(order)
        self.assertEqual(dialog.line_ids.quantity, 2)
        dialog.action_fill()
        self.assertHeld(order.order_line, 0, reserved=2)
        self.assertEqual(order.order_line.product_uom_qty, 2)

    def test_only_orders_that_can_be_completed_are_those_whose_rest_is_cancelled(self):
        order = self._refusing((self.product, 5))
        self._stock(self.product, 2)
        run = self._run(order, fill_mode="complete")
        run.action_start()
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertHeld(order.order_line, 0, reserved=2)

    def test_what_a_person_forced_waits_and_keeps_the_terms(self):
        order = self._refusing((self.product, 5), backorder_policy="complete")
        order.force_backorders({order.order_line.id: 5})
        order.order_line._backorder_write({"backorder_forced_qty": 5})
        self._stock(self.product, 2)
        run = self._run(order)
        self.assertEqual(run.line_ids.planned_qty, 0)
        run.action_start()
        self.assertHeld(order.order_line, 5)

    def test_smallest_value_of_complete_lines(self):
        order = self._order(
            (self.product, 5), (self.other, 2), backorder_min_value=30, backorder_policy="line"
        )
        self._stock(self.product, 4)
        self._stock(self.other, 2)
        self.assertOffers(order, [0, 0])
        self._stock(self.product, 1)
        self.assertOffers(order, [5, 2])

    def test_a_combo_whose_item_is_missing_is_confirmed(self):
        choice = self.env["product.combo"].create(
            {
                "name": "Tools",
                "combo_item_ids": [Command.create({"product_id": self.product.id})],
            }
        )
        combo = self.env["product.product"].create(
            {"name": "Set", "type": "combo", "list_price": 9, "combo_ids": choice.ids}
        )
        self.customer.backorder_accept = "no"
        order = self._order((combo, 2), (self.other, 1), confirm=False)
        self.env["sale.order.line"].create(
            {
                "order_id": order.id,
                "product_id": self.product.id,
                "product_uom_qty": 2,
                "linked_line_id": order.order_line[0].id,
                "combo_item_id": choice.combo_item_ids.id,
            }
        )
        self._stock(self.other, 1)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        item = order.order_line.filtered("combo_item_id")
        self.assertHeld(item, 0)
        self.assertEqual(item.product_uom_qty, 0)
        self.assertEqual(order.amount_untaxed, 10, "nobody pays for what is not sent")

    def test_sections_and_notes_stay(self):
        self.customer.backorder_accept = "no"
        order = self._order((self.product, 2), confirm=False)
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Tools", "sequence": 1}),
            Command.create({"display_type": "line_note", "name": "Mind the edge"}),
        ]
        order.action_confirm()
        self.assertEqual(len(order.order_line), 3)
        self.assertEqual(sum(order.order_line.mapped("product_uom_qty")), 0)


@tagged("post_install", "-at_install")
class TestTermsOfContacts(TermsCommon):
    def test_typed_on_one_of_their_contacts_they_are_the_customers(self):
        firm = self.env["res.partner"].create({"name": "Firm", "is_company": True})
        person = self.env["res.partner"].create({"name": "Pat", "parent_id": firm.id})
        order = self._order((self.product, 5), partner_id=person.id)
        person.backorder_policy = "complete"
        self.assertEqual(firm.backorder_policy, "complete")
        self.assertEqual(order.backorder_policy, "complete")

    def test_a_contact_who_moves_to_another_company_takes_its_terms(self):
        strict = self.env["res.partner"].create(
            {"name": "Strict", "is_company": True, "backorder_policy": "complete"}
        )
        person = self.env["res.partner"].create({"name": "Pat"})
        order = self._order((self.product, 5), partner_id=person.id)
        person.parent_id = strict
        self.assertEqual(person.backorder_policy, "complete")
        later = self._order((self.product, 1), partner_id=person.id)
        self.assertEqual(later.backorder_policy, "complete")
        self.assertEqual(order.backorder_policy, "complete")

    def test_too_many_days_are_refused_on_the_contact(self):
        with self.assertRaisesRegex(ValidationError, "Ada Customer.*36500"):
            self.customer.backorder_cancel_days = 40_000
        with self.assertRaisesRegex(ValidationError, "Ada Customer.*-1"):
            self.customer.backorder_max_shipments = -5
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.company.backorder_terms_cancel_days = 40_000
            self.env.flush_all()

    def test_each_company_has_its_own_defaults(self):
        other = self.env["res.company"].create({"name": "Sister"})
        other.backorder_terms_policy = "complete"
        self.env.user.company_ids |= other
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        theirs = (
            self.env["sale.order"]
            .with_company(other)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "warehouse_id": warehouse.id,
                }
            )
        )
        ours = self._order((self.product, 1), confirm=False)
        self.assertEqual((theirs.backorder_policy, ours.backorder_policy), ("complete", "partial"))
        self.customer.backorder_policy = "line"
        self.assertEqual((theirs.backorder_policy, ours.backorder_policy), ("line", "line"))
        self.customer.backorder_policy = False
        self.assertEqual((theirs.backorder_policy, ours.backorder_policy), ("complete", "partial"))


@tagged("post_install", "-at_install")
class TestRulesThatAreGone(TermsCommon):
    def _rule(self, name="Web", **values):
        return self.env["backorder.rule"].create({"name": name, **values})

    def _break(self, rule, domain):
        """As an update does that takes a field away."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE backorder_rule SET domain = %s WHERE id = %s", [domain, rule.id]
        )
        self.env.invalidate_all()

    def test_conditions_that_do_not_hold_any_more_are_named(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 2)
        rule = self._rule("Web shop")
        for domain in (
            "[('x_gone', '=', 1)]",
            "[('product_uom_qty', '>', 'many')]",
            "[('order_id.x_gone', '=', 1)]",
            "1 / 0",
            "[(",
            "5",
        ):
            with self.subTest(domain):
                self._break(rule, domain)
                self.assertEqual(rule.line_count, 0)
                run = self.env["backorder.run"].create({"order_ids": order.ids, "policy": "rules"})
                with self.assertRaisesRegex(UserError, "Web shop"):
                    run.action_preview()
                run.policy = "fifo"
                run.action_preview()
                with self.assertRaisesRegex(UserError, "Web shop"):
                    run.action_compare()
                with self.assertRaisesRegex(UserError, "Web shop"):
                    rule.action_view_lines()

    def test_conditions_of_another_type_are_refused(self):
        for domain in ("[('product_uom_qty', '>', 'many')]", "5", "None", "[('id', '=', 'x')]"):
            with (
                self.subTest(domain),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(ValidationError, "Odd"),
            ):
                self._rule("Odd", domain=domain)

    def test_a_chosen_rule_that_was_archived_is_not_all_rules(self):
        rule = self._rule("Chosen", domain=f"[('product_id', '=', {self.product.id})]")
        self._rule("Others", domain=f"[('product_id', '=', {self.other.id})]")
        order = self._order((self.product, 5), (self.other, 5))
        run = self._run(order, policy="rules", rule_ids=rule.ids)
        self.assertEqual(run.line_ids.mapped("rule_id"), rule)
        rule.active = False
        run.action_preview()
        self.assertEqual(run.line_ids.rule_id, rule)

    def test_a_chosen_rule_is_not_deleted_before_its_fill_is_done(self):
        rule = self._rule("Chosen")
        run = self._run(self._order((self.product, 5)), policy="rules", rule_ids=rule.ids)
        with self.assertRaisesRegex(UserError, "Chosen.*Archive the rule"):
            rule.unlink()
        run.action_cancel()
        rule.unlink()

    def test_a_night_by_rules_that_cannot_be_says_so(self):
        self._order((self.product, 5))
        self.company.backorder_rules_nightly = True
        rule = self._rule("Web shop")
        self._break(rule, "[('x_gone', '=', 1)]")
        runs = self.env["backorder.run"]
        with self.assertRaisesRegex(UserError, "Web shop") as found:
            runs._plan_nightly_fill(self.company.id)
        with self.assertLogs("odoo.addons.backorder_mgmt", "WARNING"):
            runs._nightly_failed(self.company.id, found.exception)
        run = runs.search([("policy", "=", "rules"), ("state", "=", "failed")], limit=1)
        self.assertIn("Web shop", " ".join(run.message_ids.mapped("body")))

    def test_two_rules_of_one_sequence_the_older_one_is_met(self):
        first = self._rule("First", sequence=7)
        self._rule("Second", sequence=7)
        order = self._order((self.product, 5))
        run = self._run(order, policy="rules")
        self.assertEqual(run.line_ids.rule_id, first)

    def test_a_priority_that_is_archived_or_deleted(self):
        gold = self.env["backorder.priority"].create({"name": "Gold", "sequence": 1})
        late = self._order((self.product, 5))
        dear = self._order((self.product, 5))
        self._wait(late, 10)
        dear.backorder_priority_id = gold
        self._stock(self.product, 5)
        gold.active = False
        run = self._run(late + dear, policy="customer_priority")
        planned = {row.order_id: row.planned_qty for row in run.line_ids}
        self.assertEqual(planned, {late: 0, dear: 5})
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            gold.unlink()
            self.env.flush_all()
