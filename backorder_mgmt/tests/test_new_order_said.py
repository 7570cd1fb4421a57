"""What people said of a delivery is kept, whenever its items go to a new order, or come back."""

from unittest.mock import patch

from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrderSaid(BackorderCommon):
    def setUp(self):
        super().setUp()
        self.depot = self.env["res.partner"].create(
            {"name": "Depot", "parent_id": self.customer.id, "type": "delivery"}
        )

    def _said(self, *items, have=4, approve=False, **values):
        """An order of which people said something on its delivery, and its stock came in."""
        self.company.backorder_approve_new_order = approve
        order = self._order(*(items or [(self.product, 10)]), **values)
        self._say(order)
        self._stock(self.product, have)
        return order

    def _say(self, order):
        order.picking_ids.write({"priority": "1", "note": "<p>Ring twice</p>"})
        order.picking_ids.partner_id = self.depot

    def _fill(self, order):
        order.fill_backorders()
        return order.backorder_child_ids

    def assertSaid(self, deliveries, address=True):
        self.assertTrue(deliveries)
        for delivery in deliveries:
            self.assertEqual(delivery.priority, "1", f"{delivery.name} is urgent")
            self.assertEqual(delivery.move_ids.mapped("priority"), ["1"] * len(delivery.move_ids))
            self.assertEqual(str(delivery.note).count("Ring twice"), 1, f"{delivery.name}: note")
            if address:
                self.assertEqual(delivery.partner_id, self.depot, f"{delivery.name}: address")
                self.assertEqual(delivery.move_ids.partner_id, self.depot)

    # -- approved later ---------------------------------------------------------------------------

    def test_a_new_order_approved_later_keeps_star_note_and_address(self):
        for have in (4, 10):
            with self.subTest(filled=have):
                product = self.product = self._product("Hammer")
                order = self._said(have=have)
                new = self._fill(order)
                self.assertFalse(new.picking_ids)
                new.action_confirm()
                self.assertSaid(new.picking_ids)
                self.assertHeld(new.order_line, 0, reserved=have)
                self.assertEqual(new.picking_ids.move_ids.product_id, product)

    def test_also_when_the_first_part_was_sent_in_between(self):
        self._stock(self.product, 6)
        order = self._said()
        new = self._fill(order)
        self._deliver(order.picking_ids)
        self.assertEqual(order.picking_ids.priority, "0", "Odoo's own: it is done")
        new.action_confirm()
        self.assertSaid(new.picking_ids)

    def test_the_batch_approves_some_at_once_and_all_keep_it(self):
        self.company.backorder_approve_new_order = True
        orders = self._order((self.product, 3)) | self._order((self.product, 3), (self.other, 1))
        for order in orders:
            self._say(order)
        self._stock(self.product, 6)
        run = self.env["backorder.run"].create(
            {"order_ids": orders.ids, "approve_complete": True, "approve_partial": False}
        )
        run.action_start()
        whole, part = (order.backorder_child_ids for order in orders)
        self.assertEqual((whole.state, part.state), ("sale", "draft"))
        part.action_confirm()
        self.assertSaid((whole | part).picking_ids)

    def test_an_order_that_waited_for_its_payment_keeps_it(self):
        order = self._said(approve=True)
        run_class = type(self.env["backorder.run"])
        with patch.object(run_class, "_before_approve", lambda run, orders: orders.browse()):
            new = self._fill(order)
        self.assertEqual(new.state, "draft")
        new.action_confirm()
        self.assertSaid(new.picking_ids.filtered(lambda delivery: delivery.state != "cancel"))

    def test_a_later_day_of_the_delivery_stays_and_an_earlier_one_is_not_before_the_order(self):
        later = "2031-05-06 12:00:00"
        order = self._said()
        planned = order.picking_ids.move_ids.date
        order.picking_ids.move_ids.date = later
        new = self._fill(order)
        new.action_confirm()
        self.assertEqual(new.picking_ids.move_ids.date.isoformat(" "), later)
        plain = self._said()
        new = self._fill(plain)
        new.action_confirm()
        self.assertGreaterEqual(new.picking_ids.move_ids.date, planned)
        self.assertLess(new.picking_ids.move_ids.date.year, 2031)

    def test_what_was_agreed_anew_for_the_new_order_comes_first(self):
        order = self._said()
        order.picking_ids.move_ids.date = "2031-05-06 12:00:00"
        new = self._fill(order)
        other = self.depot.copy({"name": "Yard"})
        new.write({"partner_shipping_id": other.id, "commitment_date": "2030-01-02 12:00:00"})
        new.action_confirm()
        self.assertSaid(new.picking_ids, address=False)
        self.assertEqual(new.picking_ids.partner_id, other)
        self.assertEqual(new.picking_ids.move_ids.date.year, 2030)

    def test_nothing_was_said_and_nothing_is_remembered(self):
        self.company.backorder_approve_new_order = False
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        new = self._fill(order)
        self.assertFalse(new.order_line.backorder_said)
        new.action_confirm()
        self.assertEqual(new.picking_ids.partner_id, order.partner_shipping_id)
        self.assertEqual((new.picking_ids.priority, new.picking_ids.note), ("0", False))

    # -- approved at once, where Odoo makes the delivery ------------------------------------------

    def test_deliveries_that_cannot_be_handed_over_keep_it_too(self):
        def printed(order):
            order.picking_ids.printed = True

        def in_a_batch(order):
            if "batch_id" in order.picking_ids._fields:
                self.env["stock.picking.batch"].create({"picking_ids": order.picking_ids.ids})

        for reason in (printed, in_a_batch):
            with self.subTest(reason=reason.__name__):
                self.product = self._product("Hammer")
                order = self._said(approve=True)
                reason(order)
                self.assertSaid(self._fill(order).picking_ids)

    def test_in_two_steps_the_pick_is_urgent_and_the_delivery_goes_to_the_address(self):
        self.warehouse.delivery_steps = "pick_ship"
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                order = self._said(approve=approve)
                self.assertEqual(len(order.picking_ids), 1)
                new = self._fill(order)
                if not approve:
                    new.action_confirm()
                self.assertSaid(new.picking_ids)
                self._deliver(new.picking_ids)
                ship = new.picking_ids.filtered(lambda p: p.location_dest_id.usage == "customer")
                self.assertEqual(ship.partner_id, self.depot)

    def test_two_deliveries_to_two_addresses_stay_two(self):
        self.company.backorder_approve_new_order = True
        order = self._order((self.product, 2), (self.other, 2))
        first, second = order.picking_ids.move_ids
        away = order.picking_ids.copy({"move_ids": []})
        second.picking_id = away
        away.partner_id = self.depot
        self._stock(self.product, 2)
        self._stock(self.other, 2)
        new = self._fill(order)
        self.assertEqual(
            {(move.product_id, move.picking_id.partner_id) for move in new.picking_ids.move_ids},
            {(self.product, order.partner_shipping_id), (self.other, self.depot)},
        )
        self.assertEqual(first.sale_line_id.order_id, new)

    def test_two_addresses_are_two_deliveries_when_approved_later_too(self):
        for steps in ("ship_only", "pick_ship"):
            with self.subTest(steps=steps):
                self.warehouse.delivery_steps = steps
                self.company.backorder_approve_new_order = False
                self.product, self.other = self._product("Hammer"), self._product("Nails")
                third = self._product("Glue")
                order = self._order((self.product, 2), (self.other, 2), (third, 2))
                near, far, also_far = order.picking_ids.move_ids.sorted("id")
                away = order.picking_ids.copy({"move_ids": []})
                (far | also_far).picking_id = away
                (far | also_far).partner_id = self.depot
                away.partner_id = self.depot
                for product in (self.product, self.other, third):
                    self._stock(product, 2)
                new = self._fill(order)
                new.action_confirm()
                self.assertEqual(len(new.picking_ids), 2)
                if steps == "ship_only":
                    home = order.partner_shipping_id
                    self.assertEqual(
                        [
                            (move.product_id, move.picking_id.partner_id)
                            for move in new.picking_ids.move_ids.sorted("id")
                        ],
                        [(self.product, home), (self.other, self.depot), (third, self.depot)],
                    )
                self.assertEqual(set(new.picking_ids.mapped("state")), {"assigned"})
                self.assertEqual(near.sale_line_id.order_id, order)

    # -- what Odoo keeps when it splits a delivery ------------------------------------------------

    def _any_value(self, name, picking):
        """A value that nobody gives by themselves, in a field in which people say something."""
        field = picking._fields[name]
        if field.type == "selection":
            return [key for key, _label in field._description_selection(self.env)][-1]
        if field.type in ("many2one", "many2many"):
            domain = [("company_id", "in", (False, self.company.id))]
            model = self.env[field.comodel_name]
            found = model.search(domain if "company_id" in model._fields else [], limit=1)
            return found or model.create({model._rec_name: "Any"})
        if field.type in ("integer", "float", "monetary"):
            return 3
        if field.type == "boolean":
            return True
        return {"html": "<p>Any</p>", "date": "2031-05-06", "datetime": "2031-05-06 12:00:00"}.get(
            field.type, "Any"
        )

    def test_everything_that_people_can_say_of_a_delivery_goes_along_in_every_app(self):
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                order = self._said(approve=approve)
                kind = order.picking_ids.picking_type_id
                kind.picking_properties_definition = [
                    {"name": "gate", "type": "char", "string": "Gate"}
                ]
                names = order.picking_ids._backorder_said_fields()
                self.assertLessEqual({"note", "owner_id", "priority", "user_id"}, set(names))
                for name in names:
                    if name == "picking_properties":
                        order.picking_ids.picking_properties = {"gate": "7"}
                    else:
                        order.picking_ids[name] = self._any_value(name, order.picking_ids)
                said = order.picking_ids._prepare_backorder_said_vals()
                self.assertEqual(said["picking_properties"], {"gate": "7"})
                new = self._fill(order)
                if not approve:
                    new.action_confirm()
                self.assertEqual(new.picking_ids._prepare_backorder_said_vals(), said)
                self.assertEqual(new.picking_ids.picking_properties["gate"], "7")
                new._action_cancel()
                self.assertHeld(order.order_line, 10, reserved=0)
                waits = order.picking_ids.filtered(lambda delivery: delivery.state != "cancel")
                self.assertEqual(waits._prepare_backorder_said_vals(), said)

    def test_who_does_it_goes_along_and_comes_back(self):
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                order = self._said(approve=approve, have=10)
                order.picking_ids.user_id = self.salesman
                new = self._fill(order)
                if not approve:
                    new.action_confirm()
                self.assertEqual(new.picking_ids.user_id, self.salesman)
                new._action_cancel()
                waits = order.picking_ids.filtered(lambda delivery: delivery.state != "cancel")
                self.assertEqual(waits.user_id, self.salesman)
                self.assertSaid(waits)

    def test_what_leaves_a_batch_joins_no_batch_and_keeps_who_does_it(self):
        if "batch_id" not in self.env["stock.picking"]._fields:
            self.assertNotIn("stock.picking.batch", self.env)
            return
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                order = self._said(approve=approve)
                order.picking_ids.picking_type_id.auto_batch = False
                batch = self.env["stock.picking.batch"].create(
                    {"picking_ids": order.picking_ids.ids, "user_id": self.salesman.id}
                )
                self.assertEqual(order.picking_ids.user_id, self.salesman)
                new = self._fill(order)
                if not approve:
                    new.action_confirm()
                self.assertSaid(new.picking_ids)
                self.assertEqual(new.picking_ids.user_id, self.salesman)
                self.assertFalse(new.picking_ids.batch_id)
                self.assertEqual(batch.picking_ids, order.picking_ids)

    def _dot(self):
        """A picture of one pixel, as a signature."""
        return (
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ"
            "RU5ErkJggg=="
        )

    def test_what_was_done_with_the_first_part_stays_with_it(self):
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                order = self._said(approve=approve)
                order.picking_ids.write({"printed": True, "signature": self._dot()})
                if "carrier_tracking_ref" in order.picking_ids._fields:
                    order.picking_ids.write({"carrier_tracking_ref": "T1", "carrier_price": 9})
                new = self._fill(order)
                if not approve:
                    new.action_confirm()
                self.assertSaid(new.picking_ids)
                self.assertFalse(new.picking_ids.printed or new.picking_ids.signature)
                if "carrier_tracking_ref" in order.picking_ids._fields:
                    self.assertFalse(new.picking_ids.carrier_tracking_ref)
                    self.assertFalse(new.picking_ids.carrier_price)

    def test_a_responsible_who_is_deleted_before_the_approval_hinders_nobody(self):
        order = self._said()
        order.picking_ids.user_id = self.salesman.copy({"login": "away"})
        new = self._fill(order)
        gone = order.picking_ids.user_id
        order.picking_ids.user_id = False
        gone.unlink()
        new.action_confirm()
        self.assertSaid(new.picking_ids)
        self.assertFalse(new.picking_ids.user_id)

    def test_words_on_an_item_of_the_delivery_go_along(self):
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                order = self._said(approve=approve, have=10)
                order.picking_ids.move_ids.description_picking = "The blue one"
                new = self._fill(order)
                if not approve:
                    new.action_confirm()
                self.assertEqual(new.picking_ids.move_ids.description_picking, "The blue one")
                new._action_cancel()
                waits = order.picking_ids.move_ids.filtered(lambda move: move.state != "cancel")
                self.assertEqual(waits.description_picking, "The blue one")

    def test_a_delivery_that_is_to_ship_complete_is_filled_where_it_is(self):
        order = self._said(approve=True)
        order.picking_ids.move_type = "one"
        reason = order.order_line._backorder_stay_reason()
        self.assertIn(order.picking_ids.name, reason)
        run = order.fill_backorders()
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(order.order_line, 6, reserved=4)
        self.assertIn("only when everything is ready", run.line_ids.message)
        self.assertEqual(order.picking_ids.state, "confirmed")

    def test_the_clerk_puts_the_new_orders_two_deliveries_into_one(self):
        self.company.backorder_approve_new_order = True
        order = self._order((self.product, 2), (self.other, 2))
        self._say(order)
        second = order.picking_ids.copy({"move_ids": [], "note": "<p>Ring once</p>"})
        order.picking_ids.move_ids.sorted("id")[1].picking_id = second
        second.partner_id = order.partner_shipping_id
        self._stock(self.product, 2)
        self._stock(self.other, 2)
        new = self._fill(order)
        one, two = new.picking_ids.sorted("id")
        two.move_ids.picking_id = one
        two.unlink()
        new._action_cancel()
        waits = order.picking_ids.filtered(lambda delivery: delivery.state != "cancel")
        self.assertEqual(len(waits), 1)
        self.assertEqual(waits.note.count("Ring"), 1)
        for line in order.order_line:
            self.assertHeld(line, 2, reserved=0)

    # -- the way back -----------------------------------------------------------------------------

    def test_what_comes_back_to_an_emptied_delivery_keeps_it(self):
        for way in ("cancel", "take_back", "delete", "delete_line"):
            with self.subTest(way=way):
                self.product = self._product("Hammer")
                order = self._said(have=10, approve=way in ("cancel", "take_back"))
                new = self._fill(order)
                if way == "cancel":
                    new._action_cancel()
                elif way == "take_back":
                    self.env["backorder.run"].search([("order_ids", "in", order.ids)]).action_undo()
                elif way == "delete":
                    new.unlink()
                else:
                    new.order_line.unlink()
                self.assertEqual(order.order_line.product_uom_qty, 10)
                waits = order.picking_ids.filtered(lambda delivery: delivery.state != "cancel")
                self.assertSaid(waits)
                self.assertHeld(order.order_line, 10, reserved=0)

    def test_what_is_said_of_the_new_orders_delivery_comes_back_with_it(self):
        self.company.backorder_approve_new_order = True
        order = self._order((self.product, 10))
        self._stock(self.product, 10)
        new = self._fill(order)
        self._say(new)
        new._action_cancel()
        waits = order.picking_ids.filtered(lambda delivery: delivery.state != "cancel")
        self.assertSaid(waits)

    def test_filled_again_after_it_came_back_it_still_is(self):
        order = self._said(have=10)
        self._fill(order)._action_cancel()
        new = self._fill(order).filtered(lambda order: order.state == "draft")
        new.action_confirm()
        self.assertSaid(new.picking_ids)
        self.assertHeld(new.order_line, 0, reserved=10)

    # -- carriers ---------------------------------------------------------------------------------

    def test_another_carrier_on_the_delivery_goes_along(self):
        if "carrier_id" not in self.env["stock.picking"]._fields:
            self.assertNotIn("delivery.carrier", self.env)
            return
        fee = self._product("Fee", type="service", is_storable=False)
        slow, express = self.env["delivery.carrier"].create(
            [{"name": name, "product_id": fee.id} for name in ("Slow", "Express")]
        )
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                order = self._said(approve=approve, carrier_id=slow.id)
                order.picking_ids.carrier_id = express
                new = self._fill(order)
                if not approve:
                    new.action_confirm()
                self.assertEqual(new.picking_ids.carrier_id, express)
