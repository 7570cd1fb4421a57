"""Order lines: the fields of the hold, how they are worked out, and who may write them."""

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import clamp_needed, exact, is_more, is_positive, state_of
from ..base.meanwhile import Meanwhile
from ..base.named import of_one
from ..base.once import once
from .sale_order_line_quotation import figured
from .settling import door


def is_near(left, right):
    return not is_more(left, right) and not is_more(right, left)


_COMPARED = {
    "=": lambda quantity, value: is_near(quantity, value),
    "!=": lambda quantity, value: not is_near(quantity, value),
    ">": is_more,
    "<": lambda quantity, value: is_more(value, quantity),
    ">=": lambda quantity, value: not is_more(value, quantity),
    "<=": lambda quantity, value: not is_more(quantity, value),
    "in": lambda quantity, values: any(is_near(quantity, value or 0.0) for value in values),
    "not in": lambda quantity, values: not any(is_near(quantity, value or 0.0) for value in values),
}
#: The orders have a note of the new quantities.
order_noted = Meanwhile(default=False)
# What decides about the backorder of a quotation line.
_REFIGURED_BY = frozenset({"product_id", "product_uom_qty", "product_uom_id", "route_ids"})


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "backorder.guarded"]

    backorder_qty = fields.Float(
        string="Needed",
        digits=None,
        min_display_digits="Product Unit",
        compute="_compute_backorder_qty",
        store=True,
        copy=False,
        help="On backorder: ordered, not delivered, not reserved, waiting to be filled.",
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
        digits=None,
        min_display_digits="Product Unit",
        compute="_compute_backorder_available_qty",
        groups="base.group_user",  # what is in stock is not told to customers
        help="Free to promise: on hand, less what is reserved or set aside for others.",
    )
    backorder_fillable_qty = fields.Float(
        string="Can Be Filled Now",
        digits=None,
        min_display_digits="Product Unit",
        compute="_compute_backorder_available_qty",
        search="_search_backorder_fillable_qty",
        groups="base.group_user",
    )
    backorder_reserved_qty = fields.Float(
        string="Reserved",
        digits=None,
        min_display_digits="Product Unit",
        compute="_compute_backorder_reserved_qty",
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
        "product_uom_id",
        "backorder_hold_product_qty",
        "backorder_filled_product_qty",
        "backorder_cancelled_product_qty",
        "move_ids.state",
        "move_ids.quantity",
        "move_ids.product_uom_qty",
    )
    def _compute_backorder_qty(self):
        held = self.filtered(lambda line: is_positive(line.backorder_hold_product_qty))
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
            if needed and not line._backorder_compare(needed, 0.0):
                needed = 0.0
            pieces = line._backorder_pieces(needed)
            line.backorder_qty = pieces and pieces / line._backorder_per_unit()
            line.backorder_state = state_of(
                pieces, line.backorder_filled_product_qty, line.backorder_cancelled_product_qty
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
        limited = self.order_id.filtered(lambda order: order._backorder_is_limited())
        needed = limited.order_line.filtered(lambda line: line.backorder_qty > 0)
        facts = (self | needed)._backorder_facts()
        supply = (self | needed)._backorder_supply(facts)
        limits = limited._backorder_limits(supply, facts)
        for line in self:
            available = line._backorder_available(supply, facts)
            line.backorder_available_qty = available
            fillable = min(line.backorder_qty, available)
            line.backorder_fillable_qty = max(0.0, limits.get(line, fillable))

    def _search_backorder_fillable_qty(self, operator, value):
        # who may not read it finds nothing by it either
        self._check_field_access(self._fields["backorder_fillable_qty"], "read")
        matches = _COMPARED.get(operator)
        if not matches or isinstance(value, str):
            return NotImplemented
        if operator == ">" and not value:
            key = ("backorder_fillable_qty", self.env.su)
            ids = once(self.env, key, self._backorder_fillable_any)
            return [("id", "in", SQL("(SELECT UNNEST(%s::int[]))", ids))]
        # Only lines on backorder are looked at, of what there is any.
        needed = self.search([("id", "in", self._backorder_near_stock())])
        fillable = needed._backorder_fillable_quantities()
        matching = needed.filtered(lambda line: matches(fillable.get(line.id, 0.0), value))
        if matches(0.0, value):
            return [("id", "not in", (needed - matching).ids)]
        return [("id", "in", matching.ids)]

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
        if "product_id" in vals:
            self.filtered(
                lambda line: line.product_id.id != vals["product_id"]
            )._backorder_start_anew(self.env._("Another product"))
        left_of_cancelled = self._backorder_left_of_cancelled(vals)
        moved = self.browse()
        if "product_id" in vals or "route_ids" in vals:
            # What was set aside was another product, or is now taken from elsewhere.
            moved = self.filtered(lambda line: line.backorder_promised_qty)
        if "product_id" in vals:
            self._backorder_queue_changed()
        if "product_uom_qty" in vals and not self.env.context.get("skip_procurement"):
            unit = self.env["uom.uom"].browse(vals.get("product_uom_id"))
            self._backorder_lower_holds(vals["product_uom_qty"], unit)
        changing = self if "product_uom_qty" in vals else self.browse()
        with changing._backorder_keeping_recipes() as kits:
            res = super().write(vals)
        if kits and not self.env.context.get("skip_procurement"):
            # Odoo may ask for more kits than were added: pieces of what is stocked in dozens.
            moves = self._backorder_moves().filtered(lambda m: m._should_assign_at_confirm())
            moves.sale_line_id.with_env(self.env)._backorder_settle(tried=moves)
        for line, left in left_of_cancelled.items():
            line._backorder_write({"backorder_cancelled_product_qty": left})
        if moved:
            moved._backorder_release_set_aside()
        if not _REFIGURED_BY.isdisjoint(vals):
            refigured = self
            if _REFIGURED_BY.intersection(vals) == {"product_uom_id"}:
                # The unit alone: what was set aside or forced are as many pieces as before.
                refigured = self.filtered(
                    lambda line: not (
                        line.backorder_promised_product_qty or line.backorder_forced_product_qty
                    )
                )
            refigured._backorder_refigure()
        return res

    def _backorder_lower_holds(self, wanted, unit=None):
        """Lowering a line takes from its backorder first.

        Before Odoo lowers the deliveries: where it has to reserve anew on the way, what stays
        ordered must not count as held.
        """
        lowered = {}
        for line in self.filtered(lambda line: line.state == "sale" and line.backorder_hold_qty):
            quantity = wanted
            if unit and unit != line.product_uom_id:
                # as many pieces in another unit are no less
                quantity = unit._compute_quantity(quantity, line.product_uom_id, round=False)
            less = line.product_uom_qty - quantity
            if line._backorder_compare(less, 0.0) > 0:
                lowered[line] = max(0.0, line.backorder_hold_qty - less)
        if lowered:
            self._backorder_set_holds(lowered, "adjust", self.env._("Ordered quantity lowered"))

    def _backorder_left_of_cancelled(self, vals):
        """{line: what is left of its *Rest Cancelled* in the product's unit} where ``vals`` order
        again what was cancelled. What a fill moved and brings back was not cancelled."""
        if "product_uom_qty" not in vals or figured.now(self.env):
            return {}
        unit = self.env["uom.uom"].browse(vals.get("product_uom_id"))
        left = {}
        for line in self.filtered("backorder_cancelled_product_qty"):
            new, before = vals["product_uom_qty"], line._backorder_pieces(line.product_uom_qty)
            if unit:
                pieces = unit._compute_quantity(new, line.product_id.uom_id, round=False)
            else:
                pieces = line._backorder_pieces(new)
            if line.product_id.uom_id.compare(pieces, before) > 0:
                cancelled = line.backorder_cancelled_product_qty
                left[line] = exact(max(0.0, cancelled - (pieces - before)))
        return left

    def _update_line_quantity(self, values):
        """No note of Odoo's for each line of an order that has a note of its own for all."""
        if order_noted.now(self.env):
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

    @of_one
    def action_open_backorder_order(self):
        """The order of this line."""
        return self.order_id._backorder_open_action()
