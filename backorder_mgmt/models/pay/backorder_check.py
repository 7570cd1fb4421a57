"""The money half of *Check Backorders*: invariants 5 and 7. Nothing is mended, only said."""

from odoo import fields, models
from odoo.tools import SQL


class BackorderCheck(models.Model):
    _inherit = "backorder.check"

    code = fields.Selection(
        selection_add=[
            ("carried", "Carried amounts do not add up"),
            ("asked", "Asked for more than is owed"),
            ("charged", "Charged twice"),
            ("captured", "Captured beyond what was authorized"),
            ("authorized", "Authorized, and nothing left to pay"),
        ],
        ondelete={
            "carried": "cascade",
            "asked": "cascade",
            "charged": "cascade",
            "captured": "cascade",
            "authorized": "cascade",
        },
    )

    def _more_findings(self, companies):
        findings = super()._more_findings(companies)
        for check in (
            self._check_carried,
            self._check_asked,
            self._check_charged,
            self._check_captured,
            self._check_authorized,
        ):
            findings += check(companies)
        return findings

    def _of_order(self, code, order, message):
        return self._finding(code, order, f"{order.name}: {message}", order.company_id)

    def _check_carried(self, companies):
        """What an order shows as carried is what its rows say, and money is carried between orders
        of one family only. What was carried to or from an order that was deleted is one-sided."""
        findings = []
        for order_id, shown, total, strange in self._read_carried_wrong(companies):
            order = self.env["sale.order"].browse(order_id)
            if strange:
                message = self.env._("an amount was carried to or from an order of another family.")
            else:
                message = self.env._(
                    "%(shown)s carried, the rows say %(total)s.",
                    shown=order.currency_id.format(float(shown)),
                    total=order.currency_id.format(float(total)),
                )
            findings.append(self._of_order("carried", order, message))
        return findings

    def _read_carried_wrong(self, companies):
        """[(order id, amount it shows as carried, what its rows say, whether one of them is of
        another family)] of orders where something of that is wrong."""
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE side AS (
                    SELECT id, to_order_id AS order_id, currency_id, amount
                      FROM backorder_carry
                     WHERE kind != 'rounding' AND to_order_id IS NOT NULL
                     UNION ALL
                    SELECT id, from_order_id, currency_id, -amount
                      FROM backorder_carry
                     WHERE kind != 'rounding' AND from_order_id IS NOT NULL
                ), up AS (  -- from each order to the first of its family
                    SELECT DISTINCT so.id, so.id AS root, so.backorder_parent_id AS parent
                      FROM side
                      JOIN sale_order so ON so.id = side.order_id
                     UNION ALL
                    SELECT up.id, so.id, so.backorder_parent_id
                      FROM up
                      JOIN sale_order so ON so.id = up.parent
                ), strange AS (  -- rows whose ends are of different families
                    SELECT side.id, MIN(side.order_id) AS order_id
                      FROM side
                      JOIN up ON up.id = side.order_id AND up.parent IS NULL
                  GROUP BY side.id
                    HAVING COUNT(DISTINCT up.root) > 1
                ), total AS (
                    SELECT so.id, SUM(side.amount) AS amount
                      FROM sale_order so
                 LEFT JOIN side ON side.order_id = so.id
                     WHERE so.backorder_carried_amount != 0
                        OR so.id IN (SELECT order_id FROM side)
                  GROUP BY so.id
                    HAVING BOOL_AND(COALESCE(side.currency_id, so.currency_id) = so.currency_id)
                )
                SELECT so.id, COALESCE(so.backorder_carried_amount, 0), COALESCE(total.amount, 0),
                       so.id IN (SELECT order_id FROM strange)
                  FROM sale_order so
             LEFT JOIN total ON total.id = so.id
                 WHERE so.company_id IN %s
                   AND (
                        so.id IN (SELECT order_id FROM strange)
                        OR ABS(
                            COALESCE(so.backorder_carried_amount, 0) - COALESCE(total.amount, 0)
                        ) > 0.0001
                       AND total.id IS NOT NULL
                   )
              ORDER BY so.id
                """,
                tuple(companies.ids),
            )
        )

    def _check_asked(self, companies):
        """Invariant 7: what is paid and asked for is not more than the orders of a family owe."""
        attempts = self.env["backorder.charge.attempt"].search(
            [("state", "in", ("sending", "sent")), ("company_id", "in", companies.ids)]
        )
        findings, orders = [], attempts.charge_id.order_id
        for root in orders._backorder_families().filtered(lambda o: not o.backorder_parent_id):
            money, currency = root._backorder_family_money(), root.currency_id
            over = currency.round(money.paid + money.asked - money.owed)
            if money.asked and over > 0:
                message = self.env._(
                    "%(amount)s more than it and its new orders owe are asked for: look at their "
                    "charges.",
                    amount=currency.format(over),
                )
                findings.append(self._of_order("asked", root, message))
        return findings

    def _check_charged(self, companies):
        """Invariant 5: one cause, one charge; of several requests of a charge, the sum of them."""
        several = self.env["backorder.charge.attempt"]._read_group(
            [("state", "=", "done"), ("company_id", "in", companies.ids)],
            ["charge_id"],
            having=[("__count", ">", 1)],
        )
        findings = []
        for [charge] in several:
            order = charge.order_id
            balance = order.backorder_carry_in_ids.filtered(lambda row: row.kind == "balance")
            most = max(charge.amount, order.backorder_owed_amount - sum(balance.mapped("amount")))
            if charge.currency_id.compare_amounts(charge.charged_amount, most) > 0:
                message = self.env._(
                    "%(order)s: %(charged)s were charged where %(amount)s were asked for: refund "
                    "the difference.",
                    order=charge.order_name,
                    charged=charge.currency_id.format(charge.charged_amount),
                    amount=charge.currency_id.format(charge.amount),
                )
                findings.append(self._finding("charged", charge, message, charge.company_id))
        return findings

    def _check_captured(self, companies):
        """Invariant 5: of an authorised payment, no more was captured than was authorised."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT source.id, SUM(child.amount), MIN(so.id)
                  FROM payment_transaction source
                  JOIN payment_transaction child ON child.source_transaction_id = source.id
                  JOIN (
                    SELECT transaction_id, MIN(sale_order_id) AS order_id
                      FROM sale_order_transaction_rel
                  GROUP BY transaction_id
                  ) link ON link.transaction_id = source.id
                  JOIN sale_order so ON so.id = link.order_id
                 WHERE so.company_id IN %s
                   AND child.operation IS DISTINCT FROM 'refund'
                   AND child.state IN ('pending', 'done')
              GROUP BY source.id
                HAVING SUM(child.amount) > source.amount
              ORDER BY source.id
                """,
                tuple(companies.ids),
            )
        )
        findings = []
        for source_id, captured, order_id in rows:
            source = self.env["payment.transaction"].browse(source_id)
            if source.currency_id.compare_amounts(float(captured), source.amount) > 0:
                message = self.env._(
                    "%(captured)s were captured of %(amount)s that were authorized (%(payment)s).",
                    captured=source.currency_id.format(float(captured)),
                    amount=source.currency_id.format(source.amount),
                    payment=source.reference,
                )
                order = self.env["sale.order"].browse(order_id)
                findings.append(self._of_order("captured", order, message))
        return findings

    def _check_authorized(self, companies):
        """Payments that stay authorised where nothing can use them any more."""
        transactions = self.env["payment.transaction"].search(
            [("state", "=", "authorized"), ("sale_order_ids.company_id", "in", companies.ids)]
        )
        return [
            self._of_order("authorized", order, words)
            for order in transactions.sale_order_ids.filtered(
                lambda order: order.company_id in companies
            )
            if (words := order._backorder_leftover_words())
        ]
