"""The Multi-Order Processor at work: look again, fill, pay, approve, invoice, mail, print."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine import GO, PAY, decide
from ..base.batch import by_values


class StillNeeded(Exception):
    """A confirmation did not reserve what was planned; ``orders`` would be on backorder."""

    def __init__(self, orders):
        super().__init__()
        self.orders = orders


class BackorderRun(models.Model):
    _name = "backorder.run"
    _inherit = ["backorder.run", "backorder.process.options"]

    processed_count = fields.Integer(string="Orders Processed", compute="_compute_process_counts")
    skipped_count = fields.Integer(string="Orders Not Processed", compute="_compute_process_counts")
    waiting_count = fields.Integer(string="Waiting for Payment", compute="_compute_process_counts")
    invoice_count = fields.Integer(string="Invoices", compute="_compute_process_counts")

    @api.depends(
        "state", "run_order_ids.outcome", "run_order_ids.processed", "run_order_ids.skip_reason"
    )
    def _compute_process_counts(self):
        """Before the start: what is planned."""
        rows = self.env["backorder.run.order"]
        for run in self:
            domain = [("run_id", "in", run.ids)]
            processed = ("processed", "=", True)
            if run.state in ("draft", "planned", "queued"):
                processed = ("skip_reason", "=", False)
            run.processed_count = rows.search_count([*domain, processed])
            run.skipped_count = rows.search_count([*domain, ("skip_reason", "!=", False)])
            run.waiting_count = rows.search_count([*domain, *self._process_waiting_domain()])
            run.invoice_count = len(run.sudo().run_order_ids.invoice_ids)

    def _process_waiting_domain(self):
        """Rows whose payment was asked for and is not there yet."""
        return [
            ("outcome", "in", ("complete", "partial", "none")),
            ("processed", "=", False),
            ("skip_reason", "=", False),
        ]

    # -- one batch --------------------------------------------------------------------------------

    def _next_batch_process(self, size):
        """Orders that get everything come first. Of the others, all are set aside what the plan
        gives them before the first of them is approved, as that one would take it."""
        pending = self._pending()
        complete = pending.filtered(lambda row: row.planned_outcome in ("complete", "skipped"))
        apart = pending.filtered(lambda row: row.planned_outcome == "partial" and not row.set_aside)
        return (complete or apart or pending)[:size]

    def _do_rows_process(self, rows, facts):
        """Process the orders of ``rows``, each checked against what is true now."""
        rows = rows._skip_refused()
        orders = rows.order_id
        if not orders:
            return
        self._process_touch(orders)
        run_lines = self.env["backorder.run.line"].search(self._get_rows_lines_domain(rows))
        dealt = self._process_deal(orders, facts, self._process_caps(run_lines))
        before = {
            line: {
                "forced_before_qty": line.backorder_forced_qty,
                "promised_before_qty": line.backorder_promised_qty,
                "waiting_since": line.backorder_date,
            }
            for line in dealt.short
        }
        self._before_fill(rows)
        self._process_fill(dealt)
        self._process_write_lines(run_lines, dealt, before)
        apart = rows.filtered(lambda row: row.planned_outcome == "partial" and not row.set_aside)
        rows._backorder_write({"set_aside": True})
        self._after_fill(rows, {line: fill for line, fill in dealt.fills.items() if fill > 0})
        if apart == rows and self._pending_count() > len(rows):
            return  # their turn comes when everybody has their share
        outcomes = {order: dealt.outcome(order) for order in orders}
        go, pay, lacking = self._process_decide(rows, outcomes, dealt)
        for row, (code, sentence) in lacking.items():
            row._write_staying(code, sentence, outcomes[row.order_id])
        self._process_pay(pay, dealt, outcomes)
        self._process_finish_rows(go, dealt, outcomes)
        staying = (rows - go - pay).order_id | pay.order_id
        staying = staying.filtered(lambda order: order.state in ("draft", "sent"))
        staying._backorder_put_what_others_got(self, dealt.short)

    def _process_decide(self, rows, outcomes, dealt):
        """(rows whose orders are gone on with, those that are asked for money, {row: (code,
        sentence)} of those that stay as they are, and why)"""
        money = self._process_money(rows.order_id)
        go, pay, lacking = rows.browse(), rows.browse(), {}
        for row in rows:
            order = row.order_id
            decision = decide(
                outcomes[order] != "complete",
                self.include_backordered,
                self.credit_card_mode,
                money[order],
            )
            if decision.step == GO:
                go |= row
            elif decision.step == PAY or decision.reason == "no_card":
                pay |= row
            else:
                sentence = self._process_stay_words(decision.reason, order, money[order], dealt)
                lacking[row] = (decision.reason, sentence)
        return go, pay, lacking

    def _process_touch(self, orders):
        """Write the orders' rows without changing them: of two processors at once, the other one
        starts over and sees what became of them."""
        self.env.cr.execute(
            SQL(
                "UPDATE sale_order SET write_date = write_date WHERE id IN %s",
                tuple(sorted(orders.ids)),
            ),
            log_exceptions=False,
        )

    def _process_caps(self, run_lines):
        """{order line: the most that the plan gives it}; lines without a row get everything."""
        return {
            row.sale_line_id: max(
                0.0, row.sale_line_id._backorder_owed() - row.needed_qty + row.planned_qty
            )
            for row in run_lines
            if row.sale_line_id
        }

    # -- backorders -------------------------------------------------------------------------------

    def _process_fill(self, dealt):
        """Fill the quotations in place; what they are given is set aside for them."""
        fills = {line: fill for line, fill in dealt.fills.items() if fill > 0}
        if not fills:
            return
        lines = self.env["sale.order.line"].browse([line.id for line in fills])
        lines._backorder_book_fill(
            fills,
            self,
            extra={
                line: line._prepare_backorder_set_aside_vals(dealt.covered[line]) for line in lines
            },
        )
        self._note_fills(lines.order_id, fills, {})

    def _process_set_aside(self, orders, dealt):
        """Set aside everything that these quotations are given, until they are approved."""
        orders.order_line._backorder_set_aside(
            {
                line: dealt.covered[line]
                for line in orders.order_line
                if dealt.covered.get(line, 0.0) > line.backorder_promised_qty
            }
        )
        orders.order_line._backorder_queue_changed()

    def _process_write_lines(self, run_lines, dealt, before):
        vals = {}
        for row in run_lines.filtered(lambda row: row.result == "pending"):
            line = row.sale_line_id
            vals[row] = {
                **row._prepare_result_vals(dealt.fills.get(line, 0.0), 0.0),
                **before.get(line, {}),
            }
        for records, values in by_values(vals):
            records._backorder_write(values)

    # -- payment ----------------------------------------------------------------------------------

    def _process_pay(self, rows, dealt, outcomes):
        """Ask for the money of these orders; what follows waits until it is there."""
        if not rows:
            return
        self._process_set_aside(rows.order_id, dealt)
        for outcome, own in rows.grouped(lambda row: outcomes[row.order_id]).items():
            own._backorder_write(
                {"outcome": outcome, "message": self.env._("Waiting for payment.")}
            )
        waiting = self._process_ask_payment(rows)
        self._process_finish_rows(
            rows.filtered(lambda row: row.order_id not in waiting), dealt, outcomes
        )

    def _process_ask_payment(self, rows):
        """Hook: ask for the money of these orders.

        :return: the orders whose money is waited for
        """
        return rows.order_id.browse()

    def _charges_to_do(self):
        """Hook: how many payments of these runs are still being asked for."""
        return 0

    # -- what follows -----------------------------------------------------------------------------

    def _process_finish_rows(self, rows, dealt=None, outcomes=None):
        """Approve, set the ship date, invoice and mail the orders of ``rows``.

        :param outcomes: {order: outcome}; None: they have it already
        """
        if not rows:
            return
        if self.approve:
            rows = self._process_hold_back(rows, outcomes)
            short = self._process_approve(rows, dealt)
            for row in rows.filtered(lambda row: row.order_id in short):
                row._write_staying(
                    "changed",
                    self.env._("Changed meanwhile: it would be on backorder, so it stays as is."),
                    "partial",
                )
            rows = rows.filtered(lambda row: row.order_id not in short)
            rows._backorder_write({"approved": True})
        for outcome, own in rows.grouped(
            lambda row: outcomes[row.order_id] if outcomes else row.outcome
        ).items():
            own._backorder_write({"outcome": outcome, "processed": True, "skip_reason": False})
        self._after_approve(rows)
        notes = rows._process_invoice() if self.create_invoice else {}
        rows._queue_mail(self.email_template_id)
        rows._write_done(notes)

    def _process_hold_back(self, rows, outcomes=None):
        """The rows to approve now: see :meth:`_before_approve`."""
        orders = rows.order_id.filtered(lambda order: order.state in ("draft", "sent"))
        waiting = orders - self._before_approve(orders)
        for row in rows.filtered(lambda row: row.order_id in waiting):
            outcome = outcomes[row.order_id] if outcomes else row.outcome
            row._backorder_write({"outcome": outcome})
        return rows.filtered(lambda row: row.order_id not in waiting)

    def _process_approve(self, rows, dealt=None):
        """Confirm the orders of ``rows``.

        :return: the orders that are not confirmed: something of them would go on backorder
            although there was stock for it
        """
        orders = rows.order_id.filtered(lambda order: order.state in ("draft", "sent"))
        if not orders:
            return orders
        whole = orders
        if dealt:
            whole = orders.filtered(lambda order: dealt.outcome(order) == "complete")
        if self.include_backordered:
            whole = orders.browse()
        try:
            self._process_confirm(orders, whole)
        except StillNeeded:
            self.env.invalidate_all()
        else:
            return orders.browse()
        short = orders.browse()
        for order in orders:
            try:
                if dealt:
                    self._process_set_aside(order, dealt)
                self._process_confirm(order, whole & order)
            except StillNeeded:
                self.env.invalidate_all()
                short |= order
        return short

    def _process_confirm(self, orders, whole):
        with self.env.cr.savepoint():
            orders._backorder_confirm()
            needed = whole.filtered(
                lambda order: any(line.backorder_qty > 0 for line in order.order_line)
            )
            if needed:
                raise StillNeeded(needed)

    # -- summary ----------------------------------------------------------------------------------

    def _summary_title(self):
        if self[:1].kind == "process":
            return self.env._("Filling backorders is complete")
        return super()._summary_title()

    def _summary_is_clean(self):
        if self[:1].kind == "process":
            failed = sum(self.mapped("failed_count")) or self._payments_failed()
            return bool(sum(self.mapped("processed_count"))) and not failed
        return super()._summary_is_clean()

    def _summary_sentence(self):
        failed = any(run.failed_count for run in self)
        if self[:1].kind != "process" or failed:
            return super()._summary_sentence()
        staying = self.run_order_ids.filtered("skip_reason")
        texts = [f"{row.order_id.name}: {row.message}" for row in staying[:3]]
        return " ".join([*texts, "…"] if len(staying) > 3 else texts) or False

    def _summary_words(self):
        if self[:1].kind != "process":
            return super()._summary_words()
        message = self.env._(
            "Orders processed: %(processed)s, not processed: %(skipped)s, failed: %(failed)s. "
            "Approved: %(approved)s. Waiting for payment: %(waiting)s. Backorders filled: "
            "%(lines)s lines. Invoices: %(invoices)s. E-mails queued: %(mails)s.",
            processed=sum(self.mapped("processed_count")),
            skipped=sum(self.mapped("skipped_count")),
            failed=sum(self.mapped("failed_count")),
            approved=sum(self.mapped("approved_count")),
            waiting=sum(self.mapped("waiting_count")),
            lines=sum(self.mapped("filled_count")) + sum(self.mapped("partial_count")),
            invoices=sum(self.mapped("invoice_count")),
            mails=sum(self.mapped("mail_count")),
        )
        return message + self._payment_words()

    # -- as a run ---------------------------------------------------------------------------------

    def _backorder_open_names(self, creating=False):
        return super()._backorder_open_names(creating) | {*self._process_option_names()}

    def _shown_option_names(self):
        if self.kind == "process":
            return self._process_saved_names()
        return super()._shown_option_names()

    def _work_size(self):
        if self.kind == "process":
            return len(self.run_order_ids.order_id.order_line)
        return super()._work_size()

    def _orders_of_company(self):
        # The processor says of each order of another company that it is skipped.
        fills = self.filtered(lambda run: run.kind != "process")
        return super(BackorderRun, fills)._orders_of_company()

    def _check_can_start(self):
        """
        :raise UserError: no orders are chosen
        """
        res = super()._check_can_start()
        if self.kind == "process" and not self.order_ids:
            raise UserError(
                self.env._("No orders are chosen. Tick quotations in the list, then process them.")
            )
        return res

    def _check_can_undo(self):
        res = super()._check_can_undo()
        if self.kind == "process":
            raise UserError(
                self.env._(
                    "%s cannot be taken back as a whole: approved orders, invoices and payments "
                    "stay. Cancel the orders that are wrong; what is set aside for quotations is "
                    "released under Backorders > Set Aside.",
                    self.name,
                )
            )
        return res

    def _prepare_stopped_vals(self):
        vals = super()._prepare_stopped_vals()
        return {**vals, "skip_reason": "stopped"} if self.kind == "process" else vals

    def _execute(self):
        res = super()._execute()
        self._process_print_now()
        return res

    def _finished_in_background(self):
        res = super()._finished_in_background()
        self._process_print_later()
        return res

    @api.model
    def _cron_work(self):
        res = super()._cron_work()
        self._process_print_due()
        return res
