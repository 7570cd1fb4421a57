"""The date a customer was last told, whether it still holds, and what it rests on."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...engine import ON_HAND, is_positive
from ..base.named import of_many


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_promised_date = fields.Datetime(
        string="Told the Customer",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="The expected date that the customer was last told: at confirmation, by an e-mail "
        "that names it, or by the button “Mark as Told”.",
    )
    backorder_late = fields.Boolean(
        string="Late",
        compute="_compute_backorder_late",
        search="_search_backorder_late",
        help="Needed, and expected later than the customer was told or than the delivery date of "
        "the order, or overdue. Without any date: the customer was told one, or the delivery date "
        "of the order has passed, or (there is none) the lead time of the item.",
    )
    backorder_supply_note = fields.Char(
        string="Comes With",
        compute="_compute_backorder_supply_note",
        groups="base.group_user",
        help="Which part of what is needed comes when, and with which purchase order.",
    )

    # -- late -------------------------------------------------------------------------------------

    @api.depends(
        "backorder_qty",
        "backorder_expected_date",
        "backorder_promised_date",
        "backorder_date",
        "customer_lead",
        "order_id.commitment_date",
        "order_id.date_order",
    )
    def _compute_backorder_late(self):
        # All dates first: working one out forgets what is shown of the others.
        self.mapped("backorder_expected_date")
        today = {company: company._backorder_today() for company in self.company_id}
        for line in self:
            day = line.company_id._backorder_day
            expected = day(line.backorder_expected_date)
            told, asked = day(line.backorder_promised_date), day(line.order_id.commitment_date)
            if expected:
                late = expected < today[line.company_id] or any(
                    date and expected > date for date in (told, asked)
                )
            else:
                late = told or (asked or line._backorder_lead_end()) < today[line.company_id]
            line.backorder_late = line.backorder_qty > 0 and late

    def _backorder_lead_end(self):
        """The day until which a customer who was told no date waits no longer than usual: the
        item's lead time from the order, or from when it went on backorder, whichever was first.

        Counted in days of the company, some of which have 23 or 25 hours.
        """
        self.ensure_one()
        begun = [date for date in (self.order_id.date_order, self.backorder_date) if date]
        day = self.company_id._backorder_day(min(begun, default=fields.Datetime.now()))
        return day + timedelta(days=self.customer_lead)

    def _search_backorder_late(self, operator, value):
        if operator != "in":
            return NotImplemented

        def to_sql(model, alias, query):
            companies = model.env["res.company"]
            zone = companies._backorder_zone_sql(model._field_to_sql(alias, "company_id", query))

            def day(moment):
                return companies._backorder_day_in_zone_sql(moment, zone)

            of_order, order_alias = model._backorder_order_sql(alias, query)
            orders = model.env["sale.order"]
            asked = orders._field_to_sql(order_alias, "commitment_date")
            lead_end = SQL(
                "%s + FLOOR(%s)::int",
                day(
                    SQL(
                        "LEAST(%s, %s)",
                        orders._field_to_sql(order_alias, "date_order"),
                        model._field_to_sql(alias, "backorder_date", query),
                    )
                ),
                model._field_to_sql(alias, "customer_lead", query),
            )
            late = SQL(
                "(%(needed)s > 0 AND CASE WHEN %(expected)s IS NULL"
                " THEN %(told)s IS NOT NULL OR %(waited)s < %(today)s"
                " ELSE %(day)s < %(today)s OR %(day)s > %(told)s OR %(day)s > %(asked)s END)",
                needed=model._field_to_sql(alias, "backorder_qty", query),
                expected=model._field_to_sql(alias, "backorder_expected_date", query),
                day=day(model._field_to_sql(alias, "backorder_expected_date", query)),
                today=day(SQL("%s::timestamp", fields.Datetime.now())),
                told=day(model._field_to_sql(alias, "backorder_promised_date", query)),
                asked=day(of_order(asked)),
                waited=of_order(SQL("COALESCE(%s, %s)", day(asked), lead_end)),
            )
            return SQL("%s IS TRUE" if True in value else "%s IS NOT TRUE", late)

        return Domain.custom(to_sql=to_sql)

    def _backorder_got_worse(self):
        """The lines of ``self`` whose told date does not hold, by more than the tolerance: what is
        expected is later, or the day has passed.

        Days count, not hours: who was told a day gets their goods on that day or not.
        """
        today = {company: company._backorder_today() for company in self.company_id}
        return self.filtered(
            lambda line: (
                line.state == "sale"
                and line.backorder_qty > 0
                and line.backorder_promised_date
                and (
                    not line.backorder_expected_date
                    or max(
                        today[line.company_id],
                        line.company_id._backorder_day(line.backorder_expected_date),
                    )
                    > line.company_id._backorder_day(line.backorder_promised_date)
                    + timedelta(days=line.company_id.backorder_delay_tolerance)
                )
            )
        )

    def _backorder_day_to_tell(self):
        """The day on which this line is expected, in its company's time zone; None where it is not
        known, or is over: nobody is told a day in the past."""
        self.ensure_one()
        day = self.company_id._backorder_day(self.backorder_expected_date)
        return day if day and day >= self.company_id._backorder_today() else None

    # -- telling the customer ---------------------------------------------------------------------

    def _backorder_told(self, note=None):
        """The customer was told the dates that are expected now.

        Where no date is known, or it is in the past, what they were told before stays: it is not
        lost by silence.

        :param note: how they were told; None: nothing is written on the orders
        :return: the lines with a date
        """
        self._backorder_refresh_dates()
        told = self.filtered(
            lambda line: (
                line.state != "cancel" and line.backorder_qty > 0 and line._backorder_day_to_tell()
            )
        )
        before, by_date = {}, {}
        for line in told:
            before[line] = line.backorder_promised_date
            if line.backorder_promised_date != line.backorder_expected_date:
                by_date.setdefault(line.backorder_expected_date, []).append(line.id)
        for date, ids in by_date.items():
            self.browse(ids)._backorder_write({"backorder_promised_date": date})
        if note:
            bodies = {
                order.id: f"{note}: "
                + "; ".join(line._backorder_told_label(before[line]) for line in lines)
                for order, lines in told.grouped("order_id").items()
            }
            self.env["sale.order"].sudo().browse(bodies)._message_log_batch(bodies=bodies)
        return told

    def _backorder_told_label(self, before):
        """``Hammer: 5 Units, 03/15/2027 (before: 03/01/2027)``."""
        day = self.company_id._backorder_day
        label = self.env._(
            "%(product)s: %(quantity)s, %(date)s",
            product=self.product_id.display_name,
            quantity=self._backorder_quantity_label(self.backorder_qty),
            date=format_date(self.env, day(self.backorder_promised_date)),
        )
        if before and day(before) != day(self.backorder_promised_date):
            label += self.env._(" (before: %s)", format_date(self.env, day(before)))
        return label

    def _backorder_delay_label(self):
        """``S00012 Hammer (5 Units): told 03/01/2027, now 03/15/2027``."""
        expected = self._backorder_day_to_tell()
        told = self.company_id._backorder_day(self.backorder_promised_date)
        return self.env._(
            "%(order)s %(product)s (%(quantity)s): told %(told)s, now %(now)s",
            order=self.order_id.name,
            product=self.product_id.display_name,
            quantity=self._backorder_quantity_label(self.backorder_qty),
            told=format_date(self.env, told),
            now=format_date(self.env, expected) if expected else self.env._("without a date"),
        )

    @of_many
    def action_backorder_told(self):
        """*Told the Customer*: what is expected now is what the customer knows.

        :raise UserError: no date is known for any of these lines
        :raise AccessError: no right to change the orders
        """
        self.order_id._backorder_check_access()
        told = self._backorder_told(self.env._("Told the customer"))
        if not told:
            names = ", ".join(self.product_id.mapped("display_name"))
            raise UserError(
                self.env._(
                    "No date is known for %s, so there is nothing to tell. Confirm a purchase "
                    "order for what is needed, or plan its receipt.",
                    names or self.env._("these lines"),
                )
            )
        return True

    # -- what a told date rests on -----------------------------------------------------------------

    @api.model
    def _backorder_depending_on(self, moves):
        """The lines that are dealt something that ``moves`` bring.

        Followed to the last step of a receipt: what was received into the first one is still on
        its way.

        :return: {line: moves it depends on}
        """
        steps = moves.sudo().browse(moves.sudo()._rollup_move_dests())
        queues = self._backorder_waiting_for(steps)
        waiting = self.sudo().browse({line_id for ids in queues.values() for line_id in ids})
        result = {}
        for line_id, parts in waiting._backorder_deal().items():
            sources = steps.browse(
                share.source.id
                for dealt in parts.values()
                for share in dealt.shares
                if share.source and share.source.id in steps._ids
            )
            if sources:
                result[self.browse(line_id)] = sources
        return result

    @api.model
    def _backorder_waiting_for(self, moves):
        """{(product id, warehouse id): ids of the lines that wait in the queue} of what ``moves``
        are still to bring."""
        queues = {}
        for move in moves.filtered(lambda move: move.state not in ("done", "cancel")):
            warehouse = move._backorder_arrives_in()
            if warehouse:
                queues[move.product_id.id, warehouse.id] = []
        products = moves.product_id.browse({key[0] for key in queues})
        warehouses = self.env["stock.warehouse"].sudo().browse({key[1] for key in queues})
        for line_id, warehouse_id, parts, *_rest in self._backorder_queue_entries(
            products, warehouses
        ):
            for product_id in parts:
                if (product_id, warehouse_id) in queues:
                    queues[product_id, warehouse_id].append(line_id)
        return queues

    def _compute_backorder_supply_note(self):
        dealt = self._backorder_deal()
        for line in self:
            own = dealt.get(line._origin.id, {}) if line.backorder_qty > 0 else {}
            texts = [
                line._backorder_share_label(product_id, share, len(own) > 1)
                for product_id, part in own.items()
                for share in part.shares
            ]
            texts += [
                self.env._(
                    "%s without a date",
                    line._backorder_part_label(product_id, part.missing, len(own) > 1),
                )
                for product_id, part in own.items()
                if is_positive(part.missing)
            ]
            line.backorder_supply_note = "; ".join(texts) or False

    def _backorder_coming_words(self):
        dealt = self._backorder_deal().get(self.id, {})
        texts = [
            self._backorder_share_label(product_id, share, len(dealt) > 1)
            for product_id, part in dealt.items()
            for share in part.shares
            if share.date != ON_HAND
        ]
        return super()._backorder_coming_words() + "; ".join(texts)

    def _backorder_share_label(self, product_id, share, several):
        quantity = self._backorder_part_label(product_id, share.quantity, several)
        if share.date == ON_HAND:
            return self.env._("%s on hand", quantity)
        # sudo: who sells need not see purchases to say when goods come
        moves = share.source.sudo()
        origins = moves.browse(moves._rollup_move_origs())
        orders = origins.purchase_line_id.order_id
        source = ", ".join(orders.mapped("name")) or share.source.sudo().reference or ""
        date = format_date(self.env, self.company_id._backorder_day(share.date))
        return f"{quantity}: {source}, {date}" if source else f"{quantity}: {date}"

    def _backorder_part_label(self, product_id, quantity, several):
        """A quantity of what is delivered for the line; of a kit, its component is named."""
        product = self.env["product.product"].sudo().browse(product_id)
        if product == self.product_id:
            quantity = product.uom_id._compute_quantity(quantity, self.product_uom_id, round=False)
            return self._backorder_quantity_label(quantity)
        label = product.uom_id._backorder_label(quantity)
        return f"{product.display_name} {label}" if several else label
