"""``scripts/odoo server --workers 2``, as a company runs Odoo: the web client, its websocket and a
fill in the background are each served by a process of their own."""

import base64
import itertools
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401

ROOT = Path(__file__).parent.parent


def free_ports(count):
    probes = [socket.socket() for _number in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class Client:
    """A person's browser."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.numbers = itertools.count(1)

    def page(self, path):
        with self.opener.open(self.base + path, timeout=30) as answer:
            return answer.read().decode()

    def rpc(self, path, **params):
        request = urllib.request.Request(
            self.base + path,
            json.dumps({"jsonrpc": "2.0", "id": next(self.numbers), "params": params}).encode(),
            {"Content-Type": "application/json"},
        )
        with self.opener.open(request, timeout=60) as answer:
            result = json.load(answer)
        assert "error" not in result, result["error"]["data"]["message"]
        return result["result"]

    def call(self, model, method, *args):
        path = f"/web/dataset/call_kw/{model}/{method}"
        return self.rpc(path, model=model, method=method, args=list(args), kwargs={})


def comes_up(what, process, log, seconds=60):
    """Try ``what()`` until nobody refuses the connection."""
    end = time.monotonic() + seconds
    while True:
        try:
            return what()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the server did not come up:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)


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
    # What the demo data of other apps has to do can take a minute.
    shop.commit(
        lambda env: (
            env["ir.cron"]
            .search([("cron_name", "not like", "Backorders")])
            .write({"active": False})
        )
    )
    product = shop.product("Lantern", 0)
    orders = shop.orders(6, (product, 2), confirm=True)
    shop.receive(product, 12)
    port, websocket_port = free_ports(2)
    log = tmp_path / "server.log"
    with (tmp_path / "server.out").open("w") as out:
        process = subprocess.Popen(
            [
                ROOT / "scripts" / "odoo",
                "server",
                f"--database={shop.registry.db_name}",
                "--workers=2",
                "--max-cron-threads=1",
                f"--http-port={port}",
                f"--gevent-port={websocket_port}",
                f"--logfile={log}",
            ],
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        log.touch()
        client = Client(port)
        assert 'name="password"' in comes_up(lambda: client.page("/web/login"), process, log)
        client.rpc(
            "/web/session/authenticate",
            db=shop.registry.db_name,
            login="admin",
            password="admin",
        )
        evented = Client(websocket_port)
        health = comes_up(lambda: evented.page("/websocket/health"), process, log)
        assert json.loads(health) == {"status": "pass"}
        assert handshake(websocket_port).startswith("HTTP/1.1 101 ")

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
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        with suppress(ProcessLookupError):  # all have ended by themselves
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=15)
    assert shop.figures(product) == (12, 12, 12, 0, 0)
    lines = log.read_text().splitlines()
    assert not [line for line in lines if " ERROR " in line or " CRITICAL " in line]
    assert not [line for line in lines if "limit" in line and "reached" in line]
