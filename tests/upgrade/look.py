# ruff: noqa: F821  (env and tell are the shell's)
# Run in Odoo's shell, with the old addon and with the present one: every figure, by public names.
# {model: {id: {name: value}}}; demo data too. What a model gets later is not looked at here.
LOOK = {
    "sale.order.line": (
        "product_id product_uom_id product_uom_qty qty_delivered price_unit "
        "backorder_hold_qty backorder_qty backorder_forced_qty backorder_filled_qty "
        "backorder_promised_qty backorder_cancelled_qty backorder_reserved_qty "
        "backorder_available_qty backorder_fillable_qty backorder_state backorder_date "
        "backorder_expected_date backorder_claim_released backorder_origin_line_id"
    ),
    "sale.order": (
        "state backorder_state backorder_line_count backorder_parent_id "
        "backorder_carried_amount backorder_amount_due backorder_ship_date amount_total"
    ),
    "backorder.event": (
        "sale_line_id order_id order_name product_id date user_id run_id type quantity balance note"
    ),
    "backorder.run": (
        "name kind state policy fill_mode carry_credit carry_balance charge_cards "
        "company_id user_id"
    ),
    "backorder.run.order": (
        "run_id order_id new_order_id planned_outcome outcome skip_reason message"
    ),
    "backorder.run.line": (
        "run_id sale_line_id order_id product_id needed_qty available_qty planned_qty "
        "filled_qty moved_qty reason message"
    ),
    "backorder.carry": "from_order_id to_order_id kind amount date run_id",
    "backorder.charge": "order_id run_id run_order_id mode amount state message",
    "backorder.charge.attempt": "charge_id kind amount state transaction_id",
    "purchase.order.line": "product_id product_qty state backorder_line_ids",
    "stock.move": "product_id state product_uom_qty quantity sale_line_id",
    "stock.quant": "product_id location_id quantity reserved_quantity",
}
BY_THE_HOUR = ("backorder_expected_date", "backorder_available_qty", "backorder_fillable_qty")
for model, names in LOOK.items():
    fields = [name for name in names.split() if name in env[model]._fields]
    rows = env[model].with_context(active_test=False).search([], order="id").read(fields, load=None)
    if model == "sale.order.line":
        # What depends on the hour is compared on lines that were made today.
        cases = env[model].search([("order_partner_id.name", "like", "Upgrade")])
        for row in rows:
            if row["id"] not in cases.ids:
                for name in BY_THE_HOUR:
                    row.pop(name)
    tell(**{model: {row.pop("id"): row for row in rows}})
tell(
    xmlids=[
        f"{row.name} {row.model}"
        for row in env["ir.model.data"].search([("module", "=", "backorder_mgmt")], order="name")
    ],
)

# Pieces on backorder (the product's unit; kits for a kit), by case. The addon has columns for them
# since design 17.1; before, they are what the line's unit makes of its figure, to a whole piece.
pieces = {}
for order in env["sale.order"].search([("client_order_ref", "!=", False)], order="id"):
    line = order.order_line
    if order.backorder_parent_id or len(line) != 1:
        continue
    if "backorder_hold_product_qty" in line._fields:
        quantity = line.backorder_hold_product_qty
    else:
        unit = line.product_id.uom_id
        quantity = line.product_uom_id._compute_quantity(line.backorder_qty, unit, round=False)
        quantity = round(quantity, 2) if unit.name == "kg" else round(quantity)
    pieces[order.client_order_ref] = quantity
tell(pieces=pieces)
