"""What can go wrong with a vCenter, on command."""

from __future__ import annotations

import datetime as dt
from typing import Literal, get_args

from .sessions import Sessions

COLLECTORS_PER_SESSION = 32
EVERY_CALL = "*"

Cut = Literal["short", "broken", "hanging"]
CUTS: tuple[Cut, ...] = get_args(Cut)


class Faults:
    """Switches that a test turns while the simulator runs; all off, it behaves.

    An operation is called `Type.method` or, if a property is read, `Type.property`.

    Attributes:
        down: close every connection without an answer.
        unavailable: answer 503, as vCenter's proxy does while its services start.
        delay_seconds: how late to answer; the call itself is carried out at once.
        black_hole: operations whose answers are held back until they are taken out of it; `*` is
            every request, and then new connections do not even get to their TLS handshake.
        cut: send only half of each page that has events: "short" says the length of the half,
            "broken" that of the whole and hangs up, "hanging" too but says no more until `cut` is
            something else.
        cut_count: how many pages are still to be cut; None is all.
        refuse_login: take no credentials, not even the right ones.
        refused: the operations that are not served, and the fault that each is answered with.
        session_limit: answer 503 to who would open one session more; None is no limit.
        collector_limit: how many event collectors a session may have.
        stall_after: a collector that was read, and then not while more events than this came,
            gives nothing any more, as vcsim's after 1,000; None is never.
        order_by_key: collectors give the lowest key first, and none that is lower than what they
            gave: when keys turn negative, they fall silent.
        compress: send gzip to clients that accept it, as a vCenter may.
        idle_limit: how long a session that nobody uses lives; None is for ever.
    """

    def __init__(self, sessions: Sessions, rest_sessions: Sessions) -> None:
        self.sessions = sessions
        self.rest_sessions = rest_sessions
        self.down = False
        self.unavailable = False
        self.delay_seconds = 0.0
        self.black_hole: set[str] = set()
        self.cut: Cut | None = None
        self.cut_count: int | None = None
        self.refuse_login = False
        self.refused: dict[str, str] = {}
        self.session_limit: int | None = None
        self.collector_limit = COLLECTORS_PER_SESSION
        self.stall_after: int | None = None
        self.order_by_key = False
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

    def stall_collectors(self) -> None:
        """Let the event collectors that exist now give nothing any more."""
        for collector in self.sessions.collectors:
            collector.stalled = True

    def swallows(self, operation: str) -> bool:
        """Tell whether the answer to *operation* is to be held back now."""
        return not self.black_hole.isdisjoint({operation, EVERY_CALL})

    def take_cut(self) -> Cut | None:
        """Return how to cut the page that is to be sent now, and count it."""
        if self.cut is None or self.cut_count is None:
            return self.cut
        left, self.cut_count = self.cut_count, max(0, self.cut_count - 1)
        return self.cut if left else None
