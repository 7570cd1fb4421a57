"""Payments of a fill: approved is what is paid; the run and its rows hear how it ended."""

from odoo import api, fields, models

from .backorder_charge import OPEN_STATES

#: Charges that the job still works on.
_TO_DO = ("todo", "sending")


class BackorderRunCharge(models.AbstractModel):
    _name = "backorder.run.charge"
    _description = "Backorder Fill: Payments"

    charge_ids = fields.One2many(
        "backorder.charge",
        "run_id",
        string="Charges",
        groups="backorder_mgmt.group_backorder_manager,account.group_account_invoice",
    )
    charged_count = fields.Integer(string="Cards Charged", compute="_compute_charge_counts")
    payment_waiting_count = fields.Integer(
        string="Orders Waiting for Payment", compute="_compute_charge_counts"
    )
    payment_failed_count = fields.Integer(
        string="Payments Failed", compute="_compute_charge_counts"
    )

    def _compute_charge_counts(self):
        # sudo: numbers only
        charges = self.env["backorder.charge"].sudo()
        counts = {}
        for run, state, count in charges._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        ):
            counts[run.id, state] = count
        charged = dict(
            charges._read_group(
                [("run_id", "in", self.ids), ("attempt_ids.state", "=", "done")],
                ["run_id"],
                ["__count"],
            )
        )
        for run in self:
            run.charged_count = charged.get(run.with_env(charges.env), 0)
            run.payment_failed_count = counts.get((run.id, "failed"), 0)
            run.payment_waiting_count = sum(
                counts.get((run.id, state), 0) for state in OPEN_STATES if state != "failed"
            )

    def _charge_first(self, orders, rows):
        """Of the new orders to approve, those whose payment comes first.

        :param rows: the rows of the orders that they were made of
        """
        if not self.charge_cards or not orders:
            return orders.browse()
        return orders._backorder_request_charge(self, "charge", rows).order_id

    def _charges_to_do(self):
        """How many charges the job has to do still."""
        return self.env["backorder.charge"].search_count(
            [("run_id", "in", self.ids), ("state", "in", _TO_DO)]
        )

    def _charges_announce(self):
        """Tell who started this run how the payments ended: the summary, with true counts."""
        self.ensure_one()
        if self.kind == "process" and self.state == "done":
            self._process_print_later()
        params = self._filled_notification()["params"]
        params.pop("next", None)
        links = params.pop("links", [])
        if links:
            params["message"] = params["message"] % ", ".join(link["label"] for link in links)
        failed = self.payment_failed_count
        self.user_id._bus_send(
            "simple_notification",
            {
                "title": params["title"],
                "message": params["message"],
                "type": "warning" if failed else "success",
                "sticky": bool(failed),
            },
        )
        self._send_progress()
        self.env["ir.cron"]._commit_progress()

    def _charge_words(self):
        """What the pop-up says of payments; nothing where none was asked for."""
        counts = (
            (self.env._("Cards charged"), sum(self.mapped("charged_count"))),
            # The processor's own summary has it.
            (
                self.env._("Waiting for payment"),
                sum(self.filtered(lambda r: r.kind == "fill").mapped("payment_waiting_count")),
            ),
            (self.env._("Payments failed"), sum(self.mapped("payment_failed_count"))),
        )
        words = [f"{label}: {count}" for label, count in counts if count]
        return f" {', '.join(words)}." if words else ""


class BackorderRunOrderCharge(models.AbstractModel):
    """What a row of a run does when its order's payment is waited for, came, or failed."""

    _name = "backorder.run.order.charge"
    _description = "Backorder Fill: Payment of an Order"

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
                whole = line.product_uom_id.compare(line.filled_qty, line.needed_qty) >= 0
                line._backorder_write({"reason": "filled" if whole else "partial_stock"})
            if row.run_id.set_ship_date:
                row._set_ship_date(row.run_id.ship_date or row.run_id._default_ship_date())
            row._queue_mails()

    def _write_payment(self, reason, sentence):
        """A fill's row and its filled lines say what the payment waits for."""
        message = self.env._(
            "New order %(order)s is not approved: %(why)s",
            order=self.new_order_id.name or self.order_id.name,
            why=sentence,
        )
        self._backorder_write({"message": message})
        self._charge_lines()._backorder_write({"reason": reason})
