"""Side by side with Odoo's own way, on the same data, in one run: ratios, never bare times.

    make bench                      every row
    make bench ARGS="confirm"       some rows
    make bench ARGS="--orders 100"  smaller

Two databases of one template, one with the addon and one without, serve the rows that compare with
plain Odoo; alternating runs spread what else the machine does over both.
"""

import argparse
import gc
import os
import resource
import sys
import time
from contextlib import contextmanager

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


def bench_fill(args):
    """Filling held lines against Odoo's own reservation of the same moves, and growth per line."""
    per_line = {}
    for share in (10, 1):
        orders = max(1, args.fill // 5 // share)
        ours, theirs, preview, reading = Measure(), Measure(), Measure(), Measure()
        with database(args.db) as env:
            env.company.backorder_fill_approved = "same_order"
            made = make_waiting_orders(env, orders, 5, args.products)
            reserved_ours = reserved_theirs = 0.0
            with env.cr.savepoint() as savepoint:
                run = env["backorder.run"].create({"order_ids": [Command.set(made.ids)]})
                lines = made.order_line
                names = [name for name, field in lines._fields.items() if field.store]
                env.invalidate_all()
                with reading(env):
                    lines.read(names)
                env.invalidate_all()
                with preview(env):
                    run.action_preview()
                env.company.backorder_run_threshold = 10**9
                env.invalidate_all()
                with ours(env):
                    run.action_start()
                reserved_ours = sum(made.picking_ids.move_ids.mapped("quantity"))
                assert run.filled_count == orders * 5, run.filled_count
                savepoint.rollback()
            env.invalidate_all()
            with database(args.base) as plain:
                bare = make_waiting_orders(plain, orders, 5, args.products)
                with theirs(plain):
                    for picking in bare.picking_ids:
                        picking.action_assign()
                reserved_theirs = sum(bare.picking_ids.move_ids.mapped("quantity"))
        assert reserved_ours == reserved_theirs, (reserved_ours, reserved_theirs)
        per_line[orders * 5] = ours.cpu / (orders * 5)
        report(f"fill {orders * 5} held lines of {orders} orders (same_order)", ours, theirs, "0.1")
        report(f"preview of {orders * 5} lines", preview, reading, "3", "against reading them")
    small, large = (per_line[size] for size in sorted(per_line))
    print(f"\nfill: CPU time per line, 10 times the lines: {large / small:.3f}      goal: 1.2")


ROWS = {"confirm": bench_confirm, "receive": bench_receive, "fill": bench_fill}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], help="rows to run (all)")
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--waiting", type=int, default=600)
    parser.add_argument("--fill", type=int, default=10000, help="lines of the fill row")
    parser.add_argument("--products", type=int, default=500)
    parser.add_argument("--db", default=os.environ.get("BENCH_DB", "bench"))
    parser.add_argument("--base", default=os.environ.get("BENCH_BASE_DB", "bench_base"))
    args = parser.parse_args()
    config.parse_config(["--log-level=error"])
    print(f"Odoo {odoo.release.version}, {os.cpu_count()} cores", flush=True)
    for name in args.rows or ROWS:
        ROWS[name](args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory {peak:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
