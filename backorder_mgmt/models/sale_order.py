from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..engine import is_positive
from .backorder_token import may_write_backorder

_GUARDED = frozenset({"backorder_parent_id", "backorder_carried_amount", "backorder_original_date"})


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = [
        "backorder.order.money",  # before Odoo's own: it overrides methods of it
        "sale.order",
        "backorder.order.actions",
        "backorder.order.fill",
        "backorder.order.dialog",
        "backorder.order.promise",
        "backorder.order.process",
    ]

    backorder_state = fields.Selection(
        [
            ("no", "No Backorder"),
            ("backordered", "On Backorder"),
            ("partial", "Partly Filled"),
            ("filled", "Backorder Filled"),
        ],
        string="Backorder Status",
        compute="_compute_backorder_state",
        store=True,
        copy=False,
        index="btree_not_null",
    )
    backorder_line_count = fields.Integer(
        string="Lines on Backorder", compute="_compute_backorder_state", store=True, copy=False
    )
    backorder_parent_id = fields.Many2one(
        "sale.order",
        string="Original Order",
        copy=False,
        readonly=True,
        index="btree_not_null",
        check_company=True,
        help="The order whose filled backorders became this order.",
    )
    backorder_child_ids = fields.One2many(
        "sale.order", "backorder_parent_id", string="New Orders", readonly=True
    )
    backorder_child_count = fields.Integer(
        string="New Orders Count", compute="_compute_backorder_child_count"
    )
    backorder_original_date = fields.Datetime(
        string="Original Order Date",
        copy=False,
        readonly=True,
        help="Order date of the first order of this family: its place in every queue.",
    )
    backorder_carry_in_ids = fields.One2many("backorder.carry", "to_order_id", readonly=True)
    backorder_carry_out_ids = fields.One2many("backorder.carry", "from_order_id", readonly=True)
    backorder_carried_amount = fields.Monetary(
        string="Carried",
        compute="_compute_backorder_carried_amount",
        store=True,
        copy=False,
        help="Credit (+) carried to this order from others of its family, or balance (−) that it "
        "took over; the other order has the same amount with the other sign.",
    )
    backorder_family_ids = fields.Many2many(
        "sale.order", string="Original and New Orders", compute="_compute_backorder_family_ids"
    )
    backorder_carry_ids = fields.Many2many(
        "backorder.carry",
        string="Carried Amounts",
        compute="_compute_backorder_carry_ids",
        groups="backorder_mgmt.group_backorder_user",
    )
    backorder_carried_label = fields.Char(
        compute="_compute_backorder_carried_label", compute_sudo=True
    )
    backorder_open_total = fields.Monetary(
        string="Open Total",
        compute="_compute_backorder_amount_due",
        compute_sudo=True,
        help="The order's total; nothing when it is cancelled.",
    )
    backorder_paid_amount = fields.Monetary(
        string="Paid",
        compute="_compute_backorder_amount_due",
        compute_sudo=True,
        help="Online payments, and payments of this order's invoices that were made otherwise.",
    )
    backorder_amount_due = fields.Monetary(
        string="Amount Due",
        compute="_compute_backorder_amount_due",
        compute_sudo=True,
        search="_search_backorder_amount_due",
        help="Total, less what was paid, less carried credit, plus carried balance. Negative: paid "
        "more than it costs.",
    )
    backorder_ship_date = fields.Date(
        string="Actual Ship Date", copy=False, help="The day the goods really leave."
    )
    backorder_can_force = fields.Boolean(compute="_compute_backorder_can")
    backorder_can_fill = fields.Boolean(compute="_compute_backorder_can")
    backorder_has_lines = fields.Boolean(
        compute="_compute_backorder_can", help="Something of it is, or was, on backorder."
    )
    backorder_moved_to = fields.Char(
        string="Moved To",
        compute="_compute_backorder_moved_to",
        help="New orders that hold everything this order was about.",
    )
    backorder_has_promise = fields.Boolean(
        string="Has Stock Set Aside",
        compute="_compute_backorder_has_promise",
        search="_search_backorder_has_promise",
    )

    @api.depends(
        "state", "order_line.backorder_qty", "order_line.backorder_state", "order_line.state"
    )
    def _compute_backorder_state(self):
        for order in self:
            states = set(order.order_line.mapped("backorder_state"))
            needed = order.order_line.filtered(lambda line: line.backorder_qty > 0)
            order.backorder_line_count = len(needed)
            if needed:
                some = "partial" in states or "filled" in states
                order.backorder_state = "partial" if some else "backordered"
            else:
                order.backorder_state = "filled" if "filled" in states else "no"

    @api.depends("backorder_child_ids")
    def _compute_backorder_child_count(self):
        for order in self:
            order.backorder_child_count = len(order.backorder_child_ids)

    @api.depends("state", "order_line.backorder_qty", "order_line.product_uom_qty")
    def _compute_backorder_can(self):
        for order in self:
            lines = order.order_line.filtered(lambda line: not line.display_type)
            order.backorder_can_fill = order.state != "cancel" and any(
                line.backorder_qty > 0 for line in lines
            )
            limits = lines._backorder_forceable()
            order.backorder_can_force = any(
                line.product_uom_id.compare(limits[line], line.backorder_qty) > 0
                and not line._backorder_refusal()
                for line in lines
            )
            order.backorder_has_lines = any(
                line.backorder_state != "no" or line.backorder_promised_qty for line in lines
            )

    @api.depends("backorder_child_ids.state", "order_line.product_uom_qty")
    def _compute_backorder_moved_to(self):
        for order in self:
            emptied = order.backorder_child_ids and not any(
                line.product_uom_qty
                for line in order.order_line
                if not line.display_type and line.product_id.type == "consu"
            )
            children = order.backorder_child_ids.filtered(lambda child: child.state != "cancel")
            order.backorder_moved_to = ", ".join(children.mapped("name")) if emptied else False

    @api.depends("order_line.backorder_promised_qty")
    def _compute_backorder_has_promise(self):
        for order in self:
            order.backorder_has_promise = any(
                is_positive(line.backorder_promised_qty) for line in order.order_line
            )

    def _search_backorder_has_promise(self, operator, value):
        if operator not in ("=", "!="):
            return NotImplemented
        promised = self.env["sale.order.line"]._search([("backorder_promised_qty", ">", 0)])
        wanted = bool(value) == (operator == "=")
        return [("order_line", "in" if wanted else "not in", promised)]

    # -- guarded fields ---------------------------------------------------------------------------

    def _backorder_check_guarded(self, names):
        guarded = _GUARDED.intersection(names)
        if guarded and not may_write_backorder(self.env):
            raise AccessError(
                self.env._(
                    "%s cannot be written directly: it is set when a backorder is filled.",
                    ", ".join(self._fields[name].string for name in sorted(guarded)),
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        self._backorder_check_guarded({name for vals in vals_list for name in vals})
        self._backorder_check_guarded(
            {key[8:] for key in self.env.context if key.startswith("default_backorder_")}
        )
        return super().create(vals_list)

    def write(self, vals):
        self._backorder_check_guarded(vals)
        changed = self.browse()
        if "warehouse_id" in vals:
            changed = self.filtered(
                lambda order: order.state in ("draft", "sent")
                and order.warehouse_id.id != vals["warehouse_id"]
            )
            # What was set aside lies in another warehouse.
            changed.order_line._backorder_release_promise()
        res = super().write(vals)
        if changed:
            changed.order_line._backorder_refigure()
        if vals.get("state") == "draft":
            self.order_line._backorder_refigure()
        return res

    # -- Odoo's own life of an order --------------------------------------------------------------

    def _action_confirm(self):
        """Backorders are worked out afresh by what the confirmation reserves; promised stock is
        reserved now."""
        lines = self.order_line
        lines._backorder_prepare_confirm()
        res = super()._action_confirm()
        promised = lines.filtered("backorder_promised_qty")
        if promised:
            promised._backorder_write({"backorder_promised_qty": 0.0})
        # What is on the confirmation is what the customer knows.
        lines._backorder_told()
        return res

    def _action_cancel(self):
        """A cancelled order waits for nothing; a new order that was not approved yet gives its
        quantities back to the original's backorder."""
        unapproved = self.filtered(
            lambda order: order.state in ("draft", "sent") and order.backorder_parent_id
        )
        lines = self.order_line
        res = super(SaleOrder, self.with_context(backorder_event="cancel"))._action_cancel()
        unapproved._backorder_give_back()
        # Rewards (`sale_loyalty`) go with the cancellation.
        lines = lines.exists()
        holding = lines.filtered(lambda line: line.backorder_hold_qty)
        promised = lines.filtered("backorder_promised_qty")
        if promised:
            promised._backorder_write({"backorder_promised_qty": 0.0})
        ledgered = holding._backorder_ledgered()
        if holding - ledgered:
            (holding - ledgered)._backorder_write({"backorder_hold_qty": 0.0})
        if ledgered:
            ledgered._backorder_set_holds(
                dict.fromkeys(ledgered, 0.0), "cancel", self.env._("Order cancelled")
            )
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_backorder_give_back(self):
        """Deleting a new order before approval is cancelling it."""
        self.filtered(
            lambda order: order.state in ("draft", "sent") and order.backorder_parent_id
        )._backorder_give_back()

    # -- screens ----------------------------------------------------------------------------------

    def _backorder_open_action(self):
        """Open these orders: one as a form, several as a list."""
        action = self.env["ir.actions.actions"]._for_xml_id("sale.action_orders")
        action["context"] = {}
        if len(self) == 1:
            action.update(
                view_mode="form",
                views=[(self.env.ref("sale.view_order_form").id, "form")],
                res_id=self.id,
            )
        else:
            action["domain"] = [("id", "in", self.ids)]
        return action

    def action_view_backorder_parent(self):
        self.ensure_one()
        return self.backorder_parent_id._backorder_open_action()

    def action_view_backorder_children(self):
        self.ensure_one()
        return self.backorder_child_ids._backorder_open_action()

    def _backorder_dialog(self, model, name):
        self.ensure_one()
        self._backorder_check_access()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_order_id": self.id, "dialog_size": "extra-large"},
        }

    def action_force_backorders(self):
        return self._backorder_dialog("backorder.force", self.env._("Force Backorders"))

    def action_fill_backorders(self):
        return self._backorder_dialog("backorder.fill", self.env._("Fill Backorders"))

    def action_cancel_backorders(self):
        return self._backorder_dialog("backorder.cancel", self.env._("Cancel the Rest"))
