"""Deliveries of new orders that are approved at once: the original's held moves, handed over.

Odoo launches nothing for a line whose moves cover it: what they are made of, where they take it
from and when they are due stays. What cannot be handed over is cut out of the original's
deliveries, and Odoo makes new ones when the order is approved.
"""

from contextlib import contextmanager

from odoo import Command, models

from ...engine import Guard, is_positive
from ..base.batch import listeners
from ..base.meanwhile import Meanwhile
from ..hold.settling import no_door
from .new_order_said import apart, merge_said

#: A fill approves new orders, and compares all of them afterwards: ids of the products of theirs
#: that have reordering rules.
approved_together = Meanwhile()
#: Odoo's modules that say what a line has got already: its deliveries, and what was bought for it.
_COUNTS = ("sale_stock", "sale_mrp", "stock_dropshipping")
#: What Odoo would work out again as a move changes its order line, and what stays as it is: of a
#: plain item nothing was delivered by open moves, and the new line says the same of the item.
_UNTOUCHED = {
    "sale.order.line": ("qty_delivered",),
    "stock.move": ("description_picking", "packaging_uom_id"),
}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_hand_over(self, cuts, targets):
        """Hand held demand of these lines' deliveries over to lines of new orders.

        The moves, or the parts of them, get deliveries of their own. A delivery of which nothing is
        left stays with the original, cancelled: people know its number.

        :param cuts: {move: quantity in its unit, which nothing is reserved of}
        :param targets: {line: the line of its new order}
        :return: the ``cuts`` that were not handed over
        """
        by_line = {}
        for move in cuts:
            by_line.setdefault(move.sale_line_id.with_env(self.env), []).append(move)
        goes = {}
        for line, moves in by_line.items():
            if line in targets and all(move._backorder_may_go() for move in moves):
                goes.update(dict.fromkeys(moves, targets[line]))
        if not goes:
            return cuts
        parts = {
            move: quantity
            for move, quantity in cuts.items()
            if move in goes
            and (move.quantity or move.product_uom.compare(quantity, move.product_uom_qty) < 0)
        }
        whole = {move: target for move, target in goes.items() if move not in parts}
        deliveries = self._backorder_handed_pickings(goes)
        emptied = [
            move
            for move in self._backorder_last_moves(whole)
            if all(other in whole for other in move.picking_id.move_ids)
        ]
        remains = [self._prepare_emptied_vals(move) for move in emptied]
        with no_door.so(self.env), self._backorder_handing_over(whole, targets):
            vals_list = []
            for move, quantity in parts.items():
                pieces = move.product_uom._compute_quantity(
                    quantity, move.product_id.uom_id, round=False
                )
                for vals in move._split(pieces):
                    vals.update(self._prepare_handed_vals(move, goes[move], deliveries))
                    vals_list.append(vals)
            for move, target in whole.items():
                move.write(self._prepare_handed_vals(move, target, deliveries))
            if remains:
                self.env["stock.move"].sudo().create(remains)
        moves = self.env["stock.move"].sudo().union(*whole)
        if vals_list:
            with no_door.so(self.env):
                moves |= moves.create(vals_list)._action_confirm(merge=False)
        self._backorder_refer(moves)
        return {move: quantity for move, quantity in cuts.items() if move not in goes}

    @contextmanager
    def _backorder_handing_over(self, moves, targets):
        """What Odoo need not work out again while plain ``moves`` change their line."""
        plain = self.env["stock.move"].union(
            *(move for move in moves if move.product_id == move.sale_line_id.product_id)
        )
        lines = plain.sale_line_id.sudo()
        lines |= self.browse(
            [targets[line].id for line in lines.with_env(self.env) if line in targets]
        ).sudo()
        protected = [
            ([own._fields[name] for name in _UNTOUCHED[own._name]], own) for own in (lines, plain)
        ]
        with self.env.protecting(protected):
            yield

    def _prepare_handed_vals(self, move, target, deliveries):
        """What ``move``, or a part of it, is from now on."""
        return {
            "sale_line_id": target.id,
            "origin": target.order_id.name,
            "picking_id": deliveries[move].id,
        }

    def _backorder_last_moves(self, moves):
        """One of ``moves`` of each delivery."""
        return {move.picking_id: move for move in moves}.values()

    def _prepare_emptied_vals(self, move):
        """What is left of a delivery whose moves all go: this one, of nothing and cancelled."""
        return move.copy_data(
            {
                "product_uom_qty": 0.0,
                "state": "cancel",
                "picking_id": move.picking_id.id,
                "sale_line_id": move.sale_line_id.id,
                "reference_ids": [Command.set(move.reference_ids.ids)],
            }
        )[0]

    def _backorder_handed_pickings(self, goes):
        """{move: the new delivery that it, or a part of it, goes to}, with a note where each comes
        from. What Odoo, or another module, delivers apart on the original stays apart.

        :param goes: {move: the line of its new order}
        """
        said = {
            picking: picking._prepare_backorder_said_vals()
            for picking in self.env["stock.move"].union(*goes).picking_id
        }
        groups = {}
        for move, target in goes.items():
            key = (target.order_id, target._backorder_reference_name(), *move._key_assign_picking())
            # What people send elsewhere, or otherwise, stays apart too.
            key += (move.partner_id, apart(said[move.picking_id]))
            groups.setdefault(key, []).append(move)
        vals_list = []
        for (order, *_apart), moves in groups.items():
            moves = self.env["stock.move"].union(*moves)
            said_vals = merge_said(said[picking] for picking in moves.picking_id)
            vals = moves._get_new_picking_values()
            vals_list.append({**vals, **said_vals, "origin": order.name})
        pickings = self.env["stock.picking"].sudo().create(vals_list)
        deliveries, bodies = {}, {}
        for ((order, *_apart), moves), picking in zip(groups.items(), pickings, strict=True):
            deliveries.update(dict.fromkeys(moves, picking))
            bodies[picking.id] = self.env["ir.qweb"]._render(
                "mail.message_origin_link",
                {"self": picking, "origin": order},
                minimal_qcontext=True,
            )
        pickings._message_log_batch(bodies=bodies)
        return deliveries

    def _backorder_reference_name(self):
        """The name of the reference under which Odoo would deliver this line: that of its order,
        or where a module delivers lines apart, one of their own."""
        return self._prepare_reference_vals()["name"]

    def _backorder_refer(self, moves):
        """The moves are found by the reference of their order, as those that Odoo makes."""
        vals_list, lines = [], []
        moves.write({"reference_ids": [Command.clear()]})
        groups = moves.grouped(
            lambda move: (move.sale_line_id.order_id, move.sale_line_id._backorder_reference_name())
        )
        for (order, _name), own in groups.items():
            if references := order.stock_reference_ids:
                references.move_ids = [Command.link(move.id) for move in own]
                continue
            vals = own.sale_line_id[:1]._prepare_reference_vals()
            vals_list.append({**vals, "move_ids": [Command.set(own.ids)]})
            lines.append(own.sale_line_id)
        references = self.env["stock.reference"].sudo().create(vals_list)
        for field in self._backorder_reference_fields():
            for own, reference in zip(lines, references, strict=True):
                own[field] = reference

    def _backorder_reference_fields(self):
        """Names of the fields in which a module keeps the reference of each line."""
        return [
            name
            for name, field in self._fields.items()
            if field.type == "many2one" and field.store and field.comodel_name == "stock.reference"
        ]

    def _backorder_drop_deliveries(self):
        """Take the deliveries off again: the order of these lines is not approved now."""
        moves = self._backorder_moves()
        self._backorder_remember_said(moves, {line: line for line in self})
        moves._backorder_lower_demand({move: move.product_uom_qty for move in moves})

    def _get_qty_procurement(self, previous_product_uom_qty=False):
        """A plain line whose moves were handed over lacks nothing, and one without any delivery or
        purchase has nothing yet: Odoo need not ask recipes, item by item."""
        if not previous_product_uom_qty and self._backorder_has_nothing():
            return 0.0
        if self.backorder_origin_line_id:
            moves = self.sudo().move_ids
            if moves and all(
                move.state in ("confirmed", "partially_available", "assigned")
                and move.product_id == self.product_id
                and move.product_uom == self.product_uom_id
                and not move.move_orig_ids
                and not move.move_dest_ids
                and move.location_dest_id.usage == "customer"
                for move in moves
            ):
                return sum(moves.mapped("product_uom_qty"))
        return super()._get_qty_procurement(previous_product_uom_qty=previous_product_uom_qty)

    def _backorder_has_nothing(self):
        """Nobody delivers, or bought, anything for this line yet, and no other module has a say."""
        # sudo: a salesperson may read neither deliveries nor purchase orders
        line = self.sudo()
        return (
            not line.move_ids
            and not line.purchase_line_ids
            and not listeners(self, "_get_qty_procurement", _COUNTS)
        )

    def _backorder_reserve_set_aside(self, quantities):
        """Reserve what was set aside for these lines, by nobody else's leave: it was theirs.

        :param quantities: {line: what was set aside, in its unit}
        """
        facts = self._backorder_facts()
        wanted = {}
        for line, quantity in quantities.items():
            lacks = min(quantity, line.product_uom_qty) - facts.figures[line].reserved
            if line in facts.moves and is_positive(lacks):
                wanted[line] = lacks
        if not wanted:
            return
        lines = self.browse([line.id for line in wanted])
        guard = Guard(budgets=lines._backorder_fill_budgets(wanted, facts))
        lines._backorder_reserve_within(guard, facts)


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_may_go(self):
        """Whether this move of an original may become its new order's: one step, in a delivery that
        nobody printed, began, or put into a batch."""
        picking = self.picking_id
        return bool(
            picking
            and not picking.printed
            and not ("batch_id" in picking._fields and picking.batch_id)
            and not self.picked
            and not self.move_orig_ids
            and not self.move_dest_ids
            and self.procure_method == "make_to_stock"
            and self.state in ("confirmed", "partially_available", "assigned")
            and self.location_dest_id.usage == "customer"
        )

    def _trigger_scheduler(self):
        """Odoo asks for reordering rules move by move: of several moves those of products that have
        none are left out before, unless another module does more here."""
        ruled = approved_together.now(self.env)
        if ruled is not None:
            moves = self.filtered(lambda move: move.product_id.id in ruled)
        elif len(self) > 1 and not listeners(self, "_trigger_scheduler", ("stock",)):
            moves = self._backorder_with_orderpoints()
        else:
            moves = self
        return super(StockMove, moves)._trigger_scheduler()
