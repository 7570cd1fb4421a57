from odoo import fields, models

from ..base.named import of_one


class BackorderSummary(models.TransientModel):
    """Also of the Multi-Order Processor, and with the reports as buttons."""

    _inherit = "backorder.summary"

    processed_count = fields.Integer(string="Orders Processed", compute="_compute_counts")
    skipped_count = fields.Integer(string="Orders Not Processed", compute="_compute_counts")
    waiting_count = fields.Integer(string="Waiting for Payment", compute="_compute_counts")
    invoice_count = fields.Integer(string="Invoices", compute="_compute_counts")

    def _count_names(self):
        own = ("processed_count", "skipped_count", "waiting_count", "invoice_count")
        return (*super()._count_names(), *own)

    @of_one
    def action_report(self):
        """The report of the runs on the screen."""
        return self.run_ids.action_preview_report()

    @of_one
    def action_print(self):
        """The report of the runs as a PDF."""
        return self.run_ids.action_print_report()

    @of_one
    def action_delivery_slips(self):
        """Delivery slips of what was filled."""
        return self.run_ids.print_delivery_slips()

    @of_one
    def action_print_documents(self):
        """Delivery slips and invoices of the processed orders."""
        return self.run_ids.action_print_documents()
