"""Stock or supply of a product changed: who waits for it gets another date."""

from contextlib import contextmanager

from odoo import models
from odoo.tools import SQL

from ..base.meanwhile import Meanwhile
from ..base.named import of_many
from ..run.backorder_run_worker import dates_later

#: Dates of who else waits are the job's to work out.
others_by_job = Meanwhile(default=False)


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _backorder_stock_changed(self):
        """Supply of these products or its queue changed: who waits for them gets a new date.

        It is worked out once for all, in this transaction, when a date is next read or when
        changes are written to the database; while `dates_later` is so the caller asks for it when
        all is done. While `others_by_job` is, as when orders are confirmed, the job does it: they
        write nobody else's lines.
        """
        super()._backorder_stock_changed()
        if not self or dates_later.now(self.env):
            return
        if others_by_job.now(self.env):
            if self._backorder_anybody_waits():
                self.env["backorder.due"]._note(self)
            return
        waiting = self._backorder_waiting_lines()
        field = waiting._fields["backorder_expected_date"]
        self.env.add_to_compute(field, waiting - self.env.protected(field))
        waiting._backorder_forget_shown_dates()

    def _backorder_anybody_waits(self):
        """Whether there is a queue for these at all; what kits wait for is looked up only where
        nobody waits for the product itself."""
        self.env.cr.execute(
            SQL(
                """
                SELECT EXISTS (SELECT FROM sale_order_line
                                WHERE backorder_qty > 0 AND product_id = ANY(%s))
                    OR EXISTS (SELECT FROM sale_order_line
                                WHERE backorder_qty > 0 AND product_id IN (%s))
                """,
                self.ids,
                self._backorder_sql_sold_as(),
            )
        )
        return self.env.cr.fetchone()[0]

    def _backorder_waiting_lines(self):
        """Everybody who waits for these products. Lines that come to the queue in this transaction
        are marked by their own change."""
        self.env.cr.execute(
            SQL(
                "SELECT id FROM sale_order_line WHERE backorder_qty > 0 AND product_id IN (%s)",
                self._backorder_sql_sold_as(),
            )
        )
        lines = self.env["sale.order.line"].sudo()
        return lines.browse(row[0] for row in self.env.cr.fetchall())

    @contextmanager
    def _backorder_together(self, lines):
        """The queues are dealt out once, not for every line that changes in them."""
        field = lines._fields["backorder_expected_date"]
        with (
            super()._backorder_together(lines),
            self.env.protecting([field], self._backorder_waiting_lines() | lines.sudo()),
        ):
            yield
        self.env.add_to_compute(field, lines.sudo())
        self._backorder_stock_changed()

    @of_many
    def action_view_backorder_stuck(self):
        """*Who Holds It?*: reserved stock of these, of orders that cannot be completed."""
        return self.env["backorder.stuck"]._open(self)
