"""What a sink does to an adapter, and goes on doing for a while."""

from tests.faults.cell import UNANSWERED, Cell
from tests.faults.judge import Expectation


def misbehaving(**behaviour):
    """Let the sink treat requests so for 10 s."""

    def trouble(lab):
        lab.sink.ask("behave", **behaviour)
        lab.during(10, short=4)
        lab.sink.ask("behave")

    return trouble


def gone(lab):
    """Refuse connections for 10 s."""
    lab.sink.ask("close")
    lab.during(10, short=4)
    lab.sink.ask("open")


def redirecting(lab):
    """Send every request to another sink for 10 s."""
    lab.sink.ask("behave", status=308, headers=[("Location", lab.elsewhere)])
    lab.during(10, short=4)
    lab.sink.ask("behave")


def untrusted(lab):
    """Let somebody else stand there for 10 s, whose certificate nobody knows."""
    lab.sink.ask("impersonate")
    lab.during(10, short=4)
    lab.sink.ask("close")
    lab.sink.ask("open")


def refusing_one_for_ever(lab):
    """Answer 422 to one event that is yet to come, as often as it comes."""
    poison = lab.vcenter.ask("made")[-1][0] + 50
    lab.sink.ask("behave", status=422, id=str(poison))
    lab.during(4)


CELLS = (
    Cell(
        name="sink-503",
        what="answers 503 for 10 s",
        trouble=misbehaving(status=503),
        short=True,
    ),
    Cell(
        name="sink-gone",
        what="refuses connections for 10 s",
        trouble=gone,
        # It may have taken what it then had no time to answer.
        expectation=UNANSWERED,
    ),
    Cell(
        name="sink-hangs",
        what="takes events and never answers, for 10 s (timeout 2 s)",
        trouble=misbehaving(how="hang"),
        delivery={"timeout": "PT2S"},
        expectation=UNANSWERED,
        short=True,
    ),
    Cell(
        name="sink-hangs-on-one",
        what="the same for events of one machine, others are answered",
        trouble=misbehaving(how="hang", machine="vm-1005"),
        delivery={"timeout": "PT2S"},
        expectation=UNANSWERED,
    ),
    Cell(
        name="sink-resets",
        what="takes events and resets every third connection, for 10 s",
        trouble=misbehaving(how="reset", every=3),
        expectation=UNANSWERED,
        short=True,
    ),
    Cell(
        name="sink-breaks-off",
        what="takes events and breaks off every third answer, for 10 s",
        trouble=misbehaving(how="half", every=3),
        expectation=UNANSWERED,
    ),
    Cell(
        name="sink-slow",
        what="answers after 0.5 s, for 10 s",
        trouble=misbehaving(delay=0.5),
    ),
    Cell(
        name="sink-429",
        what="answers 429 with `Retry-After: 3`, for 10 s",
        trouble=misbehaving(status=429, headers=[("Retry-After", "3")]),
        short=True,
    ),
    Cell(name="sink-401", what="answers 401 for 10 s", trouble=misbehaving(status=401)),
    Cell(
        name="sink-redirects",
        what="answers 308, to another sink, for 10 s",
        trouble=redirecting,
    ),
    Cell(
        name="sink-untrusted",
        what="has a certificate of somebody unknown, for 10 s",
        trouble=untrusted,
        tls=True,
        expectation=UNANSWERED,
        short=True,
    ),
    Cell(
        name="sink-refuses-one",
        what="answers 422 to one event for ever",
        trouble=refusing_one_for_ever,
        expectation=Expectation(refused=1),
        short=True,
    ),
)
