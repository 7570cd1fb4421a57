"""What an order takes over from its customer about backorders, and where it may differ."""

from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_priority_id = fields.Many2one(
        "backorder.priority",
        string="Backorder Priority",
        compute="_compute_backorder_priority_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The customer's, unless you choose another one for this order. The policy “Customer "
        "Priority” serves orders by it; those without one come last.",
    )
    backorder_priority_color = fields.Integer(related="backorder_priority_id.color")

    @api.depends("partner_id")
    def _compute_backorder_priority_id(self):
        for order, values in self._backorder_as_customer().items():
            order.backorder_priority_id = values["backorder_priority_id"]

    def _backorder_open_names(self, creating=False):
        return super()._backorder_open_names(creating) | self._backorder_customer_names()

    @api.model
    def _backorder_customer_names(self):
        """Fields that an order takes over from its customer, and that people may change on it."""
        return frozenset({"backorder_priority_id"})

    def _backorder_as_customer(self):
        """{order: {field: what its customer says}}, whatever the order says."""
        result = {}
        for order in self:
            customer = order.partner_id.commercial_partner_id
            result[order] = {"backorder_priority_id": customer.backorder_priority_id}
        return result

    def _backorder_priority_rank(self):
        """Place of the order's priority among all, the smaller the sooner; None: it has none."""
        priority = self.backorder_priority_id
        return (priority.sequence, priority.id) if priority else None
