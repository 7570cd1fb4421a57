"""A confirmation writes its own order; the dates of others who wait follow by a job (fault H42)."""

from unittest.mock import patch

from odoo.tests import tagged

from .test_dates import LATER, LATEST, SOON, DatesCommon


@tagged("post_install", "-at_install")
class TestDatesAtConfirmation(DatesCommon):
    def _written_by(self, act):
        """Ids of the order lines that ``act`` writes anything of, by SQL or the ORM."""
        self.env.flush_all()
        self.env.cr.execute("SELECT id, xmin::text, ctid::text FROM sale_order_line")
        before = set(self.env.cr.fetchall())
        act()
        self.env.flush_all()
        self.env.cr.execute("SELECT id, xmin::text, ctid::text FROM sale_order_line")
        return {row[0] for row in set(self.env.cr.fetchall()) - before}

    def _quotations(self, count, quantity=1):
        return [
            self._order((self.product, quantity), confirm=False).order_line for _ in range(count)
        ]

    def test_an_order_among_fifty_who_wait_writes_its_own_line_only(self):
        """A confirmed order comes before all quotations: each of them gets a later date."""
        self._purchase((self.product, 50), date=SOON)
        waiting = self._quotations(49)
        last = self._order((self.product, 1), confirm=False).order_line
        self._purchase((self.product, 2), date=LATER)
        self.assertExpected((waiting[-1], SOON), (last, SOON))
        order = self._order((self.product, 2), confirm=False)
        self.assertExpected((order.order_line, LATER))

        written = self._written_by(order.action_confirm)

        self.assertEqual(written, set(order.order_line.ids))
        self.assertExpected((order.order_line, SOON))
        self._work_dates()
        self.assertExpected((waiting[0], SOON), (waiting[-2], SOON), (waiting[-1], LATER))
        self.assertExpected((last, LATER), (order.order_line, SOON))

    def test_queries_do_not_grow_with_those_who_wait(self):
        counts = []
        for more in (1, 49):
            self._quotations(more)
            order = self._order((self.product, 1), confirm=False)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            order.action_confirm()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)

    def test_the_nightly_search_leaves_dates_to_the_job(self):
        """In an old shop thousands wait for an item: their queue is looked at once, in the end."""
        self.company.backorder_auto = False
        orders = [self._order((self.product, 2)) for _number in range(3)]
        self._purchase((self.product, 4), date=SOON)
        self._purchase((self.product, 4), date=LATER)
        self.company.backorder_auto = True
        self.env.flush_all()
        lines = type(self.env["sale.order.line"])
        deal = lines._backorder_deal
        with (
            patch.object(lines, "_backorder_deal", autospec=True, side_effect=deal) as looks,
            self.enter_registry_test_mode(),
        ):
            self.env.ref("backorder_mgmt.ir_cron_detect_backorders").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(looks.called, looks.mock_calls)
        self.assertEqual([order.order_line.backorder_qty for order in orders], [2, 2, 2])
        self._work_dates()
        first, second, third = (order.order_line for order in orders)
        self.assertExpected((first, SOON), (second, SOON), (third, LATER))

    def test_goods_that_a_confirmation_takes_leave_others_without_them(self):
        """Quotations expect what is on hand; the order takes it."""
        self._stock(self.product, 5)
        self._order((self.product, 5), confirm=False)
        quotation = self._order((self.product, 8), confirm=False).order_line
        self._purchase((self.product, 8), date=LATER)
        order = self._order((self.product, 5), confirm=False)

        written = self._written_by(order.action_confirm)

        self.assertEqual(self._reserved(order), 5)
        self.assertNotIn(quotation.id, written)
        self._work_dates()
        self.assertExpected((quotation, LATER))

    def test_who_waits_for_a_kit_gets_a_new_date_too(self):
        kit = self._kit("Set", (self.product, 1))
        self._purchase((self.product, 5), date=SOON)
        quotation = self._order((kit, 5), confirm=False).order_line
        self.assertExpected((quotation, SOON))
        order = self._order((self.product, 5), confirm=False)
        written = self._written_by(order.action_confirm)
        self.assertEqual(written, set(order.order_line.ids))
        self._work_dates()
        self.assertExpected((quotation, None))

    def test_the_job_is_called_at_once_and_once(self):
        before = self._triggers("ir_cron_work_dates")
        self._order((self.product, 1), (self.other, 2))
        self.assertEqual(self._triggers("ir_cron_work_dates"), before + 1)
        noted = self.env["backorder.due"].search([]).product_id
        self.assertEqual(noted & (self.product | self.other), self.product | self.other)

    def test_an_order_with_everything_in_stock_calls_no_job(self):
        self._stock(self.product, 5)
        self._order((self.product, 5))
        self.assertFalse(self.env["backorder.due"].search([("product_id", "=", self.product.id)]))

    def test_screens_show_the_date_of_now_before_the_job_ran(self):
        self._purchase((self.product, 5), date=SOON)
        self._purchase((self.product, 5), date=LATER)
        quotation = self._order((self.product, 5), confirm=False)
        line = quotation.order_line
        self.assertExpected((line, SOON))
        self._order((self.product, 5))
        for dialog in ("backorder.fill", "backorder.force"):
            row = self.env[dialog].create({"order_id": quotation.id}).line_ids
            self.assertEqual(row.expected_date, LATER, dialog)
        self.env.invalidate_all()
        self.assertEqual(quotation.backorder_expected_date, LATER)

    def test_who_is_told_a_date_is_told_the_one_of_now(self):
        self._purchase((self.product, 5), date=SOON)
        self._purchase((self.product, 5), date=LATER)
        quotation = self._order((self.product, 5), confirm=False)
        self.assertExpected((quotation.order_line, SOON))
        self._order((self.product, 5))
        quotation.action_backorder_told()
        self.assertEqual(quotation.order_line.backorder_promised_date, LATER)

    def test_no_delay_is_reported_that_is_none(self):
        """The kept date is later than told until the job ran: nobody is told a delay."""
        self.company.write({"backorder_delay_notice": "notify", "backorder_delay_tolerance": 0})
        self._purchase((self.product, 5), date=SOON)
        line = self._order((self.product, 5)).order_line
        self.assertEqual(line.backorder_promised_date, SOON)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order_line SET backorder_expected_date = %s WHERE id = %s",
            [LATEST, line.id],
        )
        self.env.invalidate_all()
        self.env["backorder.delay"]._find_delays()
        self.assertFalse(self.env["backorder.delay"].search([("sale_line_id", "=", line.id)]))

    def test_one_product_that_raises_stops_no_other(self):
        broken = self._order((self.other, 1)).order_line
        self._purchase((self.product, 5), date=SOON)
        self._purchase((self.product, 5), date=LATER)
        quotation = self._order((self.product, 5), confirm=False).order_line
        self._order((self.product, 5))
        lines = type(broken)
        deal = lines._backorder_deal

        def raising(records):
            if self.other in records.product_id:
                raise ValueError("a recipe without an end")
            return deal(records)

        with (
            patch.object(lines, "_backorder_deal", raising),
            self.assertLogs("odoo.addons.backorder_mgmt.models.base.jobs", "WARNING"),
        ):
            self._work_dates()
        self.assertExpected((quotation, LATER))
        self.assertIn("a recipe without an end", self.other.message_ids[:1].body)
