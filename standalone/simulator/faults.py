"""What can go wrong with a vCenter, on command."""

from __future__ import annotations

import datetime as dt

from .sessions import Sessions

COLLECTORS_PER_SESSION = 32


class Faults:
    """Switches that a test turns while the simulator runs; all off, it behaves.

    Attributes:
        down: close every connection without an answer.
        unavailable: answer 503, as vCenter's proxy does while its services start.
        delay_seconds: how late to answer; the call itself is carried out at once.
        refuse_login: take no credentials, not even the right ones.
        collector_limit: how many collectors a session may have.
        compress: send gzip to clients that accept it, as a vCenter may.
        idle_limit: how long a session that nobody uses lives; None is for ever.
    """

    def __init__(self, sessions: Sessions, rest_sessions: Sessions) -> None:
        self.sessions = sessions
        self.rest_sessions = rest_sessions
        self.down = False
        self.unavailable = False
        self.delay_seconds = 0.0
        self.refuse_login = False
        self.collector_limit = COLLECTORS_PER_SESSION
        self.compress = False
        self.idle_limit: dt.timedelta | None = None

    def expire_sessions(self) -> None:
        """End all sessions and their collectors, as idle time does."""
        self.sessions.clear()
        self.rest_sessions.clear()

    def expire_idle_sessions(self, now: dt.datetime) -> None:
        """End those that were not used within `idle_limit`."""
        if self.idle_limit is not None:
            self.sessions.drop_idle(now - self.idle_limit)
            self.rest_sessions.drop_idle(now - self.idle_limit)
