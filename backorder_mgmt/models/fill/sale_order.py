"""The public methods on orders: find, force, fill and cancel backorders.

They are called by the dialogs, by server actions and over RPC. ``quantities`` is everywhere
``{order line id: quantity in the unit of the line}``; ids may be strings, as JSON has them; lines
that are not named stay as they are; ``None`` means everything possible.
"""

import math

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import is_positive
from ..base.named import of_many
from ..hold.sale_order_line_hold import finding

#: Rows of a dialog on one page, as its view has it.
_DIALOG_PAGE = 60


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_ship_date = fields.Date(
        string="Actual Ship Date", copy=False, help="The day the goods really leave."
    )
    backorder_can_force = fields.Boolean(compute="_compute_backorder_can")
    backorder_can_fill = fields.Boolean(compute="_compute_backorder_can")
    backorder_has_lines = fields.Boolean(
        compute="_compute_backorder_can", help="Something of it is, or was, on backorder."
    )

    @api.depends("state", "order_line.backorder_qty", "order_line.product_uom_qty")
    def _compute_backorder_can(self):
        for order in self:
            lines = order.order_line.filtered(lambda line: not line.display_type)
            order.backorder_can_fill = order.state != "cancel" and any(
                line.backorder_qty > 0 for line in lines
            )
            # One item is enough: what an order of 500 lines has open is not gathered for a button.
            order.backorder_can_force = any(
                lines[start : start + 50]._backorder_some_forceable()
                for start in range(0, len(lines), 50)
            )
            order.backorder_has_lines = any(
                line.backorder_state != "no" or line.backorder_promised_qty for line in lines
            )

    # -- arguments --------------------------------------------------------------------------------

    def _backorder_parse(self, quantities):
        """{line: float} of a ``quantities`` argument; None stays None.

        :raise UserError: not a number, a note, or a line of another order
        """
        if quantities is None:
            return None
        if not hasattr(quantities, "items"):
            raise UserError(
                self.env._(
                    "Quantities are given as {order line id: quantity}, not as %r.", quantities
                )
            )
        own = {line.id: line for line in self.order_line.with_prefetch()}
        result = {}
        for key, value in quantities.items():
            try:
                line = own.get(int(key))
            except (TypeError, ValueError):
                line = None
            if line is None:
                raise UserError(
                    self.env._(
                        "Order line %(line)s does not belong to %(orders)s.",
                        line=key,
                        orders=", ".join(self.mapped("name")) or self.env._("these orders"),
                    )
                )
            if line.display_type:
                line._backorder_refuse(self.env._("Not a product"))
            try:
                quantity = math.nan if isinstance(value, bool) else float(value)
            except (TypeError, ValueError):
                quantity = math.nan
            if not math.isfinite(quantity):
                raise UserError(
                    self.env._(
                        "%(product)s: “%(quantity)s” is not a quantity. Enter a number.",
                        product=line.product_id.display_name or line.name,
                        quantity=value,
                    )
                )
            result[line] = line._backorder_typed(quantity)
        return result

    def _backorder_lock_stock(self, touch=False):
        """Lock the stock rows of these orders' lines, before anything of stock is read.

        :return: :class:`LineFacts` of these lines
        """
        # Lines of many orders know of each other also after caches were emptied.
        lines = self.sudo().order_line.with_prefetch()
        facts = lines._backorder_facts()
        products = lines._backorder_part_products(facts.parts)
        if products:
            supply = self.env["backorder.supply"]
            stocked = lines.filtered(lambda line: facts.parts[line])
            ids = supply._lock(products, facts.places(stocked))
            if touch:
                supply._touch(ids)
        return facts

    # -- find -------------------------------------------------------------------------------------

    @of_many
    def detect_backorders(self):
        """*Find Backorders*: put open demand that nobody reserved on backorder.

        For orders that were open before installation, or whose automatic rule is off. On confirmed
        orders Odoo first tries to reserve (where deliveries are reserved at confirmation); what
        stock does not cover is held. Quotations get their automatic figure.

        :return: ids of the order lines that are on backorder now
        :raise AccessError: no right to change the orders
        """
        self._backorder_check_access()
        orders = self.sudo()
        lines = orders.order_line.filtered(lambda line: not line.display_type)
        confirmed = lines.filtered(lambda line: line.state == "sale")
        moves = confirmed._backorder_moves()
        at_confirm = moves.filtered(
            lambda move: move._should_assign_at_confirm() and not move.picked
        )
        with finding.so(self.env):
            if at_confirm:
                at_confirm._action_assign()
            confirmed._backorder_settle()
            lines._backorder_refigure()
        return lines.filtered(lambda line: line.backorder_qty > 0).ids

    # -- force ------------------------------------------------------------------------------------

    @of_many
    def force_backorders(self, quantities=None):
        """*Force Backorders*: put quantities on backorder, whether or not there is stock.

        :param quantities: {line id: the new total on backorder}, in the lines' units; None: of
            every line everything that is not picked or delivered
        :return: ids of the lines that were forced
        :raise UserError: below zero, below what is on backorder already (that is a fill), more
            than is open, a line that cannot be on backorder, a line of another order
        :raise AccessError: no right to change the orders
        """
        self._backorder_check_access()
        wanted = self._backorder_parse(quantities)
        orders = self.sudo()
        facts = orders._backorder_lock_stock()
        lines = orders.order_line.with_prefetch()
        if wanted is None:
            limits = lines._backorder_forceable(facts)
            wanted = {
                line: limits[line]
                for line in lines
                if not line._backorder_refusal(facts)
                and line._backorder_compare(limits[line], line.backorder_qty) > 0
            }
        else:
            wanted = {line.sudo(): quantity for line, quantity in wanted.items()}
            for line, quantity in wanted.items():
                line._backorder_check_force(quantity, facts)
        before = {line: line.backorder_qty for line in wanted}
        forced = orders.order_line.browse([line.id for line in wanted])
        with lines._backorder_part_products(facts.parts)._backorder_together(forced):
            forced._backorder_force(wanted, facts)
        forced = [line for line in wanted if line.backorder_qty != before[line]]
        orders._backorder_note_lines(
            {line: line.backorder_qty for line in forced}, self.env._("Forced on backorder")
        )
        return [line.id for line in wanted]

    def _backorder_note_lines(self, quantities, title):
        """One chatter note per order: what happened to which line."""
        by_order = {}
        for line, quantity in quantities.items():
            by_order.setdefault(line.order_id, []).append(
                f"{line.product_id.display_name}: {line._backorder_quantity_label(quantity)}"
            )
        bodies = {order.id: f"{title}: {'; '.join(texts)}" for order, texts in by_order.items()}
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)

    # -- cancel the rest --------------------------------------------------------------------------

    @of_many
    def cancel_backorders(self, quantities=None, reason=None):
        """*Cancel the Rest*: close short; the ordered quantity falls by what is cancelled.

        :param quantities: {line id: quantity to cancel}, in the lines' units, at most what is
            needed; None: everything that is on backorder
        :param reason: written in the ledger and on the orders
        :return: ids of the lines that were lowered
        :raise UserError: below zero, more than is needed, a line of another order
        :raise AccessError: no right to change the orders, or not in *Cancel Backorders*
        """
        self._backorder_check_access("backorder_mgmt.group_backorder_cancel")
        if reason and (not isinstance(reason, str) or "\0" in reason):
            raise UserError(self.env._("The reason of a cancellation is a text, not %r.", reason))
        wanted = self._backorder_parse(quantities)
        orders = self.sudo()
        facts = orders._backorder_lock_stock()
        if wanted is None:
            lines = orders.order_line.with_prefetch()
            wanted = {line: line.backorder_qty for line in lines if line.backorder_qty > 0}
        else:
            wanted = {line.sudo(): quantity for line, quantity in wanted.items()}
            for line, quantity in wanted.items():
                line._backorder_check_cancel(quantity, facts)
        wanted = {line: qty for line, qty in wanted.items() if is_positive(qty)}
        cancelled = orders.order_line.browse().union(*wanted)
        cancelled._backorder_set_holds(
            {line: line.backorder_hold_qty - qty for line, qty in wanted.items()},
            "cancel",
            reason,
            extra={
                line: {"backorder_cancelled_qty": line.backorder_cancelled_qty + qty}
                for line, qty in wanted.items()
            },
        )
        cancelled._backorder_forget_typed()
        cancelled._backorder_lower_ordered(wanted)
        title = self.env._("Rest cancelled")
        if reason:
            title = f"{title} ({reason})"
        orders._backorder_note_lines(wanted, title)
        for order, purchases in cancelled._backorder_purchases_by_order().items():
            order._message_log(
                body=self.env._(
                    "Purchase orders made for this order: %s. Lower them if they are not "
                    "needed any more.",
                    ", ".join(purchases.mapped("name")),
                )
            )
        cancelled.order_id._backorder_rest_cancelled()
        return cancelled.ids

    def _backorder_rest_cancelled(self):
        """Hook: something that was missing of these orders is cancelled."""

    # -- screens ----------------------------------------------------------------------------------

    def _backorder_dialog(self, model, name, group="backorder_mgmt.group_backorder_user"):
        self.ensure_one()
        self._backorder_check_access(group)
        action = {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_order_id": self.id, "dialog_size": "extra-large"},
        }
        if len(self.order_line) > _DIALOG_PAGE:
            # The web client shows a dialog that is not saved yet without pages: hundreds of rows
            # take it seconds.
            action["res_id"] = self.env[model].create({"order_id": self.id}).id
        return action

    @of_many
    def action_force_backorders(self):
        """*Force Backorders*: the dialog of this order."""
        return self._backorder_dialog("backorder.force", self.env._("Force Backorders"))

    @of_many
    def action_fill_backorders(self):
        """*Fill Backorders*: the dialog of this order."""
        return self._backorder_dialog("backorder.fill", self.env._("Fill Backorders"))

    @of_many
    def action_cancel_backorders(self):
        """*Cancel the Rest*: the dialog of this order, for who may cancel."""
        return self._backorder_dialog(
            "backorder.cancel",
            self.env._("Cancel the Rest"),
            "backorder_mgmt.group_backorder_cancel",
        )
