"""``python -m benchmarks.stress DATABASE``: called by ``scripts/stress``, which says what it is.

Each person has a plan of their own from the seed: the same seed gives everybody the same plan
(what meets what still depends on the machine). What the server acknowledged must be there in the
end, and *Check Backorders* must find nothing.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from odoo.tools import config

from .client import ROOT, Client, Server
from .stress_book import Book, Retries, report
from .stress_people import FILE_LIMIT, Person

PRODUCTS = 12

SETUP = """
import json
company = env.company
company.write({"backorder_charge_cards": True, "backorder_run_threshold": 3})
env["stock.warehouse"].search([], limit=1).reception_steps = "two_steps"
products = env["product.product"].create([
    {"name": f"Stress {n}", "type": "consu", "is_storable": True, "list_price": 10 + n,
     "invoice_policy": "delivery" if n %% 3 else "order", "taxes_id": False}
    for n in range(%(products)s)
])
partners = env["res.partner"].create([
    {"name": f"Stress Customer {n}", "email": f"stress{n}@example.com"} for n in range(8)
])
users = env["res.users"]
groups = [env.ref(name).id for name in (
    "sales_team.group_sale_manager", "stock.group_stock_manager", "purchase.group_purchase_manager",
    "account.group_account_manager", "backorder_mgmt.group_backorder_manager",
    "backorder_mgmt.group_backorder_cancel", "base.group_system",
)]
for n in range(%(people)s):
    users.create({"name": f"Clerk {n}", "login": f"stress{n}", "password": f"stress{n}",
                  "group_ids": [(6, 0, groups)]})
provider = env["payment.provider"].search([("code", "=", "demo")], limit=1)
if provider:
    provider.write({"state": "test", "allow_tokenization": True})
    method = env["payment.method"].search([("code", "=", "demo")], limit=1)
    # A card that pays, one that makes up its mind later, one that does not, one that breaks.
    for partner, outcome in zip(partners[:4], ("done", "pending", "cancel", "error")):
        env["payment.token"].create({
            "provider_id": provider.id, "payment_method_id": method.id, "partner_id": partner.id,
            "payment_details": "4242", "provider_ref": "stress", "demo_simulated_state": outcome,
        })
# Nobody answers there: what is to be sent waits, and nobody's work does.
env["ir.mail_server"].search([]).active = False
env["ir.mail_server"].create({
    "name": "Stress", "smtp_host": "127.0.0.1", "smtp_port": 9, "smtp_encryption": "none",
})
warehouse = env["stock.warehouse"].search([], limit=1)
shelf = env["stock.location"].create(
    {"name": "Stress Shelf", "location_id": warehouse.lot_stock_id.id}
)
env.cr.commit()
print("TOLD " + json.dumps({
    "products": products.ids, "partners": partners.ids, "warehouse": warehouse.id,
    "stock": warehouse.lot_stock_id.id, "shelf": shelf.id,
    "receipts": warehouse.in_type_id.id, "internal": warehouse.int_type_id.id,
    "supplier": env.ref("stock.stock_location_suppliers").id,
    "input": warehouse.wh_input_stock_loc_id.id,
    "sales": env["account.journal"].search([("type", "=", "sale")], limit=1).id,
}))
"""

CHECK = """
import json
# What background work is still open is done first, as the jobs would.
for xmlid in ("ir_cron_work_runs", "ir_cron_charge"):
    for _time in range(20):
        env.ref(f"backorder_mgmt.{xmlid}").method_direct_trigger()
env.cr.commit()
seen = json.loads(%(seen)r)
lost = [
    [model, id_]
    for model, ids in seen.items()
    for id_ in set(ids) - set(env[model].with_context(active_test=False).browse(ids).exists().ids)
]
print("TOLD " + json.dumps({
    "found": env["backorder.check"].run_checks(),
    "lost": lost,
    "running": env["backorder.run"].search_count([("state", "=", "running")]),
    "orders": env["sale.order"].search_count([]),
}))
"""


def shell(db, script):
    """What a script run by ``scripts/odoo shell`` tells."""
    done = subprocess.run(
        [ROOT / "scripts" / "odoo", "shell", f"--database={db}", "--no-http", "--log-level=error"],
        input=script,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("TOLD ")]
    if not told:
        sys.exit(done.stdout[-2000:] + done.stderr[-4000:])
    return json.loads(told[0][5:])


def harm(server, chance, stop, happened):
    """Every few seconds a worker process is killed, or PostgreSQL is restarted."""
    while not stop.wait(chance.uniform(8, 20)):
        if chance.random() < 0.75:
            workers = server.workers()
            if workers:
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                happened["worker killed"] += 1
        else:
            data = Path(os.environ["STRESS_PG_DATA"]).resolve()
            (pid, *_rest) = (data / "postmaster.pid").read_text().split()
            restart_postgres(data, int(pid))
            happened["PostgreSQL restarted"] += 1


def restart_postgres(data, pid):
    """As an administrator does it: all connections are cut (as the cluster's owner; see lib.sh)."""
    script = f"""
        source scripts/lib.sh
        as_pg "$(pg_bin)/pg_ctl" stop --silent --mode=fast --pgdata={data}
        pg_start
    """
    subprocess.run(["bash", "-c", script], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    with suppress(ProcessLookupError):
        os.kill(pid, 0)


def main():
    parser = argparse.ArgumentParser(prog="scripts/stress", description="A day of a busy shop.")
    parser.add_argument("database", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--calm", action="store_true", help="nothing is killed or restarted")
    options = parser.parse_args()
    folder = ROOT / ".odoo" / "stress"
    folder.mkdir(exist_ok=True)
    shop = shell(options.database, SETUP % {"products": PRODUCTS, "people": options.people})
    config.parse_config(["--log-level=critical"])
    retries = Retries()
    server = Server(
        options.database, folder, options.workers,
        file_limit=FILE_LIMIT, log_handlers=("odoo.service.model:INFO",),
    )  # fmt: skip
    book, happened, stop = Book(), Counter(), threading.Event()
    try:
        client = Client(server.port, options.database)
        server.comes_up(lambda: client.call("res.users", "search_count", []))
        people = [
            Person(number, options.seed, server.port, options.database, shop, book)
            for number in range(options.people)
        ]
        end = time.monotonic() + 60 * options.minutes

        def work(person):
            while time.monotonic() < end:
                person.step()

        threads = [threading.Thread(target=work, args=(person,)) for person in people]
        if not options.calm:
            chance = random.Random(f"{options.seed}-harm")
            threads.append(threading.Thread(target=harm, args=(server, chance, stop, happened)))
        for thread in threads:
            thread.start()
        for thread in threads[: len(people)]:
            thread.join()
        stop.set()
        for thread in threads:
            thread.join()
    finally:
        server.stop()
    end = shell(options.database, CHECK % {"seen": json.dumps(book.seen)})
    report(options, book, happened, end, retries.total(server.log))
    sys.exit(bool(book.faults or end["lost"] or end["found"] or end["running"]))


if __name__ == "__main__":
    main()
