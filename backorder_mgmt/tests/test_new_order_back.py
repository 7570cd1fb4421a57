"""What comes back from a new order, through every generation; and the price that was agreed."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrderBack(BackorderCommon):
    def _filled(self, ordered=10, filled=4, approve=True, **values):
        """(order, its new order)"""
        self.company.backorder_approve_new_order = approve
        order = self._order((self.product, ordered, values), pricelist_id=self.prices.id)
        self._stock(self.product, filled)
        order.fill_backorders()
        return order, order.backorder_child_ids

    # -- approved, then cancelled -----------------------------------------------------------------

    def test_an_approved_new_order_that_is_cancelled_waits_on_its_original_again(self):
        order, new = self._filled()
        self.assertEqual(new.state, "sale")
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 10)
        self.assertHeld(order.order_line, 10, reserved=0)
        self.assertEqual(order.order_line.backorder_event_ids.sorted("id")[-1].type, "undo")
        with self.assertRaisesRegex(UserError, f"again on {order.name}"):
            new.action_draft()

    def test_half_delivered_and_cancelled_only_the_rest_waits_again(self):
        order, new = self._filled(10, 6)
        self._deliver(new.picking_ids, {self.product: 2})
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 8)
        self.assertHeld(order.order_line, 8, reserved=0)

    def test_all_delivered_and_cancelled_nothing_waits_and_it_can_be_set_to_quotation(self):
        order, new = self._filled(10, 6)
        self._deliver(new.picking_ids)
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 4)
        new.action_draft()
        new.action_confirm()
        self.assertEqual(sum(new.picking_ids.move_ids.mapped("quantity")), 6, "sent once")

    def test_what_the_customer_sent_back_does_not_wait_again(self):
        order, new = self._filled(10, 6)
        self._deliver(new.picking_ids)
        self._return(new.picking_ids, refund=True)
        self.assertEqual(new.order_line.qty_delivered, 0)
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 4)
        self.assertHeld(order.order_line, 4, reserved=0)

    def test_what_was_closed_on_the_new_order_stays_closed(self):
        order, new = self._filled(10, 6)
        self._count(self.product, 2)
        self.assertHeld(new.order_line, 4, reserved=2)
        new.cancel_backorders({new.order_line.id: 3}, "enough")
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 7)
        self.assertHeld(order.order_line, 7, reserved=0)

    # -- generations ------------------------------------------------------------------------------

    def _grandchild(self):
        """(order of 10, its new order of 6, and of that one a new order of 2)"""
        order, new = self._filled(10, 6)
        self._count(self.product, 4)
        self.assertHeld(new.order_line, 2, reserved=4)
        self._stock(self.product, 2)
        new.fill_backorders({new.order_line.id: 2})
        youngest = new.backorder_child_ids
        self.assertEqual(youngest.order_line.product_uom_qty, 2)
        return order, new, youngest

    def test_what_a_new_order_handed_on_does_not_come_back_with_it(self):
        order, new, youngest = self._grandchild()
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 8, "two are on the youngest")
        youngest._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 10)
        self.assertHeld(order.order_line, 10, reserved=0)

    def test_the_youngest_first_then_the_middle_one(self):
        order, new, youngest = self._grandchild()
        youngest._action_cancel()
        self.assertHeld(new.order_line, 2, reserved=4)
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 10)
        self.assertHeld(order.order_line, 10, reserved=0)

    def test_the_middle_one_sent_its_own_and_the_youngest_waits_on_the_first(self):
        order, new, youngest = self._grandchild()
        self._deliver(new.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 4)
        youngest._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 6)
        self.assertHeld(order.order_line, 6, reserved=0)

    def test_nothing_comes_back_to_an_original_that_was_cancelled(self):
        order, new = self._filled()
        order._action_cancel()
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 6)
        new.action_draft()
        self.assertEqual(new.order_line.product_uom_qty, 4)

    def test_an_original_about_another_item_now_says_that_nothing_waits(self):
        order, new = self._filled()
        order._action_cancel()
        order.action_draft()
        order.order_line.product_id = self.other
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 6)
        self.assertIn("waits on no order any more", order.message_ids[0].body)
        self.assertIn("Hammer", order.message_ids[0].body)

    # -- what was agreed --------------------------------------------------------------------------

    def test_the_price_of_a_dozen_is_not_asked_for_each_piece(self):
        self._price_from_ten()
        order, new = self._filled(2, 24, approve=False, product_uom_id=self.dozen.id)
        self.assertEqual(new.order_line.price_unit, 96.0)
        new.order_line.write({"product_uom_id": self.unit.id, "product_uom_qty": 24})
        self.assertEqual(new.order_line.price_unit, 8.0)
        new.order_line.product_uom_qty = 3
        self.assertEqual(new.order_line.price_unit, 8.0, "as agreed for the whole")

    def test_another_item_has_its_own_price(self):
        self._price_from_ten()
        order, new = self._filled(10, 4, approve=False)
        self.assertEqual(new.order_line.price_unit, 8.0)
        new.order_line.product_id = self._product("Saw", list_price=33.0)
        self.assertEqual(new.order_line.price_unit, 33.0)

    def test_an_original_about_another_item_has_its_price(self):
        order, _new = self._filled()
        order._action_cancel()
        order.action_draft()
        order.order_line.product_id = self._product("Saw", list_price=33.0)
        self.assertEqual(order.order_line.price_unit, 33.0)

    def test_take_back_names_what_was_agreed_for_the_new_order(self):
        order, new = self._filled()
        run = self.env["backorder.run"].search([("run_order_ids.new_order_id", "=", new.id)])
        cases = {
            "Delivery Date": {"commitment_date": "2031-05-06 12:00:00"},
            "Delivery Address": {
                "partner_shipping_id": self.env["res.partner"]
                .create({"name": "Depot", "parent_id": self.customer.id, "type": "delivery"})
                .id
            },
            "Payment Terms": {
                "payment_term_id": self.env["account.payment.term"].create({"name": "Later"}).id
            },
        }
        for words, vals in cases.items():
            with self.subTest(agreed=words):
                before = {name: new[name] for name in vals}
                new.write(vals)
                with self.assertRaisesRegex(UserError, f"{words} is not that of {order.name}"):
                    run.action_undo()
                new.write(
                    {
                        name: new._fields[name].convert_to_write(old, new)
                        for name, old in before.items()
                    }
                )
        new.order_line.name = "Hammer, with a red handle"
        with self.assertRaisesRegex(UserError, "description was changed"):
            run.action_undo()
        new.order_line.name = order.order_line.name
        run.action_undo()
        self.assertHeld(order.order_line, 10, reserved=0)

    def test_a_fill_whose_new_order_was_deleted_is_not_taken_back_again(self):
        order, new = self._filled(approve=False)
        run = self.env["backorder.run"].search([("run_order_ids.new_order_id", "=", new.id)])
        new.unlink()
        self.assertHeld(order.order_line, 10, reserved=0)
        with self.assertRaisesRegex(UserError, f"{order.name}: the new order was deleted"):
            run.action_undo()
        self.assertEqual(run.state, "done")
        self.assertHeld(order.order_line, 10, reserved=0)

    # -- documents --------------------------------------------------------------------------------

    def test_what_moved_whole_is_folded_away_on_the_documents_with_its_note(self):
        order = self._order((self.product, 4), (self.other, 2))
        hammer, nails = order.order_line
        order.order_line = [
            Command.update(hammer.id, {"sequence": 10}),
            Command.create({"display_type": "line_note", "name": "Engrave: Bob", "sequence": 11}),
            Command.update(nails.id, {"sequence": 12}),
        ]
        self._stock(self.product, 4)
        order.fill_backorders()
        self.assertEqual(order._get_order_lines_to_report(), nails)
        report = self.env["ir.actions.report"]
        printed = report._render_qweb_html("sale.report_saleorder", order.ids)[0].decode()
        self.assertEqual(printed.count("4 Units moved to"), 1)
        self.assertNotIn("0.00 Units", printed)
        order.backorder_child_ids._action_cancel()
        self.assertEqual(len(order._get_order_lines_to_report()), 3)
