"""Jobs of OCA's queue whose process is killed: the queue calls them again, see test_killed_again.

The controller that does a job, and the query that finds dead ones, are the queue's own; each job
is done by a process of its own, so that it can be killed.
"""

from contextlib import closing

import pytest
from test_install import odoo, query
from test_many_workers import Shop
from test_runs_at_once import make_run
from workers import Workers

from odoo import tools
from odoo.modules.registry import Registry
from odoo.tools import mute_logger

WORKER = """
    import os
    from contextlib import ExitStack
    from signal import SIGKILL
    from unittest.mock import patch
    from odoo import SUPERUSER_ID, api
    from odoo.addons.queue_job.controllers.main import RunJobController

    uuid, method, ids = arguments
    with ExitStack() as stack, registry.cursor() as cr:
        if method:
            real = getattr(registry["backorder.run"], method)

            def killed(self, *args, **named):
                result = real(self, *args, **named)
                if set(ids) & set(args[0].order_id.ids if args else self.ids):
                    os.kill(os.getpid(), SIGKILL)
                return result

            stack.enter_context(patch.object(registry["backorder.run"], method, killed))
        env = api.Environment(cr, SUPERUSER_ID, {})
        job = RunJobController._acquire_job(env, uuid)
        assert job, "the job was not to be had"
        RunJobController._runjob(env, job)
"""


@pytest.fixture(scope="module")
def queued_shop(module_scratch_db, tmp_path_factory):
    db = module_scratch_db
    odoo("server", db, "--init=queue_job", "--stop-after-init", "--no-http")
    Registry.delete(db)  # as it was before
    workers = Workers(db, tmp_path_factory.mktemp("workers"))
    test_enable = tools.config["test_enable"]
    tools.config["test_enable"] = False  # with it, loading would run all modules' tests
    shop = Shop(db, workers)
    tools.config["test_enable"] = test_enable
    assert "queue.job" in shop.registry, "the glue installs itself"
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=0)
    yield shop
    workers.close()


def start(shop, count):
    product = shop.product(f"Queued {count}", 0)
    orders = shop.orders(count, (product, 2), confirm=True)
    shop.receive(product, 2 * count)
    run = make_run(shop, orders)
    shop.commit(lambda env: env["backorder.run"].browse(run).action_start())
    return run, orders


def work(shop, method=None, ids=(), kills=99, calls=30):
    """Jobs as the queue calls them, until none waits; what each process ended with.

    :param method: of a fill: once it did something with one of ``ids``, the process is killed
    :param kills: so many times at most
    :param calls: so many jobs at most
    """
    from odoo.addons.queue_job.jobrunner.runner import Database

    ended = []
    db = shop.registry.db_name
    while waiting := query(
        db, "SELECT uuid FROM queue_job WHERE state = 'pending' ORDER BY id LIMIT 1"
    ):
        [[uuid]] = waiting
        if len(ended) == calls:
            assert calls < 30, ended
            break
        shop.commit(
            lambda env, uuid=uuid: env.cr.execute(
                "UPDATE queue_job SET state = 'enqueued', eta = NULL,"
                " date_enqueued = now() AT TIME ZONE 'utc' - interval '1 minute' WHERE uuid = %s",
                [uuid],
            )
        )
        killed_by = method if ended.count(-9) < kills else None
        ended.append(shop.workers.start(WORKER, uuid, killed_by, list(ids)).wait())
        with closing(Database(db)) as runner, mute_logger(Database.__module__):
            runner.requeue_dead_jobs()
    return ended


def test_an_order_whose_jobs_die_is_failed_and_the_others_are_filled(queued_shop):
    shop = queued_shop
    run, orders = start(shop, 6)
    ended = work(shop, "_do_rows_fill", [orders[3]])
    # With its batch, and then alone.
    assert ended.count(-9) == 2
    assert 1 not in ended

    def check(env):
        record = env["backorder.run"].browse(run)
        assert record.state == "done"
        outcomes = {row.order_id.id: row.outcome for row in record.run_order_ids}
        bad = outcomes.pop(orders[3])
        assert (bad, set(outcomes.values())) == ("failed", {"complete"})
        family = env["sale.order"].browse(orders)
        assert [len(order.backorder_child_ids) for order in family] == [1, 1, 1, 0, 1, 1]
        row = record.run_order_ids.filtered(lambda row: row.outcome == "failed")
        assert "process was ended twice" in row.message
        assert set(env["queue.job"].search([]).mapped("state")) == {"done"}
        assert not env["backorder.check"].run_checks()

    shop.commit(check)


def test_a_fill_whose_plan_kills_its_job_is_failed(queued_shop):
    shop = queued_shop
    run, _orders = start(shop, 2)
    assert work(shop, "_begin", [run]) == [-9, -9, 0]

    def check(env):
        record = env["backorder.run"].browse(run)
        assert (record.state, record.run_order_ids.mapped("outcome")) == ("failed", ["failed"] * 2)
        assert "process was ended twice" in "".join(record.message_ids.mapped("body"))

    shop.commit(check)


@pytest.mark.parametrize("method", ["_begin", "_do_rows_fill"])
def test_a_server_that_dies_once_is_nobodys_fault(queued_shop, method):
    shop = queued_shop
    run, orders = start(shop, 3)
    ended = work(shop, method, [run] if method == "_begin" else [orders[0]], kills=1)
    assert ended.count(-9) == 1
    assert 1 not in ended

    def check(env):
        record = env["backorder.run"].browse(run)
        assert (record.state, record.run_order_ids.mapped("outcome")) == ("done", ["complete"] * 3)
        family = env["sale.order"].browse(orders)
        assert [len(order.backorder_child_ids) for order in family] == [1] * 3
        assert not env["backorder.check"].run_checks()

    shop.commit(check)


def test_stop_reaches_a_fill_whose_jobs_die(queued_shop):
    """activepieces/activepieces#15130: what kills its workers could not be cancelled either."""
    shop = queued_shop
    run, orders = start(shop, 4)
    assert work(shop, "_do_rows_fill", orders, calls=1) == [-9]
    shop.commit(lambda env: env["backorder.run"].browse(run).action_cancel())
    assert -9 not in work(shop, "_do_rows_fill", orders)

    def check(env):
        record = env["backorder.run"].browse(run)
        assert (record.state, record.run_order_ids.mapped("outcome")) == ("cancelled", ["none"] * 4)
        assert set(env["sale.order"].browse(orders).order_line.mapped("backorder_qty")) == {2}

    shop.commit(check)
