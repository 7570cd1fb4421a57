"""Promises: the date a customer was told, and what is late."""

from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import PageCase
from .test_dates import LATER, LATEST, SOON, DatesCommon


class PromiseCommon(DatesCommon):
    def _promised(self, quantity=5, date=SOON, product=None, **values):
        """A confirmed order whose customer was told ``date``; with its purchase order."""
        product = product or self.product
        purchase = self._purchase((product, quantity), date=date)
        order = self._order((product, quantity), **values)
        self.assertEqual(order.order_line.backorder_promised_date, date)
        return order, purchase

    def _late(self, *orders):
        self.env.flush_all()
        lines = self.env["sale.order"].union(*orders).order_line
        found = lines.search([("id", "in", lines.ids), ("backorder_late", "=", True)])
        self.assertEqual(found, lines.filtered("backorder_late"), "search and field differ")
        rest = lines.search([("id", "in", lines.ids), ("backorder_late", "=", False)])
        self.assertEqual(rest, lines - found)
        return found.order_id

    def _notes(self, record, text):
        return record.message_ids.filtered(lambda message: text in (message.body or ""))


@tagged("post_install", "-at_install")
class TestPromise(PromiseCommon):
    def test_the_confirmation_tells_the_date_that_is_known_then(self):
        order, _purchase = self._promised()
        undated = self._order((self.product, 5)).order_line
        self.assertFalse(undated.backorder_promised_date)
        self._purchase((self.product, 5), date=LATER)
        self.assertExpected((undated, LATER))
        self.assertFalse(undated.backorder_promised_date, "nobody told the customer")
        quotation = self._order((self.product, 5), confirm=False).order_line
        self._purchase((self.product, 5), date=LATEST)
        self.assertExpected((quotation, LATEST))
        self.assertFalse(quotation.backorder_promised_date)
        self.assertFalse(order.copy().order_line.backorder_promised_date)

    def test_what_is_in_stock_is_not_promised(self):
        self._stock(self.product, 5)
        self.assertFalse(self._order((self.product, 5)).order_line.backorder_promised_date)

    def test_a_slip_does_not_change_what_the_customer_was_told(self):
        order, purchase = self._promised()
        purchase.picking_ids.scheduled_date = LATER
        self.assertExpected((order.order_line, LATER))
        self.assertEqual(order.order_line.backorder_promised_date, SOON)
        purchase.button_cancel()
        self.assertExpected((order.order_line, None))
        self.assertEqual(order.order_line.backorder_promised_date, SOON)

    def test_told_the_customer(self):
        order, purchase = self._promised()
        purchase.picking_ids.scheduled_date = LATER
        order.with_user(self.salesman).action_backorder_told()
        self.assertEqual(order.order_line.backorder_promised_date, LATER)
        note = self._notes(order, "Told the customer")
        self.assertEqual(len(note), 1)
        self.assertIn("03/15/2027", note.body)
        self.assertIn("before: 03/01/2027", note.body)

    def test_no_date_to_tell(self):
        order = self._order((self.product, 5))
        with self.assertRaisesRegex(UserError, "No date is known for Hammer"):
            order.action_backorder_told()
        self.assertFalse(self._notes(order, "Told the customer"))

    def test_a_lost_date_is_not_told_away(self):
        order, purchase = self._promised()
        purchase.button_cancel()
        with self.assertRaises(UserError):
            order.action_backorder_told()
        self.assertEqual(order.order_line.backorder_promised_date, SOON)
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(order.order_line.backorder_promised_date, SOON)

    def test_somebody_elses_order(self):
        order, _purchase = self._promised(user_id=self.env.user.id)
        with self.assertRaises(AccessError):
            order.order_line.with_user(self.salesman).action_backorder_told()

    def test_nobody_writes_the_promise_directly(self):
        order, _purchase = self._promised()
        with self.assertRaises(AccessError):
            order.order_line.backorder_promised_date = LATEST

    def test_an_email_with_the_date_tells_it(self):
        order, purchase = self._promised()
        purchase.picking_ids.scheduled_date = LATER
        self.customer.email = "ada@example.com"
        silent = self.env["mail.template"].create(
            {
                "name": "Silent",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "subject": "Your order",
                "body_html": "<p>Hello</p>",
            }
        )
        telling = silent.copy(
            {"body_html": '<p t-out="object.order_line[:1].backorder_expected_date"/>'}
        )
        silent.send_mail(order.id)
        self.assertEqual(order.order_line.backorder_promised_date, SOON)
        telling.send_mail(order.id)
        self.assertEqual(order.order_line.backorder_promised_date, LATER)
        self.assertEqual(len(self._notes(order, "Told the customer by e-mail")), 1)
        purchase.picking_ids.scheduled_date = LATEST
        composer = (
            self.env["mail.compose.message"]
            .with_context(default_model="sale.order", default_res_ids=order.ids)
            .create({"template_id": telling.id})
        )
        composer._action_send_mail()
        self.assertEqual(order.order_line.backorder_promised_date, LATEST)

    # -- late -------------------------------------------------------------------------------------

    def test_late(self):
        order, purchase = self._promised()
        undated = self._order((self.other, 5))
        stocked = self._order((self._product("Stocked"), 0))
        self.assertEqual(self._late(order, undated, stocked), order.browse(), "the first day")
        self._wait(undated, days=2)
        self.assertEqual(self._late(order, undated, stocked), undated)
        purchase.picking_ids.scheduled_date = SOON + timedelta(hours=3)
        self.assertEqual(self._late(order, undated), undated, "the same day")
        purchase.picking_ids.scheduled_date = LATER
        self.assertEqual(self._late(order, undated), order + undated)
        self.assertEqual(
            self.env["sale.order"].search(
                [("backorder_late", "=", True), ("id", "in", (order + undated + stocked).ids)]
            ),
            order + undated,
        )
        order.action_backorder_told()
        self.assertEqual(self._late(order), order.browse())

    def test_without_a_date_late_is_who_waits_longer_than_usual(self):
        """An item with a week of lead time, a delivery date that is still to come, one that has
        passed; who was told a date that nobody knows any more."""
        self.other.sale_delay = 7
        usual = self._order((self.other, 5))
        self._wait(usual, days=6)
        future = self._order((self.product, 1), commitment_date=LATER)
        self._wait(future, days=40)
        passed = self._order((self.product, 1), commitment_date=datetime.now() - timedelta(days=2))
        told, purchase = self._promised(product=self._product("Saw"))
        orders = (usual, future, passed, told)
        self.assertEqual(self._late(*orders), passed)
        purchase.button_cancel()
        self.assertEqual(self._late(*orders), passed + told)
        self._wait(usual, days=9)
        self.assertEqual(self._late(*orders), passed + told + usual)

    def test_later_than_the_delivery_date_of_the_order(self):
        order, _purchase = self._promised(commitment_date=SOON - timedelta(days=1))
        self.assertEqual(self._late(order), order)
        order.commitment_date = SOON
        self.assertFalse(self._late(order))

    def test_overdue(self):
        past = datetime.now().replace(microsecond=0) - timedelta(days=2)
        self._purchase((self.product, 5), date=past)
        order = self._order((self.product, 5))
        self.assertEqual(order.order_line.backorder_expected_date, past)
        self.assertFalse(order.order_line.backorder_promised_date, "nobody is told a past day")
        self.assertEqual(self._late(order), order)

    def test_the_order_is_expected_with_its_last_item(self):
        self._purchase((self.product, 5), date=SOON)
        purchase = self._purchase((self.other, 5), date=LATER)
        order = self._order((self.product, 5), (self.other, 5))
        self.assertEqual(order.backorder_expected_date, LATER)
        groups = self.env["sale.order"]._read_group(
            [("id", "=", order.id)], ["backorder_expected_date:month"], ["__count"]
        )
        self.assertEqual(groups, [(datetime(2027, 3, 1), 1)])
        purchase.button_cancel()
        self.assertFalse(order.backorder_expected_date)
        groups = self.env["sale.order"]._read_group(
            [("id", "=", order.id)], ["backorder_expected_date:week"], ["__count"]
        )
        self.assertEqual(groups, [(False, 1)])

    # -- screens ----------------------------------------------------------------------------------

    def test_when_and_with_what_each_quantity_comes(self):
        first = self._purchase((self.product, 3), date=SOON)
        second = self._purchase((self.product, 1), date=LATER)
        order = self._order((self.product, 5))
        self.assertEqual(
            order.order_line.with_user(self.salesman).backorder_supply_note,
            f"3 Units: {first.name}, 03/01/2027; 1 Unit: {second.name}, 03/15/2027; "
            "1 Unit without a date",
        )
        action = self.customer.with_user(self.salesman).action_view_backorder_lines()
        lines = self.env["sale.order.line"].with_user(self.salesman).search(action["domain"])
        self.assertEqual(lines, order.order_line)

    def test_the_delivery_shows_the_date(self):
        order, _purchase = self._promised()
        self.assertEqual(order.picking_ids.move_ids.backorder_expected_date, SOON)

    def test_the_dialogs_show_the_date(self):
        order, _purchase = self._promised()
        for model in ("backorder.fill", "backorder.force"):
            dialog = self.env[model].create({"order_id": order.id})
            self.assertEqual(dialog.line_ids.expected_date, SOON)

    def test_settings(self):
        company = self.env["res.company"].create({"name": "Untouched"})
        self.assertEqual(company.backorder_delay_notice, "notify")
        self.assertEqual(company.backorder_delay_tolerance, 1)
        with Form(self.env["res.config.settings"]) as form:
            form.backorder_delay_tolerance = 4
            form.backorder_delay_notice = "mail"
        form.record.execute()
        self.assertEqual(self.company.backorder_delay_tolerance, 4)
        self.assertEqual(self.company.backorder_delay_notice, "mail")


@tagged("post_install", "-at_install")
class TestPromisePortal(PromiseCommon, PageCase):
    def test_customers_see_the_dates_of_their_own_orders_only(self):
        user = new_test_user(self.env, "portal_ada", groups="base.group_portal")
        mine, purchase = self._promised(
            date=datetime(2037, 3, 1, 12), partner_id=user.partner_id.id
        )
        theirs, _purchase = self._promised(product=self.other, date=datetime(2037, 3, 1, 12))
        self.authenticate(user.login, user.login)
        self.assertRegex(
            self.url_open(f"/my/orders/{mine.id}").text, r"expected on <span[^>]*>03/01/2037</span>"
        )
        self.assertNotIn("expected on", self.url_open(f"/my/orders/{theirs.id}").text)
        purchase.button_cancel()
        page = self.url_open(f"/my/orders/{mine.id}").text
        self.assertIn("On backorder", page)
        self.assertNotIn("expected on", page)
        self.assertFalse(self.env["backorder.delay"].with_user(user).has_access("read"))

    def test_dates_that_are_still_to_be_worked_out(self):
        """Several orders of one product, read at once before anything is written."""
        for _number in range(3):
            self._order((self.product, 2))
        self.env.flush_all()
        receipt = self._plan_receipt(self.product, 3)
        orders = self.env["sale.order"].search([("order_line.product_id", "=", self.product.id)])
        receipt.move_ids.date = SOON
        self._wait(orders, days=2)
        orders.order_line._backorder_queue_changed()
        self.assertEqual(orders.order_line.mapped("backorder_late").count(True), 2)
        orders.order_line._backorder_queue_changed()
        self.assertEqual(orders.mapped("backorder_late").count(True), 2)
