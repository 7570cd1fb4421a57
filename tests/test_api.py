"""Other programs: JSON-2 with an API key and XML-RPC, by real HTTP clients, against a server with
two workers (design 12). The examples of README.md are run as they stand there."""

import json
import re
import subprocess
import urllib.error
import urllib.request
import xmlrpc.client
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_many_workers import Shop

from benchmarks.client import Server

ROOT = Path(__file__).parent.parent


def examples():
    """[(language, code)] of the README's section on automation."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("\n## Automation\n") : text.index("\n## Who may\n")]
    return re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)


@pytest.fixture(scope="module")
def server(module_scratch_db, tmp_path_factory):
    """A server with two workers on a database of its own, and keys of its people."""
    shop = Shop(module_scratch_db)

    def prepare(env):
        env["ir.cron"].search([]).write({"active": False})
        env.company.write({"backorder_fill_approved": "same_order", "backorder_auto": True})
        people = {}
        for login, groups in {
            "clara": ("sales_team.group_sale_salesman", "backorder_mgmt.group_backorder_cancel"),
            "boss": ("sales_team.group_sale_manager", "purchase.group_purchase_user"),
        }.items():
            user = env["res.users"].create(
                {
                    "name": login,
                    "login": login,
                    "password": f"{login} {login}",
                    "group_ids": [(6, 0, [env.ref(group).id for group in groups])],
                }
            )
            keys = env["res.users.apikeys"].with_user(user).sudo()
            until = datetime.now() + timedelta(days=1)
            people[login] = SimpleNamespace(
                id=user.id, password=f"{login} {login}", key=keys._generate(None, "test", until)
            )
        return people

    people = shop.commit(prepare)
    running = Server(shop.registry.db_name, tmp_path_factory.mktemp("api"), 2, cron_threads=0)
    url = f"http://127.0.0.1:{running.port}"
    try:
        running.comes_up(lambda: urllib.request.urlopen(f"{url}/web/login", timeout=60).read())
        yield SimpleNamespace(shop=shop, url=url, db=shop.registry.db_name, people=people)
    finally:
        running.stop()
    lines = running.log.read_text().splitlines()
    assert not [line for line in lines if " ERROR " in line or " CRITICAL " in line]


class Refused(Exception):
    """A status of 4xx, and the sentence."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def json2(server, login, path, **values):
    """The answer of JSON-2, by Python's own client."""
    request = urllib.request.Request(
        f"{server.url}/json/2/{path}",
        json.dumps(values).encode(),
        {
            "Authorization": f"bearer {server.people[login].key}",
            "X-Odoo-Database": server.db,
            "Content-Type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Refused(error.code, json.load(error)["message"]) from error


def rpc(server, login):
    """``call(model, method, *args, **kwargs)`` over XML-RPC."""
    person = server.people[login]
    models = xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/object")

    def call(model, method, *args, **kwargs):
        return models.execute_kw(
            server.db, person.id, person.password, model, method, list(args), kwargs
        )

    return call


def order_of(server, quantity, stock, login="clara"):
    """(order, line) ids: an order on backorder, for which some came in."""
    product = server.shop.product("Lamp", 0)
    [order] = server.shop.orders(1, (product, quantity), confirm=True)

    def own(env):
        record = env["sale.order"].browse(order)
        record.user_id = server.people[login].id
        return record.order_line.id

    line = server.shop.commit(own)
    if stock:
        server.shop.receive(product, stock)
    return order, line


def reserved_order(server, quantity, login):
    """(order, line) ids: an order that has all it needs."""
    product = server.shop.product("Candle", quantity)
    [order] = server.shop.orders(1, (product, quantity), confirm=True)

    def own(env):
        record = env["sale.order"].browse(order)
        record.user_id = server.people[login].id
        assert not record.order_line.backorder_qty
        return record.order_line.id

    return order, server.shop.commit(own)


def needed(server, line):
    return server.shop.commit(lambda env: env["sale.order.line"].browse(line).backorder_qty)


def test_the_four_methods_over_json2(server):
    order, line = order_of(server, 10, 4)
    assert needed(server, line) == 10
    assert json2(server, "clara", "sale.order/detect_backorders", ids=[order]) == [line]
    [run] = json2(
        server, "clara", "sale.order/fill_backorders", ids=[order], quantities={str(line): 3}
    )
    [row] = json2(
        server,
        "clara",
        "backorder.run.line/search_read",
        domain=[["run_id", "=", run]],
        fields=["filled_qty", "reason"],
    )
    assert row["filled_qty"] == 3
    assert needed(server, line) == 7
    forced = json2(
        server, "clara", "sale.order/force_backorders", ids=[order], quantities={str(line): 9}
    )
    assert forced == [line]
    assert needed(server, line) == 9
    lowered = json2(
        server,
        "clara",
        "sale.order/cancel_backorders",
        ids=[order],
        quantities={str(line): 9},
        reason="Discontinued",
    )
    assert lowered == [line]
    assert needed(server, line) == 0
    [state] = json2(server, "clara", "sale.order/read", ids=[order], fields=["backorder_state"])
    assert state["backorder_state"] == "filled"


def test_what_is_refused_is_a_sentence_and_changes_nothing(server):
    order, line = order_of(server, 10, 4)
    with pytest.raises(Refused, match=r"Lamp.*5.*4") as refused:
        json2(server, "clara", "sale.order/fill_backorders", ids=[order], quantities={str(line): 5})
    assert refused.value.status == 422
    foreign, _line = order_of(server, 10, 0, login="boss")
    with pytest.raises(Refused) as refused:
        json2(server, "clara", "sale.order/fill_backorders", ids=[foreign])
    assert refused.value.status == 403
    with pytest.raises(Refused, match="cannot be written directly|is set") as refused:
        json2(server, "clara", "sale.order.line/write", ids=[line], vals={"backorder_qty": 1})
    assert refused.value.status == 403
    with pytest.raises(Refused, match="private|does not exist|Private") as refused:
        json2(server, "clara", "sale.order/_backorder_refigure", ids=[order])
    with pytest.raises(xmlrpc.client.Fault, match=r"Lamp.*5.*4"):
        rpc(server, "clara")("sale.order", "fill_backorders", [order], quantities={str(line): 5})
    assert needed(server, line) == 10


@pytest.mark.parametrize("door", ["json2", "xmlrpc"])
def test_everything_possible_without_quantities(server, door):
    """The four methods by each door, on an order of which four of ten came in."""
    order, line = order_of(server, 10, 4)

    def call(method, **values):
        if door == "json2":
            return json2(server, "clara", f"sale.order/{method}", ids=[order], **values)
        return rpc(server, "clara")("sale.order", method, [order], **values)

    assert call("detect_backorders") == [line]
    [run] = call("fill_backorders")
    assert isinstance(run, int)
    assert needed(server, line) == 6
    assert call("force_backorders") == [line]
    assert needed(server, line) == 10
    assert call("cancel_backorders", reason="Discontinued") == [line]
    assert needed(server, line) == 0
    assert call("detect_backorders") == []
    assert call("fill_backorders") == []


def test_no_id_and_our_keys_in_the_context_open_nothing(server):
    order, line = order_of(server, 10, 4)
    for ids in ([None], [False], ["x"], [[order]]):
        for login, path in (
            ("clara", "sale.order/fill_backorders"),
            ("boss", "backorder.fill.batch/action_start"),
            ("boss", "backorder.run/action_start"),
        ):
            with pytest.raises(Refused, match="without an id") as refused:
                json2(server, login, path, ids=ids)
            assert refused.value.status == 422
    with pytest.raises(xmlrpc.client.Fault, match="without an id"):
        rpc(server, "boss")("backorder.fill.batch", "action_start", [False])
    for key in ("backorder_token", "backorder_guard", "backorder_stay", "skip_procurement"):
        for value in (True, 1, {}, "backorder_token"):
            with pytest.raises(Refused) as refused:
                json2(
                    server,
                    "clara",
                    "sale.order.line/write",
                    ids=[line],
                    vals={"backorder_hold_qty": 1},
                    context={key: value},
                )
            assert refused.value.status == 403
    assert needed(server, line) == 10


@pytest.mark.parametrize("door", ["json2", "xmlrpc"])
def test_a_fill_of_many_orders(server, door):
    order, line = order_of(server, 10, 4)
    other, other_line = order_of(server, 5, 5, login="boss")

    def call(method, ids=None, **values):
        if door == "json2":
            ids = {"ids": ids} if ids else {}
            return json2(server, "boss", f"backorder.run/{method}", **ids, **values)
        first = [ids] if ids else [values.pop("vals_list")]  # positional: as Odoo asks for it
        return rpc(server, "boss")("backorder.run", method, *first, **values)

    options = {"order_ids": [[6, 0, [order, other]]], "policy": "most_complete"}
    run = call("create", vals_list=[options])
    assert call("compare_policies", run, policies=["fifo"])["fifo"]["orders"] == 1
    call("action_preview", run)
    assert call("read", run, fields=["state"])[0]["state"] == "planned"
    rows = call("read", run, fields=["line_ids"])[0]["line_ids"]
    call("change_plan", run, quantities={str(row): 1 for row in rows})
    call("action_start", run)
    assert call("read", run, fields=["state"])[0]["state"] == "done"
    assert (needed(server, line), needed(server, other_line)) == (9, 4)
    call("action_undo", run)
    assert (needed(server, line), needed(server, other_line)) == (10, 5)
    stopped = call("create", vals_list=[options])
    call("action_cancel", stopped)
    assert call("read", stopped, fields=["state"])[0]["state"] == "cancelled"


def test_the_examples_of_the_readme(server, tmp_path):
    """Each of them, as it stands there; only address, names and numbers are this test's."""
    order, line = reserved_order(server, 10, "clara")
    person = server.people["clara"]
    names = {
        "URL=http://127.0.0.1:8069 DB=demo": f"URL={server.url} DB={server.db}",
        "KEY=...": f"KEY={person.key}",
        '"http://127.0.0.1:8069", "demo", "clerk", "clerk"': repr(
            (server.url, server.db, "clara", person.password)
        )[1:-1],
        '"42"': f'"{line}"',
        "[7]": f"[{order}]",
        '"=", 7]': f'"=", {order}]',
        'orders = call("search", [("backorder_state", "=", "backordered")])': f"orders = [{order}]",
    }
    client, done = {}, []
    for language, code in examples():
        for old, new in names.items():
            code = code.replace(old, new)
        if language == "sh":
            done.append("curl")
            answers = subprocess.run(
                ["bash", "-euc", code.replace('"$2"', '"$2"; echo')],
                capture_output=True,
                text=True,
                check=True,
            ).stdout.splitlines()
            assert json.loads(answers[1]) == [], answers
            assert json.loads(answers[2]) == [line], answers
            assert json.loads(answers[4])[0]["filled_qty"] == 2, answers
        elif "xmlrpc.client" in code:
            done.append("xmlrpc")
            exec(compile(code, "README.md", "exec"), client)
        elif "def buy" in code:
            done.append("buy")
            boss = server.people["boss"]
            client.update(uid=boss.id, password=boss.password)
            exec(compile(code, "README.md", "exec"), client)
            assert client["orders"], "requests for quotation were made"
        else:
            done.append("server action")
            server_action(server, code)
    assert sorted(done) == ["buy", "curl", *["server action"] * 4, "xmlrpc"]


def server_action(server, code):
    """Run it as *Execute Code* on an order that waits, as somebody in charge."""
    order, _line = reserved_order(server, 10, "boss")
    boss = server.people["boss"].id
    [sent] = server.shop.orders(1, (server.shop.product("Shade", 5), 1))

    def run(env):
        env.ref("backorder_mgmt.group_backorder_cancel").user_ids += env["res.users"].browse(boss)
        env["sale.order"].browse(sent).action_quotation_sent()
        action = env["ir.actions.server"].create(
            {
                "name": "From the README",
                "model_id": env["ir.model"]._get_id("sale.order"),
                "state": "code",
                "code": code,
            }
        )
        context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
        # Who may run it, as the web client does; its code has that user's rights.
        env.flush_all()
        action.with_user(boss).with_context(**context).run()

    server.shop.commit(run)
