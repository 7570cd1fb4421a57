"""Lines of new orders: what they take along, what was moved to them, and that their price stays."""

from odoo import api, fields, models

#: Fields of an order line that stay with the original: links of combos, rewards and their points,
#: the shop, the till, events, expenses, down payments. Those of modules that are not installed are
#: passed over.
LEFT_BEHIND = frozenset(
    {
        "combo_item_id",
        "coupon_id",
        "event_id",
        "event_slot_id",
        "event_ticket_id",
        "expense_id",
        "is_delivery",
        "is_downpayment",
        "is_expense",
        "linked_virtual_id",
        "points_cost",
        "reward_id",
        "reward_identifier_code",
        "shop_warning",
        "virtual_id",
    }
)
#: Fields that travel although Odoo's own copy leaves them out: what the goods cost is known, and so
#: is a day that was agreed for the item (OCA's `sale_order_line_date`).
TAKEN_ALONG = frozenset({"purchase_price", "commitment_date"})


def relations_to_orders(model):
    """Names of the fields of ``model`` that point to orders or order lines."""
    return frozenset(
        name
        for name, field in model._fields.items()
        if field.relational and field.comodel_name in ("sale.order", "sale.order.line")
    )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    backorder_moved_qty = fields.Float(
        string="Moved Here",
        copy=False,
        readonly=True,
        help="What a fill moved to this line, in the unit of the product. As much comes back to "
        "the original order when the new one is given up.",
    )
    backorder_moved_forced_qty = fields.Float(
        string="Forced Part Moved Here", copy=False, readonly=True
    )

    # -- the price agreed -------------------------------------------------------------------------

    def _backorder_split_lines(self):
        """The lines that a fill made, or took quantity of, for a new order: of the same item
        still."""
        return self.filtered(lambda line: line._backorder_other_part())

    def _backorder_other_part(self):
        """Another line of this item that has a part of what was agreed for the whole."""
        if not self._origin:
            return self.browse()
        # sudo: a part may be on an order that one may not read
        line = self.sudo()
        parts = line.backorder_origin_line_id | line._origin.backorder_new_line_ids
        return parts.filtered(lambda part: part.product_id == line.product_id)[:1]

    def _backorder_agreed_lines(self):
        """The lines whose price stays as it was agreed, whatever the price list says."""
        if self.env.context.get("force_price_recomputation"):
            return self.browse()
        return self._backorder_split_lines()

    def _compute_price_unit(self):
        """What was agreed for the whole quantity stays when a part of it is edited later: the
        price list would have another price for fewer. *Update Prices* works it out anew."""
        agreed = self._backorder_agreed_lines()
        res = super(SaleOrderLine, self - agreed)._compute_price_unit()
        agreed._backorder_keep_price()
        return res

    def _backorder_keep_price(self):
        """The price agreed, in another unit where the unit of a part is changed.

        A price that a person typed is left as it is, as Odoo leaves it.
        """
        for line in self:
            part = line._backorder_other_part()
            unit, currency = line.product_uom_id, line.currency_id or part.currency_id
            typed = currency.compare_amounts(line.technical_price_unit, line.price_unit)
            if typed or not unit or unit == part.product_uom_id:
                continue
            price = part.product_uom_id._compute_price(part.price_unit, unit)
            line.update({"price_unit": price, "technical_price_unit": price})

    def _compute_discount(self):
        lines = self - self._backorder_agreed_lines()
        return super(SaleOrderLine, lines)._compute_discount()

    # -- values -----------------------------------------------------------------------------------

    @api.model
    def _backorder_left_behind_fields(self):
        """Names of fields that a line of a new order does not take over from its original.

        Relations to orders and order lines never travel, named or not.
        """
        return LEFT_BEHIND

    @api.model
    def _backorder_taken_along_fields(self):
        """Names of fields that travel although a copy of the order would not have them."""
        return TAKEN_ALONG

    def _prepare_backorder_copied_line_vals(self, new_order):
        """Values of a line of ``new_order`` like this one: a note, a section, or the shipping."""
        # What is in an optional section was chosen: it is not offered again.
        stay = self._backorder_left_behind_fields() - {"is_delivery"} | {"is_optional"}
        return self._prepare_backorder_copy_vals(new_order, stay)

    def _prepare_backorder_new_line_vals(self, new_order, quantity):
        """Values of the line of ``new_order`` that gets ``quantity`` (line unit) of this one."""
        vals = self._prepare_backorder_copy_vals(new_order, self._backorder_left_behind_fields())
        return {
            **vals,
            "product_uom_qty": quantity,
            "backorder_origin_line_id": self.id,
            **self._prepare_backorder_set_aside_vals(quantity),
            "backorder_moved_qty": self._backorder_in_product_unit(quantity),
            # A new line: Odoo need not ask recipes and deliveries for it.
            "qty_delivered": 0.0,
        }

    def _prepare_backorder_copy_vals(self, new_order, stay):
        vals = self.copy_data()[0]
        for name in self._backorder_taken_along_fields():
            if field := self._fields.get(name):
                vals[name] = field.convert_to_write(self[name], self)
        stay = stay | relations_to_orders(self)
        vals = {name: value for name, value in vals.items() if name not in stay}
        vals["order_id"] = new_order.id
        return vals

    def _backorder_in_product_unit(self, quantity):
        """``quantity`` of the line's unit in the product's, exactly."""
        return self.product_uom_id._compute_quantity(quantity, self.product_id.uom_id, round=False)

    # -- looking ----------------------------------------------------------------------------------

    def _backorder_moved_differences(self, figures):
        """What of this line differs from what was moved to it, as parts of a sentence.

        :param figures: what its deliveries have; None: stock is not compared
        """
        origin, unit, label = (
            self.backorder_origin_line_id,
            self.product_uom_id,
            self._backorder_quantity_label,
        )
        product = self.product_id.display_name
        moved = unit.round(
            self.product_id.uom_id._compute_quantity(self.backorder_moved_qty, unit, round=False)
        )
        words = []
        if unit.compare(self.product_uom_qty, moved):
            words.append(
                self.env._(
                    "%(product)s: %(now)s instead of the %(moved)s that were moved",
                    product=product,
                    now=label(self.product_uom_qty),
                    moved=label(moved),
                )
            )
        prices = self.order_id.currency_id
        if origin and (
            prices.compare_amounts(self.price_unit, origin.price_unit)
            or abs(self.discount - origin.discount) > 1e-6
            or self.tax_ids != origin.tax_ids
        ):
            words.append(
                self.env._(
                    "%(product)s: its price is %(now)s instead of %(price)s",
                    product=product,
                    now=self._backorder_price_label(),
                    price=origin._backorder_price_label(),
                )
            )
        if origin and not figures and self.name != origin.name:
            words.append(self.env._("%(product)s: its description was changed", product=product))
        if figures and (short := self._backorder_stock_difference(figures, moved)):
            words.append(short)
        return words

    def _backorder_stock_difference(self, figures, wanted):
        """Part of a sentence where less than ``wanted`` (line unit) is reserved, delivered or set
        aside; False: all of it is."""
        got = figures.reserved + figures.delivered
        if self.state in ("draft", "sent"):
            got = self.backorder_promised_qty
        if self._backorder_compare(got, wanted) >= 0 or self._backorder_is_rounding(got, wanted):
            return False
        return self.env._(
            "%(product)s: of %(wanted)s only %(got)s can be reserved",
            product=self.product_id.display_name,
            wanted=self._backorder_quantity_label(wanted),
            got=self._backorder_quantity_label(got),
        )

    def _backorder_price_label(self):
        price = self.order_id.currency_id.format(self.price_unit)
        if self.discount:
            price = self.env._(
                "%(price)s less %(discount)g %%", price=price, discount=self.discount
            )
        taxes = ", ".join(self.tax_ids.mapped("name"))
        return f"{price} ({taxes})" if taxes else price
