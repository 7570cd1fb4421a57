"""``scripts/odoo server --workers 2``, as a company runs Odoo: the web client, its websocket and a
fill in the background are each served by a process of their own."""

import base64
import json
import os
import socket
import time

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401

from benchmarks.client import Client, Server


def handshake(port):
    """The first line that a websocket is answered with."""
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(
            f"GET /websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        return connection.recv(200).decode().splitlines()[0]


def test_worker_processes_serve_the_web_client_and_a_fill_in_the_background(
    shop: Shop,  # noqa: F811
    tmp_path,
):
    shop.setting(backorder_fill_approved="same_order", backorder_run_threshold=0)
    shop.only_our_jobs()
    product = shop.product("Lantern", 0)
    orders = shop.orders(6, (product, 2), confirm=True)
    shop.receive(product, 12)
    db = shop.registry.db_name
    server = Server(db, tmp_path, workers=2, log_level="info")
    try:
        client, evented = Client(server.port, db), Client(server.gevent_port, db)
        login = server.comes_up(lambda: client.page("/web/login"), seconds=60)
        assert 'name="password"' in login
        health = server.comes_up(lambda: evented.page("/websocket/health"), seconds=60)
        assert json.loads(health) == {"status": "pass"}
        assert handshake(server.gevent_port).startswith("HTTP/1.1 101 ")

        run = client.call("backorder.run", "create", {"order_ids": [[6, 0, orders]]})
        client.call("backorder.run", "action_start", [run])
        states = set()
        end = time.monotonic() + 60
        while "done" not in states and time.monotonic() < end:
            ((record),) = client.call("backorder.run", "read", [run], ["state"])
            states.add(record["state"])
            time.sleep(0.2)
        assert "done" in states, states
        assert states - {"done"}, "it was done at once, not in the background"
        # All are still there: none was ended by a limit of time.
        assert json.loads(evented.page("/websocket/health")) == {"status": "pass"}
        assert client.call("res.users", "search_count", [["login", "=", "admin"]]) == 1
    finally:
        server.stop()
    assert shop.figures(product) == (12, 12, 12, 0, 0)
    lines = server.log.read_text().splitlines()
    assert not [line for line in lines if " ERROR " in line or " CRITICAL " in line]
    assert not [line for line in lines if "limit" in line and "reached" in line]
