"""What a block costs, side by side with another, from cold caches."""

import gc
import os
import time
import tracemalloc
from contextlib import closing, contextmanager
from statistics import median

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

CONTEXT = {"tracking_disable": True, "mail_notrack": True}


class Measure:
    """CPU time, elapsed time and queries of a block: the medians where it runs several times."""

    def __init__(self):
        self.samples = []

    @contextmanager
    def __call__(self, env):
        env.flush_all()
        env.invalidate_all()
        gc.collect()
        queries, in_database = env.cr.sql_log_count, database_cpu(env)
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        env.flush_all()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        queries, in_database = env.cr.sql_log_count - queries, database_cpu(env) - in_database
        self.samples.append((cpu, wall, queries, in_database))

    def _median(self, index):
        return median(sample[index] for sample in self.samples)

    @property
    def cpu(self):
        """Of Odoo's Python."""
        return self._median(0)

    @property
    def wall(self):
        return self._median(1)

    @property
    def queries(self):
        return self._median(2)

    @property
    def work(self):
        """CPU time of Odoo's Python and of PostgreSQL together; of both, other programs on the
        machine take nothing."""
        return median(cpu + in_database for cpu, _wall, _queries, in_database in self.samples)

    def figures(self):
        return {name: getattr(self, name) for name in ("cpu", "wall", "work", "queries")}

    def __str__(self):
        return (
            f"{self.wall:9.2f} s {self.cpu:9.2f} s CPU {self.work:9.2f} s CPU with PostgreSQL's"
            f" {self.queries:9.0f} queries"
        )


def database_cpu(env):
    """Seconds of CPU time that the PostgreSQL process of this cursor has used, 0 if not known.

    Its system says so to everybody, in hundredths of a second.
    """
    try:
        with open(f"/proc/{env.cr.connection.get_backend_pid()}/stat", encoding="utf-8") as stat:
            # After the name in brackets: state is the third field, utime and stime 14 and 15.
            values = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def in_turn(rounds, *sides):
    """Run the ``sides``, (env, measure, act) each, ``rounds`` times, who is first changing.

    What a side does is taken back. What its ``act`` returned is called before, not measured; so is
    the fourth of a side, if there is one, before its ``act``.

    :return: [what that call gave in the last round]
    """
    results = [None] * len(sides)
    for number in range(rounds):
        order = list(enumerate(sides))
        for index, (env, measure, act, *prepare) in order if number % 2 else reversed(order):
            with closing(env.cr.savepoint()):
                for step in prepare:
                    step()
                with measure(env):
                    look = act()
                results[index] = look() if callable(look) else None
    return results


@contextmanager
def database(name):
    """An environment on ``name`` whose work is rolled back in the end."""
    with Registry(name).cursor() as cr:
        # Its helpers' CPU time would not be known.
        cr.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        yield api.Environment(cr, SUPERUSER_ID, CONTEXT)
        cr.rollback()


def peak_memory(env, act):
    """MB that ``act`` needs on top at its peak: what Python itself counts, as the operating
    system keeps what earlier work has freed."""
    with closing(env.cr.savepoint()):
        env.invalidate_all()
        gc.collect()
        tracemalloc.start()
        act()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak / 2**20
