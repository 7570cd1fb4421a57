"""Orders: their backorder state, their family, and what their own life does to holds."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import html2plaintext

from ...engine import is_positive
from ..base.batch import forget_lines
from ..base.named import of_one


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "backorder.guarded"]

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

    # -- its family -------------------------------------------------------------------------------

    def _backorder_family(self):
        """The order, the orders it was made of, and all that were made of these."""
        self.ensure_one()
        root = self
        while root.backorder_parent_id:
            root = root.backorder_parent_id
        family = level = root
        while level := level.backorder_child_ids:
            family |= level
        return family

    # -- who may write ----------------------------------------------------------------------------

    def _backorder_open_names(self, creating=False):
        return frozenset({"backorder_ship_date"})

    def _backorder_check_access(self, group="backorder_mgmt.group_backorder_user"):
        """The user may change these orders, and works with backorders at all."""
        if self.env.su:
            return
        if not self.env.user.has_group(group):
            name = self.env.ref(group).sudo().full_name
            raise AccessError(
                self.env._("You need the right “%s” to do this. Ask your administrator.", name)
            )
        self.check_access("write")

    def _backorder_guard_words(self, labels):
        return self.env._(
            "%s cannot be written directly: it is set when a backorder is filled.", labels
        )

    def write(self, vals):
        # before anything is done here; the guard itself stands behind Odoo's own `write`
        self._backorder_check_guarded(vals)
        if vals.get("state") == "draft":
            # Cancelled by an older version of this addon: what it left.
            again = self.filtered(lambda order: order.state == "cancel")
            again.order_line._backorder_start_anew(self.env._("Set to quotation"))
        changed = self.browse()
        if "warehouse_id" in vals:
            changed = self.filtered(
                lambda order: order.state in ("draft", "sent")
                and order.warehouse_id.id != vals["warehouse_id"]
            )
            # What was set aside lies in another warehouse.
            changed.order_line._backorder_release_set_aside()
        res = super().write(vals)
        if changed:
            changed.order_line._backorder_refigure()
        if vals.get("state") == "draft":
            self.order_line._backorder_refigure()
        return res

    # -- Odoo's own life of an order --------------------------------------------------------------

    def _backorder_confirm(self):
        """`action_confirm` in a work of ours. Other modules may stop it without an error, to ask a
        person first: nobody is there, and what follows would be of an order that is none.

        :raise UserError: some of these orders are not confirmed by it; it names them
        """
        res = self.action_confirm()
        if stopped := self.filtered(lambda order: order.state in ("draft", "sent")):
            raise UserError("\n".join(order._backorder_stopped_words() for order in stopped))
        return res

    def _backorder_stopped_words(self):
        """That another module keeps this order from being confirmed, and what to do."""
        if original := self.backorder_parent_id:
            words = self.env._(
                "The new order of %s cannot be approved now: another app asks a person first. Fill "
                "it without approving new orders, and confirm the new one by hand.",
                original.name,
            )
        else:
            words = self.env._(
                "%s cannot be approved now: another app asks a person first. Confirm it by hand.",
                self.name,
            )
        # OCA's exceptions say which rule it was.
        reason = "exceptions_summary" in self._fields and self.exceptions_summary
        return f"{words} {html2plaintext(reason)}" if reason else words

    def _action_confirm(self):
        """Backorders are worked out afresh by what the confirmation reserves; what is set
        aside is reserved now."""
        lines = self.order_line
        lines._backorder_prepare_confirm()
        res = super()._action_confirm()
        promised = lines.filtered("backorder_promised_qty")
        if promised:
            promised._backorder_set_aside(dict.fromkeys(promised, 0.0))
        return res

    def _action_cancel(self):
        """A cancelled order waits for nothing; a new order of a fill gives what it did not send
        back to the original's backorder."""
        made_by_fills = self.filtered(
            lambda order: order.state != "cancel" and order.backorder_parent_id
        )
        lines = self.order_line
        res = super()._action_cancel()
        made_by_fills._backorder_given_up()
        # Rewards (`sale_loyalty`) go with the cancellation.
        lines.exists()._backorder_start_anew(self.env._("Order cancelled"), "cancel")
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_backorder_give_back(self):
        """Deleting a new order before approval is cancelling it."""
        self.filtered(
            lambda order: order.state in ("draft", "sent") and order.backorder_parent_id
        )._backorder_given_up()

    def unlink(self):
        if self:
            forget_lines(self.env["backorder.event"], self)
        return super().unlink()

    def _backorder_given_up(self):
        """Hook: these orders, made by a fill, are cancelled, or deleted before their approval."""

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

    @of_one
    def action_view_backorder_parent(self):
        """The order whose filled items these orders are."""
        return self.backorder_parent_id._backorder_open_action()

    @of_one
    def action_view_backorder_children(self):
        """The new orders that fills made of this one."""
        return self.backorder_child_ids._backorder_open_action()
