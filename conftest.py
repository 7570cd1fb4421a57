"""For every test, the addon's and those in ``tests/``: what Odoo logs counts; hypothesis' profile;
two processes that share all tests (``scripts/run_tests.py``).

Nothing here imports Odoo: the engine's tests run without it (``make test-engine``).
"""

import itertools
import json
import logging
import os
import re
import resource
import runpy
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent
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
    # SEEDS=10000: so many random cases of each property, instead of the usual 100.
    max_examples=int(os.environ.get("SEEDS") or 100),
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
    if "BACKORDER_RESULT" in os.environ:
        tell_result(terminalreporter)


def _checked():
    result = yield  # an exception goes its way: a failed test says enough
    guard.check()
    return result


def pytest_collection_modifyitems(items):
    """A test class that another file of tests imports would run once more there."""
    for item in items:
        own = getattr(item, "cls", None)
        if own and own.__module__ != item.module.__name__:
            raise pytest.UsageError(
                f"{item.nodeid}: import the file, not {own.__name__}, whose tests run twice"
            )


@contextmanager
def kept(request):
    """Odoo's environment in the database of the tests: what is done there is committed."""
    request.getfixturevalue("load_registry")
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tests.common import get_db_name

    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def any_class(request, which):
    """Whether one of the classes of the tests of this run is such a one."""
    classes = {cls for item in request.session.items if (cls := getattr(item, "cls", None))}
    return any(which(cls) for cls in classes)


@pytest.fixture(scope="session", autouse=True)
def page_assets(request):
    """The scripts and styles of pages, kept before the first of the browser's tests."""
    if any_class(request, lambda cls: hasattr(cls, "start_tour")):
        with kept(request) as env:
            runpy.run_path(ROOT / "scripts" / "page_assets.py", init_globals={"env": env})


@pytest.fixture(scope="session", autouse=True)
def ground(request):
    """What each class of the addon's tests would make for itself, kept before the first of them."""
    if any_class(request, lambda cls: "BackorderCommon" in {of.__name__ for of in cls.__mro__}):
        with kept(request) as env:
            from odoo.addons.backorder_mgmt.tests import common

            env = env(context={"tracking_disable": True})
            common.own_ground(env)
            common.own_people(env)


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


# ---------------------------------------------------------------- one of two halves
# BACKORDER_SHARE is a folder in which each of the processes that run the same tests takes files:
# a folder made there is a file taken, and nobody else can make it again.

TIMES = ROOT / ".odoo" / "test-times.json"
ran = []
seconds = {}


def weight(items):
    """How long a file will take: what it took last, or a guess by the number of its tests."""
    name = items[0].location[0]
    try:
        return json.loads(TIMES.read_text())[name]
    except (OSError, ValueError, KeyError):
        # Those in tests/ have databases and processes of their own.
        return len(items) * (10 if name.startswith("tests/test_") else 1)


def take_files(session, share):
    """The tests of one file after the other that nobody has taken yet, long files first."""
    files = [list(items) for _, items in itertools.groupby(session.items, lambda i: i.location[0])]
    for items in sorted(files, key=lambda items: (-weight(items), items[0].location[0])):
        try:
            (share / items[0].location[0].replace("/", "-")).mkdir()
        except FileExistsError:
            continue
        yield from items


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """As pytest's own, over the files that this process takes."""
    share = os.environ.get("BACKORDER_SHARE")
    if not share or session.testsfailed or session.config.option.collectonly:
        return None
    items = take_files(session, Path(share))
    item = next(items, None)
    while item is not None:
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        # A fixture of a file or a class ends where the next test is of another one.
        nextitem = next(items, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
        item = nextitem
    return True


def pytest_runtest_logfinish(nodeid, location):
    ran.append(nodeid)


def pytest_runtest_logreport(report):
    seconds[report.location[0]] = seconds.get(report.location[0], 0.0) + report.duration


def tell_result(terminalreporter):
    """What scripts/run_tests.py adds up, in a file."""
    stats = terminalreporter.stats
    kinds = ("failed", "passed", "skipped", "xfailed", "xpassed", "error")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    result = {
        "counts": {kind: len(stats.get(kind, ())) for kind in kinds},
        "failures": [test.nodeid for kind in ("failed", "error") for test in stats.get(kind, ())],
        "run": ran,
        "collected": [item.nodeid for item in terminalreporter._session.items],
        "seconds": seconds,
        "cpu": sum(use.ru_utime + use.ru_stime for use in usage),
    }
    Path(os.environ["BACKORDER_RESULT"]).write_text(json.dumps(result))
