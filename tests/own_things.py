"""What people make themselves of the addon's fields, in Odoo's shell: each with one that names
nothing of the addon, which stays."""

MAKE = """
model = env["ir.model"]._get("sale.order")
state = env["ir.model.fields"]._get("sale.order", "backorder_state")
for name, domain, code in (
    ("by state", "[('backorder_state', '=', 'backordered')]", "pass"),
    ("by code", "[]", "records.fill_backorders()"),
    ("by several", "[]", "pass"),
    ("by value", "[]", "pass"),
    ("kept", "[('state', '=', 'sale')]", "records.picking_ids.backorder_ids"),
):
    env["base.automation"].create({
        "name": f"Own {name}", "model_id": model.id, "trigger": "on_create_or_write",
        "filter_domain": domain,
        "trigger_field_ids": [(6, 0, state.ids if name == "by state" else [])],
        "action_server_ids": [
            (0, 0, {"name": f"Own {name}", "model_id": model.id, "state": "code", "code": code}),
        ],
    })
action = env["base.automation"].search([("name", "=", "Own by several")]).action_server_ids
action.write({"state": "multi", "child_ids": [(0, 0, {
    "name": "Own child", "model_id": model.id, "state": "code",
    "code": "records.filtered('backorder_state')",
})]})
action = env["base.automation"].search([("name", "=", "Own by value")]).action_server_ids
action.write({
    "state": "object_write", "update_path": "note", "evaluation_type": "equation",
    "value": "record.backorder_state",
})
env["ir.filters"].create([
    {"name": f"Own {name}", "model_id": model, "user_ids": [], **values}
    for name, model, values in (
        ("domain", "sale.order", {"domain": "[('order_line.backorder_qty', '>', 0)]"}),
        ("group", "sale.order", {"context": "{'group_by': ['backorder_priority_id']}"}),
        ("order", "sale.order", {"sort": '["backorder_cancel_date desc"]'}),
        ("fill", "backorder.run", {}),
        ("kept", "stock.picking", {"domain": "[('backorder_ids', '!=', False)]"}),
    )
])
env["ir.exports"].create({
    "name": "Own list", "resource": "sale.order",
    "export_fields": [(0, 0, {"name": n}) for n in ("name", "order_line/backorder_qty")],
})
env["ir.cron"].create([
    {"name": f"Own {name}", "model_id": model.id, "state": "code", "code": code}
    for name, code in (
        ("job", "model.search([]).detect_backorders()"), ("job, kept", "# no backorder"),
        ("exported job", "model.search([('backorder_state', '=', 'backordered')])"),
    )
])
# As an export that can be imported again names it.
env["ir.model.data"].create({
    "module": "__export__", "name": "ir_cron_1_abc", "model": "ir.cron",
    "res_id": env["ir.cron"].search([("name", "=", "Own exported job")]).id,
})
env["ir.ui.view"].create([
    {
        "name": f"Own {name}", "model": "sale.order",
        "inherit_id": env.ref("sale.view_order_form").id,
        "arch": f'<field name="partner_id" position="after"><field name="{name}"/></field>',
    }
    for name in ("backorder_state", "origin")
])
"""

LOOK = """
admin = env(user=env.ref("base.user_admin"))
admin["sale.order"].get_views([(False, "form")])
order = admin["sale.order"].search([("order_line.product_id.name", "=", "Old Bellows")])
order.write({"note": "changed"})
kept = {}
for model in ("base.automation", "ir.filters", "ir.cron", "ir.ui.view"):
    records = env[model].with_context(active_test=False).search([("name", "=like", "Own %")])
    kept.update({model: sorted(records.filtered("active").mapped("name"))})
    actions = records.ir_actions_server_id if model == "ir.cron" else records.browse()
    records.unlink()
    actions.unlink()
env["ir.actions.server"].search([("name", "=", "Own child")]).unlink()
exports = env["ir.exports"].search([("name", "=", "Own list")])
tell(kept=kept, exports=exports.export_fields.mapped("name"))
exports.unlink()
"""
