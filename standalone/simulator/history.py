"""The event history of the simulated vCenter: append-only, in memory, bounded."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Iterable

from .events import Recordable

RETENTION = 200_000


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """An event as it is kept: ready to be sent."""

    key: int
    created: dt.datetime
    xml: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """Some records, and the position from which to read on."""

    records: tuple[Record, ...]
    position: int


class History:
    """Events in the order they were appended, the newest *retention* of them.

    A position counts all events ever appended, so it stays valid when keys start again and when
    old events go. Every method may be called from any thread.
    """

    def __init__(self, *, first_key: int = 1, retention: int = RETENTION) -> None:
        self._lock = threading.Lock()
        self._records: dict[int, Record] = {}
        self._end = 0
        self._next_key = first_key
        self.retention = retention

    def __len__(self) -> int:
        return len(self._records)

    def append(self, event: Recordable) -> int:
        """Record *event* and return its key."""
        with self._lock:
            key = self._next_key
            self._records[self._end] = Record(key, event.created, event.marshal(key))
            self._end += 1
            self._next_key = int32(key + 1)
            self._records.pop(self._end - 1 - self.retention, None)
        return key

    def extend(self, events: Iterable[Recordable]) -> list[int]:
        """Record *events* and return their keys."""
        return [self.append(event) for event in events]

    def number_from(self, key: int) -> None:
        """Let the next event have *key*, as after a vCenter was set up anew."""
        with self._lock:
            self._next_key = int32(key)

    def read(
        self,
        position: int = 0,
        *,
        limit: int | None = None,
        begin: dt.datetime | None = None,
        end: dt.datetime | None = None,
    ) -> Page:
        """Read up to *limit* events from *position* on, created from *begin* to *end* inclusive."""
        found: list[Record] = []
        with self._lock:
            at = max(position, self._end - len(self._records))
            while at < self._end and (limit is None or len(found) < limit):
                record = self._records[at]
                at += 1
                if (begin is None or begin <= record.created) and (
                    end is None or record.created <= end
                ):
                    found.append(record)
        return Page(records=tuple(found), position=at)


def int32(number: int) -> int:
    """Wrap *number* into 32 bits: the key after 2147483647 is negative, as in a real vCenter."""
    return (number + 2**31) % 2**32 - 2**31
