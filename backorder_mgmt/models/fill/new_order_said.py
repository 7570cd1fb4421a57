"""What people said of a delivery goes with the items that are moved to another order.

That it is urgent, a note for the warehouse, an address, a carrier or a later day of its own: Odoo
keeps them where it splits a delivery. Deliveries that are handed over have them at once. Where Odoo
makes new ones, when a new order is approved later for example, the line of the new order remembers
them until then (`backorder_said`), and what comes back to the original brings them along.
"""

from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models

from ..base.meanwhile import Meanwhile

#: {order line id: what was said of its deliveries}, while Odoo makes new ones.
said_of_lines = Meanwhile(default={})


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        said = self.filtered("backorder_parent_id").order_line._backorder_said_for_approval()
        with said_of_lines.so(self.env, said or said_of_lines.now(self.env)):
            return super()._action_confirm()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_said = fields.Json(
        string="Said of Its Delivery",
        copy=False,
        readonly=True,
        help="What people said of the delivery that this was taken from, for the next one.",
    )

    def _backorder_remember_said(self, moves, targets):
        """Keep on lines of new orders what was said of the deliveries that lose these ``moves``.

        :param targets: {line: the line that the demand of its moves goes to}
        """
        for line, of_line in moves.grouped("sale_line_id").items():
            line = line.with_env(self.env)
            if target := targets.get(line):
                said = line._backorder_said_of(of_line._backorder_with_later_steps())
                if said or target.backorder_said:
                    target._backorder_write({"backorder_said": said or False})

    def _backorder_said_of(self, moves):
        """What people said of the deliveries of these ``moves`` of the line, which differs from
        what its order says.

        :return: {id of the operation type, as text: values of a delivery; "line": its address and
            day}; JSON
        """
        self.ensure_one()
        said, line = {}, {}
        for kind, of_kind in moves.grouped("picking_type_id").items():
            if vals := of_kind.picking_id._prepare_backorder_said_vals(self.order_id):
                said[str(kind.id)] = {**vals, "note": vals["note"] and str(vals["note"])}
        for move in moves.filtered(lambda move: move.location_dest_id._is_outgoing()):
            address = move.picking_id.partner_id
            if address and address != self.order_id.partner_shipping_id:
                line["partner_id"] = address.id
            if move.date > self._backorder_planned_date() + timedelta(minutes=1):
                line["date"] = max(line.get("date", ""), fields.Datetime.to_string(move.date))
        if line:
            said["line"] = line
        return said

    def _backorder_planned_date(self):
        """The day of a delivery of this line of a confirmed order that nobody changed."""
        order = self.order_id
        due = order.commitment_date or self._expected_date()
        return due - timedelta(days=order.company_id.security_lead)

    def _backorder_said_now(self):
        """What was last said of the delivery of this line of a new order: of its own, while that is
        not sent, else of that which it was taken from."""
        moves = self.sudo().move_ids.filtered(
            lambda move: move.picking_id and move.state != "done" and not move._is_incoming()
        )
        return self._backorder_said_of(moves) if moves else self.backorder_said or {}

    def _backorder_said_for_approval(self):
        """{line id: what is remembered}, without what was agreed anew for the new order."""
        said = {}
        for line in self.filtered("backorder_said"):
            order = line.order_id
            # sudo: only compared
            original = order.sudo().backorder_parent_id
            kept = {kind: dict(vals) for kind, vals in line.backorder_said.items()}
            of_line = kept.get("line", {})
            if order.partner_shipping_id != original.partner_shipping_id:
                of_line.pop("partner_id", None)
            if order.commitment_date != original.commitment_date:
                of_line.pop("date", None)
            if "carrier_id" in order._fields and order.carrier_id != original.carrier_id:
                for vals in kept.values():
                    vals.pop("carrier_id", None)
            said[line.id] = kept
        return said

    @api.model
    def _backorder_merge_said(self, several):
        """What was said of several deliveries of one line, as of one."""
        merged = {}
        for said in several:
            for kind, vals in said.items():
                merged[kind] = _merge([merged[kind], vals]) if kind in merged else dict(vals)
        return merged

    def _prepare_procurement_values(self):
        values = super()._prepare_procurement_values()
        said = said_of_lines.now(self.env)
        of_line = said.get(self.id, {}).get("line")
        if of_line:
            if address := self.env["res.partner"].browse(of_line.get("partner_id")).exists():
                values["partner_id"] = address.id
            if day := fields.Datetime.to_datetime(of_line.get("date")):
                values["date_planned"] = max(values["date_planned"], day)
        return values


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _prepare_backorder_said_vals(self, order):
        """What people said of these deliveries of ``order`` that go on as one, and Odoo keeps when
        it splits a delivery; empty: nothing."""
        vals = {
            "priority": max((picking.priority or "0" for picking in self), default="0"),
            "note": Markup("").join(dict.fromkeys(p.note for p in self if p.note)) or False,
        }
        carriers = {picking._backorder_carrier() for picking in self} - {None}
        if len(carriers) == 1 and carriers != {order.carrier_id}:
            vals["carrier_id"] = carriers.pop().id
        return vals if vals["note"] or vals["priority"] != "0" or "carrier_id" in vals else {}

    def _backorder_carrier(self):
        """Who carries this delivery; None where deliveries have no carriers."""
        return self.carrier_id if "carrier_id" in self._fields else None


class StockMove(models.Model):
    _inherit = "stock.move"

    def _backorder_with_later_steps(self):
        """These moves and those of the same order lines that follow on them."""
        moves, following = self, self.move_dest_ids
        while following := following.filtered(
            lambda move: move.sale_line_id in self.sale_line_id and move.state != "cancel"
        ):
            moves |= following
            following = following.move_dest_ids - moves
        return moves

    def _get_new_picking_values(self):
        vals = super()._get_new_picking_values()
        if said := said_of_lines.now(self.env):
            of_moves = [
                said.get(line.id, {}).get(str(kind.id))
                for line, kind in {(move.sale_line_id, move.picking_type_id) for move in self}
            ]
            if any(of_moves):
                vals.update(_merge(filter(None, of_moves)))
        return vals


def _merge(said):
    """One set of values out of several of :meth:`_prepare_backorder_said_vals`."""
    merged = {}
    for vals in said:
        for name, value in vals.items():
            had = merged.get(name)
            if name == "note" and had and value:
                value = had if value in had else had + value
            elif name in ("priority", "date") and had:
                value = max(had, value)
            merged[name] = value or had or False
    return merged
