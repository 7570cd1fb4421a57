"""What customers have paid of items that are cancelled."""

from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_rest_cancelled(self):
        """Say on the order what is paid too much now: nobody gives it back by itself."""
        res = super()._backorder_rest_cancelled()
        for order, money in self._backorder_families_money().items():
            surplus = order.currency_id.round(money.paid - money.owed)
            if order.currency_id.compare_amounts(surplus, 0.0) > 0:
                order._message_log(
                    body=self.env._(
                        "%s more is paid than is owed now: pay it back, or settle it with another "
                        "order.",
                        order.currency_id.format(surplus),
                    )
                )
        return res
