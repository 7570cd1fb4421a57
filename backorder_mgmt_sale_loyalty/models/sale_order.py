"""A family of orders is one purchase: its points and rewards are the original's, and count once."""

from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_rewards_settled(self):
        """The programs looked at this order's items before a fill moved some of them.

        A new order's items earned their points on the original. The original has fewer of them now,
        and keeps what the whole purchase earned.
        """
        self.ensure_one()
        moved = self.backorder_child_ids.filtered(lambda child: child.state != "cancel")
        return bool(self.backorder_parent_id or moved)

    def _update_programs_and_rewards(self):
        if self._backorder_rewards_settled():
            return None
        return super()._update_programs_and_rewards()

    def _get_claimable_rewards(self, forced_coupons=None):
        if self._backorder_rewards_settled():
            return {}
        return super()._get_claimable_rewards(forced_coupons=forced_coupons)
