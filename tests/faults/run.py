"""One cell from start to verdict."""

import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .cell import Cell
from .judge import Figures, Verdict, judge
from .lab import Lab
from .processes.adapter import NotAsExpected

EPILOGUE = 20
"""So many events happen after the last start."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How one cell went; *log* is what its adapters said, if a promise was broken.

    *seed* is what its random moments came from, if it has any.
    """

    cell: Cell
    verdict: Verdict
    seconds: float
    log: Path | None
    seed: int | None = None

    @property
    def said(self):
        """The verdict in words."""
        return "; ".join(self.verdict.complaints) or "kept"


def run(cell, *, program=("adapter",), seed, short=False):
    """Run a cell with *program*, a module and its arguments, as the adapter."""
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{cell.name}-"))
    began, chance = time.monotonic(), random.Random(seed)
    untouched = chance.getstate()
    try:
        with Lab(folder, cell, program=program, chance=chance, short=short) as lab:
            verdict = _live(lab, cell)
    except NotAsExpected as finding:
        verdict = Verdict(figures=Figures(), complaints=(str(finding),))
    seconds, log = time.monotonic() - began, None
    if verdict.kept:
        shutil.rmtree(folder)
    else:
        log = folder / "adapter.log"
    drawn = None if chance.getstate() == untouched else seed
    return Result(cell=cell, verdict=verdict, seconds=seconds, log=log, seed=drawn)


def _live(lab, cell):
    """Live through the cell's trouble in mid-stream; then stop, start again, and judge.

    The clean stop and the new start at the end are part of every cell: whatever went before, they
    send nothing twice.
    """
    lab.start().until_ready()
    lab.vcenter.ask("load", rate=cell.rate)
    lab.during(1)
    cell.trouble(lab)
    lab.during(1)
    lab.settle()
    lab.stop()
    lab.start().until_ready()
    lab.vcenter.ask("happen", count=EPILOGUE)
    lab.settle()
    lab.stop()
    return judge(lab.evidence(), cell.expectation)
