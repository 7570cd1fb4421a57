"""Filling backorders of an order: in place, set aside for a quotation, or as a new order."""

from odoo import models
from odoo.exceptions import UserError

from ...engine import is_positive
from ..base.named import of_many


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @of_many
    def fill_backorders(self, quantities=None):
        """*Fill Backorders*: give stock that is on hand to backordered lines of these orders.

        Quotations are filled in place and keep the stock set aside. Of confirmed orders the filled
        items become a new order, or are reserved on the order itself (company setting).

        :param quantities: {line id: quantity to fill}, in the lines' units; None: of every line
            min(needed, on hand), first come first served among these orders
        :return: the ``backorder.run`` with what was done and a reason for every line; over RPC its
            ids. One run per company; none where no line is named, or none is on backorder.
        :raise UserError: below zero, more than is needed or on hand, a line of another order
        :raise AccessError: no right to change the orders
        """
        return self._backorder_fill_orders(quantities)

    def _backorder_fill_orders(self, quantities=None, **options):
        """``fill_backorders`` with options of the run that differ from the company's."""
        self._backorder_check_access()
        wanted = self._backorder_parse(quantities)
        runs = self.env["backorder.run"]
        for company, orders in self.grouped("company_id").items():
            of_company = None
            if wanted is not None:
                of_company = {line: qty for line, qty in wanted.items() if line.order_id in orders}
                if not of_company:
                    continue  # nothing of this company was named
            runs |= orders.with_company(company)._backorder_apply_fill(of_company, **options)
        return runs

    def _backorder_apply_fill(self, wanted, lines=None, **options):
        """Hook: fill these orders of one company, and keep what was done (``run/sale_order.py``).

        :param wanted: {line: quantity}: exactly this or an error, and then nothing is changed;
            None: everything possible
        :param lines: with ``wanted`` None: only these lines of the orders
        :param options: options of the fill that differ from the company's
        :return: the ``backorder.run``, done
        """
        raise NotImplementedError

    def _backorder_queue_key(self):
        """Place of an order in the queue: its family's first order date, then its id."""
        return (self.backorder_original_date or self.date_order or self.create_date, self.id)

    def _backorder_split_fill(self, quantities, parts, stays):
        """(in place, moving): which of ``quantities`` stay on the order, which become a new one.

        What cannot move (:meth:`_backorder_stay_reason`) stays, and so does a quantity that is
        invoiced already: moving it would need a credit note.

        :param parts: {line: {product: quantity per unit of the line}} of these lines, or of more
        :param stays: {line: reason} of :meth:`_backorder_stay_reasons`, asked once for all orders
        """
        if not self._backorder_fill_makes_new_order():
            return dict(quantities), {}
        in_place, moving = {}, {}
        for line, quantity in quantities.items():
            if line in stays:
                in_place[line] = quantity
                continue
            movable = max(0.0, line.product_uom_qty - max(line.qty_invoiced, 0.0))
            move = line._backorder_whole(min(quantity, movable), parts[line])
            exact = line._backorder_is_exact(move, parts[line])
            move = line.product_uom_id.round(move) if exact else float(int(move))
            if is_positive(move):
                moving[line] = move
            if line._backorder_compare(quantity, move) > 0:
                in_place[line] = quantity - move
        return in_place, moving

    # -- what may be filled -----------------------------------------------------------------------

    def _backorder_check_terms(self, quantities):
        """What a person wants to fill of this order is within what its customer agreed to.

        :param quantities: {line: quantity}
        :raise UserError: names the term, the items and what to do
        """
        _allowed, refused = self._backorder_within_terms(quantities)
        if not refused:
            return
        code = next((code for code in refused.values() if code != "customer_lines"), None)
        code = code or "customer_lines"
        lacking = self.order_line.filtered(
            lambda line: line in refused
            and line._backorder_compare(line.backorder_qty, quantities.get(line, 0.0)) > 0
        )
        values = {
            "customer": self.partner_id.commercial_partner_id.display_name,
            "order": self.name,
            "products": ", ".join(lacking.product_id.mapped("display_name")),
            "most": self.backorder_max_shipments,
            "sentence": self._backorder_term_words(code),
        }
        raise UserError(self._backorder_refusal_words(code) % values)

    def _backorder_refusal_words(self, code):
        """What a person is told whose fill breaks a term: a sentence with placeholders."""
        sentences = {
            "customer_complete": self.env._(
                "%(customer)s takes complete orders only, and these items of %(order)s would "
                "still be needed: %(products)s. Fill all of it, or change “Fills of Backorders” "
                "on the order."
            ),
            "customer_lines": self.env._(
                "%(customer)s takes complete lines only, and a part of these items of %(order)s "
                "would still be needed: %(products)s. Fill all of an item or nothing, or change "
                "“Fills of Backorders” on the order."
            ),
            "last_shipment": self.env._(
                "%(customer)s takes %(most)s shipments of an order at most, and these items of "
                "%(order)s would still be needed after the last one: %(products)s. Fill all of "
                "it, or change “Most Shipments” on the order."
            ),
            "min_value": self.env._(
                "%(order)s: %(sentence)s Fill more of it, or change that value on the order."
            ),
            "cancel_date": self.env._("%(order)s: %(sentence)s"),
            "not_complete": self.env._(
                "%(order)s ships only when everything is ready, and these items would still "
                "be needed: %(products)s. Fill all of it, or change its shipping policy."
            ),
        }
        return sentences[code]

    def _backorder_last_po_missing(self, products):
        """{product: its latest confirmed purchase order} where nothing of that order came in.

        Only with the setting *Items must be received in the last PO*.
        """
        if not self.company_id.backorder_require_last_po or not products:
            return {}
        purchase_lines = (
            self.env["purchase.order.line"]
            .sudo()
            .search(
                [
                    ("product_id", "in", products.ids),
                    ("order_id.state", "=", "purchase"),
                    ("company_id", "=", self.company_id.id),
                ]
            )
            # Imported orders may have no date of approval: they come before all others.
            .sorted(
                lambda po_line: (
                    str(po_line.order_id.date_approve or po_line.order_id.date_order or ""),
                    po_line.id,
                ),
                reverse=True,
            )
        )
        missing = {}
        for product, lines in purchase_lines.grouped("product_id").items():
            latest = lines[:1].order_id
            if not any(line.qty_received for line in lines if line.order_id == latest):
                missing[product] = latest
        return missing

    def _backorder_check_last_po(self, lines):
        missing = self._backorder_last_po_missing(lines.product_id)
        for line in lines:
            if line.product_id in missing:
                raise UserError(
                    self.env._(
                        "%(product)s was not received yet in its last purchase order %(order)s: "
                        "receive it first.",
                        product=line.product_id.display_name,
                        order=missing[line.product_id].name,
                    )
                )
