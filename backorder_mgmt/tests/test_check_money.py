"""Check Backorders finds wrong money: each fault is planted past all that keeps it out."""

from odoo import Command
from odoo.tests import tagged

from .test_charge import ChargeCommon


@tagged("post_install", "-at_install")
class TestCheckMoney(ChargeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checks = cls.env["backorder.check"]
        # what demo data of this database leave is none of these tests'
        cls.before = {(row["code"], row["id"]) for row in cls.checks.run_checks()}

    def _found(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            row
            for row in self.checks.run_checks(repair=True)
            if (row["code"], row["id"]) not in self.before
        ]

    def _sql(self, statement, *values):
        self.env.flush_all()
        self.env.cr.execute(statement, values)
        self.env.invalidate_all()

    def assertFound(self, code, record, *words):
        """Only this, of this record, said and not mended; the list opens it."""
        found = self._found()
        self.assertEqual([(row["code"], row["id"]) for row in found], [(code, record.id)], found)
        self.assertEqual((found[0]["model"], found[0]["repaired"]), (record._name, False))
        for word in words:
            self.assertIn(word, found[0]["message"])
        kept = self.checks.search([("code", "=", code), ("res_id", "=", record.id)])
        self.assertEqual(kept.action_open_record()["res_id"], record.id)

    def test_families_in_order_have_nothing_to_say(self):
        self._card()
        order = self._short_order(stock=2)
        self._pay_online(order, 30)
        self._pay_online(order, 20, "authorized")
        for quantity in (3, 2, 3):
            self._filled(quantity, order=order, carry_credit="needed")
        new = order.backorder_child_ids[-1:]
        new._action_cancel()
        new.unlink()
        self.assertEqual(self._found(), [])

    def test_a_carried_amount_that_its_row_does_not_have(self):
        order = self._short_order()
        self._pay_online(order, 100)
        order, new, _run = self._filled(order=order, carry_credit="needed")
        self._sql("UPDATE sale_order SET backorder_carried_amount = 70 WHERE id = %s", new.id)
        self.assertFound("carried", new, new.name, "70.00 carried", "40.00")

    def test_an_amount_carried_to_a_strange_order(self):
        order = self._short_order()
        self._pay_online(order, 100)
        order, new, _run = self._filled(order=order, carry_credit="needed")
        self._sql("UPDATE sale_order SET backorder_parent_id = NULL WHERE id = %s", new.id)
        found = {(row["code"], row["id"]) for row in self._found()}
        self.assertIn(("carried", min(order.id, new.id)), found)

    def test_asked_for_more_than_the_family_owes(self):
        card = self._card()
        order, new, _run = self._filled(job=False)
        charge = self._charge(new)
        self.env["backorder.charge.attempt"]._record_card(charge, card, 160)
        charge._backorder_write({"state": "sending"})
        self.assertFound("asked", order, "60.00 more")

    def test_a_card_charged_twice_for_one_order(self):
        card = self._card()
        _order, new, _run = self._filled()
        charge = self._charge(new)
        self.assertEqual(charge.charged_amount, 40)
        again = self.env["backorder.charge.attempt"]._record_card(charge, card, 40)
        again.transaction_id._set_done()
        again._backorder_write({"state": "done"})
        self.assertFound("charged", charge, new.name, "80.00 were charged", "40.00")

    def test_more_captured_than_was_authorised(self):
        """Odoo itself lets 140 of 100 be taken."""
        order = self._short_order()
        payment = self._pay_online(order, 100, "authorized")
        for amount in (100, 40):
            payment._create_child_transaction(amount)._set_done()
        self.assertFound("captured", order, "140.00", "100.00")

    def test_an_authorisation_that_nothing_can_use(self):
        order = self._short_order()
        self._pay_online(order, 100, "authorized")
        self.assertEqual(self._found(), [], "all of it is owed still")
        order._action_cancel()
        self.assertFound("authorized", order, "100.00", "void it")
        self.assertIn("void it", order.backorder_leftover_note)
        order.transaction_ids._void()
        order.transaction_ids.child_transaction_ids._set_canceled()
        self.assertEqual(self._found(), [])

    def test_an_email_of_a_fill_that_was_made_twice(self):
        self.company.write({"backorder_charge_cards": False})
        template = self.env.ref("backorder_mgmt.mail_template_backorder_partial")
        order = self._short_order()
        run = self._fill(
            order, 4, email_complete_template_id=template.id, email_partial_template_id=template.id
        )
        self.assertTrue(run.run_order_ids.mail_queued)
        self.assertEqual(self._found(), [])
        mailed = run.run_order_ids.new_order_id or order
        template.send_mail_batch(
            mailed.ids, force_send=False, email_layout_xmlid="mail.mail_notification_light"
        )
        self.assertFound("mailed", mailed, mailed.name, "2 times")

    def test_two_fills_that_each_mailed_are_no_fault(self):
        self.company.write(
            {"backorder_charge_cards": False, "backorder_fill_approved": "same_order"}
        )
        template = self.env.ref("backorder_mgmt.mail_template_backorder_partial")
        order = self._order((self.product, 10))
        for _time in range(2):
            self._stock(self.product, 2)
            run = self.env["backorder.run"].create(
                {
                    "order_ids": [Command.set(order.ids)],
                    "email_partial_template_id": template.id,
                }
            )
            run.action_start()
        self.assertEqual(self._found(), [])
