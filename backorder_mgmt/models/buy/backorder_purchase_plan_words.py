"""Purchasing in words: who may, what is wrong with a row, and the arithmetic behind it."""

import math
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...engine import is_positive
from .backorder_purchase_plan import MAX_DAYS


class BackorderPurchasePlan(models.AbstractModel):
    _inherit = "backorder.purchase.plan"

    @api.model
    def _check_may_buy(self):
        if not self.env.su and not self.env.user.has_group(
            "backorder_mgmt.group_backorder_manager"
        ):
            raise AccessError(
                self.env._(
                    "Creating purchase orders from backorders is for Backorders managers. Ask an "
                    "administrator for the right “Backorders: Manager”, or write the purchase "
                    "order by hand."
                )
            )

    @api.model
    def _check_options(self, options):
        self._check_days(options.backorder_days)
        by_vendor = options.choose == "vendor" or options.vendor_scope == "selected"
        if by_vendor and not options.vendor_ids:
            raise UserError(self.env._("Choose at least one vendor under “Vendors”."))
        if options.choose == "vendor" and options.vendor_scope == "all":
            return
        for vendor in options.vendor_ids:
            self._check_vendor(vendor, options.company_id)

    @api.model
    def _check_typed_days(self, vals_list):
        for vals in vals_list:
            self._check_days(vals.get("backorder_days") or 0)

    @api.model
    def _check_days(self, days):
        if not 0 <= days <= MAX_DAYS:
            raise UserError(
                self.env._(
                    "“Include Backorders from the Last … Days” is %(days)s: type a number of days "
                    "from 0 (today only) to %(most)s.",
                    days=days,
                    most=MAX_DAYS,
                )
            )

    @api.model
    def _check_vendor(self, vendor, company):
        problem = self._vendor_problem(vendor, company)
        if problem:
            raise UserError(problem)

    @api.model
    def _vendor_problem(self, vendor, company):
        """The sentence that says why nothing can be ordered there; None: it can."""
        if not vendor.active:
            return self.env._(
                "The vendor %s is archived. Choose another one, or unarchive it.",
                vendor.display_name,
            )
        if vendor.company_id and vendor.company_id != company:
            return self.env._(
                "The vendor %(vendor)s belongs to %(other)s, and the order to %(company)s. Choose "
                "another vendor.",
                vendor=vendor.display_name,
                other=vendor.company_id.name,
                company=company.name,
            )
        return None

    @api.model
    def _row_problems(self, row):
        """One sentence for each thing that keeps ``row`` from being ordered."""
        product = row.product_id
        name = product.display_name
        problems = []
        if not row.vendor_id:
            problems.append(
                self.env._(
                    "%s has no vendor: choose one in the row (or on the product), or remove the "
                    "row.",
                    name,
                )
            )
        else:
            problem = self._vendor_problem(row.vendor_id, row.company_id)
            if problem:
                problems.append(f"{name}: {problem}")
        if not product.active:
            problems.append(self.env._("%s is archived: remove the row.", name))
        elif not product.purchase_ok:
            problems.append(
                self.env._(
                    "%s cannot be purchased (“Purchase” is off on the product): remove the row.",
                    name,
                )
            )
        if not product.is_storable:
            problems.append(
                self.env._(
                    "%s is not tracked in stock, so it is never on backorder: remove the row.", name
                )
            )
        if row.company_id != row.purchase_id.company_id:
            problems.append(
                self.env._(
                    "%(product)s: the warehouse %(warehouse)s belongs to %(other)s. Choose one of "
                    "%(company)s.",
                    product=name,
                    warehouse=row.warehouse_id.display_name,
                    other=row.company_id.name,
                    company=row.purchase_id.company_id.name,
                )
            )
        return problems + self._row_number_problems(row, name)

    @api.model
    def _row_number_problems(self, row, name):
        """One sentence for each number of ``row`` with which it cannot be ordered."""
        if not (math.isfinite(row.quantity) and math.isfinite(row.price_unit)):
            return [self.env._("%s: quantity and price are numbers. Type them again.", name)]
        problems = []
        unit = row.product_uom_id
        if unit and (
            unit.compare(row.quantity, 0.0) < 0
            or (row.suggested_qty and unit.compare(row.quantity, 0.0) == 0)
        ):
            problems.append(
                self.env._(
                    "%(product)s: %(quantity)s cannot be ordered. Type a quantity above zero, or "
                    "remove the row.",
                    product=name,
                    quantity=self._label(row.quantity, unit),
                )
            )
        if row.price_unit < 0:
            problems.append(
                self.env._("%s: the price is below zero. Type a price from 0 up.", name)
            )
        return problems

    @api.model
    def _price_is_typed(self, row):
        return row.price_unit != row.proposed_price

    @api.model
    def _date_is_typed(self, row):
        # A form works the proposal out a moment earlier than the row that it saves. Who picks
        # another day keeps the hour, and a day has 23 hours at least: whether that is another day
        # of the company's depends on where they are.
        typed, proposed = row.date_planned, row.proposed_date
        if not typed or not proposed:
            return bool(typed)
        day = row.company_id._backorder_day
        return abs(typed - proposed) > timedelta(hours=12) or day(typed) != day(proposed)

    @api.model
    def _list_documents(self, product, facts):
        """``P00012: 10 Units`` a line, requests marked as such."""
        texts = []
        # Of the template, not its copy on the product: that is read for all products at once.
        unit = product.product_tmpl_id.uom_id if facts.on_order else None
        for goods in facts.on_order:
            name = goods.document or self.env._("Receipt")
            if goods.request:
                name = self.env._("%s (request for quotation)", name)
            texts.append(f"{name}: {self._label(goods.quantity, unit)}")
        return "\n".join(texts)

    @api.model
    def _list_elsewhere(self, product, warehouse, facts, needed):
        """``WH/Damaged: 5 Units`` a line: what no delivery takes."""
        places = list(facts.elsewhere)
        if is_positive(needed.out_of_reach):
            stock = warehouse.lot_stock_id.display_name
            places.append(
                (self.env._("%s, deliveries take from elsewhere", stock), needed.out_of_reach)
            )
        # What leaves stock before the deliveries that lack it: no part of “On hand”, “On order”.
        if is_positive(needed.leaving):
            stock = warehouse.lot_stock_id.display_name
            places.append((self.env._("%s, to be removed before delivery", stock), needed.leaving))
        if is_positive(needed.leaving_on_order):
            name = self.env._("On order, to be removed before delivery")
            places.append((name, needed.leaving_on_order))
        unit = product.product_tmpl_id.uom_id if places else None
        return "\n".join(f"{place}: {self._label(quantity, unit)}" for place, quantity in places)

    @api.model
    def _label(self, quantity, unit):
        return unit._backorder_label(quantity)

    @api.model
    def _describe_left_out(self, left_out):
        """Older backorders that the window left out, named; False: none."""
        if not left_out:
            return False
        names = [
            f"{product.display_name} ({self._label(quantity, product.uom_id)})"
            for product, quantity in left_out.items()
        ]
        return self.env._("Older backorders are left out: %s.", self._list_some(names))

    @api.model
    def _describe_never_bought(self, products):
        """What is needed and never bought, named; False: nothing."""
        if not products:
            return False
        return self.env._(
            "Needed, but not bought, as the product is archived, “Purchase” is off on it, or it is "
            "manufactured and has no vendor: %s.",
            self._list_some(products.mapped("display_name")),
        )

    @api.model
    def _list_some(self, names):
        """The first five of ``names``, and how many more."""
        shown = ", ".join(names[:5])
        if len(names) > 5:
            shown = self.env._("%(names)s and %(more)s more", names=shown, more=len(names) - 5)
        return shown

    @api.model
    def _vendor_hint(self, row):
        """What the buyer should know of the vendor and of the product; False: nothing."""
        vendor = row.vendor_id
        hints = []
        if vendor and not vendor.email and not vendor.phone:
            hints.append(self.env._("%s has no e-mail and no phone.", vendor.display_name))
        # sudo: warnings are shown to purchasers, and to who creates their orders here
        for warned in (vendor, vendor.parent_id):
            hints.append(warned.sudo().purchase_warn_msg or "")
        hints.append(row.product_id.sudo().purchase_line_warn_msg or "")
        return " ".join(hint for hint in hints if hint) or False

    @api.model
    def _list_sentences(self, sentences):
        """Each sentence once, the first five of them, a line each; False: none."""
        known = list(dict.fromkeys(sentence for sentence in sentences if sentence))
        if len(known) > 5:
            known[5:] = [self.env._("… and %s more.", len(known) - 5)]
        return "\n".join(known) or False

    @api.model
    def _render_receipt(self, row):
        """*How?*: (the arithmetic of a row as text, the same as a table)"""
        lines = self._receipt_lines(row) if row.product_id else []
        text = "\n".join(f"{words}: {figure}" if figure else words for words, figure in lines)
        table = self.env["ir.qweb"]._render(
            "backorder_mgmt.backorder_purchase_receipt", {"lines": lines}
        )
        return text, table

    @api.model
    def _receipt_lines(self, row):
        """The arithmetic of a row as on a receipt: [(text, figure with its unit or nothing)]."""
        unit = row.product_id.uom_id
        position = row.free_qty - row.demand_qty + row.on_order_qty - row.older_kept_qty
        lines = [
            (self.env._("Backorders in the days included"), row.backorder_qty, True),
            (self.env._("Older backorders, left out"), row.older_backorder_qty, False),
            (self.env._("On hand"), row.on_hand_qty, True),
            (self.env._("− reserved"), row.reserved_qty, False),
            (self.env._("− set aside for quotations"), row.promised_qty, False),
            (self.env._("= free"), row.free_qty, True),
            (self.env._("− other open demand"), row.demand_qty, False),
            (self.env._("+ on order"), row.on_order_qty, True),
            *((f"    {text}", None, True) for text in (row.documents or "").splitlines()),
            *(
                (self.env._("Lies elsewhere, not counted: %s", text), None, True)
                for text in (row.elsewhere or "").splitlines()
            ),
            (self.env._("− of it bought for older backorders"), row.older_kept_qty, False),
            (self.env._("= there for these backorders"), position, True),
            (self.env._("Missing for backorders"), row.short_qty, False),
            (
                self.env._(
                    "Below the minimum of %(min)s: up to the maximum of %(max)s",
                    min=self._label(row.min_qty, unit),
                    max=self._label(max(row.min_qty, row.max_qty), unit),
                ),
                row.refill_qty,
                False,
            ),
            (self.env._("Needed"), row.needed_qty, True),
            (self.env._("Rounded up to a multiple of"), row.multiple_qty, False),
        ]
        texts = [
            (text, "" if value is None else self._label(value, unit))
            for text, value, always in lines
            if value or always
        ]
        if row.vendor_id and row.product_uom_id:
            minimum = self._least_of_vendor(row)
            if minimum:
                texts.append((self.env._("Minimum of the vendor"), minimum))
            texts.append(
                (
                    self.env._("%s is asked for, in whole units", row.vendor_id.display_name),
                    self._label(row.suggested_qty, row.product_uom_id),
                )
            )
        return texts

    @api.model
    def _least_of_vendor(self, row):
        """The least that the vendor of the row sells; nothing where that does not matter."""
        minimum = row.vendor_min_qty
        return self._label(minimum, row.product_uom_id) if minimum else ""
