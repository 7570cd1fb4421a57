"""Filters, badges and list actions: right, of one rule, and as few queries as for one line."""

import operator
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon
from .test_carry import CarryCommon

OPERATORS = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


def counting(model, name, seen):
    """Patch ``name`` of ``model`` so that ``seen`` gets how many records each call is about."""
    method = getattr(type(model), name)

    def wrapped(self, *args, **kwargs):
        seen.append(len(self))
        return method(self, *args, **kwargs)

    return patch.object(type(model), name, wrapped)


@tagged("post_install", "-at_install")
class TestCanBeFilledNow(BackorderCommon):
    def _queries(self, count):
        orders = self.env["sale.order"]
        for number in range(count):
            product = self._product(f"Item {count} {number}")
            orders |= self._order((product, 4))
            self._stock(product, 1)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        found = orders.order_line.search(
            [("order_id", "in", orders.ids), ("backorder_fillable_qty", ">", 0)]
        )
        found.mapped("backorder_available_qty")
        self.assertEqual(len(found), count)
        return self.cr.sql_log_count - before

    def test_on_hand_asks_as_many_queries_for_forty_lines_as_for_four(self):
        self._queries(1)
        few, many = self._queries(4), self._queries(40)
        self.assertLessEqual(many, few + 8)


def only(orders):
    return [("id", "in", orders.ids)]


@tagged("post_install", "-at_install")
class TestForcingMany(BackorderCommon):
    def test_queue_is_dealt_out_once_for_all_lines_that_are_forced(self):
        self._stock(self.product, 40)
        orders = self.env["sale.order"]
        for _number in range(20):
            orders |= self._order((self.product, 2))
        self.env.flush_all()
        seen = []
        with counting(orders.order_line, "_backorder_deal", seen):
            orders.force_backorders()
            self.env.flush_all()
        self.assertLessEqual(len(seen), 3)
        self.assertEqual(set(orders.order_line.mapped("backorder_qty")), {2.0})
        # Dates are right nevertheless: what was given up is there for all of them.
        self.assertTrue(all(orders.order_line.mapped("backorder_expected_date")))


@tagged("post_install", "-at_install")
class TestCompleteOnly(BackorderCommon):
    """Customers who take complete orders only: one rule for badge, filter, dialog and fill."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.backorder_policy = "complete"

    def _half(self, confirm=True, **values):
        """Five hammers of five are there, of five nails two."""
        order = self._order((self.product, 5), (self.other, 5), confirm=False, **values)
        if confirm:
            order.action_confirm()
        else:
            order.order_line._backorder_refigure()
        self._stock(self.product, 5)
        self._stock(self.other, 2)
        self.env.invalidate_all()
        return order

    def _proposed(self, order):
        dialog = self.env["backorder.fill"].create({"order_id": order.id})
        return dialog.line_ids.mapped("quantity")

    def test_badge_filter_dialog_and_fill_agree_that_nothing_can_be_filled(self):
        for confirm in (True, False):
            with self.subTest(confirm=confirm):
                order = self._half(confirm)
                lines = order.order_line
                self.assertEqual(lines.mapped("backorder_fillable_qty"), [0, 0])
                domain = [("id", "in", lines.ids), ("backorder_fillable_qty", ">", 0)]
                self.assertFalse(lines.search(domain))
                self.assertEqual(lines.mapped("backorder_available_qty"), [5, 2])
                self.assertEqual(self._proposed(order), [0, 0])
                with self.assertRaisesRegex(UserError, "complete orders only"):
                    order.fill_backorders({lines[0].id: 5})
                self.assertEqual(lines.mapped("backorder_qty"), [5, 5])
                self._stock(self.product, -5)
                self._stock(self.other, -2)

    def test_they_agree_that_all_can_be_filled_once_all_is_there(self):
        order = self._half()
        self._stock(self.other, 3)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.mapped("backorder_fillable_qty"), [5, 5])
        self.assertEqual(self._proposed(order), [5, 5])
        order.fill_backorders()
        self.assertEqual(order.order_line.mapped("backorder_qty"), [0, 0])

    def test_order_that_ships_when_all_is_ready_says_the_same(self):
        self.customer.backorder_policy = False
        order = self._half(picking_policy="one")
        self.assertEqual(order.order_line.mapped("backorder_fillable_qty"), [0, 0])
        self.assertEqual(self._proposed(order), [0, 0])

    def test_two_lines_of_an_item_are_not_counted_on_the_same_stock(self):
        order = self._order((self.product, 3), (self.product, 3))
        self._stock(self.product, 5)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.mapped("backorder_fillable_qty"), [0, 0])

    def test_dialog_says_it_before(self):
        order = self._half()
        self.assertIn("complete orders only", order._backorder_fill_destination())


@tagged("post_install", "-at_install")
class TestBoundedFilters(BackorderCommon):
    """The processor's filters ask a fixed number of queries, and look at no more orders than the
    rest of the search finds."""

    FILTERS = (
        ("backorder_stock", "=", "all"),
        ("backorder_stock", "!=", "all"),
        ("backorder_payment", "=", "paid"),
        ("backorder_payment", "=", "due"),
        ("backorder_has_card", "=", True),
        ("backorder_days_open", ">", 7),
    )

    def _quotations(self, count):
        orders = self.env["sale.order"]
        for number in range(count):
            product = self._product(f"Quoted {count} {number}")
            self._stock(product, 2)
            orders |= self._order((product, 2), (self.product, 1), confirm=False)
        self.env.flush_all()
        return orders

    def _queries(self, domain):
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self.env["sale.order"].search(domain)
        return self.cr.sql_log_count - before

    def test_as_many_queries_for_forty_quotations_as_for_four(self):
        few, many = self._quotations(4), self._quotations(40)
        for condition in self.FILTERS:
            with self.subTest(condition):
                self._queries([condition, ("id", "in", few.ids)])
                self.assertLessEqual(
                    self._queries([condition, ("id", "in", many.ids)]),
                    self._queries([condition, ("id", "in", few.ids)]) + 5,
                )

    def test_only_what_the_rest_of_the_search_finds_is_looked_at(self):
        self._quotations(30)
        mine = self._quotations(2)
        # Units of their own: stock in the product's unit does not tell, the line is looked at.
        mine.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        seen = []
        with counting(mine, "_backorder_stock_states", seen):
            for domain in (
                [("backorder_stock", "=", "all"), ("id", "in", mine.ids)],
                [("id", "in", mine.ids), "!", ("backorder_stock", "=", "none")],
                ["|", ("backorder_stock", "=", "all"), ("id", "=", 0), ("id", "in", mine.ids)],
            ):
                self.env["sale.order"].search(domain)
        self.assertTrue(seen)
        self.assertLessEqual(max(seen), 2)

    def test_they_find_the_same_alone_and_within_a_search(self):
        """A bound changes how many are looked at, never what is found."""
        orders = self._quotations(3)
        self._stock(self.product, 1)
        half = self._order((self.product, 5), confirm=False)
        all_of_them = orders | half
        for condition in self.FILTERS[:2]:
            alone = self.env["sale.order"].search([condition]) & all_of_them
            within = self.env["sale.order"].search([condition, ("id", "in", all_of_them.ids)])
            self.assertEqual(alone, within, condition)
            self.assertTrue(within, condition)

    def test_the_filter_on_stock_finds_what_the_column_says(self):
        plenty, few, none = self._product("Plenty"), self._product("Few"), self._product("None")
        weighed = self._product("Weighed")
        service = self._product("Fitting", type="service", is_storable=False)
        to_order = self.warehouse.mto_pull_id.route_id
        to_order.active = True
        made = self._product("Made", route_ids=[Command.set(to_order.ids)])
        serial = self._product("Numbered", tracking="serial")
        self._stock(plenty, 100)
        self._stock(few, 3)
        self._stock(weighed, 1.25)
        for name in ("N1", "N2"):
            lot = self.env["stock.lot"].create({"name": name, "product_id": serial.id})
            self._stock(serial, 1, lot=lot)
        self._order((few, 1))  # reserved
        older = self._order((none, 2))
        elsewhere = self.env["stock.warehouse"].create({"name": "Elsewhere", "code": "ELSE"})
        rows = (
            [(plenty, 5)],
            [(few, 2)],
            [(few, 3)],
            [(few, 1), (few, 2)],
            [(few, 1), (few, 1)],
            [(plenty, 1), (none, 1)],
            [(none, 4)],
            [(weighed, 1.25)],
            [(weighed, 1.5)],
            [(service, 1)],
            [(service, 1), (none, 1)],
            [(made, 1)],
            [(serial, 2)],
            [(serial, 3)],
            [],
        )
        orders = self.env["sale.order"]
        for lines in rows:
            orders |= self._order(*lines, confirm=False)
        forced = self._order((plenty, 5), confirm=False)
        forced.force_backorders({forced.order_line.id: 2})
        dozens = self._order((plenty, 9), confirm=False)
        dozens.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        set_aside = self._order((few, 2), confirm=False)
        set_aside.force_backorders()
        other = self._order((plenty, 5), confirm=False, warehouse_id=elsewhere.id)
        empty = self._order((plenty, 5), confirm=False)
        empty.order_line.product_uom_qty = 0
        routed = self._order((plenty, 500), confirm=False)
        routed.order_line.route_ids = to_order
        sections = self._order(confirm=False)
        sections.order_line = [Command.create({"display_type": "line_section", "name": "Tools"})]
        orders |= forced | dozens | set_aside | other | empty | routed | sections
        self._stock(none, 1)
        # What is owed to an older backorder is not there for quotations.
        self.assertEqual(older.order_line.backorder_qty, 2)
        for _number in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            column = {order: order.backorder_stock for order in orders}
            self.assertEqual(set(column.values()), {"all", "some", "none", False})
            for states in (["all"], ["some"], ["none"], ["all", "none"]):
                found = orders.search([("backorder_stock", "in", states), ("id", "in", orders.ids)])
                wanted = {order for order in orders if column[order] in states}
                self.assertEqual(set(found), wanted, states)
            # and again with stock that is set aside for a quotation
            set_aside.fill_backorders()
        self.assertEqual(set_aside.order_line.backorder_promised_qty, 2)


@tagged("post_install", "-at_install")
class TestPaymentFilter(CarryCommon):
    def test_the_filter_on_payment_finds_what_the_column_says(self):
        due = self._order((self.product, 1), confirm=False)
        free = self._order((self.product, 1), confirm=False)
        free.order_line.price_unit = 0
        credit = self._order((self.product, 1), confirm=False)
        credit.order_line.price_unit = -5
        paid, authorized, part = (self._order((self.product, 1), confirm=False) for _n in "abc")
        for order, state, share in (
            (paid, "done", 1),
            (authorized, "authorized", 1),
            (part, "done", 0.5),
        ):
            self._pay_online(order, order.amount_total * share, state)
        orders = due | free | credit | paid | authorized | part
        self.env.flush_all()
        self.env.invalidate_all()
        column = {order: order.backorder_payment for order in orders}
        self.assertEqual(
            [column[order] for order in orders],
            ["due", "paid", "paid", "paid", "authorized", "due"],
        )
        for states in (["due"], ["paid"], ["authorized"], ["due", "authorized"]):
            found = orders.search([("backorder_payment", "in", states), ("id", "in", orders.ids)])
            wanted = {order for order in orders if column[order] in states}
            self.assertEqual(set(found), wanted, states)
