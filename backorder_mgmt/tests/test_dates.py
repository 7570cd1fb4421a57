"""Expected dates: what is on its way, dealt to the queue of those who wait."""

import unittest
from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import tagged

from .test_jobs import JobCommon

SOON = datetime(2027, 3, 1, 12)
LATER = datetime(2027, 3, 15, 12)
LATEST = datetime(2027, 4, 1, 12)


class DatesCommon(JobCommon):
    def _purchase(self, *items, date=SOON, confirm=True, warehouse=None, vendor=None):
        """A purchase order of (product, quantity[, unit]) items that arrive on ``date``."""
        warehouse = warehouse or self.warehouse
        order = (
            self.env["purchase.order"]
            .with_company(warehouse.company_id)
            .create(
                {
                    "partner_id": (vendor or self.vendor).id,
                    "company_id": warehouse.company_id.id,
                    "picking_type_id": warehouse.in_type_id.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": item[0].id,
                                "product_qty": item[1],
                                "product_uom_id": (item[2] if len(item) > 2 else self.unit).id,
                                "price_unit": 1.0,
                                "date_planned": date,
                            }
                        )
                        for item in items
                    ],
                }
            )
        )
        if confirm:
            order.button_confirm()
        return order

    def _validate(self, picking, quantity=None):
        """Receive ``quantity`` of the (one) item, the rest later; None: everything."""
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def _work_dates(self):
        """The job that works out the dates of those who wait behind a confirmation."""
        with self._job("ir_cron_work_dates", seconds=60) as (env, _progress):
            env["backorder.due"]._cron_work()
        self.assertFalse(self.env["backorder.due"].search([]))

    def assertExpected(self, *dates):
        """(line, date or None) pairs, read as they are, and again from the database."""
        for again in (False, True):
            if again:
                self.env.flush_all()
                self.env.invalidate_all()
            for line, date in dates:
                self.assertEqual(
                    line.backorder_expected_date or None, date, f"{line.order_id.name} ({again})"
                )

    def assertOnHand(self, line):
        """Stock on hand covers the line: it is dated by when that was."""
        self.env.flush_all()
        self.assertTrue(line.backorder_expected_date, line.order_id.name)
        self.assertLess(abs(line.backorder_expected_date - datetime.now()), timedelta(minutes=5))


@tagged("post_install", "-at_install")
class TestDates(DatesCommon):
    def test_nothing_is_on_its_way(self):
        line = self._order((self.product, 5)).order_line
        self.assertExpected((line, None))

    def test_incoming_is_dealt_to_the_queue_by_date(self):
        first, second, third = (self._order((self.product, 5)).order_line for _ in range(3))
        self._purchase((self.product, 7), date=SOON)
        self._purchase((self.product, 3), date=LATER)
        self.assertExpected((first, SOON), (second, LATER), (third, None))
        self.assertEqual(
            self.env["sale.order.line"].search(
                [("backorder_expected_date", ">=", LATER), ("product_id", "=", self.product.id)]
            ),
            second,
        )

    def test_an_order_placed_after_the_purchase(self):
        self._purchase((self.product, 7))
        first = self._order((self.product, 5)).order_line
        second = self._order((self.product, 5)).order_line
        self.assertExpected((first, SOON), (second, None))

    def test_a_request_for_quotation_promises_nothing(self):
        line = self._order((self.product, 5)).order_line
        purchase = self._purchase((self.product, 5), confirm=False)
        self.assertExpected((line, None))
        purchase.button_confirm()
        self.assertExpected((line, SOON))

    def test_cancelled_purchase(self):
        line = self._order((self.product, 5)).order_line
        purchase = self._purchase((self.product, 5))
        self.assertExpected((line, SOON))
        purchase.button_cancel()
        self.assertExpected((line, None))

    def test_postponed_receipt_moves_the_lines_that_depend_on_it(self):
        first, second, third = (self._order((self.product, 5)).order_line for _ in range(3))
        other = self._order((self.other, 5)).order_line
        early = self._purchase((self.product, 5), date=SOON)
        self._purchase((self.product, 10), date=LATER)
        self._purchase((self.other, 5), date=SOON)
        self.assertExpected((first, SOON), (second, LATER), (third, LATER), (other, SOON))
        early.picking_ids.scheduled_date = LATEST
        self.assertExpected((first, LATER), (second, LATER), (third, LATEST), (other, SOON))
        early.picking_ids.scheduled_date = SOON
        self.assertExpected((first, SOON), (second, LATER), (third, LATER), (other, SOON))

    def test_the_date_of_the_purchase_order_and_of_the_receipt_whichever_is_newer(self):
        line = self._order((self.product, 5)).order_line
        purchase = self._purchase((self.product, 5))
        purchase.order_line.date_planned = LATER
        self.assertExpected((line, LATER))
        purchase.picking_ids.move_ids.date = LATEST
        self.assertExpected((line, LATEST))
        purchase.order_line.date_planned = SOON
        self.assertExpected((line, SOON))

    def test_more_and_fewer_on_the_purchase_order(self):
        first, second = (self._order((self.product, 5)).order_line for _ in range(2))
        purchase = self._purchase((self.product, 5))
        self.assertExpected((first, SOON), (second, None))
        # Odoo would date the line anew, as it does for every quantity without a price list.
        purchase.order_line.write({"product_qty": 10, "date_planned": SOON})
        self.assertExpected((first, SOON), (second, SOON))
        purchase.order_line.write({"product_qty": 4, "date_planned": SOON})
        self.assertExpected((first, None), (second, None))

    def test_partial_receipt(self):
        first, second = (self._order((self.product, 5)).order_line for _ in range(2))
        purchase = self._purchase((self.product, 10))
        self._validate(purchase.picking_ids, 6)
        self.assertOnHand(first)
        self.assertExpected((second, SOON))
        rest = purchase.picking_ids.filtered(lambda picking: picking.state != "done")
        rest.scheduled_date = LATER
        self.assertExpected((second, LATER))
        rest.action_cancel()
        self.assertOnHand(first)
        self.assertExpected((second, None))

    def test_fill_force_and_cancel_change_the_queue(self):
        first, second, third = (self._order((self.product, 5)).order_line for _ in range(3))
        self._purchase((self.product, 5), date=SOON)
        self._purchase((self.product, 5), date=LATER)
        self.assertExpected((first, SOON), (second, LATER), (third, None))
        first.order_id.cancel_backorders()
        self.assertExpected((first, None), (second, SOON), (third, LATER))
        second.order_id._action_cancel()
        self.assertExpected((second, None), (third, SOON))
        self._stock(self.product, 5)
        third.order_id.fill_backorders()
        self.assertExpected((third, None))

    def test_forced_quantities_come_after_all_others(self):
        self._stock(self.product, 5)
        first = self._order((self.product, 5)).order_line
        second = self._order((self.product, 5)).order_line
        self._purchase((self.product, 5), date=SOON)
        self.assertExpected((first, None), (second, SOON))
        # The freed five pieces are on hand: the unforced second comes first.
        first.order_id.force_backorders()
        self.assertOnHand(second)
        self.assertExpected((first, SOON))

    def test_stock_on_hand_is_dealt_before_what_comes(self):
        first, second = (self._order((self.product, 5)).order_line for _ in range(2))
        self._purchase((self.product, 5))
        self._receive(self.product, 5)
        self.assertOnHand(first)
        self.assertExpected((second, SOON))
        known = first.backorder_expected_date
        self._purchase((self.product, 5))
        self.assertExpected((first, known), (second, SOON))

    def test_a_newer_order_takes_what_is_owed_to_nobody(self):
        self.company.backorder_fifo = False
        line = self._order((self.product, 5)).order_line
        self._receive(self.product, 5)
        self.assertOnHand(line)
        self._order((self.product, 5))
        self._work_dates()
        self.assertExpected((line, None))

    def test_what_is_typed_on_another_delivery_is_gone(self):
        self.company.write({"backorder_auto": False, "backorder_fifo": False})
        other = self._order((self.product, 5))
        self.company.backorder_auto = True
        line = self._order((self.product, 5)).order_line
        self._receive(self.product, 5)
        # Else what is taken off the other delivery is needed, and waits before the line.
        self.company.backorder_auto = False
        other.picking_ids.move_ids.quantity = 0
        self.assertOnHand(line)
        other.picking_ids.move_ids.quantity = 5
        self.assertExpected((line, None))

    def test_quotations_come_after_orders(self):
        quotation = self._order((self.product, 5), confirm=False).order_line
        order = self._order((self.product, 5)).order_line
        self._purchase((self.product, 5), date=SOON)
        self._purchase((self.product, 5), date=LATER)
        self.assertExpected((order, SOON), (quotation, LATER))
        quotation.product_uom_qty = 6
        self.assertExpected((quotation, None))
        quotation.product_id = self.other
        self.assertExpected((quotation, None), (order, SOON))
        quotation.unlink()
        self.assertExpected((order, SOON))

    def test_a_deleted_quotation_line_leaves_the_queue(self):
        first = self._order((self.product, 5), confirm=False).order_line
        second = self._order((self.product, 5), confirm=False).order_line
        self._purchase((self.product, 5))
        self.assertExpected((first, SOON), (second, None))
        first.unlink()
        self.assertExpected((second, SOON))

    def test_confirmed_receipt_into_two_and_three_steps(self):
        for steps in ("two_steps", "three_steps"):
            with self.subTest(steps):
                self.warehouse.reception_steps = steps
                product = self._product(f"Nails in {steps}")
                line = self._order((product, 5)).order_line
                purchase = self._purchase((product, 5))
                self.assertExpected((line, SOON))
                self._validate(purchase.picking_ids)
                later = (
                    self.env["stock.move"].search(
                        [("product_id", "=", product.id), ("state", "not in", ("done", "cancel"))]
                    )
                    - line.move_ids
                )
                self.assertEqual(len(later), 1)
                later.date = LATER
                self.assertExpected((line, LATER))
                self._validate(later.picking_id)
                if steps == "three_steps":
                    later = later.move_dest_ids
                    later.date = LATEST
                    self.assertExpected((line, LATEST))
                    self._validate(later.picking_id)
                self.assertOnHand(line)

    def test_each_warehouse_has_its_own_queue_and_supply(self):
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "TW2"})
        here = self._order((self.product, 5)).order_line
        there = self._order((self.product, 5), warehouse_id=second.id).order_line
        self._purchase((self.product, 5), warehouse=second, date=LATER)
        self.assertExpected((here, None), (there, LATER))
        self._purchase((self.product, 5), date=SOON)
        self.assertExpected((here, SOON), (there, LATER))

    def test_a_transfer_from_another_warehouse(self):
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "TW2"})
        line = self._order((self.product, 5)).order_line
        self._stock(self.product, 5, location=second.lot_stock_id)
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 5,
                "product_uom": self.unit.id,
                "location_id": second.lot_stock_id.id,
                "location_dest_id": self.stock.id,
                "picking_type_id": second.int_type_id.id,
                "date": SOON,
            }
        )
        self.assertExpected((line, None))
        move._action_confirm()
        move.date = SOON
        self.assertExpected((line, SOON))

    def test_each_company_has_its_own(self):
        company = self.env["res.company"].create({"name": "Second Company"})
        self.env.user.company_ids |= company
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        warehouse = warehouse or self.env["stock.warehouse"].create(
            {"name": "Of Second", "code": "OS", "company_id": company.id}
        )
        here = self._order((self.product, 5)).order_line
        there = (
            self.env["sale.order"]
            .with_company(company)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": company.id,
                    "warehouse_id": warehouse.id,
                    "order_line": [
                        Command.create({"product_id": self.product.id, "product_uom_qty": 5})
                    ],
                }
            )
        )
        there.action_confirm()
        self._purchase((self.product, 5), warehouse=warehouse)
        self.assertExpected((here, None), (there.order_line, SOON))

    def test_dozens(self):
        line = self._order((self.product, 2, {"product_uom_id": self.dozen.id})).order_line
        self._purchase((self.product, 23), date=SOON)
        self.assertExpected((line, None))
        self._purchase((self.product, 1, self.dozen), date=LATER)
        self.assertExpected((line, LATER))

    def test_odd_pieces_of_a_dozen(self):
        self._stock(self.product, 1)
        line = self._order((self.product, 2, {"product_uom_id": self.dozen.id})).order_line
        self.assertAlmostEqual(line.backorder_qty, 23 / 12)
        self._purchase((self.product, 23), date=SOON)
        self._purchase((self.product, 23), date=LATER)
        self.assertExpected((line, SOON))

    def test_stock_below_zero_is_made_good_first(self):
        self._stock(self.product, -3)
        line = self._order((self.product, 5)).order_line
        self._purchase((self.product, 5), date=SOON)
        self.assertExpected((line, None))
        self._purchase((self.product, 3), date=LATER)
        self.assertExpected((line, LATER))

    def test_goods_bought_to_order_are_not_dealt(self):
        buy = self.env.ref("purchase_stock.route_warehouse0_buy")
        mto = self.env.ref("stock.route_warehouse0_mto")
        mto.active = True
        product = self._product(
            "To Order",
            seller_ids=[Command.create({"partner_id": self.vendor.id, "min_qty": 0})],
        )
        line = self._order((product, 5)).order_line
        product.route_ids = buy | mto
        self._order((product, 5))
        purchase = self.env["purchase.order.line"].search([("product_id", "=", product.id)])
        purchase.order_id.button_confirm()
        self.assertTrue(purchase.move_ids.move_dest_ids)
        self.assertExpected((line, None))
        purchase.product_qty = 10
        purchase.date_planned = LATER
        self.assertExpected((line, LATER))

    def test_a_fill_in_batches_moves_who_still_waits_up(self):
        self.company.backorder_fill_approved = "same_order"
        lines = self._order((self.product, 2)).order_line
        for _number in range(5):
            lines |= self._order((self.product, 2)).order_line
        self._purchase((self.product, 3), date=SOON)
        self._purchase((self.product, 10), date=LATER)
        run = self.env["backorder.run"].create({"order_ids": [Command.set(lines[:5].order_id.ids)]})
        self.assertExpected((lines[0], SOON), (lines[1], LATER), (lines[5], LATER))
        self._stock(self.product, 7)
        self.patch(type(run), "_backorder_batch_at_once", 2)
        run.action_start()
        self.assertEqual(lines.mapped("backorder_qty"), [0, 0, 0, 1, 2, 2])
        self.assertExpected(
            *((line, None) for line in lines[:3]),
            (lines[3], SOON),
            (lines[4], SOON),
            (lines[5], LATER),
        )


@tagged("post_install", "-at_install")
class TestDatesOfKits(DatesCommon):
    """A toolbox is sold as one hammer and two packs of nails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "mrp.bom" not in cls.env or "bom_line_id" not in cls.env["stock.move"]._fields:
            raise unittest.SkipTest("kits need the module sale_mrp, which is not installed")
        cls.screws = cls._product("Screws")
        cls.kit = cls._kit("Toolbox", (cls.product, 1), (cls.other, 2))

    @classmethod
    def _kit(cls, name, *parts, kind="phantom"):
        kit = cls._product(name)
        cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": kind,
                "bom_line_ids": [
                    Command.create({"product_id": part.id, "product_qty": quantity})
                    for part, quantity in parts
                ],
            }
        )
        return kit

    def test_the_latest_component_dates_the_kit(self):
        line = self._order((self.kit, 5)).order_line
        self._purchase((self.product, 5), date=SOON)
        self.assertExpected((line, None))
        nails = self._purchase((self.other, 10), date=LATER)
        self.assertExpected((line, LATER))
        nails.picking_ids.scheduled_date = LATEST
        self.assertExpected((line, LATEST))
        nails.button_cancel()
        self.assertExpected((line, None))

    def test_a_component_on_hand(self):
        self._stock(self.product, 5)
        line = self._order((self.kit, 5)).order_line
        self._purchase((self.other, 10), date=LATER)
        self.assertExpected((line, LATER))

    def test_kits_and_components_wait_in_one_queue(self):
        first = self._order((self.kit, 5)).order_line
        nails = self._order((self.other, 4)).order_line
        quotation = self._order((self.kit, 1), confirm=False).order_line
        self._purchase((self.product, 6), date=SOON)
        self._purchase((self.other, 10), date=SOON)
        self._purchase((self.other, 6), date=LATER)
        self.assertExpected((first, SOON), (nails, LATER), (quotation, LATER))
        first.order_id._action_cancel()
        self.assertExpected((first, None), (nails, SOON), (quotation, SOON))

    def test_other_kits_in_the_queue_wait_for_their_other_components(self):
        chest = self._kit("Chest", (self.other, 1), (self.screws, 1))
        chest_line = self._order((chest, 1)).order_line
        box_line = self._order((self.kit, 1)).order_line
        self._purchase((self.screws, 1), date=LATEST)
        self._purchase((self.product, 1), date=SOON)
        self.assertExpected((chest_line, None), (box_line, None))
        self._purchase((self.other, 3), date=LATER)
        self.assertExpected((chest_line, LATEST), (box_line, LATER))

    def test_a_kit_in_a_kit(self):
        big = self._kit("Big Box", (self.kit, 2), (self.screws, 1))
        line = self._order((big, 1)).order_line
        self._purchase((self.screws, 1), (self.product, 2), date=SOON)
        self._purchase((self.other, 4), date=LATER)
        self.assertExpected((line, LATER))

    def test_a_manufacturing_order(self):
        made = self._kit("Made", (self.screws, 1), kind="normal")
        line = self._order((made, 2)).order_line
        order = self.env["mrp.production"].create(
            {
                "product_id": made.id,
                "product_qty": 2,
                "picking_type_id": self.warehouse.manu_type_id.id,
                "date_start": SOON,
            }
        )
        self.assertExpected((line, None))
        order.action_confirm()
        order.date_start = LATER
        self.assertExpected((line, order.move_finished_ids.date))
        self.assertGreaterEqual(order.move_finished_ids.date, LATER)
        order.action_cancel()
        self.assertExpected((line, None))
