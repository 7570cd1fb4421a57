"""The dialogs in the browser, as a salesman with the least rights."""

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestTours(BackorderCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The browser's screens: no welcome messages of Odoo's own tours beside them.
        cls.salesman.tour_enabled = False

    def _start(self, tour, order):
        with mute_logger("odoo.http"):  # what the user is refused, Odoo also logs
            self.start_tour(f"/odoo/orders/{order.id}", tour, login=self.salesman.login)
        self.env.invalidate_all()

    def test_force(self):
        """Guide, “Backordering an Item”: the ticked item is forced, the unticked one stays."""
        service = self.env["product.product"].create({"name": "Sharpening", "type": "service"})
        self._stock(self.product, 20)
        self._stock(self.other, 20)
        order = self._order((self.product, 10), (self.other, 5), (service, 1))
        self._start("backorder_force", order)
        self.assertHeld(order.order_line[0], 7, reserved=3)
        self.assertHeld(order.order_line[1], 0, reserved=5)
        self.assertEqual(order.order_line[0].backorder_forced_qty, 7)

    def test_fill(self):
        """Guide, “Filling a Backorder”: too much is refused, then the items become a new order."""
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._stock(self.product, 3)
        self._start("backorder_fill", order)
        child = order.backorder_child_ids
        self.assertEqual(child.order_line.product_uom_qty, 2)
        self.assertEqual(child.user_id, self.salesman)
        self.assertHeld(order.order_line, 2, reserved=6)
        self.assertHeld(child.order_line, 0, reserved=2)
        run = self.env["backorder.run"].search([("run_order_ids.order_id", "=", order.id)])
        self.assertEqual(len(run), 1, "the refused attempt left nothing behind")
        self.assertEqual(run.user_id, self.salesman)

    def test_cancel(self):
        """Closing short takes its own access group."""
        cancel = self.env.ref("backorder_mgmt.group_backorder_cancel")
        self.salesman.group_ids = [Command.link(cancel.id)]
        self._stock(self.product, 6)
        order = self._order((self.product, 10))
        self._start("backorder_cancel", order)
        self.assertEqual(order.order_line.product_uom_qty, 6)
        self.assertHeld(order.order_line, 0, reserved=6)
        event = order.order_line.backorder_event_ids.filtered(lambda event: event.type == "cancel")
        self.assertEqual(event.note, "Discontinued")
        self.assertEqual(event.user_id, self.salesman)

    def _boss(self):
        return new_test_user(
            self.env,
            "backorder_tour_manager",
            groups="sales_team.group_sale_manager",
            company_id=self.company.id,
            tour_enabled=False,
        )

    def test_fill_batch(self):
        """Guide, “Fill Backorders Screen”: options, preview, compare, start, report, take back."""
        hammer = self._product("Tour Hammer")
        first = self._order((hammer, 5), name="TOUR-1")
        second = self._order((hammer, 3), name="TOUR-2")
        self._stock(hammer, 4)
        boss = self._boss()
        self.start_tour("/odoo/fill-backorders", "backorder_fill_batch", login=boss.login)
        self.env.invalidate_all()
        run = self.env["backorder.run"].search([("run_order_ids.order_id", "in", second.ids)])
        self.assertEqual((run.state, run.user_id, run.product_ids), ("undone", boss, hammer))
        self.assertTrue(run.set_ship_date)
        self.assertEqual(second.backorder_child_ids.state, "cancel")
        self.assertEqual(second.backorder_child_ids.backorder_ship_date, run.ship_date)
        self.assertHeld(first.order_line, 5, reserved=0)
        self.assertHeld(second.order_line, 3, reserved=0)
        # What was saved is proposed to this user, and to nobody else.
        screen = self.env["backorder.fill.batch"]
        self.assertEqual(screen.with_user(boss).create({}).fill_mode, "complete")
        self.assertEqual(screen.create({}).fill_mode, "partial")

    def test_stuck(self):
        """From a line of a fill to the order that holds its stock, and on to the fill of it."""
        hammer = self._product("Tour Hammer")
        self._stock(hammer, 5)
        holder = self._order((hammer, 5), (self.other, 2))
        waiting = self._order((hammer, 3))
        boss = self._boss()
        self.company.backorder_fill_approved = "same_order"
        run = self.env["backorder.run"].with_user(boss)
        run = run.create({"order_ids": [Command.set(waiting.ids)]})
        run.action_preview()
        with mute_logger("odoo.http"):
            self.start_tour(f"/odoo/backorder-fills/{run.id}", "backorder_stuck", login=boss.login)
        self.env.invalidate_all()
        self.assertHeld(waiting.order_line, 0, reserved=3)
        # What nobody else needs goes back to it, as forced quantities are served last.
        self.assertHeld(holder.order_line[0], 3, reserved=2)

    def test_process(self):
        """Guide, “Multi-Order Processor”, with a preview before."""
        boss = self._boss()
        self._stock(self.product, 2)
        first, second = self.env["res.partner"].create(
            [{"name": "Tour Ready"}, {"name": "Tour Short"}]
        )
        ready = self._order((self.product, 2), confirm=False, partner_id=first.id)
        short = self._order((self.other, 3), confirm=False, partner_id=second.id)
        self._stock(self.other, 1)
        self.start_tour("/odoo/multi-order-processor", "backorder_process", login=boss.login)
        self.env.invalidate_all()
        self.assertEqual((ready.state, short.state), ("sale", "draft"))
        self.assertEqual(len(ready.invoice_ids), 1)
        self.assertEqual(short.order_line.backorder_promised_qty, 1)
        self.assertHeld(short.order_line, 2)

    def test_purchase(self):
        """Guide, “Creating a Purchase Order”, from the short order to the filled backorder."""
        self.vendor.email = "vera@example.com"
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.vendor.id,
                "product_tmpl_id": self.product.product_tmpl_id.id,
                "price": 4.0,
            }
        )
        buyer = new_test_user(
            self.env,
            "backorder_tour_buyer",
            groups="sales_team.group_sale_salesman_all_leads,purchase.group_purchase_user,"
            "stock.group_stock_user,backorder_mgmt.group_backorder_manager",
            company_id=self.company.id,
            tour_enabled=False,
        )
        # His own default: what other warehouses of the demo data need is not his matter.
        self.env["ir.default"].set(
            "backorder.purchase", "warehouse_id", self.warehouse.id, user_id=buyer.id
        )
        self._order((self.other, 1))
        order = self._order((self.product, 10), confirm=False)
        with mute_logger("odoo.http"):  # what the user is refused, Odoo also logs
            self.start_tour(f"/odoo/orders/{order.id}", "backorder_purchase", login=buyer.login)
        self.env.invalidate_all()
        purchase = self.env["purchase.order"].search([("partner_id", "=", self.vendor.id)])
        self.assertEqual((purchase.state, purchase.order_line.qty_received), ("purchase", 11))
        self.assertEqual(purchase.user_id, buyer)
        self.assertEqual(purchase.origin, order.name)
        child = order.backorder_child_ids
        self.assertEqual(child.order_line.product_uom_qty, 10)
        self.assertHeld(child.order_line, 0, reserved=10)
        self.assertEqual(order.order_line.backorder_state, "filled")
