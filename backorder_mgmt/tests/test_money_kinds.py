"""Two more of each kind of money and days that went wrong, beside those that were found first."""

from datetime import datetime

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .test_charge import ChargeCommon
from .test_promise_notices import NoticesCommon


@tagged("post_install", "-at_install")
class TestMoneyKinds(ChargeCommon):
    """Ten hammers for 100.00, six in stock, if nothing else is said; four become a new order."""

    def _paid_by_card(self, order):
        self.env.invalidate_all()
        return order.transaction_ids.filtered(lambda tx: tx.state == "done").mapped("amount")

    def _give_back(self, order, quantity):
        """The customer sends some back, to be paid back."""
        picking = order.picking_ids.filtered(lambda p: p.state == "done")
        wizard = (
            self.env["stock.return.picking"]
            .with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
            .create({})
        )
        wizard.product_return_moves.quantity = quantity
        back = wizard._create_return()
        back.move_ids.write({"quantity": quantity, "picked": True})
        back._action_done()

    def _six_sent_two_back(self):
        self.product.invoice_policy = "delivery"
        order = self._short_order()
        self._deliver(order.picking_ids, {self.product: 6})
        self._give_back(order, 2)
        return order

    # -- what came back is not owed ---------------------------------------------------------------

    def test_what_came_back_before_it_was_invoiced(self):
        self._card()
        order = self._six_sent_two_back()
        self._pay_bank(self._invoice(order))
        _order, new, _run = self._filled(order=order, carry_balance=True)
        self.assertEqual(self._paid_by_card(new), [40])

    def test_what_came_back_and_was_refunded_online(self):
        self._card()
        self.product.invoice_policy = "delivery"
        order = self._short_order()
        payment = self._pay_online(order, 60)
        self._deliver(order.picking_ids, {self.product: 6})
        self._give_back(order, 2)
        payment._create_child_transaction(20, is_refund=True)._set_done()
        _order, new, _run = self._filled(order=order, carry_balance=True)
        self.assertEqual(self._paid_by_card(new), [40])

    # -- rounding of a split is nobody's debt -----------------------------------------------------

    def _rounded(self, price, ordered, filled, total):
        tax = self.env["account.tax"].create({"name": "6", "amount": 6})
        tax.price_include_override = "tax_excluded"
        self._card()
        self._stock(self.product, ordered - filled)
        line = {"price_unit": price, "tax_ids": [Command.set(tax.ids)]}
        order = self._order((self.product, ordered, line))
        self.assertEqual(order.amount_total, total)
        self._pay_online(order, total)
        _order, new, _run = self._filled(order=order, quantity=filled, carry_credit="needed")
        self.assertEqual((new.state, self._paid_by_card(new)), ("sale", []))

    def test_a_cent_of_three_items(self):
        self._rounded(0.47, 3, 1, 1.49)  # 1.00 + 0.50

    def test_a_cent_of_seven_items(self):
        self._rounded(0.65, 7, 3, 4.82)  # 2.76 + 2.07

    # -- paid is paid, whatever is carried --------------------------------------------------------

    def test_who_paid_a_part_in_advance(self):
        self._card()
        order = self._short_order()
        self._pay_online(order, 70)
        _order, new, _run = self._filled(order=order, carry_credit="none")
        self.assertEqual(self._paid_by_card(new), [30])

    def test_who_paid_in_advance_and_gets_it_in_three_parts(self):
        self._card()
        order = self._short_order(stock=4)
        self._pay_online(order, 100)
        for _part in range(2):
            _order, new, _run = self._filled(order=order, quantity=3, carry_credit="none")
            self.assertEqual((new.state, self._paid_by_card(new)), ("sale", []))

    # -- Retry looks again ------------------------------------------------------------------------

    def _refused_then(self, change):
        card = self._card("error")
        order = self._short_order()
        order, new, _run = self._filled(order=order)
        self.assertEqual(self._charge(new).state, "failed")
        change(order)
        card.demo_simulated_state = "done"
        self._charge(new).action_retry()
        self._run_job()
        return new

    def test_retry_after_the_customer_paid_all_on_the_original(self):
        new = self._refused_then(lambda order: self._pay_online(order, 100))
        self.assertEqual((new.state, self._paid_by_card(new)), ("sale", []))

    def test_retry_after_the_customer_paid_a_part_too_much_on_the_original(self):
        new = self._refused_then(lambda order: self._pay_online(order, 75))
        self.assertEqual((new.state, self._paid_by_card(new)), ("sale", [25]))

    # -- nobody else's card -----------------------------------------------------------------------

    def _contact(self, name, kind):
        values = {"name": name, "parent_id": self.customer.id, "type": kind}
        return self.env["res.partner"].create(values)

    def test_the_card_of_who_takes_the_goods_in(self):
        self.customer.is_company = True
        dock = self._contact("Dock", "delivery")
        self._card(partner=dock)
        order = self._short_order(partner_shipping_id=dock.id)
        _order, new, _run = self._filled(order=order)
        self.assertFalse(self._paid_by_card(new))
        self.assertEqual(self._charge(new).state, "failed")

    def test_the_filter_saved_card_does_not_count_a_colleague_s(self):
        self.customer.is_company = True
        ada, bob = self._contact("Ada", "contact"), self._contact("Bob", "contact")
        self._card(partner=bob)
        order = self._order((self.product, 1), confirm=False, partner_id=ada.id)
        self.assertFalse(order.backorder_has_card)
        self.assertFalse(
            order.search_count([("id", "=", order.id), ("backorder_has_card", "=", True)])
        )

    # -- invoices of a family are settled by its money --------------------------------------------

    def _all_invoiced(self, order):
        self._run_job(self.booking)
        self.env.invalidate_all()
        family = order._backorder_family().filtered(lambda member: member.state == "sale")
        for member in family:
            if member.invoice_status == "to invoice":
                self._invoice(member)
        self.env.invalidate_all()
        return sum(family.invoice_ids.mapped("amount_residual"))

    def test_two_new_orders_and_nothing_carried(self):
        order = self._short_order()
        self._pay_online(order, 100)
        for _part in range(2):
            self._filled(order=order, quantity=2, charge_cards=False, carry_credit="none")
        self.assertEqual(self._all_invoiced(order), 0)

    def test_carried_back_and_on_to_another_new_order(self):
        order = self._short_order()
        self._pay_online(order, 100)
        options = {"charge_cards": False, "carry_credit": "needed"}
        _order, new, _run = self._filled(order=order, approve_complete=False, **options)
        new._action_cancel()
        self._stock(self.product, 1)
        values = {"order_ids": [Command.set(order.ids)], **options}
        self.env["backorder.run"].create(values).action_start()
        self.assertEqual(self._all_invoiced(order), 0)

    # -- the largest value, in one currency -------------------------------------------------------

    def _value_in(self, name, rate, price, other_price):
        """Who gets the last one: an order in another currency, or one in the company's."""
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", name)])
        currency.active = True
        currency.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": rate, "company_id": self.company.id}
        )
        prices = self.env["product.pricelist"].create({"name": name, "currency_id": currency.id})
        self.company.backorder_charge_cards = False
        home = self._order((self.product, 1, {"price_unit": price}))
        foreign = self._order(
            (self.product, 1, {"price_unit": other_price}), pricelist_id=prices.id
        )
        self._stock(self.product, 1)
        run = self.env["backorder.run"].create(
            {"order_ids": [Command.set((foreign | home).ids)], "policy": "value"}
        )
        run.action_start()
        [filled] = run.line_ids.filtered("filled_qty").sale_line_id.order_id
        self.assertIn(filled, home | foreign)
        return filled == home

    def test_a_thousand_yen_are_less_than_sixty_dollars(self):
        self.assertTrue(self._value_in("JPY", 150.0, 60, 1000))

    def test_fifty_pounds_are_more_than_sixty_dollars(self):
        self.assertFalse(self._value_in("GBP", 0.5, 60, 50))

    # -- in the words of who asked ----------------------------------------------------------------

    def _asked_by_a_frenchman(self, outcome):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager.lang = "fr_FR"
        self._card(outcome)
        order = self._short_order()
        self._stock(self.product, 4)
        runs = self.env["backorder.run"].with_user(self.manager).with_context(lang="fr_FR")
        run = runs.create({"order_ids": [Command.set(order.ids)]})
        run.action_start()
        self._run_job()
        return self._charge(run.sudo().run_order_ids.new_order_id).message

    def test_a_refused_card_is_told_as_who_asked_writes_money(self):
        self.assertIn("40,00", self._asked_by_a_frenchman("error"))

    def test_a_pending_payment_is_told_as_who_asked_writes_money(self):
        self.assertIn("40,00", self._asked_by_a_frenchman("pending"))


@tagged("post_install", "-at_install")
class TestDayKinds(NoticesCommon):
    """Five hammers, promised for 1 March 2027 if nothing else is said."""

    def _notices(self):
        """How many delays the scheduled job tells."""
        job = self.env.ref("backorder_mgmt.ir_cron_notify_delays")
        before = self.env["backorder.delay"].search_count([])
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.env.invalidate_all()
        return self.env["backorder.delay"].search_count([]) - before

    # -- a day is a day where the company is ------------------------------------------------------

    def _slipped(self, zone, told, slipped):
        self.company.backorder_delay_tolerance = 0
        (self.company.partner_id | self.customer | self.env.user.partner_id).tz = zone
        if "backorder_tz" in self.company._fields:
            self.company.backorder_tz = zone
        order, purchase = self._promised(date=told)
        purchase.picking_ids.scheduled_date = slipped
        self.assertExpected((order.order_line, slipped))
        return self._notices()

    def test_morning_and_night_of_one_day_in_honolulu(self):
        told, slipped = datetime(2027, 10, 10, 20), datetime(2027, 10, 11, 9)
        self.assertEqual(self._slipped("Pacific/Honolulu", told, slipped), 0)

    def test_the_next_morning_in_auckland(self):
        told, slipped = datetime(2027, 10, 10, 1), datetime(2027, 10, 10, 20)
        self.assertEqual(self._slipped("Pacific/Auckland", told, slipped), 1)

    # -- a day that passes is a delay -------------------------------------------------------------

    def test_the_day_passes_for_what_is_left_of_an_item(self):
        order, _purchase = self._promised()
        self._stock(self.product, 2)
        order.fill_backorders()
        with freeze_time(datetime(2027, 3, 4, 12)):
            self.assertEqual(self._notices(), 1)
            self.assertEqual(self._notices(), 0)

    def test_the_day_passes_by_more_than_three_days(self):
        self.company.backorder_delay_tolerance = 3
        self._promised()
        with freeze_time(datetime(2027, 3, 4, 12)):
            self.assertEqual(self._notices(), 0)
        with freeze_time(datetime(2027, 3, 6, 12)):
            self.assertEqual(self._notices(), 1)

    # -- an e-mail says what this fill filled -----------------------------------------------------

    def _mailed(self, order):
        template = self.env.ref("backorder_mgmt.mail_template_backorder_partial")
        run = self.env["backorder.run"].create(
            {
                "order_ids": [Command.set(order.ids)],
                "email_partial_template_id": template.id,
            }
        )
        run.action_start()
        mails = self.env["mail.mail"].search(
            [("model", "=", "sale.order"), ("res_id", "=", order.id)], order="id desc", limit=1
        )
        return mails.body_html

    def test_an_item_that_came_before_is_not_in_the_next_email(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 9), (self.other, 9))
        self._stock(self.product, 3)
        self.assertIn("3 Units", self._mailed(order))
        self._stock(self.other, 2)
        body = self._mailed(order)
        self.assertIn("2 Units", body)
        self.assertNotIn("3 Units", body)

    def test_dozens_of_the_second_email(self):
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 9, {"product_uom_id": self.dozen.id}))
        self._stock(self.product, 36)
        self.assertIn("3 Dozens", self._mailed(order))
        self._stock(self.product, 24)
        body = self._mailed(order)
        self.assertIn("2 Dozens", body)
        self.assertNotIn("5 Dozens", body)
