"""Delivery: the loop between whoever reads and the sinks, bounded by the window."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from adapter.events.event import Event

from .dispatch import Dispatch

STOP_SECONDS = 10.0
"""How long a stop waits for what is in flight."""

TURN_SECONDS = 1.0
"""The longest time between two turns of the loop."""


@dataclass(kw_only=True)
class Delivery:
    """One thread calls `run` and `drain`, the reader's thread `offer`, until *stopped*."""

    dispatch: Dispatch
    stopped: threading.Event
    clock: Callable[[], float] = time.monotonic
    _pending: deque[Event] = field(default_factory=deque, init=False)
    _taken: threading.Condition = field(default_factory=threading.Condition, init=False)

    def offer(self, events: Sequence[Event]) -> int:
        """Hand over a page, and return how many the window took: all of them, or less at a stop.

        That is the back-pressure: whoever reads does not read on before.
        """
        with self._taken:
            self._pending.extend(events)
        self.dispatch.transfers.wake()
        with self._taken:
            self._taken.wait_for(lambda: not self._pending or self.stopped.is_set())
            return max(len(events) - len(self._pending), 0)

    def run(self, every_turn: Callable[[], None]) -> None:
        """Deliver until stopped; calls *every_turn* at least once in `TURN_SECONDS`."""
        window, monitor = self.dispatch.window, self.dispatch.monitor
        while not self.stopped.is_set():
            self._admit()
            self.dispatch.send_due()
            self.dispatch.conclude(TURN_SECONDS)
            monitor.turned(
                unsettled=len(window),
                in_flight=window.sending,
                oldest=window.oldest,
                full=not window.has_room,
            )
            every_turn()

    def drain(self) -> None:
        """Send nothing new, and wait for what is in flight, at most `STOP_SECONDS`."""
        with self._taken:
            self._taken.notify_all()
        deadline = self.clock() + STOP_SECONDS
        while self.dispatch.window.sending and self.clock() < deadline:
            self.dispatch.conclude(TURN_SECONDS / 10)

    def give_up(self) -> None:
        """At the end, tell of what is left; without replay, nobody sends it later."""
        window = self.dispatch.window
        with self._taken:
            for event in self._pending:
                window.admit(event)
        if self.dispatch.at_most_once and window:
            self.dispatch.monitor.left(len(window))

    def _admit(self) -> None:
        window, known = self.dispatch.window, 0
        with self._taken:
            while self._pending and window.has_room:
                known += not window.admit(self._pending.popleft())
            if not self._pending:
                self._taken.notify_all()
        if known:
            self.dispatch.monitor.skipped(known)
