"""The facts of purchasing: what waits, what is there and what is on order, in a few queries."""

import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...engine import OnOrder, PurchaseFacts, Waiting, is_positive


class BackorderPurchasePlan(models.AbstractModel):
    _inherit = "backorder.purchase.plan"

    @api.model
    def _purchase_facts(self, products, warehouses, days=None, include_quotations=False):
        """What decides about buying ``products`` for ``warehouses``.

        :param days: the window of backorders, by the day they began; None: all
        :return: {(product id, warehouse id): :class:`PurchaseFacts`}, one for every pair,
            quantities in the products' units
        """
        # sudo: the caller has checked who may buy; stock and orders are counted for everybody
        products, warehouses = products.sudo(), warehouses.sudo()
        self.env.flush_all()
        waiting, held, apart = self._read_waiting(products, warehouses, days, include_quotations)
        on_hand, lots = self._read_quants(products, warehouses)
        served = self._serve_apart(apart, waiting, on_hand, lots, warehouses)
        demand = self._read_demand(products, warehouses, held)
        promised = self._sum_set_aside(products, warehouses)
        places = self.env["stock.location"].sudo().browse({place for _product, place in served})
        on_order, brought = self._read_on_order(products, warehouses, places)
        elsewhere = self._read_elsewhere(products, warehouses, brought, served)
        rules = self._read_rules(products, warehouses)
        facts = {}
        for warehouse_id in warehouses.ids:
            for product_id in products.ids:
                key = (product_id, warehouse_id)
                there, reserved = on_hand.get(key, (0.0, 0.0))
                minimum, maximum, multiple = rules.get(key, (None, 0.0, 0.0))
                facts[key] = PurchaseFacts(
                    waiting=waiting.get(key, ()),
                    on_hand=there,
                    reserved=reserved,
                    promised=promised.get(key, 0.0),
                    demand=demand.get(key, 0.0),
                    on_order=on_order.get(key, ()),
                    minimum=minimum,
                    maximum=maximum,
                    multiple=multiple,
                    elsewhere=elsewhere.get(key, ()),
                    lots=lots.get(key, ()),
                )
        return facts

    @api.model
    def _backordered_products(self, warehouses):
        """The storable products that backorders in ``warehouses`` wait for, kits' components."""
        self.env["sale.order.line"].flush_model(["backorder_qty", "warehouse_id", "product_id"])
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT product_id, company_id
                  FROM sale_order_line
                 WHERE backorder_qty > 0 AND warehouse_id IN %s
                """,
                tuple(warehouses.ids) or (0,),
            )
        )
        parts = self.env["sale.order.line"]._backorder_parts_by_company(set(self.env.cr.fetchall()))
        ids = {part for of in parts.values() for part in of}
        if "mrp.bom" in self.env:
            ids |= self._components_on_backorder(warehouses)
        return self.env["product.product"].browse(sorted(ids))

    @api.model
    def _components_on_backorder(self, warehouses):
        """Ids of what the deliveries of waiting kits ask for: the recipe may be another now."""
        self.env["stock.move"].flush_model(["sale_line_id", "product_id", "state"])
        self.env.cr.execute(
            SQL(
                """
                SELECT DISTINCT m.product_id
                  FROM sale_order_line l
                  JOIN stock_move m ON m.sale_line_id = l.id AND m.product_id != l.product_id
                 WHERE l.backorder_qty > 0 AND l.warehouse_id IN %s
                   AND m.state IN ('confirmed', 'waiting', 'partially_available')
                """,
                tuple(warehouses.ids) or (0,),
            )
        )
        components = self.env["product.product"].browse(row[0] for row in self.env.cr.fetchall())
        return set(components.filtered("is_storable").ids)

    # -- what waits -------------------------------------------------------------------------------

    @api.model
    def _get_quotation_domain(self, line_ids):
        """Quotation lines that may be bought for; a website's carts are nobody's order yet."""
        domain = Domain("id", "in", line_ids) & Domain("state", "in", ("draft", "sent"))
        return domain & self.env["sale.order.line"]._get_backorder_not_in_cart_domain()

    @api.model
    def _window_starts(self, warehouses, days):
        """{warehouse id: the moment (UTC) at which the first of the last ``days`` days began for
        its company}, whoever looks; none where all backorders count."""
        if days is None:
            return {}
        starts = {
            company: company._backorder_start(company._backorder_today() - timedelta(days=days))
            for company in warehouses.company_id
        }
        return {warehouse.id: starts[warehouse.company_id] for warehouse in warehouses}

    @api.model
    def _read_waiting(self, products, warehouses, days, include_quotations):
        """Backorders by product and warehouse, first come first, and what is held of each line.

        :return: ({(product id, warehouse id): [Waiting]}, {(line id, product id): held quantity},
            {(product id, warehouse id, line id): {location id: quantity}} that is taken from there
            and not from all of stock)
        """
        lines = self.env["sale.order.line"].sudo()
        entries = lines._backorder_queue_entries(products, warehouses)
        if not entries:
            return {}, {}, {}
        wanted = set(products.ids)
        ids = [entry[0] for entry in entries]
        self.env.cr.execute(
            SQL("SELECT id, state, backorder_date FROM sale_order_line WHERE id IN %s", tuple(ids))
        )
        known = {line_id: (state, since) for line_id, state, since in self.env.cr.fetchall()}
        quotations = [line_id for line_id, (state, _since) in known.items() if state != "sale"]
        bought = set()
        if quotations and include_quotations:
            bought = set(lines.search(self._get_quotation_domain(quotations)).ids)
        starts = self._window_starts(warehouses, days)
        moments = lines._backorder_moments(entries)
        waiting, held, apart = {}, {}, {}
        for line_id, warehouse_id, parts, needed, _forced, places in entries:
            state, since = known[line_id]
            if state != "sale" and line_id not in bought:
                continue
            start = starts.get(warehouse_id)
            inside = start is None or since is None or since >= start
            for product_id, per_unit in parts.items():
                if product_id not in wanted:
                    continue
                quantity = needed * per_unit
                moment = moments.get(line_id, -math.inf)
                backorder = Waiting(line_id, quantity, inside, moment=moment)
                waiting.setdefault((product_id, warehouse_id), []).append(backorder)
                if product_id in places:
                    apart[product_id, warehouse_id, line_id] = places[product_id]
                if state == "sale":
                    held[line_id, product_id] = quantity
        return waiting, held, apart

    # -- what is there ----------------------------------------------------------------------------

    @api.model
    def _read_quants(self, products, warehouses):
        """What lies where fills take from.

        What is free of it is Odoo's free stock: lots that were to be removed are not on hand.

        :return: ({(product id, warehouse id): (on hand, reserved)}, {(product id, warehouse id):
            what is free of it, lot by lot} where lots must leave stock)
        """
        stocks = {warehouse.lot_stock_id.id: warehouse.id for warehouse in warehouses}
        supply = self.env["backorder.supply"]
        free, batches = supply._read_free(products, warehouses.lot_stock_id)
        self.env.cr.execute(
            SQL(
                """
                SELECT quant.product_id, top.id, SUM(COALESCE(quant.reserved_quantity, 0))
                  FROM stock_quant quant
                  JOIN stock_location place ON place.id = quant.location_id
                  JOIN stock_location top
                    ON top.id IN %s AND place.parent_path LIKE top.parent_path || '%%'
                 WHERE quant.product_id IN %s
              GROUP BY quant.product_id, top.id
                """,
                tuple(stocks) or (0,),
                tuple(products.ids) or (0,),
            )
        )
        reserved = {(row[0], row[1]): float(row[2]) for row in self.env.cr.fetchall()}
        result = {}
        for key, quantity in free.items():
            reserved_qty = reserved.get(key, 0.0)
            result[key[0], stocks[key[1]]] = (quantity + reserved_qty, reserved_qty)
        now = fields.Datetime.now().timestamp()
        lots = {
            (product_id, stocks[stock_id]): [batch for batch in own if batch.until >= now]
            for (product_id, stock_id), own in batches.items()
        }
        return result, lots

    @api.model
    def _read_demand(self, products, warehouses, held):
        """{(product id, warehouse id): quantity} that others than backorders have yet to reserve.

        What is made or bought to order comes with its own supply, and is left out with it.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT m.product_id, src.warehouse_id, COALESCE(m.sale_line_id, 0),
                       SUM(m.product_qty - COALESCE(m.quantity, 0) * mu.factor / pu.factor)
                  FROM stock_move m
                  JOIN stock_location src ON src.id = m.location_id
                  JOIN stock_warehouse house ON house.id = src.warehouse_id
                  JOIN stock_location stock ON stock.id = house.lot_stock_id
                  JOIN stock_location dst
                    ON dst.id = COALESCE(m.location_final_id, m.location_dest_id)
                  JOIN product_product p ON p.id = m.product_id
                  JOIN product_template t ON t.id = p.product_tmpl_id
                  JOIN uom_uom mu ON mu.id = m.product_uom
                  JOIN uom_uom pu ON pu.id = t.uom_id
                 WHERE m.state IN ('confirmed', 'waiting', 'partially_available')
                   AND m.procure_method = 'make_to_stock'
                   AND m.product_id IN %(products)s AND src.warehouse_id IN %(warehouses)s
                   AND src.usage = 'internal'
                   AND src.parent_path LIKE stock.parent_path || '%%'
                   AND (dst.warehouse_id IS DISTINCT FROM src.warehouse_id
                        OR dst.parent_path NOT LIKE stock.parent_path || '%%')
                   AND NOT EXISTS (
                       SELECT 1
                         FROM stock_move_move_rel link
                         JOIN stock_move orig ON orig.id = link.move_orig_id
                        WHERE link.move_dest_id = m.id AND orig.state != 'cancel')
              GROUP BY m.product_id, src.warehouse_id, COALESCE(m.sale_line_id, 0)
                """,
                products=tuple(products.ids) or (0,),
                warehouses=tuple(warehouses.ids) or (0,),
            )
        )
        demand = {}
        for product_id, warehouse_id, line_id, quantity in self.env.cr.fetchall():
            rest = float(quantity) - held.get((line_id, product_id), 0.0)
            if is_positive(rest):
                key = (product_id, warehouse_id)
                demand[key] = demand.get(key, 0.0) + rest
        return demand

    @api.model
    def _sum_set_aside(self, products, warehouses):
        """{(product id, warehouse id): quantity} that is promised to quotations."""
        warehouse_of = {warehouse.lot_stock_id.id: warehouse.id for warehouse in warehouses}
        promised = {}
        for claim in self.env["backorder.supply"]._read_set_aside(products):
            if claim.location in warehouse_of:
                key = (claim.product, warehouse_of[claim.location])
                promised[key] = promised.get(key, 0.0) + claim.quantity
        return promised

    # -- what is on order -------------------------------------------------------------------------

    @api.model
    def _get_request_domain(self, products, warehouses):
        """Lines of requests for quotation, whatever their date, that come to ``warehouses``."""
        return [
            ("product_id", "in", products.ids),
            ("order_id.state", "in", ("draft", "sent", "to approve")),
            ("order_id.picking_type_id.code", "=", "incoming"),
            ("order_id.picking_type_id.warehouse_id", "in", warehouses.ids),
        ]

    @api.model
    def _read_on_order(self, products, warehouses, places):
        """What comes to where fills take from, by requests and by all confirmed arrivals.

        :param places: where deliveries take from, beside the warehouses' stock
        :return: ({(product id, warehouse id): [OnOrder]}, {(product id, location id): loose goods
            there that transfers bring})
        """
        on_order, brought = {}, {}
        lines = self.env["purchase.order.line"].sudo()
        for line in lines.search(self._get_request_domain(products, warehouses), order="id"):
            to_order = line.move_dest_ids.filtered(lambda m: m.state not in ("done", "cancel"))
            quantity = line.product_uom_qty - sum(to_order.mapped("product_qty"))
            key = (line.product_id.id, line.order_id.picking_type_id.warehouse_id.id)
            if is_positive(quantity):
                on_order.setdefault(key, []).append(
                    OnOrder(
                        quantity, frozenset(line.backorder_line_ids.ids), line.order_id.name, True
                    )
                )
        incoming = self.env["sale.order.line"]._backorder_incoming(
            products, warehouses, places=places
        )
        seen = set()
        for key in sorted(incoming, key=lambda place: place[2]):
            for own in incoming[key]:
                quantity, move = own.quantity, own.move
                if is_positive(quantity) and move.id not in seen:
                    seen.add(move.id)
                    arrival = self._prepare_arrival(quantity, move, own.batches())
                    on_order.setdefault(key[:2], []).append(arrival)
                    place = (move.product_id.id, move.location_id.id)
                    loose = quantity - move.product_uom._compute_quantity(
                        move.quantity, move.product_id.uom_id, round=False
                    )
                    brought[place] = brought.get(place, 0.0) + max(0.0, loose)
        return on_order, brought

    @api.model
    def _prepare_arrival(self, quantity, move, lots):
        bought = move.purchase_line_id
        document = bought.order_id.name or move.reference or move.picking_id.name or ""
        lines = frozenset(bought.backorder_line_ids.ids)
        return OnOrder(quantity, lines, document, lots=lots)

    @api.model
    def _read_rules(self, products, warehouses):
        """{(product id, warehouse id): (minimum, maximum, multiple)} of the reordering rules."""
        rules = {}
        for rule in (
            self.env["stock.warehouse.orderpoint"]
            .sudo()
            .search([("product_id", "in", products.ids), ("warehouse_id", "in", warehouses.ids)])
        ):
            key = (rule.product_id.id, rule.warehouse_id.id)
            minimum, maximum, multiple = rules.get(key, (0.0, 0.0, 0.0))
            unit = rule.replenishment_uom_id
            if unit:
                multiple = max(multiple, unit._compute_quantity(1.0, rule.product_uom, round=False))
            rules[key] = (
                minimum + rule.product_min_qty,
                maximum + rule.product_max_qty,
                multiple,
            )
        return rules
