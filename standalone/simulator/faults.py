"""What can go wrong with a vCenter, on command."""

from __future__ import annotations

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
    """

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.down = False
        self.unavailable = False
        self.delay_seconds = 0.0
        self.refuse_login = False
        self.collector_limit = COLLECTORS_PER_SESSION
        self.compress = False

    def expire_sessions(self) -> None:
        """End all sessions and their collectors, as idle time does."""
        self.sessions.clear()
