"""What stays authorised on an order when nothing of its family can use it any more."""

from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_leftover_note = fields.Char(
        string="Authorized in Vain", compute="_compute_backorder_leftover_note", compute_sudo=True
    )

    @api.depends("backorder_authorized_amount", "backorder_amount_due")
    def _compute_backorder_leftover_note(self):
        for order in self:
            order.backorder_leftover_note = (
                order.backorder_authorized_amount > 0 and order._backorder_leftover_words()
            )

    def _backorder_leftover(self):
        """What is authorised on this order beyond all that its family can be asked for still."""
        self.ensure_one()
        here = sum(payment.left for payment, _tx in self._backorder_own_authorizations())
        if not here:
            return 0.0
        # sudo: as for the family's money
        authorized = sum(
            self._backorder_converted(payment.left, order.currency_id)
            for order in self.sudo()._backorder_family()
            for payment, _tx in order._backorder_own_authorizations()
        )
        spare = authorized - self._backorder_family_money().cap
        return max(0.0, self.currency_id.round(min(here, spare)))

    def _backorder_leftover_words(self):
        """What to do about it; nothing where all of it can be used."""
        leftover = self._backorder_leftover()
        if not leftover:
            return False
        providers = {tx.provider_id for _payment, tx in self._backorder_own_authorizations()}
        return self.env._(
            "%(amount)s of what %(providers)s authorized is not owed any more: void it.",
            amount=self.currency_id.format(leftover),
            providers=", ".join(sorted(provider.name for provider in providers)),
        )
