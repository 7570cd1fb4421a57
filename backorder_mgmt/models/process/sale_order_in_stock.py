"""*Stock* of very many quotations: what the field says of each, asked of the database."""

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.once import once


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _search_backorder_stock(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = sorted(state for state in value if state)
        company = Domain("company_id", "in", self.env.companies.ids)
        quotations = company & Domain("state", "in", ("draft", "sent"))
        found = Domain.FALSE
        if states:
            # one page asks for its orders, and for how many there are
            key = ("backorder_stock", *states, repr(self._backorder_searched()))
            ids = once(self.env, key, lambda: self._backorder_of_stock(quotations, states))
            found = Domain("id", "in", SQL("(SELECT UNNEST(%s::int[]))", ids))
        if False in value:  # what nothing is said of
            items = Domain("order_line", "any", [("display_type", "=", False)])
            found |= company & (Domain("state", "=", "cancel") | ~items)
        return found

    def _backorder_of_stock(self, domain, states):
        """The quotations of ``domain`` whose *Stock* is one of ``states``.

        :return: their ids as an array of the database's, which goes back there: of very many it
            takes a fraction of the memory of numbers
        """
        self._backorder_flush_for_stock()
        quotations = self._backorder_among_query(domain).subselect()
        rooms, others = self._backorder_rooms(quotations)
        found = []
        for orders in self._backorder_among(domain & Domain("id", "in", others)):
            of_each = orders._backorder_stock_states()
            found += [order for order, state in of_each.items() if state in states]
        [[ids]] = self.env.execute_query(
            self._backorder_plain_states_sql(quotations, rooms, others, states, found)
        )
        return ids

    def _backorder_flush_for_stock(self):
        """Write to the database what is read there of quotations' lines."""
        self.env["sale.order.line"].flush_model()
        self.env["sale.order"].flush_model(["state", "company_id"])

    def _backorder_needs_sql(self, quotations):
        """Rows of the items of quotations: (order id, product, warehouse, company, unit, whether
        nothing else than stock in one place can count, owed, of it forced, line id), quantities in
        the lines' units. Of what is owed nothing any more it does not matter what counts."""
        routes = self.env["sale.order.line"]._fields["route_ids"]
        return SQL(
            """
            SELECT l.order_id, l.product_id, COALESCE(l.warehouse_id, 0) AS warehouse_id,
                   COALESCE(l.company_id, 0) AS company_id,
                   COALESCE(l.product_uom_id, 0) AS unit_id,
                   (l.backorder_promised_qty IS NULL OR l.backorder_promised_qty = 0)
                       AND (l.qty_delivered IS NULL OR l.qty_delivered = 0)
                       AND l.is_expense IS NOT TRUE AND l.is_downpayment IS NOT TRUE
                       AND l.id NOT IN (SELECT route.%(line)s FROM %(routes)s route)
                       OR l.product_uom_qty <= COALESCE(l.qty_delivered, 0) AS plain,
                   -- few have anything delivered or forced: that is reckoned for these only
                   GREATEST(0::float8, CASE
                       WHEN l.qty_delivered IS NULL OR l.qty_delivered = 0 THEN l.product_uom_qty
                       ELSE l.product_uom_qty - l.qty_delivered END::float8) AS owed,
                   CASE WHEN l.backorder_forced_qty IS NULL OR l.backorder_forced_qty = 0 THEN 0
                        ELSE GREATEST(0, LEAST(
                            l.backorder_forced_qty,
                            l.product_uom_qty - COALESCE(l.qty_delivered, 0))) END::float8
                       AS forced,
                   l.id
              FROM sale_order_line l
             WHERE l.order_id IN %(quotations)s AND l.display_type IS NULL
            """,
            routes=SQL.identifier(routes.relation),
            line=SQL.identifier(routes.column1),
            quotations=quotations,
        )

    def _backorder_rooms(self, quotations):
        """({(product, warehouse, company, unit): what any of these quotations can have of it; None:
        of such no stock is kept}, where that is the same for all of them; ids of the quotations
        that have to be looked at one by one).

        One line of each is asked what it would be told, as ``backorder_stock`` asks every line.
        """
        rows = self.env.execute_query(
            SQL(
                # kept apart: so many conditions make the database expect one row
                """
                WITH need AS MATERIALIZED (%s)
                SELECT product_id, warehouse_id, company_id, unit_id, MIN(id),
                       BOOL_OR(owed != TRUNC(owed)), NULL::int[]
                  FROM need WHERE plain AND owed > 0
              GROUP BY product_id, warehouse_id, company_id, unit_id
                 UNION ALL
                SELECT NULL, NULL, NULL, NULL, NULL, NULL, ARRAY_AGG(DISTINCT order_id)
                  FROM need WHERE NOT plain
                """,
                self._backorder_needs_sql(quotations),
            )
        )
        groups = [row[:-1] for row in rows if row[0]]
        others = [order_id for row in rows if not row[0] for order_id in row[-1] or ()]
        # sudo: what is there does not depend on who looks
        lines = self.env["sale.order.line"].sudo().browse([row[4] for row in groups])
        kept = lines._backorder_kept_in_stock()
        facts = kept._backorder_facts()
        kept = kept.filtered(lambda line: facts.parts[line])
        reach = kept._backorder_reach(facts)
        supply = self.env["backorder.supply"]._gather(
            kept._backorder_part_products(facts.parts),
            facts.places(kept),
            opened=True,
            reach=reach,
        )
        special = {product for product, _place in supply.batches}
        special |= {product for _line, product in (*reach.steps, *reach.sources, *reach.ahead)}
        rooms, apart = {}, []
        for line, row in zip(lines, groups, strict=True):
            key, broken = row[:4], row[5]
            product = line.product_id
            parts = facts.parts.get(line)
            place = facts.locations[line] if parts else None
            if not parts:
                rooms[key] = None
            elif (
                parts == {product: 1.0}
                and line.product_uom_id == product.uom_id
                and place
                and product.id not in special
                and not (broken and product.tracking == "serial")
            ):
                room = supply.available(product.id, place.id)
                rooms[key] = line._backorder_floor(line._backorder_whole(room, parts))
            else:
                apart.append(key)
        if apart:
            others += self._backorder_having(quotations, apart)
        return rooms, others

    def _backorder_having(self, quotations, groups):
        """Ids of ``quotations`` that are owed something of ``groups``, keys of rooms."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT l.order_id
                  FROM sale_order_line l
                  JOIN (%(groups)s) own
                    ON own.product_id = l.product_id
                   AND own.warehouse_id = COALESCE(l.warehouse_id, 0)
                   AND own.company_id = COALESCE(l.company_id, 0)
                   AND own.unit_id = COALESCE(l.product_uom_id, 0)
                 WHERE l.order_id IN %(quotations)s AND l.display_type IS NULL
                   AND l.product_uom_qty > COALESCE(l.qty_delivered, 0)
                """,
                groups=self._backorder_groups_sql(dict.fromkeys(groups)),
                quotations=quotations,
            )
        )
        return [order_id for [order_id] in rows]

    def _backorder_groups_sql(self, rooms):
        """Rows of :meth:`_backorder_rooms`."""
        columns = zip(*rooms, strict=True) if rooms else ((),) * 4
        products, warehouses, companies, units = (list(column) for column in columns)
        return SQL(
            "SELECT * FROM UNNEST(%s::int[], %s::int[], %s::int[], %s::int[], %s::float8[])"
            " WITH ORDINALITY"
            " AS of_group (product_id, warehouse_id, company_id, unit_id, room, number)",
            products,
            warehouses,
            companies,
            units,
            list(rooms.values()),
        )

    def _backorder_plain_states_sql(self, quotations, rooms, others, states, found):
        """The ids of ``found``, and of ``quotations`` without ``others`` those whose *Stock* is one
        of ``states``, as one text."""
        return SQL(
            """
            SELECT (COALESCE(ARRAY_AGG(order_id), '{}') || %(found)s::int[])::text
              FROM (
                SELECT order_id
                  FROM (
                    SELECT order_id,
                           room IS NOT NULL
                               AND (SUM(owed) > room + 1e-6 OR MAX(forced) > 1e-6) AS lacks,
                           room > 1e-6 AND SUM(owed - forced) > 1e-6 AS gets
                      FROM (%(needs)s) need
                 LEFT JOIN (%(groups)s) of_group
                     USING (product_id, warehouse_id, company_id, unit_id)
                     WHERE NOT order_id = ANY(%(others)s::int[])
                  GROUP BY order_id, number, room
                       ) of_product
              GROUP BY order_id
                HAVING CASE WHEN BOOL_OR(lacks) IS NOT TRUE THEN 'all'
                            WHEN BOOL_OR(gets) THEN 'some' ELSE 'none' END = ANY(%(states)s)
                   ) plain
            """,
            needs=self._backorder_needs_sql(quotations),
            groups=self._backorder_groups_sql(rooms),
            others=others,
            states=states,
            found=found,
        )
