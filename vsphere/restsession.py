"""One session of the vSphere Automation (REST) API."""

import base64
import contextlib
from http import HTTPStatus

from .address import Address
from .credentials import Credentials
from .errors import LoginError, NotVCenterError, VSphereError
from .transport import Answer, Transport

NEWER, OLDER = "/api/session", "/rest/com/vmware/cis/session"
"""Where sessions are made: since vSphere 7.0 U2, and before."""

ABSENT = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.NOT_IMPLEMENTED,
}
"""What servers answer where they make no sessions."""

LOOKS = {NEWER: ("GET", NEWER), OLDER: ("POST", f"{OLDER}?~action=get")}
"""How one is looked at, which counts as use: vSphere 6.5 and 6.7 have no GET for it."""


class RestSession:
    """One login, made at *path*, where it is ended too."""

    def __init__(self, transport: Transport, path: str, key: str) -> None:
        self._transport = transport
        self._path = path
        self.key = key

    @property
    def address(self) -> Address:
        """Where the session is."""
        return self._transport.address

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


def log_in(transport: Transport, credentials: Credentials) -> RestSession:
    """Make a session, at the newer path if the server has it."""
    pair = f"{credentials.username}:{credentials.password}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    for path in (NEWER, OLDER):
        answer = transport.exchange("POST", path, headers=headers)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise LoginError.by(transport.address, origin=credentials.origin)
        key = answer.body.get("value") if isinstance(answer.body, dict) else answer.body
        if answer.succeeded and isinstance(key, str):
            return RestSession(transport, path, key)
        if not _absent(answer):
            raise answer.refusal(transport.address, f"POST {path}")
    raise NotVCenterError(
        f"{transport.address} serves neither {NEWER} nor {OLDER}: it is no vCenter. "
        "Check the address; an ESXi host has no such API."
    )


def _absent(answer: Answer) -> bool:
    """Tell whether it comes from a server that makes no sessions at that path.

    Before 7.0 U2 `/api` spoke JSON-RPC. To a request that is none it says so in that format, even
    with status 200, or it refuses the method or the content type.
    """
    rpc = isinstance(answer.body, dict) and "jsonrpc" in answer.body
    return rpc or answer.status in ABSENT
