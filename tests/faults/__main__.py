"""What the adapter promises, tried against every fault that we can make: one line for each.

Ends with code 1 when a promise is broken; with --sabotaged, when a sabotage is not found out.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import report
from .disk import may_mount
from .matrix.parts import PARTS
from .processes.peer import ROOT
from .run import run
from .sabotaged import CAUGHT_BY

PAGE = ROOT / "docs" / "reliability.md"
CELLS = {cell.name: cell for part in PARTS for cell in part.cells}


def main():
    """Run what is asked for, and return the exit code."""
    options = _options()
    print(f"Seed {options.seed}.", flush=True)
    if options.sabotaged:
        return _sabotaged(options)
    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(lambda cell: _tried(cell, options), _chosen(options)))
    kept = [result for result in results if result.verdict.kept]
    print(f"{len(kept)} of {len(results)} cells kept what is promised.")
    if options.json:
        records = [report.record(result) for result in results]
        options.json.write_text(json.dumps(records, indent=1) + "\n")
    if options.write_docs:
        PAGE.write_text(report.inserted(PAGE.read_text(), report.tables(PARTS, results)))
    return 0 if len(kept) == len(results) else 1


def _options():
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=CELLS, metavar="NAME", help="these cells")
    parser.add_argument("--short", action="store_true", help="the most telling cells, in less time")
    parser.add_argument("--sabotaged", action="store_true", help="try the matrix itself")
    parser.add_argument("--jobs", type=int, default=4, help="cells at a time (4): they mostly wait")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random moments")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--write-docs", action="store_true", help="write them into the docs, too")
    options = parser.parse_args()
    if options.write_docs and (options.only or options.short):
        parser.error("--write-docs needs the whole matrix: leave --only and --short out")
    return options


def _chosen(options):
    """Choose cells, and say which of them cannot be run here."""
    wanted = [
        cell
        for name, cell in CELLS.items()
        if (name in options.only if options.only else cell.short or not options.short)
    ]
    if not may_mount():
        left_out = [cell for cell in wanted if cell.store == "tiny disk"]
        wanted = [cell for cell in wanted if cell not in left_out]
        for cell in left_out:
            print(f"{cell.name} is left out: only root may mount the disk that it fills.")
    return wanted


def _tried(cell, options):
    result = run(cell, seed=options.seed, short=options.short)
    print(report.line(result), flush=True)
    return result


def _sabotaged(options):
    """Run adapters that break a promise; returns 1 if one of them gets away with it."""
    uncaught = 0
    for sabotage, name in CAUGHT_BY.items():
        program = ("tests.faults.processes.sabotage", sabotage)
        result = run(CELLS[name], program=program, seed=options.seed, short=True)
        print(f"{sabotage}: {report.line(result)}", flush=True)
        uncaught += result.verdict.kept
    print(f"{len(CAUGHT_BY) - uncaught} of {len(CAUGHT_BY)} sabotages were found out.")
    return 1 if uncaught else 0


if __name__ == "__main__":
    sys.exit(main())
