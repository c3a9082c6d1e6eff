"""The same event again and again: vCenter stores the first 30, and one that stands for the rest."""

from tests.faults.cell import UNSAVED, Cell
from tests.faults.judge import Expectation, Repeats

MANY = 100
ITS_MACHINE = "vm-1300"


def watched(lab):
    """Let it happen while the adapter reads: it is shown them all."""
    lab.vcenter.ask("burst", count=MANY, watched=True)


def watched_and_expired(lab):
    """End the session after that: the next one finds in history what stands for the burst."""
    watched(lab)
    lab.vcenter.ask("expire")
    lab.during(3)


def unwatched(lab):
    """Let it happen while the adapter is down."""
    lab.stop()
    lab.vcenter.ask("burst", count=MANY, watched=False)
    lab.start().until_ready()


def both(lab):
    """Let it happen twice: the one is shown, the other is not."""
    watched(lab)
    unwatched(lab)


def lost_with_its_reader(lab):
    """Kill the adapter when it has read them all, and delivered but what stands for them."""
    lab.sink.ask("behave", status=503, machine=ITS_MACHINE)
    lab.vcenter.ask("burst", count=MANY, watched=False)
    lab.crash()
    lab.sink.ask("behave")
    lab.start().until_ready()


def watched_by_the_killed(lab):
    """Kill the adapter when it has delivered them all, and saved that."""
    watched(lab)
    # Twice the period of saving.
    lab.during(2)
    lab.crash()
    lab.start().until_ready()


def _burst(expectation, **fields):
    # So few that what goes on besides is no burst.
    return Cell(
        vcenter=("vcenter", "--compress-bursts"), rate=20, expectation=expectation, **fields
    )


CELLS = (
    _burst(
        name="burst-watched",
        what="100 identical events while the adapter reads: no gap",
        trouble=watched,
        expectation=Expectation(),
        short=True,
    ),
    _burst(
        name="burst-expires",
        what="the same, and then the session ends: no gap",
        trouble=watched_and_expired,
        expectation=Expectation(),
    ),
    _burst(
        name="burst-unwatched",
        what="the same while the adapter is down: a gap is told",
        trouble=unwatched,
        expectation=Expectation(gaps=1),
        short=True,
    ),
    _burst(
        name="burst-both",
        what="one of each: one gap is told",
        trouble=both,
        expectation=Expectation(gaps=1),
    ),
    _burst(
        name="burst-kill-9",
        what="SIGKILL when all were read, and the sink had taken none of them: a gap is told",
        trouble=lost_with_its_reader,
        expectation=Expectation(gaps=1, repeats=Repeats.UNSAVED),
    ),
    _burst(
        name="burst-kill-9-after",
        what="SIGKILL when the sink had taken all, and that was saved: no gap",
        trouble=watched_by_the_killed,
        expectation=UNSAVED,
    ),
)
