"""Expected dates that are to be worked out again: whose queue changed, by product."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.jobs import in_job, work_off

#: What this transaction has noted already.
_NOTED = "backorder_mgmt.dates_due"


class BackorderDue(models.Model):
    """A row for each change of the queue of a product: the dates of those who wait in it follow.

    Rows are only added, never looked for before or kept unique: two confirmations at once note the
    same product without meeting each other, and neither needs to see the other's order. The job
    takes all rows of a product away that it knew of before it looked at the queue.
    """

    _name = "backorder.due"
    _description = "Expected Date to Work Out"
    _log_access = False

    product_id = fields.Many2one(
        "product.product", required=True, ondelete="cascade", index=True, readonly=True
    )

    @api.model
    def _note(self, products):
        """Note that the dates of those who wait for ``products`` are to follow, and call the job
        when this transaction is committed."""
        # Emptied with everything else that a savepoint takes back.
        noted = self.env.cr.precommit.data.setdefault(_NOTED, set())
        new = [product_id for product_id in products.ids if product_id not in noted]
        if not new:
            return
        # Past the ORM: nobody listens to these rows, and they are many.
        self.env.cr.execute(SQL("INSERT INTO backorder_due (product_id) SELECT unnest(%s)", new))
        self.invalidate_model(flush=False)
        if not noted:
            # sudo: whoever changes a queue may have the job called
            self.env.ref("backorder_mgmt.ir_cron_work_dates").sudo()._trigger()
        noted.update(new)

    @api.model
    @in_job
    def _cron_work(self):
        """Scheduled job: the dates of those who wait for what is noted, product by product."""
        due = self.sudo()
        rows = due._read_group([], ["product_id"], ["id:array_agg"], order="product_id")
        work_off(
            due,
            [(product.id, tuple(ids)) for product, ids in rows],
            due._work,
            due._failed,
            again=self.env.ref("backorder_mgmt.ir_cron_work_dates").sudo()._trigger,
        )

    @api.model
    def _work(self, key):
        product_id, ids = key
        self.env["product.product"].browse(product_id).exists()._backorder_stock_changed()
        self.env["sale.order.line"]._recompute_model(["backorder_expected_date"])
        self._done(ids)

    @api.model
    def _done(self, ids):
        self.env.cr.execute(SQL("DELETE FROM backorder_due WHERE id IN %s", ids))
        self.invalidate_model(flush=False)

    @api.model
    def _failed(self, key, error):
        """The product says so; the next change of its queue tries again."""
        product_id, ids = key
        self.env["product.product"].browse(product_id).exists()._message_log(
            body=self.env._(
                "Failed: expected dates of those who wait for this could not be worked out: %s",
                error,
            )
        )
        self._done(ids)
