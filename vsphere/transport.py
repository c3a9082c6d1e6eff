"""JSON over HTTP to one server: urllib3's connection pool, with our errors."""

import contextlib
import functools
import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3

from . import trust
from .address import Address
from .errors import CallError, UnreachableError

CONNECTIONS = 10
"""How many are kept; further threads get one of their own for a single call."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP status and the JSON that came with it, None for none."""

    status: int
    body: Any

    @property
    def succeeded(self) -> bool:
        """Whether the status is 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def refusal(self, address: Address, asked: str) -> CallError:
        """Tell that it refuses, with vCenter's words, which each of the two APIs puts elsewhere."""
        match self.body:
            case {"messages": [{"default_message": str(words)}, *_]}:
                pass
            case {"value": {"messages": [{"default_message": str(words)}, *_]}}:
                pass
            case {"error_type": str(words)} | {"type": str(words)}:
                pass
            case _:
                words = http.client.responses.get(self.status, "no message")
        return CallError(
            f"{address} answered {self.status} to {asked}: {words}", status=self.status
        )


class _UnverifiedConnection(urllib3.connection.HTTPSConnection):
    """A connection without the warning at each call: the user asked to trust anybody."""

    def connect(self) -> None:
        super().connect()
        self.is_verified = True


class _UnverifiedPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _UnverifiedConnection


class Transport:
    """Exchanges JSON with the server at *address*; may be used from any thread.

    No request is repeated and no redirect followed. *timeout* holds for each answer, in seconds;
    *remedy* is what to do about a certificate that is not trusted.
    """

    def __init__(
        self,
        address: Address,
        *,
        insecure: bool,
        ca_file: Path | None,
        remedy: str,
        timeout: float,
    ) -> None:
        self.address = address
        self._remedy = remedy
        self._timeout = timeout
        self._new_pool: Callable[..., urllib3.HTTPConnectionPool] = urllib3.HTTPConnectionPool
        if address.scheme == "https":
            self._new_pool = functools.partial(
                _UnverifiedPool if insecure else urllib3.HTTPSConnectionPool,
                ssl_context=trust.tls_context(insecure=insecure, ca_file=ca_file),
            )
        self._pool = self._open()

    def exchange(
        self, method: str, path: str, *, headers: Mapping[str, str], body: object = None
    ) -> Answer:
        """Send one request; raises `VSphereError` if nothing of use comes back."""
        given = dict(headers) | {"Accept": "application/json"}
        encoded = None
        if body is not None:
            given["Content-Type"] = "application/json"
            encoded = json.dumps(body).encode()
        with self._translated():
            response = self._pool.urlopen(
                method,
                f"{self.address.path}/{path.lstrip('/')}",
                body=encoded,
                headers=given,
                retries=False,  # nor redirects
            )
        return Answer(status=response.status, body=self._decoded(response, f"{method} {path}"))

    def close(self) -> None:
        """Close the connections; what is sent all the same, like a late logout, gets new ones."""
        self._pool.close()
        self._pool = self._open()

    def _open(self) -> urllib3.HTTPConnectionPool:
        address = self.address
        return self._new_pool(
            address.host, address.connect_port, timeout=self._timeout, maxsize=CONNECTIONS
        )

    def _decoded(self, response: urllib3.BaseHTTPResponse, asked: str) -> object:
        try:
            return json.loads(response.data) if response.data else None
        except ValueError as error:
            if response.status >= HTTPStatus.BAD_REQUEST:
                # Proxies, and paths that do not exist, are answered in other formats.
                return None
            raise CallError(
                f"{self.address} answered {asked.partition('?')[0]} with what is no JSON: "
                "check address and path.",
                status=response.status,
            ) from error

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            # urllib3 wraps what happened in the names of its own objects.
            wrapped = [inner for inner in error.args if isinstance(inner, Exception)]
            cause = wrapped[0] if wrapped else error.__cause__ or error
            if isinstance(cause, ssl.SSLCertVerificationError):
                raise trust.not_trusted(
                    self.address, cause, remedy=self._remedy, timeout=self._timeout
                ) from error
            raise UnreachableError.by(self.address, cause) from error
