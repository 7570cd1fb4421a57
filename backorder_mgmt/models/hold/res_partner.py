"""What waits for a customer; what is agreed with them anew, open orders follow."""

from odoo import api, fields, models
from odoo.fields import Domain

from ..base.named import of_one


class ResPartner(models.Model):
    _inherit = "res.partner"

    backorder_line_count = fields.Integer(
        string="On Backorder", compute="_compute_backorder_line_count"
    )

    def _get_backorder_lines_domain(self):
        return [
            ("order_partner_id", "child_of", self.commercial_partner_id.ids),
            ("backorder_qty", ">", 0),
        ]

    def _compute_backorder_line_count(self):
        counts = {}
        for partner, count in self.env["sale.order.line"]._read_group(
            self._get_backorder_lines_domain(), ["order_partner_id"], ["__count"]
        ):
            commercial = partner.commercial_partner_id
            counts[commercial] = counts.get(commercial, 0) + count
        for partner in self:
            partner.backorder_line_count = counts.get(partner.commercial_partner_id, 0)

    # -- what orders take over --------------------------------------------------------------------

    @api.model
    def _get_backorder_following_domain(self, customers):
        """Orders of ``customers`` that still ask for something: what is agreed concerns them."""
        waiting = Domain("state", "=", "sale") & Domain("backorder_line_count", ">", 0)
        return Domain("partner_id", "child_of", customers.ids) & (
            Domain("state", "in", ("draft", "sent")) | waiting
        )

    def write(self, vals):
        """What is changed on a customer holds for their open orders too, unless the order says
        something else than the customer did; so does what is agreed with the company that a
        contact comes to."""
        names = self.env["sale.order"]._backorder_customer_names()
        if not {"parent_id", "is_company"}.intersection(vals):
            names = names.intersection(vals)
        if not names or not self:
            return super().write(vals)
        # sudo: what is agreed with a customer holds for orders of all salespeople
        orders = self.env["sale.order"].sudo()
        orders = orders.search(self._get_backorder_following_domain(self))
        before = orders._backorder_as_customer()
        res = super().write(vals)
        following = {}
        for order, values in orders._backorder_as_customer().items():
            changed = {
                name: value
                for name, value in values.items()
                if name in names
                and value != before[order][name]
                and order[name] == before[order][name]
            }
            if changed:
                following.setdefault(tuple(sorted(changed.items(), key=str)), []).append(order.id)
        for changed, ids in following.items():
            orders.browse(ids)._backorder_write(
                {
                    name: value.id if isinstance(value, models.BaseModel) else value
                    for name, value in changed
                }
            )
        return res

    @of_one
    def action_view_backorder_lines(self):
        """The order lines of this customer that are on backorder."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "backorder_mgmt.sale_order_line_expected_action"
        )
        action["domain"] = self._get_backorder_lines_domain()
        action["context"] = {}
        action["display_name"] = self.env._("On Backorder: %s", self.display_name)
        return action
