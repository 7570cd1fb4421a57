"""Troubles of split and copied orders that people reported of other systems, told of ours."""

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrderReported(BackorderCommon):
    def _fill(self, order, quantities=None):
        order.fill_backorders(quantities)
        return order.backorder_child_ids

    def test_a_part_is_moved_and_not_all_that_waits(self):
        """solidusio/solidus#6320 and #6319: all of it moved, or what stayed was on hand."""
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        new = self._fill(order, {order.order_line.id: 2})
        self.assertHeld(new.order_line, 0, reserved=2)
        self.assertHeld(order.order_line, 3, reserved=0)

    def test_the_custom_text_of_an_item_is_on_the_new_order(self):
        """odoo/odoo#53745: a copied line had lost what the customer had engraved."""
        attribute = self.env["product.attribute"].create(
            {
                "name": "Engraving",
                "create_variant": "no_variant",
                "value_ids": [Command.create({"name": "Own text", "is_custom": True})],
            }
        )
        template = self.product.product_tmpl_id
        attributes = self.env["product.template.attribute.line"].create(
            {
                "product_tmpl_id": template.id,
                "attribute_id": attribute.id,
                "value_ids": [Command.set(attribute.value_ids.ids)],
            }
        )
        value = attributes.product_template_value_ids
        self.assertTrue(value)
        custom = {"custom_product_template_attribute_value_id": value.id, "custom_value": "To Bob"}
        for approve in (True, False):
            with self.subTest(approved_at_once=approve):
                self.company.backorder_approve_new_order = approve
                order = self._order((self.product, 5), confirm=False)
                order.order_line.product_no_variant_attribute_value_ids = value
                order.order_line.product_custom_attribute_value_ids = [Command.create(custom)]
                order.action_confirm()
                self._stock(self.product, 2)
                new = self._fill(order)
                line = new.order_line
                self.assertEqual(line.product_custom_attribute_value_ids.custom_value, "To Bob")
                self.assertEqual(line.product_no_variant_attribute_value_ids, value)
                self.assertEqual(line.name, order.order_line.name)
                kept = order.order_line.product_custom_attribute_value_ids
                self.assertEqual(kept.custom_value, "To Bob")
                if not approve:
                    new.action_confirm()
                self.assertEqual(
                    new.picking_ids.move_ids.description_picking,
                    order.picking_ids.move_ids.description_picking,
                )

    def test_the_analytic_distribution_that_was_typed_stays(self):
        """OCA/sale-workflow#3294: lines made of others had the distribution of the rules."""
        plan = self.env["account.analytic.plan"].create({"name": "Departments of the Split"})
        typed, ruled = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("Typed", "Ruled")]
        )
        self.env["account.analytic.distribution.model"].create(
            {"partner_id": self.customer.id, "analytic_distribution": {str(ruled.id): 100}}
        )
        order = self._order((self.product, 5, {"analytic_distribution": {str(typed.id): 100}}))
        self._stock(self.product, 2)
        new = self._fill(order)
        self.assertEqual(new.order_line.analytic_distribution, {str(typed.id): 100})
        self.assertEqual(order.order_line.analytic_distribution, {str(typed.id): 100})

    def test_an_accessory_does_not_hang_on_a_line_of_the_original(self):
        """odoo/odoo#83536: the accessory of a copied order was linked to the copied order."""
        order = self._order((self.product, 3), (self.other, 3), confirm=False)
        order.order_line[1].linked_line_id = order.order_line[0]
        order.action_confirm()
        self._stock(self.product, 3)
        self._stock(self.other, 3)
        self._fill(order)
        for line in (order | order.backorder_child_ids).order_line:
            self.assertEqual((line.linked_line_id or line).order_id, line.order_id)
        order.fill_backorders()
        self.assertEqual(self._reserved(order | order.backorder_child_ids), 6)

    def test_locked_orders_are_filled_taken_back_and_stay_locked(self):
        """odoo/odoo#289131: what a form refuses of a locked order, and what its methods do."""
        self.env.ref("base.group_user").implied_ids |= self.env.ref("sale.group_auto_done_setting")
        order = self._order((self.product, 5))
        self.assertTrue(order.locked)
        self._stock(self.product, 2)
        run = order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual((order.locked, new.locked, new.state), (True, True, "sale"))
        self.assertHeld(new.order_line, 0, reserved=2)
        run.action_undo()
        self.assertTrue(order.locked)
        self.assertEqual((new.state, order.order_line.product_uom_qty), ("cancel", 5))
        self.assertHeld(order.order_line, 5, reserved=0)

    def test_shipping_charged_again_is_in_total_and_tax_and_the_order_is_approved(self):
        """solidusio/solidus#2318, #2554 and spree/spree#8571: totals forgot the second shipping, or
        the second shipment of a paid order was pending."""
        if "is_delivery" not in self.env["sale.order.line"]._fields:
            self.assertNotIn("delivery.carrier", self.env)
            return
        self.company.backorder_charge_shipping = True
        fee = self._product("Fee", type="service", is_storable=False)
        order = self._order((self.product, 4, {"price_unit": 10.0, "tax_ids": self.tax.ids}))
        order.order_line = [
            Command.create(
                {
                    "product_id": fee.id,
                    "price_unit": 5.0,
                    "tax_ids": self.tax.ids,
                    "is_delivery": True,
                }
            )
        ]
        self._stock(self.product, 3)
        new = self._fill(order)
        self.assertEqual(new.state, "sale")
        self.assertAlmostEqual(new.amount_total, (3 * 10 + 5) * 1.15, 2)
        self.assertAlmostEqual(order.amount_total, (10 + 5) * 1.15, 2)

    def test_a_note_of_an_item_is_on_the_invoice_of_the_new_order(self):
        """odoo/odoo#225868: sections and notes were missing on invoices of parts."""
        order = self._order((self.product, 3), (self.other, 2))
        hammer, nails = order.order_line
        order.order_line = [
            Command.create(
                {
                    "display_type": "line_section",
                    "name": "Set",
                    "sequence": 1,
                    "collapse_prices": True,
                }
            ),
            Command.update(hammer.id, {"sequence": 2}),
            Command.create({"display_type": "line_note", "name": "Oiled", "sequence": 3}),
            Command.update(nails.id, {"sequence": 4}),
        ]
        self._stock(self.product, 3)
        new = self._fill(order)
        invoice = new._create_invoices()
        names = [line.product_id.name or line.name for line in invoice.invoice_line_ids]
        self.assertEqual(names, ["Set", "Hammer", "Oiled"])

    def test_two_steps_one_comes_back_from_the_pick_and_one_less_is_ordered(self):
        """odoo/odoo#97159: Odoo asked the customer to send one back that they never got."""
        self.warehouse.delivery_steps = "pick_ship"
        order = self._order((self.product, 6))
        self._stock(self.product, 3)
        new = self._fill(order)
        pick = new.picking_ids
        self._deliver(pick)
        ship = new.picking_ids - pick
        self._deliver(ship, {self.product: 2})
        self._return(pick, {self.product: 1})
        self.assertEqual(new.order_line.qty_delivered, 2)
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 4, "two were sent")
        self.assertHeld(order.order_line, 4, reserved=0)
        self._stock(self.product, 3)
        last = self._fill(order) - new
        self.assertEqual(last.order_line.product_uom_qty, 4)
        while ready := last.picking_ids.filtered(lambda picking: picking.state == "assigned"):
            self._deliver(ready)
        self.assertEqual(sum((new | last).order_line.mapped("qty_delivered")), 6)

    # -- kits -------------------------------------------------------------------------------------

    def _kits(self, kits=3):
        """(order of 5 kits of a bolt and two nuts, the new order of ``kits`` of them)"""
        self.bolt, self.nut = self._product("Bolt"), self._product("Nut")
        self.shelf = self._kit("Shelf", (self.bolt, 1), (self.nut, 2))
        order = self._order((self.shelf, 5))
        self._stock(self.bolt, kits)
        self._stock(self.nut, 2 * kits)
        return order, self._fill(order)

    def _sent(self, orders, product):
        moves = orders.picking_ids.move_ids.filtered(
            lambda move: move.state == "done" and move.product_id == product
        )
        return sum(moves.mapped("quantity"))

    def test_kits_sent_cancelled_and_confirmed_again_with_one_more(self):
        """odoo/odoo#76859, #27650 and #20156: confirmed again they were sent again, or one too few,
        and what was delivered stayed at zero."""
        order, new = self._kits()
        self._deliver(new.picking_ids)
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.company.backorder_fifo = False  # the original is older
        new.action_draft()
        new.order_line.product_uom_qty = 4
        self._stock(self.bolt, 1)
        self._stock(self.nut, 2)
        new.action_confirm()
        self._deliver(new.picking_ids.filtered(lambda p: p.state not in ("done", "cancel")))
        self.assertEqual(new.order_line.qty_delivered, 4)
        self.assertEqual((self._sent(new, self.bolt), self._sent(new, self.nut)), (4, 8))

    def test_kits_sent_in_part_without_backorder_are_counted_whole(self):
        """odoo/odoo#158054 and #56535: all kits counted as delivered."""
        order, new = self._kits()
        self._deliver(new.picking_ids, {self.bolt: 1, self.nut: 2}, backorder=False)
        self.assertEqual(new.order_line.qty_delivered, 1)
        self.assertHeld(new.order_line, 0, reserved=0)
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 4, "two of three were not sent")
        self.assertHeld(order.order_line, 4, reserved=0)

    def test_a_component_that_went_ahead_is_named_when_its_kits_come_back(self):
        """odoo/odoo#8414: the rest of a kit of which a part was sent is cancelled."""
        order, new = self._kits()
        self._deliver(new.picking_ids, {self.bolt: 3, self.nut: 2})
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 4, "one whole kit was sent")
        self.assertHeld(order.order_line, 4, reserved=0)
        self.assertTrue(
            order.message_ids.filtered(lambda note: "has got 2 Units of Bolt" in note.body)
        )
