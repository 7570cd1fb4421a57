"""Random lives of families of orders: what people agreed is on one of their lines, or was sent.

BACKORDER_EXAMPLES=200 runs more than the few examples that the suite takes time for.
"""

import os
from contextlib import closing

from hypothesis import given, note, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BackorderCommon

EXAMPLES = int(os.environ.get("BACKORDER_EXAMPLES", 8))

which = st.integers(0, 5)  # the nth of what there is, counted round
units = st.integers(1, 12)
share = st.sampled_from([0.25, 0.5, 1.0])

# A step is its name and its arguments: `_step_<name>(*arguments)`.
STEPS = {
    "stock": (st.integers(0, 1), units),
    "fill": (which, st.none() | share),
    "edit": (which, st.integers(0, 12)),
    "approve": (which,),
    "deliver": (which, share, st.booleans()),
    "send_back": (which, st.booleans()),
    "cancel": (which,),
    "delete": (which,),
    "delete_line": (which,),
    "reopen": (which,),
    "take_back": (which,),
    "lose": (st.integers(0, 1), units),
}
OFTEN = ("stock", "fill", "cancel")
step = st.one_of(
    [
        st.tuples(st.just(name), *arguments)
        for name, arguments in STEPS.items()
        for _each in range(3 if name in OFTEN else 1)
    ]
)
setting = st.fixed_dictionaries(
    {
        "approve": st.booleans(),
        "steps": st.sampled_from(["ship_only", "pick_ship"]),
        "orders": st.lists(
            st.lists(st.tuples(st.integers(0, 1), units), min_size=1, max_size=2),
            min_size=1,
            max_size=2,
        ),
        "stock": st.integers(0, 6),
    }
)


@tagged("post_install", "-at_install")
class TestNewOrderFamilies(BackorderCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.product | cls.other
        cls.warehouses = {"ship_only": cls.warehouse}
        cls.warehouses["pick_ship"] = cls.env["stock.warehouse"].create(
            {"name": "Two Steps", "code": "TWO", "delivery_steps": "pick_ship"}
        )

    @settings(max_examples=EXAMPLES)
    @given(setting, st.lists(step, min_size=14, max_size=14))
    def test_nothing_is_sent_twice_and_nothing_is_owed_to_nobody(self, how, steps):
        with closing(self.env.cr.savepoint()), mute_logger("odoo.addons.stock"):
            self._begin(how)
            self._check("the beginning")
            for name, *arguments in steps:
                try:
                    with self.env.cr.savepoint():
                        self.told = []
                        getattr(self, f"_step_{name}")(*arguments)
                        self.env.flush_all()
                except UserError as error:
                    note(f"{name}{tuple(arguments)} refused: {error}")
                    continue
                for tell in self.told:
                    tell()
                self._check(f"{name}{tuple(arguments)}")

    # -- what people agreed, kept apart from what the addon says ----------------------------------

    def _begin(self, how):
        self.warehouse = self.warehouses[how["steps"]]
        self.stock = self.warehouse.lot_stock_id
        self.company.backorder_approve_new_order = how["approve"]
        #: {line: quantity}, {line: its original}, {line: what was moved to it}
        self.agreed, self.origin, self.moved = {}, {}, {}
        self.most = dict.fromkeys(self.products, 0.0)
        self.before = [self._finding(row) for row in self.env["backorder.check"].run_checks()]
        for product in self.products:
            if how["stock"]:
                self._stock(product, how["stock"])
        for items in how["orders"]:
            order = self._order(*((self.products[number], qty) for number, qty in items))
            for line in order.order_line:
                self._agree(line, line.product_uom_qty)

    def _agree(self, line, quantity):
        self.most[line.product_id] += max(0.0, quantity - self.agreed.get(line, 0.0))
        self.agreed[line] = quantity

    def _finding(self, row):
        return (row["code"], row["model"], row["id"])

    def _sent(self, line):
        """All that left for the customer, also what came back since."""
        done = line.move_ids.filtered(
            lambda move: move.state == "done" and move.location_dest_id.usage == "customer"
        )
        return sum(done.mapped("quantity"))

    def _given_up(self, lines):
        """What comes back from these lines, told before they are given up."""
        for line in lines:
            onward = [other for other, origin in self.origin.items() if origin == line]
            rest = self.moved.get(line, 0.0) - self._sent(line)
            rest -= sum(self.moved[other] for other in onward)
            origin = self.origin.get(line)
            while origin and origin.exists() and origin.state == "cancel":
                origin = self.origin.get(origin)
            if rest <= 0 or not origin or not origin.exists():
                continue
            self.agreed[origin] += rest
            for other in onward:
                self.origin[other] = self.origin[line]
            self.moved[line] = 0.0
            self.origin.pop(line)

    def _check(self, title):
        lines = self._lines()
        note(f"{title}: " + "; ".join(self._tell(line) for line in lines))
        try:
            self.assertInvariants(lines.order_id)
            sent = dict.fromkeys(self.products, 0.0)
            for line in lines:
                self.assertAlmostEqual(
                    line.product_uom_qty, self.agreed[line], 4, f"ordered: {self._tell(line)}"
                )
                sent[line.product_id] += line.qty_delivered
            for product, quantity in sent.items():
                self.assertLessEqual(quantity, self.most[product] + 1e-4, f"{product.name} sent")
            for line in lines.filtered(lambda line: line.state == "sale"):
                lacks = line.product_uom_qty - self._sent(line)
                covered = line.backorder_reserved_qty + line.backorder_qty
                if line.id not in self.closed:
                    self.assertGreaterEqual(covered + 1e-4, lacks, f"lost: {self._tell(line)}")
            found = [self._finding(row) for row in self.env["backorder.check"].run_checks()]
            self.assertEqual(found, self.before, "Check Backorders")
        except AssertionError as error:
            raise AssertionError(f"after {title}: {error}") from error

    def _tell(self, line):
        return (
            f"{line.order_id.name} {line.state} {line.product_id.name} {line.product_uom_qty:g}"
            f" (agreed {self.agreed.get(line, -1):g}) needs {line.backorder_qty:g} has"
            f" {line.backorder_reserved_qty:g} sent {line.qty_delivered:g}"
            f" moved {self.moved.get(line, 0.0):g}"
        )

    # -- what there is ----------------------------------------------------------------------------

    @property
    def closed(self):
        return self.__dict__.setdefault("_closed", set())

    def _orders(self):
        return self.env["sale.order"].search([("partner_id", "=", self.customer.id)], order="id")

    def _lines(self):
        return self._orders().order_line.filtered(lambda line: not line.display_type)

    def _nth(self, records, number):
        """The record to do something to; the step is refused when there is none."""
        if not records:
            raise UserError(self.env._("There is nothing to do this to."))
        return records[number % len(records)]

    def _pickings(self, *states):
        return self._orders().picking_ids.filtered(lambda p: p.state in states).sorted("id")

    # -- steps ------------------------------------------------------------------------------------

    def _step_stock(self, number, quantity):
        self._stock(self.products[number], quantity)

    def _step_fill(self, number, part):
        lines = self._lines().filtered(lambda line: line.backorder_qty and line.state == "sale")
        line = self._nth(lines, number)
        wanted = None if part is None else {line.id: int(line.backorder_fillable_qty * part)}
        known = self._lines()
        line.order_id.fill_backorders(wanted)
        for new in self._lines() - known:
            origin = new.backorder_origin_line_id
            self.origin[new], self.moved[new] = origin, new.product_uom_qty
            self.agreed[new] = new.product_uom_qty
            self.agreed[origin] -= new.product_uom_qty

    def _step_edit(self, number, quantity):
        line = self._nth(self._lines(), number)
        if line.state == "sale" and quantity < line.product_uom_qty:
            self.closed.add(line.id)  # Odoo may ask for what is on its way to come back
        line.product_uom_qty = quantity
        self.told.append(lambda: self._agree(line, quantity))

    def _step_approve(self, number):
        self._nth(self._orders().filtered(lambda o: o.state == "draft"), number).action_confirm()

    def _step_deliver(self, number, part, backorder):
        picking = self._nth(self._pickings("assigned", "confirmed"), number)
        for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
            if part < 1:
                move.quantity = int(move.quantity * part)
        if not backorder:
            self.closed.update(picking.move_ids.sale_line_id.ids)
        self._deliver(picking, backorder=backorder)

    def _step_send_back(self, number, to_refund):
        done = self._pickings("done").filtered(lambda p: p.location_dest_id.usage == "customer")
        picking = self._nth(done, number)
        self._return(picking, dict.fromkeys(picking.move_ids.product_id, 1), refund=to_refund)

    def _step_cancel(self, number):
        order = self._nth(self._orders().filtered(lambda o: o.state != "cancel"), number)
        lines, known = order.order_line, dict(self.agreed)
        self._model(lines)
        order._action_cancel()
        self.assertTrue(known)

    def _model(self, lines):
        kept = (dict(self.agreed), dict(self.origin), dict(self.moved))
        self._given_up(lines)
        after = (self.agreed, self.origin, self.moved)
        # A step that is refused changes nothing, here neither.
        self.agreed, self.origin, self.moved = kept
        self.told.append(
            lambda: (
                setattr(self, "agreed", after[0]),
                setattr(self, "origin", after[1]),
                setattr(self, "moved", after[2]),
            )
        )

    def _step_delete(self, number):
        order = self._nth(self._orders().filtered(lambda o: o.state in ("draft", "cancel")), number)
        if order.state == "draft":
            self._model(order.order_line)
        order.unlink()

    def _step_delete_line(self, number):
        line = self._nth(self._lines().filtered(lambda line: line.state == "draft"), number)
        self._model(line)
        line.unlink()

    def _step_reopen(self, number):
        self._nth(self._orders().filtered(lambda o: o.state == "cancel"), number).action_draft()

    def _step_take_back(self, number):
        runs = self.env["backorder.run"].search(
            [("order_ids", "in", self._orders().ids), ("state", "=", "done")], order="id"
        )
        run = self._nth(runs, number)
        new = run.run_order_ids.new_order_id
        self._model(new.order_line)
        run.action_undo()

    def _step_lose(self, number, quantity):
        product = self.products[number]
        quant = self._nth(
            self.env["stock.quant"].search(
                [("product_id", "=", product.id), ("location_id", "=", self.stock.id)]
            ),
            0,
        )
        quant.inventory_quantity = max(0.0, quant.quantity - quantity)
        quant.action_apply_inventory()
