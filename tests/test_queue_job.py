"""OCA's job queue instead of scheduled jobs: a real server with the real job runner."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

from test_install import odoo, query, shell

START = """
env.company.write({"backorder_fill_approved": "same_order", "backorder_run_threshold": 0})
warehouse = env.ref("stock.warehouse0")
products = env["product.product"].create([
    {"name": f"Queued {number}", "type": "consu", "is_storable": True} for number in range(2)
])
orders = env["sale.order"].create([
    {
        "partner_id": env.ref("base.res_partner_1").id,
        "warehouse_id": warehouse.id,
        "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": 2})],
    }
    for product in products
    for _number in range(60)
])
orders.action_confirm()
for product in products:
    env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 200)
run = env["backorder.run"].create({"order_ids": [(6, 0, orders.ids)]})
run.action_start()
tell(
    run=run.id,
    state=run.state,
    jobs=env["queue.job"].search([]).mapped(lambda job: (job.method_name, job.channel)),
    installed=env["ir.module.module"].search([("name", "=", "backorder_mgmt_queue_job")]).state,
)
"""
# Who started it leaves.
ARCHIVED = """
clerk = env["res.users"].create({
    "name": "Clerk", "login": "queued",
    "group_ids": [(6, 0, [env.ref("backorder_mgmt.group_backorder_manager").id])],
})
env.cr.execute("UPDATE backorder_run SET user_id = %s WHERE id = %s", [clerk.id, run.id])
clerk.active = False
"""
RESULT = """
run = env["backorder.run"].search([], order="id desc", limit=1)
orders = run.run_order_ids.order_id
jobs = env["queue.job"].search([])
tell(
    outcomes=sorted(set(run.run_order_ids.mapped("outcome"))),
    orders=len(orders),
    lanes=sorted(set(run.run_order_ids.mapped("lane"))),
    reserved=sum(orders.picking_ids.move_ids.mapped("quantity")),
    fills=env["backorder.event"].search_count([("run_id", "=", run.id), ("type", "=", "fill")]),
    jobs=len(jobs),
    states=sorted(set(jobs.mapped("state"))),
    users=jobs.user_id.mapped("login"),
)
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve_until(db, log, done, timeout=90):
    """A server with the job runner on ``db``, until ``done()``."""
    port = str(free_port())
    options = ["--config", os.environ["ODOO_RC"], "--database", db, "--http-port", port]
    options += ["--load=base,web,queue_job", "--db-filter", f"^{re.escape(db)}$"]
    env = {**os.environ, "ODOO_QUEUE_JOB_CHANNELS": "root:4,root.backorders:2"}
    env |= {"ODOO_QUEUE_JOB_HOST": "127.0.0.1", "ODOO_QUEUE_JOB_PORT": port}
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-P", "-m", "odoo", "server", *options],
            stdout=output,
            stderr=output,
            env=env,
        )
        try:
            end = time.monotonic() + timeout
            while not done():
                assert server.poll() is None, log.read_text()[-4000:]
                assert time.monotonic() < end, log.read_text()[-4000:]
                time.sleep(0.3)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


def test_each_batch_is_a_job_and_lanes_run_side_by_side(scratch_db, tmp_path):
    odoo("server", scratch_db, "--init=queue_job", "--stop-after-init", "--no-http")
    told = shell(scratch_db, START)
    assert told["installed"] == "installed", "the glue installs itself"
    assert told["state"] == "queued"
    assert told["jobs"] == [["_job_work", "root.backorders"]]

    def done():
        state = query(scratch_db, f"SELECT state FROM backorder_run WHERE id = {told['run']}")
        open_jobs = query(scratch_db, "SELECT count(*) FROM queue_job WHERE state != 'done'")
        return (state, open_jobs) == ([("done",)], [(0,)])

    serve_until(scratch_db, tmp_path / "server.log", done)
    result = shell(scratch_db, RESULT)
    assert result["outcomes"] == ["complete"]
    assert (result["orders"], result["fills"], result["reserved"]) == (120, 120, 240)
    assert result["lanes"] == [1, 2]
    # Each lane has 60 orders: two batches of at most 50.
    assert result["jobs"] >= 4
    assert result["states"] == ["done"]


FAILS = """
run = env["backorder.run"].search([], order="id desc", limit=1)
tell(
    state=run.state,
    outcomes=sorted(set(run.run_order_ids.mapped("outcome"))),
    said="".join(run.message_ids.mapped("body")),
    jobs=sorted(env["queue.job"].search([]).mapped("state")),
)
"""


def test_a_fill_that_raises_is_failed_and_says_why(scratch_db, tmp_path):
    """Its job is the queue's transaction: what is written after the error is kept all the same."""
    odoo("server", scratch_db, "--init=queue_job", "--stop-after-init", "--no-http")
    told = shell(scratch_db, START + ARCHIVED)

    def done():
        return query(scratch_db, f"SELECT state FROM backorder_run WHERE id = {told['run']}") != [
            ("queued",)
        ]

    serve_until(scratch_db, tmp_path / "server.log", done)
    result = shell(scratch_db, FAILS)
    assert (result["state"], result["outcomes"]) == ("failed", ["failed"])
    assert "is archived" in result["said"]
    assert result["jobs"] == ["done"]


LEFT = """
jobs = env["queue.job"].search([])
run = env["backorder.run"].search([], order="id desc", limit=1)
tell(
    jobs=jobs.read(["name", "records"]),
    called="ir_cron_work_runs" in str(env["ir.cron.trigger"].search([]).cron_id.get_external_id()),
    state=run.state,
)
"""


def test_a_fill_goes_on_without_the_queue_that_was_uninstalled(scratch_db):
    """OCA/queue#864, #14: a job whose method is gone can be neither done nor cancelled, and the
    list of jobs could not be opened any more."""
    odoo("server", scratch_db, "--init=queue_job", "--stop-after-init", "--no-http")
    assert shell(scratch_db, START)["jobs"]
    odoo("module uninstall", scratch_db, "backorder_mgmt_queue_job")
    assert shell(scratch_db, LEFT) == {"jobs": [], "called": True, "state": "queued"}


DELETED = """
from odoo.addons.queue_job.job import Job
user = env["res.users"].create({"name": "Clerk", "login": "queued"})
run = env["backorder.run"].search([], order="id desc", limit=1)
env["queue.job"].search([]).unlink()
run.with_user(user).sudo()._launch()
[job] = env["queue.job"].search([])
job = job.uuid
user.unlink()
env.flush_all()
env.invalidate_all()
Job.load(env, job).perform()
tell(state=run.state, jobs=env["queue.job"].search([]).mapped("method_name"))
"""


def test_a_fill_goes_on_whose_starter_was_deleted(scratch_db):
    """odoo/odoo#244416: jobs in the name of somebody who is no more."""
    odoo("server", scratch_db, "--init=queue_job", "--stop-after-init", "--no-http")
    shell(scratch_db, START)
    told = shell(scratch_db, DELETED)
    assert told["state"] == "running"
    assert len(told["jobs"]) > 1, "nobody goes on with it"
