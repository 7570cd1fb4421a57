"""Workers that can be killed, forked as Odoo's own prefork server forks them.

To load the registry of a company takes many seconds; a fork of a process that has loaded it takes
none, and has connections and a memory of its own all the same.
"""

import json
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

# Reads a program's text and its arguments line by line, and forks a worker for each.
PARENT = """
    import json, os, signal, sys, traceback
    from odoo import sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["--log-level=critical"])
    Registry(sys.argv[1])
    sql_db.close_all()  # no two processes may share a connection
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that the system buries them
    for line in sys.stdin:
        job = json.loads(line)
        process_id = os.fork()
        if process_id:
            print(process_id, flush=True)
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(job["out"], os.O_WRONLY), sys.stdout.fileno())
        code = 0
        try:
            registry = Registry(sys.argv[1]).check_signaling()
            exec(job["program"], {"registry": registry, "arguments": job["arguments"]})
        except BaseException:
            traceback.print_exc()
            code = 1
        print(f"ended {code}", flush=True)
        os._exit(code)
"""


class Worker:
    """A forked process, and the lines that it prints."""

    def __init__(self, process_id, out):
        self.pid = process_id
        self._out = out
        self._read = b""

    def line(self, timeout=120):
        """The next line without its end; "" where the worker is no more."""
        end = time.monotonic() + timeout
        while b"\n" not in self._read:
            assert select.select([self._out], [], [], max(0, end - time.monotonic()))[0], "too late"
            more = os.read(self._out, 4096)
            if not more:
                return ""
            self._read += more
        line, self._read = self._read.split(b"\n", 1)
        return line.decode()

    def kill(self):
        """As the system does it where memory is short: nothing is tidied up."""
        os.kill(self.pid, signal.SIGKILL)
        assert self.wait() != 0

    def wait(self, timeout=120):
        """0 where it came to its end, 1 where it raised, -9 where it was killed."""
        last = ""
        while line := self.line(timeout):
            last = line
        return int(last.removeprefix("ended ")) if last.startswith("ended ") else -signal.SIGKILL


class Workers:
    """The parent of the workers on one database; started with the first of them."""

    def __init__(self, db, folder):
        self._db, self._folder = db, Path(folder)
        self._parent = None
        self._outs = []

    def start(self, program, *arguments):
        """A worker that runs ``program``, in which are ``registry`` and ``arguments``."""
        if not self._parent:
            self._parent = subprocess.Popen(
                [sys.executable, "-P", "-c", textwrap.dedent(PARENT), self._db],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        pipe = self._folder / f"worker-{len(self._outs)}"
        os.mkfifo(pipe)
        self._outs.append(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
        job = {
            "program": textwrap.dedent(program),
            "arguments": arguments,
            "out": str(pipe),
        }
        self._parent.stdin.write(json.dumps(job) + "\n")
        self._parent.stdin.flush()
        return Worker(int(self._parent.stdout.readline()), self._outs[-1])

    def close(self):
        for out in self._outs:
            os.close(out)
        if self._parent:
            self._parent.stdin.close()
            self._parent.stdout.close()
            self._parent.wait(timeout=30)
