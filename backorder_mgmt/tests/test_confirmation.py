"""Confirming: what is the same for all lines of an order is asked once, with Odoo's own result."""

import contextlib
from unittest.mock import patch

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

    def _asked_to_confirm(self, order):
        """The statements that confirming ``order`` takes."""
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
        return asked

    def _asked_for_rules(self, count):
        """How often rules are asked for while an order of ``count`` new items is confirmed."""
        order = self._order(*((product, 1) for product in self._goods(count)), confirm=False)
        self.env.flush_all()
        self.env.invalidate_all()
        asked = self._asked_to_confirm(order)
        self.assertEqual(order.picking_ids.mapped("state"), ["assigned"])
        return sum('FROM "stock_rule"' in query and "ARRAY_AGG" in query for query in asked)

    def test_rules_are_asked_for_the_order_not_for_each_line(self):
        few, many = self._asked_for_rules(3), self._asked_for_rules(12)
        self.assertGreater(few, 0)
        self.assertEqual(many, few)

    def test_a_new_order_looks_for_no_delivery_to_join_and_what_is_added_joins_its_own(self):
        goods = self._goods(2)
        orders = self._order((goods[0], 1), confirm=False)
        orders |= self._order((goods[1], 1), confirm=False)
        asked = []
        search = type(self.env["stock.picking"]).search

        def noting(pickings, domain, *args, **options):
            asked.extend(term for term in domain if term[0] == "printed")
            return search(pickings, domain, *args, **options)

        with patch.object(type(self.env["stock.picking"]), "search", noting):
            orders.action_confirm()
            self.assertEqual(asked, [])
            self.assertEqual(orders.mapped(lambda order: len(order.picking_ids)), [1, 1])
            orders[0].order_line = [
                Command.create({"product_id": goods[1].id, "product_uom_qty": 3})
            ]
        self.assertTrue(asked)
        self.assertEqual(len(orders[0].picking_ids), 1)
        self.assertEqual(len(orders[0].picking_ids.move_ids), 2)

    def test_a_module_below_ours_that_finds_deliveries_in_its_own_way_is_asked(self):
        """It delivers together what goes to one customer."""
        goods = self._goods(2)
        first = self._order((goods[0], 1))

        def _search_picking_for_assignation(_moves):
            return first.picking_ids

        _search_picking_for_assignation.__module__ = "odoo.addons.strange_stock.models.stock_move"
        strange = {
            "__slots__": (),
            "_search_picking_for_assignation": _search_picking_for_assignation,
        }
        model_class = type(self.env["stock.move"])
        # Below all of ours, above Odoo's own.
        at = [cls.__module__ for cls in model_class.__bases__].index(
            "odoo.addons.stock.models.stock_move"
        )
        with _Extended(model_class, type("StrangeMove", (), strange), at=at):
            second = self._order((goods[1], 1))
        self.assertEqual(second.order_line.move_ids.picking_id, first.picking_ids)

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
        with self._odoos_way():
            self.assertEqual(ours, self._moves(self._order(*items)))

    def test_moves_that_people_make_of_kits_are_taken_apart_in_odoos_order(self):
        kit = self._kit("Toolbox", (self.product, 1), (self.other, 2))
        plain = [self._product(f"Item {number}") for number in range(2)]

        def moves():
            made = self._moves_by_hand([plain[0], kit, plain[1]])
            return [(move.product_id, move.product_uom_qty) for move in made.action_explode()]

        ours = moves()
        with self._odoos_way():
            self.assertEqual(ours, moves())

    def _odoos_way(self):
        """Every item is looked at for a kit."""
        every = type("EveryItem", (), {"__slots__": ()})
        every._backorder_kits_somewhere = lambda products: products
        return _Extended(type(self.env["product.product"]), every)

    def _is_kit(self, product):
        boms = self.env["mrp.bom"]
        found = boms._bom_find(product, bom_type="phantom", company_id=self.company.id)
        return bool(found[product])

    def test_an_item_that_becomes_a_kit_is_one_at_once_and_no_longer_when_it_ends(self):
        self._kit("Toolbox", (self.other, 1))
        self.assertFalse(self._is_kit(self.product))
        recipe = self._recipe(self.product, (self.other, 2))
        self.assertTrue(self._is_kit(self.product))
        for ended, again in (({"active": False}, {"active": True}), ({"type": "normal"}, {})):
            recipe.write(ended)
            self.assertFalse(self._is_kit(self.product))
            recipe.write({"type": "phantom", **again})
            self.assertTrue(self._is_kit(self.product))
        recipe.unlink()
        self.assertFalse(self._is_kit(self.product))

    def test_a_recipe_that_is_rolled_back_was_never_there(self):
        self._kit("Toolbox", (self.other, 1))
        with contextlib.suppress(ZeroDivisionError), self.env.cr.savepoint():
            self._recipe(self.product, (self.other, 2))
            self.assertTrue(self._is_kit(self.product))
            raise ZeroDivisionError
        self.assertFalse(self._is_kit(self.product))
        recipe = self._recipe(self.product, (self.other, 2))
        with contextlib.suppress(ZeroDivisionError), self.env.cr.savepoint():
            recipe.type = "normal"
            self.assertFalse(self._is_kit(self.product))
            raise ZeroDivisionError
        self.assertTrue(self._is_kit(self.product))

    def test_a_kit_of_another_company_is_none_here(self):
        recipe = self._kit("Toolbox", (self.other, 1)).bom_ids
        product = recipe.product_tmpl_id.product_variant_id
        self.assertTrue(self._is_kit(product))
        recipe.company_id = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertFalse(self._is_kit(product))

    def test_a_module_that_finds_kits_in_its_own_way_is_asked(self):
        kit = self._kit("Toolbox", (self.other, 2))
        find = type(self.env["mrp.bom"])._bom_find_domain

        def _bom_find_domain(boms, products, **options):
            # Where the item itself has no recipe, that of the toolbox is taken.
            return find(boms, products | kit, **options)

        _bom_find_domain.__module__ = "odoo.addons.strange_mrp.models.mrp_bom"
        strange = type("StrangeBom", (), {"__slots__": (), "_bom_find_domain": _bom_find_domain})
        self.assertFalse(self._is_kit(self.product))
        with _Extended(type(self.env["mrp.bom"]), strange):
            self.assertTrue(self._is_kit(self.product))

    def test_a_module_below_ours_that_finds_kits_in_its_own_way_is_asked_for_all(self):
        kit = self._kit("Toolbox", (self.other, 2))

        def _bom_find(boms, products, **_options):
            recipes = dict.fromkeys(products, boms.browse())
            return {**recipes, self.product: kit.bom_ids}

        _bom_find.__module__ = "odoo.addons.strange_mrp.models.mrp_bom"
        strange = type("StrangeBom", (), {"__slots__": (), "_bom_find": _bom_find})
        with _Extended(type(self.env["mrp.bom"]), strange, at=1):
            self.assertTrue(self._is_kit(self.product))

    def test_a_kit_of_another_category_than_the_one_searched_for_is_one(self):
        kit = self._kit("Toolbox", (self.other, 2))
        searched = self.env["product.category"].create({"name": "Elsewhere"})
        self.assertTrue(self._is_kit(kit.with_context(search_default_categ_id=searched.id)))
        self.assertTrue(self._is_kit(kit))

    def test_lines_of_a_quotation_are_not_asked_one_by_one_for_kits(self):
        self._kit("Toolbox", (self.other, 1))
        goods = self._goods(12)
        order = self._order(*[(product, 1) for product in goods], confirm=False)
        order.order_line.product_id.mapped("type")
        asked = self._asked_to_confirm(order)
        self.assertLess(sum('"mrp_bom"' in query for query in asked), 6)


class _Extended:
    """Meanwhile a model is extended by a class."""

    def __init__(self, model_class, extension, at=0):
        self.model_class, self.extension, self.at = model_class, extension, at

    def __enter__(self):
        self.bases = self.model_class.__bases__
        before, after = self.bases[: self.at], self.bases[self.at :]
        self.model_class.__bases__ = (*before, self.extension, *after)

    def __exit__(self, *args):
        self.model_class.__bases__ = self.bases
