"""The event history of the simulated vCenter: append-only, in memory, bounded."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator

from .bursts import Bursts
from .events import Recordable

RETENTION = 200_000


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """An event as it is kept: ready to be sent."""

    key: int
    created: dt.datetime
    xml: bytes
    hidden: bool = False
    """Nobody who reads has the permission to see it."""

    passing: bool = False
    """Only who was reading when it happened sees it: vCenter did not store it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class View:
    """What one reader may see: a span of creation times, and what passed after its *birth*."""

    begin: dt.datetime | None = None
    end: dt.datetime | None = None
    birth: int = 0

    def covers(self, at: int, record: Record) -> bool:
        """Tell whether *record*, which stands at position *at*, belongs to what is asked for."""
        return (
            (self.begin is None or self.begin <= record.created)
            and (self.end is None or record.created <= self.end)
            and not (record.passing and at < self.birth)
        )


EVERYTHING = View()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """Some records, and the position from which to read on."""

    records: tuple[Record, ...]
    position: int


class History:
    """Events in the order they were appended, the newest *retention* of them.

    A position counts all events ever appended, so it stays valid when keys start again and when
    old events go. With *compress_bursts* a burst is stored as `bursts` says. Every method may be
    called from any thread.
    """

    def __init__(
        self, *, first_key: int = 1, retention: int = RETENTION, compress_bursts: bool = False
    ) -> None:
        self._changed = threading.Condition()
        self._records: dict[int, Record] = {}
        self._start = self._end = 0
        self._next_key = int32(first_key)
        self._bursts = Bursts() if compress_bursts else None
        self.retention = retention

    def __len__(self) -> int:
        return len(self._records)

    @property
    def end(self) -> int:
        """The position behind the newest event: how many were ever appended."""
        return self._end

    @property
    def last_key(self) -> int | None:
        """The key of the newest event, if there ever was one."""
        return int32(self._next_key - 1) if self._end else None

    def append(self, event: Recordable, *, hidden: bool = False) -> int:
        """Record *event* and return its key; who waits looks at it."""
        with self._changed:
            key = self._next_key
            xml = event.marshal(key)
            passing = self._bursts is not None and self._bursts.swallow(xml, event.created)
            self._records[self._end] = Record(key, event.created, xml, hidden, passing)
            self._end += 1
            self._next_key = int32(key + 1)
            while len(self._records) > self.retention:
                self._drop_oldest()
            self._changed.notify_all()
        return key

    def extend(self, events: Iterable[Recordable], *, hidden: bool = False) -> list[int]:
        """Record *events* and return their keys."""
        return [self.append(event, hidden=hidden) for event in events]

    def number_from(self, key: int) -> None:
        """Let the next event have *key*, as after a vCenter was set up anew."""
        with self._changed:
            self._next_key = int32(key)

    def forget(self, *, before: dt.datetime) -> None:
        """Remove the oldest events that were created *before*, as vCenter does after some days."""
        with self._changed:
            while self._records and self._records[self._start].created < before:
                self._drop_oldest()

    def end_bursts(self, now: dt.datetime) -> None:
        """Record what stands for the bursts that are over *now*."""
        if self._bursts and (over := self._bursts.over(now)):
            self.extend(over)

    def read(self, position: int = 0, *, limit: int | None = None, view: View = EVERYTHING) -> Page:
        """Read up to *limit* events of *view* from *position* on."""
        found: list[Record] = []
        with self._changed:
            at = max(position, self._start)
            while at < self._end and (limit is None or len(found) < limit):
                record = self._records[at]
                if view.covers(at, record):
                    found.append(record)
                at += 1
        return Page(records=tuple(found), position=at)

    def newest(
        self, limit: int, *, view: View = EVERYTHING, since: int = 0
    ) -> list[tuple[int, Record]]:
        """Return the newest *limit* events of *view* that may be seen, the newest first.

        With each comes its position, which is not before *since*.
        """
        with self._changed:
            return list(itertools.islice(self._seen_backwards(view, since), limit))

    def wait(self, condition: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until *condition* holds, looked at after each change, and return whether it does."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def wake(self) -> None:
        """Let all who wait look at their condition."""
        with self._changed:
            self._changed.notify_all()

    def _seen_backwards(self, view: View, since: int) -> Iterator[tuple[int, Record]]:
        for at in range(self._end - 1, max(self._start, since) - 1, -1):
            record = self._records[at]
            if not record.hidden and view.covers(at, record):
                yield at, record

    def _drop_oldest(self) -> None:
        del self._records[self._start]
        self._start += 1


def int32(number: int) -> int:
    """Wrap *number* into 32 bits: the key after 2147483647 is negative, as in a real vCenter."""
    return (number + 2**31) % 2**32 - 2**31
