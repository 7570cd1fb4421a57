from odoo import api, fields, models

from ..models.base.named import of_one
from ..models.base.res_company import CARRY_CREDIT_SELECTION


class BackorderFill(models.TransientModel):
    _name = "backorder.fill"
    _inherit = ["backorder.dialog"]
    _description = "Fill Backorders"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    line_ids = fields.One2many(
        "backorder.fill.line",
        "fill_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
    )
    set_ship_date = fields.Boolean(
        string="Set Actual Ship Date", help="Write the ship date on the filled orders."
    )
    ship_date = fields.Date(
        string="Actual Ship Date",
        compute="_compute_ship_date",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
        help="The day on which what is filled ships.",
    )
    destination = fields.Char(compute="_compute_destination")
    makes_new_order = fields.Boolean(compute="_compute_destination")
    carry_balance = fields.Boolean(
        compute="_compute_carry",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
        help="The new order takes over what this order still owes.",
    )
    carry_credit = fields.Selection(
        CARRY_CREDIT_SELECTION,
        compute="_compute_carry",
        store=True,
        readonly=False,
        precompute=True,
        compute_sudo=False,
        required=True,
        help="What this order is paid too much, as the items move, goes to the new order. Needed: "
        "as much as the new order costs. Whole: all of it.",
    )
    payment_note = fields.Char(compute="_compute_destination")
    charge_note = fields.Char(compute="_compute_charge_note")

    @api.depends("order_id")
    def _compute_ship_date(self):
        """Today where the order is: who fills it may work for companies of two time zones."""
        for wizard in self:
            wizard.ship_date = (wizard.order_id.company_id or self.env.company)._backorder_today()

    @api.depends("order_id")
    def _compute_carry(self):
        for wizard in self:
            wizard.carry_balance = wizard.order_id.company_id.backorder_carry_balance
            wizard.carry_credit = wizard.order_id.company_id.backorder_carry_credit or "none"

    @api.depends("order_id")
    def _compute_line_ids(self):
        about, empty = self._about_an_order()
        empty.line_ids = [fields.Command.clear()]
        for wizard in about:
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create(vals)
                for vals in wizard.order_id._prepare_backorder_fill_lines()
            ]

    @api.depends("order_id")
    def _compute_destination(self):
        about, empty = self._about_an_order()
        for wizard in about:
            order = wizard.order_id
            wizard.destination = order._backorder_fill_destination()
            wizard.makes_new_order = order._backorder_fill_makes_new_order()
            wizard.payment_note = order._backorder_payment_note()
        empty.destination = empty.payment_note = False
        empty.makes_new_order = False

    @api.depends("line_ids.quantity", "carry_credit", "carry_balance")
    def _compute_charge_note(self):
        about, empty = self._about_an_order()
        empty.charge_note = False
        for wizard in about:
            quantities = {
                row.sale_line_id._origin: row.quantity
                for row in wizard.line_ids._about_an_order()[0]
                if 0 < row.quantity <= row.needed_qty
            }
            wizard.charge_note = wizard.order_id._origin._backorder_charge_words(
                quantities, wizard.carry_credit, wizard.carry_balance
            )

    @of_one
    def action_fill(self):
        """Fill the quantities of the dialog."""
        run = self.order_id._backorder_fill_from_dialog(
            {row.sale_line_id.id: row.quantity for row in self.line_ids},
            ship_date=self.ship_date if self.set_ship_date else None,
            carry_balance=self.carry_balance,
            carry_credit=self.carry_credit,
        )
        return run._summary()


class BackorderFillLine(models.TransientModel):
    _name = "backorder.fill.line"
    _inherit = ["backorder.dialog"]
    _description = "Fill Backorders: Line"

    fill_id = fields.Many2one("backorder.fill", required=True, ondelete="cascade")
    sale_line_id = fields.Many2one("sale.order.line", required=True, ondelete="cascade")
    product_id = fields.Many2one(related="sale_line_id.product_id", related_sudo=False)
    default_code = fields.Char(
        related="sale_line_id.product_id.default_code", related_sudo=False, string="SKU"
    )
    product_uom_id = fields.Many2one(related="sale_line_id.product_uom_id", related_sudo=False)
    needed_qty = fields.Float(
        string="Needed", digits=None, min_display_digits="Product Unit", readonly=True
    )
    available_qty = fields.Float(
        string="On Hand",
        digits=None,
        min_display_digits="Product Unit",
        readonly=True,
        help="Free to promise: on hand, less what is reserved or set aside for others.",
    )
    quantity = fields.Float(
        string="Quantity to Fill", digits=None, min_display_digits="Product Unit"
    )
    expected_date = fields.Datetime(string="Expected", compute="_compute_expected_date")
    destination = fields.Char(string="Goes To", readonly=True)

    @api.depends("sale_line_id")
    def _compute_expected_date(self):
        shown = self.sale_line_id._origin._backorder_shown_dates()
        for row in self:
            row.expected_date = shown.get(row.sale_line_id._origin)
