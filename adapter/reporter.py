"""Keeps `status.adapter` of the source as the adapter's report has it.

Metacontroller replaces the whole status from what it last saw, so a report written meanwhile is
lost. Therefore each is looked at again, soon and then ever more rarely, and repeated if need be.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .cluster import ApiServer, ApiServerError, Object
from .config import Cluster
from .monitor import LOG
from .report import Report

CHECK_SECONDS = (2.0, 5.0, 15.0, 60.0, 600.0)
"""How long after a write, and after each look that found it in place, to look again."""

REFUSALS_SECONDS = 10.0
"""The least time between two writes that only count refusals."""

RETRY_SECONDS = 5.0

TURN_SECONDS = 1.0

_OK = 200


@dataclass(kw_only=True)
class Reporter:
    """Writes what *report* returns when that has changed; `turn` is to be called each second."""

    api_server: ApiServer
    cluster: Cluster
    report: Callable[[], Report]
    clock: Callable[[], float] = time.monotonic
    _written: Report | None = field(default=None, init=False)
    _checks: int = field(default=0, init=False)
    _next_check: float = field(default=0.0, init=False)
    _last_write: float = field(default=float("-inf"), init=False)
    _retry: float = field(default=float("-inf"), init=False)
    _trouble: str = field(default="", init=False)

    def run(self, stopped: threading.Event) -> None:
        """Take turns until *stopped*."""
        while not stopped.wait(TURN_SECONDS):
            self.turn()

    def turn(self) -> None:
        """Write a report that changed; look after one that was written."""
        report, now = self.report(), self.clock()
        if now < self._retry:
            return
        try:
            if self._is_news(report, now):
                self._write(report, now)
            elif self._written is not None and now >= self._next_check:
                self._check(self._written, now)
        except ApiServerError as error:
            self._retry = now + RETRY_SECONDS
            if str(error) != self._trouble:
                LOG.warning("The status of the source is not up to date: %s.", error)
            self._trouble = str(error)
        else:
            self._trouble = ""

    def _is_news(self, report: Report, now: float) -> bool:
        if self._written is None or report.stream != self._written.stream:
            return True
        return report != self._written and now >= self._last_write + REFUSALS_SECONDS

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
        if report != self._written:
            self._written, self._checks = report, 0
        self._next_check = now + CHECK_SECONDS[self._checks]

    def _check(self, written: Report, now: float) -> None:
        status, found = self.api_server.call("GET", self._path)
        if status != _OK:
            raise self._error(status, found)
        # More rarely also where it was lost: what can never be kept must not be written for ever.
        self._checks = min(self._checks + 1, len(CHECK_SECONDS) - 1)
        self._next_check = now + CHECK_SECONDS[self._checks]
        if found.get("status", {}).get("adapter") != written.to_object():
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
