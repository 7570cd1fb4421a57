"""Held quantities and their units: the truth is in the product's unit, lines show their own."""

from odoo import api, fields, models

from ...engine import EPSILON, exact, nearest_whole
from ..base.batch import listeners

#: What is kept of a line: ``backorder_<name>_product_qty`` is the truth, in the product's unit (a
#: kit's is the kit's); ``backorder_<name>_qty`` is the same in the line's unit.
NAMES = ("hold", "forced", "filled", "promised", "cancelled")
TRUTH = {f"backorder_{name}_qty": f"backorder_{name}_product_qty" for name in NAMES}
#: Units that are measured and not counted: a part of a gram is a quantity.
_MEASURED = (
    "product_uom_gram",
    "product_uom_milliliter",
    "product_uom_millimeter",
    "product_uom_square_meter",
    "product_uom_hour",
    "product_uom_kwh",
)
#: Odoo's modules that extend `write` of order lines for fields of their own and of Odoo's: what is
#: ordered, bought, invoiced, planned. Of ours they know nothing.
KNOWN_WRITERS = (
    "analytic",
    "mail",
    "repair",
    "sale",
    "sale_gelato",
    "sale_loyalty",
    "sale_project",
    "sale_purchase",
    "sale_stock",
)


def _truth(string, **attributes):
    return fields.Float(string=string, copy=False, readonly=True, **attributes)


def _shown(name, **attributes):
    """The kept quantity ``name``, exactly, in the line's unit; screens round it."""

    @api.depends(f"backorder_{name}_product_qty", "product_uom_id", "product_id")
    def in_line_unit(self):
        for line in self:
            quantity = line[f"backorder_{name}_product_qty"]
            line[f"backorder_{name}_qty"] = quantity and quantity / line._backorder_per_unit()

    return fields.Float(
        digits=None,
        min_display_digits="Product Unit",
        compute=in_line_unit,
        store=True,
        copy=False,
        **attributes,
    )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_hold_product_qty = _truth(
        "Held (Product's Unit)",
        help="Quantity put on backorder, in the unit of the product: a change of the line's unit "
        "leaves it as it is.",
    )
    backorder_forced_product_qty = _truth("Forced (Product's Unit)")
    backorder_filled_product_qty = _truth("Filled (Product's Unit)")
    backorder_promised_product_qty = _truth("Set Aside (Product's Unit)")
    backorder_cancelled_product_qty = _truth("Rest Cancelled (Product's Unit)")
    backorder_hold_qty = _shown(
        "hold",
        string="Held",
        help="Quantity put on backorder, in the unit of the line. Nothing but a fill reserves it.",
    )
    backorder_forced_qty = _shown(
        "forced",
        string="Forced",
        help="The part on backorder that a person forced; fills serve it last.",
    )
    backorder_filled_qty = _shown("filled", string="Filled")
    backorder_promised_qty = _shown(
        "promised",
        string="Set Aside",
        help="Stock set aside for this quotation until it is confirmed, cancelled or expires.",
    )
    backorder_cancelled_qty = _shown("cancelled", string="Rest Cancelled")

    def _backorder_per_unit(self):
        """Quantity in the product's unit of one unit of the line."""
        unit, own = self.product_uom_id, self.product_id.uom_id
        if not unit or not own or unit == own:
            return 1.0
        return unit.factor / own.factor

    def _backorder_pieces(self, quantity):
        """``quantity`` (line unit) in the product's unit, without the noise of conversion."""
        return exact(quantity * self._backorder_per_unit())

    def _backorder_compare(self, left, right):
        """Compare two quantities of the line's unit as the product's unit does: 4 pieces of a box
        of 1000 are more than nothing. -1, 0 or 1."""
        unit = self.product_id.uom_id or self.product_uom_id
        if not unit:
            return (left > right) - (left < right)
        per_unit = self._backorder_per_unit()
        return unit.compare(left * per_unit, right * per_unit)

    def _backorder_is_rounding(self, left, right):
        """Two quantities of a coarser unit than the product's differ by its rounding only."""
        if self._backorder_per_unit() <= 1.0:
            return False
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return abs(left - right) <= 0.51 * 10**-digits

    def _backorder_noiseless(self, quantity):
        """``quantity`` (line unit), zero where the product's unit cannot tell it from nothing."""
        return quantity if self._backorder_compare(quantity, 0.0) > 0 else 0.0

    def _backorder_floor(self, quantity):
        """``quantity`` (line unit) floored to what the product's unit can tell apart."""
        per_unit = self._backorder_per_unit()
        unit = self.product_id.uom_id or self.product_uom_id
        return unit.round(quantity * per_unit, rounding_method="DOWN") / per_unit

    def _backorder_typed(self, quantity):
        """What a person means who types ``quantity`` of the line's unit.

        A number that stands for pieces means whole ones: 0.08 dozen are one piece. What is
        measured stays what was typed.
        """
        per_unit = self._backorder_per_unit()
        if per_unit <= 1.0 + EPSILON:
            return self.product_uom_id.round(quantity)
        if self._backorder_is_counted():
            pieces = nearest_whole(quantity, per_unit)
        else:
            pieces = self.product_id.uom_id.round(quantity * per_unit)
        return pieces / per_unit

    def _backorder_is_counted(self):
        """The line's unit is a whole number of pieces."""
        per_unit = self._backorder_per_unit()
        if abs(per_unit - round(per_unit)) > EPSILON:
            return False
        path = (self.product_uom_id.parent_path or "").split("/")
        measured = (self.env.ref(f"uom.{name}", raise_if_not_found=False) for name in _MEASURED)
        return not any(unit and str(unit.id) in path for unit in measured)

    def _backorder_write(self, vals):
        """Write guarded fields; quantities of the line's unit are kept in the product's.

        These fields are ours alone, so the overrides that Odoo's modules have on `write` (totals,
        procurement, chatter) have nothing to do here and are left out: a fill writes thousands.
        Where anybody else has a say, an automation rule among them, they are asked.
        """
        shown = TRUTH.keys() & vals
        if not shown:
            return self._backorder_write_truth(vals)
        kept = {name: value for name, value in vals.items() if name not in shown}
        for per_unit, lines in self.grouped(lambda line: line._backorder_per_unit()).items():
            truth = {TRUTH[name]: exact(vals[name] * per_unit) for name in shown}
            lines._backorder_write_truth({**kept, **truth})
        return True

    def _backorder_write_truth(self, vals):
        lines = self._backorder_token()
        if listeners(self, "write", KNOWN_WRITERS):
            return lines.write(vals)
        return models.BaseModel.write(lines, vals)

    def _backorder_unit_value(self):
        """The untaxed price of one unit in the company's currency: orders of several currencies
        are compared."""
        company = self.company_id
        return self.currency_id._convert(
            self.price_reduce_taxexcl,
            company.currency_id,
            company,
            company._backorder_today(),
            round=False,
        )
