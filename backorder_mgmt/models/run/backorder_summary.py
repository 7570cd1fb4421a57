from odoo import api, fields, models

#: Numbers of the runs that the summary adds up.
COUNTS = (
    "filled_count",
    "partial_count",
    "not_filled_count",
    "completed_order_count",
    "partial_order_count",
    "new_order_count",
    "approved_count",
    "mail_count",
    "failed_count",
)


class BackorderSummary(models.TransientModel):
    """What a fill came to, in a dialog that stays until it is closed."""

    _name = "backorder.summary"
    _description = "Backorders Filled: Summary"

    run_ids = fields.Many2many("backorder.run", string="Fills", readonly=True)
    kind = fields.Char(compute="_compute_summary")
    sentence = fields.Char(compute="_compute_summary")
    new_orders = fields.Html(
        string="Links to New Orders", compute="_compute_summary", sanitize=False
    )
    filled_count = fields.Integer(string="Lines Filled", compute="_compute_counts")
    partial_count = fields.Integer(string="Partly Filled", compute="_compute_counts")
    not_filled_count = fields.Integer(string="Not Filled", compute="_compute_counts")
    completed_order_count = fields.Integer(string="Orders Completed", compute="_compute_counts")
    partial_order_count = fields.Integer(string="Orders Partly Filled", compute="_compute_counts")
    new_order_count = fields.Integer(string="New Orders", compute="_compute_counts")
    approved_count = fields.Integer(string="Approved", compute="_compute_counts")
    mail_count = fields.Integer(string="E-Mails Queued", compute="_compute_counts")
    failed_count = fields.Integer(string="Orders Failed", compute="_compute_counts")

    def _count_names(self):
        """The numbers that are added up over the runs."""
        return COUNTS

    @api.depends("run_ids")
    def _compute_counts(self):
        for summary in self:
            for name in summary._count_names():
                summary[name] = sum(summary.run_ids._origin.mapped(name))

    @api.depends("run_ids")
    def _compute_summary(self):
        for summary in self:
            # of a form that is not saved they are the fills all the same
            runs = summary.run_ids._origin
            summary.kind = runs[:1].kind
            summary.sentence = runs._summary_sentence()
            # The orders that the reader may see; the number counts all of them.
            orders = runs.run_order_ids.new_order_id._filtered_access("read")
            links = {"orders": orders}
            summary.new_orders = (
                self.env["ir.qweb"]._render("backorder_mgmt.backorder_summary_orders", links)
                if orders
                else False
            )
