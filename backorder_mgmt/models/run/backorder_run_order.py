"""Rows of a fill, one for each order: how it came out, its new order, its failure."""

from odoo import api, fields, models

from ..base.batch import by_values
from ..base.jobs import for_people


class BackorderRunOrder(models.Model):
    _name = "backorder.run.order"
    _inherit = "backorder.guarded"
    _description = "Backorder Fill: Order"
    _order = "run_id desc, id"
    _rec_name = "order_id"
    _check_company_auto = True

    run_id = fields.Many2one(
        "backorder.run", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    order_id = fields.Many2one(
        "sale.order", string="Order", ondelete="set null", index=True, readonly=True
    )
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    new_order_id = fields.Many2one(
        "sale.order", string="New Order", ondelete="set null", index=True, readonly=True
    )
    planned_outcome = fields.Selection(
        [
            ("complete", "Will Be Completed"),
            ("partial", "Will Be Partly Filled"),
            ("none", "Nothing to Fill"),
            ("skipped", "Will Be Skipped"),
        ],
        string="Plan",
        readonly=True,
    )
    outcome = fields.Selection(
        [
            ("complete", "Completed"),
            ("partial", "Partly Filled"),
            ("none", "Not Filled"),
            ("skipped", "Skipped"),
            ("failed", "Failed"),
            ("undone", "Taken Back"),
        ],
        string="Result",
        readonly=True,
    )
    message = fields.Char(string="Explanation", readonly=True)
    lane = fields.Integer(
        readonly=True,
        help="Orders of different lanes share no stock: workers fill them side by side.",
    )
    mail_queued = fields.Boolean(string="E-Mail Queued", readonly=True)

    @api.depends("order_id")
    def _compute_display_name(self):
        """Who sees the fill of an order knows it by the order, without the right to see that."""
        for row in self:
            row.display_name = row.sudo().order_id.display_name

    def _write_results(self, lines_by_order, results, before):
        """What became of these orders and of each of their lines.

        :param lines_by_order: {order: its `backorder.run.line`}
        :param results: the worker's :class:`FillResults`
        :param before: {order line: values from before the fill, for *Take Back*}
        """
        row_vals, line_vals = {}, {}
        for row in self:
            order = row.order_id
            run_lines = lines_by_order.get(order, self.env["backorder.run.line"])
            moved = results.moved.get(order, {})
            for line in run_lines:
                sale_line = line.sale_line_id
                got = results.filled.get(sale_line, 0.0)
                line_vals[line] = {
                    **line._prepare_result_vals(
                        got, moved.get(sale_line, 0.0), results.stays.get(sale_line)
                    ),
                    **before.get(sale_line, {}),
                }
            some = any(results.filled.get(line.sale_line_id) for line in run_lines)
            new_order = results.new_orders.get(order, order.browse())
            row_vals[row] = row._prepare_result_vals(some, new_order, results.sentences.get(order))
        self.env["backorder.run.line"]._write_each(line_vals)
        for rows, vals in by_values(row_vals):
            rows._backorder_write(vals)

    def _prepare_result_vals(self, some, new_order, sentence):
        self.ensure_one()
        still = any(line.backorder_qty > 0 for line in self.order_id.order_line)
        return {
            "new_order_id": new_order.id,
            "outcome": ("partial" if still else "complete") if some else "none",
            "message": sentence,
        }

    def _write_failure(self, error):
        """A failing order is reported, on itself and here, and stops nobody."""
        message = for_people(self.env, error)
        self._backorder_write({"outcome": "failed", "message": message})
        # Searched: a run of thousands of lines is not read for each order that fails.
        lines = self.env["backorder.run.line"].search(
            [("run_id", "=", self.run_id.id), ("order_id", "=", self.order_id.id)]
        )
        lines._backorder_write(
            {"result": "done", "reason": "error", "message": message, "filled_qty": 0.0}
        )
        if self.run_id.kind == "process":
            body = self.env._("Could not be processed (%(run)s): %(error)s")
        else:
            body = self.env._("Backorders could not be filled (%(run)s): %(error)s")
        if self.order_id:
            self.order_id._message_log(body=body % {"run": self.run_id.name, "error": message})

    def _set_ship_date(self, date):
        """The actual ship date, on the order that has the items and on its open deliveries."""
        orders = self.new_order_id | self.filtered(lambda row: not row.new_order_id).order_id
        orders.write({"backorder_ship_date": date})
        pickings = orders.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        for company, own in pickings.grouped("company_id").items():
            # Noon: midnight of UTC is the day before in the west.
            own.write({"scheduled_date": company._backorder_noon(fields.Date.to_date(date))})

    def _queue_mails(self):
        """Queue the customers' e-mails of a fill."""
        for outcome, template in (
            ("complete", self.run_id.email_complete_template_id),
            ("partial", self.run_id.email_partial_template_id),
        ):
            rows = self.filtered(lambda row, o=outcome: row.outcome == o)
            for row in rows._queue_mail(template):
                sentence = self.env._(
                    "%(message)s No e-mail: %(customer)s has no address.",
                    message=row.message or "",
                    customer=row.order_id.partner_id.display_name,
                )
                row._backorder_write({"message": sentence.strip()})

    def _queue_mail(self, template):
        """Queue an e-mail for each order; the row says so in the same transaction: never twice.

        :return: the rows whose customer has no address
        """
        rows = self.filtered(lambda row: not row.mail_queued)
        if not template or not rows:
            return self.browse()
        with_mail = rows.filtered("order_id.partner_id.email")
        orders = [(row.new_order_id or row.order_id).id for row in with_mail]
        if orders:
            template.send_mail_batch(
                orders,
                force_send=False,
                email_layout_xmlid="mail.mail_notification_light",
            )
            with_mail._backorder_write({"mail_queued": True})
        return rows - with_mail
