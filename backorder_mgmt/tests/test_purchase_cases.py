"""What is bought, case by case: a table written by hand (design 17.2).

Ten of an item are on backorder in a warehouse that receives and delivers in one step, unless a row
says otherwise. A row says what happened, what has to be bought then, and why; nothing of the addon
works out what is expected. Warehouses with more steps: `test_purchase_places.py`.
"""

from dataclasses import dataclass
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .test_purchase_places import PlacesCommon


@dataclass(frozen=True)
class Case:
    what: str
    buys: float
    why: str
    #: the method that makes it happen, of the item
    make: str
    arguments: tuple = ()
    waiting: float = 10
    #: what the row names as lying elsewhere
    names: str = ""
    needs: str = ""


CASES = (
    Case("nothing happened", 10, "all ten are missing", "_nothing"),
    Case("4 lie on the shelf", 6, "a fill takes the four", "_on_shelf", (4,)),
    Case("4 lie on a shelf below", 6, "fills take from below, too", "_on_inner_shelf", (4,)),
    Case("12 lie on the shelf", 0, "more than enough", "_on_shelf", (12,)),
    Case("4 lie in a package", 6, "Odoo takes them out of packages", "_packed", (4,)),
    Case("4 are consigned", 6, "Odoo reserves whoever owns them", "_consigned", (4,)),
    Case("4 are being packed for others", 10, "they are reserved", "_leaving", (4, 4)),
    Case("3 of 4 are to leave later", 9, "one is left over", "_leaving", (4, 3, False)),
    Case("4 are set aside for a quotation", 10, "they are promised", "_set_aside", (4,)),
    Case("6 of 10 were scrapped", 6, "four are left", "_scrapped", (10, 6)),
    # damaged goods, and transfers of them
    Case("10 are damaged", 10, "no fill takes them", "_damaged", (10,), names="Damaged: 10 Units"),
    Case("10 damaged are coming back", 0, "mended", "_mended", (10, 10)),
    Case("10 of 4 damaged come, reserved", 6, "there are four", "_mended", (4, 10)),
    Case("10 of 4 damaged come, unreserved", 6, "there are four", "_mended", (4, 10, False)),
    Case("two transfers bring the same 4", 6, "each piece comes once", "_mended_twice", (4,)),
    Case(
        "the transfer of damaged was cancelled",
        10,
        "nothing comes",
        "_mended_and_cancelled",
        (4,),
        names="Damaged: 4 Units",
    ),
    Case("5 of 10 damaged came, 5 follow", 0, "five here, five coming", "_half_mended", (True,)),
    Case(
        "5 of 10 damaged came, that was all",
        5,
        "five here",
        "_half_mended",
        (False,),
        names="Damaged: 5 Units",
    ),
    Case("3 of 4 go to the damaged", 9, "one stays", "_to_damaged", (4, 3)),
    Case("3 of 4 go there, unreserved", 9, "one stays", "_to_damaged", (4, 3, False)),
    # between shelves of the warehouse
    Case("4 go from shelf to shelf", 6, "they stay for fills", "_between_shelves", (4,)),
    Case("4 go so, unreserved", 6, "they stay for fills", "_between_shelves", (4, False)),
    # from another warehouse
    Case("10 lie in the other warehouse", 10, "nobody sends them", "_there", (10,)),
    Case("6 come from there, reserved", 4, "six come", "_from_there", (6, 6)),
    Case("6 come from there, it has 2", 8, "two come", "_from_there", (2, 6, False)),
    Case("6 are to leave there", 4, "six come, once", "_through_transit", (6, False)),
    Case("6 are in transit", 4, "six come", "_through_transit", (6, True)),
    # purchases
    Case("4 are asked for", 6, "a request counts", "_asked", (4,)),
    Case("4 were asked for, cancelled", 10, "nothing comes", "_asked_and_cancelled", (4,)),
    Case("4 are on order", 6, "four come", "_on_order", (4,)),
    Case("2 of 4 on order came", 6, "two here, two coming", "_part_received", (4, 2, True)),
    Case("2 of 4 came, that was all", 8, "two here", "_part_received", (4, 2, False)),
    Case("4 came and go back to the vendor", 10, "they leave again", "_returned", (4,)),
    Case("a dozen is on order", 0, "twelve come", "_dozens_on_order", (1,)),
    Case("half a dozen is on order", 4, "six come", "_dozens_on_order", (0.5,)),
    Case("10 come to the other warehouse", 10, "not to this one", "_on_order_there", (10,)),
    Case("4 on order are asked for once more", 2, "both come", "_asked_and_on_order", (4, 4)),
    # customers
    Case("4 come back from a customer", 10, "nobody knows how they are", "_sent_back", (4, False)),
    Case("4 came back from a customer", 6, "they lie on the shelf", "_sent_back", (4, True)),
    Case("another customer waits for 3", 13, "both are on backorder", "_another_waits", (3,)),
    Case("the customer cancelled 4", 6, "six wait", "_cancelled", (4,)),
    Case("3 are delivered by hand", 7, "seven wait", "_delivered", (3,)),
    Case("a quotation asks for 3", 10, "nobody ordered them", "_quoted", (3,)),
    # kits
    Case("2 kits of 3 wait", 16, "six pieces more", "_kits", (2, 3), needs="mrp"),
    Case("2 of 3 kits' pieces are there", 13, "six of nine", "_kits", (3, 3, 6), needs="mrp"),
    Case("a kit of a dozen waits", 22, "twelve pieces more", "_kits", (1, 1, 0, True), needs="mrp"),
    Case("a kit was quoted", 10, "nobody ordered it", "_quoted_kits", (2, 3), needs="mrp"),
    Case("a kit was cancelled", 10, "nobody waits for it", "_cancelled_kits", (2, 3), needs="mrp"),
    # lots
    Case("lots of 6 and 1", 3, "any lot will do", "_lots", ((6, 0), (1, 0))),
    Case(
        "6 must leave stock, 3 are fresh",
        7,
        "nobody gets the six",
        "_lots",
        ((6, -1), (3, 30)),
        names="to be removed from stock: 6 Units",
        needs="product_expiry",
    ),
    Case(
        "all lots must leave stock",
        10,
        "nobody gets them",
        "_lots",
        ((10, -1),),
        names="to be removed from stock: 10 Units",
        needs="product_expiry",
    ),
)


@tagged("post_install", "-at_install")
class TestPurchaseCases(PlacesCommon):
    def test_what_is_bought_and_why(self):
        self.damaged = self._place("Damaged")
        places = self.env["stock.location"]
        self.left = places.create({"name": "Left", "location_id": self.stock.id})
        self.right = places.create({"name": "Right", "location_id": self.stock.id})
        self.other_house = self._steps("TWB")
        installed = set(self.env["ir.module.module"]._installed())
        items = {}
        for case in CASES:
            if case.needs and case.needs not in installed:
                continue
            values = {"tracking": "lot"} if case.make == "_lots" else {}
            if case.needs == "product_expiry":
                values["use_expiration_date"] = True
            items[case] = item = self._item(case.what, case.buys, case.waiting, **values)
            getattr(self, case.make)(item, *case.arguments)

        rows = self._purchase(choose="backordered", warehouse_id=self.warehouse.id).line_ids
        row_of = {row.product_id: row for row in rows}
        found = {case: getattr(row_of.get(item), "needed_qty", 0) for case, item in items.items()}
        self.maxDiff = None
        self.assertEqual(
            {case.what: quantity for case, quantity in found.items() if quantity != case.buys}, {}
        )
        for case, item in items.items():
            if item in row_of:
                with self.subTest(case.what):
                    row = row_of[item]
                    self.assertIn(case.names, row.elsewhere or "")
                    self.assertIn(case.names, row.receipt)
                    if not case.names:
                        self.assertFalse(row.elsewhere)
        self._nothing_is_bought_twice(items, rows)

    def _nothing_is_bought_twice(self, items, rows):
        """What the screen makes covers everything: a second look proposes nothing of these."""
        screen = rows.purchase_id
        screen.action_create()
        again = self._purchase(choose="backordered", warehouse_id=self.warehouse.id).line_ids
        self.assertFalse([row.product_id.name for row in again if row.product_id in items.values()])

    # -- what happened ----------------------------------------------------------------------------

    def _nothing(self, item):
        pass

    def _on_shelf(self, item, quantity):
        self._stock(item, quantity)

    def _on_inner_shelf(self, item, quantity):
        self._stock(item, quantity, self.left)

    def _packed(self, item, quantity):
        self.env["stock.quant"]._update_available_quantity(
            item, self.stock, quantity, package_id=self.env["stock.package"].create({"name": "B"})
        )

    def _consigned(self, item, quantity):
        self.env["stock.quant"]._update_available_quantity(
            item, self.stock, quantity, owner_id=self.vendor
        )

    def _leaving(self, item, stock, quantity, assign=True):
        """Stock of which a delivery that nobody sold takes some."""
        self._stock(item, stock)
        self._transfer(
            item,
            quantity,
            self.stock,
            self.env.ref("stock.stock_location_customers"),
            assign,
            self.warehouse.out_type_id,
        ).quantity = quantity if assign else 0

    def _set_aside(self, item, quantity):
        self._stock(item, quantity)
        quotation = self._order((item, quantity), confirm=False)
        quotation.fill_backorders({quotation.order_line.id: quantity})
        self.assertEqual(quotation.order_line.backorder_promised_qty, quantity)

    def _scrapped(self, item, stock, quantity):
        self._stock(item, stock)
        scrap = self.env["stock.scrap"].create(
            {"product_id": item.id, "scrap_qty": quantity, "location_id": self.stock.id}
        )
        scrap.do_scrap()

    def _damaged(self, item, quantity):
        self._stock(item, quantity, self.damaged)

    def _mended(self, item, stock, quantity, assign=True):
        self._damaged(item, stock)
        return self._transfer(item, quantity, self.damaged, self.stock, assign)

    def _mended_twice(self, item, quantity):
        self._damaged(item, quantity)
        for _number in range(2):
            self._transfer(item, quantity, self.damaged, self.stock, False)

    def _mended_and_cancelled(self, item, quantity):
        self._mended(item, quantity, 10)._action_cancel()

    def _half_mended(self, item, backorder):
        self._do(self._mended(item, 10, 10).picking_id, 5, backorder)

    def _to_damaged(self, item, stock, quantity, assign=True):
        self._stock(item, stock)
        move = self._transfer(item, quantity, self.stock, self.damaged, assign)
        move.quantity = quantity if assign else 0

    def _between_shelves(self, item, quantity, assign=True):
        self._stock(item, quantity, self.left)
        self._transfer(item, quantity, self.left, self.right, assign)

    def _there(self, item, quantity):
        self._stock(item, quantity, self.other_house.lot_stock_id)

    def _from_there(self, item, stock, quantity, assign=True):
        self._there(item, stock)
        kind = self.other_house.int_type_id
        self._transfer(item, quantity, self.other_house.lot_stock_id, self.stock, assign, kind)

    def _through_transit(self, item, quantity, sent):
        """The other warehouse sends, this one receives: two transfers, one after the other."""
        self._there(item, quantity)
        transit = self.company.internal_transit_location_id
        leaves, comes = self.env["stock.move"].create(
            [
                {
                    "product_id": item.id,
                    "product_uom_qty": quantity,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                    "location_final_id": self.stock.id,
                    "picking_id": self.env["stock.picking"]
                    .create(
                        {
                            "picking_type_id": kind.id,
                            "location_id": source.id,
                            "location_dest_id": target.id,
                        }
                    )
                    .id,
                    "picking_type_id": kind.id,
                }
                for source, target, kind in (
                    (self.other_house.lot_stock_id, transit, self.other_house.out_type_id),
                    (transit, self.stock, self.warehouse.in_type_id),
                )
            ]
        )
        comes.write({"move_orig_ids": [Command.link(leaves.id)], "procure_method": "make_to_order"})
        (leaves | comes)._action_confirm(merge=False)
        if sent:
            leaves._action_assign()
            self._do(leaves.picking_id)

    def _asked(self, item, quantity):
        self._bought(item, quantity, confirm=False)

    def _asked_and_cancelled(self, item, quantity):
        self._bought(item, quantity, confirm=False).button_cancel()

    def _on_order(self, item, quantity):
        self._bought(item, quantity)

    def _asked_and_on_order(self, item, asked, ordered):
        self._bought(item, ordered)
        self._bought(item, asked, confirm=False)

    def _part_received(self, item, quantity, received, backorder):
        self._do(self._bought(item, quantity).picking_ids, received, backorder)

    def _returned(self, item, quantity):
        receipt = self._bought(item, quantity).picking_ids
        self._do(receipt)
        self._plan_return(receipt).move_ids.quantity = quantity

    def _dozens_on_order(self, item, dozens):
        order = self._bought(item, 1, confirm=False)
        order.order_line.write({"product_uom_id": self.dozen.id, "product_qty": dozens})
        order.button_confirm()

    def _on_order_there(self, item, quantity):
        self._bought(item, quantity, self.other_house)

    def _sent_back(self, item, quantity, done):
        """A return of a delivery of old."""
        customers = self.env.ref("stock.stock_location_customers")
        move = self._transfer(
            item, quantity, customers, self.stock, True, self.warehouse.in_type_id
        )
        if done:
            self._do(move.picking_id)

    def _another_waits(self, item, quantity):
        self._order((item, quantity))

    def _quoted(self, item, quantity):
        self._order((item, quantity), confirm=False)

    def _kit_of(self, item, quantity, dozen=False):
        kit = self._product(f"Kit of {item.name}")
        part = {"product_id": item.id, "product_qty": quantity}
        if dozen:
            part["product_uom_id"] = self.dozen.id
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [Command.create(part)],
            }
        )
        return kit

    def _kits(self, item, kits, quantity, there=0, dozen=False):
        """Kits of ``quantity`` of the item wait as well; ``there``: pieces that came in then."""
        self._order((self._kit_of(item, quantity, dozen), kits))
        if there:
            self._stock(item, there)

    def _quoted_kits(self, item, kits, quantity):
        self._order((self._kit_of(item, quantity), kits), confirm=False)

    def _cancelled_kits(self, item, kits, quantity):
        order = self._order((self._kit_of(item, quantity), kits))
        order.cancel_backorders()

    def _lines(self, item):
        return self.env["sale.order.line"].search([("product_id", "=", item.id)])

    def _cancelled(self, item, quantity):
        line = self._lines(item)
        line.order_id.cancel_backorders({line.id: quantity})

    def _delivered(self, item, quantity):
        """More than was there: Odoo lets it leave."""
        self._stock(item, quantity)
        self._deliver(self._lines(item).move_ids.picking_id, {item: quantity})

    def _lots(self, item, *lots):
        for number, (quantity, days) in enumerate(lots):
            lot = self.env["stock.lot"].create({"name": f"L{number}", "product_id": item.id})
            if days:
                lot.removal_date = fields.Datetime.now() + timedelta(days=days)
            self._stock(item, quantity, lot=lot)
