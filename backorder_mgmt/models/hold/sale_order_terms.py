"""What a fill may give an order: one rule for badges, dialogs, previews and fills.

An order that is filled completely or not at all, and what else its customer agreed to. What of the
free stock a line can reach says `sale_order_line_reach.py`.
"""

from odoo import models
from odoo.tools import format_amount, format_date

from ...engine import is_more, is_positive


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_complete_reason(self):
        """Whose wish it is that this order is filled completely or not at all.

        :return: ``customer_complete``: the customer takes complete orders only; ``last_shipment``:
            it is the last of the shipments that they take; ``not_complete``: it ships as soon as
            all is ready; nothing: what there is may be filled
        """
        self.ensure_one()
        if self._backorder_waits_for_nothing():
            return ""
        if self.backorder_policy == "complete":
            return "customer_complete"
        most = self.backorder_max_shipments
        if most > 0 and self._backorder_shipments() + self._backorder_next_shipments() >= most:
            return "last_shipment"
        return "not_complete" if self.state == "sale" and self.picking_policy == "one" else ""

    def _backorder_waits_for_nothing(self):
        """Whether any fill completes this order: what it does not give is cancelled, so that there
        is no line, order or shipment that would have to wait for more."""
        return (
            self.backorder_accept == "no"
            and self.state == "sale"
            and not any(
                is_positive(min(line.backorder_forced_qty, line.backorder_qty))
                for line in self.order_line
            )
        )

    def _backorder_is_past_cancel_date(self):
        """Whether what is missing waits to be cancelled only."""
        date = self.backorder_cancel_date
        return bool(date and self.state == "sale" and date < self.company_id._backorder_today())

    def _backorder_is_limited(self):
        """Whether anything keeps a fill from giving this order just what there is."""
        if self._backorder_is_past_cancel_date():
            return True
        return not self._backorder_waits_for_nothing() and bool(
            self.backorder_policy == "line"
            or is_positive(self.backorder_min_value)
            or self._backorder_complete_reason()
        )

    # -- shipments --------------------------------------------------------------------------------

    def _backorder_makes_new_orders(self):
        """Whether fills of this order are to become new orders, by the company's setting."""
        return self.state == "sale" and self.company_id.backorder_fill_approved == "new_order"

    def _backorder_fill_makes_new_order(self):
        """Whether what is filled of this order may become a new order."""
        return self._backorder_makes_new_orders() and self.picking_policy != "one"

    def _backorder_shipments(self):
        """How many shipments the customer got, or gets of what is ready, of this order and all
        that was made of it; without the one that a fill of this order would join."""
        # sudo: all orders of the family count, whoever may read them
        family = self.sudo()._backorder_family()
        moves = family.order_line.move_ids.filtered(
            lambda move: move.state != "cancel"
            and move.quantity > 0
            # the first step of a delivery, and no return
            and not move.move_orig_ids
            and not move.origin_returned_move_id
        )
        deliveries = moves.picking_id
        if not self._backorder_fill_makes_new_order():
            own = self.sudo().picking_ids
            deliveries -= own.filtered(lambda delivery: delivery.state != "done")
        waiting = (family - self.sudo()).filtered(
            lambda order: order.state in ("draft", "sent") and order.backorder_has_promise
        )
        return len(deliveries) + len(waiting)

    def _backorder_next_shipments(self):
        """How many shipments a fill of what is needed makes, or joins: one from each warehouse."""
        needed = self.order_line.filtered(lambda line: line.backorder_qty > 0)
        if self.state == "sale" and not self._backorder_fill_makes_new_order():
            # sudo: deliveries of the order count, whoever may read them
            moves = self.sudo().order_line.move_ids.filtered(
                lambda move: move.state not in ("done", "cancel")
                and (move.quantity > 0 or move.sale_line_id in needed.sudo())
                and not move.move_orig_ids
                and not move.origin_returned_move_id
            )
            return len(moves.picking_id) or 1
        return len(needed.warehouse_id) or 1

    def _backorder_waiting_value(self):
        """Untaxed value, in the company's currency, of what leaves in the same parcel as what a
        fill gives this order: what is reserved on it already, or what a quotation counts on."""
        if self._backorder_fill_makes_new_order():
            return 0.0
        lines = self.order_line._backorder_kept_in_stock()
        if self.state in ("draft", "sent"):
            quantities = {line: line._backorder_owed() - line.backorder_hold_qty for line in lines}
        else:
            quantities = {line: line.backorder_reserved_qty for line in lines}
        return sum(
            max(0.0, quantity) * line._backorder_unit_value()
            for line, quantity in quantities.items()
        )

    # -- the rule ---------------------------------------------------------------------------------

    def _backorder_within_terms(self, quantities, complete=False):
        """What of ``{line: quantity}`` a fill of this order may give.

        :param complete: everything or nothing, whatever the order says
        :return: ({line: quantity}, {line: code of the reason why it gets less})
        """
        self.ensure_one()
        wanted = {line: qty for line, qty in quantities.items() if is_positive(qty)}
        if not wanted or not (complete or self._backorder_is_limited()):
            return wanted, {}
        if self._backorder_is_past_cancel_date():
            return {}, dict.fromkeys(wanted, "cancel_date")
        if self._backorder_waits_for_nothing():
            return wanted, {}
        refused = {}
        needed = self.order_line.filtered(lambda line: line.backorder_qty > 0)

        def lacks(line):
            return line._backorder_compare(line.backorder_qty, wanted.get(line, 0.0)) > 0

        reason = self._backorder_complete_reason() or ("not_complete" if complete else "")
        if reason and any(lacks(line) for line in needed):
            return {}, dict.fromkeys(needed, reason)
        if self.backorder_policy == "line":
            refused = {line: "customer_lines" for line in wanted if lacks(line)}
            wanted = {line: qty for line, qty in wanted.items() if line not in refused}
        least = self.backorder_min_value
        if wanted and is_positive(least) and any(lacks(line) for line in needed):
            value = sum(qty * line._backorder_unit_value() for line, qty in wanted.items())
            if is_more(least, value + self._backorder_waiting_value()):
                return {}, {**dict.fromkeys(wanted, "min_value"), **refused}
        return wanted, refused

    def _backorder_limits(self, supply, facts):
        """{line: the most that a fill may give it}, for the lines of these orders, each of which
        is filled alone.

        :param facts: :class:`LineFacts` of all their lines that are on backorder
        """
        limits = {}
        for order in self:
            lines = order.order_line.filtered(lambda line: line.backorder_qty > 0)
            stock = supply.copy_for(lines._backorder_part_products(facts.parts).ids)
            possible = {}
            for line in lines:
                available = line._backorder_available(stock, facts)
                possible[line] = max(0.0, min(line.backorder_qty, available))
                line._backorder_take_fill(stock, facts, possible[line])
            allowed, _refused = order._backorder_within_terms(possible)
            limits.update({line: allowed.get(line, 0.0) for line in lines})
        return limits

    def _backorder_term_words(self, code):
        """The sentence of a reason of :meth:`_backorder_within_terms`."""
        customer = self.partner_id.commercial_partner_id.name
        if code == "customer_complete":
            return self.env._(
                "%s takes complete orders only, and this one cannot be completed now.", customer
            )
        if code == "customer_lines":
            return self.env._(
                "%s takes complete lines only, and there is not enough for all of this one.",
                customer,
            )
        if code == "last_shipment":
            return self.env._(
                "%(customer)s takes %(most)s shipments at most: the last one goes out complete, "
                "and the order cannot be completed now.",
                customer=customer,
                most=self.backorder_max_shipments,
            )
        if code == "min_value":
            return self.env._(
                "Worth less than %s, the smallest value of a shipment.",
                format_amount(
                    self.env, self.backorder_min_value, self.backorder_company_currency_id
                ),
            )
        if code == "cancel_date":
            return self.env._(
                "Its cancel date %s has passed: what is missing is cancelled in the night, unless "
                "you set a later date on the order.",
                format_date(self.env, self.backorder_cancel_date),
            )
        return self.env._("The order cannot be completed now.")
