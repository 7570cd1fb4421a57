"""What happened on the day of the busy shop, and what is printed of it."""

import logging
import threading
from collections import Counter, defaultdict


class Book:
    """What happened, of all people together."""

    def __init__(self):
        self.lock = threading.Lock()
        self.calls, self.refused, self.unanswered = Counter(), Counter(), Counter()
        self.conflicts, self.full = Counter(), Counter()
        # The last sentence with which each kind of call was refused.
        self.sentences = {}
        self.slowest = defaultdict(float)
        self.faults = []
        # Acknowledged by the server: these must be there in the end.
        self.seen = defaultdict(list)

    def note(self, counter, what, took=0.0):
        with self.lock:
            counter[what] += 1
            self.slowest[what] = max(self.slowest[what], took)


class Retries(logging.Handler):
    """Counts calls that Odoo tried again by itself, here and in the server's log."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.here = 0
        logger = logging.getLogger("odoo.service.model")
        logger.setLevel(logging.INFO)
        logger.addHandler(self)
        logger.propagate = False

    def emit(self, record):
        self.here += "tries left" in record.msg

    def total(self, log):
        return self.here + log.read_text(errors="replace").count(" tries left, try again in ")


def report(options, book, happened, end, retries):
    print(f"\nseed {options.seed}, {options.people} people, {options.minutes} minutes")
    columns = {
        "calls": book.calls,
        "refused": book.refused,
        "conflict": book.conflicts,
        "no answer": book.unanswered,
        "disk full": book.full,
    }
    print(" " * 14 + "".join(f"{head:>11}" for head in [*columns, "slowest"]))
    for what in sorted(book.calls):
        figures = "".join(f"{counter[what]:11}" for counter in columns.values())
        print(f"{what:14}{figures}{book.slowest[what]:10.1f}s")
    print(f"{'all':14}" + "".join(f"{counter.total():11}" for counter in columns.values()))
    print("".join(f"{number} × {what}\n" for what, number in happened.items()))
    for what, sentence in sorted(book.sentences.items()):
        print(f"refused {what}: {sentence[:120]}")
    for what, *fault in book.faults[:10]:
        print(f"FAULT {what}: {fault[0]}\n{(fault[1] or '')[-1500:]}")
    for row in end["found"]:
        print(f"CHECK {row['code']}: {row['message']}")
    print(
        f"faults {len(book.faults)}, tried again by Odoo {retries}, "
        f"acknowledged and lost {len(end['lost'])}, "
        f"still running {end['running']}, Check Backorders: {len(end['found'])} found"
    )
