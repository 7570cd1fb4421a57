"""``python -m benchmarks.stress DATABASE``: called by ``scripts/stress``, which says what it is.

Each person has a plan of their own from the seed: the same seed gives everybody the same plan
(what meets what still depends on the machine). What the server acknowledged must be there in the
end, and *Check Backorders* must find nothing.
"""

import argparse
import base64
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

from .client import ROOT, Client, Conflict, Fault, Refused, Server

PRODUCTS = 12
#: Bytes; what is larger finds the disk full.
FILE_LIMIT = 2_000_000

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


class Book:
    """What happened, of all people together."""

    def __init__(self):
        self.lock = threading.Lock()
        self.calls, self.refused, self.unanswered = Counter(), Counter(), Counter()
        self.conflicts = Counter()
        # The last sentence with which each kind of call was refused.
        self.sentences = {}
        self.slowest = defaultdict(float)
        self.faults = []
        # Acknowledged by the server: these must be there in the end.
        self.seen = defaultdict(list)

    def note(self, counter, what, took=0.0):
        with self.lock:
            counter[what] += 1
            self.slowest[what] = max(self.slowest[what], took)


class Person:
    """One clerk with a plan of their own."""

    def __init__(self, number, seed, port, db, shop, book):
        self.random = random.Random(f"{seed}-{number}")
        self.client = Client(port, db, f"stress{number}", f"stress{number}")
        self.shop, self.book = shop, book
        self.orders, self.previews, self.runs = [], [], []

    def call(self, model, method, *args, **kwargs):
        return self.client.call(model, method, *args, **kwargs)

    def step(self):
        weights = {
            self.write_to: 4, self.attach: 3, self.charge: 6,
            self.order: 24, self.edit: 6, self.receive: 14, self.store: 12, self.fill: 12,
            self.preview: 6, self.start: 6, self.take_back: 3, self.deliver: 14, self.send_back: 4,
            self.cancel: 3, self.count: 4, self.relocate: 4, self.force: 4, self.close_short: 2,
            self.invoice: 4, self.schedule: 1, self.processor: 2,
        }  # fmt: skip
        action = self.random.choices([*weights], [*weights.values()])[0]
        what, begin = action.__name__, time.monotonic()
        try:
            if action() is False:
                return  # nothing there to do it with
        except Refused as refused:
            self.book.note(self.book.refused, what)
            self.book.sentences[what] = str(refused.args[0]).splitlines()[0]
        except Conflict:
            self.book.note(self.book.conflicts, what)
        except Fault as fault:
            with self.book.lock:
                self.book.faults.append((what, *fault.args))
        except (OSError, ValueError):
            # Killed or restarted in the middle: nobody knows whether it was done; so do people.
            self.book.note(self.book.unanswered, what)
            time.sleep(0.5)
        self.book.note(self.book.calls, what, time.monotonic() - begin)

    def _one_of(self, records):
        return self.random.choice(records) if records else None

    def _saw(self, model, record_id):
        with self.book.lock:
            self.book.seen[model].append(record_id)

    def order(self):
        lines = [
            (0, 0, {"product_id": self.random.choice(self.shop["products"]),
                    "product_uom_qty": self.random.randint(1, 9)})
            for _line in range(self.random.randint(1, 5))
        ]  # fmt: skip
        order = self.call(
            "sale.order", "create",
            {"partner_id": self.random.choice(self.shop["partners"]), "order_line": lines},
        )  # fmt: skip
        self._saw("sale.order", order)
        self.orders.append(order)
        if self.random.random() < 0.8:
            self.call("sale.order", "action_confirm", [order])

    def edit(self):
        order = self._one_of(self.orders)
        lines = order and self.call(
            "sale.order.line", "search", [("order_id", "=", order), ("display_type", "=", False)]
        )
        if not lines:
            return False
        quantity = self.random.randint(1, 12)
        self.call(
            "sale.order.line", "write", [self.random.choice(lines)], {"product_uom_qty": quantity}
        )
        return True

    def _transfer(self, picking_type, source, target, product, quantity):
        picking = self.call(
            "stock.picking", "create",
            {
                "picking_type_id": picking_type, "location_id": source, "location_dest_id": target,
                "move_ids": [(0, 0, {
                    "product_id": product, "product_uom_qty": quantity,
                    "location_id": source, "location_dest_id": target,
                })],
            },
        )  # fmt: skip
        self._saw("stock.picking", picking)
        self.call("stock.picking", "action_confirm", [picking])
        return picking

    def _validate(self, picking):
        moves = self.call("stock.move", "search_read", [("picking_id", "=", picking)], ["quantity"])
        ready = [move["id"] for move in moves if move["quantity"]]
        if not ready:
            return False
        self.call("stock.move", "write", ready, {"picked": True})
        self.call("stock.picking", "button_validate", [picking], context={"skip_backorder": True})
        return True

    def receive(self):
        picking = self._transfer(
            self.shop["receipts"], self.shop["supplier"], self.shop["input"],
            self.random.choice(self.shop["products"]), self.random.randint(1, 12),
        )  # fmt: skip
        return self._validate(picking)

    def _waiting(self, *domain):
        found = self.call(
            "stock.picking", "search", [("state", "=", "assigned"), *domain], limit=20
        )
        return self._one_of(found)

    def store(self):
        """The second step of a receipt: onto the shelf."""
        picking = self._waiting(("location_id", "=", self.shop["input"]))
        return self._validate(picking) if picking else False

    def deliver(self):
        picking = self._waiting(("picking_type_code", "=", "outgoing"))
        return self._validate(picking) if picking else False

    def relocate(self):
        picking = self._transfer(
            self.shop["internal"], self.shop["stock"], self.shop["shelf"],
            self.random.choice(self.shop["products"]), self.random.randint(1, 4),
        )  # fmt: skip
        self.call("stock.picking", "action_assign", [picking])
        return self._validate(picking)

    def count(self):
        quants = self.call(
            "stock.quant", "search_read",
            [("product_id", "in", self.shop["products"]), ("location_id", "=", self.shop["stock"])],
            ["quantity"],
        )  # fmt: skip
        quant = self._one_of(quants)
        if not quant:
            return False
        counted = max(0.0, quant["quantity"] + self.random.randint(-3, 3))
        context = {"inventory_mode": True}
        self.call(
            "stock.quant", "write", [quant["id"]], {"inventory_quantity": counted}, context=context
        )
        self.call("stock.quant", "action_apply_inventory", [quant["id"]], context=context)
        return True

    def fill(self):
        orders = self.call(
            "sale.order", "search",
            [("order_line.backorder_qty", ">", 0), ("state", "in", ("draft", "sent", "sale"))],
            limit=30,
        )  # fmt: skip
        order = self._one_of(orders)
        if not order:
            return False
        self.call("sale.order", "fill_backorders", [order])
        return True

    def preview(self):
        products = self.random.sample(self.shop["products"], 3)
        run = self.call("backorder.run", "create", {"product_ids": [(6, 0, products)]})
        self._saw("backorder.run", run)
        self.previews.append(run)
        self.call("backorder.run", "action_preview", [run])

    def start(self):
        """A preview of some while ago."""
        if not self.previews:
            return False
        run = self.previews.pop(0)
        self.call("backorder.run", "action_start", [run])
        self.runs.append(run)
        return True

    def take_back(self):
        if not self.runs:
            return False
        self.call("backorder.run", "action_undo", [self.runs.pop()])
        return True

    def processor(self):
        quotations = self.call(
            "sale.order", "search", [("id", "in", self.orders), ("state", "=", "draft")]
        )
        if not quotations:
            return False
        run = self.call(
            "backorder.run", "create", {"kind": "process", "order_ids": [(6, 0, quotations)]}
        )
        self.call("backorder.run", "action_preview", [run])
        self.previews.append(run)
        return True

    def send_back(self):
        pickings = self.call(
            "stock.picking", "search",
            [("state", "=", "done"), ("location_dest_id.usage", "=", "customer")], limit=30,
        )  # fmt: skip
        picking = self._one_of(pickings)
        if not picking:
            return False
        context = {"active_id": picking, "active_model": "stock.picking", "active_ids": [picking]}
        wizard = self.call(
            "stock.return.picking", "create", {"picking_id": picking}, context=context
        )
        rows = self.call("stock.return.picking", "read", [wizard], ["product_return_moves"])
        self.call(
            "stock.return.picking.line", "write", rows[0]["product_return_moves"],
            {"quantity": 1, "to_refund": self.random.random() < 0.7},
        )  # fmt: skip
        back = self.call("stock.return.picking", "action_create_returns", [wizard], context=context)
        return self._validate(back["res_id"])

    def cancel(self):
        order = self._one_of(self.orders)
        if not order:
            return False
        context = {"disable_cancel_warning": True}
        self.call("sale.order", "action_cancel", [order], context=context)
        return True

    def force(self):
        order = self._one_of(self.orders)
        if not order:
            return False
        self.call("sale.order", "force_backorders", [order])
        return True

    def close_short(self):
        order = self._one_of(self.orders)
        if not order:
            return False
        self.call("sale.order", "cancel_backorders", [order], reason="Stress")
        return True

    def invoice(self):
        order = self._one_of(self.orders)
        if not order:
            return False
        context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
        wizard = self.call(
            "sale.advance.payment.inv", "create", {"advance_payment_method": "delivered"},
            context=context,
        )  # fmt: skip
        self.call("sale.advance.payment.inv", "create_invoices", [wizard], context=context)
        drafts = self.call(
            "account.move", "search",
            [("line_ids.sale_line_ids.order_id", "=", order), ("state", "=", "draft")],
        )  # fmt: skip
        for move in drafts:
            self.call("account.move", "action_post", [move])
            self._saw("account.move", move)
        return True

    def write_to(self):
        """To the customer, by an SMTP server that does not answer."""
        order = self._one_of(self.orders)
        if not order:
            return False
        partner = self.call("sale.order", "read", [order], ["partner_id"])[0]["partner_id"][0]
        self.call(
            "sale.order", "message_post", [order], body="Soon", partner_ids=[partner],
            message_type="comment", subtype_xmlid="mail.mt_comment",
        )  # fmt: skip
        return True

    def attach(self):
        """A file that does not fit on the disk any more (see ``FILE_LIMIT``)."""
        order = self._one_of(self.orders)
        if not order:
            return False
        content = base64.b64encode(self.random.randbytes(FILE_LIMIT + 1000)).decode()
        self.call(
            "ir.attachment", "create",
            {"name": "Too Large", "res_model": "sale.order", "res_id": order, "datas": content},
        )  # fmt: skip
        return True

    def charge(self):
        """A new order of what a customer with a card waits for: the job charges the card."""
        orders = self.call(
            "sale.order", "search",
            [
                ("order_line.backorder_qty", ">", 0), ("state", "=", "sale"),
                ("partner_id", "in", self.shop["partners"][:4]),
            ],
            limit=30,
        )  # fmt: skip
        order = self._one_of(orders)
        if not order:
            return False
        self.call("sale.order", "fill_backorders", [order])
        job = self.call("ir.cron", "search", [("cron_name", "ilike", "Backorders: charge")])
        self.call("ir.cron", "method_direct_trigger", job)
        return True

    def schedule(self):
        cron = self.call(
            "ir.cron", "search",
            [("cron_name", "ilike", self.random.choice(("scheduler", "backorder")))],
        )  # fmt: skip
        if not cron:
            return False
        self.call("ir.cron", "method_direct_trigger", [self.random.choice(cron)])
        return True


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


def report(options, book, happened, end):
    print(f"\nseed {options.seed}, {options.people} people, {options.minutes} minutes")
    print(f"{'':14}{'calls':>7}{'refused':>9}{'conflict':>10}{'no answer':>11}{'slowest':>9}")
    for what in sorted(book.calls):
        print(
            f"{what:14}{book.calls[what]:7}{book.refused[what]:9}{book.conflicts[what]:10}{book.unanswered[what]:11}"
            f"{book.slowest[what]:8.1f}s"
        )
    print(
        f"{'all':14}{book.calls.total():7}{book.refused.total():9}{book.conflicts.total():10}{book.unanswered.total():11}\n"
        + "".join(f"{number} × {what}\n" for what, number in happened.items())
    )
    for what, sentence in sorted(book.sentences.items()):
        print(f"refused {what}: {sentence[:120]}")
    for what, *fault in book.faults[:10]:
        print(f"FAULT {what}: {fault[0]}\n{(fault[1] or '')[-1500:]}")
    for row in end["found"]:
        print(f"CHECK {row['code']}: {row['message']}")
    print(
        f"faults {len(book.faults)}, acknowledged and lost {len(end['lost'])}, "
        f"still running {end['running']}, Check Backorders: {len(end['found'])} found"
    )


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
    server = Server(options.database, folder, options.workers, file_limit=FILE_LIMIT)
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
    report(options, book, happened, end)
    sys.exit(bool(book.faults or end["lost"] or end["found"] or end["running"]))


if __name__ == "__main__":
    main()
