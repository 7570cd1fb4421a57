"""A fill that a person opens from a receipt or a purchase order, with what came in; by itself a
receipt starts one in ``backorder_run_receipt.py``."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    receipt_mode = fields.Selection(selection_add=[("offer", "Opened from a Receipt")])

    @api.model
    def _waiting_for_received(self, moves):
        """Who waits for what ``moves`` (done) brought into a warehouse, on its shelves by now or
        not: the preview says what can be filled."""
        # sudo: who receives goods need not see orders
        waiting = self.env["stock.move"].sudo()
        domain = waiting._get_backorder_waiting_domain(
            moves.company_id[:1], moves.product_id, moves.location_dest_id.warehouse_id
        )
        return waiting.search(domain).sale_line_id

    @api.model
    def _offer_received(self, moves):
        """The preview of a fill with what came in.

        :param moves: of receipts, done
        :return: the action that opens it
        :raise UserError: nobody waits for it
        """
        lines = self._waiting_for_received(moves) if moves else ()
        if not lines:
            raise UserError(self.env._("Nothing of what came in is waited for."))
        company = moves.company_id[:1]
        self._check_may_run()
        run = self.with_company(company)._backorder_create(
            self._prepare_receipt_vals(
                company, lines.product_id, moves.location_dest_id.warehouse_id, "offer"
            )
        )
        run.action_preview()
        return run._open_action()
