"""What the adapter tells about itself: log, metrics, health, and the report for its status.

Several threads call it; each change of state is logged once.
"""

import dataclasses
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from adapter.events.event import Event
from adapter.events.message import instant
from adapter.sending.outcome import Answer, Verdict

from .heartbeat import Heartbeat
from .metrics import Metrics
from .report import Gap, Refusal, Report
from .trouble import Trouble

LOG = logging.getLogger("adapter")

SINK, DEAD_LETTER_SINK = "sink", "dead-letter sink"


class Monitor:
    """Takes note of what happens; *clock* is monotonic, *now* the time of day, both in seconds."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self.metrics = Metrics(now=now)
        self.metrics.streaming.set_function(lambda: bool(self.report.streaming))
        self._heartbeat = Heartbeat(clock=clock)
        self._heartbeat.promise("delivery", 0.0)
        self._troubles = {name: Trouble(sink=name) for name in (DEAD_LETTER_SINK, SINK)}
        self._full = False
        self._unsaved = ""
        self._report = Report()
        # The reader's thread and the delivering one each change a part of it.
        self._reporting = threading.Lock()
        self._had_session = self._in_session = False

    # The stream from vCenter; the reader's thread calls these.

    def flowing(self, message: str) -> None:
        """The stream is up: logged in, and reading."""
        self._stream(logging.INFO, streaming=True, reason="Streaming", message=message)

    def interrupted(self, reason: str, message: str) -> None:
        """The stream is down; *message* says what to do."""
        self.metrics.interruptions.labels(reason).inc()
        if not self._in_session:
            self.metrics.failed_logins.inc()
        self._in_session = False
        self._stream(logging.ERROR, streaming=False, reason=reason, message=message)

    def logged_in(self) -> None:
        """A session with vCenter has begun."""
        self.metrics.logins.inc()
        self.metrics.sessions.inc()
        if self._had_session:
            self.metrics.reconnects.inc()
        self._had_session = self._in_session = True

    def logged_out(self) -> None:
        """That session has ended, in whatever way."""
        self.metrics.sessions.dec()

    def watching(self, mode: str) -> None:
        """How new events are noticed: one of `metrics.MODES`."""
        for known, gauge in self.metrics.watching.items():
            gauge.set(known == mode)
        LOG.debug("New events are noticed by %s.", mode)

    def read(self, events: int) -> None:
        """A page of that many events has come from vCenter."""
        self.metrics.read.inc(events)
        LOG.debug("Read %d events.", events)

    def stalled(self, message: str) -> None:
        """Events were hidden by vCenter, and reading was set up anew."""
        self.metrics.stalls.inc()
        LOG.warning("%s", message)
        self._change(stalls=self._report.stalls + 1)

    def gap(self, start: dt.datetime, end: dt.datetime, cause: str) -> None:
        """Events between *start* and *end* may be missing."""
        self.metrics.gaps.inc()
        gap = Gap(start=start, end=end, cause=cause)
        LOG.warning("%s", gap, extra=gap.to_object())
        self._change(gaps=self._report.gaps + 1, last_gap=gap)

    def alive_for(self, seconds: float) -> None:
        """The reader's thread is alive, and says so again within *seconds* at the latest."""
        self._heartbeat.promise("reader", seconds)

    # The sinks; the delivering thread calls these.

    def turned(
        self, *, unsettled: int, in_flight: int, oldest: dt.datetime | None, full: bool
    ) -> None:
        """The delivery loop is alive; so many events are on hand, the first of them *oldest*.

        While the window is *full*, no more are read.
        """
        self._heartbeat.promise("delivery", 0.0)
        self.metrics.unsettled.set(unsettled)
        self.metrics.in_flight.set(in_flight)
        self.metrics.oldest = oldest
        self._full = full
        for trouble in self._troubles.values():
            if trouble.since is not None and not trouble.told:
                self._look_at(trouble)

    def skipped(self, events: int) -> None:
        """So many events of a page were known already."""
        self.metrics.skipped.inc(events)
        LOG.debug("Skipped %d events that were known already.", events)

    def delivered(self, event: Event, seconds: float) -> None:
        """The sink took *event*, that long after this attempt began."""
        self.metrics.delivered_after(event.created, seconds)
        sink = self._troubles[SINK]
        if sink.since is not None or sink.held:
            self._took(SINK, event)
        if LOG.isEnabledFor(logging.DEBUG):
            LOG.debug("Event %d (%s) was delivered.", event.key, event.type, extra=_fields(event))

    def retried(self, event: Event, answer: Answer, delay: float) -> None:
        """A send failed; the event waits *delay* seconds for the next."""
        self.metrics.send_failures.inc()
        self._retried(SINK, event, answer, delay)

    def dead_letter_failing(self, event: Event, answer: Answer, delay: float) -> None:
        """The dead-letter sink did not take *event*, which waits *delay* seconds for the next."""
        self.metrics.dead_letter_failures.inc()
        self._retried(DEAD_LETTER_SINK, event, answer, delay)

    def passed_on(self, event: Event, answer: Answer) -> None:
        """The sink did not take *event*, which is the dead-letter sink's from here."""
        self._failed(SINK, event, answer, Verdict.DEAD_LETTER)

    def lost(self, verdict: Verdict, event: Event, answer: Answer, *, sink: str = SINK) -> None:
        """An event is done with, and did not arrive: refused, or given up."""
        self.metrics.settled[verdict.value].inc()
        what = "The %s did not take event %d (%s): %s, %s."
        how = verdict.value.replace("_", " ")
        LOG.error(what, sink, event.key, event.type, answer, how, extra=_fields(event, answer))
        self._failed(sink, event, answer, verdict)
        if verdict is Verdict.REFUSED:
            self._change(
                refused_events=self._report.refused_events + 1, last_refused=_refusal(event, answer)
            )

    def left(self, events: int) -> None:
        """The adapter ends, and so many events that it has read go nowhere."""
        self.metrics.settled[Verdict.GIVEN_UP.value].inc(events)
        LOG.error("The adapter ends: %d events that no sink has taken are given up.", events)

    def dead_lettered(self, event: Event, answer: Answer) -> None:
        """The dead-letter sink took *event*; *answer* is the last of the sink."""
        self.metrics.settled["dead_lettered"].inc()
        self._took(DEAD_LETTER_SINK, event)
        what = "The dead-letter sink has event %d (%s): the sink did not take it, %s."
        LOG.warning(what, event.key, event.type, answer, extra=_fields(event, answer))
        self._change(
            dead_lettered_events=self._report.dead_lettered_events + 1,
            last_dead_lettered=_refusal(event, answer),
        )

    # The checkpoint; the saver's thread calls these.

    def saved(self, position: dt.datetime) -> None:
        """A checkpoint is stored; it says that what is older than *position* is settled."""
        self.metrics.position = position
        self._unsaved = ""
        LOG.debug("The checkpoint is at %s.", instant(position))

    def not_saved(self, why: str) -> None:
        """The checkpoint could not be stored."""
        self.metrics.unsaved.inc()
        if why != self._unsaved:
            LOG.error("%s", why)
        self._unsaved = why

    # What others ask.

    @property
    def report(self) -> Report:
        """What to tell the source."""
        report = self._report
        for trouble in self._troubles.values():
            report = trouble.added_to(report, self._clock(), full=self._full)
        return report

    @property
    def stuck(self) -> list[str]:
        """Which threads have broken the promise to be heard of: a new process would be better."""
        return self._heartbeat.stuck

    def _stream(self, level: int, *, streaming: bool, reason: str, message: str) -> None:
        before = self._report.stream
        self._change(streaming=streaming, reason=reason, message=message)
        if self._report.stream != before:
            LOG.log(level, "%s: %s", reason, message, extra={"reason": reason})

    def _retried(self, sink: str, event: Event, answer: Answer, delay: float) -> None:
        news = self._failed(sink, event, answer, Verdict.RETRY)
        level = logging.WARNING if news else logging.DEBUG
        what = "The %s did not take event %d (%s): %s, next attempt in %.1f s."
        LOG.log(
            level, what, sink, event.key, event.type, answer, delay, extra=_fields(event, answer)
        )

    def _failed(self, sink: str, event: Event, answer: Answer, verdict: Verdict) -> bool:
        return self._troubles[sink].failed(event, answer, verdict, self._clock())

    def _look_at(self, trouble: Trouble) -> None:
        shown = trouble.added_to(Report(streaming=True), self._clock(), full=self._full)
        trouble.told = not shown.streaming
        if trouble.told:
            LOG.error("%s: %s", shown.reason, shown.said, extra={"reason": shown.reason})

    def _took(self, sink: str, event: Event) -> None:
        trouble = self._troubles[sink]
        trouble.took(event)
        if trouble.told:
            trouble.told = False
            LOG.info("The %s takes events again.", sink)

    def _change(self, **fields: Any) -> None:  # noqa: ANN401  those of a report
        with self._reporting:
            self._report = dataclasses.replace(self._report, **fields)


def _refusal(event: Event, answer: Answer) -> Refusal:
    return Refusal(id=str(event.key), type=event.type, code=answer.status)


def _fields(event: Event, answer: Answer | None = None) -> dict[str, Any]:
    """Fields of a log line that programs look for."""
    fields = {"event_id": str(event.key), "event_type": event.type}
    return fields if answer is None else {**fields, "code": answer.status}
