"""What the adapter tells about itself: log, metrics, health, and the report for its status."""

import dataclasses
import http.server
import logging
import threading
import time
from collections.abc import Callable

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge

from .event import Event
from .outcome import Answer, Verdict
from .report import Refusal, Report

LOG = logging.getLogger("adapter")

SINK_PATIENCE_SECONDS = 60.0
"""How long an event may be retried before the source is told."""

STUCK_SECONDS = 60.0
"""A delivery loop that did not turn for so long is called dead."""


class Monitor:
    """Takes note of what happens; each change of state is logged once."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned = clock()
        self._sink_trouble = ""
        self._failing_since: float | None = None
        self._report = Report()
        # The reader's thread and the delivering one each change a part of it.
        self._reporting = threading.Lock()
        self.registry = CollectorRegistry()
        self._read = Counter(
            "vsphere_source_events_read", "Events read from vCenter.", registry=self.registry
        )
        self._settled = Counter(
            "vsphere_source_events_settled",
            "Events that are done with, by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self._retries = Counter(
            "vsphere_source_send_failures",
            "Sends that failed and are tried again.",
            registry=self.registry,
        )
        self._unsettled = Gauge(
            "vsphere_source_events_unsettled",
            "Events that were read and are not done with.",
            registry=self.registry,
        )

    def flowing(self, message: str) -> None:
        """The stream is up: logged in, and reading."""
        self._stream(logging.INFO, streaming=True, reason="Streaming", message=message)

    def interrupted(self, reason: str, message: str) -> None:
        """The stream is down; *message* says what to do."""
        self._stream(logging.ERROR, streaming=False, reason=reason, message=message)

    def read(self, events: int) -> None:
        """A page of that many events has come from vCenter."""
        self._read.inc(events)

    def delivered(self) -> None:
        """A sink took an event."""
        self._settled.labels(Verdict.DELIVERED.value).inc()

    def recovered(self) -> None:
        """No event is left that the sink did not take at first."""
        if self._sink_trouble:
            LOG.info("The sink takes events again.")
            self._sink_trouble, self._failing_since = "", None

    def lost(self, verdict: Verdict, event: Event, answer: Answer) -> None:
        """An event is done with, and did not arrive: refused, or given up without replay."""
        self._settled.labels(verdict.value).inc()
        LOG.error(
            "The sink did not take event %d (%s): %s, %s.",
            event.key,
            event.type,
            answer,
            verdict.value.replace("_", " "),
        )
        if verdict is Verdict.REFUSED:
            refusal = Refusal(id=str(event.key), type=event.type, code=answer.status)
            with self._reporting:
                self._report = dataclasses.replace(
                    self._report,
                    refused_events=self._report.refused_events + 1,
                    last_refused=refusal,
                )

    def retried(self, event: Event, answer: Answer, delay: float) -> None:
        """A send failed; the event waits *delay* seconds for the next."""
        self._retries.inc()
        LOG.debug("Event %d: %s; next attempt in %.1f s.", event.key, answer, delay)
        if self._failing_since is None:
            self._failing_since = self._clock()
        if str(answer) != self._sink_trouble:
            self._sink_trouble = str(answer)
            LOG.warning(
                "The sink does not take events (%s). Nothing is skipped: they are retried.", answer
            )

    def turned(self, unsettled: int) -> None:
        """The delivery loop is alive, with so many events on hand."""
        self._turned = self._clock()
        self._unsettled.set(unsettled)

    @property
    def reading(self) -> bool:
        """Whether the adapter is logged in and reads events."""
        return self._report.streaming is True

    @property
    def report(self) -> Report:
        """What to tell the source: reading is not enough, if the sink takes nothing for long."""
        since = self._failing_since
        if not self.reading or since is None or self._clock() - since < SINK_PATIENCE_SECONDS:
            return self._report
        return dataclasses.replace(
            self._report,
            streaming=False,
            reason="SinkFailing",
            message=f"The sink does not take events ({self._sink_trouble}). Nothing is skipped: "
            "they are retried. Look at the sink.",
        )

    @property
    def alive(self) -> bool:
        """Whether the delivery loop still turns."""
        return self._clock() - self._turned < STUCK_SECONDS

    def _stream(self, level: int, *, streaming: bool, reason: str, message: str) -> None:
        before = self._report.stream
        with self._reporting:
            self._report = dataclasses.replace(
                self._report, streaming=streaming, reason=reason, message=message
            )
        if self._report.stream != before:
            LOG.log(level, "%s: %s", reason, message)


def serve(monitor: Monitor, port: int) -> http.server.ThreadingHTTPServer:
    """Answer /healthz, /readyz and /metrics in a thread; port 0 takes any free one."""

    class Handler(http.server.BaseHTTPRequestHandler):
        # An idle connection keeps a thread.
        timeout = 5

        def do_GET(self) -> None:
            body = b""
            if self.path == "/healthz":
                status = 200 if monitor.alive else 503
            elif self.path == "/readyz":
                status = 200 if monitor.reading else 503
            elif self.path == "/metrics":
                status, body = 200, prometheus_client.generate_latest(monitor.registry)
            else:
                status = 404
            self.send_response(status)
            self.send_header("Content-Type", prometheus_client.CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes are not worth a line."""

    server = http.server.ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.1,), name="monitor", daemon=True).start()
    return server
