from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.batch import insert_rows, is_ours_alone


class BackorderEvent(models.Model):
    """The ledger: one row for every change of a held quantity, never edited or deleted."""

    _name = "backorder.event"
    _inherit = ["backorder.guarded"]
    _description = "Backorder Event"
    _order = "date desc, id desc"
    _rec_name = "sale_line_id"
    _check_company_auto = True

    # `set null` and not `cascade`: a quotation line may be deleted, what happened to it may not.
    sale_line_id = fields.Many2one(
        "sale.order.line", string="Order Line", ondelete="set null", index=True, readonly=True
    )
    order_id = fields.Many2one(
        "sale.order", string="Order", ondelete="set null", index=True, readonly=True
    )
    order_name = fields.Char(string="Order Reference", readonly=True)
    product_id = fields.Many2one(
        "product.product", string="Product", ondelete="set null", index=True, readonly=True
    )
    company_id = fields.Many2one(
        "res.company", string="Company", required=True, index=True, readonly=True
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users",
        string="By",
        ondelete="set null",
        readonly=True,
        default=lambda self: self.env.user,
    )
    type = fields.Selection(
        [
            ("auto", "Out of Stock"),
            ("force", "Forced"),
            ("fill", "Filled"),
            ("cancel", "Rest Cancelled"),
            ("undo", "Taken Back"),
            ("adjust", "Adjusted"),
        ],
        required=True,
        readonly=True,
    )
    product_qty = fields.Float(
        string="Quantity (Product's Unit)",
        readonly=True,
        help="In the unit of the product: + put on backorder, − filled or taken off.",
    )
    product_balance = fields.Float(
        string="Balance (Product's Unit)",
        readonly=True,
        help="On backorder after this event, in the unit of the product.",
    )
    line_uom_id = fields.Many2one(
        "uom.uom",
        string="Unit",
        ondelete="restrict",
        readonly=True,
        help="Unit of the order line at that time.",
    )
    quantity = fields.Float(
        digits=None,
        min_display_digits="Product Unit",
        readonly=True,
        help="In the unit of the order line: + put on backorder, − filled or taken off.",
    )
    balance = fields.Float(
        digits=None,
        min_display_digits="Product Unit",
        readonly=True,
        help="On backorder after this event.",
    )
    note = fields.Char(readonly=True)

    def _backorder_guard_words(self, labels):
        return self.env._("The backorder ledger is written by forcing, filling and cancelling.")

    @api.model
    def _log(self, vals_list):
        """Add rows, each with values for the same fields; as `create`, in one statement."""
        if not is_ours_alone(self, BackorderEvent, "create", vals_list[0]):
            return self.create(vals_list)
        events = insert_rows(self, vals_list)
        # What is shown of the ledger is read again.
        self.env["sale.order.line"].invalidate_model(["backorder_event_ids"], flush=False)
        return events

    def write(self, vals):
        if self:
            raise UserError(self.env._("A row of the backorder ledger cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A row of the backorder ledger cannot be deleted."))
