"""What the dialogs of one order propose, and what they call."""

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ...engine import is_positive


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _prepare_backorder_force_lines(self):
        """Rows of *Force Backorders*: every item line; what cannot be backordered says why."""
        lines = self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        facts = lines._backorder_facts()
        limits = lines._backorder_forceable(facts)
        rows = []
        for line in lines:
            refusal = line._backorder_refusal(facts)
            rows.append(
                {
                    "sale_line_id": line.id,
                    "selected": not refusal and limits[line] > 0,
                    "quantity": 0.0 if refusal else limits[line],
                    "refusal": refusal,
                }
            )
        return rows

    def _backorder_gives_up_words(self, quantities):
        """What is reserved and would be given up.

        :param quantities: {line: new total on backorder}
        :return: a sentence; False where nothing is given up
        """
        lines = self.order_line.browse().union(*quantities)
        limits, texts = lines._backorder_forceable(lines._backorder_facts()), []
        for line, quantity in quantities.items():
            kept = max(0.0, limits[line] - quantity)
            freed = line.backorder_reserved_qty - kept
            if line.state == "sale" and line._backorder_compare(freed, 0.0) > 0:
                freed = min(freed, line.backorder_reserved_qty)
                name = line.product_id.with_context(display_default_code=False).display_name
                texts.append(f"{name} {line._backorder_quantity_label(freed)}")
        return bool(texts) and self.env._("Gives up what is reserved: %s.", ", ".join(texts))

    def _backorder_check_forces(self, quantities):
        """*Force* without anything to do is no success.

        :param quantities: {line: new total on backorder} of the ticked rows
        :raise UserError: nothing is ticked, or everything is on backorder already
        """
        if not quantities:
            raise UserError(
                self.env._("Nothing is ticked: tick the items that are to be backordered.")
            )
        if not any(
            line._backorder_compare(quantity, line.backorder_qty)
            for line, quantity in quantities.items()
        ):
            raise UserError(
                self.env._(
                    "Nothing would change: these quantities are on backorder already. Enter a "
                    "larger quantity."
                )
            )

    def _backorder_check_cancels(self, lines):
        """*Cancel the Rest* without anything to do is no success.

        :param lines: ticked, with a quantity
        :raise UserError: there are none
        """
        if not lines:
            raise UserError(
                self.env._("Nothing is ticked: tick the items whose rest is to be cancelled.")
            )

    def _prepare_backorder_fill_lines(self):
        """Rows of *Fill Backorders*: needed, on hand, min of both, and where the line goes."""
        lines = self.order_line.filtered(lambda line: line.backorder_qty > 0)
        facts = lines._backorder_facts()
        supply = lines._backorder_supply(facts)
        missing = self._backorder_last_po_missing(lines.product_id)
        places = self._backorder_line_destinations(lines, missing)
        rows, proposed = [], {}
        for line in lines:
            available = line._backorder_available(supply, facts)
            quantity = line._backorder_default_fill(available, facts)
            if line.product_id in missing:
                quantity = 0.0
            proposed[line] = quantity
            line._backorder_take_fill(supply, facts, quantity)
            rows.append(
                {
                    "sale_line_id": line.id,
                    "needed_qty": line.backorder_qty,
                    "available_qty": available,
                    "quantity": quantity,
                    "destination": places[line],
                }
            )
        allowed, refused = self._backorder_within_terms(proposed)
        for row, line in zip(rows, lines, strict=True):
            row["quantity"] = allowed.get(line, 0.0)
            if line in refused and proposed[line] > 0:
                row["destination"] = self._backorder_term_words(refused[line])
        return rows

    def _backorder_line_destinations(self, lines, missing):
        """{line: where what is filled of it goes}, in words.

        :param missing: {product: purchase order that was not received yet}
        """
        in_place, moving, stays = {}, {}, {}
        if self.state == "sale" and self._backorder_makes_new_orders():
            needed = {line: line.backorder_qty for line in lines}
            stays = lines._backorder_stay_reasons()
            in_place, moving = self._backorder_split_fill(needed, lines._backorder_parts(), stays)
        places = {}
        for line in lines:
            if line.product_id in missing:
                places[line] = self.env._("Not received in %s", missing[line.product_id].name)
            elif self.state != "sale":
                places[line] = self.env._("This quotation")
            elif line in stays:
                places[line] = self.env._("This order: %s", stays[line])
            elif line not in moving:
                places[line] = self.env._("This order")
            elif line in in_place:
                places[line] = self.env._("New order, invoiced part on this order")
            else:
                places[line] = self.env._("New order")
        return places

    def _backorder_fill_destination(self):
        """The sentence on top of *Fill Backorders*."""
        return " ".join([*self._backorder_fill_terms(), self._backorder_fill_place()])

    def _backorder_fill_terms(self):
        """What the customer agreed to, as far as it keeps a fill from just giving what there is."""
        customer = self.partner_id.commercial_partner_id.display_name
        if self._backorder_is_past_cancel_date():
            return [self._backorder_term_words("cancel_date")]
        sentences = []
        reason = self._backorder_complete_reason()
        ends = self._backorder_waits_for_nothing()
        if reason == "customer_complete":
            sentences.append(
                self.env._(
                    "%(customer)s takes complete orders only: everything that is needed is filled, "
                    "or nothing.",
                    customer=customer,
                )
            )
        elif reason == "last_shipment":
            sentences.append(
                self.env._(
                    "This is the last of %(most)s shipments that %(customer)s takes: everything "
                    "that is needed is filled, or nothing.",
                    most=self.backorder_max_shipments,
                    customer=customer,
                )
            )
        elif self.backorder_policy == "line" and not ends:
            sentences.append(
                self.env._(
                    "%(customer)s takes complete lines only: everything that is needed of an item "
                    "is filled, or nothing.",
                    customer=customer,
                )
            )
        if is_positive(self.backorder_min_value) and not reason and not ends:
            sentences.append(
                self.env._(
                    "A shipment is worth at least %s, unless it completes the order.",
                    format_amount(
                        self.env, self.backorder_min_value, self.backorder_company_currency_id
                    ),
                )
            )
        if self.backorder_accept == "no" and self.state == "sale":
            sentences.append(
                self.env._(
                    "%(customer)s takes no backorders: what is still missing of these items when "
                    "all that is on hand is filled is cancelled.",
                    customer=customer,
                )
            )
        return sentences

    def _backorder_fill_place(self):
        if self.state != "sale":
            return self.env._(
                "The filled items are set aside for this quotation until it is confirmed."
            )
        if self.picking_policy == "one":
            return self.env._("This order ships only complete: it is filled on the order itself.")
        if self.company_id.backorder_fill_approved == "same_order":
            return self.env._("The filled items are reserved on this order's delivery.")
        if self.company_id.backorder_approve_new_order:
            return self._backorder_new_order_destination()
        return self.env._("The filled items become a new quotation that keeps its stock set aside.")

    def _backorder_new_order_destination(self):
        """When a new order is confirmed, where new orders are approved by themselves."""
        return self.env._("The filled items become a new order, which is confirmed at once.")
