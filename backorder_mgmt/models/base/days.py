"""Days are people's days: one answer, in Python and in SQL, to which day a moment is."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from odoo import api, fields, models
from odoo._monkeypatches.pytz import _tz_mapping
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from odoo.addons.base.models.res_partner import _tz_get


@cache
def _known_zone(name):
    """The time zone as PostgreSQL and this server know it.

    Names are kept that systems have dropped since (US/Eastern, Asia/Calcutta, as browsers say it):
    Odoo takes the new one for them, and UTC for what it does not know.
    """
    name = _tz_mapping.get(name, name)
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


class ResCompany(models.Model):
    _inherit = "res.company"

    backorder_tz = fields.Selection(
        _tz_get,
        string="Time Zone of Backorders",
        help="In which the days are counted that customers are told, that are late or overdue, and "
        "on which orders ship. Empty: the company's own, else the administrator's, else UTC.",
    )

    def _backorder_zone(self):
        """The name of the time zone whose days count for this company."""
        self.ensure_one()
        # sudo: a salesperson may not read the company's partner or the administrator
        company = self.sudo()
        if zone := company.backorder_tz or company.partner_id.tz:
            return _known_zone(zone)
        # By the cached id: `ref` asks the database each time, and this is asked for every line.
        administrator_id = company.env["ir.model.data"]._xmlid_to_res_id("base.user_admin")
        zone = company.env["res.users"].browse(administrator_id or ()).tz
        return _known_zone(zone or "UTC")

    def _backorder_day(self, moment):
        """The day that a moment of the database (UTC) is here; nothing for none."""
        if not moment:
            return None
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self._backorder_zone())).date()

    def _backorder_today(self):
        return self._backorder_day(fields.Datetime.now())

    def _backorder_noon(self, day):
        """The moment (UTC) that is noon of a day here: the same day in every zone near."""
        return self._backorder_start(day, time(12))

    def _backorder_start(self, day, hour=time.min):
        """The moment (UTC) at which a day begins here."""
        moment = datetime.combine(day, hour, ZoneInfo(self._backorder_zone()))
        return moment.astimezone(UTC).replace(tzinfo=None)

    # -- until when a backorder keeps its place ---------------------------------------------------

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {"backorder_claim_days"}

    @api.model
    @ormcache()
    def _backorder_ending_claims(self):
        """Ids of the companies where a backorder keeps its place for some days only: asked for at
        every reservation, and set nearly nowhere."""
        # sudo: whoever takes stock is bound by all claims on it
        ending = Domain("backorder_claim_days", ">", 0)
        return tuple(self.sudo().with_context(active_test=False)._search(ending))

    @api.model
    def _backorder_claims_since(self):
        """{company: the moment (UTC) since when a backorder of it keeps its place} where that ends:
        the beginning, there, of the first of the last ``backorder_claim_days`` days."""
        # sudo: as above
        return {
            company: company._backorder_start(
                company._backorder_today() - timedelta(days=company.backorder_claim_days)
            )
            for company in self.sudo().browse(self._backorder_ending_claims())
        }

    # -- in SQL -----------------------------------------------------------------------------------

    @api.model
    def _backorder_day_sql(self, moment, company_id):
        """:meth:`_backorder_day` in SQL.

        :param moment: SQL of a timestamp of the database
        :param company_id: SQL of the company whose day it is
        """
        return self._backorder_day_in_zone_sql(moment, self._backorder_zone_sql(company_id))

    @api.model
    def _backorder_zone_sql(self, company_id):
        """:meth:`_backorder_zone` in SQL, to be asked once for many moments."""
        # sudo: time zones of all companies; rows are the caller's
        companies = self.sudo().with_context(active_test=False).search([("id", ">", 0)])
        zones = {company.id: company._backorder_zone() for company in companies}
        if len(set(zones.values())) == 1:
            # A constant: what day it is now, the database works out once and not for each row.
            return SQL("%s", *set(zones.values()))
        cases = SQL(" ").join(SQL("WHEN %s THEN %s", *own) for own in zones.items())
        return SQL("(CASE %s %s ELSE 'UTC' END)", company_id, cases)

    @api.model
    def _backorder_day_in_zone_sql(self, moment, zone):
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", moment, zone)
