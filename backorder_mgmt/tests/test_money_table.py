"""The money table on real records: stories named for what a merchant sees.

One test per way to pay tells all its stories on one set-up, each in a savepoint that is taken back,
and fails with every figure that differs. ``MONEY_ROW="cent of rounding"`` tells only the stories
with these words in their names.
"""

import os
import re
from collections import Counter
from contextlib import closing

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .money_table import AXES, ROWS
from .test_charge import ChargeCommon

#: verb, amount, item and price of a step, and the order it is about
STEP = re.compile(
    r"(?:(?P<order>[SN]\d): )?(?P<verb>[a-z ]+?)(?: (?P<amount>[\d.]+))?"
    r"(?: (?P<item>chair|lamp))?(?: at (?P<price>[\d.]+))?"
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
            {"currency_id": currency.id, "rate": rate, "company_id": cls.company.id}
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

    def _check(self, row):
        """Tell the story of ``row``, and compare all its figures.

        :return: every difference, in words
        """
        self.row, self.wrong, self.due_after_fill = row, [], None
        self._prepare(row)
        self.orders = [self._original(row)]
        self._fresh()
        for step in row.story:
            if step.startswith("fill") and len(self.orders) == 1 and self.due_after_fill is None:
                self._same("owed at first", [row.first[0]], self._owed())
                self._same("due at first", [row.first[1]], self._dues())
            self._step(step)
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
            self.wrong.append(f"new orders approved: {row.approved} expected, {states} found")
        if row.bills is not None:
            self._compare_invoices(row)
        return self.wrong

    def _prepare(self, row):
        policy = {"ordered": "order", "delivered": "delivery"}[row.policy]
        (self.item["chair"] | self.item["lamp"]).invoice_policy = policy
        rounding = {"line": "round_per_line", "global": "round_globally"}[row.rounding]
        self.company.tax_calculation_rounding_method = rounding
        self._card(row.card_says)
        self.options = {
            "carry_credit": "none" if row.carry == "balance" else row.carry,
            "carry_balance": row.carry == "balance",
            "charge_cards": row.cards,
        }

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
        self.env.invalidate_all()

    # Each step ends with nothing in the cache: what is read here was read since.

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
            self.wrong.append(f"{what}: {expected} expected, {found} found")

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
            self.wrong.append(f"asked: {expected} expected, {asked} found")

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
            self.wrong.append(f"carried: {expected} expected, {found} found")
        self._same("rounding", [row.rounded], [sum(rounding.mapped("amount"))])

    def _compare_invoices(self, row):
        """Everything that can be is booked, sent and invoiced; then the books are compared."""
        orders = self._family().filtered(lambda order: order.state == "sale")
        for order in orders:
            self._deliver_all(order)
        self._run_job(self.booking)
        for order in orders:
            self._bill(order)
        self._fresh()
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
                self.wrong.append(
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

    def _deliver_all(self, order):
        """What can be sent of the order."""
        pickings = self._open_pickings(order)
        if pickings:
            pickings.action_assign()
            self._do_deliver(order, None, None)

    def _send_back(self, order, amount, item, exchange=False):
        picking = order.picking_ids.filtered(
            lambda picking: (
                picking.state == "done"
                and picking.picking_type_id.code == "outgoing"
                and item in picking.move_ids.product_id
            )
        )[:1]
        wizard = (
            self.env["stock.return.picking"]
            .with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
            .create({"picking_id": picking.id})
        )
        for line in wizard.product_return_moves:
            line.quantity = amount if line.product_id == item else 0.0
        action = wizard.action_create_exchanges() if exchange else wizard.action_create_returns()
        returned = self.env["stock.picking"].browse(action["res_id"])
        returned.move_ids.picked = True
        returned._action_done()

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

    def _bill(self, order):
        """What Odoo proposes to invoice, down payments deducted; nothing is no error here."""
        if order.invoice_status == "to invoice" or order.order_line.filtered(
            lambda line: line.is_downpayment and line.qty_to_invoice
        ):
            order._create_invoices(final=True).action_post()
            self._fresh()


@tagged("post_install", "-at_install")
class TestMoneyTable(MoneyTableCommon):
    """Ninety and more stories; the figures are those of ``money_table.py``."""

    @mute_logger("odoo.addons.backorder_mgmt.models.pay.backorder_charge_worker")
    def _tell_stories(self, pay):
        wanted, told, wrong = os.environ.get("MONEY_ROW", ""), 0, []
        for row in ROWS:
            if row.pay != pay or wanted not in row.name:
                continue
            told += 1
            try:
                with closing(self.env.cr.savepoint()):
                    differences = self._check(row)
            except Exception as error:
                error.add_note(f"in the story: {row.name}")
                raise
            if differences:
                wrong.append("\n  ".join([f"{row.name} ({row.why})", *differences]))
        self.assertTrue(told or wanted, "no story at all")
        self.assertFalse(wrong, "\n".join(["", *wrong]))

    def test_stories_of_unpaid_orders(self):
        self._tell_stories("unpaid")

    def test_stories_of_prepaid_orders(self):
        self._tell_stories("prepaid")

    def test_stories_of_overpaid_orders(self):
        self._tell_stories("overpaid")

    def test_stories_of_authorised_payments(self):
        self._tell_stories("authorised")

    def test_stories_of_bank_payments(self):
        self._tell_stories("bank")

    def test_stories_of_down_payments(self):
        self._tell_stories("down payment")

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
