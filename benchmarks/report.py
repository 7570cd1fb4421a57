"""What is printed of each row, and what is kept of it to compare two commits."""

import json
import os
import platform
import subprocess
import time
from pathlib import Path

#: Ratios of a row, and what they are called.
RATIOS = {"wall": "elapsed", "cpu": "CPU", "work": "CPU with PostgreSQL's", "queries": "queries"}


class Report:
    """The rows of one run.

    :param label: stands behind each title, and is no part of its name when runs are compared
    """

    def __init__(self, label="", **about):
        self.label = f"  [{label}]" if label else ""
        self.about = {
            "date": time.strftime("%Y-%m-%d %H:%M:%S"),
            "commit": commit(),
            "cores": os.cpu_count(),
            "processor": processor(),
            "python": platform.python_version(),
            **about,
        }
        self.rows = {}

    def print_machine(self):
        print(
            "Odoo {odoo}, Python {python}, {cores} cores ({processor}), commit {commit}".format(
                **self.about
            )
        )
        load = os.getloadavg()[0]
        print(f"load of the machine before: {load:.2f}", flush=True)
        self.about["load"] = load

    def row(
        self, title, ours, theirs, goal, note="", lines=0, against="Odoo's own way", only=RATIOS
    ):
        """One row: our figures, the other side's, the ratios, and the goal of the design.

        :param lines: how many lines, or orders, each side deals with: what it does per second
        :param only: the ratios that say something
        """
        name = f"{title}{f' ({note})' if note else ''}"
        own, other = ours.figures(), theirs.figures()
        # What takes no time is no measure.
        ratios = {key: own[key] / max(other[key], 1e-6) for key in RATIOS if key in only}
        shown = "  ".join(f"{ratios[key]:9.3f} {RATIOS[key]}" for key in ratios)
        speed = f" {lines / own['wall']:9.1f} a second" if lines else ""
        width = max(len("with the addon"), len(against))
        print(f"\n{name}{self.label}")
        print(f"  {'with the addon':{width}} {ours}{speed}")
        print(f"  {against:{width}} {theirs}")
        print(f"  {'ratio':{width}} {shown}      goal: {goal}", flush=True)
        self.rows[name] = {
            "ratios": ratios,
            "ours": own,
            "theirs": other,
            "goal": goal,
            "per_second": lines / own["wall"] if lines else None,
        }

    def figure(self, title, value, goal, text=""):
        """A ratio that stands for itself, or that is of another thing than time.

        :param text: what it was worked out from
        """
        print(
            f"\n{title}{self.label}\n  {text or format(value, '.3f')}      goal: {goal}", flush=True
        )
        self.rows[title] = {"ratios": {"figure": value}, "goal": goal}

    def print_table(self):
        """All rows so far as a table in Markdown, with the machine."""
        print("\nMeasured {date}, commit {commit}, load {load:.1f} before,".format(**self.about))
        print("{cores} cores ({processor}), Python {python}:\n".format(**self.about))
        print("| what | goal | elapsed | CPU | CPU with PostgreSQL's |")
        print("| --- " * 5 + "|")
        for name, row in self.rows.items():
            ratios = row["ratios"]
            cells = [
                f"{ratios[key]:.2f}" if key in ratios else "–" for key in ("wall", "cpu", "work")
            ]
            if "figure" in ratios:
                cells[0] = f"{ratios['figure']:.2f}"
            print(f"| {name} | {row['goal']} | {' | '.join(cells)} |", flush=True)

    def keep(self, path):
        content = {"about": self.about, "rows": self.rows}
        Path(path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def commit():
    """The commit that is measured, with a + where files differ from it."""
    folder = Path(__file__).parent

    def git(*words):
        run = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    try:
        name = git("rev-parse", "--short", "HEAD")
        return name + ("+" if git("status", "--porcelain", "..") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def processor():
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
