"""Delivery slips and invoices of the processed orders, as one PDF in the order of the list."""

import base64

from odoo import api, fields, models
from odoo.exceptions import UserError


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    documents_due = fields.Boolean(readonly=True, copy=False)
    document_id = fields.Many2one(
        "ir.attachment", string="Documents", readonly=True, copy=False, ondelete="set null"
    )

    def action_print_documents(self):
        """*Print Documents*: the delivery slips and invoices of the processed orders.

        Made once and kept on the run; made anew when an order was approved since.

        :return: the action that downloads the PDF
        :raise UserError: there is nothing to print, or wkhtmltopdf is missing
        """
        self.ensure_one()
        self._check_may_run()
        # sudo after the check: who may process the orders may print their documents
        run = self.sudo()
        if not run.document_id:
            run._process_make_documents()
        if not run.document_id:
            raise UserError(
                self.env._("There is nothing to print: none of these orders is approved.")
            )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{run.document_id.id}?download=true",
            "target": "download",
        }

    def _process_documents(self):
        """[(pickings, invoices)] of the approved orders, in the order of the list."""
        rows = self.run_order_ids.filtered(lambda row: row.approved and row.order_id)
        return [
            (
                row.order_id.picking_ids.filtered(
                    lambda picking: picking.state != "cancel"
                    and any(move.quantity > 0 for move in picking.move_ids)
                ),
                row.invoice_ids,
            )
            for row in rows.sorted("sequence")
        ]

    def _process_make_documents(self):
        """Make the PDF and attach it to the run.

        :raise UserError: wkhtmltopdf is missing
        """
        content = self.env["ir.actions.report"]._backorder_document_pdf(self._process_documents())
        if content:
            old = self.document_id
            self.document_id = self.env["ir.attachment"].create(
                {
                    "name": f"{self._report_file_name()}.pdf",
                    "res_model": "backorder.run",
                    "res_id": self.id,
                    "datas": base64.b64encode(content),
                    "mimetype": "application/pdf",
                }
            )
            old.unlink()

    def _process_print_later(self):
        """In the background the documents are a step of their own: they take long to make, and
        nobody should wait for stock meanwhile."""
        for run in self.filtered("print_documents"):
            if run._charges_to_do():
                continue
            run.documents_due = True
            self.env.ref("backorder_mgmt.ir_cron_work_runs").sudo()._trigger()

    @api.model
    def _process_print_due(self):
        """Make the documents that are due, each committed; what was killed is made again."""
        for run in self.search([("documents_due", "=", True)], order="id"):
            run._process_print_now()
            run.documents_due = False
            self.env["ir.cron"]._commit_progress()

    def _process_print_now(self):
        """Make the documents where the options ask for it. That they cannot be made is noted on
        the run, and undoes nothing of it."""
        if not self.print_documents or self._charges_to_do():
            return
        try:
            with self.env.cr.savepoint():
                self._process_make_documents()
        except UserError as error:
            self._message_log(
                body=self.env._(
                    "The documents could not be made: %s Press “Print Documents” to try again.",
                    error,
                )
            )
