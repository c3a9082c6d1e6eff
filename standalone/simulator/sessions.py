"""Who is logged in, and the event collectors that live and die with each session."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading


@dataclasses.dataclass(kw_only=True)
class Collector:
    """A reader's place in the history, and the span of time it wants to see."""

    begin: dt.datetime | None
    end: dt.datetime | None
    position: int = 0


@dataclasses.dataclass(kw_only=True)
class Session:
    """One login, and when it was last used."""

    key: str
    user: str
    opened: dt.datetime
    used: dt.datetime
    collectors: dict[str, Collector] = dataclasses.field(default_factory=dict)


class Sessions:
    """All logins. Whoever does more than one thing with them holds `lock` meanwhile."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._sessions: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def collectors(self) -> int:
        """How many collectors all sessions have together."""
        with self.lock:
            return sum(len(session.collectors) for session in self._sessions.values())

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
