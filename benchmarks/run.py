"""Side by side with Odoo's own way, on the same data, in one run: ratios, never bare times.

    make bench                      every row, in a few minutes
    make bench ARGS=confirm         some rows
    make bench ARGS=--full          as large as the design asks for: 10,000 lines
    make bench ARGS="--orders 100"  smaller

Two databases of one template, one with the addon and one without, serve the rows that compare with
plain Odoo. Both sides do the same work several times in turn, from cold caches, each time taken
back; the medians are compared. Where the machine has other work, the ratios of CPU time are the
ones to look at: that of Odoo's Python, without what PostgreSQL does for it meanwhile.
"""

import argparse
import gc
import os
import random
import resource
import sys
import time
import tracemalloc
from contextlib import closing, contextmanager
from math import ceil
from statistics import median

import odoo
from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tools import config

CONTEXT = {"tracking_disable": True, "mail_notrack": True}


class Measure:
    """CPU time, elapsed time and queries of a block: the medians where it runs several times."""

    def __init__(self):
        self.samples = []

    @contextmanager
    def __call__(self, env):
        env.flush_all()
        env.invalidate_all()
        gc.collect()
        queries, wall, cpu = env.cr.sql_log_count, time.perf_counter(), time.process_time()
        yield
        env.flush_all()
        self.samples.append(
            (
                time.process_time() - cpu,
                time.perf_counter() - wall,
                env.cr.sql_log_count - queries,
            )
        )

    @property
    def cpu(self):
        return median(cpu for cpu, _wall, _queries in self.samples)

    @property
    def wall(self):
        return median(wall for _cpu, wall, _queries in self.samples)

    @property
    def queries(self):
        return median(queries for _cpu, _wall, queries in self.samples)

    def __str__(self):
        return f"{self.wall:8.2f} s  {self.cpu:8.2f} s CPU  {self.queries:8.0f} queries"


def in_turn(rounds, *sides):
    """Run the ``sides``, (env, measure, act) each, ``rounds`` times, who is first changing.

    What a side does is taken back. Before, what its ``act`` returned is called, not measured.

    :return: [what that call gave in the last round]
    """
    results = [None] * len(sides)
    for number in range(rounds):
        order = list(enumerate(sides))
        for index, (env, measure, act) in order if number % 2 else reversed(order):
            with closing(env.cr.savepoint()):
                with measure(env):
                    look = act()
                results[index] = look() if callable(look) else None
    return results


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
    """Confirming orders with the addon and without it."""
    count = max(1, args.orders // args.rounds)
    for share, note in ((1.0, "all in stock"), (0.5, "half of it short")):
        ours, theirs = Measure(), Measure()
        with database(args.base) as plain, database(args.db) as addon:
            sides = []
            for env, measure in ((plain, theirs), (addon, ours)):
                products = make_products(env, 100, ceil(count * 5 / 100) * share)
                orders = make_orders(env, products, count, 5)

                def confirm(orders=orders):
                    for order in orders:
                        order.action_confirm()

                sides.append((env, measure, confirm))
            in_turn(args.rounds, *sides)
        report(f"confirm {count} orders of 5 lines", ours, theirs, "1.05", note)


def make_receipt(env, waiting):
    """A receipt, ready to be validated, of a product that ``waiting`` orders wait for."""
    product = make_products(env, 1, 0)
    make_orders(env, product, waiting, 1).action_confirm()
    warehouse = env["stock.warehouse"].search([], limit=1)
    places = {
        "location_id": env.ref("stock.stock_location_suppliers").id,
        "location_dest_id": warehouse.lot_stock_id.id,
    }
    move = {
        "product_id": product.id,
        "product_uom_qty": waiting,
        "product_uom": product.uom_id.id,
        **places,
    }
    receipt = env["stock.picking"].create(
        {
            "picking_type_id": warehouse.in_type_id.id,
            "move_ids": [Command.create(move)],
            **places,
        }
    )
    receipt.action_confirm()
    receipt.move_ids.write({"quantity": waiting, "picked": True})
    return receipt


def bench_receive(args):
    """Receiving a product that 600 orders wait for."""
    ours, theirs = Measure(), Measure()
    with database(args.base) as plain, database(args.db) as addon:
        sides = []
        for env, measure in ((plain, theirs), (addon, ours)):
            receipt = make_receipt(env, args.waiting)

            def validate(receipt=receipt):
                receipt.button_validate()
                return lambda: receipt.state

            sides.append((env, measure, validate))
        assert in_turn(args.rounds, *sides) == ["done", "done"]
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


def reserved_on(orders):
    """What a reservation leaves behind: quantities on moves, in order, and on stock rows."""
    moves = orders.picking_ids.move_ids
    quants = moves.env["stock.quant"].search([("product_id", "in", moves.product_id.ids)])
    by_order = [sorted(order.picking_ids.move_ids.mapped("quantity")) for order in orders]
    return by_order, sorted(quants.mapped("reserved_quantity"))


def make_run(env, orders):
    """A run over ``orders``, previewed, that is done in one transaction when it starts."""
    run = env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
    run.action_preview()
    env.company.backorder_run_threshold = 10**9
    env.flush_all()
    return run


def peak_memory(env, act):
    """MB that ``act`` needs on top at its peak: what Python itself counts, as the operating
    system keeps what earlier work has freed."""
    with closing(env.cr.savepoint()):
        env.invalidate_all()
        gc.collect()
        tracemalloc.start()
        act()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak / 2**20


def bench_fill(args):
    """Filling held lines against Odoo's own reservation of the same moves, and growth per line."""
    per_line, memory = {}, {}
    for lines in (1000, args.fill):
        ours, theirs, preview, reading = Measure(), Measure(), Measure(), Measure()
        with database(args.db) as env, database(args.base) as plain:
            env.company.backorder_fill_approved = "same_order"
            made = make_waiting_orders(env, lines // 5, 5, args.products)
            bare = make_waiting_orders(plain, lines // 5, 5, args.products)
            run = make_run(env, made)
            stored = [name for name, field in made.order_line._fields.items() if field.store]

            def fill(run=run, made=made):
                run.action_start()
                return lambda: (run.filled_count, reserved_on(made))

            def assign(bare=bare, lines=lines):
                for picking in bare.picking_ids:
                    picking.action_assign()
                return lambda: (lines, reserved_on(bare))

            def read(made=made, stored=stored):
                made.order_line.read(stored)

            in_turn(
                args.rounds,
                (env, preview, run.action_preview),
                (env, reading, read),
            )
            left_by_us, left_by_odoo = in_turn(
                args.rounds, (env, ours, fill), (plain, theirs, assign)
            )
            assert left_by_us == left_by_odoo, "not the same quantities were reserved"
            memory[lines] = peak_memory(env, fill)
        per_line[lines] = ours.cpu / lines
        report(f"fill {lines} held lines of {lines // 5} orders", ours, theirs, "0.1", "same_order")
        report(f"preview of {lines} lines", preview, reading, "3", "against reading them")
    small, large = min(per_line), max(per_line)
    print(
        f"\nfill of {large} lines against {small}: CPU time per line"
        f" {per_line[large] / per_line[small]:.3f}      goal: 1.2"
        f"\n  memory at its peak: {memory[large]:.0f} MB against {memory[small]:.0f} MB"
        "      goal: the same"
    )


def bench_new_order(args):
    """Filling by new orders against a bare copy that is confirmed, order by order."""
    ours, theirs = Measure(), Measure()
    orders = max(1, args.new_orders)
    with database(args.db) as env, database(args.base) as plain:
        env.company.backorder_fill_approved = "new_order"
        made = make_waiting_orders(env, orders, 5, args.products)
        bare = make_waiting_orders(plain, orders, 5, args.products)
        run = make_run(env, made)

        def states(orders):
            return len(orders), set(orders.mapped("state")), set(orders.picking_ids.mapped("state"))

        def fill():
            run.action_start()
            return lambda: states(run.run_order_ids.new_order_id)

        def by_hand():
            copies = plain["sale.order"]
            for order in bare:
                copy = order.copy()
                copy.action_confirm()
                copies |= copy
            return lambda: states(copies)

        results = in_turn(args.rounds, (env, ours, fill), (plain, theirs, by_hand))
        assert results == [(orders, {"sale"}, {"assigned"})] * 2, results
    title = f"fill {orders} orders of 5 lines as new orders"
    report(title, ours, theirs, "1.1", "against bare copy and action_confirm")


def bench_process(args):
    """The Multi-Order Processor against bare confirmations of the same orders."""
    ours, theirs = Measure(), Measure()
    count = max(1, args.process // args.rounds)
    with database(args.db) as env, database(args.base) as plain:
        env.company.backorder_run_threshold = 10**9
        made, bare = (
            make_orders(side, make_products(side, 100, ceil(count * 5 / 100)), count, 5)
            for side in (env, plain)
        )

        def states(orders):
            return set(orders.mapped("state")), set(orders.picking_ids.mapped("state"))

        def process():
            context = {"active_model": "sale.order", "active_ids": made.ids}
            dialog = env["backorder.process"].with_context(**context)
            dialog.create({"approve": True, "if_backorders": "try"}).action_process()
            return lambda: states(made)

        def confirm():
            for order in bare:
                order.action_confirm()
            return lambda: states(bare)

        results = in_turn(args.rounds, (env, ours, process), (plain, theirs, confirm))
        assert results == [({"sale"}, {"assigned"})] * 2, results
    report(f"process {count} orders of 5 lines", ours, theirs, "1.1", "against bare action_confirm")


def make_needed_skus(env, count):
    """Products of 100 vendors, all on backorder, half with a reordering rule, some on order."""
    products = make_products(env, count, 0)
    vendors = env["res.partner"].create([{"name": f"Bench Vendor {n}"} for n in range(100)])
    env["product.supplierinfo"].create(
        [
            {
                "partner_id": vendors[number % 100].id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "price": 4.0,
                "min_qty": 5.0 * (number % 2),
            }
            for number, product in enumerate(products)
        ]
    )
    warehouse = env["stock.warehouse"].search([], limit=1)
    env["stock.warehouse.orderpoint"].create(
        [
            {
                "product_id": product.id,
                "warehouse_id": warehouse.id,
                "location_id": warehouse.lot_stock_id.id,
                "product_min_qty": 2.0,
                "product_max_qty": 8.0,
                "trigger": "manual",
            }
            for product in products[::2]
        ]
    )
    env["purchase.order"].create(
        {
            "partner_id": vendors[0].id,
            "picking_type_id": warehouse.in_type_id.id,
            "order_line": [
                Command.create({"product_id": product.id, "product_qty": 1.0})
                for product in products[::10]
            ],
        }
    )
    for start in range(0, count, 1000):
        some = products[start : start + 1000]
        make_orders(env, some, ceil(len(some) / 20), 20, quantity=3).action_confirm()
        env.flush_all()
    env.invalidate_all()
    return products, warehouse


def bench_purchase(args):
    """*Add to Order* of many needed SKUs against reading their forecast by the ORM."""
    ours, rows, theirs = Measure(), Measure(), Measure()
    count = args.skus
    with database(args.db) as env:
        products, warehouse = make_needed_skus(env, count)
        forecast = ["qty_available", "free_qty", "incoming_qty", "outgoing_qty"]
        forecast.append("virtual_available")
        screens = env["backorder.purchase"]

        def screen():
            return screens.create({"warehouse_id": warehouse.id, "product_ids": products.ids})

        def propose():
            rows, *_rest = env["backorder.purchase.plan"]._propose(screen())
            return lambda: len(rows)

        def add():
            own = screen()
            own.action_add()
            return lambda: len(own.line_ids)

        def read():
            products.with_context(warehouse_id=warehouse.id).read(forecast)
            return lambda: len(products)

        sides = ((env, ours, propose), (env, rows, add), (env, theirs, read))
        assert in_turn(args.rounds, *sides) == [count] * 3
    title, note = f"purchase proposal of {count} SKUs", "against reading their forecast"
    report(title, ours, theirs, "2", note)
    report(f"{title}, kept as rows of the screen", rows, theirs, "none", note)


def bench_plan(args):
    """Every policy of the planner over scarce stock; times, as Odoo has no such thing."""
    # Known only when Odoo has its addons path.
    from odoo.addons.backorder_mgmt.engine import (
        POLICIES,
        Demand,
        OrderFacts,
        Supply,
        make_plan,
    )

    chance = random.Random(1)
    demands, orders, wanted = [], {}, {}
    for key in range(1, args.demands + 1):
        order, product = (key + 4) // 5, chance.randrange(args.demands // 10)
        quantity = float(chance.randint(1, 5))
        wanted[product, 1] = wanted.get((product, 1), 0.0) + quantity
        demands.append(
            Demand(
                key=key,
                order=order,
                location=1,
                parts=((product, 1.0),),
                needed=quantity,
                forced=quantity if chance.random() < 0.1 else 0.0,
                share_step=1.0,
                unit_value=chance.uniform(1, 100),
            )
        )
        orders.setdefault(
            order,
            OrderFacts(
                key=order,
                date=chance.randrange(365),
                label=f"S{order}",
                priority=chance.randrange(2),
                complete=chance.random() < 0.2,
            ),
        )
    free = {place: float(quantity // 2) for place, quantity in wanted.items()}
    print(f"\nplan {args.demands} demands of {len(free)} products, half of it in stock")
    for policy in POLICIES:
        times = []
        for _round in range(args.rounds):
            supply = Supply(dict(free), {1: (1,)})
            gc.collect()
            cpu = time.process_time()
            make_plan(demands, orders, supply, policy)
            times.append(time.process_time() - cpu)
        print(f"  {policy:15}  {median(times):8.2f} s CPU      goal: 5", flush=True)


ROWS = {
    "confirm": bench_confirm,
    "receive": bench_receive,
    "fill": bench_fill,
    "new_order": bench_new_order,
    "process": bench_process,
    "purchase": bench_purchase,
    "plan": bench_plan,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], help="rows to run (all)")
    parser.add_argument("--orders", type=int, default=200, help="orders of the confirm row")
    parser.add_argument("--waiting", type=int, default=600)
    parser.add_argument("--fill", type=int, default=4000, help="lines of the fill row")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs")
    parser.add_argument("--demands", type=int, default=100_000, help="of the plan row")
    parser.add_argument("--new-orders", type=int, default=100, help="orders of the new_order row")
    parser.add_argument("--process", type=int, default=200, help="orders of the process row")
    parser.add_argument("--skus", type=int, default=2000, help="SKUs of the purchase row")
    parser.add_argument("--full", action="store_true", help="10,000 lines and SKUs, 500 orders")
    parser.add_argument("--products", type=int, default=500)
    parser.add_argument("--db", default=os.environ.get("BENCH_DB", "bench"))
    parser.add_argument("--base", default=os.environ.get("BENCH_BASE_DB", "bench_base"))
    args = parser.parse_args()
    if args.full:
        args.fill, args.orders, args.new_orders, args.process = 10000, 500, 500, 500
        args.skus = 10000
    config.parse_config(["--log-level=error"])
    print(f"Odoo {odoo.release.version}, {os.cpu_count()} cores", flush=True)
    for name in args.rows or ROWS:
        ROWS[name](args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory {peak:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
