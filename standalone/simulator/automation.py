"""The part of the Automation (REST) API that clients are tried with: sessions and a little more.

Paths and shapes are those of vSphere 7.0 U2 and newer; the older `/rest` is not served.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import threading
import urllib.parse
from collections.abc import Callable

from standalone.server import Request, Response

from . import inventory
from .faults import Faults
from .markup import timestamp
from .sessions import Session

SESSION = "/api/session"
HEADER = "vmware-api-session-id"


class Automation:
    """Answers requests of sessions of its own; may be asked from any thread.

    *admits* tells whether a user name and password are right.
    """

    def __init__(
        self,
        admits: Callable[[str, str], bool],
        faults: Faults,
        *,
        clock: Callable[[], dt.datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._admits = admits
        self._faults = faults
        self._sessions = faults.rest_sessions
        self._clock = clock
        self._new_id = new_id
        self._machines = {machine.vm.id: machine for machine in inventory.build()}
        self._categories: dict[str, dict[str, object]] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Carry out *request*."""
        self._faults.expire_idle_sessions(self._clock())
        url = urllib.parse.urlsplit(request.path)
        with self._lock:
            if (request.method, url.path) == ("POST", SESSION):
                return self._log_in(request)
            session = self._sessions.find(request.headers.get(HEADER))
            if session is None:
                return _error(401, "UNAUTHENTICATED", "Authentication required.")
            session.used = self._clock()
            if url.path == SESSION:
                return self._session(request.method, session)
            try:
                return self._resource(request, url)
            except (TypeError, ValueError):
                return _error(400, "INVALID_ARGUMENT", "The body must be a JSON object.")

    def _log_in(self, request: Request) -> Response:
        user, password = _basic(request.headers.get("Authorization", ""))
        if not self._admits(user, password):
            return _error(401, "UNAUTHENTICATED", "Authentication required.")
        now = self._clock()
        session = Session(key=self._new_id(), user=user, opened=now, used=now)
        self._sessions.open(session)
        return _json(201, session.key)

    def _session(self, method: str, session: Session) -> Response:
        if method == "DELETE":
            self._sessions.close(session)
            return Response(status=204)
        times = {"created_time": session.opened, "last_accessed_time": session.used}
        told = {name: timestamp(time) for name, time in times.items()}
        return _json(200, {"user": session.user, **told})

    def _resource(self, request: Request, url: urllib.parse.SplitResult) -> Response:
        match request.method, url.path.removeprefix("/api/").split("/"):
            case "GET", ["vcenter", "vm"]:
                return self._list_machines(urllib.parse.parse_qs(url.query).get("names"))
            case "GET", ["vcenter", "vm", vm] if vm in self._machines:
                return _json(200, {"name": self._machines[vm].vm.name})
            case "GET", ["cis", "tagging", "category"]:
                return _json(200, list(self._categories))
            case "POST", ["cis", "tagging", "category"]:
                category = f"urn:vmomi:InventoryServiceCategory:{self._new_id()}:GLOBAL"
                self._categories[category] = {"id": category, **json.loads(request.body)}
                return _json(201, category)
            case method, ["cis", "tagging", "category", category] if category in self._categories:
                return self._category(method, category, request.body)
        return _error(404, "NOT_FOUND", f"The simulator does not know {url.path}.")

    def _list_machines(self, names: list[str] | None) -> Response:
        machines = [machine.vm for machine in self._machines.values()]
        listed = [vm for vm in machines if names is None or vm.name in names]
        return _json(200, [{"vm": vm.id, "name": vm.name} for vm in listed])

    def _category(self, method: str, category: str, body: bytes) -> Response:
        match method:
            case "GET":
                return _json(200, self._categories[category])
            case "PATCH":
                self._categories[category] |= json.loads(body)
                return Response(status=204)
            case "DELETE":
                del self._categories[category]
                return Response(status=204)
        return _error(405, "UNSUPPORTED", f"{method} does not suit a category.")


def _basic(header: str) -> tuple[str, str]:
    """Read user name and password from an Authorization header; of another kind, neither."""
    try:
        pair = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, password = pair.partition(":")
    return user, password


def _json(status: int, body: object) -> Response:
    headers = {"Content-Type": "application/json"}
    return Response(status=status, headers=headers, body=json.dumps(body).encode())


def _error(status: int, kind: str, message: str) -> Response:
    words = {"id": "simulator", "default_message": message, "args": []}
    return _json(status, {"error_type": kind, "messages": [words]})
