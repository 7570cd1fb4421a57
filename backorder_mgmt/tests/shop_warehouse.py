"""The shop of ``test_properties.py``: what there is, and what is done in its warehouse."""

from odoo import Command
from odoo.exceptions import UserError

from .common import BackorderCommon


class WarehouseSteps(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.paint = cls._product("Paint", tracking="lot")
        cls.lots = cls.env["stock.lot"].create(
            [{"name": name, "product_id": cls.paint.id} for name in ("A", "B")]
        )
        cls.products = cls.product | cls.other | cls.paint
        cls.toolbox = cls.env["product.product"]
        if "bom_line_id" in cls.env["stock.move"]._fields:
            toolbox = cls._product("Toolbox")
            cls.recipe = cls.env["mrp.bom"].create(
                {
                    "product_tmpl_id": toolbox.product_tmpl_id.id,
                    "type": "phantom",
                    "bom_line_ids": [
                        Command.create({"product_id": cls.product.id, "product_qty": 1}),
                        Command.create({"product_id": cls.other.id, "product_qty": 2}),
                    ],
                }
            )
            cls.products |= toolbox
            cls.toolbox = toolbox
        cls.warehouses = {"ship_only": cls.warehouse}
        cls.warehouses["pick_ship"] = cls.env["stock.warehouse"].create(
            {"name": "Two Steps", "code": "TWO", "delivery_steps": "pick_ship"}
        )
        places = {warehouse: warehouse.lot_stock_id for warehouse in cls.warehouses.values()}
        cls.shelves = {
            warehouse: cls.env["stock.location"].create(
                {"name": "Shelf", "location_id": place.id, "usage": "internal"}
            )
            for warehouse, place in places.items()
        }

    # -- what there is ----------------------------------------------------------------------------

    def _orders(self):
        return self.env["sale.order"].search([("partner_id", "=", self.customer.id)], order="id")

    def _nth(self, records, number):
        """The record to do something to; the step is refused when there is none."""
        if not records:
            raise UserError(self.env._("nothing to do this to"))
        return records[number % len(records)]

    def _product_at(self, number):
        return self.products[number % len(self.products)]

    def _line(self, number, wanted=None):
        """The line to do something to: one of those that are ``wanted``, where there are any."""
        lines = self._orders().order_line
        return self._nth((wanted and lines.filtered(wanted)) or lines, number)

    def _first_that_does(self, records, number, action):
        """Do it to the ``number``-th of these records, or to the first one after it that does not
        refuse it; the step is refused when all do."""
        self._nth(records, number)
        first = number % len(records)
        refused = None
        for record in records[first:] + records[:first]:
            try:
                with self.env.cr.savepoint():
                    action(record)
                    self.env.flush_all()
                return record
            except UserError as error:
                refused = refused or error
        raise refused

    def _parts(self, item):
        return self.recipe.bom_line_ids.product_id if item == self.toolbox else item

    def _deliveries(self):
        moves = self._orders().picking_ids.filtered(
            lambda picking: picking.state not in ("draft", "done", "cancel")
        )
        return moves.sorted("id")

    def _add_stock(self, product, quantity):
        if product == self.paint:
            self._stock(product, quantity, lot=self.lots[quantity % 2])
        elif product in self.product | self.other:
            self._stock(product, quantity)

    def _item(self, number, quantity):
        """Nails are sold by the (half) dozen, everything else by the piece."""
        item = self._product_at(number)
        if item == self.other:
            return (item, quantity / 2, {"product_uom_id": self.dozen.id})
        return (item, quantity)

    def _type(self, move, quantity):
        """What a person enters on a delivery; more than can be had is his own affair."""
        product = move.product_id
        more = move.product_uom._compute_quantity(
            quantity - move.quantity, product.uom_id, round=False
        )
        quants = self.env["stock.quant"]._gather(product, move.location_id)
        free = sum(quants.mapped("quantity")) - sum(quants.mapped("reserved_quantity"))
        promised = self._promised(product).get(self.stock, 0.0)
        of_a_kit = product != move.sale_line_id.product_id
        if more > 0 and (more > free - promised or product.tracking != "none" or of_a_kit):
            self.typed |= product
        move.quantity = quantity

    # -- goods come and go ------------------------------------------------------------------------

    def _step_receive(self, number, quantity):
        product = self._nth(self.product | self.other, number)
        self._receive(product, quantity)

    def _quant(self, product, number):
        """A stock row to count or scrap. Odoo does not take back what is picked already."""
        goods = self.products - self.toolbox
        product = self._nth(goods, product)
        domain = [("location_id", "child_of", self.stock.id), ("quantity", ">", 0)]
        rows = self.env["stock.quant"].search(
            [*domain, ("product_id", "=", product.id)], order="id"
        ) or self.env["stock.quant"].search([*domain, ("product_id", "in", goods.ids)], order="id")
        quant = self._nth(rows, number)
        moves = self._deliveries().move_ids.filtered("picked")
        self.typed |= moves.product_id & quant.product_id
        return quant

    def _step_count(self, product, number, quantity):
        quant = self._quant(product, number)
        quant.inventory_quantity = quantity
        quant.action_apply_inventory()

    def _step_scrap(self, product, number, quantity):
        quant = self._quant(product, number)
        quantity = min(quantity, quant.quantity)
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": quant.product_id.id,
                "lot_id": quant.lot_id.id,
                "scrap_qty": quantity,
                "location_id": quant.location_id.id,
            }
        )
        scrap.do_scrap()

    def _step_print(self, number):
        self._nth(self._deliveries(), number).printed = True

    def _step_type(self, number, quantity):
        move = self._nth(
            self._deliveries().move_ids.filtered(lambda m: m.state not in ("done", "cancel")),
            number,
        )
        self._type(move, quantity)

    def _step_pick(self, number):
        self._nth(self._deliveries().move_ids.filtered("quantity"), number).picked = True
        # Odoo reserves nothing more for it: what it lacks is looked at when it is delivered.
        self.entered |= self._deliveries().move_ids.filtered("picked").sale_line_id

    def _step_unreserve(self, number):
        self._nth(self._deliveries(), number).do_unreserve()

    def _step_check(self, number):
        self._nth(self._deliveries(), number).action_assign()

    def _step_deliver(self, number, part, backorder):
        picking = self._nth(self._deliveries(), number)
        if part < 1:
            for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
                self._type(move, int(move.quantity * part))
        self._deliver(picking, backorder=backorder)

    def _ready(self, number):
        """The deliveries that have something reserved; where there is none, an order of the
        ``number``-th item that is in stock is made."""

        def deliveries():
            return self._deliveries().filtered(
                lambda picking: any(picking.move_ids.mapped("quantity"))
                and not any(picking.move_ids.mapped("picked"))
            )

        if not deliveries():
            for part in self._parts(self._product_at(number)):
                self._add_stock(part, 24)
            order = self._order(self._item(number, 3))
            order.fill_backorders()  # where others wait, nothing was reserved
        return deliveries()

    def _one_of_each_sent(self, number):
        """A delivery that is done, and one of each item of it; where nothing was sent yet, what is
        reserved is, step by step."""

        def sent():
            return self._orders().picking_ids.filtered(
                lambda picking: picking.state == "done"
                and picking.location_dest_id.usage == "customer"
            )

        for _step in range(2):
            if not sent():
                ready = self._ready(number)
                picked = ready.filtered(lambda picking: picking.location_id != self.stock)
                self._deliver(self._nth(picked or ready, number))
        picking = self._nth(sent().sorted("id"), number)
        return picking, dict.fromkeys(picking.move_ids.product_id, 1)

    def _step_return_goods(self, number):
        self._return(*self._one_of_each_sent(number))

    def _step_put_back(self, number, quantity):
        """Picked goods go back to the shelf."""
        if self.warehouse.delivery_steps == "ship_only":
            raise UserError(self.env._("nothing is picked before it is sent"))

        def picks():
            return self._orders().picking_ids.filtered(
                lambda picking: picking.state == "done"
                and picking.location_id == self.stock
                and picking.location_dest_id.usage == "internal"
            )

        if not picks():
            ready = self._ready(number).filtered(lambda picking: picking.location_id == self.stock)
            self._deliver(self._nth(ready, number))
        picking = self._nth(picks().sorted("id"), number)
        back = self._plan_return(picking, dict.fromkeys(picking.move_ids.product_id, quantity))
        if any(move.product_id != move.sale_line_id.product_id for move in back.move_ids):
            # a component without the others is that person's affair
            self.typed |= back.move_ids.product_id
        back.move_ids.picked = True
        back._action_done()

    # -- what people do in the warehouse ----------------------------------------------------------

    def _receipts(self, *states):
        domain = [("picking_type_id", "=", self.warehouse.in_type_id.id), ("state", "in", states)]
        receipts = self.env["stock.picking"].search(domain, order="id")
        return receipts.filtered(lambda picking: not picking.sale_id and not picking.return_id)

    def _step_plan_receipt(self, number, quantity):
        self._plan_receipt(self._nth(self.product | self.other, number), quantity)

    def _step_receive_planned(self, number):
        if not self._receipts("assigned", "confirmed"):
            self._step_plan_receipt(number, 6)
        receipt = self._nth(self._receipts("assigned", "confirmed"), number)
        receipt.move_ids.picked = True
        receipt._action_done()

    def _linked(self, wanted):
        """Open moves of orders that a person linked to a receipt, or that are linked to nothing."""
        moves = self._deliveries().move_ids.filtered(
            lambda move: move.state not in ("done", "cancel") and move.location_id == self.stock
        )
        return moves.filtered(
            lambda move: bool(move.move_orig_ids - move.sale_line_id.move_ids) == wanted
            and not (move.move_orig_ids & move.sale_line_id.move_ids)
        ).sorted("id")

    def _loose(self, move):
        return move.product_qty - sum(move.move_line_ids.mapped("quantity_product_uom"))

    def _step_assign(self, number, of_receipt, quantity):
        moves = self._linked(False).filtered(
            lambda move: self._loose(move) > 0 and move.product_id in self.product | self.other
        )
        if not moves:
            self._order(self._item(number % 2, 6))
            moves = self._linked(False).filtered(lambda move: self._loose(move) > 0)
        wanted = moves.product_id
        if not self._receipts("assigned", "done").move_ids.filtered(
            lambda move: move.product_id in wanted
        ):
            self._plan_receipt(self._nth(wanted, number), quantity)
        receipts = self._receipts("assigned", "done").filtered(
            lambda picking: picking.move_ids.product_id & wanted
        )
        incoming = self._nth(receipts, of_receipt).move_ids
        move = self._nth(
            moves.filtered(lambda move: move.product_id == incoming.product_id), number
        )
        quantity = min(quantity, self._loose(move), incoming.product_qty)
        if move.product_id != move.sale_line_id.product_id:
            self.typed |= move.product_id  # a component without the others is that person's affair
        self.env["report.stock.report_reception"].action_assign(
            move.ids, [quantity], [incoming.ids]
        )

    def _step_unassign(self, number):
        if not self._linked(True):
            self._step_plan_receipt(number, 6)
            self._step_assign(number, -1, 6)
        move = self._nth(self._linked(True), number)
        self.env["report.stock.report_reception"].action_unassign(
            move.id, move.product_qty, move.move_orig_ids.ids
        )

    def _step_relocate(self, product, number):
        quant = self._quant(product, number)
        shelf = self.shelves[self.warehouse]
        target = self.stock if quant.location_id == shelf else shelf
        quant.move_quants(location_dest_id=target, message="tidy up")

    def _step_package(self, product, number):
        package = self.env["stock.package"].create({})
        self._quant(product, number).move_quants(package_dest_id=package, message="pack")

    def _step_delete_rows(self, number):
        moves = self._deliveries().move_ids.filtered(lambda m: m.quantity and not m.picked)
        move = self._nth(moves, number)
        of_line = move.sale_line_id.move_ids.product_id
        if len(of_line) > 1:
            self.typed |= of_line  # what the kit's other components keep is that person's affair
        move.move_line_ids.unlink()

    def _step_exchange(self, number, refund):
        self._plan_return(*self._one_of_each_sent(number), refund=refund, exchange=True)

    def _step_half_a_kit(self, number, component):
        """One component of a kit is sent, the others stay for later."""

        def kits():
            return self._deliveries().filtered(
                lambda picking: len(picking.move_ids.filtered("quantity").product_id) > 1
                and any(m.product_id != m.sale_line_id.product_id for m in picking.move_ids)
                and not any(picking.move_ids.mapped("picked"))
            )

        if not kits() and self.toolbox:
            for part in self._parts(self.toolbox):
                self._add_stock(part, 24)
            self._order((self.toolbox, 3)).fill_backorders()
        picking = self._nth(kits(), number)
        left = self._nth(picking.move_ids.filtered("quantity"), component)
        # what is picked already is not given back along with the other component
        (picking.move_ids - left).filtered("quantity").picked = True
        self._type(left, 0)
        self._deliver(picking)
