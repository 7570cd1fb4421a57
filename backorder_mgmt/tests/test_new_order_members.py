"""New orders of unusual orders: folded sections, a month later, duplicates."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestNewOrderMembers(BackorderCommon):
    def _in_sections(self, **first):
        """Three hammers with a note in section *Set*, two nails in its subsection *Small*; a saw in
        section *Other*. All of it came in and is filled.

        :return: (order, new order)
        """
        saw = self._product("Saw")
        order = self._order((self.product, 3), (self.other, 2), (saw, 1))
        hammer, nails, last = order.order_line
        order.order_line = [
            Command.create({"display_type": "line_section", "name": "Set", "sequence": 1, **first}),
            Command.update(hammer.id, {"sequence": 2}),
            Command.create({"display_type": "line_note", "name": "Oiled", "sequence": 3}),
            Command.create({"display_type": "line_subsection", "name": "Small", "sequence": 4}),
            Command.update(nails.id, {"sequence": 5}),
            Command.create({"display_type": "line_section", "name": "Other", "sequence": 6}),
            Command.update(last.id, {"sequence": 7}),
        ]
        for product in hammer.product_id | nails.product_id | saw:
            self._stock(product, 3)
        order.fill_backorders()
        return order, order.backorder_child_ids

    def _names(self, order):
        lines = order.order_line.sorted(lambda line: (line.sequence, line.id))
        return [line.product_id.name or line.name for line in lines]

    def test_prices_that_a_section_hides_stay_hidden(self):
        for hidden in ("collapse_prices", "collapse_composition"):
            with self.subTest(hidden=hidden):
                order, new = self._in_sections(**{hidden: True})
                self.assertEqual(self._names(new), self._names(order))
                section = new.order_line.sorted("sequence")[0]
                self.assertTrue(section[hidden])
                folded = new.order_line.filtered(
                    lambda line, section=section: (
                        line.product_id and line.get_parent_section_line() == section
                    )
                )
                self.assertEqual(folded.mapped("product_id.name"), ["Hammer", "Nails"])
                run = self.env["backorder.run"].search(
                    [("run_order_ids.new_order_id", "=", new.id)]
                )
                run.action_undo()
                self.assertEqual(new.state, "cancel", "nobody added these sections")

    def test_sections_that_hide_nothing_stay_behind(self):
        _order, new = self._in_sections()
        self.assertEqual(self._names(new), ["Hammer", "Oiled", "Nails", "Saw"])

    def test_a_new_order_can_be_signed_and_paid_a_month_later(self):
        self.company.backorder_approve_new_order = False
        self.company.quotation_validity_days = 30
        order = self._order((self.product, 3), require_payment=True, require_signature=True)
        self._stock(self.product, 3)
        order.fill_backorders()
        new = order.backorder_child_ids
        self.assertFalse(new.validity_date)
        with freeze_time(fields.Datetime.now() + timedelta(days=45)):
            self.env.invalidate_all()
            self.assertFalse(new.is_expired)
            self.assertTrue(new._has_to_be_signed())
            self.assertTrue(new._has_to_be_paid())

    def test_a_duplicate_of_a_new_order_is_a_plain_quotation(self):
        order = self._order((self.product, 3))
        self._stock(self.product, 2)
        order.fill_backorders()
        for copied in (order.copy(), order.backorder_child_ids.copy()):
            self.assertFalse(copied.backorder_parent_id)
            self.assertFalse(copied.order_line.backorder_origin_line_id)
            self.assertEqual(copied.order_line.mapped("backorder_moved_qty"), [0])
            self.assertTrue(copied.validity_date)
        self.assertInvariants(order | order.backorder_child_ids)
