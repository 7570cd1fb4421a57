"""Two people press *Create* at the same moment, each with a connection of their own.

(Tried by hand: with ``_lock_warehouses`` made to do nothing two sets of orders are made.)
"""

import pytest

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


def job(env):
    env["backorder.purchase.plan"]._cron_create()


def state(place, screen_id):
    return place.commit(lambda env: env["backorder.purchase"].browse(screen_id).state)


@pytest.fixture
def in_background(shop: Shop):  # noqa: F811
    """However few rows there are, the job orders them."""
    before = shop.commit(lambda env: env.company.backorder_run_threshold)
    shop.setting(backorder_run_threshold=0)
    yield
    shop.setting(backorder_run_threshold=before)


@pytest.mark.usefixtures("in_background")
def test_a_double_click_and_two_workers_in_the_background(shop: Shop):  # noqa: F811
    product = sold_product(shop, "Sail")
    screen = make_screen(shop, product)
    shop.at_once(create(screen), create(screen))
    assert (state(shop, screen), ordered(shop, product)) == ("queued", [])
    shop.at_once(job, job)
    assert (state(shop, screen), ordered(shop, product)) == ("done", [10])
    shop.at_once(job, create(screen))
    assert ordered(shop, product) == [10]


@pytest.mark.usefixtures("in_background")
def test_two_people_press_create_at_once_in_the_background(shop: Shop):  # noqa: F811
    """Both see that it is needed; who comes second is told by the row."""
    product = sold_product(shop, "Mast")
    screens = [make_screen(shop, product) for _number in range(2)]
    shop.at_once(*(create(screen) for screen in screens))
    shop.at_once(job, job)
    assert ordered(shop, product) == [10]
    assert [state(shop, screen) for screen in screens] == ["done", "done"]
    failed = shop.commit(
        lambda env: env["backorder.purchase"].browse(screens).line_ids.mapped("failed")
    )
    (sentence,) = [text for text in failed if text]
    assert "needed now is 0 Units" in sentence


@pytest.mark.usefixtures("in_background")
def test_one_person_at_once_and_the_job(shop: Shop):  # noqa: F811
    """*Create* of few rows is done at once, while the job has the same item in hand."""
    product = sold_product(shop, "Keel")
    queued, own = (make_screen(shop, product) for _number in range(2))
    shop.at_once(create(queued))
    shop.setting(backorder_run_threshold=100)
    results = shop.at_once(job, create(own), refused=None)
    shop.setting(backorder_run_threshold=0)
    assert ordered(shop, product) == [10]
    failed = shop.commit(lambda env: env["backorder.purchase"].browse(queued).line_ids.failed)
    assert bool(results) != bool(failed), "one of the two is told"
