"""Waiting for the next event without asking again and again: a long poll.

vCenter wakes who waits for a change of a collector's latest page. That collector is a second one
with a page of a single event, for each change may bring a whole page. It only says that something
happened; what happened is read elsewhere.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from pyVmomi import vmodl

import vsphere

from . import vcenter

WAIT_SECONDS = 30
"""The longest wait: short enough for proxies in between, and for a session that ends meanwhile."""

ANSWER_SECONDS = 30.0
"""How late the answer to a wait may be."""

KEEPALIVE = {"SO_KEEPALIVE": 1, "TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 2}
"""With these a network that swallows packets is noticed within 20 seconds."""

_VERSION = re.compile(b"<version>([^<]+)</version>")


class Hangup:
    """Lets another thread end a wait, once and for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.done = False

    def now(self) -> None:
        """End the wait that goes on, and each that would begin."""
        with self._lock:
            self.done = True
            if self._socket is not None:
                _shut(self._socket)

    @contextlib.contextmanager
    def ending(self, connection: socket.socket) -> Iterator[None]:
        """Let `now` end what waits for this *connection* inside the block."""
        with self._lock:
            self._socket = connection
            if self.done:
                _shut(connection)
        try:
            yield
        finally:
            with self._lock:
                self._socket = None


@dataclass(kw_only=True)
class Watch:
    """A long poll of one session."""

    session: vsphere.Session
    hangup: Hangup
    _opened: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, init=False)
    _waiter: Any = field(default=None, init=False)
    _version: str = field(default="", init=False)

    @property
    def armed(self) -> bool:
        """Whether no event can happen unnoticed from here on."""
        return bool(self._version)

    def arm(self) -> bytes:
        """Notice every event from here on, and return what vCenter tells of the newest before.

        Raises `vsphere.VSphereError`, also where this is not served.
        """
        try:
            with vcenter.translated(self.session):
                latest = self._opened.enter_context(vcenter.collector(self.session, page=1))
                self._waiter = self.session.content.propertyCollector.CreatePropertyCollector()
                self._opened.enter_context(
                    vcenter.removing(self.session, self._waiter.DestroyPropertyCollector)
                )
                self._waiter.CreateFilter(_page_of(latest), partialUpdates=False)
            told = self.wait(0)
        except BaseException:
            with self:
                raise
        if not told:
            self.disarm()
            raise vcenter.NotServedError("vCenter does not tell of changes of a latest page.")
        return told

    def wait(self, seconds: int) -> bytes:
        """Wait until something has happened since the last wait, and return what vCenter tells.

        That is nothing, where nothing has happened.
        """
        options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=seconds)
        method = "WaitForUpdatesEx"
        try:
            answer = vcenter.call(
                self.session, self._waiter, method, self._version, options, waiting=self._waiting
            )
        except vsphere.UnreachableError:
            if self.hangup.done:
                return b""
            raise
        version = _VERSION.search(answer)
        if not version:
            return b""
        self._version = version[1].decode()
        return answer

    def disarm(self) -> None:
        """Leave nothing behind in vCenter, where changes pile up that nobody waits for."""
        with self:
            pass

    def __enter__(self) -> Self:
        """Disarm at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disarm; what has become unreachable is left to itself."""
        self._version = ""
        self._opened.__exit__(kind, error, trace)

    @contextlib.contextmanager
    def _waiting(self, connection: socket.socket) -> Iterator[None]:
        usual = connection.gettimeout()
        connection.settimeout(WAIT_SECONDS + ANSWER_SECONDS)
        for name, value in KEEPALIVE.items():
            level = socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP
            connection.setsockopt(level, getattr(socket, name), value)
        with self.hangup.ending(connection):
            yield
        # A proxy in between may have closed it with its answer.
        with contextlib.suppress(OSError):
            connection.settimeout(usual)


def _page_of(latest: vcenter.Collector) -> vmodl.query.PropertyCollector.FilterSpec:
    collector = vmodl.query.PropertyCollector
    return collector.FilterSpec(
        propSet=[collector.PropertySpec(type=type(latest.managed), pathSet=["latestPage"])],
        objectSet=[collector.ObjectSpec(obj=latest.managed)],
    )


def _shut(connection: socket.socket) -> None:
    # The method of TLS sockets would take the connection apart under the thread that reads it.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
