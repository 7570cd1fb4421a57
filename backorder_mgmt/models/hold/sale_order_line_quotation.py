"""What quotation lines lack: a figure that informs and holds no stock (`_backorder_refigure`)."""

from odoo import models

from ...engine import is_more
from ..base.meanwhile import Meanwhile

#: The caller knows what the lines lack that it makes or writes.
figured = Meanwhile(default=False)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_refigure(self):
        """Work out the automatic figure of quotation lines: what stock cannot cover.

        It informs and holds no stock. Lines of one order share what is there; what is set
        aside for a filled line is its own.
        """
        if figured.now(self.env):
            return
        lines = self.filtered(
            lambda line: line.state in ("draft", "sent")
            and line.product_id
            and not line.display_type
        )
        by_hand = lines.filtered(lambda line: not line._backorder_is_automatic())
        by_hand._backorder_lower_quotations()
        lines = lines.order_id.order_line & (lines - by_hand)
        if not lines:
            return
        # Lines of the same order compete for the same stock: they are worked out together.
        lines = lines.order_id.order_line.filtered(
            lambda line: line.product_id in lines.product_id and not line.display_type
        )
        holds, set_aside = {}, {}
        for line, uncovered in lines._backorder_uncovered().items():
            owed = line._backorder_owed()
            hold = uncovered
            if line.backorder_forced_product_qty:
                hold = min(owed, max(uncovered, line._backorder_with_forced(uncovered)))
            if line._backorder_compare(hold, line.backorder_hold_qty):
                holds[line] = hold
            kept = max(0.0, min(line.backorder_promised_qty, owed - hold))
            if is_more(line.backorder_promised_qty, kept):
                set_aside[line] = kept
        self._backorder_set_aside_less(set_aside)
        if holds:
            self._backorder_set_holds(holds, "auto")

    def _backorder_lower_quotations(self):
        """No rule works these out: lowering a quotation takes from what waits first."""
        holds, set_aside = {}, {}
        for line in self.filtered(
            lambda line: line.backorder_hold_qty or line.backorder_promised_qty
        ):
            owed = line._backorder_owed()
            kept = min(line.backorder_promised_qty, owed)
            if is_more(line.backorder_promised_qty, kept):
                set_aside[line] = kept
            if line._backorder_compare(line.backorder_hold_qty, owed - kept) > 0:
                holds[line] = owed - kept
        self._backorder_set_aside_less(set_aside)
        if holds:
            self._backorder_set_holds(holds, "adjust", self.env._("Ordered quantity lowered"))

    def _backorder_uncovered(self):
        """{line: what free stock does not cover of it, in its unit} for quotation lines; lines of
        one order share what is there. Lines that are not kept in stock are left out."""
        facts = self._backorder_facts()
        made_to_order = self.filtered("is_mto")
        lines = self.filtered(lambda line: facts.parts[line])
        supply = self.env["backorder.supply"]._gather(
            lines._backorder_part_products(facts.parts),
            facts.places(lines),
            orders=lines.order_id,
            opened=True,
            asking=lines,
        )
        # Quotations hold no stock: each order counts on all that is free.
        free = {
            order: supply.copy_for(of_order._backorder_part_products(facts.parts).ids)
            for order, of_order in lines.grouped("order_id").items()
        }
        uncovered = {}
        for line in lines:
            covered = owed = line._backorder_owed()
            if line not in made_to_order:
                covered = line._backorder_take(free[line.order_id], facts, owed)
            uncovered[line] = max(0.0, owed - covered)
        return uncovered
