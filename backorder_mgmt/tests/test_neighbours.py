"""Beside Odoo's other apps: shipping, repairs, projects, landed costs, dropshipping.

Batches, waves and subcontracting are in test_bulk_apps, expiry in test_free_stock, promotions and
loyalty in test_new_order_apps, the shop in test_shop, the till in test_till.
"""

import unittest
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import BackorderCommon


def needs(env, model, module):
    if model not in env:
        raise unittest.SkipTest(f"needs the module {module}, which is not installed")


@tagged("post_install", "-at_install")
class TestShipping(BackorderCommon):
    def setUp(self):
        super().setUp()
        needs(self.env, "delivery.carrier", "stock_delivery")
        self.carrier = self.env["delivery.carrier"].create(
            {
                "name": "Test Post",
                "product_id": self._product("Postage", type="service", is_storable=False).id,
                "fixed_price": 7.0,
            }
        )

    def test_the_new_order_ships_by_the_same_carrier_and_charges_it_once(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5), confirm=False)
        order.set_delivery_line(self.carrier, 7.0)
        order.action_confirm()
        self._stock(self.product, 3)
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertEqual((new.carrier_id, new.picking_ids.carrier_id), (self.carrier, self.carrier))
        self.assertFalse(new.order_line.filtered("is_delivery"))
        self.assertEqual(order.order_line.filtered("is_delivery").price_unit, 7.0)
        self.assertEqual(new.picking_ids.move_ids.quantity, 3)
        for delivery in new.picking_ids | order.picking_ids:
            self._deliver(delivery)
        self.assertEqual((order | new).mapped("delivery_status"), ["full", "full"])


@tagged("post_install", "-at_install")
class TestCreditLimit(BackorderCommon):
    """Odoo warns of a limit on quotations and stops nobody; so do fills. The warning stays true."""

    def setUp(self):
        super().setUp()
        self.company.account_use_credit_limit = True
        self.customer.credit_limit = 60.0
        self.product.lst_price = self.other.lst_price = 10.0
        (self.product | self.other).taxes_id = False

    def _to_invoice(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.customer.credit_to_invoice

    def test_a_fill_neither_uses_nor_gives_back_credit(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        self.assertEqual(self._to_invoice(), order.amount_total)
        before = order.amount_total
        self._stock(self.product, 2)
        run = order.fill_backorders()
        new = run.run_order_ids.new_order_id
        self.assertEqual((len(new), new.state), (1, "sale"))
        self.assertEqual(self._to_invoice(), before, "moved, not ordered twice")
        run.action_undo()
        self.assertEqual(self._to_invoice(), before)
        self._stock(self.product, 1)
        order.fill_backorders()
        self.assertEqual(self._to_invoice(), before)

    def test_a_new_order_that_is_not_approved_warns_as_odoo_does(self):
        self.company.backorder_approve_new_order = False
        order = self._order((self.product, 9))
        self._stock(self.product, 8)
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertEqual(new.state, "draft")
        self.env.invalidate_all()
        self.assertIn("credit limit", new.partner_credit_warning.lower())
        new.action_confirm()
        self.assertHeld(new.order_line, 0, reserved=8)

    def test_a_warning_on_customer_and_item_stops_no_fill_and_is_on_the_new_order(self):
        self.env.user.group_ids += self.env.ref("sale.group_warning_sale")
        self.customer.sale_warn_msg = "Ask Bob first"
        self.product.sale_line_warn_msg = "Fragile"
        order = self._order((self.product, 5))
        self._stock(self.product, 2)
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertHeld(new.order_line, 0, reserved=2)
        for record in order | new:
            self.assertIn("Ask Bob first", record.sale_warning_text)
            self.assertIn("Fragile", record.sale_warning_text)


@tagged("post_install", "-at_install")
class TestRepair(BackorderCommon):
    def _repair(self, quantity):
        needs(self.env, "repair.order", "repair")
        repair = self.env["repair.order"].create(
            {
                "product_id": self.product.id,
                "picking_type_id": self.warehouse.repair_type_id.id,
                "partner_id": self.customer.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.other.id,
                            "product_uom_qty": quantity,
                            "repair_line_type": "add",
                        }
                    )
                ],
            }
        )
        # the button would ask first, as the customer's hammer was never in stock
        repair._action_repair_confirm()
        return repair

    def test_parts_of_a_repair_are_reserved_as_odoo_does(self):
        """A repair has no order line to wait on: nothing of it is held."""
        self._stock(self.other, 3)
        repair = self._repair(2)
        self.assertEqual(repair.move_ids.quantity, 2)
        order = self._order((self.other, 2))
        self.assertHeld(order.order_line, 1, reserved=1)

    def test_a_repair_takes_nothing_that_is_set_aside(self):
        quotation = self._order((self.other, 2), confirm=False)
        self._stock(self.other, 3)
        quotation.fill_backorders()
        repair = self._repair(2)
        self.assertEqual(repair.move_ids.quantity, 1)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 0, reserved=2)


@tagged("post_install", "-at_install")
class TestProject(BackorderCommon):
    def test_deliveries_of_a_fill_belong_to_the_orders_project(self):
        if "project_id" not in self.env["stock.picking"]._fields:
            self.skipTest("needs the module sale_project_stock, which is not installed")
        project = self.env["project.project"].create(
            {"name": "House", "company_id": self.company.id, "allow_billable": True}
        )
        self._stock(self.product, 2)
        for way in ("new_order", "same_order"):
            with self.subTest(way):
                self.company.backorder_fill_approved = way
                order = self._order((self.product, 5), confirm=False)
                order.project_id = project
                order.action_confirm()
                self._stock(self.product, 5)
                order.fill_backorders()
                family = order | order.backorder_child_ids
                self.assertEqual(len(family), 2 if way == "new_order" else 1)
                self.assertEqual({one.project_id for one in family}, {project})
                for delivery in family.picking_ids:
                    self.assertEqual(delivery.project_id, project)
                self.assertEqual(sum(self._reserved(one) for one in family), 5)


@tagged("post_install", "-at_install")
class TestLandedCosts(BackorderCommon):
    def test_costs_that_come_after_the_fill_change_nothing_of_it(self):
        needs(self.env, "stock.landed.cost", "stock_landed_costs")
        self.product.categ_id = self.env["product.category"].create(
            {"name": "Landed", "property_cost_method": "average"}
        )
        order = self._order((self.product, 5))
        receipt = self._receive(self.product, 4)
        self.assertHeld(order.order_line, 5)
        self.company.backorder_fill_approved = "same_order"
        run = order.fill_backorders()
        self.assertHeld(order.order_line, 1, reserved=4)
        cost = self.env["stock.landed.cost"].create(
            {
                "picking_ids": [Command.set(receipt.ids)],
                "account_journal_id": self.env["account.journal"]
                .create({"name": "Landed", "code": "TLC", "type": "general"})
                .id,
                "cost_lines": [
                    Command.create(
                        {
                            "product_id": self._product(
                                "Freight", type="service", is_storable=False
                            ).id,
                            "price_unit": 8.0,
                            "split_method": "by_quantity",
                        }
                    )
                ],
            }
        )
        cost.button_validate()
        self.assertEqual(cost.state, "done")
        self.assertHeld(order.order_line, 1, reserved=4)
        run.action_undo()
        self.assertHeld(order.order_line, 5, reserved=0)


@tagged("post_install", "-at_install")
class TestDropship(BackorderCommon):
    def test_of_an_order_that_is_dropshipped_in_part_the_rest_is_filled(self):
        route = self.env.ref("stock_dropshipping.route_drop_shipping", raise_if_not_found=False)
        if not route:
            self.skipTest("needs the module stock_dropshipping, which is not installed")
        shed = self._product(
            "Garden Shed",
            route_ids=[Command.set(route.ids)],
            seller_ids=[Command.create({"partner_id": self.vendor.id, "price": 1})],
        )
        order = self._order((shed, 1), (self.product, 4))
        purchase = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        purchase.button_confirm()
        dropped, stocked = order.order_line
        self.assertHeld(dropped, 0)
        self.assertHeld(stocked, 4)
        self._stock(self.product, 4)
        new = order.fill_backorders().run_order_ids.new_order_id
        self.assertEqual(new.order_line.product_id, self.product)
        self.assertEqual(purchase.order_line.sale_line_id, dropped)
        self.assertEqual((dropped.product_uom_qty, stocked.product_uom_qty), (1, 0))
        self._deliver(purchase.picking_ids, {shed: 1})
        self._deliver(new.picking_ids)
        self.assertEqual((dropped.qty_delivered, new.order_line.qty_delivered), (1, 4))
        self.assertInvariants(order | new)

    def test_a_kit_with_a_dropshipped_component(self):
        route = self.env.ref("stock_dropshipping.route_drop_shipping", raise_if_not_found=False)
        if not route or "mrp.bom" not in self.env:
            self.skipTest("needs the modules stock_dropshipping and mrp, not installed")
        shed = self._product(
            "Garden Shed",
            route_ids=[Command.set(route.ids)],
            seller_ids=[Command.create({"partner_id": self.vendor.id, "price": 1})],
        )
        kit = self._product("Shed with Hammer")
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": shed.id, "product_qty": 1}),
                    Command.create({"product_id": self.product.id, "product_qty": 1}),
                ],
            }
        )
        order = self._order((kit, 3))
        purchase = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        self.assertEqual(purchase.order_line.product_qty, 3)
        self.assertHeld(order.order_line, 3)
        self._stock(self.product, 3)
        order.fill_backorders()
        family = order | order.backorder_child_ids
        self.assertEqual(sum(family.order_line.mapped("backorder_qty")), 0)
        self.assertEqual(sum(family.order_line.mapped("product_uom_qty")), 3)
        purchases = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        bought = purchases.filtered(lambda one: one.state != "cancel").order_line
        self.assertEqual(sum(bought.mapped("product_qty")), 3, "sheds are bought once")
        purchases.button_confirm()
        for delivery in purchases.picking_ids:
            self._deliver(delivery, {shed: 3})
        for delivery in family.picking_ids.filtered(lambda one: one.state != "done"):
            self._deliver(delivery)
        self.assertEqual(sum(family.order_line.mapped("qty_delivered")), 3)


@tagged("post_install", "-at_install")
class TestStoppedConfirmation(BackorderCommon):
    """Apps that ask a person before an order is confirmed raise nothing: it just stays as it is."""

    def setUp(self):
        super().setUp()
        orders = type(self.env["sale.order"])
        confirm = orders.action_confirm

        def asks_first(orders):
            if orders.partner_id & self.asked:
                return {"type": "ir.actions.act_window_close"}
            return confirm(orders)

        self.asked = self.env["res.partner"]
        self.startPatcher(patch.object(orders, "action_confirm", asks_first))

    def test_a_fill_whose_new_order_is_stopped_moves_nothing(self):
        order = self._order((self.product, 3))
        other = self._order((self.product, 2), partner_id=self.vendor.id)
        self._stock(self.product, 5)
        self.asked = self.customer
        run = self.env["backorder.run"].create({"order_ids": [Command.set((order | other).ids)]})
        run.action_start()
        rows = run.run_order_ids.grouped("order_id")
        self.assertEqual((rows[order].outcome, rows[other].outcome), ("failed", "complete"))
        self.assertIn(f"new order of {order.name} cannot be approved", rows[order].message)
        self.assertFalse(order.backorder_child_ids)
        self.assertHeld(order.order_line, 3)
        self.assertEqual(other.backorder_child_ids.state, "sale")

    def test_a_processed_quotation_that_is_stopped_is_not_invoiced(self):
        self._stock(self.product, 5)
        quotation = self._order((self.product, 5), confirm=False)
        self.asked = self.customer
        run = self.env["backorder.run"].create(
            {
                "kind": "process",
                "order_ids": [Command.set(quotation.ids)],
                "approve": True,
                "create_invoice": True,
            }
        )
        run.action_start()
        self.assertEqual((quotation.state, quotation.invoice_ids.ids), ("draft", []))
        self.assertEqual(run.run_order_ids.outcome, "failed")
        self.assertIn(f"{quotation.name} cannot be approved now", run.run_order_ids.message)
