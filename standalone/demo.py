"""The demonstration: the quickstart sample, a simulated vCenter, and a sink that prints."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .simulator import Feed, History, Simulator, feeding

SAMPLE = Path(__file__).parent.parent / "samples" / "quickstart.yaml"
VCENTER = "vcenter.default.svc.cluster.local"
EVENT_DISPLAY = "event-display.default.svc.cluster.local"

EVENTS_PER_SECOND = 10.0


def utc_now() -> dt.datetime:
    """The time of day, aware."""
    return dt.datetime.now(dt.UTC)


@contextlib.contextmanager
def vcenter(
    secret: Mapping[str, bytes], *, state: Path, clock: Callable[[], dt.datetime] = utc_now
) -> Iterator[str]:
    """Run a simulated vCenter that takes the login of *secret*; yields its URL.

    Its life began when *state* was made: whoever starts it again finds what happened meanwhile.
    """
    feed = Feed(epoch=_birth(state / "vcenter-since", clock), rate=EVENTS_PER_SECOND)
    history = History()
    credentials = (secret["username"].decode(), secret["password"].decode())
    with (
        Simulator(history=history, credentials=credentials, clock=clock) as simulator,
        feeding(history, feed, clock=clock),
    ):
        yield simulator.url


def _birth(file: Path, clock: Callable[[], dt.datetime]) -> dt.datetime:
    with contextlib.suppress(OSError, ValueError):
        return dt.datetime.fromisoformat(file.read_text(encoding="ascii"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(clock().isoformat(), encoding="ascii")
    return clock()
