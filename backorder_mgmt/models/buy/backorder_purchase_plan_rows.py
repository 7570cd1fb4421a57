"""Rows of the screen *Create Purchase Orders*: added, completed, brought up to date.

What a person typed in a row stays: its quantity, price, date and vendor.
"""

from odoo import api, models

from ...engine import round_up, work_out

#: What another vendor than the proposed one changes of a row.
_OF_VENDOR = (
    "vendor_id",
    "product_uom_id",
    "currency_id",
    "discount",
    "lead_days",
    "proposed_price",
    "proposed_date",
    "suggested_qty",
    "vendor_min_qty",
)


class BackorderPurchasePlan(models.AbstractModel):
    _inherit = "backorder.purchase.plan"

    @api.model
    def _merge_rows(self, screen, proposed):
        """Add rows to those of ``screen``: one row for a SKU, vendor and warehouse.

        Figures are brought up to date; a quantity, price or date that was typed stays.

        :param proposed: values of rows, as :meth:`_propose` has them
        """
        rows = screen.line_ids
        known = {(row.product_id.id, row.vendor_id.id, row.warehouse_id.id): row for row in rows}
        chosen = {(row.product_id.id, row.warehouse_id.id): row for row in rows}
        fresh, seen = [], rows.browse()
        for vals in proposed:
            place = (vals["product_id"], vals["warehouse_id"])
            row = known.get((vals["product_id"], vals["vendor_id"], vals["warehouse_id"]))
            # Another vendor was typed there: that row is the one of this need.
            row = row or chosen.get(place)
            if row:
                self._bring_up_to_date(row, vals)
                seen |= row
            else:
                fresh.append({**vals, "purchase_id": screen.id})
        rows.create(fresh)
        self._refresh_rows(rows - seen)

    @api.model
    def _bring_up_to_date(self, row, vals):
        """Write the proposal ``vals`` on ``row``, but for what was typed there."""
        vals = dict(vals)
        other = vals["vendor_id"] != row.vendor_id.id or vals["product_uom_id"] != (
            row.product_uom_id.id
        )
        if other or row.product_uom_id.compare(row.quantity, row.suggested_qty):
            vals.pop("quantity")
        if other or self._price_is_typed(row):
            vals.pop("price_unit")
        if other or self._date_is_typed(row):
            vals.pop("date_planned")
        if other:
            vals = {name: value for name, value in vals.items() if name not in _OF_VENDOR}
        row.write(vals)

    @api.model
    def _refresh_rows(self, rows):
        """Bring rows up to date that are not asked for any more: nothing of them is needed now,
        or they were picked by hand."""
        for warehouse, of_warehouse in rows.grouped("warehouse_id").items():
            screen = of_warehouse.purchase_id
            facts = self._purchase_facts(
                of_warehouse.product_id, warehouse, screen.backorder_days, screen.include_quotations
            )
            for row in of_warehouse:
                figures = facts[row.product_id.id, warehouse.id]
                needed = work_out(figures, refill=screen.choose != "backordered")
                vals = self._prepare_row_vals(
                    row.product_id, warehouse, figures, needed, vendors=row.vendor_id or None
                )
                self._bring_up_to_date(row, vals)

    @api.model
    def _follow_vendor(self, rows, typed):
        """What a row says of its vendor, after that was changed, but for what was ``typed``."""
        for row in rows.filtered("vendor_id"):
            row.write(self._prepare_other_vendor_vals(row, typed))

    @api.model
    def _prepare_other_vendor_vals(self, row, typed):
        """Values of ``row`` after its vendor was changed, but for what was ``typed`` along."""
        offer = self._offer_of(row)
        vals = {name: value for name, value in offer.items() if name not in typed}
        return {**vals, "vendor_id": row.vendor_id.id, "currency_id": offer["currency_id"]}

    @api.model
    def _complete_rows(self, vals_list):
        """Values of rows, with the figures of those that come without; what is typed stays."""
        purchases = self.env["backorder.purchase"]
        places, result = {}, list(vals_list)
        for number, vals in enumerate(vals_list):
            if "needed_qty" in vals:
                continue
            purchase = purchases.browse(vals["purchase_id"])
            # Who sees no warehouses does not send one.
            warehouse_id = vals.get("warehouse_id") or self._get_warehouses(purchase)[:1].id
            result[number] = {**vals, "warehouse_id": warehouse_id}
            places.setdefault((purchase.id, warehouse_id), []).append(number)
        for (purchase_id, warehouse_id), numbers in places.items():
            purchase = purchases.browse(purchase_id)
            warehouse = self.env["stock.warehouse"].browse(warehouse_id)
            products = self.env["product.product"].browse(
                {result[number]["product_id"] for number in numbers}
            )
            facts = self._purchase_facts(
                products,
                warehouse,
                max(0, purchase.backorder_days),
                purchase.include_quotations,
            )
            refill = purchase.choose != "backordered"
            for number in numbers:
                vals = result[number]
                product = products.browse(vals["product_id"])
                figures = facts[product.id, warehouse_id]
                vendor = self.env["res.partner"].browse(vals.get("vendor_id") or ())
                vendors = vendor or (
                    purchase.vendor_ids if purchase.vendor_scope == "selected" else None
                )
                needed = work_out(figures, refill=refill)
                full = self._prepare_row_vals(product, warehouse, figures, needed, vendors=vendors)
                result[number] = {**full, **vals}
        return result

    @api.model
    def _figures_of(self, row):
        """Values of a row whose SKU was picked by hand."""
        self._check_may_buy()
        options = row.purchase_id
        product, warehouse = row.product_id._origin, row.warehouse_id._origin
        facts = self._purchase_facts(
            product, warehouse, max(0, options.backorder_days), options.include_quotations
        )[product.id, warehouse.id]
        needed = work_out(facts, refill=options.choose != "backordered")
        vendors = options.vendor_ids._origin if options.vendor_scope == "selected" else None
        return self._prepare_row_vals(product, warehouse, facts, needed, vendors=vendors)

    @api.model
    def _offer_of(self, row):
        """Values of a row whose vendor was changed by hand; a typed quantity stays."""
        self._check_may_buy()
        product, vendor = row.product_id._origin, row.vendor_id._origin
        quantity = round_up(row.needed_qty, row.multiple_qty)
        vals = self._prepare_offer_vals(
            self._offer(product, row.warehouse_id.company_id._origin, quantity, vendor)
        )
        vals.update(vendor_id=vendor.id, suggested_qty=vals["quantity"])
        if row.quantity != row.suggested_qty:
            vals.pop("quantity")
        return vals
