"""What is known of order lines: their deliveries, their parts, their figures, their stock."""

from odoo import api, models
from odoo.fields import Domain

from ...engine import Figures, floor_whole
from ..base.batch import listeners
from .facts import LineFacts


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model
    def _get_backorder_not_in_cart_domain(self):
        """Lines that somebody ordered or was offered; a website's cart is nobody's order yet."""
        if "website_id" not in self.env["sale.order"]._fields:
            return Domain.TRUE
        return Domain("order_id.website_id", "=", False) | Domain("state", "!=", "draft")

    def _backorder_moves(self):
        """The open first-step delivery moves: those that take the goods from stock.

        Empty for lines that are never on backorder: services, consumables, dropship and
        make-to-order, whose goods arrive on their own order.
        """
        moves = self.sudo().move_ids._backorder_open_deliveries()
        chained = moves.filtered(lambda move: move._backorder_is_to_order())
        if not chained:
            return moves.filtered(lambda move: move._backorder_is_first_step())
        ordered_for = chained.filtered(
            lambda move: not any(
                orig.sale_line_id == move.sale_line_id for orig in move.move_orig_ids
            )
        ).sale_line_id
        return moves.filtered(
            lambda move: move.sale_line_id not in ordered_for and move._backorder_is_first_step()
        )

    def _backorder_facts(self, moves=None):
        """The :class:`LineFacts` of ``self``.

        :param moves: the open first-step moves of these lines, or of more, where they are known
        """
        facts = LineFacts(self)
        if moves is not None:
            confirmed = {line.id for line in self if line.state == "sale"}
            facts.moves = moves.filtered(lambda move: move.sale_line_id.id in confirmed).grouped(
                "sale_line_id"
            )
        return facts

    def _backorder_parts(self):
        """{line: {product: quantity in its unit per unit of the line}}; empty: not kept in stock.

        A kit gives its components. Quotation lines that are dropshipped or made to order give
        nothing.
        """
        result = {}
        # A bill of materials belongs to a company, so does the answer.
        for company, lines in self.grouped("company_id").items():
            parts = lines.product_id.with_company(company)._backorder_parts()
            for line in lines:
                product, unit = line.product_id, line.product_uom_id
                if not product or line.is_expense or line.is_downpayment:
                    result[line] = {}
                elif unit == product.uom_id:
                    result[line] = dict(parts[product])
                else:
                    per_unit = unit._compute_quantity(1.0, product.uom_id, round=False)
                    result[line] = {part: qty * per_unit for part, qty in parts[product].items()}
        # Confirmed kits are what their deliveries say.
        recipes = self._backorder_recipes()
        if recipes:
            result.update(self._backorder_kit_parts(recipes))
        return result

    def _backorder_kept_in_stock(self):
        """The lines of items, without those that are bought or made for their order.

        Odoo works that out line by line, at some queries for each item where there are kits. It
        is a matter of routes: here once for all quotation lines with the same ones; of kits, of
        approved orders, and where another module has a say, for each product.
        """
        lines = self.filtered(lambda line: not line.display_type and line.product_id)
        own = lines.product_id
        if not listeners(self, "_compute_is_mto", ("sale_stock", "stock_dropshipping")):
            kits = set()  # a recipe may be one company's only
            for company, theirs in lines.grouped("company_id").items():
                products = theirs.product_id.with_company(company)
                kits.update(product.id for product in products._backorder_kit_boms())
            own = own.filtered(lambda product: product.id in kits)
        alone = set(own._ids)

        def key(line):
            product = line.product_id
            routes = line.route_ids or (product.route_ids + product.categ_id.total_route_ids)
            return (
                product.id if product.id in alone or line.state == "sale" else 0,
                product.is_storable,
                frozenset(routes._ids),
                line.warehouse_id.id,
                line.state,
            )

        keys = {line: key(line) for line in lines}
        firsts = {}
        for line, same in keys.items():
            # What has nothing left to deliver is never made to order.
            if same not in firsts or firsts[same]._backorder_owed() < line._backorder_owed():
                firsts[same] = line
        # Read among themselves: what is read with a line is worked out for it, too.
        first = self.browse([line.id for line in firsts.values()]).with_prefetch()
        made = dict(zip(firsts, first.mapped("is_mto"), strict=True))
        return lines.filtered(lambda line: not made[keys[line]])

    def _backorder_part_products(self, parts):
        """The storable products behind ``parts`` (sudo: stock is counted for everybody)."""
        ids = {part.id for line in self for part in parts[line]}
        return self.env["product.product"].sudo().browse(sorted(ids))

    def _backorder_owed(self):
        """What the customer has not got yet, in the line's unit.

        Less than ordered on a quotation too: an order that was partly delivered, then cancelled
        and taken back to a quotation.
        """
        self.ensure_one()
        return max(0.0, self.product_uom_qty - self.qty_delivered)

    def _backorder_figures(self):
        """{line: :class:`Figures`} in the lines' units, where nothing else is asked of them."""
        return self._backorder_figures_now(self._backorder_facts())

    def _backorder_figures_now(self, facts):
        """{line: :class:`Figures`} in the lines' units, as their deliveries are now.

        :param facts: :class:`LineFacts` of these lines, or of more
        """
        moves_by_line = facts.moves
        kits = self & facts.kits
        recipes = kits._backorder_recipes()
        result = {}
        no_moves = self.env["stock.move"]
        for line in self:
            ordered, delivered = line.product_uom_qty, line.qty_delivered
            moves = moves_by_line.get(line, no_moves)
            if line in kits:
                figures = line._backorder_kit_figures(
                    moves, facts.parts[line], recipes.get(line, {})
                )
            else:
                figures = line._backorder_sum_moves(moves)
            if moves and line._backorder_is_rounding(ordered - delivered, figures[0]):
                # Odoo has 1.92 of 2 dozen delivered: one piece is to come, not 0.96.
                ordered = delivered + figures[0]
            # Not rounded: 40.04 and 4 pieces are 3.34 and 0.33 dozen, their difference is 3.00.
            returned = line._backorder_returned(facts) if moves else 0.0
            result[line] = Figures(ordered, delivered, *figures, returned)
        return result

    def _backorder_returned(self, facts):
        """What customers send or sent back that still counts as delivered, in the line's unit.

        On its way, or done without *Update quantities*. Not what Odoo asks back itself when a line
        with a printed delivery is lowered.
        """
        back = self.sudo().move_ids.filtered(lambda move: move._backorder_still_counts())
        if not back:
            return 0.0
        recipe = self._backorder_recipes().get(self)
        if recipe is not None:
            return self._backorder_kits_returned(back, recipe)
        returned = {}
        for move in back:
            returned[move.product_id] = returned.get(move.product_id, 0.0) + move.product_qty
        per_unit = facts.parts[self]
        return max(
            (quantity / per_unit[part] for part, quantity in returned.items() if part in per_unit),
            default=0.0,
        )

    def _backorder_kits(self, moves_by_line):
        """The lines that are delivered as components."""
        return self.filtered(
            lambda line: any(
                move.product_id.id != line.product_id.id for move in moves_by_line.get(line, ())
            )
        )

    def _backorder_reserved(self, facts):
        """{line: reserved quantity in its unit}, as :meth:`_backorder_figures_now` has it."""
        kits = self & facts.kits
        figures = kits._backorder_figures_now(facts)
        result = {line: figures[line].reserved for line in kits}
        for line in self - kits:
            unit = line.product_uom_id
            result[line] = sum(
                move.quantity
                if move.product_uom == unit
                else move.product_uom._compute_quantity(move.quantity, unit, round=False)
                for move in facts.moves.get(line, ())
            )
        return result

    def _backorder_sum_moves(self, moves):
        """(open, reserved, picked) of the moves of a plain line, in the line's unit."""
        open_qty = reserved = picked = 0.0
        for move in moves:
            unit = move.product_uom
            if unit == self.product_uom_id:
                open_qty += move.product_uom_qty
                reserved += move.quantity
            else:
                open_qty += unit._compute_quantity(
                    move.product_uom_qty, self.product_uom_id, round=False
                )
                reserved += unit._compute_quantity(move.quantity, self.product_uom_id, round=False)
            if move.picked:
                picked += unit._compute_quantity(
                    move._get_picked_quantity(), self.product_uom_id, round=False
                )
        return open_qty, reserved, picked

    def _backorder_supply(self, facts):
        """The stock that fills of these lines may count on (no claims of first come first).

        :param facts: :class:`LineFacts` of these lines, or of more
        """
        return self.env["backorder.supply"]._gather(
            self._backorder_part_products(facts.parts),
            facts.places(self),
            owed=False,
            opened=True,
            reach=self._backorder_reach(facts),
        )

    def _backorder_available(self, supply, facts):
        """*On Hand* of one line in its unit: what a fill may give it now.

        On a quotation, what the line already counts on (ordered − needed) is not on hand a second
        time: a fill sets that part aside along with the rest.
        """
        self.ensure_one()
        parts, location = facts.parts[self], facts.locations[self]
        if not parts or not location:
            return 0.0
        rooms = [
            supply.available(part.id, location.id, order=self.order_id.id, line=self.id) / per_unit
            for part, per_unit in parts.items()
        ]
        room = min(rooms)
        if self.state in ("draft", "sent"):
            room = max(0.0, room - max(0.0, self._backorder_owed() - self.backorder_hold_qty))
        return self._backorder_floor(self._backorder_whole(room, parts))

    def _backorder_needs_whole(self, parts):
        """True when only whole units can be filled: kits, and products with serial numbers."""
        product = self.product_id
        kit = bool(parts) and (len(parts) > 1 or product not in parts)
        return kit or product.tracking == "serial"

    def _backorder_whole(self, quantity, parts):
        """``quantity`` (line unit) floored to whole pieces, where only those can be filled.

        Not rounded: seven pieces are 7/12 dozen, which the line knows as 0.58.
        """
        if not self._backorder_needs_whole(parts):
            return quantity
        per_unit = self.product_uom_id._compute_quantity(1.0, self.product_id.uom_id, round=False)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return floor_whole(quantity, per_unit, digits)

    # -- words ------------------------------------------------------------------------------------

    def _backorder_quantity_label(self, quantity):
        """``12 Units`` in the line's unit, as users read it."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        unit = self.product_uom_id
        coarse = self._backorder_per_unit() * 10**-digits >= 1
        if coarse and self._backorder_compare(unit.round(quantity), quantity):
            # 4 pieces of a box of 1000 would read as none, 5 as ten.
            quantity, unit = self._backorder_pieces(quantity), self.product_id.uom_id
        return unit._backorder_label(quantity)

    def _backorder_move_label(self, move):
        """``4 Units, S00012``: what of a delivery move is held."""
        return f"{move.product_uom._backorder_label(move.backorder_qty)}, {self.order_id.name}"

    # -- hooks ------------------------------------------------------------------------------------

    def _backorder_expected_dates(self):
        """Hook: {line id: date} when incoming supply covers what these lines need; None, or no key:
        not known, or stock on hand covers it."""
        return {}
