"""Rows of a fill, one for each order line: what was planned, what became of it, and why."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine import is_positive
from ..base.batch import by_values, is_ours_alone, update_rows
from ..base.named import of_many

# As it is on the order line: exact, as pieces of a dozen are no hundredths of it.
_IN_LINE_UNIT = {"digits": None, "min_display_digits": "Product Unit"}


class BackorderRunLine(models.Model):
    _name = "backorder.run.line"
    _inherit = ["backorder.guarded"]
    _description = "Backorder Fill: Line"
    _order = "run_id desc, id"
    _rec_name = "sale_line_id"
    _check_company_auto = True

    run_id = fields.Many2one(
        "backorder.run", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    sale_line_id = fields.Many2one(
        "sale.order.line", string="Order Line", ondelete="set null", index=True, readonly=True
    )
    order_id = fields.Many2one(
        "sale.order", string="Order", ondelete="set null", index=True, readonly=True
    )
    partner_id = fields.Many2one(related="order_id.partner_id", string="Customer")
    product_id = fields.Many2one(
        "product.product", string="Product", ondelete="restrict", index=True, readonly=True
    )
    product_uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    waiting_since = fields.Datetime(readonly=True)
    needed_qty = fields.Float(string="Needed", readonly=True, **_IN_LINE_UNIT)
    available_qty = fields.Float(
        string="On Hand",
        readonly=True,
        aggregator="max",  # it is there once, for all lines of an item
        help="Free to promise.",
        **_IN_LINE_UNIT,
    )
    planned_qty = fields.Float(string="Planned", readonly=True, **_IN_LINE_UNIT)
    filled_qty = fields.Float(string="Filled", readonly=True, **_IN_LINE_UNIT)
    moved_qty = fields.Float(string="Moved to New Order", readonly=True, **_IN_LINE_UNIT)
    rule_id = fields.Many2one(
        "backorder.rule", string="Rule", ondelete="set null", index="btree_not_null", readonly=True
    )
    gifts = fields.Char(
        readonly=True,
        help="JSON: {id of an order line: what it gives up of its reserved stock, in the product's "
        "unit}",
    )
    cancelled_qty = fields.Float(
        string="Cancelled",
        readonly=True,
        help="What was missing of an order whose customer takes no backorders.",
        **_IN_LINE_UNIT,
    )
    forced_before_qty = fields.Float(readonly=True, **_IN_LINE_UNIT)
    promised_before_qty = fields.Float(readonly=True, **_IN_LINE_UNIT)
    result = fields.Selection(
        [("pending", "Planned"), ("done", "Done")], default="pending", readonly=True
    )
    reason = fields.Selection(
        [
            # Said before the fill and after it: no past tense.
            ("filled", "All of it"),
            ("on_order", "Stays on the order"),
            ("partial_stock", "Stock for a part"),
            ("no_stock", "No stock"),
            ("not_complete", "Order cannot be completed"),
            ("customer_complete", "Complete orders only"),
            ("customer_lines", "Complete lines only"),
            ("last_shipment", "Last shipment: only complete"),
            ("min_value", "Too little for a shipment"),
            ("cancel_date", "Cancel date has passed"),
            ("not_accepted", "Customer takes no backorders"),
            ("older_first", "Older backorders first"),
            ("forced_last", "Forced backorders last"),
            ("promised", "Set aside for others"),
            ("not_received", "Not received in the last PO"),
            ("already_invoiced", "Already invoiced"),
            ("waiting_payment", "Waiting for payment"),
            ("payment_failed", "Payment failed"),
            ("changed", "Changed meanwhile"),
            ("changed_by", "Changed by hand"),
            ("skipped", "Skipped"),
            ("undone", "Taken back"),
            ("error", "Error"),
        ],
        readonly=True,
    )
    message = fields.Char(string="Explanation", readonly=True)
    changed_by_id = fields.Many2one(
        "res.users",
        string="Changed By",
        readonly=True,
        help="Who decided in the preview what this row gets.",
    )

    def _read_group_select(self, aggregate_spec, query):
        """Sums are in the product's unit: dozens are not added to pieces."""
        name, _colon, function = aggregate_spec.partition(":")
        if function != "sum" or name not in ("needed_qty", "planned_qty", "filled_qty"):
            return super()._read_group_select(aggregate_spec, query)
        unit = query.left_join(self._table, "product_uom_id", "uom_uom", "id", "product_uom_id")
        product = query.left_join(self._table, "product_id", "product_product", "id", "product_id")
        template = query.left_join(
            product, "product_tmpl_id", "product_template", "id", "product_tmpl_id"
        )
        own = query.left_join(template, "uom_id", "uom_uom", "id", "uom_id")
        return SQL(
            "SUM(%s * COALESCE(%s / NULLIF(%s, 0), 1))",
            self._field_to_sql(self._table, name, query),
            SQL.identifier(unit, "factor"),
            SQL.identifier(own, "factor"),
        )

    @of_many
    def action_view_backorder_stuck(self):
        """*Who Holds It?*: which orders hold stock of this product that they cannot ship."""
        policy = self.run_id[:1].policy
        parts = self.sale_line_id.sudo()._backorder_parts()
        products = self.product_id.union(*(product for own in parts.values() for product in own))
        return self.env["backorder.stuck"]._open(products, policy=policy)

    @api.model
    def _write_each(self, vals_by_line):
        """Write ``{line: values}``; as `write`, in a statement or two."""
        if is_ours_alone(self, models.BaseModel, "write", ()):
            update_rows(vals_by_line)
            return
        for lines, vals in by_values(vals_by_line):
            lines._backorder_write(vals)

    def _gifts(self):
        """{id of an order line: what it gives up for this row, in the product's unit}"""
        return {int(key): quantity for key, quantity in json.loads(self.gifts or "{}").items()}

    def _write_gifts(self, gifts):
        self._backorder_write({"gifts": json.dumps(gifts) if gifts else False})

    def _bring_back_gifts(self, quantity=None, strict=False):
        """Reserve for the donors again what they gave up for this row.

        :param quantity: as much, in the product's unit; None: all
        :param strict: all of it, or an error
        :return: {id of a donor: what stays given}
        :raise UserError: names the order that cannot have it back
        """
        self.ensure_one()
        kept = {}
        for key, given in self._gifts().items():
            back = given if quantity is None else min(given, quantity)
            if quantity is not None:
                quantity -= back
            donor = self.env["sale.order.line"].browse(key).exists()
            got = 0.0
            if donor and donor.state == "sale" and is_positive(back):
                wanted = min(back / donor._backorder_per_unit(), donor.backorder_qty)
                before = donor.backorder_filled_qty
                facts = donor._backorder_facts()
                filled = donor._backorder_fill_in_place({donor: wanted}, self.run_id, facts)
                donor._backorder_write({"backorder_filled_qty": before})
                got = filled.get(donor, 0.0) * donor._backorder_per_unit()
            if strict and is_positive(back - got):
                raise UserError(
                    self.env._(
                        "%(order)s gave up %(product)s for %(other)s, and cannot have it back "
                        "now: nothing was taken back.",
                        order=donor.order_id.name or self.env._("An order"),
                        product=self.product_id.display_name,
                        other=self.order_id.name,
                    )
                )
            if is_positive(given - got):
                kept[key] = given - got
        return kept

    def _prepare_result_vals(self, filled, moved, stay=False):
        """What became of the line; where it is less than planned, that is the reason.

        :param stay: why it was filled on its order, where others become new orders
        """
        self.ensure_one()
        vals = {"filled_qty": filled, "moved_qty": min(moved, filled), "result": "done"}
        label = self.sale_line_id._backorder_quantity_label
        if self.sale_line_id._backorder_compare(filled, self.planned_qty) < 0:
            vals["reason"] = "changed"
            vals["message"] = self.env._(
                "Changed meanwhile: %(planned)s were planned, %(filled)s could be filled. Now "
                "%(needed)s needed.",
                planned=label(self.planned_qty),
                filled=label(filled),
                needed=label(self.sale_line_id.backorder_qty),
            )
        elif stay and filled and not self.changed_by_id and self.reason != "not_accepted":
            vals["reason"] = "on_order"
            vals["message"] = self._on_order_words(
                self.sale_line_id, filled, self.needed_qty - filled, stay
            )
        return vals

    def _changed_words(self, user, quantity, stay=False):
        """The sentence of a row that ``user`` changed.

        :param quantity: what the row gets, in its unit
        """
        line = self.sale_line_id
        label = line._backorder_quantity_label
        words = self.env._(
            "Changed by %(user)s: %(quantity)s.", user=user.name, quantity=label(quantity)
        )
        if quantity > 0 and stay:
            words += " " + self.env._("On the order itself: %s.", stay)
        if line._backorder_compare(line.backorder_qty, quantity) > 0:
            left = label(line.backorder_qty - quantity)
            words += " " + self.env._("Still needed: %s.", left)
        return words

    @api.model
    def _on_order_words(self, sale_line, filled, left, stay):
        """The sentence of a line that is filled on its order, where others become new orders."""
        label = sale_line._backorder_quantity_label
        if sale_line._backorder_compare(left, 0.0) > 0:
            return self.env._(
                "%(filled)s filled on the order itself: %(reason)s. %(left)s still needed.",
                filled=label(filled),
                reason=stay,
                left=label(left),
            )
        return self.env._(
            "%(filled)s filled on the order itself: %(reason)s.",
            filled=label(filled),
            reason=stay,
        )
