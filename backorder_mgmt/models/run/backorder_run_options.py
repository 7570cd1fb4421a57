from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..base.res_company import CARRY_CREDIT_SELECTION, POLICY_SELECTION


class BackorderRunOptions(models.AbstractModel):
    """The options of a fill: of the run that keeps them, and of the dialog that asks for them."""

    _name = "backorder.run.options"
    _description = "Backorder Fill: Options"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    product_ids = fields.Many2many(
        "product.product", string="SKUs", help="Only these items; empty: all SKUs."
    )
    order_ids = fields.Many2many(
        "sale.order",
        string="Orders",
        help="Only these orders; empty: all confirmed orders. Quotations are filled only when "
        "they are named here or included below.",
    )
    warehouse_ids = fields.Many2many(
        "stock.warehouse", string="Warehouses", help="Only from these; empty: all."
    )
    include_quotations = fields.Boolean(
        help="Also set stock aside for quotations of customers who have not confirmed yet."
    )
    policy = fields.Selection(
        POLICY_SELECTION,
        string="Who Comes First",
        required=True,
        default=lambda self: self.env.company.backorder_policy,
        help="Who gets the stock when it is not enough for all. Compare Policies shows what each "
        "of them would complete.",
    )
    rule_ids = fields.Many2many(
        "backorder.rule",
        string="Rules",
        check_company=False,
        help="Only these fill rules; empty: all rules of the company.",
    )
    fill_mode = fields.Selection(
        [
            ("partial", "Any Line Items"),
            ("complete", "Only Orders That Can Be Completed"),
        ],
        string="Fill Orders",
        required=True,
        default="partial",
        help="Fill any line items of an order that there is stock for, or fill only orders that "
        "can be completed: of the others nothing is filled.",
    )
    approve_complete = fields.Boolean(
        string="Approve Completed Orders",
        default=lambda self: self.env.company.backorder_approve_new_order,
        help="Confirm the new order when nothing of the original is needed any more.",
    )
    approve_partial = fields.Boolean(
        string="Approve Partially Filled Orders",
        default=lambda self: self.env.company.backorder_approve_new_order,
        help="Confirm the new order when something of the original is still needed.",
    )
    carry_balance = fields.Boolean(
        default=lambda self: self.env.company.backorder_carry_balance,
        help="The new order takes over what its original order still owes.",
    )
    carry_credit = fields.Selection(
        CARRY_CREDIT_SELECTION,
        required=True,
        default=lambda self: self.env.company.backorder_carry_credit,
        help="What the original order is paid too much, as its items moved, goes to the new "
        "order. Needed: as much as the new order costs. Whole: all of it.",
    )
    charge_cards = fields.Boolean(
        default=lambda self: self.env.company.backorder_charge_cards,
        help="Before a new order is approved, what is due on it is captured of what is authorized, "
        "else charged to the customer's saved card. An order whose payment fails is not approved "
        "and keeps its stock set aside.",
    )
    set_ship_date = fields.Boolean(
        string="Set Actual Ship Date",
        help="Write the day on which they ship on the orders that are filled and approved.",
    )
    ship_date = fields.Date(
        string="Actual Ship Date",
        default=lambda self: self._default_ship_date(),
        help="The day on which the filled orders ship.",
    )
    email_complete_template_id = fields.Many2one(
        "mail.template",
        string="E-Mail for Completed Orders",
        domain=[("model", "=", "sale.order")],
        default=lambda self: self.env.company.backorder_email_complete_template_id,
        help="Empty: no e-mail.",
    )
    email_partial_template_id = fields.Many2one(
        "mail.template",
        string="E-Mail for Partly Filled Orders",
        domain=[("model", "=", "sale.order")],
        default=lambda self: self.env.company.backorder_email_partial_template_id,
        help="Empty: no e-mail.",
    )

    @api.constrains("email_complete_template_id", "email_partial_template_id")
    def _check_templates(self):
        for options in self:
            for template in (
                options.email_complete_template_id,
                options.email_partial_template_id,
            ):
                if template and template.sudo().model != "sale.order":
                    raise ValidationError(
                        self.env._(
                            "The e-mail template “%s” is not made for sales orders. Choose one "
                            "that is.",
                            template.name,
                        )
                    )

    @api.constrains("warehouse_ids", "rule_ids", "order_ids", "company_id")
    def _check_companies(self):
        for options in self:
            records = [*options.warehouse_ids, *options.rule_ids, *options._orders_of_company()]
            for record in records:
                if record.company_id != options.company_id:
                    raise ValidationError(
                        self.env._(
                            "%(record)s belongs to %(other)s, and this fill to %(company)s. "
                            "Choose records of one company.",
                            record=record.display_name,
                            other=record.company_id.name,
                            company=options.company_id.name,
                        )
                    )

    def _orders_of_company(self):
        """The orders that have to be of the run's company."""
        return self.order_ids

    def _chosen(self, name):
        """The records of the option ``name``. Empty stands for all, so none may be missing: those
        that are archived, or not the user's to read, are chosen all the same."""
        # sudo: what is done with them asks for the right to it
        return self.sudo().with_context(active_test=False)[name].with_env(self.env)

    @api.model
    def _orders_are_deleted(self, orders):
        """``orders`` are about to be deleted: what names no other order would be for all."""
        for name in self.pool.descendants([self._name], "_inherit"):
            if name == self._name:
                continue
            # sudo: also what colleagues have open
            options = self.env[name].sudo().with_context(active_test=False)
            options = options.search([("order_ids", "in", orders.ids)])
            options.filtered(lambda chosen: chosen.order_ids <= orders)._forget_without_orders()

    def _forget_without_orders(self):
        """All orders that these named are being deleted. A dialog goes with them."""
        self.unlink()

    @api.model
    def _default_company(self):
        return self.env.company

    def _default_ship_date(self):
        """Today where the orders are."""
        return (self.company_id or self._default_company())._backorder_today()

    @api.onchange("company_id")
    def _onchange_company_id(self):
        """Another company's today takes the place of a proposal, not of what somebody typed."""
        companies = self.env.companies | self.env.company
        if not self.ship_date or self.ship_date in [c._backorder_today() for c in companies]:
            self.ship_date = self._default_ship_date()

    def _backorder_option_names(self):
        """The options that a dialog hands to its run, and that can be saved as a default."""
        return [
            name
            for name in self.env["backorder.run.options"]._fields
            if name not in ("id", "display_name", *models.MAGIC_COLUMNS)
        ]

    def _prepare_run_vals(self, names):
        """Values of a run with the options ``names`` of this dialog."""
        self.ensure_one()
        vals = {name: self[name] for name in names}
        for name in names:
            field = self._fields[name]
            if field.type == "many2many":
                vals[name] = [Command.set(self._chosen(name)._origin.ids)]
            elif field.relational:
                vals[name] = self[name].id
        return vals

    def _shown_option_names(self):
        """The options that a report of a run names."""
        return self._backorder_option_names()

    def _check_may_run(self):
        if not self.env.su and not self.env.user.has_group(
            "backorder_mgmt.group_backorder_manager"
        ):
            raise AccessError(
                self.env._(
                    "Filling backorders of many orders is for Backorders managers. Fill your own "
                    "orders on the order itself."
                )
            )
