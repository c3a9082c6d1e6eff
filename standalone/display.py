"""A sink that prints: each CloudEvent that arrives as one line of structured JSON."""

import contextlib
import http.server
import threading
from collections.abc import Callable
from typing import Self

from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

POLL_SECONDS = 0.05
"""The longest time that it takes to stop."""

_FORMAT = JSONFormat()


class Display:
    """Listens on a free port of this machine; *show* gets each line, in the order of arrival.

    An event that it cannot show (`OSError`) is not taken.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        seen: set[tuple[str, str]] = set()
        self._seen = seen
        one_at_a_time = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # A reply this small must not wait for more to send with it.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                event = from_binary(HTTPMessage(headers, body), _FORMAT, CloudEvent)
                status = http.HTTPStatus.SERVICE_UNAVAILABLE
                with one_at_a_time, contextlib.suppress(OSError):
                    show(_FORMAT.write(event).decode())
                    seen.add((event.get_source(), event.get_id()))
                    status = http.HTTPStatus.ACCEPTED
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The line on stdout says it all."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Where to send events to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def distinct(self) -> int:
        """How many different events have arrived."""
        return len(self._seen)

    def __enter__(self) -> Self:
        """Start to listen."""
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(POLL_SECONDS,), name="display", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop to listen."""
        self._server.shutdown()
        self._server.server_close()
