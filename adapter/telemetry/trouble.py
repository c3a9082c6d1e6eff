"""What a sink does not take: since when, and how that shows. No I/O."""

import math
from dataclasses import dataclass, field, replace

from adapter.events.event import Event
from adapter.sending.outcome import REFUSALS, Answer, Verdict

from .report import LONGEST_KIND, Report

PATIENCE_SECONDS = 60.0
"""How long a sink may take nothing, or fail with one event, before the source is told; and how
often how that shows changes."""

_CONSEQUENCES = {
    Verdict.RETRY: "Nothing is skipped: they are retried.",
    Verdict.DEAD_LETTER: "They go to the dead-letter sink.",
    Verdict.GIVEN_UP: "They are given up.",
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """An event that is tried again, the time of its first failure, and the last answer."""

    event: Event
    since: float
    answer: Answer


@dataclass(kw_only=True)
class Trouble:
    """The state of one sink; the delivering thread changes it, and others read it."""

    sink: str
    since: float | None = None
    """The first failure since it took an event; None as long as it takes them."""
    held: dict[int, Held] = field(default_factory=dict)
    """By key; the one that is held the longest is the first."""
    told: bool = False
    """Whether the log has that it takes nothing."""
    _latest: float = -math.inf
    _shown: float = 0.0
    _shows: str = ""

    def failed(self, event: Event, answer: Answer, verdict: Verdict, now: float) -> bool:
        """Take note of a failure, and say whether none was within a minute before.

        A sink that fails now this way and now that does not show each way at once; and what it
        refuses says nothing against it.
        """
        if verdict is Verdict.RETRY:
            before = self.held.get(event.key)
            since = now if before is None else before.since
            self.held[event.key] = Held(event=event, since=since, answer=answer)
        else:
            self.held.pop(event.key, None)
        refused = verdict is Verdict.DEAD_LETTER and answer.status in REFUSALS
        if refused or verdict is Verdict.REFUSED:
            return False
        if self.since is None or now - self._shown >= PATIENCE_SECONDS:
            self._shown, self._shows = now, f"({answer}). {_CONSEQUENCES[verdict]}"
        if self.since is None:
            self.since = now
        latest, self._latest = self._latest, now
        return now - latest >= PATIENCE_SECONDS

    def took(self, event: Event) -> None:
        """The sink took *event*."""
        self.since = None
        self.held.pop(event.key, None)

    def added_to(self, report: Report, now: float, *, full: bool) -> Report:
        """Complete *report*: reading is not enough, if events do not arrive.

        With a *full* window, an event that is held keeps all others from being read.
        """
        if not report.streaming:
            return report
        report = replace(report, held_up=self._held_up(now, full=full) or report.held_up)
        if not self._lasts(now):
            return report
        message = f"The {self.sink} does not take events {self._shows} Look at the {self.sink}."
        return replace(report, streaming=False, reason="SinkFailing", message=message)

    def _lasts(self, now: float) -> bool:
        """Whether the sink has failed for a minute and taken nothing.

        If no event waits for it, it cannot show that it is well: then only failures tell.
        """
        since, until = self.since, now if self.held else self._latest
        return since is not None and until - since >= PATIENCE_SECONDS

    def _held_up(self, now: float, *, full: bool) -> str:
        # Of a copy, for the delivering thread goes on meanwhile.
        first = next(iter([*self.held.values()]), None)
        if first is None or now - first.since < PATIENCE_SECONDS:
            return ""
        said = (
            f"Event {first.event.key} ({first.event.type[:LONGEST_KIND]}) is held up: the "
            f"{self.sink} has not taken it for a minute ({first.answer}). What must follow it waits"
        )
        return (
            f"{said}, and as the window is full, no more events are read." if full else f"{said}."
        )
