"""All tests in two halves side by side: ``run_tests.py DATABASE FOLDER PYTEST…``.

Called by ``scripts/test``. Each half is a pytest process with an Odoo, a database, an HTTP port and
a browser of its own. Both collect all tests; a file is run by the half that takes it first
(``conftest.py``), so neither waits long for the other. Before the second half come the core's tests
on the bare database and, in CI, those with servers of their own on a smaller one.

It ends on one closing line like pytest's, of all processes together. It fails when a test fails,
when a process dies or runs nothing, or when a test was run by nobody or twice.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parent.parent
# pytest's own closing line: in its place comes the one of all processes.
CLOSING = re.compile(r"^=*\s*(\d+ [a-z ]+(, )?)+ in [\d.]+s\b.*|^=*\s*no tests ran in .*")
# As pytest's summary has them.
KINDS = ("failed", "passed", "skipped", "xfailed", "xpassed", "error")
printing = threading.Lock()


def say(title, text):
    with printing:
        print(f"{title} | {text}", flush=True)


class Part:
    """One pytest process and what it told in its result file."""

    def __init__(self, title, database, folder, arguments, shared=False, **env):
        self.title = title
        self.result_file = folder / f"{title}.json"
        self.command = [f"--odoo-database={database}", *arguments]
        self.env = {**os.environ, "BACKORDER_RESULT": str(self.result_file), **env}
        if shared:
            self.env["BACKORDER_SHARE"] = str(folder / "taken")
        self.shared = shared
        self.code = None
        self.result = {}

    def run(self, pytest):
        begin = time.monotonic()
        with subprocess.Popen(
            [*pytest, *self.command],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stdout:
                if not CLOSING.match(line):
                    say(self.title, line.rstrip("\n"))
        self.code = process.returncode
        if self.result_file.exists():
            self.result = json.loads(self.result_file.read_text())
        took, cpu = time.monotonic() - begin, self.result.get("cpu", 0)
        say(self.title, f"ended after {took:.0f} s, {cpu:.0f} s of CPU time without PostgreSQL's")

    def faults(self):
        """What went wrong beside failed tests."""
        if not self.result:
            return [f"{self.title}: the process died (code {self.code})"]
        faults = []
        if not self.result["run"]:
            faults.append(f"{self.title}: not one test was run")
        counts = self.result["counts"]
        if self.code not in (0, 1) or (self.code and not (counts["failed"] or counts["error"])):
            faults.append(f"{self.title}: pytest ended with code {self.code}")
        return faults


def never_or_twice(parts):
    """Tests of the two halves that were run by nobody, or by both."""
    run = [test for part in parts for test in part.result.get("run", ())]
    collected = {test for part in parts for test in part.result.get("collected", ())}
    faults = [f"run by nobody: {test}" for test in sorted(collected - set(run))]
    return faults + [f"run twice: {test}" for test in sorted({t for t in run if run.count(t) > 1})]


def bare_tests():
    """What runs on the bare database, and the files among it that run nowhere else."""
    core, elsewhere = [], []
    for line in (ROOT / "scripts" / "bare-tests").read_text().splitlines():
        *only, path = line.split("#")[0].split() or [None]
        if path:
            core.append(path)
            if only == ["only"]:
                elsewhere.append(path)
    return core, elsewhere


def listed(name):
    """The files of a list in ``scripts/``: ``slow-tests`` are run by CI and ``make test-all`` only,
    ``long-tests`` are those of them that CI leaves out, ``server-tests`` run on a smaller database.
    """
    lines = (ROOT / "scripts" / name).read_text().splitlines()
    return [path for line in lines if (path := line.split("#")[0].strip())]


def main(database, folder, *pytest):
    begin = time.monotonic()
    folder = Path(folder)
    subprocess.run(["rm", "-rf", folder], check=True)
    (folder / "taken").mkdir(parents=True)
    core, elsewhere = bare_tests()
    left_out = listed("slow-tests")
    if os.environ.get("ALL"):
        left_out = []
    elif os.environ.get("CI"):
        left_out = listed("long-tests")
    with_servers = [file for file in listed("server-tests") if file not in left_out]
    ignored = [f"--ignore={file}" for file in [*elsewhere, *left_out, *with_servers]]
    halves = [Part(f"half {n}", f"{database}_{n}", folder, ignored, shared=True) for n in (1, 2)]
    others = [Part("bare", f"{database}_bare", folder, core)]
    if with_servers:
        template = os.environ["BACKORDER_SERVERS_TEMPLATE"]
        name = f"{database}_servers"
        others.append(Part("servers", name, folder, with_servers, BACKORDER_TEMPLATE=template))

    def one_after_the_other(*parts):
        for part in parts:
            part.run(pytest)

    sides = [
        threading.Thread(target=one_after_the_other, args=parts)
        for parts in ((halves[0],), (*others, halves[1]))
    ]
    for side in sides:
        side.start()
    for side in sides:
        side.join()

    # What each file took, for the order of the next run (conftest.py).
    times_file = folder.parent / "test-times.json"
    times = json.loads(times_file.read_text()) if times_file.exists() else {}
    for half in halves:
        times |= half.result.get("seconds", {})
    times_file.write_text(json.dumps(times, indent=1, sort_keys=True))
    parts = [*halves, *others]
    faults = [fault for part in parts for fault in part.faults()] + never_or_twice(halves)
    for test in [test for part in parts for test in part.result.get("failures", ())]:
        print(f"FAILED {test}")
    for fault in faults:
        print(f"ERROR {fault}")
    counts = {
        kind: sum(part.result["counts"][kind] for part in parts if part.result) for kind in KINDS
    }
    counts["error"] += len(faults)
    told = ", ".join(
        f"{count} {kind + 's' if kind == 'error' and count > 1 else kind}"
        for kind, count in counts.items()
        if count
    )
    if left_out:
        print(f"{len(left_out)} files that take long were left out: make test-all runs them")
    seconds = time.monotonic() - begin
    told = f" {told or 'no tests ran'} in {seconds:.2f}s ({timedelta(seconds=int(seconds))}) "
    print(told.center(100, "="))
    return int(bool(counts["failed"] or counts["error"]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
