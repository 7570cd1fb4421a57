from odoo import fields, models


class BackorderSummary(models.TransientModel):
    """Also of payments: the dialog looks again when the job has done them."""

    _inherit = "backorder.summary"

    charged_count = fields.Integer(string="Cards Charged", compute="_compute_counts")
    authorized_count = fields.Integer(string="Cards Authorized", compute="_compute_counts")
    payment_waiting_count = fields.Integer(
        string="Orders Waiting for Payment", compute="_compute_counts"
    )
    payment_failed_count = fields.Integer(string="Payments Failed", compute="_compute_counts")

    def _count_names(self):
        own = (
            "charged_count",
            "authorized_count",
            "payment_waiting_count",
            "payment_failed_count",
        )
        return (*super()._count_names(), *own)
