"""First come, first served binds only those who came later (design 17.4): the older order is served
though younger ones wait, and keeps what it has when goods are moved about."""

from odoo.tests import tagged

from .test_doors import DoorsCommon


class ClaimsCommon(DoorsCommon):
    def _waiting(self, *quantities, product=None):
        """Orders that nothing was there for, a day between each, the oldest first."""
        orders = [self._order((product or self.product, quantity)) for quantity in quantities]
        for number, order in enumerate(orders, 1):
            order.order_line._backorder_write({"backorder_date": f"2026-01-{number:02d} 12:00:00"})
        return orders

    def _quant(self, product, lot=None):
        return self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "=", self.stock.id),
                ("lot_id", "=", lot.id if lot else False),
            ]
        )

    def _filled_and_waiting(self, product):
        """An older order that a fill gave 5, and a younger one that waits for 5."""
        self.company.backorder_fill_approved = "same_order"
        older, newer = self._waiting(5, 5, product=product)
        if product.tracking == "none":
            self._stock(product, 5)
        else:
            self._stock(product, 5, lot=self._lot(product, "L1"))
        older.fill_backorders()
        self.assertHeld(older.order_line, 0, 5)
        self.assertHeld(newer.order_line, 5, 0)
        return older, newer

    def _lot(self, product, name):
        return self.env["stock.lot"].create({"name": name, "product_id": product.id})

    def _assert_kept(self, older, newer):
        self.assertHeld(older.order_line, 0, 5)
        self.assertEqual(older.order_line.backorder_state, "filled")
        self.assertEqual(older.order_line.backorder_filled_qty, 5)
        self.assertHeld(newer.order_line, 5, 0)


@tagged("post_install", "-at_install")
class TestClaims(ClaimsCommon):
    # -- the older is served, though a younger one waits -------------------------------------------

    def test_goods_are_assigned_to_the_older_order_though_a_newer_one_waits(self):
        older, newer = self._waiting(5, 5)
        receipt = self._receive(self.product, 5)
        self._assign(self._move(older), 5, receipt)
        self.assertHeld(older.order_line, 0, 5)
        self.assertHeld(newer.order_line, 5, 0)

    def test_a_raised_item_of_the_older_order_comes_before_a_newer_one(self):
        older, newer = self._waiting(5, 5)
        self._stock(self.product, 5)
        older.order_line.product_uom_qty = 10
        self.assertHeld(older.order_line, 5, 5)
        self.assertHeld(newer.order_line, 5, 0)

    def test_a_raised_item_of_the_newer_order_gets_nothing_of_the_olders(self):
        older, newer = self._waiting(5, 5)
        self._stock(self.product, 5)
        newer.order_line.product_uom_qty = 10
        self.assertHeld(newer.order_line, 10, 0)
        self.assertHeld(older.order_line, 5, 0)

    def test_the_middle_one_comes_before_the_last_and_after_the_first(self):
        first, middle, last = self._waiting(3, 5, 5)
        self._stock(self.product, 7)
        middle.order_line.product_uom_qty = 12
        self.assertHeld(middle.order_line, 8, 4)
        self.assertHeld(first.order_line, 3, 0)
        self.assertHeld(last.order_line, 5, 0)

    def test_a_kit_of_the_older_order_comes_before_a_newer_one(self):
        kit = self._kit("Set", (self.product, 2))
        [older] = self._waiting(2, product=kit)
        newer = self._order((self.product, 5))
        self._stock(self.product, 4)
        older.order_line.product_uom_qty = 4
        self.assertEqual(self._reserved(older), 4)
        self.assertHeld(newer.order_line, 5, 0)

    def test_a_quotation_of_old_comes_after_those_who_wait(self):
        """It waits since it is confirmed, however old its number."""
        quotation = self._order((self.product, 5), confirm=False)
        self._waiting(5)
        self._stock(self.product, 5)
        quotation.action_confirm()
        self.assertHeld(quotation.order_line, 5, 0)

    def test_whose_claim_is_released_binds_nobody(self):
        older, newer = self._waiting(5, 5)
        older.order_line._backorder_write({"backorder_claim_released": True})
        self._stock(self.product, 5)
        newer.order_line.product_uom_qty = 10
        self.assertHeld(newer.order_line, 5, 5)

    # -- what a fill gave stays, when goods are moved about ----------------------------------------

    def test_filled_goods_that_are_relocated_stay_with_their_order(self):
        older, newer = self._filled_and_waiting(self.product)
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self._quant(self.product).move_quants(location_dest_id=shelf, message="tidy up")
        self._assert_kept(older, newer)

    def test_filled_goods_that_are_packed_stay_with_their_order(self):
        older, newer = self._filled_and_waiting(self.product)
        package = self.env["stock.package"].create({"name": "BOX"})
        self._quant(self.product).move_quants(package_dest_id=package, message="packed")
        self._assert_kept(older, newer)

    def test_filled_goods_that_a_transfer_brings_to_another_shelf_stay_with_their_order(self):
        older, newer = self._filled_and_waiting(self.product)
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": shelf.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": 5,
                            "location_id": self.stock.id,
                            "location_dest_id": shelf.id,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.write({"quantity": 5, "picked": True})
        picking._action_done()
        self._assert_kept(older, newer)

    def test_scrap_of_its_lot_gives_the_older_order_another(self):
        product = self._product("Paint", tracking="lot")
        older, newer = self._filled_and_waiting(product)
        other = self._lot(product, "L2")
        self._stock(product, 2, lot=other)
        lot = older.picking_ids.move_line_ids.lot_id
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": product.id,
                "scrap_qty": 2,
                "lot_id": lot.id,
                "location_id": self.stock.id,
            }
        )
        scrap.do_scrap()
        self._assert_kept(older, newer)
        self.assertEqual(older.picking_ids.move_line_ids.lot_id, lot | other)

    def test_scrap_of_another_lot_leaves_the_older_order_alone(self):
        product = self._product("Paint", tracking="lot")
        older, newer = self._filled_and_waiting(product)
        other = self._lot(product, "L2")
        self._stock(product, 2, lot=other)
        self.env["stock.scrap"].create(
            {
                "product_id": product.id,
                "scrap_qty": 2,
                "lot_id": other.id,
                "location_id": self.stock.id,
            }
        ).do_scrap()
        self._assert_kept(older, newer)

    # -- in an old and large shop ------------------------------------------------------------------

    def test_what_is_not_in_stock_is_shared_out_among_nobody(self):
        """Thousands may wait for it: they are read once there is something to be shared out."""
        supply = self.env["backorder.supply"]
        self._waiting(5, 3)
        self.env.flush_all()
        self.assertFalse(supply._read_owed(self.product, None, {}))
        self._stock(self.product, 1)
        self.env.flush_all()
        (claim,) = supply._read_owed(self.product, None, {})
        self.assertEqual(claim.quantity, 8)
        newest = self._order((self.product, 4))
        self.assertHeld(newest.order_line, 4, 0)
