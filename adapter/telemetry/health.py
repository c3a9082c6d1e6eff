"""Probes and metrics over HTTP: /healthz, /readyz and /metrics."""

import http.server
import sys
import threading
import traceback
from collections.abc import Callable

import prometheus_client

from .monitor import LOG, Monitor

Answer = tuple[int, str, bytes]
"""Status, content type and body."""


def serve(monitor: Monitor, port: int) -> http.server.ThreadingHTTPServer:
    """Answer in a thread; port 0 takes any free one."""
    answers: dict[str, Callable[[Monitor], Answer]] = {
        "/healthz": _health,
        "/readyz": _readiness,
        "/metrics": _metrics,
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        # An idle connection keeps a thread.
        timeout = 5

        def do_GET(self) -> None:
            status, kind, body = answers.get(self.path, _nothing)(monitor)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes are not worth a line."""

    server = http.server.ThreadingHTTPServer(("", port), Handler)
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
    return _text(200 if report.streaming else 503, f"{report.reason}: {report.message}")


def _metrics(monitor: Monitor) -> Answer:
    body = prometheus_client.generate_latest(monitor.metrics.registry)
    return 200, prometheus_client.CONTENT_TYPE_LATEST, body


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
