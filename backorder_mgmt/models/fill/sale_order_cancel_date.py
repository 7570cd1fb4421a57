"""The day after which what is still missing of an order is cancelled: told before, then done."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL, format_date

from ..base.jobs import as_user, in_job, work_off


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        """The days of the terms count from the confirmation."""
        res = super()._action_confirm()
        for order in self.filtered(lambda order: not order.backorder_cancel_date):
            parent = order.backorder_parent_id.sudo()
            date = parent.backorder_cancel_date if parent else order._backorder_cancel_day()
            if date:
                order.backorder_cancel_date = date
        return res

    def _backorder_cancel_day(self):
        """The cancel date that follows from the order's days, counted from the confirmation of the
        order that it was made of; nothing without any."""
        if not self.backorder_cancel_days:
            return False
        # sudo: the first order may be another salesperson's
        first = self.sudo()
        while first.backorder_parent_id:
            first = first.backorder_parent_id
        return self.company_id._backorder_day(first.date_order) + timedelta(
            days=self.backorder_cancel_days
        )

    def _backorder_date_is_of_days(self):
        """Whether the cancel date is the one that follows from the days, not one that was typed."""
        return self.backorder_cancel_date == self._backorder_cancel_day()

    def write(self, vals):
        """Other days give confirmed orders another date, unless somebody typed one, and another
        date is to be told again."""
        if not vals.keys() & {"backorder_cancel_days", "backorder_cancel_date"}:
            return super().write(vals)
        before = {order: order.backorder_cancel_date for order in self}
        following = self.browse()
        if "backorder_cancel_date" not in vals:
            following = self.filtered(
                lambda order: order.state == "sale" and order._backorder_date_is_of_days()
            )
        res = super().write(vals)
        for order in following:
            date = order._backorder_cancel_day()
            if order.backorder_cancel_date != date:
                order.backorder_cancel_date = date
        told = self.filtered(
            lambda order: order.backorder_cancel_told
            and "backorder_cancel_date" in vals
            and order.backorder_cancel_date != before[order]
        )
        if told:
            told._backorder_write({"backorder_cancel_told": False})
        return res

    def action_draft(self):
        """In a new life the days count again, and nothing was told."""
        of_days = self.filtered(lambda order: order._backorder_date_is_of_days())
        res = super().action_draft()
        of_days.filtered("backorder_cancel_date").backorder_cancel_date = False
        told = self.filtered("backorder_cancel_told")
        if told:
            told._backorder_write({"backorder_cancel_told": False})
        lines = self.order_line.filtered("backorder_cancel_told_product_qty")
        if lines:
            lines._backorder_write({"backorder_cancel_told_product_qty": 0.0})
        return res

    # -- the job ----------------------------------------------------------------------------------

    @api.model
    @in_job
    def _cron_cancel_backorders(self):
        """Nightly: tell of cancel dates that come near, cancel what is missing after them.

        Nothing is cancelled that was not told on an earlier day, item by item.
        """
        work_off(
            self,
            self._backorder_cancel_due().ids,
            self._backorder_cancel_date_work,
            self._backorder_cancel_date_failed,
            again=self.env.ref("backorder_mgmt.ir_cron_cancel_backorders").sudo()._trigger,
        )

    @api.model
    def _backorder_cancel_due(self):
        """The orders that are to be told of, or whose rest is to be cancelled, today."""
        due = self.browse()
        companies = self.env["res.company"].search([("id", ">", 0)])
        for company in companies:
            today = company._backorder_today()
            soon = today + timedelta(days=company.backorder_terms_warn_days)
            domain = [
                ("company_id", "=", company.id),
                ("state", "=", "sale"),
                ("backorder_line_count", ">", 0),
                ("backorder_cancel_date", "<=", soon),
                "|",
                "|",
                ("backorder_cancel_told", "=", False),
                "&",
                ("backorder_cancel_date", "<", today),
                ("backorder_cancel_told", "<", today),
                ("id", "in", self._backorder_not_told(soon)),
            ]
            due |= self.search([*domain], order="id")
        return due

    @api.model
    def _backorder_not_told(self, until):
        """Ids of orders that are cancelled by ``until``, of which more is missing than was told."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT o.id
                  FROM sale_order o
                  JOIN sale_order_line l ON l.order_id = o.id
                 WHERE o.state = 'sale' AND o.backorder_cancel_date <= %s
                   AND l.backorder_hold_product_qty
                       > COALESCE(l.backorder_cancel_told_product_qty, 0) + 0.000001
                """,
                until,
            )
        )
        return [order_id for (order_id,) in rows]

    @api.model
    def _backorder_cancel_date_work(self, order_id):
        order = self.browse(order_id).exists()
        if not order:
            return
        order = as_user(order, order.user_id or self.env.user)
        today = order.company_id._backorder_today()
        told = order.backorder_cancel_told
        lines = order.order_line.filtered(lambda line: line.backorder_qty > 0)
        if order.backorder_cancel_date < today and told and told < today:
            quantities = {line: line._backorder_told_missing() for line in lines}
            reason = order.env._(
                "Cancel date %s has passed", format_date(order.env, order.backorder_cancel_date)
            )
            quantities = {line: quantity for line, quantity in quantities.items() if quantity > 0}
            order._backorder_cancel_by_terms(quantities, reason)
        # What is missing since they were told: they are told of it, and it is cancelled later.
        if not told or any(
            line._backorder_compare(line.backorder_qty, line._backorder_told_missing()) > 0
            for line in lines
        ):
            order._backorder_tell_cancel_date(today)

    def _backorder_cancelled_after(self):
        """The day after which what is missing is cancelled. A date that passed before anybody was
        told: the day on which they are."""
        told = self.backorder_cancel_told
        return max(filter(None, (self.backorder_cancel_date, told)), default=False)

    def _backorder_tell_cancel_date(self, today):
        """Tell the salesperson and the customer what will be cancelled, and when."""
        self._backorder_write({"backorder_cancel_told": today})
        for line in self.order_line:
            told = line._backorder_pieces(line.backorder_qty)
            if told or line.backorder_cancel_told_product_qty:
                line._backorder_write({"backorder_cancel_told_product_qty": told})
        items = "; ".join(
            f"{line.product_id.display_name}: {line._backorder_quantity_label(line.backorder_qty)}"
            for line in self.order_line
            if line.backorder_qty > 0
        )
        date = self._backorder_cancelled_after()
        words = self.env._(
            "Cancelled after %(date)s, if still missing: %(items)s.",
            date=format_date(self.env, date),
            items=items,
        )
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=date,
            summary=self.env._("Backorders are about to be cancelled"),
            note=words,
            user_id=(self.user_id or self.env.user).id,
        )
        self._message_log(body=words)
        self._backorder_queue_terms_mail("backorder_mgmt.mail_template_cancel_date")

    @api.model
    def _backorder_cancel_date_failed(self, order_id, error):
        self.browse(order_id).exists()._message_log(
            body=self.env._("Failed: backorders of this order could not be cancelled: %s", error)
        )
