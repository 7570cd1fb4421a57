"""Kits and items that are ordered more or less, exchanged, or sent again after they were begun."""

from odoo import Command
from odoo.tests import tagged

from .test_doors import DoorsCommon


class ChangesCommon(DoorsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.backorder_fill_approved = "same_order"

    def _open(self, order):
        """What is to be taken from the shelf."""
        return order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel") and p.location_id == self.stock
        )

    def _has(self, order, product):
        """What the customer has of ``product``, by the deliveries and returns that are done."""
        done = order.order_line.move_ids.filtered(
            lambda move: move.state == "done" and move.product_id == product
        )
        sent = done.filtered(lambda move: move.location_dest_id.usage == "customer")
        back = done.filtered(lambda move: move.location_id.usage == "customer")
        return sum(sent.mapped("quantity")) - sum(back.mapped("quantity"))

    def _exchange(self, picking, quantities, refund):
        """The return of ``{product or move: quantity}``, for which others are sent."""
        wizard = (
            self.env["stock.return.picking"]
            .with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
            .create({"picking_id": picking.id})
        )
        for row in wizard.product_return_moves:
            row.quantity = quantities.get(row.move_id, quantities.get(row.product_id, 0))
            row.to_refund = refund
        return self.env["stock.picking"].browse(wizard.action_create_exchanges()["res_id"])

    def assertNeeded(self, order, needed):
        """So many of the order's item are needed, and everything agrees with everything."""
        self.assertInvariants(order)
        self.assertEqual(self.env["backorder.check"].run_checks(), [])
        line = order.order_line
        self.assertAlmostEqual(line.backorder_qty, needed, 4)
        for product, (opened, reserved) in self._open_demand(line).items():
            if not needed:
                self.assertAlmostEqual(opened, reserved, 2, f"{product.name} is needed by nobody")

    def _fill_and_send_all(self, order):
        """Plenty comes in: all of it is filled and sent, and nothing is left over."""
        for product in (self.product, self.other):
            self._stock(product, 100)
        self.env.invalidate_all()
        order.fill_backorders()
        self.assertNeeded(order, 0)
        for _step in range(2):
            for picking in order.picking_ids.filtered(
                lambda p: p.state == "assigned" and p.location_id.usage == "internal"
            ):
                self._deliver(picking)
        left = order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel") and p.location_id.usage == "internal"
        )
        self.assertFalse(left, "left over")


@tagged("post_install", "-at_install")
class TestComponentTwice(ChangesCommon):
    """A toolbox is sold as two hammers, one more hammer, and a pack of nails."""

    def _toolboxes(self, ordered, stocked):
        self.kit = self._kit("Toolbox", (self.product, 2), (self.product, 1), (self.other, 1))
        self._stock(self.product, 3 * stocked)
        self._stock(self.other, stocked)
        return self._order((self.kit, ordered))

    def _test_exchange(self, kits, refund):
        order = self._toolboxes(3, 3)
        line, sent = order.order_line, order.picking_ids
        self._deliver(sent)
        back = self._exchange(sent, {m: m.quantity * kits / 3 for m in sent.move_ids}, refund)
        self.assertNeeded(order, kits)
        self._done(back)
        self.assertNeeded(order, kits)
        self._count(self.product, 0)
        self._count(self.other, 0)
        self._receive(self.product, 3 * kits)
        self._receive(self.other, kits)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_fillable_qty, kits)
        order.fill_backorders()
        self.assertNeeded(order, 0)
        self._deliver(self._open(order))
        self.assertFalse(self._open(order))
        self.assertEqual(self._has(order, self.product), 9)
        # as Odoo counts: what came back without *Update quantities* was delivered, too
        self.assertEqual(line.qty_delivered, 3 if refund else 3 + kits)

    def test_one_of_three_is_exchanged(self):
        self._test_exchange(1, refund=False)

    def test_all_are_exchanged_and_quantities_updated(self):
        self._test_exchange(3, refund=True)

    def test_more_are_ordered(self):
        order = self._toolboxes(2, 2)
        order.order_line.product_uom_qty = 5
        self.assertNeeded(order, 3)
        self._fill_and_send_all(order)
        self.assertEqual(order.order_line.qty_delivered, 5)
        self.assertEqual(self._has(order, self.product), 15)

    def test_fewer_are_ordered_after_some_were_sent(self):
        order = self._toolboxes(5, 2)
        self._deliver(order.picking_ids)
        order.order_line.product_uom_qty = 6
        self.assertNeeded(order, 4)
        order.order_line.product_uom_qty = 4
        self.assertNeeded(order, 2)
        self._fill_and_send_all(order)
        self.assertEqual(order.order_line.qty_delivered, 4)
        self.assertEqual(self._has(order, self.product), 12)

    def test_more_are_ordered_in_two_steps(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._toolboxes(2, 2)
        order.order_line.product_uom_qty = 3
        self.assertNeeded(order, 1)
        self._fill_and_send_all(order)
        self.assertEqual(order.order_line.qty_delivered, 3)

    def test_a_kit_in_the_kit_has_the_same_component(self):
        inner = self._kit("Inner", (self.product, 2))
        kit = self._kit("Outer", (inner, 1), (self.product, 1))
        self._stock(self.product, 4)
        order = self._order((kit, 3))
        self.assertNeeded(order, 2)
        order.order_line.product_uom_qty = 4
        self.assertNeeded(order, 3)
        self._fill_and_send_all(order)
        self.assertEqual(self._has(order, self.product), 12)

    def test_a_second_life_after_some_were_sent(self):
        order = self._toolboxes(5, 2)
        self._deliver(order.picking_ids)
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertNeeded(order, 3)
        self._fill_and_send_all(order)
        self.assertEqual(self._has(order, self.product), 15)

    def test_ordered_for_nothing_and_again(self):
        order = self._toolboxes(4, 2)
        order.order_line.product_uom_qty = 0
        self.assertNeeded(order, 0)
        order.order_line.product_uom_qty = 3
        self.assertNeeded(order, 1)
        self._fill_and_send_all(order)
        self.assertEqual(order.order_line.qty_delivered, 3)

    def test_one_is_sent_and_what_was_typed_off_stays_for_the_others(self):
        order = self._toolboxes(4, 3)
        picking = order.picking_ids
        nails = picking.move_ids.filtered(lambda move: move.product_id == self.other)
        nails.move_line_ids.quantity = 1
        self.assertNeeded(order, 3)
        self._deliver(picking)
        self.assertNeeded(order, 1)
        self.assertEqual(sorted(self._open(order).move_ids.mapped("quantity")), [2, 2, 4])
        self._fill_and_send_all(order)
        self.assertEqual(self._has(order, self.product), 12)


@tagged("post_install", "-at_install")
class TestKitChanges(ChangesCommon):
    """A toolbox is sold as two hammers and one pack of nails."""

    def setUp(self):
        super().setUp()
        self.kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))

    def _test_a_broken_hammer(self, refund):
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        order = self._order((self.kit, 3))
        self._deliver(order.picking_ids)
        back = self._exchange(order.picking_ids, {self.product: 1}, refund)
        self.assertNeeded(order, 1)
        self._done(back)
        self.assertNeeded(order, 1)
        self._count(self.product, 0)
        self._receive(self.product, 1)
        self.env.invalidate_all()
        # the rest of that toolbox is with the customer: one hammer completes it
        self.assertEqual(order.order_line.backorder_fillable_qty, 1)
        order.fill_backorders()
        self.assertNeeded(order, 0)
        self._deliver(self._open(order))
        self.assertFalse(self._open(order))
        self.assertEqual(self._has(order, self.product), 6)

    def test_a_broken_hammer_is_exchanged(self):
        self._test_a_broken_hammer(refund=False)

    def test_a_broken_hammer_is_exchanged_and_quantities_updated(self):
        self._test_a_broken_hammer(refund=True)

    def test_a_dozen_becomes_thirteen_pieces(self):
        self._stock(self.product, 9)
        self._stock(self.other, 9)
        order = self._order((self.kit, 1, {"product_uom_id": self.dozen.id}))
        line = order.order_line
        self.assertAlmostEqual(line.backorder_hold_product_qty, 8)
        line.write({"product_uom_id": self.unit.id, "product_uom_qty": 13})
        self.assertNeeded(order, 9)
        self._fill_and_send_all(order)
        self.assertEqual(self._has(order, self.product), 26)

    def _test_reserved_ahead(self):
        """Somebody reserved the nails of one toolbox; hammers come in for it, and nothing else."""
        self.company.backorder_fill_approved = "new_order"
        order = self._order((self.kit, 3))
        self._stock(self.other, 1)
        nails = self._open(order).move_ids.filtered(lambda move: move.product_id == self.other)
        nails.quantity = 1
        self._receive(self.product, 2)
        self.env.invalidate_all()
        self.assertEqual(order.order_line.backorder_fillable_qty, 1)
        order.fill_backorders()
        new = order.backorder_child_ids or order
        line = new.order_line
        self.assertEqual(line.backorder_reserved_qty, 1)
        self.assertEqual(line.backorder_hold_qty, line.backorder_qty)
        self.assertEqual(self.env["backorder.check"].run_checks(), [])
        self.assertInvariants(order | new)
        self.assertEqual(sum((order | new).order_line.mapped("backorder_qty")), 2)

    def test_a_kit_whose_component_is_reserved_ahead_is_filled(self):
        self._test_reserved_ahead()

    def test_a_kit_whose_component_is_reserved_ahead_is_filled_in_two_steps(self):
        self.warehouse.delivery_steps = "pick_ship"
        self._test_reserved_ahead()

    def test_fewer_are_ordered_after_the_pick_was_printed(self):
        self.warehouse.delivery_steps = "pick_ship"
        self._stock(self.product, 6)
        self._stock(self.other, 3)
        order = self._order((self.kit, 12))
        self._open(order).printed = True
        order.order_line.product_uom_qty = 7
        # three of the seven are reserved
        self.assertNeeded(order, 4)


@tagged("post_install", "-at_install")
class TestQuotationLowered(ChangesCommon):
    def _test_lowered(self):
        order = self._order((self.product, 10), confirm=False)
        line = order.order_line
        order.force_backorders()
        self._stock(self.product, 6)
        order.fill_backorders()
        self.assertEqual((line.backorder_promised_qty, line.backorder_filled_qty), (6, 6))
        line.product_uom_qty = 4
        self.assertNeeded(order, 0)
        # nothing is filled that is not set aside, and the others may have what is left
        self.assertEqual((line.backorder_promised_qty, line.backorder_filled_qty), (4, 4))
        rival = self._order((self.product, 3))
        self.assertHeld(rival.order_line, 1 if self.company.backorder_auto else 0, 2)

    def test_below_what_is_set_aside(self):
        self._test_lowered()

    def test_below_what_is_set_aside_without_the_rule(self):
        self.company.backorder_auto = False
        self._test_lowered()

    def test_another_warehouse_sets_nothing_aside(self):
        second = self.env["stock.warehouse"].create({"name": "Second", "code": "SEC"})
        order = self._order((self.product, 10), confirm=False)
        self._stock(self.product, 6)
        order.fill_backorders()
        order.warehouse_id = second
        self.assertEqual(order.order_line.backorder_promised_qty, 0)
        rival = self._order((self.product, 6))
        self.assertHeld(rival.order_line, 0, 6)


@tagged("post_install", "-at_install")
class TestMoreDoors(ChangesCommon):
    """Doors at which nothing was found, and which tell most."""

    def _six_of_ten(self):
        self._stock(self.product, 6)
        return self._order((self.product, 10))

    def test_rows_in_dozens_on_a_delivery_in_pieces(self):
        self._stock(self.product, 24)
        order = self._order((self.product, 30))
        row = order.picking_ids.move_line_ids
        row.write({"product_uom_id": self.dozen.id, "quantity": 1})
        self.assertHeld(order.order_line, 18, 12)
        order.picking_ids.action_assign()
        self.assertHeld(order.order_line, 18, 12)

    def test_part_of_a_delivery_goes_to_another_transfer(self):
        order = self._six_of_ten()
        picking = order.picking_ids
        new = self.env["stock.move"].create(picking.move_ids._split(4))
        new.picking_id = picking.copy({"move_ids": [], "move_line_ids": []})
        new._action_confirm(merge=False)
        self.assertHeld(order.order_line, 4, 6)
        self._fill_and_send_all(order)
        self.assertEqual(self._has(order, self.product), 10)

    def test_several_items_written_by_one_call(self):
        self._stock(self.product, 6)
        order = self._order((self.product, 10), (self.other, 5))
        first, second = order.order_line
        order.write(
            {
                "order_line": [
                    Command.update(first.id, {"product_uom_qty": 3, "price_unit": 4}),
                    Command.update(second.id, {"product_uom_qty": 8}),
                    Command.create({"product_id": self.product.id, "product_uom_qty": 4}),
                ]
            }
        )
        self.assertEqual(order.order_line.mapped("backorder_qty"), [0, 8, 1])
        self.assertEqual(order.order_line.mapped("backorder_reserved_qty"), [3, 0, 3])
        self.assertInvariants(order)

    def test_the_delivery_of_another_operation(self):
        order = self._six_of_ten()
        picking = order.picking_ids
        picking.picking_type_id = picking.picking_type_id.copy(
            {"name": "Express", "sequence_code": "EXP"}
        )
        self.assertHeld(order.order_line, 4, 6)
        self._fill_and_send_all(order)
        self.assertEqual(self._has(order, self.product), 10)
