"""Payments in another currency than their order: its price list was changed since, say."""

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .backorder_charge import OPEN_CHARGES


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def write(self, vals):
        res = super().write(vals)
        if "pricelist_id" in vals or "company_id" in vals:
            self._backorder_check_currency()
        return res

    def _backorder_check_currency(self):
        """Payments are converted; what was carried, or was asked for, stays what it is.

        :raise ValidationError: the currency of an order with such amounts is changed
        """
        # sudo: who sells need not see these rows; named are order and currency only
        orders = self.sudo().filtered("currency_id")
        carries = orders.backorder_carry_in_ids | orders.backorder_carry_out_ids
        charges = orders._backorder_open_charges(OPEN_CHARGES)
        for order in orders if carries or charges else []:
            carried = (order.backorder_carry_in_ids | order.backorder_carry_out_ids).filtered(
                lambda row, order=order: row.currency_id != order.currency_id
            )[:1]
            asked = charges.filtered(
                lambda charge, order=order: (
                    charge.order_id == order and charge.currency_id != order.currency_id
                )
            )
            if asked and not asked.attempt_ids:  # nobody was asked yet
                amount = order._backorder_converted(asked.amount, asked.currency_id)
                asked._backorder_write({"currency_id": order.currency_id.id, "amount": amount})
                asked = asked.browse()
            if not carried and not asked:
                continue
            values = {
                "order": order.name,
                "old": (carried or asked).currency_id.name,
                "new": order.currency_id.name,
            }
            if carried:
                raise ValidationError(
                    self.env._(
                        "%(order)s stays in %(old)s and cannot change to %(new)s: amounts were "
                        "carried between it and other orders. Keep a price list in %(old)s, or "
                        "cancel it and make a new order.",
                        **values,
                    )
                )
            raise ValidationError(
                self.env._(
                    "%(order)s cannot change from %(old)s to %(new)s while its payment is asked "
                    "for. Press Give Up under Payment Problems first.",
                    **values,
                )
            )

    @api.depends("currency_id", "currency_rate")
    def _compute_amount_paid(self):
        """Odoo adds amounts of different currencies up."""
        res = super()._compute_amount_paid()
        for order in self:
            for transaction in order.transaction_ids:
                if (
                    transaction.state in ("authorized", "done")
                    and transaction.currency_id != order.currency_id
                ):
                    paid = order._backorder_amount_here(transaction)
                    order.amount_paid += paid - transaction.amount
        return res

    def _backorder_amount_here(self, transaction):
        """What a transaction is in this order's currency: `_backorder_transaction_rate_sql`."""
        company = self.company_id
        day = transaction.last_state_change or transaction.create_date
        amount = transaction.currency_id._convert(
            transaction.amount, company.currency_id, company, day.date(), round=False
        )
        return self.currency_id.round(amount * (self.currency_rate or 1.0))

    def _backorder_rate_sql(self, currency, company, day):
        """How much of a currency one unit of the company's is on that day, as Odoo's
        `_get_conversion_rate` says.

        :param currency: SQL of an id
        :param company: alias of a `res_company`
        :param day: SQL of a date
        """
        return SQL(
            "%s / NULLIF(%s, 0)",
            self._backorder_listed_rate_sql(currency, company, day),
            self._backorder_listed_rate_sql(SQL("%s.currency_id", company), company, day),
        )

    def _backorder_listed_rate_sql(self, currency, company, day):
        """As `res.currency._get_rates`: the last rate before, else the first one, else 1."""
        listed = SQL(
            """
            SELECT listed.rate
              FROM res_currency_rate listed
             WHERE listed.currency_id = %(currency)s
               AND (
                    listed.company_id IS NULL
                    OR listed.company_id = SPLIT_PART(%(company)s.parent_path, '/', 1)::int
               )
            """,
            currency=currency,
            company=company,
        )
        return SQL(
            "COALESCE((%(listed)s AND listed.name <= %(day)s"
            " ORDER BY listed.company_id, listed.name DESC LIMIT 1),"
            " (%(listed)s ORDER BY listed.company_id, listed.name LIMIT 1), 1)",
            listed=listed,
            day=day,
        )

    def _backorder_transaction_rate_sql(self):
        """What a unit of a transaction ``tx`` is on its order ``so`` of ``company``: at the rates
        of the day of the payment, and of the order, as with money that the bank booked."""
        rate = self._backorder_rate_sql(
            SQL("tx.currency_id"),
            SQL("company"),
            SQL("COALESCE(tx.last_state_change, tx.create_date)::date"),
        )
        return SQL(
            "CASE WHEN tx.currency_id = so.currency_id THEN 1"
            " ELSE COALESCE(so.currency_rate / NULLIF(%s, 0), 1) END",
            rate,
        )
