"""A job whose process is killed, at every step, once or each time it comes to the same record.

Odoo kills a worker that needs more time or memory than it may have, and the system does where
memory is short. Odoo's own runner calls the job and counts such calls, in processes of their own.
"""

import pytest

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401
from test_runs_at_once import make_run

from odoo import Command

WORKER = """
    import os
    from contextlib import ExitStack
    from signal import SIGKILL
    from unittest.mock import patch
    from odoo.addons.base.models.ir_cron import IrCron

    job_name, model, method, when, ids, pdf = arguments
    with ExitStack() as stack, registry.cursor() as cr:
        if pdf:
            reports = registry["ir.actions.report"]
            content = lambda *_args, **_named: b"%PDF-1.4"
            stack.enter_context(patch.object(reports, "_backorder_document_pdf", content))
        if model:
            real = getattr(registry[model], method)

            def killed(self, *args, **named):
                records = args[0] if args and hasattr(args[0], "_ids") else self
                orders = "order_id" in records._fields and records.order_id.ids
                hit = not ids or set(ids) & set(orders or records.ids)
                if hit and when == "before":
                    os.kill(os.getpid(), SIGKILL)
                result = real(self, *args, **named)
                if hit:
                    os.kill(os.getpid(), SIGKILL)
                return result

            stack.enter_context(patch.object(registry[model], method, killed))
        cr.execute("SELECT id FROM ir_cron WHERE cron_name LIKE %s", [f"Backorders: {job_name}%"])
        [job_id] = cr.fetchone()
        job = IrCron._acquire_one_job(cr, job_id, include_not_ready=True)
        registry["ir.cron"]._process_job(cr, job)
        cr.commit()
"""
FILLS = "go on with fills"


@pytest.fixture
def orders(shop: Shop):  # noqa: F811
    """Six confirmed orders that wait, with the goods there; a fill goes to the job."""
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=0)
    product = shop.product("Killed", 0)
    made = shop.orders(6, (product, 2), confirm=True)
    shop.receive(product, 12)
    return made


def call(place, job=FILLS, model=None, method=None, when="before", ids=(), pdf=False):
    """The job, called by Odoo's runner; what its process ended with."""
    return place.workers.start(WORKER, job, model, method, when, list(ids), pdf).wait()


def start(place, orders, **options):
    run = make_run(place, orders, **options)
    place.commit(lambda env: env["backorder.run"].browse(run).action_start())
    return run


def outcomes(place, run):
    return place.commit(
        lambda env: (
            env["backorder.run"].browse(run).state,
            env["backorder.run"].browse(run).run_order_ids.mapped("outcome"),
        )
    )


STEPS = {
    "before it is planned": ("backorder.run", "_begin", "before"),
    "when it is planned": ("backorder.run", "_begin", "after"),
    "before the first order": ("backorder.run", "_do_rows_fill", "before"),
    "when the orders are filled": ("backorder.run", "_do_rows_fill", "after"),
    "in the mail": ("backorder.run.order", "_queue_mail", "after"),
    "when it is finished": ("backorder.run", "_finish", "after"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_fill_killed_at_a_step_is_done_once_by_the_next_call(shop: Shop, orders, step):  # noqa: F811
    def template(env):
        env["sale.order"].browse(orders).partner_id.email = "killed@example.com"
        model = env["ir.model"]._get("sale.order")
        return (
            env["mail.template"].create({"name": "K", "subject": "Kept", "model_id": model.id}).id
        )

    mail = shop.commit(template)
    run = start(shop, orders, email_complete_template_id=mail)
    model, method, when = STEPS[step]
    assert call(shop, model=model, method=method, when=when) != 0, "nobody was killed"
    assert outcomes(shop, run)[1] == [False] * 6, "half a batch was kept"
    assert call(shop) == 0
    assert outcomes(shop, run) == ("done", ["complete"] * 6)

    def check(env):
        family = env["sale.order"].browse(orders)
        assert [len(order.backorder_child_ids) for order in family] == [1] * 6
        mails = env["mail.mail"].search(
            [("model", "=", "sale.order"), ("res_id", "in", family.backorder_child_ids.ids)]
        )
        assert len(mails.filtered(lambda mail: mail.subject == "Kept")) == 6
        assert not env["backorder.check"].run_checks()

    shop.commit(check)


@pytest.mark.parametrize(
    ("model", "method"),
    [("backorder.run", "_process_make_documents"), ("ir.attachment", "create")],
)
def test_documents_whose_attachment_was_being_written(shop: Shop, model, method):  # noqa: F811
    """Killed while the file is written: it is made by the next call, and is there once."""
    shop.setting(backorder_run_threshold=0)
    quotations = shop.orders(3, (shop.product("Printed", 9), 1))
    run = start(shop, quotations, kind="process", approve=True, print_documents=True)
    assert call(shop, model=model, method=method, when="after", pdf=True) != 0
    assert outcomes(shop, run) == ("done", ["complete"] * 3)
    assert call(shop, pdf=True) == 0

    def check(env):
        record = env["backorder.run"].browse(run)
        found = env["ir.attachment"].search(
            [("res_model", "=", "backorder.run"), ("res_id", "=", run)]
        )
        assert (record.documents_due, record.document_id) == (False, found)
        assert len(found) == 1

    shop.commit(check)


def test_an_order_that_ends_the_process_each_time_fails_and_the_others_are_filled(
    shop: Shop,  # noqa: F811
    orders,
):
    """It stops neither its own fill nor those behind it: a call dies of its batch, one when it has
    done what is before it, one of it alone, and no more."""
    bad = orders[3]
    run, behind = start(shop, orders), []
    product = shop.product("Behind", 0)
    others = shop.orders(1, (product, 1), confirm=True)
    shop.receive(product, 1)
    behind = start(shop, others)
    kill = {"model": "backorder.run", "method": "_do_rows_fill", "ids": [bad]}
    assert [call(shop, **kill) for _call in range(4)] == [-9, -9, -9, 0]
    state, found = outcomes(shop, run)
    assert (state, found.count("failed"), found.count("complete")) == ("done", 1, 5)
    assert outcomes(shop, behind) == ("done", ["complete"])

    def check(env):
        row = (
            env["backorder.run"].browse(run).run_order_ids.filtered(lambda r: r.outcome == "failed")
        )
        assert row.order_id.id == bad
        assert "process was ended twice" in row.message
        assert row.order_id.order_line.backorder_qty == 2
        assert not row.order_id.backorder_child_ids
        assert not env["backorder.check"].run_checks()

    shop.commit(check)


def test_a_fill_that_waits_for_it_keeps_nobody_from_seeing_who_ends_the_process(
    shop: Shop,  # noqa: F811
    orders,
):
    """Each call looks at the fill that was made first, which waits: that is nothing done."""
    waiting = make_run(shop, orders)
    run = start(shop, orders)
    kill = {"model": "backorder.run", "method": "_do_rows_fill", "ids": [orders[3]]}
    calls = [call(shop, **kill) for _call in range(2)]
    assert outcomes(shop, run)[0] == "running"
    shop.commit(lambda env: env["backorder.run"].browse(waiting).action_start())
    assert outcomes(shop, waiting)[0] == "queued"
    while 0 not in calls and len(calls) < 8:
        calls.append(call(shop, **kill))
    assert 0 in calls, calls
    state, found = outcomes(shop, run)
    assert (state, found.count("failed"), found.count("complete")) == ("done", 1, 5)


def test_a_fill_whose_end_ends_the_process_each_time_fails_and_stops_nobody(
    shop: Shop,  # noqa: F811
    orders,
):
    """With its last order, done or failed: somebody's automation rule for fills that are done."""
    run = start(shop, orders[:3])
    product = shop.product("Behind the End", 0)
    others = shop.orders(1, (product, 1), confirm=True)
    shop.receive(product, 1)
    behind = start(shop, others)
    kill = {"model": "backorder.run", "method": "_finish", "ids": [run]}
    assert [call(shop, **kill) for _call in range(5)] == [-9, -9, -9, -9, 0]
    assert outcomes(shop, run) == ("failed", ["complete", "complete", "failed"])
    assert outcomes(shop, behind) == ("done", ["complete"])
    shop.commit(lambda env: _sound(env))


def _sound(env):
    assert not env["backorder.check"].run_checks()


def test_a_fill_whose_plan_ends_the_process_each_time_fails_and_says_so(shop: Shop, orders):  # noqa: F811
    run = start(shop, orders[:3])
    behind = start(shop, orders[3:], product_ids=[Command.clear()])
    kill = {"model": "backorder.run", "method": "_begin", "ids": [run]}
    assert [call(shop, **kill) for _call in range(3)] == [-9, -9, 0]
    assert outcomes(shop, run) == ("failed", ["failed"] * 3)
    assert outcomes(shop, behind)[0] == "done"


def test_an_order_that_cannot_be_looked_at_without_dying_stops_no_search(shop: Shop):  # noqa: F811
    shop.setting(backorder_auto=False)
    product = shop.product("Searched", 0)
    orders = shop.orders(5, (product, 1), confirm=True)
    shop.setting(backorder_auto=True)
    kill = {"job": "find open demand", "model": "sale.order", "method": "detect_backorders"}
    calls = [call(shop, **kill, ids=[orders[2]]) for _call in range(4)]
    assert calls == [-9, -9, -9, 0]

    def check(env):
        lines = env["sale.order"].browse(orders).order_line
        assert lines.mapped("backorder_qty") == [1, 1, 0, 1, 1]
        assert "process was ended twice" in lines[2].order_id.message_ids[0].body

    shop.commit(check)
