"""Odoo's own dialogs on orders with backorders, opened as the web client opens them.

There the records of a dialog are copies without an id until it is saved, which code that is called
by ``create`` alone never meets.
"""

from odoo.tests import Form, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestOdooDialogs(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "ada@example.com"
        cls._stock(cls.product, 4)
        cls.order = cls._order((cls.product, 10), (cls.other, 2))
        cls._stock(cls.product, 3)
        cls.order.fill_backorders()
        cls.family = cls.order | cls.order.backorder_child_ids

    def _open(self, model, records, **context):
        """The dialog on these records: its defaults, and what its fields work out."""
        dialog = self.env[model].with_context(
            active_model=records._name, active_id=records[:1].id, active_ids=records.ids, **context
        )
        return Form(dialog)

    def test_invoices_and_payments(self):
        for order in self.family:
            with self._open("sale.advance.payment.inv", order) as dialog:
                dialog.advance_payment_method = "percentage"
                dialog.amount = 30
        down = self._open("sale.advance.payment.inv", self.order)
        down.advance_payment_method = "delivered"
        down.save().create_invoices()
        invoice = self.order.invoice_ids
        self.assertTrue(invoice)
        with Form(invoice) as form:
            form.invoice_date = "2026-01-05"
        invoice.action_post()
        pay = self._open("account.payment.register", invoice)
        self.assertEqual(pay.amount, invoice.amount_residual)
        pay.save().action_create_payments()
        reverse = self._open("account.move.reversal", invoice)
        reverse.save().refund_moves()
        self.assertIn("out_refund", self.order.invoice_ids.mapped("move_type"))

    def test_a_payment_link(self):
        for order in self.family:
            link = self._open("payment.link.wizard", order)
            self.assertAlmostEqual(link.amount, order._backorder_payable_amount())

    def test_mails(self):
        action = self.order.action_quotation_send()
        compose = self.env["mail.compose.message"].with_context(**action["context"])
        with Form(compose) as dialog:
            self.assertIn(self.order.name, dialog.subject)

    def test_cancel(self):
        with self._open("sale.mass.cancel.orders", self.family) as dialog:
            self.assertEqual(dialog.sale_orders_count, 2)

    def test_returns(self):
        delivery = self.order.picking_ids
        self._deliver(delivery)
        done = delivery.filtered(lambda picking: picking.state == "done")
        dialog = self._open("stock.return.picking", done)
        with dialog.product_return_moves.edit(0) as row:
            row.quantity = 1
        back = dialog.save()._create_return()
        self.assertEqual(sum(back.move_ids.mapped("product_uom_qty")), 1)

    def test_replenish(self):
        context = {"default_product_id": self.product.id}
        dialog = Form(self.env["product.replenish"].with_context(**context))
        self.assertEqual(dialog.product_id, self.product)

    def test_a_card_that_was_authorized(self):
        provider = self.env["payment.provider"].search([("code", "=", "demo")], limit=1)
        if not provider:
            self.skipTest("payment_demo is not installed")
        provider.write({"state": "test", "capture_manually": True})
        method = provider.with_context(active_test=False).payment_method_ids[:1]
        method.support_manual_capture = "partial"
        new = self.order.backorder_child_ids
        authorized = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": f"{new.name}-1",
                "amount": new.amount_total,
                "currency_id": new.currency_id.id,
                "partner_id": new.partner_id.id,
                "sale_order_ids": [(6, 0, new.ids)],
            }
        )
        authorized._set_authorized()
        action = new.payment_action_capture()
        wizard = self.env[action["res_model"]].with_context(**action["context"])
        with Form(wizard) as dialog:
            self.assertEqual(dialog.amount_to_capture, new.amount_total)
