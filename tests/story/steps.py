"""The kinds of steps of a story. A step draws its records and figures, and does one thing."""

from shop import Nothing

from odoo import Command

#: How often each kind comes in 200 steps.
KINDS = {
    "order": 16,
    "quotation": 9,
    "confirm": 5,
    "edit": 6,
    "add_line": 5,
    "cancel_order": 5,
    "reopen": 5,
    "receive": 14,
    "put_away": 5,
    "deliver": 9,
    "count": 5,
    "return_goods": 5,
    "unreserve": 5,
    "detect": 5,
    "force": 5,
    "force_dialog": 5,
    "fill_new_order": 7,
    "fill_same_order": 6,
    "fill_dialog": 5,
    "fill_quotation": 5,
    "cancel_rest": 5,
    "cancel_dialog": 5,
    "preview_run": 5,
    "start_run": 5,
    "batch_dialog": 5,
    "background_run": 5,
    "take_back": 7,
    "purchase": 5,
    "receive_purchase": 5,
    "pay": 5,
    "fill_and_charge": 5,
    "charge_job": 5,
    "process": 6,
}
assert sum(KINDS.values()) == 200
OPENING = ["order"] * 4 + ["quotation"] * 3 + ["receive"] * 4 + ["order"] * 3
PAIRS = [
    ("preview_run", "start_run"),
    ("purchase", "receive_purchase"),
    ("fill_and_charge", "charge_job"),
    ("cancel_order", "reopen"),
    ("fill_new_order", "take_back"),
]
POLICIES = ["fifo", "priority", "deadline", "value", "fair", "most_complete"]


class Steps:
    def __init__(self, env, shop, rng):
        self.env, self.shop, self.rng = env, shop, rng
        # For what a clerk does not do themself: settings, jobs, what a payment provider reports.
        self.system = env(su=True)

    # -- drawing ----------------------------------------------------------------------------------

    def chance(self, share):
        return self.rng.random() < share

    def one(self, records, last=0):
        """One of ``records``, oldest first, or of the ``last`` so many of them."""
        records = records.sorted("id")[-last:]
        if not records:
            raise Nothing
        return records[self.rng.randrange(len(records))]

    def some(self, records, most):
        records = records.sorted("id")
        if not records:
            raise Nothing
        chosen = self.rng.sample(range(len(records)), min(len(records), self.rng.randint(1, most)))
        return records.browse([records.ids[place] for place in sorted(chosen)])

    def warehouse(self, share=0.7):
        """The first of the two in that ``share`` of times, else the one that works in steps."""
        ids = self.shop.warehouses
        return self.env["stock.warehouse"].browse(ids[0] if self.chance(share) else ids[1])

    def orders(self, *domain):
        return self.env["sale.order"].search(
            [("partner_id", "in", self.shop.customers), *domain], order="id"
        )

    def lines(self, *domain):
        return self.orders().order_line.filtered_domain(
            [("display_type", "=", False), ("state", "!=", "cancel"), *domain]
        )

    def waiting(self, states=("sale",)):
        """Orders of which something can be filled now; if there are none, that need something."""
        orders = self.orders(("state", "in", states))
        fillable = orders.filtered(lambda o: any(o.order_line.mapped("backorder_fillable_qty")))
        return fillable or orders.filtered(lambda o: any(o.order_line.mapped("backorder_qty")))

    def pickings(self, code):
        """Of the story's warehouses, with goods reserved."""
        return (
            self.env["stock.picking"]
            .search(
                [
                    ("picking_type_id.warehouse_id", "in", self.shop.warehouses),
                    ("picking_type_id.code", "=", code),
                    ("state", "in", ("assigned", "confirmed")),
                ],
                order="id",
            )
            .filtered(lambda picking: any(picking.move_ids.mapped("quantity")))
        )

    def item(self):
        """(product, quantity, unit) of an order line."""
        name = self.rng.choice(
            ["hammer", "hammer", "hammer", "nails", "nails", "bolts", "sand", "paint", "toolbox"]
        )
        unit, factor = self.rng.choice(self.shop.units[name])
        return self.shop.goods[name], self.rng.randint(1, 12) * factor, unit

    def line_vals(self):
        product, quantity, unit = self.item()
        return {"product_id": product, "product_uom_qty": quantity, "product_uom_id": unit}

    def share_of(self, quantity, line):
        """A part of it, or all; whole where the unit is the product's."""
        share = self.rng.choice([0.5, 1.0, 1.0])
        whole = line.product_uom_id == line.product_id.uom_id and line.product_uom_id.name != "kg"
        return float(int(quantity * share)) if whole and quantity >= 1 else quantity * share

    def settings(self, **values):
        self.system.company.write(values)

    # -- orders -----------------------------------------------------------------------------------

    def _order(self, **values):
        products = [self.line_vals() for _each in range(self.rng.choice([1, 1, 2, 2, 3]))]
        return self.env["sale.order"].create(
            {
                "partner_id": self.rng.choice(self.shop.customers),
                "warehouse_id": self.warehouse().id,
                "order_line": [Command.create(vals) for vals in products],
                **values,
            }
        )

    def order(self):
        automatic = self.chance(0.75)
        # Without the rule an order's open demand waits for Find Backorders.
        self.settings(backorder_auto=automatic)
        policy = "one" if self.chance(0.15) else "direct"
        self._order(picking_policy=policy).action_confirm()
        self.settings(backorder_auto=True)

    def quotation(self):
        self._order()

    def confirm(self):
        self.one(self.orders(("state", "=", "draft"))).action_confirm()

    def edit(self):
        line = self.one(self.lines(("product_uom_qty", ">", 0)))
        line.product_uom_qty *= self.rng.choice([0.5, 0.5, 1.5, 2.0])

    def add_line(self):
        order = self.one(self.orders(("state", "in", ("draft", "sale"))))
        order.write({"order_line": [Command.create(self.line_vals())]})

    def cancel_order(self):
        order = self.one(self.orders(("state", "in", ("draft", "sale"))))
        order.with_context(disable_cancel_warning=True).action_cancel()

    def reopen(self):
        self.one(self.orders(("state", "=", "cancel"))).action_draft()

    # -- stock ------------------------------------------------------------------------------------

    def receive(self):
        """A receipt of what is needed, or of something, in a warehouse (in one or two steps)."""
        needed = self.lines(("backorder_qty", ">", 0)).product_id.filtered(
            lambda p: p.id in self.shop.goods.values() and p.default_code != "toolbox"
        )
        pool = needed if needed and self.chance(0.7) else self._bought()
        warehouse, moves = self.warehouse(0.5), []
        vendors = self.env.ref("stock.stock_location_suppliers")
        receipt = warehouse.in_type_id
        for product in self.some(pool, 3):
            quantity = self.rng.randint(8, 30)
            if product.default_code == "bolts":
                quantity *= 200
            moves.append(
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    "product_uom": product.uom_id.id,
                    "location_id": vendors.id,
                    "location_dest_id": receipt.default_location_dest_id.id,
                }
            )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": receipt.id,
                "location_id": vendors.id,
                "location_dest_id": receipt.default_location_dest_id.id,
                "move_ids": [Command.create(vals) for vals in moves],
            }
        )
        picking.action_confirm()
        self._take_in(picking, 1.0)

    def _bought(self):
        ids = [id for name, id in self.shop.goods.items() if name != "toolbox"]
        return self.env["product.product"].browse(ids)

    def _take_in(self, picking, share):
        for move in picking.move_ids:
            quantity = move.product_uom_qty * share
            if move.product_id.tracking == "lot":
                move.move_line_ids.unlink()
                lot = self.rng.choice(self.shop.lots)
                vals = {**move._prepare_move_line_vals(), "lot_id": lot, "quantity": quantity}
                self.env["stock.move.line"].create(vals)
            else:
                move.quantity = quantity
            move.picked = True
        self._validate(picking)

    def _validate(self, picking, backorder=True):
        picking.with_context(
            skip_backorder=True,
            picking_ids_not_to_backorder=[] if backorder else picking.ids,
        ).button_validate()

    def put_away(self):
        picking = self.one(
            self.pickings("internal").filtered(
                lambda p: p.location_id == p.picking_type_id.warehouse_id.wh_input_stock_loc_id
            )
        )
        picking.move_ids.picked = True
        self._validate(picking)

    def deliver(self):
        internal = self.pickings("internal").filtered("sale_id")
        picking = self.one(self.pickings("outgoing") | internal)
        partly = self.chance(0.3)
        for move in picking.move_ids.filtered("quantity"):
            if partly and move.product_id.tracking == "none" and move.quantity >= 2:
                move.quantity = float(int(move.quantity / 2))
            move.picked = True
        self._validate(picking, backorder=not self.chance(0.15))

    def _quant(self):
        return self.one(
            self.env["stock.quant"]
            .search(
                [
                    ("product_id", "in", list(self.shop.goods.values())),
                    ("location_id.usage", "=", "internal"),
                    ("quantity", ">", 0),
                ]
            )
            .filtered(lambda q: q.location_id == q.warehouse_id.lot_stock_id)
        )

    def count(self):
        quant = self._quant()
        counted = max(0.0, quant.quantity + self.rng.randint(-6, 4))
        quant.with_context(inventory_mode=True).inventory_quantity = counted
        quant.action_apply_inventory()

    def return_goods(self):
        picking = self.one(
            self.env["stock.picking"].search(
                [
                    ("picking_type_id.warehouse_id", "in", self.shop.warehouses),
                    ("location_dest_id.usage", "=", "customer"),
                    ("state", "=", "done"),
                ]
            )
        )
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_ids=picking.ids, active_model=picking._name)
            .create({"picking_id": picking.id})
        )
        for row in wizard.product_return_moves:
            row.quantity = min(1.0, row.move_id.quantity)
        returned = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        returned.move_ids.picked = True
        self._validate(returned)

    def unreserve(self):
        internal = self.pickings("internal").filtered("sale_id")
        self.one(self.pickings("outgoing") | internal).do_unreserve()

    # -- one order --------------------------------------------------------------------------------

    def detect(self):
        self.orders().detect_backorders()

    def _forceable(self):
        """Orders with goods to take away; if there are none, all that are open."""
        orders = self.orders(("state", "in", ("draft", "sale")))
        return (
            orders.filtered(lambda o: any(o.order_line.mapped("backorder_reserved_qty"))) or orders
        )

    def force(self):
        order = self.one(self._forceable())
        if self.chance(0.4):
            order.force_backorders()
            return
        line = self.one(order.order_line.filtered("product_id"))
        # As a JSON client writes it.
        order.force_backorders({str(line.id): self.share_of(line.product_uom_qty, line)})

    def force_dialog(self):
        order = self.one(self._forceable())
        dialog = self.env["backorder.force"].create({"order_id": order.id})
        if len(dialog.line_ids) > 1 and self.chance(0.5):
            dialog.line_ids[:1].selected = False
        dialog.action_confirm()

    def _fill(self, order):
        if self.chance(0.5):
            order.fill_backorders()
            return
        line = self.one(
            order.order_line.filtered("backorder_fillable_qty")
            or order.order_line.filtered("backorder_qty")
        )
        order.fill_backorders({line.id: self.share_of(line.backorder_fillable_qty, line)})

    def fill_new_order(self):
        self.settings(backorder_approve_new_order=self.chance(0.7))
        self._fill(self.one(self.waiting()))
        self.settings(backorder_approve_new_order=True)

    def fill_same_order(self):
        self.settings(backorder_fill_approved="same_order")
        self._fill(self.one(self.waiting()))
        self.settings(backorder_fill_approved="new_order")

    def fill_dialog(self):
        self.settings(backorder_fill_approved=self.rng.choice(["new_order", "same_order"]))
        dialog = self.env["backorder.fill"].create(
            {
                "order_id": self.one(self.waiting(("draft", "sale"))).id,
                "set_ship_date": self.chance(0.4),
                "carry_credit": self.rng.choice(["none", "needed", "whole"]),
                "carry_balance": self.chance(0.3),
            }
        )
        if self.chance(0.2):
            # More than there is: a sentence, and nothing changes.
            dialog.line_ids[0].quantity = dialog.line_ids[0].needed_qty + 1
        dialog.action_fill()
        self.settings(backorder_fill_approved="new_order")

    def fill_quotation(self):
        self._fill(self.one(self.waiting(("draft",))))

    def _needing(self):
        """Orders that need something, those first that stock does not wait for."""
        orders = self.orders().filtered(lambda o: any(o.order_line.mapped("backorder_qty")))
        lasting = orders.filtered(lambda o: not any(o.order_line.mapped("backorder_fillable_qty")))
        return lasting or orders

    def cancel_rest(self):
        order = self.one(self._needing())
        line = self.one(order.order_line.filtered("backorder_qty"))
        quantities = {line.id: self.share_of(line.backorder_qty, line)}
        order.cancel_backorders(None if self.chance(0.4) else quantities, "story")

    def cancel_dialog(self):
        order = self.one(self._needing())
        dialog = self.env["backorder.cancel"].create({"order_id": order.id, "reason": "story"})
        row = dialog.line_ids[0]
        row.quantity = self.share_of(row.quantity, row.sale_line_id)
        dialog.action_confirm()

    # -- runs -------------------------------------------------------------------------------------

    def _options(self):
        return {
            "warehouse_ids": [Command.set(self.shop.warehouses)],
            "policy": self.rng.choice(POLICIES),
            "fill_mode": "complete" if self.chance(0.25) else "partial",
            "approve_complete": self.chance(0.8),
            "approve_partial": self.chance(0.6),
            "carry_credit": self.rng.choice(["none", "needed", "whole"]),
            "carry_balance": self.chance(0.2),
            "set_ship_date": self.chance(0.2),
            "include_quotations": self.chance(0.3),
        }

    def _runs(self, *domain):
        return self.env["backorder.run"].search([("id", ">", self.shop.first_run), *domain])

    def preview_run(self):
        options = self._options()
        if self.chance(0.5):
            # Few orders of all: most of the shop is left for other steps.
            options["order_ids"] = [Command.set(self.some(self.waiting(), 3).ids)]
        self.env["backorder.run"].create(options).action_preview()

    def start_run(self):
        self.one(self._runs(("state", "=", "planned")), last=2).action_start()

    def batch_dialog(self):
        self.settings(backorder_fill_approved=self.rng.choice(["new_order", "same_order"]))
        orders = self.some(self.waiting(), 4)
        dialog = self.env["backorder.fill.batch"].create(
            {**self._options(), "order_ids": [Command.set(orders.ids)]}
        )
        dialog.action_start()
        self.settings(backorder_fill_approved="new_order")

    def background_run(self):
        self.settings(backorder_run_threshold=1)
        orders = self.some(self.waiting(), 4)
        run = self.env["backorder.run"].create(
            {**self._options(), "order_ids": [Command.set(orders.ids)]}
        )
        run.action_start()
        self.settings(backorder_run_threshold=1000)
        self._job("ir_cron_work_runs")

    def _job(self, name):
        """A scheduled job by hand. It has a connection of its own: what was done is committed."""
        self.env.flush_all()
        self.env.cr.commit()
        self.system.ref(f"backorder_mgmt.{name}").method_direct_trigger()

    def take_back(self):
        done = self._runs(("state", "=", "done")).filtered(
            lambda run: any(run.line_ids.mapped("filled_qty"))
        )
        run = self.one(done, last=4)
        if self.chance(0.6):
            run.action_undo()
        else:
            self.one(run.run_order_ids).action_undo()

    # -- purchases --------------------------------------------------------------------------------

    def purchase(self):
        order = self.one(self._needing())
        dialog = self.env["backorder.purchase"].create(
            {
                "warehouse_id": order.warehouse_id.id,
                "choose": self.rng.choice(["needed", "backordered"]),
                "backorder_days": self.rng.choice([3, 30, 30]),
                "include_quotations": self.chance(0.3),
            }
        )
        dialog.action_add()
        if not dialog.line_ids:
            raise Nothing
        dialog.action_create()
        for order in dialog.purchase_order_ids:
            if self.chance(0.8):
                order.button_confirm()

    def receive_purchase(self):
        orders = self.env["purchase.order"].search(
            [("partner_id", "=", self.shop.vendor), ("state", "=", "purchase")]
        )
        picking = self.one(orders.picking_ids.filtered(lambda p: p.state == "assigned"))
        self._take_in(picking, self.rng.choice([0.5, 1.0]))

    # -- money ------------------------------------------------------------------------------------

    def pay(self):
        """A customer pays on the website, all or half of it; or their bank only authorises it."""
        orders = self.orders(("state", "in", ("draft", "sale"))).filtered(
            lambda o: o.backorder_amount_due > 0
        )
        order = self.one(orders)
        amount = order.currency_id.round(
            order.backorder_amount_due * self.rng.choice([0.5, 1.0, 1.0])
        )
        transaction = self.system["payment.transaction"].create(
            {
                "provider_id": self.shop.provider,
                "payment_method_id": self.shop.method,
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        if self.chance(0.5):
            transaction._set_authorized()
        else:
            transaction._set_done()

    def fill_and_charge(self):
        orders = self.some(self.waiting(), 3)
        options = {**self._options(), "approve_complete": True, "approve_partial": True}
        run = self.env["backorder.run"].create(
            {**options, "order_ids": [Command.set(orders.ids)], "charge_cards": True}
        )
        run.action_start()

    def charge_job(self):
        failed = self.env["backorder.charge"].search(
            [("order_id.partner_id", "in", self.shop.customers), ("state", "=", "failed")]
        )
        if failed and self.chance(0.5):
            self.one(failed).action_retry()
        self._job("ir_cron_charge")

    def process(self):
        """The Multi-Order Processor on some quotations (and an order, which it skips)."""
        orders = self.some(self.orders(("state", "=", "draft")), 4)
        confirmed = self.orders(("state", "=", "sale"))
        if self.chance(0.3):
            orders |= self.one(confirmed)
        dialog = (
            self.env["backorder.process"]
            .with_context(active_model="sale.order", active_ids=orders.ids)
            .create(
                {
                    "if_backorders": self.rng.choice(["leave", "try", "try", "complete"]),
                    "credit_card_mode": self.rng.choice(["none", "none", "paid_only", "charge"]),
                    "approve": self.chance(0.8),
                    "set_ship_date": self.chance(0.3),
                    "create_invoice": self.chance(0.4),
                    "include_backordered": self.chance(0.5),
                    "expired_orders": "skip",
                }
            )
        )
        if self.chance(0.3):
            dialog.action_preview()
            planned = self._runs(("state", "=", "planned"), ("kind", "=", "process"))
            self.one(planned, last=1).action_start()
        else:
            dialog.action_process()
