"""Row of the benchmark: a long order and its dialogs in a browser, until they are drawn."""

import json
import tempfile
from contextlib import closing, contextmanager
from statistics import median

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from .chromium import Chromium
from .client import Client, Server
from .data import make_orders, make_products, put_stock
from .measure import CONTEXT
from .rows_workers import committed_copy

SIZES = (500, 120)
#: What is clicked, and what is drawn in the end.
DIALOGS = {"Fill": "action_fill_backorders", "Force": "action_force_backorders"}

#: Seconds from a click until the rows are painted, and what of them the server's answers took.
WATCH = """
    (async () => {
        const frame = () => new Promise((done) => requestAnimationFrame(done));
        const target = %(target)s;
        if (!target) throw new Error("nothing to click: " + %(name)s);
        performance.clearResourceTimings();
        const begin = performance.now();
        target.click();
        while (document.querySelectorAll(%(drawn)s).length < %(rows)d) {
            if (performance.now() - begin > 60000) throw new Error("not drawn: " + %(drawn)s);
            await frame();
        }
        await frame();
        await frame();
        const took = performance.now() - begin;
        const server = performance.getEntriesByType("resource")
            .filter((entry) => entry.name.includes("/web/dataset/") && entry.startTime >= begin)
            .reduce((sum, entry) => sum + entry.duration, 0);
        return [took / 1000, server / 1000];
    })()
"""
ORDER_ROWS = ".o_field_widget[name=order_line] .o_data_row"
DIALOG_ROWS = ".modal .o_field_widget[name=line_ids] .o_data_row"


def _make_orders(db):
    """An order of so many lines each, one piece of each reserved, half of them with stock that came
    in later: their names."""
    with Registry(db).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, CONTEXT)
        env["ir.cron"].search([]).active = False
        env["res.users"].search([]).write({"tour_enabled": False})
        names = {}
        for size in SIZES:
            goods = make_products(env, size, 1)
            order = make_orders(env, goods, 1, size, quantity=5)
            order.action_confirm()
            put_stock(env, goods[: size // 2], 5)
            names[size] = order.name
        return names


@contextmanager
def _page(db):
    """A page of ``db``, logged in, on a server of its own."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(db, folder, workers=0, cron_threads=0, options=(f"--db-filter=^{db}$",))
        try:
            client = Client(server.port, db)
            server.comes_up(lambda: client.call("res.users", "search_count", []))
            session = client.opener.handlers
            [jar] = [handler.cookiejar for handler in session if hasattr(handler, "cookiejar")]
            [cookie] = [cookie.value for cookie in jar if cookie.name == "session_id"]
            with closing(Chromium()) as page:
                page.tell("Network.setCookie", name="session_id", value=cookie, url=client.base)
                yield page, client.base
        finally:
            server.stop()


def _watch(page, name, target, drawn, rows):
    """Seconds until drawn, of them the server's, and the browser's own script and layout."""
    before = page.metrics()
    words = {"name": json.dumps(name), "target": target, "drawn": json.dumps(drawn), "rows": rows}
    took, server = page.run(WATCH % words)
    after = page.metrics()
    parts = {
        part: after[f"{part}Duration"] - before[f"{part}Duration"]
        for part in ("Script", "Layout", "RecalcStyle")
    }
    return took, server, parts


def _rounds(page, base, names, rounds, ours):
    """(what, how often before, seconds) of orders and, with the addon, of their dialogs."""
    for number in range(rounds):
        for size, name in names.items():
            # A fresh page each round: the first order of it loads what the others find.
            if number % 2 == 0 and size == SIZES[0]:
                page.tell("Page.navigate", url=f"{base}/odoo/orders")
            else:
                page.run("history.back()")
            row = (
                "[...document.querySelectorAll('.o_list_view .o_data_row td[name=name]')]"
                f".find((cell) => cell.innerText === {json.dumps(name)})"
            )
            page.wait(row)
            rows = min(size, 60 if ours else 200)
            often = "again" if number % 2 else "first time"
            yield (f"{size} lines, {often}", *_watch(page, name, row, ORDER_ROWS, rows))
            for label, button in DIALOGS.items() if ours else ():
                target = f"document.querySelector('button[name={button}]')"
                seen = _watch(page, label, target, DIALOG_ROWS, min(size, 40))
                yield (f"dialog {label} of {size} lines, {often}", *seen)
                page.run("document.querySelector('.modal .btn-close').click()")
                page.wait("!document.querySelector('.modal')")


def bench_browser(args, report):
    """An order of 500 lines and one of 120, opened from the list, and the dialogs of each; beside
    the same without the addon. The goal is of a machine without other work."""
    for db, ours in ((args.base, False), (args.db, True)):
        seen = {}
        with committed_copy(db) as copy:
            names = _make_orders(copy)
            with _page(copy) as (page, base):
                page.tell("Page.navigate", url=f"{base}/odoo/orders")
                page.wait("document.querySelector('.o_list_view .o_data_row')")
                for what, took, server, parts in _rounds(page, base, names, args.rounds * 2, ours):
                    seen.setdefault(what, []).append((took, server, parts))
        for what, samples in seen.items():
            took, server, parts = sorted(samples, key=lambda sample: sample[0])[len(samples) // 2]
            spent = ", ".join(f"{part.lower()} {value:.2f}" for part, value in parts.items())
            report.figure(
                f"in a browser {'with' if ours else 'without'} the addon: {what}, seconds",
                median(sample[0] for sample in samples),
                "2" if ours else "none",
                f"{took:.2f} s; requests {server:.2f}, {spent}",
            )
