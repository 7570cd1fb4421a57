"""Order lines chosen in a list are filled together; what rules may take of others."""

from odoo import models
from odoo.exceptions import UserError

from ..base.named import of_many


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _backorder_just_filled(self):
        """What the latest fill of its order filled of this line, in its unit: what an e-mail of
        that fill names. What earlier fills filled was told then."""
        self.ensure_one()
        # sudo: an e-mail is rendered for whoever fills, and for jobs
        rows = self.env["backorder.run.line"].sudo()
        latest = rows.search(
            [("order_id", "=", self.order_id.id), ("filled_qty", ">", 0)],
            order="id desc",
            limit=1,
        )
        own = rows.search([("run_id", "=", latest.run_id.id), ("sale_line_id", "=", self.id)])
        return sum(own.mapped("filled_qty")) if latest else self.backorder_filled_qty

    @of_many
    def action_fill_backorders_selected(self):
        """Fill the selected lines as far as there is stock, first come first served."""
        lines = self.filtered(lambda line: line.backorder_qty > 0)
        lines.order_id._backorder_check_access()
        if not lines:
            raise UserError(
                self.env._("Nothing of the selected items is on backorder: nothing to fill.")
            )
        runs = self.env["backorder.run"]
        companies = lines.grouped("company_id")
        for company, own in companies.items():
            runs |= runs._fill_now(
                own.order_id.with_company(company), None, lines=own, strict=len(companies) == 1
            )
        return runs._summary()

    def _backorder_giving_moves(self):
        """{line: the open moves whose reserved stock it can give up}, without lines that cannot."""
        lines = self.filtered(lambda line: line.state == "sale")
        by_line = lines._backorder_moves().grouped("sale_line_id")
        result = {}
        for line in lines:
            moves = by_line.get(line, self.env["stock.move"])
            if moves.filtered("picked") or any(m.product_id != line.product_id for m in moves):
                continue
            if moves := moves.filtered(lambda move: move.quantity > 0):
                result[line] = moves
        return result
