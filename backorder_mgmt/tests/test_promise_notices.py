"""Delay notices: one for each customer and promise, by the scheduled job."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_dates import LATER, LATEST, SOON
from .test_promise import PromiseCommon


class NoticesCommon(PromiseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Demo orders are not what these tests look at.
        cls.env["res.company"].search([]).backorder_delay_notice = "none"
        cls.company.write({"backorder_delay_notice": "mail", "backorder_delay_tolerance": 1})
        cls.customer.email = "ada@example.com"
        cls.cron = cls.env.ref("backorder_mgmt.ir_cron_notify_delays")
        # Demo orders and those of others were told nothing yet.
        lines = cls.env["sale.order.line"].search([("backorder_promised_date", "!=", False)])
        lines._backorder_write({"backorder_promised_date": False})

    def _work(self):
        """The scheduled job, once; what it told."""
        before = self.env["backorder.delay"].search([])
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()
        return self.env["backorder.delay"].search([]) - before

    def _mails(self, delays):
        return self.env["mail.mail"].search([("mail_message_id", "in", delays.mail_message_id.ids)])

    def _slip(self, order, purchase, date=LATER):
        purchase.picking_ids.scheduled_date = date
        self.assertExpected((order.order_line, date))


@tagged("post_install", "-at_install")
class TestNotices(NoticesCommon):
    def test_the_customer_gets_one_email(self):
        order, purchase = self._promised()
        self._slip(order, purchase)
        delay = self._work()
        self.assertEqual(delay.state, "mailed")
        self.assertEqual((delay.told_date, delay.new_date), (SOON, LATER))
        mail = self._mails(delay)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn(order.name, mail.subject)
        for text in ("Hammer", "5 Units", "03/15/2027", "03/01/2027"):
            self.assertIn(text, mail.body_html)
        self.assertEqual(order.order_line.backorder_promised_date, LATER, "he knows it now")
        self.assertEqual(len(self._notes(order, "of the delay by e-mail")), 1)
        self.assertFalse(self._work(), "told twice")
        self._slip(order, purchase, LATEST)
        self.assertEqual(self._work().told_date, LATER, "a second promise, a second notice")

    def test_nobody_is_told_before_the_job_runs(self):
        order, purchase = self._promised()
        self._slip(order, purchase)
        self.assertFalse(self.env["backorder.delay"].search([("order_id", "=", order.id)]))
        self.assertFalse(order.activity_ids)

    def test_recovered_before_the_job_runs(self):
        order, purchase = self._promised()
        self._slip(order, purchase)
        self._slip(order, purchase, SOON)
        self.assertFalse(self._work())
        self._slip(order, purchase)
        self.assertTrue(self._work(), "it can still get worse")

    def test_tolerance(self):
        self.company.backorder_delay_tolerance = 3
        order, purchase = self._promised()
        for later, told in (
            (timedelta(days=3), False),
            (timedelta(days=3, hours=11), False),
            (timedelta(days=4), True),
        ):
            self._slip(order, purchase, SOON + later)
            self.assertEqual(bool(self._work()), told, later)

    def test_no_tolerance_at_all(self):
        self.company.backorder_delay_tolerance = 0
        order, purchase = self._promised()
        self._slip(order, purchase, SOON + timedelta(hours=5))
        self.assertFalse(self._work(), "the same day")
        self._slip(order, purchase, SOON + timedelta(days=1))
        self.assertTrue(self._work())

    def test_the_date_is_lost(self):
        order, purchase = self._promised()
        purchase.button_cancel()
        delay = self._work()
        self.assertEqual((delay.state, delay.new_date), ("mailed", False))
        self.assertIn("a new date is not known yet", self._mails(delay).body_html)
        self.assertEqual(order.order_line.backorder_promised_date, SOON, "lost silently")
        self.assertEqual(len(self._notes(order, "without a date")), 1)
        self.assertFalse(self._work(), "told twice")

    def test_what_came_is_no_delay(self):
        order, purchase = self._promised()
        self._validate(purchase.picking_ids)
        self.assertFalse(self._work())
        order.fill_backorders()
        self.assertFalse(self._work())

    def test_partly_received_and_the_rest_later(self):
        order, purchase = self._promised(quantity=10)
        self._validate(purchase.picking_ids, 6)
        rest = purchase.picking_ids.filtered(lambda picking: picking.state != "done")
        rest.scheduled_date = LATER
        self.assertEqual(self._work().new_date, LATER)
        self.assertEqual(order.order_line.backorder_promised_date, LATER)

    def test_one_email_names_all_lines_of_a_customer(self):
        first, purchase = self._promised()
        second, other = self._promised(product=self.other, user_id=self.env.user.id)
        stranger, third = self._promised(
            product=self._product("Saw"),
            partner_id=self.env["res.partner"]
            .create({"name": "Bert", "email": "bert@example.com"})
            .id,
        )
        for order, document in ((first, purchase), (second, other), (stranger, third)):
            self._slip(order, document)
        delays = self._work()
        self.assertEqual(delays.order_id, first + second + stranger)
        mails = self._mails(delays)
        self.assertEqual(len(mails), 2)
        mine = mails.filtered(lambda mail: mail.recipient_ids == self.customer)
        for text in (first.name, second.name, "Hammer", "Nails"):
            self.assertIn(text, mine.body_html)
        self.assertNotIn("Saw", mine.body_html)

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("backorder_mgmt.mail_template_backorder_delay")
        template.with_context(lang="fr_FR").write(
            {"subject": "Retard", "body_html": '<p t-out="format_date(object._new_day())"/>'}
        )
        self.customer.lang = "fr_FR"
        order, purchase = self._promised()
        self._slip(order, purchase)
        mail = self._mails(self._work())
        self.assertEqual(mail.subject, "Retard")
        self.assertIn("15/03/2027", mail.body_html)

    def test_the_salesperson_is_told(self):
        self.company.backorder_delay_notice = "notify"
        order, purchase = self._promised()
        second, other = self._promised(product=self.other)
        self._slip(order, purchase)
        self._slip(second, other)
        delays = self._work()
        self.assertEqual(set(delays.mapped("state")), {"notified"})
        activity = (order + second).activity_ids
        self.assertEqual(len(activity), 1, "one for a customer")
        self.assertEqual(activity.user_id, self.salesman)
        for text in (order.name, second.name, "Hammer", "03/15/2027", "Told the Customer"):
            self.assertIn(text, activity.note)
        self.assertFalse(self._mails(delays))
        self.assertEqual(order.order_line.backorder_promised_date, SOON, "the customer is not told")
        self.assertFalse(self._work(), "told twice")
        self._slip(order, purchase, LATEST)
        self.assertFalse(self._work(), "still the same promise")

    def test_customer_without_an_address(self):
        self.customer.email = False
        order, purchase = self._promised()
        self._slip(order, purchase)
        delay = self._work()
        self.assertEqual(delay.state, "notified")
        self.assertIn("Ada Customer has no address", delay.message)
        self.assertIn("Ada Customer has no address", order.activity_ids.note)

    def test_a_salesperson_who_left(self):
        self.company.backorder_delay_notice = "notify"
        order, purchase = self._promised()
        self.salesman.active = False
        self._slip(order, purchase)
        user = self._work().user_id
        self.assertTrue(user.active)
        self.assertTrue(user.has_group("backorder_mgmt.group_backorder_manager"))

    def test_off(self):
        self.company.backorder_delay_notice = "none"
        order, purchase = self._promised()
        self._slip(order, purchase)
        self.assertFalse(self._work())

    def test_each_company_has_its_own_setting(self):
        company = self.env["res.company"].create(
            {"name": "Second Company", "backorder_delay_notice": "none"}
        )
        self.env.user.company_ids |= company
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        warehouse = warehouse or self.env["stock.warehouse"].create(
            {"name": "Of Second", "code": "OS", "company_id": company.id}
        )
        here, purchase = self._promised()
        there_purchase = self._purchase((self.product, 5), warehouse=warehouse)
        there = self._order(
            (self.product, 5), company_id=company.id, warehouse_id=warehouse.id, user_id=False
        )
        self.assertEqual(there.order_line.backorder_promised_date, SOON)
        self._slip(here, purchase)
        self._slip(there, there_purchase)
        self.assertEqual(self._work().order_id, here)
        company.backorder_delay_notice = "notify"
        delay = self._work()
        self.assertEqual((delay.order_id, delay.company_id), (there, company))
        salesman = new_test_user(
            self.env, "all_here", groups="sales_team.group_sale_salesman_all_leads"
        )
        self.assertNotIn(delay, self.env["backorder.delay"].with_user(salesman).search([]))

    def test_one_failing_notice_stops_nobody(self):
        order, purchase = self._promised()
        other, second = self._promised(
            product=self.other,
            partner_id=self.env["res.partner"]
            .create({"name": "Bert", "email": "bert@example.com"})
            .id,
        )
        self._slip(order, purchase)
        self._slip(other, second)
        delays = self.env["backorder.delay"]
        tell = type(delays)._tell_customer

        def fail(rows):
            tell(rows)
            if rows.partner_id == self.customer:
                raise ValueError("no such server")

        with (
            patch.object(type(delays), "_tell_customer", fail),
            mute_logger("odoo.addons.backorder_mgmt.models.base.jobs"),
        ):
            states = {delay.partner_id: delay.state for delay in self._work()}
        self.assertEqual(states[other.partner_id], "mailed")
        self.assertEqual(states[self.customer], "failed")
        failed = delays.search([("state", "=", "failed"), ("order_id", "=", order.id)])
        self.assertIn("no such server", failed.message)
        self.assertFalse(self._mails(failed))
        self.assertEqual(order.order_line.backorder_promised_date, SOON)
        with self.assertRaises(AccessError):
            failed.with_user(self.salesman).action_retry()
        failed.action_retry()
        self._work()
        self.assertEqual(failed.state, "mailed")
        self.assertEqual(len(self._mails(failed)), 1)

    def test_salesman_sees_notices_of_his_own_orders(self):
        order, purchase = self._promised()
        other, second = self._promised(product=self.other, user_id=self.env.user.id)
        self._slip(order, purchase)
        self._slip(other, second)
        self._work()
        seen = self.env["backorder.delay"].with_user(self.salesman).search([])
        self.assertEqual(seen.order_id, order)
        with self.assertRaises(AccessError):
            seen.write({"state": "todo"})
