"""Reading without a history: the newest events, again and again."""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import vsphere
from adapter.events.event import Event

from . import latest, vcenter
from .intake import Intake
from .pace import Pace
from .vcenter import MOST_EVENTS, NotServedError


@dataclass(frozen=True, kw_only=True)
class Newest:
    """Reads in the thread that calls `read`."""

    session: vsphere.Session
    intake: Intake
    stopped: threading.Event
    clock: Callable[[], float]

    def read(self, pace: Pace, *, end: float) -> None:
        """Read until stopped or *end*; raises `vsphere.VSphereError` and `PageError`."""
        self.intake.watched = None
        with ExitStack() as opened:
            try:
                look = opened.enter_context(vcenter.collector(self.session)).latest_page
            except NotServedError:
                look = self._query
            opened.enter_context(pace)
            while not self.stopped.is_set() and self.clock() < end:
                if self._take(self.intake.decode(look())):
                    pace.found(many=False)
                else:
                    pace.rest(end - self.clock())

    def _take(self, newest: Sequence[Event]) -> bool:
        place = self.intake.place
        missing = latest.overrun(newest, place, full=len(newest) >= MOST_EVENTS)
        if missing is not None:
            self.intake.tell(missing)
        return self.intake.take(latest.news(newest, place))

    def _query(self) -> bytes:
        return vcenter.query(self.session, begin=self.intake.place.begin)
