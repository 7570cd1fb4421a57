"""What an order costs as things stand: never what was sent back, closed or credited."""

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .test_money_table import MoneyTableCommon


class OwedCommon(MoneyTableCommon):
    def _pair(self, chair=160.0, lamp=100.0, **values):
        """Two chairs in stock, and a lamp that waits; invoiced as delivered."""
        (self.item["chair"] | self.item["lamp"]).invoice_policy = "delivery"
        self._stock(self.item["chair"], 2)
        none = {"tax_ids": False}
        return self._order(
            (self.item["chair"], 2, {"price_unit": chair, **none}),
            (self.item["lamp"], 1, {"price_unit": lamp, **none}),
            require_payment=False,
            payment_term_id=False,
            **values,
        )

    def _sent_and_paid_back(self, order):
        """Both chairs are delivered and paid at 160; one is returned, credited and paid back."""
        self._do_deliver(order, None, None)
        self._do_invoice(order, None, None)
        self._do_bank(order, 320, None)
        self._do_return(order, 1, self.item["chair"])
        self._bill(order)
        self._do_bank_back(order, 160, None)

    def _fill_lamp(self, order, **options):
        self._stock(self.item["lamp"], 1)
        run = self.env["backorder.run"].create(
            {
                "order_ids": [Command.set(order.ids)],
                "product_ids": [Command.set(self.item["lamp"].ids)],
                **options,
            }
        )
        run.action_start()
        self._run_job()
        self._fresh()
        return run.run_order_ids.new_order_id

    def _agree(self, orders):
        """*Amount Due* finds each order by the amount that it shows."""
        self._fresh()
        for order in orders:
            for operator, amount in (("=", 0), (">", 0.005), ("<", -0.005)):
                found = orders.search(
                    [("id", "=", order.id), ("backorder_amount_due", operator, amount)]
                )
                due = order.backorder_amount_due
                expected = {"=": due == 0, ">": due > 0.005, "<": due < -0.005}[operator]
                self.assertEqual(bool(found), expected, (order.name, operator, due))


@tagged("post_install", "-at_install")
class TestOwed(OwedCommon):
    def test_a_card_is_not_asked_for_what_was_sent_back_and_paid_back(self):
        """Two delivered at 160, one returned, credited and paid back; the lamp costs 100."""
        self._card()
        order = self._pair()
        self._sent_and_paid_back(order)
        self._fresh()
        self.assertEqual((order.backorder_owed_amount, *self._due(order)), (260, 100))
        words = order._backorder_charge_words({order.order_line[1]: 1}, "none", True)
        new = self._fill_lamp(order, carry_credit="none", carry_balance=True)
        self.assertEqual(new.transaction_ids.mapped("amount"), [100])
        self.assertEqual(self._due(order, new), (0, 0))
        self.assertFalse(new.backorder_carried_amount, "nothing was owed for what came back")
        self._agree(order | new)
        self.assertIn("will be charged", words)

    def test_what_a_closed_delivery_leaves_out_is_not_owed(self):
        order = self._pair()
        self._do_deliver(order, 1, self.item["chair"], backorder=False)
        self._fresh()
        # One chair was sent; the other one and the lamp were on the delivery that was closed.
        self.assertEqual((order.backorder_owed_amount, *self._due(order)), (160, 160))
        self._agree(order)

    def test_what_was_invoiced_of_a_cancelled_order_is_owed(self):
        order = self._pair()
        self._do_deliver(order, 1, self.item["chair"])
        self._do_invoice(order, None, None)
        order._action_cancel()
        self._fresh()
        self.assertEqual((order.backorder_owed_amount, *self._due(order)), (160, 160))
        self._agree(order)

    def test_an_order_where_nothing_changed_owes_its_total_to_the_cent(self):
        order = self._order(
            (self.item["chair"], 7, {"price_unit": 9.99, "tax_ids": self.tax["21"].ids}),
            (self.item["shipping"], 1, {"price_unit": 4.33, "tax_ids": self.tax["21"].ids}),
        )
        self.assertEqual(order.backorder_owed_amount, order.amount_total)
        self._stock(self.item["chair"], 7)
        order.picking_ids.action_assign()
        self._do_deliver(order, None, None)
        self._fresh()
        self.assertEqual(order.backorder_owed_amount, order.amount_total)
        self._agree(order)

    def test_a_delivery_in_steps_is_to_come_once(self):
        warehouse = self.warehouse
        warehouse.delivery_steps = "pick_pack_ship"
        order = self._pair()
        self.assertEqual(order.backorder_owed_amount, 420)
        for _step in range(2):
            open_moves = order.order_line.move_ids.filtered(lambda m: m.state == "assigned")
            open_moves.picked = True
            open_moves._action_done()
            self._fresh()
            self.assertEqual(order.backorder_owed_amount, 420)
            self._agree(order)

    def test_of_a_kit_whole_kits_are_owed(self):
        kit, component, other = self._product("Set"), self._product("Leg"), self._product("Top")
        kit.is_storable = False
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": component.id, "product_qty": 4}),
                    Command.create({"product_id": other.id, "product_qty": 1}),
                ],
            }
        )
        self._stock(component, 12)
        self._stock(other, 3)
        order = self._order((kit, 3, {"price_unit": 50.0, "tax_ids": False}))
        self.assertEqual(order.backorder_owed_amount, 150)
        picking = order.picking_ids
        picking.action_assign()
        for move in picking.move_ids:
            move.quantity = 4 if move.product_id == component else 1
            move.picked = True
        picking.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=picking.ids
        ).button_validate()
        self._fresh()
        self.assertEqual(order.order_line.qty_delivered, 1)
        self.assertEqual(order.backorder_owed_amount, 50)
        self._agree(order)

    # -- a split has no rounding for anybody ------------------------------------------------------

    def test_rounding_of_a_split_is_nobodys_debt(self):
        """0.75 × 3 at 21 % are 2.72 paid; apart they are 1.82 and 0.91."""
        self._card()
        self._stock(self.item["chair"], 2)
        taxes = self.tax["21"].ids
        order = self._order(
            (self.item["chair"], 3, {"price_unit": 0.75, "tax_ids": taxes}),
            require_payment=False,
            payment_term_id=False,
        )
        self._pay_online(order, 2.72)
        self._stock(self.item["chair"], 1)
        run = self.env["backorder.run"].create(
            {"order_ids": [Command.set(order.ids)], "carry_credit": "needed"}
        )
        run.action_start()
        self._run_job()
        self._fresh()
        new = run.run_order_ids.new_order_id
        self.assertEqual((order.backorder_owed_amount, new.backorder_owed_amount), (1.82, 0.91))
        self.assertEqual(self._due(order, new), (0, 0))
        self.assertFalse(new.transaction_ids)
        self.assertEqual(new.state, "sale")
        self.assertAlmostEqual(order.backorder_rounding_amount, 0.01)
        self._agree(order | new)

    # -- pages and Capture look again -------------------------------------------------------------

    def test_a_payment_page_asks_for_no_more_than_is_due_now(self):
        order = self._pair()
        self.assertEqual(order._backorder_payable_amount(), 420)
        self._pay_online(order, 400)
        self._fresh()
        self.assertEqual(order._backorder_payable_amount(), 20)
        with self.assertRaisesRegex(ValidationError, "more than what is still to be paid"):
            order._backorder_check_payment(420)
        order._backorder_check_payment(20)
        self.assertEqual(self._link(order), 20)

    def test_a_payment_page_leaves_out_what_is_pending_and_authorized(self):
        order = self._pair()
        self._pay_online(order, 100, "authorized")
        self._pay_online(order, 120, "draft")._set_pending()
        self._fresh()
        self.assertEqual(self._due(order), (420,), "authorized is not paid")
        self.assertEqual(order.backorder_authorized_amount, 100)
        self.assertEqual(order._backorder_payable_amount(), 200)

    def test_a_page_of_a_new_order_asks_for_what_its_family_owes(self):
        """No credits: the money stands on the original."""
        order = self._pair()
        self._pay_online(order, 420)
        new = self._fill_lamp(order, carry_credit="none", charge_cards=False)
        self.assertEqual(self._due(order, new), (-100, 100))
        self.assertEqual(new._backorder_payable_amount(), 0)
        self.assertEqual(self._link(new), 0)
        self.assertTrue(new._is_paid(), "paid on the original")

    def test_capture_takes_no_more_than_is_owed(self):
        order = self._pair()
        authorized = self._pay_online(order, 420, "authorized")
        self._do_deliver(order, 1, self.item["chair"], backorder=False)
        self._fresh()
        wizard = self.env["payment.capture.wizard"].with_context(active_ids=authorized.ids)
        self.assertEqual(wizard.create({}).amount_to_capture, 160)
        # As the web client opens the dialog, from the order's button.
        with Form(wizard) as dialog:
            self.assertEqual(dialog.amount_to_capture, 160)
        with self.assertRaisesRegex(UserError, "more than what is still owed"):
            authorized._capture(300)
        authorized._capture(160)
        self._fresh()
        self.assertEqual(self._due(order), (0,))

    # -- invoices of a family ---------------------------------------------------------------------

    def test_a_down_payment_of_items_that_all_moved_is_given_back_and_settles_the_new_invoice(self):
        lamp = self.item["lamp"]
        lamp.invoice_policy = "order"
        order = self._order(
            (lamp, 1, {"price_unit": 100.0, "tax_ids": False}),
            require_payment=False,
            payment_term_id=False,
        )
        self._do_down_payment(order, 30, None)
        self._do_bank(order, 30, None)
        new = self._fill_lamp(order, carry_credit="needed", charge_cards=False)
        self.assertEqual(self._due(order, new), (0, 70))
        self.assertEqual(order.invoice_status, "to invoice", "the credit note is proposed")
        new._create_invoices(final=True).action_post()
        order._create_invoices(final=True).action_post()
        self._fresh()
        [note] = order.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual((note.amount_total, note.amount_residual), (30, 0))
        self.assertEqual(new.invoice_ids.amount_residual, 70)

    def test_money_of_the_original_settles_the_invoices_of_all_its_new_orders(self):
        chair = self.item["chair"]
        chair.invoice_policy = "order"
        order = self._order(
            (chair, 6, {"price_unit": 10.0, "tax_ids": False}),
            require_payment=False,
            payment_term_id=False,
        )
        self._pay_online(order, 60)._post_process()
        news = self.env["sale.order"]
        for _time in range(2):
            self._stock(chair, 2)
            run = self.env["backorder.run"].create(
                {
                    "order_ids": [Command.set(order.ids)],
                    "carry_credit": "needed",
                    "charge_cards": False,
                }
            )
            run.action_start()
            news |= run.run_order_ids.new_order_id
        self._fresh()
        self.assertEqual(self._due(order, *news), (0, 0, 0))
        for each in news | order:
            each._create_invoices(final=True).action_post()
        self._fresh()
        self.assertEqual(sum((news | order).invoice_ids.mapped("amount_residual")), 0)
