"""What is needed, proposed as rows: which SKUs, how many, of which vendor."""

from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine import round_up, vendor_quantity, work_out

#: More days than anybody waits for an order.
MAX_DAYS = 3650


@dataclass(slots=True)
class Offer:
    """What a vendor is asked for: records, ``quantity`` and ``price`` in the vendor's unit."""

    vendor: models.BaseModel
    unit: models.BaseModel
    currency: models.BaseModel
    quantity: float
    price: float
    discount: float
    delay: int
    minimum: float = 0.0


class BackorderPurchasePlan(models.AbstractModel):
    """What the screen *Create Purchase Orders* asks for; see ``engine/purchase.py`` for the sums.

    ``options``: a ``backorder.purchase`` record, or anything with its fields.
    """

    _name = "backorder.purchase.plan"
    _description = "Purchase for Backorders: Plan"

    # -- proposing --------------------------------------------------------------------------------

    @api.model
    def _get_warehouses(self, options):
        if options.warehouse_id:
            return options.warehouse_id
        return self.env["stock.warehouse"].search([("company_id", "=", options.company_id.id)])

    @api.model
    def _get_products(self, options, warehouses):
        """The products that the options may propose."""
        # What is archived is named, and not bought.
        products = options.with_context(active_test=False).product_ids
        if not products and options.create_mode != "manual":
            products = self._get_products_by_need(options, warehouses)
        # As rows of the screen: by their code, those that are not tracked left out.
        every = self.env["product.product"].with_context(active_test=False)
        return every.search([("id", "in", products.ids), ("is_storable", "=", True)])

    @api.model
    def _get_products_by_need(self, options, warehouses):
        """The products that the options may propose where none is chosen."""
        if options.choose == "vendor":
            return self._get_vendor_products(options.vendor_ids, options.company_id)
        products = self._backordered_products(warehouses)
        if options.choose != "backordered":
            rules = self.env["stock.warehouse.orderpoint"].sudo()
            products |= rules.search([("warehouse_id", "in", warehouses.ids)]).product_id
        if options.vendor_scope == "selected":
            products &= self._get_vendor_products(options.vendor_ids, options.company_id)
        return products

    @api.model
    def _get_vendor_products(self, vendors, company):
        sellers = self.env["product.supplierinfo"].search(
            [
                ("partner_id", "in", (vendors | vendors.commercial_partner_id).ids),
                ("company_id", "in", (False, company.id)),
            ]
        )
        of_variants = sellers.filtered("product_id")
        return of_variants.product_id | (sellers - of_variants).product_tmpl_id.product_variant_ids

    @api.model
    def _propose(self, options):
        """The rows that the options ask for.

        :return: (values of ``backorder.purchase.line``, {product: quantity of older backorders
            that the window left out}, products that are needed, but never bought)
        """
        self._check_may_buy()
        self._check_options(options)
        warehouses = self._get_warehouses(options)
        products = self._get_products(options, warehouses)
        by_hand = options.create_mode == "manual" or options.choose == "vendor"
        facts = self._purchase_facts(
            products, warehouses, options.backorder_days, options.include_quotations
        )
        rows, left_out = [], {}
        vendors = options.vendor_ids if options.vendor_scope == "selected" else None
        if options.choose == "vendor":
            vendors = options.vendor_ids
        for warehouse in warehouses:
            for product in self._as_buyer(products, warehouse.company_id):
                figures = facts[product.id, warehouse.id]
                needed = work_out(figures, refill=options.choose != "backordered")
                if needed.older:
                    left_out[product] = left_out.get(product, 0.0) + needed.older
                wanted = needed.below_minimum if options.choose == "below_min" else needed.quantity
                if wanted or (by_hand and (options.warehouse_id or warehouse == warehouses[0])):
                    rows.append(
                        self._prepare_row_vals(product, warehouse, figures, needed, vendors=vendors)
                    )
        never = products.browse({vals["product_id"] for vals in rows}).filtered(
            lambda product: not product.active
        )
        if not by_hand and not options.product_ids:
            never |= self._never_bought(options.company_id, rows)
        rows = [vals for vals in rows if vals["product_id"] not in never._ids]
        return rows, left_out, never

    @api.model
    def _as_buyer(self, products, company):
        """``products`` as vendors are chosen for them: of ``company``, by the superuser."""
        # sudo: who may buy was checked; a Backorders manager need not read costs and vendors
        return products.sudo().with_company(company)

    @api.model
    def _never_bought(self, company, rows):
        """The products of proposed ``rows`` that are no matter of a buyer: “Purchase” is off, or
        they are manufactured and nobody sells them."""
        products = self.env["product.product"].sudo()
        proposed = products.browse({vals["product_id"] for vals in rows})
        never = proposed.filtered(lambda product: not product.purchase_ok)
        alone = proposed.browse({vals["product_id"] for vals in rows if not vals["vendor_id"]})
        if "mrp.bom" in self.env and alone:
            made = (
                self.env["mrp.bom"]
                .sudo()
                ._bom_find(alone, company_id=company.id, bom_type="normal")
            )
            never |= alone.filtered(lambda product: made.get(product))
        return never

    @api.model
    def _prepare_row_vals(self, product, warehouse, facts, needed, vendors=None):
        """Values of a row; quantities on hand, on order and needed in the product's unit."""
        vals = self._prepare_figures(product, warehouse, facts, needed)
        quantity = round_up(needed.quantity, facts.multiple)
        offer = self._offer(product, warehouse.company_id, quantity, vendors)
        vals.update(self._prepare_offer_vals(offer))
        vals["suggested_qty"] = vals["quantity"]
        return vals

    @api.model
    def _prepare_figures(self, product, warehouse, facts, needed):
        return {
            "product_id": product.id,
            "warehouse_id": warehouse.id,
            "on_hand_qty": facts.on_hand - needed.not_for_these,
            "reserved_qty": facts.reserved,
            "promised_qty": facts.promised,
            "demand_qty": facts.demand,
            "free_qty": needed.free - needed.not_for_these,
            "on_order_qty": needed.on_order,
            "min_qty": facts.minimum or 0.0,
            "max_qty": facts.maximum,
            "multiple_qty": facts.multiple,
            "backorder_qty": needed.backorders,
            "older_backorder_qty": needed.older,
            "older_kept_qty": needed.kept_for_older,
            "short_qty": needed.short,
            "refill_qty": needed.refill,
            "needed_qty": needed.quantity,
            "documents": self._list_documents(product, facts),
            "elsewhere": self._list_elsewhere(product, warehouse, facts, needed),
        }

    @api.model
    def _prepare_offer_vals(self, offer):
        date = self.env.cr.now().replace(microsecond=0) + timedelta(days=offer.delay)
        return {
            "vendor_id": offer.vendor.id,
            "product_uom_id": offer.unit.id,
            "currency_id": offer.currency.id,
            "quantity": offer.quantity,
            "price_unit": offer.price,
            "proposed_price": offer.price,
            "discount": offer.discount,
            "date_planned": date,
            "proposed_date": date,
            "lead_days": offer.delay,
            "vendor_min_qty": offer.minimum,
        }

    @api.model
    def _offer(self, product, company, quantity, vendors=None):
        """Odoo's own choice of a vendor, and what is asked of it for ``quantity`` (product unit).

        :param vendors: only these, the product's first choice first; None: any
        """
        product = self._as_buyer(product, company)
        own_unit = product.product_tmpl_id.uom_id
        seller = self._select_seller(product, quantity, vendors)
        if not seller:
            vendor = vendors if vendors and len(vendors) == 1 else self.env["res.partner"]
            return self._offer_of_nobody(product, company, quantity, vendor)
        unit = seller.product_uom_id or own_unit
        same = unit == own_unit
        per_unit = 1.0 if same else unit._compute_quantity(1.0, own_unit, round=False)
        step = unit.rounding if same else 1.0
        asked = unit.round(vendor_quantity(quantity, per_unit, seller.min_qty, step))
        vendor = seller.partner_id
        if vendors and vendor not in vendors:
            vendor = vendors.filtered(lambda v: v.commercial_partner_id == vendor)[:1] or vendor
        return Offer(
            vendor,
            unit,
            seller.currency_id,
            asked,
            seller.price,
            seller.discount,
            seller.delay,
            seller.min_qty,
        )

    @api.model
    def _offer_of_nobody(self, product, company, quantity, vendor):
        """No vendor's list has the product: what is needed, at its cost, in the currency in which
        that ``vendor`` (or none) is paid."""
        unit = product.uom_id
        quantity = unit.round(max(0.0, quantity), rounding_method="UP")
        company_currency = company.currency_id
        currency = (
            vendor.sudo().with_company(company).property_purchase_currency_id or company_currency
        )
        price = 0.0
        if vendor:
            price = company_currency._convert(
                product.standard_price, currency, company, fields.Date.today(), round=False
            )
        return Offer(vendor, unit, currency, quantity, price, 0.0, 0)

    @api.model
    def _select_seller(self, product, quantity, vendors=None):
        """Odoo's choice for that quantity; where it is less than anybody's minimum, the vendor
        with the least one.

        Of the day (of UTC) by which Odoo prices the order that is made of it, wherever who looks
        is: what was proposed is what is ordered.
        """
        asked, today = max(quantity, 0.0), fields.Date.today()
        if not vendors:
            unit = product.product_tmpl_id.uom_id
            return product._select_seller(
                quantity=asked, date=today, uom_id=unit
            ) or product._select_seller(quantity=None, date=today, ordered_by="min_qty")
        first = [seller.partner_id for seller in product._prepare_sellers()]
        for partner in dict.fromkeys(first):
            for vendor in vendors:
                if partner not in (vendor, vendor.parent_id):
                    continue
                seller = product._select_seller(
                    partner_id=vendor, quantity=asked, date=today, uom_id=product.uom_id
                ) or product._select_seller(
                    partner_id=vendor, quantity=None, date=today, ordered_by="min_qty"
                )
                if seller:
                    return seller
        return self.env["product.supplierinfo"]

    @api.model
    def _options_of_lines(self, lines):
        """Options that count all of these backorders: old ones and quotations' too."""
        lines = lines.filtered(lambda line: line.backorder_qty > 0)
        if not lines:
            raise UserError(
                self.env._(
                    "Nothing of what you selected is on backorder, so nothing is to be bought."
                )
            )
        company = lines[0].company_id
        if lines.company_id != company:
            raise UserError(
                self.env._("Select items of one company: a purchase order belongs to one.")
            )
        products = lines._backorder_part_products(lines._backorder_parts()).with_env(self.env)
        oldest = max(lines.mapped("backorder_age"))
        return {
            "products": products,
            "company_id": company.id,
            "warehouse_id": lines.warehouse_id.id if len(lines.warehouse_id) == 1 else False,
            "create_mode": "auto",
            "choose": "backordered",
            "vendor_scope": "all",
            "backorder_days": min(MAX_DAYS, max(company.backorder_po_days, oldest + 1)),
            "include_quotations": any(line.state != "sale" for line in lines),
        }

    # -- check lists ------------------------------------------------------------------------------

    @api.model
    def _open_without_vendor(self):
        """Products on backorder that nobody sells to us."""
        self._check_may_buy()
        warehouses = self.env["stock.warehouse"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        products = self.env["product.product"]
        for company, of_company in warehouses.grouped("company_id").items():
            waiting = self._as_buyer(self._backordered_products(of_company), company)
            # As in the rows: a vendor of another company, archived or expired is none.
            products |= waiting.filtered(lambda product: not self._select_seller(product, 0.0))
        action = self.env["ir.actions.actions"]._for_xml_id("product.product_normal_action_sell")
        action.update(
            name=self.env._("On Backorder Without Vendor"),
            display_name=self.env._("On Backorder Without Vendor"),
            domain=[("id", "in", products.ids)],
            context={},
            views=[(False, "list"), (False, "form")],
            help=self.env._("<p>Every product on backorder has a vendor.</p>"),
        )
        return action

    @api.model
    def _open_unreachable_vendors(self):
        """Vendors of whatever product who have neither an e-mail address nor a phone number."""
        self._check_may_buy()
        sellers = self.env["product.supplierinfo"].search(
            [("company_id", "in", [False, *self.env.companies.ids])]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Vendors Without E-Mail and Phone"),
            "res_model": "res.partner",
            "views": [(False, "list"), (False, "form")],
            "domain": [
                ("id", "in", sellers.partner_id.ids),
                ("email", "in", (False, "")),
                ("phone", "in", (False, "")),
            ],
            "context": {"default_is_company": True},
            "help": self.env._("<p>Every vendor can be reached.</p>"),
        }

    @api.model
    def _most_days(self):
        return MAX_DAYS
