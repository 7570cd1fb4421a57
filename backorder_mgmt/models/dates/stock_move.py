"""Moves that bring goods to where sale lines take them from: when, how many, for whom."""

from odoo import fields, models

from ..hold.facts import OPEN_STATES

_SOURCES = ("supplier", "production", "transit", "internal")
# What decides about when and where goods arrive.
_ARRIVAL_FIELDS = frozenset(
    {
        "date",
        "date_deadline",
        "state",
        "product_id",
        "product_uom",
        "product_uom_qty",
        "location_id",
        "location_dest_id",
        "location_final_id",
    }
)


class StockMove(models.Model):
    _inherit = "stock.move"

    backorder_expected_date = fields.Datetime(
        related="sale_line_id.backorder_expected_date", string="Expected"
    )
    backorder_arrival_date = fields.Datetime(
        string="Arrival Told by the Vendor",
        readonly=True,
        help="Set when the date of the purchase order is changed after the receipt was planned: "
        "Odoo keeps it as the deadline only. Planning the receipt again clears it.",
    )

    def _backorder_open_names(self, creating=False):
        """What a part of a receipt is split off with travels, and who plans one may say it."""
        names = super()._backorder_open_names(creating)
        return names | {"backorder_arrival_date"} if creating else names

    def write(self, vals):
        """Who waits for goods learns at once when they come later, sooner, more or fewer."""
        if _ARRIVAL_FIELDS.isdisjoint(vals) or self._backorder_only_assigned(vals):
            return super().write(vals)
        arriving = self.filtered(lambda move: move._backorder_arrives_in())
        products = arriving.product_id | self._backorder_inside().product_id
        arriving._backorder_coming_later(vals).purchase_line_id.order_id._backorder_before_delay()
        if "date" in vals and (told := arriving.filtered("backorder_arrival_date")):
            told._backorder_write({"backorder_arrival_date": False})
        res = super().write(vals)
        if "date_deadline" in vals and "date" not in vals:
            # The date of the purchase order: newer than the one that the receipt was planned for.
            purchased = arriving.filtered("purchase_line_id")
            purchased._backorder_write({"backorder_arrival_date": vals["date_deadline"]})
        arriving = self.filtered(lambda move: move._backorder_arrives_in())
        if "location_id" in vals:  # what a delivery waits for lies, or comes, elsewhere
            arriving |= self.filtered("sale_line_id")
        products |= arriving.product_id | self._backorder_inside().product_id
        products._backorder_stock_changed()
        return res

    def _backorder_inside(self):
        """Those of ``self`` that bring goods to another place inside, from where a delivery may
        take them."""
        return self.filtered(
            lambda move: (
                not move.sale_line_id
                and move.location_id.usage != "supplier"
                and (move.location_final_id or move.location_dest_id).usage == "internal"
            )
        )

    def _backorder_coming_later(self, vals):
        """What of these purchased moves comes later than was known, or never, once ``vals`` are
        written."""
        date = fields.Datetime.to_datetime(vals.get("date") or vals.get("date_deadline"))
        if "state" in vals and vals["state"] != "cancel" or not (date or "state" in vals):
            return self.browse()
        return self.filtered(
            lambda move: (
                move.purchase_line_id
                and move.state in OPEN_STATES
                and ("state" in vals or date > move._backorder_arrival())
            )
        )

    def _backorder_only_assigned(self, vals):
        """Nothing but the state is written, and moves that are open stay open."""
        return (
            vals.keys() == {"state"}
            and vals["state"] in OPEN_STATES
            and all(move.state in OPEN_STATES for move in self)
        )

    def _backorder_arrives_in(self):
        """The warehouse on whose shelves the goods end up; none: not an arrival.

        From outside, or from where nobody takes goods for customers: input, quality control, a
        shop. A delivery that passes the warehouse (cross-dock) is none.
        """
        self.ensure_one()
        final = self.location_final_id or self.location_dest_id
        warehouse = final.warehouse_id
        shelf = warehouse.lot_stock_id
        if not shelf or self.location_id.usage not in _SOURCES or self.location_id._child_of(shelf):
            return self.env["stock.warehouse"]
        inside = final._child_of(shelf) or final in (
            warehouse.wh_input_stock_loc_id | warehouse.wh_qc_stock_loc_id
        )
        return warehouse if inside else self.env["stock.warehouse"]

    def _backorder_reaches(self, places):
        """Those of ``places`` that the goods come into, from outside of them."""
        self.ensure_one()
        final = self.location_final_id or self.location_dest_id
        return places.filtered(
            lambda place: final._child_of(place) and not self.location_id._child_of(place)
        )

    def _backorder_moves_about_in(self):
        """The warehouse whose shelves the goods lie on and stay on; none: they leave them."""
        self.ensure_one()
        final = self.location_final_id or self.location_dest_id
        warehouse = final.warehouse_id
        shelf = warehouse.lot_stock_id
        stays = (
            shelf
            and self.location_id._child_of(shelf)
            and final._child_of(shelf)
            and self.location_dest_id._child_of(shelf)
            and not self.move_dest_ids
        )
        return warehouse if stays else self.env["stock.warehouse"]

    def _backorder_arrival(self):
        """When the goods come: what was said last, by the vendor's date or on the receipt."""
        self.ensure_one()
        return self.backorder_arrival_date or self.date

    def _backorder_spoken_for(self):
        """{move: quantity in the product's unit} of arrivals that is bought or made to order."""
        result = {}
        level = {move: move for move in self if move.move_dest_ids}
        while level:
            following = {}
            for move, head in level.items():
                for later in move.move_dest_ids:
                    if later.state not in OPEN_STATES or later in following:
                        continue
                    if later._backorder_arrives_in():
                        following[later] = head
                    else:
                        result[head] = result.get(head, 0.0) + later.product_qty
            level = following
        return result
