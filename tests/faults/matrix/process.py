"""What happens to the adapter's own process, and to the clock of its machine."""

import datetime as dt
import json

from tests.faults.cell import UNANSWERED, UNSAVED, Cell


def terminated(lab):
    """End it in the midst of work, and start another; three times."""
    lab.sink.ask("behave", delay=0.02)
    for _ in range(3):
        lab.during(2, short=1)
        lab.stop()
        lab.start().until_ready()
    lab.sink.ask("behave")


def terminated_unanswered(lab):
    """End it while the sink hangs, for which it does not wait for ever."""
    lab.sink.ask("behave", how="hang")
    lab.during(1)
    lab.stop()
    lab.sink.ask("behave")
    lab.start().until_ready()


def terminated_in_outage(lab):
    """End it while the sink takes nothing, and start another before the sink does."""
    lab.sink.ask("behave", status=503)
    lab.during(2)
    lab.stop()
    lab.start().until_ready()
    lab.during(2)
    lab.sink.ask("behave")


def killed(times):
    """Kill it at random moments, some of them before it has begun to read."""

    def trouble(lab):
        lab.sink.ask("behave", delay=0.02)
        for _ in range(5 if lab.short else times):
            lab.during(lab.random.uniform(0.0, 3.0))
            lab.crash()
            lab.start()
        lab.sink.ask("behave")
        lab.adapter.until_ready()

    return trouble


def killed_at_first(lab):
    """Kill it twice before it has saved anything but where it began."""
    for _ in range(2):
        lab.during(0.8)
        lab.crash()
        lab.start().until_ready()


def killed_at_birth(lab):
    """Kill one that has no checkpoint while it starts, perhaps before it has saved its begin."""
    lab.stop()
    lab.store.delete()
    lab.rewound(None)
    begin = None
    for _ in range(8):
        lab.start()
        lab.during(lab.random.uniform(0.0, 0.6))
        lab.crash()
        begin = begin or lab.store.read()
    lab.start().until_ready()
    # What it has not saved, nobody can know: only from there on nothing is lost.
    saved = json.loads(begin or lab.store.read())["lastEventKeyTimestamp"]
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(saved)
    lab.vcenter.ask("outdate", seconds=age.total_seconds())


def frozen(lab):
    """Stop it in its tracks for a minute, as a machine that is moved."""
    lab.sink.ask("behave", delay=0.02)
    lab.freeze(8 if lab.short else 60)
    lab.sink.ask("behave")


def clock_steps(lab):
    """Set the clock of its machine an hour back, and two forward."""
    lab.set_clock(-3600)
    lab.during(4, short=2)
    lab.set_clock(3600)
    lab.during(4, short=2)


CELLS = (
    Cell(
        name="sigterm",
        what="SIGTERM three times in mid-stream",
        trouble=terminated,
        short=True,
    ),
    Cell(
        name="sigterm-vcsim",
        what="the same (vcsim)",
        trouble=terminated,
        vcenter=("vcsim",),
        rate=20,
    ),
    Cell(
        name="sigterm-unanswered",
        what="SIGTERM while the sink takes events and does not answer",
        trouble=terminated_unanswered,
        expectation=UNANSWERED,
    ),
    Cell(
        name="sigterm-503",
        what="SIGTERM while the sink answers 503",
        trouble=terminated_in_outage,
    ),
    Cell(
        name="kill-9",
        what="SIGKILL at 15 random moments, checkpoints every second",
        trouble=killed(15),
        expectation=UNSAVED,
        short=True,
    ),
    Cell(
        name="kill-9-period-10",
        what="the same, 10 times, checkpoints every 10 s",
        trouble=killed(10),
        checkpoint={"period": "10s"},
        expectation=UNSAVED,
    ),
    Cell(
        name="kill-9-vcsim",
        what="the same, 8 times, checkpoints every second (vcsim)",
        # Nobody takes its collectors from the dead, and vcsim has 32 for all sessions together.
        trouble=killed(8),
        vcenter=("vcsim",),
        rate=20,
        expectation=UNSAVED,
    ),
    Cell(
        name="kill-9-at-first",
        what="SIGKILL twice before anything delivered is in a checkpoint",
        trouble=killed_at_first,
        checkpoint={"period": "1h"},
        expectation=UNSAVED,
    ),
    Cell(
        name="kill-9-at-birth",
        what="SIGKILL eight times while it starts, without any checkpoint at first",
        trouble=killed_at_birth,
        checkpoint={"period": "1h"},
        expectation=UNSAVED,
    ),
    Cell(
        name="sigstop",
        what="SIGSTOP for a minute",
        trouble=frozen,
        expectation=UNSAVED,
    ),
    Cell(
        name="clock-steps",
        what="the time of day on its machine is set an hour back, then two forward",
        trouble=clock_steps,
        skewed=True,
    ),
)
