from odoo.http import request

from odoo.addons.sale.controllers.portal import CustomerPortal, PaymentPortal


class BackorderCustomerPortal(CustomerPortal):
    def _get_payment_values(self, order_sudo, is_down_payment=False, payment_amount=None, **kwargs):
        """Paying a whole quotation is paying what is due of it: carried credit counts, a carried
        balance is asked for too. However old the link, no page asks for more than is owed now."""
        values = super()._get_payment_values(
            order_sudo, is_down_payment=is_down_payment, payment_amount=payment_amount, **kwargs
        )
        payable = order_sudo._backorder_payable_amount()
        if (
            order_sudo.backorder_carried_amount
            and not is_down_payment
            and (order_sudo.state != "sale" or not payment_amount)
        ):
            values["amount"] = payable
        values["amount"] = min(values["amount"], payable)
        return values


class BackorderPaymentPortal(PaymentPortal):
    def _create_transaction(self, *args, **kwargs):
        """A page that was opened earlier looks again before its payment is made."""
        order_id, amount = kwargs.get("sale_order_id"), kwargs.get("amount")
        if order_id and amount:
            # sudo: the order was opened with its access token; a refusal names nothing but its sum
            order = request.env["sale.order"].sudo().browse(int(order_id))
            order._backorder_check_payment(amount)
        return super()._create_transaction(*args, **kwargs)
