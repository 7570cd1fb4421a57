from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.named import of_many


class BackorderRun(models.Model):
    """Every fill, also of one order: what was looked at, what was done, and why."""

    _name = "backorder.run"
    _description = "Backorder Fill"
    _inherit = [
        "backorder.guarded",
        "backorder.run.options",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Reference", required=True, readonly=True, copy=False, default="/")
    user_id = fields.Many2one(
        "res.users", string="By", readonly=True, default=lambda self: self.env.user
    )
    kind = fields.Selection(
        [("fill", "Fill Backorders"), ("process", "Multi-Order Processor")],
        required=True,
        readonly=True,
        default="fill",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("planned", "Previewed"),
            ("queued", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
            ("undone", "Taken Back"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    receipt_mode = fields.Selection(
        [("notify", "Proposed on Receipt"), ("auto", "On Receipt")],
        string="On Receipt",
        readonly=True,
        copy=False,
        help="This fill was made because goods came in.",
    )
    stop_requested = fields.Boolean(readonly=True, copy=False)
    plan_note = fields.Char(string="How Good the Plan Is", readonly=True, copy=False)
    comparison = fields.Html(string="Policies Compared", readonly=True, copy=False)
    date_planned = fields.Datetime(string="Previewed On", readonly=True, copy=False)
    date_done = fields.Datetime(string="Done On", readonly=True, copy=False)
    line_ids = fields.One2many("backorder.run.line", "run_id", string="Lines", readonly=True)
    run_order_ids = fields.One2many(
        "backorder.run.order", "run_id", string="Run Orders", readonly=True
    )
    event_ids = fields.One2many("backorder.event", "run_id", string="Ledger", readonly=True)
    line_count = fields.Integer(string="Lines Looked At", compute="_compute_counts")
    filled_count = fields.Integer(string="Lines Filled", compute="_compute_counts")
    partial_count = fields.Integer(string="Lines Partly Filled", compute="_compute_counts")
    not_filled_count = fields.Integer(string="Lines Not Filled", compute="_compute_counts")
    completed_order_count = fields.Integer(string="Orders Completed", compute="_compute_counts")
    partial_order_count = fields.Integer(string="Orders Partly Filled", compute="_compute_counts")
    new_order_count = fields.Integer(string="New Orders", compute="_compute_counts")
    approved_count = fields.Integer(string="Orders Approved", compute="_compute_counts")
    mail_count = fields.Integer(string="E-Mails Queued", compute="_compute_counts")
    failed_count = fields.Integer(string="Orders Failed", compute="_compute_counts")
    progress = fields.Float(string="Progress (%)", compute="_compute_progress")

    @api.depends(
        "state",
        "line_ids.filled_qty",
        "line_ids.planned_qty",
        "line_ids.reason",
        "run_order_ids.outcome",
        "run_order_ids.new_order_id.state",
    )
    def _compute_counts(self):
        """Counted in the database: a run has thousands of lines. Before the start, the plan."""
        lines, orders = self._count_lines(), self._count_orders()
        for run in self:
            total, full, part, waiting = lines.get(run.id, (0,) * 4)
            run.line_count = total
            run.filled_count = full
            run.partial_count = part
            run.not_filled_count = total - full - part - waiting
            (
                run.completed_order_count,
                run.partial_order_count,
                run.new_order_count,
                run.approved_count,
                run.mail_count,
                run.failed_count,
            ) = orders.get(run.id, (0,) * 6)

    def _count_lines(self):
        """{run id: (lines, those filled, those filled in part, those whose turn has not come)}"""
        self.env["backorder.run.line"].flush_model()
        self.env.cr.execute(
            """
            SELECT l.run_id, COUNT(*),
                   COUNT(*) FILTER (WHERE got > 0 AND got >= l.needed_qty),
                   COUNT(*) FILTER (WHERE got > 0 AND got < l.needed_qty),
                   COUNT(*) FILTER (WHERE waits)
              FROM (
                SELECT line.run_id, line.needed_qty,
                       run.state = 'running' AND line.result = 'pending' AS waits,
                       CASE WHEN run.state IN ('draft', 'planned', 'queued')
                            THEN line.planned_qty
                            -- Taken back: it is on backorder again.
                            WHEN line.reason = 'undone' THEN 0
                            ELSE line.filled_qty END AS got
                  FROM backorder_run_line line
                  JOIN backorder_run run ON run.id = line.run_id
                 WHERE line.run_id = ANY(%s)
              ) l
          GROUP BY l.run_id
            """,
            [self.ids],
        )
        return {run_id: counts for run_id, *counts in self.env.cr.fetchall()}

    def _count_orders(self):
        """{run id: (orders that are complete, partial, new ones, approved, mailed, failed)}"""
        self.env["backorder.run.order"].flush_model()
        self.env["sale.order"].flush_model(["state"])
        self.env.cr.execute(
            """
            SELECT o.run_id,
                   COUNT(*) FILTER (WHERE CASE WHEN run.state = 'running' THEN o.outcome
                       ELSE COALESCE(o.outcome, o.planned_outcome) END = 'complete'),
                   COUNT(*) FILTER (WHERE CASE WHEN run.state = 'running' THEN o.outcome
                       ELSE COALESCE(o.outcome, o.planned_outcome) END = 'partial'),
                   COUNT(o.new_order_id) FILTER (WHERE o.outcome IS DISTINCT FROM 'undone'),
                   COUNT(*) FILTER (WHERE so.state = 'sale' OR o.approved),
                   COUNT(*) FILTER (WHERE o.mail_queued),
                   COUNT(*) FILTER (WHERE o.outcome = 'failed')
              FROM backorder_run_order o
              JOIN backorder_run run ON run.id = o.run_id
         LEFT JOIN sale_order so ON so.id = o.new_order_id
             WHERE o.run_id = ANY(%s)
          GROUP BY o.run_id
            """,
            [self.ids],
        )
        return {run_id: counts for run_id, *counts in self.env.cr.fetchall()}

    @api.depends("state", "run_order_ids.outcome")
    def _compute_progress(self):
        # Counted in the database: a run has thousands of orders, and says it after each batch.
        rows = self.env["backorder.run.order"]
        counts = rows._read_group(
            [("run_id", "in", self.ids)], ["run_id"], ["__count", "outcome:count"]
        )
        figures = {run.id: (total, done) for run, total, done in counts}
        for run in self:
            total, done = figures.get(run.id, (0, 0))
            finished = run.state in ("done", "undone", "cancelled", "failed")
            run.progress = 100.0 if finished else (100.0 * done / total if total else 0.0)

    def _approves(self, order):
        """Whether a new order made of ``order``'s filled items is confirmed at once.

        Complete: nothing of the original is needed any more.
        """
        self.ensure_one()
        complete = order.backorder_accept == "no" or not any(
            line.backorder_qty > 0 for line in order.order_line
        )
        return self.approve_complete if complete else self.approve_partial

    # -- preview, start, stop, take back ----------------------------------------------------------

    @of_many
    def action_preview(self):
        """Plan the fill and keep the plan; no stock changes.

        :return: the action that shows the run
        :raise UserError: the run was started already, or is over
        """
        for run in self:
            run._check_state(("draft", "planned"))
            run._check_may_run()
            run._check_can_start()
            # sudo after the check: the plan looks at orders of all salesmen
            worker = run.sudo().with_company(run.company_id)
            worker._preview()
            worker._backorder_write({"state": "planned", "date_planned": fields.Datetime.now()})
        return self._open_action()

    @of_many
    def action_start(self):
        """Do what was previewed (or preview and do it at once).

        Up to the company's threshold of lines in this call, else by the scheduled job; so too where
        another fill in the background still looks at the same stock: one after another, and who
        starts it is told. Each line is checked against what is true now and says what changed.

        :return: the action that shows the run
        :raise UserError: the run was started already, or is over
        """
        for run in self:
            run._check_state(("draft", "planned"))
            run._check_may_run()
            run._check_can_start()
            if run.env.context.get("backorder_stay"):
                run._check_plans_something()
            worker = run.sudo().with_company(run.company_id)
            # The row is written first: of two clicks at once one waits, and then sees the state.
            worker._backorder_write({"state": "running"})
            worker.flush_recordset(["state"])
            if not run.date_planned:
                worker._preview()
                worker._backorder_write({"date_planned": fields.Datetime.now()})
            large = worker._work_size() > run.company_id.backorder_run_threshold
            if large or worker._ahead():
                worker._backorder_write({"state": "queued"})
                worker._launch()
            else:
                worker._execute()
        if all(run.state == "done" for run in self):
            return self._summary(then=self._open_action())
        if len(self) == 1 and self.waiting_for:
            return self._queued_notification(then=self._open_action())
        return self._open_action()

    def _check_can_start(self):
        """Hook: raise a UserError where this run cannot be previewed or started."""

    def _check_can_undo(self):
        """Hook: raise a UserError where this run cannot be taken back as a whole."""

    @of_many
    def action_cancel(self):
        """*Stop*: at the next order of a running fill; at once before it runs.

        :raise UserError: the run is over
        """
        for run in self:
            run._check_state(("draft", "planned", "queued", "running"))
            run._check_may_run()
            if run.state == "queued" and run.try_lock_for_update():
                # Nobody has begun it: it waits for no job, which may be a long time coming.
                run._stop()
                run._send_progress()
            elif run.state in ("queued", "running"):
                run._backorder_write({"stop_requested": True})
            else:
                run._backorder_write({"state": "cancelled"})
        return True

    @of_many
    def action_undo(self):
        """*Take Back*: restore every quantity that this run changed, or change nothing.

        :raise UserError: names each order that was picked, delivered, invoiced, paid, mailed or
            changed since
        """
        for run in self:
            run._check_state(("done", "cancelled", "failed"))
            run._check_may_run()
            run._check_can_undo()
            run.run_order_ids.action_undo()
            run._backorder_write({"state": "undone"})
        return True

    def _work_size(self):
        """Order lines to look at: above the threshold the run works in the background."""
        return len(self.line_ids)

    def _check_state(self, allowed):
        self.ensure_one()
        if self.state not in allowed:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(run)s is “%(state)s”: this cannot be done any more. Make a new fill.",
                    run=self.name,
                    state=labels[self.state],
                )
            )

    # -- screens ----------------------------------------------------------------------------------

    def _open_action(self):
        """Show these runs; from the form of a run, stay there."""
        if self.env.context.get("backorder_stay"):
            return {"type": "ir.actions.client", "tag": "soft_reload"}
        action = self.env["ir.actions.actions"]._for_xml_id("backorder_mgmt.backorder_run_action")
        if len(self) == 1:
            action.update(
                view_mode="form",
                views=[(False, "form")],
                res_id=self.id,
            )
        else:
            action["domain"] = [("id", "in", self.ids)]
        return action

    def _payments_failed(self):
        """Hook: how many payments of these runs failed."""
        return 0

    def _payment_words(self):
        """Hook: what the pop-up says of payments, after a space; nothing where there are none."""
        return ""

    @of_many
    def action_open_orders(self):
        """The orders that now have the filled items."""
        rows = self.run_order_ids.filtered(lambda row: row.outcome in ("complete", "partial"))
        orders = rows.new_order_id | rows.filtered(lambda row: not row.new_order_id).order_id
        return orders._backorder_open_action()
