"""Invoices of a family are settled by its money, wherever that stands."""

from odoo import api, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_settle_invoices(self):
        """Match what is open on invoices of these orders' families with what is open of their
        payments and credit notes.

        Where all orders of a family together are paid, any of its money settles any of its
        invoices. Else only an order that owes nothing any more takes what orders that owe nothing
        either have, or what was carried to it: an invoice never takes what is meant for another
        one. A credit note of the family is never left open beside an invoice of it.
        """
        # sudo: whoever invoices need not see transactions; nothing of them is shown here
        for root in (
            self.sudo()
            ._backorder_families()
            .filtered(lambda order: not order.backorder_parent_id and order.backorder_child_ids)
        ):
            family = root._backorder_family()
            invoices = {
                order: order.invoice_ids.filtered(
                    lambda move: (
                        move.state == "posted"
                        and move.move_type == "out_invoice"
                        and not move.currency_id.is_zero(move.amount_residual)
                    )
                )
                for order in family
            }
            if not any(invoices.values()):
                continue
            settled = root._backorder_family_money().settled
            notes = family._backorder_open_credit_notes()
            for order, own in invoices.items():
                sources = order._backorder_settling_orders(family, settled)
                lines = sources._backorder_payment_lines() | notes.line_ids
                for invoice in own:
                    order._backorder_settle_invoice(invoice, lines)

    def _backorder_settling_orders(self, family, settled):
        """The orders whose payments settle the invoices of this one."""
        if settled:
            return self | family
        if self.backorder_amount_due > 0 or not (
            self.backorder_carry_in_ids or self.backorder_carry_out_ids
        ):
            return self.browse()
        givers = self.backorder_carry_in_ids.filtered(lambda row: row.amount > 0).from_order_id
        return self | givers | family.filtered(lambda order: order.backorder_amount_due <= 0)

    def _backorder_payment_lines(self):
        """The receivable lines of the online payments of these orders, and of bank payments of
        their invoices that are more than these."""
        transactions = self.transaction_ids
        transactions |= transactions.child_transaction_ids
        return transactions.filtered(lambda tx: tx.state == "done").payment_id.move_id.line_ids

    def _backorder_open_credit_notes(self):
        return self.invoice_ids.filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type == "out_refund"
                and not move.currency_id.is_zero(move.amount_residual)
            )
        )

    @api.model
    def _backorder_settle_invoice(self, invoice, lines):
        for line in lines:
            if (
                line.account_type == "asset_receivable"
                and not line.reconciled
                and line.balance < 0
                and not invoice.currency_id.is_zero(invoice.amount_residual)
            ):
                invoice.js_assign_outstanding_line(line.id)

    # -- what invoices may be asked for ----------------------------------------------------------

    def _backorder_billable_amount(self, paying, money, currency, date):
        """What the invoices of this family may be asked for at most, in ``currency``; not rounded.

        What it owes, or what is invoiced where that is more, less what is paid and asked for. A
        down payment is a part of that, also where no invoice deducted it yet. What is authorised on
        the orders that are ``paying`` counts as asked for.

        :param money: the :class:`FamilyMoney` of the first order of the family
        """
        root = self[:1]
        invoiced = deposits = 0.0
        for move in self.invoice_ids.filtered(lambda move: move.state == "posted"):
            deposit = sum(
                line.price_total
                for line in move.invoice_line_ids
                if line.is_downpayment and line.sale_line_ids.order_id & self
            )
            amounts = (move.amount_total * move._backorder_share(self) - deposit, deposit)
            goods, advance = (
                move.currency_id._convert(
                    amount * -move.direction_sign,
                    root.currency_id,
                    root.company_id,
                    date,
                    round=False,
                )
                for amount in amounts
            )
            invoiced += goods
            deposits += advance
        open_amount = max(money.owed, invoiced, deposits) - money.paid - money.asked
        open_amount -= sum(
            root._backorder_converted(order.backorder_authorized_amount, order.currency_id)
            for order in paying
        )
        return root.currency_id._convert(
            max(0.0, open_amount), currency, root.company_id, date, round=False
        )

    # -- what is to be invoiced -------------------------------------------------------------------

    def _compute_invoice_status(self):
        """An order all of whose items moved to new orders, and on which a down payment was
        invoiced, still has that to give back: by a credit note, which settles their invoices."""
        res = super()._compute_invoice_status()
        for order in self.filtered(lambda order: order.state == "sale"):
            if not order.backorder_child_ids or order.invoice_status == "to invoice":
                continue
            lines = order.order_line.filtered(lambda line: not line.display_type)
            deposits = lines.filtered("is_downpayment")
            if any(line.invoice_status == "to invoice" for line in deposits) and not any(
                line.product_uom_qty or line.qty_invoiced for line in lines - deposits
            ):
                order.invoice_status = "to invoice"
        return res
