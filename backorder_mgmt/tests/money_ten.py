"""Ten chairs at 10.00 for 100.00, six in stock; four become a new order for 40.00."""

from odoo import Command

from .test_money_table import MoneyTableCommon


class TenChairs(MoneyTableCommon):
    #: Options of each fill that a test does not name.
    fill_options = {}

    def _ten(self, price=10.0, tax=None, stock=6, policy="delivery", items=(), **values):
        """The order; ``items`` are further ones of it."""
        chair = self.item["chair"]
        chair.invoice_policy = policy
        if stock:
            self._stock(chair, stock)
        of_line = {"price_unit": price, "tax_ids": tax.ids if tax else False}
        values = {"require_payment": False, "payment_term_id": False, **values}
        return self._order((chair, 10, of_line), *items, **values)

    def _fill_chairs(self, order, quantity=4, **options):
        """``quantity`` come in and are filled, cards are charged; the new order."""
        self._stock(self.item["chair"], quantity)
        values = {"order_ids": [Command.set(order.ids)], **self.fill_options, **options}
        run = self.env["backorder.run"].create(values)
        run.action_start()
        self._run_job()
        self._fresh()
        return run.run_order_ids.new_order_id

    def _bill_all(self, orders):
        """All that can be is sent and invoiced, and payments are booked."""
        self._deliver_all(orders)
        self._fresh()
        self._bill(orders)
        self._run_job(self.booking)
        self._fresh()

    def _open(self, orders):
        """What is open on the invoices of the orders, and on their credit notes."""
        moves = orders.invoice_ids.filtered(lambda move: move.state == "posted")
        return tuple(
            sum(moves.filtered_domain([("move_type", "=", kind)]).mapped("amount_residual"))
            for kind in ("out_invoice", "out_refund")
        )

    def _on_invoice_pages(self, orders):
        """What the payment pages of the invoices of these orders ask for."""
        return sum(orders.invoice_ids.mapped("backorder_payable_amount"))

    def _reverse(self, invoice, post=True):
        """A credit note of all of the invoice, posted if ``post``."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        wizard.refund_moves()
        if post:
            wizard.new_move_ids.action_post()
        return wizard.new_move_ids
