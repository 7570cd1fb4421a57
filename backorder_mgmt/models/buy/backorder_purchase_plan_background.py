"""Very many rows are ordered by a scheduled job, batch by batch, with a progress bar."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.jobs import in_job, waiting_for_locks, work_off

#: Rows that are ordered in one transaction.
BATCH = 200


class BackorderPurchasePlan(models.AbstractModel):
    """A screen (``backorder.purchase``) that is *queued* is worked off by the job.

    Each batch is a transaction of its own: its rows are marked *done* in the one that makes their
    request, so a worker that is killed leaves whole batches, and nothing is bought twice. Batches
    of one vendor go on the same request.
    """

    _inherit = "backorder.purchase.plan"

    @api.model
    def _is_large(self, screen):
        """Whether *Create* has more rows than a person should wait for."""
        return len(self._rows_to_order(screen)) > screen.company_id.backorder_run_threshold

    @api.model
    def _rows_to_order(self, screen):
        return screen.line_ids.filtered(lambda row: row.quantity or row.suggested_qty)

    @api.model
    def _count_rows(self, screen):
        """(rows to order yet, rows looked at by the job, those of them that were not ordered)"""
        rows = self.env["backorder.purchase.line"]
        of_screen = [("purchase_id", "=", screen._origin.id)]
        ordered = ["|", ("quantity", "!=", 0), ("suggested_qty", "!=", 0), ("done", "=", False)]
        return (
            rows.search_count(of_screen + ordered),
            rows.search_count([*of_screen, ("done", "=", True)]),
            rows.search_count([*of_screen, ("failed", "!=", False)]),
        )

    @api.model
    def _queue(self, screen):
        """Leave ``screen`` to the job, after a look at every row.

        :raise UserError: a row cannot be ordered, or its goods were ordered meanwhile
        """
        self._check_may_buy()
        self._check_options(screen)
        # The row is written first: of two clicks at once one waits, and then sees the state.
        screen.state = "queued"
        screen.flush_recordset(["state"])
        rows = self._rows_to_order(screen)
        self._check_rows(rows)
        self._recheck_rows(screen, rows)
        self._trigger_create()

    @api.model
    def _stop(self, screen):
        """Rows whose turn has not come are not ordered; what was created by then stays.

        The job may have a batch of them in hand: who comes second starts over, and sees the rest.
        """
        if screen.state != "queued":
            return
        left = self._rows_to_order(screen).filtered(lambda row: not row.done)
        left.write({"done": True, "failed": self.env._("Stopped before its turn.")})
        self._go_on(screen)

    @api.model
    def _trigger_create(self):
        self.env.ref("backorder_mgmt.ir_cron_create_purchases").sudo()._trigger()

    @api.model
    @in_job
    def _cron_create(self):
        """Scheduled job: make the purchase orders of large screens, a batch of rows at a time."""
        screens = self.env["backorder.purchase"].search([("state", "=", "queued")], order="id")
        batches = [(screen.id, ids) for screen in screens for ids in self._get_batches(screen)]
        work_off(
            self,
            batches,
            self._work_batch,
            self._fail_batch,
            again=self._trigger_create,
            sizes=lambda batch: len(batch[1]),
        )

    @api.model
    def _get_batches(self, screen):
        """Ids of the rows that are to be ordered yet, those of an SKU and of a vendor together.

        A batch without rows ends a screen that has none left.
        """
        rows = self._rows_to_order(screen).filtered(lambda row: not row.done)
        batches = [[]]
        for same_goods in rows.grouped(lambda row: (row.product_id, row.warehouse_id)).values():
            if batches[-1] and len(batches[-1]) + len(same_goods) > BATCH:
                batches.append([])
            batches[-1] += same_goods.ids
        return batches

    @api.model
    def _work_batch(self, batch):
        screen = self._lock_screen(batch)
        if not screen:
            return
        # With the rights of who pressed *Create*, in their language: what they may not do any more
        # is not done.
        user = screen.create_uid
        if not user.active and user != self.env.ref("base.user_root"):
            raise UserError(
                self.env._("%s, who started it, is archived. Nothing more was ordered.", user.name)
            )
        companies = [screen.company_id.id, *(user.company_ids - screen.company_id).ids]
        as_starter = screen.with_user(user).with_context(
            lang=user.lang, tz=user.tz, allowed_company_ids=companies
        )
        rows = screen.line_ids.browse(batch[1]).exists().filtered(lambda row: not row.done)
        rows = rows.with_env(as_starter.env)
        try:
            with self.env.cr.savepoint():
                self._order_rows(as_starter, rows)
        except UserError:
            # One row stands for itself: the others are ordered all the same.
            alike = rows.sudo().grouped(lambda row: (row.product_id, row.warehouse_id))
            for same_goods in alike.values():
                try:
                    with self.env.cr.savepoint():
                        self._order_rows(as_starter, same_goods.with_env(as_starter.env))
                except UserError as error:
                    same_goods.sudo().write({"done": True, "failed": str(error)})
        self._go_on(screen)

    @api.model
    def _lock_screen(self, batch):
        """The screen of ``batch``, nobody else's for now; none when it is over."""
        self.env.flush_all()
        with waiting_for_locks(self.env):
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM backorder_purchase WHERE id = %s AND state = 'queued'"
                    " FOR UPDATE",
                    batch[0],
                ),
                log_exceptions=False,
            )
            ids = [row[0] for row in self.env.cr.fetchall()]
        return self.env["backorder.purchase"].browse(ids)

    @api.model
    def _order_rows(self, screen, rows):
        if not rows:
            return
        plan = self.with_env(screen.env)
        # sudo: a Backorders manager need not read purchase orders
        made = screen.sudo()
        orders = plan._create_orders(screen, rows, made.purchase_order_ids)
        made.purchase_order_ids |= orders
        rows.sudo().write({"done": True})
        self.env.flush_all()

    @api.model
    def _fail_batch(self, batch, error):
        """Whatever a batch raised, its rows say so, and those behind it go on."""
        screen = self.env["backorder.purchase"].browse(batch[0]).exists()
        rows = screen.line_ids.browse(batch[1]).exists()
        rows.filtered(lambda row: not row.done).write({"done": True, "failed": str(error)})
        if screen:
            self._go_on(screen)

    @api.model
    def _go_on(self, screen):
        """Tell how far it is; the last batch ends it."""
        if self._count_rows(screen)[0] == 0:
            screen.state = "done"
        user = screen.create_uid
        user._bus_send(
            "backorder_mgmt/progress",
            {"purchase_id": screen.id, "progress": screen.progress, "state": screen.state},
        )
        if screen.state == "done":
            user._bus_send("simple_notification", self._prepare_done_notice(screen))

    @api.model
    def _prepare_done_notice(self, screen):
        env = self.with_context(lang=screen.create_uid.lang).env
        failed = self._count_rows(screen)[2]
        message = env._("%s purchase orders are ready.", len(screen.purchase_order_ids))
        if failed:
            message = env._(
                "%(orders)s purchase orders are ready. %(rows)s rows were not ordered.",
                orders=len(screen.purchase_order_ids),
                rows=failed,
            )
        return {
            "title": env._("Create Purchase Orders"),
            "message": message,
            "type": "warning" if failed else "success",
            "sticky": bool(failed),
        }

    @api.model
    def _keep_queued(self):
        """Odoo deletes screens that nobody has touched for an hour: these are waited for."""
        own_screen = {"backorder_purchase": "id", "backorder_purchase_line": "purchase_id"}
        for table, column in own_screen.items():
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE %s SET write_date = now() AT TIME ZONE 'UTC'
                     WHERE id IN (
                        SELECT own.id FROM %s own
                          JOIN backorder_purchase screen ON screen.id = own.%s
                         WHERE screen.state = 'queued' FOR UPDATE OF own SKIP LOCKED)
                    """,
                    SQL.identifier(table),
                    SQL.identifier(table),
                    SQL.identifier(column),
                )
            )
