"""Fields that only screens use: what a list shows or groups by, nothing that decides."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_sku = fields.Char(string="SKU", related="product_id.default_code")
    backorder_priority_id = fields.Many2one(
        related="order_id.backorder_priority_id",
        string="Backorder Priority",
        groups="base.group_user",
    )
    backorder_priority_color = fields.Integer(
        related="backorder_priority_id.color", groups="base.group_user"
    )
    backorder_vendor_id = fields.Many2one(
        "res.partner",
        string="Vendor",
        compute="_compute_backorder_vendor_id",
        search="_search_backorder_vendor_id",
        groups="base.group_user",  # where goods are bought is not told to customers
        help="First vendor of the product.",
    )
    backorder_promise_date = fields.Datetime(
        string="Set Aside On", compute="_compute_backorder_promise_date"
    )
    backorder_promise_age = fields.Integer(
        string="Days Set Aside", compute="_compute_backorder_promise_date"
    )
    backorder_promise_until = fields.Date(
        string="Set Aside Until", related="order_id.validity_date"
    )

    @api.depends("product_id", "company_id")
    def _compute_backorder_vendor_id(self):
        # sudo: a salesman sees who is to be asked for the goods, without reading pricelists
        for line in self:
            product = line.product_id.sudo().with_company(line.company_id)
            # of this variant, and none that another company buys from
            line.backorder_vendor_id = product and product._prepare_sellers()[:1].partner_id

    def _search_backorder_vendor_id(self, operator, value):
        # who may not read it finds nothing by it either
        self._check_field_access(self._fields["backorder_vendor_id"], "read")
        if operator == "any":  # a name that was typed, or a domain on the vendor
            value = self.env["res.partner"]._search(value).get_result_ids()
        elif operator != "in":
            return NotImplemented

        def to_sql(model, alias, query):
            vendor = model._field_to_sql(alias, "backorder_vendor_id", query)
            listed = SQL("%s IN %s", vendor, tuple(filter(None, value)) or (0,))
            return SQL("(%s OR %s IS NULL)", listed, vendor) if False in value else listed

        return Domain.custom(to_sql=to_sql)

    @api.model
    def _backorder_order_sql(self, alias, query):
        """How columns of the lines' orders are read: (function that makes SQL of an expression of
        the order's columns, the alias to write these with).

        In a query the order is joined, once for all who ask.
        """
        if query is not None:
            return (lambda expression: expression), query.left_join(
                alias, "order_id", "sale_order", "id", "order_id"
            )
        order_id = self._field_to_sql(alias, "order_id")

        def of_order(expression):
            return SQL(
                "(SELECT %s FROM sale_order of_line WHERE of_line.id = %s)", expression, order_id
            )

        return of_order, "of_line"

    def _field_to_sql(self, alias, fname, query=None):
        """Grouping by vendor: the first of the product, as the field shows it."""
        if fname != "backorder_vendor_id":
            return super()._field_to_sql(alias, fname, query)
        vendor = SQL(
            """(
                SELECT info.partner_id
                  FROM product_product product
                  JOIN product_supplierinfo info ON info.product_tmpl_id = product.product_tmpl_id
                  JOIN res_partner vendor ON vendor.id = info.partner_id AND vendor.active
                 WHERE product.id = %s
                   AND (info.product_id IS NULL OR info.product_id = product.id)
                   AND (info.company_id IS NULL OR info.company_id = %s)
              ORDER BY info.sequence, info.min_qty DESC, info.price, info.id
                 LIMIT 1
            )""",
            self._field_to_sql(alias, "product_id", query),
            self._field_to_sql(alias, "company_id", query),
        )
        if query is None:
            return vendor
        # Joined, the database looks once for each product, not for each line and mention.
        joined = query.make_alias(alias, "backorder_vendor")
        query.add_join("LEFT JOIN", joined, SQL("LATERAL %s", vendor), SQL("TRUE"))
        return SQL.identifier(joined, "partner_id")

    @api.depends("backorder_promised_qty")
    def _compute_backorder_promise_date(self):
        dates = dict(
            self.env["backorder.event"]
            .sudo()
            ._read_group(
                [("sale_line_id", "in", self.ids), ("type", "=", "fill")],
                ["sale_line_id"],
                ["date:max"],
            )
        )
        now = fields.Datetime.now()
        for line in self:
            # The line of a new order was made by the fill itself.
            date = dates.get(line.sudo()) or line.create_date
            promised = bool(line.backorder_promised_qty)
            line.backorder_promise_date = date if promised else False
            line.backorder_promise_age = (now - date).days if promised and date else 0
