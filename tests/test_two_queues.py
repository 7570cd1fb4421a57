"""Two servers with OCA's job queue on one database share a fill, and one of them dies.

Only one of them has the runner, which asks one address to run each job: behind it is what shares
the requests out, as companies have it.
"""

import itertools
import os
import signal
import socket
import socketserver
import threading
import time
from contextlib import suppress
from pathlib import Path

from test_install import odoo, query, shell
from test_queue_job import free_port
from test_two_servers import comes_up

from benchmarks.client import Server

GROUPS, ORDERS = 4, 60
START = f"""
env.company.write({{"backorder_fill_approved": "new_order", "backorder_run_threshold": 0}})
env["ir.cron"].search([]).active = False
warehouse = env.ref("stock.warehouse0")
products = env["product.product"].create([
    {{"name": f"Shared {{number}}", "type": "consu", "is_storable": True}}
    for number in range({GROUPS})
])
orders = env["sale.order"].create([
    {{
        "partner_id": env.ref("base.res_partner_1").id,
        "warehouse_id": warehouse.id,
        "order_line": [(0, 0, {{"product_id": product.id, "product_uom_qty": 2}})],
    }}
    for product in products
    for _number in range({ORDERS})
])
orders.action_confirm()
for product in products:
    env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, {2 * ORDERS})
tell(orders=orders.ids)
"""
RESULT = """
run = env["backorder.run"].search([], order="id desc", limit=1)
orders = run.run_order_ids.order_id
tell(
    outcomes=sorted(set(run.run_order_ids.mapped("outcome"))),
    orders=len(orders),
    children=[len(order.backorder_child_ids) for order in orders],
    reserved=sum(orders.backorder_child_ids.picking_ids.move_ids.mapped("quantity")),
    needed=sum(orders.order_line.mapped("backorder_qty")),
    found=env["backorder.check"].run_checks(),
    failed=env["queue.job"].search_count([("state", "=", "failed")]),
)
"""


class Balancer(socketserver.ThreadingTCPServer):
    """Gives each connection to the next server that answers."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, ports):
        self.ports, self.turn = ports, itertools.count()
        super().__init__(("127.0.0.1", free_port()), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        for _try in self.server.ports:
            port = self.server.ports[next(self.server.turn) % len(self.server.ports)]
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as behind:
                threading.Thread(target=pump, args=(self.request, behind), daemon=True).start()
                pump(behind, self.request)
                return


def pump(source, target):
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


def at_work(db, servers, killed):
    """Numbers of the servers whose worker processes have a job in hand just now."""
    pids = {pid for [pid] in query(db, "SELECT worker_pid FROM queue_job WHERE state = 'started'")}
    return [
        number
        for number, server in enumerate(servers)
        if number != killed and pids & set(server.workers())
    ]


def test_two_servers_share_the_jobs_of_a_fill_and_one_dies(scratch_db, tmp_path):
    odoo("server", scratch_db, "--init=queue_job", "--stop-after-init", "--no-http")
    orders = shell(scratch_db, START)["orders"]
    ports = []
    balancer = Balancer(ports)
    settings = tmp_path / "odoo.conf"
    settings.write_text(
        Path(os.environ["ODOO_RC"]).read_text()
        + "\n[queue_job]\n"
        + f"channels = root:{GROUPS},root.backorders:{GROUPS}\n"
        + f"host = 127.0.0.1\nport = {balancer.server_address[1]}\n"
    )
    servers = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        servers.append(
            Server(
                scratch_db,
                tmp_path / name,
                workers=3,
                options=("--load=base,web,queue_job", f"--config={settings}"),
            )
        )
        ports.append(servers[-1].port)
    seen, told, killed = set(), [], None
    try:
        clients = [comes_up(server, scratch_db) for server in servers]
        run = clients[0].call("backorder.run", "create", {"order_ids": [[6, 0, orders]]})
        clients[0].call("backorder.run", "action_start", [run])
        end = time.monotonic() + 240
        while time.monotonic() < end:
            at_it = at_work(scratch_db, servers, killed)
            seen |= set(at_it)
            asked = clients[1 if killed == 0 else 0]
            [record] = asked.call("backorder.run", "read", [run], ["state", "progress"])
            told.append((record["progress"], record["state"]))
            if record["state"] not in ("queued", "running"):
                break
            if killed is None and seen == {0, 1} and at_it:
                killed = at_it[-1]
                os.killpg(servers[killed].process.pid, signal.SIGKILL)
            time.sleep(0.05)
    finally:
        for number, server in enumerate(servers):
            with suppress(ProcessLookupError):
                server.stop() if number != killed else server.process.wait(timeout=15)
        balancer.shutdown()
        balancer.server_close()
    jobs = query(scratch_db, "SELECT state, count(*) FROM queue_job GROUP BY state")
    assert told[-1] == (100, "done"), (told[-5:], jobs)
    assert seen == {0, 1}, f"only one server worked: {seen}"
    assert killed is not None
    progress = [share for share, _state in told]
    assert progress == sorted(progress), "the progress bar went back"
    assert shell(scratch_db, RESULT) == {
        "outcomes": ["complete"],
        "orders": GROUPS * ORDERS,
        "children": [1] * GROUPS * ORDERS,
        "reserved": 2 * GROUPS * ORDERS,
        "needed": 0,
        "found": [],
        "failed": 0,
    }
