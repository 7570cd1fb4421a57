"""What of the free stock an order line can reach: which lots, whole packs, from which places."""

from datetime import timedelta

from odoo import fields, models

from ...engine import Reach, Source


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_reach(self, facts, places=True):
        """What decides beside quantities when Odoo reserves for these lines: their :class:`Reach`.

        A lot counts whose removal date is not before the move's date, or now where that is past;
        a category may be reserved in full packs only; open deliveries may take from two places; a
        kit may have some of its components ahead of the others.

        :param facts: :class:`LineFacts` of these lines, or of more
        :param places: also where lines with deliveries from several places take from
        """
        reach = Reach()
        lines = self.sudo()
        parts = facts.parts
        products = lines._backorder_part_products(parts)
        expiring = set(self.env["backorder.supply"]._expiring(products)._ids)
        packed = {p.id for p in products if p.categ_id.packaging_reserve_method == "full"}
        moves = facts.moves if expiring or places else {}
        now = fields.Datetime.now()
        for line in lines if expiring or packed else ():
            if not expiring.isdisjoint(part.id for part in parts[line]):
                dates = [move.date for move in moves.get(line, ())]
                dates = dates or [line._backorder_planned_date()]
                reach.moments[line.id] = max(now, *dates).timestamp()
            for part in parts[line]:
                if part.id in packed and line.product_uom_id != part.uom_id:
                    step = line.product_uom_id._compute_quantity(1, part.uom_id)
                    reach.steps[line.id, part.id] = step
        for line, of_line in moves.items() if places else ():
            if len(of_line) > 1 and len(of_line.location_id) > 1:
                for product, of_part in of_line.grouped("product_id").items():
                    reach.sources[line.id, product.id] = self._prepare_sources(of_part)
        kits = lines & facts.kits if places else lines.browse()
        for line, recipe in kits._backorder_recipes().items():
            ahead = line._backorder_ahead(moves[line], parts[line], recipe)
            for part, more in ahead.items():
                reach.ahead[line.id, part.id] = Source(0, more)
        return reach

    def _backorder_claim_keys(self):
        """{line id: its place among all who wait}: since when, then the number of its order.

        A claim binds only what comes after it. A quotation holds no place: every claim binds it.
        """
        now = fields.Datetime.now()
        return {
            line.id: (line.backorder_date or now, line.order_id.id)
            for line in self
            if line.state == "sale"
        }

    def _prepare_sources(self, moves):
        """Where ``moves`` of one line and product still take from, and how many."""
        asked = {}
        for move in moves.sorted(lambda move: (-len(move.location_id.parent_path), move.id)):
            reserved = move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id, round=False
            )
            place = move.location_id.id
            asked[place] = asked.get(place, 0.0) + max(0.0, move.product_qty - reserved)
        return [Source(place, limit) for place, limit in asked.items()]

    def _backorder_planned_date(self):
        """When Odoo would plan the delivery if the order was confirmed now."""
        deadline = self.order_id.commitment_date or self._expected_date()
        return deadline - timedelta(days=self.company_id.security_lead)
