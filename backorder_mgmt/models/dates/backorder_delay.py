"""Delay notices: somebody is told, once, that the date which a customer was told got worse."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..base.jobs import in_job, work_off
from ..base.named import of_many, of_one
from ..base.notice import notice


class BackorderDelay(models.Model):
    """One row for each date that was told and got worse, and its order line.

    The row is committed before anybody is told, and says so in the same transaction in which the
    e-mail is queued: a scheduled job that dies in between goes on where it was, and nobody is told
    twice.
    """

    _name = "backorder.delay"
    _inherit = ["backorder.guarded"]
    _description = "Delay Notice"
    _order = "id desc"
    _rec_name = "sale_line_id"
    _check_company_auto = True

    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Order Line",
        required=True,
        ondelete="cascade",
        readonly=True,
        check_company=True,
    )
    order_id = fields.Many2one(
        related="sale_line_id.order_id", store=True, index=True, string="Order"
    )
    product_id = fields.Many2one(related="sale_line_id.product_id")
    company_id = fields.Many2one(related="sale_line_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="order_id.partner_id", store=True, string="Customer")
    quantity = fields.Float(string="Needed", digits="Product Unit", readonly=True)
    told_date = fields.Datetime(string="Told", required=True, readonly=True)
    new_date = fields.Datetime(readonly=True, help="Empty: no date is known any more.")
    state = fields.Selection(
        [
            ("todo", "Waiting"),
            ("notified", "Salesperson Told"),
            ("mailed", "Customer Told"),
            ("failed", "Failed"),
        ],
        default="todo",
        required=True,
        readonly=True,
        index=True,
    )
    date_done = fields.Datetime(string="Told On", readonly=True)
    user_id = fields.Many2one("res.users", string="Told To", readonly=True)
    message = fields.Char(string="Explanation", readonly=True)
    mail_message_id = fields.Many2one("mail.message", string="E-Mail", readonly=True)
    # One e-mail names all of a customer's lines: it is made of the first, which knows them all.
    notice_id = fields.Many2one(
        "backorder.delay", string="Told With", readonly=True, index="btree_not_null"
    )
    notice_line_ids = fields.One2many("backorder.delay", "notice_id", readonly=True)

    _promise_unique = models.Constraint(
        "UNIQUE(sale_line_id, told_date)", "There is a notice of this promise already."
    )

    # -- the scheduled job ------------------------------------------------------------------------

    @api.model
    @in_job
    def _cron_notify(self):
        """Scheduled job: find told dates that got worse, then tell customer by customer."""
        self._find_delays()
        waiting = self.search(self._get_waiting_domain(), order="id")
        work_off(
            self,
            [rows._ids for rows in waiting._by_customer().values()],
            self._tell_waiting,
            self._tell_failed,
            again=self.env.ref("backorder_mgmt.ir_cron_notify_delays").sudo()._trigger,
            sizes=len,
        )

    @api.model
    def _tell_waiting(self, ids):
        # Another worker has them: it tells the customer.
        rows = self.browse(ids).try_lock_for_update()
        rows.filtered(lambda row: row.state == "todo")._tell()

    @api.model
    def _tell_failed(self, ids, error):
        """Whatever it was, it stops this customer's notice only, and the list says so."""
        self.browse(ids).exists()._backorder_write({"state": "failed", "message": str(error)})

    @api.model
    def _get_waiting_domain(self):
        return [("state", "=", "todo")]

    def _by_customer(self):
        """{key: rows that are told together}: a customer gets one e-mail of everything, else each
        of their salespersons is told of their own orders."""
        return self.grouped(
            lambda row: (
                row.company_id,
                row.partner_id,
                row._goes_to_customer() or row.order_id.user_id,
            )
        )

    def _goes_to_customer(self):
        company, partner = self.company_id[:1], self.partner_id[:1]
        return company.backorder_delay_notice == "mail" and bool(partner.email)

    @api.model
    def _find_delays(self):
        """A row for each told date that got worse by more than its company tolerates.

        As found when the job runs: what recovered before that is no delay.
        """
        lines = self.env["sale.order.line"].sudo()
        lines.flush_model()
        self.flush_model()
        day = self.env["res.company"]._backorder_day_sql
        self.env.cr.execute(
            SQL(
                """
                SELECT line.id
                  FROM sale_order_line line
                  JOIN res_company company ON company.id = line.company_id
                 WHERE line.backorder_qty > 0 AND line.backorder_promised_date IS NOT NULL
                   AND line.state = 'sale' AND company.backorder_delay_notice != 'none'
                   AND (line.backorder_expected_date IS NULL
                        OR GREATEST(%(expected)s, %(today)s) - %(told)s
                           > company.backorder_delay_tolerance)
                   AND NOT EXISTS (
                        SELECT FROM backorder_delay delay
                         WHERE delay.sale_line_id = line.id
                           AND delay.told_date = line.backorder_promised_date)
              ORDER BY line.id
                """,
                expected=day(SQL("line.backorder_expected_date"), SQL("line.company_id")),
                today=day(SQL("%s::timestamp", fields.Datetime.now()), SQL("line.company_id")),
                told=day(SQL("line.backorder_promised_date"), SQL("line.company_id")),
            )
        )
        worse = lines.browse(row[0] for row in self.env.cr.fetchall())
        worse._backorder_refresh_dates()
        worse = worse._backorder_got_worse()
        return self._backorder_create([self._prepare_delay_vals(line) for line in worse])

    def _prepare_delay_vals(self, line):
        return {
            "sale_line_id": line.id,
            "quantity": line.backorder_qty,
            "told_date": line.backorder_promised_date,
            "new_date": line._backorder_day_to_tell() and line.backorder_expected_date,
        }

    def _told_day(self):
        """The day that the customer was told, in the company's time zone."""
        return self.company_id._backorder_day(self.told_date)

    def _new_day(self):
        return self.company_id._backorder_day(self.new_date)

    def _tell(self):
        """Tell one customer, or their salesperson, of all of ``self``."""
        self.sale_line_id._backorder_refresh_dates()
        worse = self.filtered(
            lambda row: (
                row.sale_line_id._backorder_got_worse()
                and row.sale_line_id.backorder_promised_date == row.told_date
            )
        )
        # Recovered, delivered or told by somebody since: nobody has to know.
        (self - worse)._backorder_token().unlink()
        if not worse:
            return
        for row in worse:
            row._backorder_write(
                {
                    "new_date": row.sale_line_id._backorder_day_to_tell()
                    and row.sale_line_id.backorder_expected_date,
                    "quantity": row.sale_line_id.backorder_qty,
                }
            )
        worse._backorder_write({"notice_id": worse[0].id})
        # Notes and activities in the language of who reads them, the e-mail in the customer's.
        teller = worse._get_salesperson()
        worse = worse.with_context(lang=teller.lang, tz=teller.tz)
        if worse._goes_to_customer():
            worse._tell_customer()
        elif worse.company_id.backorder_delay_notice == "mail":
            worse._tell_salesperson(
                self.env._("No e-mail: %s has no address.", worse.partner_id.display_name)
            )
        else:
            worse._tell_salesperson()

    def _tell_customer(self):
        """One e-mail of all these lines; what it says is what the customer knows now."""
        head, company = self[0], self.company_id
        template = company.backorder_delay_template_id or self.env.ref(
            "backorder_mgmt.mail_template_backorder_delay"
        )
        mail = template.with_company(company).send_mail_batch(
            head.ids, force_send=False, email_layout_xmlid="mail.mail_notification_light"
        )
        self._backorder_write(
            {
                "state": "mailed",
                "date_done": fields.Datetime.now(),
                "mail_message_id": mail.mail_message_id.id,
                "message": self.env._("E-mail to %s.", self.partner_id.email),
            }
        )
        lines = self.sale_line_id
        note = self.env._("Told the customer of the delay by e-mail")
        lines._backorder_told(note)
        gone = lines.filtered(lambda line: not line._backorder_day_to_tell())
        bodies = {
            order.id: f"{note}: {'; '.join(line._backorder_delay_label() for line in own)}"
            for order, own in gone.grouped("order_id").items()
        }
        if bodies:
            self.env["sale.order"].browse(bodies)._message_log_batch(bodies=bodies)

    def _tell_salesperson(self, reason=None):
        """One activity for the salesperson, on the first of the orders, that names all of them."""
        user = self._get_salesperson()
        labels = [row.sale_line_id._backorder_delay_label() for row in self]
        sentence = self.env._(
            "Later than the customer was told: %(lines)s. Call %(customer)s, then press “Told the "
            "Customer” on the order.",
            lines="; ".join(labels),
            customer=self.partner_id.display_name,
        )
        self.order_id.sorted("id")[:1].with_company(self.company_id).activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("%s: promised date got worse", self.partner_id.display_name),
            note=Markup("<p>%s</p>") % (f"{reason} {sentence}" if reason else sentence),
            user_id=user.id,
        )
        self._backorder_write(
            {
                "state": "notified",
                "date_done": fields.Datetime.now(),
                "user_id": user.id,
                "message": reason,
            }
        )

    def _get_salesperson(self):
        """Who tells the customer: the salesperson, else the head of their team, else a manager."""
        order = self.order_id[:1]
        managers = self.env.ref("backorder_mgmt.group_backorder_manager").all_user_ids.filtered(
            lambda user: not user.share and self.company_id in user.company_ids
        )
        candidates = order.user_id | order.team_id.user_id | managers
        return candidates.filtered("active")[:1] or self.env.user

    # -- screens ----------------------------------------------------------------------------------

    @of_many
    def action_retry(self):
        """Let the scheduled job try failed notices again.

        :return: the action that says how many
        """
        if not self.env.user.has_group("backorder_mgmt.group_backorder_manager"):
            raise AccessError(self.env._("Only Backorders managers may retry delay notices."))
        self.check_access("read")
        # sudo after the checks: notices are written by the job only
        failed = self.sudo().filtered(lambda row: row.state == "failed")
        failed._backorder_write({"state": "todo", "message": False})
        if not failed:
            return notice(
                self.env._("None of these notices has failed: there is nothing to try again."),
                "warning",
            )
        self.env.ref("backorder_mgmt.ir_cron_notify_delays").sudo()._trigger()
        return notice(
            self.env._(
                "Tried again in a minute: %s. The rows say then what came of it.",
                len(failed),
            )
        )

    @of_one
    def action_open_order(self):
        """The order that the notice is about."""
        return self.order_id._backorder_open_action()
