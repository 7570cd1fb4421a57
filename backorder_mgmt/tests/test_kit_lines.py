"""Kits with a component on two lines of their recipe, whose pieces Odoo asked for by one of them:
*Check Backorders* names them, and mends what is not reserved yet."""

from odoo.tests import tagged

from .test_kit_changes import ChangesCommon


@tagged("post_install", "-at_install")
class TestPiecesOfTheWrongLine(ChangesCommon):
    """A toolbox is sold as two hammers, one more hammer, and a pack of nails."""

    def setUp(self):
        super().setUp()
        self.kit = self._kit("Toolbox", (self.product, 2), (self.product, 1), (self.other, 1))
        self._stock(self.product, 9)
        self._stock(self.other, 3)
        self.order = self._order((self.kit, 3))
        self._deliver(self.order.picking_ids)

    def _found(self, repair=False):
        self.env.invalidate_all()
        found = self.env["backorder.check"].run_checks(repair=repair)
        return [(row["code"], row["id"], row["repaired"]) for row in found]

    def _exchange_as_odoo_does(self, kits):
        """As before this version, or with the rule off: one move of the first line's."""
        self.company.backorder_auto = False
        sent = self.order.picking_ids
        back = self._exchange(sent, {m: m.quantity * kits / 3 for m in sent.move_ids}, False)
        self._done(back)
        self.company.backorder_auto = True
        self._count(self.product, 0)
        self._count(self.other, 0)
        self.order.detect_backorders()
        self.assertEqual(len(self._open(self.order).move_ids), 2, "merged")

    def test_an_exchange_that_was_merged_is_named_mended_and_sent_whole(self):
        self._exchange_as_odoo_does(1)
        line = self.order.order_line
        self.assertIn(("recipe", line.id, False), self._found())
        self.assertIn(("recipe", line.id, True), self._found(repair=True))
        self.assertEqual(self._found(), [])
        self.assertNeeded(self.order, 1)
        self._receive(self.product, 3)
        self._receive(self.other, 1)
        self.env.invalidate_all()
        self.assertEqual(line.backorder_fillable_qty, 1)
        self.order.fill_backorders()
        self.assertNeeded(self.order, 0)
        self._deliver(self._open(self.order))
        self.assertFalse(self._open(self.order), "nothing is left")
        self.assertEqual(self._has(self.order, self.product), 9)

    def test_two_exchanged_kits(self):
        self._exchange_as_odoo_does(2)
        self._found(repair=True)
        self.assertEqual(self._found(), [])
        self._fill_and_send_all(self.order)
        self.assertEqual(self._has(self.order, self.product), 9)

    def test_what_was_ordered_more_with_the_rule_off(self):
        self.company.backorder_auto = False
        self.order.order_line.product_uom_qty = 5
        self.company.backorder_auto = True
        self.order.detect_backorders()
        self._found(repair=True)
        self.assertEqual(self._found(), [])
        self.assertNeeded(self.order, 2)
        self._fill_and_send_all(self.order)
        self.assertEqual(self.order.order_line.qty_delivered, 5)
        self.assertEqual(self._has(self.order, self.product), 15)

    def test_what_is_reserved_already_is_named_and_stays(self):
        self.company.backorder_auto = False
        self.order.order_line.product_uom_qty = 5
        self._stock(self.product, 5)
        self._open(self.order).action_assign()
        self.company.backorder_auto = True
        line = self.order.order_line
        self.assertIn(("recipe", line.id, False), self._found(repair=True))
        hammers = self._open(self.order).move_ids.filtered(lambda m: m.product_id == self.product)
        self.assertEqual(sum(hammers.mapped("quantity")), 5)
        self._open(self.order).do_unreserve()
        self.assertIn(("recipe", line.id, True), self._found(repair=True))
        self._fill_and_send_all(self.order)
        self.assertEqual(line.qty_delivered, 5)

    def test_right_ones_are_not_named(self):
        sent = self.order.picking_ids
        first = sent.move_ids.filtered(lambda m: m.product_id == self.product)[:1]
        back = self._exchange(sent, {first: 1}, False)
        self.assertEqual(self._found(), [])
        self._done(back)
        self.assertEqual(self._found(), [])
        self._return(sent, {self.product: 1}, refund=False)
        self.assertEqual(self._found(), [])
        self.order.order_line.product_uom_qty = 7
        self.assertEqual(self._found(), [])
