"""Expected dates of many: what a date that moves costs."""

from odoo import Command
from odoo.tests import tagged

from .test_dates import LATER, SOON, DatesCommon


@tagged("post_install", "-at_install")
class TestDatesOfMany(DatesCommon):
    """600 lines wait for one product: a date that moves costs a few queries, not 600."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        orders = cls.env["sale.order"].create(
            [
                {
                    "partner_id": cls.customer.id,
                    "warehouse_id": cls.warehouse.id,
                    "order_line": [
                        Command.create({"product_id": cls.product.id, "product_uom_qty": 1})
                        for _ in range(100)
                    ],
                }
                for _ in range(6)
            ]
        )
        orders.action_confirm()
        cls.lines = orders.order_line

    def _queries(self, act):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        act()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_queries(self):
        self.assertEqual(sum(self.lines.mapped("backorder_qty")), 600)
        purchase = self._purchase((self.product, 600), confirm=False)

        purchase.button_confirm()
        self.env.flush_all()
        self.assertEqual(set(self.lines.mapped("backorder_expected_date")), {SOON})

        def postpone():
            purchase.picking_ids.scheduled_date = LATER

        # Without anybody waiting the same takes about 15.
        self.assertLessEqual(self._queries(postpone), 60)
        self.assertEqual(set(self.lines.mapped("backorder_expected_date")), {LATER})
        # One more order in the queue moves nobody else.
        order = self._order((self.product, 1), confirm=False)
        self.assertLessEqual(self._queries(order.action_confirm), 200)
        writes = self._updates(lambda: self._order((self.product, 1)))
        self.assertFalse(writes & set(self.lines.ids))

    def _updates(self, act):
        """Ids of the lines that ``act`` wrote a date of."""
        written = set()
        field = self.env["sale.order.line"]._fields["backorder_expected_date"]
        original = type(field).write

        def write(field_, records, value):
            if field_ is field:
                written.update(records.ids)
            return original(field_, records, value)

        self.patch(type(field), "write", write)
        act()
        self.env.flush_all()
        return written
