from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .res_company import ACCEPT_SELECTION, MAX_CANCEL_DAYS, SHIP_SELECTION

#: The terms: fields of a customer, and by the same names of the orders that take them over.
TERMS = (
    "backorder_priority_id",
    "backorder_accept",
    "backorder_policy",
    "backorder_max_shipments",
    "backorder_min_value",
    "backorder_cancel_days",
)


class ResPartner(models.Model):
    """What is agreed with a customer about backorders; what is left empty is the company's."""

    _inherit = "res.partner"

    backorder_priority_id = fields.Many2one(
        "backorder.priority",
        string="Backorder Priority",
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",  # how customers are ranked is not told to them
        help="Taken over by the orders of this customer. The policy “Customer Priority” serves "
        "them in this order; customers without one come last.",
    )
    backorder_accept = fields.Selection(
        ACCEPT_SELECTION,
        string="Backorders",
        help="A customer who takes none gets what is there: what is missing is cancelled when an "
        "order is confirmed or raised and by fills, and they are told by e-mail. Empty: as the "
        "company says in Settings.",
    )
    backorder_policy = fields.Selection(
        SHIP_SELECTION,
        string="Fills of Backorders",
        company_dependent=False,
        help="Complete lines: a fill gives an item everything that is needed of it, or nothing. "
        "Complete orders: backorders of this customer are filled only when nothing of the order "
        "would still be needed. Empty: as the company says in Settings.",
    )
    backorder_max_shipments = fields.Integer(
        string="Most Shipments of an Order",
        help="The last one goes out only if it completes the order. 0: as the company says in "
        "Settings; -1: as many as it takes.",
    )
    backorder_min_value = fields.Monetary(
        string="Smallest Value of a Shipment",
        currency_field="currency_id",
        help="Untaxed, in the company's currency. A fill that is worth less waits, unless it "
        "completes the order. 0: as the company says in Settings; -1: any value.",
    )
    backorder_cancel_days = fields.Integer(
        string="Cancel Backorders After",
        help="Days after the confirmation of an order after which what is still missing of it is "
        "cancelled. 0: as the company says in Settings; -1: never.",
    )

    @api.constrains("backorder_max_shipments", "backorder_min_value", "backorder_cancel_days")
    def _check_backorder_terms(self):
        for customer in self:
            for number in (
                customer.backorder_max_shipments,
                customer.backorder_min_value,
                customer.backorder_cancel_days,
            ):
                if number < 0 and number != -1:
                    raise ValidationError(
                        self.env._(
                            "%s: shipments, value and days of the backorder terms are 0 (as the "
                            "company says), -1 (without a limit), or more.",
                            customer.display_name,
                        )
                    )
            if customer.backorder_cancel_days > MAX_CANCEL_DAYS:
                raise ValidationError(
                    self.env._(
                        "%(customer)s: backorders are cancelled after at most %(most)s days. -1 "
                        "stands for never.",
                        customer=customer.display_name,
                        most=MAX_CANCEL_DAYS,
                    )
                )

    def _synced_commercial_fields(self):
        """They are agreed with the customer, not with one of their contacts."""
        return [*super()._synced_commercial_fields(), *TERMS]

    def _backorder_terms_in(self, company):
        """{field of an order: what holds for orders of this customer in ``company``}.

        Numbers of 0 mean: without a limit.
        """
        customer = self.commercial_partner_id
        return {
            "backorder_priority_id": customer.backorder_priority_id,
            "backorder_accept": customer.backorder_accept or company.backorder_terms_accept,
            "backorder_policy": customer.backorder_policy or company.backorder_terms_policy,
            "backorder_max_shipments": max(
                0, customer.backorder_max_shipments or company.backorder_terms_max_shipments
            ),
            "backorder_min_value": max(
                0.0, customer.backorder_min_value or company.backorder_terms_min_value
            ),
            "backorder_cancel_days": max(
                0, customer.backorder_cancel_days or company.backorder_terms_cancel_days
            ),
        }
