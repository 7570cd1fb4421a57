"""What the OCA addons of requirements-oca-tests.txt do holds for fills, too.

Run by scripts/oca-tests, which has them installed; its name keeps `make test` from finding it.
"""

from datetime import timedelta

from odoo import Command, fields

from odoo.addons.backorder_mgmt.tests.common import BackorderCommon


class TestSideBySide(BackorderCommon):
    def _short(self, quantity=5, here=2, **values):
        """A confirmed order that lacks some."""
        self._stock(self.product, here)
        order = self._order((self.product, quantity), **values)
        self.assertHeld(order.order_line, quantity - here, reserved=here)
        return order

    def _stop(self):
        return self.env["exception.rule"].create(
            {
                "name": "No more of this",
                "description": "Ask the boss",
                "model": "sale.order",
                "exception_type": "by_py_code",
                "code": "failed = True",
            }
        )

    def test_an_exception_stops_the_fill_and_says_so(self):
        order = self._short()
        self._stock(self.product, 3)
        rule = self._stop()
        run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
        run.action_start()
        row = run.run_order_ids
        self.assertEqual(row.outcome, "failed")
        self.assertIn(f"The new order of {order.name} cannot be approved now", row.message)
        self.assertIn("No more of this", row.message)
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(order.order_line, 3, reserved=2)
        self.company.backorder_approve_new_order = False
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertEqual((new.state, new.order_line.backorder_promised_qty), ("draft", 3))
        self.assertInvariants(order | new)
        rule.active = False
        new.action_confirm()
        self.assertHeld(new.order_line, 0, reserved=3)
        self.assertInvariants(order | new)

    def test_an_exception_in_the_processor(self):
        self._stock(self.product, 5)
        quotation = self._order((self.product, 5), confirm=False)
        self._stop()
        run = self.env["backorder.run"].create(
            {
                "kind": "process",
                "order_ids": [Command.set(quotation.ids)],
                "approve": True,
            }
        )
        run.action_start()
        self.assertEqual(quotation.state, "draft")
        self.assertEqual(run.run_order_ids.outcome, "failed")
        self.assertIn("No more of this", run.run_order_ids.message or "")

    def test_lines_that_are_reserved_whole_or_not_at_all(self):
        """A partial fill on the order itself cannot be: what was not reserved is needed still."""
        self.warehouse.out_type_id.reservation_policy = "line"
        for way in ("same_order", "new_order"):
            with self.subTest(way):
                self.company.backorder_fill_approved = way
                product = self.product = self._product(f"Hammer {way}")
                order = self._order((product, 5))
                self.assertHeld(order.order_line, 5)
                self._stock(product, 3)
                run = order.fill_backorders()
                family = order | order.backorder_child_ids
                self.assertInvariants(family)
                reserved = sum(self._reserved(one) for one in family)
                filled = sum(run.line_ids.mapped("filled_qty"))
                self.assertEqual(filled, reserved)
                self.assertEqual(sum(family.order_line.mapped("backorder_qty")), 5 - reserved)
                self._stock(product, 2)
                order.fill_backorders()
                family = order | order.backorder_child_ids
                self.assertEqual(sum(self._reserved(one) for one in family), 5)
                self.assertInvariants(family)

    def test_a_block_after_confirmation_holds_for_the_new_order(self):
        order = self._short()
        self._stock(self.product, 3)
        block = self.env["sale.delivery.block.reason"].create({"name": "Pays late"})
        order.delivery_block_id = block
        order.fill_backorders()
        family = order | order.backorder_child_ids
        self.assertEqual({one.delivery_block_id for one in family}, {block})
        self.assertEqual(sum(self._reserved(one) for one in family), 5)
        self.assertInvariants(family)

    def test_type_of_order_and_day_of_the_line_travel(self):
        order_type = self.env["sale.order.type"].create(
            {"name": "Wholesale", "company_id": self.company.id}
        )
        order = self._short(type_id=order_type.id)
        day = fields.Datetime.now().replace(microsecond=0)
        order.order_line.commitment_date = day
        self._stock(self.product, 3)
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertEqual(new.type_id, order_type)
        self.assertEqual(new.order_line.commitment_date, day)
        self.assertHeld(new.order_line, 0, reserved=3)
        self.assertInvariants(order | new)

    def test_items_of_several_days_stay_several_deliveries(self):
        days = [fields.Datetime.now() + timedelta(days=number) for number in (5, 5, 9)]
        items = [self.product, self.other, self._product("Saw")]
        order = self._order(
            *((item, 3, {"commitment_date": day}) for item, day in zip(items, days, strict=True))
        )
        self.assertEqual(len(order.picking_ids), 2)
        for item in items:
            self._stock(item, 3)
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertEqual(
            sorted(
                sorted(picking.move_ids.product_id.mapped("name")) for picking in new.picking_ids
            ),
            [["Hammer", "Nails"], ["Saw"]],
        )
        self.assertEqual(
            {picking.scheduled_date.date() for picking in new.picking_ids},
            {day.date() for day in days},
        )
        self.assertInvariants(order | new)
        # Raised later, the item joins the delivery of its day.
        saw = new.order_line.filtered(lambda line: line.product_id == items[2])
        saw.product_uom_qty = 5
        self.assertEqual(len(new.picking_ids), 2)
        self.assertEqual(saw.move_ids.picking_id, saw.move_ids[0].picking_id)
