"""What was paid on an order: its transactions, and payments of its invoices beside them."""

from odoo import fields, models
from odoo.tools import SQL

from ...engine import FamilyMoney


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_paid_figures(self):
        """{order id: (paid, captured)} of these orders, in their currency, one query for all.

        ``paid`` is what Odoo counts as paid online (authorised or done), less what was voided or
        refunded, plus payments of the order's invoices that do not come from transactions of an
        order: bank transfers, cheques, cash, and what was paid at a till. An invoice of several
        orders is shared out by value.
        ``captured`` leaves out what is only authorised: nobody has that money yet.
        """
        ids = [order_id for order_id in self._origin.ids if order_id]
        if not ids:
            return {}
        self._backorder_flush_paid()
        rows = self.env.execute_query(self._backorder_paid_sql(SQL("= ANY(%s)", ids)))
        currencies = {order.id: order.currency_id for order in self._origin}
        return {
            order_id: (currencies[order_id].round(paid), currencies[order_id].round(captured))
            for order_id, paid, captured in rows
        }

    # -- the family: what may be asked for at most ------------------------------------------------

    def _backorder_touch_family(self):
        """Write the first orders of these families without changing them, in their order.

        Who asks for money does so before they look at :meth:`_backorder_family_money`. Of two at
        once the other one waits, starts over, and sees what was asked for.
        """
        # sudo: whoever asks for the money of an order need not see the others
        roots = (
            self.sudo()._backorder_families().filtered(lambda order: not order.backorder_parent_id)
        )
        self.env.cr.execute(
            "UPDATE sale_order SET write_date = write_date WHERE id IN"
            " (SELECT id FROM sale_order WHERE id = ANY(%s) ORDER BY id FOR UPDATE)",
            [roots.ids],
            log_exceptions=False,
        )

    def _backorder_family_money(self, mode="charge"):
        """The :class:`FamilyMoney` of this order and its family, in its currency.

        What is authorised is not paid; where more is to be authorised (``authorize``) it counts.
        Who pays or captures by themselves (``page``) is not held up by a transfer that they only
        announced, as on Odoo's page of an invoice.
        """
        self.ensure_one()
        return self._backorder_families_money(mode)[self]

    def _backorder_families_money(self, mode="charge"):
        """{order: the :class:`FamilyMoney` of it and its family, in its currency}, by as many
        queries for many as for one."""
        # sudo: whoever asks for the money of an order need not see the others; sums only
        everybody = self.sudo()._backorder_families()
        captured = everybody._backorder_paid_figures()
        asked = everybody._backorder_asked_by_order(announced=mode != "page")
        everybody.mapped("backorder_owed_amount")
        transactions, result = self.env["payment.transaction"].sudo(), {}
        for order in self:
            family = order.sudo()._backorder_family()
            paid = sum(
                order._backorder_converted(captured[member.id][1], member.currency_id)
                for member in family
            )
            if mode == "authorize":
                paid += sum(
                    order._backorder_converted(payment.left, member.currency_id)
                    for member in family
                    for payment, _tx in member._backorder_own_authorizations()
                )
            waiting = sum(
                order._backorder_converted(family._backorder_asked_of(tx), tx.currency_id)
                for tx in transactions.union(*(asked[member] for member in family))
            )
            figures = (order._backorder_family_owed(), paid, waiting)
            result[order] = FamilyMoney(*map(order.currency_id.round, figures))
        return result

    def _backorder_family_owed(self):
        """What this order and its family owe together, quotations too; what they cost more for
        having been split is nobody's debt."""
        # sudo: as for the family's money
        return sum(
            self._backorder_converted(
                order.backorder_owed_amount - max(0.0, order.backorder_rounding_amount),
                order.currency_id,
            )
            for order in self.sudo()._backorder_family()
        )

    def _backorder_asked_transactions(self):
        """What these orders' customers are asked for already and is not decided: pending payments
        and captures, whoever asked for them, of the orders or of their invoices; what they began
        on a page some minutes ago; and our own requests from the moment that they are on record,
        also where nobody knows what became of them."""
        return (
            self.env["payment.transaction"].sudo().union(*self._backorder_asked_by_order().values())
        )

    def _backorder_asked_by_order(self, announced=True):
        """{order: what is asked for and not decided}, see :meth:`_backorder_asked_transactions`.

        :param announced: also what customers announced, a wire transfer say, and did not come yet
        """
        # sudo: as for the family's money
        attempts = (
            self.env["backorder.charge.attempt"]
            .sudo()
            .search(
                [
                    ("charge_id.order_id", "in", self.ids),
                    ("state", "in", ("sending", "sent")),
                    ("transaction_id.state", "in", ("draft", "pending")),
                ]
            )
            .grouped(lambda attempt: attempt.charge_id.order_id)
        )
        orders, result = self.sudo(), {}
        transactions = orders.env["payment.transaction"]
        known = orders.transaction_ids | orders.invoice_ids.transaction_ids
        (known | known.child_transaction_ids).mapped("state")  # read for all of them at once
        for order in orders:
            own, invoices = order.transaction_ids, order.invoice_ids
            by_invoice = (invoices.transaction_ids - own).filtered(
                lambda tx: tx.invoice_ids and not tx.sale_order_ids
            )
            asked = (own | own.child_transaction_ids | by_invoice).filtered(
                lambda tx: tx.state == "pending" and tx.operation not in ("refund", "validation")
            )
            # Paid, and booked on the invoice by Odoo's own job in a moment.
            asked |= by_invoice.filtered(
                lambda tx: tx.state == "done" and not tx.is_post_processed and not tx.payment_id
            )
            asked |= (own | by_invoice).filtered(lambda tx: tx._backorder_begun_until())
            if order in attempts:
                asked |= attempts[order].transaction_id
            result[order] = asked
        left_out = transactions.union(*result.values())._backorder_announced()
        if announced:
            left_out = left_out.filtered(lambda tx: not tx._backorder_to_come())
        return {order: asked - left_out for order, asked in result.items()}

    def _backorder_asked_of(self, transaction):
        """How much of what is asked for is for these orders: a customer may pay all their overdue
        invoices at once."""
        others = transaction.invoice_ids - self.invoice_ids
        amount = transaction.amount
        if transaction._backorder_announced():
            amount = transaction._backorder_to_come()
        if transaction.sale_order_ids or not others:
            return amount
        own = (transaction.invoice_ids & self.invoice_ids).filtered(
            lambda move: move.currency_id == transaction.currency_id
        )
        return min(amount, sum(own.mapped("amount_residual")))

    def _backorder_converted(self, amount, currency):
        """An amount of an order or payment of this family in this order's currency."""
        return currency._convert(amount, self.currency_id, self.company_id, fields.Date.today())

    def _backorder_paid_elsewhere(self, mode="charge"):
        """The other orders of the family that have more money than they ask for."""
        self.ensure_one()
        # sudo: as for the family's money; shown are names, as on a carried amount
        others = self.sudo()._backorder_family() - self.sudo()
        figures = others._backorder_paid_figures()
        result = others.browse()
        for order in others:
            due = order._backorder_due_of(figures[order.id][1])
            if mode == "authorize":
                due -= sum(payment.left for payment, _tx in order._backorder_own_authorizations())
            if order.currency_id.compare_amounts(due, 0.0) < 0:
                result |= order
        return result

    def _backorder_flush_paid(self):
        for model in (
            *(name for name in ("pos.config", "pos.order", "pos.order.line") if name in self.env),
            "sale.order",
            "sale.order.line",
            "payment.transaction",
            "res.currency.rate",
            "account.move",
            "account.move.line",
            "account.partial.reconcile",
            "account.payment",
            "stock.move",
        ):
            self.env[model].flush_model()

    def _backorder_paid_sql(self, condition):
        """Rows (order id, paid, captured) of the orders whose id fulfils ``condition``."""
        return SQL(
            """
            WITH %(online)s
            , own AS (
                SELECT pair.order_id, line.move_id, SUM(line.price_total) AS value
                  FROM (
                    SELECT DISTINCT sale_line.order_id, link.invoice_line_id
                      FROM sale_order_line sale_line
                      JOIN sale_order_line_invoice_rel link ON link.order_line_id = sale_line.id
                     WHERE sale_line.order_id %(condition)s
                  ) pair
                  JOIN account_move_line line ON line.id = pair.invoice_line_id
                  JOIN account_move move ON move.id = line.move_id
                 WHERE move.state = 'posted'
                   AND move.move_type IN ('out_invoice', 'out_refund')
              GROUP BY pair.order_id, line.move_id
            ), invoice AS (
                SELECT line.move_id AS id, SUM(line.price_total) AS value
                  FROM account_move_line line
                 WHERE line.move_id IN (SELECT move_id FROM own)
              GROUP BY line.move_id
            ), settled AS (
                %(settled)s
            ), bank AS (
                SELECT own.order_id,
                       SUM(
                           own.value / NULLIF(invoice.value, 0)
                           * CASE WHEN move.currency_id = so.currency_id THEN settled.amount
                                  ELSE settled.company_amount * so.currency_rate END
                       ) AS paid
                  FROM own
                  JOIN invoice ON invoice.id = own.move_id
                  JOIN settled ON settled.move_id = own.move_id
                  JOIN account_move move ON move.id = own.move_id
                  JOIN sale_order so ON so.id = own.order_id
              GROUP BY own.order_id
            )
            SELECT so.id,
                   COALESCE(online.paid, 0) + COALESCE(bank.paid, 0) + COALESCE(till.paid, 0),
                   COALESCE(online.captured, 0) + COALESCE(bank.paid, 0) + COALESCE(till.paid, 0)
              FROM sale_order so
         LEFT JOIN online ON online.order_id = so.id
         LEFT JOIN bank ON bank.order_id = so.id
         LEFT JOIN (%(till)s) till (order_id, paid) ON till.order_id = so.id
             WHERE so.id %(condition)s
            """,
            condition=condition,
            till=self._backorder_till_sql(condition),
            online=self._backorder_online_sql(condition),
            settled=self._backorder_settled_sql(),
        )

    def _backorder_online_sql(self, condition):
        """CTEs that end in ``online``: (order id, paid, captured) by transactions of orders."""
        return SQL(
            """
            tx AS (
                SELECT link.sale_order_id AS order_id, tx.id, tx.state, tx.amount,
                       %(rate)s AS rate
                  FROM sale_order_transaction_rel link
                  JOIN payment_transaction tx ON tx.id = link.transaction_id
                  JOIN sale_order so ON so.id = link.sale_order_id
                  JOIN res_company company ON company.id = so.company_id
                 WHERE link.sale_order_id %(condition)s
                   AND tx.state IN ('authorized', 'done')
            ), child AS (
                SELECT tx.order_id, tx.rate, tx.state AS source_state,
                       child.id, child.operation, child.state, child.amount
                  FROM tx
                  JOIN payment_transaction child ON child.source_transaction_id = tx.id
            ), refund AS (
                SELECT order_id, rate, state, amount FROM child WHERE operation = 'refund'
                 UNION ALL  -- of a captured part
                SELECT child.order_id, child.rate, refund.state, refund.amount
                  FROM child
                  JOIN payment_transaction refund ON refund.source_transaction_id = child.id
                 WHERE refund.operation = 'refund'
            ), online AS (
                SELECT order_id, SUM(paid * rate) AS paid, SUM(captured * rate) AS captured
                  FROM (
                    SELECT order_id, rate, amount AS paid,
                           CASE WHEN state = 'done' THEN amount ELSE 0 END AS captured
                      FROM tx
                     UNION ALL  -- of an authorised amount: captured, or voided
                    SELECT order_id, rate,
                           CASE WHEN state = 'cancel' THEN -amount ELSE 0 END,
                           CASE WHEN state = 'done' AND source_state = 'authorized' THEN amount
                                WHEN state = 'cancel' AND source_state = 'done' THEN -amount
                                ELSE 0 END
                      FROM child
                     WHERE operation IS DISTINCT FROM 'refund'
                     UNION ALL  -- amounts of refunds are negative; a pending one is on its way
                    SELECT order_id, rate, amount, amount
                      FROM refund
                     WHERE state IN ('pending', 'authorized', 'done')
                  ) parts
              GROUP BY order_id
            )
            """,
            condition=condition,
            rate=self._backorder_transaction_rate_sql(),
        )
