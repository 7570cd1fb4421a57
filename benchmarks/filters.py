"""Row of the benchmark: the Multi-Order Processor's filters among very many old quotations."""

import ast
from datetime import timedelta

from lxml import etree

from odoo import fields

from .data import make_orders, make_products
from .measure import Measure, database, in_turn, peak_memory

ACTION = "backorder_mgmt.backorder_process_orders_action"
#: Those of the search view that are measured unless others are asked for: what there is in stock,
#: what a fill could fill now, money, card, age.
FILTERS = ("all_in_stock", "backorder_fillable", "waiting_for_payment", "saved_card", "older_30")
#: Columns of the list, read for the first page as the web client does.
PAGE = 80


def bench_filters(args, report):
    """The first page of the processor's list with a filter against the page without one."""
    count = args.quotations
    with database(args.db) as env:
        make_old_quotations(env, count, args.products)
        action = env.ref(ACTION)
        base = ast.literal_eval(action.domain)
        found, specification = ready_filters(env, action)
        names = args.filters or [name for name in FILTERS if name in found]
        unknown = [name for name in names if name not in found]
        assert names and not unknown, f"filters of the processor are {sorted(found)}: {unknown}"
        orders = env["sale.order"]

        def page(domain):
            # What the list asks the server for when somebody opens it, or ticks a filter.
            def act():
                answer = orders.web_search_read(
                    domain, specification, limit=PAGE, count_limit=10001
                )
                return lambda: answer["length"]

            return act

        bare = peak_memory(env, page(base))
        for name in names:
            ours, theirs = Measure(), Measure()
            domain = base + found[name]
            results = in_turn(args.rounds, (env, ours, page(domain)), (env, theirs, page(base)))
            title = f"processor filter {name} among {count} old quotations"
            note = f"first page of {PAGE}, {results[0]} found"
            report.row(title, ours, theirs, "2", "against the page without it", count, "no filter")
            memory = peak_memory(env, page(domain))
            report.figure(
                f"{title}: memory at its peak",
                memory / max(bare, 0.1),
                "flat",
                f"{memory:.0f} MB against {bare:.0f} MB without it; {note}",
            )


def ready_filters(env, action):
    """({name: domain} of the search view's filters, what the list reads of each order)"""
    model = env[action.res_model]
    views = model.get_views([(action.view_id.id, "list"), (action.search_view_id.id, "search")])[
        "views"
    ]
    found = {}
    for node in etree.fromstring(views["search"]["arch"]).iter("filter"):
        try:
            found[node.get("name")] = ast.literal_eval(node.get("domain") or "")
        except (SyntaxError, ValueError):
            continue  # asks for the user or the day: nothing of ours
    specification = {}
    for node in etree.fromstring(views["list"]["arch"]).iter("field"):
        if node.get("name") not in model._fields:
            continue  # of a list within the list
        many = model._fields[node.get("name")].type == "many2one"
        shown = node.get("optional") != "hide" and node.get("column_invisible") not in ("1", "True")
        if shown:
            specification[node.get("name")] = {"fields": {"display_name": {}}} if many else {}
    return found, specification


def make_old_quotations(env, count, products):
    """``count`` quotations of two lines, a year old and older, copied by SQL from one of each.

    A third of the products is in stock. A tenth of the customers has a saved card.
    """
    goods = make_products(env, products, 0)
    stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
    env["stock.quant"].create(
        [
            {"product_id": product.id, "location_id": stock.id, "quantity": 5.0}
            for product in goods[::3]
        ]
    )
    customers = env["res.partner"].create([{"name": f"Bench Buyer {n}"} for n in range(1000)])
    make_cards(env, customers[::10])
    pattern = make_orders(env, goods, 1, 2)
    env.flush_all()
    old = fields.Datetime.now() - timedelta(days=365)
    drop_foreign_keys(env, "sale_order", "sale_order_line")
    env.cr.execute("SELECT nextval('sale_order_id_seq')")
    first = env.cr.fetchone()[0]
    env.cr.execute("SELECT setval('sale_order_id_seq', %s)", [first + count])
    new_order = {
        "id": "%(first)s + n",
        "name": "'OLD' || n",
        "partner_id": "(%(customers)s)[1 + n %% 1000]",
        "partner_invoice_id": "(%(customers)s)[1 + n %% 1000]",
        "partner_shipping_id": "(%(customers)s)[1 + n %% 1000]",
        "date_order": "%(old)s - n * interval '5 minutes'",
        "create_date": "%(old)s - n * interval '5 minutes'",
        "access_token": "NULL",
        "state": "CASE WHEN n %% 4 = 0 THEN 'sent' ELSE 'draft' END",
    }
    new_line = {
        "id": "nextval('sale_order_line_id_seq')",
        "order_id": "%(first)s + n",
        "order_partner_id": "(%(customers)s)[1 + n %% 1000]",
        "product_id": "(%(products)s)[1 + (n * 2 + pattern.id - %(line)s) %% %(kinds)s]",
        "state": "CASE WHEN n %% 4 = 0 THEN 'sent' ELSE 'draft' END",
    }
    values = {
        "first": first,
        "count": count,
        "customers": customers.ids,
        "products": goods.ids,
        "kinds": len(goods),
        "old": old,
        "pattern": pattern.id,
        "line": min(pattern.order_line.ids),
    }
    for table, own, key in (
        ("sale_order", new_order, "id"),
        ("sale_order_line", new_line, "order_id"),
    ):
        env.cr.execute(f"SELECT * FROM {table} LIMIT 0")
        names = [column.name for column in env.cr.description]
        columns = ", ".join(own.get(name) or f'pattern."{name}"' for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        env.cr.execute(
            f"INSERT INTO {table} ({listed}) SELECT {columns}"
            f" FROM generate_series(1, %(count)s) n, {table} pattern"
            f" WHERE pattern.{key} = %(pattern)s",
            values,
        )
    # As PostgreSQL does by itself soon after rows came.
    env.cr.execute("ANALYZE")
    env.invalidate_all()


def drop_foreign_keys(env, *tables):
    """Until all is taken back: checking them takes most of the time of so many rows."""
    env.cr.execute(
        "SELECT conrelid::regclass, quote_ident(conname) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid = ANY(%s::regclass[])",
        [list(tables)],
    )
    for table, name in env.cr.fetchall():
        env.cr.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def make_cards(env, customers):
    """A saved card of each of these customers, of the payment provider for demonstrations."""
    provider = env["payment.provider"].search([("code", "=", "demo")], limit=1)
    method = provider.with_context(active_test=False).payment_method_ids[:1]
    provider.state = "test"
    env["payment.token"].create(
        [
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": customer.id,
                "provider_ref": f"bench {customer.id}",
                "payment_details": "1111",
            }
            for customer in customers
        ]
    )
