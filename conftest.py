"""For every test, the addon's and those in ``tests/``: what Odoo logs counts; hypothesis' profile.

Nothing here imports Odoo: the engine's tests run without it (``make test-engine``).
"""

import logging
import os
import re
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent
# Written before the code that it asks for: run by naming it, until all of it is green.
collect_ignore = ["backorder_mgmt/tests/test_money_table.py"]
IGNORED = [
    re.compile(line)
    for line in (ROOT / "scripts" / "log-ignore").read_text().splitlines()
    if line and not line.startswith("#")
]

hypothesis.settings.register_profile(
    "backorder_mgmt",
    # A database makes times uneven, and Odoo's test classes share one between examples by design.
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    # CI repeats itself: a failure found there is found again by the next run.
    derandomize=bool(os.environ.get("CI")),
    database=None
    if os.environ.get("CI")
    else hypothesis.database.DirectoryBasedExampleDatabase(ROOT / ".odoo" / "hypothesis"),
    print_blob=True,
)
hypothesis.settings.load_profile("backorder_mgmt")


class LogGuard(logging.Handler):
    """Collects the warnings and errors that nobody expected.

    It sits on the root logger: ``assertLogs`` and ``mute_logger`` cut a logger off from its
    parents, so what a test expects or mutes never comes here.
    """

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        line = f"{record.levelname} {record.name}: {record.getMessage()}"
        if any(pattern.search(line) for pattern in IGNORED):
            return
        if record.exc_info:
            line += "\n" + logging.Formatter().formatException(record.exc_info)
        self.lines.append(line)

    def check(self):
        """Fail with the lines collected since the last check."""
        lines, self.lines = self.lines, []
        if lines:
            pytest.fail(
                "unexpected lines in the log (assertLogs or mute_logger what you expect):\n"
                + "\n".join(lines),
                pytrace=False,
            )


guard = LogGuard()


def pytest_configure(config):
    logging.getLogger().addHandler(guard)


def pytest_unconfigure(config):
    logging.getLogger().removeHandler(guard)


def pytest_sessionfinish(session, exitstatus):
    # Between the last test and here the HTTP server stops; its complaints count too.
    if guard.lines and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    if guard.lines:
        terminalreporter.section("unexpected lines in the log outside any test")
        terminalreporter.write_line("\n".join(guard.lines))


def _checked():
    result = yield  # an exception goes its way: a failed test says enough
    guard.check()
    return result


# Each phase of a test answers for its own lines: a warning in setUpClass is an error of the set-up
# of the class's first test.
@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    return (yield from _checked())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    return (yield from _checked())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    return (yield from _checked())
