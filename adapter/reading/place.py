"""How far reading has come. No I/O."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from adapter.checkpoints.checkpoint import NEVER, OVERLAP, earlier, follow
from adapter.events.event import Event

_REMEMBERED = 1000
"""How many events back at least it is known whether one was read: as many as a page may hold."""

_HALF = 2**31

Seen = tuple[int, dt.datetime]
"""Key and time of an event."""


@dataclass(kw_only=True)
class Place:
    """Where a collector has to begin, and what was read last: its time, and its key or 0.

    Nothing before *floor* is read for the overlap.
    """

    begin: dt.datetime
    time: dt.datetime
    key: int = 0
    floor: dt.datetime = NEVER
    _last: int = field(init=False)
    """The last key that was read or passed, or 0."""
    _passed: Seen | None = field(default=None, init=False)
    """All up to that key and before that time was read."""
    _recent: set[Seen] = field(default_factory=set, init=False)
    _older: set[Seen] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """Keys go on from *key*."""
        self._last = self.key

    @property
    def reached(self) -> Seen:
        """How far reading has come: that changes with what is new, and with nothing else."""
        return self.key, self.time

    def knows(self, event: Event) -> bool:
        """Whether *event* was read, as far as that is remembered."""
        return self._has_read(_seen(event))

    def misses(self, key: int, created: dt.datetime) -> bool:
        """Whether an event of vCenter is still to be read: by its time, or else by its key.

        Time alone does not tell: an event may come late, and a clock may be set back.
        """
        return (created >= self.begin or _follows(key, self._last)) and not self._has_read(
            (key, created)
        )

    def advance(self, events: Iterable[Event]) -> bool:
        """Move behind *events*, if they are; notices among them are no place in a history."""
        before = self.reached
        for event in events:
            if len(self._recent) >= _REMEMBERED:
                self._recent, self._older = set(), self._recent
            self._recent.add(_seen(event))
            # A key that wraps to negative numbers follows; keys of a rebuilt vCenter begin anew.
            if event.gap is None and (_follows(event.key, self._last) or event.created > self.time):
                self.key = self._last = event.key
                self.time = follow(self.time, event.created)
                # A new session begins where this one was; the window knows the overlap.
                self.begin = max(earlier(self.time, OVERLAP), self.floor)
        return self.reached != before

    def skip(self, time: dt.datetime) -> None:
        """Take what happened before that *time* as told, if not as read."""
        self.key, self.time = 0, time

    def leave(self, key: int) -> None:
        """Take keys up to that, or if it is 0 all, as none that is to be read for its key."""
        self._last = key

    def reach(self, created: dt.datetime) -> None:
        """Go back to that time, from which on something was not read; what was is known."""
        until = self.time if self._passed is None else max(self.time, self._passed[1])
        self._passed = self._last, until
        self.time, self.begin = created, earlier(created, OVERLAP)
        self.floor = min(self.floor, self.begin)

    def _has_read(self, seen: Seen) -> bool:
        if seen in self._recent or seen in self._older:
            return True
        if self._passed is None:
            return False
        key, until = self._passed
        return seen[1] < until and not _follows(seen[0], key)


def _seen(event: Event) -> Seen:
    """Name an event. The same notice may stand at another time when it is found again."""
    return event.key, NEVER if event.gap else event.created


def _follows(key: int, last: int) -> bool:
    """Whether vCenter gave out that key after the *last*, which is 0 as long as there is none."""
    return last != 0 and 0 < (key - last) % (2 * _HALF) < _HALF
