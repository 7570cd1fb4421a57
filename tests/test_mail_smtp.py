"""The customers' e-mails of a fill go out by a real SMTP server, each exactly once."""

import email
import socketserver
import threading
from datetime import timedelta
from email import policy
from unittest.mock import patch

import pytest

from odoo import SUPERUSER_ID, Command, api, fields, modules
from odoo.modules.registry import Registry
from odoo.tools import mute_logger


class Session(socketserver.StreamRequestHandler):
    """One SMTP dialogue; what is received is kept by the server."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        recipients = []
        self.say("220 loopback ESMTP")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            command = line.split(":")[0].split(" ")[0].upper()
            if command in ("EHLO", "HELO"):
                self.say("250-loopback")
                self.say("250 SMTPUTF8")
            elif command == "RCPT":
                address = line.split("<")[1].split(">")[0]
                if address in self.server.refused:
                    self.say("451 come back later")
                    continue
                recipients.append(address)
                self.say("250 ok")
            elif command == "DATA":
                self.say("354 go on")
                self.server.keep(recipients, self.read_data())
                recipients = []
                self.say("250 kept")
            elif command == "RSET":
                recipients = []
                self.say("250 ok")
            elif command == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def read_data(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.received = []
        self.refused = set()

    def keep(self, recipients, data):
        message = email.message_from_bytes(data, policy=policy.default)
        self.received.append((tuple(recipients), message))

    def subjects(self):
        # a long one begins on the next line
        return sorted((to[0], message["Subject"].strip()) for to, message in self.received)


@pytest.fixture
def smtp():
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def commit(scratch_db, smtp):
    """``commit(action)``: ``action(env)`` in a transaction of its own, with mail to ``smtp``."""
    registry = Registry(scratch_db)

    def commit(action):
        with registry.cursor() as cr:
            return action(api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True}))

    def prepare(env):
        env["ir.mail_server"].create(
            {
                "name": "Loopback",
                "smtp_host": "127.0.0.1",
                "smtp_port": smtp.server_address[1],
                "smtp_encryption": "none",
                "smtp_authentication": "login",
            }
        )
        env["mail.mail"].search([("state", "=", "outgoing")]).unlink()
        env.company.write({"backorder_auto": True, "backorder_fill_approved": "new_order"})

    commit(prepare)
    # Odoo sends nothing while a test of its own runs; here one is not, and must not seem to.
    with patch.object(modules.module, "current_test", False):
        yield commit


def make_fill(env):
    """Three customers wait for nine pieces, six come: completed, partly filled, no address."""
    product = env["product.product"].create(
        {"name": "Kettle", "type": "consu", "is_storable": True, "list_price": 10.0}
    )
    warehouse = env.ref("stock.warehouse0")
    orders = env["sale.order"]
    for name, address, quantity in (
        ("Ada", "ada@example.com", 3),
        ("No Address", False, 1),
        ("Bert", "bert@example.com", 5),
    ):
        partner = env["res.partner"].create({"name": name, "email": address})
        orders += orders.create(
            {
                "partner_id": partner.id,
                "warehouse_id": warehouse.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity})
                ],
            }
        )
    orders.action_confirm()
    env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 6)
    run = env["backorder.run"].create(
        {
            "order_ids": [Command.set(orders.ids)],
            "email_complete_template_id": env.ref(
                "backorder_mgmt.mail_template_backorder_complete"
            ).id,
            "email_partial_template_id": env.ref(
                "backorder_mgmt.mail_template_backorder_partial"
            ).id,
        }
    )
    run.action_start()
    return run.id, orders.mapped("name")


def send(env):
    env["mail.mail"].process_email_queue()


def test_every_customer_gets_his_mail_once(commit, smtp):
    run, (first, silent, second) = commit(make_fill)
    assert not smtp.received, "sent before the fill was committed"
    assert commit(lambda env: env["backorder.run"].browse(run).mail_count) == 2
    commit(send)
    company = commit(lambda env: env.company.name)
    once = [
        ("ada@example.com", f"{company}: the rest of your order {first} is ready"),
        ("bert@example.com", f"{company}: a part of your order {second} is ready"),
    ]
    assert smtp.subjects() == once
    bodies = {to[0]: message.get_body(("html",)).get_content() for to, message in smtp.received}
    assert "everything that was on backorder" in bodies["ada@example.com"]
    assert "Still on backorder" in bodies["bert@example.com"]
    commit(send)
    assert smtp.subjects() == once, "sent again by the next turn of the queue"

    def told(env):
        order = env["sale.order"].search([("name", "=", first)]).backorder_child_ids
        return order.message_ids.filtered(lambda message: message.subject == once[0][1])

    assert commit(lambda env: len(told(env))) == 1, "the chatter does not say what was sent"
    message = commit(
        lambda env: env["backorder.run"]
        .browse(run)
        .run_order_ids.filtered(lambda row: row.order_id.name == silent)
        .message
    )
    assert "No e-mail: No Address has no address" in message


def test_a_fill_that_fails_sends_nothing(commit, smtp):
    class Crash(Exception):
        pass

    def crash(env):
        make_fill(env)
        raise Crash

    with pytest.raises(Crash):
        commit(crash)
    commit(send)
    assert not smtp.received


def test_refused_for_now_and_sent_again(commit, smtp):
    commit(make_fill)
    smtp.refused.add("ada@example.com")
    with mute_logger("odoo.addons.mail.models.mail_mail"):
        commit(send)
    assert [to for to, _subject in smtp.subjects()] == ["bert@example.com"]
    smtp.refused.clear()

    def again(env):
        failed = env["mail.mail"].search([("state", "=", "exception")])
        assert len(failed) == 1, failed.mapped("state")
        failed.mark_outgoing()

    commit(again)
    commit(send)
    commit(send)
    assert [to for to, _subject in smtp.subjects()] == ["ada@example.com", "bert@example.com"]


class Killed(BaseException):
    """The process of the scheduled job is gone."""


def make_promise(env):
    """Two items of one customer are promised for ten days from now, then the vendor is late."""
    env.company.write({"backorder_delay_notice": "mail", "backorder_delay_tolerance": 1})
    partner = env["res.partner"].create({"name": "Ada", "email": "ada@example.com"})
    vendor = env["res.partner"].create({"name": "Vera Vendor"})
    products = env["product.product"].create(
        [{"name": name, "type": "consu", "is_storable": True} for name in ("Kettle", "Pan")]
    )
    soon = fields.Datetime.now() + timedelta(days=10)
    purchase = env["purchase.order"].create(
        {
            "partner_id": vendor.id,
            "order_line": [
                Command.create({"product_id": product.id, "product_qty": 3, "date_planned": soon})
                for product in products
            ],
        }
    )
    purchase.button_confirm()
    order = env["sale.order"].create(
        {
            "partner_id": partner.id,
            "warehouse_id": purchase.picking_type_id.warehouse_id.id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": 3})
                for product in products
            ],
        }
    )
    order.action_confirm()
    assert all(order.order_line.mapped("backorder_promised_date"))
    env.flush_all()
    purchase.order_line.date_planned = soon + timedelta(days=10)
    return order.id, purchase.id


def test_a_delay_is_told_once_whatever_dies(commit, smtp):
    """The job dies before it tells, then in the middle of it, then runs twice."""
    order, purchase = commit(make_promise)

    def work(env):
        env["backorder.delay"]._cron_notify()

    def states(env):
        return env["backorder.delay"].search([("order_id", "=", order)]).mapped("state")

    def noted(env):
        messages = env["purchase.order"].browse(purchase).message_ids
        return len(
            [body for body in messages.mapped("body") if "later than they were told" in body]
        )

    assert commit(noted) == 1, "one note on the purchase order that slipped"
    delays = Registry(commit(lambda env: env.cr.dbname))["backorder.delay"]
    tell = delays._tell

    def before(_rows):
        raise Killed

    def after(rows):
        tell(rows)
        assert rows.mapped("state") == ["mailed"] * 2
        raise Killed

    for dying in (before, after):
        with patch.object(delays, "_tell", dying), pytest.raises(Killed):
            commit(work)
        assert commit(states) == ["todo"] * 2, "found, committed, and nobody was told"
    commit(send)
    assert not smtp.received
    commit(work)
    assert commit(states) == ["mailed"] * 2
    commit(work)
    commit(send)
    commit(send)
    assert [to for to, _subject in smtp.subjects()] == ["ada@example.com"]
    body = smtp.received[0][1].get_body(("html",)).get_content()
    assert "Kettle" in body and "Pan" in body
    assert commit(noted) == 1
