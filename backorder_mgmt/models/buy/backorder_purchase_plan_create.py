"""Purchase orders of rows that were proposed: looked at once more, and made."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine import is_more, work_out


class BackorderPurchasePlan(models.AbstractModel):
    _inherit = "backorder.purchase.plan"

    @api.model
    def _lock_warehouses(self, warehouses):
        """Only one *Create* at a time for a warehouse; who waited looks anew.

        The rows are written, not only locked: a transaction that began before would otherwise go
        on with what it read then. Now it fails to write and is started over by Odoo.
        """
        ids = tuple(warehouses.ids) or (0,)
        self.env.cr.execute(
            SQL("SELECT id FROM stock_warehouse WHERE id IN %s ORDER BY id FOR NO KEY UPDATE", ids),
            log_exceptions=False,
        )
        self.env.cr.execute(
            SQL("UPDATE stock_warehouse SET name = name WHERE id IN %s", ids),
            log_exceptions=False,
        )

    @api.model
    def _create_orders(self, options, rows, made=None):
        """Make the requests for quotation of ``rows`` (``backorder.purchase.line``).

        :param made: purchase orders that were made for other rows of the same screen: a vendor's
            rows go on the vendor's
        :return: the purchase orders, superuser's
        :raise UserError: a row cannot be ordered, or its goods were ordered meanwhile
        """
        self._check_may_buy()
        self._check_options(options)
        rows = rows.filtered(lambda row: row.quantity or row.suggested_qty)
        if not rows:
            raise UserError(
                self.env._(
                    "There is nothing to order: no row has a quantity. Click “Add to Order”."
                )
            )
        self._check_rows(rows)
        self._lock_warehouses(rows.warehouse_id)
        needed = self._recheck_rows(options, rows)
        bought_for = self._share_lines(rows, needed)
        orders = self.env["purchase.order"].sudo()
        made = made or orders
        groups = rows.grouped(
            lambda row: (row.company_id, row.warehouse_id, row.vendor_id, row.currency_id)
        )
        for company, of_company in rows.grouped("company_id").items():
            self._read_ahead(company, of_company.product_id)
        for (company, warehouse, vendor, currency), of_request in groups.items():
            orders |= self._create_order(
                options, company, warehouse, vendor, currency, of_request, bought_for, made
            )
        return orders

    @api.model
    def _read_ahead(self, company, products):
        """Read at once what Odoo would read product by product for each line."""
        products = self._as_buyer(products, company)
        products.supplier_taxes_id.mapped("company_id")
        products.seller_ids.partner_id.mapped("active")

    @api.model
    def _check_rows(self, rows):
        problems = [problem for row in rows for problem in self._row_problems(row)]
        if problems:
            shown = problems[:10]
            if len(problems) > len(shown):
                shown.append(self.env._("… and %s more.", len(problems) - len(shown)))
            raise UserError("\n".join(shown))

    @api.model
    def _recheck_rows(self, options, rows):
        """Look once more: what the rows were worked out from may have been bought meanwhile.

        :return: {(product, warehouse): :class:`Needed`} of now
        """
        facts = {}
        for warehouse, of_warehouse in rows.grouped("warehouse_id").items():
            facts.update(
                self._purchase_facts(
                    of_warehouse.product_id,
                    warehouse,
                    options.backorder_days,
                    options.include_quotations,
                )
            )
        needed, problems = {}, []
        refill = options.choose != "backordered"
        for row in rows:
            figures = facts[row.product_id.id, row.warehouse_id.id]
            now = work_out(figures, refill=refill)
            needed[row.product_id, row.warehouse_id] = now
            more = now.on_order - row.on_order_qty
            fewer = row.needed_qty - now.quantity
            if not (is_more(more, 0.005) or is_more(fewer, 0.005)):
                continue
            unit = row.product_id.uom_id
            documents = self._list_documents(row.product_id, figures).replace("\n", ", ")
            problems.append(
                self.env._(
                    "%(product)s: needed now is %(now)s, not %(before)s any more (on order: "
                    "%(documents)s).",
                    product=row.product_id.display_name,
                    now=self._label(now.quantity, unit),
                    before=self._label(row.needed_qty, unit),
                    documents=documents or self.env._("nothing"),
                )
            )
        if problems:
            raise UserError(
                self.env._(
                    "Something changed since these rows were made. Nothing was ordered. Click "
                    "“Add to Order” to work the rows out again, then “Create”.\n%s",
                    "\n".join(problems[:10]),
                )
            )
        return needed

    @api.model
    def _share_lines(self, rows, needed):
        """{row: sale lines that it is bought for}, as far as its quantity goes."""
        left = {key: dict(what.lines) for key, what in needed.items()}
        result = {}
        lines = self.env["sale.order.line"].sudo()
        for row in rows:
            open_lines = left[row.product_id, row.warehouse_id]
            quantity = row.product_uom_id._compute_quantity(
                row.quantity, row.product_id.uom_id, round=False
            )
            ids = []
            for line_id in list(open_lines):
                if not is_more(quantity, 0.0):
                    break
                taken = min(quantity, open_lines[line_id])
                quantity -= taken
                open_lines[line_id] -= taken
                ids.append(line_id)
                if not is_more(open_lines[line_id], 0.0):
                    del open_lines[line_id]
            result[row] = ids
        every = [line_id for ids in result.values() for line_id in ids]
        return {row: lines.browse(ids).with_prefetch(every) for row, ids in result.items()}

    @api.model
    def _get_open_rfq_domain(self, company, warehouse, vendor, currency):
        return [
            ("company_id", "=", company.id),
            ("picking_type_id", "=", warehouse.in_type_id.id),
            ("partner_id", "=", vendor.id),
            ("currency_id", "=", currency.id),
            ("state", "=", "draft"),
        ]

    @api.model
    def _create_order(self, options, company, warehouse, vendor, currency, rows, bought_for, made):
        # sudo: who creates purchase orders here is a Backorders manager (checked); the right to
        # write any purchase order is not needed for that
        orders = self.env["purchase.order"].sudo().with_company(company)
        sale_orders = (
            self.env["sale.order"].sudo().union(*(bought_for[row].order_id for row in rows))
        )
        domain = self._get_open_rfq_domain(company, warehouse, vendor, currency)
        order = made.filtered_domain(domain)[:1]
        if not order and options.add_to_rfq:
            order = orders.search(domain, order="id desc", limit=1)
        if order:
            names = [name for name in (order.origin or "").split(", ") if name]
            names += [name for name in sale_orders.mapped("name") if name not in names]
            order.origin = ", ".join(names)
        else:
            order = orders.create(
                self._prepare_order_vals(company, warehouse, vendor, currency, sale_orders)
            )
        # As superuser, as the order: a Backorders manager need not buy. Whom a line is bought for
        # is written by this only.
        made = self.env["purchase.order.line"]._backorder_create(
            [self._prepare_order_line_vals(order, row, bought_for[row]) for row in rows]
        )
        made = made.sudo()
        self._note_purchase(order, made)
        return order

    @api.model
    def _prepare_order_vals(self, company, warehouse, vendor, currency, sale_orders):
        """What Odoo's form fills in when the vendor is chosen comes along."""
        companys_vendor = vendor.sudo().with_company(company)
        position = self.env["account.fiscal.position"].sudo().with_company(company)
        buyer = companys_vendor.buyer_id.filtered(
            lambda user: user.active and company in user.company_ids
        )
        return {
            "partner_id": vendor.id,
            "company_id": company.id,
            "picking_type_id": warehouse.in_type_id.id,
            "currency_id": currency.id,
            "user_id": buyer.id or self.env.uid,
            "payment_term_id": companys_vendor.property_supplier_payment_term_id.id,
            "fiscal_position_id": position._get_fiscal_position(companys_vendor).id,
            "origin": ", ".join(sale_orders.mapped("name")),
        }

    @api.model
    def _prepare_order_line_vals(self, order, row, sale_lines):
        """Description, price, discount and taxes as Odoo works them out for a line of that
        quantity; a price or a date that a person typed stays."""
        vals = {
            "order_id": order.id,
            "product_id": row.product_id.id,
            "product_qty": row.quantity,
            "product_uom_id": row.product_uom_id.id,
        }
        # Not by `create` alone: where a value is missing it takes the price of the vendor's
        # smallest quantity.
        draft = self.env["purchase.order.line"].sudo().with_company(order.company_id).new(vals)
        draft._compute_tax_id()
        vals.update(
            name=draft.name,
            price_unit=draft.price_unit,
            discount=draft.discount,
            date_planned=draft.date_planned,
            tax_ids=[fields.Command.set(draft.tax_ids.ids)],
            analytic_distribution=draft.analytic_distribution,
            # Odoo's replenishment finds requests by the place the goods end up in.
            location_final_id=row.warehouse_id.lot_stock_id.id,
            backorder_line_ids=[fields.Command.set(sale_lines.ids)],
        )
        if self._price_is_typed(row):
            vals["price_unit"] = row.price_unit
        if self._date_is_typed(row):
            vals["date_planned"] = row.date_planned
        return vals

    # -- chatter ----------------------------------------------------------------------------------

    @api.model
    def _note_purchase(self, order, lines):
        """Say on the purchase order whom it is for, and on their orders what was bought."""
        notes = {}
        for line in lines:
            text = self.env._(
                "%(quantity)s of %(product)s on %(order)s",
                quantity=self._label(line.product_qty, line.product_uom_id),
                product=line.product_id.display_name,
                order=order._get_html_link(),
            )
            for sale_order in line.backorder_line_ids.order_id:
                notes.setdefault(sale_order, []).append(text)
        if not notes:
            return
        sale_orders = self.env["sale.order"].sudo().union(*notes)
        sale_orders._message_log_batch(
            bodies={
                sale_order.id: self.env._("Bought for backorders: %s.", _join(texts))
                for sale_order, texts in notes.items()
            }
        )
        links = [sale_order._get_html_link() for sale_order in sale_orders]
        order._message_log(body=self.env._("Bought for the backorders of %s.", _join(links)))


def _join(parts):
    """Comma-separated; links stay links."""
    return Markup(", ").join(parts)
