"""Check Backorders: is what must always be true (design 2) true now? And what is safe to mend."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, split_every

from ..base.named import of_one
from ..hold.facts import UNRESERVED_STATES

#: Below this, a difference of exact quantities is the noise of adding them up.
NOISE = 1e-5


class BackorderCheck(models.Model):
    """What the last check found: a row for each broken rule and record."""

    _name = "backorder.check"
    _inherit = ["backorder.guarded"]
    _description = "Backorder Check"
    _order = "repaired, code, id"
    _rec_name = "message"

    #: So many order lines are read at once.
    _slice = 2000

    code = fields.Selection(
        [
            ("needed", "Needed beyond what is open"),
            ("unheld", "Neither reserved nor needed"),
            ("recipe", "Asked for by the wrong line of a recipe"),
            ("reserved", "Reserved beyond stock"),
            ("recount", "To be added up by Odoo"),
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
        findings = []
        findings += checks._in_slices(lines, checks._check_quantities, repair)
        findings += checks._check_ledger(companies, repair)
        findings += checks._in_slices(lines, checks._check_set_aside, repair)
        findings += checks._in_slices(lines, checks._check_recipes, repair)
        findings += checks._check_reserved(companies, repair)
        findings += checks._check_set_aside_in_stock(companies, repair)
        findings += checks._more_findings(companies)
        checks._keep(findings, companies)
        return [
            {
                "code": row["code"],
                "model": row["res_model"],
                "id": row["res_id"],
                "message": row["message"],
                "repaired": row["repaired"],
            }
            for row in findings
        ]

    @api.model
    def _more_findings(self, companies):
        """Hook: what else is wrong in these companies, by what other rooms and addons know.

        :return: rows made by :meth:`_finding`; called as superuser
        """
        return []

    def _keep(self, findings, companies):
        old = self.search(["|", ("company_id", "=", False), ("company_id", "in", companies.ids)])
        old._backorder_token().unlink()
        if findings:
            self._backorder_create(findings)

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
                "|",
                ("backorder_qty", "!=", 0),
                ("backorder_hold_product_qty", "!=", 0),
                ("backorder_forced_product_qty", "!=", 0),
                ("backorder_promised_product_qty", "!=", 0),
                ("backorder_filled_product_qty", "!=", 0),
                ("move_ids.state", "in", UNRESERVED_STATES),
            ]
        )

    def _in_slices(self, lines, check, repair):
        """What ``check(lines, repair)`` finds, some lines at a time: what was read of tens of
        thousands of lines is half a gigabyte, and is not needed again."""
        findings = []
        slices = list(split_every(self._slice, lines.ids))
        for ids in slices:
            findings += check(lines.browse(ids), repair)
            if len(slices) > 1:
                self.env.flush_all()
                self.env.invalidate_all()
        return findings

    def _check_quantities(self, lines, repair):
        """Invariants 1, 2 and 4: 0 ≤ needed ≤ open demand, reserved + needed = open demand under
        the rule, and held = needed on confirmed orders."""
        findings, lowered, forced = [], {}, {}
        figures = lines._backorder_figures()
        parts = lines._backorder_parts()
        raised = lines.browse()
        for line in lines:
            limit = self._most_needed(line, figures[line], parts[line])
            hold = line.backorder_hold_product_qty / line._backorder_per_unit()
            code, message = self._look_at_needed(line, figures[line], hold, limit)
            if code:
                findings.append(self._of_line(code, line, message, repair))
            if code == "unheld":
                raised |= line
            elif code:
                lowered[line] = min(max(0.0, hold), max(0.0, limit))
            unit = line.product_id.uom_id
            was_forced, held = line.backorder_forced_product_qty, line.backorder_hold_product_qty
            if unit and (unit.compare(was_forced, held) > 0 or unit.compare(0.0, was_forced) > 0):
                message = self.env._(
                    "%(forced)s forced of %(hold)s held.",
                    forced=line._backorder_quantity_label(was_forced / line._backorder_per_unit()),
                    hold=line._backorder_quantity_label(hold),
                )
                findings.append(self._of_line("hold", line, message, repair))
                forced[line] = min(max(0.0, was_forced), max(0.0, held))
        if repair:
            self._mend_quantities(figures, lowered, raised, forced)
        return findings

    def _look_at_needed(self, line, figures, hold, limit):
        """(code, message) of what is wrong with what a line needs; (None, None): nothing is.

        :param hold: what is held, in the line's unit
        :param limit: the most that may be needed, in that unit
        """
        needed = line.backorder_qty
        label, compare = line._backorder_quantity_label, line._backorder_compare
        # Odoo knows what was delivered of a pack by hundredths of it.
        near = line.qty_delivered and line._backorder_is_rounding(needed, limit)
        if compare(0.0, needed) > 0 or (compare(needed, limit) > 0 and not near):
            return "needed", self.env._(
                "%(needed)s needed, but only %(limit)s can be waited for.",
                needed=label(needed),
                limit=label(limit),
            )
        if compare(hold, needed):
            return "hold", self.env._(
                "%(hold)s held, %(needed)s needed.", hold=label(hold), needed=label(needed)
            )
        short = line.state == "sale" and compare(limit, needed) > 0 and not near
        if short and self._is_under_rule(line):
            return "unheld", self.env._(
                "%(open)s open, %(reserved)s reserved, %(needed)s needed.",
                open=label(figures.demand),
                reserved=label(figures.reserved),
                needed=label(needed),
            )
        return None, None

    def _most_needed(self, line, figures, parts):
        """The most that may be *Needed* of a line, in its unit (invariant 1)."""
        if line.state == "cancel" or not parts:
            return 0.0
        if line.state == "sale":
            return figures.unreserved
        return max(0.0, figures.owed - max(0.0, line.backorder_promised_qty))

    def _mend_quantities(self, figures, lowered, raised, forced):
        """Holds as they must be, each change with a row of the ledger; what is stored of them is
        worked out again."""
        note = self.env._("Check Backorders")
        lines = raised.browse().union(*lowered, *forced) | raised
        for line, quantity in forced.items():
            line._backorder_write({"backorder_forced_product_qty": quantity})
        if lowered:
            lines._backorder_set_holds(lowered, "adjust", note)
        if raised:
            raised._backorder_set_holds(
                {line: figures[line].unreserved for line in raised}, "auto", note
            )
        for name in ("backorder_hold_qty", "backorder_qty", "backorder_state"):
            self.env.add_to_compute(lines._fields[name], lines)

    def _is_under_rule(self, line):
        """Odoo tried to reserve the line, and the automatic rule applies; or people touched it."""
        moves = line._backorder_moves()
        if any(move.picked for move in moves):
            return False  # Odoo reserves nothing more: looked at when it is delivered
        if not all(move._should_assign_at_confirm() for move in moves):
            return False  # what is not held, Odoo reserves on its day, or a person by hand
        if line.backorder_hold_qty or line.backorder_filled_qty or line.backorder_event_ids:
            return True
        if line.create_date <= self.env.ref("backorder_mgmt.group_backorder_manager").create_date:
            return False  # open before installation: *Find Backorders* brings it in (design 3)
        return line.company_id.backorder_auto

    def _check_ledger(self, companies, repair):
        """Invariant 4: the ledger adds up to what is held, and its last row says so; of all lines
        that have rows, and of confirmed ones that hold something."""
        self.env["sale.order.line"].flush_model()
        self.env["backorder.event"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT l.id, COALESCE(e.total, 0)
                  FROM sale_order_line l
             LEFT JOIN (
                        SELECT sale_line_id, SUM(product_qty) AS total,
                               (ARRAY_AGG(product_balance ORDER BY id DESC))[1] AS balance
                          FROM backorder_event
                         WHERE sale_line_id IS NOT NULL AND company_id IN %(companies)s
                      GROUP BY sale_line_id
                       ) e ON e.sale_line_id = l.id
                 WHERE l.company_id IN %(companies)s
                   AND (e.sale_line_id IS NOT NULL
                        OR (l.state = 'sale' AND l.backorder_hold_product_qty != 0))
                   AND (ABS(COALESCE(e.total, 0) - COALESCE(l.backorder_hold_product_qty, 0))
                        > %(noise)s
                        OR ABS(COALESCE(e.balance, 0) - COALESCE(l.backorder_hold_product_qty, 0))
                        > %(noise)s)
              ORDER BY l.id
                """,
                companies=tuple(companies.ids),
                noise=NOISE,
            )
        )
        findings, rows = [], []
        for line_id, total in self.env.cr.fetchall():
            line, total = self.env["sale.order.line"].browse(line_id), float(total)
            label, per_unit = line._backorder_quantity_label, line._backorder_per_unit()
            hold = line.backorder_hold_product_qty
            message = self.env._(
                "%(hold)s held, the ledger says %(total)s.",
                hold=label(hold / per_unit),
                total=label(total / per_unit),
            )
            findings.append(self._of_line("ledger", line, message, repair))
            rows.append(
                line._prepare_backorder_event_vals(
                    "adjust", hold - total, hold, self.env._("Check Backorders"), None
                )
            )
        if repair and rows:
            now = fields.Datetime.now()
            events = self.env["backorder.event"].with_env(line._backorder_token().env)
            events._log([{**vals, "date": now} for vals in rows])
        return findings

    def _check_set_aside(self, lines, repair):
        """Stock is set aside for open quotations only, and all that was filled on one is."""
        findings, ended, holds, extra = [], lines.browse(), {}, {}
        for line in lines:
            label = line._backorder_quantity_label
            promised, filled = line.backorder_promised_qty, line.backorder_filled_qty
            if line.state in ("sale", "cancel"):
                if line._backorder_compare(promised, 0.0) > 0:
                    message = self.env._(
                        "%s set aside, but it is no open quotation.", label(promised)
                    )
                    findings.append(self._of_line("set_aside", line, message, repair))
                    ended |= line
                continue
            owed = line._backorder_owed()
            if line._backorder_compare(promised, owed) > 0:
                message = self.env._(
                    "%(promised)s set aside, but only %(owed)s ordered.",
                    promised=label(promised),
                    owed=label(owed),
                )
                findings.append(self._of_line("set_aside", line, message, repair))
                promised = owed
                extra[line] = line._prepare_backorder_set_aside_vals(promised)
                holds[line] = line.backorder_hold_qty
            if line._backorder_compare(filled, promised) > 0:
                message = self.env._(
                    "%(filled)s filled, but only %(promised)s set aside.",
                    filled=label(filled),
                    promised=label(promised),
                )
                findings.append(self._of_line("filled", line, message, repair))
                holds[line] = min(owed - promised, line.backorder_hold_qty + filled - promised)
                extra.setdefault(line, {})["backorder_filled_qty"] = promised
        if repair and ended:
            ended._backorder_set_aside(dict.fromkeys(ended, 0.0))
        if repair and holds:
            note = self.env._("Check Backorders")
            lines._backorder_set_holds(holds, "adjust", note, extra=extra)
        return findings

    # -- screens ----------------------------------------------------------------------------------

    @of_one
    def action_open_record(self):
        """*Open*: the order, product or fill that the row is about.

        :raise UserError: it was deleted after the check
        """
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(
                self.env._(
                    "What this row is about was deleted meanwhile: %s Press “Check Backorders” to "
                    "look anew.",
                    self.message,
                )
            )
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
