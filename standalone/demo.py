"""The demonstration: the quickstart sample, a simulated vCenter, and a sink that prints."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

from .pod import DOMAIN
from .simulator import Feed, History, Simulator, feeding

SAMPLE = Path(__file__).parent.parent / "samples" / "quickstart.yaml"
VCENTER = f"vcenter.default{DOMAIN}"
EVENT_DISPLAY = f"event-display.default{DOMAIN}"

EVENTS_PER_SECOND = 10.0


def utc_now() -> dt.datetime:
    """The time of day, aware."""
    return dt.datetime.now(dt.UTC)


@contextlib.contextmanager
def vcenter(secret: Mapping[str, bytes], *, state: Path) -> Iterator[str]:
    """Run a simulated vCenter that takes the login of *secret*; yields its URL."""
    history = History()
    credentials = (secret["username"].decode(), secret["password"].decode())
    with (
        Simulator(history=history, credentials=credentials) as simulator,
        feeding(history, life(state, now=utc_now()), clock=utc_now),
    ):
        yield simulator.url


def life(state: Path, *, now: dt.datetime) -> Feed:
    """Events since the vCenter of *state* was first seen, which is *now* if it never was.

    Whoever starts the demonstration again finds what happened meanwhile.
    """
    file = state / "vcenter-since"
    try:
        birth = dt.datetime.fromisoformat(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        birth = now
        file.write_text(birth.isoformat(), encoding="ascii")
    return Feed(epoch=birth, rate=EVENTS_PER_SECOND)
