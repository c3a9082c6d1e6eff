"""Without replay (`maxAgeSeconds: 0`): nothing comes twice, and what may be lost is bounded."""

import dataclasses

from tests.faults.cell import Cell
from tests.faults.judge import Expectation

from .sink import gone, misbehaving
from .vcenter import cut, restarted


def terminated(lab):
    """End it in the midst of work, and start another."""
    lab.during(2)
    lab.stop()
    lab.start().until_ready()
    lab.excuse_missing()


def killed(lab):
    """Kill it five times at random moments."""
    for _ in range(5):
        lab.during(lab.random.uniform(0.5, 2.0))
        lab.crash()
        lab.start().until_ready()
        lab.excuse_missing()


_CELLS = (
    Cell(name="once-503", what="the sink answers 503 for 10 s", trouble=misbehaving(status=503)),
    Cell(name="once-gone", what="the sink refuses connections for 10 s", trouble=gone),
    Cell(
        name="once-resets",
        what="the sink takes events and resets every third connection, for 10 s",
        trouble=misbehaving(how="reset", every=3),
        short=True,
    ),
    Cell(
        name="once-hangs",
        what="the sink takes events and never answers, for 10 s (timeout 2 s)",
        trouble=misbehaving(how="hang"),
        delivery={"timeout": "PT2S"},
    ),
    Cell(name="once-vcenter", what="vCenter is gone for 3 s", trouble=restarted),
    Cell(
        name="once-network",
        what="the network to vCenter resets all connections, 5 times",
        trouble=cut,
    ),
    Cell(name="once-sigterm", what="SIGTERM in mid-stream", trouble=terminated),
    Cell(name="once-kill-9", what="SIGKILL at 5 random moments", trouble=killed),
)

CELLS = tuple(
    dataclasses.replace(
        cell, checkpoint={"maxAge": "0s"}, expectation=Expectation(at_most_once=True)
    )
    for cell in _CELLS
)
