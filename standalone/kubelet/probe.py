"""Whether a container is ready, and whether it lives, by its own word."""

import contextlib
import http.client
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .api import Object
from .program import port_number


def is_ready(container: Object, ports: Mapping[int, int]) -> bool:
    """Ask as the readiness probe says, at once and not once a period; who has none is ready."""
    probe = container.get("readinessProbe")
    return probe is None or _succeeds(probe, container, ports)


@dataclass(kw_only=True)
class Liveness:
    """Judges *container* by its liveness probe; `is_lost` is to be called often."""

    container: Object
    ports: Mapping[int, int]
    clock: Callable[[], float] = time.monotonic
    _failures: int = field(default=0, init=False)
    _next: float = field(default=0.0, init=False)

    def begin(self) -> None:
        """Forget what was: the container is starting."""
        self._failures = 0
        probe = self.container.get("livenessProbe", {})
        self._next = self.clock() + probe.get("initialDelaySeconds", 0)

    def is_lost(self) -> bool:
        """Whether so many probes in a row failed that it has to be started again."""
        probe = self.container.get("livenessProbe")
        if probe is None:
            return False
        if self._failures < probe["failureThreshold"] and self.clock() >= self._next:
            self._next = self.clock() + probe["periodSeconds"]
            alive = _succeeds(probe, self.container, self.ports)
            self._failures = 0 if alive else self._failures + 1
        return bool(self._failures >= probe["failureThreshold"])


def _connection(scheme: str | None, port: int, *, timeout: float) -> http.client.HTTPConnection:
    if scheme != "HTTPS":
        return http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    # As a kubelet does, whatever the certificate.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=context)


def _succeeds(probe: Object, container: Object, ports: Mapping[int, int]) -> bool:
    get = probe["httpGet"]
    port = ports[port_number(container, get["port"])]
    connection = _connection(get.get("scheme"), port, timeout=probe["timeoutSeconds"])
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", get["path"])
        return connection.getresponse().status < http.HTTPStatus.BAD_REQUEST
    return False
