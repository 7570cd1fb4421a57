from odoo import api, fields, models

from ..models.base.named import of_one


class BackorderForce(models.TransientModel):
    _name = "backorder.force"
    _inherit = ["backorder.dialog"]
    _description = "Force Backorders"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    line_ids = fields.One2many(
        "backorder.force.line",
        "force_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )

    select_all = fields.Boolean(string="All Items", default=True)
    gives_up = fields.Char(compute="_compute_gives_up")

    @api.onchange("select_all")
    def _onchange_select_all(self):
        for row in self.line_ids.filtered(lambda row: not row.refusal):
            row.selected = self.select_all

    @api.depends("line_ids.selected", "line_ids.quantity")
    def _compute_gives_up(self):
        for wizard in self:
            wizard.gives_up = wizard.order_id._origin._backorder_gives_up_words(
                {
                    row.sale_line_id._origin: row.quantity
                    for row in wizard.line_ids._about_an_order()[0].filtered("selected")
                }
            )

    @api.depends("order_id")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create(vals)
                for vals in wizard.order_id._prepare_backorder_force_lines()
            ]

    @of_one
    def action_confirm(self):
        """Force the ticked lines.

        :raise UserError: nothing is ticked, or nothing would change
        """
        ticked = self.line_ids.filtered("selected")
        wanted = {row.sale_line_id.id: row.quantity for row in ticked}
        self.order_id._backorder_check_forces(self.order_id._backorder_parse(wanted))
        self.order_id.force_backorders(wanted)
        return {"type": "ir.actions.act_window_close"}


class BackorderForceLine(models.TransientModel):
    _name = "backorder.force.line"
    _inherit = ["backorder.dialog"]
    _description = "Force Backorders: Line"

    force_id = fields.Many2one("backorder.force", required=True, ondelete="cascade")
    selected = fields.Boolean(string="Backorder")
    sale_line_id = fields.Many2one("sale.order.line", required=True, ondelete="cascade")
    product_id = fields.Many2one(related="sale_line_id.product_id", related_sudo=False)
    default_code = fields.Char(
        related="sale_line_id.product_id.default_code", related_sudo=False, string="SKU"
    )
    product_uom_id = fields.Many2one(related="sale_line_id.product_uom_id", related_sudo=False)
    ordered_qty = fields.Float(
        related="sale_line_id.product_uom_qty",
        related_sudo=False,
        string="Ordered",
        digits=None,
        min_display_digits="Product Unit",
    )
    reserved_qty = fields.Float(
        related="sale_line_id.backorder_reserved_qty",
        related_sudo=False,
        string="Reserved",
        digits=None,
        min_display_digits="Product Unit",
    )
    delivered_qty = fields.Float(
        related="sale_line_id.qty_delivered",
        related_sudo=False,
        string="Delivered",
        digits=None,
        min_display_digits="Product Unit",
    )
    backorder_qty = fields.Float(
        related="sale_line_id.backorder_qty",
        related_sudo=False,
        string="On Backorder",
        digits=None,
        min_display_digits="Product Unit",
    )
    expected_date = fields.Datetime(string="Expected", compute="_compute_expected_date")
    quantity = fields.Float(
        string="Qty to Backorder",
        digits=None,
        min_display_digits="Product Unit",
        help="The new total on backorder, not an addition.",
    )
    refusal = fields.Char(string="Cannot Be Backordered", readonly=True)

    @api.depends("sale_line_id")
    def _compute_expected_date(self):
        shown = self.sale_line_id._origin._backorder_shown_dates()
        for row in self:
            row.expected_date = shown.get(row.sale_line_id._origin)
