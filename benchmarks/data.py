"""What the rows work on: products, stock, orders that wait, receipts."""

from datetime import datetime, timedelta
from math import ceil

from odoo import Command


def make_products(env, count, quantity, **vals):
    products = env["product.product"].create(
        [
            {
                "name": f"Bench {number}",
                "type": "consu",
                "is_storable": True,
                "list_price": 10.0,
                **vals,
            }
            for number in range(count)
        ]
    )
    if quantity:
        put_stock(env, products, quantity)
    return products


def put_stock(env, products, quantity):
    stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
    env["stock.quant"].create(
        [
            {"product_id": product.id, "location_id": stock.id, "quantity": quantity}
            for product in products
        ]
    )


def put_lots(env, products, quantity, lots=5):
    """Stock for ``quantity`` of each product in ``lots`` lots, the last of which is spare.

    The newest lot comes first, so that neither way finds the right order by the rows' ids.
    """
    stock = env["stock.warehouse"].search([], limit=1).lot_stock_id
    now = datetime.now().replace(microsecond=0)
    expires = "removal_date" in env["stock.lot"]._fields
    vals_list = []
    for product in products:
        for number in range(lots):
            vals = {"product_id": product.id, "name": f"{product.name} lot {number}"}
            if expires:
                # Who came in first does not expire first.
                day = now + timedelta(days=100 + (number * 3) % lots)
                vals.update(expiration_date=day + timedelta(days=9), removal_date=day)
            vals_list.append(vals)
    made = env["stock.lot"].create(vals_list)
    share = ceil(quantity / max(1, lots - 1))
    env["stock.quant"].create(
        [
            {
                "product_id": lot.product_id.id,
                "location_id": stock.id,
                "lot_id": lot.id,
                "quantity": share,
                "in_date": now - timedelta(days=number % lots),
            }
            for number, lot in enumerate(made)
        ]
    )


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


def make_waiting_orders(env, orders, lines, products, put=put_stock, **vals):
    """Confirmed orders on which everything waits, with the stock for it there afterwards.

    :param put: puts the stock there: (env, products, quantity that waits of each)
    :param vals: of the products
    """
    goods = make_products(env, products, 0, **vals)
    made = env["sale.order"]
    for start in range(0, orders, 200):
        made |= make_orders(env, goods, min(200, orders - start), lines, offset=start * lines)
        made[start:].action_confirm()
        env.flush_all()
    # Plain stock is more than enough: every line could take its own from any row.
    much = orders * lines
    put(env, goods, much if put is put_stock else ceil(much / products))
    env.flush_all()
    env.invalidate_all()
    return made


def reserved_on(orders):
    """What a reservation leaves behind: quantities on moves, in order, with their lots, and on
    stock rows."""
    moves = orders.picking_ids.move_ids
    quants = moves.env["stock.quant"].search([("product_id", "in", moves.product_id.ids)])
    by_order = [
        sorted(
            (move.quantity, *sorted(line.lot_id.name or "" for line in move.move_line_ids))
            for move in order.picking_ids.move_ids
        )
        for order in orders
    ]
    return by_order, sorted((quant.lot_id.name or "", quant.reserved_quantity) for quant in quants)


def make_run(env, orders):
    """A run over ``orders``, previewed, that is done in one transaction when it starts."""
    run = env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
    run.action_preview()
    env.company.backorder_run_threshold = 10**9
    env.flush_all()
    return run


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
