"""Reserve many moves in a handful of queries, with the result that Odoo's own way gives."""

import logging

from odoo import api, models

from ...engine import EPSILON
from ..base.batch import by_values
from .settling import freed, freed_taken, no_door
from .stock_quant import collecting

_logger = logging.getLogger(__name__)

# What the bulk way stands in for. An override that is not known to agree with it means Odoo's own
# way, so that it is not left out.
_STANDS_IN_FOR = {
    "stock.move": (
        "_action_assign",
        "_update_reserved_quantity",
        "_update_reserved_quantity_vals",
        "_should_bypass_reservation",
    ),
    "stock.quant": (
        "_gather",
        "_get_gather_domain",
        "_get_removal_strategy",
        "_get_removal_strategy_order",
        "_get_reserve_quantity",
        "_get_available_quantity",
        "_update_reserved_quantity",
        "_update_available_quantity",
    ),
}
#: What Odoo works out again from the state or the quantity of a move, and what is the same before
#: and after a reservation: it depends on what is delivered, demanded and planned.
_UNTOUCHED = {
    "sale.order.line": (
        "qty_delivered",
        "qty_to_invoice",
        "invoice_status",
        "untaxed_amount_to_invoice",
        "amount_to_invoice",
        "amount_to_invoice_at_date",
    ),
    "sale.order": ("invoice_status", "amount_to_invoice"),
    "stock.move": (
        "product_qty",
        "delay_alert_date",
        "reservation_date",
        "is_in",
        "is_out",
        "is_dropship",
    ),
    "stock.picking": ("scheduled_date", "has_deadline_issue"),
}
_ORDERS = ("sale.order", "sale.order.line")
#: Odoo's own overrides of these, read one by one: {module: (methods)}. The reasons why the bulk way
#: agrees with each:
_KNOWN = {
    # To production moves only, which it does not take; and it asks whether a product is a kit.
    "mrp": ("stock.move._action_assign", "stock.move._should_bypass_reservation"),
    # Subcontracted receipts are not reserved: it does not take them, see `_backorder_bulk_plain`.
    "mrp_subcontracting": ("stock.move._should_bypass_reservation",),
    # Waves are made after `super()`, which sees all moves; for batches see `_backorder_in_turn`.
    "stock_picking_batch": ("stock.move._action_assign",),
    # Lots that are to leave stock before the move are left out, and the first to expire goes
    # first: see `stock_move_bulk_rows.py`.
    "product_expiry": (
        "stock.move._update_reserved_quantity",
        "stock.quant._get_removal_strategy_order",
    ),
}


class _Bulk:
    """What many moves reserve at once, before any of it is written."""

    __slots__ = ("free", "listened", "reserved", "taken", "updates", "vals_list")

    def __init__(self, quants, listened):
        #: {id of a stock row: what of it nobody has reserved}
        self.free = {
            quant.id: quant.quantity - quant.reserved_quantity
            for rows in quants.values()
            for quant in rows
        }
        #: {stock row: quantity to reserve on it}
        self.taken = {}
        #: values of the move lines to make
        self.vals_list = []
        #: [(move line that is there, quantity that it gets more)]
        self.updates = []
        #: {id of a move without lines: (state, quantity)} that its new move lines lead to; known
        #: before, Odoo need not work it out of them
        self.reserved = {}
        #: somebody hears of what is written on moves
        self.listened = listened


class StockMove(models.Model):
    _inherit = "stock.move"

    def _register_hook(self):
        super()._register_hook()
        if self._name == "stock.move" and (modules := self._backorder_bulk_strangers()):
            _logger.info(
                "Backorders are filled move by move, which is slower: %s changes how stock is "
                "reserved in a way that is not known",
                ", ".join(modules),
            )

    @api.model
    def _backorder_bulk_strangers(self):
        """Names of the modules that override what the bulk way stands in for, in a way that it is
        not known to agree with: with one of them, every move goes Odoo's own way."""
        strangers = set()
        for model, names in _STANDS_IN_FOR.items():
            for cls in type(self.env[model]).mro():
                if not cls.__module__.startswith("odoo.addons."):
                    continue
                module = cls.__module__.split(".")[2]
                if module in ("stock", "backorder_mgmt"):
                    continue
                known = _KNOWN.get(module, ())
                if any(name in vars(cls) and f"{model}.{name}" not in known for name in names):
                    strangers.add(module)
        return sorted(strangers)

    def _backorder_bulk_moves(self):
        """The moves of ``self`` that the bulk way reserves exactly as Odoo would.

        Whole products go one way or the other, so that who comes first stays the same.
        """
        if len(self) < 2 or self._backorder_bulk_strangers():
            return self.browse()
        plain = self._backorder_bulk_plain()
        other = set((self - plain).product_id.ids)
        return plain.filtered(lambda move: move.product_id.id not in other) if other else plain

    def _backorder_bulk_plain(self):
        """The moves of ``self`` for which a reservation takes free quantities, and no more.

        Other modules may take out those with which they do more.
        """
        units = {}
        subcontracting = "is_subcontract" in self._fields

        def plain_unit(move, product):
            """Id of the unit in which moves of the product are plain; 0 where none is."""
            if (
                product.tracking == "serial"
                or product.categ_id.packaging_reserve_method == "full"
                or move._should_bypass_reservation()
            ):
                return 0
            return product.uom_id.id

        def takes(move):
            """What a product, and a location of it, say is asked once for all moves."""
            if (
                move.picked
                or move.state not in ("confirmed", "partially_available")
                or move.procure_method != "make_to_stock"
                or (subcontracting and move.is_subcontract)
            ):
                return False
            product = move.product_id
            key = (product.id, move.location_id.id, move.company_id.id)
            if key not in units:
                units[key] = plain_unit(move, product)
            return units[key] == move.product_uom.id and not move.move_orig_ids

        return self.filtered(takes)

    def _backorder_bulk_assign(self, guard):
        """Reserve these moves in their order, within ``guard``.

        One read of the stock rows, one `create` of the move lines with Odoo's own hooks, and the
        sums written per row.

        :return: the moves that were dealt with; the others are for Odoo's own way, which is to
            see all of them (:meth:`Guard.settling`)
        """
        moves = self._backorder_bulk_moves()
        if not moves:
            return self.browse()
        quants = moves._backorder_bulk_quants()
        bulk = _Bulk(quants, listened="write" in vars(type(self)))
        dealt = []
        for move in moves:
            product_id, location_id = key = (move.product_id.id, move.location_id.id)
            if key not in quants:
                continue
            dealt.append(move.id)
            line = move.sudo().sale_line_id
            part = move._backorder_recipe_key()[1]
            need = wanted = move.product_uom_qty - move.quantity
            # What stays below the place it is taken from leaves nobody without it.
            bound = line or not move.location_dest_id._child_of(move.location_id)
            if bound:
                need = guard.allow(
                    product_id, location_id, wanted, order=line.order_id.id, line=line.id, part=part
                )
                # Of what it had a moment ago nobody's claim takes anything.
                need = max(need, min(wanted, freed(move)))
            got = move._backorder_bulk_take(bulk, move._backorder_bulk_fresh(quants[key]), need)
            if bound:
                guard.taken(product_id, location_id, got, line=line.id, part=part)
                freed_taken(move, got)
        self._backorder_bulk_write(bulk)
        return moves.browse(dealt)

    def _backorder_bulk_take(self, bulk, quants, need):
        """Take up to ``need`` of these stock rows for this move; nothing is written yet.

        :return: what it got, in the unit of the move, which is its product's
        """
        unit = self.product_uom
        need = unit.round(need)
        mine = {
            (ml.location_id.id, ml.lot_id.id): ml
            for ml in self.move_line_ids
            if not ml.result_package_id
        }
        got, first = 0.0, len(bulk.vals_list)
        for quant in quants:
            if unit.compare(need, got) <= 0:
                break
            share = min(need - got, bulk.free[quant.id])
            if share <= 0 or unit.compare(share, 0.0) <= 0:
                continue
            bulk.free[quant.id] -= share
            bulk.taken[quant] = bulk.taken.get(quant, 0.0) + share
            got += share
            own = mine and mine.get((quant.location_id.id, quant.lot_id.id))
            if own:
                bulk.updates.append((own, share))
            else:
                bulk.vals_list.append(
                    self._prepare_move_line_vals(quantity=share, reserved_quant=quant)
                )
        # An automation rule on moves is told of quantities that Odoo works out.
        if got and not mine and not bulk.listened:
            whole = unit.compare(got + self.quantity, self.product_uom_qty) >= 0
            state = "assigned" if whole else "partially_available"
            bulk.reserved[self.id] = (state, got + self.quantity)
            for vals in bulk.vals_list[first:]:
                # Worked out by Odoo as well, which then finds them written already.
                vals.update(state=state, quantity_product_uom=vals["quantity"])
        return got

    def _backorder_bulk_write(self, bulk):
        """Make the move lines and write what was reserved, added up per stock row."""
        collected = {}

        def collect(product, location, quantity, lot, package, owner):
            if quantity <= 0 or package or owner:
                return False
            key = (product.id, location.id, lot.id if lot else False)
            collected[key] = collected.get(key, 0.0) + quantity
            return True

        with collecting.so(self.env, collect):
            new = self._backorder_bulk_write_lines(bulk)
        self._backorder_bulk_write_quants(bulk.taken, collected)
        inside = new.filtered(lambda line: line.location_dest_id.usage == "internal")
        if inside:
            inside._apply_putaway_strategy()

    def _backorder_bulk_write_lines(self, bulk):
        """Make the move lines, and bring the quantities and states of their moves in step."""
        reserved, updates = bulk.reserved, bulk.updates
        lines = self.env["stock.move.line"]
        names = [self._fields[name] for name in ("quantity", "picked")]
        known = self.browse(reserved)
        wanted = sum(vals["quantity"] for vals in bulk.vals_list)
        with self.env.protecting([*self._backorder_untouched(), (names, known)]):
            by_quantity = {}
            for move in known:
                by_quantity.setdefault(reserved[move.id][1], []).append(move.id)
            for quantity, ids in by_quantity.items():
                # Protected: it is kept, not spread over lines.
                self.browse(ids).quantity = quantity
            for own in known._backorder_in_turn():
                for state, same in own.grouped(lambda move: reserved[move.id][0]).items():
                    same.filtered(lambda move, s=state: move.state != s).state = state
            new = lines.create(self._backorder_merge_vals(bulk.vals_list))
            for line, quantity in updates:
                line.with_env(self.env).quantity += quantity
        if any(line.picked for line in new) or abs(sum(new.mapped("quantity")) - wanted) > EPSILON:
            # Another module made other lines than it was asked for.
            for field in names:
                self.env.add_to_compute(field, known)
            known._recompute_state()
        # As Odoo: making a line works the state out, changing one does not.
        for own in lines.browse(
            [line.id for line, _quantity in updates]
        ).move_id._backorder_in_turn():
            own._recompute_state()
        return new

    @api.model
    def _backorder_bulk_write_quants(self, taken, collected):
        """Write the sums of a bulk on its stock rows.

        :param taken: {stock row: quantity to reserve on it}
        :param collected: {(product id, location id, lot id): what the move lines reserved}; another
            module may have changed a quantity on the way: what it added is reserved as well
        """
        reserved = {
            quant: {"reserved_quantity": quant.reserved_quantity + quantity}
            for quant, quantity in taken.items()
        }
        for quants, vals in by_values(reserved):
            quants.write(vals)
        for quant, quantity in taken.items():
            key = (quant.product_id.id, quant.location_id.id, quant.lot_id.id)
            collected[key] = collected.get(key, 0.0) - quantity
        quants = self.env["stock.quant"]
        for (product_id, location_id, lot_id), rest in collected.items():
            product = self.env["product.product"].browse(product_id)
            if product.uom_id.compare(rest, 0.0):
                quants._update_reserved_quantity(
                    product,
                    self.env["stock.location"].browse(location_id),
                    rest,
                    lot_id=self.env["stock.lot"].browse(lot_id or ()),
                )

    def _backorder_unreserve_whole(self):
        """Give back everything that ``self``, of which nothing is picked, has reserved; each stock
        row is written once."""
        given_back = {}

        def collect(product, location, quantity, lot, package, owner):
            if quantity >= 0:
                return False
            key = (product, location, lot or None, package or None, owner or None)
            given_back[key] = given_back.get(key, 0.0) + quantity
            return True

        lines = self.sudo().move_line_ids.filtered(lambda line: not line.picked)
        # What is delivered and invoiced stays as it is.
        untouched = [own for own in self._backorder_untouched() if own[1]._name in _ORDERS]
        with (
            no_door.so(self.env),
            collecting.so(self.env, collect),
            self.env.protecting(untouched),
        ):
            lines.unlink()
        self.env["stock.quant"]._backorder_give_back(given_back)
        self.product_id._backorder_stock_changed()

    def _create_analytic_move(self):
        """Odoo asks each move for its analytic items when rows of it are deleted. It has found the
        moves by these rows, so that none of them knew of the others: a query for each of them."""
        return super(StockMove, self.with_prefetch())._create_analytic_move()

    def _backorder_in_turn(self):
        """``self`` in parts whose states may be written together: all, or one delivery after the
        other where those that get ready join automatic batches (`stock_picking_batch`)."""
        if "auto_batch" not in self.env["stock.picking.type"]._fields:
            return [self]
        batched = self.filtered(lambda move: move.sudo().picking_type_id.auto_batch)
        parts = [self - batched] if batched != self else []
        return [*parts, *batched.grouped("picking_id").values()]

    def _backorder_untouched(self):
        """[(fields, records)] that reserving ``self`` does not change: Odoo would work them out
        again, line by line, and all that follows from them."""
        sale_lines = self.sudo().sale_line_id
        records = (sale_lines, sale_lines.order_id, self, self.picking_id)
        return [
            (
                [own._fields[name] for name in _UNTOUCHED[own._name] if name in own._fields],
                own,
            )
            for own in records
        ]

    def _backorder_with_orderpoints(self):
        """The moves of ``self`` whose products have reordering rules."""
        rules = self.env["stock.warehouse.orderpoint"].sudo()
        ruled = rules._read_group([("product_id", "in", self.product_id.ids)], ["product_id"])
        ids = {product.id for (product,) in ruled}
        return self.filtered(lambda move: move.product_id.id in ids)
