"""What happens in vCenter, and how it shows that."""

from tests.faults.cell import Cell
from tests.faults.judge import Expectation


def crowd(lab):
    """Let very much happen at once."""
    lab.vcenter.ask("happen", count=10_000 if lab.short else 100_000, machines=300)


def series(name):
    """Let events of another kind happen."""

    def trouble(lab):
        lab.vcenter.ask("series", name=name)
        lab.during(5)

    return trouble


def late(lab):
    """Let events come that tell a time before that of others, and lose the session meanwhile."""
    # What says that it happened before the source began is not its business.
    lab.during(6)
    lab.vcenter.ask("late", seconds=5)
    lab.during(4)
    lab.vcenter.ask("expire")
    lab.during(4)


def very_late(lab):
    """Let events come a minute late, which is more than reading goes back, and lose the session."""
    lab.vcenter.ask("step_clock", seconds=120)
    lab.during(2)
    lab.vcenter.ask("late", seconds=60)
    lab.during(4)
    lab.vcenter.ask("expire")
    lab.during(4)


def hidden(lab):
    """Let more happen than a page holds that the account may not see."""
    lab.vcenter.ask("hide", count=3000)
    lab.during(8)


def clock_set(seconds):
    """Set vCenter's clock, and no more."""

    def trouble(lab):
        lab.vcenter.ask("step_clock", seconds=seconds)
        lab.during(8)

    return trouble


def clock_step(seconds):
    """Set vCenter's clock, and restart it some time after that."""

    def trouble(lab):
        lab.vcenter.ask("step_clock", seconds=seconds)
        lab.during(4)
        lab.vcenter.ask("restart", away=1)
        lab.during(4)

    return trouble


def numbered_from(key, *, restart):
    """Let keys go on somewhere else."""

    def trouble(lab):
        lab.vcenter.ask("number_from", key=key)
        if restart:
            lab.vcenter.ask("restart", away=1)
        lab.during(5)

    return trouble


def wrapped_and_silent(lab):
    """Let keys turn negative where collectors go by them: those that exist give nothing more."""
    lab.vcenter.ask("switch", order_by_key=True)
    numbered_from(2**31 - 200, restart=False)(lab)
    lab.during(8)


def stalled(lab):
    """Let collectors fall silent, twice; new ones give what those had hidden."""
    for _ in range(2):
        lab.vcenter.ask("stall")
        lab.during(8)


def not_served(operation):
    """Refuse an operation, from the next session on."""

    def trouble(lab):
        lab.vcenter.ask("switch", refused={operation: "NotSupported"})
        lab.vcenter.ask("expire")
        lab.during(8)

    return trouble


def forgotten(lab):
    """Remove all of history while the adapter is down."""
    lab.stop()
    lab.during(2)
    lab.vcenter.ask("forget")
    lab.start().until_ready()


def outdated(lab):
    """Keep the adapter down for longer than it replays: 2 s, and 10 s for events that come late."""
    lab.stop()
    lab.during(15)
    lab.start().until_ready()
    lab.vcenter.ask("outdate", seconds=12)


CELLS = (
    Cell(
        name="unknown-classes",
        what="unknown classes, properties and types of references, and illegal characters",
        trouble=series("odd"),
        expectation=Expectation(types=3),
    ),
    Cell(
        name="1000-types",
        what="events of 1,000 types",
        trouble=series("types"),
        rate=400,
        expectation=Expectation(types=1000),
    ),
    Cell(name="crowd", what="100,000 events in one go", trouble=crowd, short=True),
    Cell(
        name="late-times",
        what="every other event says that it happened 5 s earlier; the session ends",
        trouble=late,
    ),
    Cell(
        name="very-late-times",
        what="every other event says that it happened a minute earlier; the session ends",
        trouble=very_late,
        expectation=Expectation(late=True),
    ),
    Cell(
        name="hidden-events",
        what="3,000 events at once that the account may not see, then others",
        trouble=hidden,
        # Until that is noticed (5 s), no more may happen than the latest page shows (1,000).
        rate=100,
    ),
    Cell(
        name="clock-back-live",
        what="vCenter's clock is set an hour back",
        trouble=clock_set(-3600),
    ),
    Cell(
        name="clock-back",
        what="vCenter's clock is set an hour back, and vCenter restarted",
        trouble=clock_step(-3600),
    ),
    Cell(
        name="clock-forward",
        what="vCenter's clock is set an hour forward, and vCenter restarted",
        trouble=clock_step(3600),
    ),
    Cell(
        name="wrapped-keys",
        what="keys go from 2,147,483,647 to -2,147,483,648",
        trouble=numbered_from(2**31 - 200, restart=False),
    ),
    Cell(
        name="wrapped-keys-silent",
        what="the same, and collectors give nothing with a lower key any more",
        trouble=wrapped_and_silent,
    ),
    Cell(
        name="rebuilt",
        what="vCenter is set up anew, and keys begin again at 1",
        trouble=numbered_from(1, restart=True),
    ),
    Cell(
        name="collector-stalls",
        what="collectors hide further events, twice",
        trouble=stalled,
    ),
    Cell(
        name="no-long-poll",
        what="vCenter serves no long poll",
        trouble=not_served("PropertyCollector.CreatePropertyCollector"),
    ),
    Cell(
        name="no-collectors",
        what="an ESXi host: no history, only the newest events",
        trouble=not_served("EventManager.CreateCollectorForEvents"),
        vcenter=("vcenter", "--esxi"),
    ),
    Cell(
        name="latest-page-only",
        what="the same, where a collector shows its newest page, and gives no history",
        trouble=not_served("EventHistoryCollector.ReadNextEvents"),
        vcenter=("vcenter", "--esxi"),
    ),
    Cell(
        name="forgotten",
        what="vCenter removes history while the adapter is down: a gap is told",
        trouble=forgotten,
        expectation=Expectation(gaps=1),
        short=True,
    ),
    Cell(
        name="outdated",
        what="the adapter is down for longer than `maxAgeSeconds`: a gap is told",
        trouble=outdated,
        checkpoint={"period": "1s", "maxAge": "2s"},
        expectation=Expectation(gaps=1),
    ),
)
