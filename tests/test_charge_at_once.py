"""Charges with real workers: killed between the call and its commit, and several at once.

The payment provider is Odoo's demo one. What it was asked is kept in a book of its own, a file:
as at a real provider, what was asked stays asked, whatever becomes of the one who asked.
"""

import threading
from unittest.mock import patch

import pytest
from test_many_workers import Shop, shop  # noqa: F401

from odoo import Command

WORKER = """
    import time
    from unittest.mock import patch
    from odoo import SUPERUSER_ID, api

    book, when, pause = arguments
    transactions, attempts = registry["payment.transaction"], registry["backorder.charge.attempt"]
    ask_card, ask_capture = transactions._send_payment_request, transactions._send_capture_request
    send = attempts._send
    rows = registry["backorder.run.order"]
    paid = rows._charge_paid

    def wait(moment):
        if moment == when:
            print(moment, flush=True)
            time.sleep(pause)

    def asked(ask):
        def call(self):
            with open(book, "a") as file:
                file.write(f"{self.reference} {self.amount}\\n")
            ask(self)
            wait("asked")
        return call

    def sending(self):
        wait("recorded")
        return send(self)

    def approving(self):
        paid(self)
        wait("approved")

    with (
        patch.object(rows, "_charge_paid", approving),
        patch.object(transactions, "_send_payment_request", asked(ask_card)),
        patch.object(transactions, "_send_capture_request", asked(ask_capture)),
        patch.object(attempts, "_send", sending),
        registry.cursor() as cr,
    ):
        api.Environment(cr, SUPERUSER_ID, {})["backorder.charge"]._cron_charge()
"""


class Till:
    """A shop whose customers have saved cards, and the provider's book of what it was asked."""

    def __init__(self, place, book):
        self.shop, self.book = place, book
        place.setting(
            backorder_fill_approved="new_order",
            backorder_charge_cards=True,
            backorder_approve_new_order=True,
        )
        self.provider = place.commit(self._provider)

    def _provider(self, env):
        provider = env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", env.company.id)], limit=1
        )
        provider.write({"state": "test", "allow_tokenization": True})
        partner = env.ref("base.res_partner_1")
        if not env["payment.token"].search_count([("partner_id", "=", partner.id)]):
            env["payment.token"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": provider.payment_method_ids[:1].id,
                    "partner_id": partner.id,
                    "provider_ref": "at once",
                    "payment_details": "4242",
                    "demo_simulated_state": "done",
                }
            )
        return provider.id

    def authorize(self, order_id, amount):
        def pay(env):
            provider = env["payment.provider"].browse(self.provider)
            order = env["sale.order"].browse(order_id)
            transaction = env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": provider.payment_method_ids[:1].id,
                    "amount": amount,
                    "currency_id": order.currency_id.id,
                    "partner_id": order.partner_id.id,
                    "operation": "online_direct",
                    "sale_order_ids": [Command.set([order_id])],
                }
            )
            transaction._set_authorized()
            return transaction.id

        return self.shop.commit(pay)

    def worker(self, when="never", pause=30):
        """A server's worker that runs the job, and stops at ``when`` to be killed."""
        return self.shop.workers.start(WORKER, str(self.book), when, pause)

    def killed(self, when):
        """A worker that is killed at that moment."""
        worker = self.worker(when)
        assert worker.line() == when
        worker.kill()

    def work(self):
        assert self.worker().wait() == 0

    def asked(self):
        return self.book.read_text().splitlines() if self.book.exists() else []

    def filled(self, name, quantity=2):
        """An order of which everything was on backorder is filled; (its id, the new order's)."""
        product = self.shop.product(name, 0)
        [order_id] = self.shop.orders(1, (product, quantity), confirm=True)
        self.shop.receive(product, quantity)

        def fill(env):
            run = env["sale.order"].browse(order_id).fill_backorders()
            return run.run_order_ids.new_order_id.id

        return order_id, self.shop.commit(fill)

    def states(self, new_id):
        """(of the new order, of its charge, of its card payments)"""

        def read(env):
            order = env["sale.order"].browse(new_id)
            [charge] = env["backorder.charge"].search([("order_id", "=", new_id)])
            return order.state, charge.state, order.transaction_ids.mapped("state")

        return self.shop.commit(read)


@pytest.fixture
def till(shop: Shop, tmp_path):  # noqa: F811
    yield Till(shop, tmp_path / "book")
    shop.setting(backorder_charge_cards=False)


def test_killed_between_the_call_and_its_commit(till):
    _order, new = till.filled("Killed after the call")
    till.killed("asked")
    assert len(till.asked()) == 1
    assert till.states(new) == ("draft", "sending", ["draft"])
    for _try in range(2):
        till.work()
    assert len(till.asked()) == 1, "charged twice"
    assert till.states(new) == ("draft", "unknown", ["draft"])
    # The provider's notification comes after all.
    till.shop.commit(
        lambda env: env["sale.order"].browse(new).transaction_ids.action_demo_set_done()
    )
    till.work()
    assert len(till.asked()) == 1
    assert till.states(new) == ("sale", "done", ["done"])


def test_killed_before_the_call(till):
    _order, new = till.filled("Killed before the call")
    till.killed("recorded")
    till.work()
    assert till.asked() == []
    # Nobody can know that it was not asked: a person looks it up, and it is asked once.
    assert till.states(new) == ("draft", "unknown", ["draft"])

    def not_charged(env):
        env["backorder.charge"].search([("order_id", "=", new)]).action_not_charged()

    till.shop.commit(not_charged)
    till.work()
    assert len(till.asked()) == 1
    assert till.states(new)[:2] == ("sale", "done")


def test_killed_between_the_payment_and_the_approval(till):
    _order, new = till.filled("Killed while approving")
    till.killed("approved")  # approved, and not committed
    assert till.states(new) == ("draft", "sending", ["done"])
    till.work()
    assert len(till.asked()) == 1
    assert till.states(new) == ("sale", "done", ["done"])


def test_a_processor_s_charge_killed_after_the_call(till):
    """Charged, approved, invoiced and mailed: each once, also when it goes on later."""
    product = till.shop.product("Processed and killed", 20)
    orders = till.shop.orders(2, (product, 2))

    def start(env):
        env["sale.order"].browse(orders).partner_id.email = "ada@example.com"
        template = env["mail.template"].create(
            {
                "name": "Processed and killed",
                "model_id": env["ir.model"]._get_id("sale.order"),
                "subject": "{{ object.name }} is on its way",
                "email_to": "ada@example.com",
                "body_html": "<p>Good news</p>",
            }
        )
        run = env["backorder.run"].create(
            {
                "kind": "process",
                "order_ids": [Command.set(orders)],
                "credit_card_mode": "charge",
                "approve": True,
                "create_invoice": True,
                "post_invoice": True,
                "email_template_id": template.id,
            }
        )
        run.action_start()
        return run.id

    run = till.shop.commit(start)
    till.killed("asked")
    till.work()
    assert len(till.asked()) == 2
    first, second = (till.states(order)[:2] for order in orders)
    assert (first, second) == (("draft", "unknown"), ("sale", "done"))
    till.shop.commit(
        lambda env: env["sale.order"].browse(orders[0]).transaction_ids.action_demo_set_done()
    )
    for _time in range(2):
        till.work()
    assert len(till.asked()) == 2

    def check(env):
        records = env["sale.order"].browse(orders)
        assert records.mapped("state") == ["sale", "sale"]
        assert [order.invoice_ids.mapped("state") for order in records] == [["posted"]] * 2
        for order in records:
            subject = f"{order.name} is on its way"
            assert env["mail.mail"].search_count([("subject", "=", subject)]) == 1
        counts = env["backorder.run"].browse(run)
        assert (counts.charged_count, counts.approved_count, counts.mail_count) == (2, 2, 2)

    till.shop.commit(check)


def test_a_capture_killed_after_the_call(till):
    product = till.shop.product("Captured and killed", 0)
    [order] = till.shop.orders(1, (product, 3), confirm=True)
    till.authorize(order, 34.5)
    till.shop.receive(product, 3)
    new = till.shop.commit(
        lambda env: env["sale.order"].browse(order).fill_backorders().run_order_ids.new_order_id.id
    )
    till.killed("asked")
    till.work()
    assert len(till.asked()) == 1
    assert till.states(new)[:2] == ("draft", "unknown")

    def check_and_charge(env):
        charge = env["backorder.charge"].search([("order_id", "=", new)])
        assert charge.order_id.backorder_carried_amount == 0
        charge.action_was_charged()

    till.shop.commit(check_and_charge)
    till.work()
    till.work()

    def carried_once(env):
        charge = env["backorder.charge"].search([("order_id", "=", new)])
        [capture] = charge.attempt_ids.filtered(lambda attempt: attempt.kind == "capture")
        assert charge.order_id.backorder_carried_amount == capture.amount
        assert charge.order_id.backorder_amount_due == 0

    till.shop.commit(carried_once)
    assert till.states(new)[:2] == ("sale", "done")


def test_two_workers_on_one_charge(till):
    _order, new = till.filled("Two workers")
    slow = till.worker("asked", pause=3)
    assert slow.line() == "asked"
    till.work()  # the other one finds it taken, and does not think that its worker died
    assert slow.wait() == 0
    assert len(till.asked()) == 1
    assert till.states(new) == ("sale", "done", ["done"])


def test_two_captures_at_once_of_one_authorized_payment(till):
    first, second = (till.shop.product(f"Half {number}", 0) for number in (1, 2))
    [order] = till.shop.orders(1, (first, 1), (second, 1), confirm=True)

    def read(env):
        record = env["sale.order"].browse(order)
        return record.amount_total, {line.product_id.id: line.id for line in record.order_line}

    total, lines = till.shop.commit(read)
    # Enough for one of them and a half.
    authorized = till.authorize(order, round(total * 0.75, 2))
    till.shop.receive(first, 1)
    till.shop.receive(second, 1)

    def fill(env):
        record = env["sale.order"].browse(order)
        runs = [record.fill_backorders({lines[product]: 1}) for product in (first, second)]
        new = [run.run_order_ids.new_order_id for run in runs]
        charges = env["backorder.charge"].search([("order_id", "in", [n.id for n in new])])
        assert len(charges) == 2
        return charges.ids

    charges = till.shop.commit(fill)
    till.shop.at_once(
        *(
            lambda env, charge=charge: env["backorder.charge"].browse(charge)._work()
            for charge in charges
        )
    )
    till.work()

    def check(env):
        source = env["payment.transaction"].browse(authorized)
        captured = source.child_transaction_ids.filtered(lambda tx: tx.state == "done")
        assert sum(captured.mapped("amount")) == source.amount, "more than was authorized"
        rows = env["backorder.charge"].browse(charges)
        assert rows.mapped("state") == ["done", "done"]
        assert set(rows.order_id.mapped("state")) == {"sale"}
        family = env["sale.order"].browse(order)._backorder_family()
        # The rest was charged to the card: paid exactly once.
        assert sum(family.mapped("backorder_amount_due")) == pytest.approx(0, abs=0.005)

    till.shop.commit(check)


def family_of_three(till, name):
    """(an order of two items, paid for one of them in advance; its two new orders; their charges;
    what one of them costs)"""
    products = [till.shop.product(f"{name} {number}", 0) for number in (1, 2)]
    [order] = till.shop.orders(1, *((product, 1) for product in products), confirm=True)

    def pay_half(env):
        record = env["sale.order"].browse(order)
        record.order_line.write({"price_unit": 50, "tax_ids": False})
        assert record.amount_total == 100
        provider = env["payment.provider"].browse(till.provider)
        env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "amount": 50,
                "currency_id": record.currency_id.id,
                "partner_id": record.partner_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set([order])],
            }
        )._set_done()

    till.shop.commit(pay_half)
    for product in products:
        till.shop.receive(product, 1)

    def fill(env):
        record = env["sale.order"].browse(order)
        news = env["sale.order"]
        for line in record.order_line:
            run = env["backorder.run"].create(
                {
                    "order_ids": [Command.set([order])],
                    "product_ids": [Command.set(line.product_id.ids)],
                    "carry_credit": "none",
                }
            )
            run.action_start()
            news |= run.run_order_ids.new_order_id
        assert news.mapped("amount_total") == [50, 50]
        charges = env["backorder.charge"].search([("order_id", "in", news.ids)], order="id")
        assert len(charges) == 2
        return news.ids, charges.ids

    return order, *till.shop.commit(fill)


def family_asked(till, order):
    def read(env):
        transactions = env["sale.order"].browse(order)._backorder_family().transaction_ids
        return sum(transactions.filtered(lambda tx: tx.state == "done").mapped("amount"))

    return till.shop.commit(read)


def test_two_new_orders_of_one_family_are_charged_at_once(till):
    """What was paid in advance is for one of them; two workers would each ask for all that is
    left of what the family owes."""
    order, news, charges = family_of_three(till, "Sisters")
    model = till.shop.registry["backorder.charge"]
    looked, due = threading.Barrier(2, timeout=60), model._due
    first = threading.local()

    def both_look(self):
        """Nobody goes on before both have looked at the database."""
        if not getattr(first, "done", False):
            first.done = True
            result = due(self)
            looked.wait()
            return result
        return due(self)

    with patch.object(model, "_due", both_look):
        till.shop.at_once(
            *(
                lambda env, charge=charge: env["backorder.charge"].browse(charge)._work()
                for charge in charges
            )
        )
    till.work()
    assert family_asked(till, order) == 100, "paid once, whoever was asked"

    def check(env):
        records = env["sale.order"].browse(news)
        assert records.mapped("state") == ["sale", "sale"]
        assert sorted(len(record.transaction_ids) for record in records) == [0, 1]
        assert env["backorder.charge"].browse(charges).mapped("state") == ["done", "done"]

    till.shop.commit(check)


@pytest.mark.parametrize("charged", [True, False])
def test_a_sister_of_one_that_was_killed_before_the_call(till, charged):
    """On record is asked for, until somebody looked it up."""
    order, news, _charges = family_of_three(till, f"Killed sister {charged}")
    till.killed("recorded")
    for _try in range(2):
        till.work()
    assert till.asked() == []
    assert [till.states(new)[1] for new in news] == ["unknown", "pending"]

    def look_up(env):
        charge = env["backorder.charge"].search([("order_id", "=", news[0])])
        charge.action_was_charged() if charged else charge.action_not_charged()

    till.shop.commit(look_up)
    for _try in range(2):
        till.work()
    assert len(till.asked()) == (0 if charged else 1)
    assert family_asked(till, order) == 100
    assert [till.states(new)[:2] for new in news] == [("sale", "done")] * 2


def test_two_processors_charge_the_same_quotations_once(till):
    product = till.shop.product("Charged by two", 20)
    orders = till.shop.orders(3, (product, 2))

    def make(env):
        return (
            env["backorder.run"]
            .create(
                {
                    "kind": "process",
                    "order_ids": [Command.set(orders)],
                    "credit_card_mode": "charge",
                    "approve": True,
                }
            )
            .id
        )

    runs = [till.shop.commit(make) for _number in range(2)]
    till.shop.at_once(
        *(lambda env, run=run: env["backorder.run"].browse(run).action_start() for run in runs)
    )
    till.work()
    till.work()
    assert len(till.asked()) == 3

    def check(env):
        records = env["sale.order"].browse(orders)
        assert set(records.mapped("state")) == {"sale"}
        assert [order.transaction_ids.mapped("state") for order in records] == [["done"]] * 3
        rows = env["backorder.run"].browse(runs).run_order_ids
        assert len(rows.filtered("approved")) == 3
        assert all(rows.mapped("message"))

    till.shop.commit(check)


def test_retry_pressed_by_two_at_once(till):
    _order, new = till.filled("Retry by two")

    def refuse(env):
        env["payment.token"].search([]).demo_simulated_state = "error"

    till.shop.commit(refuse)
    till.work()
    assert till.states(new) == ("draft", "failed", ["error"])
    till.shop.commit(
        lambda env: env["payment.token"].search([]).write({"demo_simulated_state": "done"})
    )

    def retry(env):
        env["backorder.charge"].search([("order_id", "=", new)]).action_retry()

    till.shop.at_once(retry, retry)
    for worker in [till.worker() for _number in range(2)]:
        assert worker.wait() == 0
    assert len(till.asked()) == 2
    assert till.states(new)[:2] == ("sale", "done")


def test_the_lock_of_a_charge_ends_with_its_worker(till):
    """Without it, the charge of a killed worker would wait for ever."""
    _order, new = till.filled("Lock")
    charges = till.shop.registry["backorder.charge"]
    with (
        patch.object(charges, "_step", side_effect=KeyError("died")),
        pytest.raises(KeyError),
    ):
        till.shop.commit(
            lambda env: env["backorder.charge"].search([("order_id", "=", new)])._work()
        )
    till.work()
    assert till.states(new)[:2] == ("sale", "done")


def test_the_same_payment_page_in_two_windows_at_once(till):
    """Both windows press *Pay* in the same moment: one of them begins a payment."""
    product = till.shop.product("Two windows", 3)
    [order] = till.shop.orders(1, (product, 3), confirm=True)

    def press_pay(env):
        record = env["sale.order"].browse(order)
        provider = env["payment.provider"].browse(till.provider)
        record._backorder_check_payment(record.amount_total)
        env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "amount": record.amount_total,
                "currency_id": record.currency_id.id,
                "partner_id": record.partner_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set([order])],
            }
        )

    [sentence] = till.shop.at_once(press_pay, press_pay, refused=1)
    assert "begun a moment ago" in sentence
    till.shop.commit(
        lambda env: env["sale.order"].browse(order).transaction_ids.ensure_one()._set_done()
    )
    [sentence] = till.shop.at_once(press_pay, refused=1)
    assert "more than what is still to be paid" in sentence
