"""The vSphere Automation (REST) API, over a session that is kept."""

import contextlib
import dataclasses
import functools
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Unpack

from .keeper import Keeper, keeping
from .restsession import RestSession, log_in
from .settings import Options, resolve
from .transport import Transport

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
        remedy=settings.remedy,
        timeout=settings.timeout,
    )
    new_session = functools.partial(log_in, transport)
    with (
        contextlib.closing(transport),
        keeping(new_session, settings.credentials, seconds=settings.keep_alive) as keeper,
    ):
        yield RestClient(keeper)


class RestClient:
    """Calls paths like `/api/vcenter/vm` or `/rest/vcenter/vm` and returns the JSON of the answer.

    Of the older `/rest` it returns the `value` in which that API wraps its answers. An answer other
    than 2xx is a `CallError` with that `status`. May be used from any thread.
    """

    def __init__(self, keeper: Keeper[RestSession]) -> None:
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
        """Send *body* as JSON; in a new session once more if the old one was no longer valid.

        401 may also be what *path* answers to this user, which a new session would not change.
        """
        target = path
        if params:
            query = urllib.parse.urlencode(params, doseq=True)
            target += f"{'&' if '?' in path else '?'}{query}"
        session = self._keeper.session
        answer = session.call(method, target, body=body)
        if answer.status == HTTPStatus.UNAUTHORIZED and not session.alive():
            session = self._keeper.replace(session)
            answer = session.call(method, target, body=body)
        if not answer.succeeded:
            asked = f"{method} {path.partition('?')[0]}"
            raise answer.refusal(session.address, asked)
        wrapped = path.lstrip("/").startswith("rest/") and isinstance(answer.body, dict)
        return answer.body.get("value") if wrapped else answer.body
