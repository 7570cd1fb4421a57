"""Queries per line: they must not grow by more than Odoo's own way of doing the same."""

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon

FEW, MANY = 5, 20


@tagged("post_install", "-at_install")
class TestQueries(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fifo = False
        for count in (FEW, MANY):
            # What is asked once per database is not asked again by what is measured.
            cls._order(*cls._items(count))

    @classmethod
    def _items(cls, count):
        """Items of products that no other order has."""
        return [(cls._product(f"Item {number}"), 2) for number in range(count)]

    def _count_queries(self, act, subject):
        """How many queries ``act(subject)`` takes from a cold cache, everything written."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        act(subject)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _per_line(self, prepare, act):
        """What a further line costs: from orders of few and of many lines."""
        few, many = (self._count_queries(act, prepare(count)) for count in (FEW, MANY))
        return (many - few) / (MANY - FEW)

    def _short_order(self, count, **values):
        """An order of ``count`` lines that waited, whose goods are there now."""
        order = self._order(*self._items(count), **values)
        needed = 2.0 if self.company.backorder_auto else 0.0
        self.assertEqual(set(order.order_line.mapped("backorder_qty")), {needed})
        for line in order.order_line:
            self._stock(line.product_id, 2)
        return order

    def _reserved_order(self, count):
        items = self._items(count)
        for product, quantity in items:
            self._stock(product, quantity)
        return self._order(*items)

    def _lower(self, order):
        """Odoo's own way to take quantities off an order: line by line."""
        for line in order.order_line:
            line.product_uom_qty = 0

    def _by_odoo(self, prepare, act):
        self.company.backorder_auto = False
        try:
            return self._per_line(prepare, act)
        finally:
            self.company.backorder_auto = True

    def test_fill_on_the_same_order(self):
        self.company.backorder_fill_approved = "same_order"
        # Odoo's own way, without the addon's bulk reservation, is 8 queries a line.
        ours = self._per_line(self._short_order, lambda order: order.fill_backorders())
        self.assertLessEqual(ours, 0.2)

    def test_fill_as_a_new_order(self):
        def by_hand(order):
            order.copy().action_confirm()
            self._lower(order)

        odoo = self._by_odoo(self._short_order, by_hand)
        ours = self._per_line(self._short_order, lambda order: order.fill_backorders())
        self.assertLessEqual(ours, odoo / 20)

    def test_fill_of_a_quotation(self):
        ours = self._per_line(
            lambda count: self._short_order(count, confirm=False),
            lambda order: order.fill_backorders(),
        )
        self.assertLessEqual(ours, 0.2)

    def test_confirmation(self):
        def prepare(count):
            return self._order(*self._items(count), confirm=False)

        odoo = self._by_odoo(prepare, lambda order: order.action_confirm())
        ours = self._per_line(prepare, lambda order: order.action_confirm())
        self.assertLessEqual(ours, odoo + 0.2)

    def test_quotation(self):
        def order(items):
            self._order(*items, confirm=False)

        odoo = self._by_odoo(self._items, order)
        ours = self._per_line(self._items, order)
        # Odoo looks for kits and analytic accounts of every line again, when it is read back.
        self.assertLessEqual(ours, odoo + 3)

    def test_force_and_cancel(self):
        def force(order):
            order.force_backorders({line.id: 2 for line in order.order_line})

        def cancel(order):
            order.cancel_backorders()

        self.assertLessEqual(self._per_line(self._reserved_order, force), 0.2)
        self.assertLessEqual(self._per_line(self._short_order, cancel), 2)

    def test_stock_that_cannot_ship_asks_no_more_of_many_items_than_of_few(self):
        def shop(count):
            goods = [self._product(f"Held {count}.{number}") for number in range(count)]
            for product in goods:
                self._stock(product, 3)
            # One that waits for each, so that none of them can be completed.
            orders = self.env["sale.order"].union(
                *(
                    self._order((product, 3), (self._product(f"Missing {product.name}"), 1))
                    for product in goods
                )
            )
            return orders.order_line.product_id

        figures = []
        for count in (3, 4, 24):  # the first asks what is kept from then on
            screen = self.env["backorder.stuck"].create(
                {"product_ids": [Command.set(shop(count).ids)]}
            )
            shown = self._count_queries(lambda own: own.line_ids.read(), screen)
            self.assertEqual(len(screen.line_ids), count)
            screen.line_ids.selected = True
            figures.append((shown, self._count_queries(lambda own: own.action_force(), screen)))
        (_first, few, many) = figures
        self.assertLess(many[0] - few[0], 10)
        self.assertLess(many[1] - few[1], 10)
