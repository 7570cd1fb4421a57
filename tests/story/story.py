"""A seeded story: what people do to orders and stock in 200 steps, through public names only.

    scripts/story --seed 1 --dump rows.txt        (make story SEED=1)

It prints how often each kind of step did something, did nothing or was refused, and one hash over
the rows that are left (``rows.py``). Two states of the addon that end in the same hash do the same.
The dump's last section has a hash after each step: the first that differs is where two states part.

Nothing here depends on the wall clock (time is frozen, and moves on with each step), on ids or on
the demo data: each step has a random generator of its own, and takes of the story's own records
counted from the oldest.
"""

import argparse
import contextlib
import logging
import os
import random
import sys
import time
from pathlib import Path
from unittest.mock import patch

import freezegun

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor
from odoo.tools import config

sys.path.insert(0, str(Path(__file__).parent))
from rows import Rows
from shop import Nothing, Shop
from steps import KINDS, OPENING, PAIRS, Steps

START = "2026-03-02 08:00:00"
HOURS_A_STEP = 3


class Story:
    def __init__(self, registry, seed, clock, verbose=False):
        self.registry, self.seed, self.clock, self.verbose = registry, seed, clock, verbose
        self.counts = {kind: {"did": 0, "nothing": 0, "refused": 0} for kind in KINDS}
        self.trace = []
        with self.transaction(SUPERUSER_ID) as env:
            self.shop = Shop.open(env)
            self.known = self.shop.rows(env).text()

    @contextlib.contextmanager
    def transaction(self, uid):
        """An environment whose work is committed in the end, as a request's is."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, uid, {"tracking_disable": True, "lang": "en_US"})
            yield env
            env.flush_all()

    def plan(self, count):
        """The kinds of ``count`` steps: each as often as ``KINDS`` says, mixed by the seed."""
        rng, kinds = random.Random(f"{self.seed} plan"), []
        while len(kinds) < count:
            bag = [kind for kind, often in KINDS.items() for _each in range(often)]
            rng.shuffle(bag)
            if not kinds:
                # A shop begins with orders and goods.
                for kind in reversed(OPENING):
                    bag.remove(kind)
                    bag.insert(0, kind)
            for pair in PAIRS:
                # What is made comes before what needs it.
                places = [place for place, kind in enumerate(bag) if kind in pair]
                for turn, place in enumerate(places):
                    bag[place] = pair[turn % 2]
            kinds += bag
        return kinds[:count]

    def tell(self, count):
        for number, kind in enumerate(self.plan(count), 1):
            self.clock.tick(HOURS_A_STEP * 3600)
            outcome, about = self.step(number, kind)
            self.counts[kind][outcome] += 1
            row = f"{number:03} {kind:<18} {outcome:<8} {Rows.hash_of(self.known)[:8]}"
            self.trace.append(row)
            if self.verbose:
                print(row, about, flush=True)

    def step(self, number, kind):
        """``did``, ``nothing`` (no record to do it to, or no row changed) or ``refused``."""
        about, refused = "", False
        rng = random.Random(f"{self.seed} {number} {kind}")
        try:
            with self.transaction(self.shop.clerk) as env:
                getattr(Steps(env, self.shop, rng), kind)()
        except Nothing:
            return "nothing", about
        except UserError as error:
            refused, about = True, str(error).replace("\n", " ")[:160]
        with self.transaction(SUPERUSER_ID) as env:
            before, self.known = self.known, self.shop.rows(env).text()
        if refused:
            # Bad input changes nothing: the story would not be worth much otherwise.
            assert self.known == before, f"step {number} ({kind}) was refused, yet changed rows"
            return "refused", about
        return ("nothing" if self.known == before else "did"), about


def report(story, seconds):
    total = {"did": 0, "nothing": 0, "refused": 0}
    print(f"{'kind of step':<20}{'did':>6}{'nothing':>9}{'refused':>9}")
    for kind, counts in story.counts.items():
        print(f"{kind:<20}{counts['did']:>6}{counts['nothing']:>9}{counts['refused']:>9}")
        for outcome, count in counts.items():
            total[outcome] += count
    print(f"{'all':<20}{total['did']:>6}{total['nothing']:>9}{total['refused']:>9}")
    print(f"{seconds:.0f} s, {time.process_time():.0f} s of CPU time")
    print(f"seed {story.seed}: {Rows.hash_of(story.known)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("database")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--dump", type=Path, help="write the rows there")
    parser.add_argument("--verbose", action="store_true", help="tell each step")
    options = parser.parse_args()
    config.parse_config(["--config", os.environ["ODOO_RC"], "--log-level=error"])
    logging.getLogger("odoo.addons.base.models.ir_cron").setLevel(logging.CRITICAL)
    began, registry = time.monotonic(), Registry(options.database)
    elapsed = time.monotonic  # the real one: by its name it is frozen below
    with (
        freezegun.freeze_time(START, tick=False) as clock,
        # The database's clock, which Odoo asks for its transactions' time.
        patch.object(BaseCursor, "now", lambda cr: freezegun.api.FakeDatetime.now()),
    ):
        story = Story(registry, options.seed, clock, options.verbose)
        story.tell(options.steps)
    if options.dump:
        steps = "".join(f"{row}\n" for row in story.trace)
        options.dump.write_text(f"{story.known}== steps\n{steps}")
    report(story, elapsed() - began)


if __name__ == "__main__":
    main()
