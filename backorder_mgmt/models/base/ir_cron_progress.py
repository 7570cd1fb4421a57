from odoo import fields, models


class IrCronProgress(models.Model):
    _inherit = "ir.cron.progress"

    backorder_working_on = fields.Char(
        readonly=True,
        help="Written before the work begins, by calls that follow one whose process was ended: a"
        " record that ends it once more is marked Failed, and the others go on.",
    )
