"""The events of one session: read from where the last one was, until stopped or broken."""

import datetime as dt
import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from dataclasses import dataclass, field

import vsphere
from adapter.checkpoints.checkpoint import Begin, earlier
from adapter.events import page
from adapter.events.event import Event
from adapter.telemetry.monitor import LOG, Monitor

from . import latest, lookback, vcenter
from .intake import Intake
from .pace import Pace
from .place import Seen
from .vcenter import MOST_EVENTS, Collector, NotServedError
from .watch import Hangup, Watch
from .watchdog import Watchdog

PAGE_EVENTS = 250
"""How many events are read at once: with 1,000 the process takes 5 MiB more, and no less time."""

HOUR = dt.timedelta(hours=1)
"""How much further back to begin, when more is to be read than the newest events show."""

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

    def run(self, first: Begin | None, *, now: dt.datetime) -> None:
        """Read until stopped, *first* from there; raises `vsphere.VSphereError` and `PageError`."""
        place = self.intake.place
        # Before going further back: nothing was ever read there that could be gone.
        begin = first or Begin(time=place.begin, since=place.time, key=place.key)
        with suppress(NotServedError):
            self._look_back()
        LOG.info("Reading begins at %s.", place.begin)
        missing = lookback.missed(begin, self._span, now=now)
        if missing is not None:
            self.intake.tell(missing)
        try:
            self._read_histories()
        except NotServedError as error:
            LOG.info("There is no history to read, only the newest events: %s", error)
            self._read_latest(math.inf)

    def _look_back(self) -> None:
        """Find out whether something before the begin is still to be read."""
        place = self.intake.place
        for event in self._newest():
            if place.begin >= place.time:
                # Reading begins here, and does not go on from an earlier place.
                place.leave(event.key if event.created < place.begin else 0)
            elif place.misses(event.key, event.created):
                self._reach(event)

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
        """Read a collector until stopped or stalled, and tell whether that led any further."""
        before, told = self.intake.place.reached, b""
        with self._collector() as collector, self._pace() as pace:
            self.intake.watched = self.session.now()
            while not self.stopped.is_set():
                events = self.intake.decode(collector.read_next(PAGE_EVENTS))
                if self.intake.take(events):
                    self._watchdog.feed(self.clock())
                if events:
                    pace.found(many=len(events) >= PAGE_EVENTS)
                    continue
                if self._misses(told):
                    self._watchdog.doubt(self.clock())
                if self.clock() >= self._watchdog.due and self._is_stalled(collector):
                    break
                told = pace.rest(self._watchdog.due - self.clock())
        return self.intake.place.reached != before

    def _misses(self, told: bytes) -> bool:
        """Whether the event of which vCenter *told* is still to be read."""
        seen = page.newest(told)
        return seen is not None and self.intake.place.misses(*seen)

    def _is_stalled(self, collector: Collector) -> bool:
        """Whether vCenter shows a newer event than *collector* gives."""
        self._watchdog.looked(self.clock())
        with suppress(vsphere.CallError):
            for event in latest.news(self._newest(), self.intake.place):
                # What happened just now, the collector gives now.
                if self.intake.take(self.intake.decode(collector.read_next(MOST_EVENTS))):
                    break
                self._reach(event)
                self.monitor.stalled(
                    f"vCenter shows event {event.key} of {event.created:%H:%M:%S}, but reading "
                    "does not give it: its history was opened anew."
                )
                return True
        return False

    def _reach(self, missed: Event) -> None:
        """Begin early enough for the newest event, and for those of its kind before it."""
        place = self.intake.place
        if missed.created < place.begin:
            missing = latest.news(self._newest(MOST_EVENTS), place) or [missed]
            # Beyond a full page there may be more.
            place.reach(earlier(missing[0].created, HOUR * (len(missing) >= MOST_EVENTS)))

    def _newest(self, most: int = 1) -> list[Event]:
        """Look at the newest events, whatever their times."""
        with vcenter.collector(self.session, page=most) as fresh:
            return [e for e in self.intake.decode(fresh.latest_page()) if e.gap is None]

    def _read_latest(self, end: float) -> None:
        """Read the newest events again and again, until stopped or *end*."""
        self.intake.watched = None
        with ExitStack() as opened:
            try:
                read = opened.enter_context(vcenter.collector(self.session)).latest_page
            except NotServedError:
                read = self._query
            pace = opened.enter_context(self._pace("latest page"))
            while not self.stopped.is_set() and self.clock() < end:
                if self._take_latest(self.intake.decode(read())):
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

    def _collector(self) -> AbstractContextManager[Collector]:
        return vcenter.collector(self.session, begin=self.intake.place.begin)

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
        events: list[Event] = []
        with closing(vcenter.span(self.session, begin, end, most=most)) as answers:
            while not events and (answer := next(answers, None)) is not None:
                events = self.intake.decode(answer)
        return sorted(((e.key, e.created) for e in events), key=lambda seen: seen[1])
