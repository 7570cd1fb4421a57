from odoo import fields, models


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

    def action_view_backorder_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "backorder_mgmt.sale_order_line_expected_action"
        )
        action["domain"] = self._get_backorder_lines_domain()
        action["context"] = {}
        action["display_name"] = self.env._("On Backorder: %s", self.display_name)
        return action
