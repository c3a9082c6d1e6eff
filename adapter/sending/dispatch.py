"""Dispatch: sends what is due to where it belongs, and goes on from each answer."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from adapter.events.event import Event
from adapter.telemetry.monitor import DEAD_LETTER_SINK, Monitor
from adapter.telemetry.report import EventTypes

from .backoff import Backoff
from .deadletter import dead_letter
from .outcome import Answer, Verdict, judge, judge_dead_letter
from .policy import DeliveryPolicy
from .sink import Sink
from .transfers import Transfers
from .window import Entry, Window


@dataclass(frozen=True, kw_only=True)
class _DeadLetter:
    """What the dead-letter sink is to get, the sink's last answer, and the failures until then."""

    message: Event
    answer: Answer
    failures: int


@dataclass(kw_only=True)
class Dispatch:
    """Carries the events of a window to the sink, or to the dead-letter sink if there is one.

    An event that is to go there stays in the window, and its order key waits, until that took it.
    """

    transfers: Transfers
    sink: Sink
    dead_letter_sink: Sink | None
    policy: DeliveryPolicy
    at_most_once: bool
    window: Window
    monitor: Monitor
    event_types: EventTypes
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    _dead_letters: dict[Entry, _DeadLetter] = field(default_factory=dict, init=False)

    def send_due(self) -> None:
        """Begin all sends that may begin."""
        for entry in self.window.take_due(self.clock()):
            letter = self._dead_letters.get(entry)
            if letter is None or self.dead_letter_sink is None:
                self.sink.send(entry, entry.event)
            else:
                self.dead_letter_sink.send(entry, letter.message)

    def conclude(self, longest: float) -> None:
        """Wait for answers, but not beyond the next send that is due, or *longest* seconds."""
        due = self.window.next_due()
        patience = longest if due is None else min(max(due - self.clock(), 0.0), longest)
        for entry, answer in self.transfers.poll(patience):
            letter = self._dead_letters.get(entry)
            if letter is None:
                self._take_answer(entry, answer)
            else:
                self._take_dead_letter_answer(entry, letter, answer)

    def _take_answer(self, entry: Entry, answer: Answer) -> None:
        event, retry = entry.event, self.policy.retry
        verdict = judge(
            answer,
            at_most_once=self.at_most_once,
            retries_left=retry is None or entry.attempts < retry,
            dead_letters=self.dead_letter_sink is not None,
        )
        if verdict is Verdict.RETRY:
            delay = self._delay(self.policy.backoff, entry.attempts + 1, answer)
            self.window.postpone(entry, self.clock() + delay)
            self.monitor.retried(event, answer, delay)
        elif verdict is Verdict.DEAD_LETTER:
            message = dead_letter(event, answer, url=self.sink.url)
            failures = entry.attempts + 1
            self._dead_letters[entry] = _DeadLetter(
                message=message, answer=answer, failures=failures
            )
            self.window.postpone(entry, self.clock())
            self.monitor.passed_on(event, answer)
        elif verdict is Verdict.DELIVERED:
            self.window.settle(entry)
            self.monitor.delivered(event, answer.seconds)
            self.event_types.delivered(event.type, event.headers)
        else:
            self.window.settle(entry)
            self.monitor.lost(verdict, event, answer)

    def _take_dead_letter_answer(self, entry: Entry, letter: _DeadLetter, answer: Answer) -> None:
        verdict = judge_dead_letter(answer, at_most_once=self.at_most_once)
        if verdict is Verdict.RETRY:
            failures = entry.attempts + 1 - letter.failures
            delay = self._delay(self.policy.dead_letter_backoff, failures, answer)
            self.window.postpone(entry, self.clock() + delay)
            self.monitor.dead_letter_failing(entry.event, answer, delay)
            return
        del self._dead_letters[entry]
        self.window.settle(entry)
        if verdict is Verdict.DELIVERED:
            self.monitor.dead_lettered(entry.event, letter.answer)
        else:
            self.monitor.lost(verdict, entry.event, answer, sink=DEAD_LETTER_SINK)

    def _delay(self, backoff: Backoff, failures: int, answer: Answer) -> float:
        """Seconds until the next attempt: ours, or what the sink asks for if that is more."""
        asked = min(answer.retry_after, self.policy.retry_after_max)
        return max(backoff.delay(failures, jitter=self.jitter()), asked)
