"""More troubles of split orders that people reported of other systems, told of ours."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrderTrackers(BackorderCommon):
    def _filled(self, have=4, approve=True, **values):
        """(order of ten, its new order of ``have``)"""
        self.company.backorder_approve_new_order = approve
        order = self._order((self.product, 10, values.pop("line", {})), **values)
        self._stock(self.product, have)
        order.fill_backorders()
        return order, order.backorder_child_ids

    def _open(self, order):
        return order.picking_ids.filtered(lambda one: one.state not in ("done", "cancel"))

    def test_what_comes_back_after_the_address_changed_leaves_no_delivery_without_one(self):
        """odoo/odoo#130688 and #163135: a delivery that two addresses share had none."""
        order, new = self._filled()
        yard = self.env["res.partner"].create({"name": "Yard", "parent_id": self.customer.id})
        order.partner_shipping_id = yard
        new._action_cancel()
        self.assertHeld(order.order_line, 10, reserved=0)
        for delivery in self._open(order):
            self.assertTrue(delivery.partner_id, f"{delivery.name} goes nowhere")
            self.assertEqual(delivery.move_ids.partner_id, delivery.partner_id)
        self.assertEqual(self._open(order).partner_id, self.customer | yard)

    def test_a_newer_price_list_and_another_project_change_nothing_that_was_agreed(self):
        """metasfresh/metasfresh#24281: the continuation takes today's price and no project."""
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                values = {}
                if "project_id" in self.env["sale.order"]._fields:
                    values["project_id"] = self.env["project.project"].create({"name": "House"}).id
                self.company.backorder_approve_new_order = approve
                order = self._order((self.product, 10), **values)
                self.product.list_price = 99
                self._stock(self.product, 4)
                order.fill_backorders()
                new = order.backorder_child_ids
                if not approve:
                    new.action_confirm()
                self.assertEqual(new.order_line.price_unit, 10)
                if values:
                    self.assertEqual(new.project_id.id, values["project_id"])

    def test_a_discount_that_was_typed_stays_when_a_part_is_edited(self):
        """odoo/odoo#212346 and #177057: another quantity set the discount to zero."""
        order, new = self._filled(approve=False, line={"discount": 12.5})
        new.order_line.product_uom_qty = 3
        order.order_line.product_uom_qty = 7
        self.assertEqual((new.order_line.discount, order.order_line.discount), (12.5, 12.5))

    def test_no_backorder_on_the_new_order_and_then_cancelled_sends_nothing_twice(self):
        """OCA/purchase-workflow#1431: quantities of a part that was closed came back wrong."""
        order, new = self._filled()
        delivery = new.picking_ids
        delivery.move_ids.quantity = 1
        delivery.move_ids.picked = True
        delivery.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=delivery.ids
        ).button_validate()
        self.assertEqual(new.order_line.qty_delivered, 1)
        new._action_cancel()
        self._stock(self.product, 20)
        if self._open(order):
            order.fill_backorders()
        orders = order | order.backorder_child_ids
        for delivery in self._open(orders):
            self._deliver(delivery)
        sent = sum(orders.order_line.mapped("qty_delivered"))
        self.assertLessEqual(sent, 10)
        self.assertGreaterEqual(sent, 7)
        self.assertFalse(self._open(orders))

    def test_the_customer_is_written_to_by_nobody_who_was_not_asked(self):
        """woocommerce/woocommerce#57403 and #27791: a second mail of the same order."""
        before = self.env["mail.mail"].search_count([])
        _order, new = self._filled()
        self.assertEqual(new.state, "sale")
        self.assertEqual(self.env["mail.mail"].search_count([]), before)
        self.assertFalse(new.message_ids.filtered(lambda message: message.partner_ids))

    def test_the_new_delivery_keeps_its_place_in_the_warehouses_list(self):
        """OCA/stock-logistics-workflow#1882: what was split off went to the end of the list."""
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.product = self._product("Hammer")
                order, new = self._filled(
                    approve=approve,
                    commitment_date=fields.Datetime.to_datetime("2031-05-06 08:00:00"),
                )
                day = self._open(order).scheduled_date
                if not approve:
                    new.action_confirm()
                self.assertEqual(new.picking_ids.scheduled_date, day)

    def test_a_second_click_moves_nothing_more(self):
        """williankeller/magento2-split-order#44: every quantity was taken off twice."""
        order, new = self._filled()
        with self.assertRaises(UserError), self.cr.savepoint():
            order.fill_backorders({order.order_line.id: 4})
        self.assertEqual((order.order_line.product_uom_qty, len(order.backorder_child_ids)), (6, 1))
        self.assertEqual(new.order_line.product_uom_qty, 4)

    def test_looking_at_it_and_going_back_makes_no_order(self):
        """itpp-labs/pos-addons#268: opening the split and leaving it doubled the items."""
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        run = self.env["backorder.run"].create({"order_ids": order.ids})
        run.action_preview()
        run.action_cancel()
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(order.order_line, 10, reserved=0)
        self.assertEqual(
            self.env["stock.quant"]._get_available_quantity(self.product, self.stock), 4
        )
