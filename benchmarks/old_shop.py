"""``python -m benchmarks.old_shop DATABASE``: ``scripts/old-shop`` calls it and says what it is."""

import argparse
import ast
import re
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import psycopg2

from odoo.modules.registry import Registry
from odoo.tools import config

from .client import ROOT
from .data import make_orders, make_products, put_stock
from .data_show import multiply
from .filters import PAGE, ready_filters
from .measure import Measure, database, in_turn

_TABLES = {
    "sale_order": (),
    "sale_order_line": (("order_id", "sale_order"),),
    "stock_picking": (("sale_id", "sale_order"),),
    "stock_move": (("sale_line_id", "sale_order_line"), ("picking_id", "stock_picking")),
    "stock_move_line": (("move_id", "stock_move"), ("picking_id", "stock_picking")),
}
#: Orders and lines of an order that are made by Odoo and then copied.
_PATTERN, _LINES = 20, 2
#: Lists that people open all day.
_LISTS = (
    "backorder_mgmt.sale_order_line_backorder_action",
    "backorder_mgmt.backorder_process_orders_action",
)
#: Scheduled jobs, in the order of a first night.
_JOBS = (
    "ir_cron_detect_backorders",
    "ir_cron_release_lapsed_promises",
    "ir_cron_cancel_backorders",
    "ir_cron_nightly_fill",
    "ir_cron_work_dates",
    "ir_cron_notify_delays",
    "ir_cron_check_backorders",
)


def make(db, open_lines, old_orders):
    """The shop before the addon: delivered orders of some years, and open ones that wait."""
    with database(db) as env:
        keys = _foreign_keys(env)
        for table, name, _definition in keys:
            env.cr.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        goods = make_products(env, 500, 0)
        put_stock(env, goods, 1)
        old = make_orders(env, goods, _PATTERN, _LINES)
        old.action_confirm()
        for picking in old.picking_ids:
            picking.move_ids.picked = True
            picking.button_validate()
        assert set(old.picking_ids.mapped("state")) == {"done"}
        waits = make_orders(env, make_products(env, 40, 0), _PATTERN, _LINES)
        waits.action_confirm()
        env.flush_all()
        old_date = {"date_order": "pattern.date_order - n * interval '3 hours'"}
        multiply(env, old, old_orders // _PATTERN - 1, _TABLES, {"sale_order": old_date})
        multiply(env, waits, open_lines // (_PATTERN * _LINES) - 1, _TABLES)
        for table, name, definition in keys:
            env.cr.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        env.cr.execute("ANALYZE")
        env.cr.commit()


def _foreign_keys(env):
    env.cr.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)"
        " FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])",
        [list(_TABLES)],
    )
    return env.cr.fetchall()


class LockWatch(threading.Thread):
    """Since when others could not even read a table: (table, seconds)."""

    def __init__(self, db):
        super().__init__(daemon=True)
        self.db, self.held, self.ended = db, Counter(), threading.Event()

    def run(self):
        with closing(psycopg2.connect(dbname=self.db)) as connection:
            connection.autocommit = True
            last = time.monotonic()
            while not self.ended.wait(0.2):
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT DISTINCT relation::regclass::text FROM pg_locks"
                        " WHERE mode = 'AccessExclusiveLock' AND granted AND locktype = 'relation'"
                        " AND database = (SELECT oid FROM pg_database WHERE datname = %s)",
                        [self.db],
                    )
                    tables = {row[0] for row in cursor.fetchall()}
                now = time.monotonic()
                for table in tables & {*_TABLES, "res_partner", "product_product", "stock_quant"}:
                    self.held[table] += now - last
                last = now


def install(db):
    """Time, memory and locks of the installation."""
    watch = LockWatch(db)
    watch.start()
    begin = time.monotonic()
    done = subprocess.run(
        [
            *(ROOT / "scripts" / "odoo", "server", f"--database={db}", "--stop-after-init"),
            *("--no-http", "--log-level=warn", "--init=backorder_mgmt"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - begin
    watch.ended.set()
    watch.join()
    if done.returncode:
        sys.exit(done.stderr[-4000:])
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"installed in {took:.0f} s, {memory:.0f} MB at its peak")
    for table, seconds in watch.held.most_common():
        print(f"  {table}: others could not read it for {seconds:.1f} s")


def peak_rss(begin=False):
    """MB of this process at its peak since it was last called with ``begin``."""
    if begin:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) / 1024


def run_job(env, name):
    """A scheduled job, called until nothing is left as Odoo's runner does."""
    job, cr = env.ref(f"backorder_mgmt.{name}"), env.cr
    before = peak_rss(begin=True)
    begin, calls, searches = time.monotonic(), 0, env["sale.order"]
    while True:
        job.method_direct_trigger()
        cr.commit()
        env.invalidate_all()
        calls += 1
        if name != "ir_cron_detect_backorders" or not searches._backorder_to_find():
            break
    print(
        f"job {job.name}: {time.monotonic() - begin:.1f} s in {calls} calls,"
        f" {peak_rss():.0f} MB at its peak ({before:.0f} MB before)",
        flush=True,
    )


def measure(db):
    """Jobs, then lists with each of their filters, and the overview."""
    # What was loaded to make the shop knows nothing of the addon.
    Registry.delete(db)
    with Registry(db).cursor() as cr:
        from odoo import SUPERUSER_ID, api

        env = api.Environment(cr, SUPERUSER_ID, {})
        for name in _JOBS:
            run_job(env, name)
    with database(db) as env:
        lines = env["sale.order.line"].search_count([("backorder_qty", ">", 0)])
        print(f"lines on backorder: {lines}")
        seen = env["backorder.overview"]
        _print("overview", env, seen.retrieve_overview)
        for xmlid in _LISTS:
            action = env.ref(xmlid)
            model = env[action.res_model]
            base = ast.literal_eval(action.domain or "[]")
            found, specification = ready_filters(env, action)
            for name, domain in {"no filter": [], **found}.items():

                def page(model=model, domain=base + domain, specification=specification):
                    return model.web_search_read(
                        domain, specification, limit=PAGE, count_limit=10001
                    )

                _print(f"{action.name}: {name}", env, page)


def _print(title, env, act):
    spent = Measure()
    try:
        in_turn(1, (env, spent, act))
    except Exception as error:  # the other figures are wanted all the same
        print(f"{title}: {error!r}", flush=True)
        env.cr.rollback()
        return
    print(f"{title}: {spent}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("db")
    parser.add_argument("--open-lines", type=int, default=50_000)
    parser.add_argument("--old-orders", type=int, default=200_000)
    parser.add_argument("--only", choices=("make", "install", "measure"))
    args = parser.parse_args()
    config.parse_config(["--log-level=warn"])
    steps = {
        "make": lambda: make(args.db, args.open_lines, args.old_orders),
        "install": lambda: install(args.db),
        "measure": lambda: measure(args.db),
    }
    for name, step in steps.items():
        if args.only in (None, name):
            begin = time.monotonic()
            step()
            print(f"== {name}: {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
