"""Many workers at once on the last units, each with a connection of its own.

Every worker takes its snapshot of the database before any of them writes, which is the worst case:
without ``backorder.supply._lock`` and ``_touch`` all of them see the same free stock. (Tried by
hand: with both made to do nothing every test here fails; with only ``_touch`` made to do nothing
the quotations are promised 16 of 5 units.)
"""

import random
import threading
from unittest.mock import patch

import psycopg2.errors
import pytest
from workers import Workers

from odoo import SUPERUSER_ID, Command, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import mute_logger

WORKERS = 8
CONFLICTS = (psycopg2.errors.SerializationFailure, psycopg2.errors.DeadlockDetected)


class Shop:
    """A committed database with products of its own, and what its people do at once."""

    def __init__(self, db, workers=None):
        self.registry = Registry(db)
        self.workers = workers

    def env(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def commit(self, action):
        """``action(env)`` alone, committed; its result."""
        with self.registry.cursor() as cr:
            return action(self.env(cr))

    def product(self, name, on_hand):
        def create(env):
            product = env["product.product"].create(
                {"name": name, "type": "consu", "is_storable": True, "list_price": 10.0}
            )
            if on_hand:
                env["stock.quant"]._update_available_quantity(product, self.stock(env), on_hand)
            return product.id

        return self.commit(create)

    def stock(self, env):
        return env.ref("stock.warehouse0").lot_stock_id

    def orders(self, count, *items, confirm=False):
        """ids of ``count`` orders of (product id, quantity) items."""

        def create(env):
            orders = env["sale.order"].create(
                [
                    {
                        "partner_id": env.ref("base.res_partner_1").id,
                        "warehouse_id": env.ref("stock.warehouse0").id,
                        "order_line": [
                            # every second order has its items the other way round
                            Command.create({"product_id": product, "product_uom_qty": quantity})
                            for product, quantity in items[:: -1 if number % 2 else 1]
                        ],
                    }
                    for number in range(count)
                ]
            )
            if confirm:
                orders.action_confirm()
            return orders.ids

        return self.commit(create)

    def receive(self, product_id, quantity):
        def count(env):
            product = env["product.product"].browse(product_id)
            env["stock.quant"]._update_available_quantity(product, self.stock(env), quantity)

        self.commit(count)

    def setting(self, **values):
        self.commit(lambda env: env.company.write(values))

    def only_our_jobs(self):
        """What the demo data of other apps has to do can take a minute."""
        others = [("cron_name", "not like", "Backorders")]
        self.commit(lambda env: env["ir.cron"].search(others).write({"active": False}))

    def at_once(self, *jobs, refused=0):
        """Run every ``job(env)`` in a worker of its own, and return the sentences that people got
        who were refused: as many as ``refused``; None: as it comes."""
        gate = threading.Barrier(len(jobs), timeout=60)
        results = [None] * len(jobs)

        def work(index):
            started = False

            def call():
                nonlocal started
                if not started:
                    started = True
                    cr.execute("SELECT count(*) FROM stock_quant")  # takes the snapshot
                    gate.wait()
                return jobs[index](env)

            with self.registry.cursor() as cr:
                env = self.env(cr)
                while results[index] is None:
                    try:
                        retrying(call, env)
                        results[index] = "done"
                    except CONFLICTS:
                        cr.rollback()  # Odoo gave up: the person presses again
                    except UserError as error:
                        cr.rollback()
                        results[index] = error
                    except Exception:
                        cr.rollback()
                        results[index] = "crashed"
                        raise

        threads = [threading.Thread(target=work, args=(index,)) for index in range(len(jobs))]
        # A worker that has to start over logs the query that met the conflict.
        with mute_logger("odoo.sql_db"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=120)
        sentences = [str(result) for result in results if isinstance(result, UserError)]
        assert refused in (None, len(sentences)), sentences
        assert results.count("done") == len(jobs) - len(sentences), results
        return sentences

    def figures(self, product_id):
        """(on hand, reserved by stock rows, reserved by deliveries, promised, needed) of a
        product; every line of it was looked at."""

        def read(env):
            quants = env["stock.quant"].search(
                [("product_id", "=", product_id), ("location_id", "child_of", self.stock(env).id)]
            )
            move_lines = env["stock.move.line"].search(
                [("product_id", "=", product_id), ("state", "not in", ("done", "cancel"))]
            )
            lines = env["sale.order.line"].search([("product_id", "=", product_id)])
            for line in lines:
                self.check_line(line)
            return (
                sum(quants.mapped("quantity")),
                sum(quants.mapped("reserved_quantity")),
                sum(move_lines.mapped("quantity")),
                sum(lines.mapped("backorder_promised_qty")),
                sum(lines.mapped("backorder_qty")),
            )

        return self.commit(read)

    def check_line(self, line):
        """No line is half done: what it does not have it waits for, and its ledger says so."""
        events = line.backorder_event_ids
        if line.state == "sale":
            moves = line.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
            has = sum(moves.mapped("quantity"))
            assert sum(moves.mapped("product_uom_qty")) == line.product_uom_qty
            assert has + line.backorder_qty == line.product_uom_qty, "neither reserved nor held"
            assert line.backorder_hold_qty == line.backorder_qty
        if line.state == "sale" or events:
            assert sum(events.mapped("quantity")) == line.backorder_hold_qty, "ledger"

    def call(self, method, order_id, *arguments):
        """A job: ``method`` of one order."""

        def job(env):
            return getattr(env["sale.order"].browse(order_id), method)(*arguments)

        return job


@pytest.fixture(scope="module")
def shop(module_scratch_db, tmp_path_factory):
    workers = Workers(module_scratch_db, tmp_path_factory.mktemp("workers"))
    shop = Shop(module_scratch_db, workers)
    shop.setting(
        backorder_auto=True,
        backorder_fifo=False,
        backorder_approve_new_order=True,
        backorder_fill_approved="new_order",
    )
    # Odoo waits up to 2, 4, 8 and 16 seconds before it tries again; the outcome is the same.
    with patch("odoo.service.model.random.uniform", lambda low, high: random.random() * 0.2 * high):
        yield shop
    workers.close()


def test_confirmations_reserve_the_last_units_once(shop):
    first, second = shop.product("Anvil", 5), shop.product("Bellows", 11)
    orders = shop.orders(WORKERS, (first, 2), (second, 3))
    shop.at_once(*(shop.call("action_confirm", order) for order in orders))
    assert shop.figures(first) == (5, 5, 5, 0, 2 * WORKERS - 5)
    assert shop.figures(second) == (11, 11, 11, 0, 3 * WORKERS - 11)


@pytest.mark.parametrize("mode", ["new_order", "same_order"])
def test_fills_give_the_last_units_once(shop, mode):
    shop.setting(backorder_fill_approved=mode)
    first, second = shop.product(f"Chisel {mode}", 0), shop.product(f"Drill {mode}", 0)
    orders = shop.orders(WORKERS, (first, 2), (second, 3), confirm=True)
    shop.receive(first, 5)
    shop.receive(second, 11)
    shop.at_once(*(shop.call("fill_backorders", order) for order in orders))
    assert shop.figures(first) == (5, 5, 5, 0, 2 * WORKERS - 5)
    assert shop.figures(second) == (11, 11, 11, 0, 3 * WORKERS - 11)


def test_quotations_are_promised_the_last_units_once(shop):
    product = shop.product("Easel", 0)
    orders = shop.orders(WORKERS, (product, 2))
    shop.receive(product, 5)
    shop.at_once(*(shop.call("fill_backorders", order) for order in orders))
    assert shop.figures(product) == (5, 0, 0, 5, 2 * WORKERS - 5)


@pytest.mark.parametrize("mode", ["new_order", "same_order"])
def test_everybody_at_once(shop, mode):
    """Confirmations, fills of orders and fills of quotations for the same units."""
    shop.setting(backorder_fill_approved=mode)
    first, second = shop.product(f"Funnel {mode}", 0), shop.product(f"Gauge {mode}", 0)
    waiting = shop.orders(3, (first, 2), (second, 3), confirm=True)
    quotations = shop.orders(2, (first, 2), (second, 3))
    fresh = shop.orders(WORKERS - 5, (first, 2), (second, 3))
    shop.receive(first, 7)
    shop.receive(second, 7)
    shop.at_once(
        *(shop.call("fill_backorders", order) for order in waiting + quotations),
        *(shop.call("action_confirm", order) for order in fresh),
    )
    for product, each in ((first, 2), (second, 3)):
        on_hand, reserved, delivering, promised, needed = shop.figures(product)
        assert (on_hand, delivering) == (7, reserved)
        # nothing twice, and nothing left lying while somebody waits
        assert reserved + promised == 7
        assert needed == each * WORKERS - 7


def test_two_people_fill_the_same_line(shop):
    shop.setting(backorder_fill_approved="same_order")
    product = shop.product("Hinge", 0)
    (order,) = shop.orders(1, (product, 5), confirm=True)
    shop.receive(product, 9)
    line = shop.commit(lambda env: env["sale.order"].browse(order).order_line.id)
    fill = shop.call("fill_backorders", order, {line: 4})
    (sentence,) = shop.at_once(fill, fill, refused=1)
    assert sentence.startswith("Hinge: 4 Units to fill, but only 1 Unit needed")
    assert shop.figures(product) == (9, 4, 4, 0, 1)


@pytest.mark.parametrize("mode", ["new_order", "same_order"])
def test_a_double_click_fills_once(shop, mode):
    shop.setting(backorder_fill_approved=mode)
    product = shop.product(f"Iron {mode}", 0)
    (order,) = shop.orders(1, (product, 5), confirm=True)
    shop.receive(product, 20)
    fill = shop.call("fill_backorders", order)
    shop.at_once(fill, fill)
    assert shop.figures(product) == (20, 5, 5, 0, 0)
    total = shop.commit(
        lambda env: sum(
            env["sale.order.line"].search([("product_id", "=", product)]).mapped("product_uom_qty")
        )
    )
    assert total == 5


def test_two_confirmations_among_many_who_wait_do_not_meet(shop):
    """Neither writes, nor waits for, the lines of the fifty quotations whose dates both move."""
    product = shop.product("Jig", 0)

    def expect(env):
        """Goods for fifty on one day, for more on another."""
        for day, quantity in (("2031-03-01", 50), ("2031-06-01", 20)):
            env["purchase.order"].create(
                {
                    "partner_id": env.ref("base.res_partner_1").id,
                    "picking_type_id": env.ref("stock.warehouse0").in_type_id.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product,
                                "product_qty": quantity,
                                "price_unit": 1.0,
                                "date_planned": f"{day} 12:00:00",
                            }
                        )
                    ],
                }
            ).button_confirm()

    waiting = shop.orders(50, (product, 1))
    first, second = shop.orders(2, (product, 3))
    shop.commit(expect)

    def months():
        def read(env):
            lines = env["sale.order"].browse(waiting).order_line.sorted("id")
            return [line.backorder_expected_date.month for line in lines]

        return shop.commit(read)

    assert months() == [3] * 50
    with shop.registry.cursor() as cr_first, shop.registry.cursor() as cr_second:
        for cr in (cr_first, cr_second):
            cr.execute("SELECT count(*) FROM sale_order_line")  # takes the snapshot
            cr.execute("SET LOCAL lock_timeout = '5s'")
        for cr, order in ((cr_first, first), (cr_second, second)):
            env = shop.env(cr)
            env["sale.order"].browse(order).action_confirm()
            env.flush_all()
        cr_first.commit()
        cr_second.commit()
    assert months() == [3] * 50, "others' dates follow by the job"
    shop.commit(lambda env: env.ref("backorder_mgmt.ir_cron_work_dates").method_direct_trigger())
    assert months() == [3] * 44 + [6] * 6
    ordered = shop.commit(
        lambda env: [
            line.backorder_expected_date.month
            for line in env["sale.order"].browse([first, second]).order_line
        ]
    )
    assert ordered == [3, 3]


def test_lots_a_kit_and_a_relocation_at_once(shop):
    """Eight workers on the last units: four want a lot, two a kit, one the kit's part alone, and
    one moves the goods to another shelf meanwhile."""

    def prepare(env):
        products = env["product.product"]
        goods = {"type": "consu", "is_storable": True, "list_price": 10.0}
        lotted = products.create({"name": "Lacquer", "tracking": "lot", **goods})
        part = products.create({"name": "Leg", **goods})
        kit = products.create({"name": "Ladder", **goods})
        env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": part.id, "product_qty": 2}),
                    Command.create({"product_id": lotted.id, "product_qty": 1}),
                ],
            }
        )
        stock = shop.stock(env)
        shelf = env["stock.location"].create({"name": "Loft", "location_id": stock.id})
        quants = env["stock.quant"]
        for name, quantity in (("A", 3), ("B", 4)):
            lot = env["stock.lot"].create({"name": name, "product_id": lotted.id})
            quants._update_available_quantity(lotted, stock, quantity, lot_id=lot)
        quants._update_available_quantity(part, stock, 5)
        return lotted.id, part.id, kit.id, shelf.id

    lotted, part, kit, shelf = shop.commit(prepare)
    wanted = [
        *shop.orders(4, (lotted, 2)),
        *shop.orders(2, (kit, 2)),
        *shop.orders(1, (part, 3)),
    ]

    def relocate(env):
        quants = env["stock.quant"].search(
            [("product_id", "in", (lotted, part)), ("location_id", "=", shop.stock(env).id)]
        )
        target = env["stock.location"].browse(shelf)
        quants.move_quants(location_dest_id=target, message="tidy up")
        return "moved"

    shop.at_once(*(shop.call("action_confirm", order) for order in wanted), relocate)

    def read(env):
        figures = {}
        for product in (lotted, part):
            quants = env["stock.quant"].search(
                [("product_id", "=", product), ("location_id", "child_of", shop.stock(env).id)]
            )
            lines = env["stock.move.line"].search(
                [
                    ("product_id", "=", product),
                    ("state", "not in", ("done", "cancel")),
                    ("move_id.sale_line_id", "!=", False),
                ]
            )
            for quant in quants:
                assert 0 <= quant.reserved_quantity <= quant.quantity, quant.location_id.name
            figures[product] = (
                sum(quants.mapped("quantity")),
                sum(quants.mapped("reserved_quantity")),
                sum(lines.mapped("quantity")),
            )
        orders = env["sale.order"].browse(wanted)
        for line in orders.order_line:
            moves = line.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
            for product, own in moves.grouped("product_id").items():
                per_unit = sum(own.mapped("product_uom_qty")) / line.product_uom_qty
                # what is held is never reserved; of a kit no part is ahead of the others
                assert sum(own.mapped("quantity")) + line.backorder_qty * per_unit == (
                    line.product_uom_qty * per_unit
                ), (line.product_id.name, product.name)
            assert line.backorder_hold_qty == line.backorder_qty
            assert sum(line.backorder_event_ids.mapped("quantity")) == line.backorder_qty
        return figures

    figures = shop.commit(read)
    for product, there in ((lotted, 7), (part, 5)):
        on_hand, reserved, delivering = figures[product]
        assert (on_hand, reserved) == (there, delivering)
    assert figures[lotted][1] >= 6, "nothing is left lying while somebody waits for it"
