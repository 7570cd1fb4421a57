"""A server whose own limits end its workers in the middle of what the scheduled jobs do.

The limits are Odoo's, and so are the processes that they end. The limit of time counts from when a
worker was last idle, so it also ends work that is at no fault.
"""

import re
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from dying_server import client_of
from progress_bar import ProgressBar

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401
from test_runs_at_once import make_run

from odoo import Command

from odoo.addons.base.models import ir_cron

from benchmarks.client import Server

#: What automation rules of the merchant's own do with the orders of some customers.
RULES = {
    "Slow": "time.sleep(1)",
    "Busy": "sum(range(80 * 10 ** 6))",
    "Endless": "while True:\n    pass",
    "Asleep": "time.sleep(600)",
    "Remembered": "for number in range(200):\n"
    "    env['ir.config_parameter'].get_param(str(number).zfill(10 ** 6))",
    "Greedy": "[0] * (4 * 10 ** 8)",
}
#: What the server says of a worker that it ends.
TIME = r"WorkerCron \(\d+\) timeout after"
CPU = r"CPU time limit \(\d+\) reached"
#: What a worker for jobs says when it begins.
ALIVE = r"Worker WorkerCron \((\d+)\) alive"


@pytest.fixture(scope="module")
def customers(shop: Shop):  # noqa: F811
    """{name: id} of customers with rules: when an order is made by a fill, and, in capitals, when
    one comes on backorder. Only jobs of ours are active."""

    def create(env):
        if "base.automation" not in env:
            pytest.skip("automation rules are not installed")
        env["ir.cron"].search([("cron_name", "not like", "Backorders")]).active = False
        state = env["ir.model.fields"]._get("sale.order", "backorder_state")
        made = {}
        for name, code in [*RULES.items(), ("SLOW", RULES["Slow"])]:
            partner = env["res.partner"].create({"name": name})
            made[name] = partner.id
            model = {"model_id": env["ir.model"]._get("sale.order").id}
            when = {"trigger": "on_create"}
            domain = [("partner_id", "=", partner.id), ("backorder_parent_id", "!=", False)]
            if name.isupper():
                fields = [Command.set(state.ids)]
                when = {"trigger": "on_create_or_write", "trigger_field_ids": fields}
                domain = [("partner_id", "=", partner.id), ("backorder_state", "=", "backordered")]
            action = {"name": name, "state": "code", "code": code, **model}
            env["base.automation"].create(
                {
                    "name": name,
                    "filter_domain": str(domain),
                    "action_server_ids": [Command.create(action)],
                    **model,
                    **when,
                }
            )
        return made

    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=0)
    return shop.commit(create)


@contextmanager
def serving(place, folder, **limits):
    """A server with these limits, and a client of it."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in limits.items()]
    db = place.registry.db_name
    server = Server(db, folder, workers=2, log_level="info", options=options)
    try:
        yield server, client_of(server, db)
    finally:
        server.stop()


def said(server, which):
    """How often the server said so."""
    return len(re.findall(which, server.log.read_text()))


def memory(server):
    """Bytes that the worker for jobs has for itself."""
    [pid] = re.findall(ALIVE, server.log.read_text())
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmSize:\s+(\d+) kB", status)[1]) * 1024


class Waker:
    """Tells the workers to look, as any job does that somebody triggers: a new worker would wait
    a minute before it looks for the first time."""

    def __init__(self, place):
        self.place, self.last = place, 0

    def __call__(self):
        if time.monotonic() > self.last + 0.5:
            self.last = time.monotonic()
            self.place.commit(lambda env: env["ir.cron"]._notifydb())


def waiting(place, product, count, customer=None):
    """ids of ``count`` confirmed orders of two pieces each, which are not there."""
    orders = place.orders(count, (product, 2))

    def confirm(env):
        records = env["sale.order"].browse(orders)
        if customer:
            records.partner_id = customer
        records.action_confirm()

    place.commit(confirm)
    return orders


def fill(place, client, orders, seconds=150):
    """Fill ``orders`` in the background, with a true progress bar; {order: (outcome, message)}."""
    run = client.call("backorder.run", "create", {"order_ids": [[6, 0, orders]]})
    client.call("backorder.run", "action_start", [run])
    told = ProgressBar(client, place.registry.db_name, run)
    try:
        state = told.until_it_ends(seconds, Waker(place), every=0.2)
    finally:
        told.close()
    assert state == "done", told.looks[-1]
    told.assert_true()

    def read(env):
        assert not env["backorder.check"].run_checks()
        rows = env["backorder.run"].browse(run).run_order_ids
        return {row.order_id.id: (row.outcome, row.message) for row in rows}

    return place.commit(read)


def new_orders(place, orders):
    return place.commit(
        lambda env: [len(order.backorder_child_ids) for order in env["sale.order"].browse(orders)]
    )


@pytest.mark.parametrize(
    ("limits", "which", "customer", "count"),
    [({"limit_time_real_cron": 6}, TIME, "Slow", 10), ({"limit_time_cpu": 8}, CPU, "Busy", 12)],
    ids=["real", "cpu"],
)
def test_a_limit_that_ends_a_fill_again_and_again_is_no_orders_fault(
    shop: Shop,  # noqa: F811
    customers,
    tmp_path,
    limits,
    which,
    customer,
    count,
):
    """No order takes long, all together do: what came last when the time was up was *Failed*."""
    product = shop.product(customer, 0)
    orders = waiting(shop, product, count, customers[customer])
    shop.receive(product, 2 * count)
    with serving(shop, tmp_path, **limits) as (server, client):
        outcomes = fill(shop, client, orders)
        assert said(server, which), "the limit was never met"
    assert {outcome for outcome, _message in outcomes.values()} == {"complete"}
    assert new_orders(shop, orders) == [1] * count
    assert shop.figures(product)[1:] == (2 * count, 2 * count, 0, 0)


def test_orders_beyond_the_limits_are_failed_and_all_others_are_filled(
    shop: Shop,  # noqa: F811
    customers,
    tmp_path,
):
    """Of processor time, of memory (Odoo's default) and of time."""
    product = shop.product("Beyond", 0)
    orders, beyond = [], {}
    for name in ("Endless", "Greedy", "Asleep"):
        orders += waiting(shop, product, 3)
        [beyond[name]] = waiting(shop, product, 1, customers[name])
    orders += [*waiting(shop, product, 3), *beyond.values()]
    shop.receive(product, 2 * len(orders))
    limits = {"limit_time_real_cron": 12, "limit_time_cpu": 5, "limit_memory_hard": 2560 * 2**20}
    with serving(shop, tmp_path, **limits) as (server, client):
        outcomes = fill(shop, client, orders)
        # On a busy machine little of the time is the worker's.
        assert said(server, CPU) + said(server, TIME) >= 4
        assert said(server, TIME) >= 2
    failed = {name: outcomes.pop(order) for name, order in beyond.items()}
    assert {outcome for outcome, _message in outcomes.values()} == {"complete"}
    assert {outcome for outcome, _message in failed.values()} == {"failed"}
    assert "process was ended twice" in failed["Endless"][1]
    assert "process was ended twice" in failed["Asleep"][1]
    assert "limit of memory was reached" in failed["Greedy"][1]
    assert new_orders(shop, beyond.values()) == [0] * 3
    assert new_orders(shop, outcomes) == [1] * len(outcomes)
    on_hand, *reserved, needed = shop.figures(product)
    filled = 2 * len(outcomes)
    assert (on_hand, reserved, needed) == (filled + 6, [filled, filled, 0], 6)


def test_a_worker_that_is_replaced_after_its_job_loses_nothing(
    shop: Shop,  # noqa: F811
    customers,
    tmp_path,
):
    """What it remembers is more than the limit that a worker may keep."""
    with serving(shop, tmp_path) as (server, _client):
        soft = memory(server) + 100 * 2**20
    with serving(shop, tmp_path, limit_memory_soft=soft) as (server, client):
        for number in range(2):
            product = shop.product(f"Remembered {number}", 0)
            orders = waiting(shop, product, 5, customers["Remembered"])
            shop.receive(product, 10)
            outcomes = fill(shop, client, orders)
            assert {outcome for outcome, _message in outcomes.values()} == {"complete"}
            assert new_orders(shop, orders) == [1] * 5
            wake, end = Waker(shop), time.monotonic() + 20
            while said(server, ALIVE) < number + 2 and time.monotonic() < end:
                wake()
                time.sleep(0.1)
            assert said(server, ALIVE) > number + 1, "the limit was not met"


def test_what_is_done_at_night_goes_on_where_a_limit_ended_it(
    shop: Shop,  # noqa: F811
    customers,
    tmp_path,
):
    """*Find Backorders* takes up the next order, and *Check Backorders* has its turn."""
    shop.setting(backorder_auto=False)
    product = shop.product("Night", 0)
    orders = waiting(shop, product, 10, customers["SLOW"])
    shop.setting(backorder_auto=True)

    def begin(env):
        jobs = env.ref("backorder_mgmt.ir_cron_check_backorders")
        jobs |= env.ref("backorder_mgmt.ir_cron_detect_backorders")
        for job in jobs:
            job.lastcall = False
            job._trigger()
        return jobs.ids

    jobs = shop.commit(begin)
    with serving(shop, tmp_path, limit_time_real_cron=6) as (server, _client):
        wake, end = Waker(shop), time.monotonic() + 120
        while (
            not all(shop.commit(lambda env: env["ir.cron"].browse(jobs).mapped("lastcall")))
            and time.monotonic() < end
        ):
            wake()
            time.sleep(0.2)
        assert said(server, TIME), "the limit was never met"

    def check(env):
        assert all(env["ir.cron"].browse(jobs).mapped("lastcall")), "one did not come to its end"
        found = env["sale.order"].browse(orders)
        assert found.order_line.mapped("backorder_qty") == [2] * 10
        assert not [body for body in found.message_ids.mapped("body") if "Failed" in body]
        events = env["backorder.event"].search([("order_id", "in", orders)])
        assert len(events) == 10
        assert not env["backorder.check"].run_checks()

    shop.commit(check)


def test_a_call_of_the_job_is_over_when_its_time_is_up(shop: Shop):  # noqa: F811
    """Odoo calls a job ten times in a row that says that something is left: ten batches of half a
    minute were beyond the limit of two minutes."""
    product = shop.product("Clock", 0)
    orders = waiting(shop, product, 8)
    shop.receive(product, 16)
    run = make_run(shop, orders)
    shop.commit(lambda env: env["backorder.run"].browse(run).action_start())

    def done():
        rows = shop.commit(
            lambda env: env["backorder.run"].browse(run).run_order_ids.mapped("outcome")
        )
        return len([outcome for outcome in rows if outcome])

    with (
        patch.object(ir_cron, "MIN_TIME_PER_JOB", 0),
        patch.object(shop.registry["backorder.run"], "_backorder_batch", 2),
    ):
        for expected in (2, 4, 6, 8):
            shop.registry["ir.cron"]._process_jobs(shop.registry.db_name)
            assert done() == expected
