"""Where goods lie that deliveries take, and where those lie that no delivery takes."""

from dataclasses import replace

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import Reach, is_positive


class BackorderPurchasePlan(models.AbstractModel):
    _inherit = "backorder.purchase.plan"

    @api.model
    def _serve_apart(self, apart, waiting, on_hand, lots, warehouses):
        """Give those whose deliveries take from one place what lies there: in ``waiting``, and, as
        far as it is not part of stock, in ``on_hand``; of ``lots`` what is left of stock.

        :return: {(product id, location id): quantity} that serves them there
        """
        served = {}
        if not apart:
            return served
        products = self.env["product.product"].sudo().browse({key[0] for key in apart})
        places = (
            self.env["stock.location"]
            .sudo()
            .browse({place for asked in apart.values() for place in asked})
        )
        now = fields.Datetime.now().timestamp()
        moments = {row.key: max(now, row.moment) for rows in waiting.values() for row in rows}
        stocks = {warehouse.id: warehouse.lot_stock_id for warehouse in warehouses}
        supply = self.env["backorder.supply"]._gather(
            products,
            places | warehouses.lot_stock_id,
            owed=False,
            opened=True,
            reach=Reach(moments=moments),
        )
        for product_id, warehouse_id in {key[:2] for key in apart}:
            key, rows = (product_id, warehouse_id), []
            for row in waiting[key]:
                there = lacking = 0.0
                # Whose lots these are only matters where they must leave stock.
                line_id = row.key if key in lots else 0
                asked = apart.get((*key, row.key), {})
                for place in places.browse(asked):
                    wanted = min(row.needed - there - lacking, asked[place.id])
                    given = min(wanted, supply.available(product_id, place.id, line=line_id))
                    supply.take(product_id, place.id, given, line=line_id)
                    served[product_id, place.id] = served.get((product_id, place.id), 0.0) + given
                    there, lacking = there + given, lacking + wanted - given
                    if not place._child_of(stocks[warehouse_id]):
                        on_hand[key] = (on_hand[key][0] + given, on_hand[key][1])
                rows.append(replace(row, there=there, apart=lacking))
            waiting[key] = rows
            if key in lots:
                lots[key] = supply.lots(product_id, stocks[warehouse_id].id)
        return served

    @api.model
    def _read_elsewhere(self, products, warehouses, brought, served):
        """{(product id, warehouse id): [(place, quantity)]}: free, but not where fills take from.

        :param brought: {(product id, location id): quantity of it that transfers bring there}
        :param served: {(product id, location id): quantity that deliveries take from there}
        """
        expired = SQL("FALSE")
        if "removal_date" in self.env["stock.quant"]._fields:
            expired = SQL("quant.removal_date < %s", fields.Datetime.now())
        self.env.cr.execute(
            SQL(
                """
                SELECT quant.product_id, place.warehouse_id, place.id,
                       SUM(COALESCE(quant.quantity, 0) - COALESCE(quant.reserved_quantity, 0)),
                       COALESCE(%(expired)s, FALSE) AS expired
                  FROM stock_quant quant
                  JOIN stock_location place ON place.id = quant.location_id
                  JOIN stock_warehouse house ON house.id = place.warehouse_id
                  JOIN stock_location top ON top.id = house.lot_stock_id
                 WHERE quant.product_id IN %(products)s AND place.warehouse_id IN %(warehouses)s
                   AND place.usage = 'internal'
                   AND (place.parent_path NOT LIKE top.parent_path || '%%' OR %(expired)s)
              GROUP BY quant.product_id, place.warehouse_id, place.id, 5
              ORDER BY place.id
                """,
                expired=expired,
                products=tuple(products.ids) or (0,),
                warehouses=tuple(warehouses.ids) or (0,),
            )
        )
        rows = self.env.cr.fetchall()
        places = self.env["stock.location"].sudo().browse({row[2] for row in rows})
        names = {place.id: place.display_name for place in places}
        paths = {place.id: place.parent_path for place in places}
        result = {}
        for product_id, warehouse_id, place_id, quantity, is_expired in rows:
            rest = float(quantity)
            if not is_expired:
                rest -= brought.get((product_id, place_id), 0)
                for above in (int(part) for part in paths[place_id].split("/") if part):
                    taken = min(max(0.0, rest), served.get((product_id, above), 0.0))
                    if taken:
                        served[product_id, above] -= taken
                        rest -= taken
            if is_positive(rest):
                name = names[place_id]
                if is_expired:
                    name = self.env._("%s, to be removed from stock", name)
                result.setdefault((product_id, warehouse_id), []).append((name, rest))
        return result
