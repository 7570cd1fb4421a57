"""Documents that bring goods (receipts, purchase orders), and the backorders that wait for them."""

from odoo import api, fields, models

from ..base.named import of_one


class BackorderAffected(models.AbstractModel):
    _name = "backorder.affected"
    _description = "Backorders Waiting for What Arrives"

    backorder_affected_count = fields.Integer(
        string="Affected Orders", compute="_compute_backorder_affected_count"
    )
    backorder_affected_late_count = fields.Integer(
        string="Late Orders", compute="_compute_backorder_affected_count"
    )

    backorder_received_waiting = fields.Boolean(
        compute="_compute_backorder_received_waiting",
        help="Somebody waits for what came in with it.",
    )

    def _backorder_arriving_moves(self):
        """The stock moves of these documents that may bring goods."""
        raise NotImplementedError

    def _backorder_affected_lines(self):
        """{document: order lines on backorder that are dealt some of what it brings}."""
        lines = self.env["sale.order.line"]
        depending = lines._backorder_depending_on(self._backorder_arriving_moves())
        chains = {
            record: set(record.sudo()._backorder_arriving_moves()._rollup_move_dests())
            for record in self
            if depending
        }
        return {
            record: lines.browse(
                line.id for line, moves in depending.items() if chains[record] & set(moves.ids)
            )
            if depending
            else lines
            for record in self
        }

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_backorder_affected_count(self):
        for record, lines in self._backorder_affected_lines().items():
            lines = self._backorder_affected_shown(lines)
            record.backorder_affected_count = len(lines.order_id)
            late = lines.filtered("backorder_late")
            record.backorder_affected_late_count = len(late.order_id)

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_backorder_received_waiting(self):
        runs = self.env["backorder.run"]
        may_fill = runs.has_access("create")
        for record in self:
            received = record._backorder_received_moves() if may_fill else ()
            record.backorder_received_waiting = bool(received) and bool(
                runs._waiting_for_received(received)
            )

    def _backorder_received_moves(self):
        """What these documents brought into a warehouse."""
        return (
            self.sudo()
            ._backorder_arriving_moves()
            .filtered(lambda move: move.state == "done" and move._backorder_arrives_in())
        )

    @of_one
    def action_fill_received(self):
        """*Fill Backorders* with what came in: the preview, those it was bought for first."""
        # What came in with it is looked up as superuser, of whatever company it is.
        self.check_access("read")
        runs = self.env["backorder.run"]
        runs.check_access("create")
        return runs._offer_received(self._backorder_received_moves())

    def _backorder_affected_shown(self, lines):
        """Those of ``lines`` that the user is told of: salesmen of their own orders, if they see
        those only; buyers and warehouse people, who see no sales order, of all of them."""
        if self.env["sale.order.line"].has_access("read"):
            return lines._filtered_access("read")
        # sudo: which orders wait is what a purchase or a receipt is urgent for
        return lines.sudo().filtered(lambda line: line.company_id in self.env.companies)

    def _backorder_affected_words(self, lines):
        """One sentence for each order that waits, as somebody is told who may not open it."""
        return "\n".join(
            self.env._(
                "%(order)s, %(customer)s: %(product)s, %(quantity)s needed.",
                order=line.order_id.name,
                customer=line.order_id.partner_id.display_name,
                product=line.product_id.display_name,
                quantity=line._backorder_quantity_label(line.backorder_qty),
            )
            for line in lines
        )

    @of_one
    def action_view_backorder_affected(self):
        """The order lines whose expected date depends on this document."""
        if not self.env["sale.order.line"].has_access("read"):
            lines = self._backorder_affected_shown(self._backorder_affected_lines()[self])
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "title": self.env._("Waiting for %s", self.display_name),
                    "type": "info",
                    "sticky": True,
                    "message": self._backorder_affected_words(lines),
                },
            }
        action = self.env["ir.actions.actions"]._for_xml_id(
            "backorder_mgmt.sale_order_line_expected_action"
        )
        lines = self._backorder_affected_lines()[self]
        action["domain"] = [("id", "in", lines.ids)]
        action["context"] = {}
        action["display_name"] = self.env._("Waiting for %s", self.display_name)
        return action
