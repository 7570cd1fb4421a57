"""Run by scripts/odoo-tests in Odoo's shell: Odoo's own tests of some modules.

Odoo's own way (``-u sale_stock --test-tags …``) would run the at_install tests before the addon is
loaded, and so prove nothing about it; ``run_tests`` runs both kinds with everything loaded.
"""
# ruff: noqa: F821 - env is the shell's

import json
import os
import time

from odoo.tests.result import OdooTestResult
from odoo.tests.shell import run_tests

modules = os.environ["TESTED_MODULES"].split(",")
auto = os.environ["TESTED_AUTO"]

if auto:
    value = auto == "on"
    env["ir.default"].set("res.company", "backorder_auto", value)  # companies that the tests make
    env["res.company"].search([]).write({"backorder_auto": value})
    env.cr.commit()

failed = {}
run = {}


def _counted(method):
    def start(self, test):
        module = type(test).__module__.split(".")[2]
        run[module] = run.get(module, 0) + 1
        return method(self, test)

    return start


def _recorded(method):
    def add(self, test, error):
        reason = str(error[1]).strip().splitlines()
        failed.setdefault(test.id(), f"{error[0].__name__}: {reason[0] if reason else ''}")
        return method(self, test, error)

    return add


OdooTestResult.addError = _recorded(OdooTestResult.addError)
OdooTestResult.addFailure = _recorded(OdooTestResult.addFailure)

OdooTestResult.startTest = _counted(OdooTestResult.startTest)

started = time.monotonic()
tags = os.environ.get("TESTED_TAGS") or ",".join(f"/{module}" for module in modules)
stopped = True
try:
    run_tests(env, tags, modules)
    stopped = False
finally:
    seconds = round(time.monotonic() - started)
    with open(os.environ["TESTED_RESULT"], "w") as file:
        json.dump({"run": run, "failed": failed, "seconds": seconds, "stopped": stopped}, file)
