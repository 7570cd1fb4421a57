# ruff: noqa: F821  (env and tell are the shell's)
# Run in Odoo's shell after the upgrade: the database is used as before.
from odoo.addons.backorder_mgmt.tests.common import BackorderCommon

case = BackorderCommon("assertInvariants")
case.env = env
orders = env["sale.order"].search([("partner_id.name", "like", "Upgrade")], order="id")


def of(reference):
    return orders.filtered(lambda o: o.client_order_ref == reference and not o.backorder_parent_id)


def stock(reference, quantity):
    line = of(reference).order_line
    env["stock.quant"]._update_available_quantity(
        line.product_id, line.warehouse_id.lot_stock_id, quantity
    )


def figures(order):
    line = order.order_line
    return [line.product_uom_qty, line.backorder_qty, line.backorder_reserved_qty]


# Before anything is done: what was there is sound.
case.assertInvariants(orders)

# A fill and its take back, on each kind of line.
for reference, pieces in (
    ("filled, new order", 1),
    ("filled, same order", 1),
    ("dozens", 23),
    ("boxes", 1500),
    ("kilograms", 8.25),
    ("stocked in dozens", 1),
):
    order = of(reference)
    before = figures(order)
    stock(reference, pieces)
    run = order.fill_backorders()
    tell(**{f"{reference}, filled": sum(run.line_ids.mapped("filled_qty"))})
    run.action_undo()
    assert figures(order) == before, (reference, before, figures(order))
handles, heads = of("kits").order_line.product_id.bom_ids.bom_line_ids.product_id
for part, quantity in ((handles, 2), (heads, 4)):
    env["stock.quant"]._update_available_quantity(
        part, of("kits").warehouse_id.lot_stock_id, quantity
    )
run = of("kits").fill_backorders()
tell(**{"kits, filled": sum(run.line_ids.mapped("filled_qty"))})

# What was begun before the upgrade goes on after it.
old = env["backorder.run"].search(
    [("order_ids", "in", of("previewed").ids), ("state", "=", "planned")]
)
old.action_start()
tell(previewed=[old.state, *old.line_ids.mapped("filled_qty")])
old = env["backorder.run.line"].search([("order_id", "=", of("to be taken back").id)]).run_id
old.action_undo()
tell(taken_back=[old.state, *figures(of("to be taken back"))])
of("set aside").action_confirm()
tell(set_aside=figures(of("set aside")))
of("forced quotation").action_confirm()
tell(
    forced=[
        of("forced quotation").order_line.backorder_forced_qty,
        *figures(of("forced quotation")),
    ]
)
env.flush_all()
env.cr.commit()
env.ref("backorder_mgmt.ir_cron_charge").method_direct_trigger()
# The job has a connection of its own: what it did is there for the next transaction.
env.cr.commit()
env.invalidate_all()
waiting = env["backorder.charge"].search([("order_id.client_order_ref", "=", "charge waiting")])
tell(charge=[waiting.state, waiting.order_id.state, waiting.amount])
case.assertInvariants(
    env["sale.order"].search([("partner_id.name", "like", "Upgrade")], order="id")
)

# Fills in the background that waited or were half done go on: nothing of them is done twice.
charges = env.ref("backorder_mgmt.ir_cron_charge")
for _call in range(3):
    env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()
    env.cr.commit()
    charges.method_direct_trigger()
    env.cr.commit()
env.invalidate_all()
background = {}
for reference in (
    "half done",
    "waits for it",
    "not begun",
    "stopped",
    "half processed",
    "half charged",
    "received, auto",
    "received, notify",
):
    own = env["sale.order"].search(
        [("client_order_ref", "=", reference), ("backorder_parent_id", "=", False)]
    )
    rows = env["backorder.run.order"].search([("order_id", "in", own.ids)], order="id")
    children = own.backorder_child_ids
    mails = env["mail.mail"].search(
        [
            ("subject", "=", "Begun before the upgrade"),
            ("model", "=", "sale.order"),
            ("res_id", "in", (own | children).ids),
        ]
    )
    approved = (children or own).filtered(lambda order: order.state == "sale")
    payments = env["backorder.charge.attempt"].search(
        [("charge_id.order_id", "in", children.ids), ("state", "=", "done")]
    )
    background[reference] = [
        *rows.run_id.mapped("state"),
        " ".join(row.outcome or "-" for row in rows),
        sum(rows.run_id.line_ids.mapped("filled_qty")),
        len(children),
        len(approved),
        sum(approved.order_line.mapped("backorder_reserved_qty")),
        len(mails),
        len(payments),
    ]
tell(background=background)
case.assertInvariants(
    env["sale.order"].search([("partner_id.name", "like", "Upgrade")], order="id")
)
tell(checked=[found["message"] for found in env["backorder.check"].run_checks()])

# What is left of models, fields and records that are gone, and screens that do not open.
left, screens = [], []
for row in env["ir.model"].search([("model", "like", "backorder.%")]):
    if row.model not in env:
        left.append(f"model {row.model}")
brought = env["ir.model.data"].search(
    [("module", "=", "backorder_mgmt"), ("model", "=", "ir.model.fields")]
)
for row in env["ir.model.fields"].browse(brought.mapped("res_id")).exists():
    if row.model not in env or row.name not in env[row.model]._fields:
        left.append(f"field {row.model}.{row.name}")
for row in env["ir.model.data"].search([("module", "=", "backorder_mgmt")]):
    if row.model not in env or not env[row.model].browse(row.res_id).exists():
        left.append(f"XML id {row.name} of {row.model}")
for attribute in ("res_model", "model_name", "model"):
    for model in ("ir.actions.act_window", "ir.actions.server", "ir.ui.view", "ir.cron"):
        if attribute not in env[model]._fields or not env[model]._fields[attribute].store:
            continue
        for row in (
            env[model].with_context(active_test=False).search([(attribute, "like", "backorder.%")])
        ):
            if row[attribute] not in env:
                left.append(f"{model} {row.display_name} of {row[attribute]}")
tables = {model._table for model in env.registry.values() if not model._abstract}
relations = {
    field.relation
    for model in env.registry.values()
    for field in model._fields.values()
    if field.type == "many2many" and field.store
}
env.cr.execute(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'backorder%'"
)
left += [f"table {table}" for [table] in env.cr.fetchall() if table not in tables | relations]

admin = env(user=env.ref("base.user_admin"))
extended = (
    "sale.order",
    "sale.order.line",
    "purchase.order",
    "stock.picking",
    "res.partner",
    "res.config.settings",
)
public = [
    name for name in env.registry if name.startswith("backorder.") and not env[name]._abstract
]
for name in (*public, *extended):
    admin[name].fields_get()
    kinds = env["ir.ui.view"].search([("model", "=", name)]).mapped("type")
    for kind in {"list", "form", "search", "kanban", "pivot", "graph", "calendar"} & set(kinds):
        admin[name].get_views([(False, kind)])
        screens.append(f"{name} {kind}")
for action in env["ir.actions.act_window"].search([("res_model", "like", "backorder.%")]):
    admin[action.res_model].get_views(
        [(False if v[0] is False else v[0], v[1]) for v in action.views]
    )
    screens.append(f"action {action.xml_id}")
tell(left=left, screens=screens)
