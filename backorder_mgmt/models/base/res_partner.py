from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    backorder_priority_id = fields.Many2one(
        "backorder.priority",
        string="Backorder Priority",
        index="btree_not_null",
        ondelete="restrict",
        help="Taken over by the orders of this customer. The policy “Customer Priority” serves "
        "them in this order; customers without one come last.",
    )

    backorder_policy = fields.Selection(
        [("partial", "Ship what is there"), ("complete", "Only complete orders")],
        string="Fills of Backorders",
        default="partial",
        company_dependent=False,
        help="Complete: backorders of this customer are filled only when nothing of the order "
        "would still be needed.",
    )

    def _synced_commercial_fields(self):
        """They are agreed with the customer, not with one of their contacts."""
        return [*super()._synced_commercial_fields(), "backorder_priority_id"]
