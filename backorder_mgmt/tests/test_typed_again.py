"""What was typed down on a delivery, and is typed up again later, is not put back once more."""

from odoo.tests import tagged

from .test_outside_moves import StrangeCommon


@tagged("post_install", "-at_install")
class TestTypedAgain(StrangeCommon):
    def _sent_in_part(self, order, send=6):
        """Four more come in, what was typed is sent, and nobody fills the rest."""
        self._receive(self.product, 4)
        self._deliver(self._open(order), {self.product: send})
        self.assertHeld(order.order_line, 4, 0)
        self._fill_and_ship(order, 10)

    def test_nothing_and_then_all_of_it(self):
        order = self._six_of_ten()
        move = self._open(order).move_ids
        move.quantity = 0
        self.assertHeld(order.order_line, 10, 0)
        move.quantity = 6
        self.assertHeld(order.order_line, 4, 6)
        self._sent_in_part(order)

    def test_rows_deleted_and_entered_anew(self):
        order = self._six_of_ten()
        move = self._open(order).move_ids
        row = move.move_line_ids
        values = {
            "move_id": move.id,
            "picking_id": move.picking_id.id,
            "product_id": self.product.id,
            "product_uom_id": self.unit.id,
            "location_id": self.stock.id,
            "location_dest_id": move.location_dest_id.id,
        }
        row.unlink()
        for quantity in (2, 4):
            self.env["stock.move.line"].create({**values, "quantity": quantity})
        self.assertHeld(order.order_line, 4, 6)
        self._sent_in_part(order)

    def test_a_package_is_added_whole(self):
        package = self.env["stock.package"].create({"name": "Crate"})
        self.env["stock.quant"]._update_available_quantity(
            self.product, self.stock, 6, package_id=package
        )
        order = self._order((self.product, 10))
        self._open(order).action_add_entire_packs(package.ids)
        self.assertHeld(order.order_line, 4, 6)
        self._sent_in_part(order)

    def test_a_part_of_it_is_typed_up_again(self):
        """Two stay typed down: they are reserved for the rest, as they were before."""
        order = self._six_of_ten()
        move = self._open(order).move_ids
        move.quantity = 0
        move.quantity = 4
        self.assertHeld(order.order_line, 6, 4)
        self._receive(self.product, 4)
        self._deliver(self._open(order), {self.product: 4})
        self.assertHeld(order.order_line, 4, 2)
        self._fill_and_ship(order, 10)

    def test_a_fill_reserves_it_again(self):
        order = self._six_of_ten()
        self._open(order).move_ids.quantity = 0
        order.fill_backorders({order.order_line.id: 6})
        self.assertHeld(order.order_line, 4, 6)
        self._sent_in_part(order)

    def test_a_fill_moves_it_to_a_new_order(self):
        order = self._six_of_ten()
        self._open(order).move_ids.quantity = 2
        self.company.backorder_fill_approved = "new_order"
        order.fill_backorders({order.order_line.id: 4})
        self.assertHeld(order.order_line, 4, 2)
        self._receive(self.product, 4)
        self._deliver(self._open(order), {self.product: 2})
        self.assertHeld(order.order_line, 4, 0)

    def test_what_was_typed_down_is_forced(self):
        order = self._six_of_ten()
        self._open(order).move_ids.quantity = 2
        order.force_backorders({order.order_line.id: 8})
        self._deliver(self._open(order), {self.product: 2})
        self.assertHeld(order.order_line, 8, 0)
        self._fill_and_ship(order, 10)
