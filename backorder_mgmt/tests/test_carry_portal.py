"""What the customer sees and is asked to pay in the portal."""

import re

from odoo import Command
from odoo.tests import tagged

from .common import PageCase, own_ground


@tagged("post_install", "-at_install")
class TestCarryPortal(PageCase):
    def setUp(self):
        super().setUp()
        own_ground(self.env)
        company = self.env.company
        company.write({"backorder_fill_approved": "new_order"})
        self.provider = self.env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", company.id)], limit=1
        )
        self.provider.write({"state": "test", "is_published": True})
        self.product = self.env["product.product"].create(
            {
                "name": "Oak Shelf",
                "type": "consu",
                "is_storable": True,
                "list_price": 10.0,
                "taxes_id": [Command.clear()],
            }
        )
        self.warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", company.id)], limit=1
        )
        self.customer = self.env["res.partner"].create({"name": "Ada", "email": "ada@example.com"})

    def _new_quotation(self, paid, **options):
        """The quotation made of 4 of 10 shelves, whose original is paid that much."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "product_uom_qty": 10})
                ],
            }
        )
        order.action_confirm()
        if paid:
            self.env["payment.transaction"].create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.provider.payment_method_ids[:1].id,
                    "amount": paid,
                    "currency_id": order.currency_id.id,
                    "partner_id": self.customer.id,
                    "operation": "online_direct",
                    "sale_order_ids": [Command.set(order.ids)],
                }
            )._set_done()
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.warehouse.lot_stock_id, 4
        )
        run = self.env["backorder.run"].create(
            {
                "order_ids": [Command.set(order.ids)],
                "approve_complete": False,
                "approve_partial": False,
                **options,
            }
        )
        run.action_start()
        new = run.run_order_ids.new_order_id
        new.write({"require_payment": True, "require_signature": False, "prepayment_percent": 1.0})
        return order, new

    def _page(self, order, **params):
        response = self.url_open(
            order.get_portal_url() + "".join(f"&{key}={value}" for key, value in params.items())
        )
        self.assertEqual(response.status_code, 200)
        return re.sub(r"<[^>]+>|\s+", " ", response.text), response.text

    def _asked(self, html):
        return [float(amount) for amount in re.findall(r'data-amount="([\d.]+)"', html)]

    def test_customer_is_asked_for_what_is_due(self):
        for paid, options, due, label in (
            (75, {"carry_credit": "whole"}, 25, "Credit carried from"),
            (0, {"carry_balance": True}, 100, "Balance taken over from"),
        ):
            with self.subTest(due=due):
                order, new = self._new_quotation(paid, **options)
                text, html = self._page(new)
                self.assertIn(f"{label} {order.name}", " ".join(text.split()))
                self.assertIn("Amount due", text)
                self.assertEqual(self._asked(html), [due])
                # the payment link of the same amount is accepted too
                amount = new._get_default_payment_link_values()["amount"]
                self.assertEqual(self._asked(self._page(new, payment_amount=amount)[1]), [due])
                paper, _type = self.env["ir.actions.report"]._render_qweb_html(
                    "sale.report_saleorder", new.ids
                )
                self.assertIn(f"{label} {order.name}", paper.decode())
                text, _html = self._page(order)
                self.assertIn(f"carried to {new.name}", " ".join(text.split()))
