"""What the customer of an order line keeps or is still to get: what they owe money for."""

from odoo import models
from odoo.tools import float_compare

from ...engine import floor_whole

#: Smallest units of the currency by which taxes that are worked out apart may differ.
ROUNDED = 2


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_owed_quantities(self):
        """{line: the quantity that is owed, in its unit}.

        Of a quotation what is ordered, of a cancelled order what is invoiced, else what is
        invoiced net of credit notes, and at least what was kept or is to come. Exactly the ordered
        quantity where nothing was returned, closed, sent beyond the order or cancelled.
        """
        return {line: line._backorder_owed_quantity() for line in self}

    def _backorder_owed_quantity(self):
        ordered = self.product_uom_qty
        if self.display_type or self.is_downpayment:
            return 0.0
        if self.state == "cancel":
            return self.qty_invoiced_posted + self._backorder_till_quantity()
        if self.state != "sale" or ordered < 0:
            return ordered
        invoiced = self.qty_invoiced_posted + self._backorder_till_quantity()
        owed = max(invoiced, self._backorder_kept_or_to_come())
        unit = self.product_uom_id or self.product_id.uom_id
        return ordered if unit and not unit.compare(owed, ordered) else owed

    def _backorder_till_quantity(self):
        """What was sold of this line at a till (`pos_sale`), less what came back there: that is
        invoiced there, and may be shipped by the till itself."""
        if "pos_order_line_ids" not in self._fields:
            return 0.0
        # sudo: who sells need not see the till
        sold = self.sudo().pos_order_line_ids.filtered(
            lambda line: line.order_id.state in ("paid", "done", "invoiced")
        )
        return sum(self._convert_qty(self, line.qty, "p2s") for line in sold)

    # -- invoiced at another price ----------------------------------------------------------------

    def _backorder_priced_otherwise(self):
        """What the posted invoices of this line ask for more (+) or less (−) than its own price
        does: that was agreed since, and is what is owed for those items.

        A credit note at another price lowers the price of items that are kept; of items that were
        taken back it says what of their price is not paid back.
        """
        if self.display_type or self.is_downpayment or self.state not in ("sale", "cancel"):
            return 0.0
        papers = [
            (paper, paper.product_uom_id._compute_quantity(paper.quantity, self.product_uom_id))
            for paper in self.invoice_lines
            if paper.parent_state == "posted" and paper.currency_id == self.currency_id
        ]
        own = {paper: self._backorder_amount_at_own_price(paper, qty) for paper, qty in papers}
        if not any(own[paper] is not None for paper, _quantity in papers):
            return 0.0
        refunds = [pair for pair in papers if pair[0].move_type == "out_refund"]
        invoiced = sum(quantity for _paper, quantity in papers) - sum(q for _p, q in refunds)
        back = max(0.0, max(self.product_uom_qty, invoiced) - self._backorder_kept_or_to_come())
        back -= sum(quantity for paper, quantity in refunds if own[paper] is None)
        result = sum(
            paper.price_total - own[paper]
            for paper, _quantity in papers
            if own[paper] is not None and paper.move_type != "out_refund"
        )
        for paper, quantity in refunds:
            if own[paper] is not None:
                returned = min(quantity, max(0.0, back))
                back -= returned
                result += (returned / quantity if quantity else 0.0) * own[paper]
                result -= paper.price_total
        return result

    def _backorder_amount_at_own_price(self, paper, quantity):
        """What ``quantity`` of an invoice line cost at this line's price; None: it says the same,
        with what rounding makes of it."""
        price = self.product_uom_id._compute_price(self.price_unit, paper.product_uom_id)
        same = (
            float_compare(price, paper.price_unit, 6) == 0
            and float_compare(self.discount, paper.discount, 4) == 0
        )
        if same and self.tax_ids == paper.tax_ids:
            return None
        base_line = self._prepare_base_line_for_taxes_computation(quantity=quantity)
        amount = self.order_id._backorder_tax_total([base_line])
        if same and abs(amount - paper.price_total) <= ROUNDED * self.currency_id.rounding:
            return None
        return amount

    def _backorder_kept_or_to_come(self):
        """What the customer of a confirmed line keeps, or is still to get; of a cancelled one what
        they keep."""
        delivered = max(0.0, self.qty_delivered)
        if self.state == "cancel":
            return delivered
        kept = delivered
        if self.product_id.invoice_policy != "delivery":
            kept = min(self.product_uom_qty, delivered)
        return kept + self._backorder_to_come(delivered)

    # -- what is to come --------------------------------------------------------------------------

    def _backorder_to_come(self, delivered):
        """What will still be sent, in the line's unit: no more than open deliveries have. Services,
        fees and what has no delivery yet: all of it."""
        missing = max(0.0, self.product_uom_qty - delivered)
        # sudo: deliveries of a line may be another company's, of a person without Inventory
        moves = self.sudo().move_ids
        if not missing or not moves:
            return missing
        opened = moves.filtered(lambda move: move._backorder_leads_to_customer())
        if any(move.product_id != self.product_id for move in moves):
            return min(missing, max(0.0, self._backorder_kits_of(moves, opened) - delivered))
        return min(
            missing,
            sum(
                move.product_uom._compute_quantity(
                    move.product_uom_qty, self.product_uom_id, round=False
                )
                for move in opened
            ),
        )

    def _backorder_kits_of(self, moves, opened):
        """The whole kits that were kept or are on their way, component by component."""
        [parts] = self.sudo()._backorder_parts().values()
        per_unit = self.product_uom_id._compute_quantity(1.0, self.product_id.uom_id, round=False)
        kits = []
        for part, per_line_unit in parts.items():
            own = moves.filtered(lambda move, part=part: move.product_id == part)
            if not own:
                continue
            quantity = sum((own & opened).mapped("product_qty"))
            for move in own.filtered(lambda move: move.state == "done"):
                moved = move.product_uom._compute_quantity(move.quantity, part.uom_id, round=False)
                if move.location_dest_id._backorder_is_outgoing():
                    quantity += moved
                elif move.location_id._backorder_is_outgoing() and move.to_refund:
                    quantity -= moved
            kits.append(quantity / per_line_unit)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return floor_whole(min(kits, default=0.0), per_unit, digits)

    def _backorder_merge_key(self):
        """Lines with the same key are one line that was split: taken from the same one, at the same
        price."""
        line = self
        while line.backorder_origin_line_id:
            line = line.backorder_origin_line_id
        return (line.id, self.price_unit, self.discount, self.product_uom_id.id, self.tax_ids)
