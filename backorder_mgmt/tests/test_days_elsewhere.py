"""Where it is another day: a clerk in Kiritimati (UTC+14), one in Pago Pago (UTC-11), days of 23
and 25 hours, midnight in the middle of something, and two servers whose clocks differ."""

from datetime import date, datetime, time, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .test_promise_notices import NoticesCommon
from .test_purchase import PurchaseCommon

#: At this hour there are three days: it is 1 March in UTC …
NOW = datetime(2027, 3, 1, 10, 30)
#: … and there:
DAYS = {"Pacific/Kiritimati": date(2027, 3, 2), "Pacific/Pago_Pago": date(2027, 2, 28)}
#: Days on which clocks change, one of them at midnight.
CHANGES = (
    ("Europe/Brussels", date(2026, 10, 25)),
    ("Europe/Brussels", date(2027, 3, 28)),
    ("America/New_York", date(2027, 3, 14)),
    ("Africa/Cairo", date(2027, 4, 30)),
)


def clerks(env, company):
    """Managers of the company who live in each of these zones, and one whose zone is not known."""
    return [
        new_test_user(
            env,
            f"clerk_{number}",
            "sales_team.group_sale_manager,backorder_mgmt.group_backorder_manager,"
            "purchase.group_purchase_manager,stock.group_stock_manager",
            tz=zone,
            company_id=company.id,
            company_ids=company.ids,
        )
        for number, zone in enumerate((*DAYS, False))
    ]


def seen_by(clerk, records):
    """``records`` as the screen of ``clerk`` asks for them, nothing of them in the cache."""
    records.env.flush_all()
    records.env.invalidate_all()
    return records.with_user(clerk).with_context(tz=clerk.tz)


@tagged("post_install", "-at_install")
class TestDaysElsewhere(NoticesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerks = clerks(cls.env, cls.company)
        cls.second = cls.env["res.company"].create({"name": "Second", "backorder_tz": "UTC"})
        cls.env.user.company_ids |= cls.second

    def _night(self, moment):
        """The nightly job of cancel dates, at that moment by the clock of the server that runs
        it."""
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_cancel_backorders").method_direct_trigger()
        self.env.invalidate_all()

    def _cancelled(self, order):
        """How often something of the order was cancelled."""
        return len(order.order_line.backorder_event_ids.filtered(lambda row: row.type == "cancel"))

    @freeze_time(NOW)
    def test_a_fill_ships_on_the_day_where_its_orders_are(self):
        """A clerk works for two companies, and looks from the other one."""
        here = {"allowed_company_ids": [self.second.id, self.company.id]}
        for zone, day in DAYS.items():
            with self.subTest(zone=zone):
                self.company.backorder_tz = zone
                product = self._product(zone)
                order = self._order((product, 5))
                self._stock(product, 3)
                dialogs = self.env["backorder.fill"].with_context(**here)
                dialog = dialogs.create({"order_id": order.id, "set_ship_date": True})
                self.assertEqual(dialog.ship_date, day)
                dialog.action_fill()
                new = order.backorder_child_ids
                self.assertEqual(new.backorder_ship_date, day)
                planned = new.picking_ids.mapped("scheduled_date")
                self.assertEqual([self.company._backorder_day(own) for own in planned], [day])
                quotation = self._order((product, 1), confirm=False)
                chosen = {"active_model": "sale.order", "active_ids": quotation.ids}
                process = self.env["backorder.process"].with_context(**here, **chosen).create({})
                self.assertEqual(process.ship_date, day, "of the processor")

    def test_words_about_a_date_name_one_day_whoever_reads_them(self):
        """That of the company: on the item, for the customer, and in reports."""
        arrives = datetime(2027, 3, 10, 10, 30)
        for zone, day in zip(DAYS, (date(2027, 3, 11), date(2027, 3, 9)), strict=True):
            self.company.backorder_tz = zone
            order, purchase = self._promised(date=arrives, product=self._product(zone))
            purchase.order_line._backorder_bought_for(order.order_line)
            for clerk in self.clerks:
                with self.subTest(zone=zone, clerk=clerk.tz):
                    line, words = seen_by(clerk, order.order_line), f"{day:%m/%d/%Y}"
                    self.assertIn(words, line.backorder_supply_note)
                    self.assertEqual(line.backorder_purchase_label, f"{purchase.name}, {words}")
                    self.assertIn(words, line._backorder_document_words())
                    [row] = self.env["backorder.list"]._line_rows(line)
                    self.assertEqual((row["expected"], row["told"]), (day, day))

    @freeze_time(NOW)
    def test_today_in_a_fill_rule_is_that_of_the_company_whoever_asks(self):
        """Who came today is served first, by a clerk anywhere, or by the job at night."""
        rule = self.env["backorder.rule"].create(
            {"name": "Today", "domain": "[('backorder_date', '>=', 'today')]"}
        )
        rule.treatment = "first"
        for zone, yesterday, today in (
            ("Pacific/Kiritimati", datetime(2027, 3, 1, 9), datetime(2027, 3, 1, 10, 15)),
            ("Pacific/Pago_Pago", datetime(2027, 2, 28, 10), datetime(2027, 2, 28, 12)),
        ):
            self.company.backorder_tz = zone
            product = self._product(zone)
            orders = [self._order((product, 5)), self._order((product, 5))]
            for order, moment in zip(orders, (yesterday, today), strict=True):
                order.order_line._backorder_write({"backorder_date": moment})
            self._stock(product, 5)
            lines = [order.order_line for order in orders]
            for clerk in self.clerks:
                with self.subTest(zone=zone, clerk=clerk.tz):
                    run = seen_by(clerk, self.env["backorder.run"]).create(
                        {
                            "policy": "rules",
                            "rule_ids": [Command.set(rule.ids)],
                            "order_ids": [Command.set([order.id for order in orders])],
                        }
                    )
                    run.action_preview()
                    planned = {row.sale_line_id.id: row.planned_qty for row in run.line_ids}
                    self.assertEqual([planned[line.id] for line in lines], [0, 5])
                    action = seen_by(clerk, rule).action_view_lines()
                    shown = seen_by(clerk, order.order_line).with_context(**action["context"])
                    shown = shown.search(action["domain"])
                    self.assertEqual([line.id in shown.ids for line in lines], [False, True])
                    self.assertEqual(seen_by(clerk, rule).line_count, len(shown))

    def test_days_until_backorders_are_cancelled_count_from_the_day_there(self):
        """And the new order, made on a later day, keeps the date and its place in the queue."""
        self.customer.backorder_cancel_days = 10
        for zone, day in DAYS.items():
            with self.subTest(zone=zone):
                self.company.backorder_tz = zone
                product = self._product(zone)
                with freeze_time(NOW):
                    order = self._order((product, 5))
                self.assertEqual(order.backorder_cancel_date, day + timedelta(days=10))
                self._stock(product, 3)
                with freeze_time(NOW + timedelta(days=3, hours=13)):
                    order.fill_backorders()
                new = order.backorder_child_ids
                self.assertEqual(new.backorder_cancel_date, order.backorder_cancel_date)
                self.assertEqual(new.backorder_original_date, NOW)

    def test_a_nightly_job_acts_once_a_day_when_clocks_change(self):
        """Called every 24 hours, at half past eleven at night: on a day of 23 hours not at all, on
        one of 25 hours twice."""
        for zone, day in (*CHANGES, *((zone, date(2027, 3, 10)) for zone in DAYS)):
            with self.subTest(zone=zone, day=day):
                self.company.backorder_tz = zone
                call = self.company._backorder_start(day - timedelta(days=2), time(23, 30))
                with freeze_time(call):
                    order = self._order((self._product(f"{zone} {day}"), 5))
                order.backorder_cancel_date = day
                for _night in range(5):
                    self._night(call)
                    over = self.company._backorder_day(call) > day
                    self.assertEqual(order.order_line.backorder_qty, 0 if over else 5, call)
                    self.assertEqual(order.backorder_cancel_told, day - timedelta(days=2))
                    self.assertEqual(self._cancelled(order), over)
                    call += timedelta(days=1)
                self.assertTrue(over)
                self.assertEqual(len(order.activity_ids), 1, "told once")

    def test_two_servers_whose_clocks_differ_tell_and_cancel_once(self):
        """Five minutes around midnight: for one of them it is the next day already."""
        self.company.backorder_delay_tolerance = 0
        day = date(2027, 3, 10)
        for zone in (*DAYS, "Europe/Brussels"):
            with self.subTest(zone=zone):
                self.company.backorder_tz = zone
                midnight = self.company._backorder_start(day + timedelta(days=1))
                clocks = (midnight + timedelta(minutes=2), midnight - timedelta(minutes=3)) * 2
                with freeze_time(midnight - timedelta(days=5)):
                    order = self._order((self._product(f"{zone} never"), 5))
                    late, _purchase = self._promised(
                        date=self.company._backorder_start(day, time(9)),
                        product=self._product(zone),
                    )
                order.backorder_cancel_date = day
                self._night(midnight - timedelta(days=5))
                delays = []
                for clock in clocks:
                    self._night(clock)
                    with freeze_time(clock):
                        delays.append(len(self._work()))
                self.assertEqual((order.order_line.backorder_qty, self._cancelled(order)), (0, 1))
                self.assertEqual(len(order.activity_ids), 1, "told once")
                self.assertEqual(delays, [1, 0, 0, 0])
                self.assertEqual(late.order_line.backorder_qty, 5)

    def test_midnight_between_preview_and_start(self):
        """An order whose date passes meanwhile is not filled; the ship date stays as it was
        shown."""
        day = date(2027, 3, 10)
        for zone in DAYS:
            with self.subTest(zone=zone):
                self.company.backorder_tz = zone
                midnight = self.company._backorder_start(day + timedelta(days=1))
                ending, going = self._product(f"{zone} ending"), self._product(f"{zone} going")
                with freeze_time(midnight - timedelta(minutes=1)):
                    over, order = self._order((ending, 5)), self._order((going, 5))
                    over.backorder_cancel_date = day
                    self._stock(ending, 5)
                    self._stock(going, 5)
                    orders = over | order
                    run = self.env["backorder.run"].create(
                        {"order_ids": [Command.set(orders.ids)], "set_ship_date": True}
                    )
                    run.action_preview()
                    self.assertEqual(run.line_ids.mapped("planned_qty"), [5, 5])
                with freeze_time(midnight + timedelta(minutes=1)):
                    run.action_start()
                self.assertEqual(over.order_line.backorder_qty, 5)
                [row] = run.line_ids.filtered_domain([("order_id", "=", over.id)])
                self.assertEqual((row.reason, row.filled_qty), ("changed", 0))
                self.assertEqual(order.backorder_child_ids.backorder_ship_date, day)

    @freeze_time(NOW)
    def test_a_fill_is_worth_on_paper_what_it_was_worth_on_its_day_there(self):
        self.company.backorder_fill_approved = "same_order"
        foreign = "EUR" if self.company.currency_id.name != "EUR" else "USD"
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", foreign)])
        currency.active = True
        currency.rate_ids.unlink()
        for day, rate in ((date(2027, 1, 1), 2.0), (date(2027, 3, 2), 4.0)):
            currency.rate_ids.create(
                {
                    "name": day,
                    "rate": rate,
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                }
            )
        prices = self.prices.create({"name": foreign, "currency_id": currency.id})
        for zone, price in zip(DAYS, (2.5, 5.0), strict=True):
            with self.subTest(zone=zone):
                self.company.backorder_tz = zone
                product = self._product(zone)
                order = self._order((product, 5, {"price_unit": 10.0}), pricelist_id=prices.id)
                self._stock(product, 5)
                run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
                run.action_start()
                self.assertEqual(order.order_line._backorder_unit_value(), price, "its policy")
                self.assertEqual([row["price"] for row in run._report_lines()], [price])

    def test_a_time_zone_that_the_server_does_not_know(self):
        """Odoo has a new name for one that was dropped, and takes UTC for what it never heard of:
        so do we, and nothing fails."""
        self.company.backorder_tz = False
        for name, day in (("Türkiye", date(2027, 3, 2)), ("Mars/Olympus", date(2027, 3, 1))):
            with self.subTest(zone=name):
                self.env.flush_all()
                partner = self.company.partner_id
                self.env.cr.execute(
                    SQL("UPDATE res_partner SET tz = %s WHERE id = %s", name, partner.id)
                )
                self.env.invalidate_all()
                with freeze_time(datetime(2027, 3, 1, 22, 30)):
                    self.assertEqual(self.company._backorder_today(), day)
                order, purchase = self._promised(product=self._product(name))
                self._slip(order, purchase)
                self.assertEqual(self._late(order), order)
                self.assertEqual(self._work().order_id, order)

    def test_a_day_begins_and_ends_as_clocks_there_say_in_python_and_in_sql(self):
        ordinary = ((zone, day) for zone, day in {**DAYS, "Asia/Kolkata": date(2027, 3, 1)}.items())
        companies = self.env["res.company"]
        for zone, day in (*CHANGES, *ordinary):
            with self.subTest(zone=zone, day=day):
                self.company.backorder_tz = zone
                start = self.company._backorder_start(day)
                end = self.company._backorder_start(day + timedelta(days=1))
                for moment, expected in (
                    (start - timedelta(seconds=1), day - timedelta(days=1)),
                    (start, day),
                    (end - timedelta(seconds=1), day),
                    (end, day + timedelta(days=1)),
                    (self.company._backorder_noon(day), day),
                ):
                    day_sql = companies._backorder_day_sql(
                        SQL("%s::timestamp", moment), SQL("%s", self.company.id)
                    )
                    [[of_database]] = self.env.execute_query(SQL("SELECT %s", day_sql))
                    self.assertEqual(self.company._backorder_day(moment), expected)
                    self.assertEqual(of_database, expected)


@tagged("post_install", "-at_install")
class TestPurchasesElsewhere(PurchaseCommon):
    def test_a_day_that_is_picked_for_the_arrival_stays(self):
        """New York, ten past seven in the evening: the 13th is proposed, and the 14th picked, when
        clocks are changed. To UTC both are the 14th."""
        self._order((self.product, 3))
        screen = self._purchase()
        proposed, picked = datetime(2027, 3, 14, 0, 10), datetime(2027, 3, 14, 23, 10)
        screen.line_ids.write({"proposed_date": proposed, "date_planned": proposed})
        screen.line_ids.date_planned = picked
        self.assertEqual(self._created(screen).order_line.date_planned, picked)

    @freeze_time(NOW)
    def test_what_was_proposed_is_what_is_ordered_where_prices_change_today(self):
        """A vendor's new price begins on 2 March: tomorrow to Odoo, which prices the order."""
        self.product.seller_ids.date_end = date(2027, 3, 1)
        self._sells(self.vendor, self.product, price=6.0, date_start=date(2027, 3, 2))
        selected = {"vendor_scope": "selected", "vendor_ids": [Command.set(self.vendor.ids)]}
        for zone in DAYS:
            self.company.backorder_tz = zone
            for clerk in clerks(self.env, self.company):
                clerk.login += zone  # the next ones are others
                for options in ({}, selected):
                    with self.subTest(zone=zone, clerk=clerk.tz, **options):
                        self._order((self.product, 3))
                        screen = self._purchase(user=clerk, **options)
                        proposed = screen.line_ids.price_unit
                        ordered = self._created(screen).order_line.price_unit
                        self.assertEqual((proposed, ordered), (4.0, 4.0))
