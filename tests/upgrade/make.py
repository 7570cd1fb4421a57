# ruff: noqa: F821  (env and tell are the shell's)
# Run in Odoo's shell with the old addon: a merchant's database as commit 6998bbd leaves it. Each
# case is an order with a reference of its own, made by public names: the rows are what that version
# really writes.
from odoo import Command

company = env.company
warehouse = env["stock.warehouse"].create(
    {"name": "Upgrade", "code": "UPG", "company_id": company.id}
)
company.write(
    {
        "backorder_auto": True,
        "backorder_fifo": True,
        "backorder_fill_approved": "new_order",
        "backorder_approve_new_order": True,
        "backorder_charge_cards": False,
        "backorder_require_last_po": False,
    }
)
customer, payer, refused = env["res.partner"].create(
    [{"name": name} for name in ("Upgrade Ada", "Upgrade Ben", "Upgrade Cleo")]
)
vendor = env["res.partner"].create({"name": "Upgrade Vera", "email": "vera@example.com"})
provider = env["payment.provider"].search(
    [("code", "=", "demo"), ("company_id", "=", company.id)], limit=1
)
provider.write({"state": "test", "allow_tokenization": True, "capture_manually": False})
env["payment.token"].create(
    [
        {
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids[:1].id,
            "payment_details": "4242",
            "partner_id": partner.id,
            "provider_ref": f"upgrade {partner.name}",
            "demo_simulated_state": outcome,
        }
        for partner, outcome in ((payer, "done"), (refused, "error"))
    ]
)
unit, dozen = env.ref("uom.product_uom_unit"), env.ref("uom.product_uom_dozen")
box = env["uom.uom"].create(
    {"name": "Box of 1000", "relative_uom_id": unit.id, "relative_factor": 1000}
)
kilogram = env.ref("uom.product_uom_kgm")


def product(name, **values):
    return env["product.product"].create(
        {
            "name": f"Upgrade {name}",
            "type": "consu",
            "is_storable": True,
            "list_price": 10.0,
            "invoice_policy": "order",
            "taxes_id": [Command.clear()],
            **values,
        }
    )


def stock(item, quantity):
    env["stock.quant"]._update_available_quantity(item, warehouse.lot_stock_id, quantity)


def order(reference, item, quantity, confirm=True, partner=customer, **line):
    made = env["sale.order"].create(
        {
            "partner_id": partner.id,
            "client_order_ref": reference,
            "warehouse_id": warehouse.id,
            "order_line": [
                Command.create({"product_id": item.id, "product_uom_qty": quantity, **line})
            ],
        }
    )
    if confirm:
        made.action_confirm()
    return made


def run(orders, **options):
    return env["backorder.run"].create({"order_ids": [Command.set(orders.ids)], **options})


# One product for each case: none takes another's stock.
hammer = product("Hammer")
stock(hammer, 6)
one = order("filled, new order", hammer, 10)
stock(hammer, 3)
one.fill_backorders()

anvil = product("Anvil")
stock(anvil, 6)
one = order("filled, same order", anvil, 10)
stock(anvil, 3)
company.backorder_fill_approved = "same_order"
one.fill_backorders()
company.backorder_fill_approved = "new_order"

nails = product("Nails")
stock(nails, 1)
order("dozens", nails, 2, product_uom_id=dozen.id)
rivets = product("Rivets", uom_id=dozen.id)
stock(rivets, 1.5)
order("stocked in dozens", rivets, 30, product_uom_id=unit.id)

bolts = product("Bolts")
stock(bolts, 500)
order("boxes", bolts, 2, product_uom_id=box.id)
washers = product("Washers")
stock(washers, 1996)
order("boxes, four missing", washers, 2, product_uom_id=box.id)

handle, head = product("Handle"), product("Head")
kit = product("Kit")
env["mrp.bom"].create(
    {
        "product_tmpl_id": kit.product_tmpl_id.id,
        "type": "phantom",
        "product_qty": 1,
        "bom_line_ids": [
            Command.create({"product_id": handle.id, "product_qty": 1}),
            Command.create({"product_id": head.id, "product_qty": 2}),
        ],
    }
)
stock(handle, 10)
stock(head, 7)
order("kits", kit, 5)

sand = product("Sand", uom_id=kilogram.id)
stock(sand, 4.25)
order("kilograms", sand, 12.5)

saw = product("Saw")
one = order("set aside", saw, 8, confirm=False)
stock(saw, 5)
one.fill_backorders()

axe = product("Axe")
stock(axe, 5)
one = order("forced", axe, 5)
one.force_backorders({one.order_line.id: 2})
adze = product("Adze")
stock(adze, 4)
one = order("forced quotation", adze, 4, confirm=False)
one.force_backorders({one.order_line.id: 3})

file = product("File")
stock(file, 2)
one = order("rest cancelled", file, 6)
one.cancel_backorders(reason="enough")

rasp = product("Rasp")
one = order("previewed", rasp, 5)
stock(rasp, 3)
run(one).action_preview()

plane = product("Plane")
one = order("taken back", plane, 5)
stock(plane, 3)
one.fill_backorders().action_undo()
stock(plane, -3)

lathe = product("Lathe")
one = order("to be taken back", lathe, 5)
stock(lathe, 3)
one.fill_backorders()

vice = product("Vice")
stock(vice, 6)
one = order("carried", vice, 10)
env["payment.transaction"].create(
    {
        "provider_id": provider.id,
        "payment_method_id": provider.payment_method_ids[:1].id,
        "amount": 100,
        "currency_id": one.currency_id.id,
        "partner_id": customer.id,
        "operation": "online_direct",
        "sale_order_ids": [Command.set(one.ids)],
    }
)._set_done()
stock(vice, 4)
run(one, carry_credit="needed").action_start()

# Charged, refused, and waiting for the job that comes after the upgrade.
job = env.ref("backorder_mgmt.ir_cron_charge")
for reference, partner in (
    ("charged", payer),
    ("card refused", refused),
    ("charge waiting", payer),
):
    item = product(reference.title())
    one = order(reference, item, 10, partner=partner)
    stock(item, 4)
    run(one, charge_cards=True).action_start()
    if reference != "charge waiting":
        env.cr.commit()
        job.method_direct_trigger()

drill = product("Drill")
env["product.supplierinfo"].create(
    {"partner_id": vendor.id, "product_tmpl_id": drill.product_tmpl_id.id, "price": 4.0, "delay": 3}
)
one = order("bought for", drill, 5)
screen = env["backorder.purchase"].create(
    {"warehouse_id": warehouse.id, "choose": "backordered", "product_ids": [Command.set(drill.ids)]}
)
screen.action_add()
screen.action_create()
screen.purchase_order_ids.button_confirm()

# The server is stopped for the upgrade while fills in the background wait, or are half done.
company.backorder_run_threshold = 0
runs = env["backorder.run"]
env.registry["backorder.run"]._backorder_batch = 2
customer.email = payer.email = "upgrade@example.com"
mail = env["mail.template"].create(
    {
        "name": "Upgrade",
        "subject": "Begun before the upgrade",
        "model_id": env["ir.model"]._get("sale.order").id,
    }
)


def background(reference, *names, begin=True, **options):
    """A fill in the background of three orders of each item; begun: two of them are done."""
    orders = env["sale.order"]
    quotation = options.get("kind") == "process"
    partner = payer if options.get("charge_cards") else customer
    template = "email_template_id" if quotation else "email_complete_template_id"
    for name in names:
        item = product(name)
        for _order in range(3):
            orders |= order(reference, item, 4, confirm=not quotation, partner=partner)
        stock(item, 20)
    made = run(orders, **{template: mail.id}, **options)
    made.action_start()
    assert made.state == "queued"
    if begin:
        assert runs._work_batch(made.id) == 2
        assert made.state == "running"
    return made


half = background("half done", "Bell", "Bowl")
assert set(half.run_order_ids.mapped("lane")) == {1, 2}
# Waits for the one before it, as both want bells.
bell = half.order_ids[0].order_line.product_id
one = order("waits for it", bell, 10)
assert one.order_line.backorder_qty == 2
stock(bell, 2)
run(one).action_start()
background("not begun", "Cup", begin=False)
background("stopped", "Dish").action_cancel()
background("half processed", "Ewer", kind="process", approve=True, if_backorders="try")
background("half charged", "Fork", charge_cards=True)
for mode, name in (("auto", "Goblet"), ("notify", "Hob")):
    item = product(name)
    order(f"received, {mode}", item, 5)
    stock(item, 3)
    company.backorder_fill_on_receipt = mode
    assert runs._queue_for_receipt(company, item, warehouse)
company.backorder_fill_on_receipt = "none"
company.backorder_run_threshold = 500
