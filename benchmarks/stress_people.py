"""The people of the busy shop: each has a plan of their own from the seed."""

import base64
import random
import time

from .client import Client, Conflict, Fault, Refused
from .cursors import Cursors

#: Bytes; what is larger finds the server's disk full.
FILE_LIMIT = 2_000_000


class Person:
    """One clerk with a plan of their own."""

    def __init__(self, number, seed, port, db, shop, book):
        self.random = random.Random(f"{seed}-{number}")
        login = f"stress{number}"
        # Every fourth is a program of the shop with connections of its own.
        self.client = Cursors(db, login) if number % 4 == 3 else Client(port, db, login, login)
        self.shop, self.book = shop, book
        self.orders, self.previews, self.runs = [], [], []

    def call(self, model, method, *args, **kwargs):
        return self.client.call(model, method, *args, **kwargs)

    def step(self):
        weights = {
            self.write_to: 4, self.attach: 3, self.charge: 6, self.credit: 3,
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
            if action == self.attach and "File too large" in str(fault.args):
                self.book.note(self.book.full, what)
            else:
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

    def credit(self):
        """A credit note for the whole of an invoice."""
        moves = self.call(
            "account.move", "search",
            [
                ("move_type", "=", "out_invoice"), ("state", "=", "posted"),
                ("line_ids.sale_line_ids.order_id", "in", self.orders),
                ("reversal_move_ids", "=", False),
            ],
        )  # fmt: skip
        move = self._one_of(moves)
        if not move:
            return False
        context = {"active_model": "account.move", "active_ids": [move], "active_id": move}
        wizard = self.call(
            "account.move.reversal", "create", {"journal_id": self.shop["sales"]}, context=context
        )
        self.call("account.move.reversal", "refund_moves", [wizard], context=context)
        drafts = self.call(
            "account.move", "search", [("reversed_entry_id", "=", move), ("state", "=", "draft")]
        )
        for draft in drafts:
            self.call("account.move", "action_post", [draft])
            self._saw("account.move", draft)
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
        if not order or isinstance(self.client, Cursors):  # has another disk
            return False
        content = base64.b64encode(self.random.randbytes(FILE_LIMIT + 1000)).decode()
        self.call(
            "ir.attachment", "create",
            {"name": "Too Large", "res_model": "sale.order", "res_id": order, "datas": content},
        )  # fmt: skip
        raise Fault("a file was kept that has no room on the disk", "")

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
