from odoo import fields, models

from ..engine import is_positive


class BackorderRunLine(models.Model):
    _name = "backorder.run.line"
    _description = "Backorder Fill: Line"
    _order = "run_id desc, id"
    _rec_name = "sale_line_id"
    _check_company_auto = True

    run_id = fields.Many2one(
        "backorder.run", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    sale_line_id = fields.Many2one(
        "sale.order.line", string="Order Line", ondelete="set null", index=True, readonly=True
    )
    order_id = fields.Many2one(
        "sale.order", string="Order", ondelete="set null", index=True, readonly=True
    )
    product_id = fields.Many2one(
        "product.product", string="Product", ondelete="restrict", index=True, readonly=True
    )
    product_uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    waiting_since = fields.Datetime(readonly=True)
    needed_qty = fields.Float(string="Needed", digits="Product Unit", readonly=True)
    available_qty = fields.Float(
        string="On Hand", digits="Product Unit", readonly=True, help="Free to promise."
    )
    planned_qty = fields.Float(string="Planned", digits="Product Unit", readonly=True)
    filled_qty = fields.Float(string="Filled", digits="Product Unit", readonly=True)
    reason = fields.Selection(
        [
            ("filled", "Filled"),
            ("partial_stock", "Stock for a part"),
            ("no_stock", "No stock"),
            ("not_complete", "Order cannot be completed"),
            ("customer_complete", "Customer takes complete orders only"),
            ("older_first", "Older backorders first"),
            ("forced_last", "Forced backorders last"),
            ("promised", "Set aside for others"),
            ("not_received", "Not received in the last PO"),
            ("already_invoiced", "Already invoiced"),
            ("waiting_payment", "Waiting for payment"),
            ("payment_failed", "Payment failed"),
            ("changed", "Changed meanwhile"),
            ("skipped", "Skipped"),
            ("error", "Error"),
        ],
        readonly=True,
    )
    message = fields.Char(string="Explanation", readonly=True)

    def _prepare_result_vals(self, filled, quantities, missing):
        """What became of the line, as a code and a sentence."""
        self.ensure_one()
        line = self.sale_line_id
        label = line._backorder_quantity_label
        asked = quantities.get(line)
        if self.product_id in missing and not is_positive(filled):
            reason = "not_received"
            message = self.env._(
                "Nothing of %(product)s was received yet in purchase order %(order)s.",
                product=self.product_id.display_name,
                order=missing[self.product_id].name,
            )
        elif asked is None:
            reason = "not_complete"
            message = self.env._("The order ships only complete, and it cannot be completed now.")
        elif line.product_uom_id.compare(filled, asked) < 0:
            reason = "changed"
            message = self.env._(
                "%(filled)s of %(asked)s could be reserved.",
                filled=label(filled),
                asked=label(asked),
            )
        elif line.product_uom_id.compare(filled, self.needed_qty) >= 0:
            reason, message = "filled", self.env._("Filled: %s.", label(filled))
        elif is_positive(filled):
            reason = "partial_stock"
            message = self.env._(
                "%(filled)s filled, %(left)s still needed.",
                filled=label(filled),
                left=label(self.needed_qty - filled),
            )
        elif is_positive(self.available_qty):
            reason, message = "skipped", self.env._("Nothing was to be filled on this line.")
        else:
            reason, message = (
                "no_stock",
                self.env._("Nothing on hand that is not reserved or set aside."),
            )
        return {"filled_qty": filled, "reason": reason, "message": message}
