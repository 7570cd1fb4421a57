"""What figures of many lines are made of: their value, and whether somebody has to buy for them."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: What a value is of: a quantity in the line's unit.
_VALUE_OF = {
    "backorder_value": "backorder_qty",
    "backorder_promised_value": "backorder_promised_qty",
}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    backorder_value = fields.Monetary(
        string="Value",
        currency_field="backorder_currency_id",
        compute="_compute_backorder_value",
        aggregator="sum",
        help="What is needed, at the untaxed price of the order, in the company's currency.",
    )
    backorder_promised_value = fields.Monetary(
        string="Value Set Aside",
        currency_field="backorder_currency_id",
        compute="_compute_backorder_value",
        aggregator="sum",
        help="What is set aside, at the untaxed price of the order, in the company's currency.",
    )
    backorder_to_buy = fields.Boolean(
        string="Waiting for a Purchase Order",
        compute="_compute_backorder_to_buy",
        search="_search_backorder_to_buy",
        groups="base.group_user",
        help="On a confirmed order: its vendor is known, nothing is on its way that covers it, and "
        "no purchase order was made for it yet.",
    )

    @api.depends(
        "backorder_qty", "backorder_promised_qty", "price_reduce_taxexcl", "order_id.currency_rate"
    )
    def _compute_backorder_value(self):
        for line in self:
            price = line.price_reduce_taxexcl / (line.order_id.currency_rate or 1.0)
            for name, quantity in _VALUE_OF.items():
                line[name] = line[quantity] * price

    def _compute_backorder_to_buy(self):
        to_buy = self.search([("id", "in", self.ids), ("backorder_to_buy", "=", True)])
        for line in self:
            line.backorder_to_buy = line._origin in to_buy

    def _search_backorder_to_buy(self, operator, value):
        # who may not read it finds nothing by it either
        self._check_field_access(self._fields["backorder_to_buy"], "read")
        if operator != "in":
            return NotImplemented

        def to_sql(model, alias, query):
            bought = SQL(
                """EXISTS (
                    SELECT 1
                      FROM backorder_purchase_line_rel bought
                      JOIN purchase_order_line purchased ON purchased.id = bought.purchase_line_id
                      JOIN purchase_order purchase ON purchase.id = purchased.order_id
                     WHERE bought.sale_line_id = %s AND purchase.state != 'cancel'
                       AND COALESCE(purchased.qty_received, 0) < purchased.product_qty
                )""",
                SQL.identifier(alias, "id"),
            )
            wanting = SQL(
                "(%s > 0 AND %s = 'sale' AND %s IS NULL AND %s IS NOT NULL AND NOT %s)",
                model._field_to_sql(alias, "backorder_qty", query),
                model._field_to_sql(alias, "state", query),
                model._field_to_sql(alias, "backorder_expected_date", query),
                model._field_to_sql(alias, "backorder_vendor_id", query),
                bought,
            )
            return SQL("%s IS TRUE" if True in value else "%s IS NOT TRUE", wanting)

        # What was bought is looked at past the rights on purchases, as `backorder_purchase_label`.
        purchases = self.env["purchase.order.line"].sudo()
        purchases.flush_model(["product_qty", "qty_received", "order_id"])
        purchases.order_id.flush_model(["state"])
        return Domain.custom(to_sql=to_sql)

    def _field_to_sql(self, alias, fname, query=None):
        """Values are summed by the database."""
        if fname not in _VALUE_OF:
            return super()._field_to_sql(alias, fname, query)
        of_order, order_alias = self._backorder_order_sql(alias, query)
        rate = of_order(self.env["sale.order"]._field_to_sql(order_alias, "currency_rate"))
        return SQL(
            "(%s * %s / COALESCE(NULLIF(%s, 0), 1))",
            self._field_to_sql(alias, _VALUE_OF[fname], query),
            self._field_to_sql(alias, "price_reduce_taxexcl", query),
            rate,
        )

    def _backorder_queue_changed(self):
        """Who looks at the overview sees it move."""
        res = super()._backorder_queue_changed()
        self.env["backorder.overview"]._send_changed()
        return res
