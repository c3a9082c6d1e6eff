"""Delivery: takes pages in, sends them through the window, and says what is settled."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .backoff import LONGEST_RETRY_AFTER, SEND
from .event import Event
from .monitor import Monitor
from .outcome import Answer, Verdict, judge
from .report import EventTypes
from .sink import Sink
from .window import Entry, Window

STOP_SECONDS = 10.0
"""How long a stop waits for what is in flight."""

TURN_SECONDS = 1.0
"""The longest time between two turns of the loop."""


@dataclass(kw_only=True)
class Delivery:
    """One thread calls `run` and `drain`, the reader's thread `offer`, until *stopped*."""

    sink: Sink
    window: Window
    monitor: Monitor
    event_types: EventTypes
    at_most_once: bool
    stopped: threading.Event
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    _pending: deque[Event] = field(default_factory=deque, init=False)
    _taken: threading.Condition = field(default_factory=threading.Condition, init=False)

    def offer(self, events: Sequence[Event]) -> None:
        """Hand over a page, and return when the window took all of it, or at a stop.

        That is the back-pressure: whoever reads does not read on before.
        """
        with self._taken:
            self._pending.extend(events)
        self.sink.wake()
        with self._taken:
            self._taken.wait_for(lambda: not self._pending or self.stopped.is_set())

    def run(self, every_turn: Callable[[], None]) -> None:
        """Deliver until stopped; calls *every_turn* at least once in `TURN_SECONDS`."""
        while not self.stopped.is_set():
            self._admit()
            for entry in self.window.take_due(self.clock()):
                self.sink.send(entry)
            self._conclude(self._patience())
            self.monitor.turned(len(self.window))
            every_turn()

    def drain(self) -> None:
        """Send nothing new, and wait for what is in flight, at most `STOP_SECONDS`."""
        with self._taken:
            self._taken.notify_all()
        deadline = self.clock() + STOP_SECONDS
        while self.window.sending and self.clock() < deadline:
            self._conclude(TURN_SECONDS / 10)

    def _admit(self) -> None:
        with self._taken:
            while self._pending and self.window.has_room:
                self.window.admit(self._pending.popleft())
            if not self._pending:
                self._taken.notify_all()

    def _patience(self) -> float:
        """How long nothing can happen but an answer or a wake-up."""
        due = self.window.next_due()
        if due is None:
            return TURN_SECONDS
        return min(max(due - self.clock(), 0.0), TURN_SECONDS)

    def _conclude(self, patience: float) -> None:
        for entry, answer in self.sink.poll(patience):
            verdict = judge(answer, at_most_once=self.at_most_once)
            if verdict is Verdict.RETRY:
                self._retry(entry, answer)
                continue
            self.window.settle(entry)
            if verdict is Verdict.DELIVERED:
                self.monitor.delivered()
                self.event_types.delivered(entry.event.type, entry.event.headers)
            else:
                self.monitor.lost(verdict, entry.event, answer)
        if not self.window.failing:
            self.monitor.recovered()

    def _retry(self, entry: Entry, answer: Answer) -> None:
        backoff = SEND.delay(entry.attempts + 1, jitter=self.jitter())
        delay = max(backoff, min(answer.retry_after, LONGEST_RETRY_AFTER))
        self.window.postpone(entry, self.clock() + delay)
        self.monitor.retried(entry.event, answer, delay)
