"""Check Backorders: what is not as it must be is found, named, and mended where that is safe."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestCheck(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"
        cls.checks = cls.env["backorder.check"]
        # what demo data of this database leave is none of these tests'
        cls.before = {(row["code"], row["id"]) for row in cls.checks.run_checks()}

    def _found(self, repair=False):
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            row
            for row in self.checks.run_checks(repair=repair)
            if (row["code"], row["id"]) not in self.before
        ]

    def assertFound(self, code, record, **expected):
        rows = self._found()
        self.assertEqual([(row["code"], row["id"]) for row in rows], [(code, record.id)], rows)
        self.assertEqual(rows[0]["model"], record._name)
        self.assertFalse(rows[0]["repaired"])
        kept = self.checks.search([("code", "=", code), ("res_id", "=", record.id)])
        self.assertEqual(kept.mapped("message"), [rows[0]["message"]])
        return rows[0]["message"]

    def assertRepaired(self, code):
        rows = self._found(repair=True)
        self.assertTrue(rows and all(row["repaired"] for row in rows), rows)
        self.assertIn(code, [row["code"] for row in rows])
        self.assertEqual(self._found(), [])

    def test_a_shop_in_order_has_nothing_to_say(self):
        self._stock(self.product, 5)
        first = self._order((self.product, 8), (self.other, 2))
        self._order((self.product, 3), confirm=False)
        self._stock(self.product, 4)
        first.fill_backorders({first.order_line[0].id: 2})
        self._deliver(first.picking_ids, {self.product: 4})
        self.assertEqual(self._found(), [])

    def test_a_hold_beyond_what_is_needed(self):
        line = self._order((self.product, 5)).order_line
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order_line SET backorder_hold_qty = 7, backorder_hold_product_qty = 7"
            " WHERE id = %s",
            (line.id,),
        )
        self.env.invalidate_all()
        self.assertEqual({row["code"] for row in self._found()}, {"hold", "ledger"})
        self.assertRepaired("hold")
        self.assertHeld(line, 5, 0)

    def test_needed_on_a_cancelled_order(self):
        order = self._order((self.product, 5))
        order._action_cancel()
        line = order.order_line
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_order_line SET backorder_hold_qty = 2, backorder_hold_product_qty = 2,"
            " backorder_qty = 2 WHERE id = %s",
            (line.id,),
        )
        self.env.invalidate_all()
        self.assertIn("needed", {row["code"] for row in self._found()})
        self.assertRepaired("needed")
        self.assertHeld(line, 0)

    def test_open_demand_that_nobody_knows_of(self):
        order = self._order((self.product, 5))
        line = order.order_line
        line._backorder_set_holds({line: 2}, "adjust")
        message = self.assertFound("unheld", line)
        self.assertIn(order.name, message)
        self.assertIn("5 Units open", message)
        self.assertRepaired("unheld")
        self.assertHeld(line, 5, 0)

    def test_a_ledger_that_does_not_add_up(self):
        line = self._order((self.product, 5)).order_line
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE backorder_event SET quantity = 3, product_qty = 3 WHERE sale_line_id = %s",
            (line.id,),
        )
        self.env.invalidate_all()
        self.assertFound("ledger", line)
        self.assertRepaired("ledger")
        self.assertHeld(line, 5, 0)

    def test_stock_set_aside_that_is_gone(self):
        quotation = self._order((self.product, 5), confirm=False)
        line = quotation.order_line
        self._stock(self.product, 5)
        quotation.fill_backorders()
        self.env["stock.quant"].search([("product_id", "=", self.product.id)]).sudo().quantity = 3
        self.assertFound("set_aside", line)
        self.assertRepaired("set_aside")
        self.assertEqual((line.backorder_qty, line.backorder_promised_qty), (2, 3))

    def test_filled_but_not_set_aside(self):
        quotation = self._order((self.product, 5), confirm=False)
        line = quotation.order_line
        self._stock(self.product, 5)
        quotation.fill_backorders()
        line._backorder_write({"backorder_promised_qty": 2})
        self.assertFound("filled", line)
        self.assertRepaired("filled")
        self.assertEqual((line.backorder_qty, line.backorder_filled_qty), (3, 2))

    def test_set_aside_on_a_confirmed_order(self):
        self._stock(self.product, 5)
        line = self._order((self.product, 2)).order_line
        line._backorder_write({"backorder_promised_qty": 1})
        self.assertIn("set_aside", {row["code"] for row in self._found()})
        self.assertRepaired("set_aside")

    def test_reserved_beyond_stock_is_said_and_left_to_people(self):
        self._stock(self.product, 5)
        self._order((self.product, 5))
        self.env["stock.quant"].search([("product_id", "=", self.product.id)]).sudo().quantity = 3
        message = self.assertFound("reserved", self.product)
        self.assertIn("5 Units reserved, 3 Units on hand", message)
        rows = self._found(repair=True)
        self.assertEqual([row["repaired"] for row in rows], [False])

    # -- each broken invariant is found -----------------------------------------------------------

    def _plant(self, records, **values):
        """Write past everything, as no code of ours does."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id IN %s",
                SQL.identifier(records._table),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()
                ),
                tuple(records.ids),
            )
        )
        self.env.invalidate_all()

    def _codes(self):
        return {row["code"] for row in self._found()}

    def test_needed_below_zero_or_beyond_what_is_open(self):
        line = self._order((self.product, 5)).order_line
        for needed in (-1, 6):
            self._plant(line, backorder_qty=needed)
            self.assertIn("needed", self._codes())
            self.assertRepaired("needed")
            self.assertHeld(line, 5, 0)

    def test_needed_less_than_held(self):
        line = self._order((self.product, 5)).order_line
        self._plant(line, backorder_qty=3)
        self.assertIn("hold", self._codes())
        self.assertRepaired("hold")
        self.assertHeld(line, 5, 0)

    def test_needed_of_what_is_not_kept_in_stock(self):
        service = self._product("Advice", type="service", is_storable=False)
        line = self._order((service, 2)).order_line
        self._plant(line, backorder_qty=2, backorder_hold_qty=2, backorder_hold_product_qty=2)
        self.assertIn("needed", self._codes())
        self.assertRepaired("needed")
        self.assertEqual((line.backorder_qty, line.backorder_hold_qty), (0, 0))

    def test_held_and_reserved_at_once(self):
        self._stock(self.product, 5)
        line = self._order((self.product, 5)).order_line
        self._plant(line, backorder_qty=2, backorder_hold_qty=2, backorder_hold_product_qty=2)
        self.assertIn("needed", self._codes())
        self.assertRepaired("needed")
        self.assertHeld(line, 0, 5)

    def test_one_piece_of_a_box_of_1000_too_much(self):
        box = self.env["uom.uom"].create(
            {"name": "Box of 1000", "relative_factor": 1000, "relative_uom_id": self.unit.id}
        )
        line = self._order((self.product, 1, {"product_uom_id": box.id}), confirm=False).order_line
        self._stock(self.product, 4)
        line.order_id.fill_backorders()
        self.assertEqual(self._found(), [])
        self._plant(line, backorder_qty=1, backorder_hold_qty=1, backorder_hold_product_qty=1000)
        self.assertEqual(self._codes(), {"needed", "ledger"})
        self.assertRepaired("needed")
        self.assertEqual(line.backorder_hold_product_qty, 996)

    def test_more_forced_than_held(self):
        line = self._order((self.product, 5)).order_line
        self._plant(line, backorder_forced_qty=7, backorder_forced_product_qty=7)
        self.assertFound("hold", line)
        self.assertRepaired("hold")
        self.assertEqual(line.backorder_forced_qty, 5)

    def test_more_set_aside_than_ordered(self):
        self._stock(self.product, 20)
        line = self._order((self.product, 5), confirm=False).order_line
        line.order_id.force_backorders()
        line.order_id.fill_backorders()
        self._plant(line, backorder_promised_qty=8, backorder_promised_product_qty=8)
        self.assertIn("set_aside", self._codes())
        self.assertRepaired("set_aside")
        self.assertEqual((line.backorder_qty, line.backorder_promised_qty), (0, 5))

    def test_a_ledger_of_a_line_that_waits_for_nothing(self):
        line = self._order((self.product, 5)).order_line
        line.order_id.cancel_backorders()
        self.assertEqual(self._found(), [])
        self._plant(line.backorder_event_ids.sorted("id")[-1], product_qty=-3, quantity=-3)
        self.assertFound("ledger", line)
        self.assertRepaired("ledger")

    def test_a_balance_that_is_not_what_is_held(self):
        line = self._order((self.product, 5)).order_line
        self._plant(line.backorder_event_ids, product_balance=4)
        self.assertFound("ledger", line)
        self.assertRepaired("ledger")
        self.assertHeld(line, 5, 0)

    def test_stock_that_does_not_know_what_deliveries_have_reserved(self):
        self._stock(self.product, 5)
        self._order((self.product, 5))
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        self._plant(quant, reserved_quantity=0, quantity=2)
        self.assertIn(
            "5 Units reserved, 2 Units on hand", self.assertFound("reserved", self.product)
        )

    def test_stock_rows_that_people_at_once_left_give_all_back(self):
        """Two receipts at once leave two rows of stock. Odoo takes what is given back off the first
        one, never below zero: without the addon 3 stay reserved for nobody."""
        self.warehouse.reception_steps = "two_steps"
        entry = self.warehouse.wh_input_stock_loc_id
        self._receive(self.product, 11, entry)
        first = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", entry.id)]
        )
        self._plant(first, quantity=8, reserved_quantity=8)
        first.sudo().create(
            {
                "product_id": self.product.id,
                "location_id": entry.id,
                "quantity": 3,
                "reserved_quantity": 3,
            }
        )
        self._deliver(self.env["stock.picking"].search([("location_id", "=", entry.id)]))
        rows = first.search([("product_id", "=", self.product.id), ("location_id", "=", entry.id)])
        self.assertEqual(sum(rows.mapped("reserved_quantity")), 0)
        self.assertEqual(self._found(), [])

    def test_stock_rows_that_say_another_quantity_reserved_are_added_up_again(self):
        """What another system, or a crash, left behind: goods that look reserved, for nobody, or
        free though they are on a delivery."""
        self._stock(self.product, 5)
        self._order((self.product, 3))
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.product.id), ("location_id", "=", self.stock.id)]
        )
        for said in (4, 1):
            self._plant(quant, reserved_quantity=said)
            self.assertIn(
                f"stock says {said} Units reserved, transfers have 3 Units",
                self.assertFound("recount", self.product),
            )
            self.assertRepaired("recount")
            self.assertEqual(quant.reserved_quantity, 3)

    def test_a_lot_that_somebody_typed_of_stock_without_lots(self):
        """An item that is tracked from today on: Odoo reserves on the row that has no lot."""
        self._stock(self.product, 10)
        order = self._order((self.product, 3))
        self.product.tracking = "lot"
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": self.product.id})
        order.picking_ids.move_line_ids.lot_id = lot
        self.assertEqual(self._found(), [])
        # The lot comes, in a box; what was reserved is still of what lies beside it.
        box = self.env["stock.package"].create({"name": "Box"})
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.stock, 5, lot_id=lot, package_id=box
        )
        self.assertEqual(self._found(), [])

    def test_a_lot_that_somebody_typed_and_is_nowhere(self):
        paint = self._product("Paint", tracking="lot")
        order = self._order((paint, 5))
        order.picking_ids.move_ids.quantity = 2
        self.assertIn("2 Units reserved, 0 Units on hand", self.assertFound("reserved", paint))

    def test_a_new_order_that_lives_on_although_it_was_taken_back(self):
        self.company.backorder_fill_approved = "new_order"
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        run = order.fill_backorders()
        new_order = order.backorder_child_ids
        run.action_undo()
        self.assertEqual(self._found(), [])
        self._plant(new_order, state="draft")
        self.assertIn("is not cancelled", self.assertFound("undone", run.run_order_ids))

    def test_a_fill_that_was_taken_back_only_in_part(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 5)
        run = order.fill_backorders()
        run.action_undo()
        self.assertEqual(self._found(), [])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE backorder_event SET quantity = 4 WHERE run_id = %s AND type = 'undo'",
            (run.id,),
        )
        self.env.invalidate_all()
        self.assertIn(
            ("undone", run.run_order_ids.id), [(row["code"], row["id"]) for row in self._found()]
        )

    def test_managers_only_and_each_their_company(self):
        clerk = self.salesman
        with self.assertRaises(AccessError):
            self.checks.with_user(clerk).run_checks()
        boss = new_test_user(
            self.env,
            "backorder_checker",
            groups="sales_team.group_sale_manager,backorder_mgmt.group_backorder_manager",
            company_id=self.company.id,
        )
        line = self._order((self.product, 5)).order_line
        line._backorder_set_holds({line: 2}, "adjust")
        rows = self.checks.with_user(boss).run_checks(repair=True)
        self.assertIn(
            ("unheld", line.id, True), [(r["code"], r["id"], r["repaired"]) for r in rows]
        )
        row = line.backorder_event_ids.sorted("id")[-1]
        self.assertEqual(row.user_id, boss)
        with self.assertRaises(AccessError):
            self.checks.with_user(boss).create({"code": "ledger"})

    def test_the_list_opens_the_order(self):
        order = self._order((self.product, 5))
        order.order_line._backorder_set_holds({order.order_line: 2}, "adjust")
        self.checks._cron_run_checks()
        row = self.checks.search([("res_id", "=", order.order_line.id), ("code", "=", "unheld")])
        action = row.action_open_record()
        self.assertEqual((action["res_model"], action["res_id"]), ("sale.order", order.id))
        self.assertEqual(self.checks.action_check()["res_model"], "backorder.check")

    def test_opening_what_was_deleted_meanwhile_says_so(self):
        order = self._order((self.product, 5))
        order.order_line._backorder_set_holds({order.order_line: 2}, "adjust")
        self.checks._cron_run_checks()
        row = self.checks.search([("res_id", "=", order.order_line.id), ("code", "=", "unheld")])
        name = order.name
        order._action_cancel()
        order.unlink()
        with self.assertRaisesRegex(UserError, f"deleted meanwhile: {name}"):
            row.action_open_record()


class TestCheckInSlices(TestCheck):
    """All of it once more, line by line as it were many thousands: the same is found and mended."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(cls.env.registry["backorder.check"], "_slice", 2))
