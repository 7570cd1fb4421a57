"""What people said of a delivery goes with the items that are moved to another order.

That it is urgent, a note for the warehouse, a carrier, who does it, custom properties,
fields of other apps: all that Odoo keeps where it splits a delivery; further an address, a later
day, and words on an item. Deliveries that are handed over have them at once. Where Odoo makes new
ones, when a new order is approved later for example, the line of the new order remembers them until
then (`backorder_said`), and what comes back to the original brings them along.
"""

import json
from datetime import timedelta

from odoo import Command, api, fields, models

from ..base.meanwhile import Meanwhile
from .new_order_line import relations_to_orders

#: {order line id: what was said of its deliveries}, while Odoo makes new ones.
said_of_lines = Meanwhile(default={})
#: Fields of a delivery that Odoo copies although they say what it is made of, or what Odoo, a
#: carrier, a batch or the till answered for it. Those of modules that are not installed are passed
#: over.
OF_THE_DELIVERY = frozenset(
    {
        "batch_sequence",
        "carrier_price",
        "company_id",
        "location_dest_id",
        "location_id",
        "name",
        "origin",
        "partner_id",
        "picking_type_id",
        "pos_order_id",
        "pos_session_id",
        "production_group_id",
    }
)
#: Fields that travel although Odoo's own split leaves them out: there a part was done by somebody.
TAKEN_ALONG = frozenset({"user_id"})
#: What two deliveries may say together; whose other words differ stay two.
TOGETHER = ("note", "priority")
#: Remembered of a line of whose delivery nothing was said, and that joins any to its address.
ANYTHING = {}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        said = self.filtered("backorder_parent_id").order_line._backorder_said_for_approval()
        with said_of_lines.so(self.env, said or said_of_lines.now(self.env)):
            return super()._action_confirm()

    def _backorder_agreed_anew(self, original):
        """Names of what this order says otherwise than ``original``, and a delivery takes from its
        order: its carrier, its project. A salesperson does no deliveries."""
        deliveries = self.env["stock.picking"]._fields
        return {
            name
            for name in self.env["stock.picking"]._backorder_said_fields()
            if name not in TAKEN_ALONG
            and name in self._fields
            and self._fields[name].relational
            and self._fields[name].comodel_name == deliveries[name].comodel_name
            and self[name] != original[name]
        }


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

        :return: {id of the operation type, as text: values of a delivery; "line": its address, its
            day and its words}; JSON
        """
        self.ensure_one()
        said, line = {}, {}
        for kind, of_kind in moves.grouped("picking_type_id").items():
            if vals := merge_said(p._prepare_backorder_said_vals() for p in of_kind.picking_id):
                said[str(kind.id)] = vals
        for move in moves.filtered(lambda move: move.location_dest_id._is_outgoing()):
            address = move.picking_id.partner_id
            if address and address != self.order_id.partner_shipping_id:
                line["partner_id"] = address.id
            if move.date > self._backorder_planned_date() + timedelta(minutes=1):
                line["date"] = max(line.get("date", ""), fields.Datetime.to_string(move.date))
        for move in moves.filtered("description_picking_manual"):
            if move.product_id == self.product_id:
                line["description_picking_manual"] = move.description_picking_manual
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
        """{line id: what is remembered}, without what was agreed anew for the new order; of all
        these lines, as soon as one remembers anything."""
        said = {}
        for line in self if any(line.backorder_said for line in self) else ():
            order = line.order_id
            # sudo: only compared
            original = order.sudo().backorder_parent_id
            kept = {kind: dict(vals) for kind, vals in (line.backorder_said or {}).items()}
            of_line = kept.pop("line", {})
            if order.partner_shipping_id != original.partner_shipping_id:
                of_line.pop("partner_id", None)
            if order.commitment_date != original.commitment_date:
                of_line.pop("date", None)
            anew = order._backorder_agreed_anew(original)
            kept = {
                kind: {name: value for name, value in vals.items() if name not in anew}
                for kind, vals in kept.items()
            }
            said[line.id] = {**kept, "line": of_line}
        return said

    @api.model
    def _backorder_merge_said(self, several):
        """What was said of several deliveries of one line, as of one."""
        merged = {}
        for said in several:
            for kind, vals in said.items():
                merged[kind] = merge_said([merged.get(kind, {}), vals])
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
            if words := of_line.get("description_picking_manual"):
                values["description_picking_manual"] = words
        return values


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _get_custom_move_fields(self):
        return [*super()._get_custom_move_fields(), "description_picking_manual"]


class StockPicking(models.Model):
    _inherit = "stock.picking"

    @api.model
    def _backorder_said_fields(self):
        """Names of the fields in which people say something of a delivery: what they may write,
        and Odoo keeps when it splits one. What a delivery consists of, and relations to orders, are
        not among them. A module that knows better extends this.
        """
        kept = {
            name
            for name, field in self._fields.items()
            if field.store
            and field.copy
            and not (field.readonly or field.related)
            and (field.type == "properties" or not field.compute)
            and field.type not in ("one2many", "binary")
        }
        kept -= OF_THE_DELIVERY | relations_to_orders(self)
        return sorted(kept | (TAKEN_ALONG & self._fields.keys()))

    def _prepare_backorder_said_vals(self):
        """{field: value, as JSON has it} of what people said of this delivery: what differs from
        what Odoo gives a new one of its items. Empty: nothing."""
        self.ensure_one()
        names = self._backorder_said_fields()
        given = self.default_get([n for n in names if self._fields[n].type != "properties"])
        given.update(dict.fromkeys(TAKEN_ALONG, False))
        moves = self.move_ids
        with said_of_lines.so(self.env, {}):
            given.update((moves.filtered("sale_line_id") or moves)[:1]._get_new_picking_values())
        said = {name: self._backorder_said_value(name) for name in names}
        return {name: value for name, value in said.items() if value != (given.get(name) or False)}

    def _backorder_said_value(self, name):
        """The value of one of :meth:`_backorder_said_fields`, as JSON has it; False: none."""
        field = self._fields[name]
        if (
            field.type == "properties"
            and not (self[field.definition_record][field.definition_record_field])
        ):
            return False  # not even read: each would take a query
        value = self[name]
        if field.type == "many2one":
            return value.id
        if field.type == "many2many":
            return [list(Command.set(sorted(value.ids)))] if value else False
        if field.type in ("date", "datetime"):
            return field.to_string(value)
        if field.type == "html":
            return str(value) if value else False
        if field.type == "properties":
            values = field.convert_to_export(value, self) or {}
            return {key: of_key for key, of_key in values.items() if of_key} or False
        return value or False

    @api.model
    def _backorder_said_living(self, said):
        """``said``, without records that were deleted since."""
        living = dict(said)
        for name, value in said.items():
            field = self._fields.get(name)
            if field is None:
                del living[name]  # of a module that is gone
            elif field.type == "many2one" and value:
                living[name] = self.env[field.comodel_name].browse(value).exists().id
            elif field.type == "many2many" and value:
                found = self.env[field.comodel_name].browse(value[0][2]).exists()
                living[name] = [list(Command.set(found.ids))] if found else False
        return living


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

    def _backorder_said_to_keep(self):
        """What is remembered for the delivery of this move; None: nobody asks now."""
        said = said_of_lines.now(self.env)
        of_line = said.get(self.sale_line_id.id)
        return None if of_line is None else of_line.get(str(self.picking_type_id.id), {})

    def _key_assign_picking(self):
        """Items of which people said other things, or for another address, are delivered apart."""
        keys = super()._key_assign_picking()
        said = self._backorder_said_to_keep()
        return keys if said is None else (*keys, self.partner_id, apart(said))

    def _search_picking_for_assignation(self):
        picking = super()._search_picking_for_assignation()
        if self._backorder_said_to_keep() is None or not picking or self._backorder_joins(picking):
            return picking
        others = picking.search(self._search_picking_for_assignation_domain()) - picking
        return others.filtered(self._backorder_joins)[:1]

    def _backorder_joins(self, picking):
        """Whether this move may join ``picking``: never one for another address, which Odoo would
        take off it, nor one of which people said something else than is remembered."""
        if picking.partner_id != self.partner_id:
            return False
        said = said_of_lines.now(self.env).get(self.sale_line_id.id)
        of_delivery = self._backorder_said_to_keep()
        return said is ANYTHING or apart(picking._prepare_backorder_said_vals()) == apart(
            of_delivery
        )

    def _get_new_picking_values(self):
        return {**super()._get_new_picking_values(), **self._backorder_said_together()}

    def _assign_picking_post_process(self, new=False):
        """Apps that are loaded after this one gave the delivery what its order says."""
        res = super()._assign_picking_post_process(new=new)
        picking = self.picking_id
        lost = {
            name: value
            for name, value in self._backorder_said_together().items()
            if (new or name not in TOGETHER) and value != picking._backorder_said_value(name)
        }
        if lost:
            picking.write(lost)
        return res

    def _backorder_said_together(self):
        """What is remembered for the delivery that these moves share."""
        if not said_of_lines.now(self.env):
            return {}
        said = merge_said(move._backorder_said_to_keep() or {} for move in self)
        return self.env["stock.picking"]._backorder_said_living(said)


def apart(said):
    """Of values of a delivery those that two deliveries cannot say together, to be compared."""
    return json.dumps(
        {name: value for name, value in said.items() if name not in TOGETHER}, sort_keys=True
    )


def merge_said(several):
    """One set of values out of several of ``stock.picking._prepare_backorder_said_vals()``."""
    merged = {}
    for vals in several:
        for name, value in vals.items():
            had = merged.get(name)
            if name == "note" and had and value:
                value = had if value in had else had + value
            elif name in ("priority", "date") and had:
                value = max(had, value or had)
            merged[name] = value or had or False
    return merged
