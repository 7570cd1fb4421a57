"""Row of the benchmark: one fill by one worker, and by two, each a process like Odoo's own."""

import os
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from statistics import median

from odoo import SUPERUSER_ID, Command, api, sql_db
from odoo.modules.registry import Registry

from .data import make_orders, make_products, put_stock
from .measure import CONTEXT

#: Goods that no two groups of orders share: the fill is cut into so many lanes.
GROUPS = 4

WORKER = """
    import sys, time
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["--log-level=critical"])
    db, run_id, helping = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "helper"
    with Registry(db).cursor() as cr:
        runs = api.Environment(cr, SUPERUSER_ID, {})["backorder.run"]
        state = lambda: runs.browse(run_id).state
        state()
        cr.rollback()
        print("ready", flush=True)
        sys.stdin.readline()
        wanted = ("running",) if helping else ("queued", "running")
        while True:
            runs.env.invalidate_all()
            found = state()
            cr.rollback()
            if found not in ("queued", "running"):
                break
            if found in wanted:
                runs._work_until_done(run_id, helping=helping)
                cr.commit()
            time.sleep(0.02)
"""


@contextmanager
def committed_copy(db):
    """A copy of ``db`` whose data are committed, gone in the end."""
    name = f"{db}_workers"
    drop = ["dropdb", "--force", "--if-exists", name]
    sql_db.close_all()
    subprocess.run(drop, check=True)
    subprocess.run(["createdb", f"--template={db}", name], check=True)
    try:
        yield name
    finally:
        sql_db.close_all()
        subprocess.run(drop, check=True)


def _make_run(db, lines):
    """A fill in the background of ``lines`` lines, started and not begun; its id."""
    with Registry(db).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, CONTEXT)
        env.company.write({"backorder_fill_approved": "same_order", "backorder_run_threshold": 0})
        env["ir.cron"].search([]).active = False
        orders = env["sale.order"]
        for _group in range(GROUPS):
            goods = make_products(env, 50, 0)
            made = make_orders(env, goods, max(1, lines // 5 // GROUPS), 5)
            made.action_confirm()
            put_stock(env, goods, len(made) * 5)
            orders |= made
        run = env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
        run.action_start()
        return run.id


def _work(db, run_id, count):
    """Seconds in which ``count`` workers do the fill."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", textwrap.dedent(WORKER), db, str(run_id), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("main", "helper")[:count]
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    begin = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert [worker.wait() for worker in workers] == [0] * count
    took = time.perf_counter() - begin
    with Registry(db).cursor() as cr:
        run = api.Environment(cr, SUPERUSER_ID, {})["backorder.run"].browse(run_id)
        assert run.state == "done", run.state
        assert set(run.run_order_ids.mapped("outcome")) == {"complete"}
        assert len(set(run.run_order_ids.mapped("lane"))) == GROUPS
    return took


def bench_workers(args, report):
    """The same fill by two workers against one; processes, PostgreSQL and all share the cores."""
    took = {1: [], 2: []}
    with committed_copy(args.db) as db:
        for number in range(args.rounds):
            for count in (1, 2) if number % 2 else (2, 1):
                run_id = _make_run(db, args.workers_lines)
                took[count].append(_work(db, run_id, count))
    one, two = median(took[1]), median(took[2])
    report.figure(
        f"fill {args.workers_lines} lines in the background by two workers against one, elapsed",
        two / one,
        "0.59 (1.7 times as fast)",
        f"{one:.1f} s by one, {two:.1f} s by two: {one / two:.2f} times as fast,"
        f" {os.cpu_count()} cores",
    )
