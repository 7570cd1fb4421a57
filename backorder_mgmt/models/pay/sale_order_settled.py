"""What settles invoices beside online payments: the bank, cash, and credit notes of elsewhere."""

from odoo import models
from odoo.tools import SQL


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_settled_amounts(self, invoices):
        """{invoice id: what settles it beside transactions, in its currency}"""
        self._backorder_flush_paid()
        rows = SQL(
            "WITH invoice AS (SELECT unnest(%s::int[]) AS id)"
            " SELECT move_id, SUM(amount) FROM (%s) settled GROUP BY move_id",
            invoices.ids,
            self._backorder_settled_sql(),
        )
        return dict(self.env.execute_query(rows))

    def _backorder_settled_sql(self):
        """Rows (invoice id, amount, amount in the company's currency) of what settles the invoices
        of the CTE ``invoice``: bank statements, cash, other entries, credit notes of elsewhere, and
        nothing that transactions count already."""
        return SQL(
            """
                SELECT part.move_id, part.amount, part.company_amount
                  FROM (
                    SELECT line.move_id, partial.debit_amount_currency AS amount,
                           partial.amount AS company_amount, partial.credit_move_id AS other_id
                      FROM account_move_line line
                      JOIN account_partial_reconcile partial ON partial.debit_move_id = line.id
                     WHERE line.move_id IN (SELECT id FROM invoice)
                     UNION ALL
                    SELECT line.move_id, -partial.credit_amount_currency,
                           -partial.amount, partial.debit_move_id
                      FROM account_move_line line
                      JOIN account_partial_reconcile partial ON partial.credit_move_id = line.id
                     WHERE line.move_id IN (SELECT id FROM invoice)
                  ) part
                  JOIN account_move_line other ON other.id = part.other_id
                  JOIN account_move other_move ON other_move.id = other.move_id
                 WHERE other_move.move_type = 'entry'
                   AND NOT EXISTS (
                        SELECT 1 FROM (%(online_payments)s) online_payment
                         WHERE online_payment.id = other_move.origin_payment_id
                   )
                 UNION ALL
                %(papers)s
                 UNION ALL  -- payments without an entry of their own, until the bank confirms
                SELECT move.id,
                       GREATEST(-move.amount_residual, LEAST(move.amount_residual, pay.amount)),
                       GREATEST(-move.amount_residual, LEAST(move.amount_residual, pay.amount))
                       / COALESCE(NULLIF(move.invoice_currency_rate, 0), 1)
                  FROM (
                    SELECT link.invoice_id,
                           SUM(
                               CASE WHEN payment.payment_type = 'inbound' THEN 1 ELSE -1 END
                               * CASE WHEN payment.currency_id = paid.currency_id
                                      THEN payment.amount
                                      ELSE ABS(payment.amount_company_currency_signed)
                                           * COALESCE(NULLIF(paid.invoice_currency_rate, 0), 1)
                                 END
                               * link.part
                           ) AS amount
                      FROM (  -- what a payment of several invoices is of each
                        SELECT link.invoice_id, link.payment_id,
                               COALESCE(
                                   ABS(move.amount_residual_signed)
                                   / NULLIF(
                                       SUM(ABS(move.amount_residual_signed))
                                           OVER (PARTITION BY link.payment_id),
                                       0
                                   ),
                                   1
                               ) AS part
                          FROM account_move__account_payment link
                          JOIN account_move move ON move.id = link.invoice_id
                         WHERE link.payment_id IN (
                                SELECT own.payment_id
                                  FROM account_move__account_payment own
                                 WHERE own.invoice_id IN (SELECT id FROM invoice)
                           )
                      ) link
                      JOIN account_move paid ON paid.id = link.invoice_id
                      JOIN account_payment payment ON payment.id = link.payment_id
                     WHERE link.invoice_id IN (SELECT id FROM invoice)
                       AND payment.move_id IS NULL
                       AND payment.state IN ('in_process', 'paid')
                       AND NOT EXISTS (
                            SELECT 1 FROM (%(online_payments)s) online_payment
                             WHERE online_payment.id = payment.id
                       )
                  GROUP BY link.invoice_id
                  ) pay
                  JOIN account_move move ON move.id = pay.invoice_id
            """,
            papers=self._backorder_papers_sql(),
            online_payments=self._backorder_online_payments_sql(),
        )

    def _backorder_till_sql(self, condition):
        """Rows (order id, amount in its currency) of what was paid for these orders at a till
        (`pos_sale`): Odoo's till makes no payment of the order, and its invoices know of no order.
        """
        if "sale_order_origin_id" not in self.env.get("pos.order.line", self.env["base"])._fields:
            return SQL("SELECT NULL::int, 0::numeric WHERE FALSE")
        return SQL(
            """
            SELECT so.id,
                   SUM(
                       line.price_subtotal_incl
                       * CASE WHEN till.currency_id = so.currency_id THEN 1
                              ELSE COALESCE(%(rate)s / NULLIF(sold.currency_rate, 0), 1) END
                   )
              FROM (
                SELECT sale_order_origin_id AS sale_id, order_id, price_subtotal_incl
                  FROM pos_order_line
                 WHERE sale_order_origin_id %(condition)s
                 UNION ALL  -- what came back names the line that was sold
                SELECT before.sale_order_origin_id, back.order_id, back.price_subtotal_incl
                  FROM pos_order_line before
                  JOIN pos_order_line back ON back.refunded_orderline_id = before.id
                 WHERE before.sale_order_origin_id %(condition)s
                   AND back.sale_order_origin_id IS NULL
              ) line
              JOIN pos_order sold ON sold.id = line.order_id
         LEFT JOIN pos_config till ON till.id = sold.config_id
              JOIN res_company company ON company.id = sold.company_id
              JOIN sale_order so ON so.id = line.sale_id
             WHERE sold.state IN ('paid', 'done', 'invoiced')
          GROUP BY so.id
            """,
            condition=condition,
            # By the till's company, which may be another one than the order's.
            rate=self._backorder_rate_sql(
                SQL("so.currency_id"), SQL("company"), SQL("sold.date_order::date")
            ),
        )

    def _backorder_papers_sql(self):
        """Rows (invoice id, amount, amount in the company's currency) of what invoices and credit
        notes settle of each other, as far as these are of no order of the same family: a credit
        note by hand or of a strange order pays, a credit that is used for something else is spent.
        Of a family's own a credit note says what is owed, and carried amounts who has the money.
        """
        return SQL(
            """
                (WITH RECURSIVE pair AS (
                    SELECT partial.id, line.move_id, other.move_id AS other_id,
                           side.sign
                           * CASE WHEN side.sign > 0 THEN partial.debit_amount_currency
                                  ELSE partial.credit_amount_currency END AS amount,
                           side.sign * partial.amount AS company_amount
                      FROM account_move_line line
                CROSS JOIN (VALUES (1), (-1)) side (sign)
                      JOIN account_partial_reconcile partial
                        ON line.id = CASE WHEN side.sign > 0 THEN partial.debit_move_id
                                          ELSE partial.credit_move_id END
                      JOIN account_move_line other
                        ON other.id = CASE WHEN side.sign > 0 THEN partial.credit_move_id
                                           ELSE partial.debit_move_id END
                      JOIN account_move other_move ON other_move.id = other.move_id
                     WHERE line.move_id IN (SELECT id FROM invoice)
                       AND other_move.move_type IN ('out_invoice', 'out_refund')
                ), part AS (  -- what the documents are worth, order by order
                    SELECT line.move_id, sale_line.order_id, SUM(line.price_total) AS value
                      FROM account_move_line line
                 LEFT JOIN LATERAL (
                        SELECT MIN(sale_line.order_id) AS order_id
                          FROM sale_order_line_invoice_rel link
                          JOIN sale_order_line sale_line ON sale_line.id = link.order_line_id
                         WHERE link.invoice_line_id = line.id
                     ) sale_line ON TRUE
                     WHERE line.move_id IN (
                            SELECT move_id FROM pair UNION SELECT other_id FROM pair
                       )
                       AND line.display_type = 'product'
                  GROUP BY line.move_id, sale_line.order_id
                ), up AS (  -- from each order to the first of its family
                    SELECT so.id, so.id AS root, so.backorder_parent_id AS parent
                      FROM sale_order so
                     WHERE so.id IN (SELECT order_id FROM part)
                     UNION ALL
                    SELECT up.id, so.id, so.backorder_parent_id
                      FROM up
                      JOIN sale_order so ON so.id = up.parent
                ), family AS (
                    SELECT part.move_id, up.root, part.value
                      FROM part
                 LEFT JOIN up ON up.id = part.order_id AND up.parent IS NULL
                ), strange AS (  -- how much of the other document is of no order of the family
                    SELECT pair.id, pair.move_id,
                           SUM(
                               CASE WHEN family.root IN (
                                        SELECT own.root FROM family own
                                         WHERE own.move_id = pair.move_id
                                    )
                                    THEN 0 ELSE family.value END
                           ) / NULLIF(SUM(family.value), 0) AS share
                      FROM pair
                      JOIN family ON family.move_id = pair.other_id
                  GROUP BY pair.id, pair.move_id
                )
                SELECT pair.move_id,
                       pair.amount * LEAST(1, GREATEST(0, strange.share)),
                       pair.company_amount * LEAST(1, GREATEST(0, strange.share))
                  FROM pair
                  JOIN strange ON strange.id = pair.id AND strange.move_id = pair.move_id
                 WHERE strange.share > 0)
            """
        )

    def _backorder_online_payments_sql(self):
        """Ids of payments that transactions of any order made: they count as transactions there."""
        return SQL(
            """
            SELECT payment.id
              FROM account_payment payment
              JOIN payment_transaction tx ON tx.id = payment.payment_transaction_id
         LEFT JOIN payment_transaction source ON source.id = tx.source_transaction_id
              JOIN sale_order_transaction_rel link
                ON link.transaction_id
                   IN (tx.id, tx.source_transaction_id, source.source_transaction_id)
            """
        )
