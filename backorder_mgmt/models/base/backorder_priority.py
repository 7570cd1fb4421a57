from odoo import fields, models


class BackorderPriority(models.Model):
    """How much a customer, or one order, matters when stock is scarce: A before B before C."""

    _name = "backorder.priority"
    _description = "Backorder Priority"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="The first of the list is served first by the policy “Customer Priority”."
    )
    color = fields.Integer()
    active = fields.Boolean(default=True)

    _name_unique = models.UniqueIndex("(name)", "There is a backorder priority of this name.")
