"""The money table on real records: stories named for what a merchant sees.

Stories that begin alike are told once as far as they are alike; from there each in a savepoint that
is taken back. A test fails with every figure that differs. ``MONEY_ROW="cent of rounding"`` tells
only the stories with these words in their names.
"""

import gc
import os
import re
from collections import Counter
from contextlib import closing, contextmanager, nullcontext

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .money_table import AXES, ROWS
from .test_charge import ChargeCommon

#: verb, amount, item and price of a step, and the order it is about
STEP = re.compile(
    r"(?:(?P<order>[SN]\d): )?(?P<verb>[a-z ]+?)(?: (?P<amount>[\d.]+))?"
    r"(?: (?P<item>chair|lamp))?(?: at (?P<price>[\d.]+))?"
)
#: What the steps of a story change: each step begins with nothing of it in the cache, as a request
#: does. The rest (accounts, taxes, users, rules) is read once for a story.
PAPERS = (
    "sale.order",
    "sale.order.line",
    "product.product",
    "stock.quant",
    "stock.picking",
    "stock.move",
    "stock.move.line",
    "account.move",
    "account.move.line",
    "account.payment",
    "account.partial.reconcile",
    "account.full.reconcile",
    "payment.transaction",
    "payment.token",
)
#: What a story has to tell when its row says so.
TOLD = {
    "returned": "return",
    "credited": "credit",
    "refunded": ("refund", "bank back"),
    "closed short": ("deliver short", "N1: deliver short"),
    "rest cancelled": "cancel",
    "exchange": "exchange",
    "over-delivered": "deliver 12",
}


class MoneyTableCommon(ChargeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        taxes = cls.env["account.tax"]
        cls.tax = {
            "0": taxes,
            "21": taxes.create({"name": "21", "amount": 21}),
            "21 included": taxes.create({"name": "21 included", "amount": 21}),
        }
        cls.tax["21"].price_include_override = "tax_excluded"
        cls.tax["21 included"].price_include_override = "tax_included"
        cls.item = {
            "chair": cls._product("Chair"),
            "lamp": cls._product("Lamp"),
            "discount": cls._product("Discount", type="service", is_storable=False),
            "shipping": cls._product("Shipping", type="service", is_storable=False),
        }
        cls.pricelist = {
            "home": cls.env["product.pricelist"].create(
                {"name": "Home", "currency_id": cls.company.currency_id.id}
            ),
            "euro": cls._foreign("EUR", 0.5),
            "yen": cls._foreign("JPY", 150.0),
        }
        cls._pay_into_the_books()

    @classmethod
    def _foreign(cls, name, rate):
        """A price list in another currency than the company's."""
        currency = cls.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", name)])
        currency.active = True
        currency.rate_ids.unlink()
        cls.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "rate": rate,
                "company_id": cls.company.id,
                # Odoo's default is the day where the user is: tomorrow for who looks from here.
                "name": fields.Date.today(),
            }
        )
        return cls.env["product.pricelist"].create({"name": name, "currency_id": currency.id})

    @classmethod
    def _pay_into_the_books(cls):
        """Payments settle invoices at once, by an outstanding account."""
        account = cls.env["account.account"].create(
            {"name": "Outstanding", "code": "101498", "account_type": "asset_current"}
        )
        account.reconcile = True
        journals = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)]
        )
        journals.inbound_payment_method_line_ids.payment_account_id = account
        journals.outbound_payment_method_line_ids.payment_account_id = account

    # -- a row ------------------------------------------------------------------------------------

    def _tell(self, rows, depth=0):
        """Tell the stories of ``rows``, which are alike in their first ``depth`` steps, these told.

        Differences are kept in ``self.wrong``, in words.
        """
        ended = [row for row in rows if len(row.story) == depth]
        turns = {}
        for row in rows:
            if len(row.story) > depth:
                turns.setdefault(self._turn(row, row.story[depth]), []).append(row)
        for row in ended:
            with self._taken_back([row], needed=len(rows) > 1):
                self._compare(row)
        for own in turns.values():
            with self._taken_back(own, needed=len(own) < len(rows)):
                self._tell_step(own, own[0].story[depth])
                self._tell(own, depth + 1)

    def _turn(self, row, step):
        """What stories have to agree about to be told together up to this step."""
        return (step, row.carry, row.cards) if step.startswith("fill") else step

    @contextmanager
    def _taken_back(self, rows, needed=True):
        """What is told inside is of these rows only, and taken back."""
        kept = self.orders, self.due_after_fill
        self.orders = list(self.orders)
        try:
            with closing(self.env.cr.savepoint()) if needed else nullcontext():
                yield
        except Exception as error:
            if not getattr(error, "__notes__", None):
                error.add_note("in the story: " + "; or ".join(row.name for row in rows))
            raise
        self.orders, self.due_after_fill = kept

    def _tell_beginning(self, rows):
        """The order that these rows begin with, and the card of its customer."""
        self.row, self.due_after_fill = rows[0], None
        self._prepare(self.row)
        self.orders = [self._original(self.row)]
        self._fresh()

    def _tell_step(self, rows, step):
        self.row = rows[0]
        if step.startswith("fill"):
            self.options = {
                "carry_credit": "none" if self.row.carry == "balance" else self.row.carry,
                "carry_balance": self.row.carry == "balance",
                "charge_cards": self.row.cards,
            }
            if len(self.orders) == 1 and self.due_after_fill is None:
                owed, dues = self._owed(), self._dues()
                for row in rows:
                    self.row = row
                    self._same("owed at first", [row.first[0]], owed)
                    self._same("due at first", [row.first[1]], dues)
        self._step(step)

    def _compare(self, row):
        """All figures at the end of the story."""
        self.row = row
        self._job()
        self._same("owed", row.owed, self._owed())
        self._same("due after the fill", row.due, self.due_after_fill)
        self._same("due at the end", row.due if row.left is None else row.left, self._dues())
        self._compare_asked(row)
        self._compare_carried(row)
        if row.link is not None:
            self._same("payment link", row.link, [self._link(order) for order in self.orders])
        states = [order.state == "sale" for order in self.orders[1:]]
        if states != [row.approved] * len(states):
            self._differs(f"new orders approved: {row.approved} expected, {states} found")
        if row.bills is not None:
            self._compare_invoices(row)

    def _differs(self, words):
        self.wrong.setdefault(self.row, []).append(words)

    def _prepare(self, row):
        policy = {"ordered": "order", "delivered": "delivery"}[row.policy]
        (self.item["chair"] | self.item["lamp"]).invoice_policy = policy
        rounding = {"line": "round_per_line", "global": "round_globally"}[row.rounding]
        self.company.tax_calculation_rounding_method = rounding
        self._card(row.card_says)

    def _original(self, row):
        for item, _ordered, _price, stock in row.items:
            if stock:
                self._stock(self.item[item], stock)
        values = {"tax_ids": [Command.set(self.tax[row.tax].ids)], "discount": 0.0}
        order = self._order(
            *(
                (self.item[item], ordered, {**values, "price_unit": price})
                for item, ordered, price, _stock in row.items
            ),
            pricelist_id=self.pricelist[row.currency].id,
            require_payment=False,
            payment_term_id=False,
        )
        self.assertEqual(order.currency_id, self.pricelist[row.currency].currency_id)
        return order

    # -- figures ----------------------------------------------------------------------------------

    def _fresh(self):
        self.env.flush_all()
        ours = [name for name in self.env if name.startswith("backorder.")]
        for name in (*PAPERS, *ours):
            self.env[name].invalidate_model(flush=False)

    # Each step ends with no paper in the cache: what is read here was read since.

    def _dues(self):
        return [order.backorder_amount_due for order in self.orders]

    def _owed(self):
        return [order.backorder_owed_amount for order in self.orders]

    def _link(self, order):
        """What *Generate a Payment Link* asks for: where Odoo proposes less than nothing, it says
        that there is nothing to be paid."""
        link = self.env["payment.link.wizard"].with_context(
            active_model="sale.order", active_id=order.id
        )
        return max(0.0, link.default_get(["amount"]).get("amount", 0.0))

    def _same(self, what, expected, found):
        expected = [round(figure, 2) for figure in expected]
        found = found and [round(figure, 2) for figure in found]
        if found != expected:
            self._differs(f"{what}: {expected} expected, {found} found")

    def _compare_asked(self, row):
        orders = self._family()
        attempts = self.env["backorder.charge.attempt"].search(
            [("charge_id.order_id", "in", orders.ids)], order="id"
        )
        asked = [
            (attempt.kind, round(attempt.transaction_id.amount, 2), attempt.transaction_id.state)
            for attempt in attempts
        ]
        expected = [(kind, round(amount, 2), state) for kind, amount, state in row.card]
        if asked != expected:
            self._differs(f"asked: {expected} expected, {asked} found")

    def _compare_carried(self, row):
        carries = self.env["backorder.carry"]
        ids = self._family().ids
        rows = carries.search(
            ["|", ("from_order_id", "in", ids), ("to_order_id", "in", ids)], order="id"
        )
        rounding = rows.filtered(lambda carry: carry.kind == "rounding")
        found = [(carry.kind, round(carry.amount, 2)) for carry in rows - rounding]
        expected = [(kind, round(amount, 2)) for kind, amount in row.carried]
        if found != expected:
            self._differs(f"carried: {expected} expected, {found} found")
        self._same("rounding", [row.rounded], [sum(rounding.mapped("amount"))])

    def _compare_invoices(self, row):
        """Everything that can be is booked, sent and invoiced; then the books are compared."""
        orders = self._family().filtered(lambda order: order.state == "sale")
        self._deliver_all(orders)
        self._run_job(self.booking)
        self._fresh()
        self._bill(orders)
        totals, residuals = [], []
        for order in self.orders:
            moves = order.invoice_ids.filtered(lambda move: move.state == "posted")
            totals.append(sum(-move.direction_sign * move.amount_total for move in moves))
            residuals += [-move.direction_sign * move.amount_residual for move in moves]
        if isinstance(row.bills, tuple):
            self._same("invoices", row.bills, totals)
        else:
            self._same("invoices of all orders", [row.bills], [sum(totals)])
        if row.open is not None:
            self._same("open by the invoices", [row.open], [sum(residuals)])
            asked = sum(residual for residual in residuals if residual > 0)
            left = -sum(residual for residual in residuals if residual < 0)
            if asked and left:
                self._differs(
                    f"not matched: {asked:.2f} open on invoices, {left:.2f} on credit notes"
                )

    def _family(self):
        return self.env["sale.order"].union(*self.orders)

    # -- steps ------------------------------------------------------------------------------------

    def _step(self, text):
        found = STEP.fullmatch(text)
        self.assertTrue(found, f"no such step: {text}")
        self._job()
        number = int(found["order"][1:]) if (found["order"] or "S1").startswith("N") else 0
        order = self.orders[number]
        do = getattr(self, "_do_" + found["verb"].replace(" ", "_"))
        amount = float(found["amount"]) if found["amount"] else None
        item = self.item.get(found["item"])
        if found["price"]:
            do(order, amount, item, float(found["price"]))
        else:
            do(order, amount, item)
        self._fresh()

    def _job(self):
        """The job that charges, if a fill before left something for it."""
        if self.env["backorder.charge"].search_count([("state", "in", ("todo", "sending"))]):
            self._run_job()
            self._fresh()

    def _do_card_pays(self, order, amount, _item):
        self._pay_online(order, amount)._post_process()

    def _do_refund(self, order, amount, _item):
        paid = order.transaction_ids.filtered(lambda tx: tx.state == "done")[:1]
        paid._create_child_transaction(amount, is_refund=True)._set_done()

    def _do_authorise(self, order, amount, _item):
        self._pay_online(order, amount, "authorized")

    def _do_authorise_whole(self, order, amount, _item):
        self.method.support_manual_capture = "full_only"
        self._pay_online(order, amount, "authorized")

    def _do_capture(self, order, amount, _item):
        order.transaction_ids.filtered(lambda tx: tx.state == "authorized")._capture(amount)

    def _do_void(self, order, amount, _item):
        order.transaction_ids.filtered(lambda tx: tx.state == "authorized")._void(amount)

    def _do_down_payment(self, order, amount, _item):
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": amount,
            }
        )
        wizard.create_invoices()
        order.invoice_ids.filtered(lambda move: move.state == "draft").action_post()

    def _do_invoice(self, order, amount, item):
        invoice = order._create_invoices(final=True)
        if item:
            wanted = invoice.invoice_line_ids.filtered(lambda line: line.product_id == item)
            (invoice.invoice_line_ids - wanted).unlink()
            wanted.quantity = amount
        invoice.action_post()

    def _do_credit(self, order, amount, item):
        [invoice] = order.invoice_ids.filtered(lambda move: move.move_type == "out_invoice")
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        wizard.refund_moves()
        note = wizard.new_move_ids
        wanted = note.invoice_line_ids.filtered(lambda line: line.product_id == item)
        (note.invoice_line_ids - wanted).unlink()
        wanted.quantity = amount
        note.action_post()
        if invoice.amount_residual:
            lines = (invoice | note).line_ids
            lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()

    def _do_bank(self, order, amount, _item):
        self._pay_open(order, "out_invoice", amount)

    def _do_bank_back(self, order, amount, _item):
        self._pay_open(order, "out_refund", amount)

    def _pay_open(self, order, move_type, amount):
        invoice = order.invoice_ids.filtered(
            lambda move: (
                move.move_type == move_type and move.state == "posted" and move.amount_residual
            )
        )
        self._pay_bank(invoice, amount)

    def _open_pickings(self, order, item=None):
        return order.picking_ids.filtered(
            lambda picking: (
                picking.state not in ("done", "cancel")
                and picking.picking_type_id.code == "outgoing"
                and (not item or item in picking.move_ids.product_id)
            )
        )

    def _do_deliver(self, order, amount, item, backorder=True):
        pickings = self._open_pickings(order, item)
        if item:
            self._deliver(pickings[:1], {item: amount}, backorder=backorder)
            return
        for picking in pickings.filtered(lambda picking: any(picking.move_ids.mapped("quantity"))):
            self._deliver(picking, backorder=backorder)

    def _do_deliver_short(self, order, amount, item):
        self._do_deliver(order, amount, item, backorder=False)

    def _deliver_all(self, orders):
        """What can be sent of the orders."""
        pickings = self._open_pickings(orders)
        if pickings:
            pickings.action_assign()
            ready = pickings.filtered(lambda picking: any(picking.move_ids.mapped("quantity")))
            if ready:
                self._deliver(ready)

    def _send_back(self, order, amount, item, exchange=False):
        picking = order.picking_ids.filtered(
            lambda picking: (
                picking.state == "done"
                and picking.picking_type_id.code == "outgoing"
                and item in picking.move_ids.product_id
            )
        )[:1]
        self._return(picking, {item: amount}, exchange=exchange)

    def _do_return(self, order, amount, item):
        self._send_back(order, amount, item)

    def _do_exchange(self, order, amount, item):
        self._send_back(order, amount, item, exchange=True)

    def _line(self, order, item):
        return order.order_line.filtered(lambda line: line.product_id == item)

    def _do_cancel(self, order, amount, item):
        order.cancel_backorders({self._line(order, item).id: amount}, reason="Enough")

    def _do_lower(self, order, amount, item):
        self._line(order, item).product_uom_qty = amount

    def _do_add(self, order, amount, item, price):
        self.env["sale.order.line"].create(
            {
                "order_id": order.id,
                "product_id": item.id,
                "product_uom_qty": amount,
                "price_unit": price,
                "tax_ids": [Command.set(self.tax[self.row.tax].ids)],
            }
        )

    def _do_fill(self, order, amount, item):
        self._stock(item, amount)
        run = self.env["backorder.run"].create(
            {
                "order_ids": [Command.set(order.ids)],
                "product_ids": [Command.set(item.ids)],
                **self.options,
            }
        )
        run.action_start()
        self.assertEqual(
            sum(run.line_ids.mapped("filled_qty")), amount, run.line_ids.mapped("message")
        )
        self.orders += run.run_order_ids.new_order_id
        self._fresh()
        self.due_after_fill = self._dues()

    def _do_retry(self, _order, _amount, _item):
        self._family().action_retry_charge()

    def _do_cancel_order(self, order, _amount, _item):
        order._action_cancel()

    def _bill(self, orders):
        """What Odoo proposes to invoice, an invoice for each order, down payments deducted; nothing
        is no error here."""
        billed = orders.filtered(
            lambda order: (
                order.invoice_status == "to invoice"
                or order.order_line.filtered(
                    lambda line: line.is_downpayment and line.qty_to_invoice
                )
            )
        )
        if billed:
            billed._create_invoices(grouped=True, final=True).action_post()
            self._fresh()


@tagged("post_install", "-at_install")
class TestMoneyTable(MoneyTableCommon):
    """Ninety and more stories; the figures are those of ``money_table.py``."""

    @mute_logger("odoo.addons.backorder_mgmt.models.pay.backorder_charge_worker")
    def _tell_stories(self, **chosen):
        """Those of the rows with these values in these columns; a tuple: one of them."""
        wanted, grounds, self.wrong = os.environ.get("MONEY_ROW", ""), {}, {}
        for row in ROWS:
            if wanted in row.name and all(
                getattr(row, name) in values for name, values in chosen.items()
            ):
                ground = (row.policy, row.tax, row.rounding, row.currency, row.items, row.card_says)
                grounds.setdefault(ground, []).append(row)
        # Odoo looks through all environments for each new one, and those of stories long told stay
        # until they are collected. What was there before is not looked at by that.
        gc.collect()
        gc.freeze()
        self.addCleanup(gc.unfreeze)
        for rows in grounds.values():
            self.orders, self.due_after_fill = [], None
            with self._taken_back(rows):
                self._tell_beginning(rows)
                self._tell(rows)
            gc.collect()
        self.assertTrue(grounds or wanted, "no story at all")
        self.assertFalse(
            self.wrong,
            "\n".join(
                "\n  ".join(["", f"{row.name} ({row.why})", *differences])
                for row, differences in self.wrong.items()
            ),
        )

    def test_stories_of_items_invoiced_as_ordered(self):
        self._tell_stories(tax=("0",), currency=("home",), policy=("ordered",))

    def test_stories_of_items_invoiced_as_delivered(self):
        self._tell_stories(tax=("0",), currency=("home",), policy=("delivered",))

    def test_stories_with_taxes(self):
        self._tell_stories(tax=("21", "21 included"), currency=("home",))

    def test_stories_in_other_currencies(self):
        self._tell_stories(currency=("euro", "yen"))

    def test_the_table_has_every_axis_and_names_are_told_apart(self):
        counts = Counter()
        for row in ROWS:
            specials = row.what.split(", ")
            counts.update(("what", special) for special in specials)
            counts["three"] += len(specials) >= 3
            counts["pay", row.pay] += 1
            counts["tax", row.tax] += 1
            counts["rounding", row.rounding] += 1
            counts["currency", "home" if row.currency == "home" else "other"] += 1
            counts["policy", row.policy] += 1
            counts["carry", row.carry] += 1
            for special in specials:
                if special in ("discount", "shipping"):
                    self.assertIn(special, [item[0] for item in row.items], row.name)
                elif special in TOLD:
                    told = any(step.startswith(TOLD[special]) for step in row.story)
                    self.assertTrue(told, f"{row.name}: {special}")
        few = [
            (axis, value, counts[axis, value])
            for axis, values in AXES.items()
            for value in values
            if counts[axis, value] < 5
        ]
        self.assertFalse(few, "less than five rows")
        self.assertGreaterEqual(counts["three"], 20)
        self.assertGreaterEqual(len(ROWS), 80)
        self.assertEqual(len({row.name for row in ROWS}), len(ROWS))
        self.assertLessEqual({row.tax for row in ROWS}, {"0", "21", "21 included"})
        self.assertLessEqual({row.currency for row in ROWS}, {"home", "euro", "yen"})
        self.assertLessEqual({row.policy for row in ROWS}, {"ordered", "delivered"})

    def test_what_the_family_is_due_is_what_it_owes_less_what_came_in(self):
        """The table agrees with itself: carries move money and make none."""
        for row in ROWS:
            captured = sum(amount for _kind, amount, state in row.card if state == "done")
            left = row.due if row.left is None else row.left
            refunded = any(step.startswith(("refund", "N1:")) for step in row.story[-1:])
            if refunded or "retry" in row.story or len(row.owed) > 2:
                continue
            self.assertAlmostEqual(sum(row.due) - sum(left), captured, 2, row.name)
            paid = row.first[0] - row.first[1]
            owed = sum(row.owed) - row.rounded
            self.assertAlmostEqual(owed - paid, sum(row.due), 2, row.name)
            self.assertAlmostEqual(owed, row.first[0], 2, row.name)
