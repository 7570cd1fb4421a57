"""What the Multi-Order Processor did with one order."""

from odoo import api, fields, models
from odoo.fields import Command


class BackorderRunOrder(models.Model):
    _inherit = "backorder.run.order"

    sequence = fields.Integer(readonly=True, help="Its place in the list that was processed.")
    set_aside = fields.Boolean(
        readonly=True, help="What the plan gives it is set aside; the rest is still to be done."
    )
    skip_reason = fields.Selection(
        [
            ("backorders", "Still Has Backorders"),
            ("unpaid", "Not Paid"),
            ("no_card", "No Saved Card"),
            ("not_authorized", "Nothing Authorized"),
            ("payment", "Payment Failed"),
            ("confirmed", "Confirmed Already"),
            ("cancelled", "Cancelled"),
            ("company", "Other Company"),
            ("cart", "Website Cart"),
            ("no_lines", "No Lines"),
            ("customer", "Customer Archived"),
            ("expired", "Expired"),
            ("deleted", "Deleted"),
            ("changed", "Changed Meanwhile"),
            ("stopped", "Stopped"),
        ],
        string="Not Processed",
        readonly=True,
    )
    processed = fields.Boolean(readonly=True, help="Everything that was chosen was done.")
    approved = fields.Boolean(readonly=True)
    process_state = fields.Selection(
        [
            ("will", "Will Be Processed"),
            ("processed", "Processed"),
            ("waiting", "Waiting for Payment"),
            ("stays", "Not Processed"),
            ("skipped", "Skipped"),
            ("failed", "Failed"),
        ],
        string="Processing",
        compute="_compute_process_state",
    )
    invoice_ids = fields.Many2many(
        "account.move", "backorder_run_order_invoice_rel", string="Invoices", readonly=True
    )

    @api.depends("outcome", "planned_outcome", "processed", "skip_reason")
    def _compute_process_state(self):
        for row in self:
            if row.outcome == "failed":
                row.process_state = "failed"
            elif (row.outcome or row.planned_outcome) == "skipped":
                row.process_state = "skipped"
            elif row.skip_reason:
                row.process_state = "stays"
            elif row.processed:
                row.process_state = "processed"
            else:
                row.process_state = "waiting" if row.outcome else "will"

    def _skip_refused(self):
        """Rows that are not processed at all get their outcome; the others are returned."""
        rest = self.browse()
        for row in self:
            if row.planned_outcome == "skipped":
                row._write_staying(row.skip_reason, row.message, "skipped")
                continue
            refusal = (
                row.run_id._process_refusal(row.order_id)
                if row.order_id
                else ("deleted", self.env._("The quotation was deleted."))
            )
            if refusal:
                row._write_staying(*refusal, "skipped")
            else:
                rest |= row
        return rest

    def _write_staying(self, code, sentence, outcome):
        """This order is not gone on with: ``code`` and ``sentence`` say why."""
        self._backorder_write({"outcome": outcome, "skip_reason": code, "message": sentence})

    def _process_paid(self):
        """The money of these orders is there: what waited for it is done.

        Nothing is done twice: who was processed already stays as is. An order that the payment
        itself confirmed is invoiced, mailed and printed like the others.
        """
        for row in self.filtered(lambda row: row.outcome and not row.processed):
            run, order = row.run_id, row.order_id
            refusal = False if order.state == "sale" else run._process_refusal(order)
            if refusal:
                row._write_staying(*refusal, row.outcome)
                continue
            row._backorder_write({"skip_reason": False})
            run._process_finish_rows(row)
        self.run_id.filtered(lambda run: run.state == "done")._process_print_later()

    def _process_payment_failed(self, sentence):
        """The money did not come: the order is not gone on with, and keeps what is set aside."""
        waiting = self.filtered(lambda row: not row.processed)
        for row in waiting:
            row._write_staying("payment", sentence, row.outcome or "none")
        waiting.run_id.filtered(lambda run: run.state == "done")._process_print_later()

    def _process_invoice(self):
        """Invoice these orders, one invoice each.

        :return: {order: why it has no invoice}
        """
        notes, run = {}, self.run_id
        orders = self.order_id.filtered(lambda order: order.state == "sale")
        for order in self.order_id - orders:
            notes[order] = self.env._("No invoice: the order is not approved.")
        ready = orders.filtered(lambda order: order.invoice_status == "to invoice")
        for order in orders - ready:
            notes[order] = self.env._("Nothing to invoice now.")
        if not ready:
            return notes
        invoices = ready._create_invoices(grouped=True, final=True)
        if run.post_invoice:
            invoices.action_post()
        by_order = {}
        for invoice in invoices:
            for order in invoice.line_ids.sale_line_ids.order_id:
                by_order[order] = by_order.get(order, invoice.browse()) | invoice
        for row in self:
            if row.order_id in by_order:
                row._backorder_write({"invoice_ids": [Command.set(by_order[row.order_id].ids)]})
        return notes

    def _write_done(self, notes):
        """The sentence of each processed order."""
        for row in self:
            run, words = row.run_id, []
            if row.approved:
                words.append(self.env._("Approved."))
            if row.approved and row.outcome != "complete":
                words.append(self.env._("The rest is on backorder."))
            if row.invoice_ids:
                names = ", ".join(row.invoice_ids.mapped(lambda move: move.name or ""))
                words.append(
                    self.env._("Invoice %s.", names)
                    if run.post_invoice
                    else self.env._("Draft invoice made.")
                )
            if row.order_id in notes:
                words.append(notes[row.order_id])
            if row.mail_queued:
                words.append(self.env._("E-mail queued."))
            words += run._process_remarks(row.order_id)
            row._backorder_write({"message": " ".join(words) or self.env._("Done.")})
