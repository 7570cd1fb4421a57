"""For what Odoo's own runner cannot do: databases with committed data, the engine on its own."""

import itertools
import os
import shutil
import subprocess
import sys
import types
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# `from backorder_mgmt.engine import …` must not run the addon's own __init__, which needs Odoo:
# a bare package of that name, over the same folder, does without it. (The addon itself is
# odoo.addons.backorder_mgmt, and untouched.)
if "backorder_mgmt" not in sys.modules:
    package = types.ModuleType("backorder_mgmt")
    package.__path__ = [str(ROOT / "backorder_mgmt")]
    sys.modules["backorder_mgmt"] = package

_numbers = itertools.count(1)


@contextmanager
def _scratch_db():
    from odoo import SUPERUSER_ID, api, tools
    from odoo.modules.registry import Registry
    from odoo.sql_db import close_db

    from odoo.addons.backorder_mgmt.tests.common import own_ground

    template = os.environ.get("BACKORDER_TEMPLATE")
    if not template:
        pytest.skip("no template database: run this by `make test`")
    name = f"scratch_{os.getpid()}_{next(_numbers)}"
    filestore = Path(tools.config["data_dir"], "filestore")
    subprocess.run(["createdb", f"--template={template}", name], check=True)
    try:
        if (filestore / template).is_dir():
            # Stored files never change: hard links do.
            shutil.copytree(filestore / template, filestore / name, copy_function=os.link)
        # Loaded here, outside the test's own time, and with `test_enable` off: with it on, Odoo
        # would run the tests of every installed module.
        test_enable = tools.config["test_enable"]
        tools.config["test_enable"] = False
        try:
            registry = Registry(name)
        finally:
            tools.config["test_enable"] = test_enable
        with registry.cursor() as cr:
            own_ground(api.Environment(cr, SUPERUSER_ID, {}))
        yield name
    finally:
        Registry.delete(name)
        close_db(name)
        subprocess.run(["dropdb", "--force", "--if-exists", name], check=True)
        shutil.rmtree(filestore / name, ignore_errors=True)


@pytest.fixture
def scratch_db():
    """The name of a database of this test's own: the company with demo data, prices by the tests.

    What is committed in it stays until the test ends, so threads with connections of their own
    (``Registry(scratch_db).cursor()``) see each other's work. Its registry is loaded.
    """
    with _scratch_db() as name:
        yield name


@pytest.fixture(scope="module")
def module_scratch_db():
    """Like ``scratch_db``, one for all tests of a file."""
    with _scratch_db() as name:
        yield name


@pytest.fixture(scope="session")
def session_scratch_db():
    """Like ``scratch_db``, one for the whole run."""
    with _scratch_db() as name:
        yield name
