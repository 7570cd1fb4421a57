"""What comes back from a new order: cancelled, deleted, a line deleted; and what does not."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import is_positive
from ..hold.sale_order_line_quotation import figured


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_gave_back = fields.Boolean(
        copy=False, readonly=True, help="Its items wait on the original order again."
    )

    def write(self, vals):
        if vals.get("state") in ("draft", "sent", "sale"):
            self._backorder_check_gave_back()
        return super().write(vals)

    def _backorder_check_gave_back(self):
        """
        :raise UserError: a cancelled new order would be brought back to life whose items wait on
            the original again: they would be sent twice
        """
        for order in self.filtered(lambda order: order.state == "cancel"):
            if order.backorder_gave_back:
                raise UserError(
                    self.env._(
                        "%(order)s cannot be set to quotation: what it had is on backorder again "
                        "on %(original)s. Fill it there, which makes a new order.",
                        order=order.name,
                        original=order.sudo().backorder_parent_id.name,
                    )
                )

    def _backorder_given_up(self):
        res = super()._backorder_given_up()
        for order in self:
            why = self.env._("%s was cancelled", order.name)
            if order.order_line._backorder_give_back(why):
                order._backorder_write({"backorder_gave_back": True})
        return res


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_give_back(self, why):
        """What was moved to these lines of one new order waits again on their original lines, less
        what was delivered, with its forced part and its place in the queue.

        Given back once, it is not given back again.

        :param why: for the ledger and the note on the original
        :return: True where something was still to be given back
        """
        back, forced, since, said, lost = {}, {}, {}, {}, self.browse()
        moved = self.browse()
        for line in self.sudo().filtered(lambda line: is_positive(line.backorder_moved_qty)):
            rest = line._backorder_to_give_back()
            if not is_positive(rest):
                continue
            origin = line._backorder_waits_on()
            if not origin:
                lost |= line
                continue
            moved |= line
            of_product = line.product_id.uom_id

            def in_origin_unit(quantity, origin=origin, of_product=of_product):
                return of_product._compute_quantity(quantity, origin.product_uom_id, round=False)

            back[origin] = back.get(origin, 0.0) + in_origin_unit(rest)
            forced[origin] = forced.get(origin, 0.0) + in_origin_unit(
                min(rest, line.backorder_moved_forced_qty)
            )
            since[origin] = min(
                filter(None, (since.get(origin), origin.backorder_date, line.backorder_date)),
                default=False,
            )
            said.setdefault(origin, []).append(line._backorder_said_now())
            if ahead := line._backorder_sent_parts()[1]:
                line._backorder_note_ahead(origin, ahead)
        lost._backorder_note_lost(why)
        if not moved:
            return False
        moved._backorder_unlink_from_original()
        back = {
            origin: qty for origin, qty in back.items() if origin._backorder_compare(qty, 0.0) > 0
        }
        originals = self.browse().sudo().union(*back)
        before = {origin: origin.backorder_forced_qty for origin in originals}
        said = {origin: self._backorder_merge_said(several) for origin, several in said.items()}
        originals._backorder_raise_ordered(back, "undo", why, said=said)
        for origin in originals:
            total = before[origin] + forced[origin]
            origin._backorder_write(
                {
                    "backorder_forced_qty": min(total, origin.backorder_hold_qty),
                    "backorder_date": since[origin] or origin.backorder_date,
                }
            )
        originals.order_id._backorder_note_lines(back, self.env._("Back on backorder, as %s", why))
        return True

    def _backorder_unlink_from_original(self):
        """These lines are nobody's new lines any more: the link goes with the quantity."""
        # What they handed on themselves belongs to their original now.
        for line in self:
            line.backorder_new_line_ids._backorder_write(
                {"backorder_origin_line_id": line.backorder_origin_line_id.id}
            )
        self._backorder_write(
            {
                "backorder_origin_line_id": False,
                "backorder_moved_qty": 0.0,
                "backorder_moved_forced_qty": 0.0,
                **self._prepare_backorder_set_aside_vals(0.0),
            }
        )

    def _backorder_to_give_back(self):
        """What of the quantity moved to this line is still to come, in the product's unit.

        Not what went to the customer (what came back since is not sent again by itself), what was
        moved on to a new order of its own, and what *Cancel the Rest* closed.
        """
        sent = max(self._backorder_in_product_unit(self.qty_delivered), self._backorder_sent())
        onward = sum(self.backorder_new_line_ids.mapped("backorder_moved_qty"))
        closed = self.backorder_cancelled_product_qty
        return max(0.0, self.backorder_moved_qty - max(0.0, sent) - onward - closed)

    def _backorder_sent(self):
        """All that ever left for the customer, in the product's unit, returns not taken off."""
        units, _ahead = self._backorder_sent_parts()
        return self._backorder_in_product_unit(units)

    def _backorder_sent_parts(self):
        """All that ever left for the customer, in the line's unit, and of a kit {component: what
        left without the rest of its kit, in its unit}."""
        sent = {}
        for move in self.sudo().move_ids.filtered(lambda move: move.state == "done"):
            if move.location_dest_id._is_outgoing():
                part = move.product_id
                sent[part] = sent.get(part, 0.0) + move.product_uom._compute_quantity(
                    move.quantity, part.uom_id, round=False
                )
        parts = self._backorder_parts()[self] if sent else {}
        units = min((sent.get(part, 0.0) / qty for part, qty in parts.items()), default=0.0)
        more = {part: sent.get(part, 0.0) - units * qty for part, qty in parts.items()}
        return units, {part: qty for part, qty in more.items() if part.uom_id.compare(qty, 0) > 0}

    def _backorder_note_ahead(self, origin, ahead):
        """Say on the original that components of what comes back are with the customer already."""
        origin.order_id._message_log(
            body=self.env._(
                "Of the %(product)s that %(order)s gives back, the customer has got %(parts)s "
                "already. The whole kits are on backorder again: take that off their delivery.",
                product=self.product_id.display_name,
                order=self.order_id.name,
                parts=", ".join(
                    self.env._(
                        "%(quantity)s of %(part)s",
                        quantity=f"{part.uom_id.round(qty):g} {part.uom_id.name}",
                        part=part.display_name,
                    )
                    for part, qty in ahead.items()
                ),
            )
        )

    def _backorder_waits_on(self):
        """The line that what was moved to this one waits on again; empty: there is none any more.

        The original, or where that is cancelled and was made by a fill itself, the original's.
        """
        line, seen = self.backorder_origin_line_id, self
        while line and line.state == "cancel" and line not in seen:
            seen |= line
            line = line.backorder_origin_line_id
        # In another life the line may be about something else.
        return line.filtered(
            lambda line: line.state != "cancel" and line.product_id == self.product_id
        )

    def _backorder_note_lost(self, why):
        """Say on both orders that nothing waits for these any more: no line is left for it."""
        for line in self:
            original = line.order_id.backorder_parent_id
            if not original or original.state == "cancel":
                continue  # that order was given up as a whole, and says so
            for order in original | line.order_id:
                order._message_log(
                    body=self.env._(
                        "%(product)s, moved to %(order)s, waits on no order any more, as %(why)s: "
                        "%(original)s has no line of it. Order it there again if it is still "
                        "wanted.",
                        product=line.product_id.display_name,
                        order=line.order_id.name,
                        why=why,
                        original=original.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_backorder_give_back(self):
        """A line that is taken off a new order before its approval waits on the original again."""
        for order, lines in self.grouped("order_id").items():
            if order.state in ("draft", "sent"):
                lines._backorder_give_back(self.env._("it was taken off %s", order.name))

    def write(self, vals):
        if "product_id" in vals:
            # Another item: what was moved here was not that.
            other = self.filtered(
                lambda line: line.backorder_moved_qty and line.product_id.id != vals["product_id"]
            )
            for order, lines in other.grouped("order_id").items():
                lines._backorder_give_back(self.env._("it was replaced on %s", order.name))
        lowered = {}
        if "product_uom_qty" in vals and not figured.now(self.env):
            lowered = {
                line: line.product_uom_qty
                for line in self
                if line.backorder_moved_qty
                and line.product_uom_id.compare(vals["product_uom_qty"], line.product_uom_qty) < 0
            }
        res = super().write(vals)
        for line, before in lowered.items():
            line._backorder_note_lowered(before)
        return res

    def _backorder_note_lowered(self, before):
        """Lowering a line of a new order brings nothing back: both orders say so."""
        if self.product_uom_id.compare(self.product_uom_qty, before) >= 0:
            return
        # sudo: a note on the original, which may be another salesman's
        origin = self.sudo().backorder_origin_line_id.order_id
        for order in origin | self.order_id.sudo():
            order._message_log(
                body=self.env._(
                    "%(product)s was lowered on %(order)s from %(before)s to %(now)s. Nothing "
                    "comes back to the backorder of %(original)s by that; cancelling %(order)s, or "
                    "deleting the line before its approval, brings back what was moved.",
                    product=self.product_id.display_name,
                    order=self.order_id.name,
                    before=self._backorder_quantity_label(before),
                    now=self._backorder_quantity_label(self.product_uom_qty),
                    original=origin.name,
                )
            )
