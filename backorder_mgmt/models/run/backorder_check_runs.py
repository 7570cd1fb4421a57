"""*Check Backorders* of fills: what was taken back is back, no e-mail was sent twice."""

from odoo import fields, models
from odoo.tools import SQL

from .backorder_check import NOISE


class BackorderCheck(models.Model):
    _inherit = "backorder.check"

    code = fields.Selection(
        selection_add=[("mailed", "Mailed twice")], ondelete={"mailed": "cascade"}
    )

    def _more_findings(self, companies):
        return (
            super()._more_findings(companies)
            + self._check_undone(companies)
            + self._check_mailed(companies)
        )

    def _check_undone(self, companies):
        """Invariant 6: what Take Back took back is back, and its new order is cancelled."""
        self.env["backorder.run.order"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT undone.id, SUM(e.quantity)
                  FROM backorder_run_order undone
                  JOIN backorder_event e
                    ON e.run_id = undone.run_id AND e.order_id = undone.order_id
                 WHERE undone.outcome = 'undone' AND undone.company_id IN %s
                   AND e.type IN ('fill', 'undo')
              GROUP BY undone.id
                HAVING ABS(SUM(e.quantity)) > %s
                """,
                tuple(companies.ids),
                NOISE,
            )
        )
        findings = []
        for row_id, quantity in self.env.cr.fetchall():
            row = self.env["backorder.run.order"].browse(row_id)
            message = self.env._(
                "%(order)s was taken back from %(run)s, but not all of it: %(quantity)s differ.",
                order=row.order_id.name,
                run=row.run_id.name,
                quantity=f"{quantity:g}",
            )
            findings.append(self._finding("undone", row, message, row.company_id))
        alive = self.env["backorder.run.order"].search(
            [
                ("outcome", "=", "undone"),
                ("company_id", "in", companies.ids),
                ("new_order_id.state", "in", ("draft", "sent", "sale")),
            ]
        )
        for row in alive:
            message = self.env._(
                "%(order)s was taken back from %(run)s, but %(new_order)s is not cancelled.",
                order=row.order_id.name,
                run=row.run_id.name,
                new_order=row.new_order_id.name,
            )
            findings.append(self._finding("undone", row, message, row.company_id))
        return findings

    def _check_mailed(self, companies):
        """Invariant 5: as many e-mails with the same words as fills that queued one."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH queued AS (
                    SELECT COALESCE(new_order_id, order_id) AS order_id, COUNT(*) AS fills
                      FROM backorder_run_order
                     WHERE mail_queued AND company_id IN %s
                  GROUP BY 1
                )
                SELECT message.res_id, message.subject, COUNT(*)
                  FROM queued
                  JOIN mail_message message
                    ON message.model = 'sale.order' AND message.res_id = queued.order_id
                 WHERE message.message_type = 'email_outgoing'
              GROUP BY message.res_id, message.subject, MD5(message.body), queued.fills
                HAVING COUNT(*) > queued.fills
              ORDER BY message.res_id
                """,
                tuple(companies.ids),
            )
        )
        findings = []
        for order_id, subject, count in rows:
            order = self.env["sale.order"].browse(order_id).exists()
            if order:
                message = self.env._(
                    "%(order)s: the e-mail “%(subject)s” was made %(count)s times.",
                    order=order.name,
                    subject=subject or "",
                    count=count,
                )
                findings.append(self._finding("mailed", order, message, order.company_id))
        return findings
