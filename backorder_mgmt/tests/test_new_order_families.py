"""Random lives of families of orders: what people agreed is on one of their lines, or was sent.

BACKORDER_EXAMPLES=200 runs more than the few examples that the suite takes time for.
"""

import logging
import os
from collections import Counter
from contextlib import closing
from typing import NamedTuple

from hypothesis import Phase, example, given, note, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BackorderCommon

_logger = logging.getLogger(__name__)
EXAMPLES = int(os.environ.get("BACKORDER_EXAMPLES", 8))
LENGTH = 14
# Making a failing sequence shorter takes minutes, and what happened is told step by step.
PHASES = set(Phase) - ({Phase.shrink} if os.environ.get("BACKORDER_AS_FOUND") else set())

# What happens, in `_step_<name>`. Where there is nothing to do it to, the next one's turn comes.
STEPS = (
    "stock",
    "fill",
    "approve",
    "deliver",
    "send_back",
    "fill",
    "cancel",
    "stock",
    "fill",
    "take_back",
    "edit",
    "delete_line",
    "delete",
    "reopen",
    "lose",
)


class Draw(NamedTuple):
    """What a step does, and to what: each takes of it what it needs."""

    step: int
    number: int = 0  # the nth of what there is, counted round
    quantity: int = 6
    share: float = 1.0
    yes: bool = True


def draw(name, *rest, **more):
    return Draw(STEPS.index(name), *rest, **more)


draws = st.builds(
    Draw,
    st.integers(0, len(STEPS) - 1),
    st.integers(0, 5),
    st.integers(1, 12),
    st.sampled_from([0.25, 0.5, 1.0]),
    st.booleans(),
)
#: an item of a kind, of a quantity
items = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), min_size=1, max_size=2)
setting = st.fixed_dictionaries(
    {
        "approve": st.booleans(),
        # the first or the second warehouse: one step, two steps
        "orders": st.lists(st.tuples(st.booleans(), items), min_size=1, max_size=2),
        "stock": st.integers(0, 6),
    }
)
#: Every step once, whatever chance brings: plain, by the dozen, by lot, a kit.
EACH = (
    {
        "approve": False,
        "orders": [(False, [(0, 10), (1, 8)]), (True, [(2, 6), (3, 4)])],
        "stock": 2,
    },
    [
        draw("stock"),
        draw("fill", share=0.5, yes=False),
        draw("edit", quantity=11),
        draw("approve"),
        draw("deliver"),
        draw("send_back"),
        draw("stock", 4),
        draw("stock", 3),
        draw("stock", 2, yes=False),
        draw("fill", 2),
        draw("delete_line"),
        draw("fill", 2),
        draw("delete"),
        draw("fill", 2),
        draw("cancel", 5),
        draw("fill", 3),
        draw("take_back", 5),
        draw("lose", 3, 2),
        draw("cancel"),
        draw("reopen"),
        # Which fill the one above was depends on what other apps refuse; these are the newest.
        *(draw("stock", number, 12) for number in range(5)),
        *(again for n in range(3) for again in (draw("fill", n), draw("take_back", -1))),
    ],
)


class Nothing(UserError):
    """There is nothing to do a step to."""


@tagged("post_install", "-at_install")
class TestNewOrderFamilies(BackorderCommon):
    #: How often each step was done, not refused.
    done = Counter()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.screws = cls._product("Screws")
        cls.paint = cls._product("Paint", tracking="lot")
        cls.lots = cls.env["stock.lot"].create(
            [{"name": name, "product_id": cls.paint.id} for name in ("Old", "New")]
        )
        cls.bolt, cls.nut = cls._product("Bolt"), cls._product("Nut")
        #: what is sold, with the unit that it is sold in
        cls.sold = [(cls.product, cls.unit), (cls.screws, cls.dozen), (cls.paint, cls.unit)]
        cls.parts = {cls.bolt: 1.0}
        if "mrp.bom" in cls.env and "bom_line_id" in cls.env["stock.move"]._fields:
            cls.parts = {cls.bolt: 1.0, cls.nut: 2.0}
            cls.sold.append((cls._kit("Shelf", *cls.parts.items()), cls.unit))
        else:
            cls.sold.append((cls.bolt, cls.unit))
        cls.stocked = [cls.product, cls.screws, cls.paint, cls.bolt, cls.nut]
        cls.second = cls.env["stock.warehouse"].create(
            {"name": "Two Steps", "code": "TWO", "delivery_steps": "pick_ship"}
        )

    def test_nothing_is_sent_twice_and_nothing_is_owed_to_nobody(self):
        self._live()
        _logger.info("steps done: %s", dict(self.done))
        # A step that is always refused would show nothing.
        self.assertEqual([name for name in dict.fromkeys(STEPS) if not self.done[name]], [])

    @settings(max_examples=EXAMPLES, phases=PHASES)
    @given(setting, st.lists(draws, min_size=LENGTH, max_size=LENGTH))
    @example(*EACH)
    def _live(self, how, sequence):
        with closing(self.env.cr.savepoint()), mute_logger("odoo.addons.stock"):
            self._begin(how)
            self._check("the beginning")
            for one in sequence:
                self._run(one)

    def _run(self, one):
        """Do the step of ``one``, or where there is nothing to do it to the next that can be."""
        for number in range(len(STEPS)):
            name = STEPS[(one.step + number) % len(STEPS)]
            title = f"{name}{tuple(one[1:])}"
            self.told = []
            try:
                with self.env.cr.savepoint():
                    getattr(self, f"_step_{name}")(one)
                    self.env.flush_all()
            except Nothing:
                continue
            except UserError as error:
                note(f"{title} refused: {error}")
                return
            self.done[name] += 1
            for tell in self.told:
                tell()
            self._check(title)
            return

    # -- what people agreed, kept apart from what the addon says ----------------------------------

    def _begin(self, how):
        self.company.backorder_approve_new_order = how["approve"]
        #: {line: quantity}, {line: its original}, {line: what was moved to it}, in lines' units
        self.agreed, self.origin, self.moved = {}, {}, {}
        #: {product: the most that was ever agreed}, in its unit
        self.most = Counter()
        #: lines of which less was agreed since, or a delivery was closed
        self.closed = set()
        self.before = [self._finding(row) for row in self.env["backorder.check"].run_checks()]
        for number in range(len(self.stocked) if how["stock"] else 0):
            self._step_stock(Draw(0, number, how["stock"]))
        for second, of_order in how["orders"]:
            values = []
            for kind, quantity in of_order:
                product, unit = self.sold[kind]
                values.append((product, self._sold(unit, quantity), {"product_uom_id": unit.id}))
            warehouse = self.second if second else self.warehouse
            order = self._order(*values, warehouse_id=warehouse.id)
            for line in order.order_line:
                self._agree(line, line.product_uom_qty)

    def _sold(self, unit, pieces):
        """A quantity in a unit of sale: of dozens three pieces and more."""
        return pieces / 4 if unit == self.dozen else pieces

    def _pieces(self, line, quantity):
        return line.product_uom_id._compute_quantity(quantity, line.product_id.uom_id, round=False)

    def _agree(self, line, quantity):
        more = max(0.0, quantity - self.agreed.get(line, 0.0))
        self.most[line.product_id] += self._pieces(line, more)
        self.agreed[line] = quantity

    def _finding(self, row):
        return (row["code"], row["model"], row["id"])

    def _sent_pieces(self, line):
        """{product: all that left for the customer, also what came back since}, in its unit."""
        sent = Counter()
        for move in line.move_ids:
            if move.state == "done" and move.location_dest_id.usage == "customer":
                sent[move.product_id] += move.product_uom._compute_quantity(
                    move.quantity, move.product_id.uom_id, round=False
                )
        return sent

    def _sent(self, line):
        """The same in the line's unit; of a kit whole ones."""
        sent = self._sent_pieces(line)
        if line.product_id == self.sold[3][0] != self.bolt:
            return min(sent[part] / per_kit for part, per_kit in self.parts.items())
        return line.product_id.uom_id._compute_quantity(
            sent[line.product_id], line.product_uom_id, round=False
        )

    def _given_up(self, lines):
        """What comes back from these lines, told before they are given up."""
        for line in lines:
            onward = [other for other, origin in self.origin.items() if origin == line]
            rest = self.moved.get(line, 0.0) - self._sent(line)
            rest -= sum(self.moved[other] for other in onward)
            origin = self.origin.get(line)
            while origin and origin.exists() and origin.state == "cancel":
                origin = self.origin.get(origin)
            if rest <= 1e-6 or not origin or not origin.exists():
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
            delivered = Counter()
            for line in lines:
                self.assertAlmostEqual(
                    line.product_uom_qty, self.agreed[line], 4, f"ordered: {self._tell(line)}"
                )
                delivered[line.product_id] += self._pieces(line, line.qty_delivered)
            for product, quantity in delivered.items():
                self.assertLessEqual(quantity, self.most[product] + 1e-4, f"{product.name} sent")
            for line in lines.filtered(lambda line: line.state == "sale"):
                lacks = line.product_uom_qty - self._sent(line)
                covered = line.backorder_reserved_qty + line.backorder_qty
                if line not in self.closed:
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

    def _orders(self):
        return self.env["sale.order"].search([("partner_id", "=", self.customer.id)], order="id")

    def _lines(self):
        return self._orders().order_line.filtered(lambda line: not line.display_type)

    def _nth(self, records, number):
        """The record to do something to; the step is refused when there is none."""
        if not records:
            raise Nothing("nothing")
        return records[number % len(records)]

    def _pickings(self, *states):
        return self._orders().picking_ids.filtered(lambda p: p.state in states).sorted("id")

    # -- steps ------------------------------------------------------------------------------------

    def _step_stock(self, one):
        product = self._nth(self.stocked, one.number)
        lot = self.lots[one.quantity % 2] if product == self.paint else None
        warehouse = self.warehouse if one.yes else self.second
        self._stock(product, one.quantity, warehouse.lot_stock_id, lot)

    def _step_fill(self, one):
        lines = self._lines().filtered(lambda line: line.state == "sale")
        line = self._nth(lines.filtered("backorder_fillable_qty"), one.number)
        wanted = None
        if not one.yes:
            pieces = int(self._pieces(line, line.backorder_fillable_qty) * one.share)
            wanted = {line.id: pieces / self._pieces(line, 1.0)}
        known = self._lines()
        line.order_id.fill_backorders(wanted)
        for new in self._lines() - known:
            origin = new.backorder_origin_line_id
            self.origin[new], self.moved[new] = origin, new.product_uom_qty
            self.agreed[new] = new.product_uom_qty
            self.agreed[origin] -= new.product_uom_qty

    def _step_edit(self, one):
        line = self._nth(self._lines(), one.number)
        quantity = self._sold(line.product_uom_id, one.quantity - 1)
        if line.state == "sale" and quantity < line.product_uom_qty:
            self.closed.add(line)  # Odoo may ask for what is on its way to come back
        line.product_uom_qty = quantity
        self.told.append(lambda: self._agree(line, quantity))

    def _step_approve(self, one):
        drafts = self._orders().filtered(lambda order: order.state == "draft")
        self._nth(drafts, one.number).action_confirm()

    def _step_deliver(self, one):
        pickings = self._pickings("assigned", "confirmed").filtered("move_ids.quantity")
        picking = self._nth(pickings, one.number)
        moves = picking.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))
        for line, of_line in moves.grouped("sale_line_id").items():
            per_unit = self.parts if line.product_id not in of_line.product_id else {}
            units = min(move.quantity / per_unit.get(move.product_id, 1.0) for move in of_line)
            if per_unit or one.share < 1:  # kits leave whole
                for move in of_line:
                    move.quantity = int(units * one.share) * per_unit.get(move.product_id, 1.0)
        if not one.yes:
            self.closed.update(moves.sale_line_id)
        self._deliver(picking, backorder=one.yes)

    def _step_send_back(self, one):
        done = self._pickings("done").filtered(lambda p: p.location_dest_id.usage == "customer")
        picking = self._nth(done, one.number)
        quantities = {
            product: self.parts.get(product, 1) for product in picking.move_ids.product_id
        }
        self._return(picking, quantities, refund=one.yes)

    def _step_cancel(self, one):
        order = self._nth(self._orders().filtered(lambda o: o.state != "cancel"), one.number)
        self._model(order.order_line)
        order._action_cancel()

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

    def _step_delete(self, one):
        order = self._orders().filtered(lambda order: order.state in ("draft", "cancel"))
        order = self._nth(order, one.number)
        if order.state == "draft":
            self._model(order.order_line)
        order.unlink()

    def _step_delete_line(self, one):
        line = self._nth(self._lines().filtered(lambda line: line.state == "draft"), one.number)
        self._model(line)
        line.unlink()

    def _step_reopen(self, one):
        cancelled = self._orders().filtered(lambda order: order.state == "cancel")
        self._nth(cancelled, one.number).action_draft()

    def _step_take_back(self, one):
        runs = self.env["backorder.run"].search(
            [("order_ids", "in", self._orders().ids), ("state", "=", "done")], order="id"
        )
        run = self._nth(runs, one.number)
        self._model(run.run_order_ids.new_order_id.order_line)
        run.action_undo()

    def _step_lose(self, one):
        product = self._nth(self.stocked, one.number)
        places = (self.warehouse | self.second).lot_stock_id
        quants = self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "in", places.ids)], order="id"
        )
        quant = self._nth(quants.filtered(lambda quant: quant.quantity > 0), one.quantity)
        quant.inventory_quantity = max(0.0, quant.quantity - one.quantity)
        quant.action_apply_inventory()
