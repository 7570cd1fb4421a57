"""The money half of *Check Backorders*: nothing is mended, only said."""

from odoo import api, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model
    def _backorder_check_money(self, companies):
        """What is wrong with the money of orders and their new orders.

        :return: ``[(code, order, sentence)]``: ``carried`` where carried amounts do not add up to
            nothing, ``asked`` where a card was asked for more than all orders owe
        """
        # sudo: called after its caller checked the right; money is looked at for whole companies
        in_companies = [("company_id", "in", companies.ids)]
        carries = self.env["backorder.carry"].sudo().search(in_companies)
        charges = self.env["backorder.charge"].sudo().search(in_companies)
        found = []
        orders = (
            carries.to_order_id | carries.from_order_id | charges.order_id
        )._backorder_families()
        for root in orders.filtered(lambda order: not order.backorder_parent_id):
            family = root._backorder_family()
            # A carry whose other end was deleted is known by one order only.
            if len({order.currency_id for order in family}) > 1:
                continue
            rows = family.backorder_carry_in_ids | family.backorder_carry_out_ids
            rows = rows.filtered(lambda row: row.kind != "rounding")
            gone = rows.filtered(lambda row: not row.from_order_id or not row.to_order_id)
            carried = sum(family.mapped("backorder_carried_amount"))
            if not gone and not root.currency_id.is_zero(carried):
                found.append(
                    (
                        "carried",
                        root,
                        self.env._(
                            "%(order)s and its new orders carry %(amount)s that came from nowhere.",
                            order=root.name,
                            amount=root.currency_id.format(carried),
                        ),
                    )
                )
            if not family & charges.order_id:
                continue
            money = root._backorder_family_money()
            over = money.asked and root.currency_id.round(money.paid + money.asked - money.owed)
            if over and over > 0:
                found.append(
                    (
                        "asked",
                        root,
                        self.env._(
                            "%(amount)s more than %(order)s and its new orders owe are asked for: "
                            "look at their charges.",
                            amount=root.currency_id.format(over),
                            order=root.name,
                        ),
                    )
                )
        return found
