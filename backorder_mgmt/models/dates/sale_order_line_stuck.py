"""Stock that is reserved for orders which cannot be completed, and whom it would help."""

from datetime import timedelta

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...engine import is_positive, make_plan

#: Items that an order waits for are named up to so many; the rest is counted.
NAMED = 3


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model
    def _get_backorder_late_for_domain(self, company, date):
        """Backordered lines of confirmed orders that are not filled on ``date`` yet."""
        return [
            ("company_id", "=", company.id),
            ("state", "=", "sale"),
            ("backorder_qty", ">", 0),
            "|",
            ("backorder_expected_date", "=", False),
            ("backorder_expected_date", ">=", company._backorder_start(date + timedelta(days=1))),
        ]

    @api.model
    def _get_backorder_holding_domain(self, orders, products):
        """Deliveries of ``orders`` that have stock nobody picked yet."""
        domain = [
            ("sale_line_id.order_id", "in", orders.ids),
            ("state", "in", ("assigned", "partially_available")),
            ("quantity", ">", 0),
        ]
        return [*domain, ("product_id", "in", products.ids)] if products else domain

    @api.model
    def _backorder_stuck(self, company, date, products=None):
        """What orders have reserved that they cannot be completed with before ``date``.

        :param products: only stock of these; None or empty: of all
        :return: {order line: quantity in its unit that is reserved and not picked}, those with the
            most money in it first
        """
        late = self.search(self._get_backorder_late_for_domain(company, date)).order_id
        moves = self.env["stock.move"].sudo()
        moves = moves.search(self._get_backorder_holding_domain(late, products))
        lines = (moves & moves.sale_line_id._backorder_moves()).sale_line_id.with_env(self.env)
        figures = lines._backorder_figures()
        loose = {line: figures[line].reserved - figures[line].picked for line in lines}
        held = [line for line in lines if line._backorder_compare(loose[line], 0.0) > 0]
        held.sort(key=lambda line: (-loose[line] * line.price_reduce_taxexcl, line.id))
        return {line: loose[line] for line in held}

    def _backorder_waits_for(self):
        """{line: (day its order can be completed or False, what that order waits for)}"""
        needed = self.order_id.order_line.filtered(lambda line: line.backorder_qty > 0)
        # Dates and names of all orders at once.
        needed.mapped("backorder_expected_date")
        items = needed.product_id.with_context(display_default_code=False)
        names = {item.id: item.display_name for item in items}
        waits = {
            order: lines._backorder_waits_words(names)
            for order, lines in needed.grouped("order_id").items()
        }
        return {line: waits.get(line.order_id, (False, "")) for line in self}

    def _backorder_waits_words(self, names):
        """As :meth:`_backorder_waits_for`, of one order, whose needed lines ``self`` are."""
        dates = self.mapped("backorder_expected_date")
        texts = [
            self.env._(
                "%(product)s %(quantity)s (%(date)s)",
                product=names[line.product_id.id],
                quantity=line._backorder_quantity_label(line.backorder_qty),
                date=format_date(
                    self.env, line.company_id._backorder_day(line.backorder_expected_date)
                )
                if line.backorder_expected_date
                else self.env._("no date"),
            )
            for line in self[:NAMED]
        ]
        if len(self) > NAMED:
            texts.append(self.env._("and %s more items", len(self) - NAMED))
        day = self.company_id._backorder_day(max(dates)) if all(dates) else False
        return day, "; ".join(texts)

    @api.model
    def _backorder_completed_with(self, freed, policy):
        """The orders that a fill would complete with ``freed`` stock, and would not without it.

        Nothing is changed. The orders that give the stock get nothing of it.

        :param freed: {order line: quantity in its unit} to be taken off their deliveries
        :param policy: who comes first in that fill
        :return: {order: the products of ``freed`` that it gets}
        """
        freed = {line: qty for line, qty in freed.items() if is_positive(qty)}
        if not freed:
            return {}
        givers = self.browse().union(*freed)
        of_givers = givers._backorder_facts()
        products = givers._backorder_part_products(of_givers.parts)
        sold_as = products._backorder_sold_as()
        company = givers.company_id[:1]
        domain = [
            ("company_id", "=", company.id),
            ("state", "=", "sale"),
            ("backorder_qty", ">", 0),
            ("order_id", "not in", givers.order_id.ids),
        ]
        orders = self.search([*domain, ("product_id", "in", sold_as.ids)]).order_id
        lines = self.search([*domain, ("order_id", "in", orders.ids)], order="id")
        run = self.env["backorder.run"].new({"company_id": company.id, "policy": policy})
        demands, facts, supply, _blocked = run._gather_facts(lines)
        before = make_plan(demands, facts, supply, policy)
        for line, quantity in freed.items():
            path = self.env["backorder.supply"]._path(of_givers.locations[line].sudo())
            for part, per_unit in of_givers.parts[line].items():
                supply.give(part.id, path, quantity * per_unit)
        after = make_plan(demands, facts, supply, policy)

        def completed(plan, own):
            return all(
                line._backorder_compare(plan[line.id].quantity, line.backorder_qty) >= 0
                for line in own
            )

        parts = lines._backorder_parts()
        return {
            order: products & own._backorder_part_products(parts)
            for order, own in lines.grouped("order_id").items()
            if completed(after, own) and not completed(before, own)
        }

    def _backorder_helped_by(self, freed, policy):
        """{line of ``self``: the orders completed with ``freed`` that get of its items}"""
        parts = self._backorder_parts()
        completed = self._backorder_completed_with(freed, policy)
        return {
            line: self.order_id.browse(
                order.id
                for order, products in completed.items()
                if not parts[line].keys().isdisjoint(products)
            )
            for line in self
        }

    @api.model
    def _backorder_give_up(self, freed, policy):
        """Take stock off orders that cannot ship; they wait for it from now on.

        It is given to nobody by itself: what follows is the fill of these items.

        :param freed: {order line: quantity in its unit} to be taken off its deliveries
        :param policy: proposed for that fill
        :return: the action that opens the fill
        :raise UserError: nothing is named, or a line changed meanwhile
        """
        if not freed:
            raise UserError(self.env._("Tick the stock that is to be given up, then press Force."))
        lines = self.browse().union(*freed)
        lines.order_id.force_backorders(
            {line.id: line.backorder_qty + quantity for line, quantity in freed.items()}
        )
        action = self.env["ir.actions.actions"]._for_xml_id(
            "backorder_mgmt.backorder_fill_batch_action"
        )
        action["context"] = {
            "default_product_ids": [Command.set(lines.product_id.ids)],
            "default_policy": policy,
        }
        return action
