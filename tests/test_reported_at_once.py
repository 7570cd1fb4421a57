"""What was reported of other shops' days, with real connections: several people at once, and the
second time of the same."""

import pytest

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401

from odoo import Command


def deliveries(place, order):
    """[(state, quantity asked for, quantity reserved)] of an order's moves."""
    return place.commit(
        lambda env: [
            (move.state, move.product_uom_qty, move.quantity)
            for move in env["sale.order"].browse(order).picking_ids.move_ids
        ]
    )


def stock(place, product):
    """(on hand, reserved by stock rows, reserved by transfers) of a product."""

    def read(env):
        rows = env["stock.quant"].search(
            [("product_id", "=", product), ("location_id", "=", place.stock(env).id)]
        )
        taken = env["stock.move.line"].search(
            [("product_id", "=", product), ("state", "not in", ("done", "cancel"))]
        )
        figures = (rows, "quantity"), (rows, "reserved_quantity"), (taken, "quantity")
        return tuple(sum(records.mapped(name)) for records, name in figures)

    return place.commit(read)


def test_an_order_that_is_confirmed_in_two_tabs_has_one_delivery(shop: Shop):  # noqa: F811
    """odoo/odoo#25813: what was confirmed twice was delivered, or bought, twice."""
    product = shop.product("Two Tabs", 3)
    (order,) = shop.orders(1, (product, 5))
    confirm = shop.call("action_confirm", order)
    shop.at_once(confirm, confirm, refused=None)
    assert shop.figures(product) == (3, 3, 3, 0, 2)
    assert sum(quantity for _state, quantity, _reserved in deliveries(shop, order)) == 5


def test_items_in_opposite_order_are_no_deadlock(shop: Shop):  # noqa: F811
    """magento/magento2#8933, shopware/shopware#3524: orders that are changed in bulk met each
    other's items crosswise, and some were not changed."""
    shop.setting(backorder_fill_approved="same_order")
    goods = [shop.product(f"Crosswise {number}", 4) for number in range(4)]
    orders = shop.orders(6, *[(product, 1) for product in goods])
    groups = orders[::2], orders[1::2]
    shop.at_once(
        *[
            lambda env, group=group: env["sale.order"].browse(group).action_confirm()
            for group in (*groups, groups[0][::-1], groups[1][::-1])
        ],
        refused=None,
    )
    for product in goods:
        assert shop.figures(product) == (4, 4, 4, 0, 2)


@pytest.mark.parametrize("kept", [True, False], ids=["one rule", "a rule that changes meanwhile"])
def test_confirmations_while_somebody_changes_a_route(shop: Shop, kept):  # noqa: F811
    """odoo/odoo#154126, #152230 kept rules for all lines: another's change must not be lost. Each
    order is served by the rule before or after, as a whole."""
    goods = [shop.product(f"Routed {kept} {number}", 8) for number in range(3)]
    orders = shop.orders(4, *[(product, 1) for product in goods])

    def change(env):
        warehouse = env.ref("stock.warehouse0")
        shelf = env["stock.location"].create(
            {"name": f"Shelf {kept}", "location_id": shop.stock(env).id}
        )
        route = env["stock.route"].create(
            {"name": f"Shelf {kept}", "product_selectable": True, "sequence": 1}
        )
        rule = warehouse.delivery_route_id.rule_ids.filtered(
            lambda rule: rule.location_src_id == warehouse.lot_stock_id
        )[:1]
        rule.copy({"location_src_id": shelf.id, "route_id": route.id, "name": "Shelf"})
        if not kept:
            env["product.product"].browse(goods).route_ids = [Command.link(route.id)]

    shop.at_once(change, *[shop.call("action_confirm", order) for order in orders])

    def sources(env):
        return [
            set(env["sale.order"].browse(order).picking_ids.move_ids.location_id.mapped("name"))
            for order in orders
        ]

    for names in shop.commit(sources):
        assert len(names) == 1
    shop.commit(lambda env: _sound(env))


@pytest.mark.parametrize("tracking", ["none", "lot"])
def test_deliveries_while_somebody_keeps_the_stock_row_give_all_back(shop: Shop, tracking):  # noqa: F811
    """odoo/odoo#251549: who finds the row of an item locked gets a second one, which must not end
    at zero when the next gives back what it had reserved."""
    product = shop.product(f"Kept {tracking}", 0 if tracking == "lot" else 9)

    def receive_lot(env):
        item = env["product.product"].browse(product)
        item.tracking = "lot"
        lot = env["stock.lot"].create({"name": "K1", "product_id": product})
        env["stock.quant"]._update_available_quantity(item, shop.stock(env), 9, lot_id=lot)

    if tracking == "lot":
        shop.commit(receive_lot)
    orders = shop.orders(4, (product, 2), confirm=True)
    assert stock(shop, product) == (9, 8, 8)

    def deliver(env):
        pickings = env["sale.order"].browse(orders.pop()).picking_ids
        pickings.move_ids.picked = True
        pickings.button_validate()

    with shop.registry.cursor() as cr:
        cr.execute(
            "SELECT id FROM stock_quant WHERE product_id = %s AND quantity > 0"
            " AND location_id IN (SELECT id FROM stock_location WHERE usage = 'internal')"
            " FOR UPDATE",
            [product],
        )
        for left in (3, 2, 1):
            shop.commit(deliver)
            assert stock(shop, product) == (1 + 2 * left, 2 * left, 2 * left)
        cr.rollback()
    shop.commit(deliver)
    assert stock(shop, product) == (1, 0, 0)
    shop.commit(lambda env: _sound(env))


@pytest.mark.parametrize("others", [[0, 2], [2, 0], [7, 0]])
def test_a_lot_whose_row_is_kept_gives_back_nothing_of_what_has_no_lot(shop: Shop, others):  # noqa: F811
    """Odoo takes a row without a lot then: what others have reserved there stays theirs."""
    product = shop.product(f"Kept Apart {others}", 0)

    def receive(env):
        item = env["product.product"].browse(product)
        item.tracking = "lot"
        lot = env["stock.lot"].create({"name": "A1", "product_id": product})
        values = {"product_id": product, "location_id": shop.stock(env).id}
        rows = env["stock.quant"].create(
            [
                {**values, "quantity": 5, "reserved_quantity": 5, "lot_id": lot.id},
                *({**values, "quantity": 8, "reserved_quantity": reserved} for reserved in others),
            ]
        )
        return lot.id, rows.ids[0]

    lot, of_lot = shop.commit(receive)

    def give_back(env):
        env["stock.quant"]._update_reserved_quantity(
            env["product.product"].browse(product),
            shop.stock(env),
            -5,
            lot_id=env["stock.lot"].browse(lot),
        )

    with shop.registry.cursor() as cr:
        cr.execute("SELECT id FROM stock_quant WHERE id = %s FOR UPDATE", [of_lot])
        shop.commit(give_back)
        cr.rollback()

    def look(env):
        rows = env["stock.quant"].search([("product_id", "=", product)], order="id")
        of_lots = rows.filtered("lot_id")
        found = (
            sum(of_lots.mapped("reserved_quantity")),
            (rows - of_lots).mapped("reserved_quantity"),
        )
        rows.sudo().unlink()
        return found

    assert shop.commit(look) == (0, others)


def _sound(env):
    assert not env["backorder.check"].run_checks()
