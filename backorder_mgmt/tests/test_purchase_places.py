"""What is bought counts what fills can take, and what is on its way there, once (design 17.2).

A table written by hand: of each item ten are on backorder where nothing else is said; what there is
of it, what has to be bought, and why. One look at the screen says it for all items of a warehouse.
"""

from odoo import Command
from odoo.tests import tagged

from .test_purchase import PurchaseCommon


class PlacesCommon(PurchaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dates = "use_expiration_date" in cls.env["product.template"]._fields

    def setUp(self):
        super().setUp()
        self.cases = []

    def _place(self, name, warehouse=None):
        warehouse = warehouse or self.warehouse
        return self.env["stock.location"].create(
            {"name": name, "location_id": warehouse.view_location_id.id, "usage": "internal"}
        )

    def _steps(self, code, **values):
        return self.env["stock.warehouse"].create(
            {"name": f"Warehouse {code}", "code": code, "company_id": self.company.id, **values}
        )

    def _item(self, why, buys, waiting=10, warehouse=None, **values):
        """An item that ``waiting`` are on backorder of; ``buys`` is what is to be bought."""
        item = self._product(f"{len(self.cases) + 1}. {why}", **values)
        self._sells(self.vendor, item)
        self._order((item, waiting), warehouse_id=(warehouse or self.warehouse).id)
        self.cases.append((item, warehouse or self.warehouse, buys))
        return item

    def _bought(self, item, quantity, warehouse=None, confirm=True):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": (warehouse or self.warehouse).in_type_id.id,
                "order_line": [Command.create({"product_id": item.id, "product_qty": quantity})],
            }
        )
        if confirm:
            order.button_confirm()
        return order

    def _do(self, picking, quantity=None, backorder=True):
        """Validate a transfer; of its goods only ``quantity`` where one is given."""
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        picking.with_context(
            skip_backorder=True,
            picking_ids_not_to_backorder=[] if backorder else picking.ids,
        ).button_validate()

    def _transfer(self, item, quantity, source, target, assign=True, kind=None):
        kind = kind or self.warehouse.int_type_id
        places = {"location_id": source.id, "location_dest_id": target.id}
        # A document of its own: Odoo would add it to another open one.
        picking = self.env["stock.picking"].create({"picking_type_id": kind.id, **places})
        move = self.env["stock.move"].create(
            {
                "product_id": item.id,
                "product_uom_qty": quantity,
                "picking_id": picking.id,
                "picking_type_id": kind.id,
                **places,
            }
        )
        move = move._action_confirm(merge=False)
        if assign:
            move._action_assign()
        else:
            move._do_unreserve()
        return move

    def _open(self, item, source):
        """The open transfers of an item from a place."""
        return self.env["stock.picking"].search(
            [
                ("move_ids.product_id", "=", item.id),
                ("location_id", "=", source.id),
                ("state", "not in", ("done", "cancel")),
            ]
        )

    def assertBuys(self, warehouse):
        rows = self._purchase(choose="backordered", warehouse_id=warehouse.id).line_ids
        bought = {row.product_id: row.needed_qty for row in rows}
        expected = {item.name: buys for item, place, buys in self.cases if place == warehouse}
        self.assertEqual(
            {
                item.name: bought.get(item, 0)
                for item, place, _buys in self.cases
                if place == warehouse
            },
            expected,
        )
        return {row.product_id.name: row for row in rows}

    def assertNames(self, rows, why, *words):
        [row] = [row for name, row in rows.items() if name.endswith(why)]
        for word in words:
            self.assertIn(word, row.elsewhere or "")
            self.assertIn(word, row.receipt)
        if not words:
            self.assertFalse(row.elsewhere)


@tagged("post_install", "-at_install")
class TestPurchasePlaces(PlacesCommon):
    def test_receipts_in_two_steps(self):
        house = self._steps("TWO", reception_steps="two_steps")
        dock = house.wh_input_stock_loc_id

        self._bought(self._item("nothing came yet", 0, warehouse=house), 10, house)
        order = self._bought(self._item("it is at the dock", 0, warehouse=house), 10, house)
        self._do(order.picking_ids)
        item = self._item("it is at the dock, the transfer unreserved", 10, 20, house)
        self._do(self._bought(item, 10, house).picking_ids)
        self._open(item, dock).do_unreserve()
        item = self._item("half is at the dock", 0, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids, 5)
        item = self._item("half is on the shelf", 0, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids)
        self._do(self._open(item, dock), 5)
        item = self._item("the transfer from the dock was cancelled", 10, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids)
        self._open(item, dock).action_cancel()
        item = self._item("four were lost at the dock", 4, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids)
        self._open(item, dock).do_unreserve()
        self._stock(item, -4, dock)
        order = self._bought(self._item("it was cancelled before", 10, warehouse=house), 10, house)
        order.button_cancel()
        item = self._item("it lies at the dock and nobody moves it", 10, warehouse=house)
        self._stock(item, 10, dock)

        rows = self.assertBuys(house)
        self.assertNames(rows, "the transfer from the dock was cancelled", "Input: 10 Units")
        self.assertNames(rows, "it lies at the dock and nobody moves it", "Input: 10 Units")
        self.assertNames(rows, "the transfer unreserved")

    def test_receipts_in_three_steps_and_deliveries_in_two(self):
        house = self._steps("THR", reception_steps="three_steps", delivery_steps="pick_ship")
        dock, control = house.wh_input_stock_loc_id, house.wh_qc_stock_loc_id

        self._bought(self._item("nothing came yet", 0, warehouse=house), 10, house)
        item = self._item("it is at the dock", 0, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids)
        item = self._item("it is in quality control", 0, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids)
        self._do(self._open(item, dock))
        item = self._item("it is in quality control, unreserved", 0, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids)
        self._do(self._open(item, dock))
        self._open(item, control).do_unreserve()
        item = self._item("quality control was cancelled", 10, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids)
        self._open(item, dock).action_cancel()
        item = self._item("half failed in quality control", 5, warehouse=house)
        self._do(self._bought(item, 10, house).picking_ids)
        self._do(self._open(item, dock))
        self._do(self._open(item, control), 5, backorder=False)
        item = self._item("it was picked for a delivery that was cancelled", 10, warehouse=house)
        self._stock(item, 10, house.wh_output_stock_loc_id)

        rows = self.assertBuys(house)
        self.assertNames(rows, "quality control was cancelled", "Input: 10 Units")
        self.assertNames(rows, "half failed in quality control", "Quality Control: 5 Units")
        self.assertNames(rows, "a delivery that was cancelled", "Output: 10 Units")

    def test_manufacturing(self):
        if "mrp.production" not in self.env:
            self.skipTest("needs the module mrp, which is not installed")
        for steps, why in (("mrp_one_step", "one step"), ("pbm_sam", "three steps")):
            house = self._steps(steps[:3].upper() + "X", manufacture_steps=steps)
            item = self._item(f"six are being made in {why}", 4, warehouse=house)
            self._make(item, 6, house)
            item = self._item(f"six were made in {why}", 4, warehouse=house)
            order = self._make(item, 6, house)
            order.qty_producing = 6
            order._set_qty_producing()
            order.with_context(skip_consumption=True).button_mark_done()
            item = self._item(f"three of five are asked for in {why}", 8, warehouse=house)
            self._stock(item, 5, house.lot_stock_id)
            self._make(self._product("Made"), 3, house, part=item).do_unreserve()
            self.assertBuys(house)

    def _make(self, item, quantity, house, part=None):
        order = self.env["mrp.production"].create(
            {
                "product_id": item.id,
                "product_qty": quantity,
                "picking_type_id": house.manu_type_id.id,
            }
        )
        if part:
            order.move_raw_ids = [
                Command.create(
                    {
                        "product_id": part.id,
                        "product_uom_qty": quantity,
                        "location_id": order.location_src_id.id,
                        "location_dest_id": order.production_location_id.id,
                        "picking_type_id": house.manu_type_id.id,
                    }
                )
            ]
        order.action_confirm()
        return order

    def test_archived_item_that_is_needed_is_named(self):
        item = self._item("archived", 0)
        item.action_archive()
        screen = self._purchase(choose="backordered")
        self.assertFalse(screen.line_ids.filtered(lambda row: row.product_id == item))
        self.assertIn(item.name, screen.never_bought or "")

    def test_what_cannot_come_is_no_expected_date(self):
        order = self._order((self.product, 10))
        damaged = self._place("Damaged")
        self._stock(self.product, 4, damaged)
        self._transfer(self.product, 10, damaged, self.stock, assign=False)
        self.assertFalse(order.order_line.backorder_expected_date)

    def test_goods_that_go_from_shelf_to_shelf_are_expected_when_they_are_there(self):
        order = self._order((self.product, 4))
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self._stock(self.product, 4)
        move = self._transfer(self.product, 4, self.stock, shelf)
        self.assertEqual(move.state, "assigned")
        self.assertEqual(order.order_line.backorder_expected_date, move.date)
        self.assertFalse(self._purchase(choose="backordered").line_ids)


@tagged("post_install", "-at_install")
class TestGoodsComeIn(PlacesCommon):
    """*When Goods Come In* fires where fills take from: at the shelf, not at the dock."""

    def _receipts(self):
        return self.env["backorder.run"].search([("receipt_mode", "=", "auto")])

    def _work(self):
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
        self.env.invalidate_all()

    def test_receipt_in_two_steps_fills_at_the_shelf(self):
        self.company.backorder_fill_on_receipt = "auto"
        house = self._steps("TWO", reception_steps="two_steps")
        item = self._item("at the dock", 0, warehouse=house)
        line = self.env["sale.order.line"].search([("product_id", "=", item.id)])
        self._do(self._bought(item, 10, house).picking_ids)
        self.assertFalse(self._receipts(), "nothing can be filled at the dock")
        self._do(self._open(item, house.wh_input_stock_loc_id))
        self.assertEqual(len(self._receipts()), 1)
        self._work()
        self.assertEqual(line.backorder_qty, 0)

    def test_damaged_goods_that_were_mended_fill(self):
        self.company.backorder_fill_on_receipt = "auto"
        order = self._order((self.product, 4))
        damaged = self._place("Damaged")
        self._stock(self.product, 4, damaged)
        move = self._transfer(self.product, 4, damaged, self.stock)
        self._do(move.picking_id)
        self.assertEqual(len(self._receipts()), 1)
        self._work()
        self.assertEqual(order.order_line.backorder_qty, 0)

    def test_moving_between_shelves_fills_nothing(self):
        self.company.backorder_fill_on_receipt = "auto"
        self._order((self.product, 9))
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self._stock(self.product, 4)
        self._do(self._transfer(self.product, 4, self.stock, shelf).picking_id)
        self.assertFalse(self._receipts())

    def test_receipt_in_one_step_fills(self):
        self.company.backorder_fill_on_receipt = "auto"
        self._order((self.product, 9))
        self._receive(self.product, 4)
        self.assertEqual(len(self._receipts()), 1)
