"""The terms of an order: what it takes over from its customer, and where it may differ."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.res_company import ACCEPT_SELECTION, MAX_CANCEL_DAYS, SHIP_SELECTION
from ..base.res_partner import TERMS

#: All of it is worked out together, when the order gets its customer.
_FROM_CUSTOMER = {
    "compute": "_compute_backorder_from_customer",
    "store": True,
    "readonly": False,
    "precompute": True,
}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_priority_id = fields.Many2one(
        "backorder.priority",
        string="Backorder Priority",
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",  # how customers are ranked is not told to them
        help="The customer's, unless you choose another one for this order. The policy “Customer "
        "Priority” serves orders by it; those without one come last.",
        **_FROM_CUSTOMER,
    )
    backorder_priority_color = fields.Integer(
        related="backorder_priority_id.color", groups="base.group_user"
    )
    backorder_accept = fields.Selection(
        ACCEPT_SELECTION,
        string="Backorders",
        help="No: what is missing is cancelled when the order is confirmed, and by fills.",
        **_FROM_CUSTOMER,
    )
    backorder_policy = fields.Selection(
        SHIP_SELECTION,
        string="Fills of Backorders",
        help="Complete lines: a fill gives an item everything that is needed of it, or nothing. "
        "Complete orders: it is filled only when nothing of it would still be needed.",
        **_FROM_CUSTOMER,
    )
    backorder_max_shipments = fields.Integer(
        string="Most Shipments",
        help="The last one goes out only if it completes the order. 0: as many as it takes.",
        **_FROM_CUSTOMER,
    )
    backorder_company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    backorder_min_value = fields.Monetary(
        string="Smallest Value of a Shipment",
        currency_field="backorder_company_currency_id",
        help="Untaxed, in the company's currency. A fill that is worth less waits, unless it "
        "completes the order. 0: any value.",
        **_FROM_CUSTOMER,
    )
    backorder_cancel_days = fields.Integer(
        string="Cancel Backorders After",
        help="Days after the confirmation, from which the cancel date follows. 0: never.",
        **_FROM_CUSTOMER,
    )
    backorder_cancel_date = fields.Date(
        string="Backorders Cancelled After",
        copy=False,
        index="btree_not_null",
        help="What is still missing after this day is cancelled in the night. The salesperson and "
        "the customer are told before.",
    )
    backorder_cancel_told = fields.Date(
        string="Told of the Cancellation",
        copy=False,
        readonly=True,
        help="The day on which the salesperson and the customer were told of the cancel date.",
    )

    @api.depends("partner_id", "company_id")
    def _compute_backorder_from_customer(self):
        for order, values in self._backorder_as_customer().items():
            for name, value in values.items():
                order[name] = value

    def _backorder_open_names(self, creating=False):
        return (
            super()._backorder_open_names(creating)
            | self._backorder_customer_names()
            | {"backorder_cancel_date"}
        )

    @api.model
    def _backorder_customer_names(self):
        """Fields that an order takes over from its customer, and that people may change on it."""
        return frozenset(TERMS)

    def _backorder_as_customer(self):
        """{order: {field: what its customer says}}, whatever the order says."""
        result = {}
        for order in self:
            # sudo: settings of the company, whoever makes the order
            company = (order.company_id or self.env.company).sudo()
            result[order] = order.partner_id._backorder_terms_in(company)
        return result

    @api.constrains("backorder_max_shipments", "backorder_min_value", "backorder_cancel_days")
    def _check_backorder_terms(self):
        for order in self:
            numbers = (
                order.backorder_max_shipments,
                order.backorder_min_value,
                order.backorder_cancel_days,
            )
            if min(numbers) < 0:
                raise ValidationError(
                    self.env._(
                        "%s: shipments, value and days of the backorder terms cannot be negative. "
                        "0 stands for no limit.",
                        order.name,
                    )
                )
            if order.backorder_cancel_days > MAX_CANCEL_DAYS:
                raise ValidationError(
                    self.env._(
                        "%(order)s: backorders are cancelled after at most %(most)s days. 0 stands "
                        "for never.",
                        order=order.name,
                        most=MAX_CANCEL_DAYS,
                    )
                )

    def _backorder_priority_rank(self):
        """Place of the order's priority among all, the smaller the sooner; None: it has none."""
        priority = self.backorder_priority_id
        return (priority.sequence, priority.id) if priority else None
