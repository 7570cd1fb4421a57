from odoo import models
from odoo.tools import SQL

from ..base.token import private_value


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _backorder_stock_changed(self):
        """Supply of these products or its queue changed: who waits for them gets a new date.

        It is worked out once for all, in this transaction, when a date is next read or when
        changes are written to the database; with `backorder_dates_later` in the context the
        caller asks for it when all is done.
        """
        super()._backorder_stock_changed()
        if not self or private_value(self.env, "backorder_dates_later"):
            return
        lines = self.env["sale.order.line"].sudo()
        # Lines that come to the queue in this transaction are marked by their own change.
        self.env.cr.execute(
            SQL(
                "SELECT id FROM sale_order_line WHERE backorder_qty > 0 AND product_id IN (%s)",
                self._backorder_sql_sold_as(),
            )
        )
        waiting = lines.browse(row[0] for row in self.env.cr.fetchall())
        self.env.add_to_compute(lines._fields["backorder_expected_date"], waiting)
        lines._backorder_forget_shown_dates()

    def action_view_backorder_stuck(self):
        """*Who Holds It?*: reserved stock of these, of orders that cannot be completed."""
        return self.env["backorder.stuck"]._open(self)
