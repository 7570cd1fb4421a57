"""Random sequences of what people and Odoo do to orders and stock; invariants after every step.

BACKORDER_EXAMPLES=500 runs more, and longer ones, than the few that the suite takes time for.
"""

import logging
import os
from collections import Counter
from contextlib import closing

from hypothesis import Phase, currently_in_test_context, find, given, note, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .shop_steps import AUTOMATIC, GIVING, STEPS, ShopSteps, setting, step

_logger = logging.getLogger(__name__)
EXAMPLES = int(os.environ.get("BACKORDER_EXAMPLES", 5))
LENGTH = 24 if "BACKORDER_EXAMPLES" in os.environ else 16
# Making a failing sequence shorter takes minutes, and what happened is told step by step.
PHASES = set(Phase) - ({Phase.shrink} if os.environ.get("BACKORDER_AS_FOUND") else set())


@tagged("post_install", "-at_install")
class TestProperties(ShopSteps):
    #: How often each step was done, and how often refused, in all sequences.
    done, refused = Counter(), Counter()
    sequences = 0

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        if LENGTH > 16:
            counts = ", ".join(f"{n} {cls.done[n]}-{cls.refused[n]}" for n in sorted(STEPS))
            _logger.info("%s sequences; steps done-refused: %s", cls.sequences, counts)

    def test_invariants_hold_after_every_step(self):
        self._random_sequences()
        if self.sequences >= 100:  # of 30 it may be chance
            never = [name for name in STEPS if not self.done[name]]
            self.assertFalse(
                never, "these steps were never done: the sequences say nothing of them"
            )

    @settings(max_examples=EXAMPLES, phases=PHASES)
    @given(setting, st.lists(step, min_size=LENGTH, max_size=LENGTH))
    def _random_sequences(self, how, steps):
        with closing(self.env.cr.savepoint()), mute_logger("odoo.addons.stock"):
            self._begin(how)
            self._check("the beginning")
            for name, *arguments in steps:
                self._run_step(name, arguments)
        type(self).sequences += 1

    def test_every_step_can_be_done_at_first(self):
        """A step that is refused always would tell nothing, and nobody would know."""
        hammers, nails, paint, boxes = range(4)
        never = []
        for steps, fill_approved in (("ship_only", "same_order"), ("pick_ship", "new_order")):
            how = {
                "steps": steps,
                "fill_approved": fill_approved,
                "approve": True,
                "fifo": True,
                "stock": [7, 9, 5],
                "orders": [([(hammers, 5), (paint, 3)], True), ([(nails, 4), (boxes, 2)], True)],
            }
            with closing(self.env.cr.savepoint()), mute_logger("odoo.addons.stock"):
                self._begin(how)
                kept = self.typed, self.entered, self.runs
                for name, arguments in STEPS.items():
                    if name == "put_back" and steps == "ship_only":
                        continue  # nothing is picked before it is sent
                    if name in ("change_recipe", "half_a_kit") and not self.toolbox:
                        continue  # no kits without sale_mrp
                    simplest = find(st.tuples(*arguments), lambda _arguments: True)
                    with closing(self.env.cr.savepoint()):
                        before = self.done[name]
                        self._run_step(name, simplest)
                        if self.done[name] == before:
                            never.append(f"{name} in {steps}: {self.refusal}")
                    self.typed, self.entered, self.runs = kept
        self.assertFalse(never, "refused at first")

    # -- driving ----------------------------------------------------------------------------------

    def _begin(self, how):
        # of the class: its factories make orders and stock there
        cls = type(self)
        cls.warehouse = self.warehouses[how["steps"]]
        cls.stock = cls.warehouse.lot_stock_id
        self.company.write(
            {
                "backorder_fill_approved": how["fill_approved"],
                "backorder_approve_new_order": how["approve"],
                "backorder_fifo": how["fifo"],
            }
        )
        self.typed = self.env["product.product"]
        self.entered = self.env["sale.order.line"]
        self.runs = self.env["backorder.run"]
        self.known = {(row["code"], row["id"]) for row in self.env["backorder.check"].run_checks()}
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
            self._note(f"{name}{tuple(arguments)} refused: {error}")
            self.refused[name] += 1
            self.refusal = error
            return
        self.done[name] += 1
        self._check(f"{name}{tuple(arguments)}")
        if name in AUTOMATIC:
            for line, needed in before.items():
                if line.state != "sale":
                    continue  # the figure of a quotation only informs
                self.assertGreaterEqual(line.backorder_qty + 0.01, needed, f"{name} filled")
        if name in GIVING:
            for key, quantity in self._ordered(self._orders()).items():
                self.assertAlmostEqual(quantity, ordered[key], 1, f"{name} lost {key.name}")

    def _note(self, text):
        """For who reads a failing sequence."""
        if currently_in_test_context():
            note(text)

    def _check(self, title):
        orders = self._orders()
        self._note(f"{title}: " + "; ".join(self._tell(line) for line in orders.order_line))
        try:
            self.assertInvariants(orders, typed=self.typed)
            self._assert_nothing_silent(orders)
            self._assert_checks()
        except AssertionError as error:
            raise AssertionError(f"after {title}: {error}") from error

    def _assert_checks(self):
        """Check Backorders agrees. What a person typed beyond stock is Odoo's own rule."""
        found = [
            row
            for row in self.env["backorder.check"].run_checks()
            if (row["code"], row["id"]) not in self.known
            and not (row["code"] in ("reserved", "set_aside") and self.typed)
        ]
        self.assertEqual([row["message"] for row in found], [])

    def _assert_nothing_silent(self, orders):
        """What a confirmed line lacks is Needed, unless a person's own entry on a delivery says
        otherwise: then Find Backorders brings it in."""
        lines = orders.order_line.filtered(lambda line: line.state == "sale")
        for line, per_unit in lines._backorder_parts().items():
            for part, (opened, reserved) in self._open_demand(line).items():
                if line in self.entered or part in self.typed:
                    continue
                owed = self._owed(line, per_unit)
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
