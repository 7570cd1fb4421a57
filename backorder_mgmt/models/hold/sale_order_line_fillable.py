"""*Can Be Filled Now* of very many lines: what the field says of each, asked of the database."""

from odoo import api, models
from odoo.tools import SQL

from ..base.once import asking_once


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model
    @api.readonly
    def web_search_read(self, *args, **kwargs):
        """A page of a list searches twice, for its rows and for their number."""
        with asking_once(self.env):
            return super().web_search_read(*args, **kwargs)

    def _backorder_fillable_quantities(self):
        """{line id: what can be filled of it now, in its unit}; lines of which nothing can are
        absent. As ``backorder_fillable_qty``, in a fixed number of queries for plain lines."""
        return self._backorder_with_stock()._backorder_fillable_near()

    def _backorder_fillable_near(self):
        """As :meth:`_backorder_fillable_quantities`, of lines of `_backorder_near_stock`."""
        plain = self._backorder_plain_rows()
        others = self.browse([line.id for line in self if line.id not in plain])
        result = {line.id: line.backorder_fillable_qty for line in others}
        result.update(self._backorder_plain_fillable(plain))
        return {line_id: quantity for line_id, quantity in result.items() if quantity > 0}

    def _backorder_with_stock(self):
        """The lines of ``self`` that need something of which anything at all is free anywhere."""
        near = set(self._backorder_near_stock()) if self else ()
        return self.browse([line_id for line_id in self._ids if line_id in near])

    @api.model
    def _backorder_near_stock(self):
        """Ids of all lines that need something of which anything at all is free anywhere: of the
        tens of thousands that may wait, mostly few."""
        products = self._backorder_near_products()
        if not products:
            return []
        self.env.cr.execute(self._backorder_near_stock_sql(products))
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _backorder_near_stock_sql(self, products):
        return SQL(
            "SELECT id FROM sale_order_line WHERE backorder_qty > 0 AND product_id = ANY(%s)",
            products.ids,
        )

    @api.model
    def _backorder_near_products(self):
        """The products that are needed and of which anything at all is free anywhere, or of a
        component of them (sudo: stock is counted for everybody)."""
        self.env["backorder.supply"]._flush_for_claims()
        self.env.cr.execute(
            "SELECT DISTINCT product_id FROM stock_quant"
            " WHERE quantity > COALESCE(reserved_quantity, 0)"
        )
        # sudo: kits are found for those, too, who read no bill of materials
        goods = self.env["product.product"].sudo().browse(r[0] for r in self.env.cr.fetchall())
        if not goods:
            return goods
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT product_id FROM sale_order_line"
                " WHERE backorder_qty > 0 AND product_id = ANY(%s)",
                goods._backorder_sold_as().ids,
            )
        )
        return goods.browse(row[0] for row in self.env.cr.fetchall())

    @api.model
    def _backorder_fillable_any(self):
        """All lines of which anything can be filled now, of whatever order.

        :return: their ids as an array of the database's, which goes back there
        """
        products = self._backorder_near_products()
        if not products:
            return "{}"
        self._flush_for_plain_rows()
        near = self._backorder_near_stock_sql(products)
        plain = self._backorder_plain_sql(
            SQL("IN (SELECT id FROM near)"), self._backorder_not_plain(products)
        )
        among = SQL("WITH near AS MATERIALIZED (%s), plain AS MATERIALIZED (%s)", near, plain)
        rows = self.env.execute_query(
            SQL(
                """
                %s SELECT product_id, place, NULL::int[] FROM plain GROUP BY product_id, place
                 UNION ALL
                SELECT NULL, NULL, ARRAY_AGG(id) FROM near WHERE id NOT IN (SELECT id FROM plain)
                """,
                among,
            )
        )
        groups = [row[:2] for row in rows if row[0]]
        # Of these each is looked at by itself, of those who ask.
        others = [line_id for row in rows if not row[0] for line_id in row[2] or ()]
        lines = self.search([("id", "in", others)]) if others else self
        found = [line.id for line in lines if line.backorder_fillable_qty > 0]
        supply = self.env["backorder.supply"]._gather(
            products.browse({product for product, _place in groups}),
            self.env["stock.location"].browse({place for _product, place in groups}),
            owed=False,
            opened=True,
        )
        # What is set aside for a line, or what its own delivery is about to reserve, is its own.
        own = [claim.line for claim in supply.claims if claim.line]
        found += self._backorder_plain_fillable(self.browse(own)._backorder_plain_rows())
        least = {product.id: product.uom_id.rounding for product in products}
        [[ids]] = self.env.execute_query(
            SQL(
                """
                %(among)s
                SELECT (COALESCE(ARRAY_AGG(plain.id), '{}') || %(found)s::int[])::text
                  FROM plain
                  JOIN UNNEST(%(products)s::int[], %(places)s::int[], %(rooms)s::float8[],
                              %(least)s::float8[]) room (product_id, place, quantity, least)
                 USING (product_id, place)
                 WHERE room.quantity - plain.counted * plain.per_unit >= room.least * (1 - 1e-6)
                   AND NOT plain.id = ANY(%(own)s::int[])
                """,
                among=among,
                found=found,
                own=own,
                products=[product for product, _place in groups],
                places=[place for _product, place in groups],
                rooms=[supply.available(product, place) for product, place in groups],
                least=[least[product] for product, _place in groups],
            )
        )
        return ids

    def _backorder_plain_rows(self):
        """{line id: row} of the lines for which stock in one place is all that counts.

        No kits, serial numbers, full packs, lots that expire, orders with terms of their
        customer or that are filled only completely, deliveries in several steps or from several
        places: of these each line is looked at by itself.

        :return: rows of (order id, product id, location id, quantity in the product's unit of one
            unit of the line, needed, what a quotation counts on already), quantities in the
            line's unit
        """
        if not self:
            return {}
        self._flush_for_plain_rows()
        # sudo: what a product is, whoever asks
        not_plain = self._backorder_not_plain(self.sudo().product_id)
        self.env.cr.execute(self._backorder_plain_sql(SQL("= ANY(%s)", list(self._ids)), not_plain))
        return {
            line_id: (order_id, product_id, place, float(per_unit), float(needed), float(counted))
            for line_id, order_id, product_id, place, per_unit, needed, counted in (
                self.env.cr.fetchall()
            )
        }

    @api.model
    def _backorder_not_plain(self, products):
        """Ids of those of ``products`` that are a kit in some company, or whose lots expire."""
        kits = products._backorder_kits_somewhere()
        return (kits | self.env["backorder.supply"]._expiring(products)).ids

    @api.model
    def _backorder_plain_sql(self, lines, not_plain):
        """The query of :meth:`_backorder_plain_rows`.

        :param lines: SQL after the id of an order line: the condition that it is one of them
        :param not_plain: ids of products of which each line is looked at by itself
        """
        # "x IS NULL OR x = 0", where COALESCE would do: of that the database knows how often it is
        # so, and expects one row of forty thousand otherwise
        return SQL(
            """
                SELECT l.id, l.order_id, l.product_id,
                       CASE WHEN l.state = 'sale' THEN own.place ELSE w.lot_stock_id END AS place,
                       lu.factor / pu.factor AS per_unit, l.backorder_qty AS needed,
                       CASE WHEN l.state = 'sale' THEN 0 ELSE GREATEST(0,
                            GREATEST(0, l.product_uom_qty - COALESCE(l.qty_delivered, 0))
                            - COALESCE(l.backorder_hold_qty, 0)) END AS counted
                  FROM sale_order_line l
                  JOIN sale_order o ON o.id = l.order_id
                  JOIN stock_warehouse w ON w.id = l.warehouse_id
                  JOIN product_product p ON p.id = l.product_id
                  JOIN product_template t ON t.id = p.product_tmpl_id
             LEFT JOIN product_category categ ON categ.id = t.categ_id
                  JOIN uom_uom lu ON lu.id = l.product_uom_id
                  JOIN uom_uom pu ON pu.id = t.uom_id
             LEFT JOIN (%(moves)s) own ON own.sale_line_id = l.id
                 WHERE l.id %(lines)s AND l.backorder_qty > 0
                   AND (l.state IN ('draft', 'sent') AND own.plain IS NULL
                        OR l.state = 'sale' AND own.plain)
                   AND t.is_storable AND t.tracking IS DISTINCT FROM 'serial'
                   AND l.is_expense IS NOT TRUE AND l.is_downpayment IS NOT TRUE
                   AND (l.product_uom_id = t.uom_id
                        OR categ.packaging_reserve_method IS DISTINCT FROM 'full')
                   AND (o.backorder_accept IS NULL OR o.backorder_accept = 'yes')
                   AND (o.backorder_policy IS NULL OR o.backorder_policy = 'partial')
                   AND (o.backorder_max_shipments IS NULL OR o.backorder_max_shipments = 0)
                   AND (o.backorder_min_value IS NULL OR o.backorder_min_value = 0)
                   AND o.backorder_cancel_date IS NULL
                   AND NOT (l.state = 'sale' AND o.picking_policy = 'one')
                   AND NOT l.product_id = ANY(%(not_plain)s)
            """,
            lines=lines,
            moves=self._backorder_plain_moves_sql(lines),
            not_plain=not_plain,
        )

    @api.model
    def _flush_for_plain_rows(self):
        """Write to the database what :meth:`_backorder_plain_rows` reads there."""
        self.env["sale.order"].flush_model(
            [
                "picking_policy",
                "backorder_accept",
                "backorder_policy",
                "backorder_max_shipments",
                "backorder_min_value",
                "backorder_cancel_date",
            ]
        )
        self.env["product.template"].flush_model(["tracking", "is_storable", "categ_id"])
        self.env["product.category"].flush_model(["packaging_reserve_method"])
        self.env["sale.order.line"].flush_model(
            ["product_uom_qty", "qty_delivered", "backorder_hold_qty"]
        )
        self.env["stock.move"].flush_model()

    @api.model
    def _backorder_plain_moves_sql(self, lines):
        """Rows (order line id, location, plain) of the deliveries of ``lines``: plain are those
        that take the line's own product from one place, in one step."""
        return SQL(
            """
               SELECT m.sale_line_id, MAX(m.location_id) AS place,
                      BOOL_AND(
                          m.state = 'done' OR (
                              m.product_id = line.product_id
                              AND m.product_uom_qty > 0
                              AND m.procure_method = 'make_to_stock'
                              AND COALESCE(rule.procure_method, 'make_to_stock')
                                  = 'make_to_stock'
                              AND place.usage = 'internal'
                          )
                      )
                      AND BOOL_AND(
                          COALESCE(final.usage, target.usage) = 'customer'
                          AND NOT EXISTS (
                              SELECT 1 FROM stock_move_move_rel before
                               WHERE before.move_dest_id = m.id
                          )
                      )
                      AND COUNT(DISTINCT m.location_id) = 1 AS plain
                 FROM stock_move m
                 JOIN sale_order_line line ON line.id = m.sale_line_id
                 JOIN stock_location place ON place.id = m.location_id
                 JOIN stock_location target ON target.id = m.location_dest_id
            LEFT JOIN stock_location final ON final.id = m.location_final_id
            LEFT JOIN stock_rule rule ON rule.id = m.rule_id
                WHERE m.sale_line_id %(lines)s AND m.state != 'cancel'
             GROUP BY m.sale_line_id
            """,
            lines=lines,
        )

    @api.model
    def _backorder_plain_fillable(self, rows):
        """{line id: quantity in its unit} of rows that :meth:`_backorder_plain_rows` gave."""
        if not rows:
            return {}
        # sudo: stock is counted for everybody
        products = self.env["product.product"].sudo().browse({row[1] for row in rows.values()})
        places = self.env["stock.location"].browse({row[2] for row in rows.values()})
        supply = self.env["backorder.supply"]._gather(products, places, owed=False, opened=True)
        units = {product.id: product.uom_id for product in products}
        result = {}
        for line_id, (order_id, product_id, place, per_unit, needed, counted) in rows.items():
            room = supply.available(product_id, place, order=order_id, line=line_id) / per_unit
            room = max(0.0, room - counted)
            if room > 0:
                unit = units[product_id]
                room = unit.round(room * per_unit, rounding_method="DOWN") / per_unit
                result[line_id] = min(needed, room)
        return result
