"""The same with `ordering: strict`: all events come in vCenter's order, not only those of a key."""

import dataclasses

from tests.faults.cell import Cell
from tests.faults.judge import Expectation, Repeats

from .process import killed, terminated
from .sink import misbehaving


def _strict(repeats):
    return Expectation(repeats=repeats, strict=True)


_CELLS = (
    Cell(
        name="strict-503",
        what="the sink answers 503 for 10 s",
        trouble=misbehaving(status=503),
        expectation=_strict(Repeats.NEVER),
    ),
    Cell(
        name="strict-resets",
        what="the sink takes events and resets every third connection, for 10 s",
        trouble=misbehaving(how="reset", every=3),
        expectation=_strict(Repeats.UNANSWERED),
        short=True,
    ),
    Cell(
        name="strict-sigterm",
        what="SIGTERM three times in mid-stream",
        trouble=terminated,
        expectation=_strict(Repeats.NEVER),
    ),
    Cell(
        name="strict-kill-9",
        what="SIGKILL at 8 random moments",
        trouble=killed(8),
        expectation=_strict(Repeats.UNSAVED),
    ),
)

CELLS = tuple(
    # One at a time, so there is less of it.
    dataclasses.replace(cell, delivery={"ordering": "strict"}, rate=30)
    for cell in _CELLS
)
