"""From HTTP to calls and back, with the faults in between."""

from __future__ import annotations

import dataclasses
import gzip
import http.cookies
from collections.abc import Callable

from standalone.server import Request, Response

from .automation import Automation
from .collectors import READ_NEXT
from .content import SERVICE_VERSIONS
from .faults import EVERY_CALL, Faults
from .logins import LOGIN
from .vcenter import VCenter

COOKIE = "vmware_soap_session"
XML = {"Content-Type": "text/xml; charset=utf-8"}
UNAVAILABLE = Response(status=503, body=b"503 Service Unavailable")
LOOK_SECONDS = 0.05
"""How often to look whether a fault is over."""


class Endpoint:
    """Answers HTTP requests for *vcenter* and its *automation* as *faults* allow.

    *closed_within* waits that many seconds and tells whether the simulator was closed meanwhile.
    """

    def __init__(
        self,
        vcenter: VCenter,
        automation: Automation,
        faults: Faults,
        closed_within: Callable[[float], bool],
    ) -> None:
        self._vcenter = vcenter
        self._automation = automation
        self._faults = faults
        self._closed_within = closed_within

    def admit(self) -> None:
        """Let a new connection in once it is not in the black hole."""
        self._wait_while_swallowed(EVERY_CALL)

    def respond(self, request: Request) -> Response | None:
        """Answer *request*, late, in part or not at all if so told."""
        if self._faults.down:
            return None
        operation, response = self._route(request)
        page = operation == READ_NEXT and b"<returnval" in response.body
        # A client that has lost patience has still moved its collector, as in a real vCenter.
        self._wait_while_swallowed(operation)
        if self._closed_within(self._faults.delay_seconds):
            return None
        if self._faults.compress and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers = {**response.headers, "Content-Encoding": "gzip"}
            body = gzip.compress(response.body, 1)
            response = dataclasses.replace(response, headers=headers, body=body)
        return self._cut(response) if page else response

    def _wait_while_swallowed(self, operation: str) -> None:
        while self._faults.swallows(operation) and not self._closed_within(LOOK_SECONDS):
            pass

    def _cut(self, response: Response) -> Response:
        cut = self._faults.take_cut()
        if cut is None:
            return response
        half = response.body[: len(response.body) // 2]
        missing = 0 if cut == "short" else len(response.body) - len(half)
        then = self._hang if cut == "hanging" else None
        return dataclasses.replace(response, body=half, missing=missing, then=then)

    def _hang(self) -> None:
        """Say nothing until pages are no longer to be cut like that."""
        while self._faults.cut == "hanging" and not self._closed_within(LOOK_SECONDS):
            pass

    def _route(self, request: Request) -> tuple[str, Response]:
        """Return the operation that was asked for, if it is one, and its answer."""
        if self._faults.unavailable:
            return "", UNAVAILABLE
        match request.method, request.path:
            case "GET", "/sdk/vimServiceVersions.xml":
                return "", Response(status=200, headers=XML, body=SERVICE_VERSIONS)
            case "POST", "/sdk":
                return self._call(request)
            case _, path if path.startswith("/api/"):
                return "", self._automation.answer(request)
        return "", Response(status=404)

    def _call(self, request: Request) -> tuple[str, Response]:
        cookies = http.cookies.SimpleCookie(request.headers.get("Cookie", ""))
        key = cookies[COOKIE].value if COOKIE in cookies else None
        answer = self._vcenter.answer(request.body, key)
        if answer is None:
            return LOGIN, UNAVAILABLE
        headers = dict(XML)
        if answer.opened:
            headers["Set-Cookie"] = f'{COOKIE}="{answer.opened.key}"; Path=/; HttpOnly'
        return answer.operation, Response(status=answer.status, headers=headers, body=answer.body)
