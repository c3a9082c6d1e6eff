"""Keeps `status.adapter` of the source as the adapter's report has it.

Metacontroller replaces the whole status from what it last saw, so a report written meanwhile is
lost. Therefore each is looked at again, soon and then ever more rarely, and repeated if need be.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from adapter.cluster import ApiServer, ApiServerError, Object
from adapter.config import Cluster

from .monitor import LOG
from .report import EventTypes, Report

CHECK_SECONDS = (2.0, 5.0, 15.0, 60.0, 600.0)
"""How long after a write, and after each look that found it in place, to look again."""

QUIET_SECONDS = 10.0
"""The least time before a write that tells nothing new of the stream: refusals, types of events."""

RETRY_SECONDS = 5.0

TURN_SECONDS = 1.0

_OK = 200


@dataclass(kw_only=True)
class Reporter:
    """Writes what *report* returns, and *event_types*, when that has changed.

    `turn` is to be called each second. The first takes up what a former process has reported.
    """

    api_server: ApiServer
    cluster: Cluster
    report: Callable[[], Report]
    event_types: EventTypes
    clock: Callable[[], float] = time.monotonic
    _written: Report | None = field(default=None, init=False)
    _checks: int = field(default=0, init=False)
    _next_check: float = field(default=0.0, init=False)
    _last_write: float = field(default=float("-inf"), init=False)
    _retry: float = field(default=float("-inf"), init=False)
    _trouble: str = field(default="", init=False)

    def run(self, stopped: threading.Event) -> None:
        """Take turns until *stopped*, and a last one then."""
        while not stopped.wait(TURN_SECONDS):
            self.turn()
        # What waits for a quiet moment would be lost with the process.
        self._last_write = float("-inf")
        self.turn()

    def turn(self) -> None:
        """Write a report that changed; look after one that was written."""
        now = self.clock()
        if now < self._retry:
            return
        try:
            if self._written is None:
                self._begin(now)
            else:
                self._go_on(self._written, now)
        except ApiServerError as error:
            self._retry = now + RETRY_SECONDS
            if str(error) != self._trouble:
                LOG.warning("The status of the source is not up to date: %s.", error)
            self._trouble = str(error)
        else:
            self._trouble = ""

    def _begin(self, now: float) -> None:
        held = self._read()
        self.event_types.recall(held)
        report = self.event_types.added_to(self.report())
        # A restart after which all is as before is not worth a write.
        if report.to_object() == held:
            self._settle(report, now)
        else:
            self._write(report, now)

    def _go_on(self, written: Report, now: float) -> None:
        report = self.event_types.added_to(self.report())
        may_wait = report.stream == written.stream and now < self._last_write + QUIET_SECONDS
        if report != written and not may_wait:
            self._write(report, now)
        elif now >= self._next_check:
            self._check(written, now)

    def _read(self) -> Object:
        """What `status.adapter` holds."""
        status, found = self.api_server.call("GET", self._path)
        if status != _OK:
            raise self._error(status, found)
        try:
            held: Object = {**found.get("status", {}).get("adapter", {})}
        except (AttributeError, TypeError) as error:
            raise ApiServerError(
                f"VSphereSource {self.cluster.namespace}/{self.cluster.name}: the API server, or a "
                "proxy before it, answered with something else"
            ) from error
        return held

    def _write(self, report: Report, now: float) -> None:
        body: list[Object] = [
            # Not into a new source of the same name.
            {"op": "test", "path": "/metadata/uid", "value": self.cluster.source_uid},
            {"op": "add", "path": "/status/adapter", "value": report.to_object()},
        ]
        self._last_write = now
        status, answer = self.api_server.call(
            "PATCH", f"{self._path}/status", body, content_type="application/json-patch+json"
        )
        if status != _OK:
            raise self._error(status, answer)
        self._settle(report, now)

    def _settle(self, report: Report, now: float) -> None:
        """Take *report* for written, and look after it."""
        if report != self._written:
            self._written, self._checks = report, 0
        self._next_check = now + CHECK_SECONDS[self._checks]

    def _check(self, written: Report, now: float) -> None:
        held = self._read()
        # More rarely also where it was lost: what can never be kept must not be written for ever.
        self._checks = min(self._checks + 1, len(CHECK_SECONDS) - 1)
        self._next_check = now + CHECK_SECONDS[self._checks]
        if held != written.to_object():
            self._write(written, now)

    @property
    def _path(self) -> str:
        group = "/apis/sources.tanzu.vmware.com/v1alpha1"
        return f"{group}/namespaces/{self.cluster.namespace}/vspheresources/{self.cluster.name}"

    def _error(self, status: int, answer: Object) -> ApiServerError:
        return ApiServerError(
            f"VSphereSource {self.cluster.namespace}/{self.cluster.name}: the API server answered "
            f"{status} ({answer.get('message', 'no message')})"
        )
