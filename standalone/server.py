"""HTTP/1.1 on 127.0.0.1, with or without TLS: a thread per connection, all gone at close."""

from __future__ import annotations

import contextlib
import dataclasses
import email.message
import http.server
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Mapping

ADDRESS = "127.0.0.1"

_Connection = socket.socket | tuple[bytes, socket.socket]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """What a client asks for."""

    method: str
    path: str
    headers: email.message.Message
    body: bytes


@dataclasses.dataclass(frozen=True, kw_only=True)
class Response:
    """What it gets; the length is added.

    Of a body that breaks off, *missing* is how many bytes the length says too many: then the
    connection is closed. *then* is called when everything is sent, before that.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    missing: int = 0
    then: Callable[[], None] | None = None


Respond = Callable[[Request], Response | None]
"""Answers a request; None closes the connection without an answer."""


class Server(socketserver.ThreadingTCPServer):
    """Serves *respond* from construction to `close`; *admit* may hold new connections up."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self,
        respond: Respond,
        *,
        port: int,
        tls: ssl.SSLContext | None,
        admit: Callable[[], None] = lambda: None,
    ) -> None:
        self.respond = respond
        self.admit = admit
        self._tls = tls
        self._lock = threading.Lock()
        self._connections: dict[int, socket.socket] = {}
        super().__init__((ADDRESS, port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="server")
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self.server_address[1]
        return port

    def hang_up(self) -> None:
        """Cut all connections."""
        with self._lock:
            for connection in self._connections.values():
                # The method of the plain socket: that of a TLS socket is not made for two threads.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut all connections and return when no thread and no socket is left."""
        self.shutdown()
        self._thread.join()
        self.hang_up()
        self.server_close()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection; its TLS handshake is left to its thread."""
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._lock:
            self._connections[id(connection)] = connection
        return connection, address

    def shutdown_request(self, request: _Connection) -> None:
        """Close a connection, which from now on is not to be cut."""
        with self._lock:
            self._connections.pop(id(request), None)
        super().shutdown_request(request)

    def handle_error(self, request: _Connection, client_address: tuple[str, int]) -> None:
        """Keep silent about clients that went away; anything else is a defect of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        self.server.admit()
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *_args: object) -> None:
        """Say nothing: what clients see is what counts."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        response = self.server.respond(
            Request(method=self.command, path=self.path, headers=self.headers, body=body)
        )
        if response is None:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(response.body) + response.missing))
        self.end_headers()
        self.wfile.write(response.body)
        if response.then:
            response.then()
        self.close_connection |= response.missing > 0
