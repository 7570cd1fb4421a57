"""What people do to a backorder line: force it, fill it in place, set stock aside for it."""

from odoo import models
from odoo.exceptions import UserError

from ...engine import EPSILON, Guard, is_positive
from ..base.batch import by_values
from ..base.named import of_many
from ..base.token import private


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # -- checks -----------------------------------------------------------------------------------

    def _backorder_refusal(self, facts):
        """Why this line can never be on backorder now; False when it can.

        One predicate for the greyed lines of the dialogs and for the checks of the methods.
        """
        self.ensure_one()
        if self.display_type or self.is_downpayment or not self.product_id:
            return self.env._("Not a product")
        if self.state == "cancel":
            return self.env._("The order is cancelled")
        if not facts.parts[self]:
            return self.env._("Quantity is not tracked")
        if self.state in ("draft", "sent"):
            return self.env._("Ordered or dropshipped for this order") if self.is_mto else False
        if facts.moves.get(self):
            return False
        if self._backorder_compare(self.product_uom_qty, 0.0) <= 0 and not self.qty_delivered:
            # Not delivered: somebody filled, or cancelled, all of it since the screen was opened.
            return self._backorder_moved_words() or self.env._("Nothing of it is ordered any more")
        if self.product_uom_id.compare(self.qty_delivered, self.product_uom_qty) >= 0:
            return self.env._("Delivered")
        if self.is_mto or self.sudo().move_ids.filtered(
            lambda m: m.state not in ("done", "cancel")
        ):
            return self.env._("Already on its way, or ordered for this order")
        return self.env._("Nothing open to deliver")

    def _backorder_refuse(self, reason):
        """
        :raise UserError: always, with ``reason``, a part of a sentence
        """
        raise UserError(
            self.env._(
                "%(product)s on %(order)s cannot be on backorder: %(reason)s.",
                product=self.product_id.display_name or self.name,
                order=self.order_id.name,
                reason=reason,
            )
        )

    def _backorder_check_quantity(self, quantity, facts):
        """Checks that every action shares; the message names product and quantity."""
        parts = facts.parts[self]
        refusal = self._backorder_refusal(facts)
        if refusal:
            self._backorder_refuse(refusal)
        if self._backorder_compare(quantity, 0.0) < 0:
            raise UserError(
                self.env._(
                    "%(product)s: the quantity %(quantity)s is below zero. Enter zero or more.",
                    product=self.product_id.display_name,
                    quantity=self._backorder_quantity_label(quantity),
                )
            )
        if self._backorder_needs_whole(parts) and self._backorder_compare(
            quantity, self._backorder_whole(quantity, parts)
        ):
            raise UserError(
                self.env._(
                    "%(product)s comes in whole pieces only: %(quantity)s is not possible.",
                    product=self.product_id.display_name,
                    quantity=self._backorder_quantity_label(quantity),
                )
            )

    # -- force ------------------------------------------------------------------------------------

    def _backorder_forceable(self, facts):
        """{line: the most that may be on backorder}: ordered, not picked, not delivered."""
        figures = facts.figures
        return {
            line: figures[line].owed if line.state in ("draft", "sent") else figures[line].forceable
            for line in self
        }

    def _backorder_some_forceable(self):
        """Whether more than now may be put on backorder of at least one of these lines."""
        facts = self._backorder_facts()
        limits = self._backorder_forceable(facts)
        return any(
            line._backorder_compare(limits[line], line.backorder_qty) > 0
            and not line._backorder_refusal(facts)
            for line in self
        )

    def _backorder_check_force(self, quantity, facts):
        self._backorder_check_quantity(quantity, facts)
        figures = facts.figures[self]
        label = self._backorder_quantity_label
        if self._backorder_compare(quantity, self.backorder_qty) < 0:
            raise UserError(
                self.env._(
                    "%(product)s: %(present)s are on backorder already, which is more than "
                    "%(quantity)s. To lower a backorder, fill it.",
                    product=self.product_id.display_name,
                    present=label(self.backorder_qty),
                    quantity=label(quantity),
                )
            )
        quotation = self.state in ("draft", "sent")
        limit = figures.owed if quotation else figures.forceable
        if self._backorder_compare(quantity, limit) > 0:
            picked = "" if quotation else label(figures.picked + figures.delivered)
            raise UserError(
                self.env._(
                    "%(product)s: %(quantity)s cannot go on backorder, only %(limit)s can. "
                    "%(picked)s are picked or delivered.",
                    product=self.product_id.display_name,
                    quantity=label(quantity),
                    limit=label(limit),
                    picked=picked,
                )
                if not quotation and is_positive(figures.picked + figures.delivered)
                else self.env._(
                    "%(product)s: %(quantity)s cannot go on backorder, only %(limit)s can.",
                    product=self.product_id.display_name,
                    quantity=label(quantity),
                    limit=label(limit),
                )
            )

    def _backorder_force(self, quantities, facts):
        """Put ``{line: new total on backorder}`` on hold and take reserved stock away for it.

        The freed stock is given to nobody by itself.

        :param facts: :class:`LineFacts` of these lines, or of more
        """
        extra = {}
        for line, quantity in quantities.items():
            kept = max(0.0, line._backorder_owed() - quantity)
            if line.backorder_promised_qty > kept:
                filled = min(line.backorder_filled_qty, kept)
                extra[line] = {
                    **line._prepare_backorder_set_aside_vals(kept),
                    "backorder_filled_qty": filled,
                }
        confirmed = self.filtered(lambda line: line.state == "sale")
        filled = confirmed.filtered("backorder_filled_product_qty")
        before = facts.figures if filled else {}
        # What is needed is worked out once, when the stock is taken away too.
        needed = [self._fields[name] for name in ("backorder_qty", "backorder_state")]
        with self.env.protecting(needed, self):
            self._backorder_set_holds(quantities, "force", extra=extra)
            confirmed._backorder_forget_typed()
            confirmed._backorder_unreserve_held(facts)
        self.modified(["backorder_hold_product_qty"])
        after = filled._backorder_figures_now(facts)
        lefts = {}
        for line in filled:
            taken = before[line].reserved - after[line].reserved
            if line._backorder_compare(taken, 0.0) > 0:
                # What was filled and is taken away is not filled any more.
                left = line._backorder_noiseless(line.backorder_filled_qty - taken)
                lefts[line] = {"backorder_filled_qty": left}
        for lines, vals in by_values(lefts):
            lines._backorder_write(vals)

    # -- fill -------------------------------------------------------------------------------------

    def _backorder_check_cancel(self, quantity, facts):
        """
        :raise UserError: no quantity, or more than is on backorder
        """
        self._backorder_check_quantity(quantity, facts)
        if self._backorder_compare(quantity, self.backorder_qty) > 0:
            raise UserError(
                self.env._(
                    "%(product)s: %(quantity)s to cancel, but only %(needed)s on "
                    "backorder. Enter %(needed)s or less.",
                    product=self.product_id.display_name,
                    quantity=self._backorder_quantity_label(quantity),
                    needed=self._backorder_quantity_label(self.backorder_qty),
                )
            )

    def _backorder_check_fill(self, quantity, available, facts):
        self._backorder_check_quantity(quantity, facts)
        label = self._backorder_quantity_label
        if self._backorder_compare(quantity, self.backorder_qty) > 0:
            raise UserError(
                self.env._(
                    "%(product)s: %(quantity)s to fill, but only %(needed)s needed on %(order)s. "
                    "%(enter)s",
                    product=self.product_id.display_name,
                    quantity=label(quantity),
                    needed=label(self.backorder_qty),
                    order=self.order_id.name,
                    enter=self._backorder_enter_words(min(self.backorder_qty, available)),
                )
            )
        if self._backorder_compare(quantity, available) > 0 >= available:
            raise UserError(
                self.env._(
                    "%(product)s: %(enter)s",
                    product=self.product_id.display_name,
                    enter=self._backorder_enter_words(0.0),
                )
            )
        if self._backorder_compare(quantity, available) > 0:
            raise UserError(
                self.env._(
                    "%(product)s: %(quantity)s to fill, but only %(available)s on hand that is "
                    "not reserved or set aside. Enter %(available)s or less.",
                    product=self.product_id.display_name,
                    quantity=label(quantity),
                    available=label(available),
                )
            )
        picked = self._backorder_being_picked(quantity, facts) if self.state == "sale" else None
        if picked:
            raise UserError(
                self.env._(
                    "%(product)s on %(order)s is being picked on %(picking)s: validate that "
                    "delivery first, then fill %(quantity)s.",
                    product=self.product_id.display_name,
                    order=self.order_id.name,
                    picking=picked.picking_id.name or picked.display_name,
                    quantity=label(quantity),
                )
            )

    def _backorder_default_fill(self, available, facts):
        """What a fill proposes: min(needed, on hand), whole pieces where only those are sold."""
        quantity = max(0.0, min(self.backorder_qty, available))
        quantity = self._backorder_whole(quantity, facts.parts[self])
        if (
            self.state == "sale"
            and is_positive(quantity)
            and self._backorder_being_picked(quantity, facts)
        ):
            quantity = 0.0
        return quantity

    def _backorder_being_picked(self, quantity, facts):
        """The picked delivery that keeps ``quantity`` from being filled, if one does.

        Odoo reserves nothing more on a move once somebody picked of it.
        """
        moves = facts.moves.get(self, self.env["stock.move"])
        picked = moves.filtered("picked")
        if not picked:
            return None
        open_qty, reserved, _picked = self._backorder_sum_moves(moves - picked)
        return picked[:1] if self._backorder_compare(quantity, open_qty - reserved) > 0 else None

    def _backorder_fill_in_place(self, quantities, run, facts):
        """Let Odoo reserve ``{line: quantity}`` of the held demand on the open deliveries.

        :param facts: :class:`LineFacts` of these lines, or of more
        :return: {line: quantity really reserved}, in the lines' units
        """
        before = self._backorder_reserved(facts)
        # What a person reserved of a kit ahead of its other components stays so.
        ahead = {
            part.moves[0]._backorder_budget_key(): part.reserved
            for line in self & facts.kits
            for part in line._backorder_components(facts.moves[line])
        }
        guard = Guard(budgets=self._backorder_fill_budgets(quantities, facts))
        known = self.sudo().move_ids
        self._backorder_reserve_within(guard, facts)
        if self.sudo().move_ids != known:
            # Another module has split deliveries, for automatic waves for example.
            facts = self._backorder_facts()
        after = self._backorder_reserved(facts)
        filled = {
            line: min(quantity, max(0.0, after[line] - before[line]))
            for line, quantity in quantities.items()
        }
        self._backorder_book_fill(filled, run)
        kits = self & facts.kits
        if kits:
            kits._backorder_unreserve_held(facts, ahead)
        return filled

    def _backorder_reserve_within(self, guard, facts):
        """Let Odoo reserve on the open deliveries of these lines what ``guard`` allows."""
        moves = self.env["stock.move"].sudo()
        moves = moves.browse(
            [move_id for line in self if line in facts.moves for move_id in facts.moves[line].ids]
        )
        moves._backorder_drop_wishes()
        moves.with_context(**private(backorder_guard=guard))._action_assign()

    def _backorder_fill_budgets(self, quantities, facts):
        """The budgets of a :class:`Guard` that lets ``{line: quantity}`` of held demand through."""
        budgets = {}
        kits = self & facts.kits
        figures = kits._backorder_figures_now(facts) if kits else {}
        for line, quantity in quantities.items():
            parts = facts.parts[line]
            if line in kits:
                wanted = figures[line].reserved + quantity
                moves = facts.moves[line]
                for part, most in line._backorder_kit_limits(moves, parts, wanted):
                    budget = part.product.uom_id.round(max(0.0, most - part.reserved))
                    budgets[part.moves[0]._backorder_budget_key()] = budget
                continue
            for part, per_unit in parts.items():
                budget = line._backorder_whole(quantity, parts) * per_unit
                budgets[line.id, part.id] = part.uom_id.round(budget)
        return budgets

    def _backorder_fill_quotations(self, quantities, supply, facts, run):
        """Fill quotation lines: needed falls, and the whole covered quantity is set aside.

        :return: {line: quantity filled}: never more than is set aside for it
        """
        extra, filled = {}, {}
        for line, quantity in quantities.items():
            covered = line._backorder_owed() - (line.backorder_hold_qty - quantity)
            aside = line._backorder_take(supply, facts, covered)
            # In the product's unit: what is not set aside waits, to the piece.
            got = line._backorder_noiseless(quantity - max(0.0, covered - aside))
            filled[line] = got
            if got:
                extra[line] = line._prepare_backorder_set_aside_vals(aside)
        self._backorder_book_fill(filled, run, extra=extra)
        return filled

    def _backorder_book_fill(self, filled, run, extra=None):
        """Write the hold down and the filled quantity up, with a ledger row for each line."""
        extra = extra or {}
        holds = {}
        for line, quantity in filled.items():
            if not line._backorder_compare(quantity, 0.0):
                continue
            holds[line] = line.backorder_hold_qty - quantity
            extra.setdefault(line, {})["backorder_filled_qty"] = (
                line.backorder_filled_qty + quantity
            )
        self._backorder_set_holds(holds, "fill", run=run, extra=extra)
        self.browse().union(*holds)._backorder_forget_typed()

    def _backorder_is_exact(self, quantity, parts):
        """False for a part of a pack that an order line, with its hundredths, cannot name: 23 of 24
        are 0.96 packs only by rounding, and would not be 23 again on another order."""
        named = self.product_uom_id.round(quantity)
        return all(
            per_unit <= 1 or abs(named * per_unit - round(quantity * per_unit)) < EPSILON
            for per_unit in parts.values()
        )

    # -- screens ----------------------------------------------------------------------------------

    @of_many
    def action_force_backorders_selected(self):
        """Put everything of the selected lines that is not picked or delivered on backorder."""
        limits = self._backorder_forceable(self._backorder_facts())
        self.order_id.force_backorders({line.id: limits[line] for line in self})
        return True
