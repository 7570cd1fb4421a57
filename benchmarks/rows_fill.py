"""Rows of the benchmark: filling backorders, and putting them there."""

from contextlib import closing
from functools import partial

from .data import make_run, make_waiting_orders, put_lots, reserved_on
from .floor import Floor
from .measure import Measure, database, in_turn, peak_memory


def fill_against_odoo(args, lines, goods=None, only_fill=False):
    """Fill ``lines`` held lines of orders of 5, and let Odoo reserve the same ones.

    :param goods: what `make_waiting_orders` is told about the products, asked for each database
    :return: Measures of the fill, of Odoo's reservation, of the preview, of reading the lines;
        the fill's peak memory in MB. With ``only_fill`` the last three are not measured.
    """
    ours, theirs, preview, reading = Measure(), Measure(), Measure(), Measure()
    with database(args.db) as env, database(args.base) as plain:
        env.company.backorder_fill_approved = "same_order"
        made, bare = (
            make_waiting_orders(
                side, lines // 5, 5, args.products, **(goods(side) if goods else {})
            )
            for side in (env, plain)
        )
        run = make_run(env, made)
        stored = [name for name, field in made.order_line._fields.items() if field.store]

        def fill():
            run.action_start()
            return lambda: (run.filled_count, reserved_on(made))

        def assign():
            for picking in bare.picking_ids:
                picking.action_assign()
            return lambda: (lines, reserved_on(bare))

        def read():
            made.order_line.read(stored)

        if not only_fill:
            in_turn(args.rounds, (env, preview, run.action_preview), (env, reading, read))
        left_by_us, left_by_odoo = in_turn(args.rounds, (env, ours, fill), (plain, theirs, assign))
        assert left_by_us == left_by_odoo, "not the same quantities were reserved"
        memory = None if only_fill else peak_memory(env, fill)
    return ours, theirs, preview, reading, memory


def bench_fill(args, report):
    """Filling held lines against Odoo's own reservation of the same moves, and growth per line."""
    per_line, memory = {}, {}
    for lines in sorted({min(1000, args.fill), args.fill}):
        ours, theirs, preview, reading, memory[lines] = fill_against_odoo(args, lines)
        per_line[lines] = ours.cpu / lines
        title = f"fill {lines} held lines of {lines // 5} orders"
        report.row(title, ours, theirs, "0.09 both", "same_order", lines)
        title = f"preview of {lines} lines"
        report.row(title, preview, reading, "1.5", "against reading them", lines, "reading")
    small, large = min(per_line), max(per_line)
    if small == large:
        return
    report.figure(
        f"fill of {large} lines against {small}: CPU time per line",
        per_line[large] / per_line[small],
        "1.1",
    )
    report.figure(
        f"fill of {large} lines against {small}: memory at its peak",
        memory[large] / memory[small],
        "the same",
        f"{memory[large]:.0f} MB against {memory[small]:.0f} MB",
    )


def bench_floor(args, report):
    """Filling held lines against the database's floor: the same end rows by plain SQL."""
    ours, theirs = Measure(), Measure()
    lines = args.fill
    with database(args.db) as env:
        env.company.backorder_fill_approved = "same_order"
        made = make_waiting_orders(env, lines // 5, 5, args.products)
        run = make_run(env, made)
        floor = Floor(env)
        with closing(env.cr.savepoint()):
            run.action_start()
            floor.keep()
        floor.ready()

        def fill():
            run.action_start()
            return lambda: run.filled_count

        results = in_turn(args.rounds, (env, ours, fill), (env, theirs, floor.write))
        assert results == [lines, {}], f"not the same rows: {results}"
        written = sum(sum(counts) for counts in floor.counts().values())
    report.row(
        f"fill {lines} held lines of {lines // 5} orders, database's floor",
        ours,
        theirs,
        "2.0 elapsed",
        "same end rows by plain SQL",
        lines,
        f"{written} rows by SQL",
        # Of Python the floor needs nothing.
        only=("wall", "work"),
    )
    counts = "; ".join(f"{table} {u} + {i} new" for table, (u, i) in floor.counts().items())
    print(f"  rows written: {counts}")


def removal(env, strategy):
    return env["product.removal"].search([("method", "=", strategy)], limit=1)


def lot_goods(env, strategy):
    """Products by lot, of a category with this removal strategy."""
    category = env["product.category"].create(
        {"name": f"Bench {strategy}", "removal_strategy_id": removal(env, strategy).id}
    )
    goods = {"put": put_lots, "tracking": "lot", "categ_id": category.id}
    return {**goods, "use_expiration_date": True} if strategy == "fefo" else goods


def bench_lots(args, report):
    """Filling lines of products tracked by lot, first in and first expired first out."""
    lines = args.lots
    for strategy in ("fifo", "fefo"):
        with database(args.db) as env, database(args.base) as plain:
            known = all(removal(side, strategy) for side in (env, plain))
        if not known:
            print(
                f"\nlots, {strategy}: left out, as product_expiry is not installed. To have it:"
                " MODULES=backorder_mgmt,product_expiry make bench ARGS=lots",
                flush=True,
            )
            continue
        ours, theirs, *_rest = fill_against_odoo(
            args, lines, partial(lot_goods, strategy=strategy), only_fill=True
        )
        title = f"fill {lines} held lines of {lines // 5} orders, lots {strategy}"
        report.row(title, ours, theirs, "0.2", "same_order", lines)


def bench_force(args, report):
    """Forcing reserved lines of one product on backorder against filling the same lines."""
    force, fill = Measure(), Measure()
    lines = args.force
    with database(args.db) as env:
        env.company.backorder_fill_approved = "same_order"
        made = make_waiting_orders(env, max(1, lines // 5), 5, 1)

        def fill_all():
            made.fill_backorders()
            return held

        def force_all():
            made.force_backorders()
            return held

        def held():
            return sum(made.order_line.mapped("backorder_qty"))

        results = in_turn(args.rounds, (env, force, force_all, fill_all), (env, fill, fill_all))
        count = len(made.order_line)
        assert results == [count, 0.0], results
    title = f"force_backorders of {count} lines of one product"
    report.row(title, force, fill, "1", "against filling them", count, "fill_backorders")


def bench_new_order(args, report):
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
    report.row(title, ours, theirs, "0.40", "against bare copy and action_confirm", orders * 5)
