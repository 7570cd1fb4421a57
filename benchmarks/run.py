"""Side by side with Odoo's own way, on the same data, in one run: ratios, never bare times.

    make bench                      every row, in a few minutes
    make bench ARGS=confirm         some rows
    make bench ARGS=--full          as large as the design asks for: 10,000 lines
    make bench ARGS="--orders 100"  smaller

Two databases of one template, one with the addon and one without, serve the rows that compare with
plain Odoo; alternating runs spread what else the machine does over both. Where the machine has
other work, the ratios of CPU time are the ones to look at.
"""

import argparse
import gc
import os
import resource
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import odoo
from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tools import config

CONTEXT = {"tracking_disable": True, "mail_notrack": True}


class Measure:
    """CPU time, elapsed time and queries of a block; adds up over several."""

    def __init__(self):
        self.cpu = self.wall = 0.0
        self.queries = 0

    @contextmanager
    def __call__(self, env):
        env.flush_all()
        gc.collect()
        queries, wall, cpu = env.cr.sql_log_count, time.perf_counter(), time.process_time()
        yield
        env.flush_all()
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall
        self.queries += env.cr.sql_log_count - queries

    def __str__(self):
        return f"{self.wall:8.2f} s  {self.cpu:8.2f} s CPU  {self.queries:8d} queries"


@contextmanager
def database(name):
    """An environment on ``name`` whose work is rolled back in the end."""
    with Registry(name).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, CONTEXT)
        cr.rollback()


def make_products(env, count, quantity):
    products = env["product.product"].create(
        [
            {"name": f"Bench {number}", "type": "consu", "is_storable": True, "list_price": 10.0}
            for number in range(count)
        ]
    )
    if quantity:
        stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
        env["stock.quant"].create(
            [
                {"product_id": product.id, "location_id": stock.id, "quantity": quantity}
                for product in products
            ]
        )
    return products


def make_orders(env, products, count, lines, quantity=1, offset=0):
    partner = env["res.partner"].create({"name": "Bench Customer"})
    return env["sale.order"].create(
        [
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": products[(offset + order * lines + n) % len(products)].id,
                            "product_uom_qty": quantity,
                        }
                    )
                    for n in range(lines)
                ],
            }
            for order in range(count)
        ]
    )


def report(title, ours, theirs, goal, note=""):
    """One row: our figures, Odoo's, the ratios, and the goal of the design."""
    print(f"\n{title}{f' ({note})' if note else ''}")
    print(f"  with the addon   {ours}")
    print(f"  Odoo's own way   {theirs}")
    print(
        f"  ratio            {ours.wall / theirs.wall:8.3f}    {ours.cpu / theirs.cpu:8.3f} CPU"
        f"    {ours.queries / max(1, theirs.queries):8.3f} queries      goal: {goal}",
        flush=True,
    )


def bench_confirm(args):
    """Confirming orders with the addon and without it, alternating."""
    for share, note in ((1.0, "all in stock"), (0.5, "half of it short")):
        ours, theirs = Measure(), Measure()
        rounds = 5
        per_round = max(1, args.orders // rounds)
        with database(args.base) as plain, database(args.db) as addon:
            sides = []
            for env, measure in ((plain, theirs), (addon, ours)):
                products = make_products(env, 100, per_round * (rounds + 1) * 5 / 100 * share)
                warm = make_orders(env, products, 3, 5)
                warm.action_confirm()
                sides.append((env, measure, products))
            for number in range(rounds):
                for env, measure, products in sides if number % 2 else reversed(sides):
                    orders = make_orders(env, products, per_round, 5)
                    env.flush_all()
                    env.invalidate_all()
                    with measure(env):
                        for order in orders:
                            order.action_confirm()
        report(f"confirm {per_round * rounds} orders of 5 lines", ours, theirs, "1.05", note)


def bench_receive(args):
    """Receiving a product that 600 orders wait for."""
    ours, theirs = Measure(), Measure()
    with database(args.base) as plain, database(args.db) as addon:
        for env, measure in ((plain, theirs), (addon, ours)):
            product = make_products(env, 1, 0)
            make_orders(env, product, args.waiting, 1).action_confirm()
            warehouse = env["stock.warehouse"].search([], limit=1)
            receipt = env["stock.picking"].create(
                {
                    "picking_type_id": warehouse.in_type_id.id,
                    "location_id": env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": warehouse.lot_stock_id.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_qty": args.waiting,
                                "product_uom": product.uom_id.id,
                                "location_id": env.ref("stock.stock_location_suppliers").id,
                                "location_dest_id": warehouse.lot_stock_id.id,
                            }
                        )
                    ],
                }
            )
            receipt.action_confirm()
            receipt.move_ids.write({"quantity": args.waiting, "picked": True})
            env.flush_all()
            env.invalidate_all()
            with measure(env):
                receipt.button_validate()
    report(f"receive a product that {args.waiting} orders wait for", ours, theirs, "0.2")


def make_waiting_orders(env, orders, lines, products):
    """Confirmed orders on which everything waits, with the stock for it there afterwards."""
    goods = make_products(env, products, 0)
    made = env["sale.order"]
    for start in range(0, orders, 200):
        made |= make_orders(env, goods, min(200, orders - start), lines, offset=start * lines)
        made[start:].action_confirm()
        env.flush_all()
    stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
    env["stock.quant"].create(
        [
            {"product_id": product.id, "location_id": stock.id, "quantity": orders * lines}
            for product in goods
        ]
    )
    env.flush_all()
    env.invalidate_all()
    return made


def resident(key):
    """A figure of this process in MB: `VmRSS` now, `VmHWM` the peak since :func:`reset_peak`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(key)


def reset_peak():
    Path("/proc/self/clear_refs").write_text("5")


def reserved_on(orders):
    """What a reservation leaves behind: quantities on moves, in order, and on stock rows."""
    moves = orders.picking_ids.move_ids
    quants = moves.env["stock.quant"].search([("product_id", "in", moves.product_id.ids)])
    by_order = [sorted(order.picking_ids.move_ids.mapped("quantity")) for order in orders]
    return by_order, sorted(quants.mapped("reserved_quantity"))


def start_fill(env, orders, measure, preview=None, reading=None):
    """A run over ``orders``: previewed, then started in one transaction."""
    run = env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
    if reading:
        lines = orders.order_line
        names = [name for name, field in lines._fields.items() if field.store]
        env.invalidate_all()
        with reading(env):
            lines.read(names)
    env.invalidate_all()
    with (preview or Measure())(env):
        run.action_preview()
    env.company.backorder_run_threshold = 10**9
    env.invalidate_all()
    before = resident("VmRSS")
    reset_peak()
    with measure(env):
        run.action_start()
    count = len(orders.order_line.filtered("backorder_filled_qty"))
    assert run.filled_count == count, (run.filled_count, count)
    return run, resident("VmHWM") - before


def bench_fill(args):
    """Filling held lines against Odoo's own reservation of the same moves, and growth per line."""
    per_line, memory = {}, {}
    for share in (10, 1):
        orders = max(1, args.fill // 5 // share)
        ours, theirs, preview, reading = Measure(), Measure(), Measure(), Measure()
        with database(args.db) as env:
            env.company.backorder_fill_approved = "same_order"
            made = make_waiting_orders(env, orders, 5, args.products)
            _run, memory[orders * 5] = start_fill(env, made, ours, preview, reading)
            left_by_us = reserved_on(made)
        with database(args.base) as plain:
            bare = make_waiting_orders(plain, orders, 5, args.products)
            with theirs(plain):
                for picking in bare.picking_ids:
                    picking.action_assign()
            assert reserved_on(bare) == left_by_us, "not the same quantities were reserved"
        per_line[orders * 5] = ours.cpu / (orders * 5)
        report(f"fill {orders * 5} held lines of {orders} orders (same_order)", ours, theirs, "0.1")
        report(f"preview of {orders * 5} lines", preview, reading, "3", "against reading them")
    small, large = sorted(per_line)
    print(
        f"\nfill of {large} lines against {small}: CPU time per line"
        f" {per_line[large] / per_line[small]:.3f}      goal: 1.2"
        f"\n  memory on top: {memory[large]:.0f} MB against {memory[small]:.0f} MB"
    )


def bench_new_order(args):
    """Filling by new orders against a bare copy that is confirmed, order by order."""
    ours, theirs = Measure(), Measure()
    orders = max(1, args.new_orders)
    with database(args.db) as env:
        env.company.backorder_fill_approved = "new_order"
        made = make_waiting_orders(env, orders, 5, args.products)
        run, _memory = start_fill(env, made, ours)
        assert set(run.run_order_ids.new_order_id.mapped("state")) == {"sale"}
        ready = set(run.run_order_ids.new_order_id.picking_ids.mapped("state"))
    with database(args.base) as plain:
        bare = make_waiting_orders(plain, orders, 5, args.products)
        copies = plain["sale.order"]
        plain.invalidate_all()
        with theirs(plain):
            for order in bare:
                copy = order.copy()
                copy.action_confirm()
                copies |= copy
        assert set(copies.picking_ids.mapped("state")) == ready == {"assigned"}
    title = f"fill {orders} orders of 5 lines as new orders"
    report(title, ours, theirs, "1.1", "against bare copy and action_confirm")


def bench_process(args):
    """The Multi-Order Processor against bare confirmations of the same orders, alternating."""
    ours, theirs = Measure(), Measure()
    rounds = 5
    per_round = max(1, args.process // rounds)
    with database(args.base) as plain, database(args.db) as addon:
        addon.company.backorder_run_threshold = 10**9
        sides = []
        for env, measure in ((plain, theirs), (addon, ours)):
            products = make_products(env, 100, per_round * (rounds + 1) * 5 / 100)
            make_orders(env, products, 3, 5).action_confirm()
            sides.append((env, measure, products))
        for number in range(rounds):
            for env, measure, products in sides if number % 2 else reversed(sides):
                orders = make_orders(env, products, per_round, 5)
                env.flush_all()
                env.invalidate_all()
                with measure(env):
                    if env is addon:
                        context = {"active_model": "sale.order", "active_ids": orders.ids}
                        dialog = env["backorder.process"].with_context(**context)
                        dialog.create({"approve": True, "if_backorders": "try"}).action_process()
                    else:
                        for order in orders:
                            order.action_confirm()
                assert set(orders.mapped("state")) == {"sale"}
                assert set(orders.picking_ids.mapped("state")) == {"assigned"}
    title = f"process {per_round * rounds} orders of 5 lines"
    report(title, ours, theirs, "1.1", "against bare action_confirm")


ROWS = {
    "confirm": bench_confirm,
    "receive": bench_receive,
    "fill": bench_fill,
    "new_order": bench_new_order,
    "process": bench_process,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], help="rows to run (all)")
    parser.add_argument("--orders", type=int, default=200, help="orders of the confirm row")
    parser.add_argument("--waiting", type=int, default=600)
    parser.add_argument("--fill", type=int, default=2000, help="lines of the fill row")
    parser.add_argument("--new-orders", type=int, default=100, help="orders of the new_order row")
    parser.add_argument("--process", type=int, default=200, help="orders of the process row")
    parser.add_argument("--full", action="store_true", help="10,000 lines, 500 orders")
    parser.add_argument("--products", type=int, default=500)
    parser.add_argument("--db", default=os.environ.get("BENCH_DB", "bench"))
    parser.add_argument("--base", default=os.environ.get("BENCH_BASE_DB", "bench_base"))
    args = parser.parse_args()
    if args.full:
        args.fill, args.orders, args.new_orders, args.process = 10000, 500, 500, 500
    config.parse_config(["--log-level=error"])
    print(f"Odoo {odoo.release.version}, {os.cpu_count()} cores", flush=True)
    for name in args.rows or ROWS:
        ROWS[name](args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory {peak:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
