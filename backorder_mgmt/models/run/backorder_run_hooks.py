"""The named hooks of applying: what other rooms, and other addons, do about a fill.

Extend them by ``_inherit = "backorder.run"``, and call ``super()``. They are called for each batch
of orders, in its transaction, as superuser, by fills and by the Multi-Order Processor
(``self.kind``). What raises an error undoes its order, which says so.
"""

from odoo import models


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _before_fill(self, rows):
        """The stock of these orders is locked, nothing of them is filled yet.

        :param rows: their ``backorder.run.order``
        """

    def _after_fill(self, rows, filled):
        """These orders are filled, their results are written, and nothing is approved yet.

        :param rows: their ``backorder.run.order``; of a fill with ``outcome`` and ``new_order_id``
        :param filled: {order line: quantity filled, in its unit}
        """

    def _before_approve(self, orders):
        """These quotations are to be approved: new orders of a fill, orders of the processor.

        :return: those of them to approve now; the others wait, and who holds them back approves
            them and calls :meth:`_after_approve`
        """
        return orders

    def _after_approve(self, rows):
        """These orders are done: approved where that is asked for, and waiting for nothing.

        :param rows: their ``backorder.run.order``
        """
