from odoo.addons.sale.controllers.portal import CustomerPortal


class BackorderCustomerPortal(CustomerPortal):
    def _get_payment_values(self, order_sudo, is_down_payment=False, payment_amount=None, **kwargs):
        """Paying a whole quotation is paying what is due of it: carried credit counts, a carried
        balance is asked for too."""
        values = super()._get_payment_values(
            order_sudo, is_down_payment=is_down_payment, payment_amount=payment_amount, **kwargs
        )

        if (
            order_sudo.backorder_carried_amount
            and not is_down_payment
            and (order_sudo.state != "sale" or not payment_amount)
        ):
            values["amount"] = max(0.0, order_sudo.backorder_amount_due)
        return values
