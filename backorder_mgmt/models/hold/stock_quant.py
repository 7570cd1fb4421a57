"""The one method that reserves on a quant: it adds up what an attempt got, and gives all back."""

from odoo import api, models

from ..base.batch import by_values
from ..base.meanwhile import Meanwhile

#: The function that adds reservations up, to be written once.
collecting = Meanwhile()
#: (quantity, id of the lot or False) that is given back just now, in the product's unit, below zero
giving_back = Meanwhile()
#: What keeps stock of one lot in one place apart.
_APART = ("package_id", "owner_id")


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _update_reserved_quantity(
        self,
        product_id,
        location_id,
        quantity,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=True,
    ):
        """While many move lines are made or deleted at once, their reservations are added up by the
        function of ``stock.move._backorder_bulk_write`` or ``_backorder_unreserve_whole``; it says
        whether a reservation is one of those. They write the sums."""
        collect = collecting.now(self.env)
        if collect and collect(product_id, location_id, quantity, lot_id, package_id, owner_id):
            return None
        given_back = (quantity, lot_id.id if lot_id else False) if quantity < 0 else None
        with giving_back.so(self.env, given_back):
            return super()._update_reserved_quantity(
                product_id,
                location_id,
                quantity,
                lot_id=lot_id,
                package_id=package_id,
                owner_id=owner_id,
                strict=strict,
            )

    def write(self, vals):
        """Of a row that others keep locked Odoo makes a second one, with what is given back below
        zero. The next who meets only that row is cut off at zero by Odoo, and what they give back
        stays reserved for nobody: it may go below zero as far as the item's other rows reach.

        Of a lot whose rows are all locked Odoo takes a row without a lot, where others may have
        reserved: theirs stays, and the lot gets the second row."""
        given_back = giving_back.now(self.env)
        if given_back and "reserved_quantity" in vals:
            quantity, lot_id = given_back
            if self.lot_id.id != lot_id:
                quantity -= self._backorder_give_back_lot(quantity, lot_id)
            left = self.reserved_quantity + quantity
            if left < 0:
                others = self._backorder_reserved(self.lot_id.id, but=self)
                left = max(left, min(0.0, -others))
            vals = {**vals, "reserved_quantity": left}
        return super().write(vals)

    def _backorder_give_back_lot(self, quantity, lot_id):
        """Give back of the lot's own rows as much of ``quantity`` as is reserved there.

        :return: how much that was, below zero
        """
        quantity = max(quantity, min(0.0, -self._backorder_reserved(lot_id)))
        if self.product_uom_id.compare(quantity, 0.0) >= 0:
            return 0.0
        vals = {name: self[name].id for name in ("product_id", "location_id", *_APART)}
        self.create({**vals, "lot_id": lot_id, "reserved_quantity": quantity})
        return quantity

    def _backorder_reserved(self, lot_id, but=()):
        """What rows of the same item in the same place say is reserved of a lot, or of none."""
        same = [(name, "=", self[name].id) for name in ("product_id", "location_id", *_APART)]
        ((reserved,),) = self._read_group(
            [*same, ("lot_id", "=", lot_id), ("id", "not in", [row.id for row in but])],
            aggregates=["reserved_quantity:sum"],
        )
        return reserved

    @api.model
    def _backorder_give_back(self, given_back):
        """Lower what is reserved. Where one row is all that Odoo would choose from, it is written
        with all such rows; where it would choose among several, or another module has a say, Odoo
        does it.

        :param given_back: {(product, location, lot or None, package or None, owner or None):
            quantity in the product's unit, below zero}
        """
        quants, rows, lowered = self.sudo(), {}, {}
        if not self.env["stock.move"]._backorder_bulk_strangers():
            products, places = ({key[index].id for key in given_back} for index in (0, 1))
            rows = quants.search(
                [("product_id", "in", list(products)), ("location_id", "in", list(places))]
            ).grouped(lambda row: (row.product_id, row.location_id, row.package_id, row.owner_id))
        packages, owners = self.env["stock.package"], self.env["res.partner"]
        # Known by rows that are deleted now, none of them knows of the others.
        known = self.env["product.product"].browse({key[0].id for key in given_back})
        of_id = {product.id: product for product in known}
        for (gone, location, lot, package, owner), quantity in given_back.items():
            product = of_id[gone.id]
            lot_id = lot.id if lot else False
            key = (product, location, package or packages, owner or owners)
            found = [row for row in rows.get(key, ()) if row.lot_id.id in (lot_id, False)]
            row = found[0] if len(found) == 1 else quants.browse()
            left = row.reserved_quantity + quantity
            if row and row.lot_id.id == lot_id and product.uom_id.compare(left, 0.0) >= 0:
                lowered[row] = {"reserved_quantity": max(0.0, left)}
            else:
                quants._update_reserved_quantity(
                    product, location, quantity, lot_id=lot, package_id=package, owner_id=owner
                )
        for same, vals in by_values(lowered):
            same.write(vals)
