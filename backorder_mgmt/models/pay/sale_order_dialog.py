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
        """What *Fill Backorders* says of the money of the order; False where none was paid."""
        zero = self.currency_id.is_zero
        if zero(self.backorder_paid_amount) and zero(self.backorder_carried_amount):
            return False
        figures = (
            (self.env._("owed"), self.backorder_owed_amount),
            (self.env._("paid"), self.backorder_paid_amount),
            (self.env._("carried"), self.backorder_carried_amount),
        )
        words = [f"{label} {self.currency_id.format(sum_)}" for label, sum_ in figures if sum_]
        return f"{self.name}: {', '.join(words)}."

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
        lines = self.order_line.browse().union(*quantities)
        _in_place, moving = self._backorder_split_fill(
            quantities, lines._backorder_parts(), lines._backorder_stay_reasons()
        )
        # As they will be: by Odoo's tax engine, what moves and what stays apart.
        new_total = self._backorder_amount_of(moving)
        owed = self._backorder_amount_of(
            {
                line: quantity - moving.get(line, 0.0)
                for line, quantity in self.order_line._backorder_owed_quantities().items()
            }
        )
        if not new_total:
            return False
        # Rounding of the split: nobody's debt, and no credit.
        rounding = self.currency_id.round(owed + new_total - self.backorder_owed_amount)
        if self._backorder_on_credit():
            return self.env._(
                "%s is on credit terms: nothing is charged.", self.partner_id.display_name
            )
        figures = self._backorder_paid_figures()[self.id]
        if rounding > 0 or self._backorder_due_of(figures[1], owed) < 0:
            owed -= rounding
        carried = self._backorder_carry_amount(
            figures, owed, new_total, carry_credit, carry_balance
        )
        due = self.currency_id.round(new_total - carried)
        if due <= 0:
            return self.env._("The new order is paid: nothing is charged.")
        spare = self._backorder_carry_amount(figures, owed, new_total, "needed", False)
        words = self._backorder_asked_words(due, spare)
        if spare > 0 and carry_credit == "none":
            words.append(
                self.env._(
                    "%(order)s has %(amount)s too much then: choose “Needed Credits” to carry it "
                    "to the new order.",
                    order=self.name,
                    amount=self.currency_id.format(spare),
                )
            )
        return " ".join(words)

    def _backorder_asked_words(self, due, spare):
        """[sentence] of what is asked for a new order, and what of it is paid or asked elsewhere.

        :param due: what the new order will show as due
        :param spare: what this order is paid too much then
        """
        # What the items cost moves with them: the family owes as much as now.
        family = self._backorder_family_money()
        asked = self.currency_id.round(min(due, family.cap))
        words = [self._backorder_charge_plan_words(asked)] if asked > 0 else []
        paid = self.currency_id.round(family.paid_of(due))
        if paid > 0:
            there = self._backorder_paid_elsewhere() | (self if spare > 0 else self.browse())
            words.insert(0, self._backorder_paid_elsewhere_words(due, paid, there))
        if asked + paid < due and not self.currency_id.is_zero(due - asked - paid):
            pending = self.sudo()._backorder_family()._backorder_asked_transactions()
            words.append(self._backorder_under_way_words(pending))
        return words
