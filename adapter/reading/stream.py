"""The events of one session: read from where the last one was, until stopped or broken."""

import datetime as dt
import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field

import vsphere
from adapter.checkpoints.checkpoint import Begin, earlier
from adapter.events import page
from adapter.events.event import Event
from adapter.events.message import instant
from adapter.telemetry.monitor import LOG, Monitor

from . import latest, lookback, vcenter
from .intake import Intake
from .newest import Newest
from .pace import Pace
from .place import Seen
from .search import Search
from .vcenter import MOST_EVENTS, Collector, NotServedError
from .watch import Hangup, Watch
from .watchdog import Watchdog

PAGE_EVENTS = 100
"""How many events are read at once: with 250 the process takes 2 MiB more, and no less time."""

HOUR = dt.timedelta(hours=1)
"""How much further back to begin, when more is to be read than the newest events show."""

LATE = dt.timedelta(minutes=10)
"""So late, events are read in their order by a history that begins so early; later ones alone."""

NEWEST_SECONDS = 600.0
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
    _search: Search = field(default_factory=Search, init=False)

    def __post_init__(self) -> None:
        """Let the watchdog sleep at first."""
        self._watchdog = Watchdog(began=self.clock())

    def run(self, first: Begin | None, *, now: dt.datetime) -> None:
        """Read until stopped, *first* from there; raises `vsphere.VSphereError` and `PageError`."""
        place = self.intake.place
        # Before going further back: nothing was ever read there that could be gone.
        begin = first or Begin(time=place.begin, since=place.time, key=place.key)
        with suppress(NotServedError):
            self._look_back(now)
        LOG.info("Reading begins at %s.", instant(place.begin))
        missing = lookback.missed(begin, self._span, now=now)
        if missing is not None:
            self.intake.tell(missing)
        try:
            self._read_histories()
        except NotServedError as error:
            LOG.info("There is no history to read, only the newest events: %s", error)
            self._read_newest(end=math.inf)

    def _look_back(self, now: dt.datetime) -> None:
        """Find out whether something before the begin is still to be read."""
        place = self.intake.place
        for event in self._newest():
            if place.begin >= place.time:
                # Reading begins here, and does not go on from an earlier place.
                place.leave(event.key if event.created < place.begin else 0)
            elif now < place.begin and place.misses(event.key, event.created):
                self._reach(event)

    def _read_histories(self) -> None:
        """Read collector after collector, each from where the one before stalled."""
        useless = 0
        while not self.stopped.is_set():
            useless = 1 if self._read_history() else useless + 1
            if useless > 1 and not self.stopped.is_set():
                LOG.warning("A new history hides it too: the newest events are read without one.")
                self._read_newest(end=self.clock() + NEWEST_SECONDS)
            self._watchdog.alarm()

    def _read_history(self) -> bool:
        """Read a collector until stopped or stalled, and tell whether that led any further."""
        place, told = self.intake.place, b""
        before, begin, is_at_end = place.reached, place.begin, False
        with self._collector() as collector, self._pace() as pace:
            self.intake.watched = self.session.now()
            while not self.stopped.is_set():
                events = self.intake.decode(collector.read_next(PAGE_EVENTS))
                if self.intake.take(events):
                    self._watchdog.feed(self.clock())
                is_at_end |= len(events) < PAGE_EVENTS
                if place.holes.unsearched and is_at_end:
                    self._search.want(self.clock())
                if self.clock() >= self._search.due and self._is_too_late(begin):
                    return True
                if events:
                    pace.found(many=len(events) >= PAGE_EVENTS)
                    continue
                self._consider(told, begin)
                if self.clock() >= self._watchdog.due and self._is_stalled(collector):
                    break
                told = pace.rest(min(self._watchdog.due, self._search.due) - self.clock())
        return place.reached != before

    def _consider(self, told: bytes, begin: dt.datetime) -> None:
        """Take up that vCenter *told* of an event, and then gave none."""
        seen = page.newest(told)
        if seen is None or not self.intake.place.misses(*seen):
            return
        if seen[1] < begin:
            self._search.want(self.clock())
        else:
            self._watchdog.doubt(self.clock())

    def _is_too_late(self, begin: dt.datetime) -> bool:
        """Find events that came too late for a collector, and tell whether to open another.

        They have a time before its *begin*.
        """
        place = self.intake.place
        self._search.done()
        with suppress(vsphere.CallError):
            with vcenter.collector(self.session, end=begin) as older:
                late = latest.news(self._told(older), place)
            if not late:
                place.holes.searched()
                return False
            self._search.found()
            if len(late) >= MOST_EVENTS or self.session.now() < begin:
                # There may be more of them, or a clock that was set back makes more.
                self._reach(late[0])
                return True
            oldest = earlier(begin, LATE)
            self.intake.take([event for event in late if event.created < oldest])
            if late[-1].created >= oldest:
                place.reach(max(late[0].created, oldest))
                return True
        return False

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
            return self._told(fresh)

    def _told(self, collector: Collector) -> list[Event]:
        """Read the latest page but for notices, which nothing can be found by."""
        return [e for e in self.intake.decode(collector.latest_page()) if e.gap is None]

    def _read_newest(self, *, end: float) -> None:
        newest = Newest(
            session=self.session, intake=self.intake, stopped=self.stopped, clock=self.clock
        )
        newest.read(self._pace("latest page"), end=end)

    def _collector(self) -> AbstractContextManager[Collector]:
        return vcenter.collector(self.session, begin=self.intake.place.begin)

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
