"""Fills by rules: the facts of the rules for the engine, and the fill of every night."""

from odoo import api, models
from odoo.fields import Domain

from ...engine import Donor


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _rules(self):
        """The fill rules that this run follows."""
        # sudo: the plan looks at what the user who may run fills need not read
        rules = self.env["backorder.rule"].sudo()
        return self.rule_ids or rules.search([("company_id", "=", self.company_id.id)])

    def _rule_facts(self, lines, demands, rules=None):
        """The rules for the engine; each demand of ``demands`` is told the rule that it meets.

        :param lines: the order lines of the plan
        :param rules: instead of the run's own
        :return: (rules, donors), as the engine knows them
        """
        rules = self._rules() if rules is None else rules
        needed = lines.browse([demand.key for demand in demands])
        met = rules._met_by(needed)
        for demand in demands:
            line = lines.browse(demand.key)
            rule = met.get(line)
            demand.rule = rule.id if rule else None
            # Nobody gives up what is reserved for customers who have not confirmed yet.
            demand.gifted = line.state == "sale"
        return rules._prepare_facts(), self._donor_facts(rules, demands)

    def _donor_facts(self, rules, demands):
        """Reserved stock of lines that meet a rule to give it up, of items that somebody needs.

        Nothing is taken from kits, from items by lot or serial number, and from deliveries of
        which something is picked. Who meets another rule first keeps what they have.
        """
        giving = rules.filtered(lambda rule: rule.treatment == "donor")
        if not giving:
            return []
        wanted = {product for demand in demands for product, _per_unit in demand.parts}
        lines = self.env["sale.order.line"].sudo()
        for rule in giving:
            lines |= lines.search(
                rule._get_lines_domain()
                & Domain("company_id", "=", self.company_id.id)
                & Domain("product_id", "in", list(wanted))
                & Domain("product_id.tracking", "=", "none"),
            )
        met = rules._met_by(lines)
        lines = lines.filtered(lambda line: met.get(line) in giving)
        donors = []
        for line, moves in lines._backorder_giving_moves().items():
            for location, of_place in moves.grouped("location_id").items():
                path = tuple(int(key) for key in location.parent_path.split("/") if key)
                reserved = sum(
                    move.product_uom._compute_quantity(
                        move.quantity, move.product_id.uom_id, round=False
                    )
                    for move in of_place
                )
                donors.append(Donor(line.id, line.order_id.id, line.product_id.id, path, reserved))
        # The youngest give first, so that who waits longest keeps what they have.
        ages = {line.id: line.order_id._backorder_queue_key() for line in lines}
        return sorted(donors, key=lambda donor: (ages[donor.key], donor.key), reverse=True)

    @api.model
    def _cron_fill_by_rules(self):
        """Nightly: a fill by rules for each company that wants it, in the background."""
        companies = self.env["res.company"].search([("backorder_rules_nightly", "=", True)])
        for company in companies:
            open_run = [
                ("company_id", "=", company.id),
                ("policy", "=", "rules"),
                ("state", "in", ("queued", "running")),
            ]
            if self.search_count(open_run, limit=1):
                continue  # last night's is not done yet
            run = self.with_company(company)._backorder_create(self._prepare_nightly_vals(company))
            if run.env["sale.order.line"].search_count(run._get_lines_domain(), limit=1):
                run._launch()
            else:
                run._backorder_token().unlink()

    def _prepare_nightly_vals(self, company):
        return {
            "company_id": company.id,
            "policy": "rules",
            "state": "queued",
            "approve_complete": company.backorder_approve_new_order,
            "approve_partial": company.backorder_approve_new_order,
            "carry_balance": company.backorder_carry_balance,
            "carry_credit": company.backorder_carry_credit,
            "charge_cards": company.backorder_charge_cards,
            "email_complete_template_id": company.backorder_email_complete_template_id.id,
            "email_partial_template_id": company.backorder_email_partial_template_id.id,
        }
