"""Orders paid at the till, taken along or shipped later; what the till ships later by itself."""

from odoo import Command, fields
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestTill(BackorderCommon):
    def setUp(self):
        super().setUp()
        if "sale_order_line_id" not in self.env.get("pos.order.line", self.env["base"])._fields:
            self.skipTest("needs the module pos_sale, which is not installed")
        self.env.user.group_ids |= self.env.ref("point_of_sale.group_pos_manager")
        cash = self.env["pos.payment.method"].create(
            {
                "name": "Test Cash",
                "journal_id": self.env["account.journal"]
                .create({"name": "Test Till", "code": "TTL", "type": "cash"})
                .id,
            }
        )
        self.till = self.env["pos.config"].create(
            {
                "name": "Test Till",
                "picking_type_id": self.warehouse.pos_type_id.id,
                "warehouse_id": self.warehouse.id,
                "ship_later": True,
                "payment_method_ids": [Command.set(cash.ids)],
                "use_pricelist": False,
            }
        )
        self.till.open_ui()
        (self.product | self.other).write({"available_in_pos": True, "taxes_id": False})

    def _sell(self, quantity, line=None, later=False):
        """Sold, or an order's line paid, at the till; taken along, or shipped later."""
        amount = 10.0 * quantity
        values = {
            "product_id": self.product.id,
            "qty": quantity,
            "price_unit": 10.0,
            "discount": 0,
            "price_subtotal": amount,
            "price_subtotal_incl": amount,
            "tax_ids": [],
            "pack_lot_ids": [],
        }
        if line:
            values |= {"sale_order_line_id": line.id, "sale_order_origin_id": line.order_id.id}
        data = {
            "amount_paid": amount,
            "amount_return": 0,
            "amount_tax": 0,
            "amount_total": amount,
            "company_id": self.company.id,
            "date_order": fields.Datetime.to_string(fields.Datetime.now()),
            "fiscal_position_id": False,
            "pricelist_id": False,
            "partner_id": self.customer.id,
            "lines": [Command.create(values)],
            "name": "Test Order",
            "session_id": self.till.current_session_id.id,
            "payment_ids": [
                Command.create(
                    {
                        "amount": amount,
                        "name": fields.Datetime.to_string(fields.Datetime.now()),
                        "payment_method_id": self.till.payment_method_ids.id,
                    }
                )
            ],
            "user_id": self.env.uid,
            "uuid": f"00000000-0000-0000-0000-{len(self.till.current_session_id.order_ids):012}",
        }
        if later:
            data["shipping_date"] = fields.Date.to_string(fields.Date.today())
        sold = self.env["pos.order"].sync_from_ui([data])["pos.order"][0]["id"]
        return self.env["pos.order"].browse(sold)

    def test_shipped_later_is_reserved_as_odoo_does(self):
        """It has no order line to wait on. What is set aside it does not get."""
        quotation = self._order((self.product, 1), confirm=False)
        self._stock(self.product, 1)
        quotation.fill_backorders()
        order = self._order((self.product, 2))
        self._stock(self.product, 1)
        later = self._sell(2, later=True)
        self.assertEqual(later.picking_ids.move_ids.quantity, 1)
        self.assertHeld(order.order_line, 2, reserved=0)
        self.assertEqual(quotation.order_line.backorder_promised_qty, 1)
        self._stock(self.product, 3)
        later.picking_ids.action_assign()
        self.assertEqual(later.picking_ids.move_ids.quantity, 2)
        run = order.fill_backorders()
        self.assertEqual(sum(run.line_ids.mapped("filled_qty")), 2)
        self.assertInvariants(order | order.backorder_child_ids | quotation)

    def test_an_order_paid_and_taken_along_waits_for_nothing(self):
        """The clerk hands over what is on the shelf, whoever waits for it: that is Odoo's rule."""
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        self.assertHeld(order.order_line, 3, reserved=2)
        self._stock(self.product, 3)
        self._sell(5, order.order_line)
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertHeld(order.order_line, 0, reserved=0)
        self.assertEqual(self.product.with_context(warehouse_id=self.warehouse.id).free_qty, 0)
        self.assertEqual(order.detect_backorders(), [])
        self.assertFalse(order.fill_backorders().line_ids)
        self.assertFalse(order.backorder_child_ids)

    def test_an_order_paid_in_part_waits_for_the_rest(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        self._sell(2, order.order_line)
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertHeld(order.order_line, 3, reserved=0)

    def test_an_order_paid_and_shipped_later_waits_at_the_till(self):
        """Odoo's till takes the whole delivery over: the order has nothing to wait for."""
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        sold = self._sell(5, order.order_line, later=True)
        self.assertHeld(order.order_line, 0, reserved=0)
        self.assertEqual(sold.picking_ids.move_ids.product_uom_qty, 5)
        self.assertEqual(sold.picking_ids.move_ids.quantity, 2)
        self._stock(self.product, 3)
        sold.picking_ids.action_assign()
        self._deliver(sold.picking_ids, {self.product: 5})
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertHeld(order.order_line, 0)

    def test_a_quotation_paid_and_shipped_later_is_delivered_once(self):
        self._stock(self.product, 2)
        quotation = self._order((self.product, 5), confirm=False)
        self.assertEqual(quotation.order_line.backorder_qty, 3)
        sold = self._sell(5, quotation.order_line, later=True)
        self.assertEqual(quotation.state, "sale")
        self.assertHeld(quotation.order_line, 0, reserved=0)
        self.assertEqual(set(quotation.picking_ids.mapped("state")), {"cancel"})
        self.assertEqual(sold.picking_ids.move_ids.product_uom_qty, 5)
        self.assertEqual(sold.picking_ids.move_ids.quantity, 2)
        self.assertEqual(quotation.detect_backorders(), [])

    def _set_aside(self, quantity):
        """A quotation for which all is set aside, and an order that waits for two more."""
        quotation = self._order((self.product, quantity), confirm=False)
        self._stock(self.product, quantity)
        quotation.fill_backorders()
        self.assertEqual(quotation.order_line.backorder_promised_qty, quantity)
        return quotation, self._order((self.product, 2))

    def test_what_is_set_aside_is_taken_along_by_who_pays_it(self):
        quotation, waiting = self._set_aside(3)
        self._sell(3, quotation.order_line)
        self.assertEqual((quotation.state, quotation.order_line.qty_delivered), ("sale", 3))
        self.assertEqual(quotation.order_line.backorder_promised_qty, 0)
        self.assertHeld(quotation.order_line, 0, reserved=0)
        self.assertHeld(waiting.order_line, 2, reserved=0)
        self.assertEqual(self.product.with_context(warehouse_id=self.warehouse.id).free_qty, 0)
        self._stock(self.product, 2)
        waiting.fill_backorders()
        self.assertHeld(waiting.order_line, 0)
        self.assertInvariants(quotation | waiting | waiting.backorder_child_ids)

    def test_paid_in_part_the_rest_of_what_is_set_aside_stays_the_customers(self):
        quotation, waiting = self._set_aside(5)
        self._sell(2, quotation.order_line)
        self.assertEqual((quotation.state, quotation.order_line.qty_delivered), ("sale", 2))
        self.assertEqual(quotation.order_line.backorder_promised_qty, 0)
        self.assertHeld(quotation.order_line, 0, reserved=3)
        self.assertHeld(waiting.order_line, 2, reserved=0)
        self.assertFalse(waiting.fill_backorders().line_ids.filtered("filled_qty"))
        self.assertInvariants(quotation | waiting)

    def test_what_is_set_aside_and_shipped_later_is_what_the_till_ships(self):
        quotation, waiting = self._set_aside(3)
        sold = self._sell(3, quotation.order_line, later=True)
        self.assertEqual(quotation.order_line.backorder_promised_qty, 0)
        self.assertHeld(quotation.order_line, 0, reserved=0)
        sold.picking_ids.action_assign()
        self.assertEqual(sold.picking_ids.move_ids.quantity, 3)
        self.assertHeld(waiting.order_line, 2, reserved=0)

    def test_another_customer_at_the_till_takes_what_is_set_aside(self):
        """What is handed over is gone: the quotation waits for it again, nobody has it twice."""
        quotation, waiting = self._set_aside(3)
        self._sell(3)
        self.assertEqual(self.product.with_context(warehouse_id=self.warehouse.id).free_qty, 0)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 3, reserved=0)
        self.assertInvariants(quotation | waiting)

    def test_what_was_paid_at_the_till_is_paid(self):
        """Ten for 100.00, six taken along and paid; the four that come in cost 40.00."""
        for later in (False, True):
            with self.subTest(later=later):
                self._stock(self.product, 6)
                order = self._order((self.product, 10))
                self._sell(6, order.order_line, later=later)
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertEqual(order.backorder_paid_amount, 60)
                due = order.backorder_owed_amount - 60
                self.assertEqual((order.backorder_amount_due, due), (due, 0 if later else 40))
                self.assertTrue(
                    order.search_count([("id", "=", order.id), ("backorder_amount_due", "=", due)])
                )
                self.assertEqual(order._backorder_payable_amount(), due)
                order._action_cancel()
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertEqual(order.backorder_amount_due, 0, "paid, and taken along")
                self.assertTrue(
                    order.search_count([("id", "=", order.id), ("backorder_amount_due", "=", 0)])
                )

    def _paid_here(self, order):
        self.env.flush_all()
        self.env.invalidate_all()
        return (order.backorder_paid_amount, order._backorder_payable_amount())

    def test_an_invoice_of_the_till_is_not_paid_once_more(self):
        """Six of ten are invoiced at the till, the rest by the order: each is asked for once."""
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        sold = self._sell(6, order.order_line)
        sold.action_pos_order_invoice()
        self.assertEqual(sold.account_move.amount_total, 60)
        self.assertEqual(self._paid_here(order), (60, 40))
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual((invoice.amount_total, order.invoice_ids), (40, invoice))
        self.assertEqual(invoice.backorder_payable_amount, 40)
        self.assertEqual(self._paid_here(order), (60, 40))
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        register.create({})._create_payments()
        self.assertEqual(self._paid_here(order), (100, 0))

    def test_the_same_currency_is_not_converted_by_the_rates_of_two_days(self):
        """An order in euros of last year, paid in euros at a till today."""
        euro = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", "EUR" if self.company.currency_id.name != "EUR" else "USD")])
        )
        euro.active = True
        prices = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        self._stock(self.product, 10)
        order = self._order(
            (self.product, 10, {"price_unit": 10.0, "tax_ids": False}), pricelist_id=prices.id
        )
        sold = self._sell(6, order.order_line)
        self.env.flush_all()
        self.env.cr.execute("UPDATE sale_order SET currency_rate = 0.5 WHERE id = %s", [order.id])
        self.env.cr.execute("UPDATE pos_order SET currency_rate = 0.8 WHERE id = %s", [sold.id])
        self.env.cr.execute(
            "UPDATE pos_config SET currency_id = %s WHERE id = %s", [euro.id, self.till.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self._paid_here(order), (60, 40))

    def test_the_till_of_another_company(self):
        """Who runs two companies sells an order of one at the till of the other: by that company's
        currency and rates."""
        other = self.env["res.company"].create(
            {
                "name": "Other",
                "currency_id": self.env.ref(
                    "base.EUR" if self.company.currency_id.name != "EUR" else "base.USD"
                ).id,
            }
        )
        self.env["res.currency.rate"].create(
            {
                "currency_id": self.company.currency_id.id,
                "company_id": other.id,
                "name": "2020-01-01",
                "rate": 2.0,
            }
        )
        self._stock(self.product, 10)
        order = self._order((self.product, 10))
        sold = self._sell(3, order.order_line)
        self.env.flush_all()
        # 30 of the other company's currency are 60 of the order's.
        self.env.cr.execute(
            "UPDATE pos_order SET company_id = %s, currency_rate = 1 WHERE id = %s",
            [other.id, sold.id],
        )
        self.env.cr.execute(
            "UPDATE pos_config SET currency_id = %s WHERE id = %s",
            [other.currency_id.id, self.till.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self._paid_here(order), (60, 40))
