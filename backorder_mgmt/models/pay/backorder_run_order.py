"""What a row of a run does when its order's payment is waited for, came, or failed."""

from odoo import api, fields, models


class BackorderRunOrder(models.Model):
    _inherit = "backorder.run.order"

    currency_id = fields.Many2one(related="new_order_id.currency_id")
    carried_amount = fields.Monetary(related="new_order_id.backorder_carried_amount")
    charge_state = fields.Selection(
        [
            ("todo", "Waiting for Payment"),
            ("sending", "Waiting for Payment"),
            ("pending", "Payment Pending"),
            ("unknown", "Outcome Unknown"),
            ("failed", "Payment Failed"),
            ("done", "Paid"),
            ("cancelled", "Not Charged"),
        ],
        string="Payment",
        compute="_compute_charge_state",
        compute_sudo=True,
    )

    @api.depends("order_id", "new_order_id")
    def _compute_charge_state(self):
        charges = self.env["backorder.charge"].search(
            [("run_order_id", "in", self.ids)], order="id"
        )
        states = {charge.run_order_id.id: charge.state for charge in charges}
        for row in self:
            row.charge_state = states.get(row.id)

    def _charge_lines(self):
        """The rows of this order's lines that were filled."""
        lines = self.env["backorder.run.line"]
        return lines.search(
            [
                ("run_id", "in", self.run_id.ids),
                ("order_id", "in", self.order_id.ids),
                ("filled_qty", ">", 0),
            ]
        )

    def _charge_waiting(self, sentence=None):
        """The payment is asked for."""
        for row in self:
            text = sentence or self.env._("Waiting for payment.")
            if row.run_id.kind == "process":
                row._backorder_write({"message": text, "skip_reason": False})
            else:
                row._write_payment("waiting_payment", text)

    def _charge_failed(self, sentence):
        for row in self:
            if row.run_id.kind == "process":
                row._process_payment_failed(sentence)
            else:
                row._write_payment("payment_failed", sentence)

    def _charge_elsewhere(self, charge):
        """Another run asks for the payment of this order already: here, nothing is done."""
        sentence = self.env._(
            "Its payment is asked for by %s already.", charge.run_id.name or charge.user_id.name
        )
        self._charge_failed(sentence)

    def _charge_paid(self):
        """The payment is there: approve the order, and do what waited for it."""
        for row in self:
            if row.run_id.kind == "process":
                row._process_paid()
                continue
            order = row.new_order_id
            order._backorder_approve_paid()
            row._backorder_write({"message": self.env._("Filled as new order %s.", order.name)})
            for line in row._charge_lines():
                whole = line.sale_line_id._backorder_compare(line.filled_qty, line.needed_qty) >= 0
                line._backorder_write({"reason": "filled" if whole else "partial_stock"})
            row.run_id._after_approve(row)

    def _write_payment(self, reason, sentence):
        """A fill's row and its filled lines say what the payment waits for."""
        message = self.env._(
            "New order %(order)s is not approved: %(why)s",
            order=self.new_order_id.name or self.order_id.name,
            why=sentence,
        )
        self._backorder_write({"message": message})
        self._charge_lines()._backorder_write({"reason": reason})

    def _undo_refusal_money(self):
        order = self.new_order_id.sudo()
        if order.transaction_ids.filtered(lambda tx: tx.state in ("pending", "authorized", "done")):
            return self.env._("%s is paid or charged", order.name)
        asked = order.backorder_charge_ids
        if asked.attempt_ids.filtered(lambda attempt: attempt.state != "failed"):
            return self.env._("%s was charged: refund it first", order.name)
        return super()._undo_refusal_money()
