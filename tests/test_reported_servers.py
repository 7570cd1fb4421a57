"""What was reported of several servers, jobs and webhooks at once, with real connections: who is
charged, mailed and delivered, how often, and what is left where somebody or a server goes."""

import time

import pytest
from dying_server import client_of

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401

from odoo import Command
from odoo.tests import new_test_user

from benchmarks.client import Server

#: Fifty are a batch: long enough to be stopped in the middle.
ORDERS = 250


def sound(place):
    def check(env):
        assert not env["backorder.check"].run_checks()

    place.commit(check)


def paid_on_a_page(place, order):
    """A payment of the customer's, done at the provider and not booked yet; its id."""

    def pay(env):
        provider = env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", env.company.id)], limit=1
        )
        provider.state = "test"
        record = env["sale.order"].browse(order)
        transaction = env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "amount": record.amount_total,
                "currency_id": record.currency_id.id,
                "partner_id": record.partner_id.id,
                "operation": "online_redirect",
                "reference": f"page {order}",
                "sale_order_ids": [Command.set([order])],
            }
        )
        transaction._set_done()
        return transaction.id

    return place.commit(pay)


def test_a_payment_that_two_pages_a_clerk_and_a_fill_take_for_theirs(shop: Shop):  # noqa: F811
    """Automattic/woocommerce-payments#3345, #10846: webhook and return page took the stock twice.
    odoo/odoo#268268: two pages that ask how a payment stands made an invoice each."""
    shop.setting(backorder_fill_approved="new_order")
    shop.commit(lambda env: env["ir.config_parameter"].set_param("sale.automatic_invoice", "True"))
    product = shop.product("Paid Twice", 0)
    shop.commit(
        lambda env: env["product.product"].browse(product).write({"invoice_policy": "order"})
    )
    waiting, order = shop.orders(1, (product, 3), confirm=True) + shop.orders(1, (product, 4))
    shop.receive(product, 5)
    shop.commit(lambda env: env["sale.order"].browse(order).fill_backorders() and None)
    transaction = paid_on_a_page(shop, order)

    def book(env):
        env["payment.transaction"].browse(transaction)._post_process()

    shop.at_once(
        book,
        book,
        shop.call("action_confirm", order),
        shop.call("fill_backorders", waiting),
        refused=None,
    )

    def look(env):
        record = env["sale.order"].browse(order)
        assert record.state == "sale"
        assert len(record.picking_ids) == 1
        assert len(record.invoice_ids.filtered(lambda move: move.state == "posted")) == 1
        assert record.order_line.backorder_reserved_qty == 4
        assert len(record.transaction_ids.payment_id) == 1

    shop.commit(look)
    on_hand, reserved, delivering, set_aside, _needed = shop.figures(product)
    assert (on_hand, reserved, delivering, set_aside) == (5, 5, 5, 0)
    sound(shop)


@pytest.mark.parametrize("how", ["taken back", "new order cancelled", "original cancelled"])
def test_a_delivery_that_is_sent_while_its_fill_is_undone(shop: Shop, how):  # noqa: F811
    """medusajs/medusa#11703, #11266: what was cancelled while it was fulfilled stayed reserved for
    nobody, or came back twice."""
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=500)
    product = shop.product(f"Sent and {how}", 0)
    [order] = shop.orders(1, (product, 4), confirm=True)
    shop.receive(product, 3)
    run = shop.commit(lambda env: env["sale.order"].browse(order).fill_backorders().id)

    def send(env):
        picking = env["sale.order"].browse(order).backorder_child_ids.picking_ids
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True, skip_sms=True).button_validate()

    def undo(env):
        if how == "taken back":
            env["backorder.run"].browse(run).action_undo()
        elif how == "new order cancelled":
            env["sale.order"].browse(order).backorder_child_ids._action_cancel()
        else:
            env["sale.order"].browse(order)._action_cancel()

    shop.at_once(send, undo, refused=None)

    def look(env):
        original = env["sale.order"].browse(order)
        child = original.backorder_child_ids
        moves = (original | child).picking_ids.move_ids
        done = sum(moves.filtered(lambda move: move.state == "done").mapped("quantity"))
        open_moves = moves.filtered(lambda move: move.state not in ("done", "cancel"))
        quant = env["stock.quant"].search(
            [("product_id", "=", product), ("location_id", "child_of", shop.stock(env).id)]
        )
        assert done in (0, 3)
        assert sum(quant.mapped("quantity")) == 3 - done
        assert sum(quant.mapped("reserved_quantity")) == sum(open_moves.mapped("quantity"))
        needed = sum((original | child).order_line.mapped("backorder_qty"))
        wanted = 0 if how == "original cancelled" else 4
        assert done + needed + sum(open_moves.mapped("quantity")) == max(wanted, done), (
            done,
            needed,
            open_moves.mapped("quantity"),
        )

    shop.commit(look)
    sound(shop)


def test_fills_while_others_invoice_deliver_and_pay(shop: Shop):  # noqa: F811
    """frappe/erpnext#42342, #35244, odoo/odoo#91260: documents that were submitted in bulk met each
    other's items and journals, and some were refused as a deadlock."""
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=500)
    goods = [shop.product(f"In Bulk {number}", 6) for number in range(3)]
    shop.commit(lambda env: env["product.product"].browse(goods).write({"invoice_policy": "order"}))
    orders = shop.orders(4, *[(product, 3) for product in goods], confirm=True)
    for product in goods:
        shop.receive(product, 3)
    invoiced, delivered = orders[:2]

    def invoice(env):
        env["sale.order"].browse(invoiced)._create_invoices().action_post()

    def deliver(env):
        picking = env["sale.order"].browse(delivered).picking_ids
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True, skip_sms=True).button_validate()

    def pay(env):
        made = env["sale.order"].browse(orders[3])._create_invoices()
        made.action_post()
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=made.ids
        ).create({})._create_payments()

    def fill(env):
        run = env["backorder.run"].create({"order_ids": [Command.set(orders[2:])]})
        run.action_start()

    shop.at_once(invoice, deliver, pay, fill, fill, refused=None)

    def look(env):
        lines = env["sale.order"].browse(orders)
        lines = (lines | lines.backorder_child_ids).order_line
        for product in goods:
            own = lines.filtered(lambda line, product=product: line.product_id.id == product)
            assert sum(own.mapped("product_uom_qty")) == 12
            assert sum(own.mapped("qty_delivered")) == 3
            assert sum(own.mapped("backorder_reserved_qty")) == 6
            assert sum(own.mapped("backorder_qty")) == 3
        invoices = lines.order_id.invoice_ids
        assert len(invoices) == len(set(invoices.mapped("name"))) == 2
        assert set(invoices.mapped("state")) == {"posted"}

    shop.commit(look)
    sound(shop)


@pytest.mark.parametrize("what", ["company", "rights", "deleted"])
def test_a_fill_whose_starter_may_no_more_goes_on_or_says_why(shop: Shop, what):  # noqa: F811
    """odoo/odoo#244416: a job went on, or died, in the name of a user whose access was taken away
    while it waited. What they may was asked when they started it: it is done, and in their name."""
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=0)
    product = shop.product(f"Left {what}", 0)
    orders = shop.orders(2, (product, 2), confirm=True)
    shop.receive(product, 4)

    def start(env):
        clerk = new_test_user(
            env,
            f"clerk {what}",
            groups="backorder_mgmt.group_backorder_manager,sales_team.group_sale_manager",
            company_id=env.company.id,
        )
        run = env["backorder.run"].with_user(clerk)
        run = run.create({"order_ids": [Command.set(orders)]})
        run.action_start()
        assert run.state == "queued"
        return run.id, clerk.id

    run, clerk = shop.commit(start)

    def leave(env):
        user = env["res.users"].browse(clerk)
        if what == "company":
            other = env["res.company"].create({"name": "Elsewhere"})
            user.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        elif what == "rights":
            user.group_ids = [Command.set(env.ref("base.group_user").ids)]
        else:
            user.unlink()

    shop.commit(leave)
    shop.commit(lambda env: env["backorder.run"]._cron_work())

    def look(env):
        record = env["backorder.run"].browse(run)
        assert (record.state, set(record.run_order_ids.mapped("outcome"))) == ("done", {"complete"})
        assert len(env["sale.order"].browse(orders).backorder_child_ids) == 2

    shop.commit(look)
    assert shop.figures(product) == (4, 4, 4, 0, 0)
    sound(shop)


def test_a_waiting_fill_is_stopped_where_no_job_runs(shop: Shop):  # noqa: F811
    """odoo/odoo#155408, #286532: on a copy of the database, and where they failed for a week, no
    scheduled job runs. What waits for one must not wait for it to be stopped as well."""
    shop.setting(backorder_fill_approved="same_order", backorder_run_threshold=0)
    product = shop.product("Stopped", 0)
    orders = shop.orders(2, (product, 2), confirm=True)
    shop.receive(product, 4)

    def fill(env):
        run = env["backorder.run"].create({"order_ids": [Command.set(orders)]})
        run.action_start()
        return run.id

    run = shop.commit(fill)
    behind = shop.commit(fill)
    shop.commit(lambda env: env["backorder.run"].browse(run).action_cancel())

    def look(env):
        first, second = env["backorder.run"].browse((run, behind))
        assert first.state == "cancelled"
        assert set(first.run_order_ids.mapped("outcome")) == {"none"}
        assert not second.waiting_for

    shop.commit(look)
    # It is stopped or done, never half, where it is begun just then.
    shop.at_once(
        lambda env: env["backorder.run"].browse(behind).action_cancel(),
        lambda env: env["backorder.run"]._work_batch(behind) and None,
        refused=None,
    )

    def afterwards(env):
        record = env["backorder.run"].browse(behind)
        assert record.state in ("cancelled", "done", "running"), record.state
        assert record.stop_requested or record.state != "running"

    shop.commit(afterwards)
    sound(shop)


def test_a_fill_that_is_tried_again_mails_once(shop: Shop):  # noqa: F811
    """odoo/odoo#92740, #22148, #154498: a request that lost against another one was done again,
    and its e-mails were sent by each try."""
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=500)
    product = shop.product("Mailed", 0)
    orders = shop.orders(3, (product, 2), confirm=True)
    shop.receive(product, 6)

    def template(env):
        env["res.partner"].browse(env.ref("base.res_partner_1").id).email = "once@example.com"
        return env.ref("backorder_mgmt.mail_template_backorder_complete").id

    mail = shop.commit(template)

    def fill(env):
        run = env["backorder.run"].create(
            {"order_ids": [Command.set(orders)], "email_complete_template_id": mail}
        )
        run.action_start()

    def rename(env):
        # What the fill writes, too.
        env["sale.order"].browse(orders).order_line.write({"sequence": 5})

    shop.at_once(fill, rename, fill, rename)

    def mailed(env):
        children = env["sale.order"].browse(orders).backorder_child_ids
        found = env["mail.mail"].search(
            [("model", "=", "sale.order"), ("res_id", "in", (*orders, *children.ids))]
        )
        assert len(children) == 3
        return len(found)

    assert shop.commit(mailed) == 3
    sound(shop)


def test_a_server_that_is_restarted_in_the_middle_calls_no_fill_failed(shop: Shop, tmp_path):  # noqa: F811
    """OCA/queue#226, odoo/odoo#155408: after a restart nobody knew whether a job had failed. The
    server closes its connections under the fill, which goes on with the next one."""
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=0)
    shop.only_our_jobs()
    product = shop.product("Restarted", 0)
    orders = shop.orders(ORDERS, (product, 2), confirm=True)
    shop.receive(product, 2 * ORDERS)
    db = shop.registry.db_name
    server = Server(db, tmp_path, workers=0)
    try:
        client = client_of(server, db)
        run = client.call("backorder.run", "create", {"order_ids": [[6, 0, orders]]})
        client.call("backorder.run", "action_start", [run])
        end = time.monotonic() + 60
        while not client.call("backorder.run", "read", [run], ["progress"])[0]["progress"]:
            assert time.monotonic() < end, "nobody began"
            time.sleep(0.1)
    finally:
        server.stop()
    log = server.log.read_text()
    assert f"Fill {run} failed" not in log

    def look(env):
        record = env["backorder.run"].browse(run)
        # It was in the middle; mostly a cursor is closed under it, which Odoo's log says.
        assert record.state == "running"
        assert set(record.run_order_ids.mapped("outcome")) == {False, "complete"}
        while record._work_on(run):
            pass
        assert record.state == "done"
        assert len(env["sale.order"].browse(orders).backorder_child_ids) == ORDERS

    shop.commit(look)
    sound(shop)
