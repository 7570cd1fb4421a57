"""Empty filters stand for all: what was chosen and is archived or deleted since does not."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestChosenGone(BackorderCommon):
    def setUp(self):
        super().setUp()
        self.company.backorder_fill_approved = "same_order"
        self.first = self._order((self.product, 3))
        self.second = self._order((self.other, 4))

    def _come_in(self):
        self._stock(self.product, 3)
        self._stock(self.other, 4)

    def _later(self):
        """Another request: nothing is remembered."""
        self.env.flush_all()
        self.env.invalidate_all()

    def test_an_archived_item_is_not_filled_and_nothing_else_is(self):
        chosen = {"product_ids": [Command.set(self.product.ids)]}
        run = self.env["backorder.run"].create(chosen)
        screen = self.env["backorder.fill.batch"].create(chosen)
        self._come_in()
        self.product.active = False
        self._later()
        with self.assertRaisesRegex(UserError, "is archived"):
            screen.action_start()
        run.action_start()
        self.assertEqual(run.line_ids.sale_line_id, self.first.order_line)
        self.assertIn("is archived", run.line_ids.message)
        self.assertHeld(self.second.order_line, 4, reserved=0)

    def test_an_archived_warehouse_is_still_the_only_one(self):
        other = self.env["stock.warehouse"].create(
            {"name": "Closed Down", "code": "CLD", "company_id": self.company.id}
        )
        run = self.env["backorder.run"].create({"warehouse_ids": [Command.set(other.ids)]})
        self._come_in()
        other.active = False
        self._later()
        run.action_start()
        self.assertFalse(run.line_ids)
        self.assertHeld(self.first.order_line, 3, reserved=0)

    def test_an_archived_rule_is_not_replaced_by_all_rules(self):
        rules = self.env["backorder.rule"].create(
            [
                {"name": "Urgent", "company_id": self.company.id},
                {
                    "name": "Second First",
                    "company_id": self.company.id,
                    "domain": f"[('order_id', '=', {self.second.id})]",
                    "treatment": "first",
                },
            ]
        )
        run = self.env["backorder.run"].create(
            {"policy": "rules", "rule_ids": [Command.set(rules[0].ids)]}
        )
        rules[0].active = False
        self._later()
        self._come_in()
        run.action_preview()
        self.assertEqual(run.line_ids.rule_id, rules[0])
        self.assertIn(self.second.order_line, run.line_ids.sale_line_id)

    def test_a_fill_of_a_quotation_that_is_deleted_is_over(self):
        quotation = self._order((self.product, 1), confirm=False)
        both = self._order((self.product, 1), confirm=False)
        runs = self.env["backorder.run"].create(
            [
                {"order_ids": [Command.set(quotation.ids)]},
                {"order_ids": [Command.set((quotation | self.second).ids)]},
            ]
        )
        screen = self.env["backorder.fill.batch"].create(
            {"order_ids": [Command.set(quotation.ids)]}
        )
        self._come_in()
        (quotation | both).unlink()
        self._later()
        self.assertFalse(screen.exists(), "the screen says that its record is deleted")
        self.assertEqual(runs.mapped("state"), ["cancelled", "draft"])
        self.assertIn("were deleted", runs[0].message_ids[0].body)
        runs[1].action_start()
        self.assertHeld(self.first.order_line, 3, reserved=0)
        self.assertHeld(self.second.order_line, 0, reserved=4)

    def test_an_archived_item_is_the_only_one_looked_for_in_purchasing(self):
        self.product.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 1})]
        self.other.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 1})]
        screen = self.env["backorder.purchase"].create(
            {"product_ids": [Command.set(self.product.ids)]}
        )
        self.product.active = False
        self._later()
        screen.action_add()
        self.assertFalse(screen.line_ids)
        self.assertIn(self.product.name, screen.never_bought)
