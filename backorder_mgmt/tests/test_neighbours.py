"""Beside Odoo's other apps: shipping, repairs, projects, landed costs, dropshipping, the till.

Batches, waves and subcontracting are in test_bulk_apps, expiry in test_free_stock, promotions and
loyalty in test_new_order_apps, the shop in test_shop.
"""

import unittest

from odoo import Command, fields
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
class TestTill(BackorderCommon):
    def setUp(self):
        super().setUp()
        needs(self.env, "pos.order", "pos_sale")
        self.env.user.group_ids |= self.env.ref("point_of_sale.group_pos_manager")
        cash = self.env["pos.payment.method"].create(
            {
                "name": "Test Cash",
                "journal_id": self.env["account.journal"]
                .create({"name": "Test Till", "code": "TTL", "type": "cash"})
                .id,
            }
        )
        self.till = self.env["pos.config"].create(
            {
                "name": "Test Till",
                "picking_type_id": self.warehouse.pos_type_id.id,
                "warehouse_id": self.warehouse.id,
                "ship_later": True,
                "payment_method_ids": [Command.set(cash.ids)],
                "use_pricelist": False,
            }
        )
        self.till.open_ui()
        (self.product | self.other).write({"available_in_pos": True, "taxes_id": False})

    def _sell(self, quantity, line=None, later=False):
        """Sold, or an order's line paid, at the till; taken along, or shipped later."""
        amount = 10.0 * quantity
        values = {
            "product_id": self.product.id,
            "qty": quantity,
            "price_unit": 10.0,
            "discount": 0,
            "price_subtotal": amount,
            "price_subtotal_incl": amount,
            "tax_ids": [],
            "pack_lot_ids": [],
        }
        if line:
            values |= {"sale_order_line_id": line.id, "sale_order_origin_id": line.order_id.id}
        data = {
            "amount_paid": amount,
            "amount_return": 0,
            "amount_tax": 0,
            "amount_total": amount,
            "company_id": self.company.id,
            "date_order": fields.Datetime.to_string(fields.Datetime.now()),
            "fiscal_position_id": False,
            "pricelist_id": False,
            "partner_id": self.customer.id,
            "lines": [Command.create(values)],
            "name": "Test Order",
            "session_id": self.till.current_session_id.id,
            "payment_ids": [
                Command.create(
                    {
                        "amount": amount,
                        "name": fields.Datetime.to_string(fields.Datetime.now()),
                        "payment_method_id": self.till.payment_method_ids.id,
                    }
                )
            ],
            "user_id": self.env.uid,
            "uuid": f"00000000-0000-0000-0000-{len(self.till.current_session_id.order_ids):012}",
        }
        if later:
            data["shipping_date"] = fields.Date.to_string(fields.Date.today())
        sold = self.env["pos.order"].sync_from_ui([data])["pos.order"][0]["id"]
        return self.env["pos.order"].browse(sold)

    def test_shipped_later_is_reserved_as_odoo_does(self):
        """It has no order line to wait on. What is set aside it does not get."""
        quotation = self._order((self.product, 1), confirm=False)
        self._stock(self.product, 1)
        quotation.fill_backorders()
        order = self._order((self.product, 2))
        self._stock(self.product, 1)
        later = self._sell(2, later=True)
        self.assertEqual(later.picking_ids.move_ids.quantity, 1)
        self.assertHeld(order.order_line, 2, reserved=0)
        self.assertEqual(quotation.order_line.backorder_promised_qty, 1)
        self._stock(self.product, 3)
        later.picking_ids.action_assign()
        self.assertEqual(later.picking_ids.move_ids.quantity, 2)
        run = order.fill_backorders()
        self.assertEqual(sum(run.line_ids.mapped("filled_qty")), 2)
        self.assertInvariants(order | order.backorder_child_ids | quotation)

    def test_an_order_paid_and_taken_along_waits_for_nothing(self):
        """The clerk hands over what is on the shelf, whoever waits for it: that is Odoo's rule."""
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        self.assertHeld(order.order_line, 3, reserved=2)
        self._stock(self.product, 3)
        self._sell(5, order.order_line)
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertHeld(order.order_line, 0, reserved=0)
        self.assertEqual(self.product.with_context(warehouse_id=self.warehouse.id).free_qty, 0)
        self.assertEqual(order.detect_backorders(), [])
        self.assertFalse(order.fill_backorders().line_ids)
        self.assertFalse(order.backorder_child_ids)

    def test_an_order_paid_in_part_waits_for_the_rest(self):
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        self._sell(2, order.order_line)
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertHeld(order.order_line, 3, reserved=0)

    def test_an_order_paid_and_shipped_later_waits_at_the_till(self):
        """Odoo's till takes the whole delivery over: the order has nothing to wait for."""
        self._stock(self.product, 2)
        order = self._order((self.product, 5))
        sold = self._sell(5, order.order_line, later=True)
        self.assertHeld(order.order_line, 0, reserved=0)
        self.assertEqual(sold.picking_ids.move_ids.product_uom_qty, 5)
        self.assertEqual(sold.picking_ids.move_ids.quantity, 2)
        self._stock(self.product, 3)
        sold.picking_ids.action_assign()
        self._deliver(sold.picking_ids, {self.product: 5})
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertHeld(order.order_line, 0)
