"""*Stock* of very many quotations: what the field says of each, asked of the database."""

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _search_backorder_stock(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = Domain("state", "in", ("draft", "sent")) & Domain(
            "company_id", "in", self.env.companies.ids
        )
        self._backorder_flush_for_stock()
        quotations = self._backorder_among_query(domain).subselect()
        rooms = self._backorder_rooms(quotations)
        others = self._backorder_others_than(quotations, rooms)
        found = []
        for orders in self._backorder_among(domain & Domain("id", "in", others)):
            states = orders._backorder_stock_states()
            found += [order for order, state in states.items() if state in value]
        plain = self._backorder_plain_states_sql(quotations, rooms, others, value)
        return Domain("id", "in", found) | Domain("id", "in", plain)

    def _backorder_flush_for_stock(self):
        """Write to the database what is read there of quotations' lines."""
        lines = self.env["sale.order.line"]
        lines.flush_model()
        self.env["sale.order"].flush_model(["state", "company_id"])
        self.env["product.product"].flush_model(["product_tmpl_id"])
        self.env["product.template"].flush_model(["uom_id", "tracking"])

    def _backorder_needs_sql(self, quotations):
        """Rows of the goods that quotations lack: (order id, product, warehouse, company, whether
        nothing else than stock in one place can count, owed, of it forced, line id)."""
        routes = self.env["sale.order.line"]._fields["route_ids"]
        return SQL(
            """
            SELECT l.order_id, l.product_id, COALESCE(l.warehouse_id, 0) AS warehouse_id,
                   COALESCE(l.company_id, 0) AS company_id,
                   l.product_uom_id = t.uom_id
                       AND COALESCE(l.backorder_promised_qty, 0) = 0
                       AND COALESCE(l.qty_delivered, 0) = 0
                       AND l.is_expense IS NOT TRUE AND l.is_downpayment IS NOT TRUE
                       AND (t.tracking IS DISTINCT FROM 'serial'
                            OR l.product_uom_qty = TRUNC(l.product_uom_qty))
                       AND NOT EXISTS (
                           SELECT 1 FROM %(routes)s route WHERE route.%(line)s = l.id
                       ) AS plain,
                   l.product_uom_qty - COALESCE(l.qty_delivered, 0) AS owed,
                   COALESCE(l.backorder_forced_qty, 0) AS forced, l.id
              FROM sale_order_line l
              JOIN product_product p ON p.id = l.product_id
              JOIN product_template t ON t.id = p.product_tmpl_id
             WHERE l.order_id IN %(quotations)s AND l.display_type IS NULL
               AND l.product_uom_qty > COALESCE(l.qty_delivered, 0)
            """,
            routes=SQL.identifier(routes.relation),
            line=SQL.identifier(routes.column1),
            quotations=quotations,
        )

    def _backorder_rooms(self, quotations):
        """{(product, warehouse, company): what any of these quotations can have of it, in the
        product's unit; None: of such no stock is kept}, where that is the same for all of them.

        One line of each is asked what it would be told, as ``backorder_stock`` asks every line.
        """
        rows = self.env.execute_query(
            SQL(
                # kept apart: so many conditions make the database expect one row
                "WITH need AS MATERIALIZED (%s)"
                " SELECT product_id, warehouse_id, company_id, MIN(id) FROM need"
                " WHERE plain GROUP BY product_id, warehouse_id, company_id",
                self._backorder_needs_sql(quotations),
            )
        )
        # sudo: what is there does not depend on who looks
        lines = self.env["sale.order.line"].sudo().browse([row[-1] for row in rows])
        kept = lines._backorder_kept_in_stock()
        facts = kept._backorder_facts()
        stocked = kept.filtered(lambda line: facts.parts[line])
        reach = stocked._backorder_reach(facts)
        supply = self.env["backorder.supply"]._gather(
            stocked._backorder_part_products(facts.parts),
            facts.places(stocked),
            opened=True,
            reach=reach,
        )
        special = {product for product, _place in supply.batches}
        special |= {product for _line, product in (*reach.steps, *reach.sources, *reach.ahead)}
        rooms = {}
        for line, (product, warehouse, company, _id) in zip(lines, rows, strict=True):
            parts = facts.parts[line] if line in stocked else {}
            place = facts.locations[line] if parts else None
            if not parts:
                rooms[product, warehouse, company] = None
            elif parts == {line.product_id: 1.0} and place and product not in special:
                room = supply.available(product, place.id)
                rooms[product, warehouse, company] = line._backorder_floor(
                    line._backorder_whole(room, parts)
                )
        return rooms

    def _backorder_known_sql(self, quotations, rooms):
        """The rows of :meth:`_backorder_needs_sql`, each with its room, and whether it is known."""
        products, warehouses, companies = zip(*rooms, strict=True) if rooms else ((), (), ())
        return SQL(
            """
            SELECT need.*, known.room, known.product_id IS NOT NULL AND need.plain AS known
              FROM (%(needs)s) need
         LEFT JOIN UNNEST(%(products)s::int[], %(warehouses)s::int[], %(companies)s::int[],
                          %(rooms)s::float[]) known (product_id, warehouse_id, company_id, room)
                ON known.product_id = need.product_id AND known.warehouse_id = need.warehouse_id
               AND known.company_id = need.company_id
            """,
            needs=self._backorder_needs_sql(quotations),
            products=list(products),
            warehouses=list(warehouses),
            companies=list(companies),
            rooms=list(rooms.values()),
        )

    def _backorder_others_than(self, quotations, rooms):
        """Ids of those of ``quotations`` that have to be looked at one by one."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT order_id FROM (%s) need WHERE NOT known",
                self._backorder_known_sql(quotations, rooms),
            )
        )
        return [order_id for [order_id] in rows]

    def _backorder_plain_states_sql(self, quotations, rooms, others, states):
        """The ids of ``quotations`` without ``others`` whose *Stock* is one of ``states``."""
        return SQL(
            """
            (SELECT so.id
               FROM sale_order so
          LEFT JOIN (
                SELECT order_id, BOOL_OR(lacks) AS lacks, BOOL_OR(gets) AS gets
                  FROM (
                    SELECT order_id,
                           SUM(owed) > room + 1e-6 OR MAX(forced) > 1e-6 AS lacks,
                           room > 1e-6 AND SUM(GREATEST(0, owed - forced)) > 1e-6 AS gets
                      FROM (%(known)s) known
                     WHERE room IS NOT NULL
                  GROUP BY order_id, product_id, warehouse_id, company_id, room
                ) of_product
              GROUP BY order_id
            ) figures ON figures.order_id = so.id
              WHERE so.id IN %(quotations)s AND NOT so.id = ANY(%(others)s)
                AND EXISTS (SELECT 1 FROM sale_order_line l
                             WHERE l.order_id = so.id AND l.display_type IS NULL)
                AND CASE WHEN figures.lacks IS NOT TRUE THEN 'all'
                         WHEN figures.gets THEN 'some' ELSE 'none' END = ANY(%(states)s))
            """,
            known=self._backorder_known_sql(quotations, rooms),
            quotations=quotations,
            others=others,
            states=[state for state in states if state],
        )
