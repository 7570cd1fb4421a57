from odoo.http import request

from odoo.addons.account_payment.controllers.payment import PaymentPortal as InvoicePaymentPortal
from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.sale.controllers.portal import CustomerPortal, PaymentPortal

from ..models.base.batch import linked_ids


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


class BackorderPortalAccount(PortalAccount):
    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        """The page of an invoice, too, asks for no more than is owed now, however old its link."""
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        if "transaction_route" in values:  # there is something to be paid
            payable = invoice._backorder_payable_amount()
            for name in ("amount_due", "next_amount_to_pay", "amount_custom"):
                if values.get(name):
                    values[name] = min(values[name], payable)
        return values

    def _overdue_invoices_get_page_view_values(self, overdue_invoices, **kwargs):
        values = super()._overdue_invoices_get_page_view_values(overdue_invoices, **kwargs)
        if values.get("amount"):
            values["amount"] = min(values["amount"], overdue_invoices._backorder_payable_amount())
            values["payment"]["amount"] = values["amount"]
        return values


class BackorderInvoicePaymentPortal(InvoicePaymentPortal):
    def _get_extra_payment_form_values(self, invoice_id=None, **kwargs):
        """Odoo's general payment page, opened for an invoice."""
        values = super()._get_extra_payment_form_values(invoice_id=invoice_id, **kwargs)
        amount = values.get("amount", self._cast_as_float(kwargs.get("amount")))
        if invoice_id and amount:
            # sudo: Odoo has checked the access token; a sum only
            invoice = request.env["account.move"].sudo().browse(self._cast_as_int(invoice_id))
            values["amount"] = min(amount, invoice._backorder_payable_amount())
        return values


class BackorderPaymentPortal(PaymentPortal):
    def _create_transaction(self, *args, **kwargs):
        """A page that was opened earlier looks again before its payment is made."""
        order_id, amount = kwargs.get("sale_order_id"), kwargs.get("amount")
        if order_id and amount:
            # sudo: the order was opened with its access token; a refusal names nothing but its sum
            order = request.env["sale.order"].sudo().browse(int(order_id))
            order._backorder_check_payment(amount)
        created = kwargs.get("custom_create_values") or {}
        invoice_ids = linked_ids(created.get("invoice_ids"))
        if invoice_ids and amount:
            # sudo: as for the order; Odoo looked at the token, or searched as the customer
            invoices = request.env["account.move"].sudo().browse(invoice_ids)
            invoices._backorder_check_payment(amount)
        return super()._create_transaction(*args, **kwargs)
