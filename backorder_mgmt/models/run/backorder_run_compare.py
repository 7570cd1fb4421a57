"""What each policy would do, side by side."""

from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import format_amount

from ..base.named import of_one
from ..base.res_company import POLICY_SELECTION


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    @of_one
    def compare_policies(self, policies=None):
        """What each policy would do with this run's options, side by side; nothing changes.

        :param policies: names of policies; None: all
        :return: {policy: {"orders": orders completed, "lines": lines filled, "value": value of
            what would be filled, in the company's currency, "bound": at most so many orders could
            be completed by any plan, False where that is not known}}
        """
        self._check_may_run()
        worker = self.sudo().with_company(self.company_id)
        policies = [policies] if isinstance(policies, str) else policies
        return {
            policy: worker._compared(*worker._plan(policy)[:2])
            for policy in self._check_policies(policies or dict(POLICY_SELECTION))
        }

    def _check_policies(self, policies):
        """``policies``, as a list.

        :raise UserError: no list, or a name that no policy has
        """
        known = dict(POLICY_SELECTION)
        policies = list(policies) if isinstance(policies, list | tuple | dict) else [policies]
        for policy in policies:
            if not isinstance(policy, str) or policy not in known:
                raise UserError(
                    self.env._(
                        "“%(policy)s” is no policy. Choose one of: %(known)s.",
                        policy=str(policy)[:80],
                        known=", ".join(known),
                    )
                )
        return policies

    @of_one
    def compare_rules(self):
        """What the fill rules of this run would do, all together and without each of them; nothing
        changes.

        :return: one dict for all rules together (``rule_id`` is False), then one for each rule that
            is left out (``rule_id`` is its id), with figures as in :meth:`compare_policies`
        """
        self._check_may_run()
        worker = self.sudo().with_company(self.company_id)
        rules = worker._rules()
        return [
            {
                "rule_id": left_out.id,
                **worker._compared(*worker._plan("rules", rule_set=rules - left_out)[:2]),
            }
            for left_out in (rules.browse(), *rules)
        ]

    def _compared(self, lines, plan):
        """The figures of a plan."""
        whole = [
            order
            for order, own in lines.grouped("order_id").items()
            if self._prepare_plan_order_vals(order, own, plan)["planned_outcome"] == "complete"
        ]
        return {
            "orders": len(whole),
            # None has no name in XML-RPC
            "bound": False if plan.bound is None else plan.bound,
            "lines": sum(plan[line.id].reason == "filled" for line in lines),
            "value": sum(
                line.currency_id._convert(
                    plan[line.id].quantity * line.price_reduce_taxexcl,
                    self.company_id.currency_id,
                    self.company_id,
                )
                for line in lines
            ),
        }

    @of_one
    def action_compare(self):
        """*Compare Policies*: show what each of them would do, with the run's own marked."""
        self._check_state(("draft", "planned"))
        labels = dict(self._fields["policy"]._description_selection(self.env))
        compared = self.compare_policies()

        def rank(policy):
            figures = compared[policy]
            return (figures["orders"], figures["lines"], figures["value"])

        ranks = {rank(policy) for policy in compared}
        # Where all do the same, none is the best.
        most = max(ranks) if len(ranks) > 1 else None
        rows = [
            {
                **self._prepare_compared_row(labels[policy], figures),
                "policy": policy,
                "best": rank(policy) == most,
                "own": policy == self.policy,
            }
            for policy, figures in compared.items()
        ]
        without = self.compare_rules()
        rules = {rule.id: rule.name for rule in self.sudo()._rules()}
        rows += [
            self._prepare_compared_row(
                self.env._("Fill rules without “%s”", rules[figures["rule_id"]]), figures
            )
            for figures in without
            if figures["rule_id"] and len(without) > 2
        ]
        table = self.env["ir.qweb"]._render(
            "backorder_mgmt.backorder_run_comparison", {"rows": rows}
        )
        self._backorder_write({"comparison": table})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @of_one
    def use_policy(self, policy):
        """*Use This*: choose ``policy`` and preview again by it.

        :raise UserError: no policy of this name; the run was started already, or is over
        """
        self._check_may_run()
        self._check_state(("draft", "planned"))
        self.policy = self._check_policies([policy])[0]
        self.action_preview()
        return True

    def _prepare_compared_row(self, label, figures):
        """A row of the table that no button is on."""
        most = figures["bound"]
        return {
            "label": label,
            "policy": False,
            "best": False,
            "own": False,
            "orders": figures["orders"],
            "bound": "" if most is False else self.env._("of at most %s", most),
            "lines": figures["lines"],
            "value": format_amount(self.env, figures["value"], self.company_id.currency_id),
        }
