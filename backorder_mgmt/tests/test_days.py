"""Days are people's days: in Los Angeles, Sydney and UTC; nobody is told a day in the past."""

from datetime import date, datetime, time, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .test_dates import LATER, SOON
from .test_promise_notices import NoticesCommon

ZONES = ("America/Los_Angeles", "Australia/Sydney", "UTC")


@tagged("post_install", "-at_install")
class TestDays(NoticesCommon):
    def _zone(self, zone):
        self.company.backorder_tz = zone

    def test_hours_of_one_day_are_no_delay(self):
        """12:00 → 18:00 of one day in Los Angeles are two days of UTC."""
        self.company.backorder_delay_tolerance = 0
        told, slipped = datetime(2027, 10, 10, 19), datetime(2027, 10, 11, 1)
        for zone, delays in zip(ZONES, (0, 0, 1), strict=True):
            with self.subTest(zone=zone):
                self._zone(zone)
                order, purchase = self._promised(date=told, product=self._product(zone))
                self._slip(order, purchase, slipped)
                self.assertEqual(len(order.order_line._backorder_got_worse()), delays)
                self.assertEqual(self._late(order), order if delays else order.browse())
                self.assertEqual(order in self._work().order_id, bool(delays))

    def test_a_delay_of_a_day_is_one_also_within_a_day_of_utc(self):
        self.company.backorder_delay_tolerance = 0
        told, slipped = datetime(2027, 10, 10, 1), datetime(2027, 10, 10, 19)
        for zone, days in zip(
            ZONES, (("10/09/2027", "10/10/2027"), ("10/10/2027", "10/11/2027"), None), strict=True
        ):
            with self.subTest(zone=zone):
                self._zone(zone)
                order, purchase = self._promised(date=told, product=self._product(zone))
                self._slip(order, purchase, slipped)
                self.assertEqual(self._late(order), order if days else order.browse())
                delay = self._work()
                self.assertEqual(len(delay), 1 if days else 0)
                for day in days or ():
                    self.assertIn(day, self._mails(delay).body_html)

    def test_a_day_that_passes_is_a_delay_and_is_told_once(self):
        order, _purchase = self._promised()
        with freeze_time(datetime(2027, 3, 2, 12)):
            self.assertFalse(self._work(), "a day is tolerated")
        with freeze_time(datetime(2027, 3, 4, 12)):
            delay = self._work()
            self.assertEqual(delay.state, "mailed")
            self.assertFalse(delay.new_date)
            body = self._mails(delay).body_html
            self.assertIn("a new date is not known yet", body)
            self.assertIn("03/01/2027", body, "what they were told")
            self.assertFalse(self._work())
        self.assertEqual(order.order_line.backorder_promised_date, SOON)

    def test_nobody_is_told_a_day_in_the_past(self):
        order, purchase = self._promised()
        with freeze_time(datetime(2027, 3, 4, 12)):
            self.assertFalse(order.order_line._backorder_told("Told the customer"))
            late = self._order((self.product, 1))
            self._purchase((self.product, 1), date=SOON)
            self.assertFalse(late.order_line._backorder_told())
            self._slip(order, purchase)
            self.assertEqual(order.order_line._backorder_told(), order.order_line)
        self.assertEqual(order.order_line.backorder_promised_date, LATER)

    def test_the_ship_date_is_that_day_where_the_company_is(self):
        for zone in ZONES:
            with self.subTest(zone=zone):
                self._zone(zone)
                item = self._product(zone)
                self._stock(item, 2)
                order = self._order((item, 5))
                self._stock(item, 3)
                run = self.env["backorder.run"].create(
                    {
                        "order_ids": [Command.set(order.ids)],
                        "set_ship_date": True,
                        "ship_date": date(2027, 5, 7),
                    }
                )
                run.action_start()
                shipped = run.run_order_ids.new_order_id or order
                self.assertEqual(shipped.backorder_ship_date, date(2027, 5, 7))
                for picking in shipped.picking_ids:
                    day = self.company._backorder_day(picking.scheduled_date)
                    self.assertEqual(day, date(2027, 5, 7))

    def test_python_and_sql_agree_on_the_day(self):
        moments = [datetime(2027, 3, 14, hour, 30) for hour in range(24)]  # clocks change in the US
        moments += [datetime(2027, 10, 3, hour, 30) for hour in range(24)]  # … and in Sydney
        companies = self.env["res.company"]
        for zone in (*ZONES, False):
            self._zone(zone)
            for moment in moments:
                day_sql = companies._backorder_day_sql(
                    SQL("%s::timestamp", moment), SQL("%s", self.company.id)
                )
                [[day]] = self.env.execute_query(SQL("SELECT %s", day_sql))
                self.assertEqual(day, self.company._backorder_day(moment), (zone, moment))

    def test_days_on_which_clocks_change_are_days(self):
        """23 or 25 hours: told, expected and overdue are as on any other day."""
        self.company.backorder_delay_tolerance = 0
        for zone, day, shift in (
            ("America/Los_Angeles", date(2027, 3, 14), "forward"),
            ("America/Los_Angeles", date(2027, 11, 7), "back"),
            ("Australia/Sydney", date(2027, 10, 3), "forward"),
            ("Australia/Sydney", date(2027, 4, 4), "back"),
            ("UTC", date(2027, 3, 14), "never"),
        ):
            with self.subTest(zone=zone, clocks=shift):
                self._zone(zone)
                start = self.company._backorder_start(day)
                end = self.company._backorder_start(day + timedelta(days=1))
                hours = {"forward": 23, "back": 25, "never": 24}[shift]
                self.assertEqual(end - start, timedelta(hours=hours))
                first, last = start, end - timedelta(minutes=1)
                order, purchase = self._promised(date=first, product=self._product(zone))
                self._slip(order, purchase, last)
                with freeze_time(last):
                    self.assertFalse(self._late(order), "on the last minute of that day still")
                    self.assertNotIn(order, self._work().order_id)
                with freeze_time(end):
                    self.assertEqual(self._late(order), order, "over, a minute later")
                    self.assertIn(order, self._work().order_id)
                    self.assertNotIn(order, self._work().order_id, "told once")
                order, purchase = self._promised(date=last, product=self._product(f"{zone} 2"))
                self._slip(order, purchase, end)
                with freeze_time(first):
                    self.assertEqual(self._late(order), order, "the day after")

    def test_the_usual_wait_is_counted_in_days_of_people(self):
        """A lead time of seven days over the change of the clocks: to the end of the seventh."""
        for zone, hour, minute in (("America/Los_Angeles", 23, 30), ("Australia/Sydney", 0, 30)):
            for begun in (
                date(2027, 3, 10),
                date(2027, 4, 1),
                date(2027, 10, 1),
                date(2027, 11, 3),
            ):
                with self.subTest(zone=zone, begun=begun):
                    self._zone(zone)
                    moment = self.company._backorder_start(begun, time(hour, minute))
                    with freeze_time(moment):
                        order = self._order((self._product(f"{zone} {begun}"), 1))
                    order.write({"date_order": moment})
                    order.order_line.customer_lead = 7
                    order.order_line._backorder_write({"backorder_date": moment})
                    seventh = begun + timedelta(days=7)
                    self.env.invalidate_all()
                    with freeze_time(self.company._backorder_start(seventh, time(23, 59))):
                        self.assertFalse(self._late(order))
                    self.env.invalidate_all()
                    with freeze_time(
                        self.company._backorder_start(seventh + timedelta(days=1), time(0, 1))
                    ):
                        self.assertEqual(self._late(order), order)

    def test_an_email_of_a_fill_names_the_day_where_the_company_is_as_the_customer_writes_it(self):
        """Three in the afternoon of 2 October in London is the 3rd in Sydney, whoever fills."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.backorder_fill_approved = "same_order"
        self._zone("Australia/Sydney")
        self.customer.write({"lang": "fr_FR", "tz": "America/Los_Angeles"})
        self.salesman.write({"lang": "en_US", "tz": "America/Los_Angeles"})
        order, _purchase = self._promised(date=datetime(2027, 10, 2, 15))
        self._stock(self.product, 3)
        run = self.env["backorder.run"].create(
            {
                "order_ids": [Command.set(order.ids)],
                "email_partial_template_id": self.env.ref(
                    "backorder_mgmt.mail_template_backorder_partial"
                ).id,
            }
        )
        run.with_user(self.salesman).sudo().action_start()
        mail = self.env["mail.mail"].search(
            [("model", "=", "sale.order"), ("res_id", "=", order.id)], order="id desc", limit=1
        )
        self.assertIn("03/10/2027", mail.body_html)
        self.assertNotIn("10/03/2027", mail.body_html)

    def test_the_second_email_of_a_partly_filled_order_says_what_this_fill_filled(self):
        self.company.backorder_fill_approved = "same_order"
        template = self.env.ref("backorder_mgmt.mail_template_backorder_partial")
        order = self._order((self.product, 9))
        bodies = []
        for quantity in (3, 2):
            self._stock(self.product, quantity)
            run = self.env["backorder.run"].create(
                {
                    "order_ids": [Command.set(order.ids)],
                    "email_partial_template_id": template.id,
                }
            )
            run.action_start()
            self.assertTrue(run.run_order_ids.mail_queued)
            mails = self.env["mail.mail"].search(
                [("model", "=", "sale.order"), ("res_id", "=", order.id)], order="id desc", limit=1
            )
            bodies.append(mails.body_html)
        self.assertIn("3 Units", bodies[0])
        self.assertIn("2 Units", bodies[1])
        self.assertNotIn("5 Units", bodies[1], "what earlier fills filled was told then")

    def test_a_salesperson_and_the_order_are_told_in_the_language_of_the_salesperson(self):
        """And the customer in their own: days are written as each of them writes days."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.salesman.lang = "fr_FR"
        for notice in ("notify", "mail"):
            with self.subTest(notice=notice):
                self.company.backorder_delay_notice = notice
                order, purchase = self._promised(product=self._product(notice))
                self._slip(order, purchase, LATER)
                delay = self._work()
                if notice == "notify":
                    self.assertIn("15/03/2027", order.activity_ids.note)
                    continue
                self.assertIn("03/15/2027", self._mails(delay).body_html)
                notes = "".join(str(body) for body in order.message_ids.mapped("body"))
                self.assertIn("15/03/2027", notes)
