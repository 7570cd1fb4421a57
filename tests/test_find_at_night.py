"""The nightly search for open demand, under Odoo's own job runner with its time cut short.

``BACKORDER_WAITING=5000 make test ARGS=tests/test_find_at_night.py`` is the size of the design.
"""

import os
from unittest.mock import patch

import pytest
from test_many_workers import Shop

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
