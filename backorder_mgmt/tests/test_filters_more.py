"""The processor's filters find what the columns say: in two companies, for whoever looks, of kits,
packs, lots that expire, archived items and stock below zero."""

import unittest
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from .common import BackorderCommon


class FiltersCommon(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create({"name": "Second", "backorder_auto": True})
        cls.env.user.company_ids |= cls.second
        cls.both = cls.company | cls.second
        cls.there = cls.env["stock.warehouse"].search([("company_id", "=", cls.second.id)], limit=1)

    def _quotation_there(self, *items):
        return self._order(
            *items,
            confirm=False,
            company_id=self.second.id,
            warehouse_id=self.there.id,
            user_id=False,
            pricelist_id=False,
        )

    def _assert_as_the_columns(self, orders, companies=None):
        """Both filters on stock, alone and within a page, find of ``orders`` what is shown."""
        self.env.flush_all()
        self.env.invalidate_all()
        orders = orders.with_context(allowed_company_ids=(companies or self.both).ids)
        column = {order: order.backorder_stock for order in orders}
        for states in (["all"], ["some"], ["none"], ["all", "some"], [False], ["none", False]):
            domain = [("backorder_stock", "in", states), ("id", "in", orders.ids)]
            wanted = {order for order in orders if column[order] in states}
            self.assertEqual(set(orders.search(domain)), wanted, states)
            page = orders.web_search_read(domain, {"backorder_stock": {}}, limit=1, count_limit=100)
            self.assertEqual(page["length"], len(wanted), states)
        fillable = {order for order in orders if any(order.order_line.mapped(self._can_be_filled))}
        domain = [("order_line.backorder_fillable_qty", ">", 0), ("id", "in", orders.ids)]
        self.assertEqual(set(orders.search(domain)), fillable)
        page = orders.web_search_read(domain, {"name": {}}, limit=1, count_limit=100)
        self.assertEqual(page["length"], len(fillable))
        return [column[order] for order in orders]

    @staticmethod
    def _can_be_filled(line):
        return line.backorder_fillable_qty > 0


@tagged("post_install", "-at_install")
class TestFiltersMore(FiltersCommon):
    def test_what_is_a_kit_in_the_other_company_only(self):
        """Sold here as it lies there, there as two of another item."""
        kit = self._product("Set")
        self._recipe(kit, (self.product, 2)).company_id = self.second
        orders = self._order((kit, 1), confirm=False) | self._quotation_there((kit, 1))
        orders |= self._order((kit, 1), (self.other, 1), confirm=False)
        self._stock(kit, 5)
        self._stock(kit, 5, self.there.lot_stock_id)
        self.assertEqual(self._assert_as_the_columns(orders), ["all", "none", "some"])
        self._stock(self.product, 3, self.there.lot_stock_id)
        self.assertEqual(self._assert_as_the_columns(orders), ["all", "all", "some"])

    def test_the_same_item_in_warehouses_of_two_companies(self):
        second = self.env["stock.warehouse"].create({"name": "Annex", "code": "ANX"})
        orders = self._order((self.product, 2), confirm=False)
        orders |= self._order((self.product, 2), confirm=False, warehouse_id=second.id)
        orders |= self._quotation_there((self.product, 2))
        orders |= self._quotation_there((self.product, 1), (self.product, 1))
        self._stock(self.product, 2, second.lot_stock_id)
        self.assertEqual(self._assert_as_the_columns(orders), ["none", "all", "none", "none"])
        self._stock(self.product, 1, self.there.lot_stock_id)
        self.assertEqual(self._assert_as_the_columns(orders), ["none", "all", "some", "some"])

    def test_only_companies_that_are_switched_on(self):
        orders = self._order((self.product, 2), confirm=False)
        there = self._quotation_there((self.product, 2))
        self._stock(self.product, 2)
        self._stock(self.product, 2, self.there.lot_stock_id)
        here = orders.with_context(allowed_company_ids=self.company.ids)
        found = here.search([("backorder_stock", "=", "all"), ("id", "in", (orders | there).ids)])
        self.assertEqual(found, orders)

    def test_a_salesperson_of_own_documents_finds_their_own(self):
        """What the database is asked past the rules shows nothing of others, in no count either."""
        colleague = new_test_user(
            self.env, "filters_colleague", groups="sales_team.group_sale_salesman"
        )
        own = self._order((self.product, 2), confirm=False)
        others = self._order((self.product, 2), confirm=False, user_id=colleague.id)
        others |= self._order((self.other, 2), confirm=False, user_id=colleague.id)
        dozens = self._order((self.product, 1), confirm=False, user_id=colleague.id)
        dozens.order_line.product_uom_id = self.dozen
        others |= dozens
        self._stock(self.product, 50)
        orders = self.env["sale.order"].with_user(self.salesman)
        among = ("id", "in", (own | others).ids)
        for domain, found in (
            ([("backorder_stock", "=", "all")], own),
            ([("backorder_stock", "!=", "none")], own),
            ([("backorder_stock", "=", "none")], own.browse()),
            ([("backorder_payment", "=", "due")], own),
            ([("order_line.backorder_fillable_qty", ">", 0)], own),
        ):
            with self.subTest(domain):
                self.env.flush_all()
                self.assertEqual(orders.search([among, *domain]).ids, found.ids)
                page = orders.web_search_read(
                    [among, *domain], {"name": {}}, limit=1, count_limit=10
                )
                self.assertEqual(page["length"], len(found))
                self.assertEqual(orders.search_count([among, *domain]), len(found))

    def test_archived_items_packs_below_zero_and_lines_of_nothing(self):
        archived = self._product("Archived")
        below = self._product("Below Zero")
        liquid = self._product("Oil", uom_id=self.env.ref("uom.product_uom_litre").id)
        orders = self._order((archived, 2), confirm=False)
        orders |= self._order((below, 1), confirm=False)
        orders |= self._order((self.product, 1, {"product_uom_id": self.dozen.id}), confirm=False)
        orders |= self._order((self.product, 3), confirm=False)
        orders |= self._order((liquid, 0.75), confirm=False)
        orders |= self._order((liquid, 0.5), (liquid, 0.5), confirm=False)
        orders |= self._order((self.product, 0), confirm=False)
        orders |= self._order(confirm=False)
        self._stock(archived, 2)
        self._stock(below, -4)
        self._stock(self.product, 7)
        self._stock(liquid, 0.75)
        archived.action_archive()
        self.assertEqual(
            self._assert_as_the_columns(orders),
            ["all", "none", "some", "all", "all", "some", "all", False],
        )
        orders[3]._action_cancel()
        self.assertEqual(self._assert_as_the_columns(orders)[3], False)

    def test_kits_and_their_components_on_one_order(self):
        kit = self._kit("Set", (self.product, 2), (self.other, 1))
        orders = self._order((kit, 1), confirm=False) | self._order((kit, 2), confirm=False)
        orders |= self._order((kit, 1), (self.product, 2), confirm=False)
        orders |= self._order((self.product, 3), confirm=False)
        self._stock(self.product, 3)
        self._stock(self.other, 1)
        self.assertEqual(self._assert_as_the_columns(orders), ["all", "some", "some", "all"])

    def test_what_was_delivered_before_the_order_was_a_quotation_again(self):
        self._stock(self.product, 2)
        self._stock(self.other, 4)
        orders = self._order((self.product, 5)) | self._order((self.other, 4))
        self._deliver(orders[0].picking_ids)
        orders._action_cancel()
        orders.action_draft()
        orders |= self._order((self.other, 4), confirm=False)
        self.assertEqual(orders[0].order_line.qty_delivered, 2)
        self.assertEqual(self._assert_as_the_columns(orders), ["none", "all", "all"])
        self._stock(self.product, 3)
        self.assertEqual(self._assert_as_the_columns(orders), ["all", "all", "all"])

    def test_deliveries_that_are_reserved_by_hand_claim_nothing_of_themselves(self):
        self.warehouse.out_type_id.reservation_method = "manual"
        orders = self._order((self.product, 2)) | self._order((self.product, 2))
        orders.force_backorders()
        orders |= self._order((self.product, 3), confirm=False)
        self._stock(self.product, 3)
        self._assert_as_the_columns(orders[-1])
        lines = orders.order_line
        self.env.flush_all()
        self.env.invalidate_all()
        found = lines.search([("id", "in", lines.ids), ("backorder_fillable_qty", ">", 0)])
        self.assertEqual(found, lines.filtered(self._can_be_filled))

    def test_a_route_of_the_line_that_takes_from_stock_all_the_same(self):
        route = self.warehouse.delivery_route_id
        orders = self._order(
            (self.product, 2, {"route_ids": [Command.set(route.ids)]}), confirm=False
        )
        self._stock(self.product, 2)
        self.assertEqual(self._assert_as_the_columns(orders), ["all"])


@tagged("post_install", "-at_install")
class TestFiltersOfExpiringLots(FiltersCommon):
    """Runs where product_expiry is: in the company of `make test`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "use_expiration_date" not in cls.env["product.template"]._fields:
            raise unittest.SkipTest("needs the module product_expiry, which is not installed")

    def test_lots_that_must_leave_stock(self):
        milk = self._product("Milk", tracking="lot", use_expiration_date=True)
        now = fields.Datetime.now()
        for name, days, quantity in (("OLD", -1, 5), ("NEW", 30, 2)):
            lot = self.env["stock.lot"].create(
                {
                    "name": name,
                    "product_id": milk.id,
                    "expiration_date": now + timedelta(days=days + 1),
                    "removal_date": now + timedelta(days=days),
                }
            )
            self._stock(milk, quantity, lot=lot)
        orders = self._order((milk, 2), confirm=False) | self._order((milk, 3), confirm=False)
        orders |= self._order((milk, 2), confirm=False, commitment_date=now + timedelta(days=60))
        self.assertEqual(self._assert_as_the_columns(orders), ["all", "some", "none"])
