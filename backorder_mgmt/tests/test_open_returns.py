"""Orders that still wait for items while the customer sends some back: the return is not in yet."""

from odoo.tests import tagged

from .common import BackorderCommon


@tagged("post_install", "-at_install")
class TestOpenReturns(BackorderCommon):
    def _four_of_ten_sent_and_two_on_their_way_back(self, **options):
        self._stock(self.product, 4)
        order = self._order((self.product, 10))
        sent = order.picking_ids
        self._deliver(sent)
        return order, self._plan_return(sent, {self.product: 2}, **options)

    def _test_filled(self, **options):
        order, back = self._four_of_ten_sent_and_two_on_their_way_back(**options)
        self._stock(self.product, 6)
        self.env.invalidate_all()
        run = order.fill_backorders()
        self.assertEqual(run.line_ids.mapped("filled_qty"), [6])
        family = order | order.backorder_child_ids
        self.assertEqual(sum(family.order_line.mapped("backorder_reserved_qty")), 6)
        self.assertInvariants(family)
        back.move_ids.picked = True
        back._action_done()
        self.assertInvariants(family)
        self.assertEqual(self.env["backorder.check"].run_checks(), [])

    def test_filled_on_its_order(self):
        self.company.backorder_fill_approved = "same_order"
        self._test_filled(refund=False)

    def test_filled_as_a_new_order(self):
        self._test_filled(refund=False)

    def test_filled_as_a_new_order_and_quantities_updated(self):
        self._test_filled(refund=True)

    def test_the_amount_due_is_shown(self):
        order, _back = self._four_of_ten_sent_and_two_on_their_way_back(refund=True)
        self.env.invalidate_all()
        self.assertAlmostEqual(order.backorder_amount_due, order.amount_total)

    def test_the_rest_is_cancelled(self):
        order, back = self._four_of_ten_sent_and_two_on_their_way_back(refund=True)
        order.cancel_backorders()
        self.assertEqual(order.order_line.product_uom_qty, 4)
        self.assertAlmostEqual(order.backorder_amount_due, order.amount_total)
        back.move_ids.picked = True
        back._action_done()
        self.env.invalidate_all()
        self.assertAlmostEqual(order.backorder_amount_due, order.amount_total / 2)

    def test_of_kits(self):
        kit = self._kit("Toolbox", (self.product, 2), (self.other, 1))
        self._stock(self.product, 4)
        self._stock(self.other, 2)
        order = self._order((kit, 5))
        sent = order.picking_ids
        self._deliver(sent)
        self._plan_return(sent, {self.product: 2, self.other: 1}, refund=True)
        self._stock(self.product, 2)
        self._stock(self.other, 1)
        self.env.invalidate_all()
        self.assertAlmostEqual(order.backorder_amount_due, order.amount_total)
        run = order.fill_backorders()
        self.assertEqual(run.line_ids.mapped("filled_qty"), [1])
