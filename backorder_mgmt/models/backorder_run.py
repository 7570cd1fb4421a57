from odoo import api, fields, models
from odoo.exceptions import UserError


class BackorderRun(models.Model):
    """Every fill, also of one order: what was looked at, what was done, and why."""

    _name = "backorder.run"
    _description = "Backorder Fill"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="Reference", required=True, readonly=True, copy=False, default="/")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    user_id = fields.Many2one(
        "res.users", string="By", readonly=True, default=lambda self: self.env.user
    )
    kind = fields.Selection(
        [("fill", "Fill Backorders"), ("process", "Multi-Order Processor")],
        required=True,
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
    )
    date_done = fields.Datetime(string="Done On", readonly=True, copy=False)
    set_ship_date = fields.Boolean(string="Set Actual Ship Date")
    ship_date = fields.Date(string="Actual Ship Date")
    approve_complete = fields.Boolean(
        string="Approve Completed Orders",
        default=lambda self: self.env.company.backorder_approve_new_order,
    )
    approve_partial = fields.Boolean(
        string="Approve Partially Filled Orders",
        default=lambda self: self.env.company.backorder_approve_new_order,
    )
    line_ids = fields.One2many("backorder.run.line", "run_id", string="Lines", readonly=True)
    run_order_ids = fields.One2many("backorder.run.order", "run_id", string="Orders", readonly=True)
    event_ids = fields.One2many("backorder.event", "run_id", string="Ledger", readonly=True)
    filled_count = fields.Integer(string="Lines Filled", compute="_compute_counts")
    partial_count = fields.Integer(string="Lines Partly Filled", compute="_compute_counts")
    not_filled_count = fields.Integer(string="Lines Not Filled", compute="_compute_counts")
    completed_order_count = fields.Integer(string="Orders Completed", compute="_compute_counts")
    partial_order_count = fields.Integer(string="Orders Partly Filled", compute="_compute_counts")
    new_order_count = fields.Integer(string="New Orders", compute="_compute_counts")
    approved_count = fields.Integer(string="Orders Approved", compute="_compute_counts")

    @api.depends("line_ids.filled_qty", "line_ids.needed_qty", "run_order_ids.outcome")
    def _compute_counts(self):
        for run in self:
            lines, orders = run.line_ids, run.run_order_ids
            done = lines.filtered(lambda line: line.filled_qty > 0)
            full = done.filtered(lambda line: line.filled_qty >= line.needed_qty)
            run.filled_count = len(full)
            run.partial_count = len(done - full)
            run.not_filled_count = len(lines - done)
            run.completed_order_count = len(orders.filtered(lambda o: o.outcome == "complete"))
            run.partial_order_count = len(orders.filtered(lambda o: o.outcome == "partial"))
            run.new_order_count = len(orders.new_order_id)
            run.approved_count = len(orders.filtered(lambda o: o.new_order_id.state == "sale"))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                company = self.env["res.company"].browse(
                    vals.get("company_id") or self.env.company.id
                )
                vals["name"] = (
                    self.env["ir.sequence"].with_company(company).next_by_code("backorder.run")
                    or "/"
                )
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if any(run.state not in ("draft", "planned", "cancelled") for run in self):
            raise UserError(self.env._("A fill that was started is kept for good."))

    def _approves(self, order):
        """Whether a new order made of ``order``'s filled items is confirmed at once.

        Complete: nothing of the original is needed any more.
        """
        self.ensure_one()
        complete = not any(line.backorder_qty > 0 for line in order.order_line)
        return self.approve_complete if complete else self.approve_partial

    # -- one order at once ------------------------------------------------------------------------

    @api.model
    def _fill_now(self, orders, wanted, **options):
        """Fill ``orders`` of one company at once, all or nothing.

        :param wanted: {line: quantity} or None for everything possible
        :return: the run, done
        """
        # sudo: the caller may change these orders; quants, moves and the ledger are not a
        # salesman's to write, and the run is kept for him as his.
        orders = orders.sudo()
        company = orders.company_id
        run = (
            self.sudo()
            .with_company(company)
            .create(self._prepare_fill_now_vals(company, **options))
        )
        orders._backorder_lock_stock(touch=True)
        lines = orders.order_line.filtered(lambda line: line.backorder_qty > 0)
        if wanted is not None:
            wanted = {line.sudo(): quantity for line, quantity in wanted.items()}
            lines = orders.order_line.browse().union(*wanted)
        supply = lines._backorder_supply()
        parts, locations = lines._backorder_parts(), lines._backorder_locations()
        if wanted is not None:
            orders._backorder_check_last_po(lines.filtered(lambda line: wanted[line] > 0))
        missing = orders._backorder_last_po_missing(lines.product_id)
        for order in orders.sorted(lambda order: order._backorder_queue_key()):
            run._fill_order(order, lines, wanted, supply, parts, locations, missing)
        if run.set_ship_date:
            run._set_ship_dates()
        run.write({"state": "done", "date_done": fields.Datetime.now()})
        return run.with_env(self.env)

    def _prepare_fill_now_vals(self, company, **options):
        return {
            "company_id": company.id,
            "user_id": self.env.uid,
            "kind": "fill",
            "state": "running",
            "approve_complete": company.backorder_approve_new_order,
            "approve_partial": company.backorder_approve_new_order,
            **options,
        }

    def _fill_order(self, order, lines, wanted, supply, parts, locations, missing):
        """Fill one order and write its rows: the result, and a reason for every line."""
        lines = order.order_line & lines
        if not lines:
            return
        rows, quantities = [], {}
        for line in lines:
            available = line._backorder_available(supply, parts[line], locations[line])
            if wanted is not None:
                quantity = wanted[line]
                line._backorder_check_fill(quantity, available, parts[line])
            else:
                quantity = line._backorder_default_fill(available, parts[line])
                if line.product_id in missing:
                    quantity = 0.0
            quantities[line] = quantity
            rows.append(self._prepare_line_vals(line, available, quantity))
        if not order._backorder_may_fill(quantities, strict=wanted is not None):
            quantities = {}
        for line, quantity in quantities.items():
            for part, per_unit in parts[line].items():
                if order.state == "sale":
                    supply.take(part.id, locations[line].id, quantity * per_unit)
        run_lines = self.env["backorder.run.line"].sudo().create(rows)
        filled, new_order, sentence = order._backorder_fill(quantities, supply, self)
        for row in run_lines:
            got = filled.get(row.sale_line_id, 0.0)
            row.write(row._prepare_result_vals(got, quantities, missing))
        still = any(line.backorder_qty > 0 for line in order.order_line)
        done = any(filled.values())
        self.env["backorder.run.order"].sudo().create(
            {
                "run_id": self.id,
                "order_id": order.id,
                "new_order_id": new_order.id,
                "outcome": ("partial" if still else "complete") if done else "none",
                "message": sentence,
            }
        )

    def _prepare_line_vals(self, line, available, planned):
        return {
            "run_id": self.id,
            "sale_line_id": line.id,
            "order_id": line.order_id.id,
            "product_id": line.product_id.id,
            "product_uom_id": line.product_uom_id.id,
            "needed_qty": line.backorder_qty,
            "available_qty": available,
            "planned_qty": planned,
            "waiting_since": line.backorder_date,
        }

    def _set_ship_dates(self):
        orders = self.run_order_ids.filtered(lambda row: row.outcome != "none")
        for row in orders:
            target = row.new_order_id or row.order_id
            target.backorder_ship_date = self.ship_date or fields.Date.context_today(self)
            target.picking_ids.filtered(
                lambda picking: picking.state not in ("done", "cancel")
            ).write({"scheduled_date": target.backorder_ship_date})

    def _filled_notification(self):
        """*Backorders filled*: what was done, with a link to the orders that have it."""
        self.ensure_one()
        filled = self.line_ids.filtered(lambda line: line.filled_qty > 0)
        new_orders = self.run_order_ids.new_order_id
        if new_orders:
            message = self.env._("%(count)s lines filled as %s.", count=len(filled))
        else:
            message = self.env._("%(count)s lines filled.", count=len(filled))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Backorders filled"),
                "type": "success" if filled else "warning",
                "message": message,
                "links": [
                    {"label": order.name, "url": f"/odoo/orders/{order.id}"}
                    for order in new_orders[:1]
                ],
                "sticky": False,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_open_orders(self):
        """The orders that now have the filled items."""
        self.ensure_one()
        orders = (
            self.run_order_ids.new_order_id
            | self.run_order_ids.filtered(lambda row: not row.new_order_id).order_id
        )
        return orders._backorder_open_action()
