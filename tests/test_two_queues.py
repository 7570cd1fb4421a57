"""Two servers with OCA's job queue on one database share a fill, and one of them dies.

Only one of them has the runner, which asks one address to run each job: behind it is what shares
the requests out, as companies have it.
"""

import itertools
import os
import socket
import socketserver
import threading
from contextlib import suppress
from pathlib import Path

from dying_server import fill_while_one_dies
from test_install import odoo, query, shell
from test_queue_job import free_port

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


def at_work(db, servers):
    """Numbers of the servers whose worker processes have a job in hand just now."""
    pids = {pid for [pid] in query(db, "SELECT worker_pid FROM queue_job WHERE state = 'started'")}
    return [number for number, server in enumerate(servers) if pids & set(server.workers())]


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
    try:
        fill_while_one_dies(
            scratch_db, servers, orders, lambda: at_work(scratch_db, servers), seconds=240
        )
    finally:
        balancer.shutdown()
        balancer.server_close()
    assert shell(scratch_db, RESULT) == {
        "outcomes": ["complete"],
        "orders": GROUPS * ORDERS,
        "children": [1] * GROUPS * ORDERS,
        "reserved": 2 * GROUPS * ORDERS,
        "needed": 0,
        "found": [],
        "failed": 0,
    }
