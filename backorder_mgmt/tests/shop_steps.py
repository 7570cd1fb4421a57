"""What people and Odoo do to orders and stock in ``test_properties.py``: a method for each step."""

from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError

from .common import BackorderCommon

which = st.integers(0, 5)  # the nth of what there is, counted round
product = st.integers(0, 3)
units = st.integers(1, 12)
level = st.integers(0, 12)
share = st.sampled_from([0.25, 0.5, 1.0])
maybe_share = st.none() | share

# A step is its name and its arguments: `_step_<name>(*arguments)`.
STEPS = {
    "order": (st.lists(st.tuples(product, units), min_size=1, max_size=2), st.booleans()),
    "confirm": (which,),
    "edit": (which, level),
    "swap_product": (which, product),
    "add_line": (which, product, units),
    "delete_line": (which,),
    "receive": (product, units),
    "count": (product, which, level),
    "scrap": (product, which, units),
    "force": (which, maybe_share),
    "fill": (which, maybe_share),
    "fill_all": (),
    "cancel_rest": (which, maybe_share),
    "print": (which,),
    "type": (which, level),
    "pick": (which,),
    "unreserve": (which,),
    "check": (which,),
    "scheduler": (),
    "detect": (),
    "deliver": (which, share, st.booleans()),
    "return_goods": (which,),
    "cancel_order": (which,),
    "cancel_delivery": (which,),
    "reopen": (which,),
    "release_promise": (which,),
    "release_claim": (which,),
    "lapse": (which,),
    "preview": (which, st.booleans()),
    "start": (which,),
    "take_back": (which,),
    "plan_receipt": (product, units),
    "receive_planned": (which,),
    "assign": (which, which, units),
    "unassign": (which,),
    "relocate": (product, which),
    "package": (product, which),
    "delete_rows": (which,),
    "change_unit": (which,),
    "change_recipe": (which, which),
    "exchange": (which, st.booleans()),
    "half_a_kit": (which, which),
}
# What Odoo does by itself, and what only looks: none of it gives stock to a backorder.
AUTOMATIC = {
    "receive",
    "check",
    "scheduler",
    "detect",
    "print",
    "preview",
    "plan_receipt",
    "package",
}
# What gives stock, or takes it back: nothing that is ordered gets lost.
GIVING = {"fill", "fill_all", "start", "take_back"}

# What makes most of a shop's day comes up more often; a failing sequence shrinks to `nothing`.
OFTEN = ("order", "confirm", "edit", "receive", "fill", "deliver")
step = st.one_of(
    [st.just(("nothing",))]
    + [
        st.tuples(st.just(name), *arguments)
        for name, arguments in STEPS.items()
        for _each in range(3 if name in OFTEN else 1)
    ]
)
setting = st.fixed_dictionaries(
    {
        "steps": st.sampled_from(["ship_only", "pick_ship"]),
        "fill_approved": st.sampled_from(["new_order", "same_order"]),
        "approve": st.booleans(),
        "fifo": st.booleans(),
        "stock": st.lists(level, min_size=3, max_size=3),
        "orders": st.lists(
            st.tuples(st.lists(st.tuples(product, units), min_size=1, max_size=2), st.booleans()),
            min_size=1,
            max_size=3,
        ),
    }
)


class ShopSteps(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.paint = cls._product("Paint", tracking="lot")
        cls.lots = cls.env["stock.lot"].create(
            [{"name": name, "product_id": cls.paint.id} for name in ("A", "B")]
        )
        cls.products = cls.product | cls.other | cls.paint
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

    def _line(self, number):
        return self._nth(self._orders().order_line, number)

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

    # -- steps ------------------------------------------------------------------------------------

    def _step_nothing(self):
        raise UserError(self.env._("nothing"))

    def _step_order(self, items, confirm):
        self._order(*(self._item(*item) for item in items), confirm=confirm)

    def _step_confirm(self, number):
        self._nth(self._orders().filtered(lambda o: o.state == "draft"), number).action_confirm()

    def _step_edit(self, number, quantity):
        line = self._line(number)
        line.product_uom_qty = quantity / 2 if line.product_uom_id == self.dozen else quantity

    def _step_swap_product(self, number, product):
        line = self._nth(
            self._orders().order_line.filtered(lambda line: line.state == "draft"), number
        )
        line.product_id = self._product_at(product)

    def _step_add_line(self, number, *item):
        item, quantity, *more = self._item(*item)
        values = {"product_id": item.id, "product_uom_qty": quantity, **(more[0] if more else {})}
        self._nth(self._orders(), number).write({"order_line": [Command.create(values)]})

    def _step_delete_line(self, number):
        self._line(number).unlink()

    def _step_receive(self, number, quantity):
        product = self._nth(self.product | self.other, number)
        self._receive(product, quantity)

    def _quant(self, product, number):
        """A stock row to count or scrap. Odoo does not take back what is picked already."""
        quant = self._nth(
            self.env["stock.quant"].search(
                [
                    ("product_id", "=", self._product_at(product).id),
                    ("location_id", "child_of", self.stock.id),
                    ("quantity", ">", 0),
                ],
                order="id",
            ),
            number,
        )
        moves = self._deliveries().move_ids.filtered("picked")
        self.typed |= moves.product_id & quant.product_id
        return quant

    def _step_count(self, product, number, quantity):
        quant = self._quant(product, number)
        quant.inventory_quantity = quantity
        quant.action_apply_inventory()

    def _step_scrap(self, product, number, quantity):
        quant = self._quant(product, number)
        if quant.quantity < quantity:
            raise UserError(self.env._("not so much there"))
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": quant.product_id.id,
                "lot_id": quant.lot_id.id,
                "scrap_qty": quantity,
                "location_id": quant.location_id.id,
            }
        )
        scrap.do_scrap()

    def _quantities(self, line, limit, part):
        if part is None:
            return None
        quantity = limit * part
        return {line.id: quantity if line.product_uom_id == self.dozen else int(quantity)}

    def _step_force(self, number, part):
        line = self._line(number)
        line.order_id.force_backorders(self._quantities(line, line.product_uom_qty, part))

    def _step_fill(self, number, part):
        line = self._line(number)
        line.order_id.fill_backorders(self._quantities(line, line.backorder_fillable_qty, part))

    def _step_fill_all(self):
        self._orders().filtered(lambda order: order.state != "cancel").fill_backorders()

    def _step_cancel_rest(self, number, part):
        line = self._line(number)
        line.order_id.cancel_backorders(self._quantities(line, line.backorder_qty, part), "enough")

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

    def _step_scheduler(self):
        self.env["stock.rule"]._run_scheduler_tasks(company_id=self.company.id)

    def _step_detect(self):
        self._orders().detect_backorders()

    def _step_deliver(self, number, part, backorder):
        picking = self._nth(self._deliveries(), number)
        if part < 1:
            for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
                self._type(move, int(move.quantity * part))
        self._deliver(picking, backorder=backorder)

    def _return_wizard(self, number):
        done = self._orders().picking_ids.filtered(
            lambda picking: picking.state == "done" and picking.location_dest_id.usage == "customer"
        )
        picking = self._nth(done.sorted("id"), number)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
            .create({"picking_id": picking.id})
        )
        for row in wizard.product_return_moves:
            row.quantity = min(1, row.move_quantity)
        return wizard

    def _step_return_goods(self, number):
        wizard = self._return_wizard(number)
        returned = wizard._create_return()
        for move in returned.move_ids:
            move.picked = True
        returned._action_done()

    def _step_cancel_order(self, number):
        self._nth(self._orders(), number)._action_cancel()

    def _step_cancel_delivery(self, number):
        self._nth(self._deliveries(), number).action_cancel()

    def _step_reopen(self, number):
        self._nth(self._orders().filtered(lambda o: o.state == "cancel"), number).action_draft()

    def _step_release_promise(self, number):
        self._line(number).action_release_promise()

    def _step_release_claim(self, number):
        self._line(number).action_release_claim()

    def _step_lapse(self, number):
        order = self._nth(self._orders(), number)
        order.validity_date = "2020-01-01"
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("backorder_mgmt.ir_cron_release_lapsed_promises").method_direct_trigger()
        self.env.invalidate_all()

    # -- fills that are previewed, started later, taken back ---------------------------------------

    def _step_preview(self, number, one):
        orders = self._orders().filtered(lambda order: order.state != "cancel")
        if one:
            orders = self._nth(orders, number)
        run = self.env["backorder.run"].create(
            {
                "company_id": self.company.id,
                "order_ids": [Command.set(orders.ids)],
                "fill_mode": ("partial", "complete")[number % 2],
            }
        )
        run.action_preview()
        self.runs |= run

    def _step_start(self, number):
        self._nth(self.runs.filtered(lambda run: run.state == "planned"), number).action_start()

    def _step_take_back(self, number):
        rows = self.env["backorder.run.order"].search(
            [("order_id", "in", self._orders().ids), ("outcome", "in", ("complete", "partial"))],
            order="id",
        )
        self._nth(rows, number).action_undo()

    # -- what people do in the warehouse ----------------------------------------------------------

    def _receipts(self, *states):
        domain = [("picking_type_id", "=", self.warehouse.in_type_id.id), ("state", "in", states)]
        receipts = self.env["stock.picking"].search(domain, order="id")
        return receipts.filtered(lambda picking: not picking.sale_id and not picking.return_id)

    def _step_plan_receipt(self, number, quantity):
        self._plan_receipt(self._nth(self.product | self.other, number), quantity)

    def _step_receive_planned(self, number):
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

    def _step_assign(self, number, of_receipt, quantity):
        receipt = self._nth(self._receipts("assigned", "done"), of_receipt)
        incoming = receipt.move_ids
        move = self._nth(
            self._linked(False).filtered(lambda move: move.product_id == incoming.product_id),
            number,
        )
        loose = move.product_qty - sum(move.move_line_ids.mapped("quantity_product_uom"))
        quantity = min(quantity, loose, incoming.product_qty)
        if quantity <= 0:
            raise UserError(self.env._("nothing to assign"))
        if move.product_id != move.sale_line_id.product_id:
            self.typed |= move.product_id  # a component without the others is that person's affair
        self.env["report.stock.report_reception"].action_assign(
            move.ids, [quantity], [incoming.ids]
        )

    def _step_unassign(self, number):
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
        wizard = self._return_wizard(number)
        wizard.product_return_moves.to_refund = refund
        wizard.action_create_exchanges()

    def _step_half_a_kit(self, number, component):
        """One component of a kit is sent, the others stay for later."""
        pickings = self._deliveries().filtered(
            lambda picking: len(picking.move_ids.product_id) > 1
            and any(m.product_id != m.sale_line_id.product_id for m in picking.move_ids)
            and not any(picking.move_ids.mapped("picked"))
        )
        picking = self._nth(pickings, number)
        self._type(self._nth(picking.move_ids.filtered("quantity"), component), 0)
        self._deliver(picking)

    # -- what people change in the office ---------------------------------------------------------

    def _step_change_unit(self, number):
        """As many pieces in the other unit."""
        line = self._nth(
            self._orders().order_line.filtered(
                lambda line: line.product_id in self.product | self.other
                and line.state != "cancel"
                and line.product_uom_qty > 0
            ),
            number,
        )
        if line.product_uom_id == self.dozen:
            unit, quantity = self.unit, line.product_uom_qty * 12
        else:
            unit, quantity = self.dozen, line.product_uom_qty / 12
        if line.state == "sale" and quantity != round(quantity, 2):
            raise UserError(self.env._("no round number"))
        line.write({"product_uom_id": unit.id, "product_uom_qty": round(quantity, 2)})

    def _step_change_recipe(self, which, number):
        """The recipe of today is asked for quotations only."""
        if not getattr(self, "recipe", False):
            raise UserError(self.env._("no kits here"))
        if any(
            line.product_id == self.toolbox and line.backorder_promised_qty
            for line in self._orders().order_line
        ):
            raise UserError(self.env._("set aside by the recipe of yesterday"))
        row = self._nth(self.recipe.bom_line_ids, which)
        if number % 2:
            row.product_qty = 3 - min(2, row.product_qty)
        elif row == self.recipe.bom_line_ids[-1:]:
            row.product_id = self.paint if row.product_id == self.other else self.other
        self.env.invalidate_all()
