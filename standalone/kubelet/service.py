"""A Service as one local port: each request goes to a pod that is ready, in turn."""

import contextlib
import email.message
import http.client
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from standalone.server import Request, Response, Server

from .api import Object
from .program import container_of, port_number

TIMEOUT_SECONDS = 30.0
"""Longer than Metacontroller waits for its hooks."""

_OF_ONE_CONNECTION = {
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
}
"""Headers that each connection has of its own."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A pod that is ready, and the local ports that stand for its own."""

    pod: Object
    ports: Mapping[int, int]

    @property
    def name(self) -> str:
        """The pod's name."""
        return str(self.pod["metadata"]["name"])


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request that came to a Service, where it went, and what was answered, if at all."""

    request: Request
    endpoint: Endpoint | None
    response: Response | None


class Forwarder:
    """Leads *port* to those *endpoints* that *service* selects, from construction to `close`.

    Where there is none, or the one that was asked dies, the connection is closed.
    *observed* is told of each exchange before its client is.
    """

    def __init__(
        self,
        service: Object,
        endpoints: Callable[[], Sequence[Endpoint]],
        *,
        port: int,
        observed: Callable[[Exchange], None],
    ) -> None:
        self._service = service
        self._all = endpoints
        self._observed = observed
        self._turns = itertools.count()
        self._server = Server(self._respond, port=port, tls=None)
        self.port = self._server.port
        self.close = self._server.close

    def endpoints(self) -> list[Endpoint]:
        """Where it leads to now."""
        return selected(self._service, self._all())

    def _respond(self, request: Request) -> Response | None:
        found = self.endpoints()
        endpoint = found[next(self._turns) % len(found)] if found else None
        response = _forward(request, target(self._service, endpoint)) if endpoint else None
        self._observed(Exchange(request=request, endpoint=endpoint, response=response))
        return response


def selected(service: Object, endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """Those of *endpoints* that *service* leads to."""
    namespace, selector = service["metadata"]["namespace"], service["spec"]["selector"]
    return [
        found
        for found in endpoints
        if found.pod["metadata"]["namespace"] == namespace
        and selector.items() <= found.pod["metadata"].get("labels", {}).items()
    ]


def target(service: Object, endpoint: Endpoint) -> int:
    """The local port at which *endpoint* serves the one port of *service*."""
    [port] = service["spec"]["ports"]
    named = port.get("targetPort", port["port"])
    return endpoint.ports[port_number(container_of(endpoint.pod), named)]


def _forward(request: Request, port: int) -> Response | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        headers = _end_to_end(request.headers)
        connection.request(request.method, request.path, request.body or None, headers)
        answer = connection.getresponse()
        body = answer.read()
        return Response(status=answer.status, body=body, headers=_end_to_end(answer.headers))
    return None


def _end_to_end(headers: email.message.Message) -> dict[str, str]:
    return {
        name: value for name, value in headers.items() if name.lower() not in _OF_ONE_CONNECTION
    }
