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

    def _step_scheduler(self):
        self.env["stock.rule"]._run_scheduler_tasks(company_id=self.company.id)

    def _step_detect(self):
        self._orders().detect_backorders()

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
