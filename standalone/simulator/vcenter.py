"""The part of the vSphere API that event readers use, over sessions and a history."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import threading
from collections.abc import Callable, Mapping

from . import content, soap
from .collectors import EventCollectors
from .content import Identity
from .faults import Faults
from .history import History
from .logins import LOGIN, Logins
from .markup import reference, text
from .properties import Properties
from .sessions import Later, Operation, Session
from .soap import Call, SoapFault
from .watching import Watching

ANONYMOUS = {"ServiceInstance.RetrieveServiceContent", "ServiceInstance.content"}
"""What may be asked without a session, besides a login."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP status, a SOAP body, what was asked for, and the session that it opened, if any."""

    status: int
    body: bytes
    operation: str = ""
    opened: Session | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counters:
    """What happened so far, and what is open now."""

    logins_attempted: int
    pages_read: int
    sessions_open: int
    collectors_open: int
    sessions_unused: int = 0
    """Of those that are open: perhaps the answer to the login never arrived."""

    collectors_most: int = 0
    """How many event collectors one session had at once, at most."""

    rest_sessions_open: int = 0
    property_collectors_open: int = 0
    waits_open: int = 0
    events_appended: int = 0
    last_key: int | None = None
    calls: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    """How often each operation was asked for."""


class VCenter:
    """Answers calls, one at a time but for those that wait; may be asked from any thread."""

    def __init__(  # noqa: PLR0913  # what it is, and the world around it
        self,
        identity: Identity,
        history: History,
        faults: Faults,
        *,
        clock: Callable[[], dt.datetime],
        new_id: Callable[[], str],
        closing: threading.Event,
    ) -> None:
        self._identity = identity
        self._history = history
        self._faults = faults
        self._sessions = faults.sessions
        self._clock = clock
        self._calls: collections.Counter[str] = collections.Counter()
        self.logins = Logins(identity, faults, clock=clock, new_id=new_id)
        self._collectors = EventCollectors(history, faults, new_id=new_id)
        properties = Properties(history, content.properties(identity))
        self._watching = Watching(history, properties, new_id=new_id, closing=closing)
        self._operations: Mapping[str, Operation] = {
            "ServiceInstance.CurrentTime": self._current_time,
            "OptionManager.QueryOptions": content.query_options,
            **self.logins.operations,
            **self._collectors.operations,
            **properties.operations,
            **self._watching.operations,
        }

    @property
    def counters(self) -> Counters:
        """Count at this moment."""
        self._faults.expire_idle_sessions(self._clock())
        with self._sessions.lock:
            return Counters(
                logins_attempted=self.logins.attempts,
                pages_read=self._collectors.pages_read,
                sessions_open=len(self._sessions),
                collectors_open=len(self._sessions.collectors),
                sessions_unused=self._sessions.unused,
                collectors_most=self._collectors.most,
                rest_sessions_open=len(self._faults.rest_sessions),
                property_collectors_open=self._sessions.property_collectors,
                waits_open=self._watching.open,
                events_appended=self._history.end,
                last_key=self._history.last_key,
                calls=dict(self._calls),
            )

    def end_waits(self) -> None:
        """Let every wait for updates end."""
        self._watching.end_waits()

    def answer(self, body: bytes, session_key: str | None) -> Answer | None:
        """Carry out the call in *body* for the session called *session_key*.

        None says that there is no room for one more session.
        """
        now = self._clock()
        self._faults.expire_idle_sessions(now)
        self._history.end_bursts(now)
        operation = ""
        try:
            call = soap.parse(body)
            operation = call.operation
            with self._sessions.lock:
                self._calls[operation] += 1
                session = self._sessions.find(session_key)
                if session:
                    session.used = now
                    session.calls += 1
                if operation == LOGIN and self.logins.full:
                    return None
                opened = self.logins.log_in(call, session) if operation == LOGIN else None
                returned = self._returned(call, opened or session)
            if not isinstance(returned, bytes):
                returned = returned()
        except SoapFault as failure:
            return Answer(status=500, body=soap.fault(failure), operation=operation)
        answer = soap.response(call.method, returned)
        return Answer(status=200, body=answer, operation=operation, opened=opened)

    def _returned(self, call: Call, session: Session | None) -> bytes | Later:
        if call.operation in ANONYMOUS:
            return call.returned("ServiceContent", content.service(self._identity))
        if session is None:
            raise SoapFault(
                "NotAuthenticated",
                "The session is not authenticated.",
                reference("object", call.kind, call.receiver) + text("privilegeId", "System.View"),
            )
        if call.operation in self._faults.refused:
            raise SoapFault(self._faults.refused[call.operation], "")
        operation = self._operations.get(call.operation)
        if operation is None:
            raise SoapFault(
                "MethodNotFound",
                f"The simulator does not know {call.operation}",
                reference("receiver", call.kind, call.receiver) + text("method", call.method),
            )
        return operation(call, session)

    def _current_time(self, _call: Call, _session: Session) -> bytes:
        return text("returnval", self._clock()).encode()
