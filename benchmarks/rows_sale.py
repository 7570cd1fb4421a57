"""Rows of the benchmark: confirming, receiving, processing, planning."""

import gc
import random
import time
from math import ceil
from statistics import median

from .data import make_orders, make_products, make_receipt
from .measure import Measure, database, in_turn


def bench_confirm(args, report):
    """Confirming orders with the addon and without it."""
    count = max(1, args.orders // args.rounds)
    for share, goal, note in ((1.0, "0.65", "all in stock"), (0.5, "0.80", "half of it short")):
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
        report.row(f"confirm {count} orders of 5 lines", ours, theirs, goal, note, count * 5)


def bench_receive(args, report):
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
    title = f"receive a product that {args.waiting} orders wait for"
    report.row(title, ours, theirs, "0.05", lines=args.waiting)


def bench_process(args, report):
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
    title, note = f"process {count} orders of 5 lines", "against bare action_confirm"
    report.row(title, ours, theirs, "0.40", note, count * 5)


def bench_plan(args, report):
    """Every policy of the planner over scarce stock; times, as Odoo has no such thing."""
    # Known only when Odoo has its addons path.
    from odoo.addons.backorder_mgmt.engine import (
        POLICIES,
        Demand,
        OrderFacts,
        Rule,
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
                rule=chance.choice(("first", "share", None, "rest", "donor")),
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
                rank=chance.choice((None, 1, 2, 3)),
            ),
        )
    free = {place: float(quantity // 2) for place, quantity in wanted.items()}
    print(
        f"\nplan {args.demands} demands of {len(free)} products, half of it in stock{report.label}"
    )
    keys = ("priority", "since", "value")
    rules = [Rule(name, name, name, keys) for name in ("first", "share", "rest", "donor")]
    fifo = None
    for policy in POLICIES:
        times = []
        for _round in range(args.rounds):
            supply = Supply(dict(free), {1: (1,)})
            gc.collect()
            cpu = time.process_time()
            make_plan(demands, orders, supply, policy, rules=rules)
            times.append(time.process_time() - cpu)
        fifo = fifo or median(times)
        ratio = median(times) / fifo
        goal = "2 times fifo" if policy == "rules" else "5 s"
        print(
            f"  {policy:17}  {median(times):8.2f} s CPU   {ratio:5.2f} of fifo    goal: {goal}",
            flush=True,
        )
