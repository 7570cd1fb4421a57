"""A fill in the background that two servers share, of which one is killed at it."""

import os
import signal
from contextlib import suppress

from progress_bar import ProgressBar

from benchmarks.client import Client


def client_of(server, db):
    """A client of a server that has just been started, once it answers."""
    client = Client(server.port, db)
    server.comes_up(lambda: client.call("res.users", "search_count", []))
    return client


def fill_while_one_dies(db, servers, orders, at_work, seconds):
    """Fill ``orders`` by the two ``servers``; both are stopped in the end.

    Once both were seen at work, one that has something in hand just then is killed: no goodbye, no
    rollback. The other finishes the fill, whose progress bar is true all the time.

    :param at_work: gives the numbers of the servers that have something in hand just now
    :param seconds: how long the fill may take
    :return: id of the fill
    """
    seen, killed, told = set(), None, None

    def kill_one():
        nonlocal killed
        at_it = [number for number in at_work() if number != killed]
        seen.update(at_it)
        if killed is None and seen == {0, 1} and at_it:
            killed = at_it[-1]
            os.killpg(servers[killed].process.pid, signal.SIGKILL)
            told.client = clients[1 - killed]

    try:
        clients = [client_of(server, db) for server in servers]
        run = clients[0].call("backorder.run", "create", {"order_ids": [[6, 0, orders]]})
        clients[0].call("backorder.run", "action_start", [run])
        told = ProgressBar(clients[0], db, run)
        state = told.until_it_ends(seconds, kill_one)
    finally:
        if told:
            told.close()
        for number, server in enumerate(servers):
            with suppress(ProcessLookupError):
                server.stop() if number != killed else server.process.wait(timeout=15)
    assert state == "done", told.looks[-5:]
    assert seen == {0, 1}, f"only one server worked: {seen}"
    assert killed is not None
    told.assert_true()
    return run
