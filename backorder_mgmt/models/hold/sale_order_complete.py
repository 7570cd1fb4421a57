"""Orders that are filled completely or not at all: one rule for badges, dialogs and fills."""

from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_complete_reason(self):
        """Whose wish it is that this order is filled completely or not at all.

        :return: ``customer_complete``: the customer takes complete orders only; ``not_complete``:
            it ships as soon as all is ready; nothing: what there is may be filled
        """
        self.ensure_one()
        if self.partner_id.commercial_partner_id.backorder_policy == "complete":
            return "customer_complete"
        return "not_complete" if self.state == "sale" and self.picking_policy == "one" else ""

    def _backorder_completable(self, supply, facts):
        """Those of ``self`` of which everything that is needed can be had now.

        :param facts: :class:`LineFacts` of all their lines that are on backorder
        """
        return self.filtered(lambda order: order._backorder_can_complete(supply, facts))

    def _backorder_can_complete(self, supply, facts):
        lines = self.order_line.filtered(lambda line: line.backorder_qty > 0)
        stock = supply.copy_for(lines._backorder_part_products(facts.parts).ids)
        for line in lines:
            parts, location = facts.parts[line], facts.locations[line]
            available = line._backorder_available(stock, parts, location)
            if line._backorder_compare(line.backorder_qty, available) > 0:
                return False
            line._backorder_take_fill(stock, parts, location, line.backorder_qty)
        return True
