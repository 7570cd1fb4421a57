"""The nightly jobs on orders: find open demand, release what was set aside too long."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.jobs import in_job, work_off

#: Where the nightly search goes on: the last order that it looked at.
CURSOR = "backorder_mgmt.find_after"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model
    @in_job
    def _cron_detect_backorders(self, batch=100):
        """Nightly: sweep up open demand that nobody tried to reserve, the oldest orders first.

        Each order is looked at once a night: where the time is up, the cursor keeps the place for
        the next call. What is held already is no work. Orders are looked at together; where one of
        them is at fault, or others hold what it needs, each is by itself. One that others hold for
        all that time is looked at the next night.
        """
        after = self._backorder_find_cursor()
        ids = self._backorder_to_find(after)
        chunks = [tuple(ids[start : start + batch]) for start in range(0, len(ids), batch)]
        finished = work_off(
            self,
            chunks,
            self._backorder_find_chunk,
            self._backorder_find_failed,
            again=self.env.ref("backorder_mgmt.ir_cron_detect_backorders").sudo()._trigger,
            sizes=len,
            parts=lambda chunk: [(order_id,) for order_id in chunk],
        )
        if finished:
            self._backorder_find_cursor(0)
            self.env["ir.cron"]._commit_progress(remaining=0)

    @api.model
    def _backorder_find_cursor(self, order_id=None):
        """The id of the order after which the search goes on; sets it where one is given."""
        # sudo: a place in a queue, in the transaction of the job
        parameters = self.env["ir.config_parameter"].sudo()
        if order_id is not None:
            parameters.set_param(CURSOR, str(order_id))
            return order_id
        return int(parameters.get_param(CURSOR) or 0)

    @api.model
    def _backorder_to_find(self, after=0):
        """Ids of the confirmed orders with open demand that is neither reserved nor held.

        Of a kit the same share of each component is held.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT order_id
                  FROM (
                    SELECT l.order_id,
                           SUM(m.product_qty - COALESCE(m.quantity, 0) * mu.factor / pu.factor)
                               AS unreserved,
                           CASE WHEN l.product_id = m.product_id
                                THEN l.backorder_qty * lu.factor / pu.factor
                                ELSE SUM(m.product_qty) * LEAST(1, l.backorder_qty / GREATEST(
                                    l.product_uom_qty - COALESCE(l.qty_delivered, 0),
                                    l.backorder_qty, 0.000001))
                           END AS held
                      FROM sale_order_line l
                      JOIN res_company c ON c.id = l.company_id
                           AND c.backorder_auto AND c.backorder_nightly_find
                      JOIN stock_move m ON m.sale_line_id = l.id
                      JOIN product_product p ON p.id = m.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                      JOIN uom_uom lu ON lu.id = l.product_uom_id
                      JOIN uom_uom mu ON mu.id = m.product_uom
                      JOIN uom_uom pu ON pu.id = t.uom_id
                     WHERE l.state = 'sale' AND l.order_id > %(after)s AND t.is_storable
                       AND m.state IN ('confirmed', 'waiting', 'partially_available')
                       AND m.procure_method = 'make_to_stock'
                       AND NOT EXISTS (
                           SELECT FROM stock_move_move_rel link WHERE link.move_dest_id = m.id)
                  GROUP BY l.id, m.product_id, lu.factor, pu.factor
                ) open
                 WHERE unreserved > held + 0.005
              ORDER BY order_id
                """,
                after=after,
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _backorder_find_chunk(self, ids):
        self.browse(ids).exists().detect_backorders()
        self._backorder_find_cursor(ids[-1])

    @api.model
    def _backorder_find_failed(self, ids, error):
        for order in self.browse(ids).exists():
            order._message_log(
                body=self.env._("Failed: backorders of this order could not be found: %s", error)
            )
        self._backorder_find_cursor(ids[-1])

    @api.model
    @in_job
    def _cron_release_lapsed_promises(self):
        """Daily: what is set aside for quotations past their validity date waits again."""
        lines = self.env["sale.order.line"]
        orders = lines._read_group(
            self._get_lapsed_set_aside_domain(), ["order_id"], ["id:recordset"], order="order_id"
        )
        work_off(
            self,
            [(order.id, lapsed._ids) for order, lapsed in orders],
            self._backorder_release_lapsed,
            self._backorder_release_failed,
            again=self.env.ref("backorder_mgmt.ir_cron_release_lapsed_promises").sudo()._trigger,
        )

    @api.model
    def _backorder_release_lapsed(self, key):
        _order_id, line_ids = key
        lines = self.env["sale.order.line"].browse(line_ids).exists()
        lines._backorder_release_set_aside(self.env._("Validity date passed"))

    @api.model
    def _backorder_release_failed(self, key, error):
        order_id, _line_ids = key
        for order in self.browse(order_id).exists():
            order._message_log(
                body=self.env._("Failed: what is set aside could not be released: %s", error)
            )

    @api.model
    def _get_lapsed_set_aside_domain(self):
        """By the day of each order's company, as ``backorder.supply`` counts them."""
        companies = self.env["res.company"].search([("id", ">", 0)])
        by_day = companies.grouped(lambda company: company._backorder_today())
        lapsed = Domain.OR(
            Domain("company_id", "in", there.ids) & Domain("order_id.validity_date", "<", today)
            for today, there in by_day.items()
        )
        return (
            lapsed
            & Domain("backorder_promised_qty", ">", 0)
            & Domain("state", "in", ("draft", "sent"))
            # What is set aside for an order that a fill made stays so whatever the date.
            & Domain("order_id.backorder_parent_id", "=", False)
        )
