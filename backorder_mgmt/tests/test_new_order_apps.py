"""New orders in company: promotions and loyalty, combos, the shop."""

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import BackorderCommon


class AppsCommon(BackorderCommon):
    def _program(self, **values):
        return self.env["loyalty.program"].create(
            {
                "name": "Test Program",
                "program_type": "promotion",
                "trigger": "auto",
                "applies_on": "current",
                "company_id": self.company.id,
                "rule_ids": [
                    Command.create(
                        {
                            "product_ids": self.product.ids,
                            "reward_point_mode": "order",
                            "reward_point_amount": 1,
                            "minimum_qty": 1,
                        }
                    )
                ],
                **values,
            }
        )

    def _free_mug(self):
        """(mug, order): two chairs bought, a mug given; the mug is out of stock."""
        mug = self._product("Mug")
        program = self._program(
            reward_ids=[
                Command.create(
                    {
                        "reward_type": "product",
                        "reward_product_id": mug.id,
                        "reward_product_qty": 1,
                        "required_points": 1,
                    }
                )
            ],
        )
        self._stock(self.product, 1)
        order = self._order((self.product, 2), confirm=False)
        order._update_programs_and_rewards()
        (coupon,) = order._get_claimable_rewards()
        order._apply_program_reward(program.reward_ids, coupon)
        order.action_confirm()
        self.assertEqual(order.order_line.filtered("is_reward_line").product_id, mug)
        return mug, order

    def _combo(self):
        """Two boxes, each a hammer of a combo, and three nails; nothing is in stock."""
        combo = self.env["product.combo"].create(
            {
                "name": "Tool",
                "combo_item_ids": [
                    Command.create({"product_id": self.product.id, "extra_price": 3.0})
                ],
            }
        )
        box = self.env["product.product"].create(
            {
                "name": "Box",
                "type": "combo",
                "list_price": 50.0,
                "combo_ids": [Command.link(combo.id)],
            }
        )
        order = self._order((box, 2), (self.other, 3), confirm=False)
        order.order_line = [
            Command.create(
                {
                    "product_id": self.product.id,
                    "product_uom_qty": 2,
                    "combo_item_id": combo.combo_item_ids.id,
                    "linked_line_id": order.order_line[0].id,
                }
            )
        ]
        order.action_confirm()
        return order

    def _shop_order(self, quantity, **values):
        website = self.env["website"].search([], limit=1)
        website.company_id = self.company
        return self._order((self.product, quantity), website_id=website.id, **values)


@tagged("post_install", "-at_install")
class TestNewOrderApps(AppsCommon):
    def test_the_free_mug_goes_out_free_and_once(self):
        mug, order = self._free_mug()
        total = order.amount_total
        self._stock(mug, 1)
        self._stock(self.product, 1)
        run = order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(new.order_line.product_id, self.product, "the chair, and no second mug")
        gift = order.order_line.filtered("is_reward_line")
        self.assertHeld(gift, 0, reserved=1)
        row = run.line_ids.filtered(lambda line: line.product_id == mug)
        self.assertEqual((row.filled_qty, row.reason), (1, "on_order"))
        self.assertIn("given by a promotion", row.message)
        self._deliver(order.picking_ids)
        self._deliver(new.picking_ids)
        self.assertEqual(gift.qty_delivered, 1)
        self.assertAlmostEqual(order.amount_total + new.amount_total, total, 2)

    def test_gifts_of_a_code_go_out_free_in_a_batch_of_two_orders(self):
        mug = self._product("Mug")
        program = self._program(
            program_type="promo_code",
            trigger="with_code",
            rule_ids=[
                Command.create(
                    {
                        "mode": "with_code",
                        "code": "MUGS",
                        "reward_point_mode": "unit",
                        "reward_point_amount": 1,
                        "product_ids": self.product.ids,
                    }
                )
            ],
            reward_ids=[
                Command.create(
                    {
                        "reward_type": "product",
                        "reward_product_id": mug.id,
                        "reward_product_qty": 2,
                        "required_points": 1,
                    }
                )
            ],
        )
        orders = self.env["sale.order"]
        for _each in range(2):
            order = self._order((self.product, 2), (self.other, 3), confirm=False)
            ((coupon, rewards),) = order._try_apply_code("MUGS").items()
            self.assertEqual(rewards, program.reward_ids)
            order._apply_program_reward(rewards, coupon)
            order.action_confirm()
            orders |= order
        totals = orders.mapped("amount_total")
        gifts = orders.order_line.filtered("is_reward_line")
        given = {gift: gift.product_uom_qty for gift in gifts}
        self.assertTrue(all(given.values()))
        self._stock(mug, sum(given.values()))
        self._stock(self.other, 6)
        run = self.env["backorder.run"].create({"order_ids": orders.ids})
        run.action_start()
        new = orders.backorder_child_ids
        self.assertEqual(new.order_line.product_id, self.other)
        self.assertEqual(new.order_line.backorder_origin_line_id.product_id, self.other)
        for gift, quantity in given.items():
            self.assertEqual(gift.product_uom_qty, quantity)
            self.assertHeld(gift, 0, reserved=quantity)
        for order, total in zip(orders, totals, strict=True):
            family = order | order.backorder_child_ids
            self.assertAlmostEqual(sum(family.mapped("amount_total")), total, 2)

    def test_half_of_a_gift_is_filled_and_the_new_order_approved_later(self):
        self.company.backorder_approve_new_order = False
        mug, order = self._free_mug()
        total = order.amount_total
        self._stock(self.product, 1)
        order.fill_backorders()
        new = order.backorder_child_ids
        self._stock(mug, 1)
        new.action_confirm()
        self.assertEqual(new.order_line.product_id, self.product, "no mug of its own")
        order.fill_backorders()
        self.assertHeld(order.order_line.filtered("is_reward_line"), 0, reserved=1)
        self.assertAlmostEqual(order.amount_total + new.amount_total, total, 2)

    def test_a_fill_of_the_mug_alone_can_be_taken_back(self):
        mug, order = self._free_mug()
        self._stock(mug, 1)
        run = order.fill_backorders()
        self.assertFalse(order.backorder_child_ids)
        run.action_undo()
        self.assertHeld(order.order_line.filtered("is_reward_line"), 1, reserved=0)

    def test_points_count_once(self):
        program = self._program(
            program_type="loyalty",
            applies_on="both",
            rule_ids=[
                Command.create(
                    {"reward_point_mode": "unit", "reward_point_amount": 5, "minimum_qty": 1}
                )
            ],
            reward_ids=[Command.create({"reward_type": "discount", "required_points": 1000})],
        )
        card = self.env["loyalty.card"].create(
            {"program_id": program.id, "partner_id": self.customer.id, "points": 0}
        )
        order = self._order((self.product, 4))
        self.assertEqual(card.points, 20)
        self._stock(self.product, 3)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(new.state, "sale")
        self.assertEqual(card.points, 20)
        order._update_programs_and_rewards()
        self.assertEqual(card.points, 20, "the original keeps what the purchase earned")
        # odoo/odoo#211342: promotions applied again counted twice
        new._update_programs_and_rewards()
        self.assertFalse(new._get_claimable_rewards())
        self.assertEqual(card.points, 20)

    def test_a_new_order_gets_no_discount_of_its_own(self):
        self._program(
            reward_ids=[
                Command.create({"reward_type": "discount", "discount": 10, "required_points": 1})
            ],
        )
        order = self._order((self.product, 4), confirm=False)
        order._update_programs_and_rewards()
        for coupon, rewards in order._get_claimable_rewards().items():
            order._apply_program_reward(rewards, coupon)
        order.action_confirm()
        total = order.amount_total
        self._stock(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(len(new.order_line), 1)
        self.assertAlmostEqual(order.amount_total + new.amount_total, total, 2)

    def test_a_combo_is_filled_on_its_order_and_the_family_costs_the_same(self):
        order = self._combo()
        total = order.amount_total
        self._stock(self.product, 2)
        self._stock(self.other, 3)
        run = order.fill_backorders()
        rows = {line.product_id: line for line in run.line_ids}
        self.assertEqual(rows[self.product].reason, "on_order")
        self.assertIn("combo", rows[self.product].message)
        new = order.backorder_child_ids
        self.assertEqual(new.order_line.product_id, self.other)
        self.assertAlmostEqual(order.amount_total + new.amount_total, total, 2)
        self.assertEqual(run.run_order_ids.outcome, "complete")

    def test_a_box_of_two_items_is_filled_item_by_item_and_taken_back(self):
        """Half of one item came in, approved later: its price is that of the box."""
        self.company.backorder_approve_new_order = False
        combos = self.env["product.combo"].create(
            [
                {
                    "name": product.name,
                    "combo_item_ids": [Command.create({"product_id": product.id})],
                }
                for product in (self.product, self.other)
            ]
        )
        box = self.env["product.product"].create(
            {"name": "Box", "type": "combo", "list_price": 60.0, "combo_ids": combos.ids}
        )
        order = self._order((box, 4), confirm=False)
        order.order_line = [
            Command.create(
                {
                    "product_id": combo.combo_item_ids.product_id.id,
                    "product_uom_qty": 4,
                    "combo_item_id": combo.combo_item_ids.id,
                    "linked_line_id": order.order_line[0].id,
                }
            )
            for combo in combos
        ]
        order.action_confirm()
        total = order.amount_total
        _box, hammer, nails = order.order_line
        self._stock(self.product, 2)
        run = order.fill_backorders()
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(hammer, 2, reserved=2)
        self.assertHeld(nails, 4, reserved=0)
        row = run.line_ids.filtered(lambda line: line.product_id == self.product)
        self.assertEqual((row.filled_qty, row.reason), (2, "on_order"))
        run.action_undo()
        self.assertHeld(hammer, 4, reserved=0)
        self.assertAlmostEqual(order.amount_total, total, 2)

    def test_boxes_of_two_orders_in_a_batch_leave_nothing_taken_in_the_plan(self):
        orders = self._combo() | self._combo()
        self._stock(self.product, 3)
        self._stock(self.other, 6)
        run = self.env["backorder.run"].create({"order_ids": orders.ids})
        run.action_start()
        self.assertNotIn("failed", run.run_order_ids.mapped("outcome"))
        items = orders.order_line.filtered("combo_item_id")
        self.assertEqual(items.mapped("backorder_reserved_qty"), [2, 1])
        self.assertEqual(orders.backorder_child_ids.order_line.product_id, self.other)

    def test_a_new_order_of_a_shop_order_is_no_cart(self):
        self.company.backorder_approve_new_order = False
        order = self._shop_order(5, cart_recovery_email_sent=True, shop_warning="Only 2 left")
        self._stock(self.product, 5)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertFalse(new.website_id)
        self.assertFalse(new.is_abandoned_cart)
        self.assertFalse(new.cart_recovery_email_sent)
        self.assertFalse(new.shop_warning)
        self.assertTrue(order.website_id)

    def test_a_pickup_point_stays_the_delivery_address_and_take_back_names_nothing(self):
        point = {"name": "Corner Shop", "street": "Main 1", "city": "Town"}
        point |= {"zip_code": "1000", "state": False, "country_code": "BE", "id": 7}
        order = self._shop_order(5, pickup_location_data=point)
        address = order.partner_shipping_id
        self.assertTrue(address.is_pickup_location)
        self._stock(self.product, 2)
        run = order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual((new.state, new.partner_shipping_id), ("sale", address))
        self.assertEqual(new.pickup_location_data, point)
        self.assertEqual(new.picking_ids.partner_id, address)
        self.assertFalse(address.child_ids, "the point was added below itself")
        run.action_undo()
        self.assertEqual(new.state, "cancel")

    def test_the_email_of_a_quotation_template_goes_out_once(self):
        template = self.env["mail.template"].create(
            {
                "name": "Manual",
                "model_id": self.env["ir.model"]._get_id("sale.order"),
                "subject": "How to use it",
                "body_html": "<p>Read this first</p>",
                "partner_to": "{{ object.partner_id.id }}",
            }
        )
        self.customer.email = "ada@example.com"
        kind = self.env["sale.order.template"].create(
            {"name": "Tools", "mail_template_id": template.id}
        )
        order = self._order((self.product, 5), sale_order_template_id=kind.id)
        self._stock(self.product, 5)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual((new.state, new.sale_order_template_id), ("sale", kind))
        mailed = [
            len(one.message_ids.filtered(lambda message: message.subject == "How to use it"))
            for one in (order, new)
        ]
        self.assertEqual(mailed, [1, 0])


@tagged("post_install", "-at_install")
class TestNewOrderAppsTours(AppsCommon, HttpCase):
    """The same in the browser, as a salesman with the least rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The browser's screens: no welcome messages of Odoo's own tours beside them.
        cls.salesman.tour_enabled = False

    def _start(self, tour, order):
        self.env.flush_all()
        self.start_tour(f"/odoo/orders/{order.id}", tour, login=self.salesman.login)
        self.env.invalidate_all()
        return order.backorder_child_ids

    def test_tour_of_a_gift_order(self):
        mug, order = self._free_mug()
        total = order.amount_total
        self._stock(mug, 1)
        self._stock(self.product, 1)
        new = self._start("backorder_fill_gift", order)
        self.assertEqual((new.state, new.order_line.product_id), ("sale", self.product))
        self.assertHeld(order.order_line.filtered("is_reward_line"), 0, reserved=1)
        self.assertAlmostEqual(order.amount_total + new.amount_total, total, 2)

    def test_tour_of_a_combo_order(self):
        order = self._combo()
        total = order.amount_total
        self._stock(self.product, 2)
        self._stock(self.other, 3)
        new = self._start("backorder_fill_combo", order)
        self.assertEqual((new.state, new.order_line.product_id), ("sale", self.other))
        self.assertHeld(order.order_line.filtered("combo_item_id"), 0, reserved=2)
        self.assertAlmostEqual(order.amount_total + new.amount_total, total, 2)

    def test_tour_of_a_shop_order(self):
        order = self._shop_order(5)
        self._stock(self.product, 5)
        new = self._start("backorder_fill_shop", order)
        self.assertEqual((new.state, new.order_line.product_uom_qty), ("sale", 5))
        self.assertFalse(new.website_id)
        self.assertEqual(self._reserved(new), 5)
