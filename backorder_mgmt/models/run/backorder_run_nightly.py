"""The fill that a company has made every night: by its own policy, or by its fill rules."""

import logging

from odoo import api, models

from ..base.jobs import in_job, work_off

_logger = logging.getLogger(__name__)


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    @api.model
    def _cron_nightly_fill(self):
        """Scheduled job: *Fill Backorders* of each company that wants it every night.

        A company that has its fill by rules every night has that one fill, no second one.
        """
        wanted = [("backorder_nightly_fill", "=", True), ("backorder_rules_nightly", "=", False)]
        self._plan_nightly_fills(wanted, "ir_cron_nightly_fill")

    @api.model
    def _cron_fill_by_rules(self):
        """Scheduled job: a fill by rules of each company that wants it every night."""
        self._plan_nightly_fills([("backorder_rules_nightly", "=", True)], "ir_cron_fill_by_rules")

    @api.model
    @in_job
    def _plan_nightly_fills(self, wanted, job):
        """Plan the nightly fill of the companies of the domain ``wanted``, each on its own.

        :param job: the scheduled job, which goes on at once where it could not look at all
        """
        runs = self.sudo()
        companies = runs.env["res.company"].search(wanted)
        work_off(
            runs,
            companies.ids,
            runs._plan_nightly_fill,
            runs._nightly_failed,
            again=self.env.ref(f"backorder_mgmt.{job}").sudo()._trigger,
        )

    @api.model
    def _plan_nightly_fill(self, company_id):
        """Plan the fill of one company and leave it to the scheduled job of fills.

        There is none, and no number is used, where nothing can be filled or cancelled, nor while
        last night's goes on. For what people fill it waits as any other fill does.
        """
        company = self.env["res.company"].browse(company_id)
        vals = self._prepare_nightly_vals(company)
        if self.search_count(self._get_open_fills_domain(company, vals["policy"]), limit=1):
            return
        runs = self.with_company(company)
        run = runs._backorder_create({**vals, "name": "/"})
        run.action_preview()
        if run._plans_something():
            run._take_number()
            run._backorder_write({"state": "queued"})
            run._launch()
        else:
            run._backorder_token().unlink()

    @api.model
    def _nightly_failed(self, company_id, error):
        """A night without its fill is a failed fill in the list, which says why."""
        _logger.warning(
            "The nightly fill of company %s could not be planned: %s", company_id, error
        )
        company = self.env["res.company"].browse(company_id)
        run = self.with_company(company)._backorder_create(self._prepare_nightly_vals(company))
        self._fail_run(run.id, error)

    def _get_open_fills_domain(self, company, policy):
        """Nightly fills of ``company`` by ``policy``, the job's own, that are not done yet."""
        return [
            ("user_id", "=", self.env.uid),
            ("company_id", "=", company.id),
            ("kind", "=", "fill"),
            ("policy", "=", policy),
            *self._get_queued_domain(),
        ]

    def _prepare_nightly_vals(self, company):
        """The options of the nightly fill: the company's own."""
        rules = company.backorder_rules_nightly
        return {
            "company_id": company.id,
            "policy": "rules" if rules else company.backorder_policy,
            "approve_complete": company.backorder_approve_new_order,
            "approve_partial": company.backorder_approve_new_order,
            "carry_balance": company.backorder_carry_balance,
            "carry_credit": company.backorder_carry_credit,
            "charge_cards": company.backorder_charge_cards,
            "email_complete_template_id": company.backorder_email_complete_template_id.id,
            "email_partial_template_id": company.backorder_email_partial_template_id.id,
        }
