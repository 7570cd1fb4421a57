"""A fill of one order is a run of its own."""

from odoo import models
from odoo.exceptions import UserError

from ..base.batch import forget_lines
from ..base.named import of_many


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def unlink(self):
        if self:
            forget_lines(self.env["backorder.run.line"], self)
            self.env["backorder.run.options"]._orders_are_deleted(self)
        return super().unlink()

    def _backorder_apply_fill(self, wanted, lines=None, **options):
        return self.env["backorder.run"]._fill_now(self, wanted, lines=lines, **options)

    @of_many
    def action_fill_backorders_selected(self):
        """*Fill Backorders* in the Action menu: the dialog of one order; many are filled at once,
        as far as there is stock."""
        if len(self) == 1:
            return self.action_fill_backorders()
        return self.order_line.action_fill_backorders_selected()

    def _backorder_nothing_words(self):
        """Why a fill of nothing is none: what could be filled, or what is waited for."""
        rows = self._prepare_backorder_fill_lines()
        if any(row["quantity"] for row in rows):
            return self.env._(
                "Nothing to fill: every quantity is zero. Enter what to fill, at most what is "
                "needed and on hand."
            )
        lines = self.order_line.browse([row["sale_line_id"] for row in rows[:3]])
        words = [
            f"{line.product_id.display_name}: {line._backorder_enter_words(0.0)}"
            for line, row in zip(lines, rows, strict=False)
            if not row["available_qty"]
        ]
        if not words:
            words = [rows[0]["destination"]] if rows else []
        return " ".join([self.env._("Nothing to fill now."), *words])

    def _backorder_fill_from_dialog(self, quantities, ship_date=None, **options):
        """Fill from the dialog: something has to be filled, and a ship date may be set.

        :param options: further options of the run
        """
        self.ensure_one()
        if not any(quantities.values()):
            raise UserError(self._backorder_nothing_words())
        run = self._backorder_fill_orders(quantities, **options)
        if ship_date:
            run._backorder_write({"set_ship_date": True, "ship_date": ship_date})
            run.sudo().run_order_ids._set_ship_date(ship_date)
        return run
