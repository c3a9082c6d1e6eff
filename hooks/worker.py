"""gunicorn's worker for callers that anybody may be: who says nothing holds no thread.

gunicorn's own lends a thread to a connection that is new, or whose request is half there, for as
long as the caller likes.
"""

import contextlib
import functools
import selectors
import socket
import time
from concurrent.futures import Future

from gunicorn.workers.gthread import TConn, ThreadWorker

PATIENCE_SECONDS = 5.0
"""How long a caller may take for the first byte, and then for all of a request or a handshake.

The API server waits for 2 s and the kubelet for 5 s, for the answer as well.
"""


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Lends a thread to who speaks, and takes it back when that takes too long."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self._deadlines: dict[TConn, float] = {}

    def enqueue_req(self, conn: TConn) -> None:
        """Ask for a thread, for a connection that is new not before it has said something."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
        else:
            conn.timeout = _deadline()
            self.pending_conns.append(conn)
            speaks = functools.partial(self.on_pending_socket_readable, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, speaks)

    def handle(self, conn: TConn) -> bool:
        """Shake hands or answer a request, and tell whether to keep the connection.

        API servers open more connections than they have requests at the moment, and would lose
        one that they send as we hang up: so they are kept, and hang up themselves.
        """
        self._deadlines[conn] = _deadline()
        if conn.initialized:
            return bool(super().handle(conn))
        try:
            conn.init()
        except OSError:
            return False
        return True

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        """Take the thread back."""
        del self._deadlines[conn]
        if not fs.exception() and fs.result():
            super().finish_request(conn, fs)
        else:
            # Not as gunicorn does: it gives the caller two seconds to hang up first, and hears
            # nobody else meanwhile.
            self.nr_conns -= 1
            conn.close()

    def murder_pending(self) -> None:
        """Hang up on those whose time is over; gunicorn looks here every second."""
        super().murder_pending()
        now = time.monotonic()
        for conn, deadline in [*self._deadlines.items()]:  # threads add theirs meanwhile
            if deadline <= now:
                # By the socket below TLS: the thread that reads there finds it at its end.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(conn.sock, socket.SHUT_RDWR)
        if self.nr_conns >= self.worker_connections:
            # Whoever is silent makes room. A request may be lost by it; else all would be.
            self.murder_keepalived(force=True)


def _deadline() -> float:
    return time.monotonic() + PATIENCE_SECONDS
