"""HTTP requests under way: many at once over connections that are kept, by libcurl.

One thread starts and polls; any thread may wake it.
"""

import contextlib
import re
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import pycurl

from .outcome import Answer
from .window import Entry

Conclude = Callable[[pycurl.Curl, str], Answer]
"""Reads the answer from a handle that is done; the text says what failed, if anything."""

CLOSE_SECONDS = 1.0
"""How long closing takes at most: libcurl waits for each name that is still being looked up."""

_ELAPSED = re.compile(r" after \d+ (ms|milliseconds)( with .*)?")


class Transfers:
    """What is in flight to all sinks together; keeps at most *connections* open."""

    def __init__(self, *, connections: int) -> None:
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._flying: dict[pycurl.Curl, tuple[Entry, Conclude]] = {}
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
        for handle in self._flying:
            self._multi.remove_handle(handle)
            handle.close()
        self._wake_reader.close()
        self._wake_writer.close()
        # A daemon: a name server that is silent must not keep the process from ending.
        closing = threading.Thread(target=self._multi.close, name="closing", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)

    def start(self, handle: pycurl.Curl, entry: Entry, conclude: Conclude) -> None:
        """Begin a request; `poll` tells how it ended."""
        self._flying[handle] = entry, conclude
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
                entry, conclude = self._flying.pop(handle)
                finished.append((entry, conclude(handle, error)))
        return finished


def _readable(code: int, text: str) -> str:
    """Say what failed in the same words each time, or each failure would be news in the log."""
    if code == pycurl.E_SEND_FAIL_REWIND:
        return "The connection broke before an answer"
    return _ELAPSED.sub("", text)
