"""The calls of the session manager: who may log in, and who is logged in."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

from . import content
from .content import Identity
from .faults import Faults
from .markup import text
from .sessions import Operation, Session
from .soap import Call, SoapFault

LOGIN = "SessionManager.Login"


class Logins:
    """Lets in who knows the user name and password of *identity*, as *faults* allow."""

    def __init__(
        self,
        identity: Identity,
        faults: Faults,
        *,
        clock: Callable[[], dt.datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._identity = identity
        self._faults = faults
        self._sessions = faults.sessions
        self._clock = clock
        self._new_id = new_id
        self.attempts = 0
        self.operations: dict[str, Operation] = {
            LOGIN: self._user_session,
            "SessionManager.currentSession": self._user_session,
            "SessionManager.Logout": self._logout,
            "SessionManager.SessionIsActive": self._session_is_active,
        }

    @property
    def full(self) -> bool:
        """Whether there is no room for one more session."""
        limit = self._faults.session_limit
        return limit is not None and len(self._sessions) >= limit

    def admits(self, user: str, password: str) -> bool:
        """Count an attempt to log in, and tell whether it may succeed."""
        with self._sessions.lock:
            self.attempts += 1
        known = (user, password) == (self._identity.user, self._identity.password)
        return known and not self._faults.refuse_login

    def change_password(self, password: str) -> None:
        """Take this password from now on."""
        self._identity = dataclasses.replace(self._identity, password=password)

    def log_in(self, call: Call, session: Session | None) -> Session:
        """Open a session, unless the caller is in *session* already, as in a real vCenter."""
        user = call.text("userName") or ""
        admitted = self.admits(user, call.text("password") or "")
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
