"""What an order costs its customer as things stand: what they keep, and what is to come."""

from odoo import api, fields, models
from odoo.tools import SQL, split_every

#: How many orders are worked out at a time where something was returned, closed or credited.
CHUNK = 1000


class SaleOrder(models.Model):
    _inherit = "sale.order"

    backorder_owed_amount = fields.Monetary(
        string="Owed",
        compute="_compute_backorder_owed_amount",
        compute_sudo=True,
        help="What the customer keeps and what is still to come, at least what is invoiced. What "
        "was returned, closed or cancelled is not owed.",
    )

    @api.depends(
        "amount_total",
        "state",
        "order_line.product_uom_qty",
        "order_line.qty_delivered",
        "order_line.qty_invoiced_posted",
        "order_line.invoice_lines.price_total",
        "order_line.move_ids.state",
        "order_line.move_ids.product_uom_qty",
    )
    def _compute_backorder_owed_amount(self):
        for order in self:
            if order.state in ("draft", "sent"):  # many of them: no need to look at their lines
                order.backorder_owed_amount = order.amount_total
                continue
            owed = order._backorder_amount_of(order.order_line._backorder_owed_quantities())
            otherwise = sum(line._backorder_priced_otherwise() for line in order.order_line)
            order.backorder_owed_amount = order.currency_id.round(owed + otherwise)

    def _backorder_amount_of(self, quantities):
        """What ``{line: quantity}`` of this order cost, by Odoo's tax engine; exactly the order's
        total for the quantities that are ordered."""
        self.ensure_one()
        lines = self._get_priced_lines()
        if all(quantities.get(line, 0.0) == line.product_uom_qty for line in lines):
            return self.amount_total
        return self._backorder_tax_total(
            [
                line._prepare_base_line_for_taxes_computation(quantity=quantities.get(line, 0.0))
                for line in lines
            ]
            + self._backorder_early_payment_lines(lines, quantities)
        )

    def _backorder_early_payment_lines(self, lines, quantities):
        """Odoo's pairs of base lines for an early payment discount, one of each line, in proportion
        to what is owed of it."""
        base_lines = self._add_base_lines_for_early_payment_discount()
        for pair, line in zip(split_every(2, base_lines), lines, strict=False):
            ordered = line.product_uom_qty
            for base_line in pair:
                base_line["price_unit"] *= quantities.get(line, 0.0) / ordered if ordered else 0.0
        return base_lines

    def _backorder_tax_total(self, base_lines):
        taxes = self.env["account.tax"]
        company = self.company_id
        taxes._add_tax_details_in_base_lines(base_lines, company)
        taxes._round_base_lines_tax_details(base_lines, company)
        totals = taxes._get_tax_totals_summary(
            base_lines=base_lines, currency=self.currency_id or company.currency_id, company=company
        )
        return totals["total_amount_currency"]

    # -- rounding of a split ----------------------------------------------------------------------

    def _backorder_book_rounding(self, run=None, without=None):
        """Put on record, on the original of each of these families, what the orders owe more or
        less than they would as one, where that changed.

        :param without: orders that are given up or deleted right now
        """
        # sudo: called by fills and cancellations, whose right was checked
        carries, vals_list = self.env["backorder.carry"].sudo(), []
        # Read for all of them at once: their lines, deliveries and invoices.
        everybody = self.sudo()._backorder_families()
        everybody.mapped("backorder_owed_amount")
        everybody.mapped("backorder_rounding_amount")
        roots = everybody.filtered(lambda order: not order.backorder_parent_id)
        gone = self.sudo().browse() if without is None else without.sudo()
        for root in roots - gone:
            figure = root._backorder_split_rounding(gone)
            change = root.currency_id.round(figure - root.backorder_rounding_amount)
            if not root.currency_id.is_zero(change):
                vals_list.append(root._prepare_backorder_rounding_vals(change, run))
        return carries._backorder_create(vals_list) if vals_list else carries

    def _backorder_families(self):
        """These orders, those that they were made of, and all that were made of these."""
        everybody = level = self
        while level := level.backorder_parent_id - everybody:
            everybody |= level
        level = everybody
        while level := level.backorder_child_ids - everybody:
            everybody |= level
        return everybody

    def _prepare_backorder_rounding_vals(self, amount, run):
        return {
            "to_order_id": self.id,
            "to_name": self.name,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "kind": "rounding",
            "amount": amount,
            "user_id": self.env.uid,
            "run_id": run.id if run else False,
            "note": self.env._("Taxes of the orders apart"),
        }

    def _backorder_split_rounding(self, without):
        """Owed of this original and its new orders, less owed of their lines merged with the lines
        that they were taken from."""
        family = self._backorder_family().filtered(
            lambda order: (
                order.state != "cancel"
                and order not in without
                and order.currency_id == self.currency_id
            )
        )
        early = self._add_base_lines_for_early_payment_discount()
        if len(family) < 2 or self not in family or early:
            return 0.0
        merged, apart = {}, 0.0
        for order in family:
            quantities = order.order_line._backorder_owed_quantities()
            apart += order._backorder_amount_of(quantities)
            for line in order._get_priced_lines():
                key = line._backorder_merge_key()
                first, quantity = merged.get(key, (line, 0.0))
                merged[key] = (first, quantity + quantities.get(line, 0.0))
        together = self._backorder_tax_total(
            [
                line._prepare_base_line_for_taxes_computation(quantity=quantity)
                for line, quantity in merged.values()
            ]
        )
        return self.currency_id.round(apart - together)

    # -- for searching ----------------------------------------------------------------------------

    @api.model
    def _backorder_due_otherwise(self):
        """{order id: due} of the orders that may owe something else than their total (nothing, of a
        cancelled one), found by one query and worked out in chunks; never too few."""
        ids = [order_id for [order_id] in self.env.execute_query(self._backorder_changed_sql())]
        due = {}
        for chunk in split_every(CHUNK, ids):
            orders = self.env["sale.order"].browse(chunk)
            due.update((order.id, order.backorder_amount_due) for order in orders)
            orders.invalidate_recordset()
        return due

    def _backorder_changed_sql(self):
        """Ids of orders with a line of which another quantity may be owed than is ordered."""
        return SQL(
            """
            WITH moved AS (  -- what each delivery step of a line has, in its product's unit
                SELECT sale_line_id, location_dest_id, SUM(product_qty) AS quantity,
                       BOOL_OR(state = 'cancel' OR origin_returned_move_id IS NOT NULL) AS changed,
                       MIN(product_id) AS first_product, MAX(product_id) AS last_product
                  FROM stock_move
                 WHERE sale_line_id IS NOT NULL
              GROUP BY sale_line_id, location_dest_id
            ), line_moved AS (
                SELECT sale_line_id, MIN(quantity) AS quantity, BOOL_OR(changed) AS changed,
                       MIN(first_product) AS first_product, MAX(last_product) AS last_product
                  FROM moved
              GROUP BY sale_line_id
            )
            SELECT DISTINCT line.order_id
              FROM sale_order_line line
              JOIN sale_order so ON so.id = line.order_id
         LEFT JOIN line_moved ON line_moved.sale_line_id = line.id
         LEFT JOIN product_product product ON product.id = line.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
         LEFT JOIN uom_uom own_unit ON own_unit.id = template.uom_id
             WHERE line.display_type IS NULL
               AND line.is_downpayment IS NOT TRUE
               AND so.state IN ('sale', 'cancel')
               AND (
                    EXISTS (
                        SELECT 1
                          FROM sale_order_line_invoice_rel link
                          JOIN account_move_line invoiced ON invoiced.id = link.invoice_line_id
                         WHERE link.order_line_id = line.id
                           AND (
                                so.state = 'cancel'
                                OR invoiced.parent_state = 'draft'
                                OR invoiced.parent_state = 'posted'
                               AND (
                                    invoiced.price_unit <> line.price_unit
                                    OR COALESCE(invoiced.discount, 0) <> COALESCE(line.discount, 0)
                                    OR ABS(  -- of other taxes
                                        invoiced.price_total * line.product_uom_qty
                                        - line.price_total * invoiced.quantity
                                    ) > 0.01 * ABS(line.product_uom_qty)
                               )
                           )
                    )
                    OR so.state = 'sale'
                   AND (
                        line.qty_invoiced > line.product_uom_qty
                        OR line.qty_delivered > line.product_uom_qty
                        OR line_moved.changed
                        OR line_moved.first_product <> line.product_id
                        OR line_moved.last_product <> line.product_id
                        OR ABS(
                            line_moved.quantity
                            - line.product_uom_qty * unit.factor / NULLIF(own_unit.factor, 0)
                        ) > 0.000001
                   )
               )
             UNION
            SELECT to_order_id
              FROM backorder_carry
             WHERE kind = 'rounding' AND to_order_id IS NOT NULL
             UNION
            SELECT order_id FROM (%s) till (order_id, amount)
            """,
            self._backorder_till_sql(SQL("IS NOT NULL")),
        )
