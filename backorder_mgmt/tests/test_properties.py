"""Random sequences of what people and Odoo do to orders and stock; invariants after every step.

BACKORDER_EXAMPLES=500 runs more than the few examples that the suite takes time for.
"""

import os
from contextlib import closing

from hypothesis import given, note, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BackorderCommon

EXAMPLES = int(os.environ.get("BACKORDER_EXAMPLES", 10))

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
}
# What Odoo does by itself, and what only looks: none of it gives stock to a backorder.
AUTOMATIC = {"receive", "check", "scheduler", "detect", "print"}

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


@tagged("post_install", "-at_install")
class TestProperties(BackorderCommon):
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
            cls.env["mrp.bom"].create(
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
        cls.warehouses = {"ship_only": cls.warehouse}
        cls.warehouses["pick_ship"] = cls.env["stock.warehouse"].create(
            {"name": "Two Steps", "code": "TWO", "delivery_steps": "pick_ship"}
        )

    @settings(max_examples=EXAMPLES)
    @given(setting, st.lists(step, min_size=24, max_size=24))
    def test_invariants_hold_after_every_step(self, how, steps):
        with closing(self.env.cr.savepoint()), mute_logger("odoo.addons.stock"):
            self._begin(how)
            self._check("the beginning")
            for name, *arguments in steps:
                self._run_step(name, arguments)

    # -- driving ----------------------------------------------------------------------------------

    def _begin(self, how):
        self.warehouse = self.warehouses[how["steps"]]
        self.stock = self.warehouse.lot_stock_id
        self.company.write(
            {
                "backorder_fill_approved": how["fill_approved"],
                "backorder_approve_new_order": how["approve"],
                "backorder_fifo": how["fifo"],
            }
        )
        self.typed = self.env["product.product"]
        self.entered = self.env["sale.order.line"]
        for number, quantity in enumerate(how["stock"]):
            if quantity:
                self._add_stock(self.products[number], quantity)
        for items, confirm in how["orders"]:
            self._step_order(items, confirm)

    def _run_step(self, name, arguments):
        orders = self._orders()
        before = {line: line.backorder_qty for line in orders.order_line}
        ordered = self._ordered(orders)
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_step_{name}")(*arguments)
                self.env.flush_all()
        except UserError as error:
            note(f"{name}{tuple(arguments)} refused: {error}")
            return
        self._check(f"{name}{tuple(arguments)}")
        if name in AUTOMATIC:
            for line, needed in before.items():
                if line.state != "sale":
                    continue  # the figure of a quotation only informs
                self.assertGreaterEqual(line.backorder_qty + 0.01, needed, f"{name} filled")
        if name in ("fill", "fill_all"):
            for key, quantity in self._ordered(self._orders()).items():
                self.assertAlmostEqual(quantity, ordered[key], 1, f"{name} lost {key.name}")

    def _check(self, title):
        orders = self._orders()
        note(f"{title}: " + "; ".join(self._tell(line) for line in orders.order_line))
        try:
            self.assertInvariants(orders, typed=self.typed)
            self._assert_nothing_silent(orders)
        except AssertionError as error:
            raise AssertionError(f"after {title}: {error}") from error

    def _assert_nothing_silent(self, orders):
        """What a confirmed line lacks is Needed, unless a person's own entry on a delivery says
        otherwise: then Find Backorders brings it in."""
        for line in orders.order_line.filtered(lambda line: line.state == "sale"):
            per_unit = line._backorder_parts()[line]
            for part, (opened, reserved) in self._open_demand(line).items():
                if line in self.entered or part in self.typed:
                    continue
                owed = max(0.0, line.product_uom_qty - line.qty_delivered)
                lacking = min(opened, owed * per_unit[part]) - reserved
                self.assertGreaterEqual(
                    line.backorder_qty * per_unit[part] + 0.01 * per_unit[part] + 1e-4,
                    lacking,
                    f"{line.order_id.name}: {part.name} is neither reserved nor needed",
                )

    def _tell(self, line):
        return (
            f"{line.order_id.name} {line.state} {line.product_id.name} {line.product_uom_qty:g}"
            f" needs {line.backorder_qty:g} has {line.backorder_reserved_qty:g}"
            f" sent {line.qty_delivered:g}"
        )

    def _ordered(self, orders):
        """{product: ordered on open and done orders}, cancelled ones not, in product units."""
        lines = orders.filtered(lambda order: order.state != "cancel").order_line
        return {
            product: sum(
                line.product_uom_id._compute_quantity(
                    line.product_uom_qty, product.uom_id, round=False
                )
                for line in of_product
            )
            for product, of_product in lines.grouped("product_id").items()
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
        if more > free - promised or product.tracking != "none" or of_a_kit:
            self.typed |= product
        self.entered |= move.sale_line_id
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
                    ("location_id", "=", self.stock.id),
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

    def _step_return_goods(self, number):
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
