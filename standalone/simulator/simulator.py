"""A vCenter in this process, for those without one and for tests that want it to misbehave."""

from __future__ import annotations

import datetime as dt
import secrets
import ssl
import threading
from collections.abc import Callable
from typing import Self

from standalone.server import ADDRESS, Server

from . import certificate, content
from .automation import Automation
from .content import Identity
from .endpoint import Endpoint
from .faults import Faults
from .history import History
from .sessions import Sessions
from .vcenter import Counters, VCenter

INSTANCE_UUID = "5c1e5e8a-57d6-4da0-91b1-2e4b3e7126b2"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Simulator:
    """Serves *history* to who knows *credentials* while the context lasts.

    With *esxi* it is a single host: it has no instance UUID, but a hardware UUID in its place, and
    serves less.
    """

    def __init__(  # noqa: PLR0913  # each has a default that suits most tests
        self,
        *,
        history: History | None = None,
        credentials: tuple[str, str] = ("user", "pass"),
        tls: bool = True,
        port: int = 0,
        instance_uuid: str = INSTANCE_UUID,
        esxi: bool = False,
        clock: Callable[[], dt.datetime] = _now,
    ) -> None:
        self.history = History() if history is None else history
        self.faults = Faults(Sessions(), Sessions())
        if esxi:
            self.faults.refused = dict(content.HOST_REFUSES)
        user, password = credentials
        self._closing = threading.Event()
        self._vcenter = VCenter(
            Identity(instance_uuid=instance_uuid, user=user, password=password, esxi=esxi),
            self.history,
            self.faults,
            clock=clock,
            new_id=secrets.token_hex,
            closing=self._closing,
        )
        self._automation = Automation(
            self._vcenter.logins.admits, self.faults, clock=clock, new_id=secrets.token_hex
        )
        self.certificate: str | None = None
        self._tls: ssl.SSLContext | None = None
        if tls:
            # Clients judge a certificate by the real time, whatever *clock* says.
            self.certificate, self._tls = certificate.self_signed(_now())
        self._port = port
        self._server: Server | None = None

    def __enter__(self) -> Self:
        endpoint = Endpoint(self._vcenter, self._automation, self.faults, self._closing.wait)
        try:
            self._server = Server(
                endpoint.respond, port=self._port, tls=self._tls, admit=endpoint.admit
            )
        except OSError as error:
            raise OSError(
                f"The simulator cannot listen on {ADDRESS}:{self._port} ({error.strerror}):"
                " choose another port, or 0 for any that is free."
            ) from error
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.set()
        self._vcenter.end_waits()
        self._running.close()

    @property
    def url(self) -> str:
        """The address of its API."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{ADDRESS}:{self._running.port}/sdk"

    @property
    def counters(self) -> Counters:
        """What clients have done so far, and what they hold open."""
        return self._vcenter.counters

    def change_password(self, password: str) -> None:
        """Take this password from now on; who is logged in stays so."""
        self._vcenter.logins.change_password(password)

    def restart(self, *, first_key: int | None = None) -> None:
        """Lose all connections, sessions and collectors, but no event.

        With *first_key* the keys of further events start there, as in a vCenter set up anew.
        """
        self.faults.expire_sessions()
        if first_key is not None:
            self.history.number_from(first_key)
        self._vcenter.end_waits()
        self.hang_up()

    def hang_up(self) -> None:
        """Cut all connections; sessions stay."""
        self._running.hang_up()

    @property
    def _running(self) -> Server:
        if self._server is None:
            raise RuntimeError("The simulator is not running: use it in a with statement.")
        return self._server
