"""How far reading has come. No I/O."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from .checkpoint import NEVER, OVERLAP
from .event import Event

_REMEMBERED = 1000
"""How many events back at least it is known whether one was read: as many as a page may hold."""

_HALF = 2**31

Seen = tuple[int, dt.datetime]
"""Key and time of an event."""


@dataclass(kw_only=True)
class Place:
    """Where a collector has to begin, and what was read last: its time, and its key or 0.

    Nothing before *floor* is ever read.
    """

    begin: dt.datetime
    time: dt.datetime
    key: int = 0
    floor: dt.datetime = NEVER
    _recent: set[Seen] = field(default_factory=set, init=False)
    _older: set[Seen] = field(default_factory=set, init=False)

    def knows(self, key: int, created: dt.datetime) -> bool:
        """Whether that event is one of the last that were read."""
        return (key, created) in self._recent or (key, created) in self._older

    def advance(self, events: Iterable[Event]) -> None:
        """Move behind *events*; notices among them are no place in a history."""
        for event in events:
            if len(self._recent) >= _REMEMBERED:
                self._recent, self._older = set(), self._recent
            self._recent.add((event.key, event.created))
            if event.gap is None and self._follows(event):
                self.key, self.time = event.key, event.created
                # A new session begins where this one was; the window knows the overlap.
                self.begin = max(self.time - OVERLAP, self.floor)

    def skip(self, time: dt.datetime) -> None:
        """Take what happened before that *time* as told, if not as read."""
        self.key, self.time = 0, time

    def _follows(self, event: Event) -> bool:
        """Whether *event* was made after the last: by its key, or else by its time.

        A key that wraps to negative numbers follows; time alone does not tell, for vCenter's clock
        may be set back, nor does the key alone, for keys begin anew when a vCenter is rebuilt.
        """
        ahead = (event.key - self.key) % (2 * _HALF)
        return 0 < ahead < _HALF or event.created >= self.time
