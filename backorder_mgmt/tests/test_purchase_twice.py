"""Nothing is bought twice: not by us, not by Odoo's own replenishment, not to order."""

from odoo import Command
from odoo.tests import Form

from .test_purchase import PurchaseCommon


class TestPurchaseTwice(PurchaseCommon):
    def _run_scheduler(self):
        self.env["stock.rule"].with_context(from_orderpoint=True).run_scheduler(
            company_id=self.company.id
        )

    def _ordered(self, product):
        """What is on requests and orders that were not cancelled, in the product's unit."""
        lines = self.env["purchase.order.line"].search(
            [("product_id", "=", product.id), ("order_id.state", "!=", "cancel")]
        )
        return sum(lines.mapped("product_uom_qty"))

    def test_automatic_reordering_does_not_buy_again_what_we_requested(self):
        for steps in ("one_step", "two_steps", "three_steps"):
            with self.subTest(steps=steps):
                self.warehouse.reception_steps = steps
                product = self._product(f"Reordered {steps}")
                self._sells(self.vendor, product)
                self._order((product, 10))
                self._rule(product, 0, 0)
                purchase = self._created(self._purchase())
                self.assertEqual(self._ordered(product), 10)
                rule = product.orderpoint_ids
                rule.trigger = "auto"
                self._run_scheduler()
                self.assertEqual(self._ordered(product), 10, "request for quotation")
                purchase.button_confirm()
                self._run_scheduler()
                self.assertEqual(self._ordered(product), 10, "confirmed")

    def test_we_do_not_buy_again_what_automatic_reordering_requested(self):
        for steps in ("one_step", "two_steps"):
            with self.subTest(steps=steps):
                self.warehouse.reception_steps = steps
                product = self._product(f"Bought {steps}")
                self._sells(self.vendor, product)
                self._rule(product, 5, 20, trigger="auto")
                self._order((product, 10))
                self._run_scheduler()
                ordered = self._ordered(product)
                self.assertEqual(ordered, 30)
                self.assertFalse(self._purchase().line_ids)
                self._run_scheduler()
                self.assertEqual(self._ordered(product), ordered)

    def test_reordering_adds_what_is_missing_to_our_request_only_once(self):
        self._order((self.product, 10))
        self._created(self._purchase())
        self._rule(self.product, 5, 20, trigger="auto")
        self._run_scheduler()
        self.assertEqual(self._ordered(self.product), 30)
        self._run_scheduler()
        self.assertEqual(self._ordered(self.product), 30)
        self.assertFalse(self._purchase().line_ids)

    def test_make_to_order_is_not_doubled_and_its_goods_are_not_counted(self):
        mto = self.warehouse.mto_pull_id.route_id
        mto.active = True
        self.warehouse.mto_pull_id.procure_method = "make_to_order"
        bought = self._product("To Order", route_ids=[Command.link(mto.id)])
        self._sells(self.vendor, bought)
        self._order((bought, 5))
        self.assertEqual(self._ordered(bought), 5)
        self.assertFalse(self._purchase().line_ids)
        # A second order of the product, from stock: the first one's goods are spoken for.
        bought.route_ids = [Command.clear()]
        self._order((bought, 3))
        row = self._purchase().line_ids
        self.assertEqual((row.backorder_qty, row.on_order_qty, row.quantity), (3, 0, 3))
        self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)]).button_confirm()
        row = self._purchase().line_ids
        self.assertEqual((row.backorder_qty, row.on_order_qty, row.quantity), (3, 0, 3))

    def test_stock_in_the_input_is_not_bought_again(self):
        self.warehouse.reception_steps = "two_steps"
        self._order((self.product, 10))
        self._receive(self.product, 4, location=self.warehouse.wh_input_stock_loc_id)
        self.assertEqual(self._purchase().line_ids.quantity, 6)

    def test_what_others_wait_for_is_counted_but_not_bought(self):
        self.company.backorder_auto = False
        self._order((self.product, 4))  # open demand that is not on backorder
        self.company.backorder_auto = True
        self._order((self.product, 10))
        self._stock(self.product, 6)
        row = self._purchase().line_ids
        self.assertEqual((row.backorder_qty, row.free_qty, row.demand_qty), (10, 6, 4))
        self.assertEqual(row.quantity, 8)

    def test_another_company_buys_for_itself(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        place = self.env["stock.warehouse"].search([("company_id", "=", elsewhere.id)]) or (
            self.env["stock.warehouse"].create(
                {"name": "Elsewhere", "code": "ELS", "company_id": elsewhere.id}
            )
        )
        self._order((self.product, 3))
        self.buyer.company_ids = [Command.link(elsewhere.id)]
        screen = (
            self.env["backorder.purchase"]
            .with_user(self.buyer)
            .with_context(allowed_company_ids=[elsewhere.id])
            .create({"warehouse_id": place.id})
        )
        screen.action_add()
        self.assertFalse(screen.line_ids)
        self.assertEqual(self._purchase().line_ids.quantity, 3)

    def test_dropshipped_items_are_not_bought(self):
        route = self.env.ref("stock_dropshipping.route_drop_shipping", raise_if_not_found=False)
        if not route:
            self.skipTest("stock_dropshipping is not installed")
        dropped = self._product("Dropped", route_ids=[Command.link(route.id)])
        self._sells(self.vendor, dropped)
        self._order((dropped, 5))
        self.assertEqual(self._ordered(dropped), 5)
        self.assertFalse(self._purchase().line_ids)
        dropped.route_ids = [Command.clear()]
        self._order((dropped, 3))
        self.assertEqual(self._purchase().line_ids.quantity, 3)

    def test_a_sku_picked_by_hand(self):
        self._stock(self.product, 2)
        self._order((self.product, 5))
        with Form(
            self.env["backorder.purchase"]
            .with_user(self.buyer)
            .with_context(default_warehouse_id=self.warehouse.id)
        ) as form:
            form.create_mode = "manual"
            with form.line_ids.new() as row:
                row.product_id = self.product
                row.warehouse_id = self.warehouse
                self.assertEqual((row.vendor_id, row.quantity), (self.vendor, 3))
                row.quantity = 7
        screen = form.record
        line = self._created(screen).order_line
        self.assertEqual((line.product_qty, line.price_unit), (7, 4))
        self.assertFalse(self._purchase().line_ids)

    def test_another_vendor_typed_in_the_row(self):
        second = self.env["res.partner"].create({"name": "Second Vendor"})
        self._sells(
            second, self.product, price=50, min_qty=2, product_uom_id=self.dozen.id, sequence=9
        )
        self._order((self.product, 5))
        screen = self._purchase()
        with Form(screen) as form, form.line_ids.edit(0) as row:
            row.vendor_id = second
            self.assertEqual((row.quantity, row.price_unit), (2, 50))
        screen.action_add()
        self.assertEqual(screen.line_ids.vendor_id, second, "one row for the SKU")
        line = self._created(screen).order_line
        self.assertEqual((line.order_id.partner_id, line.product_qty), (second, 2))
        self.assertEqual((line.product_uom_id, line.price_unit), (self.dozen, 50))

    def test_what_was_bought_twice_is_named(self):
        """*Check Backorders* finds a second request for the same backorders, and nothing else."""
        check = self.env["backorder.check"]

        def bought():
            self.env.flush_all()
            self.env.invalidate_all()
            rows = check.run_checks()
            return [(row["id"], row["message"]) for row in rows if row["code"] == "bought"]

        before = bought()
        order = self._order((self.product, 10))
        first = self._created(self._purchase()).order_line
        self._order((self.product, 10))
        self._created(self._purchase())
        self.assertEqual(bought(), before, "two orders, and a request for each")
        second = first.order_id.copy().order_line
        second.sudo()._backorder_bought_for(first.sudo().backorder_line_ids)
        [(found, message)] = [row for row in bought() if row not in before]
        self.assertEqual(found, second.id)
        for word in (first.order_id.name, second.order_id.name, order.name, "10"):
            self.assertIn(word, message)
        second.order_id.button_cancel()
        self.assertEqual(bought(), before)
