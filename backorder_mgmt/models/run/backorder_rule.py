"""Fill rules: which order lines come first, share, wait for the rest, or give up what they have."""

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.safe_eval import datetime, safe_eval, time

from ...engine import Rule
from ..base.named import of_one

SORTS = [
    ("priority", "Priority"),
    ("since", "Waiting Since"),
    ("deadline", "Delivery Date"),
    ("value", "Largest Value"),
    ("completes", "Completes the Order"),
]


class BackorderRule(models.Model):
    _name = "backorder.rule"
    _description = "Fill Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(
        default=10, help="A line meets the first rule of the list whose conditions hold for it."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    domain = fields.Char(
        string="Order Lines", default="[]", required=True, help="Conditions on order lines."
    )
    line_count = fields.Integer(
        string="Meets Now",
        compute="_compute_line_count",
        help="Lines on backorder for which the conditions hold now; of rules that give up stock, "
        "lines with reserved stock.",
    )
    treatment = fields.Selection(
        [
            ("first", "Comes First"),
            ("share", "Fair Share"),
            ("rest", "Only What Is Left"),
            ("donor", "Gives Up Reserved Stock"),
        ],
        required=True,
        default="first",
        help="First: before all others. Fair share: next, each in proportion to what they need. "
        "Lines that meet no rule follow. Only what is left: after these, of free stock. Gives up: "
        "last, and what is reserved for such lines and not picked goes to the others where free "
        "stock is not enough.",
    )
    sort_1 = fields.Selection(
        SORTS, string="Sorted By", help="Who comes first among the lines of this rule."
    )
    sort_2 = fields.Selection(SORTS, string="Then By", help="Where the first makes no difference.")
    sort_3 = fields.Selection(
        SORTS, string="At Last By", help="Where the first two make no difference."
    )

    @api.depends("domain", "treatment", "company_id")
    def _compute_line_count(self):
        lines = self.env["sale.order.line"]
        for rule in self:
            if not lines.has_access("read"):
                rule.line_count = 0
                continue
            try:
                # The database may be what refuses them.
                with self.env.cr.savepoint(flush=False):
                    rule.line_count = rule._in_its_days(lines).search_count(
                        rule._get_lines_domain()
                    )
            except Exception:  # pylint: disable=broad-except
                # Typed half: the constraint says what is wrong when it is saved.
                rule.line_count = 0

    @api.constrains("domain")
    def _check_domain(self):
        # sudo: whether they are conditions, not which lines one may see
        lines = self.env["sale.order.line"].sudo()
        for rule in self:
            rule._lines_meeting(lines, limit=1)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_chosen(self):
        """A fill without the rules that were chosen for it would follow all of them."""
        # sudo: whose fill it is does not matter
        chosen = (
            self.env["backorder.run"]
            .sudo()
            .search([("rule_ids", "in", self.ids), ("state", "in", ("planned", "queued"))], limit=1)
        )
        if chosen:
            raise UserError(
                self.env._(
                    "%(rules)s: the fill %(run)s goes by it. Archive the rule instead, or cancel "
                    "that fill first.",
                    rules=", ".join((chosen.rule_ids & self).mapped("name")),
                    run=chosen.name,
                )
            )

    def _conditions(self):
        """The rule's conditions, as a domain on order lines.

        :raise ValidationError: they are none; names the rule
        """
        self.ensure_one()
        try:
            return Domain(
                safe_eval(
                    self.domain or "[]",
                    {
                        "uid": self.env.uid,
                        "datetime": datetime,
                        "time": time,
                        # of the company: by night nobody is there whose day it could be
                        "context_today": self.company_id._backorder_today,
                    },
                )
            )
        except Exception as error:
            raise self._no_condition(error) from error

    def _in_its_days(self, lines):
        """``lines`` to search by the conditions: Odoo's own words for days ("today", "-7d"), and
        where a day begins, go by the time zone of who asks. Here they are the company's."""
        return lines.with_context(tz=self.company_id._backorder_zone())

    def _no_condition(self, error):
        return ValidationError(
            self.env._(
                "Fill rule %(rule)s: “%(domain)s” is no condition on order lines (%(error)s). "
                "Change the rule, or archive it.",
                rule=self.name,
                domain=self.domain,
                error=str(error).strip(),
            )
        )

    def _lines_meeting(self, lines, domain=None, **options):
        """The order lines of ``domain`` (None: all) for which the conditions hold.

        A field that they name may be gone since they were typed.

        :param lines: order lines, for whose rights and company it is asked
        :raise ValidationError: they are no conditions; names the rule
        """
        domain = self._conditions() & Domain(domain or [])
        try:
            with self.env.cr.savepoint(flush=False):
                found = self._in_its_days(lines).search(domain, **options)
                return found.with_env(lines.env)
        except (AccessError, OperationalError):
            raise
        except Exception as error:
            raise self._no_condition(error) from error

    def _get_lines_domain(self):
        """The lines of the rule's company that can meet it: those on backorder; of donors those
        of confirmed orders with open deliveries that have something reserved."""
        domain = self._conditions() & Domain("company_id", "=", self.company_id.id)
        if self.treatment != "donor":
            return domain & Domain("backorder_qty", ">", 0)
        reserved = [
            ("sale_line_id", "!=", False),
            ("state", "in", ("assigned", "partially_available")),
            ("picked", "=", False),
        ]
        return domain & Domain("state", "=", "sale") & Domain("move_ids", "any", reserved)

    def _met_by(self, lines):
        """{line: the first of these rules whose conditions hold for it}"""
        met = {}
        for rule in self.sorted(lambda rule: (rule.sequence, rule.id)):
            asked = lines.browse([line.id for line in lines if line not in met])
            if asked:
                meeting = rule._lines_meeting(asked, Domain("id", "in", asked.ids))
                met.update(dict.fromkeys(meeting, rule))
        return met

    def _prepare_facts(self):
        """The rules as the engine knows them, in their order."""
        return [
            Rule(
                key=rule.id,
                label=rule.name,
                treatment=rule.treatment,
                sort_keys=tuple(filter(None, (rule.sort_1, rule.sort_2, rule.sort_3))),
            )
            for rule in self.sorted(lambda rule: (rule.sequence, rule.id))
        ]

    @of_one
    def action_view_lines(self):
        """The order lines that the number stands for."""
        # sudo: whether its conditions hold at all; which lines are seen, the list decides
        self._lines_meeting(self.env["sale.order.line"].sudo(), limit=1)
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "sale.order.line",
            "view_mode": "list,form",
            "views": [
                (self.env.ref("backorder_mgmt.sale_order_line_view_list").id, "list"),
                (self.env.ref("backorder_mgmt.sale_order_line_view_form").id, "form"),
            ],
            "domain": list(self._get_lines_domain()),
            # The same days as those of the number, wherever the reader is.
            "context": {"tz": self.company_id._backorder_zone()},
        }
