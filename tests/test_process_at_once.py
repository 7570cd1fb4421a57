"""The Multi-Order Processor with real workers: two at once, and one killed in the middle."""

from test_many_workers import Shop, shop  # noqa: F401
from test_runs_at_once import WORKER

from odoo import Command

TEMPLATE = {
    "name": "Processed at once",
    "subject": "{{ object.name }} at once",
    "email_to": "ada@example.com",
    "body_html": "<p>Good news</p>",
}


def make_process(place, orders, **options):
    def create(env):
        template = env["mail.template"].search([("name", "=", TEMPLATE["name"])], limit=1)
        template = template or template.create(
            {**TEMPLATE, "model_id": env["ir.model"]._get_id("sale.order")}
        )
        env["sale.order"].browse(orders).partner_id.email = "ada@example.com"
        values = {
            "kind": "process",
            "order_ids": [Command.set(orders)],
            "approve": True,
            "create_invoice": True,
            "email_template_id": template.id,
        }
        return env["backorder.run"].create({**values, **options}).id

    return place.commit(create)


def mails_of(env, orders):
    names = [f"{name} at once" for name in env["sale.order"].browse(orders).mapped("name")]
    return env["mail.mail"].search([("subject", "in", names)]).mapped("subject")


def start(run_id):
    return lambda env: env["backorder.run"].browse(run_id).action_start()


def test_two_processors_at_once_over_the_same_quotations(shop: Shop):  # noqa: F811
    shop.setting(backorder_fill_approved="same_order", backorder_run_threshold=500)
    jar = shop.product("Jar at once", 7)
    orders = shop.orders(5, (jar, 2))
    runs = [make_process(shop, orders) for _number in range(2)]
    shop.at_once(*(start(run) for run in runs), shop.call("action_confirm", orders[4]))

    def check(env):
        rows = env["backorder.run"].browse(runs).run_order_ids
        assert set(env["backorder.run"].browse(runs).mapped("state")) == {"done"}
        assert not rows.filtered(lambda row: row.outcome == "failed"), rows.mapped("message")
        approved = env["sale.order"].browse(orders).filtered(lambda order: order.state == "sale")
        by_runs = rows.filtered("approved").order_id
        assert len(rows.filtered("approved")) == len(by_runs), "an order was approved twice"
        for order in by_runs:
            assert order.state == "sale"
            assert len(order.invoice_ids) == 1, "invoiced twice"
            assert not any(line.backorder_qty for line in order.order_line)
        assert by_runs <= approved <= by_runs | env["sale.order"].browse(orders[4])
        subjects = mails_of(env, orders)
        assert sorted(subjects) == sorted(f"{name} at once" for name in by_runs.mapped("name"))

    shop.commit(check)
    on_hand, reserved, delivering, promised, _needed = shop.figures(jar)
    assert (on_hand, delivering, promised) == (7, reserved, 0)
    assert reserved <= 7


def test_a_killed_worker_processes_nothing_twice(shop: Shop):  # noqa: F811
    shop.setting(backorder_fill_approved="same_order", backorder_run_threshold=0)
    lamp = shop.product("Lamp at once", 0)
    orders = shop.orders(6, (lamp, 2))
    shop.receive(lamp, 9)
    run = make_process(shop, orders, if_backorders="try")
    shop.commit(start(run))
    worker = shop.workers.start(WORKER, run, 1.5)
    for _batch in range(2):  # the second batch is done, and not committed
        assert worker.line() == "filled"
    worker.kill()

    def after_kill(env):
        record = env["backorder.run"].browse(run)
        assert record.state == "running"
        assert len(record.run_order_ids.filtered("approved")) == 2
        assert len(mails_of(env, orders)) == 2

    shop.commit(after_kill)
    assert shop.workers.start(WORKER, run, 0).wait() == 0

    def at_the_end(env):
        record = env["backorder.run"].browse(run)
        assert (record.state, record.approved_count, record.failed_count) == ("done", 4, 0)
        approved = record.run_order_ids.filtered("approved").order_id
        assert set(approved.mapped("state")) == {"sale"}
        assert [len(order.invoice_ids) for order in approved] == [1] * 4
        subjects = mails_of(env, orders)
        assert sorted(subjects) == sorted(f"{name} at once" for name in approved.mapped("name"))
        left = env["sale.order"].browse(orders) - approved
        assert set(left.mapped("state")) == {"draft"}
        assert sum(left.order_line.mapped("backorder_promised_qty")) == 1
        events = env["backorder.event"].search(
            [("run_id", "=", run), ("type", "=", "fill"), ("quantity", "!=", 0)]
        )
        assert sum(events.mapped("quantity")) == -9, "filled twice"

    shop.commit(at_the_end)
    assert shop.figures(lamp) == (9, 8, 8, 1, 3)
