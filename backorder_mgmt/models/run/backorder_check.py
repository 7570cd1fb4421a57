"""Check Backorders: is what must always be true (design 2) true now? And what is safe to mend."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

#: Below this, a difference of quantities is rounding of units.
NOISE = 0.0051


class BackorderCheck(models.Model):
    """What the last check found: a row for each broken rule and record."""

    _name = "backorder.check"
    _inherit = ["backorder.guarded"]
    _description = "Backorder Check"
    _order = "repaired, code, id"
    _rec_name = "message"

    code = fields.Selection(
        [
            ("needed", "Needed beyond what is open"),
            ("unheld", "Neither reserved nor needed"),
            ("reserved", "Reserved beyond stock"),
            ("set_aside", "Set aside beyond stock"),
            ("filled", "Filled, but not set aside"),
            ("hold", "Held and needed differ"),
            ("ledger", "Held and ledger differ"),
            ("undone", "Not restored by Take Back"),
        ],
        string="Broken Rule",
        required=True,
        readonly=True,
    )
    res_model = fields.Char(string="Model", readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", readonly=True)
    message = fields.Char(string="What Is Wrong", readonly=True)
    repaired = fields.Boolean(readonly=True)
    date = fields.Datetime(string="Checked On", readonly=True, default=fields.Datetime.now)
    company_id = fields.Many2one("res.company", string="Company", index=True, readonly=True)

    @api.model
    def run_checks(self, repair=False):
        """*Check Backorders*: find what is not as it must be, and keep the list.

        :param repair: also mend what is safe, each with a row of the ledger
        :return: a list of ``{code, model, id, message, repaired}``, empty when all is well
        :raise AccessError: for Backorders managers only
        """
        if not self.env.su and not self.env.user.has_group(
            "backorder_mgmt.group_backorder_manager"
        ):
            raise AccessError(self.env._("Checking backorders is for Backorders managers."))
        companies = self.env.companies
        if self.env.su:
            companies = companies.search([("id", ">", 0)])
        # sudo after the check: stock and the ledger are read, and mended, for whole companies
        checks = self.sudo()
        self.env.flush_all()
        lines = checks._lines_to_check(companies)
        found = []
        for check in (
            checks._check_quantities,
            checks._check_ledger,
            checks._check_set_aside,
        ):
            found += check(lines, repair)
        found += checks._check_reserved(companies)
        found += checks._check_promises(companies, repair)
        found += checks._more_findings(companies)
        checks._keep(found, companies)
        return [
            {
                "code": row["code"],
                "model": row["res_model"],
                "id": row["res_id"],
                "message": row["message"],
                "repaired": row["repaired"],
            }
            for row in found
        ]

    @api.model
    def _more_findings(self, companies):
        """Hook: what else is wrong in these companies, by what other rooms and addons know.

        :return: rows made by :meth:`_finding`; called as superuser
        """
        return []

    def _keep(self, found, companies):
        old = self.search(["|", ("company_id", "=", False), ("company_id", "in", companies.ids)])
        old._backorder_token().unlink()
        if found:
            self._backorder_create(found)

    @api.model
    def _cron_run_checks(self):
        """Nightly: keep the list true; nothing is mended unseen."""
        self.run_checks()

    def _finding(self, code, record, message, company, repaired=False):
        return {
            "code": code,
            "res_model": record._name,
            "res_id": record.id,
            "message": message,
            "repaired": repaired,
            "company_id": company.id,
        }

    def _of_line(self, code, line, message, repaired=False):
        about = f"{line.order_id.name}, {line.product_id.display_name}: {message}"
        return self._finding(code, line, about, line.company_id, repaired)

    # -- order lines ------------------------------------------------------------------------------

    def _lines_to_check(self, companies):
        """Lines with a backorder figure, or with open demand that may lack one."""
        return self.env["sale.order.line"].search(
            [
                ("company_id", "in", companies.ids),
                ("display_type", "=", False),
                "|",
                "|",
                "|",
                "|",
                ("backorder_hold_qty", "!=", 0),
                ("backorder_qty", "!=", 0),
                ("backorder_promised_qty", "!=", 0),
                ("backorder_filled_qty", "!=", 0),
                ("move_ids.state", "in", ("confirmed", "waiting", "partially_available")),
            ]
        )

    def _check_quantities(self, lines, repair):
        """Invariants 1, 2 and 4: 0 ≤ needed ≤ open demand, reserved + needed = open demand under
        the rule, and held = needed on confirmed orders."""
        found, lowered = [], {}
        figures = lines._backorder_figures()
        parts = lines._backorder_parts()
        raised = lines.browse()
        for line in lines:
            own, hold, needed = figures[line], line.backorder_hold_qty, line.backorder_qty
            label = line._backorder_quantity_label
            if line.state == "sale":
                limit = own.unreserved
            elif line.state == "cancel" or not parts[line]:
                limit = 0.0
            else:
                limit = own.owed
            more = line._backorder_compare
            if more(0.0, needed) > 0 or (
                more(needed, limit) > 0 and not line._backorder_is_rounding(needed, limit)
            ):
                message = self.env._(
                    "%(needed)s needed, but only %(limit)s can be waited for.",
                    needed=label(needed),
                    limit=label(limit),
                )
                found.append(self._of_line("needed", line, message, repair))
                lowered[line] = max(0.0, limit)
            elif line.state in ("sale", "cancel") and more(hold, needed):
                message = self.env._(
                    "%(hold)s held, %(needed)s needed.", hold=label(hold), needed=label(needed)
                )
                found.append(self._of_line("hold", line, message, repair))
                lowered[line] = min(max(0.0, hold), max(0.0, limit))
            elif (
                line.state == "sale"
                and more(limit, needed) > 0
                and not line._backorder_is_rounding(limit, needed)
                and self._is_under_rule(line)
            ):
                message = self.env._(
                    "%(open)s open, %(reserved)s reserved, %(needed)s needed.",
                    open=label(own.demand),
                    reserved=label(own.reserved),
                    needed=label(needed),
                )
                found.append(self._of_line("unheld", line, message, repair))
                raised |= line
        if repair and lowered:
            lines._backorder_set_holds(lowered, "adjust", self.env._("Check Backorders"))
        if repair and raised:
            raised._backorder_set_holds(
                {line: figures[line].unreserved for line in raised},
                "auto",
                self.env._("Check Backorders"),
            )
        return found

    def _is_under_rule(self, line):
        """Odoo tried to reserve the line, and the automatic rule applies; or people touched it."""
        moves = line._backorder_moves()
        if any(move.picked for move in moves):
            return False  # Odoo reserves nothing more: looked at when it is delivered
        if line.backorder_hold_qty or line.backorder_filled_qty or line.backorder_event_ids:
            return True
        if line.create_date <= self.env.ref("backorder_mgmt.group_backorder_manager").create_date:
            return False  # open before installation: *Find Backorders* brings it in (design 3)
        return line.company_id.backorder_auto and all(
            move._should_assign_at_confirm() for move in moves
        )

    def _check_ledger(self, lines, repair):
        """Invariant 4: the ledger adds up to what is held."""
        self.env["sale.order.line"].flush_model()
        self.env["backorder.event"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT l.id, COALESCE(SUM(e.product_qty), 0), COUNT(e.id)
                  FROM sale_order_line l
             LEFT JOIN backorder_event e ON e.sale_line_id = l.id
                 WHERE l.id IN %s
              GROUP BY l.id
                HAVING (COUNT(e.id) > 0 OR l.state = 'sale')
                   AND ABS(COALESCE(SUM(e.product_qty), 0)
                           - COALESCE(l.backorder_hold_product_qty, 0)) > %s
                """,
                tuple(lines.ids) or (0,),
                NOISE,
            )
        )
        found, rows = [], []
        for line_id, total, _count in self.env.cr.fetchall():
            line, total = lines.browse(line_id), float(total)
            label, per_unit = line._backorder_quantity_label, line._backorder_per_unit()
            hold = line.backorder_hold_product_qty
            message = self.env._(
                "%(hold)s held, the ledger says %(total)s.",
                hold=label(hold / per_unit),
                total=label(total / per_unit),
            )
            found.append(self._of_line("ledger", line, message, repair))
            rows.append(
                line._prepare_backorder_event_vals(
                    "adjust", hold - total, hold, self.env._("Check Backorders"), None
                )
            )
        if repair and rows:
            now = fields.Datetime.now()
            events = self.env["backorder.event"].with_env(lines._backorder_token().env)
            events._log([{**vals, "date": now} for vals in rows])
        return found

    def _check_set_aside(self, lines, repair):
        """Stock is set aside for open quotations only, and all that was filled on one is."""
        found, ended, holds, extra = [], lines.browse(), {}, {}
        for line in lines:
            label = line._backorder_quantity_label
            promised, filled = line.backorder_promised_qty, line.backorder_filled_qty
            if line.state in ("sale", "cancel"):
                if promised > NOISE:
                    message = self.env._(
                        "%s set aside, but it is no open quotation.", label(promised)
                    )
                    found.append(self._of_line("set_aside", line, message, repair))
                    ended |= line
                continue
            if filled - promised > NOISE:
                message = self.env._(
                    "%(filled)s filled, but only %(promised)s set aside.",
                    filled=label(filled),
                    promised=label(promised),
                )
                found.append(self._of_line("filled", line, message, repair))
                owed = line._backorder_owed() - promised
                holds[line] = min(owed, line.backorder_hold_qty + filled - promised)
                extra[line] = {"backorder_filled_qty": promised}
        if repair and ended:
            ended._backorder_write({"backorder_promised_qty": 0.0})
        if repair and holds:
            note = self.env._("Check Backorders")
            lines._backorder_set_holds(holds, "adjust", note, extra=extra)
        return found

    # -- stock ------------------------------------------------------------------------------------

    def _check_reserved(self, companies):
        """Invariant 3: what deliveries have reserved is there, row by row of stock.

        What a person typed beyond stock on a delivery is Odoo's own rule, and shows here too.
        """
        self.env["stock.move.line"].flush_model()
        self.env["stock.quant"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH shelf AS (
                    SELECT q.product_id, q.location_id, q.company_id,
                           COALESCE(q.lot_id, 0) AS lot, COALESCE(q.package_id, 0) AS package,
                           COALESCE(q.owner_id, 0) AS owner,
                           SUM(q.quantity) AS quantity, SUM(q.reserved_quantity) AS reserved
                      FROM stock_quant q
                      JOIN stock_location place ON place.id = q.location_id
                     WHERE place.usage = 'internal' AND q.company_id IN %(companies)s
                  GROUP BY 1, 2, 3, 4, 5, 6
                )
                SELECT product_id, location_id, company_id, quantity, reserved
                  FROM shelf
                 WHERE reserved > GREATEST(quantity, 0) + %(noise)s
              ORDER BY product_id, location_id
                """,
                companies=tuple(companies.ids),
                noise=NOISE,
            )
        )
        found = []
        for product_id, location_id, company_id, quantity, reserved in self.env.cr.fetchall():
            product = self.env["product.product"].browse(product_id)
            message = self.env._(
                "%(product)s at %(place)s: %(reserved)s reserved, %(quantity)s on hand.",
                product=product.display_name,
                place=self.env["stock.location"].browse(location_id).display_name,
                reserved=f"{reserved:g} {product.uom_id.name}",
                quantity=f"{quantity:g} {product.uom_id.name}",
            )
            company = self.env["res.company"].browse(company_id)
            found.append(self._finding("reserved", product, message, company))
        return found

    def _check_promises(self, companies, repair):
        """Invariant 3: reserved and set aside are never more than is on hand."""
        supply = self.env["backorder.supply"]
        supply._flush_for_claims()
        lines = self.env["sale.order.line"].search(
            [("backorder_promised_qty", ">", 0), ("company_id", "in", companies.ids)]
        )
        products = lines._backorder_part_products(lines._backorder_parts())
        uncovered = supply._uncovered_promises(products) if products else []
        found = []
        for claim, quantity in uncovered:
            line = lines.browse(claim.line)
            part = self.env["product.product"].browse(claim.product)
            message = self.env._(
                "%(quantity)s of %(product)s set aside for it are not in stock.",
                quantity=f"{quantity:g} {part.uom_id.name}",
                product=part.display_name,
            )
            found.append(self._of_line("set_aside", line, message, repair))
        if repair and uncovered:
            supply._shrink_promises(products)
        return found

    # -- screens ----------------------------------------------------------------------------------

    def action_open_record(self):
        """*Open*: the order, product or fill that the row is about."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id).exists()
        if record._name == "sale.order.line":
            return record.order_id._backorder_open_action()
        if record._name == "backorder.run.order":
            record = record.run_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    @api.model
    def action_check(self):
        """*Check Backorders*: look now, and show what was found."""
        self.run_checks()
        return self.env["ir.actions.actions"]._for_xml_id("backorder_mgmt.backorder_check_action")

    @api.model
    def action_repair(self):
        """*Repair*: look now, and mend what is safe."""
        self.run_checks(repair=True)
        return self.env["ir.actions.actions"]._for_xml_id("backorder_mgmt.backorder_check_action")
