"""Two people press *Create* at the same moment, each with a connection of their own.

(Tried by hand: with ``_lock_warehouses`` made to do nothing two sets of orders are made.)
"""

# The shop is a fixture: made once for both files.
from test_many_workers import Shop, shop  # noqa: F401

from odoo import Command


def make_screen(place, product):
    def create(env):
        screen = env["backorder.purchase"].create(
            {
                "warehouse_id": env.ref("stock.warehouse0").id,
                "product_ids": [Command.set([product])],
            }
        )
        screen.action_add()
        assert screen.line_ids.quantity == 10
        return screen.id

    return place.commit(create)


def create(screen_id):
    return lambda env: env["backorder.purchase"].browse(screen_id).action_create()


def ordered(place, product):
    return place.commit(
        lambda env: (
            env["purchase.order.line"].search([("product_id", "=", product)]).mapped("product_qty")
        )
    )


def sold_product(place, name):
    product = place.product(name, 0)

    def sell(env):
        template = env["product.product"].browse(product).product_tmpl_id
        vendor = env["res.partner"].create({"name": f"Vendor of {name}"})
        env["product.supplierinfo"].create(
            {"partner_id": vendor.id, "product_tmpl_id": template.id, "price": 2.0}
        )

    place.commit(sell)
    place.orders(2, (product, 5), confirm=True)
    return product


def test_two_people_press_create_at_once(shop: Shop):  # noqa: F811
    product = sold_product(shop, "Bell")
    screens = [make_screen(shop, product) for _number in range(2)]
    (sentence,) = shop.at_once(*(create(screen) for screen in screens), refused=1)
    assert "needed now is 0 Units, not 10 Units" in sentence
    assert ordered(shop, product) == [10]


def test_a_double_click_on_create(shop: Shop):  # noqa: F811
    product = sold_product(shop, "Rope")
    screen = make_screen(shop, product)
    shop.at_once(create(screen), create(screen))
    assert ordered(shop, product) == [10]
