"""Delivery slips and invoices of the processed orders, as one PDF in the order of the list."""

import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.jobs import work_off
from ..base.named import of_one


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    documents_due = fields.Boolean(readonly=True, copy=False)
    document_id = fields.Many2one(
        "ir.attachment", string="Documents", readonly=True, copy=False, ondelete="set null"
    )

    @of_one
    def action_print_documents(self):
        """*Print Documents*: the delivery slips and invoices of the processed orders.

        Made once and kept on the run; made anew when an order was approved since.

        :return: the action that downloads the PDF
        :raise AccessError: something of it is not this user's to read
        :raise UserError: there is nothing to print, or wkhtmltopdf is missing
        """
        self._check_may_run()
        self.check_access("read")
        self._check_may_print()
        # sudo after the checks: the document is kept on the run, which is nobody's to write
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

        :raise UserError: wkhtmltopdf is missing, or the disk of the server is full
        """
        try:
            self._process_keep_documents()
        except OSError as error:
            raise UserError(
                self.env._(
                    "The server could not write the file (%s). Ask your administrator to see to "
                    "its disk.",
                    error.strerror or error,
                )
            ) from error

    def _process_keep_documents(self):
        content = self.env["ir.actions.report"]._backorder_document_pdf(self._process_documents())
        if content:
            old = self.document_id
            document = self.env["ir.attachment"].create(
                {
                    "name": f"{self._report_file_name()}.pdf",
                    "res_model": "backorder.run",
                    "res_id": self.id,
                    "datas": base64.b64encode(content),
                    "mimetype": "application/pdf",
                }
            )
            self._backorder_write({"document_id": document.id})
            old.filtered(self._owns_document).unlink()

    def _owns_document(self, document):
        """Made for this run, and used by nothing else: then it may be replaced."""
        self.ensure_one()
        return (
            (document.res_model, document.res_id) == ("backorder.run", self.id)
            and not self.search_count([("document_id", "=", document.id)], limit=1)
            and not self.env["mail.message"].search_count(
                [("attachment_ids", "in", document.ids)], limit=1
            )
        )

    def _check_may_print(self):
        """
        :raise AccessError: the documents of these runs show something that the user may not read
        """
        orders, documents = self._process_printed()
        self._check_may_read_all(orders, *documents)

    def _process_printed(self):
        """(orders, (pickings, invoices)) that the documents of these runs are made of."""
        # sudo: what is hidden from this user is what matters
        runs = self.sudo()
        orders = runs.run_order_ids.filtered("approved").order_id
        pairs = runs._process_documents()
        pickings = self.env["stock.picking"].sudo().union(*(pair[0] for pair in pairs))
        invoices = self.env["account.move"].sudo().union(*(pair[1] for pair in pairs))
        return orders, (pickings, invoices)

    def _may_print(self):
        """Whether the user may read everything that the documents of this run show."""
        orders, documents = self._process_printed()
        return not any(self._hidden(records) for records in (orders, *documents))

    def _process_print_later(self):
        """In the background the documents are a step of their own: they take long to make, and
        nobody should wait for stock meanwhile."""
        for run in self.filtered("print_documents"):
            if run._charges_to_do():
                continue
            run._backorder_write({"documents_due": True})
            self.env.ref("backorder_mgmt.ir_cron_work_runs").sudo()._trigger()

    @api.model
    def _process_print_due(self):
        """Make the documents that are due, each committed; what was killed is made again."""
        due = self.search([("documents_due", "=", True)], order="id")
        if due:
            work_off(
                self,
                due.ids,
                self._process_print_one,
                self._process_print_failed,
                again=self._trigger_work,
            )

    @api.model
    def _process_print_one(self, run_id):
        run = self.browse(run_id).exists()
        run._process_print_now()
        run._backorder_write({"documents_due": False})

    @api.model
    def _process_print_failed(self, run_id, error):
        """Whatever the documents of a run raised, it says so, and those behind it are made."""
        run = self.browse(run_id).exists()
        run._process_note_not_made(error)
        run._backorder_write({"documents_due": False})

    def _process_print_now(self):
        """Make the documents where the options ask for it. That they cannot be made is noted on
        the run, and undoes nothing of it."""
        if not self.print_documents or self._charges_to_do():
            return
        try:
            with self.env.cr.savepoint():
                self._process_make_documents()
        except UserError as error:
            self._process_note_not_made(error)

    def _process_note_not_made(self, error):
        self._message_log(
            body=self.env._(
                "The documents could not be made: %s Press “Print Documents” to try again.", error
            )
        )
