"""Three figures of managers' mail: what waits, what is late, how much gets filled."""

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_backorder_value = fields.Boolean("Value on Backorder")
    kpi_backorder_value_value = fields.Monetary(compute="_compute_kpi_backorder_value_value")
    kpi_backorder_late = fields.Boolean("Late Backorders")
    kpi_backorder_late_value = fields.Integer(compute="_compute_kpi_backorder_late_value")
    kpi_backorder_fill_rate = fields.Boolean("Fill Rate of Backorders (%)")
    kpi_backorder_fill_rate_value = fields.Float(compute="_compute_kpi_backorder_fill_rate_value")

    def _check_kpi_backorder(self):
        """Odoo leaves a figure out of the mail of those to whom it is refused.

        :raise AccessError: the reader is no Backorders manager
        """
        if not self.env.user.has_group("backorder_mgmt.group_backorder_manager"):
            raise AccessError(self.env._("These figures are for Backorders managers."))

    def _compute_kpi_backorder_value_value(self):
        """What confirmed orders waited for at the end of the period: what waits now, less what the
        ledger says of the time since."""
        self._check_kpi_backorder()
        _start, end, companies = self._get_kpi_compute_parameters()
        report = self.env["backorder.report"]
        query = report._search([("company_id", "in", companies.ids), ("order_state", "=", "sale")])
        names = ("sale_line_id", "company_id", "needed_value", "put_value", "put_qty")
        selected = [
            SQL("%s AS %s", report._field_to_sql(query.table, name, query), SQL.identifier(name))
            for name in names
        ]
        waited = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT line.company_id, SUM(
                               line.needed_value
                               - COALESCE(since.quantity * line.put_value
                                          / NULLIF(line.put_qty, 0), 0))
                      FROM (%s) AS line
                 LEFT JOIN (
                        SELECT sale_line_id, SUM(product_qty) AS quantity
                          FROM backorder_event
                         WHERE date > %s
                      GROUP BY sale_line_id
                           ) AS since ON since.sale_line_id = line.sale_line_id
                  GROUP BY line.company_id
                    """,
                    query.select(*selected),
                    # no period: who reads the field without the mail asks for now
                    end or fields.Datetime.now(),
                )
            )
        )
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_backorder_value_value = max(0.0, waited.get(company.id) or 0.0)

    def _compute_kpi_backorder_late_value(self):
        """How many lines are late now; which were late before, nobody wrote down."""
        self._check_kpi_backorder()
        _start, _end, companies = self._get_kpi_compute_parameters()
        late = dict(
            self.env["backorder.report"]._read_group(
                [("company_id", "in", companies.ids), ("promise", "=", "late")],
                ["company_id"],
                ["__count"],
            )
        )
        for digest in self:
            digest.kpi_backorder_late_value = late.get(digest.company_id or self.env.company, 0)

    def _compute_kpi_backorder_fill_rate_value(self):
        """Of the value that came on backorder in the period, the part that is filled by now."""
        self._check_kpi_backorder()
        start, end, companies = self._get_kpi_compute_parameters()
        rates = dict(
            self.env["backorder.report"]._read_group(
                Domain("company_id", "in", companies.ids)
                & (Domain("date", ">=", start) if start else Domain.TRUE)
                & (Domain("date", "<", end) if end else Domain.TRUE),
                ["company_id"],
                ["fill_rate:avg"],
            )
        )
        for digest in self:
            rate = rates.get(digest.company_id or self.env.company)
            digest.kpi_backorder_fill_rate_value = float(rate or 0.0)

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("backorder_mgmt.backorder_menu_root").id
        for name, action in (
            ("kpi_backorder_value", "backorder_overview_action"),
            ("kpi_backorder_late", "backorder_overview_action"),
            ("kpi_backorder_fill_rate", "backorder_report_action"),
        ):
            actions[name] = f"backorder_mgmt.{action}?menu_id={menu}"
        return actions
