"""Whether a container is ready, by its own word."""

import contextlib
import http.client
from collections.abc import Mapping

from .api import Object

TIMEOUT_SECONDS = 1.0


def is_ready(container: Object, ports: Mapping[int, int]) -> bool:
    """Ask as the readiness probe says; who has none is ready."""
    probe = container.get("readinessProbe", {}).get("httpGet")
    if probe is None:
        return True
    port = ports[probe["port"]]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", probe["path"])
        return connection.getresponse().status < http.HTTPStatus.BAD_REQUEST
    return False
