from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    backorder_policy = fields.Selection(
        [("partial", "Ship what is there"), ("complete", "Only complete orders")],
        string="Fills of Backorders",
        default="partial",
        company_dependent=False,
        help="Complete: backorders of this customer are filled only when nothing of the order "
        "would still be needed.",
    )
