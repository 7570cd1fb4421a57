"""Filters on what is worked out of each order: bounded by the rest of the search."""

from odoo import api, models
from odoo.fields import Domain

from ..base.meanwhile import Meanwhile
from ..base.once import asking_once

#: The rest of the search, which bounds what is looked at.
searched = Meanwhile(default=Domain.TRUE)
#: Orders that are looked at together; the cache is dropped between.
_CHUNK = 1000


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model
    def _backorder_worked_out(self):
        """Names of the fields that no query can filter by: each order is looked at."""
        return {"backorder_stock"}

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Only orders that the rest of the search finds are looked at for such a field."""
        domain, names = Domain(domain), self._backorder_worked_out()
        if not any(condition.field_expr in names for condition in domain.iter_conditions()):
            return super()._search(domain, *args, **kwargs)
        # Optimized, "not" stands at conditions only: without these the rest finds more, never less.
        domain = domain.optimize(self)
        rest = domain.map_conditions(
            lambda condition: Domain.TRUE if condition.field_expr in names else condition
        )
        with searched.so(self.env, rest):
            return super()._search(domain, *args, **kwargs)

    @api.model
    @api.readonly
    def web_search_read(self, *args, **kwargs):
        """A page of a list searches twice, for its rows and for their number."""
        with asking_once(self.env):
            return super().web_search_read(*args, **kwargs)

    @api.model
    def _backorder_searched(self):
        """What the rest of the search asks."""
        return searched.now(self.env)

    @api.model
    def _backorder_among_query(self, domain):
        """The query of the orders of ``domain`` that the search is about."""
        rest = self._backorder_searched()
        # sudo: what is worked out of an order does not depend on who looks; which orders they see,
        # the search itself decides
        with searched.so(self.env, Domain.TRUE):
            return self.sudo()._search(Domain(domain) & rest)

    @api.model
    def _backorder_among(self, domain):
        """The orders of ``domain`` that the search is about, some at a time."""
        orders = self.sudo()
        ids = self._backorder_among_query(domain).get_result_ids()
        for start in range(0, len(ids), _CHUNK):
            yield orders.browse(ids[start : start + _CHUNK])
            if len(ids) > _CHUNK:
                for model in ("sale.order", "sale.order.line", "stock.move"):
                    self.env[model].invalidate_model()
