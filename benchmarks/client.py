"""People at the web client: sessions over HTTP, as a browser has them, to a server of our own.

Of the benchmarks, and of the tests that need a server with worker processes.
"""

import itertools
import json
import os
import resource
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path

ROOT = Path(__file__).parent.parent


class Refused(Exception):
    """The server says no, in a sentence for people."""


class Fault(Exception):
    """The server failed: no sentence for people, but a traceback."""


class Conflict(Fault):
    """Others wrote the same rows, five times in a row: Odoo gives up and asks to try again."""


#: Odoo's exceptions whose text is meant for people.
FOR_PEOPLE = (
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
    "odoo.exceptions.AccessError",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.RedirectWarning",
)
#: The database goes away in the middle.
OUTAGES = (
    "psycopg2.OperationalError",
    "psycopg2.InterfaceError",
    "psycopg2.DatabaseError",
    "psycopg2.errors.AdminShutdown",
    "psycopg2.errors.CrashShutdown",
    "psycopg2.errors.CannotConnectNow",
)
CONFLICTS = (
    "psycopg2.errors.SerializationFailure",
    "psycopg2.errors.DeadlockDetected",
    "psycopg2.errors.LockNotAvailable",
)


class Client:
    """One person's browser.

    :raise Refused: by ``call``, when the answer is a sentence for people
    :raise Fault: by ``call``, when it is an error (``Conflict``: of the kind that passes)
    :raise OSError: by ``call``, when nobody answers
    """

    def __init__(self, port, db, login="admin", password="admin"):
        self.base = f"http://127.0.0.1:{port}"
        self.who = {"db": db, "login": login, "password": password}
        self.numbers = itertools.count(1)
        self.opener = _new_session()
        self.is_in = False

    def page(self, path):
        """The text of a page, for who has not logged in as well."""
        with self.opener.open(self.base + path, timeout=30) as answer:
            return answer.read().decode()

    def _post(self, path, params, timeout):
        request = urllib.request.Request(
            self.base + path,
            json.dumps({"jsonrpc": "2.0", "id": next(self.numbers), "params": params}).encode(),
            {"Content-Type": "application/json"},
        )
        with self.opener.open(request, timeout=timeout) as answer:
            result = json.load(answer)
        error = result.get("error")
        if not error:
            return result.get("result")
        data = error.get("data") or {}
        name = data.get("name") or ""
        if name in OUTAGES:
            raise OSError(data.get("message"))
        kind = Refused if name in FOR_PEOPLE else Conflict if name in CONFLICTS else Fault
        raise kind(data.get("message") or error.get("message"), data.get("debug"))

    def call(self, model, method, *args, timeout=120, **kwargs):
        if not self.is_in:
            self.opener = _new_session()
            self._post("/web/session/authenticate", self.who, 30)
            self.is_in = True
        params = {"model": model, "method": method, "args": list(args), "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params, timeout)


def _new_session():
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _limit_files(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class Server:
    """``scripts/odoo server`` with worker processes, which can be killed."""

    def __init__(
        self,
        db,
        folder,
        workers,
        cron_threads=1,
        log_level="warn",
        file_limit=None,
        log_handlers=(),
        options=(),
    ):
        self.port, self.gevent_port = free_port(), free_port()
        self.log = Path(folder) / "server.log"
        self.log.unlink(missing_ok=True)
        with (Path(folder) / "server.out").open("w") as out:
            self.process = subprocess.Popen(
                [
                    ROOT / "scripts" / "odoo",
                    "server",
                    f"--database={db}",
                    f"--workers={workers}",
                    f"--max-cron-threads={cron_threads}",
                    f"--http-port={self.port}",
                    f"--gevent-port={self.gevent_port}",
                    f"--logfile={self.log}",
                    f"--log-level={log_level}",
                    *(f"--log-handler={handler}" for handler in log_handlers),
                    *options,
                ],
                stdout=out,
                stderr=out,
                start_new_session=True,
                # As on a full disk, writing a larger file fails in the middle.
                preexec_fn=file_limit and (lambda: _limit_files(file_limit)),
            )

    def comes_up(self, ask, seconds=120):
        """The answer of ``ask()``, tried until somebody answers.

        :raise Exception: the server ended, or nobody answered in time
        """
        end = time.monotonic() + seconds
        while True:
            try:
                return ask()
            except (OSError, Fault, ValueError):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.3)

    def workers(self):
        """Process ids of the children that serve requests or jobs."""
        listing = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in listing.stdout.split()]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=30)
        with suppress(ProcessLookupError):  # all have ended by themselves
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=15)
