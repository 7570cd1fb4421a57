"""Expected dates: what is on hand and on its way, dealt to the queue of those who wait.

Only confirmed supply gives a date: open receipts, transfers and manufacturing orders. A request for
quotation was not answered by the vendor yet, so nobody is told its date.
"""

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import ON_HAND, Goods, Reach, deal, is_positive
from ..base.batch import listeners
from ..hold.sale_order_line_units import KNOWN_WRITERS
from .product_product import others_by_job


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_expected_date = fields.Datetime(
        string="Expected",
        compute="_compute_backorder_expected_date",
        store=True,
        copy=False,
        # Read for itself: asking for another field of a line must not work dates out.
        prefetch=False,
        index="btree_not_null",
        help="When confirmed receipts, transfers and manufacturing orders cover what is needed, "
        "first come first served. Empty: not known. Stock on hand: since when it is there.",
    )

    @api.depends(
        "state",
        "product_id",
        "warehouse_id",
        "backorder_qty",
        "backorder_hold_qty",
        "backorder_forced_qty",
        "backorder_date",
    )
    def _compute_backorder_expected_date(self):
        """Of these lines; those of others in the same queues follow by the job."""
        for line in self.filtered(lambda line: not line.id):  # on an open form
            line.backorder_expected_date = line._origin.backorder_expected_date
        self.filtered("id")._backorder_assign_expected_dates(computing=True)

    def _backorder_assign_expected_dates(self, computing=False):
        """Work out the dates of ``self``, and of whoever in the same queues is marked for it.

        One look at the queues gives the dates of all who wait in them, so all that are still to be
        computed are done at once, and only dates that changed are written. Whoever else waits
        there is not written by this transaction, which may be one of many at once: their products
        are noted for the job.

        :param computing: the ORM works out the dates of ``self``, and tells automation rules of
            them; of all others they are told by `write`
        """
        field = self._fields["backorder_expected_date"]
        told = set(self._ids) if computing else set()
        listened = listeners(self, "write", KNOWN_WRITERS)
        dealt = self._backorder_deal()
        marked = {*self._ids, *self.env.transaction.tocompute.get(field, ())}
        waiting = self.sudo().browse(sorted(marked & dealt.keys()))
        self.env.remove_to_compute(field, waiting)
        others = {product_id for line_id in dealt.keys() - marked for product_id in dealt[line_id]}
        if others:
            self.env["backorder.due"]._note(self.product_id.browse(sorted(others)))
        changed = {}
        for line, new in waiting._backorder_dates_of(dealt).items():
            if line.backorder_expected_date != new:
                changed.setdefault(new, []).append(line.id)
        gone = [line.id for line in self if line.id not in dealt]
        if gone:
            changed.setdefault(False, []).extend(gone)
        for date, ids in changed.items():
            lines = self.sudo().browse(ids)
            with self.env.protecting([field], lines):
                if listened and (others := lines.filtered(lambda line: line.id not in told)):
                    others._backorder_write({"backorder_expected_date": date})
                    lines -= others
                lines.backorder_expected_date = date
        self._backorder_forget_shown_dates()

    def _backorder_dates_of(self, dealt):
        """{line: its expected date, or False} by what :meth:`_backorder_deal` says."""
        now, dates = fields.Datetime.now(), {}
        for line in self:
            new = self._backorder_completed(dealt.get(line.id, {}))
            if new == ON_HAND:
                # Since when it is there: a date that does not change with every look.
                old = line.backorder_expected_date
                new = old if old and old <= now else now
            dates[line] = new or False
        return dates

    def _backorder_due(self):
        """Those of ``self`` whose kept date the job has yet to work out."""
        waiting = self.filtered(lambda line: line.id and line.backorder_qty > 0)
        if not waiting:
            return waiting
        due = self.env["backorder.due"].sudo()._read_group([], ["product_id"])
        products = self.env["product.product"].sudo().union(*(product for (product,) in due))
        sold_as = products._backorder_sold_as() if products else products
        return waiting.filtered(lambda line: line.product_id in sold_as)

    def _backorder_shown_dates(self):
        """{line: its expected date as of now, or False}: what screens show. Nothing is written."""
        dates = {line: line.backorder_expected_date for line in self}
        due = self._backorder_due()
        if due:
            dates.update(due._backorder_dates_of(due._backorder_deal()))
        return dates

    def _backorder_refresh_dates(self):
        """Dates that somebody is told now do not wait for the job."""
        due = self._backorder_due()
        if due:
            due._backorder_assign_expected_dates()

    @api.model
    def _backorder_forget_shown_dates(self):
        """Dates are written past the ORM's own triggers: what is shown of them is read again."""
        for model, names in (
            ("sale.order.line", ["backorder_late", "backorder_supply_note"]),
            ("sale.order", ["backorder_expected_date", "backorder_late"]),
            ("stock.move", ["backorder_expected_date"]),
        ):
            self.env[model].invalidate_model(names, flush=False)

    @api.model
    def _backorder_completed(self, dealt):
        """The date that completes a line: of a kit the latest of its components; None: not known.

        :param dealt: {product id: dealt} of the line
        """
        dates = [own.date for own in dealt.values()]
        return None if None in dates else max(dates, default=None)

    def _backorder_expected_dates(self):
        dates = super()._backorder_expected_dates()
        dealt = self._backorder_deal()
        for line in self:
            date = self._backorder_completed(dealt.get(line.id, {}))
            dates[line.id] = None if date == ON_HAND else date
        return dates

    def _backorder_queue_changed(self):
        """Everybody in the queues of these lines gets a new date."""
        res = super()._backorder_queue_changed()
        products = self._backorder_queue_products()
        if others_by_job.now(self.env):
            # Whoever waits is noted unseen: two who come to a queue at once do not see each other.
            self.env["backorder.due"]._note(products)
        else:
            products._backorder_stock_changed()
        return res

    def _backorder_queue_products(self):
        """The products in whose queues these lines may wait."""
        lines = self.sudo()
        return lines._backorder_part_products(lines._backorder_parts())

    def unlink(self):
        """Who waits behind a deleted line moves up, once it is gone."""
        products = self._backorder_queue_products()
        res = super().unlink()
        products._backorder_stock_changed()
        return res

    # -- facts ------------------------------------------------------------------------------------

    def _backorder_deal(self):
        """Deal supply to the queues that ``self`` waits in.

        :return: {line id: {product id: :class:`..engine.Dealt`}} of all lines that wait in them,
            quantities in the products' units
        """
        lines = self.sudo().filtered(
            lambda line: line.id and (line.backorder_qty > 0 or line.backorder_hold_qty)
        )
        if not lines:
            return {}
        parts = lines._backorder_parts()
        products, warehouses = lines._backorder_part_products(parts), lines.warehouse_id
        entries = self._backorder_queue_entries(products, warehouses)
        # The kits in these queues wait for other components as well.
        more = {product for row in entries for product in row[2]} - set(products.ids)
        if more:
            products |= products.browse(more)
            entries = self._backorder_queue_entries(products, warehouses)
        return self._backorder_deal_entries(entries, products, warehouses)

    def _backorder_deal_entries(self, entries, products, warehouses):
        queues, forced = {}, {}
        for line_id, warehouse_id, parts, needed, share_forced, apart in entries:
            if not all(product_id in products._ids for product_id in parts):
                continue
            for product_id, per_unit in parts.items():
                for place_id, need in _by_place(needed * per_unit, apart.get(product_id, {})):
                    key = (product_id, warehouse_id, place_id)
                    queue, last = queues.setdefault(key, []), forced.setdefault(key, [])
                    if is_positive(need * (1 - share_forced)):
                        queue.append((line_id, need * (1 - share_forced)))
                    if is_positive(need * share_forced):
                        last.append((line_id, need * share_forced))
        places = self.env["stock.location"].sudo().browse({key[2] for key in queues if key[2]})
        incoming = self._backorder_incoming(products, warehouses, places=places)
        moments = self._backorder_moments(entries)
        on_hand = self._backorder_on_hand(products, warehouses, places, moments)
        used, result = {}, {}
        # Who takes from one place only comes first: others take from around it as well.
        for key in sorted(queues, key=lambda own: not own[2]):
            coming = incoming.get(key, ())
            arrivals = [
                (date, quantity - used.get(move, 0.0), move) for date, quantity, move, _ in coming
            ]
            lots = {own.move: own.batches() for own in coming if own.lots}
            lots[None] = on_hand.lots(key)
            # Forced quantities are served after all others, as fills of many orders do.
            queue = [*queues[key], *forced[key]]
            dealt = deal(queue, arrivals, on_hand(key), lots, moments)
            for line_id, own in dealt.items():
                before = result.setdefault(line_id, {}).setdefault(key[0], own)
                if before is not own:
                    before.shares += own.shares
                    before.missing += own.missing
                for share in own.shares if key[2] else ():
                    if share.source:
                        used[share.source] = used.get(share.source, 0.0) + share.quantity
                    else:
                        on_hand.take(key, share.quantity, line_id)
        return result

    def _backorder_queue_entries(self, products, warehouses):
        """Everybody who waits for ``products`` in ``warehouses``, first come first.

        Orders come before quotations, which hold no place in the queue until they are confirmed.

        :return: [(line id, warehouse id, {product id: quantity per unit of the line's product},
            needed in the unit of the line's product, forced share of it, {product id: {location
            id: quantity in its unit}} of what is taken from there and not from all of stock)]
        """
        if not products or not warehouses:
            return []
        rows = self._backorder_queue_rows(products, warehouses)
        parts = self._backorder_parts_by_company({(row[1], row[2]) for row in rows})
        kits = self.sudo().browse(
            [
                row[0]
                for row in rows
                if "bom_line_id" in self.env["stock.move"]._fields
                and set(parts[row[1], row[2]]) != {row[1]}
            ]
        )
        of_line = kits._backorder_waiting_parts()
        apart = self.sudo().browse([row[0] for row in rows if row[7]])._backorder_taken_apart()
        return [
            (
                line_id,
                warehouse_id,
                of_line.get(line_id, parts[product_id, company_id]),
                float(needed) * float(per_unit),
                min(1.0, float(forced) / float(needed)),
                apart.get(line_id, {}),
            )
            for line_id, product_id, company_id, warehouse_id, needed, per_unit, forced, _ in rows
        ]

    def _backorder_queue_rows(self, products, warehouses):
        """Rows of the lines of :meth:`_backorder_queue_entries`, in their turn.

        :return: [(line id, ids of its product, company and warehouse, needed in its unit, how many
            of the product's unit are one of that, forced in its unit, whether a delivery takes
            from another place than the warehouse's own)]
        """
        self.env["backorder.supply"]._flush_for_claims()
        self.env.cr.execute(
            SQL(
                """
                SELECT l.id, l.product_id, l.company_id, l.warehouse_id, l.backorder_qty,
                       lu.factor / pu.factor, COALESCE(l.backorder_forced_qty, 0),
                       EXISTS (
                           SELECT
                             FROM stock_move m
                             JOIN stock_warehouse w ON w.id = l.warehouse_id
                            WHERE m.sale_line_id = l.id
                              AND m.state IN ('confirmed', 'waiting', 'partially_available')
                              AND m.location_id NOT IN (
                                  w.lot_stock_id, COALESCE(w.wh_output_stock_loc_id, 0),
                                  COALESCE(w.wh_pack_stock_loc_id, 0)))
                  FROM sale_order_line l
                  JOIN sale_order o ON o.id = l.order_id
                  JOIN product_product p ON p.id = l.product_id
                  JOIN product_template t ON t.id = p.product_tmpl_id
                  JOIN uom_uom lu ON lu.id = l.product_uom_id
                  JOIN uom_uom pu ON pu.id = t.uom_id
                 WHERE l.backorder_qty > 0 AND l.warehouse_id IN %(warehouses)s
                   AND l.product_id IN (%(products)s)
              ORDER BY l.state != 'sale', l.backorder_date,
                       COALESCE(o.backorder_original_date, o.date_order), l.order_id, l.id
                """,
                warehouses=tuple(warehouses.ids),
                products=products._backorder_sql_sold_as(),
            )
        )
        return self.env.cr.fetchall()

    def _backorder_taken_apart(self):
        """{line id: {product id: {location id: quantity in its unit}}}: what deliveries of ``self``
        still take from other places than their warehouse's stock, or from one shelf of it only."""
        result = {}
        for move in self._backorder_moves():
            line, place = move.sale_line_id, move.location_id
            if place == line.warehouse_id.lot_stock_id:
                continue
            left = move.product_qty - move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id, round=False
            )
            if is_positive(left):
                own = result.setdefault(line.id, {}).setdefault(move.product_id.id, {})
                own[place.id] = own.get(place.id, 0.0) + left
        return result

    def _backorder_waiting_parts(self):
        """{line id: {component id: quantity in its unit that is waited for, per unit of the line's
        product}} of confirmed kits: what they have ahead of their other components is there."""
        recipes = self._backorder_recipes()
        moves = self.browse().union(*recipes)._backorder_moves().grouped("sale_line_id")
        result = {}
        for line, parts in self._backorder_kit_parts(recipes).items():
            needed = line.backorder_qty
            ahead = line._backorder_ahead(
                moves.get(line, self.env["stock.move"]), parts, recipes[line]
            )
            per_unit = line._backorder_per_unit()
            lacking = {part: qty - ahead.get(part, 0.0) / needed for part, qty in parts.items()}
            result[line.id] = {
                part.id: qty / per_unit for part, qty in lacking.items() if is_positive(qty)
            }
        return result

    @api.model
    def _backorder_parts_by_company(self, keys):
        """{(product id, company id): {part id: quantity}}; a kit belongs to a company."""
        result = {}
        products = self.env["product.product"].sudo()
        for company_id in {key[1] for key in keys}:
            own = products.browse(sorted(key[0] for key in keys if key[1] == company_id))
            company = self.env["res.company"].browse(company_id)
            for product, parts in own.with_company(company)._backorder_parts().items():
                result[product.id, company_id] = {part.id: qty for part, qty in parts.items()}
        return result

    @api.model
    def _backorder_on_hand(self, products, warehouses, places, moments):
        """:class:`OnHand` of what a fill could give now, at these warehouses' stock and at
        ``places``."""
        stocks = {warehouse.id: warehouse.lot_stock_id.id for warehouse in warehouses}
        tops = warehouses.lot_stock_id | places
        supply = self.env["backorder.supply"]._gather(
            products, tops, owed=False, opened=True, reach=Reach(moments=moments)
        )
        return OnHand(supply, stocks)


class OnHand:
    """What a fill could give now, by (product id, warehouse id, location id or 0: all of stock)."""

    def __init__(self, supply, stocks):
        self._supply, self._stocks = supply, stocks

    def __call__(self, key):
        """Below zero where stock is."""
        product_id, place_id = key[0], key[2] or self._stocks[key[1]]
        return self._supply.available(product_id, place_id) or min(
            0.0, self._supply.free.get((product_id, place_id), 0.0)
        )

    def lots(self, key):
        """What of it must leave stock, and when."""
        lots = self._supply.lots(key[0], key[2] or self._stocks[key[1]])
        return Goods(self(key), lots).batches if lots else []

    def take(self, key, quantity, line_id):
        place_id = key[2] or self._stocks[key[1]]
        line_id = line_id if self.lots(key) else 0  # whose lots these are only matters there
        self._supply.take(key[0], place_id, quantity, line=line_id)


def _by_place(need, places):
    """[(location id, quantity)] of what is needed: as much as deliveries take from these places,
    the rest from all of stock (0)."""
    result = []
    for place_id, most in places.items():
        if is_positive(there := min(need, most)):
            result.append((place_id, there))
            need -= there
    return [*result, (0, need)] if is_positive(need) or not result else result
