"""Rows of the benchmark: the overview and the analysis of a large shop."""

from ast import literal_eval

from .data_show import make_history
from .measure import Measure, database, in_turn


def bench_overview(args, report):
    """The app's first page, as it is asked for: one request."""
    with database(args.db) as env:
        make_history(env, args.open_lines, args.events)
        seen = env["backorder.overview"]
        measure = Measure()
        answers = in_turn(args.rounds, (env, measure, lambda: _seen(seen.retrieve_overview())))
        title = f"overview with {args.open_lines} open lines, {args.events} ledger rows"
        _figures(report, title, measure, "0.5 s", f"{answers[0]} lines needed")


def bench_analysis(args, report):
    """Each favourite of the analysis, as the pivot asks for it."""
    with database(args.db) as env:
        make_history(env, args.open_lines, args.events)
        analysis = env["backorder.report"]
        for favourite in env["ir.filters"].search([("model_id", "=", analysis._name)]):
            context = literal_eval(favourite.context.strip())
            domain = literal_eval(favourite.domain)
            measures = [
                name if name == "__count" else f"{name}:{analysis._fields[name].aggregator}"
                for name in context["pivot_measures"]
            ]
            groups = context["pivot_row_groupby"] + context["pivot_column_groupby"]

            def pivot(domain=domain, groups=groups, measures=measures):
                found = analysis.formatted_read_group(domain, groups, measures)
                return lambda: len(found)

            measure = Measure()
            answers = in_turn(args.rounds, (env, measure, pivot))
            title = (
                f"analysis {favourite.name} with {args.open_lines} open lines,"
                f" {args.events} ledger rows"
            )
            _figures(report, title, measure, "none", f"{answers[0]} groups")


def _seen(overview):
    return lambda: overview["needed"]["lines"]


def _figures(report, title, measure, goal, note):
    report.figure(f"{title}: elapsed seconds", measure.wall, goal, f"{measure}; {note}")
    report.figure(f"{title}: queries", measure.queries, "fixed", f"{measure.queries:.0f}")
