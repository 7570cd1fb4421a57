"""Quotations for the Multi-Order Processor: what there is of them, how old they are; its button."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...engine import is_positive
from ..base.named import of_many


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_stock = fields.Selection(
        [
            ("all", "All in Stock"),
            ("some", "Some on Backorder"),
            ("none", "Nothing in Stock"),
        ],
        string="Stock",
        compute="_compute_backorder_stock",
        compute_sudo=True,
        search="_search_backorder_stock",
        help="What there is now of what the customer has not got yet. Quotations hold no stock: "
        "each counts on all that is free. Forced backorders count as not there.",
    )
    backorder_days_open = fields.Integer(
        string="Days Open",
        compute="_compute_backorder_days_open",
        search="_search_backorder_days_open",
        help="Days since the date of the quotation.",
    )

    # -- stock ------------------------------------------------------------------------------------

    @api.depends("state", "order_line.backorder_qty", "order_line.backorder_promised_qty")
    def _compute_backorder_stock(self):
        states = self._backorder_stock_states()
        for order in self:
            order.backorder_stock = states.get(order._origin.id, False)

    def _backorder_stock_states(self):
        """{order id: ``all`` | ``some`` | ``none``} of these orders, each looked at on its own.

        An order without goods that are kept in stock has everything, one without lines nothing
        to have.
        """
        orders = self._origin.filtered(
            lambda order: (
                order.state != "cancel" and any(not line.display_type for line in order.order_line)
            )
        )
        lines = orders.order_line._backorder_kept_in_stock()
        facts = lines._backorder_facts()
        lines = lines.filtered(lambda line: facts.parts[line])
        quotations = lines.filtered(lambda line: line.state != "sale")
        supply = self.env["backorder.supply"]._gather(
            quotations._backorder_part_products(facts.parts),
            facts.places(quotations),
            orders=quotations.order_id,
            opened=True,
            reach=quotations._backorder_reach(facts),
        )
        states = dict.fromkeys(orders.ids, "all")
        for order, own in lines.grouped("order_id").items():
            if order.state == "sale":
                there = [(line._backorder_owed(), line.backorder_reserved_qty) for line in own]
            else:
                stock = supply.copy_for(own._backorder_part_products(facts.parts).ids)
                there = [
                    (
                        line._backorder_owed(),
                        line._backorder_take(
                            stock,
                            facts,
                            max(0.0, line._backorder_owed() - line.backorder_forced_qty),
                        ),
                    )
                    for line in own
                ]
            if any(is_positive(owed - got) for owed, got in there):
                some = any(is_positive(got) for _owed, got in there)
                states[order.id] = "some" if some else "none"
        return states

    def _backorder_invoiced_when_approved(self):
        """Whether something of this quotation can be invoiced as soon as it is approved."""
        self.ensure_one()
        return any(
            line.product_id.invoice_policy == "order" and line.product_uom_qty
            for line in self.order_line
            if not line.display_type
        )

    # -- age --------------------------------------------------------------------------------------

    @api.depends("date_order")
    def _compute_backorder_days_open(self):
        now = fields.Datetime.now()
        for order in self:
            order.backorder_days_open = (now - order.date_order).days if order.date_order else 0

    def _search_backorder_days_open(self, operator, value):
        turned = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}
        if operator not in turned or isinstance(value, bool):
            return NotImplemented
        days = min(max(int(value), 0), 36500)
        if operator in (">", "<="):
            days += 1
            turned = {**turned, ">": "<=", "<=": ">"}
        moment = fields.Datetime.now() - timedelta(days=days)
        return Domain("date_order", turned[operator], moment)

    # -- screens ----------------------------------------------------------------------------------

    @of_many
    def action_process_orders(self):
        """*Process Orders*: the dialog of the Multi-Order Processor for these orders; when none is
        ticked, for everything that the list's filter shows.

        :raise UserError: no orders
        """
        orders = self
        if not orders and self.env.context.get("active_domain"):
            orders = self.search(self.env.context["active_domain"])
        if not orders:
            raise UserError(
                self.env._("No orders are chosen. Tick quotations in the list, then process them.")
            )
        return self.env["backorder.process"]._open_for(orders)

    # -- processed --------------------------------------------------------------------------------

    def _backorder_put_what_others_got(self, run, short):
        """These quotations stay as they are: what others got goes on backorder, and a note says
        so, as their salesperson would wonder.

        :param short: {line: what would still be on backorder, in the line's unit}
        """
        lines = self.order_line.filtered(
            lambda line: short.get(line, 0.0) > line.backorder_hold_qty
        )
        before = {line: line.backorder_hold_qty for line in lines}
        lines._backorder_refigure()
        put = {}
        for line, held in before.items():
            more = line.backorder_hold_qty - held
            if line._backorder_compare(more, 0.0) > 0:
                put[line] = more
        self._backorder_note_lines(
            put, self.env._("%s did not process this quotation; now on backorder", run.name)
        )
