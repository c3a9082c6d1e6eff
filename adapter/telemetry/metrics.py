"""What the adapter measures, for Prometheus; docs/operating.md explains each metric.

Each instrument is bound to its labels once: looking them up costs more than counting.
"""

import datetime as dt
import math
from collections.abc import Callable

from . import process
from .instruments import Family, Histogram, Number, Registry

SEND_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Limits in seconds, up to the timeout of a send."""

DELIVERY_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Limits in seconds: 200 ms are usual, and after an outage it may be an hour."""

PREFIX = "vsphere_source_"

OUTCOMES = ("delivered", "refused", "given_up", "dead_lettered")
MODES = ("long poll", "short poll", "latest page")


class Metrics:
    """One registry; *now* is the time of day in seconds."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._registry = Registry()
        self._now = now
        self.oldest: dt.datetime | None = None
        self.position: dt.datetime | None = None
        process.measure(self._registry, began=now())
        self._reading()
        self._sending()
        self._keeping()

    def _reading(self) -> None:
        self.streaming = self._gauge(
            "streaming", "Whether the adapter is logged in, reads events, and the sink takes them."
        )
        self.sessions = self._gauge("sessions", "Sessions with vCenter.")
        logins = self._counters("logins", "Attempts to log in to vCenter.", "result")
        self.logins = logins.labels("success")
        self.failed_logins = logins.labels("failure")
        self.reconnects = self._counter("reconnects", "Logins after a session had ended.")
        self.interruptions = self._counters(
            "interruptions", "Times that reading stopped or could not begin.", "reason"
        )
        watching = self._registry.gauges(
            f"{PREFIX}watching", "How new events are noticed: 1 for the one way.", "mode"
        )
        self.watching = {mode: watching.labels(mode) for mode in MODES}
        self.read = self._counter("events_read", "Events read from vCenter.")
        self.skipped = self._counter(
            "events_skipped", "Events that were read again, known already and not sent."
        )
        self.stalls = self._counter(
            "stalls", "Times that vCenter hid events, and reading was set up anew."
        )
        self.gaps = self._counter("gaps", "Spans of time of which events may be missing.")

    def _sending(self) -> None:
        settled = self._counters(
            "events_settled", "Events that are done with, by what became of them.", "outcome"
        )
        self.settled = {outcome: settled.labels(outcome) for outcome in OUTCOMES}
        self.delivered = self.settled["delivered"]
        self.send_failures = self._counter(
            "send_failures", "Sends that failed and are tried again."
        )
        self.dead_letter_failures = self._counter(
            "dead_letter_failures", "Sends to the dead-letter sink that failed and are tried again."
        )
        self.unsettled = self._gauge(
            "events_unsettled", "Events that were read and are not done with."
        )
        self.in_flight = self._gauge("events_in_flight", "Events being sent.")
        self.send = self._histogram(
            "send_duration", "Time of a send that the sink took an event from.", SEND_BUCKETS
        )
        self.delivery = self._histogram(
            "delivery_latency",
            "Time from an event's createdTime until the sink had taken it.",
            DELIVERY_BUCKETS,
        )
        lag = self._gauge(
            "lag_seconds", "Age of the oldest event that was read and is not done with."
        )
        lag.set_function(lambda: self._age(self.oldest, unknown=0.0))

    def _keeping(self) -> None:
        age = self._gauge(
            "checkpoint_age_seconds", "Age of the position that the stored checkpoint holds."
        )
        age.set_function(lambda: self._age(self.position, unknown=math.nan))
        self.unsaved = self._counter("checkpoint_failures", "Checkpoints that could not be stored.")

    def delivered_after(self, created: dt.datetime, seconds: float) -> None:
        """Count an event of that time that the sink took, by a send of *seconds*."""
        self.delivered.inc()
        self.send.observe(seconds)
        self.delivery.observe(self._age(created, unknown=0.0))

    def text(self) -> str:
        """Write all of it as Prometheus reads it."""
        return self._registry.text()

    def _age(self, time: dt.datetime | None, *, unknown: float) -> float:
        # Not below zero: vCenter's clock may be ahead of this one.
        return unknown if time is None else max(self._now() - time.timestamp(), 0.0)

    def _counters(self, name: str, meaning: str, label: str) -> Family[Number]:
        return self._registry.counters(f"{PREFIX}{name}", meaning, label)

    def _counter(self, name: str, meaning: str) -> Number:
        return self._registry.counter(f"{PREFIX}{name}", meaning)

    def _gauge(self, name: str, meaning: str) -> Number:
        return self._registry.gauge(f"{PREFIX}{name}", meaning)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...]) -> Histogram:
        return self._registry.histogram(f"{PREFIX}{name}_seconds", meaning, buckets)
