"""From HTTP to calls and back, with the faults in between."""

from __future__ import annotations

import gzip
import http.cookies
from collections.abc import Callable

from standalone.server import Request, Response

from .automation import Automation
from .content import SERVICE_VERSIONS
from .faults import Faults
from .vcenter import VCenter

COOKIE = "vmware_soap_session"
XML = {"Content-Type": "text/xml; charset=utf-8"}


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

    def respond(self, request: Request) -> Response | None:
        """Answer *request*, late or not at all if so told."""
        if self._faults.down:
            return None
        response = self._route(request)
        # A client that has lost patience has still moved its collector, as in a real vCenter.
        if self._closed_within(self._faults.delay_seconds):
            return None
        if self._faults.compress and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers = {**response.headers, "Content-Encoding": "gzip"}
            return Response(
                status=response.status, headers=headers, body=gzip.compress(response.body, 1)
            )
        return response

    def _route(self, request: Request) -> Response:
        if self._faults.unavailable:
            return Response(status=503, body=b"503 Service Unavailable")
        match request.method, request.path:
            case "GET", "/sdk/vimServiceVersions.xml":
                return Response(status=200, headers=XML, body=SERVICE_VERSIONS)
            case "POST", "/sdk":
                return self._call(request)
            case _, path if path.startswith("/api/"):
                return self._automation.answer(request)
        return Response(status=404)

    def _call(self, request: Request) -> Response:
        cookies = http.cookies.SimpleCookie(request.headers.get("Cookie", ""))
        key = cookies[COOKIE].value if COOKIE in cookies else None
        answer = self._vcenter.answer(request.body, key)
        headers = dict(XML)
        if answer.opened:
            headers["Set-Cookie"] = f'{COOKIE}="{answer.opened.key}"; Path=/; HttpOnly'
        return Response(status=answer.status, headers=headers, body=answer.body)
