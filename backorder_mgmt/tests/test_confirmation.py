"""Confirming: what is the same for all lines of an order is asked once, with Odoo's own result."""

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestConfirmationAsksOnce(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fifo = False

    def _goods(self, count):
        goods = [self._product(f"Item {number}") for number in range(count)]
        for product in goods:
            self._stock(product, 1)
        return goods

    def _asked_for_rules(self, count):
        """How often rules are asked for while an order of ``count`` new items is confirmed."""
        order = self._order(*((product, 1) for product in self._goods(count)), confirm=False)
        self.env.flush_all()
        self.env.invalidate_all()
        asked = []
        execute = self.env.cr.execute

        def noting(query, *args, **options):
            asked.append(str(getattr(query, "code", query)))
            return execute(query, *args, **options)

        self.env.cr.execute = noting
        try:
            order.action_confirm()
        finally:
            del self.env.cr.execute
        self.assertEqual(order.picking_ids.mapped("state"), ["assigned"])
        return sum('FROM "stock_rule"' in query and "ARRAY_AGG" in query for query in asked)

    def test_rules_are_asked_for_the_order_not_for_each_line(self):
        few, many = self._asked_for_rules(3), self._asked_for_rules(12)
        self.assertGreater(few, 0)
        self.assertEqual(many, few)

    def test_kits_are_asked_for_all_moves_at_once(self):
        self._kit("Toolbox", (self.product, 1))
        moves = self._moves_by_hand(self._goods(6))
        self.env.flush_all()
        self.env.invalidate_all()
        moves.product_id.product_tmpl_id.mapped("type")
        moves.mapped("company_id.name")
        before = self.env.cr.sql_log_count
        self.assertEqual(moves.action_explode(), moves)
        self.assertLessEqual(self.env.cr.sql_log_count - before, 2)

    def _moves_by_hand(self, goods):
        return self.env["stock.move"].create(
            [
                {
                    "product_id": product.id,
                    "product_uom_qty": 2,
                    "location_id": self.stock.id,
                    "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                    "picking_type_id": self.warehouse.out_type_id.id,
                }
                for product in goods
            ]
        )

    def test_lines_of_other_routes_get_their_own_rule(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        rule = self.warehouse.delivery_route_id.rule_ids.filtered(
            lambda rule: rule.location_src_id == self.stock
        )
        route = self.env["stock.route"].create(
            {"name": "From the Shelf", "sale_selectable": True, "sequence": 1}
        )
        rule.copy({"location_src_id": shelf.id, "route_id": route.id, "name": "Shelf"})
        goods = [self._product(f"Item {number}") for number in range(4)]
        via_shelf = {"route_ids": [Command.set(route.ids)]}
        order = self._order(
            (goods[0], 1), (goods[1], 1, via_shelf), (goods[2], 1), (goods[3], 1, via_shelf)
        )
        sources = {move.product_id: move.location_id for move in order.order_line.move_ids}
        self.assertEqual(
            [sources[product] for product in goods], [self.stock, shelf, self.stock, shelf]
        )

    def test_a_rule_that_changes_is_seen_by_the_next_order(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self.assertEqual(self._order((self.product, 1)).order_line.move_ids.location_id, self.stock)
        rule = self.warehouse.delivery_route_id.rule_ids.filtered(
            lambda rule: rule.location_src_id == self.stock
        )
        rule.location_src_id = shelf
        self.assertEqual(self._order((self.product, 1)).order_line.move_ids.location_id, shelf)

    def _moves(self, order):
        return [
            (move.product_id, move.product_uom_qty, move.quantity, move.state)
            for move in order.order_line.move_ids.sorted("id")
        ]

    def test_kits_among_plain_items_are_taken_apart_as_by_odoo(self):
        kit = self._kit("Toolbox", (self.product, 1), (self.other, 2))
        nested = self._kit("Two Toolboxes", (kit, 2))
        plain = [self._product(f"Item {number}") for number in range(2)]
        for product in (self.product, self.other, *plain):
            self._stock(product, 100)
        items = [(plain[0], 3), (nested, 2), (plain[1], 1), (kit, 1), (self.product, 4)]
        ours = self._moves(self._order(*items))
        own_way, asked = self._strange()
        with own_way:
            theirs = self._moves(self._order(*items))
        self.assertEqual(ours, theirs)
        self.assertIn(plain[0], asked)

    def test_moves_that_people_make_of_kits_are_taken_apart_in_odoos_order(self):
        kit = self._kit("Toolbox", (self.product, 1), (self.other, 2))
        plain = [self._product(f"Item {number}") for number in range(2)]

        def moves():
            made = self._moves_by_hand([plain[0], kit, plain[1]])
            return [(move.product_id, move.product_uom_qty) for move in made.action_explode()]

        ours = moves()
        own_way, asked = self._strange()
        with own_way:
            self.assertEqual(ours, moves())
        self.assertEqual(set(asked), {plain[0], kit, plain[1], self.product, self.other})

    def _strange(self):
        """A module that finds kits in its own way; what it was asked for, one by one."""
        asked = []
        find = type(self.env["mrp.bom"])._bom_find

        def _bom_find(boms, products, **options):
            if len(products) == 1:
                asked.append(products)
            return find(boms, products, **options)

        _bom_find.__module__ = "odoo.addons.strange_mrp.models.mrp_bom"
        strange = type("StrangeBom", (), {"__slots__": (), "_bom_find": _bom_find})
        return _Extended(type(self.env["mrp.bom"]), strange), asked


class _Extended:
    """Meanwhile a model is extended by a class."""

    def __init__(self, model_class, extension):
        self.model_class, self.extension = model_class, extension

    def __enter__(self):
        self.bases = self.model_class.__bases__
        self.model_class.__bases__ = (self.extension, *self.bases)

    def __exit__(self, *args):
        self.model_class.__bases__ = self.bases
