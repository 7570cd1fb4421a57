from odoo import api, fields, models

from ...engine import clamp_needed, is_positive, state_of
from ..base.token import private_value
from .settling import door

# What decides about the backorder of a quotation line.
_REFIGURED_BY = frozenset({"product_id", "product_uom_qty", "product_uom_id", "route_ids"})


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "backorder.guarded"]

    backorder_hold_qty = fields.Float(
        string="Held",
        digits="Product Unit",
        copy=False,
        readonly=True,
        help="Quantity put on backorder, in the unit of the line. Nothing but a fill reserves it.",
    )
    backorder_qty = fields.Float(
        string="Needed",
        digits="Product Unit",
        compute="_compute_backorder_qty",
        store=True,
        copy=False,
        help="On backorder: ordered, not delivered, not reserved, waiting to be filled.",
    )
    backorder_forced_qty = fields.Float(
        string="Forced",
        digits="Product Unit",
        copy=False,
        readonly=True,
        help="The part on backorder that a person forced; fills serve it last.",
    )
    backorder_filled_qty = fields.Float(
        string="Filled", digits="Product Unit", copy=False, readonly=True
    )
    backorder_cancelled_qty = fields.Float(
        string="Rest Cancelled", digits="Product Unit", copy=False, readonly=True
    )
    backorder_promised_qty = fields.Float(
        string="Set Aside",
        digits="Product Unit",
        copy=False,
        readonly=True,
        help="Stock set aside for this quotation until it is confirmed, cancelled or expires.",
    )
    backorder_state = fields.Selection(
        [
            ("no", "No Backorder"),
            ("backordered", "On Backorder"),
            ("partial", "Partly Filled"),
            ("filled", "Backorder Filled"),
            ("cancelled", "Rest Cancelled"),
        ],
        string="Backorder",
        compute="_compute_backorder_qty",
        store=True,
        copy=False,
    )
    backorder_date = fields.Datetime(
        string="Waiting Since", copy=False, readonly=True, index="btree_not_null"
    )
    backorder_age = fields.Integer(
        string="Days Waiting", compute="_compute_backorder_age", help="Days on backorder."
    )
    backorder_claim_released = fields.Boolean(
        string="Claim Released",
        copy=False,
        readonly=True,
        help="Received stock is no longer kept for this backorder; newer orders may take it.",
    )
    backorder_available_qty = fields.Float(
        string="On Hand",
        digits="Product Unit",
        compute="_compute_backorder_available_qty",
        help="Free to promise: on hand, less what is reserved or set aside for others.",
    )
    backorder_fillable_qty = fields.Float(
        string="Can Be Filled Now",
        digits="Product Unit",
        compute="_compute_backorder_available_qty",
        search="_search_backorder_fillable_qty",
    )
    backorder_reserved_qty = fields.Float(
        string="Reserved", digits="Product Unit", compute="_compute_backorder_reserved_qty"
    )
    backorder_origin_line_id = fields.Many2one(
        "sale.order.line",
        string="Original Order Line",
        copy=False,
        readonly=True,
        index="btree_not_null",
    )
    backorder_new_line_ids = fields.One2many(
        "sale.order.line", "backorder_origin_line_id", string="New Order Lines", readonly=True
    )
    backorder_event_ids = fields.One2many(
        "backorder.event", "sale_line_id", string="Backorder History", readonly=True
    )
    backorder_highlight = fields.Selection(related="company_id.backorder_highlight")

    # Both tables are asked for the few rows that are not zero, on every confirmation.
    _backorder_needed_idx = models.Index("(product_id) WHERE backorder_qty > 0")
    _backorder_promised_idx = models.Index("(product_id) WHERE backorder_promised_qty > 0")

    # -- computes ---------------------------------------------------------------------------------

    @api.depends(
        "state",
        "product_id",
        "product_uom_qty",
        "qty_delivered",
        "backorder_hold_qty",
        "backorder_filled_qty",
        "backorder_cancelled_qty",
        "move_ids.state",
        "move_ids.quantity",
        "move_ids.product_uom_qty",
    )
    def _compute_backorder_qty(self):
        held = self.filtered(lambda line: is_positive(line.backorder_hold_qty))
        figures = held._backorder_figures()
        for line in self:
            needed = 0.0
            if line in figures:
                needed = clamp_needed(
                    line.backorder_hold_qty,
                    figures[line],
                    quotation=line.state in ("draft", "sent"),
                    cancelled=line.state == "cancel",
                )
            line.backorder_qty = line.product_uom_id.round(needed) if needed else 0.0
            line.backorder_state = state_of(
                needed, line.backorder_filled_qty, line.backorder_cancelled_qty
            )

    @api.depends("backorder_date", "backorder_qty")
    def _compute_backorder_age(self):
        now = fields.Datetime.now()
        for line in self:
            waiting = line.backorder_date and line.backorder_qty > 0
            line.backorder_age = (now - line.backorder_date).days if waiting else 0

    @api.depends("state", "move_ids.quantity", "move_ids.state", "backorder_promised_qty")
    def _compute_backorder_reserved_qty(self):
        figures = self._backorder_figures()
        for line in self:
            quotation = line.state in ("draft", "sent")
            line.backorder_reserved_qty = (
                line.backorder_promised_qty if quotation else figures[line].reserved
            )

    @api.depends("backorder_qty", "backorder_promised_qty", "product_id", "warehouse_id")
    def _compute_backorder_available_qty(self):
        supply = self._backorder_supply()
        for line in self:
            available = line._backorder_available(supply)
            line.backorder_available_qty = available
            line.backorder_fillable_qty = max(0.0, min(line.backorder_qty, available))

    def _search_backorder_fillable_qty(self, operator, value):
        if operator not in ("=", "!=", ">", ">=", "<", "<=") or value:
            return NotImplemented
        fillable = self.search([("backorder_qty", ">", 0)]).filtered(
            lambda line: is_positive(line.backorder_fillable_qty)
        )
        positive = operator in (">", "!=")
        return [("id", "in" if positive else "not in", fillable.ids)]

    # -- who may write ----------------------------------------------------------------------------

    def _backorder_open_names(self, creating=False):
        return frozenset()

    def _backorder_guard_words(self, labels):
        return self.env._(
            "%s cannot be written directly: force, fill or cancel the backorder.", labels
        )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._backorder_refigure()
        return lines

    def write(self, vals):
        # before anything is done here; the guard itself stands behind Odoo's own `write`
        self._backorder_check_guarded(vals)
        moved = self.browse()
        if "product_id" in vals or "route_ids" in vals:
            # What was set aside was another product, or is now taken from elsewhere.
            moved = self.filtered(lambda line: line.backorder_promised_qty)
        if "product_id" in vals:
            self._backorder_queue_changed()
        if "product_uom_qty" in vals and not self.env.context.get("skip_procurement"):
            self._backorder_lower_holds(vals["product_uom_qty"])
        res = super().write(vals)
        if moved:
            moved._backorder_release_promise()
        if not _REFIGURED_BY.isdisjoint(vals):
            self._backorder_refigure()
        return res

    def _backorder_lower_holds(self, quantity):
        """Lowering a line takes from its backorder first.

        Before Odoo lowers the deliveries: where it has to reserve anew on the way, what stays
        ordered must not count as held.
        """
        lowered = {}
        for line in self.filtered(lambda line: line.state == "sale" and line.backorder_hold_qty):
            less = line.product_uom_qty - quantity
            if line.product_uom_id.compare(less, 0.0) > 0:
                lowered[line] = max(0.0, line.backorder_hold_qty - less)
        if lowered:
            self._backorder_set_holds(lowered, "adjust", self.env._("Ordered quantity lowered"))

    def _update_line_quantity(self, values):
        """No note of Odoo's for each line of an order that has a note of its own for all."""
        if private_value(self.env, "backorder_noted"):
            return None
        return super()._update_line_quantity(values)

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        """After Odoo made, changed and tried to reserve the demand, the hold follows it."""
        with door(self.env) as doors:
            res = super()._action_launch_stock_rule(
                previous_product_uom_qty=previous_product_uom_qty
            )
            if doors is not None and not self.env.context.get("skip_procurement"):
                doors.note_lines(self)
        return res

    def action_open_backorder_order(self):
        self.ensure_one()
        return self.order_id._backorder_open_action()
