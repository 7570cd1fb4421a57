"""Fills by rules: the facts of the rules for the engine."""

from odoo import models
from odoo.fields import Domain

from ...engine import Donor


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _rules(self):
        """The fill rules that this run follows; chosen ones also when they were archived since."""
        # sudo: the plan looks at what the user who may run fills need not read
        rules = self.env["backorder.rule"].sudo()
        chosen = self._chosen("rule_ids").sudo()
        return chosen or rules.search([("company_id", "=", self.company_id.id)])

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
            lines |= rule._lines_meeting(
                lines,
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
