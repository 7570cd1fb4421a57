"""*Check Backorders* of stock: what is reserved, what is set aside of it, and what deliveries of
kits ask for."""

from odoo import models
from odoo.tools import SQL

from .backorder_check import NOISE


class BackorderCheck(models.Model):
    _inherit = "backorder.check"

    # -- stock ------------------------------------------------------------------------------------

    def _check_reserved(self, companies, repair):
        """Invariant 3: what deliveries have reserved is there, row by row of stock.

        In warehouses, where deliveries take from: components at a subcontractor's are sent there
        after they were reserved, which is Odoo's own way.
        What a person typed beyond stock on a delivery is Odoo's own rule, and shows here too.

        Stock rows that say another quantity than all transfers have reserved are Odoo's as well
        (code ``recount``): what was imported, or left behind by a crash. Its scheduler adds them
        up anew, and so does the repair; until then goods that are there look reserved.
        """
        findings, recount = [], False
        for product, place, company, quantity, said, taken in self._read_reserved(companies):
            unit = product.uom_id.name
            names = {
                "product": product.display_name,
                "place": place.display_name,
                "said": f"{said:g} {unit}",
                "taken": f"{taken:g} {unit}",
                "quantity": f"{quantity:g} {unit}",
            }
            if taken > max(0.0, quantity) + NOISE:
                code, mended = "reserved", False
                message = self.env._(
                    "%(product)s at %(place)s: %(taken)s reserved, %(quantity)s on hand.", **names
                )
            else:
                code, mended, recount = "recount", repair, repair
                message = self.env._(
                    "%(product)s at %(place)s: stock says %(said)s reserved, transfers have "
                    "%(taken)s. Odoo's scheduler adds it up anew.",
                    **names,
                )
            findings.append(self._finding(code, product, message, company, mended))
        if recount:
            self.env["stock.quant"]._quant_tasks()
        return findings

    def _read_reserved(self, companies):
        """[(product, location, company, on hand, reserved as the stock row says, reserved as
        transfers say)] of stock of which more is reserved than is there, or of which both say
        different; in the products' units.
        """
        self.env["stock.move.line"].flush_model()
        self.env["stock.quant"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH shelf AS (
                    SELECT q.product_id, q.location_id, q.company_id,
                           COALESCE(q.lot_id, 0) AS lot, COALESCE(q.package_id, 0) AS package,
                           COALESCE(q.owner_id, 0) AS owner,
                           COALESCE(SUM(q.quantity), 0) AS quantity,
                           COALESCE(SUM(q.reserved_quantity), 0) AS reserved
                      FROM stock_quant q
                      JOIN stock_location place ON place.id = q.location_id
                     WHERE place.usage = 'internal' AND place.warehouse_id IS NOT NULL
                       AND q.company_id IN %(companies)s
                  GROUP BY 1, 2, 3, 4, 5, 6
                ), taken AS (
                    SELECT m.product_id, m.location_id, m.company_id,
                           -- A lot that was typed and is not there, in that package and of that
                           -- owner, is taken of what has none.
                           CASE WHEN (m.product_id, m.location_id, m.lot_id,
                                      COALESCE(m.package_id, 0), COALESCE(m.owner_id, 0)) IN (
                                    SELECT product_id, location_id, lot, package, owner FROM shelf
                                ) THEN m.lot_id ELSE 0 END AS lot,
                           COALESCE(m.package_id, 0) AS package,
                           COALESCE(m.owner_id, 0) AS owner,
                           SUM(m.quantity_product_uom) AS reserved
                      FROM stock_move_line m
                      JOIN stock_location place ON place.id = m.location_id
                      JOIN product_product p ON p.id = m.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                     WHERE place.usage = 'internal' AND place.warehouse_id IS NOT NULL
                       AND m.company_id IN %(companies)s
                       AND m.state NOT IN ('draft', 'done', 'cancel') AND t.is_storable
                  GROUP BY 1, 2, 3, 4, 5, 6
                )
                SELECT product_id, location_id, company_id, COALESCE(shelf.quantity, 0),
                       COALESCE(shelf.reserved, 0), COALESCE(taken.reserved, 0)
                  FROM shelf
             FULL JOIN taken USING (product_id, location_id, company_id, lot, package, owner)
                 WHERE GREATEST(shelf.reserved, taken.reserved)
                       > GREATEST(shelf.quantity, 0) + %(noise)s
                    OR ABS(COALESCE(shelf.reserved, 0) - COALESCE(taken.reserved, 0)) > %(noise)s
              ORDER BY product_id, location_id
                """,
                companies=tuple(companies.ids),
                noise=NOISE,
            )
        )
        return [
            (
                self.env["product.product"].browse(product_id),
                self.env["stock.location"].browse(location_id),
                self.env["res.company"].browse(company_id),
                *figures,
            )
            for product_id, location_id, company_id, *figures in self.env.cr.fetchall()
        ]

    def _check_set_aside_in_stock(self, companies, repair):
        """Invariant 3: reserved and set aside are never more than is on hand."""
        supply = self.env["backorder.supply"]
        supply._flush_for_claims()
        lines = self.env["sale.order.line"].search(
            [("backorder_promised_qty", ">", 0), ("company_id", "in", companies.ids)]
        )
        products = lines._backorder_part_products(lines._backorder_parts())
        uncovered = supply._uncovered_set_aside(products) if products else []
        findings = []
        for claim, quantity in uncovered:
            line = lines.browse(claim.line)
            part = self.env["product.product"].browse(claim.product)
            message = self.env._(
                "%(quantity)s of %(product)s set aside for it are not in stock.",
                quantity=f"{quantity:g} {part.uom_id.name}",
                product=part.display_name,
            )
            findings.append(self._of_line("set_aside", line, message, repair))
        if repair and uncovered:
            supply._shrink_set_aside(products)
        return findings

    def _check_recipes(self, lines, repair):
        """A kit with a component on several lines of its recipe: each line asks for its pieces.

        What was exchanged or ordered more before this was looked after, or with the automatic rule
        off, is one move of the first line's: a part of it would never be sent.
        """
        findings = []
        misplaced = lines._backorder_misplaced()
        for line, rows in misplaced.items():
            mended = repair and line._backorder_put_in_place(rows)
            message = self.env._(
                "%(items)s of it are asked for by the wrong line of the recipe, and would not be "
                "sent whole.",
                items=", ".join(
                    f"{pieces:g} {moves.product_id.uom_id.name} {moves.product_id.display_name}"
                    for moves, _recipe_line, pieces in rows
                ),
            )
            findings.append(self._of_line("recipe", line, message, mended))
        if repair and misplaced:
            kits = lines.browse().union(*misplaced)
            kits._backorder_settle()
        return findings
