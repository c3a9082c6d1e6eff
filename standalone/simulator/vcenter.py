"""The part of the vSphere API that event readers use, over sessions and a history."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping

from . import collectors, content, soap
from .faults import Faults
from .history import History
from .markup import reference, text
from .sessions import Session
from .soap import Call, SoapFault

LOGIN = "SessionManager.Login"
ANONYMOUS = {"ServiceInstance.RetrieveServiceContent", "ServiceInstance.content"}
"""What may be asked without a session, besides a login."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Identity:
    """Who a vCenter is, and whom it lets in."""

    instance_uuid: str
    user: str
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP status, a SOAP body, and the session that the call has opened, if any."""

    status: int
    body: bytes
    opened: Session | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counters:
    """What happened so far, and what is open now."""

    logins_attempted: int
    pages_read: int
    sessions_open: int
    collectors_open: int
    rest_sessions_open: int = 0


class VCenter:
    """Answers calls, one at a time; may be asked from any thread."""

    def __init__(
        self,
        identity: Identity,
        history: History,
        faults: Faults,
        *,
        clock: Callable[[], dt.datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._identity = identity
        self._history = history
        self._faults = faults
        self._sessions = faults.sessions
        self._clock = clock
        self._new_id = new_id
        self._logins_attempted = 0
        self._pages_read = 0
        self._operations: Mapping[str, Callable[[Call, Session], bytes]] = {
            LOGIN: self._user_session,
            "SessionManager.currentSession": self._user_session,
            "SessionManager.Logout": self._logout,
            "SessionManager.SessionIsActive": self._session_is_active,
            "ServiceInstance.CurrentTime": self._current_time,
            "EventManager.CreateCollectorForEvents": self._create_collector,
            "EventHistoryCollector.ReadNextEvents": self._read_next,
            "EventHistoryCollector.DestroyCollector": collectors.destroy,
        }

    @property
    def counters(self) -> Counters:
        """Count at this moment."""
        self._faults.expire_idle_sessions(self._clock())
        with self._sessions.lock:
            return Counters(
                logins_attempted=self._logins_attempted,
                pages_read=self._pages_read,
                sessions_open=len(self._sessions),
                collectors_open=self._sessions.collectors,
                rest_sessions_open=len(self._faults.rest_sessions),
            )

    def admits(self, user: str, password: str) -> bool:
        """Count an attempt to log in, and tell whether it may succeed."""
        with self._sessions.lock:
            self._logins_attempted += 1
        known = (user, password) == (self._identity.user, self._identity.password)
        return known and not self._faults.refuse_login

    def change_password(self, password: str) -> None:
        """Take this password from now on."""
        self._identity = dataclasses.replace(self._identity, password=password)

    def answer(self, body: bytes, session_key: str | None) -> Answer:
        """Carry out the call in *body* for the session called *session_key*."""
        now = self._clock()
        self._faults.expire_idle_sessions(now)
        try:
            call = soap.parse(body)
            with self._sessions.lock:
                session = self._sessions.find(session_key)
                if session:
                    session.used = now
                opened = self._login(call, session) if call.operation == LOGIN else None
                returned = self._returned(call, opened or session)
        except SoapFault as failure:
            return Answer(status=500, body=soap.fault(failure))
        return Answer(status=200, body=soap.response(call.method, returned), opened=opened)

    def _returned(self, call: Call, session: Session | None) -> bytes:
        if call.operation in ANONYMOUS:
            return call.returned("ServiceContent", content.service(self._identity.instance_uuid))
        if session is None:
            raise SoapFault(
                "NotAuthenticated",
                "The session is not authenticated.",
                reference("object", call.kind, call.receiver) + text("privilegeId", "System.View"),
            )
        operation = self._operations.get(call.operation)
        if operation is None:
            raise SoapFault(
                "MethodNotFound",
                f"The simulator does not know {call.operation}",
                reference("receiver", call.kind, call.receiver) + text("method", call.method),
            )
        return operation(call, session)

    def _login(self, call: Call, session: Session | None) -> Session:
        user = call.text("userName") or ""
        admitted = self.admits(user, call.text("password") or "")
        # A second login on the same session is refused too, as in a real vCenter.
        if session or not admitted:
            raise SoapFault(
                "InvalidLogin",
                "Cannot complete login due to an incorrect user name or password.",
            )
        now = self._clock()
        opened = Session(key=self._new_id(), user=user, opened=now, used=now)
        self._sessions.open(opened)
        return opened

    def _user_session(self, call: Call, session: Session) -> bytes:
        return call.returned("UserSession", content.user_session(session, self._clock()))

    def _logout(self, _call: Call, session: Session) -> bytes:
        self._sessions.close(session)
        return b""

    def _session_is_active(self, call: Call, _session: Session) -> bytes:
        found = self._sessions.find(call.text("sessionID"))
        active = found is not None and found.user == call.text("userName")
        return text("returnval", active).encode()

    def _current_time(self, _call: Call, _session: Session) -> bytes:
        return text("returnval", self._clock()).encode()

    def _create_collector(self, call: Call, session: Session) -> bytes:
        name = f"session[{session.key}]{self._new_id()}"
        return collectors.create(call, session, limit=self._faults.collector_limit, name=name)

    def _read_next(self, call: Call, session: Session) -> bytes:
        page = collectors.read_next(call, session, self._history)
        self._pages_read += 1
        return page
