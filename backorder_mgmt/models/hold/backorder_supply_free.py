"""Free stock, as Odoo counts it for a move that reserves: in bulk, one query."""

import math
from datetime import datetime

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import Batch


class BackorderSupply(models.AbstractModel):
    _inherit = "backorder.supply"

    @api.model
    def _flush_quants(self):
        names = ["product_id", "location_id", "lot_id", "quantity", "reserved_quantity"]
        if "removal_date" in self.env["stock.quant"]._fields:
            names += ["in_date", "removal_date"]
        self.env["stock.quant"].flush_model(names)

    @api.model
    def _expiring(self, products):
        """Those of ``products`` whose lots must leave stock on a day (`product_expiry`)."""
        if "use_expiration_date" not in products._fields:
            return products.browse()
        return products.filtered(lambda p: p.tracking != "none" and p.use_expiration_date)

    @api.model
    def _read_free(self, products, tops):
        """What `stock.quant._get_available_quantity` says, not strict, of these places' trees.

        Rows below zero lower the sum of an untracked product, while a tracked product counts only
        its lots above zero; owners and packages are not looked at, as Odoo does not.

        :return: ({(product id, location id): on hand − reserved, as of now}, {(product id, location
            id): [:class:`Batch`]} of the products whose lots must leave stock)
        """
        products = products.sudo()
        free = {(product.id, top.id): 0.0 for product in products for top in tops}
        tracked = set(products.filtered(lambda p: p.tracking != "none").ids) or {0}
        expiring = self._expiring(products)
        dated = bool(expiring)
        self.env.cr.execute(
            SQL(
                """
                SELECT quant.product_id, top.id,
                       CASE WHEN quant.product_id IN %(tracked)s THEN quant.lot_id END AS lot,
                       SUM(COALESCE(quant.quantity, 0)
                           - COALESCE(quant.reserved_quantity, 0)),
                       %(removal)s, MIN(quant.in_date), MIN(quant.id)
                  FROM stock_quant quant
                  JOIN stock_location place ON place.id = quant.location_id
                  JOIN stock_location top
                    ON top.id IN %(tops)s AND place.parent_path LIKE top.parent_path || '%%'
                 WHERE quant.product_id IN %(products)s
              GROUP BY quant.product_id, top.id, lot
                """,
                tracked=tuple(tracked),
                removal=SQL("MAX(quant.removal_date)") if dated else SQL("NULL"),
                tops=tuple(tops.ids) or (0,),
                products=tuple(products.ids) or (0,),
            )
        )
        lots = {(product.id, top.id): [] for product in expiring for top in tops}
        for product_id, top_id, lot_id, quantity, *row in self.env.cr.fetchall():
            if product_id in tracked and quantity <= 0:
                continue
            free[product_id, top_id] += float(quantity)
            if (product_id, top_id) in lots:
                lots[product_id, top_id].append((not lot_id, *row, float(quantity)))
        now = fields.Datetime.now()
        batches = {
            key: self._prepare_batches(expiring.browse(key[0]), tops.browse(key[1]), own)
            for key, own in lots.items()
        }
        for key, own in batches.items():
            free[key] = sum(b.quantity for b in own if b.until >= now.timestamp())
        return free, batches

    @api.model
    def _prepare_batches(self, product, location, lots):
        """The lots of a product in the order of its removal strategy.

        :param lots: [(without lot, removal date, date of receipt, id, quantity)]
        """
        strategy = self.env["stock.quant"]._get_removal_strategy(product, location)
        if strategy == "fefo":
            lots = sorted(lots, key=lambda own: (own[0], own[1] or datetime.max, own[2], own[3]))
        else:
            lots = sorted(lots, key=lambda own: own[2:4], reverse=strategy == "lifo")
            lots.sort(key=lambda own: own[0])
        return [
            Batch(quantity, removal.timestamp() if removal else math.inf)
            for _untracked, removal, _in_date, _id, quantity in lots
        ]
