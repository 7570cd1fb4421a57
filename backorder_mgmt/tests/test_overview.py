"""The overview's figures, by hand, and that each card counts what its list shows."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import BackorderCommon

CARDS = (
    "needed",
    "fillable",
    "late",
    "waiting_po",
    "without_vendor",
    "payment_problems",
    "set_aside",
)


@tagged("post_install", "-at_install")
class TestOverview(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = new_test_user(
            cls.env,
            "overview_boss",
            groups="sales_team.group_sale_manager,backorder_mgmt.group_backorder_manager",
            company_id=cls.company.id,
        )

    def _overview(self, user=None, **values):
        """As the screen asks for it, of the tests' own warehouse only."""
        self.env.flush_all()
        overview = self.env["backorder.overview"].with_user(user or self.boss)
        values.setdefault("warehouse_ids", self.warehouse.ids)
        return overview.retrieve_overview(**values)

    def _sell_from(self, product, vendor):
        self.env["product.supplierinfo"].create(
            {"partner_id": vendor.id, "product_tmpl_id": product.product_tmpl_id.id}
        )

    def _assert_card(self, overview, name, lines, orders, value):
        card = overview[name]
        self.assertEqual((card["lines"], card["orders"]), (lines, orders), name)
        self.assertAlmostEqual(card["value"], value, 2, name)

    def _assert_lists(self, overview, user=None):
        """Each card opens a list of as many rows as it says."""
        opener = self.env["backorder.overview"].with_user(user or self.boss)
        for name in CARDS:
            action = opener.open_card(name, warehouse_ids=self.warehouse.ids)
            rows = self.env[action["res_model"]].with_user(user or self.boss)
            self.assertEqual(rows.search_count(action["domain"]), overview[name]["lines"], name)
            self.assertEqual(action["context"], {}, "a filter of the list hides rows of the card")

    def test_a_small_story(self):
        """Hammers: 10 and 5 ordered at 10.00, 4 in stock, a vendor. Nails: 3 at 10.00, none sells
        them. A dozen screws at 2.00 with 6 in stock, a tenth off."""
        self._sell_from(self.product, self.vendor)
        screws = self._product("Screws", list_price=2.0)
        self._sell_from(screws, self.vendor)
        self._stock(self.product, 4)
        first = self._order((self.product, 10), (self.other, 3))
        self._order((self.product, 5))
        dozen = {"product_uom_id": self.dozen.id, "price_unit": 24.0, "discount": 10.0}
        self._order((screws, 1, dozen))
        self._stock(screws, 6)
        overview = self._overview()
        # 6 + 5 hammers, 3 nails, 12 screws at 1.80
        self._assert_card(overview, "needed", 4, 3, 60 + 50 + 30 + 21.6)
        self._assert_card(overview, "fillable", 1, 1, 10.8)
        # nothing is known of when any of them comes, as a whole: on the first day none is late
        self._assert_card(overview, "late", 0, 0, 0)
        # 6 of the screws are there, the other 6 are to be bought
        self._assert_card(overview, "waiting_po", 3, 3, 110 + 21.6)
        self._assert_card(overview, "without_vendor", 1, 1, 30)
        self._assert_card(overview, "set_aside", 0, 0, 0)
        self._assert_card(overview, "payment_problems", 0, 0, 0)
        self._assert_lists(overview)
        self.assertEqual(
            [(bar["label"], bar["lines"], bar["value"]) for bar in overview["by_vendor"]],
            [("Vera Vendor", 3, 131.6), ("Without Vendor", 1, 30.0)],
        )
        self.assertEqual(
            [(bar["label"], bar["lines"], bar["value"]) for bar in overview["by_product"]],
            [("Hammer", 2, 110.0), ("Nails", 1, 30.0), ("Screws", 1, 21.6)],
        )
        self.assertEqual([bar["lines"] for bar in overview["by_age"]], [4, 0, 0, 0, 0])
        self.assertEqual([bar["lines"] for bar in overview["value_at_risk"]], [0, 0, 4])
        self._wait(first, days=2)
        overview = self._overview()
        self._assert_card(overview, "late", 2, 1, 60 + 30)
        self.assertEqual([bar["lines"] for bar in overview["value_at_risk"]], [0, 2, 2])
        self._assert_lists(overview)
        # a receipt on its way: nobody has to buy them any more, and they have a date
        self._plan_receipt(self.product, 11)
        overview = self._overview()
        self._assert_card(overview, "waiting_po", 1, 1, 21.6)
        self.assertEqual(first.order_line[0].backorder_to_buy, False)
        self.assertFalse(
            self.env["sale.order.line"].search([("backorder_to_buy", "=", True)]) & first.order_line
        )

    def test_a_purchase_order_is_what_it_waits_for(self):
        self._sell_from(self.product, self.vendor)
        line = self._order((self.product, 5)).order_line
        self.assertTrue(line.backorder_to_buy)
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_qty": 5,
                        }
                    )
                ],
            }
        )
        purchase.order_line._backorder_bought_for(line)
        line.invalidate_recordset()
        self.assertFalse(line.backorder_to_buy)
        self._assert_card(self._overview(), "waiting_po", 0, 0, 0)
        purchase.button_cancel()
        self._assert_card(self._overview(), "waiting_po", 1, 1, 50)

    def test_what_is_set_aside(self):
        order = self._order((self.product, 10), confirm=False)
        self._stock(self.product, 4)
        order.fill_backorders()
        overview = self._overview()
        self._assert_card(overview, "set_aside", 1, 1, 40)
        self._assert_card(overview, "needed", 1, 1, 60)
        # quotations are not bought for
        self._assert_card(overview, "without_vendor", 0, 0, 0)
        self._assert_lists(overview)

    def test_filled_in_place_and_how_it_went(self):
        """Ten waited two days, six are filled: 60 per cent of this week's value, two days."""
        self.company.backorder_fill_approved = "same_order"
        order = self._order((self.product, 10))
        event = order.order_line.backorder_event_ids
        before = fields.Datetime.now() - timedelta(days=2)
        self.env.cr.execute(
            "UPDATE backorder_event SET date = %s WHERE id = %s", [before, event.id]
        )
        event.invalidate_recordset()
        self._stock(self.product, 6)
        order.fill_backorders()
        overview = self._overview()
        self.assertEqual(overview["days_to_fill"][-1]["value"], 2.0)
        self.assertIn(60.0, [week["value"] for week in overview["fill_rate"][-2:]])
        self.assertEqual(len(overview["fill_rate"]), 12)

    def test_a_salesman_sees_his_own(self):
        self._order((self.product, 10))
        self._order((self.product, 5), user_id=self.boss.id)
        self._assert_card(self._overview(), "needed", 2, 2, 150)
        overview = self._overview(self.salesman)
        self._assert_card(overview, "needed", 1, 1, 100)
        self.assertTrue(overview["payment_problems"]["hidden"])
        self.assertFalse(overview["is_manager"])
        self.assertEqual(overview["by_product"][0]["value"], 100)
        nobody = new_test_user(self.env, "overview_nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._overview(nobody)

    def test_companies_that_are_switched_on(self):
        """Another company's backorders are not seen; with both on they count, in our currency."""
        other = self.env["res.company"].create(
            {"name": "Far Shop", "currency_id": self.env.ref("base.CHF").id}
        )
        self.env.ref("base.CHF").active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.CHF").id,
                "company_id": self.company.id,
                "name": fields.Date.today(),
                "rate": 2.0,
            }
        )
        rates = self.company.currency_id.rate_ids.filtered(
            lambda rate: rate.company_id in (self.company, self.env["res.company"])
        )
        rates.unlink()
        warehouse = self.env["stock.warehouse"].create(
            {"name": "Far", "code": "FAR", "company_id": other.id}
        )
        theirs = (
            self.env["sale.order"]
            .with_company(other)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "warehouse_id": warehouse.id,
                    "pricelist_id": False,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "product_uom_qty": 8,
                                "price_unit": 10.0,
                            }
                        )
                    ],
                }
            )
        )
        theirs.order_line.tax_ids = False
        theirs.action_confirm()
        self._order((self.product, 5))
        self.boss.company_ids |= other
        both = (self.warehouse | warehouse).ids
        overview = self.env["backorder.overview"].with_user(self.boss)
        one = overview.with_context(allowed_company_ids=self.company.ids)
        self._assert_card(one.retrieve_overview(warehouse_ids=both), "needed", 1, 1, 50)
        overview = overview.with_context(allowed_company_ids=(self.company | other).ids)
        answer = overview.retrieve_overview(warehouse_ids=both)
        # 80 francs are 40 of ours
        self._assert_card(answer, "needed", 2, 2, 50 + 40)
        self.assertEqual(answer["by_product"][0]["value"], 90)
        self._assert_card(
            overview.retrieve_overview(warehouse_ids=warehouse.ids), "needed", 1, 1, 40
        )

    def test_number_of_queries_is_fixed(self):
        """Ten more orders take no more queries."""
        self._sell_from(self.product, self.vendor)
        self._order((self.product, 5))

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            self._overview()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._overview()
            return self.env.cr.sql_log_count - before

        few = count()
        for number in range(10):
            self._order((self._product(f"Item {number}"), 2), (self.product, 1))
        self.assertLessEqual(count(), few)

    def test_whoever_looks_is_told(self):
        """Putting something on backorder says so on the bus, once a transaction."""
        noted = self.env.cr.precommit.data
        noted.pop("backorder_mgmt.overview", None)
        before = len(noted.get("bus.bus.values", ()))
        self._order((self.product, 5))
        self._order((self.product, 5))
        sent = noted["bus.bus.values"][before:]
        self.assertEqual(sum("backorder_mgmt/changed" in str(row) for row in sent), 1)

    def test_first_steps_are_seen_by_what_was_done(self):
        """Of a new company: backorder, purchase order, receipt, fill; then they are gone."""
        company = self.env["res.company"].create({"name": "New Shop"})
        warehouse = self.env["stock.warehouse"].create(
            {"name": "New", "code": "NEW", "company_id": company.id}
        )
        self.boss.company_ids |= company
        seen = self.env["backorder.overview"].with_user(self.boss)
        seen = seen.with_context(allowed_company_ids=company.ids)

        def done():
            self.env.flush_all()
            self.env.invalidate_all()
            return [step["done"] for step in seen.retrieve_overview()["first_steps"]]

        self.assertEqual(done(), [False] * 4)
        order = self._order(
            (self.product, 5),
            company_id=company.id,
            warehouse_id=warehouse.id,
            pricelist_id=False,
        )
        self.assertEqual(done(), [True, False, False, False])
        purchase = (
            self.env["purchase.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": self.vendor.id,
                    "company_id": company.id,
                    "picking_type_id": warehouse.in_type_id.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "product_qty": 5,
                                "tax_ids": [],
                            }
                        )
                    ],
                }
            )
        )
        purchase.order_line._backorder_bought_for(order.order_line)
        self.assertEqual(done(), [True, True, False, False])
        purchase.button_confirm()
        purchase.picking_ids.move_ids.write({"quantity": 5, "picked": True})
        purchase.picking_ids._action_done()
        self.assertEqual(done(), [True, True, True, False])
        order.fill_backorders()
        self.assertEqual(done(), [], "all is done: nothing more to teach")
        salesman = self.env["backorder.overview"].with_user(self.salesman)
        with self.assertRaises(AccessError):
            salesman.close_first_steps()
