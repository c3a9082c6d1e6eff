"""Who is logged in, and the collectors that live and die with each session."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable

from .history import View
from .markup import reference
from .soap import Call

PAGE_SIZE = 10
"""How many events `latestPage` has unless its reader chooses."""


@dataclasses.dataclass(kw_only=True)
class Collector:
    """A reader's place in the history, and what of it that reader wants to see."""

    view: View
    page_size: int = PAGE_SIZE
    position: int = 0
    key: int | None = None
    """That of the last event it gave."""

    history_end: int = 0
    """How many events there had been when it was read last."""

    stalled: bool = False
    """It gives nothing any more, though events come."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Path:
    """A property of an object."""

    kind: str
    identifier: str
    name: str

    @property
    def reference(self) -> bytes:
        """Refer to the object."""
        return reference("obj", self.kind, self.identifier).encode()


@dataclasses.dataclass(kw_only=True)
class PropertyCollector:
    """What its filters watch, and how often their reader was told of a change."""

    filters: dict[str, dict[Path, int]] = dataclasses.field(default_factory=dict)
    """Of each property, the position of the newest event that was told, or -1."""

    version: int = 0
    cancellations: int = 0


@dataclasses.dataclass(kw_only=True)
class Session:
    """One login, and when it was last used."""

    key: str
    user: str
    opened: dt.datetime
    used: dt.datetime
    calls: int = 0
    """How many it was used for, after its login."""

    collectors: dict[str, Collector] = dataclasses.field(default_factory=dict)
    property_collectors: dict[str, PropertyCollector] = dataclasses.field(default_factory=dict)
    own_property_collector: PropertyCollector = dataclasses.field(default_factory=PropertyCollector)
    """The one that every session has without asking."""


Later = Callable[[], bytes]
"""What writes an answer, and may wait before it does."""

Operation = Callable[[Call, Session], bytes | Later]
"""Carries out a call and returns the XML of what the method returns."""


class Sessions:
    """All logins. Whoever does more than one thing with them holds `lock` meanwhile."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._sessions: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def collectors(self) -> list[Collector]:
        """The event collectors of all sessions."""
        with self.lock:
            return [
                collector
                for session in self._sessions.values()
                for collector in session.collectors.values()
            ]

    @property
    def unused(self) -> int:
        """How many sessions nobody has used since they were opened."""
        with self.lock:
            return sum(not session.calls for session in self._sessions.values())

    @property
    def property_collectors(self) -> int:
        """How many property collectors all sessions have made together."""
        with self.lock:
            return sum(len(session.property_collectors) for session in self._sessions.values())

    @property
    def last_used(self) -> dt.datetime | None:
        """When a session that is open was used last."""
        with self.lock:
            return max((session.used for session in self._sessions.values()), default=None)

    def open(self, session: Session) -> None:
        """Let *session* be found by its key."""
        with self.lock:
            self._sessions[session.key] = session

    def find(self, key: str | None) -> Session | None:
        """Return the session called *key* if it is still open."""
        return None if key is None else self._sessions.get(key)

    def close(self, session: Session) -> None:
        """End *session*."""
        with self.lock:
            self._sessions.pop(session.key, None)

    def drop_idle(self, since: dt.datetime) -> None:
        """End the sessions that nobody has used since then."""
        with self.lock:
            for session in list(self._sessions.values()):
                if session.used < since:
                    self.close(session)

    def clear(self) -> None:
        """End all sessions."""
        with self.lock:
            self._sessions.clear()
