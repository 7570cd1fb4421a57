"""Cancel the Rest (design 4)."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestCancel(BackorderCommon):
    def test_closing_short_lowers_the_ordered_quantity(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10, {"price_unit": 7.0, "discount": 5.0}))
        order.cancel_backorders(reason="Customer has enough")
        line = order.order_line
        self.assertHeld(line, 0, reserved=6)
        self.assertEqual(line.product_uom_qty, 6)
        self.assertEqual((line.price_unit, line.discount), (7.0, 5.0))
        self.assertEqual(line.backorder_state, "cancelled")
        self.assertEqual(line.backorder_event_ids.sorted("id")[-1].note, "Customer has enough")
        self.assertEqual(len(order.picking_ids), 1, "no return was made")

    def test_a_part_of_the_rest(self):
        order = self._order((self.product, 10))
        order.cancel_backorders({order.order_line.id: 4})
        self.assertHeld(order.order_line, 6)
        self.assertEqual(order.order_line.product_uom_qty, 6)
        self.assertEqual(order.picking_ids.move_ids.product_uom_qty, 6)

    def test_everything_with_a_printed_delivery_makes_no_return(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        order.picking_ids.printed = True
        order.cancel_backorders()
        self.assertHeld(order.order_line, 0, reserved=6)
        self.assertEqual(order.picking_ids.picking_type_id, self.warehouse.out_type_id)

    def test_more_than_needed_is_refused(self):
        order = self._order((self.product, 10))
        with self.assertRaisesRegex(UserError, "Hammer: 11 Units to cancel, but only 10 Units"):
            order.cancel_backorders({order.order_line.id: 11})

    def test_own_access_group(self):
        order = self._order((self.product, 10))
        with self.assertRaisesRegex(AccessError, "Cancel Backorders"):
            order.with_user(self.salesman).cancel_backorders()
        self.salesman.group_ids = [
            Command.link(self.env.ref("backorder_mgmt.group_backorder_cancel").id)
        ]
        order.with_user(self.salesman).cancel_backorders()
        self.assertHeld(order.order_line, 0)

    def test_purchase_orders_made_for_it_are_named(self):
        order = self._order((self.product, 10))
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "origin": order.name,
                "order_line": [Command.create({"product_id": self.product.id, "product_qty": 10})],
            }
        )
        wizard = self.env["backorder.cancel"].create(
            {"order_id": order.id, "reason": "No longer made"}
        )
        self.assertEqual(wizard.line_ids.purchase_orders, purchase.name)
        wizard.action_confirm()
        self.assertIn(purchase.name, order.message_ids[0].body)

    def test_quotation_and_locked_order(self):
        quotation = self._order((self.product, 5), confirm=False)
        quotation.cancel_backorders({quotation.order_line.id: 2})
        self.assertHeld(quotation.order_line, 3)
        self.assertEqual(quotation.order_line.product_uom_qty, 3)
        order = self._order((self.product, 5))
        order.action_lock()
        order.cancel_backorders()
        self.assertEqual(order.order_line.product_uom_qty, 0)
        self.assertTrue(order.locked)

    def test_an_order_with_a_reward_is_cancelled(self):
        """Odoo deletes the line of the reward when the order is cancelled."""
        if "loyalty.program" not in self.env or "coupon_point_ids" not in self.env["sale.order"]:
            self.skipTest("needs the module sale_loyalty, which is not installed")
        self.env["loyalty.program"].search([]).active = False
        self.env["loyalty.program"].create(
            {
                "name": "A tenth off",
                "program_type": "promotion",
                "trigger": "auto",
                "rule_ids": [Command.create({"minimum_qty": 1})],
                "reward_ids": [Command.create({"reward_type": "discount", "discount": 10})],
            }
        )
        for confirm in (False, True):
            order = self._order((self.product, 5), confirm=False)
            order._update_programs_and_rewards()
            ((coupon, rewards),) = order._get_claimable_rewards().items()
            order._apply_program_reward(rewards, coupon)
            item, reward = order.order_line
            if confirm:
                order.action_confirm()
                self.assertHeld(item, 5)
            order._action_cancel()
            self.assertEqual(order.state, "cancel")
            self.assertFalse(reward.exists())
            self.assertHeld(item, 0)
