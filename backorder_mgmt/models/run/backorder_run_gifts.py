"""Reserved stock that changes hands by a fill rule: taken, said, and brought back."""

from odoo import models

from ...engine import is_positive


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _gift_words(self, gifts):
        """Who gives up how much.

        :param gifts: ((id of an order line, quantity in the product's unit), …)
        """
        texts = []
        for key, quantity in gifts:
            # sudo: the order that gives may be another salesperson's
            donor = self.env["sale.order.line"].sudo().browse(key)
            label = donor._backorder_quantity_label(quantity / donor._backorder_per_unit())
            texts.append(f"{label} ({donor.order_id.name})")
        return self.env._("Given up by a fill rule: %s.", ", ".join(texts))

    def _take_gifts(self, run_lines):
        """Take what the plan has donors give up for ``run_lines``, as far as they still have it."""
        wanted = {}
        for row in run_lines:
            for key, quantity in row._gifts().items():
                wanted.setdefault(key, {})[row] = quantity
        if not wanted:
            return
        donors = self.env["sale.order.line"].browse(wanted).exists()
        moves = donors._backorder_giving_moves()
        taken, given = {}, {row: {} for row in run_lines if row.gifts}
        for donor in donors:
            left = donor._backorder_sum_moves(moves.get(donor, self.env["stock.move"]))[1]
            for row, quantity in wanted[donor.id].items():
                part = min(left, quantity / donor._backorder_per_unit())
                if is_positive(part):
                    left -= part
                    taken[donor] = taken.get(donor, 0.0) + part
                    given[row][donor.id] = part * donor._backorder_per_unit()
        for row, gifts in given.items():
            row._write_gifts(gifts)
        self._move_gifts(taken, given)

    def _move_gifts(self, taken, given):
        """Put ``{donor line: quantity}`` back on backorder: it is free for who gets it."""
        if not taken:
            return
        donors = self.env["sale.order.line"].browse([donor.id for donor in taken])
        names = {}
        for row, gifts in given.items():
            for key in gifts:
                names.setdefault(key, []).append(row.order_id.name)
        for donor in donors:
            note = self.env._(
                "Given up by a fill rule for %s", ", ".join(dict.fromkeys(names[donor.id]))
            )
            donor._backorder_set_holds(
                {donor: donor.backorder_hold_qty + taken[donor]}, "adjust", note, self
            )
        donors._backorder_unreserve_held(donors._backorder_facts())
        for order, lines in donors.grouped("order_id").items():
            items = "; ".join(
                self.env._(
                    "%(product)s: %(quantity)s for %(orders)s",
                    product=line.product_id.display_name,
                    quantity=line._backorder_quantity_label(taken[line]),
                    orders=", ".join(dict.fromkeys(names[line.id])),
                )
                for line in lines
            )
            order._message_log(
                body=self.env._(
                    "Reserved stock given up by a fill rule (%(run)s): %(items)s",
                    run=self.name,
                    items=items,
                )
            )

    def _return_gifts(self, run_lines, quantities):
        """Bring back what donors gave for lines of which less is filled than was planned.

        :param quantities: {line: quantity that is filled}
        """
        for row in run_lines.filtered("gifts"):
            line = row.sale_line_id
            lacking = row.planned_qty - quantities.get(line, 0.0)
            if line._backorder_compare(lacking, 0.0) > 0:
                kept = row._bring_back_gifts(lacking * line._backorder_per_unit())
                row._write_gifts(kept)
