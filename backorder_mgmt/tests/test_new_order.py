"""The new order of a fill: nothing is lost, nothing comes twice, and it is looked at."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrder(BackorderCommon):
    def _fill_short(self, product, quantity, **values):
        """An order of ``quantity`` that nothing was there for, and now is."""
        order = self._order((product, quantity, values))
        self._stock(product, quantity)
        return order

    # -- nothing is lost --------------------------------------------------------------------------

    def test_the_engraving_under_an_item_goes_with_it(self):
        order = self._order((self.product, 3), (self.other, 2))
        hammer, nails = order.order_line
        order.write(
            {
                "order_line": [
                    Command.update(hammer.id, {"sequence": 10}),
                    Command.create(
                        {"display_type": "line_note", "name": "Engrave: To Bob", "sequence": 11}
                    ),
                    Command.update(nails.id, {"sequence": 12}),
                    Command.create(
                        {"display_type": "line_note", "name": "In a paper bag", "sequence": 13}
                    ),
                ]
            }
        )
        self._stock(self.product, 3)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(new.order_line.mapped("name")[1:], ["Engrave: To Bob"])
        self.assertEqual(new.order_line[0].product_id, self.product)

    def test_two_lines_of_one_item_keep_each_its_own_origin_and_promise(self):
        self.company.backorder_approve_new_order = False
        order = self._order(
            (self.product, 3, {"price_unit": 7.0}), (self.product, 2, {"price_unit": 5.0})
        )
        self._stock(self.product, 5)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertEqual(
            {
                (line.price_unit, line.backorder_promised_qty, line.backorder_origin_line_id)
                for line in new.order_line
            },
            {(7.0, 3.0, order.order_line[0]), (5.0, 2.0, order.order_line[1])},
        )

    def test_goods_from_another_place_are_filled_on_the_order(self):
        shop = self.env["stock.location"].create(
            {"name": "Shop", "location_id": self.warehouse.view_location_id.id, "usage": "internal"}
        )
        order = self._order((self.product, 6))
        order.picking_ids.location_id = shop
        order.picking_ids.move_ids.location_id = shop
        self._stock(self.product, 6, location=shop)
        run = order.fill_backorders()
        self.assertFalse(order.backorder_child_ids)
        self.assertEqual(self._reserved(order), 6)
        self.assertEqual(run.line_ids.reason, "on_order")
        self.assertIn("Shop", run.line_ids.message)

    def test_a_line_that_belongs_to_another_is_filled_on_the_order_and_says_so(self):
        order = self._order((self.product, 3), (self.other, 2))
        order.order_line[1].linked_line_id = order.order_line[0]
        self._stock(self.product, 3)
        dialog = order._prepare_backorder_fill_lines()
        self.assertIn("belongs together", dialog[0]["destination"])
        run = self.env["backorder.run"].create({"order_ids": order.ids})
        run.action_preview()
        row = run.line_ids.filtered(lambda line: line.product_id == self.product)
        self.assertEqual((row.reason, row.planned_qty), ("on_order", 3))
        run.action_start()
        self.assertEqual((row.reason, row.filled_qty), ("on_order", 3))
        self.assertIn("belongs together", row.message)
        self.assertFalse(order.backorder_child_ids)

    def test_an_order_that_ships_complete_says_why_it_stays(self):
        order = self._order((self.product, 3), picking_policy="one")
        self._stock(self.product, 3)
        run = order.fill_backorders()
        self.assertEqual(run.line_ids.reason, "on_order")
        self.assertIn("ships only when everything is ready", run.line_ids.message)

    def test_deliveries_reserved_by_hand_get_what_was_filled(self):
        self.warehouse.out_type_id.reservation_method = "manual"
        order = self._fill_short(self.product, 4)
        order.fill_backorders()
        self.assertHeld(order.backorder_child_ids.order_line, 0, reserved=4)

    # -- it is looked at --------------------------------------------------------------------------

    def _batch(self, count):
        self.product = self._product("Drill")
        orders = self.env["sale.order"].union(
            *(self._order((self.product, 2), client_order_ref=f"R{n}") for n in range(count))
        )
        self._stock(self.product, 2 * count)
        return orders

    def test_three_of_ten_that_cannot_be_reserved_fail_by_name_and_seven_are_filled(self):
        orders = self._batch(10)
        bad = orders[2] | orders[5] | orders[9]
        confirm, passes = type(orders)._action_confirm, []

        def confirmed(new_orders):
            passes.append(len(new_orders))
            res = confirm(new_orders)
            # Somebody else's automation takes a piece off these deliveries.
            for new_order in new_orders.filtered(lambda o: o.backorder_parent_id in bad):
                new_order.picking_ids.move_ids.quantity = 1.0
            return res

        run = self.env["backorder.run"].create({"product_ids": self.product.ids})
        with patch.object(type(orders), "_action_confirm", confirmed):
            run.action_start()
        rows = {row.order_id: row for row in run.run_order_ids}
        self.assertEqual(passes, [10, 7])
        for order in bad:
            self.assertEqual(rows[order].outcome, "failed")
            self.assertIn("Drill: of 2 Units only 1 Unit", rows[order].message)
            self.assertFalse(order.backorder_child_ids)
            self.assertHeld(order.order_line, 2, reserved=0)
        for order in orders - bad:
            self.assertEqual(rows[order].outcome, "complete")
            self.assertHeld(order.backorder_child_ids.order_line, 0, reserved=2)

    def test_a_fill_whose_new_order_gets_another_price_is_refused_with_the_difference(self):
        order = self._fill_short(self.product, 4, price_unit=7.0)
        confirm = type(order)._action_confirm

        def confirmed(new_orders):
            new_orders.order_line.price_unit = 1.0
            return confirm(new_orders)

        with (
            patch.object(type(order), "_action_confirm", confirmed),
            self.assertRaisesRegex(UserError, "Hammer: its price is .*1.00.* instead of .*7.00"),
        ):
            order.fill_backorders({order.order_line.id: 4})

    def test_an_order_approved_later_is_refused_where_its_stock_cannot_be_had(self):
        self.company.backorder_approve_new_order = False
        order = self._fill_short(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.env.cr.execute(
            "UPDATE stock_quant SET quantity = 1 WHERE product_id = %s AND location_id = %s",
            [self.product.id, self.stock.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Hammer: of 4 Units only 1 Unit can be reserved"):
            new.action_confirm()

    # -- what comes back --------------------------------------------------------------------------

    def _unapproved(self, ordered=10, filled=4):
        self.company.backorder_approve_new_order = False
        order = self._order((self.product, ordered))
        self._stock(self.product, filled)
        order.fill_backorders()
        return order, order.backorder_child_ids

    def test_raised_on_the_new_order_then_cancelled_gives_back_what_was_moved(self):
        order, new = self._unapproved()
        new.order_line.product_uom_qty = 9
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 10)
        self.assertHeld(order.order_line, 10, reserved=0)

    def test_lowered_on_the_new_order_says_so_and_cancelling_gives_back_what_was_moved(self):
        order, new = self._unapproved()
        new.order_line.product_uom_qty = 1
        self.assertIn("4 Units to 1 Unit", order.message_ids[0].body)
        self.assertEqual(order.order_line.product_uom_qty, 6)
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 10)
        self.assertHeld(order.order_line, 10, reserved=0)

    def test_a_line_deleted_on_the_new_order_waits_again_at_once(self):
        self.company.backorder_approve_new_order = False
        order = self._order((self.product, 10), (self.other, 2))
        self._stock(self.product, 4)
        self._stock(self.other, 2)
        order.fill_backorders()
        new = order.backorder_child_ids
        new.order_line.filtered(lambda line: line.product_id == self.product).unlink()
        line = order.order_line[0]
        self.assertEqual(line.product_uom_qty, 10)
        self.assertHeld(line, 10, reserved=0)
        self.assertEqual(line.backorder_event_ids.sorted("id")[-1].type, "undo")
        new._action_cancel()
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [10, 2])

    def test_another_item_on_the_new_order_gives_the_first_one_back(self):
        order, new = self._unapproved()
        new.order_line.product_id = self.other
        self.assertEqual(order.order_line.product_uom_qty, 10)
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 10)
        self.assertHeld(order.order_line, 10, reserved=0)

    def test_another_unit_on_the_new_order_gives_back_the_same_pieces(self):
        self.company.backorder_approve_new_order = False
        order = self._order((self.product, 2, {"product_uom_id": self.dozen.id}))
        self._stock(self.product, 24)
        order.fill_backorders()
        new = order.backorder_child_ids
        new.order_line.write({"product_uom_id": self.unit.id, "product_uom_qty": 24})
        new._action_cancel()
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertHeld(order.order_line, 2, reserved=0)

    def test_half_delivered_and_cancelled_twice_is_never_more_than_ordered(self):
        order = self._order((self.product, 10))
        self._stock(self.product, 6)
        order.fill_backorders()
        new = order.backorder_child_ids
        self._deliver(new.picking_ids, {self.product: 3})
        new._action_cancel()
        with self.assertRaisesRegex(UserError, f"again on {order.name}"):
            new.action_draft()
        new._action_cancel()
        self.assertEqual(new.order_line.qty_delivered, 3)
        self.assertEqual(order.order_line.product_uom_qty, 7)
        self.assertHeld(order.order_line, 7, reserved=0)

    def test_the_forced_part_is_forced_again(self):
        order = self._order((self.product, 10))
        order.force_backorders({order.order_line.id: 10})
        self.company.backorder_approve_new_order = False
        self._stock(self.product, 10)
        order.order_line._backorder_write({"backorder_forced_qty": 3.0})
        since = order.order_line.backorder_date
        order.fill_backorders()
        self.assertEqual(order.order_line.backorder_forced_qty, 0)
        order.backorder_child_ids._action_cancel()
        self.assertEqual(order.order_line.backorder_forced_qty, 3)
        self.assertEqual(order.order_line.backorder_date, since)

    def test_a_cancelled_new_order_that_gave_back_says_where_to_fill(self):
        order, new = self._unapproved()
        new._action_cancel()
        for call in (new.action_draft, lambda: new.write({"state": "draft"})):
            with self.assertRaisesRegex(UserError, f"{new.name}.*again on {order.name}. Fill it"):
                call()
        self.assertEqual(new.state, "cancel")

    def test_a_new_order_that_was_taken_back_says_where_to_fill(self):
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        run = order.fill_backorders()
        new = order.backorder_child_ids
        run.action_undo()
        self.assertEqual(order.order_line.product_uom_qty, 10)
        with self.assertRaisesRegex(UserError, f"again on {order.name}"):
            new.action_draft()

    # -- taken back -------------------------------------------------------------------------------

    def test_take_back_names_what_a_person_added(self):
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        run = order.fill_backorders()
        new = order.backorder_child_ids
        new.order_line = [Command.create({"product_id": self.other.id, "product_uom_qty": 2})]
        with self.assertRaisesRegex(UserError, "Nails: 2 Units were added"):
            run.action_undo()
        self.assertEqual(new.state, "sale")

    def test_take_back_names_a_price_that_was_agreed(self):
        order = self._order((self.product, 10, {"price_unit": 7.0}))
        self._stock(self.product, 4)
        run = order.fill_backorders()
        order.backorder_child_ids.order_line.price_unit = 6.5
        with self.assertRaisesRegex(UserError, "Hammer: its price is .*6.50.* instead of .*7.00"):
            run.action_undo()

    def test_take_back_names_a_note_that_was_added(self):
        order = self._order((self.product, 10))
        self._stock(self.product, 4)
        run = order.fill_backorders()
        order.backorder_child_ids.order_line = [
            Command.create({"display_type": "line_note", "name": "Ring twice"})
        ]
        with self.assertRaisesRegex(UserError, "Ring twice"):
            run.action_undo()

    # -- prices -----------------------------------------------------------------------------------

    def test_the_price_agreed_for_ten_stays_when_a_part_is_edited_later(self):
        self._price_from_ten()
        order = self._order((self.product, 10), pricelist_id=self.prices.id)
        self.assertEqual(order.order_line.price_unit, 8.0)
        self._stock(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        order.order_line.product_uom_qty = 5
        new.order_line.product_uom_qty = 3
        self.assertEqual((order.order_line.price_unit, new.order_line.price_unit), (8.0, 8.0))

    def test_update_prices_works_it_out_anew(self):
        self._price_from_ten()
        self.company.backorder_approve_new_order = False
        order = self._order((self.product, 10), pricelist_id=self.prices.id)
        self._stock(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        new._recompute_prices()
        self.assertEqual(new.order_line.price_unit, 10.0)

    # -- small ------------------------------------------------------------------------------------

    def test_a_new_order_is_no_duplicate_of_its_original(self):
        self.company.backorder_approve_new_order = False
        order = self._order((self.product, 4), client_order_ref="PO-77")
        self._stock(self.product, 4)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertFalse(new.duplicated_order_ids)
        real = self._order((self.product, 1), client_order_ref="PO-77", confirm=False)
        new.invalidate_recordset(["duplicated_order_ids"])
        self.assertEqual(new.duplicated_order_ids, real)
        self.assertEqual(real.duplicated_order_ids, order | new)

    def test_approve_completed_looks_at_the_order_after_all_was_filled(self):
        """Three of five are invoiced and stay: with them the order is complete."""
        order = self._order((self.product, 5))
        order.order_line.qty_to_invoice = 3
        invoice = order._create_invoices()
        invoice.invoice_line_ids.quantity = 3
        self.assertEqual(order.order_line.qty_invoiced, 3)
        self._stock(self.product, 5)
        run = self.env["backorder.run"].create(
            {"order_ids": order.ids, "approve_complete": True, "approve_partial": False}
        )
        run.action_start()
        self.assertEqual(run.run_order_ids.outcome, "complete")
        self.assertEqual(order.backorder_child_ids.state, "sale")

    def test_largest_value_is_compared_in_the_companys_currency(self):
        """100 of a currency of which 200 make one are less than 10 of the company's."""
        money = self.env["res.currency"].create(
            {
                "name": "ZWX",
                "symbol": "Z",
                "rate_ids": [Command.create({"rate": 200.0, "name": "2020-01-01"})],
            }
        )
        prices = self.prices.copy({"currency_id": money.id, "name": "Far Away"})
        far = self._order((self.product, 5, {"price_unit": 100.0}), pricelist_id=prices.id)
        near = self._order((self.product, 5, {"price_unit": 10.0}))
        self.assertEqual(far.currency_id, money)
        self._stock(self.product, 5)
        run = self.env["backorder.run"].create(
            {"product_ids": self.product.ids, "policy": "value", "fill_mode": "partial"}
        )
        run.action_preview()
        planned = {line.order_id: line.planned_qty for line in run.line_ids}
        self.assertEqual((planned[near], planned[far]), (5, 0))

    def test_a_refused_fill_takes_no_number(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 2)
        first = order.fill_backorders({order.order_line.id: 1}).name
        for _attempt in range(2):
            with self.assertRaises(UserError):
                order.fill_backorders({order.order_line.id: 4})
        second = order.fill_backorders({order.order_line.id: 1}).name
        self.assertEqual(int(second[-4:]), int(first[-4:]) + 1)

    def test_a_fill_refused_when_its_new_order_is_compared_takes_no_number(self):
        order = self._order((self.product, 5))
        self._stock(self.product, 2)
        first = order.fill_backorders({order.order_line.id: 1}).name
        product = self.product

        def spoil(lines, *_args):
            return ["%s: something else" % product.name for _line in lines]

        with (
            patch.object(type(order.order_line), "_backorder_moved_differences", spoil),
            self.assertRaises(UserError),
        ):
            order.fill_backorders({order.order_line.id: 1})
        second = order.fill_backorders({order.order_line.id: 1}).name
        self.assertEqual(int(second[-4:]), int(first[-4:]) + 1)

    def test_a_fill_of_nothing_makes_no_run(self):
        runs = self.env["backorder.run"]
        order, in_stock = self._order((self.product, 5)), self._order((self._product("Saw"), 0))
        self._stock(self.product, 2)
        before = runs.search_count([])
        self.assertEqual(order.fill_backorders({}), runs)
        self.assertEqual(in_stock.fill_backorders(), runs)
        self.assertEqual(runs.search_count([]), before)
        self.assertEqual(order.order_line.backorder_qty, 5)
        self.assertTrue(order.fill_backorders().line_ids)

    def test_a_company_that_is_not_named_gets_no_run(self):
        other = self.env["res.company"].create({"name": "Second"})
        self.env.user.company_ids |= other
        product = self._product("Chisel")
        far = self._order(
            (product, 2),
            company_id=other.id,
            warehouse_id=self.env["stock.warehouse"].search([("company_id", "=", other.id)]).id,
            user_id=False,
            pricelist_id=False,
            confirm=False,
        )
        near = self._order((self.product, 2))
        self._stock(self.product, 2)
        runs = (near | far).fill_backorders({near.order_line.id: 2})
        self.assertEqual(runs.company_id, self.company)
        self.assertEqual(len(runs), 1)

    def test_a_purchase_order_of_another_order_is_not_named(self):
        order, longer = self._order((self.product, 2)), self._order((self.product, 2))
        order.name, longer.name = "S0007", "S00071"
        values = {
            "partner_id": self.vendor.id,
            "order_line": [Command.create({"product_id": self.product.id, "product_qty": 2})],
        }
        purchases = self.env["purchase.order"]
        ours = purchases.create({**values, "origin": "OP/1, S0007"})
        theirs = purchases.create({**values, "origin": "S00071"})
        self.assertEqual(order.order_line._backorder_purchase_orders(), ours)
        self.assertEqual(longer.order_line._backorder_purchase_orders(), theirs)

    # -- documents of the original ----------------------------------------------------------------

    def test_slip_and_printed_order_say_where_the_items_went(self):
        order = self._order((self.product, 30), (self.other, 2))
        self._stock(self.product, 30)
        self._stock(self.other, 1)
        order.fill_backorders({order.order_line[0].id: 30})
        moved = f"30 Units moved to {order.backorder_child_ids.name}"
        report = self.env["ir.actions.report"]
        printed = {
            "order": report._render_qweb_html("sale.report_saleorder", order.ids)[0].decode(),
            "slip": report._render_qweb_html("stock.report_deliveryslip", order.picking_ids.ids)[
                0
            ].decode(),
        }
        for name, text in printed.items():
            with self.subTest(document=name):
                self.assertIn(moved, text)
        slip = printed["slip"]
        self.assertEqual(slip.count("Hammer"), 1, "only where it went, not as ordered here")
        self._deliver(order.picking_ids, {self.other: 1})
        done = report._render_qweb_html("stock.report_deliveryslip", order.picking_ids[:1].ids)[0]
        self.assertEqual(done.decode().count("Hammer"), 1)

    def test_the_customers_page_says_where_the_items_went(self):
        """Read as the page has it: the cell of the name, and the quantity that is hidden."""
        order = self._order((self.product, 30))
        self._stock(self.product, 30)
        order.fill_backorders()
        view = self.env.ref("sale.sale_order_portal_content").get_combined_arch()
        self.assertIn("line._backorder_moved_words()", view)
        name = order.backorder_child_ids.name
        self.assertEqual(order.order_line._backorder_moved_words(), f"30 Units moved to {name}")
        order.backorder_child_ids._action_cancel()
        self.assertFalse(order.order_line._backorder_moved_words())
