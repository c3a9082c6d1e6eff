"""Probes and metrics over HTTP: /healthz, /readyz and /metrics."""

import contextlib
import http
import socketserver
import sys
import threading
import traceback
from collections.abc import Callable

from .instruments import CONTENT_TYPE
from .monitor import LOG, Monitor

LONGEST_LINE = 8192
MOST_LINES = 100

Answer = tuple[int, str, bytes]
"""Status, content type and body."""


class Server(socketserver.ThreadingTCPServer):
    """One thread for each connection, none of which keeps the process from ending.

    HTTP/1.0 in a few lines: `http.server` would take 2 MiB.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Tell of a fault in the same style as all else."""
        LOG.exception("A request to the metrics port cannot be answered.")


def serve(monitor: Monitor, port: int) -> Server:
    """Answer in a thread; port 0 takes any free one."""
    answers: dict[str, Callable[[Monitor], Answer]] = {
        "GET /healthz": _health,
        "GET /readyz": _readiness,
        "GET /metrics": _metrics,
    }

    class Handler(socketserver.StreamRequestHandler):
        # An idle connection keeps a thread.
        timeout = 5

        def handle(self) -> None:
            # Whoever asked may have gone.
            with contextlib.suppress(OSError):
                asked = self.rfile.readline(LONGEST_LINE).decode("latin-1").rpartition(" ")[0]
                for _ in range(MOST_LINES):
                    if self.rfile.readline(LONGEST_LINE) in {b"\r\n", b"\n", b""}:
                        break
                status, kind, body = answers.get(asked, _nothing)(monitor)
                self.wfile.write(
                    f"HTTP/1.0 {status} {http.HTTPStatus(status).phrase}\r\n"
                    f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )

    server = Server(("", port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.1,), name="health", daemon=True).start()
    return server


def _health(monitor: Monitor) -> Answer:
    """Whether only a new process can help; neither vCenter nor the sink decides that."""
    stuck = monitor.stuck
    if not stuck:
        return _text(200, "ok")
    # Kubernetes is about to end the process: this is the only trace of where it hung.
    LOG.error("Stuck: %s.\n%s", ", ".join(stuck), _stacks())
    return _text(503, f"stuck: {', '.join(stuck)}")


def _readiness(monitor: Monitor) -> Answer:
    """Whether events flow."""
    report = monitor.report
    return _text(200 if report.streaming else 503, f"{report.reason}: {report.said}")


def _metrics(monitor: Monitor) -> Answer:
    return 200, CONTENT_TYPE, monitor.metrics.text().encode()


def _nothing(_: Monitor) -> Answer:
    return _text(404, "There are /healthz, /readyz and /metrics.")


def _text(status: int, body: str) -> Answer:
    return status, "text/plain; charset=utf-8", f"{body}\n".encode()


def _stacks() -> str:
    """Where each thread is."""
    frames = sys._current_frames()  # noqa: SLF001  the documented way to them
    return "\n".join(
        f"{thread.name}:\n{''.join(traceback.format_stack(frames[thread.ident]))}"
        for thread in threading.enumerate()
        if thread.ident in frames
    )
