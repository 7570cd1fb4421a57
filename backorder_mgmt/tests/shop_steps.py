"""What people and Odoo do to orders and stock in ``test_properties.py``: a method for each step."""

from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError

from .shop_warehouse import WarehouseSteps

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
    "put_back": (which, units),
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


class ShopSteps(WarehouseSteps):
    # -- steps ------------------------------------------------------------------------------------

    def _step_nothing(self):
        raise UserError(self.env._("nothing"))

    def _step_order(self, items, confirm):
        self._order(*(self._item(*item) for item in items), confirm=confirm)

    def _step_confirm(self, number):
        if not any(order.state == "draft" for order in self._orders()):
            self._step_order([(number, 3)], False)
        self._nth(self._orders().filtered(lambda o: o.state == "draft"), number).action_confirm()

    def _step_edit(self, number, quantity):
        line = self._line(number)
        line.product_uom_qty = quantity / 2 if line.product_uom_id == self.dozen else quantity

    def _step_swap_product(self, number, product):
        if not any(order.state == "draft" for order in self._orders()):
            self._step_order([(number, 3)], False)
        line = self._nth(
            self._orders().order_line.filtered(lambda line: line.state == "draft"), number
        )
        line.product_id = self._product_at(product)

    def _step_add_line(self, number, *item):
        item, quantity, *more = self._item(*item)
        values = {"product_id": item.id, "product_uom_qty": quantity, **(more[0] if more else {})}
        self._nth(self._orders(), number).write({"order_line": [Command.create(values)]})

    def _step_delete_line(self, number):
        # Odoo deletes lines of quotations only
        if not any(order.state == "draft" for order in self._orders()):
            self._step_order([(number, 3), (number + 1, 3)], False)
        self._line(number, lambda line: line.state == "draft").unlink()

    def _quantities(self, line, limit, part):
        if part is None:
            return None
        quantity = limit * part
        return {line.id: quantity if line.product_uom_id == self.dozen else int(quantity)}

    def _step_force(self, number, part):
        line = self._line(number, lambda line: line.backorder_qty < line.product_uom_qty)
        line.order_id.force_backorders(self._quantities(line, line.product_uom_qty, part))

    def _step_fill(self, number, part):
        line = self._line(number, lambda line: line.backorder_fillable_qty > 0)
        line.order_id.fill_backorders(self._quantities(line, line.backorder_fillable_qty, part))

    def _step_fill_all(self):
        self._orders().filtered(lambda order: order.state != "cancel").fill_backorders()

    def _step_cancel_rest(self, number, part):
        line = self._line(number, lambda line: line.backorder_qty > 0)
        line.order_id.cancel_backorders(self._quantities(line, line.backorder_qty, part), "enough")

    def _step_scheduler(self):
        self.env["stock.rule"]._run_scheduler_tasks(company_id=self.company.id)

    def _step_detect(self):
        self._orders().detect_backorders()

    def _step_cancel_order(self, number):
        self._nth(self._orders(), number)._action_cancel()

    def _step_cancel_delivery(self, number):
        self._nth(self._deliveries(), number).action_cancel()

    def _step_reopen(self, number):
        if not any(order.state == "cancel" for order in self._orders()):
            self._step_cancel_order(number)
        self._nth(self._orders().filtered(lambda o: o.state == "cancel"), number).action_draft()

    def _set_aside(self, number):
        """The lines of quotations that something is set aside for; where there is none, one of the
        ``number``-th item is made."""

        def lines():
            return self._orders().order_line.filtered("backorder_promised_qty")

        if not lines():
            item = self._product_at(number)
            for part in self._parts(item):
                self._add_stock(part, 12)
            order = self._order(self._item(number, 2), confirm=False)
            order.force_backorders()
            order.fill_backorders()
        return lines()

    def _step_release_promise(self, number):
        self._nth(self._set_aside(number), number).action_release_promise()

    def _step_release_claim(self, number):
        self._nth(
            self._orders().order_line.filtered(lambda line: line.backorder_qty > 0), number
        ).action_release_claim()

    def _step_lapse(self, number):
        order = self._nth(self._set_aside(number).order_id, number)
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
        if not any(run.state == "planned" for run in self.runs):
            self._step_preview(0, False)
        self._nth(self.runs.filtered(lambda run: run.state == "planned"), number).action_start()

    def _step_take_back(self, number):
        """The fill of one order, the ``number``-th of all that were not taken back, or one after
        it: what was sent or edited since is refused."""
        domain = [
            ("order_id", "in", self._orders().ids),
            ("outcome", "in", ("complete", "partial")),
        ]
        rows = self.env["backorder.run.order"].search(domain, order="id")
        if not rows:
            for item in self.product | self.other:
                self._add_stock(item, 12)
            self._step_fill_all()
            rows = self.env["backorder.run.order"].search(domain, order="id")
        self._first_that_does(rows, number, lambda row: row.action_undo())

    # -- what people change in the office ---------------------------------------------------------

    def _in_other_unit(self, line):
        """As many pieces in the other unit: (unit, quantity)"""
        if line.product_uom_id == self.dozen:
            return self.unit, round(line.product_uom_qty * 12, 2)
        return self.dozen, line.product_uom_qty / 12

    def _step_change_unit(self, number):
        """As many pieces in the other unit; of what is confirmed, where that is a round number."""
        line = self._nth(
            self._orders().order_line.filtered(
                lambda line: line.product_id in self.product | self.other
                and line.state != "cancel"
                and line.product_uom_qty > 0
                and (
                    line.state != "sale"
                    or self._in_other_unit(line)[1] == round(self._in_other_unit(line)[1], 2)
                )
            ),
            number,
        )
        unit, quantity = self._in_other_unit(line)
        line.write({"product_uom_id": unit.id, "product_uom_qty": round(quantity, 2)})

    def _step_change_recipe(self, which, number):
        """The recipe of today is asked for quotations only."""
        if not self.toolbox:
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
