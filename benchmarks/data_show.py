"""A large shop for the overview and the analysis: some real orders, copied by SQL."""

from odoo import fields

from .data import make_orders, make_products, put_stock
from .filters import drop_foreign_keys

#: What is copied with an order, and which of its columns point at other rows that are copied.
_COPIED = {
    "sale_order": (),
    "sale_order_line": (("order_id", "sale_order"),),
    "stock_picking": (("sale_id", "sale_order"),),
    "stock_move": (("sale_line_id", "sale_order_line"), ("picking_id", "stock_picking")),
    "backorder_event": (("sale_line_id", "sale_order_line"), ("order_id", "sale_order")),
}
#: Seconds in a year: backorders are as old as that.
_YEAR = 365 * 86400


def make_history(env, lines, events, products=500):
    """``lines`` order lines on backorder and as many again that were filled, with ``events`` rows
    of the ledger; a tenth of the products has some stock, a tenth no vendor.
    """
    goods = make_products(env, products, 0)
    vendors = env["res.partner"].create([{"name": f"Bench Vendor {n}"} for n in range(50)])
    env["product.supplierinfo"].create(
        [
            {
                "partner_id": vendors[number % 50].id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "price": 4.0,
            }
            for number, product in enumerate(goods)
            if number % 10
        ]
    )
    pattern = make_orders(env, goods, 20, 5)
    pattern.action_confirm()
    put_stock(env, goods[::10], 3)
    env.flush_all()
    drop_foreign_keys(env, *_COPIED)
    multiply(env, pattern, lines // 100 - 1)
    spread(env, goods)
    add_filled(env, lines, events)
    # All tables, as autovacuum does: plans go by those of products, stock and vendors, too.
    env.cr.execute("ANALYZE")
    env.invalidate_all()


def multiply(env, orders, times, tables=_COPIED, values=None):
    """Copy the orders with their lines, deliveries and ledger, ``times`` times.

    :param tables: what is copied, as ``_COPIED``
    :param values: {table: {column: SQL for its value in copy ``n``}}
    """
    found = {
        "sale_order": orders.ids,
        "sale_order_line": orders.order_line.ids,
        "stock_picking": orders.picking_ids.ids,
        "stock_move": orders.order_line.move_ids.ids,
    }
    if "stock_move_line" in tables:
        found["stock_move_line"] = orders.order_line.move_ids.move_line_ids.ids
    if "backorder_event" in tables:
        found["backorder_event"] = orders.order_line.backorder_event_ids.ids
    span = {}
    for table, ids in found.items():
        if not ids:
            continue
        env.cr.execute(f"SELECT nextval('{table}_id_seq')")
        first = env.cr.fetchone()[0]
        # copies of a row lie one span apart, beyond all that is there
        span[table] = max(ids) - min(ids) + 1, first - min(ids)
    for table, links in tables.items():
        if table not in span:
            continue
        own = {"id": _shifted("id", span[table])}
        own.update({name: _shifted(name, span[other]) for name, other in links})
        if table == "sale_order":
            own.update(name="'HIST' || n || '-' || pattern.id", access_token="NULL")
        elif table == "stock_picking":
            own.update(name="pattern.name || '-' || n")
        own.update((values or {}).get(table, {}))
        _insert(env, table, own, found[table], times)
        size, shift = span[table]
        last = max(found[table]) + shift + size * times
        env.cr.execute(f"SELECT setval('{table}_id_seq', %s)", [last])


def _shifted(name, span):
    size, shift = span
    return f"pattern.{name} + {shift} + {size} * (n - 1)"


def _insert(env, table, own, ids, times):
    env.cr.execute(f"SELECT * FROM {table} LIMIT 0")
    names = [column.name for column in env.cr.description]
    columns = ", ".join(own.get(name) or f'pattern."{name}"' for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    env.cr.execute(
        f"INSERT INTO {table} ({listed}) SELECT {columns}"
        f" FROM generate_series(1, {times}) n, {table} pattern WHERE pattern.id = ANY(%s)",
        [ids],
    )


def spread(env, products):
    """The lines are of all products, and have waited for a day up to a year."""
    now = fields.Datetime.now()
    values = {"now": now, "products": products.ids, "count": len(products), "year": _YEAR}
    env.cr.execute(
        """
        UPDATE sale_order_line
           SET product_id = (%(products)s)[1 + id %% %(count)s],
               backorder_date = %(now)s - (id * 7919 %% %(year)s) * interval '1 second'
         WHERE product_id = ANY(%(products)s)
        """,
        values,
    )
    env.cr.execute(
        """
        UPDATE stock_move move SET product_id = line.product_id
          FROM sale_order_line line
         WHERE line.id = move.sale_line_id AND line.product_id = ANY(%(products)s)
        """,
        values,
    )
    env.cr.execute(
        """
        UPDATE backorder_event event
           SET product_id = line.product_id, date = line.backorder_date
          FROM sale_order_line line
         WHERE line.id = event.sale_line_id AND line.product_id = ANY(%(products)s)
        """,
        values,
    )


def add_filled(env, lines, events):
    """As many lines that were filled, without deliveries, and rows of the ledger for them."""
    env.cr.execute(
        "SELECT array_agg(id) FROM (SELECT id FROM sale_order_line WHERE backorder_qty > 0"
        " ORDER BY id DESC LIMIT %s) waiting",
        [lines],
    )
    ids = env.cr.fetchone()[0]
    env.cr.execute("SELECT last_value FROM sale_order_line_id_seq")
    shift = env.cr.fetchone()[0] - min(ids) + 1
    own = {
        "id": f"pattern.id + {shift}",
        "backorder_qty": "0",
        "backorder_hold_qty": "0",
        "backorder_hold_product_qty": "0",
        "backorder_filled_qty": "1",
        "backorder_filled_product_qty": "1",
        "backorder_state": "'filled'",
        "backorder_date": "NULL",
        "backorder_expected_date": "NULL",
    }
    _insert(env, "sale_order_line", own, ids, 1)
    env.cr.execute("SELECT setval('sale_order_line_id_seq', %s)", [max(ids) + shift])
    # Put on backorder, a part filled and taken back again and again, filled in the end.
    rows = max(2, (events - lines) // lines)
    for number in range(rows):
        last = number == rows - 1
        quantity = 1 if number % 2 == 0 and not last else -1
        own = {
            "id": "nextval('backorder_event_id_seq')",
            "sale_line_id": f"pattern.sale_line_id + {shift}",
            "type": "'auto'" if number == 0 else "'undo'" if quantity > 0 else "'fill'",
            "product_qty": str(quantity),
            "quantity": str(quantity),
            "date": f"pattern.date + interval '{number * 9} hours'",
        }
        env.cr.execute(
            "SELECT array_agg(id) FROM backorder_event WHERE sale_line_id = ANY(%s)", [ids]
        )
        _insert(env, "backorder_event", own, env.cr.fetchone()[0], 1)
