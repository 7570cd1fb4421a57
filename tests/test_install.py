"""Installing on a database with orders, and uninstalling from it.

In processes of their own, as an administrator does it by Odoo's command line: a module that goes
away takes models with it that this process has loaded.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import own_things
import psycopg2
import pytest

from odoo import tools

# What an addon brings with it, as rows. All of it has to go with it.
BROUGHT = (
    "ir_act_client",
    "ir_act_report_xml",
    "ir_act_server",
    "ir_act_window",
    "ir_asset",
    "ir_config_parameter",
    "ir_cron",
    "ir_default",
    "ir_model",
    "ir_model_access",
    "ir_model_constraint",
    "ir_model_fields",
    "ir_model_fields_selection",
    "ir_model_inherit",
    "ir_model_relation",
    "ir_rule",
    "ir_sequence",
    "ir_ui_menu",
    "ir_ui_view",
    "mail_template",
    "res_groups",
    "res_groups_implied_rel",
    "res_groups_privilege",
)

# Tables of millions of rows.
TABLES = ("sale_order", "sale_order_line", "stock_move")

ORDERS = """
# A merchant's database: the addon brings no demo data into it.
env.cr.execute("UPDATE ir_module_module SET demo = FALSE")
product, other = env["product.product"].create([
    {"name": name, "type": "consu", "is_storable": True} for name in ("Old Anvil", "Old Bellows")
])
warehouse = env.ref("stock.warehouse0")
env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 6)
orders = env["sale.order"].create([
    {
        "partner_id": env.ref("base.res_partner_1").id,
        "warehouse_id": warehouse.id,
        "order_line": [(0, 0, {"product_id": item.id, "product_uom_qty": quantity})],
    }
    for item, quantity in ((product, 10), (other, 3))
])
orders[0].action_confirm()
"""
FIND = """
orders = env["sale.order"].search([("order_line.product_id.name", "like", "Old")], order="id")
tell(
    held=orders.order_line.mapped("backorder_hold_qty"),
    found=orders.detect_backorders() == orders.order_line.ids,
    needed=orders.order_line.mapped("backorder_qty"),
    reserved=orders.picking_ids.move_ids.mapped("quantity"),
)
env["stock.quant"]._update_available_quantity(
    orders[0].order_line.product_id, orders.warehouse_id.lot_stock_id, 4
)
orders.picking_ids.action_assign()
tell(still=orders.picking_ids.move_ids.mapped("quantity"))
"""
# Data of every kind: a new order with a balance carried to it, stock set aside, forced, cancelled,
# a promise told, a preview, a fill with its report.
KINDS = """
company = env.company
company.write({"backorder_fill_approved": "new_order", "backorder_approve_new_order": True})
warehouse = env.ref("stock.warehouse0")
product = env["product.product"].create(
    {"name": "New Chisel", "type": "consu", "is_storable": True, "taxes_id": False}
)
stock = lambda quantity: env["stock.quant"]._update_available_quantity(
    product, warehouse.lot_stock_id, quantity
)
order = lambda quantity: env["sale.order"].create({
    "partner_id": env.ref("base.res_partner_1").id, "warehouse_id": warehouse.id,
    "order_line": [
        (0, 0, {"product_id": product.id, "product_uom_qty": quantity, "price_unit": 10.0}),
    ],
})
stock(2)
first = order(5)
first.action_confirm()
quotation, forced = order(2), order(1)
stock(3)
run = env["backorder.run"].create({"order_ids": [(6, 0, first.ids)], "carry_balance": True})
run.action_start()
new_order = run.run_order_ids.new_order_id
stock(2)
quotation.fill_backorders()
forced.action_confirm()
forced.force_backorders()
closed = order(9)
closed.action_confirm()
closed.cancel_backorders(reason="Sold out")
preview = env["backorder.run"].create({"product_ids": [(6, 0, product.ids)]})
preview.action_preview()
env["backorder.check"].run_checks()
tell(
    carried=[first.backorder_carried_amount, new_order.backorder_carried_amount],
    set_aside=quotation.order_line.backorder_promised_qty,
    free=product.free_qty,
)
"""
KINDS_AFTERWARDS = """
product = env["product.product"].search([("name", "=", "New Chisel")])
orders = env["sale.order"].search([("order_line.product_id", "=", product.id)], order="id")
tell(
    states=orders.mapped("state"),
    ordered=orders.order_line.mapped("product_uom_qty"),
    reserved=[
        sum(order.picking_ids.move_ids.filtered(lambda m: m.state != "cancel").mapped("quantity"))
        for order in orders
    ],
    totals=orders.mapped("amount_total"),
    free=product.free_qty,
)
quotation = orders.filtered(lambda order: order.state == "draft")
quotation.action_confirm()
tell(confirmed=sum(quotation.picking_ids.move_ids.mapped("quantity")))
"""
# Money of every kind: paid and carried as a credit, charged to a card; what was bought for whom;
# what is agreed with a customer, a rule.
MONEY = """
provider = env["payment.provider"].search([("code", "=", "demo")], limit=1)
provider.write({"state": "test", "allow_tokenization": True})
method = env["payment.method"].search([("code", "=", "demo")], limit=1)
partner = env["res.partner"].create({"name": "New Payer", "email": "payer@example.com"})
vendor = env["res.partner"].create({"name": "New Vendor", "email": "vendor@example.com"})
tool, bought = env["product.product"].create([
    {
        "name": name, "type": "consu", "is_storable": True, "taxes_id": False,
        "seller_ids": [(0, 0, {"partner_id": vendor.id, "price": 4.0})],
    }
    for name in ("New Rasp", "New Saw")
])
warehouse = env.ref("stock.warehouse0")
company = env.company
company.backorder_run_threshold = 500

def stock(quantity):
    env["stock.quant"]._update_available_quantity(tool, warehouse.lot_stock_id, quantity)

def order(product, quantity):
    made = env["sale.order"].create({
        "partner_id": partner.id, "warehouse_id": warehouse.id,
        "order_line": [
            (0, 0, {"product_id": product.id, "product_uom_qty": quantity, "price_unit": 10.0}),
        ],
    })
    made.action_confirm()
    return made

stock(3)
paid = order(tool, 5)
env["payment.transaction"].create({
    "provider_id": provider.id, "payment_method_id": method.id, "amount": 50.0, "state": "done",
    "currency_id": paid.currency_id.id, "partner_id": partner.id, "reference": "Paid in advance",
    "sale_order_ids": [(6, 0, paid.ids)],
})
stock(2)
by_credit = env["backorder.run"].create({"order_ids": [(6, 0, paid.ids)], "carry_credit": "needed"})
by_credit.action_start()
stock(3)
carded = order(tool, 5)
env["payment.token"].create({
    "provider_id": provider.id, "payment_method_id": method.id, "partner_id": partner.id,
    "payment_details": "4242", "provider_ref": "uninstall", "demo_simulated_state": "done",
})
stock(2)
by_card = env["backorder.run"].create({"order_ids": [(6, 0, carded.ids)], "charge_cards": True})
by_card.action_start()
env["backorder.charge"].search([])._cron_charge()
waits = order(bought, 4)
proposal = env["backorder.purchase"].create(
    {"choose": "backordered", "vendor_scope": "selected", "vendor_ids": [(6, 0, vendor.ids)]}
)
proposal.action_add()
proposal.action_create()
partner.write({"backorder_policy": "complete"})
env["backorder.rule"].create({"name": "First of all"})
requests = env["purchase.order.line"].search([("product_id", "=", bought.id)])
tell(
    carried=by_credit.run_order_ids.new_order_id.backorder_carried_amount,
    due=by_credit.run_order_ids.new_order_id.backorder_amount_due,
    charged=by_card.run_order_ids.new_order_id.amount_paid,
    requested=requests.mapped("product_qty"),
    for_whom=requests.backorder_line_ids == waits.order_line,
    found=env["backorder.check"].run_checks(),
)
"""
MONEY_AFTERWARDS = """
partner = env["res.partner"].search([("name", "=", "New Payer")])
orders = env["sale.order"].search([("partner_id", "=", partner.id)], order="id")
moves = orders.picking_ids.move_ids.filtered(lambda move: move.state != "cancel")
tell(
    states=orders.mapped("state"),
    ordered=orders.order_line.mapped("product_uom_qty"),
    reserved=[
        sum(moves.filtered(lambda move: move.sale_line_id.order_id == order).mapped("quantity"))
        for order in orders
    ],
    open=sum(moves.mapped("product_uom_qty")),
    totals=orders.mapped("amount_total"),
    paid=orders.mapped("amount_paid"),
    received=sum(orders.transaction_ids.filtered(lambda t: t.state == "done").mapped("amount")),
    requested=env["purchase.order.line"].search(
        [("product_id.name", "=", "New Saw")]
    ).mapped("product_qty"),
    invoices=len(orders._create_invoices()),
)
"""
AFTERWARDS = """
orders = env["sale.order"].search([("order_line.product_id.name", "like", "Old")], order="id")
tell(
    states=orders.mapped("state"),
    ordered=orders.order_line.mapped("product_uom_qty"),
    reserved=orders.picking_ids.move_ids.mapped("quantity"),
)
orders.picking_ids.action_assign()
tell(assigned=orders.picking_ids.move_ids.mapped("quantity"))
"""
# A script tells what it found; what it did is committed.
SHELL = """
import json
told = {{}}
tell = told.update
{script}
env.cr.commit()
print("TOLD " + json.dumps(told))
"""


def odoo(command, db, *arguments, script=None):
    """Run one of Odoo's commands on ``db``; it must not log a warning."""
    options = ["--config", os.environ["ODOO_RC"], "--database", db]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "odoo", *command.split(), *options, *arguments],
        input=script,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    bad = [line for line in done.stderr.splitlines() if " WARNING " in line or " ERROR " in line]
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    assert not bad, "\n".join(bad)
    return done.stdout


def shell(db, script):
    """What ``script`` tells."""
    output = odoo("shell", db, "--no-http", script=SHELL.format(script=script))
    (line,) = [line for line in output.splitlines() if line.startswith("TOLD ")]
    return json.loads(line[5:])


def query(db, statement):
    connection = psycopg2.connect(dbname=db)
    try:
        with connection.cursor() as cr:
            cr.execute(statement)
            return cr.fetchall()
    finally:
        connection.close()


def last_ids(db):
    return {table: query(db, f"SELECT MAX(id) FROM {table}")[0][0] for table in TABLES}


def row_versions(db, last):
    """The version of every row up to ``last``: whatever updates a row makes a new one."""
    return {
        table: query(
            db, f"SELECT id, xmin::text FROM {table} WHERE id <= {last[table]} ORDER BY id"
        )
        for table in TABLES
    }


def structure(db):
    """Everything in the database's structure that an addon could leave behind."""
    return {
        "columns": set(
            query(
                db,
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'public'",
            )
        ),
        "indexes": set(query(db, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")),
        "constraints": set(
            query(db, "SELECT conrelid::regclass::text, conname FROM pg_constraint")
        ),
        "sequences": set(query(db, "SELECT sequencename FROM pg_sequences")),
    }


def counts(db):
    return {table: query(db, f"SELECT COUNT(*) FROM {table}")[0][0] for table in BROUGHT}


@pytest.fixture(scope="module")
def bare_db():
    """A database with orders, some of them short, that never saw the addon."""
    template = os.environ.get("BACKORDER_TEMPLATE", "").replace("tpl_addon_", "tpl_base_")
    if not template:
        pytest.skip("no template database: run this by `make test`")
    name = f"scratch_{os.getpid()}_install"
    filestore = Path(tools.config["data_dir"], "filestore", name)
    subprocess.run(["createdb", f"--template={template}", name], check=True)
    try:
        shell(name, ORDERS)
        yield name
    finally:
        subprocess.run(["dropdb", "--force", "--if-exists", name], check=True)
        subprocess.run(["rm", "-rf", str(filestore)], check=True)


@pytest.fixture(scope="module")
def story(bare_db):
    """The database with the addon installed, and how it was before and right after."""
    last = last_ids(bare_db)
    story = {
        "db": bare_db,
        "structure": structure(bare_db),
        "counts": counts(bare_db),
        "rows": row_versions(bare_db, last),
    }
    odoo("module install", bare_db, "backorder_mgmt")
    story["rows_installed"] = row_versions(bare_db, last)
    return story


def test_installing_touches_no_existing_order(story):
    """Not one row of the big tables is written: millions of lines cost nothing."""
    assert len(story["rows"]["sale_order_line"]) > 10
    assert story["rows_installed"] == story["rows"]
    needed = query(
        story["db"],
        """
        SELECT l.backorder_hold_qty, l.backorder_qty, l.backorder_state, o.backorder_state
          FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id
         WHERE l.name LIKE 'Old%'
        """,
    )
    assert needed == [(0, 0, "no", "no")] * 2


def test_uninstalling_with_data_of_every_kind(story):
    found = shell(story["db"], FIND)
    assert found == {
        "held": [0, 0],
        "found": True,
        "needed": [4, 3],
        "reserved": [6],
        # four more came: they are held for a fill
        "still": [6],
    }
    kinds = shell(story["db"], KINDS)
    assert kinds == {"carried": [20, -20], "set_aside": 2, "free": 2}
    money = shell(story["db"], MONEY)
    assert money == {
        "carried": 20,
        "due": 0,
        "charged": 20,
        "requested": [4],
        "for_whom": True,
        "found": [],
    }
    shell(story["db"], own_things.MAKE)
    odoo("module uninstall", story["db"], "backorder_mgmt")
    # A rule, favorite or view that names a field that is gone would refuse every change of an
    # order, its list or its form.
    assert shell(story["db"], own_things.LOOK) == {
        "kept": {
            "base.automation": ["Own kept"],
            "ir.filters": ["Own kept"],
            "ir.cron": ["Own job, kept"],
            "ir.ui.view": ["Own origin"],
        },
        "exports": ["name"],
    }
    left = structure(story["db"])
    for kind, names in story["structure"].items():
        assert left[kind] == names, kind
    assert counts(story["db"]) == story["counts"]
    assert not query(
        story["db"], "SELECT model, name FROM ir_model_data WHERE module = 'backorder_mgmt'"
    )
    # Odoo's own reservation is back: Check Availability gives the order its four.
    assert shell(story["db"], AFTERWARDS) == {
        "states": ["sale", "draft"],
        "ordered": [10, 3],
        "reserved": [6],
        "assigned": [10],
    }
    # New orders are orders like any other, a carried balance is nowhere any more, and what was set
    # aside is free: the quotation gets it when it is confirmed, as anybody would.
    assert shell(story["db"], KINDS_AFTERWARDS) == {
        "states": ["sale", "draft", "sale", "sale", "sale"],
        "ordered": [2, 2, 1, 3, 0],
        "reserved": [2, 0, 0, 3, 0],
        "totals": [20, 20, 10, 30, 0],
        "free": 2,
        "confirmed": 2,
    }
    # What was paid stays with the order that it was paid for: the new order that had a credit of 20
    # is unpaid, its original has 20 more than it costs. Nobody's reservation or price changed.
    assert shell(story["db"], MONEY_AFTERWARDS) == {
        "states": ["sale"] * 5,
        "ordered": [3, 2, 3, 2, 4],
        "reserved": [3, 2, 3, 2, 0],
        "open": 14,
        "totals": [30, 20, 30, 20, 40],
        "paid": [50, 0, 0, 20, 0],
        "received": 70,
        "requested": [4],
        "invoices": 1,
    }
