"""*Create Purchase Orders*: what is proposed, what is made of it, and never twice."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import BackorderCommon


class PurchaseCommon(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"backorder_po_days": 30, "backorder_po_choose": "needed"})
        cls.vendor.write({"email": "vera@example.com"})
        cls.buyer = new_test_user(
            cls.env,
            "backorder_buyer",
            groups="backorder_mgmt.group_backorder_manager",
            company_id=cls.company.id,
        )
        cls._sells(cls.vendor, cls.product, price=4.0)

    @classmethod
    def _sells(cls, vendor, product, **values):
        return cls.env["product.supplierinfo"].create(
            {
                "partner_id": vendor.id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "price": 1.0,
                "delay": 3,
                **values,
            }
        )

    def _purchase(self, add=True, user=None, **values):
        """The screen, as the buyer, for the test's warehouse."""
        screen = (
            self.env["backorder.purchase"]
            .with_user(user or self.buyer)
            .create({"warehouse_id": self.warehouse.id, **values})
        )
        if add:
            screen.action_add()
        return screen

    def _created(self, screen):
        screen.action_create()
        return screen.sudo().purchase_order_ids

    def _wait_since(self, order, days):
        date = fields.Datetime.now() - timedelta(days=days)
        order.order_line._backorder_write({"backorder_date": date})
        order.order_line.flush_recordset()

    def _rule(self, product, minimum, maximum, **values):
        return self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": product.id,
                "warehouse_id": self.warehouse.id,
                "location_id": self.stock.id,
                "product_min_qty": minimum,
                "product_max_qty": maximum,
                "trigger": "manual",
                **values,
            }
        )


class TestPurchase(PurchaseCommon):
    def test_needed_becomes_a_request_for_quotation(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        screen = self._purchase()
        row = screen.line_ids
        self.assertEqual((row.product_id, row.vendor_id), (self.product, self.vendor))
        self.assertEqual((row.backorder_qty, row.on_hand_qty, row.free_qty), (4, 6, 0))
        self.assertEqual((row.quantity, row.price_unit, row.subtotal), (4, 4, 16))
        self.assertEqual(row.date_planned.date(), fields.Date.today() + timedelta(days=3))
        purchase = self._created(screen)
        self.assertEqual(purchase.state, "draft")
        self.assertEqual(purchase.partner_id, self.vendor)
        self.assertEqual(purchase.origin, order.name)
        self.assertEqual(purchase.user_id, self.buyer)
        self.assertEqual(purchase.picking_type_id, self.warehouse.in_type_id)
        line = purchase.order_line
        self.assertEqual((line.product_qty, line.price_unit), (4, 4))
        self.assertEqual(line.backorder_line_ids, order.order_line)
        self.assertEqual(line.backorder_for, order.name)
        self.assertEqual(order.order_line.backorder_purchase_line_ids, line)
        label = order.order_line.with_user(self.salesman).backorder_purchase_label
        self.assertIn(purchase.name, label)
        self.assertIn(purchase.name, "".join(order.message_ids.mapped("body")))
        self.assertIn(order.name, "".join(purchase.message_ids.mapped("body")))

    def test_a_second_run_proposes_nothing_more(self):
        self._order((self.product, 10))
        self._created(self._purchase())
        self.assertFalse(self._purchase().line_ids)

    def test_create_pressed_twice_makes_one_set(self):
        self._order((self.product, 10))
        screen = self._purchase()
        first = self._created(screen)
        self.assertEqual(self._created(screen), first)

    def test_two_screens_of_the_same_need_make_one_set(self):
        self._order((self.product, 10))
        first, second = self._purchase(), self._purchase()
        made = self._created(first)
        with self.assertRaisesRegex(
            UserError, f"Hammer: needed now is 0 Units, not 10 Units.*{made.name}"
        ):
            second.action_create()
        second.action_add()
        self.assertEqual(second.line_ids.quantity, 0)
        with self.assertRaisesRegex(UserError, "nothing to order"):
            second.action_create()

    def test_far_away_dates_count_as_on_order(self):
        self._order((self.product, 10))
        purchase = self._created(self._purchase())
        purchase.order_line.date_planned = fields.Datetime.now() + timedelta(days=500)
        self.assertFalse(self._purchase().line_ids)
        purchase.button_confirm()
        self.assertFalse(self._purchase().line_ids)
        purchase.picking_ids.write({"scheduled_date": fields.Datetime.now() + timedelta(days=900)})
        self.assertFalse(self._purchase().line_ids, "postponing the receipt buys nothing")

    def test_confirming_partly_receiving_and_cancelling(self):
        order = self._order((self.product, 10))
        purchase = self._created(self._purchase())
        purchase.button_confirm()
        receipt = purchase.picking_ids
        receipt.move_ids.write({"quantity": 4, "picked": True})
        receipt.with_context(skip_backorder=True).button_validate()
        self.assertEqual(order.order_line.backorder_qty, 10)
        self.assertFalse(self._purchase().line_ids, "4 on hand and 6 on order")
        purchase.picking_ids.filtered(lambda p: p.state != "done").action_cancel()
        row = self._purchase().line_ids
        self.assertEqual((row.free_qty, row.on_order_qty, row.quantity), (4, 0, 6))

    def test_a_cancelled_purchase_order_frees_its_lines(self):
        order = self._order((self.product, 10))
        purchase = self._created(self._purchase())
        purchase.button_cancel()
        self.assertFalse(order.order_line.backorder_purchase_label)
        self.assertIn("was cancelled", order.message_ids[0].body)
        self.assertEqual(self._purchase().line_ids.quantity, 10)

    def test_older_backorders_are_shown_and_left_out(self):
        old, new = self._order((self.product, 7)), self._order((self.product, 5))
        self._wait_since(old, 31)
        screen = self._purchase()
        row = screen.line_ids
        self.assertEqual((row.backorder_qty, row.older_backorder_qty, row.quantity), (5, 7, 5))
        self.assertIn("Hammer (7 Units)", screen.left_out)
        screen.action_include_older()
        self.assertFalse(screen.left_out)
        self.assertEqual((row.backorder_qty, row.older_backorder_qty, row.quantity), (12, 0, 12))
        purchase = self._created(screen)
        self.assertEqual(purchase.order_line.backorder_line_ids, (old | new).order_line)

    def test_a_line_on_order_that_grew_old_keeps_its_goods(self):
        old = self._order((self.product, 7))
        self._created(self._purchase())
        self._wait_since(old, 40)
        self._order((self.product, 5))
        row = self._purchase().line_ids
        self.assertEqual((row.backorder_qty, row.on_order_qty, row.quantity), (5, 7, 5))
        self.assertIn("bought for older backorders: 7 Units", row.receipt)

    def test_vendor_packs_of_twelve(self):
        self.product.seller_ids.write({"product_uom_id": self.dozen.id, "price": 30, "min_qty": 0})
        self._order((self.product, 30))
        screen = self._purchase()
        row = screen.line_ids
        self.assertEqual((row.quantity, row.product_uom_id, row.price_unit), (3, self.dozen, 30))
        line = self._created(screen).order_line
        self.assertEqual((line.product_qty, line.product_uom_id), (3, self.dozen))
        self.assertEqual((line.product_uom_qty, line.price_unit), (36, 30))
        self.assertFalse(self._purchase().line_ids)

    def test_vendor_minimum_and_price_break(self):
        self.product.seller_ids.min_qty = 20
        self._sells(self.vendor, self.product, price=3.0, min_qty=100)
        self._order((self.product, 3))
        screen = self._purchase()
        self.assertEqual(screen.line_ids.quantity, 20)
        line = self._created(screen).order_line
        self.assertEqual((line.product_qty, line.price_unit), (20, 4))
        self._order((self.product, 150))
        screen = self._purchase()
        self.assertEqual((screen.line_ids.quantity, screen.line_ids.price_unit), (133, 3))
        line = self._created(screen).order_line
        self.assertEqual((line.product_qty, line.price_unit), (133, 3))

    def test_a_typed_price_and_date_stay(self):
        self._order((self.product, 3))
        screen = self._purchase()
        date = fields.Datetime.now().replace(microsecond=0) + timedelta(days=12)
        screen.line_ids.write({"price_unit": 7.5, "date_planned": date})
        line = self._created(screen).order_line
        self.assertEqual((line.price_unit, line.date_planned), (7.5, date))

    def test_prices_taxes_and_discounts_are_odoos(self):
        tax = self.env["account.tax"].create(
            {"name": "Purchase 10", "amount": 10, "type_tax_use": "purchase"}
        )
        self.product.supplier_taxes_id = tax
        self.product.seller_ids.discount = 25
        self._order((self.product, 2))
        screen = self._purchase()
        self.assertEqual(screen.line_ids.subtotal, 6)
        line = self._created(screen).order_line
        self.assertEqual((line.discount, line.tax_ids, line.price_subtotal), (25, tax, 6))
        self.assertEqual(line.price_total, 6.6)

    def test_below_minimum(self):
        self._rule(self.product, 5, 20)
        row = self._purchase(choose="needed").line_ids
        self.assertEqual((row.min_qty, row.max_qty, row.quantity), (5, 20, 20))
        self._stock(self.product, 6)
        self._order((self.product, 4))
        self.assertFalse(self._purchase(choose="backordered").line_ids)
        screen = self._purchase(choose="below_min")
        self.assertEqual(screen.line_ids.quantity, 18)
        self._created(screen)
        self.assertFalse(self._purchase().line_ids)

    def test_backordered_only_leaves_the_minimum_alone(self):
        self._rule(self.product, 5, 20)
        self._order((self.product, 4))
        screen = self._purchase(choose="backordered")
        self.assertEqual(screen.line_ids.quantity, 4)
        self._created(screen)
        self.assertFalse(self._purchase(choose="backordered").line_ids)
        self.assertEqual(self._purchase(choose="needed").line_ids.quantity, 20)

    def test_one_order_for_each_vendor_and_currency(self):
        euro = self.env.ref("base.EUR")
        other_currency = euro if self.company.currency_id != euro else self.env.ref("base.USD")
        other_currency.active = True
        self._sells(self.vendor, self.other, price=9, currency_id=other_currency.id)
        third, second_vendor = self._product("Glue"), self.env["res.partner"].create({"name": "W"})
        self._sells(second_vendor, third)
        fourth = self._product("Saw")
        self._sells(self.vendor, fourth)
        self._order((self.product, 1), (self.other, 2), (third, 3), (fourth, 4))
        purchases = self._created(self._purchase())
        self.assertEqual(len(purchases), 3)
        foreign = purchases.filtered(lambda p: p.currency_id == other_currency)
        self.assertEqual(foreign.order_line.product_id, self.other)
        self.assertEqual(foreign.order_line.price_unit, 9)
        local = purchases.filtered(lambda p: p.partner_id == self.vendor) - foreign
        self.assertEqual(local.order_line.product_id, self.product | fourth)

    def test_two_warehouses_get_an_order_each(self):
        second = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "TW2", "company_id": self.company.id}
        )
        self._order((self.product, 3))
        self._order((self.product, 4), warehouse_id=second.id)
        screen = self._purchase(warehouse_id=False, product_ids=[Command.set(self.product.ids)])
        self.assertEqual(sorted(screen.line_ids.mapped("quantity")), [3, 4])
        purchases = self._created(screen)
        self.assertEqual(
            {p.picking_type_id.warehouse_id: p.order_line.product_qty for p in purchases},
            {self.warehouse: 3, second: 4},
        )

    def test_adding_to_an_open_request(self):
        order = self._order((self.product, 3))
        first = self._created(self._purchase())
        more = self._order((self.product, 2))
        again = self._created(self._purchase(add_to_rfq=True))
        self.assertEqual(again, first)
        self.assertEqual(sum(first.order_line.mapped("product_qty")), 5)
        self.assertEqual(first.origin, f"{order.name}, {more.name}")

    def test_add_to_order_again_keeps_what_was_typed(self):
        self._order((self.product, 3))
        self._sells(self.vendor, self.other)
        screen = self._purchase()
        screen.line_ids.quantity = 8
        self._order((self.other, 2))
        screen.action_add()
        self.assertEqual(
            {row.product_id: row.quantity for row in screen.line_ids},
            {self.product: 8, self.other: 2},
        )
        self._order((self.other, 5))
        screen.action_add()
        self.assertEqual(
            {row.product_id: row.quantity for row in screen.line_ids},
            {self.product: 8, self.other: 7},
        )

    def test_quotations_only_by_option(self):
        quotation = self._order((self.product, 3), confirm=False)
        self.assertEqual(quotation.order_line.backorder_qty, 3)
        self.assertFalse(self._purchase().line_ids)
        self.assertEqual(self._purchase(include_quotations=True).line_ids.quantity, 3)

    def test_selected_vendors(self):
        second = self.env["res.partner"].create({"name": "Second Vendor"})
        self._sells(second, self.product, price=9, sequence=9)
        self._sells(second, self.other)
        self._order((self.product, 3))
        self.assertEqual(self._purchase().line_ids.vendor_id, self.vendor)
        chosen = {"vendor_scope": "selected", "vendor_ids": [Command.set(second.ids)]}
        row = self._purchase(**chosen).line_ids
        self.assertEqual((row.product_id, row.vendor_id, row.price_unit), (self.product, second, 9))
        rows = self._purchase(choose="vendor", vendor_ids=chosen["vendor_ids"]).line_ids
        self.assertEqual(
            {row.product_id: row.quantity for row in rows}, {self.product: 3, self.other: 0}
        )

    def test_my_default_wins_over_the_companys(self):
        self.company.write({"backorder_po_days": 45, "backorder_po_choose": "backordered"})
        screen = self._purchase(add=False)
        self.assertEqual((screen.backorder_days, screen.choose), (45, "backordered"))
        screen.backorder_days = 10
        screen.action_save_default()
        self.assertEqual(self._purchase(add=False).backorder_days, 10)
        other = new_test_user(self.env, "b2", groups="backorder_mgmt.group_backorder_manager")
        self.assertEqual(self._purchase(add=False, user=other).backorder_days, 45)

    def test_the_arithmetic_reads_like_a_receipt(self):
        self._stock(self.product, 6)
        self._order((self.product, 10))
        self._rule(self.product, 5, 20)
        self._receive(self.product, 1)
        self.product.seller_ids.min_qty = 2
        receipt = self._purchase().line_ids.receipt.splitlines()
        self.assertEqual(
            receipt,
            [
                "Backorders in the days included: 4 Units",
                "On hand: 7 Units",
                "− reserved: 6 Units",
                "= free: 1 Unit",
                "+ on order: 0 Units",
                "= there for these backorders: 1 Unit",
                "Missing for backorders: 3 Units",
                "Below the minimum of 5 Units: up to the maximum of 20 Units: 20 Units",
                "Needed: 23 Units",
                "Minimum of the vendor: 2 Units",
                "Vera Vendor is asked for, in whole units: 23 Units",
            ],
        )


class TestPurchaseBadInput(PurchaseCommon):
    def _refused(self, screen, sentence):
        before = self.env["purchase.order"].search_count([])
        with self.assertRaisesRegex(UserError, sentence):
            screen.action_create()
        self.assertEqual(self.env["purchase.order"].search_count([]), before)

    def test_a_product_without_vendor_blocks_until_mended_or_removed(self):
        self._order((self.product, 3), (self.other, 2))
        screen = self._purchase()
        row = screen.line_ids.filtered(lambda row: row.product_id == self.other)
        self.assertIn("Nails has no vendor", row.problem)
        self._refused(screen, "Nails has no vendor: choose one")
        row.vendor_id = self.vendor
        self.assertFalse(row.problem)
        row.unlink()
        self.assertEqual(self._created(screen).order_line.product_id, self.product)

    def test_an_archived_vendor(self):
        self._order((self.product, 3))
        screen = self._purchase()
        self.vendor.active = False
        self._refused(screen, "The vendor Vera Vendor is archived")
        self.assertIn("has no vendor", self._purchase().line_ids.problem)

    def test_a_vendor_of_another_company(self):
        self._order((self.product, 3))
        screen = self._purchase()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.vendor.sudo().company_id = elsewhere
        self._refused(screen, "Vera Vendor belongs to Elsewhere, and the order to")

    def test_quantities(self):
        self._order((self.product, 3))
        screen = self._purchase()
        for quantity in (0, -2):
            screen.line_ids.quantity = quantity
            self._refused(screen, f"Hammer: {quantity} Units cannot be ordered")

    def test_a_product_archived_meanwhile(self):
        self._order((self.product, 3))
        screen = self._purchase()
        self.product.active = False
        self._refused(screen, "Hammer is archived: remove the row")

    def test_days(self):
        for days in (-1, 99999):
            with self.assertRaisesRegex(UserError, f"is {days}: type a number of days from 0"):
                self._purchase(backorder_days=days)

    def test_no_vendor_chosen(self):
        with self.assertRaisesRegex(UserError, "Choose at least one vendor"):
            self._purchase(choose="vendor")

    def test_no_price_is_not_refused(self):
        self.product.seller_ids.price = 0
        self._order((self.product, 3))
        self.assertEqual(self._created(self._purchase()).order_line.price_unit, 0)

    def test_a_vendor_without_email_and_phone_is_flagged(self):
        self.vendor.write({"email": False, "phone": False})
        self._order((self.product, 3))
        row = self._purchase().line_ids
        self.assertEqual(row.vendor_hint, "Vera Vendor has no e-mail and no phone.")
        self.assertFalse(row.problem)

    def test_a_purchaser_without_backorders_rights(self):
        purchaser = new_test_user(self.env, "purchaser", groups="purchase.group_purchase_user")
        with self.assertRaisesRegex(AccessError, "backorder.purchase"):
            self._purchase(user=purchaser)
        with self.assertRaisesRegex(AccessError, "is for Backorders managers"):
            self.env["backorder.purchase.plan"].with_user(purchaser)._check_may_buy()


class TestPurchaseFromElsewhere(PurchaseCommon):
    def _press(self, action, records):
        result = (
            self.env.ref(f"backorder_mgmt.{action}")
            .with_user(self.buyer)
            .with_context(
                active_model=records._name, active_ids=records.ids, active_id=records[:1].id
            )
            .run()
        )
        return result

    def _screen(self, action, records):
        result = self._press(action, records)
        self.assertEqual(result["res_model"], "backorder.purchase")
        return self.env["backorder.purchase"].with_user(self.buyer).browse(result["res_id"])

    def test_from_backordered_items_of_any_age(self):
        self._sells(self.vendor, self.other)
        order = self._order((self.product, 3), (self.other, 2))
        self._wait_since(order, 100)
        screen = self._screen("ir_actions_server_buy_lines", order.order_line[0])
        self.assertEqual((screen.line_ids.product_id, screen.line_ids.quantity), (self.product, 3))
        quotation = self._order((self.other, 4), confirm=False)
        screen = self._screen("ir_actions_server_buy_lines", quotation.order_line)
        self.assertEqual(screen.line_ids.quantity, 4)
        self._stock(self.other, 50)
        full = self._order((self.other, 1), confirm=False)
        with self.assertRaisesRegex(UserError, "Nothing of what you selected is on backorder"):
            self._press("ir_actions_server_buy_lines", full.order_line)

    def test_from_products(self):
        self._sells(self.vendor, self.other)
        self._order((self.product, 3), (self.other, 2))
        screen = self._screen("ir_actions_server_buy_products", self.other)
        self.assertEqual(screen.line_ids.product_id, self.other)
        screen = self._screen("ir_actions_server_buy_templates", self.product.product_tmpl_id)
        self.assertEqual(screen.line_ids.product_id, self.product)

    def test_from_what_a_fill_did_not_fill(self):
        self._sells(self.vendor, self.other)
        order = self._order((self.product, 3), (self.other, 2))
        self._stock(self.product, 3)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
        run.action_start()
        screen = self._screen("ir_actions_server_buy_run", run)
        self.assertEqual((screen.line_ids.product_id, screen.line_ids.quantity), (self.other, 2))

    def test_check_lists(self):
        self._order((self.product, 3), (self.other, 2))
        domain = self._press("ir_actions_server_without_vendor", self.other)["domain"]
        found = self.env["product.product"].search(domain)
        self.assertIn(self.other, found)
        self.assertNotIn(self.product, found)
        mute = self.env["res.partner"].create({"name": "Mute Vendor"})
        self._sells(mute, self.other)
        domain = self._press("ir_actions_server_unreachable_vendors", mute)["domain"]
        found = self.env["res.partner"].search(domain)
        self.assertIn(mute, found)
        self.assertNotIn(self.vendor, found)
