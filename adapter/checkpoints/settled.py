"""Which events are settled, in little memory: runs of keys, with the span of their times. No I/O.

A key alone does not name an event: keys begin anew when a vCenter is rebuilt, and go back when it
is restored from a backup. But then they come at other times.
"""

import bisect
import operator
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.events.keys import follows

_FIRST = operator.attrgetter("first")


@dataclass(slots=True)
class Run:
    """Settled events that were read one after the other, and have consecutive keys."""

    first: int
    last: int
    since: datetime
    until: datetime

    def covers(self, key: int, created: datetime) -> bool:
        """Whether the event of that key and time is one of them."""
        return self.first <= key <= self.last and self.since <= created <= self.until

    def extend(self, key: int, created: datetime) -> None:
        """Take the event that was read next, and has the next key."""
        self.last = key
        # Its time may be the earlier one: events arrive late.
        self.since = min(self.since, created)
        self.until = max(self.until, created)


class Settled:
    """A set of events that grows in the order of reading, and forgets what is old."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._tail: Run | None = None
        # Of each count of keys its runs, sorted. There is more than one only while a count that
        # ended is remembered.
        self._counts: list[list[Run]] = []
        for run in runs:
            self._insert(replace(run))

    def covers(self, key: int, created: datetime) -> bool:
        """Whether the event of that key and time is settled."""
        if self._tail is not None and self._tail.covers(key, created):
            return True
        for runs in self._counts:
            at = bisect.bisect_right(runs, key, key=_FIRST)
            if at and runs[at - 1].covers(key, created):
                return True
        return False

    def add(self, key: int, created: datetime) -> None:
        """Take the event that was read next after the one that was added last."""
        if self._tail is not None and key == self._tail.last + 1:
            self._tail.extend(key, created)
        else:
            self.cut()
            self._tail = Run(key, key, created, created)

    def cut(self) -> None:
        """Begin a new run with the next event: one that is not settled was read before it."""
        if self._tail is not None:
            self._insert(self._tail)
            self._tail = None

    def forget(self, before: datetime, *, up_to: int = 0) -> None:
        """Drop the runs that ended *before*, but for those after the key *up_to*."""
        self.cut()
        counts = (
            [run for run in runs if run.until >= before or follows(run.first, up_to)]
            for runs in self._counts
        )
        self._counts = [runs for runs in counts if runs]

    def runs(self) -> list[Run]:
        """Copy what is remembered."""
        self.cut()
        return [replace(run) for runs in self._counts for run in runs]

    def _insert(self, run: Run) -> None:
        for runs in self._counts:
            at = bisect.bisect_left(runs, run.first, key=_FIRST)
            if (not at or runs[at - 1].last < run.first) and (
                at == len(runs) or run.last < runs[at].first
            ):
                runs.insert(at, run)
                return
        self._counts.append([run])
