"""Automation rules are told of every public field, whoever writes it, also by a fill of many."""

import unittest

from odoo import Command
from odoo.tests import tagged

from .test_dates import LATER, SOON, DatesCommon


@tagged("post_install", "-at_install")
class TestAutomationFields(DatesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "base.automation" not in cls.env:
            raise unittest.SkipTest("needs the module base_automation, which is not installed")
        cls.company.backorder_fill_approved = "same_order"

    def _rules(self, model, *names):
        """A rule for each of these fields: it leaves a tag that names field and record."""
        fields = self.env["ir.model.fields"]
        self.env["base.automation"].create(
            [
                {
                    "name": f"On {name}",
                    "model_id": self.env["ir.model"]._get_id(model),
                    "trigger": "on_create_or_write",
                    "trigger_field_ids": [Command.set(fields._get(model, name).ids)],
                    "action_server_ids": [
                        Command.create(
                            {
                                "name": f"Note {name}",
                                "model_id": self.env["ir.model"]._get_id(model),
                                "state": "code",
                                "code": "env['res.partner.category']"
                                f".create({{'name': '{name}/%s' % record.id}})",
                            }
                        )
                    ],
                }
                for name in names
            ]
        )

    def _told(self, act):
        """{field: ids of the records that a rule on it was run for by ``act``, once each}"""
        self.env.flush_all()
        tags = self.env["res.partner.category"]
        before = tags.search([], order="id desc", limit=1).id
        act()
        self.env.flush_all()
        told = {}
        for tag in tags.search([("id", ">", before), ("name", "like", "/")]):
            name, _slash, key = tag.name.partition("/")
            told.setdefault(name, []).append(int(key))
        return told

    def assertTold(self, act, *names, lines=None):
        told = self._told(act)
        for name in names:
            with self.subTest(name):
                ids = [line_id for line_id in told.get(name, ()) if line_id in lines._ids]
                self.assertEqual(sorted(ids), sorted(lines.ids))

    def test_a_line_from_its_backorder_to_its_fill(self):
        self._rules(
            "sale.order.line",
            "backorder_hold_qty",
            "backorder_qty",
            "backorder_state",
            "backorder_date",
            "backorder_filled_qty",
            "backorder_forced_qty",
            "backorder_cancelled_qty",
            "backorder_expected_date",
        )
        self._purchase((self.product, 5), date=SOON)
        order = self._order((self.product, 5), (self.other, 5), confirm=False)
        line, other = order.order_line
        self.company.backorder_auto = False
        order.action_confirm()
        self.company.backorder_auto = True
        self.assertTold(
            order.detect_backorders,
            "backorder_hold_qty",
            "backorder_qty",
            "backorder_state",
            "backorder_date",
            lines=line | other,
        )
        self._stock(self.product, 5)
        self._stock(self.other, 3)
        self.assertTold(
            lambda: order.fill_backorders({line.id: 4, other.id: 3}),
            "backorder_hold_qty",
            "backorder_qty",
            "backorder_state",
            "backorder_filled_qty",
            lines=line | other,
        )
        self.assertTold(
            lambda: order.force_backorders({line.id: 3}), "backorder_forced_qty", lines=line
        )
        self.assertTold(
            lambda: order.cancel_backorders({other.id: 2}),
            "backorder_cancelled_qty",
            "backorder_date",
            lines=other,
        )

    def test_what_is_set_aside_for_a_quotation(self):
        self._rules("sale.order.line", "backorder_promised_qty", "backorder_date")
        order = self._order((self.product, 5), confirm=False)
        self._stock(self.product, 5)
        self.assertTold(
            order.fill_backorders,
            "backorder_promised_qty",
            "backorder_date",
            lines=order.order_line,
        )

    def test_dates_of_everybody_in_the_queue(self):
        lines = self.env["sale.order.line"]
        for _number in range(3):
            lines |= self._order((self.product, 2)).order_line
        self._work_dates()
        self._rules("sale.order.line", "backorder_expected_date")
        purchase = self._purchase((self.product, 6), date=SOON)
        self.assertEqual(set(lines.mapped("backorder_expected_date")), {SOON})

        def later():
            purchase.picking_ids.scheduled_date = LATER
            # one is looked at, all of them are worked out
            self.assertEqual(lines[1].backorder_expected_date, LATER)

        self.assertTold(later, "backorder_expected_date", lines=lines)

    def test_the_line_of_a_new_order(self):
        self.company.backorder_fill_approved = "new_order"
        self._rules("sale.order.line", "backorder_origin_line_id")
        self._rules("sale.order", "backorder_parent_id")
        order = self._order((self.product, 5))
        self._stock(self.product, 3)
        told = self._told(order.fill_backorders)
        new = order.backorder_child_ids
        self.assertEqual(told.get("backorder_parent_id"), new.ids)
        self.assertEqual(told.get("backorder_origin_line_id"), new.order_line.ids)

    def test_deliveries_that_a_fill_reserves(self):
        """Rules on Odoo's own fields, too: reserving in bulk tells them as Odoo does."""
        self._rules("stock.move", "quantity", "state")
        orders = self._order((self.product, 2)) | self._order((self.product, 2))
        self._stock(self.product, 4)
        moves = orders.picking_ids.move_ids
        self.assertTold(lambda: orders.fill_backorders(), "quantity", "state", lines=moves)

    def test_a_fill_of_a_thousand_lines(self):
        products = [self._product(f"Of many {number}") for number in range(50)]
        orders = self.env["sale.order"]
        for _number in range(10):
            orders |= self._order(*((product, 1) for product in [*products, *products]))
        for product in products:
            self._stock(product, 20)
        self._rules("sale.order.line", "backorder_date", "backorder_filled_qty")
        lines = orders.order_line
        self.assertEqual(len(lines), 1000)
        self.company.backorder_run_threshold = 5000

        def fill():
            run = self.env["backorder.run"].create({"order_ids": [Command.set(orders.ids)]})
            run.action_start()
            self.assertEqual(run.state, "done")

        self.assertTold(fill, "backorder_date", "backorder_filled_qty", lines=lines)
