"""Factories for events, pages and small real servers.

Those of session scope return plain functions, so that Hypothesis may call them again and again.
"""

import contextlib
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme
from prometheus_client.parser import text_string_to_metric_families

from adapter.events.event import Event

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Libcurl reads these."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def noon():
    return NOON


@pytest.fixture(scope="session")
def make_event():
    """Return a factory of events; *at* is in seconds after noon."""

    def make(key=1, *, at=0.0, lane="", kind="VmEvent", body=b"<VmEvent/>"):
        return Event(
            key=key,
            created=NOON + dt.timedelta(seconds=at),
            type=kind,
            order_key=lane,
            headers=(
                f"ce-id: {key}",
                f"ce-type: com.vmware.vsphere.{kind}.v0",
                "content-type: application/xml",
            ),
            body=body,
        )

    return make


@pytest.fixture(scope="session")
def measured():
    """Return a reader of one of the adapter's samples, None if it is not there."""

    def measured(metrics, name, **labels):
        return next(
            (
                sample.value
                for family in text_string_to_metric_families(metrics.text())
                for sample in family.samples
                if (sample.name, sample.labels) == (f"vsphere_source_{name}", labels)
            ),
            None,
        )

    return measured


@pytest.fixture(scope="session")
def make_page():
    """Return a factory of the SOAP answers in which vCenter gives events."""

    def make(*events: str) -> bytes:
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:xsd="{XSD}" xmlns:xsi="{XSI}"><soapenv:Body>'
            f'<ReadNextEventsResponse xmlns="urn:vim25">{"".join(events)}</ReadNextEventsResponse>'
            "</soapenv:Body></soapenv:Envelope>"
        ).encode()

    return make


@pytest.fixture(scope="session")
def authority():
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture(scope="session")
def server_context(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


Answering = Callable[[bytes, int], bytes | None]


class SocketServer:
    """Answers each request on raw sockets as *answer* says, given request and connection number.

    None hangs up without a word.
    """

    def __init__(self, answer: Answering, context: ssl.SSLContext | None) -> None:
        self._answer = answer
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    def close(self) -> None:
        # A thread in accept() wakes up only from a shutdown.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(
                    target=self._serve, args=(connection, self.connections), daemon=True
                ).start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            connection = stack.enter_context(
                self._context.wrap_socket(plain, server_side=True) if self._context else plain
            )
            stream = stack.enter_context(connection.makefile("rb"))
            while request := _request(stream):
                self.requests.append(request)
                answer = self._answer(request, number)
                if answer is None:
                    return
                connection.sendall(answer)


def _request(stream) -> bytes:
    head = b""
    while (line := stream.readline()) not in {b"\r\n", b""}:
        head += line
    if not head:
        return b""
    length = next(
        (
            int(line.partition(b":")[2])
            for line in head.splitlines()
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    return head + b"\r\n" + stream.read(length)


@pytest.fixture
def serve() -> Iterator[Callable[..., SocketServer]]:
    """Return a starter of HTTP servers that answer as told."""
    servers = []

    def start(answer: Answering, *, context: ssl.SSLContext | None = None) -> SocketServer:
        servers.append(SocketServer(answer, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def respond():
    """Return a writer of HTTP answers."""

    def respond(status=200, body=b"", *headers: str) -> bytes:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]
        return "\r\n".join(lines).encode() + body

    return respond
