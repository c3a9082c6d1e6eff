"""The vSphere Automation (REST) API, over a session that is kept."""

import base64
import contextlib
import dataclasses
import functools
import http.client
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Unpack

from .address import Address
from .credentials import Credentials
from .errors import CallError, LoginError, NotVCenterError, VSphereError
from .keeper import Keeper, keeping
from .settings import Options, resolve
from .transport import Answer, Transport

NEWER, OLDER = "/api/session", "/rest/com/vmware/cis/session"
"""Where sessions are made: since vSphere 7.0 U2, and before."""

LOOKS = {NEWER: ("GET", NEWER), OLDER: ("POST", f"{OLDER}?~action=get")}
"""How one is looked at, which counts as use: vSphere 6.5 and 6.7 have no GET for it."""

Params = Mapping[str, str | Sequence[str]]


@contextlib.contextmanager
def rest(**options: Unpack[Options]) -> Iterator["RestClient"]:
    """Log in and yield a `RestClient`; at the end every session is logged out.

    Options, sessions and threads are as with `connect`; whatever goes wrong is a `VSphereError`.
    """
    settings = resolve(**options)
    transport = Transport(
        dataclasses.replace(settings.address, path=settings.address.path.removesuffix("/sdk")),
        insecure=settings.insecure,
        ca_file=settings.ca_file,
        timeout=settings.timeout,
    )
    new_session = functools.partial(_log_in, transport)
    with (
        contextlib.closing(transport),
        keeping(new_session, settings.credentials, seconds=settings.keep_alive) as keeper,
    ):
        yield RestClient(transport, keeper)


class RestSession:
    """One login, made at *path*, where it is ended too."""

    def __init__(self, transport: Transport, path: str, key: str) -> None:
        self._transport = transport
        self._path = path
        self.key = key

    def call(self, method: str, path: str, *, body: object = None) -> Answer:
        """Send a request of this session."""
        headers = {"vmware-api-session-id": self.key}
        return self._transport.exchange(method, path, headers=headers, body=body)

    def alive(self) -> bool:
        """Use the session, so that it does not expire for idleness, and tell whether it has."""
        return self.call(*LOOKS[self._path]).status != HTTPStatus.UNAUTHORIZED

    def logout(self) -> None:
        """End the session; one that is gone already, or out of reach, ends by itself."""
        with contextlib.suppress(VSphereError):
            self.call("DELETE", self._path)


class RestClient:
    """Calls paths like `/api/vcenter/vm` or `/rest/vcenter/vm` and returns the JSON of the answer.

    Of the older `/rest` it returns the `value` in which that API wraps its answers. An answer other
    than 2xx is a `CallError` with that `status`. May be used from any thread.
    """

    def __init__(self, transport: Transport, keeper: Keeper[RestSession]) -> None:
        self._transport = transport
        self._keeper = keeper

    @property
    def session_id(self) -> str:
        """The session of the moment, for uploads and downloads that go elsewhere."""
        return self._keeper.session.key

    def get(self, path: str, *, params: Params | None = None) -> Any:  # noqa: ANN401  JSON
        """Read *path*; a sequence in *params* becomes a repeated parameter."""
        return self.request("GET", path, params=params)

    def post(self, path: str, body: object = None, *, params: Params | None = None) -> Any:  # noqa: ANN401  JSON
        """Create something, or with `action` in *params* do something."""
        return self.request("POST", path, body, params=params)

    def put(self, path: str, body: object = None, *, params: Params | None = None) -> Any:  # noqa: ANN401  JSON
        """Replace what is at *path*."""
        return self.request("PUT", path, body, params=params)

    def patch(self, path: str, body: object = None, *, params: Params | None = None) -> Any:  # noqa: ANN401  JSON
        """Change what is at *path*."""
        return self.request("PATCH", path, body, params=params)

    def delete(self, path: str, *, params: Params | None = None) -> Any:  # noqa: ANN401  JSON
        """Delete what is at *path*."""
        return self.request("DELETE", path, params=params)

    def request(
        self, method: str, path: str, body: object = None, *, params: Params | None = None
    ) -> Any:  # noqa: ANN401  JSON
        """Send *body* as JSON; in a new session once more if the old one was no longer valid."""
        target = path
        if params:
            query = urllib.parse.urlencode(params, doseq=True)
            target += f"{'&' if '?' in path else '?'}{query}"
        session = self._keeper.session
        answer = session.call(method, target, body=body)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            session = self._keeper.replace(session)
            answer = session.call(method, target, body=body)
        if not _succeeded(answer):
            asked = f"{method} {path.partition('?')[0]}"
            raise _refused(self._transport.address, asked, answer)
        wrapped = path.lstrip("/").startswith("rest/") and isinstance(answer.body, dict)
        return answer.body.get("value") if wrapped else answer.body


def _log_in(transport: Transport, credentials: Credentials) -> RestSession:
    """Make a session, at the newer path if the server has it."""
    pair = f"{credentials.username}:{credentials.password}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    for path in (NEWER, OLDER):
        answer = transport.exchange("POST", path, headers=headers)
        if answer.status == HTTPStatus.NOT_FOUND:
            continue
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise LoginError.by(transport.address)
        key = answer.body.get("value") if isinstance(answer.body, dict) else answer.body
        if not _succeeded(answer) or not isinstance(key, str):
            raise _refused(transport.address, f"POST {path}", answer)
        return RestSession(transport, path, key)
    raise NotVCenterError(
        f"{transport.address} serves neither {NEWER} nor {OLDER}: it is no vCenter. "
        "Check the address; an ESXi host has no such API."
    )


def _succeeded(answer: Answer) -> bool:
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def _refused(address: Address, asked: str, answer: Answer) -> CallError:
    """Tell a refusal with vCenter's words for it, which each of the two APIs puts elsewhere."""
    match answer.body:
        case {"messages": [{"default_message": str(words)}, *_]}:
            pass
        case {"value": {"messages": [{"default_message": str(words)}, *_]}}:
            pass
        case {"error_type": str(words)} | {"type": str(words)}:
            pass
        case _:
            words = http.client.responses.get(answer.status, "no message")
    return CallError(
        f"{address} answered {answer.status} to {asked}: {words}", status=answer.status
    )
