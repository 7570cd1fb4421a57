"""Side by side with Odoo's own way, on the same data, in one run: ratios, never bare times.

    make bench                      every row, in a few minutes
    make bench ARGS=confirm         some rows
    make bench ARGS=--full          as large as the design asks for: 10,000 lines
    make bench ARGS="--orders 100"  smaller
    make bench ARGS=--table         the table of CONTRIBUTING.md, in some 25 minutes
    make bench ARGS="--json a.json" keeps all ratios in a file
    make bench ARGS="--compare a.json b.json --limit 1.05"
                                    what changed from one to the other, without measuring; fails
                                    where a ratio is worse by more than a twentieth
    make bench MODULES=a,b          with other modules installed than the usual; rows say so

Two databases of one template, one with the addon and one without, serve the rows that compare with
plain Odoo. Both sides do the same work several times in turn, from cold caches, each time taken
back; the medians are compared. Where the machine has other work, the ratios of CPU time are the
ones to look at: that of Odoo's Python, and that together with PostgreSQL's own.
"""

import argparse
import os
import resource
import sys

from .compare import compare

#: Rows, in the order in which they are measured, and where the function bench_<row> of each is.
ROWS = {
    "confirm": "rows_sale",
    "receive": "rows_sale",
    "fill": "rows_fill",
    "floor": "rows_fill",
    "lots": "rows_fill",
    "force": "rows_fill",
    "new_order": "rows_fill",
    "workers": "rows_workers",
    "process": "rows_sale",
    "filters": "filters",
    "purchase": "rows_purchase",
    "create": "rows_purchase",
    "overview": "rows_show",
    "analysis": "rows_show",
    "browser": "rows_browser",
    "plan": "rows_sale",
}
#: What --full changes: the sizes of the design.
FULL = {
    "fill": 10_000,
    "lots": 10_000,
    "force": 3000,
    "orders": 500,
    "new_orders": 500,
    "process": 500,
    "quotations": 200_000,
    "skus": 10_000,
    "purchase_lines": 10_000,
}
#: What --table changes: the rows of CONTRIBUTING's table, in two rounds.
TABLE = {
    "rows": [
        *("confirm", "receive", "fill", "floor", "lots", "force", "new_order", "process"),
        *("workers", "purchase", "create", "overview", "plan"),
    ],
    "rounds": 2,
    "fill": 2000,
    "lots": 500,
    "purchase_lines": 500,
}


def parse():
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("rows", nargs="*", choices=[*ROWS, []], help="rows to run (all)")
    add("--rounds", type=int, default=3, help="how often each side runs")
    add("--orders", type=int, default=200, help="orders of the confirm row")
    add("--waiting", type=int, default=600, help="orders of the receive row")
    add("--fill", type=int, default=4000, help="lines of the fill and floor rows")
    add("--lots", type=int, default=1000, help="lines of the lots row")
    add("--force", type=int, default=300, help="lines of the force row")
    add("--new-orders", type=int, default=100, help="orders of the new_order row")
    add("--workers-lines", type=int, default=2000, help="lines of the workers row")
    add("--process", type=int, default=200, help="orders of the process row")
    add("--quotations", type=int, default=5000, help="old quotations of the filters row")
    add("--filters", nargs="+", metavar="NAME", help="filters of the processor's search view")
    add("--skus", type=int, default=2000, help="SKUs of the purchase row")
    add("--purchase-lines", type=int, default=2000, help="lines of the create row")
    add("--open-lines", type=int, default=10_000, help="of the overview and analysis rows")
    add("--events", type=int, default=100_000, help="ledger rows of them")
    add("--demands", type=int, default=100_000, help="of the plan row")
    add("--products", type=int, default=500)
    add("--full", action="store_true", help="10,000 lines and SKUs, 500 orders")
    add("--table", action="store_true", help="some rows in two rounds, and a table of them")
    add("--json", metavar="FILE", help="keep all ratios in FILE")
    add("--compare", nargs=2, metavar="FILE", help="only compare two such files")
    add("--limit", type=float, help="with --compare: how much worse a ratio may be, 1.05")
    add(
        "--by",
        nargs="+",
        choices=("cpu", "wall", "work", "queries", "figure"),
        default=("cpu", "wall", "work", "figure"),
        help="the ratios that --limit is for (all but queries); cpu on a shared machine",
    )
    add("--db", default=os.environ.get("BENCH_DB", "bench"))
    add("--base", default=os.environ.get("BENCH_BASE_DB", "bench_base"))
    args = parser.parse_args()
    if args.table:
        vars(args).update(TABLE)
    if args.full:
        vars(args).update(FULL)
    return args


def main():
    args = parse()
    if args.compare:
        return compare(*args.compare, args.limit, args.by)
    # What compares needs no Odoo.
    from importlib import import_module

    import odoo
    from odoo.tools import config

    from .report import Report

    config.parse_config(["--log-level=error"])
    modules = os.environ.get("BENCH_MODULES", "")
    label = modules and f"with MODULES={modules}"
    if len(label) > 60:
        label = f"with {len(modules.split(','))} MODULES"
    report = Report(label, odoo=odoo.release.version, modules=modules, arguments=sys.argv[1:])
    report.print_machine()
    if modules:
        print(f"modules: {modules}", flush=True)
    for name in args.rows or ROWS:
        module = import_module(f".{ROWS[name]}", __package__)
        getattr(module, f"bench_{name}")(args, report)
        if args.json:
            # After each row: what was measured is kept when a later one fails.
            report.keep(args.json)
    if args.table:
        report.print_table()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
