from odoo import fields, models


class BackorderRunOrder(models.Model):
    _name = "backorder.run.order"
    _description = "Backorder Fill: Order"
    _order = "run_id desc, id"
    _rec_name = "order_id"
    _check_company_auto = True

    run_id = fields.Many2one(
        "backorder.run", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    order_id = fields.Many2one(
        "sale.order", string="Order", ondelete="set null", index=True, readonly=True
    )
    new_order_id = fields.Many2one(
        "sale.order", string="New Order", ondelete="set null", index=True, readonly=True
    )
    outcome = fields.Selection(
        [
            ("complete", "Completed"),
            ("partial", "Partly Filled"),
            ("none", "Not Filled"),
            ("failed", "Failed"),
        ],
        readonly=True,
    )
    message = fields.Char(readonly=True)
