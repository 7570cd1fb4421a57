"""What went wrong in other systems under load, or with much at once, tried here."""

from odoo import Command
from odoo.tests import Form, tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestReportedLoad(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"

    def _long_order(self, lines=90):
        """More lines than any page of a list has: forty in a dialog, eighty in a list."""
        order = self._order(*[(self.product, 1) for _number in range(lines)])
        self.assertEqual(sum(order.order_line.mapped("backorder_qty")), lines)
        self._stock(self.product, lines)
        return order

    def test_the_dialog_fills_all_lines_and_not_those_of_its_first_page(self):
        """frappe/erpnext#51519: of an order with more than fifty items fifty were reserved."""
        order = self._long_order()
        dialog = Form(self.env["backorder.fill"].with_context(default_order_id=order.id)).save()
        self.assertEqual(len(dialog.line_ids), 90)
        dialog.action_fill()
        self.assertEqual(set(order.order_line.mapped("backorder_qty")), {0})
        self.assertEqual(sum(order.picking_ids.move_ids.mapped("quantity")), 90)

    def test_force_and_cancel_reach_all_lines_of_a_long_order(self):
        """The same kind: other dialogs over the lines of an order."""
        order = self._long_order()
        order.fill_backorders()
        dialog = Form(self.env["backorder.force"].with_context(default_order_id=order.id)).save()
        dialog.action_confirm()
        self.assertEqual(set(order.order_line.mapped("backorder_qty")), {1})
        order.cancel_backorders(reason="too long")
        self.assertEqual(set(order.order_line.mapped("product_uom_qty")), {0})
        self.assertInvariants(order)

    def test_a_preview_of_a_long_order_is_done_as_it_was_shown(self):
        """The same kind: rows of a preview beyond the first page."""
        order = self._long_order()
        run = self.env["backorder.run"].create({"order_ids": [Command.set(order.ids)]})
        run.action_preview()
        self.assertEqual(sum(run.line_ids.mapped("planned_qty")), 90)
        run.action_start()
        self.assertEqual(sum(run.line_ids.mapped("filled_qty")), 90)
        self.assertInvariants(order)
