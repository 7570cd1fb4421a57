"""A browser without a screen, told by its own protocol what to do."""

import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request

import websocket

from .client import free_port

OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--remote-allow-origins=*", "--window-size=1400,900"),
)


class Chromium:
    """One page of a browser of our own.

    :raise Exception: the page's script failed
    :raise TimeoutError: what was waited for did not come
    """

    def __init__(self):
        self.numbers = itertools.count(1)
        self.folder = tempfile.mkdtemp()
        port = free_port()
        self.process = subprocess.Popen(
            [
                *("chromium", *OPTIONS, f"--remote-debugging-port={port}"),
                *(f"--user-data-dir={self.folder}", "about:blank"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.socket = websocket.create_connection(self._page(port), timeout=180)
        self.tell("Page.enable")
        self.tell("Network.enable")
        self.tell("Performance.enable")

    def _page(self, port):
        end = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as answer:
                    pages = [page for page in json.load(answer) if page["type"] == "page"]
                return pages[0]["webSocketDebuggerUrl"]
            except (OSError, IndexError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def tell(self, method, **params):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise Exception(message["error"])
                return message["result"]

    def run(self, script):
        """What ``script`` returns; a promise is awaited."""
        result = self.tell(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise Exception(result["exceptionDetails"]["exception"].get("description"))
        return result["result"].get("value")

    def wait(self, condition, seconds=120):
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.1)

    def metrics(self):
        """Seconds that the page has spent so far, by what it did."""
        found = self.tell("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in found}

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)
