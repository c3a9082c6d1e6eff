"""A vCenter that lives on its own: event n happens at epoch + n / rate, watched or not.

So the history also covers the time its process was down, and a restarted feed continues where it
would have been.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import math
import threading
from collections.abc import Callable, Iterator, Sequence

from . import inventory, plausible
from .events import Event
from .history import History
from .inventory import Machine

SHORTEST_WAIT = 0.01
LONGEST_WAIT = 1.0
"""Between these many seconds the feed looks at the clock, however high or low the rate."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Feed:
    """The events of a simulated vCenter: *rate* a second since *epoch*, chosen by *seed*."""

    epoch: dt.datetime
    rate: float = 1.0
    seed: int = 0
    machines: Sequence[Machine] = dataclasses.field(default_factory=inventory.build)

    def __post_init__(self) -> None:
        if not 0 < self.rate < math.inf:
            raise ValueError(f"rate must be more than 0 events a second, but is {self.rate}.")

    def created(self, n: int) -> dt.datetime:
        """Return when event *n* happens."""
        return self.epoch + dt.timedelta(seconds=n / self.rate)

    def event(self, n: int) -> Event:
        """Return event *n*."""
        created = self.created(n)
        return plausible.event(self.seed, n, created=created, machines=self.machines)

    def first(self, since: dt.datetime) -> int:
        """Return the number of the first event that happens at or after *since*."""
        n = max(0, math.floor((since - self.epoch).total_seconds() * self.rate) - 1)
        while self.created(n) < since:
            n += 1
        return n


@contextlib.contextmanager
def feeding(
    history: History,
    feed: Feed,
    *,
    clock: Callable[[], dt.datetime],
    backlog: dt.timedelta = dt.timedelta(hours=1),
) -> Iterator[None]:
    """Append the events of *feed* to *history* as they happen; those of *backlog* at once.

    Keys follow the series: event n has key n + 1 as long as nobody else appends.
    """
    now = clock()
    n = max(feed.first(now - backlog), feed.first(now) - history.retention)
    history.number_from(n + 1)
    n = _append_due(history, feed, n, now)
    stopped = threading.Event()
    thread = threading.Thread(target=_run, args=(history, feed, n, clock, stopped), name="feed")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def _run(
    history: History,
    feed: Feed,
    n: int,
    clock: Callable[[], dt.datetime],
    stopped: threading.Event,
) -> None:
    while not stopped.wait(_seconds_until(feed.created(n), clock())):
        n = _append_due(history, feed, n, clock())


def _seconds_until(moment: dt.datetime, now: dt.datetime) -> float:
    return min(max((moment - now).total_seconds(), SHORTEST_WAIT), LONGEST_WAIT)


def _append_due(history: History, feed: Feed, n: int, now: dt.datetime) -> int:
    """Append event *n* and those after it that have happened, and return the next one's number."""
    while feed.created(n) <= now:
        history.append(feed.event(n))
        n += 1
    return n
