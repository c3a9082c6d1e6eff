"""How far reading has come. No I/O."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from adapter.checkpoints.checkpoint import NEVER, OVERLAP, Begin, Reached, earlier
from adapter.checkpoints.settled import Settled
from adapter.events.event import Event
from adapter.events.keys import follows, is_up_to

from .holes import Holes

_REMEMBERED = 1000
"""How many events back at least it is known whether one was read: as many as a page may hold."""

Seen = tuple[int, dt.datetime]
"""Key and time of an event."""


@dataclass(kw_only=True)
class Place:
    """Where a collector has to begin, and what was read last: its time, and its key or 0.

    Nothing before *floor* is read for the overlap. What a former process had *settled* was read,
    and all up to the key and time that were *passed*; but what is in *holes* is still to be read,
    if it is there at all.
    """

    begin: dt.datetime
    time: dt.datetime
    key: int = 0
    floor: dt.datetime = NEVER
    settled: Settled = field(default_factory=Settled)
    passed: Seen | None = None
    holes: Holes = field(default_factory=Holes)
    _last: int = field(init=False)
    """The last key that was read or passed, or 0."""
    _counted: int = field(init=False)
    """The key from which on holes are known, or 0 until there is one."""
    _reached: Reached = field(init=False)
    _recent: set[Seen] = field(default_factory=set, init=False)
    _older: set[Seen] = field(default_factory=set, init=False)

    @classmethod
    def after(cls, begin: Begin, *, floor: dt.datetime = NEVER) -> Self:
        """Go on where a checkpoint says."""
        return cls(
            begin=begin.time,
            time=begin.since or begin.time,
            key=begin.key,
            floor=floor,
            settled=Settled(begin.acknowledged),
            passed=(begin.key, begin.until) if begin.until else None,
            # What comes after that key is read again.
            holes=Holes(span for span in begin.passed_over if not follows(span[0], begin.key)),
        )

    def __post_init__(self) -> None:
        """Keys go on from *key*."""
        self._last = self._counted = self.key
        self._reached = Reached(self.time)

    @property
    def reached(self) -> Seen:
        """How far reading has come: that changes with what is new, and with nothing else."""
        return self.key, self.time

    def knows(self, event: Event) -> bool:
        """Whether *event* was read, as far as that is remembered."""
        if event.gap is None:
            return self._has_read((event.key, event.created))
        return self._remembers(_seen(event)) or self.settled.covers(event.key, event.created)

    def misses(self, key: int, created: dt.datetime) -> bool:
        """Whether an event of vCenter is still to be read: by its time, or else by its key.

        Time alone does not tell: an event may come late, and a clock may be set back.
        """
        if self._has_read((key, created)):
            return False
        return created >= self.begin or follows(key, self._last) or key in self.holes

    def count(self, events: Iterable[Event]) -> None:
        """Note what *events* pass over, before any of them can be settled and saved."""
        for event in events:
            if event.gap is not None:
                continue
            if follows(event.key, self._counted):
                self.holes.step(self._counted, event.key)
            elif self._counted:
                if self.knows(event) or not self._begins_anew(event):
                    continue
                self.holes.begin_anew(event.key)
            self._counted = event.key

    def advance(self, events: Iterable[Event]) -> bool:
        """Move behind *events*, if they are; notices among them are no place in a history."""
        before = self.reached
        for event in events:
            if len(self._recent) >= _REMEMBERED:
                self._recent, self._older = set(), self._recent
            self._recent.add(_seen(event))
            if event.gap is not None:
                continue
            if follows(event.key, self._last) or self._begins_anew(event):
                self.key = self._last = event.key
                self._go_on(event.created)
            else:
                self.holes.fill(event.key)
                if event.created > self._reached.time:
                    # Out of order by its key only.
                    self._go_on(event.created)
        return self.reached != before

    def skip(self, time: dt.datetime) -> None:
        """Take what happened before that *time* as told, if not as read."""
        self.key, self.time, self._counted = 0, time, 0
        self._reached = Reached(time)

    def leave(self, key: int) -> None:
        """Take keys up to that, or if it is 0 all, as none that is to be read for its key."""
        self._last = self._counted = key

    def reach(self, created: dt.datetime) -> None:
        """Go back to that time, from which on something was not read; what was is known."""
        self.passed = self._last, self._reached.time
        self.time, self.begin = created, earlier(created, OVERLAP)
        self.floor = min(self.floor, self.begin)

    def _begins_anew(self, event: Event) -> bool:
        """Whether an event whose key does not follow is the first of a vCenter that was rebuilt."""
        # Not than `time`, which goes back to where something was missed.
        return event.created > self._reached.time and event.key not in self.holes

    def _go_on(self, created: dt.datetime) -> None:
        self._reached.go_on(created)
        self.time = self._reached.time
        # A new session begins where this one was; the window knows the overlap.
        self.begin = max(earlier(self.time, OVERLAP), self.floor)

    def _has_read(self, seen: Seen) -> bool:
        """Whether an event of vCenter was read."""
        if self._remembers(seen) or self.settled.covers(*seen):
            return True
        if self.passed is None:
            return False
        key, until = self.passed
        return seen[1] <= until and is_up_to(seen[0], key) and seen[0] not in self.holes

    def _remembers(self, seen: Seen) -> bool:
        return seen in self._recent or seen in self._older


def _seen(event: Event) -> Seen:
    """Name an event. The same notice may stand at another time when it is found again."""
    return event.key, NEVER if event.gap else event.created
