"""What each policy would do, side by side."""

from odoo import models
from odoo.tools.misc import format_amount

from ...engine import POLICIES


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def compare_policies(self, policies=None):
        """What each policy would do with this run's options, side by side; nothing changes.

        :param policies: names of policies; None: all
        :return: {policy: {"orders": orders completed, "lines": lines filled, "value": value of
            what would be filled, in the company's currency}}
        """
        self.ensure_one()
        self._check_may_run()
        worker = self.sudo().with_company(self.company_id)
        result = {}
        for policy in policies or POLICIES:
            lines, plan, _blocked = worker._plan(policy)
            whole = [
                order
                for order, own in lines.grouped("order_id").items()
                if worker._prepare_plan_order_vals(order, own, plan)["planned_outcome"]
                == "complete"
            ]
            result[policy] = {
                "orders": len(whole),
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
        return result

    def action_compare(self):
        """*Compare Policies*: show what each of them would do, with the run's own marked."""
        self.ensure_one()
        self._check_state(("draft", "planned"))
        labels = dict(self._fields["policy"]._description_selection(self.env))
        compared = self.compare_policies()

        def rank(policy):
            figures = compared[policy]
            return (figures["orders"], figures["lines"], figures["value"])

        most = max(map(rank, compared), default=None)
        rows = [
            {
                "policy": policy,
                "best": rank(policy) == most,
                "label": labels[policy],
                "own": policy == self.policy,
                "orders": figures["orders"],
                "lines": figures["lines"],
                "value": format_amount(self.env, figures["value"], self.company_id.currency_id),
            }
            for policy, figures in compared.items()
        ]
        table = self.env["ir.qweb"]._render(
            "backorder_mgmt.backorder_run_comparison", {"rows": rows}
        )
        self._backorder_write({"comparison": table})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def use_policy(self, policy):
        """*Use This*: choose ``policy`` and preview again by it.

        :raise UserError: the run was started already, or is over
        """
        self.ensure_one()
        self._check_state(("draft", "planned"))
        self.policy = policy
        self.action_preview()
        return True
