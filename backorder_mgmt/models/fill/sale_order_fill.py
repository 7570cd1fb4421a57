"""Filling backorders of an order: in place, as a promise, or as a new order."""

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...engine import is_positive
from ..base.token import private


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def fill_backorders(self, quantities=None):
        """*Fill Backorders*: give stock that is on hand to backordered lines of these orders.

        Quotations are filled in place and keep the stock set aside. Of confirmed orders the filled
        items become a new order, or are reserved on the order itself (company setting).

        :param quantities: {line id: quantity to fill}, in the lines' units; None: of every line
            min(needed, on hand), first come first served among these orders
        :return: the ``backorder.run`` with what was done and a reason for every line; over RPC its
            ids. One run per company.
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
            own = None
            if wanted is not None:
                own = {line: qty for line, qty in wanted.items() if line.order_id in orders}
            runs |= orders.with_company(company)._backorder_apply_fill(own, **options)
        return runs

    def _backorder_apply_fill(self, wanted, lines=None, **options):
        """Hook: fill these orders of one company, and keep what was done.

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

    def _backorder_split_fill(self, quantities):
        """(in place, moving): which of ``quantities`` stay on the order, which become a new one.

        A quantity that is invoiced already stays: moving it would need a credit note. So does an
        order that ships only complete.
        """
        if not self._backorder_fill_makes_new_order():
            return dict(quantities), {}
        in_place, moving = {}, {}
        parts_by_line = self.order_line.browse().union(*quantities)._backorder_parts()
        for line, quantity in quantities.items():
            movable = max(0.0, line.product_uom_qty - max(line.qty_invoiced, 0.0))
            parts = parts_by_line[line]
            move = line._backorder_whole(min(quantity, movable), parts)
            exact = line._backorder_is_exact(move, parts)
            move = line.product_uom_id.round(move) if exact else float(int(move))
            if is_positive(move):
                moving[line] = move
            if line._backorder_compare(quantity, move) > 0:
                in_place[line] = quantity - move
        return in_place, moving

    # -- the new order ----------------------------------------------------------------------------

    def _backorder_make_new_order(self, quantities, run):
        """Move ``{line: quantity}`` of held demand to a new order, linked both ways.

        The new order is born with its stock promised, so that no one else takes it on the way:
        the caller confirms it (*Approve New Orders*), which reserves it.

        :return: the new order, a quotation
        """
        lines = self.order_line.browse().union(*quantities)
        since = {line: line.backorder_date for line in lines}
        # The hold goes first: what is cut from the deliveries is then plain unreserved demand.
        lines._backorder_book_fill(quantities, run)
        values = self._prepare_backorder_order_vals(quantities)
        new_order = self.with_context(**private(backorder_no_refigure=True)).copy(values)
        new_lines = new_order.order_line.filtered(lambda line: not line.is_downpayment)
        for line, new_line in zip(lines, new_lines, strict=False):
            new_line._backorder_write(
                {
                    "backorder_origin_line_id": line.id,
                    "backorder_promised_qty": quantities[line],
                    "backorder_date": since[line],
                }
            )
        models.BaseModel.write(
            lines._backorder_token().env["sale.order"].browse(new_order.id),
            {
                "backorder_parent_id": self.id,
                "backorder_original_date": self.backorder_original_date or self.date_order,
            },
        )
        lines._backorder_lower(quantities)
        self._backorder_link_notes(new_order, quantities)
        return new_order

    def _prepare_backorder_order_vals(self, quantities):
        """Values for `copy`: what Odoo does not copy by itself, and the filled lines."""
        commands = [
            Command.create(line.copy_data({"product_uom_qty": quantity})[0])
            for line, quantity in quantities.items()
        ]
        if self.company_id.backorder_charge_shipping and "is_delivery" in self.order_line._fields:
            commands += [
                Command.create(line.copy_data()[0])
                for line in self.order_line.filtered("is_delivery")
            ]
        return {
            "order_line": commands,
            "origin": self.name,
            "client_order_ref": self.client_order_ref,
            "commitment_date": self.commitment_date,
            "backorder_ship_date": self.backorder_ship_date,
        }

    def _backorder_link_notes(self, new_order, quantities):
        new_order.message_post_with_source(
            "mail.message_origin_link",
            render_values={"self": new_order, "origin": self},
            subtype_xmlid="mail.mt_note",
        )
        items = "; ".join(
            f"{line.product_id.display_name}: {line._backorder_quantity_label(quantity)}"
            for line, quantity in quantities.items()
        )
        self._message_log(
            body=self.env._(
                "Backorders filled as new order %(order)s: %(items)s.",
                order=new_order._get_html_link(),
                items=items,
            )
        )

    def _backorder_given_up(self):
        res = super()._backorder_given_up()
        self._backorder_give_back()
        return res

    def _backorder_give_back(self):
        """Quantities of these unapproved new orders wait again on their original lines."""
        for order in self.sudo():
            origin = order.backorder_parent_id
            moved = order.order_line.filtered("backorder_origin_line_id")
            if origin.state != "sale" or not moved:
                continue
            back = {}
            for line in moved:
                original = line.backorder_origin_line_id
                quantity = line.product_uom_id._compute_quantity(
                    line.product_uom_qty, original.product_uom_id, round=False
                )
                back[original] = back.get(original, 0.0) + quantity
            originals = origin.order_line.browse().union(*back)
            # The link goes with the quantity: what was given back once is not given back again.
            moved._backorder_write(
                {"backorder_origin_line_id": False, "backorder_promised_qty": 0.0}
            )
            originals._backorder_raise(back, "undo", self.env._("%s was cancelled", order.name))
            origin._backorder_note_lines(
                back, self.env._("Back on backorder, as %s was cancelled", order.name)
            )

    # -- what may be filled -----------------------------------------------------------------------

    def _backorder_may_fill(self, quantities, *, strict):
        """An order that ships *as soon as all are ready*, or whose customer takes complete orders
        only, is filled completely or not at all.

        :param strict: a person asked for these quantities: refuse with a sentence
        """
        reason = self._backorder_complete_reason()
        if not reason:
            return True
        if not any(is_positive(quantity) for quantity in quantities.values()):
            return True
        lacking = self.order_line.filtered(
            lambda line: line._backorder_compare(line.backorder_qty, quantities.get(line, 0.0)) > 0
        )
        products = ", ".join(lacking.product_id.mapped("display_name"))
        if lacking and strict and reason == "customer_complete":
            raise UserError(
                self.env._(
                    "%(customer)s takes complete orders only, and these items of %(order)s would "
                    "still be needed: %(products)s. Fill all of it, or change the customer's "
                    "backorder policy.",
                    customer=self.partner_id.commercial_partner_id.display_name,
                    order=self.name,
                    products=products,
                )
            )
        if lacking and strict:
            raise UserError(
                self.env._(
                    "%(order)s ships only when everything is ready, and these items would still "
                    "be needed: %(products)s. Fill all of it, or change its shipping policy.",
                    order=self.name,
                    products=products,
                )
            )
        return not lacking

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
