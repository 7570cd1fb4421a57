"""*Create Purchase Orders* beside Odoo's own ways of purchasing: vendors, merging, companies."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_purchase import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseOrders(PurchaseCommon):
    def test_the_order_has_what_odoos_form_fills_in_for_the_vendor(self):
        terms = self.env["account.payment.term"].create({"name": "45 days"})
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        boss = new_test_user(self.env, "his_buyer", groups="purchase.group_purchase_user")
        self.vendor.write(
            {
                "property_supplier_payment_term_id": terms.id,
                "property_account_position_id": position.id,
                "buyer_id": boss.id,
            }
        )
        self._order((self.product, 3))
        purchase = self._created(self._purchase())
        self.assertEqual(purchase.payment_term_id, terms)
        self.assertEqual(purchase.fiscal_position_id, position)
        self.assertEqual(purchase.user_id, boss)

    def test_the_summary_names_all_that_was_created(self):
        """Two vendors: two orders, each with its SKUs and amount; printed as one."""
        other = self.env["res.partner"].create({"name": "Vic Vendor"})
        self._sells(other, self.other, price=2)
        self._order((self.product, 3), (self.other, 4))
        self.buyer.group_ids |= self.env.ref("purchase.group_purchase_user")
        screen = self._purchase()
        action = screen.action_create()
        self.assertEqual((action["target"], action["res_id"]), ("new", screen.id))
        made = screen.purchase_order_ids
        self.assertEqual((screen.order_count, screen.vendor_count, screen.sku_count), (2, 2, 2))
        for order in made:
            self.assertIn(f'href="/odoo/purchase.order/{order.id}"', screen.created_links)
            self.assertIn(order.name, screen.created_links)
            self.assertIn(order.partner_id.name, screen.created_links)
        self.assertEqual(screen.action_view_created()["domain"], [("id", "in", made.ids)])
        printed = screen.action_print_created()
        self.assertEqual(printed["report_name"], "purchase.report_purchasequotation")
        self.assertEqual(screen.action_create()["res_id"], screen.id)
        self.assertEqual(screen.purchase_order_ids, made, "pressed twice: the same")

    def test_the_summary_of_who_may_not_read_purchase_orders(self):
        self._order((self.product, 3))
        screen = self._purchase()
        screen.action_create()
        self.assertFalse(screen.may_open_created)
        self.assertIn(screen.sudo().purchase_order_ids.name, screen.created_links)
        self.assertNotIn("href", screen.created_links)
        with self.assertRaises(AccessError):
            screen.action_print_created()

    def test_a_buyer_of_another_company_does_not_stand_in_the_way(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.vendor.buyer_id = new_test_user(
            self.env,
            "their_buyer",
            groups="purchase.group_purchase_user",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        self._order((self.product, 3))
        self.assertEqual(self._created(self._purchase()).user_id, self.buyer)

    def test_merged_requests_keep_what_they_were_bought_for(self):
        first = self._order((self.product, 3))
        one = self._created(self._purchase())
        second = self._order((self.product, 2))
        two = self._created(self._purchase())
        third = self._order((self.product, 4))
        self._created(self._purchase(add_to_rfq=True))
        purchases = one | two
        self.assertEqual(len(purchases.order_line), 3)
        oldest = min(purchases, key=lambda purchase: purchase.date_order)
        purchases.action_merge()
        kept = oldest.order_line
        self.assertEqual(sum(kept.mapped("product_qty")), 9)
        self.assertEqual(kept.backorder_line_ids, (first | second | third).order_line)
        for order in first | second | third:
            label = order.order_line.backorder_purchase_label
            self.assertEqual(label, f"{oldest.name} (request for quotation)")
            self.assertNotIn("was cancelled", "".join(order.message_ids.mapped("body")))
        self.assertFalse(self._purchase().line_ids)

    def test_the_sale_line_shows_when_its_goods_should_come(self):
        line = self._order((self.product, 10)).order_line
        purchase = self._created(self._purchase())
        self.assertIn("(request for quotation)", line.backorder_purchase_label)
        purchase.order_line.date_planned = datetime(2027, 3, 1, 12)
        purchase.button_confirm()
        self.assertEqual(line.backorder_purchase_label, f"{purchase.name}, 03/01/2027")
        purchase.picking_ids.scheduled_date = datetime(2027, 3, 15, 12)
        self.assertEqual(line.backorder_purchase_label, f"{purchase.name}, 03/15/2027")
        receipt = purchase.picking_ids
        receipt.move_ids.write({"quantity": 10, "picked": True})
        receipt.button_validate()
        self.assertEqual(line.backorder_purchase_label, f"{purchase.name} (received)")

    def test_what_is_made_or_never_bought_is_named_and_left_out(self):
        made, never = self._product("Workbench"), self._product("Relic", purchase_ok=False)
        if "mrp.bom" in self.env:
            self.env["mrp.bom"].create(
                {
                    "product_tmpl_id": made.product_tmpl_id.id,
                    "bom_line_ids": [Command.create({"product_id": self.other.id})],
                }
            )
        self._order((self.product, 3), (made, 1), (never, 1))
        screen = self._purchase()
        expected = self.product if "mrp.bom" in self.env else self.product | made
        self.assertEqual(screen.line_ids.product_id, expected)
        self.assertIn("Relic", screen.never_bought)
        self.assertEqual("Workbench" in screen.never_bought, "mrp.bom" in self.env)
        # Who asks for them by name is told in the row.
        row = self._purchase(product_ids=[Command.set(never.ids)]).line_ids
        self.assertIn("Relic cannot be purchased", row.problem)

    def test_a_price_that_expired_or_belongs_to_others_is_no_vendor(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        self.product.seller_ids.date_end = yesterday
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self._sells(self.vendor, self.other, company_id=elsewhere.id)
        self._order((self.product, 3), (self.other, 2))
        rows = self._purchase().line_ids
        self.assertEqual(rows.product_id, self.product | self.other)
        self.assertFalse(rows.vendor_id)
        action = self.env["backorder.purchase.plan"].with_user(self.buyer)._open_without_vendor()
        found = self.env["product.product"].search(action["domain"])
        self.assertLessEqual(self.product | self.other, found)

    def test_a_vendor_without_price_is_paid_in_his_currency(self):
        euro = self.env.ref("base.EUR")
        foreign = euro if self.company.currency_id != euro else self.env.ref("base.USD")
        foreign.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", foreign.id)]).unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": foreign.id, "company_id": self.company.id, "rate": 2.0}
        )
        abroad = self.env["res.partner"].create({"name": "Abroad"})
        abroad.with_company(self.company).property_purchase_currency_id = foreign
        self.other.standard_price = 5
        self._order((self.other, 2))
        screen = self._purchase()
        screen.line_ids.vendor_id = abroad
        self.assertEqual((screen.line_ids.currency_id, screen.line_ids.price_unit), (foreign, 10))
        purchase = self._created(screen)
        self.assertEqual((purchase.currency_id, purchase.order_line.price_unit), (foreign, 10))

    def test_warnings_of_the_vendor_and_of_the_product(self):
        self.vendor.purchase_warn_msg = "Pay in advance."
        self.product.purchase_line_warn_msg = "Ask for the new model."
        self._order((self.product, 3))
        row = self._purchase().line_ids
        self.assertEqual(row.vendor_hint, "Pay in advance. Ask for the new model.")
        self.assertFalse(row.problem)

    def test_a_day_is_the_companys_day(self):
        """Eight in the morning in Sydney is yesterday in UTC; both belong to the shop's today,
        wherever the buyer is."""
        self.company.backorder_tz = "Australia/Sydney"
        self.buyer.tz = "America/New_York"
        with freeze_time("2027-03-01 21:00:00"):  # 8:00 of 2 March in Sydney
            self._order((self.product, 3))
        with freeze_time("2027-03-02 04:00:00"):
            self.assertEqual(self._purchase(backorder_days=0).line_ids.backorder_qty, 3)
        with freeze_time("2027-03-02 14:00:00"):  # 1:00 of 3 March
            self.assertEqual(self._purchase(backorder_days=0).left_out.count("3 Units"), 1)

    def test_days_that_no_database_could_keep(self):
        with self.assertRaisesRegex(UserError, "is 1000000000000: type a number of days from 0"):
            self._purchase(add=False, backorder_days=10**12)
        screen = self._purchase(add=False)
        with self.assertRaisesRegex(UserError, "type a number of days from 0"):
            screen.backorder_days = -(10**12)

    def test_a_kept_vendor_that_was_deleted(self):
        gone = self.env["res.partner"].create({"name": "Gone"})
        both = [Command.set((gone | self.vendor).ids)]
        screen = self._purchase(add=False, vendor_scope="selected", vendor_ids=both)
        screen.action_save_default()
        screen.unlink()
        gone.unlink()
        self.assertEqual(self._purchase(add=False).vendor_ids, self.vendor)

    def test_a_row_for_a_warehouse_of_another_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        place = self.env["stock.warehouse"].search([("company_id", "=", elsewhere.id)], limit=1)
        place = place or self.env["stock.warehouse"].create(
            {"name": "There", "code": "ELS", "company_id": elsewhere.id}
        )
        self.buyer.company_ids |= elsewhere
        self._order((self.product, 3))
        screen = self._purchase()
        screen.line_ids.warehouse_id = place
        with self.assertRaisesRegex(UserError, "belongs to Elsewhere. Choose one of"):
            screen.action_create()

    def test_each_company_buys_for_itself(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        place = self.env["stock.warehouse"].search([("company_id", "=", elsewhere.id)], limit=1)
        place = place or self.env["stock.warehouse"].create(
            {"name": "There", "code": "ELS", "company_id": elsewhere.id}
        )
        self.buyer.company_ids |= elsewhere
        theirs = self.env["res.partner"].create({"name": "Theirs", "company_id": elsewhere.id})
        self._sells(theirs, self.product, price=7, company_id=elsewhere.id, sequence=0)
        self._order((self.product, 3))
        order = self.env["sale.order"].with_company(elsewhere)
        order = order.create(
            {
                "partner_id": self.customer.id,
                "company_id": elsewhere.id,
                "warehouse_id": place.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "product_uom_qty": 4})
                ],
            }
        )
        order.action_confirm()
        here = self._created(self._purchase())
        screens = self.env["backorder.purchase"].with_user(self.buyer)
        screen = screens.with_context(allowed_company_ids=elsewhere.ids).create({})
        screen.action_add()
        there = self._created(screen)
        self.assertEqual((here.company_id, here.partner_id), (self.company, self.vendor))
        self.assertEqual(here.order_line.product_qty, 3)
        self.assertEqual((there.company_id, there.partner_id), (elsewhere, theirs))
        self.assertEqual((there.order_line.product_qty, there.order_line.price_unit), (4, 7))
        self.assertEqual(there.picking_type_id.warehouse_id, place)
        self.assertEqual(there.order_line.backorder_line_ids, order.order_line)

    def test_picked_by_hand_nothing_is_said_to_be_needed_or_not(self):
        screen = self._purchase(create_mode="manual")
        self.assertFalse(screen.line_ids)
        self.assertFalse(screen.nothing_needed, "nobody asked yet")
        screen.create_mode = "auto"
        screen.action_add()
        self.assertTrue(screen.nothing_needed)

    def test_a_row_picked_by_who_sees_no_warehouses(self):
        """A form without the column “Warehouse” does not send one."""
        self._order((self.product, 3))
        screen = self._purchase(create_mode="manual")
        screen.write({"line_ids": [Command.create({"product_id": self.product.id})]})
        self.assertEqual(
            (screen.line_ids.warehouse_id, screen.line_ids.quantity), (self.warehouse, 3)
        )
        screen = self._purchase(create_mode="manual", warehouse_id=False)
        screen.write({"line_ids": [Command.create({"product_id": self.product.id})]})
        self.assertEqual(screen.line_ids.warehouse_id.company_id, self.company)

    def test_rows_cost_no_query_each(self):
        def queries(count):
            products = self.env["product.product"].create(
                [
                    {"name": f"Many {number}", "type": "consu", "is_storable": True}
                    for number in range(count)
                ]
            )
            for product in products:
                self._sells(self.vendor, product)
            self._order(*((product, 2) for product in products))
            screen = self._purchase(add=False, product_ids=[Command.set(products.ids)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            screen.action_add()
            self.env.flush_all()
            self.assertEqual(len(screen.line_ids), count)
            added = self.env.cr.sql_log_count
            screen.action_create()
            self.env.flush_all()
            self.assertEqual(len(screen.sudo().purchase_order_ids.order_line), count)
            return added - before, self.env.cr.sql_log_count - added

        queries(5)  # what is asked once and kept
        (few, few_created), (many, many_created) = queries(20), queries(60)
        self.assertLessEqual(many, few + 5)
        # Odoo asks once for each line for its analytic distribution.
        self.assertLessEqual(many_created, few_created + 1.2 * 40)


@tagged("post_install", "-at_install")
class TestPurchaseReceived(PurchaseCommon):
    """What came in: first offered to whom it was bought for, given to who waits longest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # They have the receipt or the purchase order before them.
        cls.buyer.group_ids += cls.env.ref("purchase.group_purchase_user")

    def _bought(self):
        """An old order that was left out, a new one that 5 were bought for; 6 came in."""
        old = self._order((self.product, 4))
        self._wait_since(old, 90)
        new = self._order((self.product, 5))
        screen = self._purchase()
        self.assertEqual(screen.line_ids.quantity, 5)
        screen.line_ids.quantity = 6
        purchase = self._created(screen)
        purchase.button_confirm()
        receipt = purchase.picking_ids
        self.assertFalse(receipt.with_user(self.buyer).backorder_received_waiting)
        receipt.move_ids.write({"quantity": 6, "picked": True})
        receipt.button_validate()
        self.env.invalidate_all()
        return old.order_line, new.order_line, purchase

    def test_offered_first_to_whom_it_was_bought_for(self):
        old, new, purchase = self._bought()
        for document in (purchase.picking_ids, purchase):
            document = document.with_user(self.buyer)
            self.assertTrue(document.backorder_received_waiting)
            action = document.action_fill_received()
            run = self.env["backorder.run"].with_user(self.buyer).browse(action["res_id"])
            self.assertEqual(run.state, "planned")
            self.assertEqual(run.line_ids.sale_line_id.ids, [new.id, old.id])
            self.assertIn(purchase.name, run.line_ids[0].purchase_label)
            self.assertEqual(run.line_ids.mapped("planned_qty"), [2, 4], "fifo decides")
        run.action_start()
        self.assertEqual((old.backorder_qty, new.backorder_qty), (0, 3))

    def test_filled_on_receipt(self):
        self.company.backorder_fill_on_receipt = "auto"
        old, new, _purchase = self._bought()
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((old.backorder_qty, new.backorder_qty), (0, 3))
        run = self.env["backorder.run"].search([("receipt_mode", "=", "auto")])
        self.assertEqual(run.line_ids.sale_line_id.ids, [new.id, old.id])

    def test_nobody_waits(self):
        self._stock(self.product, 1)
        receipt = self._receive(self.product, 5)
        self.assertFalse(receipt.with_user(self.buyer).backorder_received_waiting)
        with self.assertRaisesRegex(UserError, "Nothing of what came in is waited for"):
            receipt.with_user(self.buyer).action_fill_received()

    def test_a_salesman_fills_his_orders_not_receipts(self):
        *_lines, purchase = self._bought()
        receipt = purchase.picking_ids.with_user(self.salesman)
        self.assertFalse(receipt.backorder_received_waiting)
        with self.assertRaises(AccessError):
            receipt.action_fill_received()
