"""Two runs of the benchmarks, kept by ``--json``, side by side: without Odoo or a database."""

import json
import sys
from pathlib import Path

NAMES = {
    "wall": "elapsed",
    "cpu": "CPU",
    "work": "CPU+PG",
    "queries": "queries",
    "figure": "itself",
}


def compare(before, after, limit=None, by=("cpu", "wall", "work", "figure")):
    """Print how each ratio changed from ``before`` to ``after``, which are names of files.

    :param limit: 1.05: a ratio may become worse by a twentieth
    :param by: the ratios that the limit is for
    :return: 0; 1 where a ratio is worse than the limit allows; 2 where there is nothing to compare
    """
    old, new = (read(name) for name in (before, after))
    for name, run in ((before, old), (after, new)):
        about = run["about"]
        print(
            f"{name}: commit {about['commit']}, {about['date']}, Odoo {about['odoo']}, Python"
            f" {about['python']}, {about['cores']} cores, {about['modules'] or 'usual modules'}"
        )
    both = [name for name in old["rows"] if name in new["rows"]]
    if not both:
        print("The two runs have no row in common: measure the same rows in the same sizes.")
        return 2
    width = max(len(name) for name in both)
    print(f"\n{'':{width}}  ratio    {'before':>9} {'after':>9} {'change':>7}")
    worse = []
    for name in both:
        first, second = (run["rows"][name]["ratios"] for run in (old, new))
        title = name
        for ratio in first:
            if ratio not in second:
                continue
            change = second[ratio] / first[ratio] if first[ratio] else 1.0
            mark = ""
            if limit and ratio in by and change > limit:
                worse.append(name)
                mark = "  worse"
            print(
                f"{title:{width}}  {NAMES[ratio]:8} {first[ratio]:9.3f} {second[ratio]:9.3f}"
                f" {change:7.3f}{mark}"
            )
            title = ""
    for where, run, other in ((before, old, new), (after, new, old)):
        for name in run["rows"]:
            if name not in other["rows"]:
                print(f"only in {where}: {name}")
    if worse:
        print(f"\n{len(worse)} ratios are worse by more than the limit of {limit}.")
    return 1 if worse else 0


def read(name):
    try:
        return json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{name} cannot be read: {error}. Make it by: make bench ARGS='--json {name}'")
