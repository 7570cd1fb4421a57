"""What the dialogs of one order propose, and what they call."""

from odoo import models
from odoo.exceptions import UserError


class BackorderOrderDialog(models.AbstractModel):
    _name = "backorder.order.dialog"
    _description = "Backorder Order: Dialogs"

    def _prepare_backorder_force_lines(self):
        """Rows of *Force Backorders*: every item line; what cannot be backordered says why."""
        lines = self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        parts, limits = lines._backorder_parts(), lines._backorder_forceable()
        rows = []
        for line in lines:
            refusal = line._backorder_refusal(parts[line])
            rows.append(
                {
                    "sale_line_id": line.id,
                    "selected": not refusal and limits[line] > 0,
                    "quantity": 0.0 if refusal else limits[line],
                    "refusal": refusal,
                }
            )
        return rows

    def _prepare_backorder_fill_lines(self):
        """Rows of *Fill Backorders*: needed, on hand, min of both, and where the line goes."""
        lines = self.order_line.filtered(lambda line: line.backorder_qty > 0)
        supply = lines._backorder_supply()
        parts, locations = lines._backorder_parts(), lines._backorder_locations()
        missing = self._backorder_last_po_missing(lines.product_id)
        rows, proposed = [], {}
        for line in lines:
            available = line._backorder_available(supply, parts[line], locations[line])
            quantity = line._backorder_default_fill(available, parts[line])
            if line.product_id in missing:
                quantity = 0.0
            proposed[line] = quantity
            line._backorder_take_fill(supply, parts[line], locations[line], quantity)
            rows.append(
                {
                    "sale_line_id": line.id,
                    "needed_qty": line.backorder_qty,
                    "available_qty": available,
                    "quantity": quantity,
                    "destination": self._backorder_line_destination(line, missing),
                }
            )
        if not self._backorder_may_fill(proposed, strict=False):
            for row in rows:
                row["quantity"] = 0.0
        return rows

    def _backorder_line_destination(self, line, missing):
        if line.product_id in missing:
            return self.env._("Not received in %s", missing[line.product_id].name)
        if self.state != "sale":
            return self.env._("This quotation")
        _in_place, moving = self._backorder_split_fill({line: line.backorder_qty})
        if not moving:
            return self.env._("This order")
        return (
            self.env._("New order")
            if not _in_place
            else self.env._("New order, invoiced part on this order")
        )

    def _backorder_fill_destination(self):
        """The sentence on top of *Fill Backorders*."""
        if self.state != "sale":
            return self.env._(
                "The filled items are set aside for this quotation until it is confirmed."
            )
        if self.picking_policy == "one":
            return self.env._("This order ships only complete: it is filled on the order itself.")
        if self.company_id.backorder_fill_approved == "same_order":
            return self.env._("The filled items are reserved on this order's delivery.")
        if self.company_id.backorder_approve_new_order:
            if self.company_id.backorder_charge_cards and not self._backorder_on_credit():
                return self.env._(
                    "The filled items become a new order, which is confirmed when it is paid."
                )
            return self.env._("The filled items become a new order, which is confirmed at once.")
        return self.env._("The filled items become a new quotation that keeps its stock set aside.")

    def _backorder_fill_makes_new_order(self):
        """Whether what is filled of this order may become a new order."""
        return (
            self.state == "sale"
            and self.picking_policy != "one"
            and self.company_id.backorder_fill_approved == "new_order"
        )

    def _backorder_payment_note(self):
        """What *Fill Backorders* says of the money of the order."""
        return self.env._(
            "%(order)s: total %(total)s, paid %(paid)s, carried %(carried)s.",
            order=self.name,
            total=self.currency_id.format(self.amount_total),
            paid=self.currency_id.format(self.backorder_paid_amount),
            carried=self.currency_id.format(self.backorder_carried_amount),
        )

    def _backorder_charge_words(self, quantities, carry_credit, carry_balance):
        """What *Fill Backorders* will ask of whom for a new order of ``{line: quantity}``; False
        when no card is charged."""
        company = self.company_id
        if not (
            company.backorder_charge_cards
            and company.backorder_approve_new_order
            and self._backorder_fill_makes_new_order()
        ):
            return False
        _in_place, moving = self._backorder_split_fill(quantities)
        new_total = self.currency_id.round(
            sum(
                line.price_total * quantity / line.product_uom_qty
                for line, quantity in moving.items()
            )
        )
        if not new_total:
            return False
        if self._backorder_on_credit():
            return self.env._(
                "%s is on credit terms: nothing is charged.", self.partner_id.display_name
            )
        figures = self._backorder_paid_figures()[self.id]
        carried = self._backorder_carry_amount(
            figures, self.amount_total - new_total, new_total, carry_credit, carry_balance
        )
        due = self.currency_id.round(new_total - carried)
        if due <= 0:
            return self.env._("The new order is paid: nothing is charged.")
        words = self._backorder_charge_plan_words(due)
        spare = self._backorder_carry_amount(
            figures, self.amount_total - new_total, new_total, "needed", False
        )
        if spare > 0 and carry_credit == "none":
            words += " " + self.env._(
                "%(order)s has %(amount)s too much then: choose “Needed Credits” to use what was "
                "paid.",
                order=self.name,
                amount=self.currency_id.format(spare),
            )
        return words

    def _backorder_fill_from_dialog(self, quantities, ship_date=None, **options):
        """Fill from the dialog: something has to be filled, and a ship date may be set.

        :param options: further options of the run
        """
        self.ensure_one()
        if not any(quantities.values()):
            raise UserError(
                self.env._(
                    "Nothing to fill: every quantity is zero. Enter what to fill, at most what is "
                    "needed and on hand."
                )
            )
        run = self._backorder_fill_orders(quantities, **options)
        if ship_date:
            run._backorder_write({"set_ship_date": True, "ship_date": ship_date})
            run.sudo().run_order_ids._set_ship_date(ship_date)
        return run
