"""Upgrading a database that commit 6998bbd made, with its figures, to the addon as it is now.

The old addon is kept as an archive (``git archive 6998bbd backorder_mgmt``, without its tests,
translations and pictures), so that a checkout without history can be tested as well. The old
database is made once a day and kept as a template: anew when the archive, the scripts in
``upgrade/`` or Odoo's own modules change.
"""

import hashlib
import json
import os
import subprocess
from contextlib import contextmanager
from datetime import date
from fcntl import LOCK_EX, flock
from pathlib import Path

import psycopg2
import pytest
from test_install import odoo, query

from odoo import tools

HERE = Path(__file__).parent / "upgrade"
ROOT = HERE.parent.parent
STATE = ROOT / ".odoo"
ARCHIVE = HERE / "backorder_mgmt-6998bbd.tar.xz"
# The old addon could not be installed beside the shop, so not where the tests live.
MODULES = (HERE / "modules").read_text().strip()
SHELL = """
import json
told = {{}}
tell = told.update
{script}
env.cr.commit()
print("TOLD " + json.dumps(told, default=str))
"""

# -- what an upgrade may change --------------------------------------------------------------------
# Pieces (the product's unit; kits for a kit) on backorder of each case: exact, whatever unit the
# line is in. 23 of 2 dozen are 23, not 1.92 dozens.
PIECES = {
    "filled, new order": 1,
    "filled, same order": 1,
    "dozens": 23,
    # 12 of 30 pieces are missing of a product that is stocked in dozens: one dozen
    "stocked in dozens": 1,
    "boxes": 1500,
    "kits": 2,
    "kilograms": 8.25,
    "set aside": 3,
    "forced": 2,
    "forced quotation": 3,
    "rest cancelled": 0,
    "previewed": 5,
    "taken back": 5,
    "to be taken back": 2,
}
# What people did afterwards, in the line's unit, to the same half of a hundredth: [ordered, needed,
# reserved] of a line where there are three.
USED = {
    "filled, new order, filled": 1,
    "filled, same order, filled": 1,
    "dozens, filled": 23 / 12,
    "boxes, filled": 1.5,
    "kilograms, filled": 8.25,
    "stocked in dozens, filled": 12,
    "kits, filled": 2,
    "previewed": ["done", 3],
    "taken_back": ["undone", 5, 5, 0],
    "set_aside": [8, 3, 5],
    "forced": [3, 4, 3, 1],
    "charge": ["done", "sale", 40],
}
# Fills in the background that waited, or were half done, when the server was stopped: state, what
# became of each order, quantity filled, new orders, of the orders that have the items now those
# that are approved and what is reserved for them, e-mails, payments. Nothing is there twice.
BACKGROUND = {
    "half done": ["done", " ".join(["complete"] * 6), 24, 6, 6, 24, 6, 0],
    "waits for it": ["done", "complete", 2, 1, 1, 2, 0, 0],
    "not begun": ["done", "complete complete complete", 12, 3, 3, 12, 3, 0],
    "stopped": ["cancelled", "complete complete none", 8, 2, 2, 8, 2, 0],
    "half processed": ["done", "complete complete complete", 12, 0, 3, 12, 3, 0],
    "half charged": ["done", "complete complete complete", 12, 3, 3, 12, 3, 3],
    "received, auto": ["done", "partial", 3, 1, 1, 3, 0, 0],
    "received, notify": ["planned", "-", 0, 0, 1, 0, 0, 0],
}
# Fields that hold a quantity in the line's unit, rounded to hundredths by the old addon. Where the
# new one is exact they may differ by half a hundredth, on lines of another unit than the product's.
ROUNDED = {
    "backorder_hold_qty",
    "backorder_qty",
    "backorder_forced_qty",
    "backorder_filled_qty",
    "backorder_promised_qty",
    "backorder_cancelled_qty",
    "backorder_reserved_qty",
    "backorder_available_qty",
    "backorder_fillable_qty",
}
# XML ids that went on purpose, "name model" each: say in the migration where their records went.
GONE = set()


def shell(db, script, *arguments):
    """What ``script`` tells; ``arguments`` can name another addon than this checkout's."""
    output = odoo("shell", db, "--no-http", *arguments, script=SHELL.format(script=script))
    [line] = [line for line in output.splitlines() if line.startswith("TOLD ")]
    return json.loads(line.removeprefix("TOLD "))


def script(name):
    return (HERE / f"{name}.py").read_text()


def databases(like):
    found = query("postgres", f"SELECT datname FROM pg_database WHERE datname LIKE '{like}'")
    return {name for [name] in found}


def copy(source, name):
    subprocess.run(["createdb", f"--template={source}", name], check=True)


def drop(name):
    subprocess.run(["dropdb", "--force", "--if-exists", name], check=True)
    filestore = Path(tools.config["data_dir"], "filestore", name)
    subprocess.run(["rm", "-rf", str(filestore)], check=True)


@contextmanager
def locked():
    """Two runs in one checkout make the old database once."""
    with open(STATE / "upgrade.lock", "w") as lock:
        flock(lock, LOCK_EX)
        yield


def old_template():
    """The name of the old database, which is made when there is none; nothing connects to it."""
    parts = [
        # Dates count: what was to come yesterday is late today.
        str(date.today()).encode(),
        MODULES.encode(),
        (STATE / "stamps" / "odoo").read_bytes(),
        ARCHIVE.read_bytes(),
        script("make").encode(),
        script("look").encode(),
    ]
    name = "tpl_old_" + hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    with locked():
        there = databases("tpl\\_old\\_%")
        if name not in there:
            for other in there:
                drop(other)
            make_old(name)
    return name


def make_old(name):
    addons = STATE / "upgrade"
    subprocess.run(["rm", "-rf", str(addons)], check=True)
    addons.mkdir()
    subprocess.run(["tar", "-xJf", str(ARCHIVE), "-C", str(addons)], check=True)
    others = [path for path in tools.config["addons_path"] if Path(path) != ROOT]
    path = "--addons-path=" + ",".join([str(addons), *others])
    new = f"{name}_new"
    subprocess.run(
        [str(ROOT / "scripts" / "db"), "--base", new],
        check=True,
        env={**os.environ, "MODULES": MODULES},
    )
    # Nobody had heard of the small addons then: the base's list of addons is of this checkout.
    with psycopg2.connect(dbname=new) as connection, connection.cursor() as cr:
        cr.execute(
            "WITH gone AS (DELETE FROM ir_module_module WHERE name LIKE 'backorder\\_mgmt\\_%'"
            " RETURNING id) DELETE FROM ir_model_data"
            " WHERE model = 'ir.module.module' AND res_id IN (SELECT id FROM gone)"
        )
    connection.close()
    odoo("server", new, "--no-http", "--stop-after-init", "--init=backorder_mgmt", path)
    shell(new, script("make"), path)
    before = shell(new, script("look"), path)
    # Odoo leaves a table alone that it does not know.
    with psycopg2.connect(dbname=new) as connection, connection.cursor() as cr:
        cr.execute("CREATE TABLE upgrade_before (told jsonb)")
        cr.execute("INSERT INTO upgrade_before VALUES (%s)", [json.dumps(before)])
    connection.close()
    subprocess.run(
        ["psql", "-qd", "postgres", "-c", f'ALTER DATABASE "{new}" RENAME TO "{name}"'], check=True
    )


@pytest.fixture(scope="module")
def upgraded():
    """What was told before and after the upgrade, and when the database was used."""
    name = f"scratch_{os.getpid()}_upgrade"
    log = STATE / "logs" / f"{name}.log"
    copy(old_template(), name)
    try:
        [[before]] = query(name, "SELECT told FROM upgrade_before")
        log.unlink(missing_ok=True)
        odoo(
            *("server", name, "--no-http", "--stop-after-init", "--update=backorder_mgmt"),
            f"--logfile={log}",
        )
        after = shell(name, script("look"))
        yield {"before": before, "after": after, "db": name, "log": log}
    finally:
        drop(name)
        log.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def used(upgraded):
    """What was told when people went on with the upgraded database."""
    return shell(upgraded["db"], script("use"))


def test_the_log_of_the_upgrade_is_clean(upgraded):
    check = 'source scripts/lib.sh; check_log "$1"'
    done = subprocess.run(
        ["bash", "-c", check, "check", str(upgraded["log"])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    # lib.sh finds the checkout by its own path.
    assert done.returncode == 0, done.stderr
    assert "backorder_mgmt" in upgraded["log"].read_text()


def same(model, name, before, after, line):
    """Whether a figure is as it was."""
    if model == "sale.order.line" and name in ROUNDED and line["another_unit"]:
        return abs(before - after) <= 0.005 + 1e-9
    if isinstance(before, float):
        return abs(before - after) < 1e-6
    return before == after


def test_small_addons_come_with_the_upgrade(upgraded):
    """Those beside apps that the database has already; not those of other apps."""
    installed = query(
        upgraded["db"],
        "SELECT name, state FROM ir_module_module WHERE name LIKE 'backorder\\_mgmt%'",
    )
    assert {name for name, state in installed if state == "installed"} == {
        "backorder_mgmt",
        "backorder_mgmt_mrp",
    }
    assert {state for _name, state in installed} == {"installed", "uninstalled"}


def test_every_figure_is_as_before(upgraded):
    before, after = upgraded["before"], upgraded["after"]
    units = dict(
        query(
            upgraded["db"],
            "SELECT l.id, l.product_uom_id <> t.uom_id FROM sale_order_line l"
            " JOIN product_product p ON p.id = l.product_id"
            " JOIN product_template t ON t.id = p.product_tmpl_id",
        )
    )
    different = []
    # The new version's demo data come with the upgrade.
    demo = set(
        query(
            upgraded["db"],
            "SELECT model, res_id FROM ir_model_data WHERE module = 'backorder_mgmt'"
            " UNION SELECT 'sale.order.line', l.id FROM sale_order_line l JOIN ir_model_data d"
            " ON d.model = 'sale.order' AND d.module = 'backorder_mgmt' AND d.res_id = l.order_id",
        )
    )
    for model, rows in before.items():
        if "." not in model:
            continue
        assert rows, model
        different += [f"{model} {key} is gone" for key in rows.keys() - after[model].keys()]
        different += [
            f"{model} {key} is new"
            for key in after[model].keys() - rows.keys()
            if (model, int(key)) not in demo
        ]
        for key in rows.keys() & after[model].keys():
            line = {"another_unit": units.get(int(key), False)}
            different += [
                f"{model} {key}: {name} was {value}, is {after[model][key].get(name)}"
                for name, value in rows[key].items()
                if not same(model, name, value, after[model][key].get(name), line)
            ]
    assert not different, "\n".join(different[:40])


def test_the_old_database_holds_what_it_should(upgraded):
    """The cases are there: else the test above would compare little."""
    before = upgraded["before"]
    lines = before["sale.order.line"].values()
    for name in ("hold", "forced", "filled", "promised", "cancelled"):
        assert any(line[f"backorder_{name}_qty"] for line in lines), name
    states = {run["state"] for run in before["backorder.run"].values()}
    assert states >= {"planned", "done", "undone"}
    charges = {charge["state"] for charge in before["backorder.charge"].values()}
    assert charges >= {"done", "failed", "todo"}
    assert any(carry["amount"] for carry in before["backorder.carry"].values())
    assert any(line["backorder_line_ids"] for line in before["purchase.order.line"].values())
    assert any(line["backorder_origin_line_id"] for line in lines)


def test_pieces_on_backorder_are_exact(upgraded):
    for told in (upgraded["before"]["pieces"], upgraded["after"]["pieces"]):
        assert {case: told[case] for case in PIECES} == PIECES


def test_xml_ids_are_as_before(upgraded):
    before, after = set(upgraded["before"]["xmlids"]), set(upgraded["after"]["xmlids"])
    # Names of models and fields go with them: their rows are looked at in the next test.
    made = ("model_", "field_", "selection_", "constraint_")
    lost = {name for name in before - after if not name.startswith(made)}
    assert lost == GONE


def test_nothing_is_left_of_what_is_gone(used):
    assert used["left"] == []


def test_screens_open(used):
    assert len(used["screens"]) > 40


def test_fills_go_on_after_the_upgrade(used):
    """Fills and their take backs on every kind of line, and what was begun before the upgrade."""
    assert used.keys() - {"left", "screens", "checked", "background"} == USED.keys()
    for case, expected in USED.items():
        told, expected = ([v] if not isinstance(v, list) else v for v in (used[case], expected))
        assert len(told) == len(expected), case
        for value, wanted in zip(told, expected, strict=True):
            if isinstance(wanted, str):
                assert value == wanted, case
            else:
                assert value == pytest.approx(wanted, abs=0.005), case


def test_fills_in_the_background_go_on_after_the_upgrade(used):
    assert used["background"] == BACKGROUND
    # Of a box of 1000 the old addon did not see that four are missing: the check does.
    [found] = used["checked"]
    assert "Upgrade Washers: 2 Box of 1000 open, 1,996 Units reserved" in found
