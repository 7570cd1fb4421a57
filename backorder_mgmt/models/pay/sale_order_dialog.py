"""What the dialogs of one order say of its money."""

from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_new_order_destination(self):
        if self.company_id.backorder_charge_cards and not self._backorder_on_credit():
            return self.env._(
                "The filled items become a new order, which is confirmed when it is paid."
            )
        return super()._backorder_new_order_destination()

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
