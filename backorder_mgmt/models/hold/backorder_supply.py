"""Gather what the engine has to know about stock: free quantities and the claims on them."""

from bisect import bisect_left
from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import Claim, Reach, Supply
from ..base.jobs import waiting_for_locks

#: The key of claims that are younger than everybody who asks.
_NOBODY = (datetime.max, 0)


class BackorderSupply(models.AbstractModel):
    """Reads stock figures for many products at once, a fixed number of queries a call."""

    _name = "backorder.supply"
    _description = "Backorder Supply"

    @api.model
    def _lock(self, products, locations):
        """Take the blocking lock on the stock rows of ``products`` below ``locations``.

        Odoo skips rows that another transaction has locked and adds a second row instead, which
        is how the last units get reserved twice. One sorted lock, taken before anything is read,
        makes a second worker wait; if the rows were changed meanwhile it starts over (`retrying`).
        Callers that decide about stock without changing the rows also call :meth:`_touch`.

        :return: ids of the locked ``stock.quant`` rows
        """
        if not products or not locations:
            return []
        # Not everything: that would work out fields of the order a second time.
        self.env["stock.quant"].flush_model()
        query = (
            self.env["stock.quant"]
            .sudo()
            ._search(
                [("product_id", "in", products.ids), ("location_id", "child_of", locations.ids)],
                order="id",
            )
        )
        with waiting_for_locks(self.env):
            self.env.cr.execute(
                SQL("%s FOR NO KEY UPDATE OF %s", query.select(), SQL.identifier("stock_quant")),
                log_exceptions=False,
            )
            ids = [row[0] for row in self.env.cr.fetchall()]
        self.env["stock.quant"].browse(ids).invalidate_recordset(
            ["quantity", "reserved_quantity"], flush=False
        )
        return ids

    @api.model
    def _touch(self, quant_ids):
        """Write the locked stock rows without changing them.

        A row that was only locked looks unchanged to a waiting transaction, which would go on
        with what it read before; a row that was written makes it start over.
        """
        if quant_ids:
            self.env.cr.execute(
                SQL(
                    "UPDATE stock_quant SET reserved_quantity = reserved_quantity WHERE id IN %s",
                    tuple(quant_ids),
                ),
                log_exceptions=False,
            )

    @api.model
    def _gather(
        self,
        products,
        locations,
        *,
        orders=None,
        owed=True,
        opened=False,
        lines=None,
        claims_only=False,
        asking=None,
        reach=None,
    ):
        """The stock of ``products`` at ``locations`` and what is claimed of it.

        :param orders: orders whose own backorders have to be told apart from those of others
        :param owed: also read what is owed to older backorders (first come, first served)
        :param opened: also read the demand that Odoo has yet to reserve (manual and by-date
            reservation), without that of ``lines``
        :param claims_only: nothing is wanted but the limits: where nothing is claimed, free stock
            is not read at all
        :param asking: the order lines that are served of it
        :param reach: what :meth:`_backorder_reach` said of these, asked already
        :return: :class:`..engine.Supply`, quantities in the products' units
        """
        if not products or not locations:
            return Supply({}, {})
        self._flush_for_claims()
        claims = self._read_set_aside(products)
        if owed:
            keys = asking._backorder_claim_keys() if asking else {}
            claims += self._read_owed(products, orders, keys)
        if opened:
            claims += self._read_open(products, lines)
        if claims_only and not claims:
            return Supply({}, {})
        if reach is None:
            # Of an attempt to reserve each move asks for itself.
            reach = Reach()
            if asking:
                # sudo: what stands beside quantities counts for everybody
                facts = asking.sudo()._backorder_facts()
                reach = asking._backorder_reach(facts, places=not claims_only)
        if owed:
            reach.keys = keys
        places = {source.location for of in reach.sources.values() for source in of}
        places.update(claim.location for claim in claims)
        tops = (locations | self.env["stock.location"].browse(places)).sudo()
        paths = {location.id: self._path(location) for location in tops}
        free, batches = self._read_free(products, tops)
        reach.moments.setdefault(0, fields.Datetime.now().timestamp())
        return Supply(free, paths, claims, batches, reach)

    @api.model
    def _flush_for_claims(self):
        """Write to the database what the queries of claims and of queues read there."""
        self.env["sale.order"].flush_model(
            ["validity_date", "backorder_parent_id", "backorder_original_date", "date_order"]
        )
        self.env["sale.order.line"].flush_model(
            [
                "order_id",
                "state",
                "company_id",
                "product_id",
                "product_uom_id",
                "warehouse_id",
                "backorder_qty",
                "backorder_forced_qty",
                "backorder_promised_qty",
                "backorder_date",
                "backorder_claim_released",
            ]
        )
        self.env["stock.move"].flush_model(
            [
                "sale_line_id",
                "state",
                "product_id",
                "product_uom",
                "product_qty",
                "quantity",
                "location_id",
                "procure_method",
                "picking_type_id",
            ]
        )
        self._flush_quants()
        self.env["stock.picking.type"].flush_model(["code", "reservation_method"])
        self.env["res.company"].flush_model(["backorder_fifo"])
        self._flush_units()

    @api.model
    def _flush_units(self):
        """For every query that converts quantities: a unit that was just made has no factor in the
        database yet, and products may just have got another one."""
        self.env["uom.uom"].flush_model(["factor"])
        self.env["product.template"].flush_model(["uom_id"])

    @api.model
    def _spoken_for(self, products, warehouses):
        """What of the free stock is nobody's who orders now: it is owed to those who wait, or set
        aside for a quotation.

        :return: {product id: quantity in its unit} of those that have any in ``warehouses``
        """
        if not products or not warehouses:
            return {}
        self._flush_for_claims()
        claims = self._read_set_aside(products) + self._read_owed(products, None, {})
        places = self.env["stock.location"].sudo().browse({claim.location for claim in claims})
        inside = tuple(warehouses.view_location_id.mapped("parent_path"))
        kept = {place.id for place in places if place.parent_path.startswith(inside)}
        spoken = {}
        for claim in claims:
            if claim.location in kept:
                spoken[claim.product] = spoken.get(claim.product, 0.0) + claim.quantity
        return spoken

    @api.model
    def _path(self, location):
        return tuple(int(part) for part in location.parent_path.split("/") if part)

    @api.model
    def _read_owed(self, products, orders, keys):
        """What is owed to backorders of confirmed orders, unforced and not released.

        By the deliveries of these products, of which the database would else look at all that
        wait for anything; where nothing is in stock, nothing is to be shared out.

        :param keys: {line id: since when it waits} of those that ask: no claim is told apart that
            none of them can tell apart
        """
        # A claim ends by the days of the company that it is on, whoever looks.
        ended = SQL(" OR ").join(
            SQL("(l.company_id = %s AND l.backorder_date < %s)", company.id, start)
            for company, start in self.env["res.company"]._backorder_claims_since().items()
        )
        self.env.cr.execute(
            SQL(
                """
                WITH open AS MATERIALIZED (
                    SELECT product_id, location_id, sale_line_id, product_qty, quantity, product_uom
                      FROM stock_move
                     WHERE product_id = ANY(ARRAY(
                               SELECT q.product_id FROM stock_quant q
                                WHERE q.product_id IN %(products)s AND q.quantity > 0))
                       AND sale_line_id IS NOT NULL
                       AND state IN ('confirmed', 'waiting', 'partially_available')
                       AND procure_method = 'make_to_stock'
                )
                SELECT product_id, location_id, own_id, since, order_id, SUM(
                           LEAST(unreserved, held) * (needed - LEAST(forced, needed)) / needed)
                  FROM (
                    SELECT m.product_id, m.location_id, l.backorder_qty AS needed,
                           COALESCE(l.backorder_forced_qty, 0) AS forced,
                           COALESCE(l.backorder_date, %(now)s) AS since, l.order_id,
                           CASE WHEN l.order_id IN %(orders)s THEN l.order_id ELSE 0 END AS own_id,
                           SUM(m.product_qty - COALESCE(m.quantity, 0) * mu.factor / pu.factor)
                               AS unreserved,
                           CASE WHEN l.product_id = m.product_id
                                THEN l.backorder_qty * lu.factor / pu.factor
                                ELSE SUM(m.product_qty) END AS held
                      FROM open m
                      JOIN sale_order_line l ON l.id = m.sale_line_id
                      JOIN product_product p ON p.id = m.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                      JOIN uom_uom lu ON lu.id = l.product_uom_id
                      JOIN uom_uom mu ON mu.id = m.product_uom
                      JOIN uom_uom pu ON pu.id = t.uom_id
                      JOIN res_company c ON c.id = l.company_id
                     WHERE l.backorder_qty > 0 AND l.state = 'sale' AND c.backorder_fifo
                       AND l.backorder_claim_released IS NOT TRUE
                       AND (%(ended)s) IS NOT TRUE
                  GROUP BY l.id, m.product_id, m.location_id, lu.factor, pu.factor
                ) AS waiting
                 WHERE unreserved > 0
              GROUP BY product_id, location_id, own_id, since, order_id
                """,
                now=fields.Datetime.now(),
                orders=tuple(orders.ids) if orders else (0,),
                ended=ended or SQL("FALSE"),
                products=tuple(products.ids),
            )
        )
        asked = sorted(set(keys.values()))
        claims = {}
        for product_id, location_id, own_id, since, order_id, quantity in self.env.cr.fetchall():
            if quantity > 0:
                place = bisect_left(asked, (since, order_id))
                binds = asked[place] if place < len(asked) else _NOBODY
                key = (product_id, location_id, own_id, binds)
                claims[key] = claims.get(key, 0.0) + float(quantity)
        return [
            Claim(product_id, location_id, quantity, "owed", own_id, key=binds)
            for (product_id, location_id, own_id, binds), quantity in claims.items()
        ]

    @api.model
    def _read_open(self, products, lines):
        """Demand that Odoo has yet to reserve: deliveries reserved by hand or by date."""
        self.env.cr.execute(
            SQL(
                """
                SELECT product_id, location_id, line_id, GREATEST(0, unreserved - held)
                  FROM (
                    SELECT m.product_id, m.location_id, COALESCE(l.id, 0) AS line_id,
                           SUM(m.product_qty - COALESCE(m.quantity, 0) * mu.factor / pu.factor)
                               AS unreserved,
                           COALESCE(CASE WHEN l.product_id = m.product_id
                                THEN l.backorder_qty * lu.factor / pu.factor
                                WHEN l.backorder_qty > 0 THEN SUM(m.product_qty) END, 0) AS held
                      FROM stock_move m
                      JOIN stock_picking_type pt ON pt.id = m.picking_type_id
                      JOIN product_product p ON p.id = m.product_id
                      JOIN product_template t ON t.id = p.product_tmpl_id
                      JOIN uom_uom mu ON mu.id = m.product_uom
                      JOIN uom_uom pu ON pu.id = t.uom_id
                 LEFT JOIN sale_order_line l ON l.id = m.sale_line_id
                 LEFT JOIN uom_uom lu ON lu.id = l.product_uom_id
                     WHERE pt.reservation_method != 'at_confirm'
                       AND pt.code IN ('outgoing', 'internal')
                       AND m.product_id IN %(products)s
                       AND m.state IN ('confirmed', 'waiting', 'partially_available')
                       AND m.procure_method = 'make_to_stock'
                       AND COALESCE(l.id, 0) NOT IN %(lines)s
                  GROUP BY l.id, m.product_id, m.location_id, lu.factor, pu.factor
                ) AS waiting
                 WHERE unreserved > held
                """,
                products=tuple(products.ids),
                lines=tuple(lines.ids) if lines else (-1,),
            )
        )
        return [
            Claim(product_id, location_id, float(quantity), "open", 0, line_id)
            for product_id, location_id, line_id, quantity in self.env.cr.fetchall()
        ]
