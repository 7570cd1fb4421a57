"""What a product takes from stock: itself, or the components of its kit."""

from contextlib import nullcontext

from odoo import fields, models
from odoo.tools import SQL

from ..base.named import of_many
from .sale_order_line_quotation import figured
from .settling import no_door


class ProductProduct(models.Model):
    _inherit = "product.product"

    backorder_line_count = fields.Integer(
        string="On Backorder", compute="_compute_backorder_line_count"
    )

    def _compute_backorder_line_count(self):
        counts = dict(
            self.env["sale.order.line"]._read_group(
                self._get_backorder_lines_domain(), ["product_id"], ["__count"]
            )
        )
        for product in self:
            product.backorder_line_count = counts.get(product, 0)

    def _get_backorder_lines_domain(self):
        return [("product_id", "in", self.ids), ("backorder_qty", ">", 0)]

    def _backorder_parts(self):
        """What a unit of each product takes from stock.

        :return: {product: {storable product: quantity in its unit per unit of the product}}; a kit
            gives its components, anything that is not kept in stock an empty dict
        """
        kits = self._backorder_kit_boms()
        return {
            product: self._backorder_kit_parts(product, kits[product])
            if product in kits
            else ({product: 1.0} if product.product_tmpl_id.is_storable else {})
            for product in self
        }

    def _backorder_kit_boms(self):
        """{product: its kit} where `mrp` is installed; a kit of another company does not count."""
        products = self._backorder_kits_somewhere()
        if not products:
            return {}
        # sudo: a salesman sells kits without reading bills of materials
        boms = self.env["mrp.bom"].sudo()
        company = self.env.company
        kits = boms._bom_find(products, company_id=company.id, bom_type="phantom")
        return {product: bom for product, bom in kits.items() if bom}

    def _backorder_kits_somewhere(self):
        """Those of ``self`` that are a kit in some company. Odoo looks at every product to find its
        kit: few have any."""
        if "mrp.bom" not in self.env or not self:
            return self.browse()
        # sudo: as for the kits themselves
        recipes = self.env["mrp.bom"].sudo()._search([("type", "=", "phantom")])
        # Of the context nothing may narrow it: Odoo adds the category of a search view.
        kits = self.sudo().with_context(active_test=False, search_default_categ_id=False)
        kits = kits._search(
            [
                ("id", "in", self.ids),
                ("product_tmpl_id", "in", recipes.subselect("product_tmpl_id")),
            ],
            order="id",
        )
        found = set(kits)
        return self.filtered(lambda product: product._origin.id in found)

    def _backorder_kit_parts(self, product, bom):
        parts = {}
        for part, taken in self._backorder_kit_lines(product, bom).values():
            parts[part] = parts.get(part, 0.0) + taken
        return parts

    def _backorder_kit_lines(self, product, bom):
        """{recipe line id: (component, quantity in its unit per unit of the kit)}"""
        quantity = product.uom_id._compute_quantity(1.0, bom.product_uom_id, round=False)
        quantity /= bom.product_qty or 1.0
        result = {}
        for bom_line, data in bom.explode(product, quantity)[1]:
            part = bom_line.product_id
            if not part.is_storable or bom_line.product_uom_id.is_zero(data["qty"]):
                continue
            taken = bom_line.product_uom_id._compute_quantity(data["qty"], part.uom_id, round=False)
            before = result[bom_line.id][1] if bom_line.id in result else 0.0
            result[bom_line.id] = (part.with_env(product.env), before + taken)
        return result

    # -- who waits for them -----------------------------------------------------------------------

    def _backorder_sql_sold_as(self):
        """SQL that selects ``self`` and the kits that have one of these as a component."""
        if "mrp.bom" not in self.env:
            return SQL("SELECT unnest(%s)", self.ids)
        # Kits by the recipe of today, and by the deliveries that were made by an older one.
        self.env["stock.move"].flush_model(["product_id", "sale_line_id", "state"])
        return SQL(
            """
            WITH RECURSIVE sold_as(id) AS (
                SELECT unnest(%s)
                 UNION
                SELECT kit.id
                  FROM sold_as
                  JOIN mrp_bom_line component ON component.product_id = sold_as.id
                  JOIN mrp_bom bom ON bom.id = component.bom_id AND bom.type = 'phantom'
                  JOIN product_product kit ON kit.id = bom.product_id
                    OR (bom.product_id IS NULL AND kit.product_tmpl_id = bom.product_tmpl_id)
            )
            SELECT id FROM sold_as
             UNION
            SELECT kit_id
              FROM (
                -- line by line: joined, the database would read all lines there are
                SELECT component.product_id,
                       (SELECT kit_line.product_id FROM sale_order_line kit_line
                         WHERE kit_line.id = component.sale_line_id) AS kit_id
                  FROM stock_move component
                 WHERE component.product_id = ANY(%s) AND component.sale_line_id IS NOT NULL
                   AND component.state IN ('confirmed', 'waiting', 'partially_available')
                   ) open
             WHERE kit_id != product_id
            """,
            self.ids,
            self.ids,
        )

    def _backorder_sold_as(self):
        """``self`` and the kits that have one of these as a component."""
        self.env.cr.execute(self._backorder_sql_sold_as())
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _update_uom(self, to_uom_id):
        """Odoo puts another unit in place of the product's, first on all documents and then on the
        product, and leaves their numbers as they are. So are ours: nothing changes hands, and
        nothing may be worked out between the two, when a dozen reserved is twelve dozen.
        """
        with no_door.so(self.env), figured.so(self.env):
            return super()._update_uom(to_uom_id)

    def _backorder_stock_changed(self):
        """Hook: supply of these products or the queue for it changed."""

    def _backorder_together(self, lines):
        """Hook: a context in which much of these products' stock and queues changes, by ``lines``
        and others; what follows of it is worked out once, in the end."""
        return nullcontext()

    @of_many
    def action_view_backorder_lines(self):
        """The order lines that wait for this product."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "backorder_mgmt.sale_order_line_backorder_action"
        )
        action["domain"] = self._get_backorder_lines_domain()
        action["context"] = {}
        return action
