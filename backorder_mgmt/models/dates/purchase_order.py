"""Purchase orders whose goods come later: one note of the told dates that this breaks."""

from odoo import models

_PENDING = "backorder_mgmt.delayed_purchases"


class PurchaseOrder(models.Model):
    _name = "purchase.order"
    _inherit = ["purchase.order", "backorder.affected"]

    def _backorder_arriving_moves(self):
        return self.order_line.move_ids

    def _backorder_before_delay(self):
        """The goods of these orders are about to come later: remember whose told dates hold.

        What becomes of them is looked at once, when everything of this transaction is done: a
        postponed order writes its lines and moves one by one.
        """
        pending = self.env.cr.precommit.data.setdefault(_PENDING, {})
        new = self.sudo().filtered(lambda order: order.id not in pending)
        if not new:
            return
        if not pending:
            self.env.cr.precommit.add(new.browse()._backorder_note_delays)
        # Everybody in these queues: where another order steps in, those behind get theirs later.
        lines = self.env["sale.order.line"].sudo()
        queues = lines._backorder_waiting_for(new.order_line.move_ids)
        told = lines.browse({line_id for ids in queues.values() for line_id in ids})
        told = told.filtered("backorder_promised_date")
        holding = told - told._backorder_got_worse()
        for order in new:
            products = set(order.order_line.product_id.ids)
            pending[order.id] = [
                line_id
                for (product_id, _warehouse_id), ids in queues.items()
                if product_id in products
                for line_id in ids
                if line_id in holding._ids
            ]

    def _backorder_note_delays(self):
        """Called before the commit: one note on each order that breaks told dates."""
        pending = self.env.cr.precommit.data.pop(_PENDING, {})
        lines = self.env["sale.order.line"].sudo()
        worse = lines.browse({line for ids in pending.values() for line in ids})
        worse = worse.exists()._backorder_got_worse()
        bodies = {}
        for order_id, ids in pending.items():
            own = worse.filtered(lambda line, ids=ids: line.id in ids)
            if own:
                bodies[order_id] = self.env._(
                    "Comes later, so these customers get their goods later than they were told: "
                    "%(orders)s.",
                    orders="; ".join(line._backorder_delay_label() for line in own),
                )
        if bodies:
            self.sudo().browse(bodies)._message_log_batch(bodies=bodies)
            self.env.flush_all()
