"""Fills of many orders with real workers: several at once, and one that is killed in the middle."""

import threading
import time
from unittest.mock import patch

import pytest
from psycopg2.errors import LockNotAvailable

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401

from odoo import Command
from odoo.tools import mute_logger


def make_run(place, orders, **options):
    return place.commit(
        lambda env: env["backorder.run"].create({"order_ids": [Command.set(orders)], **options}).id
    )


def test_four_fills_at_once_with_confirmations_and_receipts(shop: Shop):  # noqa: F811
    shop.setting(backorder_fill_approved="same_order", backorder_run_threshold=500)
    first, second = shop.product("Jar", 0), shop.product("Kettle", 0)
    waiting = shop.orders(8, (first, 2), (second, 3), confirm=True)
    fresh = shop.orders(3, (first, 2), (second, 3))
    shop.receive(first, 7)
    shop.receive(second, 11)
    runs = [make_run(shop, waiting) for _number in range(4)]

    def start(run_id):
        return lambda env: env["backorder.run"].browse(run_id).action_start()

    def receive(env):
        for product_id in (second, first):
            product = env["product.product"].browse(product_id)
            env["stock.quant"]._update_available_quantity(product, shop.stock(env), 2)

    shop.at_once(
        *(start(run) for run in runs),
        *(shop.call("action_confirm", order) for order in fresh),
        receive,
    )
    for product, each, there in ((first, 2, 9), (second, 3, 13)):
        on_hand, reserved, delivering, promised, needed = shop.figures(product)
        assert (on_hand, delivering, promised) == (there, reserved, 0)
        assert reserved <= on_hand
        assert needed == each * 11 - reserved

    def filled_by_runs(env):
        lines = env["backorder.run"].browse(runs).line_ids
        events = env["backorder.event"].search([("run_id", "in", runs), ("type", "=", "fill")])
        assert sum(lines.mapped("filled_qty")) == -sum(events.mapped("quantity"))
        assert set(env["backorder.run"].browse(runs).mapped("state")) == {"done"}
        for line in lines:
            assert line.reason, "a line without a reason"

    shop.commit(filled_by_runs)


WORKER = """
    import time
    from unittest.mock import patch
    from odoo import SUPERUSER_ID, api

    run_id, pause = arguments
    run_class = registry["backorder.run"]
    do_orders = run_class._do_orders

    def slowly(self, rows):
        do_orders(self, rows)
        print("filled", flush=True)
        time.sleep(pause)  # killed here, nothing of the batch is committed

    with (
        patch.object(run_class, "_backorder_batch", 2),
        patch.object(run_class, "_do_orders", slowly),
        registry.cursor() as cr,
    ):
        run = api.Environment(cr, SUPERUSER_ID, {})["backorder.run"]
        while run._work_on(run_id):
            pass
"""


def test_a_killed_worker_leaves_whole_batches_and_the_next_goes_on(shop: Shop):  # noqa: F811
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=0)
    product = shop.product("Lamp", 0)
    orders = shop.orders(8, (product, 2), confirm=True)
    shop.receive(product, 16)
    run = make_run(shop, orders)
    shop.commit(lambda env: env["backorder.run"].browse(run).action_start())
    worker = shop.workers.start(WORKER, run, 1.5)
    for _batch in range(2):  # the second batch is filled, and not committed
        assert worker.line() == "filled"
    worker.kill()

    def after_kill(env):
        rows = env["backorder.run"].browse(run).run_order_ids
        assert len(rows.filtered("outcome")) == 2
        assert len(rows.new_order_id) == 2
        assert env["backorder.run"].browse(run).state == "running"

    shop.commit(after_kill)
    _on_hand, reserved, _delivering, _promised, needed = shop.figures(product)
    assert (reserved, needed) == (4, 12)
    assert shop.workers.start(WORKER, run, 0).wait() == 0

    def at_the_end(env):
        record = env["backorder.run"].browse(run)
        assert record.state == "done"
        assert len(record.run_order_ids.new_order_id) == 8
        children = env["sale.order"].browse(orders).backorder_child_ids
        assert len(children) == 8, "an order was filled twice"
        assert sum(children.order_line.mapped("product_uom_qty")) == 16

    shop.commit(at_the_end)
    assert shop.figures(product) == (16, 16, 16, 0, 0)


def test_a_batch_does_not_wait_long_for_whom_it_meets(shop: Shop):  # noqa: F811
    shop.setting(backorder_fill_approved="same_order", backorder_run_threshold=0)
    product = shop.product("Rope", 0)
    orders = shop.orders(2, (product, 2), confirm=True)
    shop.receive(product, 4)
    run = make_run(shop, orders)
    shop.commit(lambda env: env["backorder.run"].browse(run).action_start())
    with shop.registry.cursor() as other:
        other.execute("UPDATE stock_quant SET quantity = quantity WHERE product_id = %s", [product])
        started = time.monotonic()
        with shop.registry.cursor() as cr, mute_logger("odoo.sql_db"):
            with pytest.raises(LockNotAvailable):
                shop.env(cr)["backorder.run"]._work_on(run)
            cr.rollback()
        assert time.monotonic() - started < 6
        # Beyond its batches, nothing waits shorter than before.
        with shop.registry.cursor() as cr:
            cr.execute("SHOW lock_timeout")
            assert cr.fetchone() == ("0",)
        other.rollback()
    shop.commit(lambda env: env["backorder.run"]._work_until_done(run))
    assert shop.figures(product)[1] == 4
    shop.commit(lambda env: _is_done(env["backorder.run"].browse(run)))


def test_several_workers_share_a_fill(shop: Shop):  # noqa: F811
    """Two groups of orders that share nothing: two workers, side by side, each order once."""
    shop.setting(backorder_fill_approved="same_order", backorder_run_threshold=0)
    products = [shop.product(f"Lane {number}", 0) for number in range(3)]
    orders = [
        order
        for number, product in enumerate(products)
        for order in shop.orders(10, (product, 1 + number), confirm=True)
    ]
    for product in products:
        shop.receive(product, 100)
    run = make_run(shop, orders)
    shop.commit(lambda env: env["backorder.run"].browse(run).action_start())
    run_class = shop.registry["backorder.run"]
    do_orders, names, done = run_class._do_orders, {}, {}

    def noted(self, rows):
        done.setdefault(names.get(threading.get_ident()), []).append(rows.ids)
        time.sleep(0.15)  # the other one is to find this lane taken
        do_orders(self, rows)

    def work(name):
        def job(env):
            names[threading.get_ident()] = name
            env["backorder.run"]._work_until_done(run, helping=name == "helper")

        return job

    with (
        patch.object(run_class, "_backorder_batch", 3),
        patch.object(run_class, "_do_orders", noted),
    ):
        shop.commit(lambda env: env["backorder.run"]._work_on(run))  # cuts it into lanes
        shop.at_once(work("main"), work("helper"))

    def at_the_end(env):
        record = env["backorder.run"].browse(run)
        assert (record.state, record.progress) == ("done", 100)
        assert set(record.run_order_ids.mapped("lane")) == {1, 2, 3}
        events = env["backorder.event"].search([("run_id", "=", run), ("type", "=", "fill")])
        assert len(events) == len(orders), "an order was filled twice"
        for rows in record.run_order_ids.grouped("lane").values():
            assert len(rows.order_id.order_line.product_id) == 1

    shop.commit(at_the_end)
    assert {"main", "helper"} <= done.keys(), done
    for product, each in zip(products, (1, 2, 3), strict=True):
        assert shop.figures(product)[1] == 10 * each


def _is_done(run):
    assert run.state == "done"


def test_the_last_serial_number_is_given_once_by_two_fills_at_once(shop: Shop):  # noqa: F811
    """odoo/odoo#272560: two reservations at once of one number left it reserved twice."""
    shop.setting(backorder_fill_approved="same_order", backorder_run_threshold=500)
    product = shop.product("Numbered", 0)
    shop.commit(lambda env: env["product.product"].browse(product).write({"tracking": "serial"}))
    orders = shop.orders(2, (product, 1), confirm=True)

    def receive(env):
        lot = env["stock.lot"].create({"name": "N1", "product_id": product})
        env["stock.quant"]._update_available_quantity(
            lot.product_id, shop.stock(env), 1, lot_id=lot
        )

    shop.commit(receive)
    shop.at_once(
        *[
            lambda env, order=order: env["sale.order"].browse(order).fill_backorders()
            for order in orders
        ],
        refused=None,
    )
    assert shop.figures(product)[:3] == (1, 1, 1)

    def check(env):
        rows = env["stock.quant"].search([("product_id", "=", product)])
        assert all(row.reserved_quantity <= row.quantity for row in rows)
        assert not env["backorder.check"].run_checks()

    shop.commit(check)
