"""Promises of an order: when the whole of it is expected, and what its customer was told."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.named import of_many
from .product_product import others_by_job


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_expected_date = fields.Datetime(
        string="Expected",
        compute="_compute_backorder_expected_date",
        help="When the last item on backorder is expected. Empty: of one of them it is not known.",
    )
    backorder_late = fields.Boolean(
        string="Late",
        compute="_compute_backorder_expected_date",
        search="_search_backorder_late",
    )

    @api.depends("order_line.backorder_expected_date", "order_line.backorder_qty")
    def _compute_backorder_expected_date(self):
        # All dates first: working one out forgets what is shown of the others.
        self.order_line.mapped("backorder_expected_date")
        shown = self.order_line._backorder_shown_dates()
        for order in self:
            needed = order.order_line.filtered(lambda line: line.backorder_qty > 0)
            dates = [shown[line] for line in needed]
            order.backorder_expected_date = max(dates) if dates and all(dates) else False
            order.backorder_late = any(needed.mapped("backorder_late"))

    def _search_backorder_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = self.env["sale.order.line"]._search([("backorder_late", "=", True)])
        return [("order_line", "in" if True in value else "not in", late)]

    def _field_to_sql(self, alias, fname, query=None):
        """Grouping and sorting by the expected date: worked out from the lines."""
        if fname != "backorder_expected_date":
            return super()._field_to_sql(alias, fname, query)
        lines = self.env["sale.order.line"]
        return SQL(
            """(
                SELECT CASE WHEN COUNT(*) = COUNT(%(date)s) THEN MAX(%(date)s) END
                  FROM sale_order_line waiting
                 WHERE waiting.order_id = %(order)s AND %(needed)s > 0
            )""",
            date=lines._field_to_sql("waiting", "backorder_expected_date"),
            needed=lines._field_to_sql("waiting", "backorder_qty"),
            order=SQL.identifier(alias, "id"),
        )

    @of_many
    def action_backorder_told(self):
        """*Told the Customer*, of everything of these orders that waits."""
        return self.order_line.filtered(lambda line: line.backorder_qty > 0).action_backorder_told()

    def _action_confirm(self):
        """What is on the confirmation is what the customer knows.

        Confirming writes the lines of its own orders: who waits for the same items gets a new date
        by the job, so that orders of one item are confirmed side by side.
        """
        lines = self.order_line
        with others_by_job.so(self.env):
            res = super()._action_confirm()
        lines._backorder_told()
        return res

    @api.model
    def _backorder_find_chunk(self, ids):
        """Dates of what the nightly search finds follow by the job, once for all of it: each chunk
        would look at the whole queues of its items, which grow with what was found before."""
        lines = self.browse(ids).exists().order_line.sudo()
        with self.env.protecting([lines._fields["backorder_expected_date"]], lines):
            with others_by_job.so(self.env):
                res = super()._backorder_find_chunk(ids)
            self.env.flush_all()
        return res
