from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_amount

from ..engine import POLICIES
from .backorder_token import TOKEN, TOKEN_KEY, may_write_backorder


class BackorderRun(models.Model):
    """Every fill, also of one order: what was looked at, what was done, and why."""

    _name = "backorder.run"
    _description = "Backorder Fill"
    _inherit = [
        "backorder.guarded",
        "backorder.run.options",
        "backorder.process.options",
        "backorder.run.planner",
        "backorder.run.queue",
        "backorder.run.worker",
        "backorder.run.background",
        "backorder.run.process",
        "backorder.run.charge",
        "backorder.run.report",
        "backorder.run.receipt",
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
        "run_order_ids.outcome",
        "run_order_ids.new_order_id.state",
    )
    def _compute_counts(self):
        """Counted in the database: a run has thousands of lines. Before the start, the plan."""
        zero = dict.fromkeys(
            ("all", "full", "part", "complete", "partial", "new", "approved", "mails", "failed"), 0
        )
        counts = {run.id: dict(zero) for run in self}
        self.env["backorder.run.line"].flush_model()
        self.env["backorder.run.order"].flush_model()
        self.env["sale.order"].flush_model(["state"])
        self.env.cr.execute(
            """
            SELECT l.run_id, COUNT(*),
                   COUNT(*) FILTER (WHERE got > 0 AND got >= l.needed_qty),
                   COUNT(*) FILTER (WHERE got > 0 AND got < l.needed_qty)
              FROM (
                SELECT line.run_id, line.needed_qty,
                       CASE WHEN run.state IN ('draft', 'planned', 'queued')
                            THEN line.planned_qty ELSE line.filled_qty END AS got
                  FROM backorder_run_line line
                  JOIN backorder_run run ON run.id = line.run_id
                 WHERE line.run_id = ANY(%s)
              ) l
          GROUP BY l.run_id
            """,
            [self.ids],
        )
        for run_id, total, full, part in self.env.cr.fetchall():
            counts[run_id].update({"all": total, "full": full, "part": part})
        self.env.cr.execute(
            """
            SELECT o.run_id,
                   COUNT(*) FILTER (WHERE COALESCE(o.outcome, o.planned_outcome) = 'complete'),
                   COUNT(*) FILTER (WHERE COALESCE(o.outcome, o.planned_outcome) = 'partial'),
                   COUNT(o.new_order_id),
                   COUNT(*) FILTER (WHERE so.state = 'sale' OR o.approved),
                   COUNT(*) FILTER (WHERE o.mail_queued),
                   COUNT(*) FILTER (WHERE o.outcome = 'failed')
              FROM backorder_run_order o
         LEFT JOIN sale_order so ON so.id = o.new_order_id
             WHERE o.run_id = ANY(%s)
          GROUP BY o.run_id
            """,
            [self.ids],
        )
        names = ("complete", "partial", "new", "approved", "mails", "failed")
        for run_id, *values in self.env.cr.fetchall():
            counts[run_id].update(zip(names, values, strict=True))
        for run in self:
            count = counts.get(run.id, zero)
            run.line_count = count["all"]
            run.filled_count = count["full"]
            run.partial_count = count["part"]
            run.not_filled_count = count["all"] - count["full"] - count["part"]
            run.completed_order_count = count["complete"]
            run.partial_order_count = count["partial"]
            run.new_order_count = count["new"]
            run.approved_count = count["approved"]
            run.mail_count = count["mails"]
            run.failed_count = count["failed"]

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
            finished = run.state in ("done", "undone", "cancelled")
            run.progress = 100.0 if finished else (100.0 * done / total if total else 0.0)

    # -- who may write ----------------------------------------------------------------------------

    def _backorder_open_names(self, creating=False):
        """The options, until the start. Which kind of run it is, is said once."""
        names = {*self._backorder_option_names(), *self._process_option_names()}
        return frozenset(names | {"kind"} if creating else names)

    @api.model_create_multi
    def create(self, vals_list):
        self._check_may_run()
        self._backorder_check_create(vals_list)
        vals_list = [
            {**vals, "name": self._next_name(vals.get("company_id"))} for vals in vals_list
        ]
        # The token after the check, for the name; the user's rights are asked as ever.
        runs = super(BackorderRun, self.with_context(**{TOKEN_KEY: TOKEN})).create(vals_list)
        return runs.with_env(self.env)

    @api.model
    def _next_name(self, company_id):
        company = company_id or self.env.company.id
        # sudo: a number, for whoever may fill
        sequence = self.env["ir.sequence"].with_company(company).sudo()
        return sequence.next_by_code("backorder.run") or "/"

    def write(self, vals):
        """Options are written until the start: of a previewed run the plan goes, as it was made
        for others."""
        options = self._backorder_open_names().intersection(vals)
        if not options or may_write_backorder(self.env):
            return super().write(vals)
        self._check_may_run()
        for run in self:
            run._check_state(("draft", "planned"))
        res = super().write(vals)
        self.filtered(lambda run: run.state == "planned")._forget_plan()
        return res

    def _forget_plan(self):
        """Draft again, to be planned by the options that are chosen now."""
        for run in self:
            vals = {"state": "draft", "date_planned": False, "comparison": False}
            if run.receipt_mode == "notify":
                # Its proposal is no longer the scheduled job's to make.
                vals["receipt_mode"] = "offer"
            run._backorder_write(vals)
        # sudo: rows of all salesmen's orders
        self.sudo().line_ids._backorder_token().unlink()
        self.sudo().run_order_ids._backorder_token().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(run.state not in ("draft", "planned", "cancelled") for run in self):
            raise UserError(self.env._("A fill that was started is kept for good."))
        # sudo: what it did to orders and payments that this user may not see counts as well
        done = self.sudo().filtered(lambda run: run.state == "cancelled")._with_results()
        if done:
            raise UserError(
                self.env._(
                    "%s was stopped after it had done something: it is kept for good.",
                    ", ".join(done.mapped("name")),
                )
            )

    def _with_results(self):
        """Those of ``self`` that changed anything: an order, the ledger, money."""
        rows = Domain("outcome", "in", ("complete", "partial", "failed", "undone"))
        rows |= Domain("new_order_id", "!=", False) | Domain("invoice_ids", "!=", False)
        for name in ("set_aside", "processed", "approved", "mail_queued"):
            rows |= Domain(name, "=", True)
        found = self.browse()
        for model, domain in (
            ("backorder.run.order", rows),
            ("backorder.run.line", Domain("filled_qty", ">", 0)),
            ("backorder.event", Domain.TRUE),
            ("backorder.carry", Domain.TRUE),
            ("backorder.charge", Domain.TRUE),
        ):
            groups = self.env[model]._read_group(
                domain & Domain("run_id", "in", self.ids), ["run_id"]
            )
            found = found.union(*(run for (run,) in groups))
        return found & self

    def _approves(self, order):
        """Whether a new order made of ``order``'s filled items is confirmed at once.

        Complete: nothing of the original is needed any more.
        """
        self.ensure_one()
        complete = not any(line.backorder_qty > 0 for line in order.order_line)
        return self.approve_complete if complete else self.approve_partial

    # -- preview, start, stop, take back ----------------------------------------------------------

    def action_preview(self):
        """Plan the fill and keep the plan; no stock changes.

        :return: the action that shows the run
        :raise UserError: the run was started already, or is over
        """
        for run in self:
            run._check_state(("draft", "planned"))
            run._check_may_run()
            run._process_check()
            # sudo after the check: the plan looks at orders of all salesmen
            worker = run.sudo().with_company(run.company_id)
            worker._preview()
            worker._backorder_write({"state": "planned", "date_planned": fields.Datetime.now()})
        return self._open_action()

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
            run._process_check()
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
            return self._filled_notification(then=self._open_action())
        if len(self) == 1 and self.waiting_for:
            return self._queued_notification(then=self._open_action())
        return self._open_action()

    def action_cancel(self):
        """*Stop*: at the next order of a running fill; at once before it runs.

        :raise UserError: the run is over
        """
        for run in self:
            run._check_state(("draft", "planned", "queued", "running"))
            run._check_may_run()
            if run.state in ("queued", "running"):
                run._backorder_write({"stop_requested": True})
            else:
                run._backorder_write({"state": "cancelled"})
        return True

    def action_undo(self):
        """*Take Back*: restore every quantity that this run changed, or change nothing.

        :raise UserError: names each order that was picked, delivered, invoiced, paid, mailed or
            changed since
        """
        for run in self:
            run._check_state(("done", "cancelled"))
            run._check_may_run()
            run._process_check_undo()
            run.run_order_ids.action_undo()
            run._backorder_write({"state": "undone"})
        return True

    def _work_size(self):
        """Order lines to look at: above the threshold the run works in the background."""
        if self.kind == "process":
            return len(self.run_order_ids.order_id.order_line)
        return len(self.line_ids)

    def _orders_of_company(self):
        # The processor says of each order of another company that it is skipped.
        return self.filtered(lambda run: run.kind != "process").order_ids

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

    def compare_policies(self, policies=None):
        """What each policy would do with this run's options, side by side; nothing changes.

        :param policies: names of policies; None: all
        :return: {policy: {"orders": orders completed, "lines": lines filled, "value": value of
            what would be filled, in the company's currency}}
        """
        self.ensure_one()
        self._check_may_run()
        worker = self.sudo().with_company(self.company_id)
        result = {}
        for policy in policies or POLICIES:
            lines, plan, _blocked = worker._plan(policy)
            whole = [
                order
                for order, own in lines.grouped("order_id").items()
                if worker._prepare_plan_order_vals(order, own, plan)["planned_outcome"]
                == "complete"
            ]
            result[policy] = {
                "orders": len(whole),
                "lines": sum(plan[line.id].reason == "filled" for line in lines),
                "value": sum(
                    line.currency_id._convert(
                        plan[line.id].quantity * line.price_reduce_taxexcl,
                        self.company_id.currency_id,
                        self.company_id,
                    )
                    for line in lines
                ),
            }
        return result

    def action_compare(self):
        """*Compare Policies*: show what each of them would do, with the run's own marked."""
        self.ensure_one()
        self._check_state(("draft", "planned"))
        labels = dict(self._fields["policy"]._description_selection(self.env))
        rows = [
            {
                "label": labels[policy],
                "own": policy == self.policy,
                "orders": figures["orders"],
                "lines": figures["lines"],
                "value": format_amount(self.env, figures["value"], self.company_id.currency_id),
            }
            for policy, figures in self.compare_policies().items()
        ]
        table = self.env["ir.qweb"]._render(
            "backorder_mgmt.backorder_run_comparison", {"rows": rows}
        )
        self._backorder_write({"comparison": table})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    # -- one order at once ------------------------------------------------------------------------

    @api.model
    def _fill_now(self, orders, wanted, lines=None, **options):
        """Fill ``orders`` of one company at once.

        :param wanted: {line: quantity}: exactly this or an error, and then nothing is changed;
            None: everything possible
        :param lines: with ``wanted`` None: only these lines of the orders
        :return: the run, done
        """
        # sudo: the caller may change these orders; quants, moves and the ledger are not a
        # salesman's to write, and the run is kept for him as his.
        orders = orders.sudo()
        company = orders.company_id
        run = (
            self.sudo()
            .with_company(company)
            ._backorder_create(self._prepare_fill_now_vals(orders, company, **options))
        )
        orders._backorder_lock_stock(touch=True)
        if wanted is None:
            run._keep_plan(*run._plan(lines=lines and lines.sudo()))
            run._execute()
        else:
            run._keep_wanted({line.sudo(): quantity for line, quantity in wanted.items()})
            run._fill_rows(run._pending())
            run._finish()
        return run.with_env(self.env)

    def _prepare_fill_now_vals(self, orders, company, **options):
        return {
            "company_id": company.id,
            "order_ids": [fields.Command.set(orders.ids)],
            "user_id": self.env.uid,
            "state": "running",
            "date_planned": fields.Datetime.now(),
            "approve_complete": company.backorder_approve_new_order,
            "approve_partial": company.backorder_approve_new_order,
            "charge_cards": company.backorder_charge_cards,
            **options,
        }

    def _keep_wanted(self, wanted):
        """Rows for quantities that a person asked for, each checked."""
        lines = self.env["sale.order.line"].browse([line.id for line in wanted])
        for order in lines.order_id:
            order._backorder_check_last_po((order.order_line & lines).filtered(wanted.get))
        supply = lines._backorder_supply()
        parts, locations = lines._backorder_parts(), lines._backorder_locations()
        rows = []
        for order, own in lines.grouped("order_id").items():
            for line in own:
                available = line._backorder_available(supply, parts[line], locations[line])
                line._backorder_check_fill(wanted[line], available, parts[line])
                line._backorder_take_fill(supply, parts[line], locations[line], wanted[line])
                rows.append(self._prepare_wanted_line_vals(line, available, wanted[line]))
            order._backorder_may_fill({line: wanted[line] for line in own}, strict=True)
        self.env["backorder.run.line"]._backorder_create(rows)
        self.env["backorder.run.order"]._backorder_create(
            [
                {"run_id": self.id, "company_id": self.company_id.id, "order_id": order.id}
                for order in lines.order_id
            ]
        )

    def _prepare_wanted_line_vals(self, line, available, quantity):
        label = line._backorder_quantity_label
        left = line.backorder_qty - quantity
        if line.product_uom_id.compare(left, 0.0) <= 0:
            reason, message = "filled", self.env._("Filled: %s.", label(quantity))
        elif quantity > 0:
            reason = "partial_stock"
            message = self.env._(
                "%(filled)s filled, %(left)s still needed.",
                filled=label(quantity),
                left=label(left),
            )
        else:
            reason, message = "skipped", self.env._("Nothing was to be filled on this line.")
        return self._prepare_line_vals(line, available, quantity, reason, message)

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

    def _filled_notification(self, then=None):
        """*Backorders filled*: how many of each were done, with a link to the new order.

        :param then: the action that follows; None: the dialog closes
        """
        if len(self) == 1 and self.kind == "process":
            return self._process_summary(then)
        filled = sum(self.mapped("filled_count")) + sum(self.mapped("partial_count"))
        failed = sum(self.mapped("payment_failed_count"))
        new_orders = self.run_order_ids.new_order_id
        message = self.env._(
            "Lines filled: %(lines)s, not filled: %(not_filled)s. Orders completed: %(orders)s, "
            "approved: %(approved)s. E-mails queued: %(mails)s. New orders: %(new)s.",
            lines=filled,
            not_filled=sum(self.mapped("not_filled_count")),
            orders=sum(self.mapped("completed_order_count")),
            approved=sum(self.mapped("approved_count")),
            mails=sum(self.mapped("mail_count")),
            new="%s" if new_orders else "0",
        )
        message += self._charge_words()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Backorders filled"),
                "type": "success" if filled and not failed else "warning",
                "message": message,
                "links": [
                    {"label": order.name, "url": f"/odoo/orders/{order.id}"}
                    for order in new_orders[:1]
                ],
                "sticky": False,
                "next": then or {"type": "ir.actions.act_window_close"},
            },
        }

    def action_open_orders(self):
        """The orders that now have the filled items."""
        rows = self.run_order_ids.filtered(lambda row: row.outcome in ("complete", "partial"))
        orders = rows.new_order_id | rows.filtered(lambda row: not row.new_order_id).order_id
        return orders._backorder_open_action()
