"""Terms, priorities and rules: what users of other systems and modules reported."""

from odoo.tests import Form, tagged

from .test_carry import CarryCommon
from .test_terms import TermsCommon


@tagged("post_install", "-at_install")
class TestTermsReported(TermsCommon):
    def test_a_delivery_that_is_done_makes_nobody_urgent(self):
        """OCA wms 832: a starred delivery that left, and a cancelled one, still counted."""
        self._stock(self.product, 1)
        sent = self._order((self.product, 5))
        sent.picking_ids.priority = "1"
        self._deliver(sent.picking_ids)
        self.env.flush_all()
        # Odoo takes the star off what is done, not off what is cancelled.
        sent.picking_ids.filtered(lambda picking: picking.state == "done").priority = "1"
        rest = sent.picking_ids.filtered(lambda picking: picking.state != "done")
        rest.priority = "0"
        urgent = self._order((self.product, 4))
        urgent.picking_ids.priority = "1"
        self._wait(sent, 10)
        self._stock(self.product, 4)
        run = self._run(sent + urgent, policy="priority")
        planned = {row.order_id: row.planned_qty for row in run.line_ids}
        self.assertEqual(planned, {sent: 0, urgent: 4})

    def test_an_order_begun_from_the_contact(self):
        """OCA partner-contact 2305: *New* behind the smart button left the customer's terms out."""
        self.customer.write({"backorder_policy": "complete", "backorder_max_shipments": 2})
        orders = self.env["sale.order"].with_context(default_partner_id=self.customer.id)
        with Form(orders) as form:
            self.assertEqual(form.backorder_policy, "complete")
        self.assertEqual(form.record.backorder_max_shipments, 2)
        vals = orders.default_get(list(orders._fields))
        self.assertEqual(orders.create(vals).backorder_policy, "complete")

    def test_a_rule_that_is_edited_changes_no_preview(self):
        """Edits of rules do not rewrite in silence what is planned already."""
        rule = self.env["backorder.rule"].create(
            {"name": "Hers", "domain": f"[('order_partner_id', '=', {self.customer.id})]"}
        )
        other = self.env["res.partner"].create({"name": "Bob"})
        late = self._order((self.product, 4), partner_id=other.id)
        hers = self._order((self.product, 4))
        self._wait(late, 10)
        self._stock(self.product, 4)
        run = self._run(late + hers, policy="rules")
        rule.treatment = "rest"
        run.action_start()
        self.assertHeld(hers.order_line, 0, reserved=4)
        self.assertHeld(late.order_line, 4, reserved=0)

    def test_raised_again_after_a_cancellation(self):
        """OCA sale-workflow 4459: what was cancelled stayed off when more was ordered again."""
        self.customer.backorder_accept = "no"
        self._stock(self.product, 3)
        order = self._order((self.product, 5))
        self.assertEqual(order.order_line.product_uom_qty, 3)
        self._stock(self.product, 2)
        order.order_line.product_uom_qty = 5
        self.assertHeld(order.order_line, 0, reserved=5)
        self.assertEqual(order.order_line.backorder_cancelled_qty, 0)

    def test_what_was_invoiced_before_is_credited(self):
        """OCA sale-workflow 2937: the invoice of what was cancelled was never credited."""
        order = self._order((self.product, 5))
        order._create_invoices().action_post()
        order.backorder_accept = "no"
        self._stock(self.product, 3)
        self._run(order).action_start()
        self.assertEqual(order.order_line.product_uom_qty, 3)
        self.assertEqual(order.order_line.qty_to_invoice, -2)
        self.assertEqual(order.invoice_status, "to invoice")
        credit = order._create_invoices(final=True)
        self.assertEqual((credit.move_type, credit.amount_untaxed), ("out_refund", 20))


@tagged("post_install", "-at_install")
class TestPaidOnlineReported(CarryCommon):
    def test_paid_online_and_not_all_of_it_is_there(self):
        """The payment confirms the order, what is missing is cancelled, and the clerk is told what
        the customer has paid too much (prepayments that nobody gives back)."""
        self.customer.write({"backorder_accept": "no", "email": "ada@example.com"})
        self._stock(self.product, 3)
        order = self._order((self.product, 5), confirm=False, require_payment=True)
        self.assertAlmostEqual(order.amount_total, 50)
        self._pay_online(order, 50)._post_process()
        self.assertEqual(order.state, "sale")
        self.assertHeld(order.order_line, 0, reserved=3)
        self.assertAlmostEqual(order.amount_total, 30)
        self.assertAlmostEqual(order.backorder_amount_due, -20)
        self.assertIn("20.00 more is paid", " ".join(order.message_ids.mapped("body")))

    def test_what_is_not_paid_is_not_too_much(self):
        self.customer.write({"backorder_accept": "no", "email": "ada@example.com"})
        self._stock(self.product, 3)
        order = self._order((self.product, 5))
        self.assertHeld(order.order_line, 0, reserved=3)
        self.assertNotIn("more is paid", " ".join(order.message_ids.mapped("body")))
