"""Fill on receipt: what came in is offered to the backorders that wait for it."""

from odoo import api, models
from odoo.fields import Domain


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    @api.model
    def _receipt_waiting_lines(self, company, moves):
        """The sale lines on backorder that wait for what ``moves`` (done) brought.

        It must have come to where their deliveries take from, and not have been there before: with
        receipts in steps that is the shelf, not the dock.
        """
        # sudo: who receives goods need not see orders
        waiting = self.env["stock.move"].sudo()
        domain = waiting._get_backorder_waiting_domain(
            company, moves.product_id, moves.location_dest_id.warehouse_id
        )
        places = waiting._read_group(domain, ["product_id", "location_id"])
        reached = [
            (product.id, place.id)
            for product, place in places
            if any(
                move.product_id == product
                and move.location_dest_id._child_of(place)
                and not move.location_id._child_of(place)
                for move in moves.sudo()
            )
        ]
        if not reached:
            return waiting.sale_line_id
        reaching = Domain.OR(
            Domain("product_id", "=", product_id) & Domain("location_id", "=", place_id)
            for product_id, place_id in reached
        )
        return waiting.search(Domain(domain) & reaching).sale_line_id

    @api.model
    def _queue_for_receipt(self, company, moves):
        """Leave a run for the scheduled job: nobody waits for a fill who validates a receipt.

        :param moves: done, of this company
        :return: the run, or none where nothing of the products is waited for
        """
        mode = company.backorder_fill_on_receipt
        lines = mode != "none" and self._receipt_waiting_lines(company, moves)
        if not lines:
            return self.browse()
        run = (
            self.sudo()
            .with_company(company)
            ._backorder_create(
                self._prepare_receipt_vals(company, lines.product_id, lines.warehouse_id, mode)
            )
        )
        if mode == "notify":  # proposals are the scheduled job's
            self.env.ref("backorder_mgmt.ir_cron_work_runs").sudo()._trigger()
        else:
            run._launch()
        return run

    def _prepare_receipt_vals(self, company, products, warehouses, mode):
        return {
            "company_id": company.id,
            "product_ids": [(6, 0, products.ids)],
            "warehouse_ids": [(6, 0, warehouses.ids)],
            "policy": company.backorder_policy,
            "receipt_mode": mode,
            "state": "queued" if mode == "auto" else "draft",
            "approve_complete": company.backorder_approve_new_order,
            "approve_partial": company.backorder_approve_new_order,
        }

    def _in_order_of_offer(self, lines):
        """Hook: ``lines`` in the order of the preview; who gets what is decided by the policy."""
        return lines

    @api.model
    def _get_notify_domain(self):
        return [("state", "=", "draft"), ("receipt_mode", "=", "notify")]

    def _notify_receipt(self):
        """Preview the fill of received goods and ask the Backorders managers to start it.

        Where nothing can be filled, nobody is bothered and the run is dropped.
        """
        self.ensure_one()
        self.action_preview()
        if not any(line.planned_qty > 0 for line in self.line_ids):
            self.unlink()
            return
        group = self.env.ref("backorder_mgmt.group_backorder_manager")
        managers = group.sudo().all_user_ids.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        )
        products = ", ".join(self.product_ids.mapped("display_name"))
        for manager in managers or self.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Received goods can fill backorders"),
                note=self.env._("Received: %s. Open the preview and press Start.", products),
                user_id=manager.id,
            )
