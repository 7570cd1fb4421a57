"""What is set aside of the stock: read as claims on it, and given up where it is lost."""

from odoo import api, models
from odoo.tools import SQL

from ...engine import Claim, Supply


class BackorderSupply(models.AbstractModel):
    _inherit = "backorder.supply"

    @api.model
    def _sql_still_set_aside(self, companies):
        """SQL: what is set aside for order ``o`` of one of ``companies`` has not lapsed.

        By the day of its company, whoever asks: a job in UTC, or a clerk in another time zone.
        """
        today = SQL(" ").join(
            SQL("WHEN %s THEN %s", company.id, company._backorder_today()) for company in companies
        )
        return SQL(
            "(o.validity_date IS NULL OR o.validity_date >= CASE o.company_id %s END"
            " OR o.backorder_parent_id IS NOT NULL)",
            today,
        )

    @api.model
    def _read_set_aside(self, products):
        """What is set aside for quotations, as claims at their warehouses' stock locations.

        While an order is being confirmed it still has what is set aside, and reserves by it.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT l.company_id, l.product_id
                  FROM sale_order_line l
                 WHERE l.backorder_promised_qty > 0
                """
            )
        )
        promised = {}
        for company_id, product_id in self.env.cr.fetchall():
            promised.setdefault(company_id, []).append(product_id)
        # sudo: stock is counted for everybody, of whatever company
        companies = self.env["res.company"].sudo().browse(sorted(promised))
        parts = {}
        for company in companies:
            # A bill of materials belongs to a company: to that of the line, not of who asks.
            own = self.env["product.product"].sudo().with_company(company)
            for product, taken in own.browse(promised[company.id])._backorder_parts().items():
                if any(part in products for part in taken):
                    parts[company.id, product.id] = taken
        if not parts:
            return []
        self.env.cr.execute(
            SQL(
                """
                SELECT l.id, l.order_id, l.company_id, l.product_id, w.lot_stock_id,
                       l.backorder_promised_qty * lu.factor / pu.factor
                  FROM sale_order_line l
                  JOIN sale_order o ON o.id = l.order_id
                  JOIN stock_warehouse w ON w.id = l.warehouse_id
                  JOIN product_product p ON p.id = l.product_id
                  JOIN product_template t ON t.id = p.product_tmpl_id
                  JOIN uom_uom lu ON lu.id = l.product_uom_id
                  JOIN uom_uom pu ON pu.id = t.uom_id
                 WHERE l.backorder_promised_qty > 0 AND l.product_id IN %s AND %s
                """,
                tuple({product_id for _company_id, product_id in parts}),
                self._sql_still_set_aside(companies),
            )
        )
        return [
            Claim(part.id, location_id, float(quantity) * ratio, "promised", order_id, line_id)
            for line_id, order_id, company_id, product_id, location_id, quantity in (
                self.env.cr.fetchall()
            )
            for part, ratio in parts.get((company_id, product_id), {}).items()
            if part in products
        ]

    @api.model
    def _shrink_set_aside(self, products):
        """What was set aside and is lost, by a count, scrap or what a person shipped, waits again.

        The newest first; those of new orders made by a fill after all others.
        """
        self.env["sale.order.line"].flush_model(
            [
                "backorder_promised_qty",
                "company_id",
                "product_id",
                "product_uom_id",
                "order_id",
                "warehouse_id",
            ]
        )
        self._flush_units()
        uncovered = self._uncovered_set_aside(products)
        lines = self.env["sale.order.line"].sudo().browse({claim.line for claim, _qty in uncovered})
        parts = lines._backorder_parts()
        lost = {}
        for claim, quantity in uncovered:
            line = lines.browse(claim.line)
            per_unit = parts[line][self.env["product.product"].browse(claim.product)]
            lost[line] = lost.get(line, 0.0) + quantity / per_unit
        if lost:
            lines._backorder_lose_set_aside(lost, parts)

    @api.model
    def _uncovered_set_aside(self, products):
        """[(claim, quantity)] of what is set aside of ``products`` and is not there any more."""
        claims = self._read_set_aside(products)
        if not claims:
            return []
        self._flush_quants()
        lines = self.env["sale.order.line"].sudo().browse({claim.line for claim in claims})
        born = {line.id: not line.order_id.backorder_parent_id for line in lines}
        claims.sort(key=lambda claim: (born[claim.line], claim.line))
        tops = self.env["stock.location"].sudo().browse({claim.location for claim in claims})
        paths = {top.id: self._path(top) for top in tops}
        products = self.env["product.product"].browse({claim.product for claim in claims})
        return list(Supply(self._read_free(products, tops)[0], paths, claims).uncovered())
