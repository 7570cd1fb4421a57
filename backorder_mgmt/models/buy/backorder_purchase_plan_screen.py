"""What *Create Purchase Orders* shows of its rows, and what its buttons decide."""

from odoo import api, models
from odoo.exceptions import UserError


class BackorderPurchasePlan(models.AbstractModel):
    _inherit = "backorder.purchase.plan"

    @api.model
    def _saved_names(self):
        """The options of the screen that a user can keep as their default."""
        return [
            "create_mode",
            "choose",
            "vendor_scope",
            "vendor_ids",
            "backorder_days",
            "warehouse_id",
            "include_quotations",
            "add_to_rfq",
        ]

    # -- what is shown ----------------------------------------------------------------------------

    @api.model
    def _notes_of_row(self, row):
        """What keeps a row from being ordered, and what the buyer should know of it."""
        problem = " ".join(self._row_problems(row)) or False
        hint = self._vendor_hint(row)
        return {"problem": problem, "vendor_hint": hint, "note": problem or hint}

    @api.model
    def _notes_of_rows(self, rows):
        """What stands above the rows of a screen: their notes, each once."""
        return {
            "problems": self._list_sentences(rows.mapped("problem")),
            "hints": self._list_sentences(rows.filtered("quantity").mapped("vendor_hint")),
            # Some row is bought in another unit than its backorders are counted in: both are named.
            "several_units": any(
                row.product_uom_id and row.product_uom_id != row.uom_id for row in rows
            ),
        }

    @api.model
    def _progress_of(self, screen):
        """How far the job is with a screen, and what it could not order."""
        todo, done, failed = self._count_rows(screen)
        lost = screen.line_ids.filtered("failed") if failed else screen.line_ids.browse()
        return {
            "progress": 100 * done // (todo + done) if done else 0,
            "failures": self._list_sentences(lost.mapped("failed")),
        }

    @api.model
    def _summary_of(self, screen):
        """What was created of a screen: numbers for everybody, links for who may open them."""
        may_open = self.env["purchase.order"].has_access("read")
        # sudo: numbers and amounts of what the user created on this very screen
        orders = screen.sudo().purchase_order_ids
        # What was added to an open request is its own part of it.
        skus = screen.line_ids.filtered(lambda row: row.quantity and not row.failed).product_id
        links = False
        if orders:
            links = self.env["ir.qweb"]._render(
                "backorder_mgmt.backorder_purchase_created",
                {"orders": orders, "skus": skus, "may_open": may_open},
            )
        return {
            "order_count": len(orders),
            "vendor_count": len(orders.partner_id),
            "sku_count": len(skus),
            "may_open_created": may_open,
            "created_links": links,
        }

    # -- its buttons ------------------------------------------------------------------------------

    @api.model
    def _add_rows(self, screen):
        """*Add to Order*: rows of what is needed; again, it adds and brings up to date.

        :raise UserError: the rows are ordered already, or a job orders them
        """
        if screen.created:
            raise UserError(
                self.env._(
                    "The rows of this screen are ordered already, or just being ordered. Open "
                    "Create Purchase Orders anew."
                )
            )
        rows, left_out, never_bought = self._propose(screen)
        self._merge_rows(screen, rows)
        asked = screen.create_mode == "auto" or screen.product_ids
        screen.write(
            {
                "left_out": self._describe_left_out(left_out),
                "never_bought": self._describe_never_bought(never_bought),
                "nothing_needed": bool(asked) and not screen.line_ids,
            }
        )

    @api.model
    def _make_orders(self, screen):
        """*Create*: the purchase orders of a screen's rows, once; very many rows are the job's."""
        if screen.created:
            return
        if self._is_large(screen):
            self._queue(screen)
        else:
            # sudo: a Backorders manager need not read purchase orders
            screen.sudo().purchase_order_ids = self._create_orders(screen, screen.line_ids)

    @api.model
    def _created_action(self, screen):
        """The action that opens the summary of what was created; True while a job does it."""
        if screen.state == "queued":
            return True
        actions = self.env["ir.actions.actions"]
        action = actions._for_xml_id("backorder_mgmt.backorder_purchase_action_created")
        return {**action, "res_id": screen.id}
