from datetime import timedelta

from odoo import api, fields, models

from ..models.base.named import of_one
from ..models.base.res_company import POLICY_SELECTION


class BackorderStuck(models.TransientModel):
    """*Which orders hold stock they cannot ship?*, and whom it would help."""

    _name = "backorder.stuck"
    _description = "Stock That Cannot Ship"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    product_ids = fields.Many2many(
        "product.product", string="SKUs", help="Only stock of these items; empty: all SKUs."
    )
    date = fields.Date(
        string="Cannot Be Completed Before",
        required=True,
        default=lambda self: self.env.company._backorder_today() + timedelta(days=7),
        help="Orders that have everything by the end of this day are left alone.",
    )
    policy = fields.Selection(
        POLICY_SELECTION,
        string="Who Comes First",
        required=True,
        default=lambda self: self.env.company.backorder_policy,
        help="In the fill that gives the stock to others.",
    )
    line_ids = fields.One2many(
        "backorder.stuck.line",
        "stuck_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )
    display_name = fields.Char(compute="_compute_display_name")
    completed_count = fields.Integer(string="Orders Completed", compute="_compute_completed")
    completed_names = fields.Char(string="Would Be Completed", compute="_compute_completed")

    def _compute_display_name(self):
        self.display_name = self.env._("Stock That Cannot Ship")

    @api.depends("company_id", "product_ids", "date")
    def _compute_line_ids(self):
        lines = self.env["sale.order.line"]
        for wizard in self:
            stuck = {}
            if wizard.date and wizard.company_id:
                stuck = lines._backorder_stuck(
                    wizard.company_id,
                    wizard.date,
                    wizard.with_context(active_test=False).product_ids._origin,
                )
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create({"sale_line_id": line.id, "quantity": quantity})
                for line, quantity in stuck.items()
            ]

    @api.depends("line_ids.selected", "line_ids.quantity", "policy")
    def _compute_completed(self):
        """Of the ticked rows together: one piece helps an order only beside another."""
        lines = self.env["sale.order.line"]
        for wizard in self:
            ticked = wizard.line_ids.filtered("selected")
            orders = lines._backorder_completed_with(ticked._freed(), wizard.policy)
            wizard.completed_count = len(orders)
            wizard.completed_names = ", ".join(order.name for order in orders)

    @api.model
    def _open(self, products, **values):
        """The screen for ``products``."""
        action = self.env["ir.actions.actions"]._for_xml_id("backorder_mgmt.backorder_stuck_action")
        action["context"] = {
            "default_product_ids": [fields.Command.set(products.ids)],
            **{f"default_{name}": value for name, value in values.items() if value},
        }
        return action

    @of_one
    def action_force(self):
        """*Force*: the ticked stock is taken off its orders, which wait for it from now on.

        It is given to nobody by itself: what follows is the fill of these items.

        :raise UserError: nothing is ticked, or a line changed meanwhile
        """
        freed = self.line_ids.filtered("selected")._freed()
        return self.env["sale.order.line"]._backorder_give_up(freed, self.policy)


class BackorderStuckLine(models.TransientModel):
    _name = "backorder.stuck.line"
    _inherit = ["backorder.dialog"]
    _description = "Stock That Cannot Ship: Line"

    stuck_id = fields.Many2one("backorder.stuck", required=True, ondelete="cascade")
    selected = fields.Boolean(string="Force")
    sale_line_id = fields.Many2one("sale.order.line", required=True, ondelete="cascade")
    order_id = fields.Many2one(related="sale_line_id.order_id", related_sudo=False)
    partner_id = fields.Many2one(
        related="sale_line_id.order_id.partner_id", related_sudo=False, string="Customer"
    )
    product_id = fields.Many2one(related="sale_line_id.product_id", related_sudo=False)
    product_uom_id = fields.Many2one(related="sale_line_id.product_uom_id", related_sudo=False)
    picking_policy = fields.Selection(
        related="sale_line_id.order_id.picking_policy", related_sudo=False
    )
    reserved_qty = fields.Float(
        related="sale_line_id.backorder_reserved_qty",
        related_sudo=False,
        string="Reserved",
        digits=None,
        min_display_digits="Product Unit",
    )
    quantity = fields.Float(
        string="Qty to Give Up",
        digits=None,
        min_display_digits="Product Unit",
        help="Reserved and not picked; it goes on backorder.",
    )
    ready_date = fields.Date(
        string="Completed On",
        compute="_compute_waits",
        help="When the order is expected to have everything. Empty: not known.",
    )
    waits_for = fields.Char(compute="_compute_waits")
    completes = fields.Char(
        string="Orders It Would Complete",
        compute="_compute_completes",
        help="That a fill would complete if all rows of this list were given up.",
    )

    @api.depends("sale_line_id")
    def _compute_waits(self):
        waits = self.sale_line_id._backorder_waits_for()
        for row in self:
            row.ready_date, row.waits_for = waits.get(row.sale_line_id, (False, ""))

    @api.depends("sale_line_id", "stuck_id.policy")
    def _compute_completes(self):
        for wizard, rows in self.grouped("stuck_id").items():
            everything = wizard.line_ids or rows
            helped = rows.sale_line_id._backorder_helped_by(everything._freed(), wizard.policy)
            for row in rows:
                orders = helped.get(row.sale_line_id, row.order_id.browse())
                row.completes = ", ".join(orders.mapped("name"))

    def _freed(self):
        """{order line: quantity} that these rows give up."""
        return {row.sale_line_id: row.quantity for row in self if row.sale_line_id}
