"""Money carried between the orders of a family: an original order and what was made of it."""

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _backorder_carry_in(self, amount, from_order, run=None, note=None):
        """Move ``amount`` of paid money from ``from_order`` to this order of the same family.

        :param amount: in the orders' currency; + a credit, − a balance: what is owed moves
        :return: the ``backorder.carry`` row; empty when there is nothing to move
        :raise UserError: not of one family, or of different currencies
        """
        self.ensure_one()
        from_order.ensure_one()
        return self._backorder_carry([(from_order, self, amount)], run, note)

    @api.model
    def _backorder_carry(self, moves, run=None, note=None):
        """Several carries at once: ``(from order, to order, amount)`` each.

        :return: the ``backorder.carry`` rows; none for amounts of nothing
        :raise UserError: see :meth:`_backorder_carry_in`
        """
        vals_list, bodies = [], {}
        for origin, target, amount in moves:
            # sudo: called by fills, charges and cancellations, whose right was checked
            origin, target = origin.sudo(), target.sudo()
            amount = target.currency_id.round(amount)
            if target.currency_id.is_zero(amount):
                continue
            target._backorder_check_carry(origin)
            vals_list.append(target._prepare_backorder_carry_vals(amount, origin, run, note))
            body = target._backorder_carry_text(amount, origin, note)
            for order in (origin, target):
                bodies[order.id] = Markup("<br/>").join(filter(None, [bodies.get(order.id), body]))
        if not vals_list:
            return self.env["backorder.carry"]
        token = self.env["sale.order.line"].sudo()._backorder_token()
        rows = self.env["backorder.carry"].with_env(token.env).create(vals_list)
        self.sudo().browse(bodies)._message_log_batch(bodies=bodies)
        return rows.with_env(self.env)

    def _backorder_check_carry(self, origin):
        """Refuse to carry from ``origin`` to this order what makes no sense."""
        near = self.backorder_parent_id | self.backorder_child_ids
        if origin == self or (origin not in near and origin not in self._backorder_family()):
            raise UserError(
                self.env._(
                    "Nothing can be carried from %(origin)s to %(target)s: they are not an order "
                    "and a new order made of it.",
                    origin=origin.name,
                    target=self.name,
                )
            )
        if origin.currency_id != self.currency_id:
            raise UserError(
                self.env._(
                    "Nothing can be carried from %(origin)s, in %(currency)s, to %(target)s, in "
                    "%(other)s. Settle this by hand.",
                    origin=origin.name,
                    target=self.name,
                    currency=origin.currency_id.name,
                    other=self.currency_id.name,
                )
            )

    def _prepare_backorder_carry_vals(self, amount, origin, run, note):
        return {
            "from_order_id": origin.id,
            "to_order_id": self.id,
            "from_name": origin.name,
            "to_name": self.name,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "kind": "credit" if amount > 0 else "balance",
            "amount": amount,
            "user_id": self.env.uid,
            "run_id": run.id if run else False,
            "note": note,
        }

    def _backorder_carry_text(self, amount, origin, note):
        """The sentence that both orders are told."""
        text = self.env._("Credit carried") if amount > 0 else self.env._("Balance carried")
        return self.env._(
            "%(what)s: %(amount)s from %(origin)s to %(target)s.",
            what=f"{text} ({note})" if note else text,
            amount=self.currency_id.format(abs(amount)),
            origin=origin._get_html_link(),
            target=self._get_html_link(),
        )

    def _backorder_carry_filled(self, new_orders, run):
        """Carry to the new orders of these what the options of the fill say.

        The items have moved already: a paid original has a surplus now, or owes less.

        :param new_orders: {original order: its new order}, not paid or approved yet
        """
        self.browse([order.id for order in new_orders])._backorder_book_rounding(run)
        if run.carry_credit == "none" and not run.carry_balance:
            return
        figures = self._backorder_paid_figures()
        moves = [
            (
                order,
                new_order,
                order._backorder_carry_amount(
                    figures[order.id],
                    order.backorder_owed_amount,
                    new_order.backorder_owed_amount,
                    run.carry_credit,
                    run.carry_balance,
                ),
            )
            for order, new_order in new_orders.items()
        ]
        self._backorder_carry(moves, run)

    def _backorder_carry_amount(self, figures, owed, new_owed, carry_credit, carry_balance):
        """What a new order of items of this order takes over: + credit, − balance.

        :param figures: (paid, captured) of this order
        :param owed: on this order without the items that move
        :param new_owed: on the new order
        """
        paid, captured = figures
        # What is only authorised is nobody's money yet, but is not asked for again.
        surplus = -self._backorder_due_of(captured, owed)
        due = self._backorder_due_of(paid, owed)
        if surplus > 0 and carry_credit == "whole":
            return surplus
        if surplus > 0 and carry_credit == "needed":
            return min(surplus, max(0.0, new_owed))
        if due > 0 and carry_balance:
            return -due
        return 0.0

    def _backorder_carry_back(self, note=None):
        """Give back what was carried to these orders and not carried on since."""
        for order in self.sudo():
            incoming, outgoing = order.backorder_carry_in_ids, order.backorder_carry_out_ids
            for source in incoming.from_order_id:
                net = sum(
                    incoming.filtered(lambda r, o=source: r.from_order_id == o).mapped("amount")
                )
                net -= sum(
                    outgoing.filtered(lambda r, o=source: r.to_order_id == o).mapped("amount")
                )
                here = order.backorder_carried_amount
                net = min(net, max(0.0, here)) if net > 0 else max(net, min(0.0, here))
                source._backorder_carry_in(net, order, note=note)

    def _action_cancel(self):
        unapproved = self.filtered(lambda order: order.state in ("draft", "sent"))
        res = super()._action_cancel()
        unapproved._backorder_cancel_carries(approved=False)
        (self - unapproved)._backorder_cancel_carries()
        self._backorder_split_orders()._backorder_book_rounding()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_backorder_carry_back(self):
        self._backorder_cancel_carries(approved=False)
        self._backorder_split_orders()._backorder_book_rounding(without=self)

    def _backorder_split_orders(self):
        """Of these orders, those that have a family."""
        # sudo: called by cancellations, whose right was checked
        return self.sudo().filtered(
            lambda order: order.backorder_parent_id or order.backorder_child_ids
        )

    def _backorder_cancel_carries(self, approved=True):
        """Money carried to an order that is given up goes back; so does a balance that a given up
        order had handed on.

        An order that was not approved gives its items back, so always its money too. Of one that
        was approved, what is invoiced or paid already stays, for the accountant.
        """
        carried = self.sudo().filtered(
            lambda order: order.backorder_carry_in_ids or order.backorder_carry_out_ids
        )
        for order in carried:
            if approved and order._backorder_carry_settled():
                continue
            note = self.env._("%s was given up", order.name)
            order._backorder_carry_back(note)
            taken = order.backorder_carry_out_ids.filtered(lambda row: row.amount < 0).to_order_id
            for target in taken.filtered(lambda other: not other._backorder_carry_settled()):
                rows = order.backorder_carry_out_ids.filtered(
                    lambda row, target=target: row.to_order_id == target
                )
                back = order.backorder_carry_in_ids.filtered(
                    lambda row, target=target: row.from_order_id == target
                )
                net = sum(rows.mapped("amount")) - sum(back.mapped("amount"))
                if net < 0:
                    order._backorder_carry_in(net, target, note=note)

    def _backorder_carry_settled(self):
        """Whether the customer paid on this order, or has an invoice of it."""
        self.ensure_one()
        posted = self.invoice_ids.filtered(lambda invoice: invoice.state == "posted")
        paid = self.backorder_paid_amount + self.backorder_authorized_amount
        return bool(posted) or not self.currency_id.is_zero(paid)
