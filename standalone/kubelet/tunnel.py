"""A Service as one local port whose bytes go to a pod and back: what is encrypted stays so."""

import contextlib
import itertools
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Sequence

from .api import Object
from .service import Endpoint, selected, target

TURN_SECONDS = 0.1
CHUNK = 65536


class Tunnel(socketserver.ThreadingTCPServer):
    """Leads connections to those *endpoints* that *service* selects, from construction to `close`.

    A connection stays with its pod. Where there is none it is closed at once.
    """

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, service: Object, endpoints: Callable[[], Sequence[Endpoint]], *, port: int
    ) -> None:
        self._service = service
        self._all = endpoints
        self._turns = itertools.count()
        self.closed = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)
        self.port: int = self.server_address[1]
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="tunnel")
        self._thread.start()

    def endpoints(self) -> list[Endpoint]:
        """Where it leads to now."""
        return selected(self._service, self._all())

    def target(self) -> int | None:
        """The local port of the pod whose turn it is."""
        found = self.endpoints()
        return target(self._service, found[next(self._turns) % len(found)]) if found else None

    def close(self) -> None:
        """Cut all connections and return when no thread and no socket is left."""
        self.closed.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(socketserver.BaseRequestHandler):
    server: Tunnel

    def handle(self) -> None:
        port = self.server.target()
        # Whoever goes away, the other is told by the end of the connection.
        with contextlib.suppress(OSError):
            if port is not None:
                with socket.create_connection(("127.0.0.1", port)) as pod:
                    self._carry({self.request: pod, pod: self.request})

    def _carry(self, peers: dict[socket.socket, socket.socket]) -> None:
        while not self.server.closed.is_set():
            for source in select.select([*peers], [], [], TURN_SECONDS)[0]:
                chunk = source.recv(CHUNK)
                if not chunk:
                    return
                peers[source].sendall(chunk)
