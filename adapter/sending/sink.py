"""One sink: how requests to it are made, and what its answers say. No loop: see `Transfers`."""

import functools
import io

import pycurl

from adapter.events.event import Event

from .destination import Destination
from .outcome import Answer
from .transfers import Transfers
from .window import Entry

CONNECT_TIMEOUT = 10.0
"""Seconds."""

LONGEST_ANSWER = 1024 * 1024
"""A body is read so that its connection can be kept, but only so many bytes of it."""

_FINAL = 200
"""From this status on it is the answer; those below only say that one will come."""


class Sink:
    """Sends to one destination, and calls a send that takes longer than *timeout* failed.

    With *at_most_once*, what may have been sent is not sent again by libcurl itself either. Of the
    bodies of failures the first *body_bytes* are kept.
    """

    def __init__(
        self,
        transfers: Transfers,
        destination: Destination,
        *,
        timeout: float,
        at_most_once: bool = False,
        body_bytes: int = 0,
    ) -> None:
        self.url = destination.url
        self._ca_certs = destination.ca_certs
        self._transfers = transfers
        self._timeout = timeout
        self._at_most_once = at_most_once
        self._body_bytes = body_bytes
        self._idle: list[pycurl.Curl] = []

    def send(self, entry: Entry, message: Event) -> None:
        """Begin to send *entry* as *message*; the transfers' `poll` tells how it ended."""
        handle = self._idle.pop() if self._idle else self._new_handle()
        # Without an empty Expect, libcurl waits for a "100 Continue" before larger bodies.
        handle.setopt(pycurl.HTTPHEADER, [*message.headers, "Expect:"])
        handle.setopt(pycurl.POSTFIELDSIZE, len(message.body))
        if self._at_most_once:
            # When a kept connection breaks, libcurl repeats what it can read once more.
            handle.setopt(pycurl.READFUNCTION, io.BytesIO(message.body).read)
        else:
            handle.setopt(pycurl.POSTFIELDS, message.body)
        body = bytearray()
        if self._body_bytes:
            handle.setopt(
                pycurl.WRITEFUNCTION,
                lambda data: body.extend(data[: self._body_bytes - len(body)]),
            )
        self._transfers.start(handle, entry, functools.partial(self._conclude, body))

    def _conclude(self, body: bytearray, handle: pycurl.Curl, error: str) -> Answer:
        answer = _answer(handle, error, bytes(body))
        self._idle.append(handle)
        return answer

    def _new_handle(self) -> pycurl.Curl:
        handle = pycurl.Curl()
        handle.setopt(pycurl.URL, self.url)
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        handle.setopt(pycurl.FOLLOWLOCATION, 0)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.POST, 1)
        handle.setopt(pycurl.USERAGENT, "vsphere-sources")
        handle.setopt(pycurl.TIMEOUT_MS, int(self._timeout * 1000))
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_TIMEOUT * 1000))
        handle.setopt(pycurl.MAXFILESIZE, LONGEST_ANSWER)
        # What a sink says beyond its status code is nobody's business, but a dead-letter sink's.
        handle.setopt(pycurl.WRITEFUNCTION, len)
        if self._ca_certs:
            handle.setopt(pycurl.CAINFO_BLOB, self._ca_certs.encode())
        return handle


def _answer(handle: pycurl.Curl, error: str, body: bytes) -> Answer:
    written = handle.getinfo(pycurl.REQUEST_SIZE) > 0
    status = handle.getinfo(pycurl.RESPONSE_CODE)
    if status < _FINAL:
        return Answer(error=error or "an answer without a status", written=written)
    # It stands, whatever broke in its body.
    return Answer(
        status=status,
        written=written,
        retry_after=float(handle.getinfo(pycurl.RETRY_AFTER)),
        seconds=handle.getinfo(pycurl.TOTAL_TIME),
        body=body,
    )
