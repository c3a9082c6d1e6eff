"""The events of one session: read from where the last one was, until stopped or broken."""

import datetime as dt
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from dataclasses import dataclass, field

import vsphere

from . import latest, lookback, page, vcenter
from .checkpoint import Begin
from .event import Event
from .intake import Intake
from .monitor import LOG, Monitor
from .pace import Pace
from .place import Seen
from .vcenter import MOST_EVENTS, Collector, NotServedError
from .watch import Hangup, Watch
from .watchdog import Watchdog

PAGE_EVENTS = 250
"""How many events are read at once: with 1,000 the process takes 5 MiB more, and no less time."""

LATEST_SECONDS = 600.0
"""How long to keep to the newest events, when new collectors hide them too."""


@dataclass(kw_only=True)
class Stream:
    """Reads in the thread that calls `run`."""

    session: vsphere.Session
    intake: Intake
    monitor: Monitor
    stopped: threading.Event
    hangup: Hangup
    clock: Callable[[], float] = time.monotonic
    _watchdog: Watchdog = field(init=False)

    def __post_init__(self) -> None:
        """Let the watchdog sleep at first."""
        self._watchdog = Watchdog(began=self.clock())

    def run(self, begin: Begin, *, now: dt.datetime) -> None:
        """Read until stopped; raises `vsphere.VSphereError` and `PageError`."""
        missing = lookback.missed(begin, self._span, now=now)
        if missing is not None:
            self.intake.tell(missing)
        try:
            self._read_histories()
        except NotServedError as error:
            LOG.info("There is no history to read, only the newest events: %s", error)
            self._read_latest(math.inf)

    def _read_histories(self) -> None:
        """Read collector after collector, each from where the one before stalled."""
        useless = 0
        while not self.stopped.is_set():
            useless = 1 if self._read_history() else useless + 1
            if useless > 1:
                LOG.warning("A new history hides it too: the newest events are read without one.")
                self._read_latest(self.clock() + LATEST_SECONDS)
            self._watchdog.alarm()

    def _read_history(self) -> bool:
        """Read a collector until stopped or stalled, and tell whether it gave anything."""
        gave, told = False, b""
        with self._collector() as collector, closing(self._pace()) as pace:
            while not self.stopped.is_set():
                events = self.intake.decode(lambda: collector.read_next(PAGE_EVENTS))
                if self.intake.take(events):
                    gave = True
                    self._watchdog.feed(self.clock())
                if events:
                    pace.found(many=len(events) >= PAGE_EVENTS)
                    continue
                if told and not self._has_read(told):
                    self._watchdog.doubt(self.clock())
                if self.clock() >= self._watchdog.due and self._is_stalled(collector):
                    break
                told = pace.rest(self._watchdog.due - self.clock())
        return gave

    def _has_read(self, told: bytes) -> bool:
        """Whether the event of which vCenter *told* was read, or was not to be."""
        seen, place = page.newest(told), self.intake.place
        return seen is None or seen[1] < place.begin or place.knows(*seen)

    def _is_stalled(self, collector: Collector) -> bool:
        """Whether vCenter shows a newer event than *collector* gives."""
        self._watchdog.looked(self.clock())
        with suppress(vsphere.CallError), self._collector(size=1) as fresh:
            newest = self.intake.decode(fresh.latest_page)
            # What happened just now, the collector gives now.
            if latest.news(newest, self.intake.place) and not self.intake.take(
                self.intake.decode(lambda: collector.read_next(MOST_EVENTS))
            ):
                self.monitor.stalled(
                    f"vCenter shows event {newest[0].key} of {newest[0].created:%H:%M:%S}, but "
                    "reading does not give it: its history was opened anew."
                )
                return True
        return False

    def _read_latest(self, end: float) -> None:
        """Read the newest events again and again, until stopped or *end*."""
        with ExitStack() as opened:
            try:
                read = opened.enter_context(self._collector()).latest_page
            except NotServedError:
                read = self._query
            pace = opened.enter_context(closing(self._pace("latest page")))
            while not self.stopped.is_set() and self.clock() < end:
                if self._take_latest(self.intake.decode(read)):
                    pace.found(many=False)
                else:
                    pace.rest(end - self.clock())

    def _take_latest(self, newest: Sequence[Event]) -> bool:
        """Take what is new of the *newest* events."""
        place = self.intake.place
        missing = latest.overrun(newest, place, full=len(newest) >= MOST_EVENTS)
        if missing is not None:
            self.intake.tell(missing)
        return self.intake.take(latest.news(newest, place))

    def _collector(self, *, size: int = MOST_EVENTS) -> AbstractContextManager[Collector]:
        return vcenter.collector(self.session, begin=self.intake.place.begin, page=size)

    def _query(self) -> bytes:
        return vcenter.query(self.session, begin=self.intake.place.begin)

    def _pace(self, mode: str = "") -> Pace:
        return Pace(
            watch=Watch(session=self.session, hangup=self.hangup),
            monitor=self.monitor,
            stopped=self.stopped,
            clock=self.clock,
            mode=mode,
        )

    def _span(self, begin: dt.datetime | None, end: dt.datetime | None, most: int) -> list[Seen]:
        events = self.intake.decode(lambda: vcenter.span(self.session, begin, end, most=most))
        return sorted(((e.key, e.created) for e in events), key=lambda seen: seen[1])
