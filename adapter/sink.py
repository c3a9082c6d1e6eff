"""The sink: many HTTP requests at once over connections that are kept, by libcurl.

One thread sends and polls; any thread may wake it.
"""

import contextlib
import io
import re
import select
import socket
from types import TracebackType
from typing import Self

import pycurl

from .event import Event
from .outcome import Answer
from .window import Entry

SEND_TIMEOUT = 30.0
CONNECT_TIMEOUT = 10.0
"""Seconds."""

_ELAPSED = re.compile(r" after \d+ (ms|milliseconds)( with .*)?")


class Sink:
    """Sends to one URL; *ca_certs* (PEM) are trusted instead of the system's, if there are any.

    With *at_most_once*, what may have been sent is not sent again by libcurl itself either.
    """

    def __init__(
        self, url: str, *, ca_certs: str, connections: int, at_most_once: bool = False
    ) -> None:
        self._url = url
        self._at_most_once = at_most_once
        self._ca_certs = ca_certs
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._idle: list[pycurl.Curl] = []
        self._entries: dict[pycurl.Curl, Entry] = {}
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.settimeout(0)
        self._wake_writer.settimeout(0)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop what is still in flight and close all connections."""
        for handle in (*self._entries, *self._idle):
            with contextlib.suppress(pycurl.error):
                self._multi.remove_handle(handle)
            handle.close()
        self._multi.close()
        self._wake_reader.close()
        self._wake_writer.close()

    def send(self, entry: Entry) -> None:
        """Begin to send; `poll` tells how it ended."""
        handle = self._idle.pop() if self._idle else self._new_handle()
        self._load(handle, entry.event)
        self._entries[handle] = entry
        self._multi.add_handle(handle)

    def poll(self, seconds: float) -> list[tuple[Entry, Answer]]:
        """Let libcurl work until something ends, `wake` is called or *seconds* have passed."""
        done = self._finished()
        if done:
            return done
        # libcurl may know better when to look again (-1: it does not).
        wanted = self._multi.timeout() / 1000
        wait = min(seconds, wanted) if wanted >= 0 else seconds
        reading, writing, broken = self._multi.fdset()
        waker = self._wake_reader.fileno()
        ready, _, _ = select.select([*reading, waker], writing, broken, wait)
        if waker in ready:
            with contextlib.suppress(BlockingIOError):
                self._wake_reader.recv(4096)
        return self._finished()

    def wake(self) -> None:
        """End a `poll` of the sending thread early; safe from threads and signal handlers."""
        # A full buffer is fine: then there is a wake-up to come anyway.
        # After the end there is nobody left to wake.
        with contextlib.suppress(OSError):
            self._wake_writer.send(b"!")

    def _finished(self) -> list[tuple[Entry, Answer]]:
        """Run the transfers and collect those that ended."""
        self._multi.perform()
        finished = []
        more = 1
        while more:
            more, succeeded, failed = self._multi.info_read()
            ended = [(handle, "") for handle in succeeded]
            ended += [(handle, _readable(code, text)) for handle, code, text in failed]
            for handle, error in ended:
                self._multi.remove_handle(handle)
                finished.append((self._entries.pop(handle), _answer(handle, error)))
                self._idle.append(handle)
        return finished

    def _new_handle(self) -> pycurl.Curl:
        handle = pycurl.Curl()
        handle.setopt(pycurl.URL, self._url)
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        handle.setopt(pycurl.FOLLOWLOCATION, 0)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.POST, 1)
        handle.setopt(pycurl.USERAGENT, "vsphere-sources")
        handle.setopt(pycurl.TIMEOUT_MS, int(SEND_TIMEOUT * 1000))
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_TIMEOUT * 1000))
        # What a sink says beyond its status code is nobody's business.
        handle.setopt(pycurl.WRITEFUNCTION, len)
        if self._ca_certs:
            handle.setopt(pycurl.CAINFO_BLOB, self._ca_certs.encode())
        return handle

    def _load(self, handle: pycurl.Curl, event: Event) -> None:
        # Without an empty Expect, libcurl waits for a "100 Continue" before larger bodies.
        handle.setopt(pycurl.HTTPHEADER, [*event.headers, "Expect:"])
        handle.setopt(pycurl.POSTFIELDSIZE, len(event.body))
        if self._at_most_once:
            # When a kept connection breaks, libcurl repeats what it can read once more.
            handle.setopt(pycurl.READFUNCTION, io.BytesIO(event.body).read)
        else:
            handle.setopt(pycurl.POSTFIELDS, event.body)


def _readable(code: int, text: str) -> str:
    """Say what failed in the same words each time, or each failure would be news in the log."""
    if code == pycurl.E_SEND_FAIL_REWIND:
        return "The connection broke before an answer"
    return _ELAPSED.sub("", text)


def _answer(handle: pycurl.Curl, error: str) -> Answer:
    written = handle.getinfo(pycurl.REQUEST_SIZE) > 0
    if error:
        return Answer(error=error, written=written)
    status = handle.getinfo(pycurl.RESPONSE_CODE)
    return Answer(
        status=status,
        error="" if status else "an answer without a status",
        written=written,
        retry_after=float(handle.getinfo(pycurl.RETRY_AFTER)),
    )
