"""The nightly search for open demand, under Odoo's own job runner with its time cut short.

``BACKORDER_WAITING=5000 make test ARGS=tests/test_find_at_night.py`` is the size of the design.
"""

import os
import threading
import time
from unittest.mock import patch

import pytest
from test_many_workers import Shop

from odoo.tools import mute_logger

from odoo.addons.base.models import ir_cron

WAITING = int(os.environ.get("BACKORDER_WAITING", 60))
BATCH = max(10, WAITING // 50)


@pytest.fixture
def shop(scratch_db):
    return Shop(scratch_db)


def job(env):
    return env.ref("backorder_mgmt.ir_cron_detect_backorders")


def run_jobs(shop):
    """One round of Odoo's runner over the jobs that are ready: no more than one call of each."""
    with (
        patch.object(ir_cron, "MIN_RUNS_PER_JOB", 1),
        patch.object(ir_cron, "MIN_TIME_PER_JOB", 0),
    ):
        shop.registry["ir.cron"]._process_jobs(shop.registry.db_name)


def test_it_ends_reaches_the_oldest_and_does_each_once(shop):
    shop.setting(backorder_auto=False)
    product = shop.product("Kettle", 0)
    orders = sorted(shop.orders(WAITING, (product, 1), confirm=True))
    shop.setting(backorder_auto=True)

    def begin(env):
        env["ir.cron"].search([]).active = False
        job(env).write({"active": True, "code": f"model._cron_detect_backorders(batch={BATCH})"})
        job(env)._trigger()
        return env["sale.order"]._backorder_to_find()

    to_find = shop.commit(begin)
    assert set(orders) <= set(to_find), "nobody tried to reserve any of them"
    rounds, left = 0, to_find
    while left:
        run_jobs(shop)
        rounds += 1
        # the oldest first, so many a round, and none of them again
        left = shop.commit(lambda env: env["sale.order"]._backorder_to_find())
        assert left == to_find[rounds * BATCH :]
    assert rounds > 1, "the time was not cut short"

    def rows(env):
        events = env["backorder.event"].search([("order_id", "in", orders)])
        return len(events), sum(events.mapped("quantity"))

    assert shop.commit(rows) == (WAITING, WAITING), "each order once"
    # Nothing is left: the next night finds nothing, begins anew, and does nothing twice.
    shop.commit(lambda env: job(env)._trigger() and None)
    run_jobs(shop)
    run_jobs(shop)
    assert shop.commit(rows) == (WAITING, WAITING)
    assert not shop.commit(lambda env: env["sale.order"]._backorder_to_find())
    assert shop.commit(lambda env: env["sale.order"]._backorder_find_cursor()) == 0


def changed_by_a_clerk(shop, order, started):
    """Somebody changes ``order`` and saves it when another transaction waits for it."""
    with shop.registry.cursor() as cr:
        cr.execute("UPDATE sale_order_line SET sequence = 1 WHERE order_id = %s", [order])
        process = cr._cnx.info.backend_pid
        started.set()
        waited_for = False
        end = time.monotonic() + 60
        while not waited_for and time.monotonic() < end:
            time.sleep(0.05)
            with shop.registry.cursor() as looking:
                looking.execute(
                    "SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", [process]
                )
                waited_for = looking.rowcount > 0
        assert waited_for, "the search looked at nothing of it"


@mute_logger("odoo.sql_db", "odoo.addons.backorder_mgmt.models.base.jobs")
def test_an_order_that_a_clerk_changes_just_then_has_not_failed(shop):
    """Another order of that night is at fault, so that each is looked at by itself."""
    shop.setting(backorder_auto=False)
    busy, bad, well = sorted(shop.orders(3, (shop.product("Kettle", 0), 1), confirm=True))
    shop.setting(backorder_auto=True)

    def begin(env):
        env["ir.cron"].search([]).active = False
        job(env).active = True
        job(env)._trigger()
        # The search begins with these.
        env["sale.order"]._backorder_find_cursor(busy - 1)

    shop.commit(begin)
    detect = shop.registry["sale.order"].detect_backorders

    def detecting(orders):
        if bad in orders.ids:
            raise ValueError("no such unit")
        return detect(orders)

    started = threading.Event()
    clerk = threading.Thread(target=changed_by_a_clerk, args=(shop, busy, started))
    clerk.start()
    assert started.wait(60)
    with patch.object(shop.registry["sale.order"], "detect_backorders", detecting):
        shop.registry["ir.cron"]._process_jobs(shop.registry.db_name)
    clerk.join()

    def outcome(env):
        orders = env["sale.order"].browse((busy, bad, well))
        notes = [" ".join(order.message_ids.mapped("body")) for order in orders]
        return orders.order_line.mapped("backorder_qty"), ["Failed" in note for note in notes]

    assert shop.commit(outcome) == ([1, 0, 1], [False, True, False])
