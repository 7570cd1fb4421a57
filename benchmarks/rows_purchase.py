"""Rows of the benchmark: purchasing for backorders."""

from odoo import Command

from .data import make_needed_skus
from .measure import Measure, database, in_turn


def bench_purchase(args, report):
    """*Add to Order* of many needed SKUs against reading their forecast by the ORM."""
    ours, rows, theirs = Measure(), Measure(), Measure()
    count = args.skus
    with database(args.db) as env:
        products, warehouse = make_needed_skus(env, count)
        forecast = ["qty_available", "free_qty", "incoming_qty", "outgoing_qty"]
        forecast.append("virtual_available")

        def propose():
            rows, *_rest = env["backorder.purchase.plan"]._propose(
                make_screen(env, warehouse, products)
            )
            return lambda: len(rows)

        def add():
            own = make_screen(env, warehouse, products)
            own.action_add()
            return lambda: len(own.line_ids)

        def read():
            products.with_context(warehouse_id=warehouse.id).read(forecast)
            return lambda: len(products)

        sides = ((env, ours, propose), (env, rows, add), (env, theirs, read))
        assert in_turn(args.rounds, *sides) == [count] * 3
    title, note = f"purchase proposal of {count} SKUs", "against reading their forecast"
    report.row(title, ours, theirs, "1.5", note, count, "reading")
    report.row(f"{title}, kept as rows of the screen", rows, theirs, "3", note, count, "reading")


def make_screen(env, warehouse, products):
    return env["backorder.purchase"].create(
        {"warehouse_id": warehouse.id, "product_ids": products.ids}
    )


def bench_create(args, report):
    """*Create* of many purchase lines against making the same requests by `create` alone."""
    ours, theirs = Measure(), Measure()
    count = args.purchase_lines
    with database(args.db) as env, database(args.base) as plain:
        products, warehouse = make_needed_skus(env, count)
        screen = make_screen(env, warehouse, products)
        screen.action_add()
        vendors = screen.line_ids.vendor_id
        rows = screen.line_ids.filtered("quantity")
        wanted = {
            number: (vendors.ids.index(row.vendor_id.id), row.quantity)
            for number, row in enumerate(rows.sorted(lambda row: row.product_id.id))
        }
        bare, bare_warehouse = make_needed_skus(plain, count)
        assert len(wanted) == len(bare), "not every product is proposed"
        partners = bare.seller_ids.partner_id.sorted("id")

        def create():
            screen.action_create()
            return lambda: made(screen.purchase_order_ids)

        def by_hand():
            lines = {}
            for number, (vendor, quantity) in wanted.items():
                lines.setdefault(vendor, []).append(
                    Command.create({"product_id": bare[number].id, "product_qty": quantity})
                )
            orders = plain["purchase.order"].create(
                [
                    {
                        "partner_id": partners[vendor].id,
                        "picking_type_id": bare_warehouse.in_type_id.id,
                        "order_line": commands,
                    }
                    for vendor, commands in lines.items()
                ]
            )
            return lambda: made(orders)

        def made(orders):
            return len(orders), len(orders.order_line), sum(orders.order_line.mapped("product_qty"))

        results = in_turn(args.rounds, (env, ours, create), (plain, theirs, by_hand))
        assert results[0] == results[1], results
    title, note = f"Create of {count} purchase lines", "against create of the same requests"
    report.row(title, ours, theirs, "none", note, count, "bare create")
