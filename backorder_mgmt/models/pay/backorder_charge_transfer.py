"""Charges that wait for a transfer which the customer announced: only a person can end that."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.named import of_many


class BackorderCharge(models.Model):
    _inherit = "backorder.charge"

    waits_for_transfer = fields.Boolean(compute="_compute_waits_for_transfer", compute_sudo=True)

    @api.depends("state")
    def _compute_waits_for_transfer(self):
        for charge in self:
            charge.waits_for_transfer = bool(charge._transfer())

    def _transfer(self):
        """The announced payment that this charge waits for, and nothing else; empty: none."""
        asked = self.env["payment.transaction"]
        if self.state == "pending" and not self.attempt_ids._under_way_words():
            asked = self.order_id._backorder_family()._backorder_asked_transactions()
        announced = asked._backorder_announced()
        return announced.sorted("id")[:1] if asked == announced else asked.browse()

    @of_many
    def action_transfer_not_coming(self):
        """*It Will Not Come*: what the customer announced is waited for no longer, and what is due
        is asked for. What comes of it after all counts when it is booked on an invoice.

        :raise AccessError: neither a Backorders manager nor of accounting
        :raise UserError: no announced payment is waited for
        """
        self._check_may_charge(groups_only=True)
        # sudo after the check: charges and transactions are nobody's to write
        for charge in self.sudo():
            charge._touch()
            transfer = charge._transfer()
            if not transfer:
                raise UserError(charge._not_now_words())
            words = self.env._(
                "%(amount)s by %(provider)s (%(reference)s) will not come, says %(user)s.",
                amount=transfer.currency_id.format(transfer.amount),
                provider=transfer.provider_id.name,
                reference=transfer.reference,
                user=self.env.user.name,
            )
            transfer._set_canceled(state_message=words)
            for order in charge.order_id | transfer.sale_order_ids:
                order._message_log(body=words)
            charge._wait_again()
        self._trigger_job()
        return True
