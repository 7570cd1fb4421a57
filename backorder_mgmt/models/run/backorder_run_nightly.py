"""Fills that a company has made every night."""

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
        runs = in_job(self.sudo())
        companies = runs.env["res.company"].search(
            [("backorder_nightly_fill", "=", True), ("backorder_rules_nightly", "=", False)]
        )
        work_off(
            runs,
            companies.ids,
            runs._fill_nightly,
            lambda company_id, error: _logger.warning(
                "The nightly fill of company %s could not be planned: %s", company_id, error
            ),
            again=self.env.ref("backorder_mgmt.ir_cron_nightly_fill").sudo()._trigger,
        )

    @api.model
    def _fill_nightly(self, company_id):
        """Plan the fill, and leave it to the scheduled job of fills; where nothing can be filled
        there is none."""
        company = self.env["res.company"].browse(company_id)
        runs = self.with_company(company)
        run = runs._backorder_create(self._prepare_nightly_fill_vals(company))
        run.action_preview()
        if any(line.planned_qty > 0 for line in run.line_ids):
            run._backorder_write({"state": "queued"})
            run._launch()
        else:
            run.unlink()

    def _prepare_nightly_fill_vals(self, company):
        """The options of the fill by rules, with the company's own policy."""
        vals = {**self._prepare_nightly_vals(company), "policy": company.backorder_policy}
        del vals["state"]
        return vals
