"""A worker dies at every moment of a charge, for real: nobody is charged twice, nothing is lost.

What is not committed is gone with the worker, what the payment provider was asked is not. So the
moments that differ are the one right before each commit and the one right after it; all of them
are tried, one by one, until the job comes to its end.
"""

import pytest
from test_charge_at_once import Till, family_of_three
from test_many_workers import shop  # noqa: F401

from odoo import Command

#: More moments than a job has: whoever comes to its end before is not killed.
MOMENTS = 30
MONEY = ("asked", "carried", "charged", "captured", "authorized")

PROGRAM = """
    import os, signal
    from unittest.mock import patch
    from odoo import SUPERUSER_ID, api
    from odoo.sql_db import Cursor

    book, moment, transaction_id = arguments
    transactions = registry["payment.transaction"]
    ask_card, ask_capture = transactions._send_payment_request, transactions._send_capture_request
    commit, passed = Cursor.commit, []

    def die_at(now):
        passed.append(now)
        if len(passed) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def committed(self):
        die_at("before")
        commit(self)
        die_at("after")

    def asked(ask):
        def call(self):
            with open(book, "a") as file:
                file.write(f"{self.reference} {self.amount}\\n")
            ask(self)
        return call

    with (
        patch.object(Cursor, "commit", committed),
        patch.object(transactions, "_send_payment_request", asked(ask_card)),
        patch.object(transactions, "_send_capture_request", asked(ask_capture)),
        registry.cursor() as cr,
    ):
        env = api.Environment(cr, SUPERUSER_ID, {})
        if transaction_id:
            env["payment.transaction"].browse(transaction_id)._set_done()
        else:
            env["backorder.charge"]._cron_charge()
"""


class Crashes(Till):
    """A till whose workers die at the nth moment."""

    def cards(self, answer):
        """What the provider says when a saved card is charged."""
        self.shop.commit(
            lambda env: env["payment.token"].search([]).write({"demo_simulated_state": answer})
        )

    def job(self, moment=0, told=0):
        """The job, or the provider's word that the transaction ``told`` is paid; dies at the nth
        ``moment``, 0: lives."""
        return self.shop.workers.start(PROGRAM, str(self.book), moment, told)

    def tidy(self, root):
        """What the provider tells, and what people look up there and say, after a crash."""
        assert self.job().wait() == 0

        def read(env):
            family = env["sale.order"].browse(root)._backorder_family()
            known = family.transaction_ids | family.transaction_ids.child_transaction_ids
            asked = {line.split()[0] for line in self.asked()}
            return known.filtered(
                lambda tx: tx.reference in asked and tx.state in ("draft", "pending")
            ).ids

        for transaction in self.shop.commit(read):
            # Its first notification dies, the next two arrive.
            assert self.job(1, told=transaction).wait() != 0
            for _time in range(2):
                assert self.job(told=transaction).wait() == 0

        def look_up(env):
            family = env["sale.order"].browse(root)._backorder_family()
            unknown = env["backorder.charge"].search(
                [("order_id", "in", family.ids), ("state", "=", "unknown")]
            )
            lost = unknown.attempt_ids.filtered(
                lambda a: a.state == "sending" and a.transaction_id.state == "draft"
            )
            lost.charge_id.action_not_charged()

        self.shop.commit(look_up)
        for _time in range(2):
            assert self.job().wait() == 0

    def settled(self, root, total):
        """All orders are approved, and the family has paid what it owes, once."""

        def read(env):
            family = env["sale.order"].browse(root)._backorder_family()
            payments = family.transaction_ids | family.transaction_ids.child_transaction_ids
            paid = payments.filtered(lambda tx: tx.state == "done" and not tx.child_transaction_ids)
            assert sum(paid.mapped("amount")) == pytest.approx(total), paid.mapped("amount")
            assert sum(family.mapped("backorder_owed_amount")) == pytest.approx(total)
            assert sum(family.mapped("backorder_amount_due")) == pytest.approx(0, abs=0.005)
            assert set(family.mapped("state")) == {"sale"}
            charges = env["backorder.charge"].search([("order_id", "in", family.ids)])
            assert set(charges.mapped("state")) == {"done"}, charges.mapped("message")
            assert set(charges.attempt_ids.mapped("state")) <= {"done", "failed"}
            ours = {("sale.order", order.id) for order in family}
            ours |= {("backorder.charge", charge.id) for charge in charges}
            found = [
                row
                for row in env["backorder.check"].run_checks()
                if row["code"] in MONEY and (row["model"], row["id"]) in ours
            ]
            assert not found, found
            asked = [
                line for line in self.asked() if line.split()[0] in payments.mapped("reference")
            ]
            assert len(asked) == len(set(asked)), "one request was sent twice"
            return len(asked)

        return self.shop.commit(read)


@pytest.fixture
def crashes(shop, tmp_path):  # noqa: F811
    place = Crashes(shop, tmp_path / "book")
    place.cards("done")
    yield place
    shop.setting(backorder_charge_cards=False)


def every_moment(crashes, begin):
    """Die at each moment of the job that follows ``begin(name)``, which returns an order and what
    its family costs; how many moments there are."""
    for moment in range(1, MOMENTS):
        root, total = begin(f"moment {moment}")
        died = crashes.job(moment).wait() != 0
        crashes.tidy(root)
        crashes.settled(root, total)
        if not died:
            return moment - 1
    raise AssertionError("the job never came to its end")


def _ordered(crashes, name):
    """An order of which two items were sent to a new order, which a card is to pay."""
    order, new = crashes.filled(name)

    def total(env):
        return env["sale.order"].browse(new).amount_total

    return order, new, crashes.shop.commit(total)


def test_a_card_is_charged_once(crashes):
    def begin(name):
        order, _new, total = _ordered(crashes, f"Card, {name}")
        return order, total

    assert every_moment(crashes, begin) >= 8


def test_a_pending_payment_is_approved_once(crashes):
    """The provider decides later: its notification comes late and twice, and its first one dies."""
    crashes.cards("pending")

    def begin(name):
        order, new, total = _ordered(crashes, f"Pending, {name}")
        assert crashes.job().wait() == 0
        [asked] = crashes.shop.commit(lambda env: env["sale.order"].browse(new).transaction_ids.ids)
        assert crashes.states(new) == ("draft", "pending", ["pending"])
        assert crashes.job(1, told=asked).wait() != 0
        assert crashes.states(new) == ("draft", "pending", ["pending"])
        for _time in range(2):
            assert crashes.job(told=asked).wait() == 0
        return order, total

    assert every_moment(crashes, begin) >= 4


def test_what_is_authorized_is_captured_once(crashes):
    def begin(name):
        product = crashes.shop.product(f"Capture, {name}", 0)
        [order] = crashes.shop.orders(1, (product, 3), confirm=True)
        total = crashes.shop.commit(lambda env: env["sale.order"].browse(order).amount_total)
        crashes.authorize(order, total)
        crashes.shop.receive(product, 3)
        crashes.shop.commit(lambda env: env["sale.order"].browse(order).fill_backorders().id)
        return order, total

    assert every_moment(crashes, begin) >= 8


def test_two_workers_of_one_family(crashes):
    """One of them dies, the other one works on the sister at the same time."""
    for moment in range(1, MOMENTS):
        root, _news, _charges = family_of_three(crashes, f"Sisters, moment {moment}")
        first, second = crashes.job(moment), crashes.job()
        died = first.wait() != 0
        assert second.wait() == 0
        crashes.tidy(root)
        crashes.settled(root, 100)
        if not died:
            break
    assert moment >= 8


def test_the_processor_approves_and_invoices_once(crashes):
    product = crashes.shop.product("Processed at every moment", 100)

    def begin(name):
        [order] = crashes.shop.orders(1, (product, 2))

        def start(env):
            record = env["sale.order"].browse(order)
            run = env["backorder.run"].create(
                {
                    "kind": "process",
                    "order_ids": [Command.set([order])],
                    "credit_card_mode": "charge",
                    "approve": True,
                    "create_invoice": True,
                    "post_invoice": True,
                }
            )
            run.action_start()
            return record.amount_total

        invoices.append(order)
        return order, crashes.shop.commit(start)

    invoices = []
    assert every_moment(crashes, begin) >= 8

    def read(env):
        return [
            order.invoice_ids.mapped(lambda move: (move.state, move.move_type))
            for order in env["sale.order"].browse(invoices)
        ]

    for found in crashes.shop.commit(read):
        assert found == [("posted", "out_invoice")]
