"""What is on its way to where fills take from: confirmed, counted once, what can really come."""

import math
from datetime import datetime
from typing import NamedTuple

from odoo import api, models

from ...engine import Batch, Goods, is_positive
from ..hold.facts import OPEN_STATES

#: Places where goods lie until a transfer takes them: there is no more of them than lies there.
_HELD_PLACES = ("internal", "transit")


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model
    def _get_backorder_incoming_domain(self, products, warehouses):
        """Open moves that bring goods to the shelves of ``warehouses``, from anywhere else.

        What customers send back is looked at first: nobody is told it.
        """
        return [
            ("product_id", "in", products.ids),
            ("state", "in", OPEN_STATES),
            ("location_id.usage", "in", ("supplier", "production", "transit", "internal")),
            "|",
            ("location_final_id.warehouse_id", "in", warehouses.ids),
            "&",
            ("location_final_id", "=", False),
            ("location_dest_id.warehouse_id", "in", warehouses.ids),
        ]

    @api.model
    def _backorder_incoming(self, products, warehouses, beyond=True, places=None):
        """{(product id, warehouse id, 0): [:class:`Arrival`]}, and of what comes to one of
        ``places`` the same under its id.

        :param beyond: what comes from another warehouse may still be on its way to that one
        """
        moves = self.env["stock.move"].sudo()
        domain = self._get_backorder_incoming_domain(products, warehouses)
        coming = moves.search(domain, order="id")
        moves = coming.filtered(lambda m: m._backorder_arrives_in())
        apart = {move: move._backorder_reaches(places) for move in coming if places}
        all_moves = moves | moves.browse([move.id for move, own in apart.items() if own])
        spoken_for = all_moves._backorder_spoken_for()
        there = all_moves._backorder_there(warehouses if beyond else None)
        named = (all_moves | coming)._backorder_lots_named()
        incoming = {}
        for move in all_moves.sorted(lambda m: (m._backorder_arrival(), m.id)):
            # Of a later step, what its earlier step still has to bring is counted there.
            before = sum((move.move_orig_ids & all_moves).mapped("product_qty"))
            quantity = move.product_qty - before - spoken_for.get(move, 0.0)
            if move in there.moves:
                quantity = there.give(move, quantity)
            own = [*named.get(move, ()), *there.lots.get(move, ())]
            arrival = Arrival(move._backorder_arrival(), quantity, move, own)
            if warehouse := move._backorder_arrives_in():
                incoming.setdefault((move.product_id.id, warehouse.id, 0), []).append(arrival)
            for place in apart.get(move, ()):
                key = (move.product_id.id, place.warehouse_id.id, place.id)
                incoming.setdefault(key, []).append(arrival)
        for move in coming - moves:
            if move.quantity and (warehouse := move._backorder_moves_about_in()):
                # It is not free until it is there; what such a transfer has not reserved is.
                quantity = move.product_uom._compute_quantity(
                    move.quantity, move.product_id.uom_id, round=False
                )
                key = (move.product_id.id, warehouse.id, 0)
                arrival = Arrival(move._backorder_arrival(), quantity, move, named.get(move, ()))
                incoming.setdefault(key, []).append(arrival)
                incoming[key].sort(key=lambda arrival: (arrival.date, arrival.move.id))
        return incoming

    @api.model
    def _backorder_moments(self, entries):
        """{line id: when it is served, see `_backorder_reach`} of those of ``entries`` (of
        `_backorder_queue_entries`) that wait for what must leave stock."""
        ids = {product_id for entry in entries for product_id in entry[2]}
        products = self.env["product.product"].sudo().browse(sorted(ids))
        expiring = set(self.env["backorder.supply"]._expiring(products)._ids)
        # sudo: whoever asks, everybody is in the queue
        lines = self.sudo().browse([own[0] for own in entries if not expiring.isdisjoint(own[2])])
        return lines._backorder_reach(lines._backorder_facts(), places=False).moments


class Arrival(NamedTuple):
    """What a move brings: ``quantity`` in the product's unit, and the ``lots`` that are known of it
    where they must leave stock. A lot that is to be removed before it comes is for nobody."""

    date: datetime
    quantity: float
    move: models.BaseModel
    lots: list[Batch]

    def batches(self):
        comes = self.date.timestamp()
        return [Batch(b.quantity, b.until if b.until >= comes else -math.inf) for b in self.lots]


class There:
    """What lies where transfers start: each piece is brought by one of them.

    ``lots``: {move: those that it takes of what nobody has reserved, where they must leave stock}
    """

    def __init__(self, moves, free, reserved, batches=None):
        self.moves, self.free, self.reserved, self.lots = moves, free, reserved, {}
        self._goods = {key: Goods(batches=own) for key, own in (batches or {}).items()}

    def give(self, move, quantity):
        """How much of ``quantity`` the transfer ``move`` can bring."""
        if not is_positive(quantity):
            return quantity
        own = min(quantity, self.reserved.get(move.id, 0.0))
        key = (move.product_id.id, move.location_id.id)
        loose = min(quantity - own, max(0.0, self.free.get(key, 0.0)))
        self.free[key] = self.free.get(key, 0.0) - loose
        if key in self._goods:
            self.lots[move] = self._goods[key].split(loose)
        return own + loose


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_there(self, warehouses=None):
        """:class:`There`, of those of ``self`` that take goods from where they lie.

        :param warehouses: what other warehouses than these have on order counts as there: they
            send it on
        """
        inner = self.filtered(lambda move: move.location_id.usage in _HELD_PLACES)
        if not inner:
            return There(inner, {}, {})
        products, places = inner.product_id, inner.location_id
        supply = self.env["backorder.supply"]._gather(products, places, owed=False)
        free, reserved = dict(supply.free), {}
        for move in inner:
            key = (move.product_id.id, move.location_id.id)
            reserved[move.id] = move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id, round=False
            )
            # Steps before it that bring nothing into the warehouse by themselves.
            coming = (move.move_orig_ids - self).filtered(lambda m: m.state in OPEN_STATES)
            free[key] = free.get(key, 0.0) + sum(coming.mapped("product_qty"))
        others = places.warehouse_id - (warehouses or places.warehouse_id)
        if others:
            incoming = self.env["sale.order.line"]._backorder_incoming(products, others, False)
            for place in places.filtered(lambda place: place.warehouse_id in others):
                for product in products:
                    arrivals = incoming.get((product.id, place.warehouse_id.id, 0), ())
                    key = (product.id, place.id)
                    free[key] = free.get(key, 0.0) + sum(own[1] for own in arrivals)
        lots = {key: supply.lots(*key) for key in supply.batches}
        return There(inner, free, reserved, lots)

    def _backorder_lots_named(self):
        """{move: [:class:`..engine.Batch`]}: the lots that its transfer names (reserved, or told by
        the vendor) where they must leave stock (`product_expiry`), the first to leave first."""
        expiring = self.env["backorder.supply"]._expiring(self.product_id)
        rows = self.filtered(lambda move: move.product_id in expiring).move_line_ids
        lots = {}
        for row in rows:
            # Without a lot its date is what Odoo expects of any: not known yet.
            if row.lot_id or row.lot_name:
                until = row.removal_date.timestamp() if row.removal_date else math.inf
                batch = Batch(row.quantity_product_uom, until)
                lots.setdefault(row.move_id, []).append(batch)
        return {move: sorted(own, key=lambda b: b.until) for move, own in lots.items()}
